"""Which LangChain run a call belongs to, where LangChain itself does not say.

langchain-core 1.7 calls ``_stream`` and ``_astream`` without a run manager from ``stream()``,
``astream()`` and a streaming ``invoke()`` (read 2026-11-22), so the id of the run is handed over
in a context variable. It is set for the one step that sends the request and is never left behind:
a generator runs in the context of its consumer, where a forgotten value would become the id of
the consumer's next call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, closing, contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, cast

from langchain_core.runnables import RunnableConfig
from langchain_core.utils.uuid import uuid7

T = TypeVar("T")
_RUN_ID: ContextVar[str | None] = ContextVar("aimlapi_run_id", default=None)


def current_run_id() -> str | None:
    """The id of the run that is about to send its request."""
    return _RUN_ID.get()


@contextmanager
def run_known(run_id: object) -> Iterator[None]:
    """Within it, `current_run_id` gives ``run_id``; None stands for no run."""
    token = _RUN_ID.set(None if run_id is None else str(run_id))
    try:
        yield
    finally:
        _RUN_ID.reset(token)


def with_run_id(config: RunnableConfig | None) -> RunnableConfig:
    """A config that says its run id."""
    if config is not None and config.get("run_id") is not None:
        return config
    return cast("RunnableConfig", {**(config or {}), "run_id": uuid7()})


def streamed(items: Iterator[T], run_id: object) -> Iterator[T]:
    """The items; the run is known while the first one is made."""
    with closing(cast("Any", items)):
        try:
            with run_known(run_id):
                first = next(items)
        except StopIteration:
            return
        yield first
        yield from items


async def astreamed(items: AsyncIterator[T], run_id: object) -> AsyncIterator[T]:
    """The async twin of `streamed`."""
    async with aclosing(cast("Any", items)):
        try:
            with run_known(run_id):
                first = await anext(items)
        except StopAsyncIteration:
            return
        yield first
        async for item in items:
            yield item
