"""Import the provider before the first call, and give the context window.

CrewAI knows windows from a table of its own and takes 8,192 tokens for a prefix that it does not
know: without the argument it silently cuts a tool's result to some 3,000 characters.
"""

from crewai import LLM, Agent, Crew, Task
from crewai.tools import tool

import langchain_aimlapi.litellm_provider  # noqa: F401  # registers aimlapi/<any model id>
from langchain_aimlapi import Catalog
from tests.harness.frameworks.kit import api, get_weather, run, used_the_tool

facts = Catalog.default().find("openai/gpt-4o")
llm = LLM(model="aimlapi/openai/gpt-4o", context_window_size=facts.context)
forecaster = Agent(
    role="forecaster",
    goal="tell the weather",
    backstory="You look out of the window.",
    llm=llm,
    tools=[tool("get_weather")(get_weather)],
)

# --- checks -----

from pydantic import BaseModel

from langchain_aimlapi.emulator import Say, ToolUse


class Weather(BaseModel):
    """The weather."""

    city: str
    rain: bool


def peer() -> LLM:
    return LLM(model="openai/gpt-4o", is_litellm=True, base_url=api.base_url, api_key=api.api_key)


def kickoff(model: object, **options: object) -> object:
    agent = forecaster if model is llm else None
    agent = agent or Agent(
        role="forecaster",
        goal="tell the weather",
        backstory="You look out of the window.",
        llm=model,
        tools=[tool("get_weather")(get_weather)],
    )
    task = Task(
        description="Tell the weather in Oslo.", expected_output="a line", agent=agent, **options
    )
    return Crew(agents=[agent], tasks=[task]).kickoff()


def tools(model: object) -> None:
    api.say(Say(calls=(ToolUse("get_weather", {"city": "Oslo"}),)))
    api.say("It rains in Oslo.")
    used_the_tool(kickoff(model).raw)


def stream(model: LLM) -> None:
    model.stream = True
    try:
        tools(model)
    finally:
        model.stream = False


def structured(model: object) -> None:
    api.say('{"city": "Oslo", "rain": true}', times=None)
    answer = kickoff(model, output_pydantic=Weather)
    assert answer.pydantic == Weather(city="Oslo", rain=True)


run(
    ours=lambda: llm,
    peer=peer,
    tools=tools,
    stream=stream,
    structured=structured,
    packages=["crewai", "litellm"],
)
