"""Tools of an MCP server go to the model like any other; images in their results, too."""

import asyncio
import sys
from pathlib import Path

from langchain.agents import create_agent
from langchain_mcp_adapters.client import MultiServerMCPClient

from langchain_aimlapi import ChatAimlapi
from tests.harness.frameworks.kit import QUESTION, api, in_pieces, run

SERVER = str(Path(__file__).with_name("weather_server.py"))
model = ChatAimlapi(model="openai/gpt-4o")


async def ask(question: str, chosen=model):
    """One question to an agent with the tools of a server that is started for it."""
    server = {"command": sys.executable, "args": [SERVER], "transport": "stdio"}
    client = MultiServerMCPClient({"weather": server})
    agent = create_agent(chosen, await client.get_tools())
    return await agent.ainvoke({"messages": [("user", question)]})


# --- checks -----

from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from langchain_aimlapi.emulator import Say, ToolUse


class Weather(BaseModel):
    """The weather."""

    city: str
    rain: bool


def peer() -> ChatOpenAI:
    return ChatOpenAI(model="openai/gpt-4o", base_url=api.base_url, api_key=api.api_key)


def tools(chosen: object) -> None:
    answer = asyncio.run(ask(QUESTION, chosen))
    assert "rains in Oslo" in answer["messages"][-1].text
    api.say(Say(calls=(ToolUse("draw", {}),)))
    answer = asyncio.run(ask("Draw it.", chosen))
    assert answer["messages"][-1].text


def stream(chosen: object) -> None:
    async def work() -> list[str]:
        return [chunk.text async for chunk in chosen.astream("Say five sentences.")]

    in_pieces(asyncio.run(work()))


def structured(chosen: object) -> None:
    answer = create_agent(chosen, [], response_format=Weather).invoke(
        {"messages": [("user", "What is the weather in Oslo?")]}
    )
    assert isinstance(answer["structured_response"], Weather)


run(
    ours=lambda: model,
    peer=peer,
    tools=tools,
    stream=stream,
    structured=structured,
    packages=["langchain-mcp-adapters", "mcp", "langchain"],
)
