"""Rows whose answer is one text: the short way, they are what the reader makes of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatResult

from langchain_aimlapi import ChatAimlapi
from langchain_aimlapi._dialects.messages.plain import read_plain
from langchain_aimlapi._dialects.reader import parse_answer
from langchain_aimlapi._langchain.batch_rows import Tally
from langchain_aimlapi._langchain.chunks import choice_to_message, reply_to_result
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.catalog import Catalog

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
    answer(usage={**USAGE, "cache_read_input_tokens": 7}),
    answer(usage={**USAGE, "service_tier": "batch", "cache_creation": {"a": 1}, "new": 0}),
    answer(usage={**USAGE, "server_tool_use": {"web_search_requests": 2}}),
    answer(meta=CHARGE),
    answer(meta={**CHARGE, "provider": "anthropic"}),
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


ODD = [
    answer(usage={**USAGE, "service_tier": "batch", "cache_creation": {"a": 1}, "new": None}),
    answer(usage={"input_tokens": 3, "output_tokens": None}),
    answer(usage={"output_tokens": 5, "input_tokens": -1}),
    answer(usage={**USAGE, "cache_read_input_tokens": -7}),
    answer(usage={**USAGE, "cache_creation_input_tokens": 1.5}),
    answer(usage={**USAGE, "service_tier": 1}),
    answer(usage={"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 9}),
    answer(usage={**USAGE, "output_tokens_details": {"reasoning_tokens": 2}}),
    answer(usage={}),
    answer(usage={"input_tokens": True, "output_tokens": 2.0}),
    answer(meta={"usage": {"tokens_used": "12"}}),
    answer(meta={"usage": {"usd_spent": 1e999, "credits_used": 1}}),
    answer(meta={"usage": {"usd_spent": -0.5, "credits_used": 1}}),
    answer(meta={**CHARGE, "model": 5}),
    answer(meta={"usage": None, "model": "x"}),
    answer(meta=[1]),
    answer(id=5, model=""),
    answer(id=""),
]
"""Answers of one text, with a field that is not what it usually is."""


@pytest.fixture
def model() -> ChatAimlapi:
    return ChatAimlapi(model="claude-haiku-4-5-20251001", api_key="k")


def row(body: dict[str, Any], place: int = 0) -> dict[str, Any]:
    return {"custom_id": str(place), "result": {"type": "succeeded", "message": body}}


def other(body: dict[str, Any]) -> dict[str, Any]:
    """An answer of the same kind, with other figures."""
    usage = {
        name: value + 11 if type(value) is int and value >= 0 else value
        for name, value in body["usage"].items()
    }
    changed = {**body, "usage": usage, "id": "msg_2", "content": [{"type": "text", "text": "Two"}]}
    if isinstance(body.get("meta"), dict) and isinstance(body["meta"].get("usage"), dict):
        charge = {"usd_spent": 0.75, "credits_used": 1_500_000}
        changed["meta"] = {**body["meta"], "usage": {**body["meta"]["usage"], **charge}}
    return changed


def wholly(body: dict[str, Any], model: ChatAimlapi) -> tuple[AIMessage, ChatResult]:
    """What the reader of all answers makes of one."""
    reply = parse_answer(Response(200, {}, json.dumps(body).encode()), model=model.model)
    result = reply_to_result(reply, model=model.model)
    return choice_to_message(reply.choices[0], reply.meta, model=model.model), result


def unpriced(message: AIMessage) -> dict[str, Any]:
    """Everything of a message but an estimate."""
    fields: dict[str, Any] = message.model_dump()
    metadata = fields["response_metadata"]
    if metadata.get("cost_details", {}).get("source") == "estimate":
        del metadata["cost"], metadata["cost_details"]
    return fields


@pytest.mark.parametrize("body", [*PLAIN, *ODD], ids=range(len(PLAIN) + len(ODD)))
def test_rows_are_what_the_reader_makes_of_their_answers(
    body: dict[str, Any], model: ChatAimlapi
) -> None:
    tally = Tally(model)
    for place, each in enumerate((body, other(body), body)):
        expected, _ = wholly(each, model)
        found_place, found = tally.message(row(each, place))
        assert isinstance(found, AIMessage)
        assert (found_place, unpriced(found)) == (place, expected.model_dump())
    assert tally.counts().succeeded == 3


@pytest.mark.parametrize("body", PLAIN, ids=range(len(PLAIN)))
def test_results_are_those_of_single_calls(body: dict[str, Any], model: ChatAimlapi) -> None:
    tally = Tally(model)
    for each in (body, other(body)):
        _, found = tally.outcome(row(each))
        assert isinstance(found, ChatResult)
        _, expected = wholly(each, model)
        assert found.llm_output == expected.llm_output
        assert found.generations[0].text == expected.generations[0].text


def test_answers_of_a_kind_are_read_but_once(
    model: ChatAimlapi, monkeypatch: pytest.MonkeyPatch
) -> None:
    tally = Tally(model)
    tally.message(row(PLAIN[0]))
    monkeypatch.setattr("langchain_aimlapi._langchain.batch_rows.parse_answer", None)
    _, found = tally.message(row(other(PLAIN[0])))
    assert isinstance(found, AIMessage)
    assert found.content == "Two"


def test_messages_of_rows_share_nothing(model: ChatAimlapi) -> None:
    tally = Tally(model)
    messages = [tally.message(row(answer(f"text {n}", meta=CHARGE)))[1] for n in range(3)]
    for message in messages:
        assert isinstance(message, AIMessage)
        assert "seen" not in message.response_metadata
        message.response_metadata["seen"] = True
        message.additional_kwargs["seen"] = True
        message.response_metadata["cost_details"]["usd"] = "edited"
        message.tool_calls.append({"name": "f", "args": {}, "id": None})
    _, last = tally.message(row(answer("last", meta=CHARGE)))
    assert isinstance(last, AIMessage)
    assert not last.additional_kwargs
    assert not last.tool_calls
    assert last.response_metadata["cost_details"]["usd"] == 0.25


def test_a_row_without_a_charge_has_an_estimate_at_half_the_list_price(model: ChatAimlapi) -> None:
    usage = {
        "input_tokens": 100, "output_tokens": 10,
        "cache_read_input_tokens": 1000, "cache_creation_input_tokens": 50,
    }  # fmt: skip
    listed = Catalog.default().estimate(
        model.model, input_tokens=100, output_tokens=10, cache_read_tokens=1000,
        cache_creation_tokens=50,
    )  # fmt: skip
    assert listed.usd
    tally = Tally(model)
    for _ in range(2):
        _, found = tally.message(row(answer(usage=dict(usage))))
        assert isinstance(found, AIMessage)
        details = found.response_metadata["cost_details"]
        assert found.response_metadata["cost"] == pytest.approx(listed.usd / 2)
        assert (details["source"], details["credits"]) == ("estimate", None)


def test_a_row_of_a_model_without_a_price_has_no_cost() -> None:
    tally = Tally(ChatAimlapi(model="claude-fable-5-1", api_key="k"))
    _, found = tally.message(row(answer(model="claude-fable-5-1")))
    assert isinstance(found, AIMessage)
    assert "cost" not in found.response_metadata


@pytest.mark.parametrize("body", [*OTHERS, *ODD], ids=range(len(OTHERS) + len(ODD)))
def test_everything_else_is_left_to_the_reader(body: dict[str, Any]) -> None:
    assert read_plain(body) is None
