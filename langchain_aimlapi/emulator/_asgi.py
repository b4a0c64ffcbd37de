"""The emulator as a plain ASGI application, and a server for it that listens on loopback only."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from langchain_aimlapi.emulator._core import Answer, Break, Call, Pause, Raw, Recorded, Step
from langchain_aimlapi.emulator._errors import phrase

Message = MutableMapping[str, Any]
Client = Iterable[object] | None
"""Host and port of a scope's client."""
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Handle = Callable[[Call], tuple[Answer, Recorded]]
START_SECONDS = 10.0
STOP_SECONDS = 5.0
# Bodies above this size are worked on in a thread, so that other connections do not wait.
INLINE_BYTES = 128 * 1024
# What was written before a break shall arrive, and a client shall have taken the connection back
# into its pool before it is closed behind a whole answer.
SETTLE_SECONDS = 0.02


class Connections:
    """The TCP connections behind the clients of scopes, for what a server does not offer. A server
    that enters none is left alone."""

    def __init__(self) -> None:
        self._open: dict[object, asyncio.Transport] = {}

    def enter(self, transport: asyncio.Transport) -> None:
        """Keep a connection that was made."""
        self._open[transport.get_extra_info("peername")] = transport

    def remove(self, transport: asyncio.BaseTransport) -> None:
        """Forget a connection that was lost."""
        self._open.pop(transport.get_extra_info("peername"), None)

    def abort(self, client: Client, how: str) -> None:
        """Break a connection: ``"reset"`` or ``"close"``."""
        found = self._find(client)
        if found is None:
            return
        if how == "reset":  # closing without lingering sends RST instead of FIN
            linger = struct.pack("ii", 1, 0)
            found.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            found.abort()
        else:
            found.close()

    def deafen(self, client: Client) -> None:
        """Read nothing more from a connection."""
        if (found := self._find(client)) is not None:
            found.pause_reading()

    def write(self, client: Client, data: bytes) -> None:
        """Put bytes on a connection past the server."""
        if (found := self._find(client)) is not None:
            found.write(data)

    def _find(self, client: Client) -> asyncio.Transport | None:
        return self._open.get(tuple(client) if client else None)


class App:
    """One ASGI 3 application; ``connections`` are its server's, for faults that break them."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self.connections = Connections()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        call = await _read(scope, receive)
        if len(call.body) > INLINE_BYTES:
            answer, record = await asyncio.to_thread(self._handle, call)
        else:
            answer, record = self._handle(call)
        if _is_plain(answer):
            await self._send_plain(answer, send)
            record.ended = "complete"
            return
        gone = asyncio.ensure_future(_until_gone(receive))
        try:
            record.ended = await self._send(scope, answer, send, gone)
        finally:
            gone.cancel()

    async def _send_plain(self, answer: Answer, send: Send) -> None:
        """Sends a whole answer in two messages; nobody has to watch whether the client leaves."""
        body = b"".join(step for step in answer.steps if isinstance(step, bytes))
        await send(
            {"type": "http.response.start", "status": answer.status, "headers": _headers(answer)}
        )
        await send({"type": "http.response.body", "body": body})

    async def _send(
        self,
        scope: Message,
        answer: Answer,
        send: Send,
        gone: asyncio.Future[None],
    ) -> str:
        """Carries the steps out; how it ended."""
        for step in answer.before:
            if not await self._step(scope, step, gone):
                return "cut" if isinstance(step, Break) else "left"
        steps: Iterable[Step] = answer.steps
        if not answer.streams and not isinstance(steps, tuple):
            steps = list(steps)
            raw = next((step for step in steps if isinstance(step, Raw)), None)
            if raw is not None:
                return await self._raw(scope, answer, raw)
        await send(
            {"type": "http.response.start", "status": answer.status, "headers": _headers(answer)}
        )
        for step in steps:
            if isinstance(step, bytes):
                await send({"type": "http.response.body", "body": step, "more_body": True})
                if answer.streams:
                    await asyncio.sleep(0)
            elif isinstance(step, Raw):
                await send({"type": "http.response.body", "body": b""})
                return await self._raw(scope, answer, step)
            elif not await self._step(scope, step, gone):
                return "cut" if isinstance(step, Break) else "left"
            if gone.done():
                return "left"
        await send({"type": "http.response.body", "body": b""})
        return "complete"

    async def _raw(self, scope: Message, answer: Answer, raw: Raw) -> str:
        """Writes a response past the server, or nothing more, and closes the connection."""
        if raw.head:
            lines = [f"HTTP/1.1 {answer.status} {phrase(answer.status)}"]
            lines += [f"{name}: {value}" for name, value in raw.head.items()]
            head = "\r\n".join(lines) + "\r\n\r\n"
            self.connections.write(scope.get("client"), head.encode("latin-1") + raw.body)
        # The next request of a quick client must not be taken up, or its answer would break.
        self.connections.deafen(scope.get("client"))
        await asyncio.sleep(SETTLE_SECONDS)
        self.connections.abort(scope.get("client"), "close")
        return "complete" if raw.error is None else "cut"

    async def _step(self, scope: Message, step: Step, gone: asyncio.Future[None]) -> bool:
        """Waits, or breaks the connection. False when there is nobody left to talk to."""
        if isinstance(step, Pause):
            await asyncio.wait({gone}, timeout=step.seconds)
            return not gone.done()
        await asyncio.sleep(SETTLE_SECONDS)
        self.connections.abort(
            scope.get("client"), step.how if isinstance(step, Break) else "close"
        )
        await asyncio.wait({gone}, timeout=1.0)
        return False


def _is_plain(answer: Answer) -> bool:
    """Whether nothing but bytes is to be sent, all at once."""
    steps = answer.steps
    return (
        not answer.before
        and not answer.streams
        and isinstance(steps, tuple)
        and all(isinstance(step, bytes) for step in steps)
    )


async def _read(scope: Message, receive: Receive) -> Call:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }
    return Call(
        method=scope["method"],
        path=scope["path"],
        query=tuple(parse_qsl(scope.get("query_string", b"").decode(), keep_blank_values=True)),
        headers=headers,
        body=bytes(body),
        origin=f"{scope.get('scheme', 'http')}://{headers.get('host', 'localhost')}",
    )


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _headers(answer: Answer) -> list[tuple[bytes, bytes]]:
    headers = dict(answer.headers)
    if isinstance(answer.steps, tuple) and not answer.streams:
        headers["content-length"] = str(sum(len(s) for s in answer.steps if isinstance(s, bytes)))
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


class Server:
    """uvicorn in a thread, on 127.0.0.1. ``stop`` returns when thread and sockets are gone."""

    def __init__(self, app: App, port: int = 0) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port))
            self.origin = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
            self._server = _uvicorn(app)
        except BaseException:
            self._socket.close()
            raise
        self._thread = threading.Thread(target=self._run, name="aimlapi-emulator", daemon=True)
        self._thread.start()
        self._wait_started()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    def _wait_started(self) -> None:
        end = time.monotonic() + START_SECONDS
        while not self._server.started:
            if time.monotonic() > end or not self._thread.is_alive():
                self.stop()
                raise RuntimeError("the emulator's server did not start")
            time.sleep(0.005)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(STOP_SECONDS)
        self._socket.close()


class _Joined:
    """A transport that sends what is written in one turn of the loop at once.

    The server writes head and body apart; a system call for each is a sixth of a plain answer.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(data)

    def _flush(self) -> None:
        if self._waiting:
            data = b"".join(self._waiting)
            self._waiting.clear()
            self._transport.write(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        self._flush()
        self._transport.abort()


def _uvicorn(app: App) -> Any:
    try:
        import uvicorn
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "Serving the emulator needs uvicorn: pip install 'langchain_aimlapi[emulator]'",
            name=error.name,
        ) from None

    config = uvicorn.Config(
        app,
        http=_protocol(app.connections),
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        # Broken connections are on purpose here and need no traceback.
        log_level=logging.CRITICAL,
        access_log=False,
        server_header=False,
        # A client that names another address is still the one at the end of its connection.
        proxy_headers=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=75,
    )
    return uvicorn.Server(config)


def _protocol(connections: Connections) -> type[asyncio.Protocol]:
    """uvicorn's protocol: over httptools where that is installed, twice as quick as over h11."""
    from uvicorn.protocols.http import auto

    base: Any = auto.AutoHTTPProtocol

    class Protocol(base):  # type: ignore[misc]  # which of two classes it is shows at run time
        """Enters its connection, so that a fault can break it."""

        def connection_made(self, transport: asyncio.Transport) -> None:
            joined: Any = _Joined(transport, self.loop)
            super().connection_made(joined)
            connections.enter(joined)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.remove(self.transport)
            super().connection_lost(exc)

    return Protocol
