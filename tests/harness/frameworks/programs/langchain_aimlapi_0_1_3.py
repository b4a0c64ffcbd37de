"""An earlier package by the same name; what it sends is still taken."""

from langchain_aimlapi import AimlapiEmbeddings, ChatAimlapi

model = ChatAimlapi(model="openai/gpt-4o")
embeddings = AimlapiEmbeddings(model="text-embedding-3-small")

# --- checks -----

import json
from collections.abc import Callable
from importlib.metadata import version

from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel


class Weather(BaseModel):
    """The weather."""

    city: str
    rain: bool


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"It rains in {city}."


def tools() -> None:
    bound = model.bind_tools([get_weather])
    turns = [HumanMessage("What is the weather in Oslo? Use the tool get_weather.")]
    first = bound.invoke(turns)
    (call,) = first.tool_calls
    result = ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"])
    assert "rains in Oslo" in bound.invoke([*turns, first, result]).content
    assert len(embeddings.embed_query("a")) == 1_536


def stream() -> None:
    assert len([chunk for chunk in model.stream("Say five sentences.") if chunk.content]) > 3


def structured() -> None:
    answer = model.with_structured_output(Weather).invoke("What is the weather in Oslo?")
    assert isinstance(answer, Weather)


def result(check: Callable[[], None]) -> str:
    try:
        check()
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    return "yes"


found = {check.__name__: result(check) for check in (tools, stream, structured)}
names = ("langchain-aimlapi", "langchain-core", "openai")
versions = {name: version(name) for name in names}
print("\nRESULT " + json.dumps({"versions": versions, "ours": found, "peer": None}))
