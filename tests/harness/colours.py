"""One call in both colours: ``await call(client.service, colour, "usage", period="24h")``."""

from __future__ import annotations

import inspect
from typing import Any


async def call(calls: object, colour: str, method: str, /, *args: Any, **kwargs: Any) -> Any:
    """The value of a method, or of its async twin; of a stream, the list of its items."""
    if colour == "sync":
        value = getattr(calls, method)(*args, **kwargs)
        if not hasattr(value, "__next__"):
            return value
        with value:
            return list(value)
    value = getattr(calls, "a" + method)(*args, **kwargs)
    if inspect.isawaitable(value):
        return await value
    async with value:
        return [item async for item in value]
