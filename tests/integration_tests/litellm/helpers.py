"""What the tests of the LiteLLM provider share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from litellm.integrations.custom_logger import CustomLogger

from langchain_aimlapi.emulator import Emulator

# LiteLLM does not export its names for type checkers, and each version types them differently.
litellm: Any = pytest.importorskip("litellm")

HI: list[Any] = [{"role": "user", "content": "Say three sentences about rivers."}]
GPT = "openai/gpt-4o"
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a place.",
        "parameters": {"type": "object", "properties": {"location": {"type": "string"}}},
    },
}
TIME: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_time",
        "parameters": {"type": "object", "properties": {"location": {"type": "string"}}},
    },
}


@dataclass(frozen=True, slots=True)
class Asker:
    """Makes LiteLLM's calls in one colour."""

    api: Emulator
    runner: asyncio.Runner
    is_async: bool

    def options(self, model: str, **more: Any) -> dict[str, Any]:
        """Arguments that point a call at the emulator, without retries of the provider's own."""
        name = model if model.startswith(("aiml/", "aimlapi/")) else f"aimlapi/{model}"
        here = {"api_key": self.api.api_key, "api_base": self.api.base_url, "max_retries": 0}
        return {"model": name, **here, **more}

    def chat(self, model: str = GPT, **more: Any) -> Any:
        """A whole answer."""
        given = self.options(model, **{"messages": HI, **more})
        return self.call(litellm.completion, litellm.acompletion, given)

    def chunks(self, model: str = GPT, **more: Any) -> list[Any]:
        """All chunks of a stream."""
        return self.drain(self.chat(model, stream=True, **more))

    def drain(self, stream: Any) -> list[Any]:
        """The chunks of a stream that is open."""
        if self.is_async:
            return self.runner.run(drain(stream))
        return list(stream)

    def both(self, model: str = GPT, *, stream: bool, **more: Any) -> Any:
        """A whole answer, streamed or not."""
        if stream:
            return litellm.stream_chunk_builder(self.chunks(model, **more))
        return self.chat(model, **more)

    def call(self, sync: Any, asynchronous: Any, given: dict[str, Any]) -> Any:
        """The call in this colour."""
        return self.runner.run(asynchronous(**given)) if self.is_async else sync(**given)

    def later(self, found: Callable[[], Any], seconds: float = 60.0) -> Any:
        """What ``found`` gives, once it gives anything: LiteLLM logs in the background."""
        end = time.monotonic() + seconds
        while not (value := found()) and time.monotonic() < end:
            if self.is_async:
                self.runner.run(asyncio.sleep(0.02))
            else:
                time.sleep(0.02)
        return value


def charged(before: float, api: Emulator) -> float:
    """US dollars taken from the account since."""
    return before - balance(api)


def balance(api: Emulator) -> float:
    """US dollars on the account."""
    with api.client() as client:
        answer = client.get(f"{api.base_url.removesuffix('/v1')}/v2/billing")
        return float(answer.json()["current_balance"])


async def drain(stream: Any) -> list[Any]:
    """All chunks of an async stream."""
    return [chunk async for chunk in stream]


def text_of(chunks: list[Any]) -> str:
    """The text of the first choice of a stream."""
    return "".join(
        choice.delta.content or "" for chunk in chunks for choice in chunk.choices
        if choice.index == 0
    )  # fmt: skip


class Ledger(CustomLogger):
    """A callback that keeps what LiteLLM logs about each call."""

    def __init__(self) -> None:
        super().__init__()
        self.successes: list[dict[str, Any]] = []
        self.failures: list[dict[str, Any]] = []
        self.pre_calls: list[dict[str, Any]] = []

    def log_pre_api_call(self, model: Any, messages: Any, kwargs: Any) -> None:
        self.pre_calls.append(dict(kwargs["additional_args"]))  # LiteLLM reuses the dictionary

    def log_success_event(
        self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        self.successes.append(kwargs)

    async def async_log_success_event(
        self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        self.successes.append(kwargs)

    def log_failure_event(
        self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        self.failures.append(kwargs)

    async def async_log_failure_event(
        self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        self.failures.append(kwargs)

    def costs(self) -> list[float]:
        """The charges of finished calls, as LiteLLM's loggers see them."""
        return [
            kwargs["standard_logging_object"]["response_cost"]
            for kwargs in self.successes
            if kwargs.get("standard_logging_object")
        ]
