"""Hand the model over as an object, or call `register()` once and write it as a string."""

from deepagents import create_deep_agent

from langchain_aimlapi import ChatAimlapi, register
from tests.harness.frameworks.kit import QUESTION, api, get_weather, in_pieces, run, used_the_tool

agent = create_deep_agent(model=ChatAimlapi(model="openai/gpt-4o"), tools=[get_weather])

register()
by_name = create_deep_agent(model="aimlapi:openai/gpt-4o", tools=[get_weather])

# --- checks -----

from langchain_openai import ChatOpenAI
from pydantic import BaseModel


class Weather(BaseModel):
    """The weather."""

    city: str
    rain: bool


def ours() -> ChatAimlapi:
    return ChatAimlapi(model="openai/gpt-4o")


def peer() -> ChatOpenAI:
    return ChatOpenAI(model="openai/gpt-4o", base_url=api.base_url, api_key=api.api_key)


def tools(model: object) -> None:
    chosen = [agent, by_name] if isinstance(model, ChatAimlapi) else []
    for one in chosen or [create_deep_agent(model=model, tools=[get_weather])]:
        answer = one.invoke({"messages": [("user", QUESTION)]})
    used_the_tool(answer["messages"][-1].text, times=len(chosen) or 1)


def stream(model: object) -> None:
    one = create_deep_agent(model=model, tools=[get_weather])
    chunks = one.stream({"messages": [("user", "Say five sentences.")]}, stream_mode="messages")
    in_pieces(chunk.text for chunk, _ in chunks)


def structured(model: object) -> None:
    one = create_deep_agent(model=model, tools=[get_weather], response_format=Weather)
    answer = one.invoke({"messages": [("user", QUESTION)]})
    assert isinstance(answer["structured_response"], Weather)


run(
    ours=ours,
    peer=peer,
    tools=tools,
    stream=stream,
    structured=structured,
    packages=["deepagents", "langgraph", "langchain-openai"],
)
