"""Import the provider before the first call; `strict` tools and output types go out as they are."""

from agents import Agent, Runner, function_tool
from agents.extensions.models.litellm_model import LitellmModel

import langchain_aimlapi.litellm_provider  # noqa: F401  # registers aimlapi/<any model id>
from tests.harness.frameworks.kit import QUESTION, api, get_weather, in_pieces, run, used_the_tool

model = LitellmModel("aimlapi/openai/gpt-4o")
agent = Agent(name="forecaster", model=model, tools=[function_tool(get_weather)])

# --- checks -----

import asyncio

from pydantic import BaseModel


class Weather(BaseModel):
    """The weather."""

    city: str
    rain: bool


def peer() -> LitellmModel:
    return LitellmModel("openai/openai/gpt-4o", base_url=api.base_url, api_key=api.api_key)


def made(chosen: LitellmModel, **options: object) -> Agent:
    return Agent(name="forecaster", model=chosen, tools=[function_tool(get_weather)], **options)


def tools(chosen: LitellmModel) -> None:
    """Twice on one loop, as `run_sync` keeps it: the second call needs a living client, too."""
    asyncio.set_event_loop(asyncio.new_event_loop())
    one = agent if chosen is model else made(chosen)
    for _ in range(2):
        answer = Runner.run_sync(one, QUESTION).final_output
    used_the_tool(answer, times=2)


def stream(chosen: LitellmModel) -> None:
    async def work() -> list[str]:
        answer = Runner.run_streamed(made(chosen), "Say five sentences.")
        return [
            event.data.delta
            async for event in answer.stream_events()
            if event.type == "raw_response_event"
            and event.data.type == "response.output_text.delta"
        ]

    in_pieces(asyncio.run(work()))


def structured(chosen: LitellmModel) -> None:
    answer = asyncio.run(Runner.run(made(chosen, output_type=Weather), QUESTION))
    assert isinstance(answer.final_output, Weather)


run(
    ours=lambda: model,
    peer=peer,
    tools=tools,
    stream=stream,
    structured=structured,
    packages=["openai-agents", "litellm"],
)
