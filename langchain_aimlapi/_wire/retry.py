"""How often and how long to wait before asking again. The one retry layer of the package."""

from __future__ import annotations

import email.utils
import math
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass

BASE_DELAY = 0.5
"""Seconds before the first retry, before jitter; doubles with each further one."""
MAX_DELAY = 8.0
MAX_RETRY_AFTER = 60.0
"""A server that asks for more than this is not waited for: the error says how long it asked."""


@dataclass(frozen=True, slots=True)
class RetryEvent:
    """Told to ``on_retry`` before each wait: attempt number (from 1), seconds, and the reason."""

    attempt: int
    delay: float
    error: Exception


def parse_retry_after(headers: Mapping[str, str], *, now: float | None = None) -> float | None:
    """Seconds that the server asks to wait, from ``retry-after-ms`` or ``retry-after``.

    Understands seconds and HTTP dates; returns None for anything that is not a sane wait
    (garbage, NaN, negative, a date that is past).
    """
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        raw = headers.get(name)
        if raw is None:
            continue
        try:
            seconds = float(raw) * scale
        except ValueError:
            seconds = _seconds_until(raw, time.time() if now is None else now)
        if math.isfinite(seconds) and seconds >= 0:
            return seconds
    return None


def _seconds_until(date: str, now: float) -> float:
    try:
        return email.utils.parsedate_to_datetime(date).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return math.nan


def backoff(attempt: int) -> float:
    """Own wait before retry ``attempt`` (from 1): doubling, capped, with 25 % jitter."""
    delay = min(BASE_DELAY * 2.0 ** min(attempt - 1, 16), MAX_DELAY)
    return delay * random.uniform(0.75, 1.0)  # noqa: S311 - jitter, not a secret


def next_delay(attempt: int, retry_after: float | None) -> float | None:
    """Seconds to wait before retry ``attempt``; None where the server asks for too long a wait."""
    if retry_after is None:
        return backoff(attempt)
    if retry_after > MAX_RETRY_AFTER:
        return None
    return max(retry_after, 0.0)
