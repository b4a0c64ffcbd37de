"""Which LangChain run a call belongs to, where LangChain itself does not say.

langchain-core 1.7 calls ``_stream`` and ``_astream`` without a run manager (read 2026-11-22). From
``stream()`` and ``astream()`` the id goes along as an argument of the call. A streaming
``invoke()`` must not do so, for the arguments are part of the cache's key: there the id stands in
a context variable while the answer is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import cast

from langchain_core.runnables import RunnableConfig
from langchain_core.utils.uuid import uuid7

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
