"""The blocks of an answer as they begin, and the marks that carry their order along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_aimlapi._domain.values import BLOCK_KINDS, BlockKind

_RANK = {kind: rank for rank, kind in enumerate(BLOCK_KINDS)}


class BlockLog:
    """The order of one choice's blocks.

    As long as they come in the usual order nothing is marked: most answers are reasoning, a text
    and calls. From the first block that breaks it, every delta is marked with its block.
    """

    __slots__ = ("_entries", "_fresh", "_mark", "_rank", "_texts", "is_unusual", "kind")

    def __init__(self) -> None:
        self.is_unusual = False  # the blocks have left the usual order
        self.kind: BlockKind | None = None  # of the block that has begun last
        self._entries: list[dict[str, Any]] = []
        self._rank = 0
        self._texts = 0
        self._mark: Mapping[str, object] | None = None  # of the block's deltas
        self._fresh: dict[str, object] | None = None  # the entry that no delta has carried yet

    def begin(
        self, kind: BlockKind, start: int | None = None, *, is_indexed: bool = False
    ) -> Mapping[str, object] | None:
        """A block begins.

        Args:
            start: Where its text begins in the whole text (or reasoning) of the answer.
            is_indexed: Its pieces carry an index of their own (Anthropic's thinking blocks).

        Returns:
            The ``extra`` that tells of the blocks before it; None where nothing has to.
        """
        entry: dict[str, Any] = {"index": len(self._entries), "type": kind}
        if start is not None:
            entry["start"] = start
        rank = _RANK[kind]
        self._texts += kind == "text"
        is_second = self._texts > 1 or (kind == self.kind == "reasoning" and not is_indexed)
        breaks = not self.is_unusual and (rank < self._rank or is_second)
        before = {"block_order": self.entries()} if breaks else None
        self._rank = max(rank, self._rank)
        self._entries.append(entry)
        self.kind = kind
        self.is_unusual = self.is_unusual or breaks
        if self.is_unusual:
            self._fresh = dict(entry)
            self._mark = {"block_order": [{"index": entry["index"]}]}
        return before

    def mark(self) -> Mapping[str, Any] | None:
        """The ``extra`` of the block's next delta: its entry, then its index alone."""
        if self._fresh is not None:
            return {"block_order": self.take_entry()}
        return self._mark

    def take_entry(self) -> list[dict[str, object]]:
        """The block's entry, if no delta has carried it yet and the order is unusual."""
        entry, self._fresh = self._fresh, None
        return [] if entry is None else [entry]

    def annotate(self, positions: list[int]) -> Mapping[str, Any] | None:
        """Annotations have come for the last text block.

        Args:
            positions: Their places in the list of all annotations.

        Returns:
            The ``extra`` of their delta, where the order is unusual.
        """
        entry = next((e for e in reversed(self._entries) if e["type"] == "text"), None)
        if entry is None:
            return None
        entry["annotations"] = [*entry.get("annotations", ()), *positions]
        if not self.is_unusual:
            return None
        return {"block_order": [{"index": entry["index"], "annotations": positions}]}

    def entries(self) -> list[dict[str, Any]]:
        """Every block so far."""
        return [dict(entry) for entry in self._entries]
