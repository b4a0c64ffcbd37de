"""What the tests of lifecycle, leaving and secrets have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from langchain_aimlapi import ChatAimlapi

from .families import KEY
from .raw_server import Hub, RawServer, Request, Script
from .steps import Reply
from .wire import DONE, END, ROLE, answer, chunk, completion, stream


def _echo(request: Request) -> Reply:
    """The right answer is the question: crossed answers are seen at once."""
    asked = request.json()
    said = asked["messages"][-1]["content"]
    if asked.get("stream"):
        return stream(ROLE, chunk(said), END, DONE)
    return answer(completion({"content": said}))


@contextmanager
def echoing(hub: Hub) -> Iterator[RawServer]:
    with hub.serve(Script(answers=_echo)) as server:
        yield server


transport = "httpx"  # the fixture `any_transport` changes it


def make_model(server: RawServer, **options: Any) -> ChatAimlapi:
    base: dict[str, Any] = {
        "model": "openai/gpt-4o",
        "api_key": KEY,
        "base_url": server.url + "/v1",
        "timeout": 60.0,
        "stream_timeout": 60.0,
        "async_transport": transport,
    }
    return ChatAimlapi(**{**base, **options})


def streamed(model: ChatAimlapi, text: str) -> str:
    return "".join(str(piece.text) for piece in model.stream(text))


async def astreamed(model: ChatAimlapi, text: str) -> str:
    return "".join([str(piece.text) async for piece in model.astream(text)])


def all_closed(server: RawServer, within: float = 30.0) -> bool:
    return server.wait_until(lambda s: s.open_connections == 0, within)
