"""Stream an answer, sync and async, and read what came with it."""

from __future__ import annotations

import asyncio
from typing import Any

from _where import settings

from langchain_aimlapi import ChatAimlapi


def in_sync(model: ChatAimlapi) -> None:
    for chunk in model.stream("Name three primes."):
        print(chunk.text, end="", flush=True)
        if chunk.usage_metadata:
            print(f"\n  {chunk.usage_metadata['total_tokens']} tokens, ", end="")
            print(f"{chunk.response_metadata['cost']:.6f} USD")


async def in_async(where: dict[str, Any]) -> None:
    model = ChatAimlapi(model="deepseek/deepseek-v4-flash", reasoning_effort="low", **where)
    async for chunk in model.astream("Is 221 a prime?"):
        for block in chunk.content_blocks:
            if block["type"] == "reasoning":
                print(f"\033[2m{block['reasoning']}\033[0m", end="", flush=True)
            elif block["type"] == "text":
                print(block["text"], end="", flush=True)
    print()


with settings() as where:
    in_sync(ChatAimlapi(model="openai/gpt-4o", **where))
    asyncio.run(in_async(where))
