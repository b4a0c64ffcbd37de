"""Bytes of streams, and what reading them in pieces gives."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from langchain_core.utils._merge import merge_dicts

from langchain_aimlapi._dialects.reader import AnswerReader, parse_answer
from langchain_aimlapi._domain.values import ChatResponse, Delta, StreamEnd
from langchain_aimlapi._wire.request import Response

Event = Mapping[str, Any]


def sse(events: Iterable[Event], *, named: bool = True, done: bool = False) -> bytes:
    """The events as a stream, with ``event:`` lines or without."""
    lines = []
    for event in events:
        name = f"event: {event['type']}\n" if named and "type" in event else ""
        lines.append(f"{name}data: {json.dumps(event, ensure_ascii=False)}\n\n")
    return ("".join(lines) + ("data: [DONE]\n\n" if done else "")).encode()


def read(*pieces: bytes) -> tuple[ChatResponse, list[Delta]]:
    """The answer that these bytes are, and its deltas. Raises what the reader found wrong."""
    reader = AnswerReader({"x-inference-id": "inf-1"})
    items: list[Any] = []
    for piece in pieces:
        items += reader.feed(piece)
    items += reader.close()
    if reader.error is not None:
        raise reader.attach(reader.error)
    last = items[-1]
    assert isinstance(last, StreamEnd)
    return last.reply, [item for item in items if isinstance(item, Delta)]


def whole(body: Any) -> ChatResponse:
    """A plain JSON answer as a reply."""
    return parse_answer(Response(200, {"x-inference-id": "inf-1"}, json.dumps(body).encode()))


def assert_same_however_cut(data: bytes) -> ChatResponse:
    """The reply, after checking that every cut of the bytes gives it and its deltas."""
    reply, deltas = read(data)
    for at in range(1, len(data)):
        cut, _ = read(data[:at], data[at:])
        assert cut == reply, f"cut at byte {at}"
    single, pieces = read(*(data[i : i + 1] for i in range(len(data))))
    assert (single, pieces) == (reply, deltas)
    assert_adds_up(reply, deltas)
    return reply


def assert_adds_up(reply: ChatResponse, deltas: list[Delta]) -> None:
    """What was streamed is what the reply says: nothing twice, nothing left out."""
    choice = reply.choices[0]
    assert "".join(d.text for d in deltas) == choice.text
    assert "".join(d.reasoning for d in deltas) == choice.reasoning
    tools: dict[int, list[str]] = {}
    for delta in deltas:
        for tool in delta.tools:
            held = tools.setdefault(tool.position, ["", "", ""])
            held[0] += tool.id or ""
            held[1] += tool.name or ""
            held[2] += tool.arguments
    for index, call in enumerate(choice.tool_calls):
        assert tools[index][:2] == [call.id, call.name]
        if call.valid and call.kind == "function":
            assert tools[index][2] == call.arguments
    extra: dict[str, Any] = {}
    for delta in deltas:
        extra = merge_dicts(extra, dict(delta.extra or {}))
    assert extra == dict(choice.extra)
