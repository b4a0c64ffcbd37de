"""Anything at all in a frame: a reply or a typed error, and nothing that was told is lost."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_aimlapi import errors
from langchain_aimlapi._dialects.reader import AnswerReader, parse_answer
from langchain_aimlapi._domain.values import Delta, StreamEnd
from langchain_aimlapi._wire.request import Response

DONE = b"data: [DONE]\n\n"


def event(value: Any) -> bytes:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return b"data: " + data + b"\n\n"


def chunk(delta: Any = None, finish: Any = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {
        "id": "c1",
        "object": "chat.completion.chunk",
        "model": "m",
        "choices": [choice],
        **more,
    }


def say(text: str, finish: Any = None, **more: Any) -> bytes:
    return event(chunk({"content": text}, finish, **more))


STOP = event(chunk({}, "stop"))


def read(*pieces: bytes, secret: str | None = None) -> tuple[list[Delta], AnswerReader]:
    """All deltas of a stream in these pieces, and the reader after its end."""
    reader = AnswerReader({}, model="vendor/model", secret=secret)
    items: list[Any] = []
    for piece in pieces:
        items += reader.feed(piece)
        if reader.error is not None:
            break
    else:
        items += reader.close()
    finals = [item for item in items if isinstance(item, StreamEnd)]
    assert len(finals) == (reader.error is None)
    assert items[-1:] == finals[-1:] or not finals
    return [item for item in items if isinstance(item, Delta)], reader


JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.floats(), st.text(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)
KEYS = [
    "choices",
    "delta",
    "message",
    "content",
    "index",
    "finish_reason",
    "usage",
    "meta",
    "error",
    "reasoning",
    "reasoning_content",
    "reasoning_details",
    "thinking_blocks",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "id",
    "audio",
    "images",
    "annotations",
    "citations",
    "type",
    "text",
    "object",
    "model",
    "created",
    "logprobs",
    "refusal",
    "extra_content",
    "data",
    "output",
    "item",
    "part",
    "response",
    "summary",
    "content_block",
    "stop_reason",
    "signature",
    "output_index",
    "content_index",
    "encrypted_content",
    "partial_json",
    "thinking",
    "custom",
]
TYPES = [
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
    "message",
    "error",
    "response.created",
    "response.failed",
    "response.output_item.added",
    "response.output_item.done",
    "response.output_text.delta",
    "response.completed",
    "response.incomplete",
    "response.function_call_arguments.delta",
    "response.reasoning_summary_text.delta",
    "response.content_part.added",
    "text",
    "tool_use",
    "response.function_call_arguments.done",
    "response.output_text.annotation.added",
    "thinking",
    "response.refusal.delta",
    "function_call",
    "reasoning",
    "output_text",
    "text_delta",
    "thinking_delta",
    "input_json_delta",
    "signature_delta",
    "redacted_thinking",
]
FRAMES = st.recursive(
    st.one_of(JUNK, st.sampled_from(["a", "stop", "{", *TYPES])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
        st.builds(
            lambda kind, rest: {**rest, "type": kind},
            st.sampled_from(TYPES),
            st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
        ),
        st.builds(
            lambda delta, rest: {"choices": [{"delta": delta, **rest}]},
            st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
            st.dictionaries(st.sampled_from(KEYS), inner, max_size=2),
        ),
    ),
    max_leaves=15,
)


@given(frames=st.lists(FRAMES, max_size=4), end=st.sampled_from([b"", STOP, DONE]))
@pytest.mark.slow
def test_any_frames_give_a_reply_or_a_typed_error(frames: list[Any], end: bytes) -> None:
    stream = b"".join(event(json.dumps(frame).encode()) for frame in frames) + end
    deltas, reader = read(stream)
    found = reader.assembly.reply()
    for index in {d.choice for d in deltas}:
        choice = next(c for c in found.choices if c.index == index)
        assert "".join(d.text for d in deltas if d.choice == index) == choice.text
        assert "".join(d.reasoning for d in deltas if d.choice == index) == choice.reasoning
        choice.text.encode()


@given(body=FRAMES)
@pytest.mark.slow
def test_any_whole_body_gives_a_reply_or_a_typed_error(body: Any) -> None:
    with contextlib.suppress(errors.AimlapiError):
        assert parse_answer(Response(200, {}, json.dumps(body).encode())).choices


@given(pieces=st.lists(st.binary(max_size=30), max_size=4))
def test_any_bytes_give_a_reply_or_a_typed_error(pieces: list[bytes]) -> None:
    _, reader = read(say("a"), *pieces)
    assert reader.assembly.reply().choices[0].text.startswith("a")


RICH: dict[str, list[dict[str, Any]]] = {
    "completions": [
        chunk(
            {
                "role": "assistant",
                "content": [{"type": "text", "text": "a", "annotations": [{"type": "url"}]}],
                "reasoning": "r",
                "reasoning_content": "r",
                "reasoning_details": [{"type": "reasoning.text", "text": "r", "index": 0}],
                "thinking_blocks": [{"type": "thinking", "thinking": "r", "signature": "s"}],
                "tool_calls": [
                    {
                        "index": 0,
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "w", "arguments": "{}"},
                        "extra_content": {"google": {"thought_signature": "s"}},
                    },
                    {"index": 1, "id": "c2", "custom": {"name": "v", "input": "x"}},
                ],
                "function_call": {"name": "w", "arguments": "{}"},
                "audio": {"id": "a", "data": "QQ==", "transcript": "t", "expires_at": 1},
                "images": [{"type": "image_url", "image_url": {"url": "u"}}],
                "annotations": [{"type": "url_citation"}],
                "refusal": "no",
                "encrypted_content": "e",
                "extra_content": {"google": {"thought_signature": "s"}},
            },
            logprobs={"content": [{"token": "a"}]},
            citations=["u"],
            search_results=[{"url": "u"}],
            service_tier="t",
        ),
        chunk(
            {}, "stop", usage={"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": 1}}
        ),
        {"choices": [], "meta": {"usage": {"credits_used": 1, "usd_spent": 0.1}}},
    ],
    "messages": [
        {
            "type": "message_start",
            "message": {"id": "m", "model": "m", "content": [], "usage": {"input_tokens": 1}},
        },
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "thinking", "thinking": "r", "signature": "s"},
        },
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "thinking_delta", "thinking": "r"},
        },
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "signature_delta", "signature": "s"},
        },
        {"type": "content_block_stop", "index": 0},
        {
            "type": "content_block_start",
            "index": 1,
            "content_block": {"type": "text", "text": "", "citations": [{"type": "c"}]},
        },
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "a"}},
        {
            "type": "content_block_delta",
            "index": 1,
            "delta": {"type": "citations_delta", "citation": {"type": "c", "url": "u"}},
        },
        {
            "type": "content_block_start",
            "index": 2,
            "content_block": {"type": "tool_use", "id": "c1", "name": "w", "input": {}},
        },
        {
            "type": "content_block_delta",
            "index": 2,
            "delta": {"type": "input_json_delta", "partial_json": "{}"},
        },
        {
            "type": "content_block_start",
            "index": 3,
            "content_block": {"type": "server_tool_use", "id": "s", "name": "n", "input": {}},
        },
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": "x"},
            "usage": {"output_tokens": 2},
        },
        {"type": "message_stop", "meta": {"usage": {"credits_used": 1}}},
    ],
    "responses": [
        {
            "type": "response.created",
            "response": {"id": "r", "model": "m", "status": "in_progress", "output": []},
        },
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {"type": "reasoning", "id": "rs", "summary": []},
        },
        {
            "type": "response.reasoning_summary_text.delta",
            "output_index": 0,
            "summary_index": 0,
            "item_id": "rs",
            "delta": "r",
        },
        {
            "type": "response.output_item.done",
            "output_index": 0,
            "item": {
                "type": "reasoning",
                "id": "rs",
                "summary": [{"type": "summary_text", "text": "r"}],
                "encrypted_content": "e",
            },
        },
        {
            "type": "response.output_item.added",
            "output_index": 1,
            "item": {"type": "function_call", "id": "f", "call_id": "c1", "name": "w"},
        },
        {
            "type": "response.function_call_arguments.delta",
            "output_index": 1,
            "item_id": "f",
            "delta": "{}",
        },
        {
            "type": "response.function_call_arguments.done",
            "output_index": 1,
            "item_id": "f",
            "arguments": "{}",
        },
        {
            "type": "response.output_text.delta",
            "output_index": 2,
            "content_index": 0,
            "item_id": "m",
            "delta": "a",
            "logprobs": [{"token": "a"}],
        },
        {
            "type": "response.output_text.annotation.added",
            "output_index": 2,
            "annotation": {"type": "url_citation", "url": "u"},
        },
        {
            "type": "response.refusal.delta",
            "output_index": 2,
            "content_index": 1,
            "delta": "no",
        },
        {
            "type": "response.completed",
            "response": {
                "id": "r",
                "status": "completed",
                "output": [
                    {
                        "type": "message",
                        "content": [{"type": "output_text", "text": "a", "annotations": [{}]}],
                    }
                ],
                "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2},
            },
        },
    ],
}
ANYTHING: tuple[Any, ...] = (
    *(None, True, 7, -1, 2.5, float("nan"), "", "x", "\ud83d", [], [None], ["x"], [7], [[]]),
    *({}, {"x": 1}, {"type": {}}, [{}], [{"type": []}], [{"index": []}], {"index": {}, "id": []}),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterable[tuple[Any, ...]]:
    """Every place inside a JSON value."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize("dialect", RICH)
def test_anything_may_stand_anywhere_in_a_frame(dialect: str) -> None:
    frames = RICH[dialect]
    packed = [event(frame) for frame in frames]
    _, reader = read(*packed)
    assert reader.error is None
    assert reader.assembly.reply().choices[0].text == "a"
    wrong = []
    for at, frame in enumerate(frames):
        for path in places(frame):
            for new in ANYTHING:
                odd = event(replaced(frame, path, new))
                for stream in ([*packed[:at], odd, *packed[at + 1 :]], [odd, odd]):
                    try:
                        _, reader = read(*stream)
                        reader.assembly.reply()
                    except Exception as error:
                        wrong.append(f"{new!r} at {path} of {frame}: {error!r}")
    assert wrong == []
