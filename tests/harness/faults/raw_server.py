"""A loopback server that plays scripts byte by byte and writes down what it sees.

One thread and one event loop (`Hub`) carry any number of servers (`RawServer`), each with a port
of its own, so that scenarios never see each other's connections. No HTTP library is involved:
what goes out is exactly what the script holds.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from .steps import Hangup, Reply

T = TypeVar("T")
WAIT = 10.0  # seconds that starting or stopping a server may take


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came over the wire."""

    connection: int
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    head: bytes
    body: bytes
    time: float

    def header(self, name: str) -> str | None:
        """The value of a header, or None. Fails if the header came twice."""
        values = [value for key, value in self.headers if key == name.lower()]
        assert len(values) < 2, f"{name} was sent {len(values)} times"
        return values[0] if values else None

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(slots=True)
class Connection:
    """One accepted connection; times are `time.monotonic` seconds."""

    number: int
    opened: float
    closed_by_client: float | None = None
    closed: float | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """What a server does.

    Attributes:
        replies: The n-th request gets the n-th reply; later ones get the last.
        greetings: Steps played on the n-th connection before any request is read.
        listens: False for a port that refuses connections.
        answers: Makes the reply from the request; then ``replies`` is not used.
        tls: Makes it speak TLS.
    """

    replies: tuple[Reply, ...] = ()
    greetings: tuple[Reply, ...] = ()
    listens: bool = True
    answers: Callable[[Request], Reply] | None = None
    tls: ssl.SSLContext | None = None


@dataclass(slots=True)
class Log:
    """What a server saw."""

    requests: list[Request] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    received: bytearray = field(default_factory=bytearray)
    errors: list[Exception] = field(default_factory=list)


class _Line(asyncio.Protocol):
    """The server's end of one connection: reads requests, plays replies."""

    def __init__(self, server: RawServer) -> None:
        self.gone = asyncio.Event()
        self._server = server
        self._inbox = bytearray()
        self._news = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._task: asyncio.Task[None] | None = None
        self._ours = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        sock: socket.socket = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connections = self._server.log.connections
        self._record = Connection(len(connections) + 1, time.monotonic())
        connections.append(self._record)
        if self._ours:  # the server stopped meanwhile
            self._transport.abort()
            return
        self._task = asyncio.get_running_loop().create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        self._server.log.received += data
        self._inbox += data
        self._news.set()

    def eof_received(self) -> bool:
        self._left()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._record.closed = time.monotonic()
        self._left()

    def _left(self) -> None:
        if not self._ours and self._record.closed_by_client is None:
            self._record.closed_by_client = time.monotonic()
        self.gone.set()
        self._news.set()
        self._writable.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    async def write(self, data: bytes) -> None:
        """Send ``data``; waits for room, raises `Hangup` when the client has left."""
        if self.gone.is_set() or self._transport.is_closing():
            raise Hangup
        self._transport.write(self._server.fill_in(data))
        await self._writable.wait()

    def close(self) -> None:
        """End the connection in order (FIN)."""
        self._ours = True
        self._transport.close()

    def reset(self) -> None:
        """End the connection with RST: a socket that lingers for 0 seconds."""
        self._ours = True
        sock: socket.socket = self._transport.get_extra_info("socket")
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    async def _serve(self) -> None:
        try:
            await self._play(self._server.greeting(self._record.number))
            while True:
                request = await self._read_request()
                await self._play(self._server.reply_to(request))
        except (Hangup, asyncio.CancelledError):
            pass  # the connection is over, or the server stops
        except Exception as error:  # a broken script, or no HTTP request: a test has to know
            self._server.log.errors.append(error)
        if not self._transport.is_closing():
            self.close()

    async def _play(self, reply: Reply) -> None:
        for step in reply:
            await step.play(self)

    async def _read_request(self) -> Request:
        head = await self._read_until(b"\r\n\r\n")
        start, *lines = head.decode("latin-1").split("\r\n")[:-2]
        headers = tuple(
            (name.strip().lower(), value.strip())
            for name, _, value in (line.partition(":") for line in lines)
        )
        length = int(dict(headers).get("content-length", "0"))
        while len(self._inbox) < length:
            await self._more()
        body = bytes(self._inbox[:length])
        del self._inbox[:length]
        method, path, *_ = [*start.split(" "), ""]
        return Request(self._record.number, method, path, headers, head, body, time.monotonic())

    async def _read_until(self, mark: bytes) -> bytes:
        while (at := self._inbox.find(mark)) < 0:
            await self._more()
        head = bytes(self._inbox[: at + len(mark)])
        del self._inbox[: at + len(mark)]
        return head

    async def _more(self) -> None:
        if self.gone.is_set():
            raise Hangup
        self._news.clear()
        await self._news.wait()

    def stop(self) -> None:
        """Drop the connection, whatever it is doing."""
        self._ours = True
        if self._task is not None:  # None: not made yet, or a TLS handshake without an end
            self._task.cancel()
            self._transport.abort()


class RawServer:
    """One port and its script. Made by `Hub.serve`."""

    def __init__(self, script: Script, elsewhere: str = "") -> None:
        self.log = Log()
        self.script = script
        self._elsewhere = elsewhere.encode()
        self._lines: list[_Line] = []
        self._asked = 0
        self._server: asyncio.Server | None = None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen, unless the script says to refuse: a bound port without listener refuses."""
        if self.script.listens:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(
                self._new_line, sock=self._socket, backlog=2048, ssl=self.script.tls
            )

    async def stop(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is not None:
            # A server that closes between accepting a connection and making its transport leaves
            # the socket open: first accept nothing more, then let those in that were accepted.
            asyncio.get_running_loop().remove_reader(self._socket)
            await asyncio.sleep(0)
            self._server.close()
        for line in self._lines:
            line.stop()
        self._socket.close()
        await asyncio.sleep(0)

    def _new_line(self) -> _Line:
        line = _Line(self)
        self._lines.append(line)
        return line

    def fill_in(self, data: bytes) -> bytes:
        """Put this server's and the other server's address into a script's bytes."""
        if len(data) < 4096 and b"{" in data:
            data = data.replace(b"{self}", self.url.encode())
            data = data.replace(b"{elsewhere}", self._elsewhere)
        return data

    def greeting(self, connection: int) -> Reply:
        """What to do on a fresh connection before a request is read."""
        greetings = self.script.greetings
        return greetings[connection - 1] if connection <= len(greetings) else ()

    def reply_to(self, request: Request) -> Reply:
        """Write the request down and choose its reply."""
        self.log.requests.append(request)
        self._asked += 1
        if self.script.answers is not None:
            return self.script.answers(request)
        return self.script.replies[min(self._asked, len(self.script.replies)) - 1]

    @property
    def requests(self) -> Sequence[Request]:
        """Every request so far."""
        return tuple(self.log.requests)

    @property
    def connections(self) -> Sequence[Connection]:
        """Every connection so far."""
        return tuple(self.log.connections)

    @property
    def open_connections(self) -> int:
        """Connections that neither side has ended."""
        return sum(1 for line in self.connections if line.closed is None)

    def wait_until(self, true: Callable[[RawServer], bool], timeout: float = 30.0) -> bool:
        """Wait until ``true(self)`` holds; says whether it came to hold within ``timeout``."""
        limit = time.monotonic() + timeout
        while not true(self):
            if time.monotonic() > limit:
                return False
            time.sleep(0.002)
        return True


class Hub:
    """The thread and event loop that all servers live in. Ends with the ``with`` block."""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._run(self._finish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT)
        self._loop.close()

    async def _finish(self) -> None:
        tasks = asyncio.all_tasks() - {cast("asyncio.Task[Any]", asyncio.current_task())}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _run(self, job: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(job, self._loop).result(WAIT)

    def start(self, script: Script, *, elsewhere: str = "") -> RawServer:
        """Start a server on a fresh port; the caller hands it to `stop`."""
        server = RawServer(script, elsewhere)
        self._run(server.start())
        return server

    def stop(self, server: RawServer) -> None:
        """Stop a server."""
        self._run(server.stop())

    @contextlib.contextmanager
    def serve(self, script: Script | Iterable[Reply], *, elsewhere: str = "") -> Any:
        """``with hub.serve(replies) as server:``"""
        if not isinstance(script, Script):
            script = Script(tuple(script))
        server = self.start(script, elsewhere=elsewhere)
        try:
            yield server
        finally:
            self.stop(server)
