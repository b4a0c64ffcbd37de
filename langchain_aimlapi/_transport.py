"""The only client code that performs I/O: two drivers that carry out what a flow says.

Clients are built at the first call and shared by all models with the same transport options: one
per process for sync, one per event loop for async. A fork starts with none (the parent's sockets
must never be used by two processes), and a loop closes its client when it shuts down.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import socket
import ssl
import threading
import time
import weakref
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterator,
)
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from langchain_aimlapi._pool import Pool, Slot
from langchain_aimlapi._settings import Key, clean_key
from langchain_aimlapi._wire import flow as wire
from langchain_aimlapi._wire.fetch import Resolve
from langchain_aimlapi._wire.flow import READ, Fault, Flow
from langchain_aimlapi._wire.inflate import ACCEPT_ENCODING
from langchain_aimlapi._wire.request import Limits, Request, Response
from langchain_aimlapi._wire.retry import RetryEvent
from langchain_aimlapi.errors import AuthenticationError, InvalidRequestError

T = TypeVar("T")
C = TypeVar("C")
OnRetry = Callable[[RetryEvent], Any]
DRAIN_SECONDS = 0.05


@dataclass(frozen=True)
class TransportOptions:
    """What makes a connection pool what it is; models with equal options share one."""

    proxy: str | None = field(default=None, repr=False)  # may hold credentials
    verify: bool | str | ssl.SSLContext = True
    trust_env: bool = True
    max_connections: int = 1000
    keepalive_seconds: float = 30.0

    def pool(self, client: Callable[..., C]) -> Pool[C]:
        """Clients of that class; they share one TLS context, which takes 20 ms to make."""
        arguments = {
            "proxy": self.proxy,
            "verify": _ssl_context(self.verify, self.trust_env),
            "trust_env": self.trust_env,
            "follow_redirects": False,
            "timeout": None,
        }

        def make(connections: int) -> C:
            limits = httpx.Limits(
                max_connections=connections,
                max_keepalive_connections=connections,
                keepalive_expiry=self.keepalive_seconds,
            )
            return client(**arguments, limits=limits)

        return Pool(make, self.max_connections, self.keepalive_seconds)


def _ssl_context(verify: bool | str | ssl.SSLContext, trust_env: bool) -> Any:
    if isinstance(verify, str):
        return ssl.create_default_context(
            cafile=None if os.path.isdir(verify) else verify,
            capath=verify if os.path.isdir(verify) else None,
        )
    if verify is not True:
        return verify
    return httpx.create_ssl_context(trust_env=trust_env)


class KeyAuth(httpx.Auth):
    """Adds the key when a request leaves; keeps it out of every object that an error could hold."""

    def __init__(self, key: Key) -> None:
        self._key = key

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign a request (sync)."""
        value = self._key() if callable(self._key) else self._key.get_secret_value()
        if inspect.isawaitable(value):
            if inspect.iscoroutine(value):
                value.close()
            raise InvalidRequestError(
                "api_key is an async function, which a sync call can not await",
                advice="use ainvoke/astream, or give a plain function",
            )
        request.headers["Authorization"] = _bearer(value)
        yield request

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Sign a request (async)."""
        value = self._key() if callable(self._key) else self._key.get_secret_value()
        if inspect.isawaitable(value):
            value = await value
        request.headers["Authorization"] = _bearer(value)
        yield request


def _bearer(value: Any) -> str:
    """The header for a key; what a function gave is checked only here, and never quoted."""
    reason = "it is no text" if not isinstance(value, str) else "it is empty"
    try:
        key = clean_key(value) if isinstance(value, str) else ""
    except ValueError as error:
        key, reason = "", str(error)
    if not key:
        raise AuthenticationError(f"the function given as api_key gave no key: {reason}")
    return f"Bearer {key}"


# --- what both drivers share -----


class _Trace:
    """Learns from httpx's trace events whether a pooled connection was used, and which socket a
    new one got."""

    __slots__ = ("connected", "sent", "socket")

    def __init__(self) -> None:
        self.connected = False
        self.sent = False
        self.socket: socket.socket | None = None

    def __call__(self, event: str, info: Any) -> None:
        if event == "connection.connect_tcp.started":
            self.connected = True
        elif event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self.socket = info["return_value"].get_extra_info("socket")
        elif event == "http11.send_request_headers.started":
            self.sent = True

    async def acall(self, event: str, info: Any) -> None:
        self(event, info)

    def stale(self, error: Exception) -> bool:
        """Whether a reused connection turned out to be dead before any byte of an answer."""
        return (
            self.sent
            and not self.connected
            and isinstance(error, httpx.RemoteProtocolError | httpx.NetworkError)
        )


def _fault(error: Exception, *, stale: bool = False) -> Fault:
    """Any exception of the HTTP library as a `Fault`, without a reference to the original
    (which holds the request, and with it the key and the prompt)."""
    detail = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, httpx.TimeoutException):
        return Fault("timeout", detail)
    if isinstance(error, httpx.ProxyError):
        return Fault("proxy", detail)
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return Fault("url", detail)
    if isinstance(error, httpx.ConnectError):
        tls = "CERTIFICATE_VERIFY_FAILED" in detail or "certificate" in detail.lower()
        return Fault("tls" if tls else "connect", detail)
    if isinstance(error, RuntimeError):
        return Fault("url", f"the http client can not be used: {detail}")
    return Fault("broken", detail, stale=stale)


_IO_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, RuntimeError)


def _left(until: float) -> float:
    """Seconds to a moment of the monotonic clock, not below 0."""
    return max(until - time.monotonic(), 0.0)


def _timeout(limits: Limits, until: float | None) -> dict[str, float | None]:
    """httpx's timeouts, none of them past the deadline."""
    times = {
        "connect": limits.connect,
        "read": limits.read,
        "write": limits.write,
        "pool": limits.pool,
    }
    if until is None:
        return times
    left = max(_left(until), 0.001)
    return {k: left if v is None else min(v, left) for k, v in times.items()}


def _build(client: Any, request: Request, timeout: dict[str, float | None], trace: Any) -> Any:
    return client.build_request(
        request.method,
        request.url,
        headers={"accept-encoding": ACCEPT_ENCODING, **request.headers},
        content=request.body,
        timeout=httpx.Timeout(**timeout),
        extensions={"trace": trace}
        | ({"sni_hostname": request.server_name} if request.server_name else {}),
    )


def _resolve(command: Resolve) -> list[str]:
    fault: Fault
    try:
        found = socket.getaddrinfo(command.host, command.port, type=socket.SOCK_STREAM)
        return [str(entry[4][0]) for entry in found]
    except (OSError, UnicodeError) as error:
        fault = Fault("connect", f"{command.host!r} has no address ({error})")
    raise fault


def _headers(response: httpx.Response) -> dict[str, str]:
    headers = {k.lower(): v for k, v in response.headers.items()}
    if response.is_stream_consumed:  # an event hook has read, and so decoded, the body
        headers.pop("content-encoding", None)
    return headers


def _idle_from_now(response: httpx.Response, limits: Limits, until: float | None) -> None:
    """From here on the wait for bytes is the stream's idle time, not the wait for headers.

    httpx keeps the timeouts of a request in its ``extensions``; the body reads them when it is
    iterated first.
    """
    timeouts = response.request.extensions.get("timeout")
    if isinstance(timeouts, dict):
        timeouts["read"] = _timeout(Limits(read=limits.idle), until)["read"]


def _size_limit(response: httpx.Response, limits: Limits) -> int:
    return limits.max_response_bytes if response.is_success else limits.max_error_bytes


def _too_large(response: httpx.Response, limits: Limits) -> Fault | None:
    """A fault for an oversized success; an oversized error is simply cut."""
    if not response.is_success:
        return None
    return Fault("too_large", f"the answer is longer than {limits.max_response_bytes} bytes")


# --- sync -----


class _Watchdog:
    """Ends a blocking read at a given moment, by shutting its socket down.

    httpx bounds the wait for each byte, not for all of them, and can not shorten a wait that has
    begun; a timer thread that lives only as long as the wait can.
    """

    __slots__ = ("_find", "_timer", "fired")

    def __init__(self, find: Callable[[], socket.socket | None], seconds: float) -> None:
        self.fired = False
        self._find = find
        self._timer = threading.Timer(seconds, self._fire)
        self._timer.daemon = True
        self._timer.start()

    def _fire(self) -> None:
        self.fired = True
        sock = self._find()
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # closed already, which is what was wanted

    def cancel(self) -> None:
        self._timer.cancel()
        self._timer.join()


class _OpenAnswer:
    """One open answer of the sync driver."""

    __slots__ = ("_pieces", "_watchdog", "ended", "response")

    def __init__(self, response: httpx.Response, until: float | None) -> None:
        self.response = response
        self.ended = False
        consumed = response.is_stream_consumed
        self._pieces: Iterator[bytes] = iter(
            [response.content] if consumed else response.stream  # type: ignore[arg-type]
        )
        self._watchdog = None if until is None else _Watchdog(self._socket, _left(until))

    def read(self) -> bytes:
        """The next bytes, ``b""`` at the end. Raises Fault."""
        error: Fault
        try:
            for piece in self._pieces:
                if piece:
                    return piece
            if self._watchdog is None or not self._watchdog.fired:
                self.ended = True
                return b""
            error = Fault("deadline", "the deadline of the call has passed")
        except _IO_ERRORS as caught:
            error = _fault(caught)
            if self._watchdog is not None and self._watchdog.fired:
                error = Fault("deadline", "the deadline of the call has passed")
        raise error

    def _socket(self) -> socket.socket | None:
        stream = self.response.extensions.get("network_stream")
        found: socket.socket | None = (
            stream.get_extra_info("socket") if stream is not None else None
        )
        return found

    def drain(self) -> None:
        """Read on to the end of the body, for a moment, so that the connection can be kept."""
        if self.ended:
            return
        watchdog = _Watchdog(self._socket, DRAIN_SECONDS)
        try:
            for _ in range(16):
                if not self.read():
                    return
        except Fault:
            return  # the answer was complete: only the connection is lost
        finally:
            watchdog.cancel()

    def close(self) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()
        self.response.close()


class SyncDriver:
    """Carries out flows with blocking I/O. Safe to share between threads."""

    def __init__(self, options: TransportOptions, client: httpx.Client | None = None) -> None:
        self._options = options
        self._given = client
        self._pool: Pool[httpx.Client] | None = None
        self._lock = threading.Lock()
        _remember(self)

    def run(self, flow: Flow[T], key: Key | None, on_retry: OnRetry | None = None) -> T:
        """Carry out a flow that has no items; return its result."""
        auth = None if key is None else KeyAuth(key)
        slot = self._acquire()
        try:
            return self._run(flow, slot.client, auth, on_retry)
        finally:
            flow.close()
            if slot.release():
                slot.client.close()

    def _run(
        self, flow: Flow[T], client: httpx.Client, auth: KeyAuth | None, on_retry: OnRetry | None
    ) -> T:
        result: Any = None
        fault: Fault | None = None
        while True:
            try:
                command = flow.send(result) if fault is None else flow.throw(fault)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            result, fault = None, None
            if isinstance(command, wire.Sleep):
                _tell(on_retry, command)
                time.sleep(command.seconds)
                continue
            try:
                if isinstance(command, Resolve):
                    result = _resolve(command)
                else:
                    result = self._send(client, command, auth)
            except Fault as caught:
                fault = caught

    def _send(self, client: httpx.Client, command: wire.Send, auth: KeyAuth | None) -> Response:
        response = self._open(client, command, auth)
        answer = _OpenAnswer(response, command.until)
        limit = _size_limit(response, command.limits)
        pieces: list[bytes] = []
        size = 0
        try:
            while piece := answer.read():
                pieces.append(piece)
                size += len(piece)
                if size > limit:
                    if fault := _too_large(response, command.limits):
                        raise fault
                    break
        except Fault:
            if response.is_success:
                raise
        finally:
            answer.close()
        return Response(response.status_code, _headers(response), b"".join(pieces)[:limit])

    def _open(
        self, client: httpx.Client, command: wire.Send | wire.Open, auth: KeyAuth | None
    ) -> httpx.Response:
        trace = _Trace()
        until = command.until
        watchdog = None if until is None else _Watchdog(lambda: trace.socket, _left(until))
        fault: Fault
        try:
            request = _build(client, command.request, _timeout(command.limits, until), trace)
            return client.send(request, auth=auth, stream=True, follow_redirects=False)
        except _IO_ERRORS as error:
            fault = _fault(error, stale=trace.stale(error))
            if watchdog is not None and watchdog.fired:
                fault = Fault("deadline", "the deadline of the call has passed")
        finally:
            if watchdog is not None:
                watchdog.cancel()
        raise fault

    def stream(
        self, flow: Flow[None], key: Key | None, on_retry: OnRetry | None = None
    ) -> Generator[Any, None, None]:
        """Carry out a streaming flow; yield its items as they come."""
        auth = None if key is None else KeyAuth(key)
        slot = self._acquire()
        answer: _OpenAnswer | None = None
        result: Any = None
        fault: Fault | None = None
        try:
            while True:
                try:
                    command = flow.send(result) if fault is None else flow.throw(fault)
                except StopIteration:
                    return
                result, fault = None, None
                if command is READ:
                    try:
                        result = answer.read()  # type: ignore[union-attr]  # Open comes first
                    except Fault as caught:
                        fault = caught
                elif type(command) is list:
                    yield from command
                elif isinstance(command, wire.Open):
                    try:
                        response = self._open(slot.client, command, auth)
                        _idle_from_now(response, command.limits, command.until)
                        answer = _OpenAnswer(response, command.until)
                        result = Response(response.status_code, _headers(response), b"")
                    except Fault as caught:
                        fault = caught
                elif isinstance(command, wire.Sleep):
                    _tell(on_retry, command)
                    time.sleep(command.seconds)
                elif answer is not None:
                    if isinstance(command, wire.Drain):
                        answer.drain()
                    answer.close()
                    answer = None
        finally:
            flow.close()
            if answer is not None:
                answer.close()
            if slot.release():
                slot.client.close()

    def close(self) -> None:
        """Close the pooled connections (not a client that the user gave)."""
        with self._lock:
            pool, self._pool = self._pool, None
        for slot in pool.slots if pool is not None else ():
            if slot.retire():
                slot.client.close()

    def _acquire(self) -> Slot[httpx.Client]:
        if self._given is not None:
            return Slot(self._given, owned=False)
        with self._lock:
            if self._pool is None:
                self._pool = self._options.pool(httpx.Client)
                weakref.finalize(self, _close_at_end, self._pool, os.getpid())
            slot, surplus = self._pool.take()
        if surplus is not None:
            surplus.client.close()
        return slot

    def _forked(self) -> None:
        self._lock = threading.Lock()
        if self._pool is not None:
            _inherited.append(self._pool)
            self._pool = None


def _tell(on_retry: OnRetry | None, pause: wire.Sleep) -> None:
    if on_retry is not None:
        on_retry(RetryEvent(pause.attempt, pause.seconds, pause.error))


def _close_at_end(pool: Pool[httpx.Client], pid: int) -> None:
    if os.getpid() == pid:
        for slot in pool.slots:
            slot.client.close()


# --- async -----


class _AsyncOpenAnswer:
    """One open answer of the async driver."""

    __slots__ = ("_pieces", "_until", "ended", "response")

    def __init__(self, response: httpx.Response, until: float | None) -> None:
        self.response = response
        self.ended = False
        self._until = until
        consumed = response.is_stream_consumed
        self._pieces: AsyncIterator[bytes] = (
            _one(response.content) if consumed else response.stream.__aiter__()  # type: ignore[union-attr]
        )

    async def read(self) -> bytes:
        """The next bytes, ``b""`` at the end. Raises Fault."""
        error: Fault
        try:
            if self._until is None:
                return await self._next()
            async with asyncio.timeout(_left(self._until)):
                return await self._next()
        except TimeoutError:
            error = Fault("deadline", "the deadline of the call has passed")
        except _IO_ERRORS as caught:
            error = _fault(caught)
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
        _remember(self)

    async def run(self, flow: Flow[T], key: Key | None, on_retry: OnRetry | None = None) -> T:
        """Carry out a flow that has no items; return its result."""
        auth = None if key is None else KeyAuth(key)
        slot = await self._acquire()
        try:
            return await self._run(flow, slot.client, auth, on_retry)
        finally:
            flow.close()
            if slot.release():
                await slot.client.aclose()

    async def _run(
        self,
        flow: Flow[T],
        client: httpx.AsyncClient,
        auth: KeyAuth | None,
        on_retry: OnRetry | None,
    ) -> T:
        result: Any = None
        fault: Fault | None = None
        while True:
            try:
                command = flow.send(result) if fault is None else flow.throw(fault)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            result, fault = None, None
            if isinstance(command, wire.Sleep):
                await _atell(on_retry, command)
                await asyncio.sleep(command.seconds)
                continue
            try:
                if isinstance(command, Resolve):
                    loop = asyncio.get_running_loop()
                    result = await loop.run_in_executor(None, _resolve, command)
                else:
                    result = await self._send(client, command, auth)
            except Fault as caught:
                fault = caught

    async def _send(
        self, client: httpx.AsyncClient, command: wire.Send, auth: KeyAuth | None
    ) -> Response:
        response = await self._open(client, command, auth)
        answer = _AsyncOpenAnswer(response, command.until)
        limit = _size_limit(response, command.limits)
        pieces: list[bytes] = []
        size = 0
        try:
            while piece := await answer.read():
                pieces.append(piece)
                size += len(piece)
                if size > limit:
                    if fault := _too_large(response, command.limits):
                        raise fault
                    break
        except Fault:
            if response.is_success:
                raise
        finally:
            await answer.close()
        return Response(response.status_code, _headers(response), b"".join(pieces)[:limit])

    async def _open(
        self, client: httpx.AsyncClient, command: wire.Send | wire.Open, auth: KeyAuth | None
    ) -> httpx.Response:
        trace = _Trace()
        fault: Fault
        try:
            request = _build(
                client, command.request, _timeout(command.limits, command.until), trace.acall
            )
            async with asyncio.timeout(None if command.until is None else _left(command.until)):
                return await client.send(request, auth=auth, stream=True, follow_redirects=False)
        except TimeoutError:
            fault = Fault("deadline", "the deadline of the call has passed")
        except _IO_ERRORS as error:
            fault = _fault(error, stale=trace.stale(error))
        raise fault

    async def stream(
        self, flow: Flow[None], key: Key | None, on_retry: OnRetry | None = None
    ) -> AsyncGenerator[Any, None]:
        """Carry out a streaming flow; yield its items as they come."""
        auth = None if key is None else KeyAuth(key)
        slot = await self._acquire()
        answer: _AsyncOpenAnswer | None = None
        result: Any = None
        fault: Fault | None = None
        try:
            while True:
                try:
                    command = flow.send(result) if fault is None else flow.throw(fault)
                except StopIteration:
                    return
                result, fault = None, None
                if command is READ:
                    try:
                        result = await answer.read()  # type: ignore[union-attr]  # after Open
                    except Fault as caught:
                        fault = caught
                elif type(command) is list:
                    for item in command:
                        yield item
                elif isinstance(command, wire.Open):
                    try:
                        response = await self._open(slot.client, command, auth)
                        _idle_from_now(response, command.limits, command.until)
                        answer = _AsyncOpenAnswer(response, command.until)
                        result = Response(response.status_code, _headers(response), b"")
                    except Fault as caught:
                        fault = caught
                elif isinstance(command, wire.Sleep):
                    await _atell(on_retry, command)
                    await asyncio.sleep(command.seconds)
                elif answer is not None:
                    if isinstance(command, wire.Drain):
                        await answer.drain()
                    await answer.close()
                    answer = None
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
                pool = self._options.pool(httpx.AsyncClient)
                self._pools[id(loop)] = loop, pool
            slot, surplus = pool.take()
        try:
            if slot.keeper is None:
                slot.keeper = _keep(slot.client)
                await anext(slot.keeper)
            if surplus is not None:
                await surplus.client.aclose()
        except BaseException:
            slot.release()
            raise
        return slot

    def _forked(self) -> None:
        self._lock = threading.Lock()
        _inherited.extend(self._pools.values())
        self._pools = {}


async def _keep(client: httpx.AsyncClient) -> AsyncIterator[None]:
    """Closes the client when its event loop shuts down: asyncio.run closes the async generators
    that were started on a loop before it closes the loop."""
    try:
        yield
    finally:
        await client.aclose()


async def _atell(on_retry: OnRetry | None, pause: wire.Sleep) -> None:
    if on_retry is not None:
        told = on_retry(RetryEvent(pause.attempt, pause.seconds, pause.error))
        if isinstance(told, Awaitable):
            await told


# --- sharing -----


@dataclass(frozen=True, eq=False)
class Drivers:
    """The two drivers of one set of transport options."""

    sync: SyncDriver
    asynchronous: AsyncDriver


_shared: weakref.WeakValueDictionary[TransportOptions, Drivers] = weakref.WeakValueDictionary()
_all: weakref.WeakSet[SyncDriver | AsyncDriver] = weakref.WeakSet()
_inherited: list[Any] = []  # clients of a parent process: kept, never used, never closed
_sharing = threading.Lock()
_hooked = False


def drivers_for(
    options: TransportOptions,
    client: httpx.Client | None = None,
    async_client: httpx.AsyncClient | None = None,
) -> Drivers:
    """The drivers for these options: shared, unless the user gave a client of their own."""
    if client is not None or async_client is not None:
        return Drivers(SyncDriver(options, client), AsyncDriver(options, async_client))
    with _sharing:
        drivers = _shared.get(options)
        if drivers is None:
            drivers = _shared[options] = Drivers(SyncDriver(options), AsyncDriver(options))
        return drivers


def _remember(driver: SyncDriver | AsyncDriver) -> None:
    global _hooked
    if not _hooked and hasattr(os, "register_at_fork"):
        _hooked = True
        os.register_at_fork(after_in_child=_after_fork)
    _all.add(driver)


def _after_fork() -> None:
    global _sharing
    _sharing = threading.Lock()
    for driver in list(_all):
        driver._forked()
