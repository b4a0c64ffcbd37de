"""Hand the model over as an object."""

from langchain.agents import create_agent
from langgraph_swarm import create_handoff_tool, create_swarm

from langchain_aimlapi import ChatAimlapi
from tests.harness.frameworks.kit import api, calls, get_weather, in_pieces, run

model = ChatAimlapi(model="openai/gpt-4o")
host = create_agent(model, [create_handoff_tool(agent_name="forecaster")], name="host")
forecaster = create_agent(model, [get_weather], name="forecaster")
swarm = create_swarm([host, forecaster], default_active_agent="host").compile()

# --- checks -----

from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from langchain_aimlapi.emulator import Say, ToolUse

ASK = {"messages": [("user", "What is the weather in Oslo?")]}


class Weather(BaseModel):
    """The weather."""

    city: str
    rain: bool


def peer() -> ChatOpenAI:
    return ChatOpenAI(model="openai/gpt-4o", base_url=api.base_url, api_key=api.api_key)


def made(chosen: object, **options: object):
    first = create_agent(chosen, [create_handoff_tool(agent_name="forecaster")], name="host")
    second = create_agent(chosen, [get_weather], name="forecaster", **options)
    return create_swarm([first, second], default_active_agent="host").compile()


def script() -> None:
    api.say(Say(calls=(ToolUse("transfer_to_forecaster", {}),)))
    api.say(Say(calls=(ToolUse("get_weather", {"city": "Oslo"}),)))
    api.say("It rains in Oslo, and that is all that I can say about the weather there.")


def tools(chosen: object) -> None:
    script()
    answer = (swarm if chosen is model else made(chosen)).invoke(ASK)
    assert calls == ["Oslo"]
    assert "rains in Oslo" in answer["messages"][-1].text
    assert answer["active_agent"] == "forecaster"


def stream(chosen: object) -> None:
    script()
    chunks = made(chosen).stream(ASK, stream_mode="messages", subgraphs=True)
    in_pieces(chunk.text for _, (chunk, _) in chunks if chunk.type == "AIMessageChunk")


def structured(chosen: object) -> None:
    answer = create_agent(chosen, [get_weather], response_format=Weather).invoke(
        {"messages": [("user", "What is the weather in Oslo? Use the tool get_weather.")]}
    )
    assert isinstance(answer["structured_response"], Weather)


run(
    ours=lambda: model,
    peer=peer,
    tools=tools,
    stream=stream,
    structured=structured,
    packages=["langgraph-swarm", "langgraph", "langchain-openai"],
)
