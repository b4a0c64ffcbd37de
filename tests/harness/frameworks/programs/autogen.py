"""It uses neither LangChain nor LiteLLM: its OpenAI client talks to the API.

AutoGen wants to be told what a model can do that is not OpenAI's; the catalog knows.
"""

import os

from autogen_agentchat.agents import AssistantAgent
from autogen_ext.models.openai import OpenAIChatCompletionClient

from tests.harness.frameworks.kit import QUESTION, get_weather, in_pieces, run, used_the_tool

options = {
    "model": "openai/gpt-4o",
    "base_url": os.environ.get("AIMLAPI_API_BASE", "https://api.aimlapi.com/v1"),
    "api_key": os.environ["AIMLAPI_API_KEY"],
    "model_info": {
        "vision": True,
        "function_calling": True,
        "json_output": True,
        "structured_output": True,
        "family": "gpt-4o",
    },
}
client = OpenAIChatCompletionClient(**options)
agent = AssistantAgent("forecaster", client, tools=[get_weather], reflect_on_tool_use=True)

# --- checks -----

import asyncio

from pydantic import BaseModel


class Weather(BaseModel):
    """The weather."""

    city: str
    rain: bool


def tools(agent: AssistantAgent) -> None:
    answer = asyncio.run(agent.run(task=QUESTION))
    used_the_tool(answer.messages[-1].content)


def stream(_: AssistantAgent) -> None:
    async def work() -> list[str]:
        own = OpenAIChatCompletionClient(**options)  # a client lives and dies with its loop
        one = AssistantAgent("talker", own, model_client_stream=True)
        parts = one.run_stream(task="Say five sentences.")
        return [
            part.content
            async for part in parts
            if getattr(part, "type", "") == "ModelClientStreamingChunkEvent"
        ]

    in_pieces(asyncio.run(work()))


def structured(_: AssistantAgent) -> None:
    own = OpenAIChatCompletionClient(**options)
    one = AssistantAgent("talker", own, output_content_type=Weather)
    answer = asyncio.run(one.run(task="What is the weather in Oslo?"))
    assert isinstance(answer.messages[-1].content, Weather)


run(
    ours=lambda: agent,
    tools=tools,
    stream=stream,
    structured=structured,
    packages=["autogen-agentchat", "autogen-ext", "openai"],
)
