"""It uses neither LangChain nor LiteLLM: its own OpenAI and Anthropic models talk to the API."""

import os

from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from tests.harness.frameworks.kit import QUESTION, get_weather, in_pieces, run, used_the_tool

provider = OpenAIProvider(
    base_url=os.environ.get("AIMLAPI_API_BASE", "https://api.aimlapi.com/v1"),
    api_key=os.environ["AIMLAPI_API_KEY"],
)
agent = Agent(OpenAIChatModel("openai/gpt-4o", provider=provider), tools=[get_weather])

# --- checks -----

import asyncio

from pydantic import BaseModel


class Weather(BaseModel):
    """The weather."""

    city: str
    rain: bool


def tools(agent: Agent) -> None:
    used_the_tool(agent.run_sync(QUESTION).output)


def stream(agent: Agent) -> None:
    async def work() -> list[str]:
        async with agent.run_stream("Say five sentences.") as answer:
            return [piece async for piece in answer.stream_text(delta=True, debounce_by=None)]

    in_pieces(asyncio.run(work()))


def structured(agent: Agent) -> None:
    answer = agent.run_sync(QUESTION, output_type=Weather)
    assert isinstance(answer.output, Weather)


run(
    ours=lambda: agent,
    tools=tools,
    stream=stream,
    structured=structured,
    packages=["pydantic-ai-slim", "openai"],
)
