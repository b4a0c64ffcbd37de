"""The driver on an event loop."""

from __future__ import annotations

import asyncio
import sys
import threading
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import httpx

from langchain_aimlapi._transport.common import (
    DRAIN_SECONDS,
    IO_ERRORS,
    KeyAuth,
    OnRetry,
    Trace,
    build,
    fault_of,
    headers_of,
    idle_from_now,
    leave,
    left,
    resolve,
    size_limit,
    timeouts_of,
    too_large,
)
from langchain_aimlapi._transport.forks import INHERITED, remember
from langchain_aimlapi._transport.options import TransportOptions
from langchain_aimlapi._transport.pool import Pool, Slot
from langchain_aimlapi._wire import flow as wire
from langchain_aimlapi._wire.flow import READ, Fault, Flow, Resolve
from langchain_aimlapi._wire.key import Key
from langchain_aimlapi._wire.request import Body, Response
from langchain_aimlapi._wire.retry import RetryEvent
from langchain_aimlapi.errors import InvalidRequestError

T = TypeVar("T")


class _AsyncOpenAnswer:
    """One open answer of the async driver."""

    __slots__ = ("_pieces", "_until", "ended", "response")

    def __init__(self, response: httpx.Response, until: float | None) -> None:
        self.response = response
        self.ended = False
        self._until = until
        consumed = response.is_stream_consumed
        self._pieces: AsyncIterator[bytes] = (
            _one(response.content) if consumed else response.stream.__aiter__()  # type: ignore[union-attr]  # an async client's
        )

    async def read(self) -> bytes:
        """The next bytes, ``b""`` at the end. Raises Fault."""
        error: Fault
        try:
            if self._until is None:
                return await self._next()
            async with asyncio.timeout(left(self._until)):
                return await self._next()
        except TimeoutError:
            error = Fault("deadline", "the deadline of the call has passed")
        except IO_ERRORS as caught:
            error = fault_of(caught)
        raise error

    async def _next(self) -> bytes:
        async for piece in self._pieces:
            if piece:
                return piece
        self.ended = True
        return b""

    async def drain(self) -> None:
        """Read on to the end of the body, for a moment, so that the connection can be kept."""
        if self.ended:
            return
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                for _ in range(16):
                    if not await self.read():
                        return
        except (Fault, TimeoutError):
            return  # the answer was complete: only the connection is lost

    async def close(self) -> None:
        await self.response.aclose()


async def _one(content: bytes) -> AsyncIterator[bytes]:
    yield content


class AsyncDriver:
    """Carries out flows on the running event loop; one client per loop."""

    def __init__(self, options: TransportOptions, client: httpx.AsyncClient | None = None) -> None:
        self._options = options
        self._given = client
        self._pools: dict[int, tuple[asyncio.AbstractEventLoop, Pool[httpx.AsyncClient]]] = {}
        self._lock = threading.Lock()
        remember(self)

    async def run(self, flow: Flow[T], key: Key | None, on_retry: OnRetry | None = None) -> T:
        """Carry out a flow that has no items; return its result."""
        results: list[T] = []
        async for _ in self.stream(_keep_result(flow, results), key, on_retry):
            pass
        return results[0]

    async def _send(
        self, client: httpx.AsyncClient, command: wire.Send, auth: KeyAuth | None
    ) -> Response:
        response = await self._open(client, command, auth)
        answer = _AsyncOpenAnswer(response, command.until)
        limit = size_limit(response, command.limits)
        pieces: list[bytes] = []
        size = 0
        try:
            while piece := await answer.read():
                pieces.append(piece)
                size += len(piece)
                if size > limit:
                    if fault := too_large(response, command.limits):
                        raise fault
                    break
        except Fault:
            if response.is_success:
                raise
        finally:
            await answer.close()
        return Response(response.status_code, headers_of(response), b"".join(pieces)[:limit])

    async def _open(
        self, client: httpx.AsyncClient, command: wire.Send | wire.Open, auth: KeyAuth | None
    ) -> httpx.Response:
        trace = Trace()
        fault: Fault
        try:
            body = command.request.body
            content = body if body is None or isinstance(body, bytes) else _pieces(body)
            timeouts = timeouts_of(command.limits, command.until)
            request = build(client, command.request, timeouts, trace.acall, content)
            async with asyncio.timeout(None if command.until is None else left(command.until)):
                return await client.send(request, auth=auth, stream=True, follow_redirects=False)
        except TimeoutError:
            fault = Fault("deadline", "the deadline of the call has passed")
        except IO_ERRORS as error:
            fault = fault_of(error, stale=trace.stale(error))
        raise fault

    async def stream(
        self, flow: Flow[Any], key: Key | None, on_retry: OnRetry | None = None
    ) -> AsyncGenerator[Any, None]:
        """Carry out a flow; yield its items as they come."""
        _check_loop()
        auth = None if key is None else KeyAuth(key)
        slot = await self._acquire()
        answer: _AsyncOpenAnswer | None = None
        command: Any = None
        result: Any = None
        fault: Fault | None = None
        try:
            while True:
                try:
                    command = flow.send(result) if fault is None else flow.throw(fault)
                except StopIteration:
                    return
                result, fault = None, None
                if type(command) is list:
                    for item in command:
                        yield item
                    continue
                try:
                    if command is READ:
                        result = await answer.read()  # type: ignore[union-attr]  # after Open
                    elif isinstance(command, wire.Send):
                        result = await self._send(slot.client, command, auth)
                    elif isinstance(command, wire.Open):
                        response = await self._open(slot.client, command, auth)
                        idle_from_now(response, command.limits, command.until)
                        answer = _AsyncOpenAnswer(response, command.until)
                        result = Response(response.status_code, headers_of(response), b"")
                    elif isinstance(command, Resolve):
                        result = await asyncio.to_thread(resolve, command)
                    elif not isinstance(command, wire.Drain | wire.Close):
                        await _pause(command, on_retry)
                    elif answer is not None:
                        if isinstance(command, wire.Drain):
                            await answer.drain()
                        await answer.close()
                        answer = None
                except Fault as caught:
                    fault = caught
        except BaseException as error:
            if not isinstance(error, Exception) or isinstance(command, wire.Notify):
                leave(flow, error)
            raise
        finally:
            flow.close()
            if answer is not None:
                await answer.close()
            if slot.release():
                await slot.client.aclose()

    async def close(self) -> None:
        """Close the pooled connections of the running loop (not a client that the user gave)."""
        loop = asyncio.get_running_loop()
        with self._lock:
            _, pool = self._pools.pop(id(loop), (loop, None))
        for slot in pool.slots if pool is not None else ():
            if slot.retire():
                await slot.client.aclose()

    async def _acquire(self) -> Slot[httpx.AsyncClient]:
        if self._given is not None:
            return Slot(self._given, owned=False)
        loop = asyncio.get_running_loop()
        with self._lock:
            owner, pool = self._pools.get(id(loop), (None, None))
            if pool is None or owner is not loop:
                self._pools = {k: p for k, p in self._pools.items() if not p[0].is_closed()}
                pool = self._options.async_pool()
                self._pools[id(loop)] = loop, pool
            slot, surplus = pool.take()
        try:
            if slot.keeper is None and _is_ending_seen(loop):
                slot.keeper = _keep(slot.client, _leaving(self._lock, pool, slot))
                await anext(slot.keeper)
            if surplus is not None:
                await surplus.client.aclose()
        except BaseException:
            slot.release()
            raise
        return slot

    def forked(self) -> None:
        self._lock = threading.Lock()
        INHERITED.extend(self._pools.values())
        self._pools = {}


def _check_loop() -> None:
    """Raises InvalidRequestError outside of asyncio: under Trio, or a coroutine driven by hand."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise InvalidRequestError(
            "async calls need asyncio, and no event loop of it is running here",
            advice="run them with asyncio, or make the sync call in a thread of the library that "
            "runs here (trio.to_thread.run_sync, anyio.to_thread.run_sync)",
        ) from None


async def _keep(client: httpx.AsyncClient, leave: Callable[[], None]) -> AsyncIterator[None]:
    """Closes the client when its event loop shuts down, or when the last model that uses it is
    gone: asyncio closes the async generators that were started on a loop before it closes the loop,
    and one that nobody refers to any more at once. A loop may live on after the former
    (``loop.shutdown_asyncgens()``), so the client leaves the pool and is replaced."""
    try:
        yield
    finally:
        leave()
        with suppress(*IO_ERRORS):
            await client.aclose()


def _leaving(
    lock: threading.Lock, pool: Pool[httpx.AsyncClient], slot: Slot[httpx.AsyncClient]
) -> Callable[[], None]:
    """Takes a slot out of its pool. It refers to both weakly: a slot owns its keeper, and in a
    circle neither would be gone before the next run of the garbage collector."""
    pools, slots = weakref.ref(pool), weakref.ref(slot)

    def leave() -> None:
        pool, slot = pools(), slots()
        with lock:
            if pool is not None and slot in pool.slots:
                pool.slots.remove(slot)

    return leave


def _is_ending_seen(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether the loop closes async generators at its end. One that was shut down and goes on does
    so no more, and one that nest_asyncio has patched never does: a generator that is left open
    there prints a traceback when the interpreter ends."""
    shut_down: bool = getattr(loop, "_asyncgens_shutdown_called", False)
    return sys.get_asyncgen_hooks().firstiter is not None and not shut_down


def _keep_result(flow: Flow[T], results: list[T]) -> Flow[None]:
    """The same flow; an async generator returns nothing, so its result goes into a list."""
    results.append((yield from flow))


async def _pause(command: Any, on_retry: OnRetry | None) -> None:
    """Carry out a command that needs no connection."""
    returned: object = None
    if isinstance(command, wire.Notify):
        returned = command.callback(*command.arguments)
    elif isinstance(command, wire.Retry) and on_retry is not None:
        returned = on_retry(RetryEvent(command.attempt, command.seconds, command.error))
    if isinstance(returned, Awaitable):
        await returned
    if not isinstance(command, wire.Notify):
        await asyncio.sleep(command.seconds)


async def _pieces(body: Body) -> AsyncIterator[bytes]:
    """The pieces of a body; files are read in a thread, so that the loop goes on."""
    pieces = body.pieces()
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece
