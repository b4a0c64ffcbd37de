"""LiteLLM's SDK with ``aimlapi/...``: any model, the real charge, LiteLLM's own errors."""

from __future__ import annotations

import asyncio
import os
from typing import Any

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # no price list from the network

import litellm
from _where_litellm import litellm_settings
from litellm.exceptions import AuthenticationError

import langchain_aimlapi.litellm_provider  # registers "aimlapi/..."  # noqa: F401

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"location": {"type": "string"}}},
    },
}


def ask(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def whole(where: dict[str, Any]) -> None:
    # A Claude model that takes Anthropic's shape only, from OpenAI-style messages.
    answer = litellm.completion(
        model="aimlapi/anthropic/claude-opus-4.1", messages=ask("What is 2 + 3?"), **where
    )
    print(answer.choices[0].message.content)
    print(f"  charged: {answer._hidden_params['response_cost']:.6f} USD")


async def streamed(where: dict[str, Any]) -> None:
    stream = await litellm.acompletion(
        model="aimlapi/deepseek/deepseek-v4-pro",
        messages=ask("Name three rivers."),
        stream=True,
        stream_options={"include_usage": True},
        **where,
    )
    async for chunk in stream:
        for choice in chunk.choices:
            print(choice.delta.content or "", end="", flush=True)
        if getattr(chunk, "usage", None):
            print(f"\n  {chunk.usage.total_tokens} tokens, {chunk.usage.cost:.6f} USD")


def tools(where: dict[str, Any]) -> None:
    answer = litellm.completion(
        model="aimlapi/openai/gpt-4o", messages=ask("What is the weather in Oslo?"),
        tools=[WEATHER], **where,
    )  # fmt: skip
    for call in answer.choices[0].message.tool_calls:
        print(f"{call.function.name}({call.function.arguments})")


def embeddings(where: dict[str, Any]) -> None:
    answer = litellm.embedding(
        model="aimlapi/text-embedding-3-small", input=["a river", "a stream"], dimensions=8, **where
    )
    print(f"{len(answer.data)} vectors of {len(answer.data[0]['embedding'])} numbers")


def failures(where: dict[str, Any]) -> None:
    try:
        litellm.completion(
            model="aimlapi/openai/gpt-4o", messages=ask("Hi."), **{**where, "api_key": "wrong"}
        )
    except AuthenticationError as error:
        print(f"{type(error).__name__}: status {error.status_code}")


with litellm_settings() as where:
    whole(where)
    asyncio.run(streamed(where))
    tools(where)
    embeddings(where)
    failures(where)
