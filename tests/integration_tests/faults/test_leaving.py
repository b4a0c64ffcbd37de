"""Leaving early disconnects at once; staying to the end lets the connection be used again."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Generator

import pytest

from langchain_aimlapi import ChatAimlapi
from tests.harness.faults.cases import HANGING
from tests.harness.faults.helpers import all_closed, astreamed, echoing, make_model, streamed
from tests.harness.faults.raw_server import Hub, RawServer
from tests.harness.faults.steps import Every, Reply, Send, Stall
from tests.harness.faults.wire import (
    ROLE,
    STREAM,
    TEXT,
    TOLD,
    chunk,
    chunked,
    event,
    sse_head,
    stream,
)

pytestmark = pytest.mark.usefixtures("any_transport")

ENDLESS: Reply = (
    Send(sse_head() + chunked(event(ROLE) + event(TOLD[0]))),
    Every(chunked(event(chunk("x"))), 0.01),
)
QUIET: Reply = (Send(sse_head() + chunked(event(ROLE) + event(TOLD[0]))), Stall())


def _client_has_left(server: RawServer) -> bool:
    """Whether it was the client that ended the connection; the server would have gone on."""
    assert server.wait_until(lambda s: s.open_connections == 0), "still connected"
    return server.connections[-1].closed_by_client is not None


def _fail_inside(model: ChatAimlapi) -> None:
    for _ in model.stream("a"):
        raise ZeroDivisionError


@pytest.mark.parametrize("reply", [ENDLESS, QUIET], ids=["talking", "quiet"])
@pytest.mark.parametrize("way", ["break", "close", "raise", "drop"])
def test_leaving_a_sync_stream_disconnects_at_once(raw_hub: Hub, reply: Reply, way: str) -> None:
    with raw_hub.serve([reply]) as server:
        model = make_model(server)
        if way == "raise":
            with pytest.raises(ZeroDivisionError):
                _fail_inside(model)
        elif way == "break":
            for _ in model.stream("a"):
                break
        else:
            pieces = model.stream("a")
            next(pieces)
            if way == "close":
                assert isinstance(pieces, Generator)
                pieces.close()
            del pieces
        assert _client_has_left(server)
        assert len(server.requests) == 1


@pytest.mark.parametrize("reply", [ENDLESS, QUIET], ids=["talking", "quiet"])
@pytest.mark.parametrize("way", ["aclose", "cancel", "timeout"])
def test_leaving_an_async_stream_disconnects_at_once(raw_hub: Hub, reply: Reply, way: str) -> None:
    with raw_hub.serve([reply]) as server:
        model = make_model(server)

        async def read_on(started: asyncio.Event) -> None:
            async for _ in model.astream("a"):
                started.set()

        async def go() -> None:
            if way == "aclose":
                pieces = model.astream("a")
                await anext(pieces)
                assert isinstance(pieces, AsyncGenerator)
                await pieces.aclose()
            else:
                started = asyncio.Event()
                task = asyncio.create_task(read_on(started))
                await started.wait()
                if way == "cancel":
                    task.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await task
                else:
                    with pytest.raises(TimeoutError):
                        await asyncio.wait_for(task, 0.05)
            # the loop lives on: it is not its end that disconnects
            assert await asyncio.to_thread(_client_has_left, server)
            if others := asyncio.all_tasks() - {asyncio.current_task()}:  # a generator's end
                _, pending = await asyncio.wait(others, timeout=HANGING)
                assert not pending

        asyncio.run(go())
        assert len(server.requests) == 1


def test_cancelling_an_ainvoke_disconnects_at_once_and_sends_nothing_more(raw_hub: Hub) -> None:
    with raw_hub.serve([(Stall(),)]) as server:
        model = make_model(server)

        async def go() -> None:
            task = asyncio.create_task(model.ainvoke("a"))
            await asyncio.to_thread(server.wait_until, lambda s: len(s.requests) == 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(_client_has_left, server)

        asyncio.run(go())
        assert len(server.requests) == 1


def test_a_failed_attempt_is_closed_before_the_next_one(raw_hub: Hub) -> None:
    lame: Reply = (Send(sse_head()), Stall())
    with raw_hub.serve([lame]) as server:
        model = make_model(server, timeout=1.0, stream_timeout=1.0, max_retries=2)
        with pytest.raises(Exception, match=r"."):
            list(model.stream("a"))
        model.close()
        assert all_closed(server)
        opened = [line.opened for line in server.connections]
        left = [line.closed_by_client for line in server.connections]
        assert all(end is not None for end in left)
        for end, start in zip(left, opened[1:], strict=False):
            assert end is not None
            assert end <= start + 0.5  # an attempt takes a second


# --- connections and figures -----


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_ten_invokes_and_ten_streams_in_a_row_use_two_connections_at_most(
    raw_hub: Hub, colour: str
) -> None:
    with echoing(raw_hub) as server:
        model = make_model(server)

        async def go() -> None:
            for n in range(10):
                assert (await model.ainvoke(f"{n}")).text == f"{n}"
                assert await astreamed(model, f"s{n}") == f"s{n}"

        if colour == "async":
            asyncio.run(go())
        else:
            for n in range(10):
                assert model.invoke(f"{n}").text == f"{n}"
                assert streamed(model, f"s{n}") == f"s{n}"
            model.close()
        assert len(server.requests) == 20
        assert len(server.connections) <= 2


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_stream_returns_at_once_after_done_though_the_connection_stays_open(
    raw_hub: Hub, colour: str
) -> None:
    with raw_hub.serve([stream(*STREAM, ends=(Stall(),))]) as server:
        model = make_model(server, timeout=300.0, stream_timeout=300.0)

        async def go() -> float:
            await astreamed(model, "warm")
            begun = time.perf_counter()
            assert await astreamed(model, "a") == TEXT
            return time.perf_counter() - begun

        if colour == "async":
            took = asyncio.run(go())
        else:
            streamed(model, "warm")
            begun = time.perf_counter()
            assert streamed(model, "a") == TEXT
            took = time.perf_counter() - begun
            model.close()
        assert took < HANGING
        assert all_closed(server)


def test_no_thread_is_left_by_calls_streams_and_failures(raw_hub: Hub) -> None:
    with raw_hub.serve([ENDLESS]) as server:
        before = set(threading.enumerate())
        model = make_model(server, deadline=0.2)
        with pytest.raises(Exception, match=r"."):
            list(model.stream("a"))
        pieces = model.stream("a")
        next(pieces)
        del pieces
        model.close()
        assert set(threading.enumerate()) == before
        assert all_closed(server)


def test_constructing_a_model_opens_nothing(raw_hub: Hub) -> None:
    with echoing(raw_hub) as server:
        models = [make_model(server) for _ in range(100)]
        assert len(models) == 100
        assert not server.connections
