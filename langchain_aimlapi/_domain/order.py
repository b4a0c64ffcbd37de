"""The blocks of an answer in the order in which they came.

A message keeps its text as one string and everything else by kind. That loses nothing as long as
the blocks come in the usual order (`BLOCK_KINDS`) and hold one text. Where they do not, the answer
has ``block_order``: one entry a block, with its ``index`` and its ``type``; for text and reasoning
also the ``start`` of its part in the joined string, and the positions of its ``annotations``. The
n-th entry of a kind stands for its n-th item.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from langchain_aimlapi._domain.values import BLOCK_KINDS, BlockKind

_FRONT: tuple[BlockKind, ...] = ("reasoning", "server_tool")


class Block(NamedTuple):
    """One block: the ``number``-th of its kind, counted from 0. ``text`` is its part of the text or
    of the reasoning, ``annotations`` are those of the answer that belong to it."""

    kind: BlockKind
    number: int = 0
    text: str = ""
    annotations: Sequence[Any] = ()


def arrange(
    order: object,
    counts: Mapping[BlockKind, int],
    *,
    text: str = "",
    reasoning: str = "",
    annotations: Sequence[object] = (),
) -> list[Block]:
    """The blocks in their order.

    An order that no longer fits (the message was edited) is followed as far as it goes; no text
    and no item is left out, and none comes twice.

    Args:
        order: ``block_order``, or nothing for the usual order.
        counts: How many items of each kind there are. Reasoning without items of its own and text
            may be left out: they are one each where their string is not empty.
        text: The whole text of the answer.
        reasoning: Its whole reasoning.
        annotations: All that belong to text blocks.
    """
    entries = _entries(order)
    blocks: list[Block] = []
    by_kind = {
        kind: _of_kind(
            kind, [e for e in entries if e["type"] == kind], counts, text, reasoning, annotations
        )
        for kind in BLOCK_KINDS
    }
    for entry in entries:
        if by_kind[entry["type"]]:
            blocks.append(by_kind[entry["type"]].pop(0))
    front = [block for kind in _FRONT for block in by_kind[kind]]
    back = [block for kind in BLOCK_KINDS if kind not in _FRONT for block in by_kind[kind]]
    return [*front, *blocks, *back]


def _entries(order: object) -> list[Mapping[str, Any]]:
    found = [
        entry
        for entry in (order if isinstance(order, list | tuple) else ())
        if isinstance(entry, Mapping)
        and isinstance(entry.get("index"), int)
        and entry.get("type") in BLOCK_KINDS
    ]
    return sorted(found, key=lambda entry: int(entry["index"]))


def _of_kind(
    kind: BlockKind,
    entries: Sequence[Mapping[str, object]],
    counts: Mapping[BlockKind, int],
    text: str,
    reasoning: str,
    annotations: Sequence[object],
) -> list[Block]:
    count = counts.get(kind, 0)
    if kind == "text":
        if not text and not annotations:
            return []
        pieces = _pieces(text, entries)
        owned = _owned(annotations, entries, len(pieces))
        pairs = zip(pieces, owned, strict=True)
        return [Block(kind, n, piece, notes) for n, (piece, notes) in enumerate(pairs)]
    if kind == "reasoning":
        if not count and not reasoning:
            return []
        pieces = _pieces(reasoning, entries)
        if not count:
            return [Block(kind, n, piece) for n, piece in enumerate(pieces)]
        if len(pieces) != count:
            pieces = [reasoning] if count == 1 else [""] * count
        return [Block(kind, n, piece) for n, piece in enumerate(pieces)]
    return [Block(kind, n) for n in range(count)]


def _pieces(text: str, entries: Sequence[Mapping[str, object]]) -> list[str]:
    """The text cut where its blocks begin; uncut where that is not known. White space alone stays
    with the text before it: no API takes it as a block."""
    starts = [entry.get("start") for entry in entries]
    first = starts[0] if starts else None
    places = [
        start - first for start in starts if isinstance(start, int) and isinstance(first, int)
    ]
    known = len(places) == len(starts) and places == sorted(places)
    if len(places) < 2 or not known or places[-1] > len(text):
        return [text]
    for number in range(len(places) - 1, 0, -1):
        end = places[number + 1] if number + 1 < len(places) else len(text)
        if not text[places[number] : end].strip():
            places[number] = end
    ends = [*places[1:], len(text)]
    return [text[start:end] for start, end in zip(places, ends, strict=True)]


def _owned(
    annotations: Sequence[object], entries: Sequence[Mapping[str, object]], count: int
) -> list[list[object]]:
    """The annotations of each text block; what belongs to none is at the last one."""
    owned: list[list[object]] = [[] for _ in range(count)]
    rest = dict(enumerate(annotations))
    if len(entries) == count:
        for notes, entry in zip(owned, entries, strict=True):
            positions = entry.get("annotations")
            for position in positions if isinstance(positions, list | tuple) else ():
                if isinstance(position, int) and position in rest:
                    notes.append(rest.pop(position))
    owned[-1] += rest.values()
    return owned
