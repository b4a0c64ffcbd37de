"""Who is measured: this package, its peers, and the floors beneath them.

Every contestant does the same five things against the same server. What is not installed is left
out of the table; peers are imported by name so that nothing here needs them.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.harness.benchmarks.payloads import Scenario, piece

MODEL = "openai/gpt-4o"
KEY = "sk-bench"


class Peer:
    """A contestant. ``url`` is the server's address with ``/v1``."""

    def __init__(self, url: str) -> None:
        self.url = url

    def stream(self, scenario: Scenario) -> Iterator[Any]:
        """The chunks of a streamed answer."""
        raise NotImplementedError

    def astream(self, scenario: Scenario) -> AsyncIterator[Any]:
        """The chunks of a streamed answer."""
        raise NotImplementedError

    def invoke(self, scenario: Scenario) -> Any:
        """A whole answer."""
        raise NotImplementedError

    async def ainvoke(self, scenario: Scenario) -> Any:
        """A whole answer."""
        raise NotImplementedError

    def invoke_large(self, scenario: Scenario) -> Any:
        """A whole answer to 50 messages with images, with 20 tools."""
        raise NotImplementedError


class ModelPeer(Peer):
    """A LangChain chat model."""

    def __init__(self, url: str, model: Any) -> None:
        super().__init__(url)
        self.model = model

    def stream(self, scenario: Scenario) -> Iterator[Any]:
        yield from self.model.stream(scenario.prompt)

    async def astream(self, scenario: Scenario) -> AsyncIterator[Any]:
        async for chunk in self.model.astream(scenario.prompt):
            yield chunk

    def invoke(self, scenario: Scenario) -> Any:
        return self.model.invoke(scenario.prompt)

    async def ainvoke(self, scenario: Scenario) -> Any:
        return await self.model.ainvoke(scenario.prompt)

    def invoke_large(self, scenario: Scenario) -> Any:
        return self.model.bind_tools(_tools()).invoke(_messages(scenario.prompt))


class LitellmPeer(Peer):
    """LiteLLM's own functions, with one of its providers."""

    def __init__(self, url: str, provider: str) -> None:
        super().__init__(url)
        self.litellm = _import_litellm()
        self.arguments = {
            "model": f"{provider}/{MODEL}",
            "api_key": KEY,
            "api_base": url,
            "max_retries": 0,
        }

    @staticmethod
    def _messages(scenario: Scenario) -> list[dict[str, str]]:
        return [{"role": "user", "content": scenario.prompt}]

    def stream(self, scenario: Scenario) -> Iterator[Any]:
        yield from self.litellm.completion(
            **self.arguments, messages=self._messages(scenario), stream=True
        )

    async def astream(self, scenario: Scenario) -> AsyncIterator[Any]:
        chunks = await self.litellm.acompletion(
            **self.arguments, messages=self._messages(scenario), stream=True
        )
        async for chunk in chunks:
            yield chunk

    def invoke(self, scenario: Scenario) -> Any:
        return self.litellm.completion(**self.arguments, messages=self._messages(scenario))

    async def ainvoke(self, scenario: Scenario) -> Any:
        return await self.litellm.acompletion(**self.arguments, messages=self._messages(scenario))


def _import_litellm() -> Any:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    litellm: Any = importlib.import_module("litellm")
    litellm.suppress_debug_info = True
    return litellm


# --- the large request -----


def _tools() -> list[dict[str, Any]]:
    """20 tools in OpenAI's form, each with four parameters."""
    names = ("query", "limit", "language", "since")
    properties = {name: {"type": "string", "description": f"the {name}"} for name in names}
    return [
        {
            "type": "function",
            "function": {
                "name": f"tool_{number}",
                "description": "Looks something up in one of the company's many systems. " * 3,
                "parameters": {
                    "type": "object",
                    "properties": properties,
                    "required": ["query"],
                },
            },
        }
        for number in range(20)
    ]


def _messages(prompt: str) -> list[Any]:
    """50 messages, every fifth with an image of 40 KB."""
    messages = importlib.import_module("langchain_core.messages")
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "iVBO" * 10_000}}
    made: list[Any] = []
    for number in range(49):
        text = f"Message {number}: " + "".join(piece(i) for i in range(60))
        if number % 2:
            made.append(messages.AIMessage(content=text))
        elif number % 5 == 0:
            made.append(messages.HumanMessage(content=[{"type": "text", "text": text}, image]))
        else:
            made.append(messages.HumanMessage(content=text))
    return [*made, messages.HumanMessage(content=prompt)]


def large_body(prompt: str) -> dict[str, Any]:
    """The same request as a JSON value, for the bare HTTP loop."""
    roles = {"human": "user", "ai": "assistant"}
    return {
        "model": MODEL,
        "messages": [{"role": roles[m.type], "content": m.content} for m in _messages(prompt)],
        "tools": _tools(),
    }


# --- the contestants -----


def _aimlapi(url: str) -> Peer:
    from langchain_aimlapi import ChatAimlapi

    return ModelPeer(url, ChatAimlapi(model=MODEL, api_key=KEY, base_url=url, max_retries=0))


def _aimlapi_coalesce(url: str) -> Peer:
    from langchain_aimlapi import ChatAimlapi

    options: dict[str, Any] = {"coalesce": True}
    return ModelPeer(
        url, ChatAimlapi(model=MODEL, api_key=KEY, base_url=url, max_retries=0, **options)
    )


def _aimlapi_aiohttp(url: str) -> Peer:
    from langchain_aimlapi import ChatAimlapi

    return ModelPeer(
        url,
        ChatAimlapi(
            model=MODEL, api_key=KEY, base_url=url, max_retries=0, async_transport="aiohttp"
        ),
    )


def _openai(url: str) -> Peer:
    module = importlib.import_module("langchain_openai")
    return ModelPeer(
        url,
        module.ChatOpenAI(model=MODEL, api_key=KEY, base_url=url, max_retries=0, stream_usage=True),
    )


def _openrouter(url: str) -> Peer:
    module = importlib.import_module("langchain_openrouter")
    return ModelPeer(
        url, module.ChatOpenRouter(model=MODEL, api_key=KEY, base_url=url, max_retries=0)
    )


def _deepseek(url: str) -> Peer:
    module = importlib.import_module("langchain_deepseek")
    return ModelPeer(
        url, module.ChatDeepSeek(model=MODEL, api_key=KEY, api_base=url, max_retries=0)
    )


def _chat_litellm(url: str) -> Peer:
    _import_litellm()
    module = importlib.import_module("langchain_litellm")
    return ModelPeer(
        url,
        module.ChatLiteLLM(model=f"aiml/{MODEL}", api_key=KEY, api_base=url, max_retries=0),
    )


def _litellm_aiml(url: str) -> Peer:
    return LitellmPeer(url, "aiml")


def _litellm_aimlapi(url: str) -> Peer:
    _import_litellm()
    importlib.import_module("langchain_aimlapi.litellm_provider").register()
    return LitellmPeer(url, "aimlapi")


def _litellm_floor(url: str) -> Peer:
    from tests.harness.benchmarks import floors

    floors.register_litellm_floor(_import_litellm())
    return LitellmPeer(url, floors.LITELLM_FLOOR)


def _floor(name: str) -> Callable[[str], Peer]:
    def make(url: str) -> Peer:
        from tests.harness.benchmarks import floors

        peer: Peer = getattr(floors, name)(url)
        return peer

    return make


@dataclass(frozen=True)
class Entry:
    """A contestant's name in the table, what must be importable, and how it is made."""

    label: str
    needs: tuple[str, ...]
    make: Callable[[str], Peer]
    field: str | None = None
    """A field that ChatAimlapi must have for this contestant to take part."""

    def why_not(self) -> str | None:
        """Why it cannot take part here; None where it can."""
        missing = [name for name in self.needs if not is_there(name)]
        if missing:
            return f"not installed: {', '.join(missing)}"
        if self.field is not None:
            from langchain_aimlapi import ChatAimlapi

            if self.field not in ChatAimlapi.model_fields:
                return f"ChatAimlapi has no field {self.field!r}"
        return None


def is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


PEERS: dict[str, Entry] = {
    "aimlapi": Entry("langchain-aimlapi", (), _aimlapi),
    "coalesce": Entry("langchain-aimlapi, coalesce", (), _aimlapi_coalesce, field="coalesce"),
    "aiohttp": Entry("langchain-aimlapi over aiohttp", ("aiohttp",), _aimlapi_aiohttp),
    "openai": Entry("langchain-openai", ("langchain_openai",), _openai),
    "deepseek": Entry("langchain-deepseek", ("langchain_deepseek",), _deepseek),
    "openrouter": Entry("langchain-openrouter", ("langchain_openrouter",), _openrouter),
    "chat-litellm": Entry(
        "langchain-litellm, aiml/", ("langchain_litellm", "litellm"), _chat_litellm
    ),
    "minimal": Entry("minimal loop in LangChain", (), _floor("MinimalPeer")),
    "floor": Entry("LangChain's floor, prebuilt chunks", (), _floor("FloorPeer")),
    "httpx": Entry("bare httpx loop", (), _floor("HttpxPeer")),
    "litellm-aimlapi": Entry(
        "LiteLLM, aimlapi/", ("litellm", "langchain_aimlapi.litellm_provider"), _litellm_aimlapi
    ),
    "litellm-aiml": Entry("LiteLLM, aiml/", ("litellm",), _litellm_aiml),
    "litellm-floor": Entry("LiteLLM's floor, prebuilt chunks", ("litellm",), _litellm_floor),
}
