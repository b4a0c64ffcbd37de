"""``/v1/messages``: an answer, or an event of one -> its content.

Wire: ``{"type": "message", "content": [blocks], "stop_reason", "usage", "meta"}``, or the events
``message_start``, ``content_block_start`` / ``_delta`` / ``_stop``, ``message_delta``,
``message_stop``, ``ping``. A whole answer is read as its own events, so both give the same.
Source: Anthropic's published event names and the API's examples, read 2026-08-21 (the API's own
schema of the stream is an empty object).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from langchain_aimlapi._answers.assembly import Assembly
from langchain_aimlapi._json import text_or_none

_CUT = frozenset({"max_tokens", "model_context_window_exceeded"})
_KEPT = ("stop_sequence", "stop_details", "container", "context_management")


class _Block:
    """A content block while it is being read."""

    __slots__ = ("citations", "has_text", "head", "kind", "name", "pieces", "text_start")

    def __init__(self, name: str, kind: str, head: Mapping[str, Any], text_start: int) -> None:
        self.name = name  # ours: some gateways give every block the index 0
        self.kind = kind
        self.head = head  # its first event
        self.text_start = text_start  # length of the answer's text before it
        self.pieces: list[str] = []  # partial JSON of an input
        self.citations: list[Mapping[str, object]] = []
        self.has_text = False


class Reader:
    """Reads the frames of one answer."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._choice = assembly.choice(0)
        self._open: dict[int, _Block] = {}  # blocks that have not ended, by their index
        self._next_index = 0
        self._begun = 0  # blocks so far
        self._without_input: list[_Block] = []  # tool calls whose arguments never came

    def take(self, event: str, frame: Mapping[str, Any]) -> bool:
        """Read one event, or a whole answer; False where it is of another dialect."""
        kind = frame.get("type")
        if kind is None:
            kind = _guess_kind(frame)
            if kind and event in _EVENTS:
                kind = event
        handler = _EVENTS.get(kind) if isinstance(kind, str) else None
        if handler is None:
            return False
        handler(self, frame)
        self._assembly.add_charge(frame.get("meta"))
        return True

    # --- events -----

    def _whole(self, frame: Mapping[str, object]) -> None:
        self._facts(frame)
        content = frame.get("content")
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        if not isinstance(content, list) and not frame.get("stop_reason"):
            return
        self._assembly.started = True
        for index, block in enumerate(content if isinstance(content, list) else ()):
            if isinstance(block, Mapping):
                self._begin(index, block)
                self._finish(index)
        self._ended(frame)

    def _message_start(self, frame: Mapping[str, object]) -> None:
        self._assembly.started = True
        message = frame.get("message")
        if isinstance(message, Mapping):
            self._facts(message)
            self._assembly.add_charge(message.get("meta"))

    def _block_start(self, frame: Mapping[str, object]) -> None:
        self._assembly.started = True
        self._finish_open()
        block = frame.get("content_block")
        if isinstance(block, Mapping):
            index = _index(frame)
            self._begin(index if index is not None else self._next_index, block)

    def _block_delta(self, frame: Mapping[str, object]) -> None:
        delta = frame.get("delta")
        if not isinstance(delta, Mapping):
            return
        self._assembly.started = True
        kind = delta.get("type")
        for key, delta_kind, block_kind, handler in _DELTAS:
            value = delta.get(key)
            if value and (kind == delta_kind or not isinstance(kind, str)):
                handler(self, self._block(frame, block_kind), value)

    def _block_stop(self, frame: Mapping[str, object]) -> None:
        index = _index(frame)
        self._finish(index if index is not None else self._last_index())

    def _message_delta(self, frame: Mapping[str, object]) -> None:
        self._assembly.add_usage(frame.get("usage"))
        delta = frame.get("delta")
        facts = {**frame, **delta} if isinstance(delta, Mapping) else frame
        if facts.get("stop_reason"):
            self._finish_open()
        self._ended(facts)

    def _message_stop(self, frame: Mapping[str, object]) -> None:
        if self._assembly.started:
            self._finish_open()
            self._assembly.terminal = True
        self._assembly.add_usage(frame.get("usage"))

    def _ping(self, frame: Mapping[str, object]) -> None:
        """A sign of life."""

    def _facts(self, message: Mapping[str, object]) -> None:
        self._assembly.add_meta("id", message.get("id"))
        self._assembly.add_meta("model", message.get("model"))
        usage = message.get("usage")
        self._assembly.add_usage(usage)
        if isinstance(usage, Mapping):
            self._assembly.add_meta("service_tier", usage.get("service_tier"))

    def _ended(self, facts: Mapping[str, object]) -> None:
        reason = facts.get("stop_reason")
        for key in _KEPT:
            if facts.get(key):
                self._assembly.meta_extra.setdefault(key, facts[key])
        if isinstance(reason, str) and reason and reason not in _CUT:
            for block in self._without_input:
                self._add_arguments(block, "{}")
            self._without_input.clear()
        self._assembly.finish(self._choice, reason)

    # --- blocks -----

    def _last_index(self) -> int | None:
        return next(reversed(self._open), None)

    def _block(self, frame: Mapping[str, object], kind: str) -> _Block:
        """The open block of a delta; a new one if its start was lost, or had another number."""
        index = _index(frame)
        if index is None:
            index = self._last_index()
        if index is None:
            index = self._next_index
        return self._open.get(index) or self._begin(index, {"type": kind})

    def _begin(self, index: int, head: Mapping[str, object]) -> _Block:
        kind = head.get("type")
        kind = kind if isinstance(kind, str) else "text"
        block = _Block(f"block {self._begun}", kind, head, self._choice.text_length())
        self._begun += 1
        self._choice.end_block()
        self._next_index = max(self._next_index, index + 1)
        self._open[index] = block
        begin = _BEGIN.get(kind)
        if begin is not None:
            begin(self, block)
        return block

    def _begin_text(self, block: _Block) -> None:
        self._text(block, block.head.get("text"))
        cited = block.head.get("citations")
        if isinstance(cited, list):
            block.citations += [item for item in cited if isinstance(item, Mapping)]

    def _begin_thinking(self, block: _Block) -> None:
        """A block even where the text is hidden: the signature alone has to go back."""
        thinking = text_or_none(block.head.get("thinking")) or ""
        signature = text_or_none(block.head.get("signature"))
        self._choice.begin_reasoning(is_indexed=True)
        self._add_reasoning(block, thinking)
        piece = {"type": "thinking", "thinking": thinking, "signature": signature}
        self._choice.add_block("thinking_blocks", block.name, piece)

    def _begin_redacted(self, block: _Block) -> None:
        self._choice.begin_reasoning(is_indexed=True)
        piece = {"type": block.kind, "data": text_or_none(block.head.get("data"))}
        self._choice.add_block("thinking_blocks", block.name, piece)

    def _begin_tool(self, block: _Block) -> None:
        name, call_id = text_or_none(block.head.get("name")), text_or_none(block.head.get("id"))
        self._choice.add_tool(block.name, id=call_id, name=name)

    def _finish_open(self) -> None:
        for index in list(self._open):
            self._finish(index)

    def _finish(self, index: int | None) -> None:
        block = self._open.pop(index, None) if index is not None else None
        if block is not None:
            _FINISH.get(block.kind, Reader._finish_other)(self, block)

    def _finish_reasoning(self, block: _Block) -> None:
        """Its pieces have gone out as they came."""

    def _finish_tool(self, block: _Block) -> None:
        if block.pieces:
            return
        value = block.head.get("input")
        if value:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            self._add_arguments(block, text)
        else:  # no arguments, or none yet: the stop reason decides
            self._without_input.append(block)

    def _finish_other(self, block: _Block) -> None:
        """A server-side tool's call or result, whole; a new block type is kept likewise."""
        value = {name: field for name, field in block.head.items() if name != "index"}
        if block.pieces:
            text = "".join(block.pieces)
            try:
                value["input"] = json.loads(text, strict=False)
            except (ValueError, RecursionError):
                value["input"] = text
        if len(value) > 1:
            self._choice.add_unique("server_tool_calls", [value])

    def _finish_image(self, block: _Block) -> None:
        source = block.head.get("source")
        if not isinstance(source, Mapping):
            return
        url = source.get("url")
        if not url and source.get("data"):
            url = f"data:{source.get('media_type') or 'image/png'};base64,{source['data']}"
        if url:
            self._choice.add_unique("images", [{"type": "image_url", "image_url": {"url": url}}])

    def _finish_text(self, block: _Block) -> None:
        """Citations in OpenAI's shape; each spans the whole block that it belongs to."""
        if not block.citations:
            return
        text_end = self._choice.text_length()
        for citation in block.citations:
            fields = {
                "url": citation.get("url"),
                "title": citation.get("title") or citation.get("document_title"),
                "start_index": block.text_start,
                "end_index": text_end,
            }
            item = {
                "type": "url_citation",
                "url_citation": {k: v for k, v in fields.items() if v is not None},
                "anthropic": dict(citation),
            }
            self._choice.add_unique("annotations", [item])

    # --- deltas -----

    def _text(self, block: _Block, value: object) -> None:
        if isinstance(value, str) and value:
            self._choice.add_text(value)

    def _thinking(self, block: _Block, value: object) -> None:
        if isinstance(value, str):
            self._add_reasoning(block, value)
            self._choice.add_block("thinking_blocks", block.name, {"thinking": value})

    def _add_reasoning(self, block: _Block, text: str) -> None:
        if text:
            separate = self._choice.reasoning and not block.has_text
            block.has_text = True
            self._choice.add_reasoning(f"\n\n{text}" if separate else text, source="thinking")

    def _signature(self, block: _Block, value: object) -> None:
        if isinstance(value, str):
            self._choice.add_block("thinking_blocks", block.name, {"signature": value})

    def _input(self, block: _Block, value: object) -> None:
        if isinstance(value, str):
            block.pieces.append(value)
            if block.kind == "tool_use":
                self._add_arguments(block, value)

    def _add_arguments(self, block: _Block, text: str) -> None:
        self._choice.add_tool(block.name, arguments=text)

    def _citation(self, block: _Block, value: object) -> None:
        if isinstance(value, Mapping):
            block.citations.append(value)


_EVENTS: dict[str, Callable[[Reader, Mapping[str, object]], None]] = {
    "message": Reader._whole,
    "message_start": Reader._message_start,
    "content_block_start": Reader._block_start,
    "content_block_delta": Reader._block_delta,
    "content_block_stop": Reader._block_stop,
    "message_delta": Reader._message_delta,
    "message_stop": Reader._message_stop,
    "ping": Reader._ping,
}
_BEGIN: dict[str, Callable[[Reader, _Block], None]] = {
    "text": Reader._begin_text,
    "thinking": Reader._begin_thinking,
    "redacted_thinking": Reader._begin_redacted,
    "tool_use": Reader._begin_tool,
}
_FINISH: dict[str, Callable[[Reader, _Block], None]] = {
    "text": Reader._finish_text,
    "thinking": Reader._finish_reasoning,
    "redacted_thinking": Reader._finish_reasoning,
    "tool_use": Reader._finish_tool,
    "image": Reader._finish_image,
}
# (key of a delta, its type, type of the block that it continues, what reads it)
_DELTAS: tuple[tuple[str, str, str, Callable[[Reader, _Block, object], None]], ...] = (
    ("text", "text_delta", "text", Reader._text),
    ("thinking", "thinking_delta", "thinking", Reader._thinking),
    ("signature", "signature_delta", "thinking", Reader._signature),
    ("partial_json", "input_json_delta", "tool_use", Reader._input),
    ("citation", "citations_delta", "text", Reader._citation),
)


def _guess_kind(frame: Mapping[str, object]) -> str:
    """The type of a frame, from its keys where a gateway left it out."""
    if isinstance(frame.get("content_block"), Mapping):
        return "content_block_start"
    delta = frame.get("delta")
    if isinstance(delta, Mapping):
        return "message_delta" if "stop_reason" in delta else "content_block_delta"
    message = frame.get("message")
    if isinstance(message, Mapping) and message.get("type") == "message":
        return "message_start"
    return "message" if isinstance(frame.get("content"), list) else ""


def _index(frame: Mapping[str, object]) -> int | None:
    index = frame.get("index")
    return index if isinstance(index, int) and not isinstance(index, bool) else None
