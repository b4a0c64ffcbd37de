"""Whole answers that are one text: read the short way, they are what the reader makes of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from langchain_aimlapi._dialects.messages.answer import read_plain
from langchain_aimlapi._dialects.reader import parse_answer
from langchain_aimlapi._wire.request import Response

USAGE = {"input_tokens": 3, "output_tokens": 4}
CHARGE = {"usage": {"usd_spent": 0.25, "credits_used": 500_000}, "model": "claude-x"}


def answer(text: object = "Hello", **fields: Any) -> dict[str, Any]:
    """A whole answer; a field that is None is left out."""
    body = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-4-5",
        "content": [{"type": "text", "text": text}], "stop_reason": "end_turn",
        "stop_sequence": None, "usage": USAGE,
    }  # fmt: skip
    return {name: value for name, value in {**body, **fields}.items() if value is not None}


PLAIN = [
    answer(),
    answer(" \n leading white space, and a <think> later\n"),
    answer("\u00e9\U0001f600"),
    answer(stop_reason="max_tokens"),
    answer(stop_reason="Refusal"),
    answer(stop_reason="a new one"),
    answer(usage={**USAGE, "cache_read_input_tokens": 7, "cache_creation_input_tokens": 0}),
    answer(usage={**USAGE, "service_tier": "batch", "cache_creation": {"a": 1}, "new": None}),
    answer(usage={"input_tokens": 3, "output_tokens": None}),
    answer(usage={"output_tokens": 5, "input_tokens": -1}),
    answer(usage={"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 9}),
    answer(usage={}),
    answer(usage={"input_tokens": True, "output_tokens": 2.0}),
    answer(meta=CHARGE),
    answer(meta={**CHARGE, "provider": "anthropic"}),
    answer(meta={"usage": {"tokens_used": "12"}}),
    answer(meta={"usage": None, "model": "x"}),
    answer(meta=[1]),
    answer(id=5, model=""),
    answer(role="user"),
    {**answer(), "stop_details": None, "stop_sequence": None},
]
OTHERS = [
    answer("<think>hm</think>Hello"),
    answer("  <thi"),
    answer(""),
    answer(" \n"),
    answer(7),
    answer(content=[]),
    answer(content="Hello"),
    answer(content=[{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]),
    answer(content=[{"type": "text", "text": "a", "citations": [{"url": "https://a.example"}]}]),
    answer(content=[{"type": "tool_use", "id": "1", "name": "f", "input": {}}]),
    answer(content=[{"type": "thinking", "thinking": "hm"}]),
    answer(stop_sequence="."),
    answer(stop_details={"type": "refusal"}),
    answer(stop_reason=""),
    answer(usage=[1]),
    answer(type="error", error={"type": "overloaded_error", "message": "Overloaded"}),
    answer(container={"id": "c"}),
    {"content": [{"type": "text", "text": "no type"}], "usage": USAGE, "stop_reason": "end_turn"},
]


@pytest.mark.parametrize("body", PLAIN, ids=range(len(PLAIN)))
def test_a_plain_answer_is_what_the_reader_makes_of_it(body: dict[str, Any]) -> None:
    found = read_plain(body)
    assert found is not None
    assert found == parse_answer(Response(200, {}, json.dumps(body).encode()), model="m")


@pytest.mark.parametrize("body", OTHERS, ids=range(len(OTHERS)))
def test_everything_else_is_left_to_the_reader(body: dict[str, Any]) -> None:
    assert read_plain(body) is None
