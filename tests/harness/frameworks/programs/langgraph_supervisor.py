"""Hand the model over as an object."""

from langchain.agents import create_agent
from langgraph_supervisor import create_supervisor

from langchain_aimlapi import ChatAimlapi
from tests.harness.frameworks.kit import api, calls, get_weather, in_pieces, run

model = ChatAimlapi(model="openai/gpt-4o")
forecaster = create_agent(model, [get_weather], name="forecaster")
team = create_supervisor([forecaster], model=model).compile()

# --- checks -----

from langchain_openai import ChatOpenAI
from langgraph.prebuilt.chat_agent_executor import AgentStateWithStructuredResponse
from pydantic import BaseModel

from langchain_aimlapi.emulator import Say, ToolUse

ASK = {"messages": [("user", "What is the weather in Oslo?")]}


class Weather(BaseModel):
    """The weather."""

    city: str
    rain: bool


def peer() -> ChatOpenAI:
    return ChatOpenAI(model="openai/gpt-4o", base_url=api.base_url, api_key=api.api_key)


def made(model: object, **options: object):
    worker = create_agent(model, [get_weather], name="forecaster")
    return create_supervisor([worker], model=model, **options).compile()


def script() -> None:
    api.say(Say(calls=(ToolUse("transfer_to_forecaster", {}),)))
    api.say(Say(calls=(ToolUse("get_weather", {"city": "Oslo"}),)))
    api.say("It rains in Oslo.")
    api.say("The forecaster says that it rains in Oslo, and that is all I know about it.")


def tools(model: object) -> None:
    script()
    graph = team if isinstance(model, ChatAimlapi) else made(model)
    answer = graph.invoke(ASK)
    assert calls == ["Oslo"]
    assert "rains in Oslo" in answer["messages"][-1].text


def stream(model: object) -> None:
    script()
    chunks = made(model).stream(ASK, stream_mode="messages", subgraphs=True)
    text = in_pieces(chunk.text for _, (chunk, _) in chunks if chunk.type == "AIMessageChunk")
    assert "that is all I know" in text


def structured(model: object) -> None:
    script()
    state = AgentStateWithStructuredResponse
    answer = made(model, response_format=Weather, state_schema=state).invoke(ASK)
    assert isinstance(answer["structured_response"], Weather)


run(
    ours=lambda: model,
    peer=peer,
    tools=tools,
    stream=stream,
    structured=structured,
    packages=["langgraph-supervisor", "langgraph", "langchain-openai"],
)
