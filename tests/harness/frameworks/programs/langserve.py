"""A model, a chain or an agent is a route; `RemoteRunnable` calls it from elsewhere.

Streams, cost and usage come through; a configurable model streams, too.
"""

from fastapi import FastAPI
from langchain.agents import create_agent
from langserve import add_routes
from pydantic import BaseModel

from langchain_aimlapi import ChatAimlapi
from tests.harness.frameworks.kit import QUESTION, api, get_weather, in_pieces, run, used_the_tool


class Weather(BaseModel):
    """The weather."""

    city: str
    rain: bool


model = ChatAimlapi(model="openai/gpt-4o")
app = FastAPI()
add_routes(app, model, path="/chat")
add_routes(app, model.with_structured_output(Weather), path="/weather")
add_routes(app, create_agent(model, [get_weather]), path="/agent")

# --- checks -----

import asyncio
import functools
import threading
import time

import uvicorn
from langchain_core.messages import HumanMessage
from langchain_core.runnables import ConfigurableField
from langchain_openai import ChatOpenAI
from langserve import RemoteRunnable

from langchain_aimlapi.emulator import Say, ToolUse


@functools.cache
def server() -> str:
    """The address of one server for our routes and the peer's (its streams have one loop)."""
    chosen = model.configurable_fields(temperature=ConfigurableField(id="temperature"))
    add_routes(app, chosen, path="/chosen")
    theirs = ChatOpenAI(model="openai/gpt-4o", base_url=api.base_url, api_key=api.api_key)
    add_routes(app, theirs, path="/peer/chat")
    add_routes(app, theirs.with_structured_output(Weather), path="/peer/weather")
    add_routes(app, create_agent(theirs, [get_weather]), path="/peer/agent")
    running = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    threading.Thread(target=running.run, daemon=True).start()
    while not running.started:
        time.sleep(0.05)
    return f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"


def tools(address: str) -> None:
    api.say(Say(calls=(ToolUse("get_weather", {"city": "Oslo"}),)))
    api.say("It rains in Oslo.")
    state = RemoteRunnable(f"{address}/agent/").invoke({"messages": [HumanMessage(QUESTION)]})
    used_the_tool(state["messages"][-1].text)


def stream(address: str) -> None:
    chat = RemoteRunnable(f"{address}/chat/")
    in_pieces(chunk.text for chunk in chat.stream("Say a sentence."))
    assert len(chat.batch(["one", "two"])) == 2
    assert chat.invoke("one").usage_metadata["total_tokens"]

    async def events(version: str) -> list[str]:
        return [each["event"] async for each in chat.astream_events("hello", version=version)]

    assert asyncio.run(events("v2")).count("on_chat_model_stream") > 3

    async def patches() -> int:
        return len([patch async for patch in chat.astream_log("hello")])

    assert asyncio.run(patches()) > 4
    if address == server():
        assert chat.invoke("hello").response_metadata["cost"]
        chosen = RemoteRunnable(f"{address}/chosen/")
        with_field = chosen.stream("Say a sentence.", {"configurable": {"temperature": 0.5}})
        in_pieces(chunk.text for chunk in with_field)


def structured(address: str) -> None:
    found = RemoteRunnable(f"{address}/weather/").invoke("What is the weather in Oslo?")
    assert Weather.model_validate(found)


run(
    ours=server,
    peer=lambda: f"{server()}/peer",
    tools=tools,
    stream=stream,
    structured=structured,
    packages=["langserve", "fastapi", "langchain-core", "langchain-openai"],
)
