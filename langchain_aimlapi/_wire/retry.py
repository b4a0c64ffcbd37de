"""How often and how long to wait before asking again. The one retry layer of the package."""

from __future__ import annotations

import email.utils
import math
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC

BASE_DELAY = 0.5
"""Seconds before the first retry, before jitter; doubles with each further one."""
MAX_DELAY = 8.0
MAX_RETRY_AFTER = 60.0
"""A server that demands a longer wait is not waited for: the error says how long it demands."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RetryEvent:
    """What ``on_retry`` gets before each wait: attempt number (from 1), seconds, and the reason."""

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
        if _NUMBER.fullmatch(raw.strip()):  # not float(): that takes "1_0" and other scripts
            seconds = float(raw) * scale
        else:
            seconds = _seconds_until(raw, time.time() if now is None else now)
        if math.isfinite(seconds) and seconds >= 0:
            return seconds
    return None


def _seconds_until(date: str, now: float) -> float:
    try:
        moment = email.utils.parsedate_to_datetime(date)
        if moment.tzinfo is None:  # an HTTP date is GMT, also where it does not say so (asctime)
            moment = moment.replace(tzinfo=UTC)
        return moment.timestamp() - now
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
