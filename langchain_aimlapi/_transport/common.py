"""What the two drivers share: the key, the bounds of a request, and exceptions as faults."""

from __future__ import annotations

import inspect
import socket
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import suppress
from typing import Any, NoReturn

import httpx

from langchain_aimlapi._wire.flow import Fault, Resolve
from langchain_aimlapi._wire.inflate import ACCEPT_ENCODING
from langchain_aimlapi._wire.key import Key, clean_key
from langchain_aimlapi._wire.request import Limits, Request
from langchain_aimlapi._wire.retry import RetryEvent
from langchain_aimlapi.errors import AuthenticationError, InvalidRequestError

OnRetry = Callable[[RetryEvent], object]
DRAIN_SECONDS = 0.05


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
            refuse_awaitable(value, "api_key")
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


def refuse_awaitable(value: object, name: str) -> NoReturn:
    """A function of the user's turned out to be async, in a sync call."""
    if inspect.iscoroutine(value):
        value.close()
    raise InvalidRequestError(
        f"{name} is an async function, which a sync call cannot await",
        advice="make the call from async code (ainvoke, astream, ...), or give a plain function",
    )


def leave(flow: Generator[object, object, object], error: BaseException) -> None:
    """Let a flow see the error that ends it, which may note there what it leaves behind."""
    with suppress(BaseException):
        flow.throw(error)


def _bearer(value: object) -> str:
    """The header for a key; what a function gave is checked only here, and never quoted."""
    reason = "it is no text" if not isinstance(value, str) else "it is empty"
    try:
        key = clean_key(value) if isinstance(value, str) else ""
    except ValueError as error:
        key, reason = "", str(error)
    if not key:
        raise AuthenticationError(f"the api_key function returned no key: {reason}")
    return f"Bearer {key}"


class Trace:
    """Learns from httpx's trace events whether a pooled connection was used, and which socket a
    new one got."""

    __slots__ = ("answered", "connected", "sent", "socket")

    def __init__(self) -> None:
        self.answered = False
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
        elif event == "http11.receive_response_headers.complete":
            self.answered = True

    async def acall(self, event: str, info: object) -> None:
        self(event, info)

    def stale(self, error: Exception) -> bool:
        """Whether a reused connection turned out to be dead before any byte of an answer."""
        return (
            self.sent
            and not self.connected
            and not self.answered
            and isinstance(error, httpx.RemoteProtocolError | httpx.NetworkError)
        )


def fault_of(error: Exception, *, stale: bool = False) -> Fault:
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
        return Fault("url", f"the http client cannot be used: {detail}")
    return Fault("broken", detail, stale=stale)


IO_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, RuntimeError)


def left(until: float) -> float:
    """Seconds to a moment of the monotonic clock, not below 0."""
    return max(until - time.monotonic(), 0.0)


def timeouts_of(limits: Limits, until: float | None) -> dict[str, float | None]:
    """httpx's timeouts, none of them past the deadline."""
    times = {
        "connect": limits.connect,
        "read": limits.read,
        "write": limits.write,
        "pool": limits.pool,
    }
    if until is None:
        return times
    rest = max(left(until), 0.001)
    return {k: rest if v is None else min(v, rest) for k, v in times.items()}


def build(
    client: Any, request: Request, timeout: dict[str, float | None], trace: Any, content: Any
) -> Any:
    """httpx's request. ``content`` is the body in the form that a sync or an async client takes."""
    headers = {"accept-encoding": ACCEPT_ENCODING, **request.headers}
    if request.body is not None and not isinstance(request.body, bytes):
        headers["content-length"] = str(request.body.length)
    return client.build_request(
        request.method,
        request.url,
        headers=headers,
        content=content,
        timeout=httpx.Timeout(**timeout),
        extensions={"trace": trace}
        | ({"sni_hostname": request.server_name} if request.server_name else {}),
    )


def resolve(command: Resolve) -> list[str]:
    fault: Fault
    try:
        found = socket.getaddrinfo(command.host, command.port, type=socket.SOCK_STREAM)
        return [str(entry[4][0]) for entry in found]
    except (OSError, UnicodeError) as error:
        fault = Fault("connect", f"{command.host!r} has no address ({error})")
    raise fault


def headers_of(response: httpx.Response) -> dict[str, str]:
    headers = {k.lower(): v for k, v in response.headers.items()}
    if response.is_stream_consumed:  # an event hook has read, and so decoded, the body
        headers.pop("content-encoding", None)
    return headers


def idle_from_now(response: httpx.Response, limits: Limits, until: float | None) -> None:
    """From here on the wait for bytes is the stream's idle time, not the wait for headers.

    httpx keeps the timeouts of a request in its ``extensions``; the body reads them when it is
    iterated first.
    """
    timeouts = response.request.extensions.get("timeout")
    if isinstance(timeouts, dict):
        timeouts["read"] = timeouts_of(Limits(read=limits.idle), until)["read"]


def size_limit(response: httpx.Response, limits: Limits) -> int:
    return limits.max_response_bytes if response.is_success else limits.max_error_bytes


def too_large(response: httpx.Response, limits: Limits) -> Fault | None:
    """A fault for an oversized success; an oversized error is simply cut."""
    if not response.is_success:
        return None
    return Fault("too_large", f"the answer is longer than {limits.max_response_bytes} bytes")
