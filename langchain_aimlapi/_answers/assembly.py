"""What an answer has said so far, whatever dialect it speaks: the one place that remembers.

A dialect's reader calls the methods below for what a frame says; each returns nothing and adds
`Delta`s to ``out``. Whole answers are read the same way, as one large frame, so that a streamed
and a whole answer can not differ.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from langchain_aimlapi._answers.think import ThinkSplitter
from langchain_aimlapi._answers.tool_calls import ToolFragments
from langchain_aimlapi._answers.usage import merge_usage, read_cost, read_usage
from langchain_aimlapi._domain.values import (
    ChatResponse,
    Choice,
    Delta,
    FinishReason,
    Meta,
    StreamEnd,
    ToolDelta,
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

_PADDED = re.compile(r"[^=]+=*")
_PIECES = frozenset({"text", "thinking", "summary", "data", "signature", "encrypted_content"})


class ChoiceState:
    """One choice: what was told about it, and how to tell each thing once."""

    __slots__ = (
        "audio",
        "details",
        "extra",
        "finish",
        "held",
        "index",
        "logprobs",
        "native",
        "reasoning",
        "reasoning_source",
        "seen",
        "text",
        "think",
        "tools",
    )

    def __init__(self, index: int) -> None:
        self.index = index
        self.text: list[str] = []
        self.reasoning: list[str] = []
        self.reasoning_source: str | None = None
        self.tools = ToolFragments()
        self.extra: dict[str, Any] = {}
        self.held: dict[str, Any] = {}  # told once, at the end: the last value holds
        self.seen: dict[str, set[str]] = {}
        self.details: dict[Any, tuple[int, set[str]]] = {}
        self.audio: _Base64Joiner | None = None
        self.logprobs: dict[str, Any] = {}
        self.think: ThinkSplitter | None = ThinkSplitter()
        self.finish: str | None = None
        self.native: str | None = None


class Assembly:
    """The state of one answer."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self.headers = headers or {}
        self.choices: dict[int, ChoiceState] = {}
        self.finished = False  # some choice has ended
        self.terminal = False  # the stream said that nothing follows
        self.started = False  # any frame of an answer was seen
        self.failure: Any = None  # an error that was told inside a choice
        self.meta: dict[str, Any] = {}
        self.told = {"object", "choices", "obfuscation"}  # top-level keys with nothing more to say
        self.usage: dict[str, Any] = {}
        self.charge: Any = None
        self.meta_extra: dict[str, Any] = {}
        self.blocks: dict[Any, Any] = {}  # scratch space of a dialect's reader

    def choice(self, index: Any) -> ChoiceState:
        """The state of a choice; an index that is missing or odd means the first one."""
        key = index if isinstance(index, int) and not isinstance(index, bool) else 0
        state = self.choices.get(key)
        if state is None:
            state = self.choices[key] = ChoiceState(key)
        return state

    # -- content -----

    def add_text(self, state: ChoiceState, text: str, out: list[Delta]) -> None:
        """Answer text; an inline ``<think>`` at its beginning becomes reasoning."""
        if state.think is not None:
            if state.text:
                state.think = None
            else:
                reasoning, text = state.think.feed(text)
                if state.think.state == "text":
                    state.think = None
                if reasoning:
                    self.add_reasoning(state, reasoning, out, source="think")
                if not text:
                    return
        state.text.append(text)
        out.append(Delta(text, choice=state.index))

    def add_reasoning(
        self, state: ChoiceState, text: str, out: list[Delta], *, source: str
    ) -> None:
        """Reasoning text. Of several fields that say the same, the first one seen is heard."""
        if state.reasoning_source is None:
            state.reasoning_source = source
        elif state.reasoning_source != source:
            return
        state.reasoning.append(text)
        out.append(Delta("", text, choice=state.index))

    def add_tools(self, state: ChoiceState, raw_calls: Any, out: list[Delta]) -> None:
        """Tool-call fragments in OpenAI's shape."""
        if isinstance(raw_calls, Mapping):
            raw_calls = [raw_calls]
        if not isinstance(raw_calls, list):
            return
        deltas = tuple(d for d in map(state.tools.feed, raw_calls) if d is not None)
        if deltas:
            out.append(Delta(tools=deltas, choice=state.index))

    def add_tool(self, state: ChoiceState, delta: ToolDelta | None, out: list[Delta]) -> None:
        """One tool-call fragment that a reader has made itself (``state.tools.add``)."""
        if delta is not None:
            out.append(Delta(tools=(delta,), choice=state.index))

    def add_extra(self, state: ChoiceState, key: str, value: Any, out: list[Delta]) -> None:
        """Text that appends (``refusal``) or a list whose items are new."""
        if isinstance(value, str):
            state.extra[key] = state.extra.get(key, "") + value
        else:
            state.extra.setdefault(key, []).extend(value)
        _tell(out, state, key, value)

    def add_unique(self, state: ChoiceState, key: str, items: Any, out: list[Delta]) -> None:
        """List items, each told once: some vendors repeat the whole list on every frame."""
        if not isinstance(items, list):
            return
        seen = state.seen.setdefault(key, set())
        fresh = []
        for item in items:
            mark = json.dumps(item, sort_keys=True, default=str)
            if mark not in seen:
                seen.add(mark)
                fresh.append(item)
        if fresh:
            self.add_extra(state, key, fresh, out)

    def add_block(
        self, state: ChoiceState, key: str, wire: Any, item: Mapping[str, Any], out: list[Delta]
    ) -> None:
        """A piece of an indexed block (``reasoning_details``, ``thinking_blocks``).

        Blocks merge by an integer ``index`` of ours; what does not grow is told once.
        """
        index, told = state.details.setdefault(
            (key, wire), (sum(k == key for k, _ in state.details), set())
        )
        piece = {"index": index} | {
            name: value
            for name, value in item.items()
            if value is not None and name != "index" and (name in _PIECES or name not in told)
        }
        told.update(piece)
        if len(piece) == 1:
            return
        blocks = state.extra.setdefault(key, [])
        if index < len(blocks):
            for name, value in piece.items():
                old = blocks[index].get(name)
                joined = isinstance(old, str) and isinstance(value, str) and name in _PIECES
                blocks[index][name] = old + value if joined else value
        else:
            blocks.append(dict(piece))
        _tell(out, state, key, [piece])

    def add_audio(self, state: ChoiceState, audio: Any, out: list[Delta]) -> None:
        """A piece of spoken answer. Base64 pieces are re-cut so that they append to valid
        base64."""
        if not isinstance(audio, Mapping):
            return
        piece = {}
        known = state.extra.setdefault("audio", {})
        for name, value in audio.items():
            grows = name in ("data", "transcript")
            if value is None or value == "" or (grows and not isinstance(value, str)):
                continue
            if name == "data":
                state.audio = state.audio or _Base64Joiner()
                value = state.audio.feed(value)
            if grows:
                known[name] = known.get(name, "") + value
                piece[name] = value
            elif name not in known:
                known[name] = piece[name] = value
        if piece:
            out.append(Delta(extra={"audio": piece}, choice=state.index))

    def add_logprobs(self, state: ChoiceState, logprobs: Any, out: list[Delta]) -> None:
        """Token log-probabilities (lists that append)."""
        if not isinstance(logprobs, Mapping):
            return
        clean = {k: v for k, v in logprobs.items() if isinstance(v, list) and v}
        if not clean:
            return
        for name, items in clean.items():
            state.logprobs.setdefault(name, []).extend(items)
        out.append(Delta(logprobs=clean, choice=state.index))

    def hold(self, state: ChoiceState, key: str, value: Any) -> None:
        """Something that is told once, at the end; a later value replaces an earlier one."""
        if value not in (None, "", [], {}):
            state.held[key] = value

    def end(self, state: ChoiceState, reason: Any, native: Any = None) -> None:
        """A choice has ended; of several finish frames the first one that says why holds."""
        if isinstance(reason, str) and reason:
            self.finished = True
            if state.finish is None:
                state.finish = reason
                state.native = native if isinstance(native, str) and native else reason

    # -- what is said once -----

    def note(self, name: str, value: Any) -> None:
        """A fact about the whole answer; the first non-empty value holds."""
        if value and not self.meta.get(name):
            self.meta[name] = value

    def add_usage(self, raw: Any) -> None:
        """Token counts; see `merge_usage`."""
        if isinstance(raw, Mapping):
            self.usage = merge_usage(self.usage, raw)

    def add_charge(self, meta: Any) -> None:
        """The API's ``meta`` with the real charge; the last one holds."""
        if isinstance(meta, Mapping) and isinstance(meta.get("usage"), Mapping):
            self.charge = meta

    # -- the end -----

    def close(self, out: list[Delta | StreamEnd]) -> None:
        """Tell what was held back, then the `StreamEnd`."""
        for state in self.choices.values():
            deltas: list[Delta] = []
            self._flush(state, deltas)
            out.extend(deltas)
        out.append(StreamEnd(self.reply()))

    def _flush(self, state: ChoiceState, out: list[Delta]) -> None:
        if state.think is not None:
            reasoning, text = state.think.close()
            state.think = None
            if reasoning:
                self.add_reasoning(state, reasoning, out, source="think")
            if text:
                self.add_text(state, text, out)
        tools = tuple(state.tools.close(cut=self._cut(state)))
        if tools:
            out.append(Delta(tools=tools, choice=state.index))
        if state.audio is not None and (rest := state.audio.close()):
            state.extra["audio"]["data"] += rest
            out.append(Delta(extra={"audio": {"data": rest}}, choice=state.index))
        extras = {c.id: dict(c.extra) for c in state.tools.calls if c.extra and c.id}
        if extras:
            state.held["tool_call_extras"] = extras
        if state.held:
            state.extra.update(state.held)
            out.append(Delta(extra=dict(state.held), choice=state.index))
            state.held = {}

    @staticmethod
    def _cut(state: ChoiceState) -> bool:
        return FINISH.get((state.finish or "").lower()) == "length"

    def reply(self) -> ChatResponse:
        """Everything so far, as an answer (also of a stream that broke off)."""
        choices = tuple(self._choice(s) for _, s in sorted(self.choices.items())) or (Choice(),)
        return ChatResponse(choices, self._meta())

    def _choice(self, state: ChoiceState) -> Choice:
        finish = state.finish
        calls = state.tools.result(cut=self._cut(state))
        reason: FinishReason | None = None
        if finish is not None:
            reason = FINISH.get(finish.lower(), "stop")
        elif self.terminal:
            reason = "tool_calls" if calls else "stop"
        return Choice(
            index=state.index,
            text="".join(state.text),
            reasoning="".join(state.reasoning),
            tool_calls=calls,
            extra={k: v for k, v in {**state.extra, **state.held}.items() if v},
            logprobs=state.logprobs or None,
            finish_reason=reason,
            native_finish_reason=state.native,
        )

    def _meta(self) -> Meta:
        told = self.meta
        created = told.get("created")
        return Meta(
            id=_string(told.get("id")),
            model=_string(told.get("model")),
            created=created if isinstance(created, int) else None,
            system_fingerprint=_string(told.get("system_fingerprint")),
            service_tier=_string(told.get("service_tier")),
            inference_id=self.headers.get("x-inference-id"),
            client_request_id=self.headers.get("x-client-request-id"),
            usage=read_usage(self.usage) if self.usage else None,
            cost=read_cost(self.charge, self.headers),
            headers=self.headers,
            extra=self.meta_extra,
        )


def _tell(out: list[Delta], state: ChoiceState, key: str, value: Any) -> None:
    """Add an extra to the last delta of this frame, else as a delta of its own.

    What one event says twice (a thought as text and as a block, links and their titles) has to
    come in one chunk: LangChain makes the content blocks of a chunk from that chunk alone.
    """
    last = out[-1] if out else None
    if (
        last is not None
        and last.choice == state.index
        and not (last.text or last.tools or last.logprobs)
        and key not in (last.extra or ())
    ):
        out[-1] = last._replace(extra={**(last.extra or {}), key: value})
    else:
        out.append(Delta(extra={key: value}, choice=state.index))


class _Base64Joiner:
    """Joins base64 pieces, each padded for itself or one text cut anywhere, into valid base64."""

    __slots__ = ("_chars", "_rest")

    def __init__(self) -> None:
        self._chars = ""  # a group of four characters that is not complete yet
        self._rest = b""  # bytes that do not make a group of three yet

    def feed(self, piece: str) -> str:
        text = self._chars + piece
        whole = len(text) // 4 * 4
        try:
            runs = [base64.b64decode(run, validate=True) for run in _PADDED.findall(text[:whole])]
        except (binascii.Error, ValueError):
            return self.close() + piece  # no base64: the vendor's text as it is
        self._chars = text[whole:]
        data = b"".join([self._rest, *runs])
        keep = len(data) % 3
        self._rest = data[len(data) - keep :]
        return base64.b64encode(data[: len(data) - keep]).decode()

    def close(self) -> str:
        left = base64.b64encode(self._rest).decode() + self._chars
        self._rest, self._chars = b"", ""
        return left


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
