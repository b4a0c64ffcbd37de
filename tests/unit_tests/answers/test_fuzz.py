"""Bytes -> events -> message: nothing that a server sends raises outside the tree of errors, and
no text that was delivered is lost. Short here; `make fuzz` runs longer."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AIMessageChunk

from langchain_aimlapi import AimlapiError
from tests.unit_tests.langchain.helpers import Wire, add_up, delta, reasoning_of, sse

# Any text, also half of a surrogate pair, which JSON can say and UTF-8 cannot.
TEXT = st.text(st.characters(), max_size=12)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    "content", "role", "reasoning_content", "reasoning", "reasoning_details", "tool_calls",
    "refusal", "audio", "images", "annotations", "function_call", "extra_content",
    "thinking_blocks", "encrypted_content",
)  # fmt: skip
TOP = ("id", "model", "created", "usage", "meta", "citations", "search_results", "error",
       "statusCode", "message", "system_fingerprint", "images", "type", "output")  # fmt: skip


def part_of(names: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(names), JSON, max_size=3)


FRAMES = st.builds(
    lambda top, choice, inner: {**top, "choices": [{**choice, "delta": inner}]},
    part_of(TOP),
    st.dictionaries(
        st.sampled_from(["index", "finish_reason", "logprobs", "message", "text"]), JSON, max_size=2
    ),
    part_of(FIELDS),
)
CUTS = st.lists(st.integers(min_value=1, max_value=200), max_size=4)


def drain(wire: Wire, **kwargs: Any) -> tuple[list[AIMessageChunk], AimlapiError | None]:
    """The chunks that were delivered, and the error at their end."""
    chunks: list[AIMessageChunk] = []
    try:
        for chunk in wire.model(max_retries=0, **kwargs).stream("hi"):
            assert isinstance(chunk, AIMessageChunk)
            chunks.append(chunk)
    except AimlapiError as error:
        return chunks, error
    return chunks, None


def invoked(wire: Wire) -> str:
    """What a whole answer says: its blocks, or its error."""
    try:
        message = wire.model(max_retries=0).invoke("hi")
    except AimlapiError as error:
        return str(error)
    return f"{type(message).__name__} {message.content_blocks}"


def cut_up(data: bytes, sizes: list[int]) -> list[int]:
    ends, at = [], 0
    for size in sizes:
        at += size
        if at < len(data):
            ends.append(at)
    return ends


def check_delivered(chunks: list[AIMessageChunk], error: AimlapiError | None) -> None:
    """What was delivered adds up, and a broken stream holds all of it."""
    text = "".join(chunk.text for chunk in chunks)
    if chunks:
        message = add_up(chunks)
        assert message.text == text
        assert message.content_blocks is not None
        json.dumps(message.text).encode()
    if error is None:
        assert chunks
        return
    assert str(error)
    if isinstance(error.partial, AIMessage):
        assert error.partial.text == text
    else:
        assert text == ""


@given(data=st.binary(max_size=300), sizes=CUTS)
def test_any_bytes_end_in_a_message_or_a_typed_error(data: bytes, sizes: list[int]) -> None:
    wire = Wire(kind="text/event-stream")
    wire.give(data, cuts=cut_up(data, sizes))
    check_delivered(*drain(wire))
    assert invoked(wire)


@given(frames=st.lists(FRAMES | JSON, max_size=5), done=st.booleans(), sizes=CUTS)
@pytest.mark.parametrize("version", ["v0", "v1"])
@pytest.mark.slow
def test_any_frames_end_in_a_message_or_a_typed_error(
    version: str, frames: list[Any], done: bool, sizes: list[int]
) -> None:
    wire = Wire(kind="text/event-stream")
    data = b"".join(b"data: " + json.dumps(frame).encode() + b"\n\n" for frame in frames)
    wire.give(data + (b"data: [DONE]\n\n" if done else b""), cuts=cut_up(data, sizes))
    check_delivered(*drain(wire, output_version=version))


@given(body=FRAMES | JSON)
def test_any_json_answer_ends_in_a_message_or_a_typed_error(body: Any) -> None:
    if isinstance(body, dict):
        for choice in body.get("choices") or ():
            choice["message"] = choice.pop("delta", None)
    wire = Wire(json.dumps(body).encode(), kind="application/json")
    assert invoked(wire)


PIECES = st.lists(
    st.one_of(
        st.tuples(st.just("text"), st.text(min_size=1, max_size=8)),
        st.tuples(st.just("thought"), st.text(min_size=1, max_size=8)),
    ),
    min_size=1,
    max_size=8,
)


@given(pieces=PIECES, sizes=CUTS, end=st.sampled_from(["whole", "cut", "broken"]))
def test_no_delivered_text_is_lost_wherever_a_stream_is_cut(
    pieces: list[tuple[str, str]], sizes: list[int], end: str
) -> None:
    frames = [
        delta({"content": piece} if kind == "text" else {"reasoning_content": piece})
        for kind, piece in pieces
    ]
    said = "".join(piece for kind, piece in pieces if kind == "text")
    thought = "".join(piece for kind, piece in pieces if kind == "thought")
    if end == "whole":
        data = sse(*frames, delta({}, finish="stop"))
    else:
        data = sse(*frames, done=False) + (b'data: {"choices": [{"del' if end == "broken" else b"")
    wire = Wire()
    wire.give(data, cuts=cut_up(data, sizes))
    chunks, error = drain(wire)
    check_delivered(chunks, error)
    assert (error is None) == (end == "whole")
    message = add_up(chunks) if error is None else error.partial
    assert isinstance(message, AIMessage)
    if not said.lstrip().startswith("<"):  # which may be the beginning of a thought
        assert message.text.strip() == said.strip()
        assert reasoning_of(message) == thought


def encodable(value: Any) -> Any:
    """The value with U+FFFD for every half of a surrogate pair."""
    return json.loads(re.sub("[\ud800-\udfff]", "\ufffd", json.dumps(value, ensure_ascii=False)))


@example(arguments={"half": "\ud800"}, cuts=[], keep=0)
@given(
    arguments=st.dictionaries(st.text(max_size=5), JSON, max_size=3),
    cuts=st.lists(st.integers(min_value=1, max_value=40), max_size=5),
    keep=st.integers(min_value=0, max_value=60),
)
def test_arguments_come_whole_or_as_an_invalid_call(
    arguments: dict[str, Any], cuts: list[int], keep: int
) -> None:
    text = json.dumps(arguments, allow_nan=False, default=str) if _plain(arguments) else "{}"
    sent = text[: len(text) - keep] if keep < len(text) else text
    ends = [0, *cut_up(sent.encode("ascii", "replace"), cuts), len(sent)]
    pieces = [sent[a:b] for a, b in pairwise(ends)]
    frames = [
        delta({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}) for piece in pieces
    ]
    first = delta({"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "f"}}]})
    complete = sent == text
    finish = delta({}, finish="tool_calls" if complete else "length")
    chunks, error = drain(Wire(sse(first, *frames, finish)))
    assert error is None
    message = add_up(chunks)
    if complete:
        [call] = message.tool_calls
        assert call["args"] == encodable(json.loads(text))
    else:
        assert message.tool_calls == []
        assert [call["id"] for call in message.invalid_tool_calls] == ["c1"]


def _plain(value: Any) -> bool:
    try:
        return bool(json.dumps(value, allow_nan=False).encode())
    except ValueError:
        return False
