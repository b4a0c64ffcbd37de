"""What is particular to aiohttp beneath httpx; `test_faults` plays every scenario over it, too."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from langchain_aimlapi import ChatAimlapi, errors
from langchain_aimlapi._connection import fields as _fields
from langchain_aimlapi._transport import TransportOptions
from langchain_aimlapi._transport.over_aiohttp import AiohttpTransport
from tests.harness.faults.cases import HANGING
from tests.harness.faults.helpers import astreamed, echoing, make_model
from tests.harness.faults.raw_server import Hub, RawServer, Script
from tests.harness.faults.steps import Pieces, Reply, Send, Stall
from tests.harness.faults.wire import (
    ROLE,
    STREAM,
    answer,
    chunk,
    chunked,
    completion,
    event,
    sse_head,
)


def make(server: RawServer, **options: Any) -> ChatAimlapi:
    return make_model(server, async_transport="aiohttp", **options)


async def test_it_carries_the_async_calls(raw_hub: Hub) -> None:
    with echoing(raw_hub) as server:
        model = make(server)
        assert (await model.ainvoke("a")).text == "a"
        assert await astreamed(model, "b") == "b"
        drivers = model._drivers()
        [(_, pool)] = drivers.asynchronous._pools.values()
        assert [type(slot.client._transport) for slot in pool.slots] == [AiohttpTransport]
        await model.aclose()


async def test_a_request_looks_the_same_over_both(raw_hub: Hub) -> None:
    with echoing(raw_hub) as server:
        for transport in ("httpx", "aiohttp"):
            model = make_model(server, async_transport=transport, default_headers={"x-a": "b"})
            await model.ainvoke("a", client_request_id="one")
            await model.aclose()
        one, two = server.requests
        assert one.body == two.body
        assert {k.lower(): v for k, v in one.headers} == {k.lower(): v for k, v in two.headers}


async def test_a_large_request_arrives_whole(raw_hub: Hub) -> None:
    text = "0123456789" * 300_000
    with echoing(raw_hub) as server:
        model = make(server)
        assert (await model.ainvoke(text)).text == text
        await model.aclose()
        assert server.requests[0].header("content-length") == str(len(server.requests[0].body))


async def test_what_cannot_be_read_on_ends_the_stream_soon(raw_hub: Hub) -> None:
    """aiohttp closes the connection and tells nobody who waits for the body."""
    begun: Reply = (
        Pieces((sse_head(), chunked(event(ROLE) + event(chunk("Hello"))), b"zz\r\n"), gap=0.1),
        Stall(),
    )
    with raw_hub.serve(Script((begun,))) as server:
        model = make(server, stream_timeout=300.0)
        since = time.monotonic()
        with pytest.raises(errors.StreamInterrupted) as caught:
            await astreamed(model, "a")
        assert time.monotonic() - since < HANGING
        assert caught.value.partial.text == "Hello"
        await model.aclose()


@pytest.mark.slow
async def test_the_wait_within_a_stream_is_the_streams_own(raw_hub: Hub) -> None:
    head = Send(sse_head() + chunked(event(ROLE)))
    slow: Reply = (head, Pieces(tuple(chunked(event(v)) for v in STREAM[1:]), gap=0.4), Stall())
    with raw_hub.serve(Script((slow,))) as server:
        model = make(server, timeout=0.3, stream_timeout=20.0)
        assert await astreamed(model, "a")
        await model.aclose()
    with raw_hub.serve(Script(((head, Stall()),))) as server:
        model = make(server, timeout=30.0, stream_timeout=0.3)
        with pytest.raises(errors.StreamTimeoutError):
            await astreamed(model, "a")
        await model.aclose()


async def test_no_more_connections_are_opened_than_allowed(raw_hub: Hub) -> None:
    with echoing(raw_hub) as server:
        model = make(server, max_connections=3)
        told = await asyncio.gather(*(model.ainvoke(str(n)) for n in range(30)))
        assert [message.text for message in told] == [str(n) for n in range(30)]
        assert len(server.connections) <= 3
        await model.aclose()


async def test_waiting_for_a_free_connection_has_an_end(raw_hub: Hub) -> None:
    with raw_hub.serve(Script(((Stall(),),))) as server:
        model = make(server, max_connections=1, timeout=(0.2, 20.0), max_retries=0, deadline=1.0)
        told = await asyncio.gather(*(model.ainvoke("a") for _ in range(2)), return_exceptions=True)
        assert [type(error) for error in told] == [errors.APITimeoutError] * 2
        await model.aclose()


async def test_a_stream_that_is_left_gives_its_connection_back(raw_hub: Hub) -> None:
    reply: Reply = (Send(sse_head() + chunked(event(ROLE) + event(chunk("Hello")))), Stall())
    with raw_hub.serve(Script((reply, answer(completion())))) as server:
        model = make(server, max_connections=1)
        stream = model.astream("a")
        await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]  # an async generator
        assert (await model.ainvoke("b")).text
        await model.aclose()


@pytest.mark.parametrize(
    ("options", "environment"),
    [({"proxy": "http://127.0.0.1:9"}, {}), ({}, {"HTTPS_PROXY": "http://127.0.0.1:9"})],
)
def test_behind_a_proxy_httpx_has_it_all(
    options: dict[str, Any], environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    slot, _ = TransportOptions(async_transport="aiohttp", **options).async_pool().take()
    assert isinstance(slot.client._transport, httpx.AsyncHTTPTransport)


def test_without_aiohttp_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_fields, "find_spec", lambda name: None)
    with pytest.raises(ValidationError, match=r"pip install 'langchain_aimlapi\[aiohttp\]'"):
        ChatAimlapi(model="openai/gpt-4o", api_key="sk-a", async_transport="aiohttp")
