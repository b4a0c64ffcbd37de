"""Stream the tokens yourself; Chainlit's callback handler shows the steps beside them.

The handler shows each call with its model, its settings and its tokens. `streaming=True` is not
needed: `astream` streams.
"""

import chainlit as cl
from langchain.agents import create_agent

from langchain_aimlapi import ChatAimlapi
from tests.harness.frameworks.kit import QUESTION, api, get_weather, in_pieces, run, used_the_tool

agent = create_agent(ChatAimlapi(model="openai/gpt-4o"), [get_weather])


@cl.on_message
async def on_message(message: cl.Message):
    """Answers a message."""
    reply = cl.Message("")
    asked = {"messages": [("user", message.content)]}
    config = {"callbacks": [cl.AsyncLangchainCallbackHandler()]}
    async for chunk, _ in agent.astream(asked, config, stream_mode="messages"):
        if chunk.type == "AIMessageChunk":
            await reply.stream_token(chunk.text)
    await reply.send()


# --- checks -----

import asyncio

from chainlit.context import init_http_context
from langchain_openai import ChatOpenAI

from langchain_aimlapi.emulator import Say, ToolUse

LOOP = asyncio.Runner()  # one for all, as a server has


class Shown:
    """What a browser is sent, kept: it stands in the place of Chainlit's own."""

    def __init__(self, original: object) -> None:
        self._original = original
        self.tokens: list[str] = []
        self.steps: list[dict[str, object]] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._original, name)

    async def send_token(self, id: str, token: str, **_: object) -> None:
        self.tokens.append(token)

    async def update_step(self, step: dict[str, object]) -> None:
        self.steps.append(step)


def answered(question: str, chosen: object) -> Shown:
    async def work() -> Shown:
        global agent
        agent = create_agent(chosen, [get_weather])
        context = init_http_context()
        context.emitter = shown = Shown(context.emitter)
        await on_message(cl.Message(question))
        await asyncio.sleep(0.1)  # the steps are sent by tasks of their own
        return shown

    return LOOP.run(work())


def tools(model: object) -> None:
    api.say(Say(calls=(ToolUse("get_weather", {"city": "Oslo"}),)))
    api.say("It rains in Oslo.")
    shown = answered(QUESTION, model)
    used_the_tool("".join(shown.tokens))
    assert {"get_weather", type(model).__name__} <= {str(step["name"]) for step in shown.steps}
    assert api.api_key not in str(shown.steps)


def stream(model: object) -> None:
    shown = answered("Say a sentence.", model)
    in_pieces(shown.tokens)
    (call,) = [step for step in shown.steps if step["type"] == "llm"]
    assert call["generation"]["model"] == "openai/gpt-4o"
    whole = call["generation"]["messageCompletion"]["content"]
    assert "emulated answer" in whole
    assert whole.endswith("".join(shown.tokens))  # the first one opens the message


run(
    ours=lambda: ChatAimlapi(model="openai/gpt-4o"),
    peer=lambda: ChatOpenAI(model="openai/gpt-4o", base_url=api.base_url, api_key=api.api_key),
    tools=tools,
    stream=stream,
    packages=["chainlit", "langchain", "langchain-openai"],
)
