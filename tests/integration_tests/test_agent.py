"""LangGraph agents with two tools, on the emulator: streamed, with memory, in both colours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ModelRetryMiddleware, SummarizationMiddleware
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel

from langchain_aimlapi.emulator import Emulator, Fault, Say, ToolUse
from langchain_aimlapi.errors import (
    AuthenticationError,
    StructuredOutputError,
    UnsupportedFeatureError,
)
from tests.unit_tests.langchain.helpers import MODEL, add_up, answer, ask, make

MODELS = [
    MODEL,
    "claude-opus-4-5",
    "anthropic/claude-opus-4.5",
    "openai/gpt-5-1-codex",
    "google/gemini-3-5-flash",
    "deepseek/deepseek-v4-flash",
]
# One of each wire, with a format of its own and without.
STRUCTURED = [
    MODEL,
    "claude-opus-4-5",
    "claude-opus-4-8",
    "anthropic/claude-opus-4.5",
    "openai/gpt-5-1-codex",
    "google/gemini-2.5-flash",
    "deepseek/deepseek-v4-pro-0813",
]
QUESTION = "What is the weather and what is the time in 'Paris'?"


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"Sunny in {city}."


@tool
def get_time(zone: str) -> str:
    """The time in a zone."""
    return f"Noon in {zone}."


class Report(BaseModel):
    """A weather report."""

    city: str
    warm: bool


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


async def run(agent: Any, said: Any, colour: str, config: Any = None) -> dict[str, Any]:
    given = {"messages": said if isinstance(said, list) else [("user", said)]}
    state = agent.invoke(given, config) if colour == "sync" else await agent.ainvoke(given, config)
    assert isinstance(state, dict)
    return state


async def parts(agent: Any, said: str, colour: str, mode: str, config: Any = None) -> list[Any]:
    given = {"messages": [("user", said)]}
    if colour == "sync":
        return list(agent.stream(given, config, stream_mode=mode))
    return [part async for part in agent.astream(given, config, stream_mode=mode)]


@pytest.mark.parametrize("version", ["v0", "v1"])
@pytest.mark.parametrize("name", MODELS)
async def test_an_agent_calls_both_tools_and_answers(
    api: Emulator, name: str, version: str, colour: str
) -> None:
    model = make(model=name, output_version=version, **api.settings())
    agent = create_agent(model, [get_weather, get_time])
    state = await run(agent, QUESTION, colour)
    [asked, called, *results, last] = state["messages"]
    assert isinstance(asked, HumanMessage)
    assert sorted(call["name"] for call in called.tool_calls) == ["get_time", "get_weather"]
    assert sorted(result.text for result in results) == ["Noon in Paris.", "Sunny in Paris."]
    assert "Sunny in Paris." in last.text
    assert "Noon in Paris." in last.text
    assert len(api.requests) == 2


@pytest.mark.parametrize("version", ["v0", "v1"])
@pytest.mark.parametrize("name", MODELS)
async def test_an_agent_streams_tokens_calls_and_results(
    api: Emulator, name: str, version: str, colour: str
) -> None:
    model = make(model=name, output_version=version, **api.settings())
    agent = create_agent(model, [get_weather, get_time])
    told = await parts(agent, QUESTION, colour, "messages")
    chunks = [m for m, about in told if about["langgraph_node"] == "model"]
    runs: dict[str, list[Any]] = {}
    for chunk in chunks:
        assert isinstance(chunk, AIMessageChunk)
        runs.setdefault(str(chunk.id), []).append(chunk)
    first, second = (add_up(run_chunks) for run_chunks in runs.values())
    assert sorted(call["name"] for call in first.tool_calls) == ["get_time", "get_weather"]
    assert "Sunny in Paris." in second.text
    assert len(list(runs.values())[1]) > 3, "token by token"
    assert [isinstance(m, ToolMessage) for m, _ in told].count(True) == 2
    for message in (first, second):
        assert message.usage_metadata is not None
        assert message.response_metadata["cost"] > 0
    sent = [request.body.get("stream") for request in api.requests]
    assert sent == [True, True]


async def test_an_agent_streams_updates_and_values(api: Emulator, colour: str) -> None:
    agent = create_agent(make(model=MODEL, **api.settings()), [get_weather, get_time])
    updates = await parts(agent, QUESTION, colour, "updates")
    assert [next(iter(update)) for update in updates] == ["model", "tools", "tools", "model"]
    values = await parts(agent, QUESTION, colour, "values")
    assert len(values[0]["messages"]) == 1
    assert len(values[-1]["messages"]) == 5


async def test_an_agent_remembers_a_thread(api: Emulator, colour: str) -> None:
    model = make(model=MODEL, **api.settings())
    agent = create_agent(model, [get_weather], checkpointer=InMemorySaver())
    one, two = ({"configurable": {"thread_id": name}} for name in ("one", "two"))
    await run(agent, "My name is Ada.", colour, one)
    known = await run(agent, "What is my name?", colour, one)
    assert "Ada" in known["messages"][-1].text
    assert len(known["messages"]) == 4
    stranger = await run(agent, "What is my name?", colour, two)
    assert "Ada" not in stranger["messages"][-1].text


async def test_an_agent_goes_on_from_a_streamed_thread(api: Emulator, colour: str) -> None:
    model = make(model="anthropic/claude-opus-4.5", output_version="v1", **api.settings())
    agent = create_agent(model, [get_weather, get_time], checkpointer=InMemorySaver())
    thread = {"configurable": {"thread_id": "one"}}
    await parts(agent, QUESTION, colour, "messages", thread)
    state = await run(agent, "What is 2 + 3?", colour, thread)
    assert "5" in state["messages"][-1].text
    assert len(state["messages"]) == 7


PARIS = {"city": "Paris", "warm": True}
FORMATS: dict[str, Any] = {
    "schema": Report,
    "provider": ProviderStrategy(Report),
    "tool": ToolStrategy(Report),
}


def weather_then_report(body: dict[str, Any]) -> Say:
    """Asks for the weather first, and then reports in the way that is on offer."""
    if "Sunny in Paris." not in json.dumps(body):
        return Say("I look.", calls=(ToolUse("get_weather", {"city": "Paris"}),))
    names = [t.get("name") or t.get("function", {}).get("name") for t in body["tools"]]
    if "Report" in names:
        return Say("Here it is.", calls=(ToolUse("Report", PARIS),))
    return Say(json.dumps(PARIS))


@pytest.mark.parametrize("version", ["v0", "v1"])
@pytest.mark.parametrize("manner", ["whole", "stream"])
@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", STRUCTURED)
async def test_an_agent_with_tools_gives_a_structure_on_every_family(
    api: Emulator, name: str, kind: str, manner: str, version: str, colour: str
) -> None:
    api.say(weather_then_report, times=None)
    model = make(model=name, output_version=version, **api.settings())
    agent = create_agent(model, [get_weather], response_format=FORMATS[kind])
    if manner == "stream":
        values = await parts(agent, "Report on Paris.", colour, "values")
        streamed = await parts(agent, "Report on Paris.", colour, "messages")
        assert any(isinstance(message, AIMessageChunk) for message, _ in streamed)
        state = values[-1]
    else:
        state = await run(agent, "Report on Paris.", colour)
    assert state["structured_response"] == Report.model_validate(PARIS)
    assert len(api.requests) == (4 if manner == "stream" else 2)
    for request in api.requests:
        sent = json.dumps(request.body)
        assert "one JSON object" not in sent, "the instruction would hold for every turn"
        assert ("Report" in json.dumps(request.body["tools"])) == ("response_format" not in sent
            and '"format"' not in sent), "either the API's own format or a tool"  # fmt: skip


async def test_an_agent_holds_a_model_that_can_to_the_schema(api: Emulator, colour: str) -> None:
    api.say(weather_then_report, times=None)
    model = make(model=MODEL, **api.settings())
    await run(create_agent(model, [get_weather], response_format=Report), "Report.", colour)
    sent = api.requests[0].body["response_format"]["json_schema"]
    assert sent["strict"] is True
    assert sent["schema"]["additionalProperties"] is False
    own = {"type": "json_schema", "json_schema": {"name": "r", "schema": {
        "type": "object", "properties": {"city": {"type": "string"}}}}}  # fmt: skip
    await answer(model.bind_tools([get_weather], response_format=own), "Report.", colour, "whole")
    assert api.requests[-1].body["response_format"] == own, "city may be left out: not strict"


@pytest.mark.parametrize("manner", ["whole", "stream"])
@pytest.mark.parametrize("name", ["claude-opus-4-5", "deepseek/deepseek-v4-pro-0813"])
async def test_a_tool_that_stands_for_a_format_is_seen_by_nobody(
    api: Emulator, name: str, manner: str, colour: str
) -> None:
    api.say(weather_then_report, times=None)
    bound = make(model=name, **api.settings()).bind_tools(
        [get_weather], response_format=ProviderStrategy(Report).to_model_kwargs()["response_format"]
    )
    first = await answer(bound, "Report on Paris.", colour, manner)
    assert first.text == "I look."
    assert [call["name"] for call in first.tool_calls] == ["get_weather"]
    assert first.response_metadata["finish_reason"] == "tool_calls"
    result = get_weather.invoke(first.tool_calls[0])
    last = await answer(bound, [("human", "Report on Paris."), first, result], colour, manner)
    assert json.loads(last.text) == PARIS
    assert not last.tool_calls
    assert not last.invalid_tool_calls
    assert last.response_metadata["finish_reason"] == "stop"
    assert last.additional_kwargs["preamble"] == "Here it is."
    for request in api.requests:
        names = [t.get("name") or t["function"]["name"] for t in request.body["tools"]]
        assert names == ["get_weather", "Report"]
        assert request.body["tool_choice"] in ("required", {"type": "any"})
    again = [("human", "Report on Paris."), first, result, last, ("human", "Thanks.")]
    assert (await answer(bound, again, colour, manner)).text


async def test_a_cut_call_of_that_tool_is_a_cut_text(api: Emulator, colour: str) -> None:
    api.say(Say(calls=(ToolUse("Report", '{"city": "Par'),), finish="length"), times=None)
    model = make(model="claude-opus-4-5", **api.settings())
    bound = model.bind_tools([get_weather], response_format=Report)
    for manner in ("whole", "stream"):
        message = await answer(bound, "Report on Paris.", colour, manner)
        assert message.text == '{"city": "Par'
        assert message.response_metadata["finish_reason"] == "length"


async def test_a_long_conversation_is_summarised_by_the_profile(api: Emulator, colour: str) -> None:
    model = make(model="gpt-4o-mini", **api.settings())
    assert model.profile is not None
    limit = model.profile["max_input_tokens"]
    middleware = SummarizationMiddleware(model, trigger=("fraction", 0.01), keep=("messages", 1))
    agent = create_agent(model, [], middleware=[middleware])
    said = "word " * round(limit * 0.011)
    api.say("A short summary.")  # the first call is the summary's
    state = await run(agent, [("user", said), ("ai", "ok"), ("user", "Hello")], colour)
    assert len(api.requests) == 2
    assert "A short summary." in state["messages"][0].text
    short = await run(agent, "Hello", colour)
    assert len(short["messages"]) == 2


async def test_a_middleware_retries_what_may_succeed(api: Emulator, colour: str) -> None:
    model = make(model=MODEL, max_retries=0, **api.settings())
    middleware = ModelRetryMiddleware(
        max_retries=1, initial_delay=0.0, jitter=False, on_failure="error"
    )
    agent = create_agent(model, [get_weather], middleware=[middleware])
    api.fault(Fault(status=503))
    state = await run(agent, "Hello", colour)
    assert state["messages"][-1].text.startswith("Hello!")
    assert len(api.requests) == 2
    api.reset().fault(Fault(status=401), times=None)
    with pytest.raises(AuthenticationError):
        await run(agent, "Hello", colour)
    assert len(api.requests) == 1, "a wrong key does not get better"


async def test_a_failing_tool_is_told_to_the_model(api: Emulator, colour: str) -> None:
    history = [
        HumanMessage("What is the weather in 'Paris'?"),
        AIMessage("", tool_calls=[{"id": "c1", "name": "get_weather", "args": {"city": "Paris"}}]),
        ToolMessage("no such city", tool_call_id="c1", status="error"),
    ]
    for name in MODELS:
        agent = create_agent(make(model=name, **api.settings()), [get_weather])
        state = await run(agent, list(history), colour)
        assert "no such city" in state["messages"][-1].text


# --- models without tools -----


@pytest.mark.filterwarnings("error", "ignore:.* were sent as text")
@pytest.mark.parametrize("name", ["deepseek/deepseek-r1", "google/gemma-3-4b-it"])
@pytest.mark.parametrize("strategy", [Report, ToolStrategy(Report)], ids=["schema", "tool"])
async def test_an_agent_on_a_model_without_tools_gives_a_structure(
    api: Emulator, name: str, strategy: Any, colour: str
) -> None:
    agent = create_agent(make(model=name, **api.settings()), [], response_format=strategy)
    api.say(Say('{"city": "Paris", "warm": "who knows"}', reasoning="Hm."))
    api.say('```json\n{"city": "Paris", "warm": true}\n```')
    state = await run(agent, "Weather?", colour)
    assert state["structured_response"] == Report(city="Paris", warm=True)
    assert len(api.requests) == 2  # the first answer did not fit, and the model was shown why
    assert "who knows" in str(api.requests[1].body["messages"])
    assert all("tools" not in request.body for request in api.requests)
    answers = [each for each in state["messages"] if isinstance(each, AIMessage)]
    assert [each.tool_calls[0]["name"] for each in answers] == ["Report", "Report"]
    assert all(each.usage_metadata and each.response_metadata["cost"] for each in answers)
    api.reset().say('{"city": "Oslo", "warm": false}')
    *_, last = await parts(agent, "Weather?", colour, "values")
    assert last["structured_response"] == Report(city="Oslo", warm=False)


async def test_other_tools_stay_an_error_on_a_model_without_them(
    api: Emulator, colour: str
) -> None:
    model = make(model="deepseek/deepseek-r1", **api.settings())
    for bound in (
        model.bind_tools([get_weather]),
        model.bind_tools([get_weather, get_time], tool_choice="any"),
        make(model="deepseek/deepseek-r1", on_unsupported="error", **api.settings()).bind_tools(
            [get_weather], tool_choice="any"
        ),
    ):
        with pytest.raises(UnsupportedFeatureError, match="no tool calling"):
            await ask(bound, "Weather?", colour)
    api.reset().say("I would rather not.", times=None)
    with pytest.raises(StructuredOutputError, match="did not call get_weather") as error:
        await ask(model.bind_tools([get_weather], tool_choice="any"), "Weather?", colour)
    assert [words.text for words in error.value.answers] == ["I would rather not."] * 2
