"""Retries around calls that LiteLLM sends itself: its HTTP client repeats nothing."""

from __future__ import annotations

import asyncio
import functools
import inspect
import time
from collections.abc import Callable, Mapping
from typing import Any

import litellm

from langchain_aimlapi._litellm.access import retries_of
from langchain_aimlapi._wire.retry import next_delay
from langchain_aimlapi.errors import AimlapiError


def repeated(
    original: Callable[..., Any], *, is_ours: Callable[[Mapping[str, object]], bool], flag: str
) -> Callable[..., object]:
    """``original``, repeated as this provider's chat calls are: after what a retry can mend,
    and only where LiteLLM does not repeat it itself.

    Args:
        original: A function of LiteLLM's that opens a request, streamed or not.
        is_ours: Whether a call is for this provider.
        flag: The argument with which LiteLLM asks for a coroutine.
    """
    signature = inspect.signature(original)

    @functools.wraps(original)
    def repeating(*args: object, **kwargs: object) -> object:
        named = signature.bind_partial(*args, **kwargs).arguments
        arguments = {**named.pop("kwargs", {}), **named}
        count = _retries(arguments) if is_ours(arguments) else 0
        if not count:
            return original(*args, **kwargs)
        once = functools.partial(original, *args, **kwargs)
        return _aagain(once, count) if arguments.get(flag) else _again(once, count)

    return repeating


def _again(once: Callable[[], object], count: int) -> object:
    attempt = 0
    while True:
        attempt += 1
        try:
            return once()
        except Exception as error:
            delay = _delay(error, attempt, count)
            if delay is None:
                raise
        time.sleep(delay)


async def _aagain(once: Callable[[], object], count: int) -> object:
    attempt = 0
    while True:
        attempt += 1
        try:
            result = once()
            return await result if inspect.isawaitable(result) else result
        except Exception as error:
            delay = _delay(error, attempt, count)
            if delay is None:
                raise
        await asyncio.sleep(delay)


def _delay(error: Exception, attempt: int, count: int) -> float | None:
    """Seconds before the next attempt; None where there is none."""
    cause = error.__cause__
    if attempt > count or not isinstance(cause, AimlapiError) or not cause.is_retryable:
        return None
    return next_delay(attempt, cause.retry_after)


def _retries(arguments: Mapping[str, object]) -> int:
    settings = (arguments.get("num_retries"), arguments.get("retry_policy"), litellm.num_retries)
    if any(each is not None for each in settings):
        return 0
    return retries_of({"litellm_params": arguments}, {})
