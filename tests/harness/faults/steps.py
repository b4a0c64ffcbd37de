"""What a scripted server can do with a connection, one value a deed.

A reply is a tuple of steps, played in order. After the last step the connection stays open and
the next request is awaited; `Close` and `Reset` end it, `Stall` waits for the client to leave.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

LONGEST_STALL = 90.0  # seconds; a server must end even if its client never leaves


class Hangup(Exception):
    """The connection is over; no later step is played."""


class Line(Protocol):
    """The server's end of one connection."""

    gone: asyncio.Event

    async def write(self, data: bytes) -> None:
        """Send bytes now, as a segment of their own; raises `Hangup` when the client has left."""

    def close(self) -> None:
        """End the connection in order (FIN)."""

    def reset(self) -> None:
        """End the connection without order (RST)."""


class Step(Protocol):
    """One deed of the server."""

    async def play(self, line: Line) -> None:
        """Do it."""


Reply = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes in one piece. ``{self}`` and ``{elsewhere}`` in them become server addresses."""

    data: bytes

    async def play(self, line: Line) -> None:
        await line.write(self.data)


@dataclass(frozen=True, slots=True)
class Lazy:
    """Bytes too many to keep: ``make()`` gives the pieces."""

    make: Callable[[], Iterable[bytes]]

    async def play(self, line: Line) -> None:
        for piece in self.make():
            await line.write(piece)


@dataclass(frozen=True, slots=True)
class Drip:
    """Bytes in segments of ``size_bytes`` with ``gap`` seconds between them."""

    data: bytes
    size_bytes: int = 1
    gap: float = 0.0

    async def play(self, line: Line) -> None:
        for start in range(0, len(self.data), self.size_bytes):
            await line.write(self.data[start : start + self.size_bytes])
            await asyncio.sleep(self.gap)


@dataclass(frozen=True, slots=True)
class Pieces:
    """Byte strings, each a segment of its own, ``gap`` seconds apart."""

    data: tuple[bytes, ...]
    gap: float = 0.02

    async def play(self, line: Line) -> None:
        for piece in self.data:
            await line.write(piece)
            await asyncio.sleep(self.gap)


@dataclass(frozen=True, slots=True)
class Every:
    """The same bytes each ``interval`` seconds for ``total`` seconds (or until the client goes)."""

    data: bytes
    interval: float
    total: float = LONGEST_STALL

    async def play(self, line: Line) -> None:
        for _ in range(max(1, round(self.total / self.interval))):
            await line.write(self.data)
            await asyncio.sleep(self.interval)


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence for ``seconds``, unless the client goes first."""

    seconds: float

    async def play(self, line: Line) -> None:
        try:
            await asyncio.wait_for(line.gone.wait(), self.seconds)
        except TimeoutError:
            return
        raise Hangup


@dataclass(frozen=True, slots=True)
class Stall:
    """Silence until the client goes."""

    async def play(self, line: Line) -> None:
        await Pause(LONGEST_STALL).play(line)
        raise Hangup


@dataclass(frozen=True, slots=True)
class Close:
    """End the connection in order."""

    async def play(self, line: Line) -> None:
        line.close()
        raise Hangup


@dataclass(frozen=True, slots=True)
class Reset:
    """End the connection with RST; what was sent before is given time to arrive."""

    after: float = 0.03

    async def play(self, line: Line) -> None:
        await asyncio.sleep(self.after)
        line.reset()
        raise Hangup
