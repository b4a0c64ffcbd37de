"""Several small connection pools in place of a large one.

httpcore 1.0 walks over all kept connections for each kept connection whenever a request begins or
ends. One pool with 100 of them cost 18 ms of CPU a call, with 400 of them 45 ms, where a call
is 1 to 2 ms, also for a single call long after the rush (measured 2026-11-23 by
tests/benchmarks). So a client has few connections, and a busy program has several clients. They
are filled one after another: a quiet program uses the first only. Fewer than 8 would spare a busy
program a little more CPU, and take more memory.
"""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Generic, TypeVar

C = TypeVar("C")
CONNECTIONS = 8
"""Connections of one client."""


class Slot(Generic[C]):
    """One client and how many calls are using it, so that closing never cuts a call of another
    model that shares it."""

    __slots__ = (
        "__weakref__", "_lock", "client", "keeper", "left", "owned", "retired", "size", "users",
    )  # fmt: skip

    def __init__(self, client: C, *, owned: bool = True, size: int = CONNECTIONS) -> None:
        self.client = client
        self.owned = owned
        self.size = size
        self.keeper: AsyncIterator[None] | None = None
        self.users = 0
        self.retired = False
        self.left = 0.0  # when the last call ended
        self._lock = threading.Lock()

    def enter(self) -> None:
        """One call begins."""
        with self._lock:
            self.users += 1

    def release(self) -> bool:
        """One call has ended. True where the caller must close the client now."""
        with self._lock:
            self.users -= 1
            self.left = time.monotonic()
            return self.owned and self.retired and self.users == 0

    def retire(self) -> bool:
        """No new calls. True where the caller must close the client now."""
        with self._lock:
            self.retired = True
            return self.owned and self.users <= 0


class Pool(Generic[C]):
    """The clients of one driver. Its methods are called under the driver's lock."""

    def __init__(
        self, make: Callable[[int], C], most: int, keepalive: float, size: int = CONNECTIONS
    ) -> None:
        """
        Args:
            make: Makes a client for that many connections.
            most: Connections of all clients.
            keepalive: Seconds that an unused connection is kept.
            size: Connections of one client.
        """
        self.slots: list[Slot[C]] = []
        self._make = make
        self._most = most
        self._keepalive = keepalive
        self._size = size

    def take(self) -> tuple[Slot[C], Slot[C] | None]:
        """The client for one call, and one that is not needed any more, for the caller to close."""
        slot = next((s for s in self.slots if s.users < s.size), None)
        if slot is None:
            free = self._most - sum(s.size for s in self.slots)
            if free > 0:
                size = min(free, self._size)
                slot = Slot(self._make(size), size=size)
                self.slots.append(slot)
            else:  # all are busy: the call waits where the fewest do
                slot = min(self.slots, key=lambda s: s.users / s.size)
        slot.enter()
        return slot, self._surplus()

    def _surplus(self) -> Slot[C] | None:
        """A client whose connections have all been idle for too long. httpcore looks for those
        only when a connection is requested, and nobody requests one here."""
        last = self.slots[-1]
        if len(self.slots) == 1 or last.users or time.monotonic() - last.left < self._keepalive:
            return None
        self.slots.pop()
        return last if last.retire() else None
