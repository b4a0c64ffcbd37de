"""Retries, reported to LangChain's callbacks in the form that they know."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tenacity import RetryCallState, Retrying

from langchain_aimlapi._wire.retry import RetryEvent


def hook(
    run_manager: Any, on_retry: Callable[[RetryEvent], object] | None
) -> Callable[[RetryEvent], object]:
    """A function that tells both the run manager (sync or async) and the user."""

    def report(event: RetryEvent) -> Any:
        own = on_retry(event) if on_retry is not None else None
        if run_manager is None:
            return own
        return _both(own, run_manager.on_retry(_state(event)))

    return report


def _both(first: object, second: object) -> object:
    waiting = [each for each in (first, second) if isinstance(each, Awaitable)]
    return _gather(waiting) if waiting else None


async def _gather(waiting: list[Awaitable[object]]) -> None:
    for each in waiting:
        await each


def _state(event: RetryEvent) -> RetryCallState:
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = event.attempt
    state.idle_for = event.delay
    state.set_exception((type(event.error), event.error, event.error.__traceback__))
    return state
