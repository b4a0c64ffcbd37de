"""A small scripted server on loopback, for tests where bytes and connections matter."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
LAST = b"0\r\n\r\n"


def piece(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


Step = bytes | float | None
"""Bytes to send, seconds to wait, or None to close the connection."""


@dataclass
class Server:
    """Answers each request with the next script; remembers what it was asked, and by whom."""

    scripts: list[list[Step]]
    asked: list[tuple[int, str]] = field(default_factory=list)
    connections: int = 0
    gone: threading.Event = field(default_factory=threading.Event)
    listener: socket.socket = field(default_factory=socket.socket)

    @property
    def url(self) -> str:
        host, port = self.listener.getsockname()
        return f"http://{host}:{port}/v1/chat/completions"

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            number = self.connections
            threading.Thread(target=self.serve, args=(connection, number), daemon=True).start()

    def serve(self, connection: socket.socket, number: int) -> None:
        with connection:
            connection.settimeout(10)
            try:
                while head := self.read(connection):
                    self.asked.append((number, head))
                    for step in self.scripts.pop(0) if self.scripts else [OK]:
                        if step is None:
                            return
                        if isinstance(step, float):
                            self.wait(connection, step)
                        else:
                            connection.sendall(step)
            except OSError:
                pass
            self.gone.set()

    def wait(self, connection: socket.socket, seconds: float) -> None:
        """Wait, or less where the client goes away."""
        connection.settimeout(seconds)
        try:
            if connection.recv(1, socket.MSG_PEEK) == b"":
                raise ConnectionError("gone")
        except TimeoutError:
            pass
        connection.settimeout(10)

    @staticmethod
    def read(connection: socket.socket) -> str:
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return ""
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode().lower().split("\r\n")
        length = next((int(x[15:]) for x in lines if x.startswith("content-length:")), 0)
        while len(body) < length:
            body += connection.recv(65536)
        return head.decode()


@contextmanager
def serving(*scripts: list[Step]) -> Iterator[Server]:
    server = Server(list(scripts))
    server.listener.bind(("127.0.0.1", 0))
    server.listener.listen()
    acceptor = threading.Thread(target=server.accept, daemon=True)
    acceptor.start()
    try:
        yield server
    finally:
        server.listener.shutdown(socket.SHUT_RDWR)
        server.listener.close()
        acceptor.join(5)
