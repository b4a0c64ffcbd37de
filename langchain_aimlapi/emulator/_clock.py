"""Time that a test moves itself."""

from __future__ import annotations

import threading

START = 1_790_000_000.0  # 21 September 2026


class VirtualClock:
    """Seconds since the epoch that pass only when somebody waits or `advance` is called.

    ``Emulator(clock=VirtualClock())``: the in-process transport does not sleep for pauses, it
    moves the clock, so that delays, slow streams and long jobs cost a test no time. A client's
    read timeout is kept all the same.
    """

    def __init__(self, start: float = START) -> None:
        self._now = start
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Lets this many seconds pass."""
        with self._lock:
            self._now += seconds
