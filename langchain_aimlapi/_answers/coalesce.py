"""Fewer, longer deltas for a consumer that has fallen behind."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from langchain_aimlapi._domain.values import Delta


def _kind(item: object) -> object:
    """Deltas of one kind may be joined; everything else stands alone."""
    if type(item) is Delta and not (item.tools or item.extra or item.logprobs):
        if item.text and not item.reasoning:
            return ("text", item.choice)
        if item.reasoning and not item.text:
            return ("reasoning", item.choice)
    return id(item)


def joined(items: Sequence[Any]) -> list[Any]:
    """Neighbouring pieces of text, or of reasoning, of one choice as one delta.

    Order is kept, nothing is lost, and nothing is waited for: only what has been read already
    is joined.
    """
    result: list[Any] = []
    for kind, run in groupby(items, _kind):
        group = list(run)
        if len(group) == 1 or not isinstance(kind, tuple):
            result.extend(group)
        elif kind[0] == "text":
            result.append(Delta("".join(d.text for d in group), choice=kind[1]))
        else:
            result.append(Delta("", "".join(d.reasoning for d in group), choice=kind[1]))
    return result
