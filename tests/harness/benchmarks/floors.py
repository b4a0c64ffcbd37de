"""The least that the work can cost: the bare HTTP loop, and loops with little around it."""

from __future__ import annotations

import importlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field, PrivateAttr
from pydantic_core import from_json

from tests.harness.benchmarks.payloads import Scenario, find_scenario, piece
from tests.harness.benchmarks.peers import KEY, MODEL, ModelPeer, Peer, large_body

LITELLM_FLOOR = "benchfloor"
_HEADERS = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
_LIMITS = httpx.Limits(max_connections=2000, max_keepalive_connections=2000)


def _body(prompt: str, *, stream: bool) -> bytes:
    messages = [{"role": "user", "content": prompt}]
    return json.dumps({"model": MODEL, "messages": messages, "stream": stream}).encode()


class Lines:
    """The naive parser of a stream: no rule of the format beyond the line is heeded."""

    __slots__ = ("rest",)

    def __init__(self) -> None:
        self.rest = b""

    def feed(self, data: bytes) -> list[Any]:
        """The deltas of the lines that these bytes complete."""
        lines = (self.rest + data).split(b"\n")
        self.rest = lines.pop()
        return [
            choice["delta"]
            for line in lines
            if line.startswith(b"data: {")
            for choice in from_json(line[6:])["choices"]
        ]


class HttpxPeer(Peer):
    """httpx, the naive parser, and no LangChain at all."""

    def __init__(self, url: str) -> None:
        super().__init__(f"{url}/chat/completions")
        self.client = httpx.Client(headers=_HEADERS, limits=_LIMITS, timeout=120)
        self.aclient = httpx.AsyncClient(headers=_HEADERS, limits=_LIMITS, timeout=120)

    def stream(self, scenario: Scenario) -> Iterator[Any]:
        body = _body(scenario.prompt, stream=True)
        with self.client.stream("POST", self.url, content=body) as answer:
            lines = Lines()
            for data in answer.iter_raw():
                yield from lines.feed(data)

    async def astream(self, scenario: Scenario) -> AsyncIterator[Any]:
        body = _body(scenario.prompt, stream=True)
        async with self.aclient.stream("POST", self.url, content=body) as answer:
            lines = Lines()
            async for data in answer.aiter_raw():
                for delta in lines.feed(data):
                    yield delta

    def invoke(self, scenario: Scenario) -> Any:
        answer = self.client.post(self.url, content=_body(scenario.prompt, stream=False))
        return from_json(answer.content)["choices"][0]["message"]

    async def ainvoke(self, scenario: Scenario) -> Any:
        answer = await self.aclient.post(self.url, content=_body(scenario.prompt, stream=False))
        return from_json(answer.content)["choices"][0]["message"]

    def invoke_large(self, scenario: Scenario) -> Any:
        body = json.dumps(large_body(scenario.prompt)).encode()
        return from_json(self.client.post(self.url, content=body).content)["choices"][0]["message"]


def _chunk(delta: dict[str, Any]) -> ChatGenerationChunk:
    """One chunk with just what the delta says."""
    content = delta.get("content") or ""
    if content:
        return ChatGenerationChunk(message=AIMessageChunk(content=content))
    if "reasoning_content" in delta:
        kwargs = {"reasoning_content": delta["reasoning_content"]}
        return ChatGenerationChunk(message=AIMessageChunk(content="", additional_kwargs=kwargs))
    calls = [
        tool_call_chunk(
            id=call.get("id"),
            name=call["function"].get("name"),
            args=call["function"].get("arguments"),
            index=call["index"],
        )
        for call in delta.get("tool_calls") or ()
    ]
    return ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=calls))


class MinimalModel(BaseChatModel):
    """The shortest chat model that streams: decode, parse, build a chunk. It heeds no rule of
    the format, no error, no end, no usage."""

    http: Any = Field(exclude=True)
    """An `HttpxPeer`."""

    @property
    def _llm_type(self) -> str:
        return "minimal"

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for delta in self.http.stream(_scenario(messages)):
            yield _chunk(delta)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        async for delta in self.http.astream(_scenario(messages)):
            yield _chunk(delta)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        message = AIMessage(content=self.http.invoke(_scenario(messages))["content"])
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        answer = await self.http.ainvoke(_scenario(messages))
        message = AIMessage(content=answer["content"])
        return ChatResult(generations=[ChatGeneration(message=message)])


def _scenario(messages: list[BaseMessage]) -> Scenario:
    return find_scenario(messages[-1].text.encode())


class MinimalPeer(ModelPeer):
    """`MinimalModel` over the bare loop."""

    def __init__(self, url: str) -> None:
        super().__init__(url, MinimalModel(http=HttpxPeer(url)))


class FloorModel(BaseChatModel):
    """Yields chunks that were built before: what is left is LangChain's own cost."""

    _ready: dict[Scenario, list[ChatGenerationChunk]] = PrivateAttr(default_factory=dict)

    @property
    def _llm_type(self) -> str:
        return "floor"

    def prepare(self, scenario: Scenario) -> None:
        """Build the chunks of a scenario."""
        self._ready = {scenario: [_chunk({"content": piece(i)}) for i in range(scenario.count)]}

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        yield from self._ready[_scenario(messages)]

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in self._ready[_scenario(messages)]:
            yield chunk

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        message = AIMessage(content="ready")
        return ChatResult(generations=[ChatGeneration(message=message)])


class FloorPeer(ModelPeer):
    """LangChain with nothing beneath it."""

    def __init__(self, url: str) -> None:
        super().__init__(url, FloorModel())

    def prepare(self, scenario: Scenario) -> None:
        """Build the chunks, outside of what is measured."""
        self.model.prepare(scenario)


# --- LiteLLM -----


def register_litellm_floor(litellm: Any) -> None:
    """Add a provider that yields chunks which were built before."""
    types = importlib.import_module("litellm.types.utils")

    def made(scenario: Scenario) -> list[Any]:
        return [_litellm_chunk(types, i, scenario.count) for i in range(scenario.count + 1)]

    class Handler(litellm.CustomLLM):  # type: ignore[misc]  # its type is not known here
        def streaming(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
            yield from ready(kwargs["messages"])

        async def astreaming(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            for chunk in ready(kwargs["messages"]):
                yield chunk

    prepared: dict[Scenario, list[Any]] = {}

    def ready(messages: list[dict[str, str]]) -> list[Any]:
        scenario = find_scenario(messages[-1]["content"].encode())
        if scenario not in prepared:
            prepared[scenario] = made(scenario)
        return prepared[scenario]

    litellm.custom_provider_map = [{"provider": LITELLM_FLOOR, "custom_handler": Handler()}]


def _litellm_chunk(types: Any, position: int, count: int) -> Any:
    last = position == count
    choice = types.StreamingChoices(
        index=0,
        delta=types.Delta(content="" if last else piece(position)),
        finish_reason="stop" if last else None,
    )
    return types.ModelResponseStream(id="chatcmpl-floor", model=MODEL, choices=[choice])
