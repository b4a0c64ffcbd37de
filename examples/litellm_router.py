"""LiteLLM's Router: two keys, of which one is bad, a fallback for long prompts, a fast group."""

from __future__ import annotations

import asyncio
import os
from typing import Any

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # no price list from the network

import litellm
from _where_litellm import litellm_settings
from litellm.router import Router

from langchain_aimlapi import litellm_provider

QUESTION: list[Any] = [{"role": "user", "content": "What is 20 + 22?"}]


def deployment(group: str, model: str, name: str, where: dict[str, Any]) -> dict[str, Any]:
    return {
        "model_name": group,
        "litellm_params": {"model": f"aimlapi/{model}", **where},
        "model_info": {"id": name},  # stable, so that cooldowns in Redis outlive a restart
    }


def router(where: dict[str, Any]) -> Router:
    bad = {**where, "api_key": "not-a-key"}
    return Router(
        model_list=[
            deployment("chat", "openai/gpt-4o", "chat-a", bad),
            deployment("chat", "openai/gpt-4o", "chat-b", where),
            deployment("long", "google/gemini-3-5-flash", "long", where),
            deployment("fast", "openai/gpt-4o", "fast-a", where),
            deployment("fast", "alibaba/qwen3-32b", "fast-b", where),
        ],
        num_retries=3,
        cooldown_time=30,
        context_window_fallbacks=[{"chat": ["long"]}],
        fallbacks=[{"chat": ["long"]}],
    )


async def run(where: dict[str, Any]) -> None:
    routes: Any = router(where)
    for stream in (False, True):  # the bad key costs no answer, streamed neither
        answer = await routes.acompletion(model="chat", messages=QUESTION, stream=stream)
        if stream:
            async for chunk in answer:
                print(chunk.choices[0].delta.content or "", end="", flush=True)
            print()
        else:
            print(answer.choices[0].message.content)

    # Steer a group to the model that answers fastest now, by the API's own measurements.
    litellm.callbacks = [litellm_provider.prefer_fast]
    await litellm_provider.prefer_fast.arefresh(["openai/gpt-4o", "alibaba/qwen3-32b"], **where)
    answer = await routes.acompletion(model="fast", messages=QUESTION)
    print(f"fastest: {answer.model}")


with litellm_settings() as where:
    asyncio.run(run(where))
