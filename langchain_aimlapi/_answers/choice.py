"""One choice of an answer: its content so far, and the deltas that carry each new piece on.

Growing texts are kept in pieces and joined when somebody reads the whole: a long answer is not
copied for every token of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from langchain_aimlapi._answers.base64_pieces import Base64Joiner
from langchain_aimlapi._answers.block_log import BlockLog
from langchain_aimlapi._answers.think import ThinkSplitter
from langchain_aimlapi._answers.tool_calls import ToolFragments
from langchain_aimlapi._domain.values import (
    BlockKind,
    Choice,
    Delta,
    ExtraKey,
    FinishReason,
)

FINISH: dict[str, FinishReason] = {
    "stop": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "completed": "stop",
    "complete": "stop",
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_length": "length",
    "model_context_window_exceeded": "length",
    "tool_calls": "tool_calls",
    "tool_use": "tool_calls",
    "tool_call": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "content_filtered": "content_filter",
    "safety": "content_filter",
    "refusal": "content_filter",
    "recitation": "content_filter",
    "sensitive": "content_filter",
    "blocklist": "content_filter",
    "prohibited_content": "content_filter",
}

_GROWING = frozenset({"text", "thinking", "summary", "data", "signature", "encrypted_content"})
"""Fields of an indexed block whose text comes in pieces."""
_AUDIO_GROWING = frozenset({"data", "transcript"})
_LIST_BLOCKS: dict[str, BlockKind] = {"images": "image", "server_tool_calls": "server_tool"}
"""Lists whose items are blocks of the answer."""


class DeltaList(list[Delta]):
    """The deltas that nobody has taken yet. ``frame_start`` is where those of the frame that is
    being read begin: only they may be joined."""

    __slots__ = ("frame_start",)

    def __init__(self) -> None:
        super().__init__()
        self.frame_start = 0


class GrowingBlock:
    """A dictionary that arrives in pieces: some fields grow, the others come once."""

    __slots__ = ("_fields", "_growing", "_pieces", "index")

    def __init__(self, index: int, growing: frozenset[str]) -> None:
        self.index = index
        self._growing = growing
        self._fields: dict[str, object] = {}
        self._pieces: dict[str, list[str]] = {}

    def add(self, item: Mapping[str, object]) -> dict[str, object]:
        """Take the next piece; what is new in it."""
        fresh: dict[str, object] = {}
        for name, value in item.items():
            if value is None or name == "index":
                continue
            if isinstance(value, str) and name in self._growing:
                self._pieces.setdefault(name, []).append(value)
                fresh[name] = value
            elif name not in self._fields:
                self._fields[name] = fresh[name] = value
        return fresh

    def value(self) -> dict[str, Any]:
        """The whole so far."""
        return self._fields | {name: "".join(pieces) for name, pieces in self._pieces.items()}


class ChoiceState:
    """The content of one choice. Every ``add_...`` keeps a piece and appends its delta."""

    __slots__ = (
        "_audio",
        "_audio_data",
        "_blocks",
        "_deltas",
        "_final",
        "_lists",
        "_log",
        "_logprobs",
        "_open",
        "_refusal",
        "_seen",
        "_think",
        "finish_reason",
        "index",
        "native_finish_reason",
        "reasoning",
        "reasoning_source",
        "text",
        "tools",
    )

    def __init__(self, index: int, deltas: DeltaList) -> None:
        self.index = index
        self.text: list[str] = []
        self.reasoning: list[str] = []
        self.reasoning_source: str | None = None
        self.tools = ToolFragments()
        self.finish_reason: str | None = None
        self.native_finish_reason: str | None = None
        self._deltas = deltas
        self._log = BlockLog()
        self._open: BlockKind | None = None  # kind of the block that a piece may go on
        self._think: ThinkSplitter | None = ThinkSplitter()
        self._refusal: list[str] = []
        self._lists: dict[str, list[object]] = {}
        self._seen: dict[str, set[str]] = {}
        self._blocks: dict[str, dict[object, GrowingBlock]] = {}
        self._audio: GrowingBlock | None = None
        self._audio_data: Base64Joiner | None = None
        self._logprobs: dict[str, list[object]] = {}
        self._final: dict[str, object] = {}

    # --- blocks -----

    def end_block(self) -> None:
        """Whatever comes next is a block of its own, even if it is of the same kind."""
        self._open = None

    def begin_reasoning(self, *, is_indexed: bool = False) -> None:
        """A block of reasoning begins, though no text of it may ever come.

        Args:
            is_indexed: Its pieces are blocks of `add_block`.
        """
        self._begin("reasoning", sum(map(len, self.reasoning)), is_indexed=is_indexed)

    def _begin(
        self, kind: BlockKind, start: int | None = None, *, is_indexed: bool = False
    ) -> None:
        before = self._log.begin(kind, start, is_indexed=is_indexed)
        if before is not None:
            self._deltas.append(Delta(extra=before, choice=self.index))
            self._deltas.frame_start = len(self._deltas)
        self._open = kind

    # --- text -----

    def add_text(self, text: str) -> None:
        """Answer text; an inline ``<think>`` at its beginning becomes reasoning."""
        if self._think is not None:
            text = self._without_think(text)
            if not text:
                return
        if self._open != "text":
            self._begin("text", self.text_length())
        self.text.append(text)
        if self._log.is_unusual:
            self._deltas.append(Delta(text, extra=self._log.mark(), choice=self.index))
        else:
            self._deltas.append(Delta(text, choice=self.index))

    def _without_think(self, text: str) -> str:
        assert self._think is not None  # noqa: S101 - seen by add_text
        if self.text:
            self._think = None
            return text
        reasoning, text = self._think.feed(text)
        if self._think.state == "text":
            self._think = None
        if reasoning:
            self.add_reasoning(reasoning, source="think")
        return text

    def text_length(self) -> int:
        """Characters of answer text so far."""
        if len(self.text) > 1:
            self.text[:] = ["".join(self.text)]
        return len(self.text[0]) if self.text else 0

    def add_reasoning(self, text: str, *, source: str) -> None:
        """Reasoning text. Where several fields repeat it, the first one seen counts."""
        if self.reasoning_source is None:
            self.reasoning_source = source
        elif self.reasoning_source != source:
            return
        if self._open != "reasoning":
            self.begin_reasoning()
        self.reasoning.append(text)
        if self._log.is_unusual:
            self._deltas.append(Delta("", text, extra=self._log.mark(), choice=self.index))
        else:
            self._deltas.append(Delta("", text, choice=self.index))

    def add_refusal(self, text: object) -> None:
        """A piece of the model's own words of refusal."""
        if isinstance(text, str) and text:
            if not self._refusal:
                self._begin("refusal")
            self._refusal.append(text)
            entries = self._log.take_entry()
            self._emit("refusal", text, {"block_order": entries} if entries else None)

    @property
    def refused(self) -> bool:
        """Whether the model has begun a refusal."""
        return bool(self._refusal)

    # --- tool calls -----

    def add_tools(self, raw_calls: object) -> None:
        """Tool-call fragments in OpenAI's shape."""
        if isinstance(raw_calls, Mapping):
            raw_calls = [raw_calls]
        if not isinstance(raw_calls, list):
            return
        before = self.tools.announced
        deltas = tuple(d for d in map(self.tools.feed, raw_calls) if d is not None)
        extra = self._begin_calls(before) if self.tools.announced > before else None
        if deltas:
            self._open = "tool_call"
            self._deltas.append(Delta(tools=deltas, extra=extra, choice=self.index))

    def add_tool(
        self,
        source: str,
        *,
        id: str | None = None,
        name: str | None = None,
        arguments: str = "",
        kind: str = "function",
    ) -> None:
        """A piece of one tool call.

        Args:
            source: What the reader tells the calls apart by.
        """
        before = self.tools.announced
        delta = self.tools.add(index=source, id=id, name=name, arguments=arguments, kind=kind)
        extra = self._begin_calls(before) if self.tools.announced > before else None
        if delta is not None:
            self._open = "tool_call"
            self._deltas.append(Delta(tools=(delta,), extra=extra, choice=self.index))

    def _begin_calls(self, before: int) -> Mapping[str, object] | None:
        """Calls have begun; the ``extra`` that tells their place, where the order is unusual."""
        entries: list[dict[str, object]] = []
        for _ in range(before, self.tools.announced):
            self._begin("tool_call")
            entries += self._log.take_entry()
        return {"block_order": entries} if entries else None

    # --- everything else -----

    def add_unique(self, key: ExtraKey, items: object) -> None:
        """List items, each kept once: some vendors repeat the whole list on every frame."""
        if not isinstance(items, list):
            return
        seen = self._seen.setdefault(key, set())
        fresh = []
        for item in items:
            mark = json.dumps(item, sort_keys=True, default=str)
            if mark not in seen:
                seen.add(mark)
                fresh.append(item)
        if not fresh:
            return
        known = self._lists.setdefault(key, [])
        order = self._list_mark(key, range(len(known), len(known) + len(fresh)))
        known += fresh
        self._emit(key, fresh, order)

    def _list_mark(self, key: ExtraKey, places: range) -> Mapping[str, object] | None:
        """The mark of new items of a list: of the blocks that they are, or of their text."""
        if key == "annotations":
            return self._log.annotate([*places])
        kind = _LIST_BLOCKS.get(key)
        if kind is None:
            return None
        entries: list[dict[str, object]] = []
        for _ in places:
            self._begin(kind)
            entries += self._log.take_entry()
        return {"block_order": entries} if entries else None

    def add_block(self, key: ExtraKey, source: object, item: Mapping[str, object]) -> None:
        """A piece of an indexed block (``reasoning_details``, ``thinking_blocks``).

        Args:
            source: What the vendor tells the blocks apart by; the integer ``index`` by which
                LangChain merges their pieces is ours.
        """
        blocks = self._blocks.setdefault(key, {})
        block = blocks.get(source)
        if block is None:
            block = blocks[source] = GrowingBlock(len(blocks), _GROWING)
        fresh = block.add(item)
        if fresh:
            is_open = self._open == "reasoning" and self._log.is_unusual
            mark = self._log.mark() if is_open else None
            self._emit(key, [{"index": block.index, **fresh}], mark)

    def add_audio(self, audio: object) -> None:
        """A piece of spoken answer. Base64 pieces are re-cut so that they append to valid
        base64."""
        if not isinstance(audio, Mapping):
            return
        piece = {
            name: value
            for name, value in audio.items()
            if value != "" and (isinstance(value, str) or name not in _AUDIO_GROWING)
        }
        if "data" in piece:
            self._audio_data = self._audio_data or Base64Joiner()
            piece["data"] = self._audio_data.feed(piece["data"]) or None
        if self._audio is None:
            self._audio = GrowingBlock(0, _AUDIO_GROWING)
            if piece:
                self._begin("audio")
        if fresh := self._audio.add(piece):
            entries = self._log.take_entry()
            extra = {"audio": fresh} | ({"block_order": entries} if entries else {})
            self._deltas.append(Delta(extra=extra, choice=self.index))

    def add_logprobs(self, logprobs: object) -> None:
        """Token log-probabilities (lists that append)."""
        if not isinstance(logprobs, Mapping):
            return
        fresh = {k: v for k, v in logprobs.items() if isinstance(v, list) and v}
        if not fresh:
            return
        for name, items in fresh.items():
            self._logprobs.setdefault(name, []).extend(items)
        self._deltas.append(Delta(logprobs=fresh, choice=self.index))

    def set_final(self, key: ExtraKey, value: object) -> None:
        """A value that goes out once, at the end; a later one replaces an earlier one."""
        if value not in (None, "", [], {}):
            self._final[key] = value

    def _emit(self, key: ExtraKey, value: object, mark: Mapping[str, object] | None = None) -> None:
        """Append an extra: to the last delta of this frame if that can hold it.

        What one event repeats (a thought as text and as a block, links and their titles) has to
        come in one chunk: LangChain makes the content blocks of a chunk from that chunk alone.
        """
        deltas = self._deltas
        last = deltas[-1] if len(deltas) > deltas.frame_start else None
        extra = {key: value, **(mark or {})}
        if last is None or last.choice != self.index or last.text or last.tools or last.logprobs:
            deltas.append(Delta(extra=extra, choice=self.index))
        elif last.extra is None:
            deltas[-1] = last._replace(extra=extra)
        elif key in last.extra or _is_other_block(last.extra, mark):
            deltas.append(Delta(extra=extra, choice=self.index))
        else:
            deltas[-1] = last._replace(extra={**extra, **last.extra})

    # --- the end -----

    def finish(self, reason: str, native: object = None) -> None:
        """The choice has ended; of several reasons the first one counts."""
        if self.finish_reason is None:
            self.finish_reason = reason
            self.native_finish_reason = native if isinstance(native, str) and native else reason

    def close(self) -> None:
        """Append the deltas of everything that had to wait for the end."""
        if self._think is not None:
            reasoning, text = self._think.close()
            self._think = None
            if reasoning:
                self.add_reasoning(reasoning, source="think")
            if text:
                self.add_text(text)
        before = self.tools.announced
        tools = tuple(self.tools.close(cut=self._is_cut))
        if tools:
            extra = self._begin_calls(before)
            self._deltas.append(Delta(tools=tools, extra=extra, choice=self.index))
        if self._audio_data is not None and (rest := self._audio_data.close()):
            assert self._audio is not None  # noqa: S101 - both begin in add_audio
            extra = {"audio": self._audio.add({"data": rest})}
            self._deltas.append(Delta(extra=extra, choice=self.index))
        opaque = {c.id: dict(c.extra) for c in self.tools.calls if c.extra and c.id}
        self.set_final("tool_call_extras", opaque)
        if self._final:
            self._deltas.append(Delta(extra=dict(self._final), choice=self.index))

    @property
    def _is_cut(self) -> bool:
        """Whether the token limit ended it."""
        return FINISH.get((self.finish_reason or "").lower()) == "length"

    def value(self, *, ended: bool) -> Choice:
        """Everything so far.

        Args:
            ended: The answer is over, so that a missing reason can be derived.
        """
        calls = self.tools.result(cut=self._is_cut)
        reason: FinishReason | None = None
        if self.finish_reason is not None:
            reason = FINISH.get(self.finish_reason.lower(), "stop")
        elif ended:
            reason = "tool_calls" if calls else "stop"
        return Choice(
            index=self.index,
            text="".join(self.text),
            reasoning="".join(self.reasoning),
            tool_calls=calls,
            extra=self._extra(),
            logprobs={name: list(items) for name, items in self._logprobs.items()} or None,
            finish_reason=reason,
            native_finish_reason=self.native_finish_reason,
        )

    def _extra(self) -> dict[str, object]:
        extra: dict[str, Any] = {key: list(items) for key, items in self._lists.items()}
        if self._refusal:
            extra["refusal"] = "".join(self._refusal)
        if self._log.is_unusual:
            extra["block_order"] = self._log.entries()
        for key, blocks in self._blocks.items():
            extra[key] = [{"index": b.index, **b.value()} for b in blocks.values()]
        if self._audio is not None and (audio := self._audio.value()):
            extra["audio"] = audio
        return {**extra, **self._final}


def _is_other_block(extra: Mapping[str, Any], mark: Mapping[str, Any] | None) -> bool:
    """Whether a delta's mark and another are of different blocks."""
    if mark is None or "block_order" not in extra:
        return False
    return bool(extra["block_order"][-1]["index"] != mark["block_order"][-1]["index"])
