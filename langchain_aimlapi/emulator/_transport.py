"""The emulator as an httpx transport: no socket, no port, the same timeouts and breaks."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import httpx

from langchain_aimlapi.emulator._core import Answer, Break, Call, Pause, Recorded, Step

Handle = Callable[[Call], tuple[Answer, Recorded]]
_BROKEN = "peer closed connection without sending complete message body (incomplete chunked read)"


class EmulatorTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Hand it to ``httpx.Client(transport=...)`` or ``httpx.AsyncClient(transport=...)``."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        answer, record = self._handle(_call(request))
        line = _Line(request, record)
        for step in answer.before:
            time.sleep(line.seconds(step))
            line.settle(step)
        return _response(answer, line)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        answer, record = self._handle(_call(request))
        line = _Line(request, record)
        for step in answer.before:
            await asyncio.sleep(line.seconds(step))
            line.settle(step)
        return _response(answer, line)


class _Line:
    """One exchange: what a client's read timeout and a broken socket do to it."""

    def __init__(self, request: httpx.Request, record: Recorded) -> None:
        timeout: dict[str, Any] = request.extensions.get("timeout", {})
        limit = timeout.get("read")
        self.limit = math.inf if limit is None else float(limit)
        self.request = request
        self.record = record
        self.silent = 0.0

    def seconds(self, step: Step) -> float:
        """How long to wait: the pause, or what the read timeout leaves of it."""
        if not isinstance(step, Pause):
            return 0.0
        return min(step.seconds, max(0.0, self.limit - self.silent))

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

    def __init__(self, answer: Answer, line: _Line) -> None:
        self._steps: Iterator[Step] = iter(answer.steps)
        self._line = line

    def __iter__(self) -> Iterator[bytes]:
        for step in self._steps:
            if isinstance(step, Pause):
                time.sleep(self._line.seconds(step))
            self._line.settle(step)
            if isinstance(step, bytes):
                yield step
        self._line.record.ended = "complete"

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for step in self._steps:
            # Also without a pause: a real socket lets other tasks run between two reads.
            await asyncio.sleep(self._line.seconds(step))
            self._line.settle(step)
            if isinstance(step, bytes):
                yield step
        self._line.record.ended = "complete"

    def close(self) -> None:
        if self._line.record.ended == "open":
            self._line.record.ended = "left"

    async def aclose(self) -> None:
        self.close()


def _response(answer: Answer, line: _Line) -> httpx.Response:
    return httpx.Response(
        answer.status,
        headers=_headers(answer),
        stream=_Body(answer, line),
        request=line.request,
    )


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
