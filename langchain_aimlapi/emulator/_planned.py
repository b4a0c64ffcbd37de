"""What a test has set up to happen to coming calls: scripts, faults, replays."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from langchain_aimlapi.emulator._core import Call, Refusal


@dataclass(slots=True)
class Planned:
    """Something set up to happen to the next ``times`` matching calls (None: to all)."""

    what: Any
    times: int | None = 1
    path: str | None = None
    model: str | None = None
    when: Callable[[Call], bool] | None = None

    def fits(self, call: Call, model: str | None) -> bool:
        return (
            (self.path is None or self.path in call.path)
            and (self.model is None or self.model == model)
            and self._holds(call)
        )

    def _holds(self, call: Call) -> bool:
        """A condition that cannot read the body, since it is no JSON, does not hold."""
        try:
            return self.when is None or self.when(call)
        except Refusal:
            return False


class Plan:
    """A queue of planned things. Safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items: list[Planned] = []

    def add(self, item: Planned) -> None:
        with self._lock:
            self._items.append(item)

    def clear(self) -> None:
        with self._lock:
            self._items.clear()

    def take(self, call: Call, model: str | None) -> Any:
        """The first thing that fits, used up once; None if nothing fits."""
        if not self._items:
            return None
        with self._lock:
            for item in self._items:
                if not item.fits(call, model):
                    continue
                if item.times is not None:
                    item.times -= 1
                    if item.times <= 0:
                        self._items.remove(item)
                return item.what
        return None
