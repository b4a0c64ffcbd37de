"""Over LiteLLM; the context window is known there (the peer's is a guess of 2,048 or 3,900)."""

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.tools import FunctionTool
from llama_index.llms.litellm import LiteLLM

import langchain_aimlapi.litellm_provider  # noqa: F401  # registers aimlapi/<any model id>
from tests.harness.frameworks.kit import (
    QUESTION,
    api,
    get_weather,
    in_pieces,
    run,
    used_the_tool,
)

llm = LiteLLM("aimlapi/openai/gpt-4o")
agent = FunctionAgent(tools=[FunctionTool.from_defaults(get_weather)], llm=llm)

# --- checks -----

import asyncio

from llama_index.core.prompts import PromptTemplate
from pydantic import BaseModel


class Weather(BaseModel):
    """The weather."""

    city: str
    rain: bool


def peer() -> LiteLLM:
    return LiteLLM("openai/openai/gpt-4o", api_base=api.base_url, api_key=api.api_key)


def tools(chosen: LiteLLM) -> None:
    if chosen is llm:
        assert llm.metadata.context_window == 128_000
    one = FunctionAgent(tools=[FunctionTool.from_defaults(get_weather)], llm=chosen)

    async def work() -> object:
        return await (agent if chosen is llm else one).run(QUESTION)

    used_the_tool(asyncio.run(work()))


def stream(chosen: LiteLLM) -> None:
    in_pieces(piece.delta or "" for piece in chosen.stream_complete("Say five sentences."))


def structured(chosen: LiteLLM) -> None:
    prompt = PromptTemplate("What is the weather in {city}?")
    answer = chosen.structured_predict(Weather, prompt, city="Oslo")
    assert answer.city == "Oslo"


run(
    ours=lambda: llm,
    peer=peer,
    tools=tools,
    stream=stream,
    structured=structured,
    packages=["llama-index-core", "llama-index-llms-litellm", "litellm"],
)
