"""Import the provider before the first call."""

from smolagents import LiteLLMModel, ToolCallingAgent, tool

import langchain_aimlapi.litellm_provider  # noqa: F401  # registers aimlapi/<any model id>
from tests.harness.frameworks.kit import api, get_weather, in_pieces, run, used_the_tool

model = LiteLLMModel("aimlapi/openai/gpt-4o")
agent = ToolCallingAgent(tools=[tool(get_weather)], model=model)

# --- checks -----

from langchain_aimlapi.emulator import Say, ToolUse

SCHEMA = {
    "type": "json_schema",
    "json_schema": {
        "name": "weather",
        "schema": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "rain": {"type": "boolean"}},
            "required": ["city", "rain"],
        },
    },
}


def peer() -> LiteLLMModel:
    return LiteLLMModel("openai/openai/gpt-4o", api_base=api.base_url, api_key=api.api_key)


def tools(chosen: LiteLLMModel) -> None:
    api.say(Say(calls=(ToolUse("get_weather", {"city": "Oslo"}),)))
    api.say(Say(calls=(ToolUse("final_answer", {"answer": "It rains in Oslo."}),)))
    one = agent if chosen is model else ToolCallingAgent(tools=[tool(get_weather)], model=chosen)
    used_the_tool(one.run("What is the weather in Oslo?"))


def stream(chosen: LiteLLMModel) -> None:
    deltas = chosen.generate_stream([{"role": "user", "content": "Say five sentences."}])
    in_pieces(delta.content or "" for delta in deltas)


def structured(chosen: LiteLLMModel) -> None:
    turns = [{"role": "user", "content": "What is the weather in Oslo?"}]
    answer = chosen.generate(turns, response_format=SCHEMA).content
    assert '"city": "Oslo"' in answer


run(
    ours=lambda: model,
    peer=peer,
    tools=tools,
    stream=stream,
    structured=structured,
    packages=["smolagents", "litellm"],
)
