"""Import the provider before the first call; a guard then takes the model by its name."""

from guardrails import Guard
from pydantic import BaseModel

import langchain_aimlapi.litellm_provider  # noqa: F401  # registers aimlapi/<any model id>
from tests.harness.frameworks.kit import api, get_weather, in_pieces, run, used_the_tool


class Weather(BaseModel):
    """The weather."""

    city: str
    rain: bool


guard = Guard.for_pydantic(Weather)
ASK = [{"role": "user", "content": "What is the weather in Oslo?"}]
outcome = guard(
    model="aimlapi/openai/gpt-4o", messages=ASK, tools=guard.json_function_calling_tool()
)

# --- checks -----

import json

from langchain_aimlapi.emulator import Say, ToolUse

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"name": "get_weather", "description": "The weather.", "parameters": SCHEMA}


def options(model: str) -> dict[str, object]:
    here = {} if model.startswith("aimlapi") else {"api_base": api.base_url, "api_key": api.api_key}
    return {"model": model, **here}


def tools(model: str) -> None:
    """A guard has no loop and takes no results of tools: it hands the arguments on, the program
    calls, and says what came of it in a message of its own."""
    api.say(Say(calls=(ToolUse("get_weather", {"city": "Oslo"}),)))
    api.say("It rains in Oslo.")
    listed = [{"type": "function", "function": TOOL}]
    first = Guard()(messages=ASK, tools=listed, **options(model))
    result = get_weather(**json.loads(first.raw_llm_output))
    history = [*ASK, {"role": "user", "content": f"The tool answers: {result}"}]
    used_the_tool(Guard()(messages=history, **options(model)).validated_output)


def stream(model: str) -> None:
    asked = [{"role": "user", "content": "Say five sentences."}]
    parts = Guard()(messages=asked, stream=True, **options(model))
    in_pieces(str(part.validated_output or "") for part in parts)


def structured(model: str) -> None:
    """By a tool, and by prose that is mended when it does not fit."""
    one = Guard.for_pydantic(Weather)
    if model.startswith("aimlapi"):
        assert outcome.validated_output["city"] == "Oslo"
    by_tool = one(messages=ASK, tools=one.json_function_calling_tool(), **options(model))
    assert Weather(**by_tool.validated_output).city == "Oslo"
    before = len(api.requests)
    api.say('{"city": "Oslo"}')
    api.say('{"city": "Oslo", "rain": true}')
    mended = one(messages=ASK, num_reasks=1, **options(model))
    assert Weather(**mended.validated_output) == Weather(city="Oslo", rain=True)
    assert len(api.requests) == before + 2


run(
    ours=lambda: "aimlapi/openai/gpt-4o",
    peer=lambda: "openai/openai/gpt-4o",
    tools=tools,
    stream=stream,
    structured=structured,
    packages=["guardrails-ai", "litellm"],
)
