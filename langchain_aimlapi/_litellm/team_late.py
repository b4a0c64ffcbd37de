"""What could not be entered in the books while their server was away."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from langchain_aimlapi._litellm.team_store import BooksUnreachableError

Entry = Callable[[], Awaitable[object]]
AGAIN_SECONDS = 1.0


class LateEntries:
    """Entries in the order in which they came, made when the server is back.

    Each may be made twice, since an answer may be lost: the books take an id once. What this
    process has not made when it ends stays reserved, and is booked at its estimate.

    Args:
        again_seconds: How long to wait before the server is tried again.
    """

    def __init__(self, again_seconds: float = AGAIN_SECONDS) -> None:
        self._again_seconds = again_seconds
        self._waiting: deque[Entry] = deque()
        self._worker: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    async def make(self, entry: Entry) -> bool:
        """Make it now, or after those that wait. Whether it is made already."""
        if not self._waiting:
            try:
                await entry()
            except BooksUnreachableError:
                pass  # it waits, like those after it
            else:
                return True
        self._waiting.append(entry)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return False

    async def _work(self) -> None:
        while self._waiting:
            await asyncio.sleep(self._again_seconds)
            await self._some()

    async def _some(self) -> None:
        """As many as the server takes."""
        while self._waiting:
            try:
                await self._waiting[0]()
            except BooksUnreachableError:
                return
            self._waiting.popleft()
