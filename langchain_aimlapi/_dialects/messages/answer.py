"""``/v1/messages``: an answer, or an event of one -> what it says.

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

from langchain_aimlapi._answers.assembly import Assembly, ChoiceState
from langchain_aimlapi._domain.values import Delta

_EVENTS = frozenset(
    {
        "message", "message_start", "content_block_start", "content_block_delta",
        "content_block_stop", "message_delta", "message_stop", "ping",
    }
)  # fmt: skip
_CUT = frozenset({"max_tokens", "model_context_window_exceeded"})
_KEPT = ("stop_sequence", "stop_details", "container", "context_management")
_THOUGHTS = frozenset({"thinking", "redacted_thinking"})


class _Block:
    """A content block while it is being told."""

    __slots__ = ("begins", "citations", "head", "kind", "pieces", "said", "wire")

    def __init__(self, wire: str, kind: str, head: Mapping[str, Any], begins: int) -> None:
        self.wire = wire  # ours: some gateways give every block the index 0
        self.kind = kind
        self.head = head  # what its first event said
        self.begins = begins  # length of the answer's text before it
        self.pieces: list[str] = []  # partial JSON of an input
        self.citations: list[Mapping[str, Any]] = []
        self.said = False  # a thought that has begun


def speaks(frame: Mapping[str, Any]) -> bool:
    """Whether a frame or a body is of this dialect."""
    kind = frame.get("type")
    if kind is None:
        return _kind_of(frame, "") in _EVENTS
    return kind in _EVENTS if isinstance(kind, str) else False


def take(assembly: Assembly, event: str, frame: Mapping[str, Any], out: list[Delta]) -> None:
    """Read one event, or a whole answer."""
    handler = _HANDLERS.get(_kind_of(frame, event))
    if handler is not None:
        handler(assembly, frame, out)
    assembly.add_charge(frame.get("meta"))


def _kind_of(frame: Mapping[str, Any], event: str) -> str:
    """The type of a frame, guessed from its keys where a gateway left it out."""
    kind = frame.get("type")
    if isinstance(kind, str) and kind:
        return kind
    if event in _EVENTS:
        return event
    if isinstance(frame.get("content_block"), Mapping):
        return "content_block_start"
    delta = frame.get("delta")
    if isinstance(delta, Mapping):
        return "message_delta" if "stop_reason" in delta else "content_block_delta"
    message = frame.get("message")
    if isinstance(message, Mapping) and message.get("type") == "message":
        return "message_start"
    return "message" if isinstance(frame.get("content"), list) else ""


# --- events ----------------------------------------------------------------------------------


def _whole(assembly: Assembly, frame: Mapping[str, Any], out: list[Delta]) -> None:
    _facts(assembly, frame)
    content = frame.get("content")
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    if not isinstance(content, list) and not frame.get("stop_reason"):
        return
    assembly.started = True
    state = assembly.choice(0)
    for index, block in enumerate(content if isinstance(content, list) else ()):
        if isinstance(block, Mapping):
            _begin(assembly, state, index, block, out)
            _finish(assembly, state, index, out)
    _ended(assembly, state, frame, out)


def _message_start(assembly: Assembly, frame: Mapping[str, Any], out: list[Delta]) -> None:
    assembly.started = True
    message = frame.get("message")
    if isinstance(message, Mapping):
        _facts(assembly, message)
        assembly.add_charge(message.get("meta"))


def _block_start(assembly: Assembly, frame: Mapping[str, Any], out: list[Delta]) -> None:
    assembly.started = True
    state = assembly.choice(0)
    _finish_open(assembly, state, out)
    block = frame.get("content_block")
    if isinstance(block, Mapping):
        index = frame.get("index")
        _begin(assembly, state, index if _is_index(index) else _next(assembly), block, out)


def _block_delta(assembly: Assembly, frame: Mapping[str, Any], out: list[Delta]) -> None:
    delta = frame.get("delta")
    if not isinstance(delta, Mapping):
        return
    assembly.started = True
    state = assembly.choice(0)
    kind = delta.get("type")
    for key, block_kind, handler in _DELTAS:
        value = delta.get(key)
        if not value or (isinstance(kind, str) and kind != f"{_DELTA_NAME.get(key, key)}_delta"):
            continue
        index = frame.get("index")
        found = index if _is_index(index) else _last(assembly)
        block = _open(assembly).get(found)
        if block is None:  # its start was lost, or came with another number
            found = found if found is not None else _next(assembly)
            _begin(assembly, state, found, {"type": block_kind}, out)
            block = _open(assembly)[found]
        handler(assembly, state, block, value, out)


def _block_stop(assembly: Assembly, frame: Mapping[str, Any], out: list[Delta]) -> None:
    index = frame.get("index")
    found = index if _is_index(index) else _last(assembly)
    _finish(assembly, assembly.choice(0), found, out)


def _message_delta(assembly: Assembly, frame: Mapping[str, Any], out: list[Delta]) -> None:
    delta = frame.get("delta")
    assembly.add_usage(frame.get("usage"))
    told = delta if isinstance(delta, Mapping) else frame
    state = assembly.choice(0)
    if told.get("stop_reason"):
        _finish_open(assembly, state, out)
    _ended(assembly, state, {**frame, **told}, out)


def _message_stop(assembly: Assembly, frame: Mapping[str, Any], out: list[Delta]) -> None:
    if assembly.started:
        _finish_open(assembly, assembly.choice(0), out)
        assembly.terminal = True
    assembly.add_usage(frame.get("usage"))


def _facts(assembly: Assembly, message: Mapping[str, Any]) -> None:
    assembly.note("id", message.get("id"))
    assembly.note("model", message.get("model"))
    usage = message.get("usage")
    assembly.add_usage(usage)
    if isinstance(usage, Mapping):
        assembly.note("service_tier", usage.get("service_tier"))


def _ended(
    assembly: Assembly, state: ChoiceState, told: Mapping[str, Any], out: list[Delta]
) -> None:
    reason = told.get("stop_reason")
    for key in _KEPT:
        if told.get(key):
            assembly.meta_extra.setdefault(key, told[key])
    if isinstance(reason, str) and reason and reason not in _CUT:
        for block in assembly.blocks.pop("without_input", ()):
            _add_arguments(assembly, state, block, "{}", out)
    assembly.end(state, reason)


_HANDLERS: dict[str, Callable[[Assembly, Mapping[str, Any], list[Delta]], None]] = {
    "message": _whole,
    "message_start": _message_start,
    "content_block_start": _block_start,
    "content_block_delta": _block_delta,
    "content_block_stop": _block_stop,
    "message_delta": _message_delta,
    "message_stop": _message_stop,
}


# --- blocks ----------------------------------------------------------------------------------


def _open(assembly: Assembly) -> dict[Any, _Block]:
    """Blocks that have begun and not ended, by their index."""
    found: dict[Any, _Block] = assembly.blocks.setdefault("open", {})
    return found


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _last(assembly: Assembly) -> Any:
    return next(reversed(_open(assembly)), None)


def _next(assembly: Assembly) -> int:
    return int(assembly.blocks.get("next", 0))


def _begin(
    assembly: Assembly, state: ChoiceState, index: Any, head: Mapping[str, Any], out: list[Delta]
) -> None:
    kind = head.get("type") if isinstance(head.get("type"), str) else "text"
    number = assembly.blocks.get("begun", 0)
    assembly.blocks["begun"] = number + 1
    block = _Block(f"block {number}", str(kind), head, sum(map(len, state.text)))
    assembly.blocks["next"] = max(_next(assembly), index + 1)
    _open(assembly)[index] = block
    begin = _BEGIN.get(block.kind)
    if begin is not None:
        begin(assembly, state, block, out)


def _begin_text(assembly: Assembly, state: ChoiceState, block: _Block, out: list[Delta]) -> None:
    _text(assembly, state, block, block.head.get("text"), out)
    cited = block.head.get("citations")
    if isinstance(cited, list):
        block.citations += [item for item in cited if isinstance(item, Mapping)]


def _begin_thought(assembly: Assembly, state: ChoiceState, block: _Block, out: list[Delta]) -> None:
    """Its block is told even where the text is hidden: the signature alone has to go back."""
    head = block.head
    thought = _string(head.get("thinking")) or ""
    _say_thought(assembly, state, block, thought, out)
    piece = {"type": "thinking", "thinking": thought, "signature": _string(head.get("signature"))}
    assembly.add_block(state, "thinking_blocks", block.wire, piece, out)


def _begin_redacted(
    assembly: Assembly, state: ChoiceState, block: _Block, out: list[Delta]
) -> None:
    piece = {"type": block.kind, "data": _string(block.head.get("data"))}
    assembly.add_block(state, "thinking_blocks", block.wire, piece, out)


def _begin_tool(assembly: Assembly, state: ChoiceState, block: _Block, out: list[Delta]) -> None:
    name, call_id = _string(block.head.get("name")), _string(block.head.get("id"))
    tool = state.tools.add(wire=block.wire, id=call_id, name=name, arguments="")
    assembly.add_tool(state, tool, out)


_BEGIN: dict[str, Callable[[Assembly, ChoiceState, _Block, list[Delta]], None]] = {
    "text": _begin_text,
    "thinking": _begin_thought,
    "redacted_thinking": _begin_redacted,
    "tool_use": _begin_tool,
}


def _finish_open(assembly: Assembly, state: ChoiceState, out: list[Delta]) -> None:
    for index in list(_open(assembly)):
        _finish(assembly, state, index, out)


def _finish(assembly: Assembly, state: ChoiceState, index: Any, out: list[Delta]) -> None:
    block = _open(assembly).pop(index, None)
    if block is None or block.kind in _THOUGHTS:
        return
    if block.kind == "text":
        _tell_citations(assembly, state, block, out)
    elif block.kind == "tool_use":
        if not block.pieces:
            given = block.head.get("input")
            text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
            if given:
                _add_arguments(assembly, state, block, text, out)
            else:  # no arguments, or none yet: known when the reason of the end is told
                assembly.blocks.setdefault("without_input", []).append(block)
    elif block.kind == "image":
        _tell_image(assembly, state, block.head.get("source"), out)
    else:
        _tell_hosted(assembly, state, block, out)


def _add_arguments(
    assembly: Assembly, state: ChoiceState, block: _Block, text: str, out: list[Delta]
) -> None:
    tool = state.tools.add(wire=block.wire, id=None, name=None, arguments=text)
    assembly.add_tool(state, tool, out)


def _tell_hosted(assembly: Assembly, state: ChoiceState, block: _Block, out: list[Delta]) -> None:
    """A server-side tool's call or result, whole; a block type that is new is kept likewise."""
    told = {name: value for name, value in block.head.items() if name != "index"}
    if block.pieces:
        text = "".join(block.pieces)
        try:
            told["input"] = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            told["input"] = text
    if len(told) > 1:
        assembly.add_unique(state, "server_tool_calls", [told], out)


def _tell_image(assembly: Assembly, state: ChoiceState, source: Any, out: list[Delta]) -> None:
    if not isinstance(source, Mapping):
        return
    url = source.get("url")
    if not url and source.get("data"):
        url = f"data:{source.get('media_type') or 'image/png'};base64,{source['data']}"
    if url:
        item = {"type": "image_url", "image_url": {"url": url}}
        assembly.add_unique(state, "images", [item], out)


def _tell_citations(
    assembly: Assembly, state: ChoiceState, block: _Block, out: list[Delta]
) -> None:
    """Citations in OpenAI's shape; they speak of the whole block that they stand on."""
    ends = sum(map(len, state.text))
    for cited in block.citations:
        told = {
            "url": cited.get("url"),
            "title": cited.get("title") or cited.get("document_title"),
            "start_index": block.begins,
            "end_index": ends,
        }
        item = {
            "type": "url_citation",
            "url_citation": {name: value for name, value in told.items() if value is not None},
            "anthropic": dict(cited),
        }
        assembly.add_unique(state, "annotations", [item], out)


# --- deltas ----------------------------------------------------------------------------------

_Handler = Callable[[Assembly, ChoiceState, _Block, Any, list[Delta]], None]


def _text(
    assembly: Assembly, state: ChoiceState, block: _Block, value: Any, out: list[Delta]
) -> None:
    if isinstance(value, str) and value:
        assembly.add_text(state, value, out)


def _thinking(
    assembly: Assembly, state: ChoiceState, block: _Block, value: Any, out: list[Delta]
) -> None:
    if isinstance(value, str):
        _say_thought(assembly, state, block, value, out)
        assembly.add_block(state, "thinking_blocks", block.wire, {"thinking": value}, out)


def _say_thought(
    assembly: Assembly, state: ChoiceState, block: _Block, thought: str, out: list[Delta]
) -> None:
    if thought:
        text = thought if block.said or not state.reasoning else f"\n\n{thought}"
        block.said = True
        assembly.add_reasoning(state, text, out, source="thinking")


def _signature(
    assembly: Assembly, state: ChoiceState, block: _Block, value: Any, out: list[Delta]
) -> None:
    if isinstance(value, str):
        assembly.add_block(state, "thinking_blocks", block.wire, {"signature": value}, out)


def _input(
    assembly: Assembly, state: ChoiceState, block: _Block, value: Any, out: list[Delta]
) -> None:
    if isinstance(value, str):
        block.pieces.append(value)
        if block.kind == "tool_use":
            _add_arguments(assembly, state, block, value, out)


def _citation(
    assembly: Assembly, state: ChoiceState, block: _Block, value: Any, out: list[Delta]
) -> None:
    if isinstance(value, Mapping):
        block.citations.append(value)


_DELTA_NAME = {"partial_json": "input_json", "citation": "citations"}
_DELTAS: tuple[tuple[str, str, _Handler], ...] = (
    ("text", "text", _text),
    ("thinking", "thinking", _thinking),
    ("signature", "thinking", _signature),
    ("partial_json", "tool_use", _input),
    ("citation", "text", _citation),
)


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
