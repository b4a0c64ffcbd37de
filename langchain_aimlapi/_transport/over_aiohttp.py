"""aiohttp beneath httpx, for programs with very many connections at a time.

It answers requests of an ``httpx.AsyncClient``, keeps to the timeouts that httpx names (also to
those changed between the headers and the body) and raises httpx's exceptions, so that nothing
above it knows the difference. Behind a proxy httpx's own transport is used.

Why not the package httpx-aiohttp: it lets aiohttp's own exceptions through, reads the timeouts once
(so that a limit of silence cannot begin after the headers), and wherever it is installed LangSmith
imports it, which slows the import of langchain-core by 180 ms (measured 2026-11).
"""

from __future__ import annotations

import asyncio
import math
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import httpx

_PIECE = 64 * 1024  # bytes of a request's body that are sent under one timeout
_LINE = 64 * 1024  # bytes of a line of the headers, as much as httpx allows
_LOOK_SECONDS = 1.0
_AUTOMATIC = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
_TIMEOUTS: dict[str, type[httpx.TimeoutException]] = {
    "pool": httpx.PoolTimeout,
    "connect": httpx.ConnectTimeout,
    "write": httpx.WriteTimeout,
    "read": httpx.ReadTimeout,
}


class _Exchange:
    """One request on its way: the phase that it is in, and how long that may last."""

    __slots__ = ("limit", "phase", "timeouts", "trace")

    def __init__(self, request: httpx.Request) -> None:
        self.timeouts: dict[str, float | None] = request.extensions.get("timeout") or {}
        self.trace: Any = request.extensions.get("trace")
        self.phase = "pool"
        self.limit = asyncio.timeout(self.timeouts.get("pool"))

    def enter(self, phase: str) -> None:
        """The next phase begins, and its time with it."""
        self.phase = phase
        seconds = self.timeouts.get(phase)
        now = asyncio.get_running_loop().time()
        self.limit.reschedule(None if seconds is None else now + seconds)

    async def tell(self, event: str) -> None:
        """Report an event under the name that httpx's own transport has for it."""
        if self.trace is not None:
            await self.trace(event, {})


def _entering(phase: str, event: str | None = None) -> Callable[..., Awaitable[None]]:
    """What aiohttp calls where a phase begins; ``event`` is httpx's name for it."""

    async def enter(session: object, context: Any, params: object) -> None:
        exchange: _Exchange = context.trace_request_ctx
        exchange.enter(phase)
        if event is not None:
            await exchange.tell(event)

    return enter


def _tracing() -> aiohttp.TraceConfig:
    config = aiohttp.TraceConfig()
    connected, sending = _entering("write"), "http11.send_request_headers.started"
    config.on_connection_create_start.append(_entering("connect", "connection.connect_tcp.started"))
    config.on_connection_create_end.append(connected)
    config.on_connection_reuseconn.append(connected)
    config.on_request_headers_sent.append(_entering("read", sending))
    config.on_request_chunk_sent.append(_entering("read"))
    return config


@contextmanager
def _as_httpx() -> Iterator[None]:
    """aiohttp's exceptions as httpx's."""
    error: Exception
    try:
        yield
        return
    except (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError) as caught:
        error = httpx.ProxyError(str(caught))
    except (aiohttp.ClientConnectorError, aiohttp.ClientSSLError) as caught:
        error = httpx.ConnectError(str(caught))
    except aiohttp.InvalidURL as caught:
        error = httpx.InvalidURL(str(caught))
    except aiohttp.ServerDisconnectedError:
        error = httpx.RemoteProtocolError("the server closed the connection without an answer")
    except (aiohttp.ClientOSError, ConnectionError) as caught:
        error = httpx.ReadError(str(caught))
    except aiohttp.ClientResponseError as caught:
        error = httpx.RemoteProtocolError(caught.message)
    except aiohttp.ClientError as caught:
        error = httpx.RemoteProtocolError(str(caught))
    raise error from None


class _Patience:
    """Ends a wait for bytes that takes too long, or that nobody will answer.

    A timer for each read would cost as much as the read. This one looks now and then how long the
    wait has really lasted. It looks at the connection, too: aiohttp 3.14 closes it where it cannot
    read on, and does not tell who waits for the body.
    """

    __slots__ = ("_loop", "_response", "_seconds", "_since", "_timer")

    def __init__(self, response: aiohttp.ClientResponse, seconds: float | None) -> None:
        self._response = response
        self._seconds = math.inf if seconds is None else seconds
        self._loop = asyncio.get_running_loop()
        self._since: float | None = None
        self._timer = self._loop.call_later(min(self._seconds, _LOOK_SECONDS), self._look)

    async def read(self) -> bytes:
        """The next bytes, ``b""`` at the end."""
        self._since = self._loop.time()
        data = await self._response.content.readany()
        self._since = None
        return data

    def _look(self) -> None:
        now = self._loop.time()
        left = self._seconds if self._since is None else self._since + self._seconds - now
        connection = self._response.connection
        if self._since is not None and connection is not None and connection.transport is None:
            error: Exception = httpx.RemoteProtocolError(
                "the connection was closed within the body"
            )
            self._response.content.set_exception(error)
        elif left <= 0:
            error = httpx.ReadTimeout(f"no byte for {self._seconds} s")
            self._response.content.set_exception(error)
        else:
            self._timer = self._loop.call_later(min(left, _LOOK_SECONDS), self._look)

    def end(self) -> None:
        """Stop looking."""
        self._timer.cancel()


class _Body(httpx.AsyncByteStream):
    """The body of an answer, as it comes in."""

    def __init__(self, response: aiohttp.ClientResponse, request: httpx.Request) -> None:
        self._response = response
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        timeouts = self._request.extensions.get("timeout") or {}
        patience = _Patience(self._response, timeouts.get("read"))
        try:
            with _as_httpx():
                while data := await patience.read():
                    yield data
        finally:
            patience.end()

    async def aclose(self) -> None:
        if self._response.content.at_eof():
            self._response.release()  # the connection can be used again
        else:
            self._response.close()


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Carries the requests of one ``httpx.AsyncClient`` on one event loop."""

    def __init__(
        self, *, verify: ssl.SSLContext | bool, connections: int, keepalive_seconds: float
    ) -> None:
        self._verify = verify
        self._connections = connections
        self._keepalive = keepalive_seconds
        self._session: aiohttp.ClientSession | None = None

    def _opened(self) -> aiohttp.ClientSession:
        """The session; it must be made on the event loop."""
        if self._session is None:
            connector = aiohttp.TCPConnector(
                ssl=self._verify,
                limit=self._connections,
                keepalive_timeout=self._keepalive,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None),
                trace_configs=[_tracing()],
                max_line_size=_LINE,
                max_field_size=_LINE,
            )
        return self._session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; its answer's body is still to be read."""
        session = self._opened()
        data = await _data_of(request)
        exchange = _Exchange(request)
        with _as_httpx():
            try:
                async with exchange.limit:
                    response = await session.request(
                        request.method,
                        str(request.url),
                        headers=[(k.decode(), v.decode("latin-1")) for k, v in request.headers.raw],
                        skip_auto_headers=_AUTOMATIC,
                        data=data,
                        allow_redirects=False,
                        server_hostname=request.extensions.get("sni_hostname"),
                        trace_request_ctx=exchange,
                    )
            except TimeoutError:
                raise _TIMEOUTS[exchange.phase]("") from None
        await exchange.tell("http11.receive_response_headers.complete")
        return httpx.Response(
            response.status,
            headers=response.raw_headers,
            stream=_Body(response, request),
            request=request,
            extensions={"http_version": b"HTTP/1.1"},
        )

    async def aclose(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


async def _data_of(request: httpx.Request) -> bytes | AsyncIterator[bytes] | None:
    """The body as aiohttp takes it: whole where it is small, else piece by piece."""
    if not isinstance(request.stream, httpx.ByteStream):  # a file that is read while it is sent
        assert isinstance(request.stream, httpx.AsyncByteStream)  # noqa: S101 - built for async
        return aiter(request.stream)
    body = await request.aread()
    return (body if len(body) <= _PIECE else _pieces(body)) or None


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), _PIECE):
        yield body[start : start + _PIECE]
