"""Token counts and the charge, from every spelling that vendors use."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from langchain_aimlapi._domain.values import Cost, Usage

CREDITS_PER_USD = 2_000_000  # FAQ "how can I track my funds", read 2026-08-21

_WITH_CACHE = frozenset({"prompt_tokens", "input_tokens_details", "input_token_details"})
"""Keys of vendors whose input count includes what came from the cache."""
NOT_ANTHROPIC = _WITH_CACHE | {
    "completion_tokens", "total_tokens", "prompt_tokens_details", "completion_tokens_details",
    "output_tokens_details", "output_token_details", "reasoning_tokens", "cached_tokens",
    "prompt_cache_hit_tokens",
}  # fmt: skip
"""Keys of all other spellings than Anthropic's."""
_NO_DETAILS: Mapping[str, object] = {}


def count(value: object) -> int | None:
    """A token count as an int; None for anything that is none (null, NaN, text, negative)."""
    if value is None:
        return None
    if type(value) is int:
        return value if value >= 0 else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return int(value) if value >= 0 else None


def merge_usage(old: Mapping[str, object], new: Mapping[str, object]) -> dict[str, object]:
    """The later usage over the earlier one; nulls and zeros never wipe out a count.

    Vendors send usage on the finish chunk and again after it, as running totals on every chunk,
    or in parts (Anthropic: input first, output last): in each case the last figure counts.
    """
    if not old:
        return {key: value for key, value in new.items() if value is not None}
    merged = dict(old)
    for key, value in new.items():
        before = merged.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            merged[key] = merge_usage(before, value)
        elif value or (value is not None and before is None):
            merged[key] = value
    return merged


def read_usage(raw: object) -> Usage | None:
    """Usage from a vendor's own dictionary (OpenAI, Anthropic and Responses spellings)."""
    if not isinstance(raw, Mapping):
        return None
    if NOT_ANTHROPIC.isdisjoint(raw):
        return _anthropic_usage(raw)
    prompt = count(raw.get("prompt_tokens"))
    completion = count(raw.get("completion_tokens"))
    if prompt is None and completion is None:
        prompt, completion = count(raw.get("input_tokens")), count(raw.get("output_tokens"))
    total = count(raw.get("total_tokens"))
    if prompt is None and completion is None and total is None:
        return None
    if prompt is None:
        prompt = max((total or 0) - (completion or 0), 0) if total is not None else 0
    if completion is None:
        completion = max((total or 0) - prompt, 0) if total is not None else 0
    inputs = _details(raw, "prompt_tokens_details", "input_tokens_details", "input_token_details")
    outputs = _details(
        raw, "completion_tokens_details", "output_tokens_details", "output_token_details"
    )
    reasoning = _first(outputs.get("reasoning_tokens"), raw.get("reasoning_tokens"))
    # Gemini 3.x and Grok count thoughts beside the completion: total = prompt + both.
    if reasoning and total == prompt + completion + reasoning:
        completion += reasoning
    cache_read, cache_creation = _cached(raw, inputs)
    if _WITH_CACHE.isdisjoint(raw):
        # Anthropic's input_tokens leaves out what went through the cache.
        prompt += (cache_read or 0) + (cache_creation or 0)
    return Usage(
        input=prompt,
        output=completion,
        total=max(total or 0, prompt + completion),
        cache_read=cache_read,
        cache_creation=cache_creation,
        audio_input=count(inputs.get("audio_tokens")),
        reasoning=reasoning,
        audio_output=count(outputs.get("audio_tokens")),
        raw=raw,
    )


def _anthropic_usage(raw: Mapping[str, object]) -> Usage | None:
    """Four counts, of which the input leaves out what went through the cache."""
    prompt, completion = count(raw.get("input_tokens")), count(raw.get("output_tokens"))
    if prompt is None and completion is None:
        return None
    read = count(raw.get("cache_read_input_tokens"))
    written = count(raw.get("cache_creation_input_tokens"))
    prompt = (prompt or 0) + (read or 0) + (written or 0)
    completion = completion or 0
    return Usage(prompt, completion, prompt + completion, read, written, raw=raw)


def _details(raw: Mapping[str, object], *names: str) -> Mapping[str, object]:
    for name in names:
        value = raw.get(name)
        if value is not None and isinstance(value, Mapping):
            return value
    return _NO_DETAILS


def _first(*values: object) -> int | None:
    for value in values:
        found = count(value)
        if found is not None:
            return found
    return None


def _cached(
    raw: Mapping[str, object], inputs: Mapping[str, object]
) -> tuple[int | None, int | None]:
    read = _first(
        inputs.get("cached_tokens"),
        raw.get("cache_read_input_tokens"),
        raw.get("prompt_cache_hit_tokens"),
        raw.get("cached_tokens"),
    )
    written = _first(
        inputs.get("cache_write_tokens"),
        inputs.get("cache_creation_tokens"),
        raw.get("cache_creation_input_tokens"),
    )
    return read, written


def read_cost(meta: object, headers: Mapping[str, str] | None = None) -> Cost | None:
    """The charge from ``meta.usage``, else from the cost headers.

    One figure gives the other by the published rate of 2,000,000 credits a dollar. Answers of
    late 2025 call the credits ``tokens_used``.
    """
    if meta is None and not headers:
        return None
    usage = meta.get("usage") if isinstance(meta, Mapping) else None
    headers = headers or {}
    usd: float | None = None
    credits: float | None = None
    if isinstance(usage, Mapping):
        usd = _charge(usage.get("usd_spent"))
        credits = _charge(usage.get("credits_used"))
        if credits is None:
            credits = _charge(usage.get("tokens_used"))
    source: Literal["meta.usage", "headers"] = "meta.usage"
    if usd is None and credits is None:
        source = "headers"
        usd = _charge(headers.get("x-aimlapi-usd-spent"))
        credits = _charge(headers.get("x-aimlapi-credits-used"))
    if usd is None and credits is None:
        return None
    if usd is None:
        usd = (credits or 0.0) / CREDITS_PER_USD
    if credits is None:
        credits = usd * CREDITS_PER_USD
    return Cost(usd, round(credits), source)


def number(value: object) -> float | None:
    """A finite number, also one that is spelled as text; None for anything else."""
    if value is None or isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _charge(value: object) -> float | None:
    found = number(value)
    return found if found is not None and found >= 0 else None
