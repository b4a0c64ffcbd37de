"""The emulator as an httpx transport: no socket, no port, the same timeouts and breaks."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import httpx

from langchain_aimlapi.emulator._clock import VirtualClock
from langchain_aimlapi.emulator._core import Answer, Break, Call, Pause, Raw, Recorded, Step

Handle = Callable[[Call], tuple[Answer, Recorded]]
_BROKEN = "peer closed connection without sending complete message body (incomplete chunked read)"
_STALE = "Server disconnected without sending a response."


class EmulatorTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Hand it to ``httpx.Client(transport=...)`` or ``httpx.AsyncClient(transport=...)``."""

    def __init__(self, handle: Handle, clock: Callable[[], float] = time.time) -> None:
        self._handle = handle
        self._clock = clock
        self._stale = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self._check_connection(request)
        answer, line = self._start(request)
        for step in answer.before:
            line.sleep(step)
            line.settle(step)
        return self._response(answer, line)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self._check_connection(request)
        answer, line = self._start(request)
        for step in answer.before:
            await line.asleep(step)
            line.settle(step)
        return self._response(answer, line)

    def _check_connection(self, request: httpx.Request) -> None:
        """A connection that was closed behind the last answer fails the next request."""
        if self._stale:
            self._stale = False
            raise httpx.RemoteProtocolError(_STALE, request=request)

    def _start(self, request: httpx.Request) -> tuple[Answer, _Line]:
        answer, record = self._handle(_call(request))
        return answer, _Line(request, record, self._clock)

    def _response(self, answer: Answer, line: _Line) -> httpx.Response:
        headers = _headers(answer)
        if not answer.streams and not isinstance(answer.steps, tuple):
            steps = list(answer.steps)
            raw = next((step for step in steps if isinstance(step, Raw)), None)
            if raw is not None:
                headers = dict(raw.head)
                answer = replace(answer, headers=headers, steps=iter(self._from_raw(raw)))
            else:
                answer = replace(answer, steps=iter(steps))
        if line.request.method == "HEAD":
            answer = replace(answer, steps=())
        body = _Body(answer, line, self._closed)
        return httpx.Response(answer.status, headers=headers, stream=body, request=line.request)

    def _closed(self) -> None:
        self._stale = True

    def _from_raw(self, raw: Raw) -> list[Step]:
        size = int(raw.head.get("content-length", len(raw.body)))
        body = raw.body[:size]
        steps: list[Step] = [body] if body else []
        return [*steps, Raw({}, b"", raw.error)]


class _Line:
    """One exchange: what a client's read timeout and a broken socket do to it."""

    def __init__(
        self, request: httpx.Request, record: Recorded, clock: Callable[[], float]
    ) -> None:
        timeout: dict[str, Any] = request.extensions.get("timeout", {})
        limit = timeout.get("read")
        self.limit = math.inf if limit is None else float(limit)
        self.request = request
        self.record = record
        self.silent = 0.0
        self._virtual = clock if isinstance(clock, VirtualClock) else None

    def _seconds(self, step: Step) -> float:
        """How long to wait: the pause, or what the read timeout leaves of it."""
        if not isinstance(step, Pause):
            return 0.0
        wait = min(step.seconds, max(0.0, self.limit - self.silent))
        if self._virtual is not None:
            self._virtual.advance(wait)
            return 0.0
        return wait

    def sleep(self, step: Step) -> None:
        wait = self._seconds(step)
        if wait:
            time.sleep(wait)

    async def asleep(self, step: Step) -> None:
        # Also without a pause: a real socket lets other tasks run between two reads.
        await asyncio.sleep(self._seconds(step))

    def settle(self, step: Step) -> None:
        """Raises what httpx raises when a socket does what the step says."""
        if isinstance(step, Pause):
            self.silent += step.seconds
            if self.silent > self.limit:
                self.record.ended = "left"
                raise httpx.ReadTimeout("The read operation timed out", request=self.request)
        elif isinstance(step, Break):
            self.record.ended = "cut"
            raise self._broken(step)
        elif isinstance(step, Raw) and step.error is not None:
            self.record.ended = "cut"
            raise httpx.RemoteProtocolError(step.error, request=self.request)
        else:
            self.silent = 0.0

    def _broken(self, step: Break) -> httpx.TransportError:
        if step.how == "refused":
            return httpx.ConnectError("Connection refused", request=self.request)
        if step.how == "reset":
            return httpx.ReadError("Connection reset by peer", request=self.request)
        return httpx.RemoteProtocolError(_BROKEN, request=self.request)


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The steps of an answer as a response body."""

    def __init__(self, answer: Answer, line: _Line, closed: Callable[[], None]) -> None:
        self._steps: Iterator[Step] = iter(answer.steps)
        self._line = line
        self._closed = closed

    def _settle(self, step: Step) -> None:
        self._line.settle(step)
        if isinstance(step, Raw):
            self._closed()

    def __iter__(self) -> Iterator[bytes]:
        for step in self._steps:
            self._line.sleep(step)
            self._settle(step)
            if isinstance(step, bytes):
                yield step
        self._line.record.ended = "complete"

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for step in self._steps:
            await self._line.asleep(step)
            self._settle(step)
            if isinstance(step, bytes):
                yield step
        self._line.record.ended = "complete"

    def close(self) -> None:
        if self._line.record.ended == "open":
            self._line.record.ended = "left"

    async def aclose(self) -> None:
        self.close()


def _call(request: httpx.Request) -> Call:
    url = request.url
    return Call(
        method=request.method,
        path=url.path,
        query=tuple(parse_qsl(url.query.decode(), keep_blank_values=True)),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.content,
        origin=f"{url.scheme}://{url.netloc.decode()}",
    )


def _headers(answer: Answer) -> dict[str, str]:
    if isinstance(answer.steps, tuple) and not answer.streams:
        size = sum(len(step) for step in answer.steps if isinstance(step, bytes))
        return {**answer.headers, "content-length": str(size)}
    return dict(answer.headers)
