"""What the tests of the LangChain front share: calls in both colours, recorded callbacks, and
bodies as a server sends them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any
from uuid import UUID

import httpx
import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import LLMResult
from langchain_core.runnables import Runnable

from langchain_aimlapi import ChatAimlapi

MODEL = "openai/gpt-4o"
SERVED = "gpt-4o-2024-08-06"  # what its answers say of themselves
KEY = "sk-not-a-real-key-0123456789"


def make(**arguments: Any) -> ChatAimlapi:
    """A model from arguments that only the test knows."""
    return ChatAimlapi(**arguments)


async def ask(chat: Runnable[Any, Any], said: Any, colour: str, /, **kwargs: Any) -> Any:
    """One whole answer, in one colour."""
    config = kwargs.pop("config", None)
    if colour == "sync":
        return chat.invoke(said, config, **kwargs)
    return await chat.ainvoke(said, config, **kwargs)


async def stream(chat: Runnable[Any, Any], said: Any, colour: str, /, **kwargs: Any) -> list[Any]:
    """The chunks of one answer, in one colour."""
    config = kwargs.pop("config", None)
    if colour == "sync":
        return list(chat.stream(said, config, **kwargs))
    return [chunk async for chunk in chat.astream(said, config, **kwargs)]


async def answer(
    chat: Runnable[Any, Any], said: Any, colour: str, manner: str, /, **kwargs: Any
) -> AIMessage:
    """One answer, whole or streamed and added up."""
    if manner == "whole":
        message = await ask(chat, said, colour, **kwargs)
    else:
        message = add_up(await stream(chat, said, colour, **kwargs))
    assert isinstance(message, AIMessage)
    return message


def add_up(chunks: Sequence[AIMessageChunk]) -> AIMessageChunk:
    """The chunks as one message."""
    assert chunks, "a stream without a chunk"
    assert all(isinstance(chunk, AIMessageChunk) for chunk in chunks)
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    return whole


def blocks_of(message: BaseMessage, kind: str) -> list[dict[str, Any]]:
    """The content blocks of one type."""
    return [dict(block) for block in message.content_blocks if block["type"] == kind]


def reasoning_of(message: BaseMessage) -> str:
    """All reasoning that the content blocks show."""
    return "".join(block.get("reasoning", "") for block in blocks_of(message, "reasoning"))


def text_of(message: BaseMessage) -> str:
    """All text that the content blocks show."""
    return "".join(block["text"] for block in blocks_of(message, "text"))


def sse(*frames: Any, done: bool = True) -> bytes:
    """Frames as server-sent events; text goes out as it is."""
    lines = [f if isinstance(f, str) else json.dumps(f, ensure_ascii=False) for f in frames]
    ends = ["[DONE]"] if done else []
    return "".join(f"data: {line}\n\n" for line in [*lines, *ends]).encode()


def delta(value: Any = None, *, finish: str | None = None, **top: Any) -> dict[str, Any]:
    """One chunk of a chat completion."""
    choice: dict[str, Any] = {"index": top.pop("index", 0), "finish_reason": finish}
    if value is not None:
        choice["delta"] = value
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "gpt-4o-2024-08-06",
        "choices": [choice],
        **top,
    }


def whole(message: Any, *, finish: str = "stop", **top: Any) -> dict[str, Any]:
    """A whole chat completion with one choice."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "gpt-4o-2024-08-06",
        "choices": [
            {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
        **top,
    }


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that arrives in exactly these pieces."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = list(pieces)

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


class Wire:
    """A server of one answer: what it got, and settings for a model that talks to it."""

    def __init__(self, body: bytes | Any = b"", *, kind: str | None = None) -> None:
        self.pieces: list[bytes] = []
        self.kind = kind
        self.status = 200
        self.headers: dict[str, str] = {"x-inference-id": "inf-1"}
        self.requests: list[httpx.Request] = []
        self.give(body)

    def give(self, body: bytes | Any, *, cuts: Sequence[int] = ()) -> None:
        """The next answers; bytes as they are, anything else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        ends = [0, *cuts, len(data)]
        self.pieces = [data[a:b] for a, b in pairwise(ends)]

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        data = b"".join(self.pieces)
        kind = self.kind or (
            "application/json" if data[:1] in (b"{", b"[") else "text/event-stream"
        )
        return httpx.Response(
            self.status,
            headers={"content-type": kind, **self.headers},
            stream=Pieces(self.pieces),
        )

    def settings(self) -> dict[str, Any]:
        transport = httpx.MockTransport(self.answer)
        return {
            "api_key": KEY,
            "base_url": "https://api.example.test/v1",
            "http_client": httpx.Client(transport=transport),
            "http_async_client": httpx.AsyncClient(transport=transport),
        }

    def model(self, name: str = MODEL, **kwargs: Any) -> ChatAimlapi:
        return ChatAimlapi(model=name, **{**self.settings(), **kwargs})

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.content) for request in self.requests]


def refusal_middleware() -> Any:
    """LangChain's own middleware for refusals; a test is skipped where LangChain is too old."""
    from langchain.agents import middleware

    if not hasattr(middleware, "ModelRefusalMiddleware"):
        pytest.skip("this langchain has no ModelRefusalMiddleware; 1.5 has")
    return middleware.ModelRefusalMiddleware()


class Recorder(BaseCallbackHandler):
    """What LangChain tells a callback handler."""

    raise_error = True

    def __init__(self) -> None:
        self.run_ids: list[str] = []
        self.started: list[dict[str, Any]] = []
        self.tokens: list[Any] = []
        self.chunks: list[Any] = []
        self.results: list[LLMResult] = []
        self.errors: list[tuple[BaseException, Any]] = []
        self.retries: list[Any] = []

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        **kwargs: Any,
    ) -> None:
        self.run_ids.append(str(run_id))
        self.started.append({"serialized": serialized, "messages": messages, **kwargs})

    def on_llm_new_token(self, token: Any, *, chunk: Any = None, **_: Any) -> None:
        self.tokens.append(token)
        self.chunks.append(chunk)

    def on_llm_end(self, response: LLMResult, **_: Any) -> None:
        self.results.append(response)

    def on_llm_error(self, error: BaseException, **kwargs: Any) -> None:
        self.errors.append((error, kwargs.get("response")))

    def on_retry(self, retry_state: Any, **_: Any) -> None:
        self.retries.append(retry_state)
