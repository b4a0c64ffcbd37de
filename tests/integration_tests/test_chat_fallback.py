"""Where streaming is not to be had: an answer in one piece, always as chunks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from langchain_core.messages import AIMessageChunk

from langchain_aimlapi.emulator import Emulator, Fault, Say, ToolUse
from langchain_aimlapi.errors import InvalidRequestError
from tests.unit_tests.langchain.helpers import (
    MODEL,
    Recorder,
    Wire,
    add_up,
    blocks_of,
    make,
    reasoning_of,
    stream,
    whole,
)

NOT_STREAMING = "nvidia/nemotron-3-ultra-550b-a55b"
SAY = Say("The answer.", reasoning="I think.", calls=(ToolUse("look", {"q": "é"}),))


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(params=["v0", "v1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


CASES = ["model", "json", "refused"]


@pytest.mark.parametrize("case", CASES)
async def test_an_answer_in_one_piece_comes_as_chunks(
    api: Emulator, case: str, version: str, colour: str
) -> None:
    api.say(SAY, times=None)
    if case == "json":
        api.fault(Fault(as_json=True), times=None)
    if case == "refused":
        api.fault(Fault(refuse_stream=True), times=1)
    name = NOT_STREAMING if case == "model" else "deepseek/deepseek-v4-flash"
    told = Recorder()
    model = make(model=name, output_version=version, **api.settings())
    chunks = await stream(model, "hi", colour, config={"callbacks": [told]})
    assert all(type(chunk) is AIMessageChunk for chunk in chunks)
    assert [chunk.chunk_position for chunk in chunks].count("last") == 1
    message = add_up(chunks)
    assert message.text == "The answer."
    assert [(call["name"], call["args"]) for call in message.tool_calls] == [("look", {"q": "é"})]
    assert len(blocks_of(message, "tool_call")) == 1
    if case != "model":
        assert reasoning_of(message) == "I think."
    assert sum(chunk.usage_metadata is not None for chunk in chunks) == 1
    metadata = message.response_metadata
    assert metadata["finish_reason"] == "tool_calls"
    assert metadata["model_name"] == (name if case == "model" else "deepseek-v4-flash")
    assert metadata["cost_details"]["credits"] > 0
    assert len(told.tokens) == len(chunks)
    sent = [request.body.get("stream", False) for request in api.requests]
    assert sent == {"model": [False], "json": [True], "refused": [True, False]}[case]
    assert {request.headers["x-client-request-id"] for request in api.requests} == set(
        told.run_ids
    ), "a second request belongs to the same run"


async def test_a_model_that_does_not_stream_answers_invoke_with_streaming(
    api: Emulator, colour: str
) -> None:
    model = make(model=NOT_STREAMING, streaming=True, **api.settings())
    message = model.invoke("Hello") if colour == "sync" else await model.ainvoke("Hello")
    assert message.text
    assert message.response_metadata["finish_reason"] == "stop"
    assert message.usage_metadata is not None


async def test_logprobs_and_invalid_calls_survive_an_answer_in_one_piece(colour: str) -> None:
    entries = {"content": [{"token": "x", "logprob": -0.1}]}
    body = whole(
        {
            "content": "x",
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a"'}},
                {"id": "c2", "type": "function", "function": {"name": "g", "arguments": "{}"}},
            ],
        }
    )
    body["choices"][0]["logprobs"] = entries
    wire = Wire(body)
    for model in (wire.model(NOT_STREAMING), wire.model(MODEL)):
        message = add_up(await stream(model, "hi", colour))
        assert [call["name"] for call in message.tool_calls] == ["g"]
        assert [call["name"] for call in message.invalid_tool_calls] == ["f"]
        assert message.response_metadata["logprobs"] == entries
    assert ["stream" in sent for sent in wire.bodies] == [False, True]


async def test_another_refusal_is_no_reason_to_ask_again(api: Emulator, colour: str) -> None:
    api.fault(Fault(status=400, message="Body validation error: messages is too short"), times=None)
    with pytest.raises(InvalidRequestError):
        await stream(make(model=MODEL, **api.settings()), "hi", colour)
    assert len(api.requests) == 1


async def test_core_may_switch_streaming_off(api: Emulator, colour: str) -> None:
    model = make(model=MODEL, disable_streaming=True, **api.settings())
    [message] = await stream(model, "Hello", colour)
    assert message.text.startswith("Hello!")
    assert "stream" not in api.requests[0].body
