"""``pricing`` of ``GET /v1/models`` -> US dollars per single token, image, second, ...

Kinds: ``fixed`` has ``units`` of {name, content, origin, measure, price, per}; ``variants`` has
``variants`` of {when, price, unit, per}; ``variable`` has no figure. A price always counts for
``per`` units. ``origin`` tells whose unit it is: ``provided`` by the caller, ``generated``,
``cached`` (read from the cache) or ``cache_write``; ``measure`` says it on older rows.
Source: the model list page, read 2026-08-21; origins as measured in September 2026.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

_ORIGINS = {
    "provided": "input",
    "generated": "output",
    "cached": "cache_read",
    "cache_read": "cache_read",
    "cache_write": "cache_creation",
    "cache_creation": "cache_creation",
    "reasoning": "reasoning",
}
_TOKEN_MEASURES = (
    (re.compile(r"cach\w*.*(write|creat)|(write|creat)\w*.*cach"), "cache_creation"),
    (re.compile(r"cach"), "cache_read"),
    (re.compile(r"reason|think"), "reasoning"),
    (re.compile(r"audio.*(in|prompt)|(in|prompt)\w*.*audio"), "audio_input"),
    (re.compile(r"audio"), "audio_output"),
    (re.compile(r"image.*(in|prompt)|(in|prompt)\w*.*image"), "image_input"),
    (re.compile(r"image"), "image_output"),
    (re.compile(r"in(put)?\b|prompt"), "input"),
    (re.compile(r"out(put)?\b|completion|generat"), "output"),
)
_UNITS = re.compile(
    r"(mega_?pixel|image|second|minute|hour|character|page|request|generation|video|frame|song|step)"
)


def normalise(pricing: object) -> dict[str, Any] | None:
    """Prices per single unit, or None where the API named none.

    Returns:
        ``kind`` and ``currency``; in US dollars ``input``, ``output``, ``cache_read``, ... per
        token, ``per_image``, ``per_second``, ... per that unit. Where a price depends on
        something, ``variants`` holds {"when": ..., the same keys}, and a key stands at the top
        only if all variants agree on it.
    """
    if not isinstance(pricing, Mapping):
        return None
    currency = str(pricing.get("currency") or "USD").upper()
    found: dict[str, Any] = {"kind": pricing.get("kind"), "currency": currency}
    if currency != "USD":
        return found
    for unit in _rows(pricing, "units"):
        found |= _one(unit.get("name"), _measure(unit, {}), unit)
    variants = [
        {"when": dict(when) if isinstance(when, Mapping) else when, **priced}
        for each in _rows(pricing, "variants")
        for when in (each.get("when") or {},)
        if (priced := _one(each.get("unit"), _measure(each, when), each))
    ]
    if variants:
        found |= {**_agreed(variants), "variants": variants}
    return found


def _rows(pricing: Mapping[str, Any], name: str) -> list[Mapping[str, object]]:
    return [each for each in pricing.get(name) or () if isinstance(each, Mapping)]


def _measure(row: Mapping[str, object], when: object) -> str:
    """What a row measures: its origin and content, else its own word, or the condition's."""
    origin = _ORIGINS.get(str(row.get("origin") or "").lower())
    if origin is not None:
        content = str(row.get("content") or "text").lower()
        media = f"{content}_" if content in ("audio", "image") else ""
        return f"{media}{origin}" if origin in ("input", "output") else origin
    words = [row.get("measure")]
    if isinstance(when, Mapping):
        words += [
            when[key] for key in ("measure", "type", "token_type", "direction") if key in when
        ]
    return " ".join(str(each) for each in words if each)


def _one(name: object, measure: str, row: Mapping[str, object]) -> dict[str, float]:
    price, per = _number(row.get("price")), _number(row.get("per", 1))
    key = _key(str(name or "").lower(), measure.lower())
    if price is None or not per or key is None:
        return {}
    return {key: price / per}


def _key(name: str, measure: str) -> str | None:
    words = f"{name} {measure}".replace("_", " ").replace("-", " ")
    if "token" in words:
        what = words.replace("tokens", " ").replace("token", " ")
        return next((key for pattern, key in _TOKEN_MEASURES if pattern.search(what)), None)
    unit = _UNITS.search(name) or _UNITS.search(measure)
    return f"per_{unit.group(1).replace('_', '')}" if unit else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _agreed(variants: list[dict[str, Any]]) -> dict[str, float]:
    seen: dict[str, set[float]] = {}
    for each in variants:
        for key, value in each.items():
            if key != "when":
                seen.setdefault(key, set()).add(value)
    return {key: values.pop() for key, values in seen.items() if len(values) == 1}
