"""An independent client, LiteLLM's own ``aiml/`` provider, against the emulator on loopback."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from langchain_aimlapi.emulator import Emulator, Fault

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
litellm = pytest.importorskip("litellm")

# LiteLLM's own deprecations and unclosed sessions are not this project's.
pytestmark = [
    pytest.mark.peer,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
MODELS = [
    "openai/gpt-4o",
    "alibaba/qwen3-32b",
    "deepseek/deepseek-v4-pro",
    "google/gemini-3-5-flash",
    "mistralai/mistral-large-2512",
    "anthropic/claude-opus-4-8",
]
HI = [{"role": "user", "content": "Say three sentences about rivers."}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"location": {"type": "string"}}},
    },
}


@pytest.fixture(scope="module")
def api() -> Iterator[Emulator]:
    with Emulator().serve() as emulator:
        yield emulator


@pytest.fixture(autouse=True)
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """LiteLLM makes itself an event loop where there is none, and never closes it."""
    made = asyncio.new_event_loop()
    asyncio.set_event_loop(made)
    yield made
    asyncio.set_event_loop(None)
    made.close()


def options(api: Emulator, model: str, **more: Any) -> dict[str, Any]:
    here = {"api_key": api.api_key, "api_base": api.base_url, "num_retries": 0, "max_retries": 0}
    return {"model": f"aiml/{model}", "messages": HI, **here, **more}


def text_of(parts: list[Any]) -> str:
    return "".join(choice.delta.content or "" for part in parts for choice in part.choices)


@pytest.mark.parametrize("model", MODELS)
def test_whole_and_streamed_answers_agree(api: Emulator, model: str) -> None:
    whole = litellm.completion(**options(api, model))
    parts = list(litellm.completion(**options(api, model, stream=True)))
    assert whole.usage.total_tokens > 0
    assert whole.choices[0].finish_reason == "stop"
    assert text_of(parts) == whole.choices[0].message.content
    assert parts[-1].choices[0].finish_reason == "stop"


def test_async_whole_and_streamed_answers_agree(
    api: Emulator, loop: asyncio.AbstractEventLoop
) -> None:
    async def both() -> tuple[Any, list[Any]]:
        whole = await litellm.acompletion(**options(api, "openai/gpt-4o"))
        stream = await litellm.acompletion(**options(api, "openai/gpt-4o", stream=True))
        return whole, [part async for part in stream]

    whole, parts = loop.run_until_complete(both())
    assert text_of(parts) == whole.choices[0].message.content


@pytest.mark.parametrize("stream", [False, True])
def test_tool_call(api: Emulator, stream: bool) -> None:
    turns = [{"role": "user", "content": "What is the weather in Oslo?"}]
    more: dict[str, Any] = {"messages": turns, "tools": [WEATHER], "stream": stream}
    answer = litellm.completion(**options(api, "openai/gpt-4o", **more))
    if stream:
        answer = litellm.stream_chunk_builder(list(answer))
    (call,) = answer.choices[0].message.tool_calls
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"location": "Oslo"}


def test_reasoning_content_arrives(api: Emulator) -> None:
    answer = litellm.completion(**options(api, "deepseek/deepseek-v4-pro"))
    assert "First I work out" in answer.choices[0].message.reasoning_content


def test_wrong_key_is_an_authentication_error(api: Emulator) -> None:
    with pytest.raises(litellm.AuthenticationError):
        litellm.completion(**options(api, "openai/gpt-4o", api_key="wrong"))


def test_rate_limit_is_litellms_own_error(api: Emulator) -> None:
    api.fault(Fault(status=429))
    with pytest.raises(litellm.RateLimitError):
        litellm.completion(**options(api, "openai/gpt-4o"))


def test_unknown_model_is_not_found(api: Emulator) -> None:
    with pytest.raises(litellm.NotFoundError):
        litellm.completion(**options(api, "openai/gpt-99"))
