"""Counts that are the same on every machine: function calls, and blocks of memory kept."""

from __future__ import annotations

import asyncio
import cProfile
import gc
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx

from langchain_aimlapi import ChatAimlapi
from tests.harness.benchmarks.floors import HttpxPeer, MinimalModel
from tests.harness.benchmarks.payloads import Scenario, answer, blocks, find_scenario
from tests.harness.benchmarks.peers import KEY, MODEL

URL = "http://127.0.0.1:9/v1"


class _Bytes(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that is there at once, in blocks."""

    def __init__(self, pieces: tuple[bytes, ...]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


class Canned(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """The server's answers without a server: sockets would make the counts differ."""

    def _answer(self, body: bytes) -> httpx.Response:
        scenario = find_scenario(body)
        if b'"stream":true' in body.replace(b" ", b""):
            headers = {"content-type": "text/event-stream"}
            return httpx.Response(200, headers=headers, stream=_Bytes(blocks(scenario)))
        return httpx.Response(200, content=answer(scenario))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._answer(request.read())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self._answer(await request.aread())


def our_model(**options: Any) -> ChatAimlapi:
    """The chat model over canned answers."""
    return ChatAimlapi(
        model=MODEL,
        api_key=KEY,
        base_url=URL,
        http_client=httpx.Client(transport=Canned()),
        http_async_client=httpx.AsyncClient(transport=Canned()),
        **options,
    )


def minimal_model() -> MinimalModel:
    """The minimal loop over the same answers."""
    peer = HttpxPeer(URL)
    peer.client = httpx.Client(transport=Canned())
    peer.aclient = httpx.AsyncClient(transport=Canned())
    return MinimalModel(http=peer)


def drain(model: Any, scenario: Scenario, colour: str) -> None:
    """Play one stream to its end."""
    if colour == "sync":
        for _chunk in model.stream(scenario.prompt):
            pass
        return

    async def run() -> None:
        async for _chunk in model.astream(scenario.prompt):
            pass

    asyncio.run(run())


def calls(work: Callable[[], Any], *, builtins: bool = True) -> int:
    """How many functions ``work`` calls; without ``builtins`` only Python's (twice as fast)."""
    profile = cProfile.Profile(builtins=builtins)
    profile.enable()
    try:
        work()
    finally:
        profile.disable()
    return sum(entry.callcount for entry in profile.getstats())


def calls_per_chunk(model: Any, kind: str, colour: str, *, count: int = 400) -> float:
    """Calls that one more chunk of a stream costs: what a whole call costs is subtracted."""
    short, long = Scenario(kind, count), Scenario(kind, 2 * count)
    for scenario in (short, long):
        drain(model, scenario, colour)  # caches fill, modules load
    less = calls(lambda: drain(model, short, colour))
    more = calls(lambda: drain(model, long, colour))
    return (more - less) / count


def blocks_per_chunk(model: Any, kind: str, colour: str, *, count: int = 400) -> float:
    """Blocks of memory that a chunk keeps as long as the consumer keeps the chunk."""

    def kept(scenario: Scenario) -> int:
        gc.collect()
        before = sys.getallocatedblocks()
        chunks = _collect(model, scenario, colour)
        gc.collect()
        after = sys.getallocatedblocks()
        assert len(chunks) >= scenario.count  # and they were alive until here
        return after - before

    short, long = Scenario(kind, count), Scenario(kind, 2 * count)
    for scenario in (short, long):
        drain(model, scenario, colour)
    return (kept(long) - kept(short)) / count


def _collect(model: Any, scenario: Scenario, colour: str) -> list[Any]:
    if colour == "sync":
        return list(model.stream(scenario.prompt))

    async def run() -> list[Any]:
        return [chunk async for chunk in model.astream(scenario.prompt)]

    return asyncio.run(run())
