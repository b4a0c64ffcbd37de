"""Rate limits with a state: so many requests a second, so many at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from langchain_aimlapi.emulator._core import Call, Recorded, Refusal
from langchain_aimlapi.emulator._errors import MESSAGES


@dataclass(slots=True)
class Limit:
    """One limit; see `Limits.add`."""

    requests: int | None
    seconds: float
    concurrent: int | None
    path: str | None
    retry_after: float | str | None
    message: str
    _times: deque[float] = field(default_factory=deque)

    def refusal(self, now: float, open_calls: int) -> Refusal | None:
        """The 429 for a call that is one too many; else the call is counted."""
        headers = {} if self.retry_after is None else {"retry-after": f"{self.retry_after}"}
        if self.concurrent is not None and open_calls > self.concurrent:
            return Refusal(429, self.message, headers)
        if self.requests is None:
            return None
        while self._times and self._times[0] <= now - self.seconds:
            self._times.popleft()
        if len(self._times) >= self.requests:
            return Refusal(429, self.message, headers)
        self._times.append(now)
        return None


class Limits:
    """Every limit of an emulator. Safe in threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._limits: list[Limit] = []
        self._open: list[Recorded] = []

    def add(
        self,
        requests: int | None = None,
        seconds: float = 1.0,
        *,
        concurrent: int | None = None,
        path: str | None = None,
        retry_after: float | str | None = None,
        message: str = MESSAGES[429],
    ) -> None:
        """Calls above the limit get a 429.

        Args:
            requests: How many calls may come in ``seconds``.
            seconds: The window, on the emulator's clock.
            concurrent: How many calls may be open at once.
            path: Only for paths that contain this text.
            retry_after: The ``Retry-After`` header; the real API sends none.
            message: The error's message.
        """
        with self._lock:
            self._limits.append(Limit(requests, seconds, concurrent, path, retry_after, message))

    def clear(self) -> None:
        with self._lock:
            self._limits.clear()
            self._open.clear()

    def check(self, call: Call, record: Recorded) -> None:
        """Raises the 429 for a call that is one too many."""
        if not self._limits:
            return
        with self._lock:
            self._open = [one for one in self._open if one.ended == "open"]
            for limit in self._limits:
                if limit.path is not None and limit.path not in call.path:
                    continue
                refusal = limit.refusal(self._clock(), len(self._open) + 1)
                if refusal is not None:
                    raise refusal
            self._open.append(record)
