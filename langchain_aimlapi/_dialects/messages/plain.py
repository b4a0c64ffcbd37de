"""Whole answers that are one text and nothing else: batches have 100,000 of them.

Such answers differ in a few fields only, so the reader need read but the first of a kind; what it
made of that one, with these fields in their places, is what it would make of the others.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from langchain_aimlapi._answers.usage import NOT_ANTHROPIC

_KEYS = frozenset({
    "id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "stop_details",
    "usage", "meta",
})  # fmt: skip
_BLOCK = {"type", "text"}


class Plain(NamedTuple):
    """What tells one such answer from another.

    Attributes:
        kind: Everything that decides how the rest is read: equal for all answers of a kind.
        text, id: As they came.
        usage: The counts as they came, without nulls.
        input, output, cache_read, cache_creation: Tokens; the input includes both of the cache.
        usd, credits: The charge; None where the answer names none.
    """

    kind: tuple[object, ...]
    text: str
    id: str
    usage: dict[str, object]
    input: int
    output: int
    cache_read: int | None
    cache_creation: int | None
    usd: float | None
    credits: int | None


def read_plain(message: dict[str, Any]) -> Plain | None:
    """The fields of a whole answer that is one text; None for every other answer, and for one
    with a field that is not what it usually is."""
    content, usage = message.get("content"), message.get("usage")
    if type(content) is not list or len(content) != 1 or type(usage) is not dict:
        return None
    block, reason = content[0], message.get("stop_reason")
    id, model, tier = message.get("id"), message.get("model"), usage.get("service_tier")
    if type(block) is not dict or block.keys() != _BLOCK or block["type"] != "text":
        return None
    if not (reason and id and model and type(reason) is type(id) is type(model) is str):
        return None
    if message.get("type") != "message" or not _KEYS.issuperset(message):
        return None
    if message.get("stop_sequence") or message.get("stop_details"):
        return None
    text = block["text"]
    if type(text) is not str or text.lstrip()[:1] in ("", "<"):  # a thought may begin there
        return None
    counts, charge = _counts(usage), _charge(message.get("meta"))
    if counts is None or charge is None or not (tier is None or type(tier) is str):
        return None
    prompt, output, read, written = counts
    usd, credits, served = charge
    kind = (reason, model, tier, served, read is None, written is None, usd is None)
    return Plain(kind, text, id, usage, prompt, output, read, written, usd, credits)


def _counts(usage: dict[str, object]) -> tuple[int, int, int | None, int | None] | None:
    """Input, output, and what was read from and written to the cache; all of them in Anthropic's
    spelling, whose input leaves out both of the cache."""
    prompt, output = usage.get("input_tokens"), usage.get("output_tokens")
    read = usage.get("cache_read_input_tokens")
    written = usage.get("cache_creation_input_tokens")
    if type(prompt) is not int or type(output) is not int or prompt < 0 or output < 0:
        return None
    if None in usage.values() or not NOT_ANTHROPIC.isdisjoint(usage):
        return None
    if read is not None:
        if type(read) is not int or read < 0:
            return None
        prompt += read
    if written is not None:
        if type(written) is not int or written < 0:
            return None
        prompt += written
    return prompt, output, read, written


def _charge(meta: object) -> tuple[float | None, int | None, tuple[str | None, ...]] | None:
    """US dollars, credits, and who served the call by the answer's ``meta``."""
    if meta is None:
        return None, None, ()
    if type(meta) is not dict:
        return None
    usage = meta.get("usage")
    if type(usage) is not dict:
        return None
    usd, credits = usage.get("usd_spent"), usage.get("credits_used")
    if type(usd) is not float or type(credits) is not int or credits < 0 or not 0 <= usd < math.inf:
        return None
    model, provider = meta.get("model"), meta.get("provider")
    if not (model is None or type(model) is str) or not (provider is None or type(provider) is str):
        return None
    return usd, credits, (model, provider)
