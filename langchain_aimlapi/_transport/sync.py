"""The driver with blocking I/O."""

from __future__ import annotations

import inspect
import os
import socket
import threading
import time
import weakref
from collections.abc import Callable, Generator, Iterator
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
    refuse_awaitable,
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
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi._wire.retry import RetryEvent

T = TypeVar("T")


class _Watchdog:
    """Ends a blocking read at a given moment, by shutting its socket down.

    httpx bounds the wait for each byte, not for all of them, and cannot shorten a wait that has
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
            [response.content] if consumed else response.stream  # type: ignore[arg-type]  # a sync client's
        )
        self._watchdog = None if until is None else _Watchdog(self._socket, left(until))

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
        except IO_ERRORS as caught:
            error = fault_of(caught)
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
        remember(self)

    def run(self, flow: Flow[T], key: Key | None, on_retry: OnRetry | None = None) -> T:
        """Carry out a flow that has no items; return its result."""
        items = self.stream(flow, key, on_retry)
        while True:
            try:
                next(items)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]  # the flow's own result

    def _send(self, client: httpx.Client, command: wire.Send, auth: KeyAuth | None) -> Response:
        response = self._open(client, command, auth)
        answer = _OpenAnswer(response, command.until)
        limit = size_limit(response, command.limits)
        pieces: list[bytes] = []
        size = 0
        try:
            while piece := answer.read():
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
            answer.close()
        return Response(response.status_code, headers_of(response), b"".join(pieces)[:limit])

    def _open(
        self, client: httpx.Client, command: wire.Send | wire.Open, auth: KeyAuth | None
    ) -> httpx.Response:
        trace = Trace()
        until = command.until
        watchdog = None if until is None else _Watchdog(lambda: trace.socket, left(until))
        fault: Fault
        try:
            body = command.request.body
            content = body if body is None or isinstance(body, bytes) else body.pieces()
            timeouts = timeouts_of(command.limits, until)
            request = build(client, command.request, timeouts, trace, content)
            return client.send(request, auth=auth, stream=True, follow_redirects=False)
        except IO_ERRORS as error:
            fault = fault_of(error, stale=trace.stale(error))
            if watchdog is not None and watchdog.fired:
                fault = Fault("deadline", "the deadline of the call has passed")
        finally:
            if watchdog is not None:
                watchdog.cancel()
        raise fault

    def stream(
        self, flow: Flow[T], key: Key | None, on_retry: OnRetry | None = None
    ) -> Generator[Any, None, T]:
        """Carry out a flow; yield its items as they come, and return its result."""
        auth = None if key is None else KeyAuth(key)
        slot = self._acquire()
        answer: _OpenAnswer | None = None
        command: Any = None
        result: Any = None
        fault: Fault | None = None
        try:
            while True:
                try:
                    command = flow.send(result) if fault is None else flow.throw(fault)
                except StopIteration as stop:
                    return stop.value  # type: ignore[no-any-return]  # the flow's own result
                result, fault = None, None
                if type(command) is list:
                    yield from command
                    continue
                try:
                    if command is READ:
                        result = answer.read()  # type: ignore[union-attr]  # Open comes first
                    elif isinstance(command, wire.Send):
                        result = self._send(slot.client, command, auth)
                    elif isinstance(command, wire.Open):
                        response = self._open(slot.client, command, auth)
                        idle_from_now(response, command.limits, command.until)
                        answer = _OpenAnswer(response, command.until)
                        result = Response(response.status_code, headers_of(response), b"")
                    elif isinstance(command, Resolve):
                        result = resolve(command)
                    elif not isinstance(command, wire.Drain | wire.Close):
                        _pause(command, on_retry)
                    elif answer is not None:
                        if isinstance(command, wire.Drain):
                            answer.drain()
                        answer.close()
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
                self._pool = self._options.pool()
                weakref.finalize(self, _close_at_end, self._pool, os.getpid())
            slot, surplus = self._pool.take()
        if surplus is not None:
            surplus.client.close()
        return slot

    def forked(self) -> None:
        self._lock = threading.Lock()
        if self._pool is not None:
            INHERITED.append(self._pool)
            self._pool = None


def _pause(command: Any, on_retry: OnRetry | None) -> None:
    """Carry out a command that needs no connection."""
    if isinstance(command, wire.Notify):
        returned = command.callback(*command.arguments)
        if inspect.isawaitable(returned):
            refuse_awaitable(returned, "a callback")
        return
    if isinstance(command, wire.Retry) and on_retry is not None:
        on_retry(RetryEvent(command.attempt, command.seconds, command.error))
    time.sleep(command.seconds)


def _close_at_end(pool: Pool[httpx.Client], pid: int) -> None:
    if os.getpid() == pid:
        for slot in pool.slots:
            slot.client.close()
