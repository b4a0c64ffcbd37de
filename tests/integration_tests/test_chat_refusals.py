"""Refusals of every dialect are LangChain's: a ``refusal`` block, and one error where the answer
was needed. Each arrives in streams and whole, in both output versions."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ModelFallbackMiddleware
from langchain_core import exceptions as core
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage, HumanMessage
from pydantic import BaseModel

from langchain_aimlapi import ChatAimlapi
from langchain_aimlapi.emulator import Emulator, Say
from langchain_aimlapi.errors import AimlapiError, ModelRefusalError
from tests.unit_tests.langchain.helpers import (
    MODEL,
    Wire,
    answer,
    ask,
    blocks_of,
    delta,
    make,
    refusal_middleware,
    sse,
    stream,
    whole,
)

WORDS = "I cannot help with that."
CLAUDE = "claude-opus-4-5"
CODEX = "openai/gpt-5-1-codex"
GEMINI = "google/gemini-3-5-flash"


class Person(BaseModel):
    """A person."""

    name: str


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(params=["whole", "stream"])
def manner(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["v0", "v1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# --- bodies -----


def claude(manner: str, text: str, **details: Any) -> Any:
    """Anthropic's refusal: the reason of the end, with details in recent versions."""
    end = {"stop_reason": "refusal", "stop_sequence": None, **details}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude"}
    usage = {"input_tokens": 3, "output_tokens": 1}
    blocks = [{"type": "text", "text": text}] if text else []
    if manner == "whole":
        return {**message, "content": blocks, **end, "usage": usage}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "content": [], "usage": usage}}
    ]
    for block in blocks:
        empty = {"type": "text", "text": ""}
        piece = {"type": "text_delta", "text": block["text"]}
        events += [
            {"type": "content_block_start", "index": 0, "content_block": empty},
            {"type": "content_block_delta", "index": 0, "delta": piece},
            {"type": "content_block_stop", "index": 0},
        ]
    events += [
        {"type": "message_delta", "delta": end, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    ]
    return sse(*events, done=False)


def gemini(manner: str, finish: str, native: str | None) -> Any:
    """A blocked answer of Google's: no text, and a reason."""
    body = whole({"content": ""}, finish=finish) if manner == "whole" else delta({}, finish=finish)
    if native is not None:
        body["choices"][0]["native_finish_reason"] = native
    return body if manner == "whole" else sse(delta({"role": "assistant", "content": ""}), body)


# --- a plain call -----


@pytest.mark.parametrize("name", [MODEL, CODEX])
async def test_the_models_words_are_a_refusal_block(
    api: Emulator, name: str, manner: str, version: str, colour: str
) -> None:
    api.say(Say(refusal=WORDS))
    model = make(model=name, output_version=version, **api.settings())
    message = await answer(model, "Do it", colour, manner)
    assert message.text == ""
    assert message.additional_kwargs["refusal"] == WORDS
    [block] = blocks_of(message, "refusal")
    assert block["refusal"] == WORDS
    assert not blocks_of(message, "non_standard")
    assert message.response_metadata["normalized_finish_reason"] == "refusal"


async def test_anthropics_stop_reason_is_a_refusal_block_behind_the_text(
    manner: str, version: str, colour: str
) -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "Not this."}
    wire = Wire(claude(manner, "I was about", stop_details=details))
    message = await answer(wire.model(CLAUDE, output_version=version), "Do it", colour, manner)
    assert message.text == "I was about"
    assert [block["type"] for block in message.content_blocks] == ["text", "refusal"]
    [block] = blocks_of(message, "refusal")
    assert (block["refusal"], block["extras"]) == ("Not this.", {"category": "cyber"})
    assert message.response_metadata["native_finish_reason"] == "refusal"
    assert message.response_metadata["normalized_finish_reason"] == "refusal"


async def test_anthropics_refusal_without_a_word_is_one_too(
    manner: str, version: str, colour: str
) -> None:
    wire = Wire(claude(manner, "", stop_details=None))
    message = await answer(wire.model(CLAUDE, output_version=version), "Do it", colour, manner)
    [block] = message.content_blocks
    assert (block["type"], block["refusal"]) == ("refusal", "")  # type: ignore[typeddict-item]  # a refusal


@pytest.mark.parametrize(
    ("finish", "native"),
    [
        ("content_filter", "SAFETY"),
        ("SAFETY", None),
        ("content_filter", "PROHIBITED_CONTENT"),
        ("blocklist", None),
    ],
)
async def test_googles_safety_reasons_are_a_refusal_block(
    finish: str, native: str | None, manner: str, version: str, colour: str
) -> None:
    wire = Wire(gemini(manner, finish, native))
    message = await answer(wire.model(GEMINI, output_version=version), "Do it", colour, manner)
    [block] = blocks_of(message, "refusal")
    assert block["refusal"] == ""
    assert block["extras"] == {"finish_reason": native or finish}
    assert message.response_metadata["normalized_finish_reason"] == "refusal"


async def test_a_filtered_answer_with_text_is_no_refusal(manner: str, colour: str) -> None:
    body = {"content": "Half an"}
    frames: Any = whole(body, finish="content_filter")
    if manner == "stream":
        frames = sse(delta(body), delta({}, finish="content_filter"))
    message = await answer(Wire(frames).model(), "Do it", colour, manner)
    assert [block["type"] for block in message.content_blocks] == ["text"]
    assert message.response_metadata["normalized_finish_reason"] == "content_filter"


@pytest.mark.parametrize(
    ("finish", "normalized"),
    [("stop", "stop"), ("length", "length"), ("tool_calls", "tool_call"), ("end_turn", "stop")],
)
async def test_langchains_word_for_the_end_stands_beside_ours_and_the_vendors(
    finish: str, normalized: str, manner: str, colour: str
) -> None:
    frames: Any = whole({"content": "Hi"}, finish=finish)
    if manner == "stream":
        frames = sse(delta({"content": "Hi"}), delta({}, finish=finish))
    message = await answer(Wire(frames).model(), "hi", colour, manner)
    assert message.response_metadata["normalized_finish_reason"] == normalized
    assert message.response_metadata["native_finish_reason"] == finish


# --- where the answer is needed -----


@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
@pytest.mark.parametrize("schema", [Person, Person.model_json_schema()])
async def test_structured_output_raises_an_error_for_every_handler(
    api: Emulator, schema: Any, method: Any, manner: str, colour: str
) -> None:
    api.say(Say(refusal=WORDS))
    model = make(model=MODEL, **api.settings()).with_structured_output(schema, method=method)
    call = stream if manner == "stream" else ask
    with pytest.raises(ModelRefusalError, match=WORDS) as caught:
        await call(model, "Who?", colour)
    error = caught.value
    assert isinstance(error, AimlapiError)
    assert isinstance(error, OutputParserException)
    # langchain-core 1.7.5 and later have one of this name
    assert isinstance(error, getattr(core, "ModelRefusalError", core.ModelError))
    assert not error.is_retryable
    raw = error.raw_message
    assert isinstance(raw, AIMessage)
    assert raw.usage_metadata is not None
    assert raw.response_metadata["cost"]
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.raw_message) == (str(error), raw)


@pytest.mark.filterwarnings("ignore::langchain_aimlapi.errors.UnsupportedParameterWarning")
async def test_structured_output_raises_for_anthropics_and_googles_refusals(
    manner: str, colour: str
) -> None:
    call = stream if manner == "stream" else ask
    for name, body in (
        (CLAUDE, claude(manner, '{"name": "A', stop_details=None)),
        (GEMINI, gemini(manner, "content_filter", "SAFETY")),
        (MODEL, gemini(manner, "content_filter", None)),
    ):
        model = Wire(body).model(name).with_structured_output(Person, method="json_mode")
        with pytest.raises(ModelRefusalError):
            await call(model, "Who?", colour)


async def test_include_raw_gives_the_refusal_as_the_parsing_error(
    api: Emulator, colour: str
) -> None:
    api.say(Say(refusal=WORDS))
    model = make(model=MODEL, **api.settings()).with_structured_output(Person, include_raw=True)
    found = await ask(model, "Who?", colour)
    assert isinstance(found["parsing_error"], ModelRefusalError)
    assert found["parsed"] is None
    assert found["raw"].additional_kwargs["refusal"] == WORDS


def test_an_error_without_an_answer_is_readable() -> None:
    error = ModelRefusalError("no")
    assert (str(error), error.raw_message, error.llm_output) == ("no", None, None)
    assert repr(error) == "ModelRefusalError('no')"


# --- agents -----


def refusing(name: str) -> ChatAimlapi:
    body = claude("whole", "", stop_details=None)
    if name == MODEL:
        body = whole({"content": None, "refusal": WORDS})
    if name == GEMINI:
        body = gemini("whole", "content_filter", "SAFETY")
    return Wire(body).model(name)


async def invoke(agent: Any, colour: str) -> Any:
    asked = {"messages": [HumanMessage("Do it")]}
    return agent.invoke(asked) if colour == "sync" else await agent.ainvoke(asked)


@pytest.mark.parametrize("name", [MODEL, CLAUDE, GEMINI])
async def test_the_refusal_middleware_fires(name: str, colour: str) -> None:
    agent = create_agent(refusing(name), [], middleware=[refusal_middleware()])
    with pytest.raises(core.ModelRefusalError):
        await invoke(agent, colour)


@pytest.mark.parametrize("name", [MODEL, CLAUDE, GEMINI])
async def test_the_fallback_middleware_asks_another_model(name: str, colour: str) -> None:
    other = Wire(whole({"content": "Of course."}))
    agent = create_agent(
        refusing(name),
        [],
        middleware=[ModelFallbackMiddleware(other.model()), refusal_middleware()],
    )
    state = await invoke(agent, colour)
    assert state["messages"][-1].text == "Of course."
    assert len(other.requests) == 1


# --- the next turn -----


@pytest.mark.parametrize("name", [MODEL, CODEX, CLAUDE])
async def test_a_refusal_without_words_sends_nothing_back(
    api: Emulator, name: str, version: str, colour: str
) -> None:
    refused = await answer(
        Wire(claude("whole", "", stop_details=None)).model(CLAUDE, output_version=version),
        "Do it", colour, "whole",
    )  # fmt: skip
    model = make(model=name, **api.settings())
    await ask(model, [HumanMessage("Do it"), refused, HumanMessage("Why not?")], colour)
    assert "refusal" not in str(api.requests[-1].body)
