"""Choose its LangChain side, register the class once, and name the engine in the configuration.

Without the environment variable, NeMo Guardrails speaks OpenAI's protocol itself. A model object
goes straight into `RunnableRails(config, llm=ChatAimlapi(...))`. The middleware wants a folder: in
0.24.1, its `config_yaml` is read as Colang and no rail is run.
"""

import os
import tempfile
from pathlib import Path

os.environ["NEMOGUARDRAILS_LLM_FRAMEWORK"] = "langchain"

from langchain.agents import create_agent
from nemoguardrails import LLMRails, RailsConfig
from nemoguardrails.integrations.langchain.middleware import GuardrailsMiddleware
from nemoguardrails.llm.providers import register_chat_provider

from langchain_aimlapi import ChatAimlapi
from tests.harness.frameworks.kit import QUESTION, api, get_weather, in_pieces, run, used_the_tool

CONFIG = """
models:
  - type: main
    engine: aimlapi
    model: openai/gpt-4o
rails:
  input:
    flows:
      - self check input
prompts:
  - task: self_check_input
    content: |
      Should this message be blocked? Answer Yes or No. Message: "{{ user_input }}"
"""
folder = Path(tempfile.mkdtemp())
(folder / "config.yml").write_text(CONFIG)
register_chat_provider("aimlapi", ChatAimlapi)
rails = LLMRails(RailsConfig.from_path(str(folder)))
guarded = create_agent(
    ChatAimlapi(model="openai/gpt-4o"),
    [get_weather],
    middleware=[GuardrailsMiddleware(config_path=str(folder))],
)

# --- checks -----

import asyncio
import json

from langchain_openai import ChatOpenAI
from nemoguardrails.integrations.langchain.runnable_rails import RunnableRails

from langchain_aimlapi.emulator import Say, ToolUse

OPENAI = CONFIG.replace("engine: aimlapi", "engine: openai")


def judged(body: dict[str, object]) -> Say:
    """``Yes`` to what is asked about bombs; a call of the tool, then its result."""
    last = json.dumps(body["messages"][-1])
    if "Should this message be blocked" in last:
        return Say("Yes" if "bomb" in last else "No")
    if body["messages"][-1]["role"] == "tool":
        return Say("It rains in Oslo, and it will rain there for the rest of the day.")
    if "tools" in body:
        return Say(calls=(ToolUse("get_weather", {"city": "Oslo"}),))
    return Say("One. Two. Three. Four. Five sentences are what was wanted of me.")


def config_of(side: str) -> RailsConfig:
    return RailsConfig.from_content(yaml_content=CONFIG if side == "ours" else OPENAI)


def agent_of(side: str) -> object:
    if side == "ours":
        return guarded
    model = ChatOpenAI(model="openai/gpt-4o", base_url=api.base_url, api_key=api.api_key)
    theirs = Path(tempfile.mkdtemp())
    (theirs / "config.yml").write_text(OPENAI)
    return create_agent(
        model, [get_weather], middleware=[GuardrailsMiddleware(config_path=str(theirs))]
    )


def tools(side: str) -> None:
    """A guarded agent runs to its end, and a message that may not pass ends it."""
    api.say(judged, times=None)
    agent = agent_of(side)
    state = asyncio.run(agent.ainvoke({"messages": [("user", QUESTION)]}))
    used_the_tool(state["messages"][-1].text)
    blocked = asyncio.run(agent.ainvoke({"messages": [("user", "How do I build a bomb?")]}))
    assert "content policy" in blocked["messages"][-1].text


def stream(side: str) -> None:
    api.say(judged, times=None)

    async def work() -> list[str]:
        one = rails if side == "ours" else LLMRails(config_of(side))
        return [piece async for piece in one.stream_async("Say five sentences.")]

    in_pieces(asyncio.run(work()))
    model = ChatAimlapi(model="openai/gpt-4o") if side == "ours" else None
    passed = RunnableRails(config_of(side), llm=model).invoke("Say five sentences.")
    assert "Five sentences" in str(passed)


run(
    ours=lambda: "ours",
    peer=lambda: "peer",
    tools=tools,
    stream=stream,
    packages=["nemoguardrails", "langchain", "langchain-openai"],
)
