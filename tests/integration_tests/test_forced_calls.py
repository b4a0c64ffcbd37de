"""A call that is forced, on models that may pass the tool by: a call, or an error after two."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import (
    ProviderStrategy,
    StructuredOutputValidationError,
    ToolStrategy,
)
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from pydantic import BaseModel

from langchain_aimlapi import Catalog
from langchain_aimlapi.emulator import Emulator, Say, ToolUse
from langchain_aimlapi.errors import ModelRefusalError, StructuredOutputError
from tests.unit_tests.langchain.helpers import MODEL, ask, make, stream

# nothing is documented about the tools and formats of these
UNKNOWN = [
    facts.id
    for facts in Catalog.default().models(kind="chat")
    if (shape := next(iter(facts.shapes.values()), None)) is not None
    and shape.tools is None
    and shape.response_formats is None
]
SILENT = UNKNOWN[0]
WORDS_ONLY = "deepseek/deepseek-r1"
PROSE = "The city is Paris, and it is warm there."
REPORT: dict[str, Any] = {"city": "Paris", "warm": True}


class Report(BaseModel):
    """A weather report."""

    city: str
    warm: bool


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"Sunny in {city}."


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


async def run(agent: Any, colour: str) -> Any:
    given = {"messages": [("user", "Weather?")]}
    state = agent.invoke(given) if colour == "sync" else await agent.ainvoke(given)
    return state["structured_response"]


async def test_a_structure_is_requested_in_words_where_the_tool_is_passed_by(
    api: Emulator, colour: str
) -> None:
    structure = make(model=SILENT, **api.settings()).with_structured_output(Report)
    for call in (ask, stream):
        api.reset().say(PROSE).say(f"```json\n{json.dumps(REPORT)}\n```")
        found = await call(structure, "Weather?", colour)
        assert (found[-1] if isinstance(found, list) else found) == Report(**REPORT)
        first, second = (request.body for request in api.requests)
        assert first["tools"]
        assert "tools" not in second
        assert [message["role"] for message in second["messages"]] == ["user", "assistant", "user"]
        assert "fits this JSON schema" in second["messages"][-1]["content"]
    api.reset().say(Say(calls=(ToolUse("Report", REPORT),)))
    assert await ask(structure, "Weather?", colour) == Report(**REPORT)
    assert len(api.requests) == 1


async def test_arguments_that_are_written_down_at_once_need_no_second_call(
    api: Emulator, colour: str
) -> None:
    bound = make(model=SILENT, **api.settings()).bind_tools([Report], tool_choice="any")
    for call in (ask, stream):
        api.reset().say(json.dumps(REPORT))
        found = await call(bound, "Weather?", colour)
        message = found if isinstance(found, AIMessage) else sum(found[1:], found[0])
        assert [each["args"] for each in message.tool_calls] == [REPORT]
        assert len(api.requests) == 1


async def test_two_answers_without_a_call_are_an_error_with_both_and_their_cost(
    api: Emulator, colour: str
) -> None:
    model = make(model=SILENT, **api.settings())
    for asked in (
        model.with_structured_output(Report),
        model.bind_tools([Report], tool_choice="Report"),
    ):
        for call in (ask, stream):
            api.reset().say(PROSE).say("I said so.")
            with pytest.raises(
                StructuredOutputError, match="did not call Report, asked twice"
            ) as e:
                await call(asked, "Weather?", colour)
            assert [answer.text for answer in e.value.answers] == [PROSE, "I said so."]
            assert e.value.raw is not None
            assert e.value.raw.text == "I said so."
            assert e.value.cost == pytest.approx(
                float(sum(each.usd for each in api.account.charges[-2:]))
            )
            assert len(api.requests) == 2
    api.reset().say(PROSE).say("I said so.")
    raw: Any = await ask(model.with_structured_output(Report, include_raw=True), "Weather?", colour)
    assert (raw["raw"].text, raw["parsed"]) == ("I said so.", None)
    assert "did not call Report" in str(raw["parsing_error"])


@pytest.mark.filterwarnings("error", "ignore:.* were sent as text")
@pytest.mark.parametrize("name", [SILENT, WORDS_ONLY])
@pytest.mark.parametrize("strategy", [Report, ToolStrategy(Report)], ids=["schema", "tool"])
async def test_an_agent_ends_after_two_calls_whatever_the_model_answers(
    api: Emulator, name: str, strategy: Any, colour: str
) -> None:
    agent = create_agent(make(model=name, **api.settings()), [], response_format=strategy)
    api.say(PROSE).say(json.dumps(REPORT))
    assert await run(agent, colour) == Report(**REPORT)
    assert len(api.requests) == 2
    api.reset().say(PROSE, times=None)
    with pytest.raises(StructuredOutputError, match="did not call Report") as error:
        await run(agent, colour)
    assert error.value.raw is not None
    assert error.value.cost
    assert len(api.requests) == 2


async def test_an_agent_with_tools_of_its_own_does_not_end_without_its_structure(
    api: Emulator, colour: str
) -> None:
    model = make(model=SILENT, **api.settings())
    agent = create_agent(model, [get_weather], response_format=ToolStrategy(Report))
    api.say(Say(calls=(ToolUse("get_weather", {"city": "Paris"}),)))
    api.say(Say(calls=(ToolUse("Report", REPORT),)))
    assert await run(agent, colour) == Report(**REPORT)
    api.reset().say(PROSE)
    with pytest.raises(StructuredOutputError, match="get_weather or Report") as error:
        await run(agent, colour)
    assert error.value.raw is not None
    assert (error.value.raw.text, len(api.requests)) == (PROSE, 1)
    api.reset().say(PROSE)
    by_format = create_agent(model, [get_weather], response_format=ProviderStrategy(Report))
    with pytest.raises(StructuredOutputValidationError) as theirs:
        await run(by_format, colour)
    assert theirs.value.ai_message.text == PROSE
    assert theirs.value.ai_message.response_metadata["cost"]


async def test_a_refusal_or_a_cut_answer_is_not_asked_again(api: Emulator, colour: str) -> None:
    structure = make(model=SILENT, **api.settings()).with_structured_output(Report)
    api.say(Say(refusal="I will not."))
    with pytest.raises(ModelRefusalError, match="I will not"):
        await ask(structure, "Weather?", colour)
    assert len(api.requests) == 1
    api.reset().say(Say(PROSE, finish="length"))
    with pytest.raises(StructuredOutputError, match="raise max_tokens"):
        await ask(structure, "Weather?", colour)
    assert len(api.requests) == 1


async def test_batches_and_copies_of_a_forced_call_keep_to_it(api: Emulator, colour: str) -> None:
    model = make(model=SILENT, **api.settings())
    bound: Any = model.bind_tools([Report], tool_choice="any").with_config(tags=["mine"])
    bound = bound.bind(temperature=0.5)
    api.say(PROSE).say(json.dumps(REPORT))
    found = bound.batch(["a"]) if colour == "sync" else await bound.abatch(["a"])
    assert found[0].tool_calls[0]["args"] == REPORT
    assert [request.body["temperature"] for request in api.requests] == [0.5, 0.5]
    made = make(model=SILENT, api_key="sk-none").bind_tools([Report], tool_choice="any")
    assert type(pickle.loads(pickle.dumps(made))) is type(made) is type(bound)


async def test_a_model_known_to_take_tools_is_asked_once(api: Emulator, colour: str) -> None:
    api.say(PROSE)
    bound = make(model=MODEL, **api.settings()).bind_tools([Report], tool_choice="any")
    answer = await ask(bound, "Weather?", colour)
    assert (answer.text, len(api.requests)) == (PROSE, 1)


async def test_a_repair_turn_shows_the_schema_of_a_tool_that_was_passed_by(
    api: Emulator, colour: str
) -> None:
    model = make(model=SILENT, **api.settings())
    api.say(PROSE).say(json.dumps(REPORT))
    structure = model.with_structured_output(Report, repair=1)
    assert await ask(structure, "Weather?", colour) == Report(**REPORT)
    assert "warm" in api.requests[1].body["messages"][-1]["content"]


@pytest.mark.parametrize("name", UNKNOWN)
def test_every_model_of_which_neither_is_known_ends_by_itself(api: Emulator, name: str) -> None:
    model = make(model=name, **api.settings())
    api.say(PROSE, times=None)
    agent: Any = create_agent(model, [], response_format=Report)
    for call in (
        lambda: model.with_structured_output(Report).invoke("?"),
        lambda: agent.invoke({"messages": [("user", "?")]}),
    ):
        before = len(api.requests)
        with pytest.raises(StructuredOutputError):
            call()
        assert len(api.requests) == before + 2
