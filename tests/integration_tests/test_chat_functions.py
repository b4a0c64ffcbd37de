"""OpenAI's ``functions`` of 2023: asked for, answered and replayed as older agents expect it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, FunctionMessage, HumanMessage

from langchain_aimlapi.emulator import Emulator, Say, ToolUse
from tests.unit_tests.langchain.helpers import MODEL, answer, ask, make

FUNCTION = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}
MODELS = (MODEL, "anthropic/claude-opus-4.5", "openai/gpt-5-1-codex", "google/gemini-3-5-flash")


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.mark.parametrize("manner", ["whole", "stream"])
@pytest.mark.parametrize("name", MODELS)
async def test_an_older_agent_runs_its_function_to_the_end(
    api: Emulator, name: str, manner: str, colour: str
) -> None:
    model: Any = make(model=name, **api.settings()).bind(functions=[FUNCTION])
    history: list[BaseMessage] = [HumanMessage("What is the weather in 'Paris'?")]
    first = await answer(model, history, colour, manner)
    called = first.additional_kwargs["function_call"]
    assert called["name"] == "get_weather"
    assert json.loads(called["arguments"]) == {"city": "Paris"}
    assert first.tool_calls == []
    history += [first, FunctionMessage(content="Sunny in Paris.", name=called["name"])]
    last = await answer(model, history, colour, manner)
    assert "Sunny in Paris." in last.text
    assert "function_call" not in last.additional_kwargs
    assert all("functions" not in request.body for request in api.requests)


async def test_several_turns_have_call_ids_of_their_own(api: Emulator, colour: str) -> None:
    model: Any = make(model="claude-opus-4-8", dialect="messages", **api.settings())
    call = {"function_call": {"name": "get_weather", "arguments": '{"city": "Rome"}'}}
    turn = [
        AIMessage("", additional_kwargs=call),
        FunctionMessage(content="Rain.", name="get_weather"),
    ]
    history = [HumanMessage("And in Rome?"), *turn, HumanMessage("And now?"), *turn]
    await ask(model, history, colour, functions=[FUNCTION])
    blocks = [
        block
        for message in api.requests[0].body["messages"]
        if isinstance(message["content"], list)
        for block in message["content"]
    ]
    used = [block["id"] for block in blocks if block["type"] == "tool_use"]
    answered = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
    assert used == answered
    assert len(set(used)) == 2


@pytest.mark.parametrize("choice", ["auto", "none", {"name": "get_weather"}])
async def test_a_choice_of_a_function_is_one_of_a_tool(
    api: Emulator, choice: Any, colour: str
) -> None:
    model: Any = make(model=MODEL, **api.settings())
    await ask(model, "hi", colour, functions=[FUNCTION], function_call=choice)
    body = api.requests[0].body
    named = {"type": "function", "function": {"name": "get_weather"}}
    assert body["tool_choice"] == (choice if isinstance(choice, str) else named)
    assert body["tools"] == [{"type": "function", "function": FUNCTION}]
    assert body["parallel_tool_calls"] is False


async def test_arguments_that_are_no_json_come_back_as_they_are(api: Emulator, colour: str) -> None:
    model: Any = make(model=MODEL, **api.settings()).bind(functions=[FUNCTION])
    api.say(Say(calls=(ToolUse("get_weather", '{"city": '),)))
    message = await ask(model, "hi", colour)
    assert message.additional_kwargs["function_call"]["arguments"] == '{"city": '
    after = [HumanMessage("hi"), message, FunctionMessage(content="What?", name="get_weather")]
    assert (await ask(model, after, colour)).text


async def test_functions_and_tools_together_are_refused(api: Emulator, colour: str) -> None:
    model: Any = make(model=MODEL, **api.settings())
    with pytest.raises(ValueError, match="same argument"):
        await ask(model, "hi", colour, functions=[FUNCTION], tools=[FUNCTION])
