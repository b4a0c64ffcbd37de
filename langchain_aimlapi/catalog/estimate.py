"""What a call would cost by the list prices: an estimate, never the charge.

The charge is what an answer says (``meta.usage``, or ``cost`` on values of this package).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from langchain_aimlapi.catalog.facts import Facts
from langchain_aimlapi.catalog.values import Estimate

# Argument -> (its price, the price that stands in where the list does not name it apart).
_TOKENS = {
    "input_tokens": ("input", None),
    "output_tokens": ("output", None),
    "cache_read_tokens": ("cache_read", "input"),
    "cache_creation_tokens": ("cache_creation", "input"),
    "audio_input_tokens": ("audio_input", "input"),
    "audio_output_tokens": ("audio_output", "output"),
}
_UNITS = {
    "images": ("per_image", "per_generation", "per_request"),
    "seconds": ("per_second",),
    "minutes": ("per_minute",),
    "characters": ("per_character",),
    "pages": ("per_page",),
    "megapixels": ("per_megapixel",),
    "requests": ("per_request", "per_generation", "per_video", "per_song"),
}
COUNTS = (*_TOKENS, *_UNITS)


def estimate(facts: Facts, counts: Mapping[str, float], when: Mapping[str, object]) -> Estimate:
    """What so much of everything would cost.

    Args:
        facts: The model, with its prices.
        counts: Names of `COUNTS` -> how many.
        when: What the call asks for (``{"resolution": "720p"}``), where a price depends on it.

    Raises:
        ValueError: A name that is not in `COUNTS`, or a negative count.
    """
    for name, count in counts.items():
        if name not in COUNTS:
            raise ValueError(f"{name!r} is not counted: use {', '.join(COUNTS)}")
        if count < 0:
            raise ValueError(f"{name} must not be negative, got {count}")
    most: dict[str, float] = {}
    least: dict[str, float] = {}
    for name, count in counts.items():
        prices = sorted(_prices(facts.prices or {}, name, when))
        if count and prices:
            most[name], least[name] = count * prices[-1], count * prices[0]
    missing = tuple(name for name, count in counts.items() if count and name not in most)
    return Estimate(
        model=facts.id,
        usd=None if missing else sum(most.values()),
        usd_least=None if missing else sum(least.values()),
        parts=most,
        missing=missing,
        source=facts.sources.get("prices"),
    )


def token_rates(facts: Facts) -> dict[str, float] | None:
    """US dollars for one token of each kind that a price list names or stands another in for, by
    the names of `COUNTS`; None where input or output has no price."""
    found = {name: estimate(facts, {name: 1}, {}).usd for name in _TOKENS}
    if found["input_tokens"] is None or found["output_tokens"] is None:
        return None
    return {name: usd for name, usd in found.items() if usd is not None}


def _prices(prices: Mapping[str, Any], name: str, when: Mapping[str, Any]) -> Iterator[float]:
    """Every price that may hold for an argument."""
    for key in _keys(name):
        variants = [
            each[key]
            for each in prices.get("variants", ())
            if key in each and _may_hold(each.get("when"), when)
        ]
        if variants:
            yield from variants
            return
        if isinstance(prices.get(key), int | float):
            yield prices[key]
            return


def _keys(name: str) -> Iterator[str]:
    if name in _TOKENS:
        yield from (key for key in _TOKENS[name] if key is not None)
    else:
        yield from _UNITS[name]


def _may_hold(condition: object, when: Mapping[str, object]) -> bool:
    """A condition on something unknown may hold."""
    if not isinstance(condition, Mapping):
        return True
    return all(str(when[key]) == str(value) for key, value in condition.items() if key in when)
