"""What is measured. Each item is a function of a contestant that returns numbers.

They run inside a worker process (`tests.harness.benchmarks.worker`) that holds one contestant.
CPU is the process's own (`time.process_time`, all threads); the server has a process of its own.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.harness.benchmarks.payloads import Scenario
from tests.harness.benchmarks.peers import Peer

Figures = dict[str, float]
Measure = Callable[[Peer, Scenario, int], Figures]


def _prepare(peer: Peer, scenario: Scenario) -> None:
    prepare = getattr(peer, "prepare", None)
    if prepare is not None:
        prepare(scenario)
    gc.collect()


def rss_kb() -> int:
    """Resident memory now."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() // 1024


def peak_kb() -> int:
    """Most resident memory so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


class Loop:
    """One event loop for all async items of a worker, as a program has one."""

    runner: asyncio.Runner | None = None

    @classmethod
    def run(cls, coroutine: Any) -> Any:
        """Run on that loop."""
        if cls.runner is None:
            cls.runner = asyncio.Runner()
        return cls.runner.run(coroutine)

    @classmethod
    def close(cls) -> None:
        """Shut the loop down."""
        if cls.runner is not None:
            cls.runner.close()


# --- one stream -----


def stream(peer: Peer, scenario: Scenario, times: int) -> Figures:
    """CPU per event of a stream, sync."""
    _prepare(peer, scenario)
    chunks = 0
    began, wall = time.process_time(), time.perf_counter()
    for _ in range(times):
        for _chunk in peer.stream(scenario):
            chunks += 1
    cpu, wall = time.process_time() - began, time.perf_counter() - wall
    events = scenario.count * times
    return {"us": cpu / events * 1e6, "wall_us": wall / events * 1e6, "chunks": chunks / times}


def astream(peer: Peer, scenario: Scenario, times: int) -> Figures:
    """CPU per event of a stream, async."""
    _prepare(peer, scenario)

    async def drain() -> int:
        chunks = 0
        for _ in range(times):
            async for _chunk in peer.astream(scenario):
                chunks += 1
        return chunks

    began, wall = time.process_time(), time.perf_counter()
    chunks = Loop.run(drain())
    cpu, wall = time.process_time() - began, time.perf_counter() - wall
    events = scenario.count * times
    return {"us": cpu / events * 1e6, "wall_us": wall / events * 1e6, "chunks": chunks / times}


def large_event(peer: Peer, scenario: Scenario, times: int) -> Figures:
    """CPU and memory of one huge event."""
    _prepare(peer, scenario)
    before = rss_kb()
    began = time.process_time()
    for _ in range(times):
        for _chunk in peer.stream(scenario):
            pass
    cpu = time.process_time() - began
    return {"ms": cpu / times * 1e3, "grown_mb": (peak_kb() - before) / 1024}


def first_chunk(peer: Peer, scenario: Scenario, times: int) -> Figures:
    """Wall time from the call to the first chunk with something in it, median."""
    _prepare(peer, scenario)
    waits: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        chunks = iter(peer.stream(scenario))
        next(chunks)
        waits.append(time.perf_counter() - began)
        for _chunk in chunks:
            pass
    return {"ms": sorted(waits)[times // 2] * 1e3}


def afirst_chunk(peer: Peer, scenario: Scenario, times: int) -> Figures:
    """The same, async."""
    _prepare(peer, scenario)

    async def run() -> list[float]:
        waits = []
        for _ in range(times):
            began = time.perf_counter()
            chunks = peer.astream(scenario)
            await anext(chunks)
            waits.append(time.perf_counter() - began)
            async for _chunk in chunks:
                pass
        return waits

    return {"ms": sorted(Loop.run(run()))[times // 2] * 1e3}


# --- whole answers -----


def invoke(peer: Peer, scenario: Scenario, times: int) -> Figures:
    """CPU per whole answer, sync."""
    return _calls(lambda: peer.invoke(scenario), times)


def invoke_large(peer: Peer, scenario: Scenario, times: int) -> Figures:
    """CPU per whole answer to a large request, its building included."""
    return _calls(lambda: peer.invoke_large(scenario), times)


def _calls(call: Callable[[], Any], times: int) -> Figures:
    gc.collect()
    began = time.process_time()
    for _ in range(times):
        call()
    return {"us": (time.process_time() - began) / times * 1e6}


def ainvoke(peer: Peer, scenario: Scenario, times: int) -> Figures:
    """CPU per whole answer, async, one at a time."""
    return _acalls(peer, scenario, times, at_once=1)


def ainvoke_100(peer: Peer, scenario: Scenario, times: int) -> Figures:
    """CPU and wall per whole answer, 100 at a time."""
    return _acalls(peer, scenario, times, at_once=100)


def _acalls(peer: Peer, scenario: Scenario, times: int, *, at_once: int) -> Figures:
    gc.collect()
    rounds = max(times // at_once, 1)

    async def run(rounds: int) -> None:
        for _ in range(rounds):
            await asyncio.gather(*(peer.ainvoke(scenario) for _ in range(at_once)))

    Loop.run(run(1))  # while the others were measured, idle connections have been closed
    began, wall = time.process_time(), time.perf_counter()
    Loop.run(run(rounds))
    cpu, wall = time.process_time() - began, time.perf_counter() - wall
    calls = rounds * at_once
    return {"us": cpu / calls * 1e6, "wall_us": wall / calls * 1e6}


# --- many at once -----


def streams_at_once(peer: Peer, scenario: Scenario, times: int) -> Figures:
    """``scenario.gate`` streams that are all open before any of them ends."""
    _prepare(peer, scenario)
    before = rss_kb()

    async def one() -> int:
        chunks = 0
        async for _chunk in peer.astream(scenario):
            chunks += 1
        return chunks

    async def run() -> list[Any]:
        tasks = (one() for _ in range(scenario.gate))
        return await asyncio.gather(*tasks, return_exceptions=True)

    began, wall = time.process_time(), time.perf_counter()
    told = Loop.run(run())
    cpu, wall = time.process_time() - began, time.perf_counter() - wall
    failed = [value for value in told if not isinstance(value, int)]
    short = [value for value in told if isinstance(value, int) and value < 1]
    return {
        "ms": cpu / scenario.gate * 1e3,
        "wall_s": wall,
        "kb": (peak_kb() - before) / scenario.gate,
        "errors": len(failed) + len(short),
    }


def calls_10k(peer: Peer, scenario: Scenario, times: int) -> Figures:
    """Memory after many calls over memory after the first tenth of them."""
    _acalls(peer, scenario, times // 10, at_once=20)
    gc.collect()
    before = rss_kb()
    _acalls(peer, scenario, times - times // 10, at_once=20)
    gc.collect()
    return {"grown_kb": float(rss_kb() - before)}


def batch(peer: Peer, scenario: Scenario, times: int) -> Figures:
    """CPU per prompt of one ``batch``."""
    model: Any = peer.model  # type: ignore[attr-defined]  # only chat models have this item
    return _batch(lambda: model.batch([scenario.prompt] * times), times)


def abatch(peer: Peer, scenario: Scenario, times: int) -> Figures:
    """CPU per prompt of one ``abatch``."""
    model: Any = peer.model  # type: ignore[attr-defined]  # only chat models have this item
    return _batch(lambda: Loop.run(model.abatch([scenario.prompt] * times)), times)


def _batch(call: Callable[[], Any], times: int) -> Figures:
    from tests.harness.benchmarks.server import stats

    address = ADDRESS[0]
    stats(address)
    began = time.process_time()
    call()
    cpu = time.process_time() - began
    return {"us": cpu / times * 1e6, "connections": float(stats(address)["connections"])}


ADDRESS = [""]  # of the server, without a path; set by the worker


# --- the list -----


@dataclass(frozen=True)
class Item:
    """One row group of the table.

    Attributes:
        title: What the reader sees.
        figure: The number that is compared; a key of the figures.
        scenario: What the server plays.
        times: Repetitions inside one measurement.
        fresh: Measured in a process of its own (memory cannot be un-grown).
        once: One round is enough.
        peers: Contestants; empty for all but LiteLLM's.
    """

    title: str
    figure: str
    measure: Measure
    scenario: Scenario
    times: int = 1
    fresh: bool = False
    once: bool = False
    peers: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()

    def takes(self, peer: str) -> bool:
        """Whether a contestant takes part."""
        if self.peers:
            return peer in self.peers
        return not peer.startswith("litellm") and peer not in self.skip


_TRANSPORT = ("aiohttp",)  # measured where connections are many, in an event loop
_LITELLM = ("litellm-aimlapi", "litellm-aiml", "litellm-floor", "aimlapi")
_CHAT = ("aimlapi", "openai", "deepseek", "openrouter", "chat-litellm", "minimal")
_GROWTH = ("aimlapi", "coalesce", "openai", "minimal", "floor", "httpx")  # long items
_WIRE = ("floor", "coalesce", "aiohttp")  # no part in what these do not change

ITEMS: dict[str, Item] = {
    "stream-text": Item("text chunk, sync", "us", stream, Scenario("text", 3000), skip=_TRANSPORT),
    "astream-text": Item(
        "text chunk, async", "us", astream, Scenario("text", 3000), skip=_TRANSPORT
    ),
    "stream-reasoning": Item(
        "reasoning chunk, sync", "us", stream, Scenario("reasoning", 3000), skip=_WIRE
    ),
    "astream-reasoning": Item(
        "reasoning chunk, async", "us", astream, Scenario("reasoning", 3000), skip=_WIRE
    ),
    "stream-tools": Item(
        "tool-call fragment, sync", "us", stream, Scenario("tools", 3000), skip=_WIRE
    ),
    "astream-tools": Item(
        "tool-call fragment, async", "us", astream, Scenario("tools", 3000), skip=_WIRE
    ),
    "paced-text": Item(
        "text chunk alone in its packet, sync",
        "us",
        stream,
        Scenario("text", 500, pause_ms=1),
        skip=("floor", "aiohttp"),
    ),
    "apaced-text": Item(
        "text chunk alone in its packet, async",
        "us",
        astream,
        Scenario("text", 500, pause_ms=1),
        skip=("floor", "aiohttp"),
    ),
    "invoke": Item("invoke", "us", invoke, Scenario("plain", 50), 100, skip=_WIRE),
    "ainvoke": Item("ainvoke", "us", ainvoke, Scenario("plain", 50), 100, skip=_WIRE),
    "ainvoke-100": Item(
        "ainvoke, 100 at once",
        "us",
        ainvoke_100,
        Scenario("plain", 50),
        400,
        skip=("floor", "coalesce"),
    ),
    "invoke-large": Item(
        "invoke, 50 messages, 5 images, 20 tools",
        "us",
        invoke_large,
        Scenario("plain", 50),
        20,
        skip=(*_WIRE, "minimal"),
    ),
    "first": Item("first chunk, sync", "ms", first_chunk, Scenario("first", 10), 60, skip=_WIRE),
    "afirst": Item("first chunk, async", "ms", afirst_chunk, Scenario("first", 10), 60, skip=_WIRE),
    "streams-100": Item(
        "100 streams at once",
        "ms",
        streams_at_once,
        Scenario("text", 30, gate=100),
        fresh=True,
        skip=("floor",),
    ),
    "streams-1000": Item(
        "1,000 streams at once",
        "ms",
        streams_at_once,
        Scenario("text", 30, gate=1000),
        fresh=True,
        # openrouter's client has 100 connections, so 1,000 streams are never open together
        skip=("floor", "openrouter", "chat-litellm"),
    ),
    "long-20k": Item(
        "chunk of a stream of 20,000",
        "us",
        stream,
        Scenario("text", 20_000),
        fresh=True,
        once=True,
        peers=_GROWTH,
    ),
    "long-200k": Item(
        "chunk of a stream of 200,000",
        "us",
        stream,
        Scenario("text", 200_000),
        fresh=True,
        once=True,
        peers=_GROWTH,
    ),
    "event-500kb": Item(
        "one event of 0.5 MB",
        "ms",
        large_event,
        Scenario("event", 500_000),
        fresh=True,
        once=True,
        skip=_WIRE,
    ),
    "event-5mb": Item(
        "one event of 5 MB",
        "ms",
        large_event,
        Scenario("event", 5_000_000),
        fresh=True,
        once=True,
        skip=_WIRE,
    ),
    "calls-10k": Item(
        "memory, calls 1,000 to 10,000",
        "grown_kb",
        calls_10k,
        Scenario("plain", 50),
        10_000,
        fresh=True,
        once=True,
        peers=("aimlapi", "openai", "minimal", "httpx"),
    ),
    "batch": Item("batch of 1,000", "us", batch, Scenario("plain", 50), 1000, peers=_CHAT),
    "abatch": Item("abatch of 1,000", "us", abatch, Scenario("plain", 50), 1000, peers=_CHAT),
    "litellm-stream": Item(
        "LiteLLM text chunk, sync", "us", stream, Scenario("text", 1000), peers=_LITELLM
    ),
    "litellm-astream": Item(
        "LiteLLM text chunk, async", "us", astream, Scenario("text", 1000), peers=_LITELLM
    ),
    "litellm-invoke": Item(
        "LiteLLM completion",
        "us",
        invoke,
        Scenario("plain", 50),
        50,
        peers=("litellm-aimlapi", "litellm-aiml"),
    ),
}
