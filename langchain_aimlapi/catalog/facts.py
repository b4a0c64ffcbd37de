"""What is known about a model, as values. The dialects read these and nothing else.

`Facts` gathers a model's `Shape`s, one for each URL path, and what holds for the model on all of
them: limits, prices, names, dates, and where each of these was read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from langchain_aimlapi.catalog.capabilities import capabilities
from langchain_aimlapi.catalog.shape import DialectName, Param, RoleFacts, Shape

__all__ = ["DialectName", "Facts", "Param", "RoleFacts", "Shape"]


@dataclass(frozen=True, slots=True)
class Facts:
    """One model. ``known`` is False for an id that the catalog has never seen in any spelling.

    Attributes:
        id: The id as requested (it goes out unchanged).
        kind: ``chat``, ``responses``, ``messages``, ``embedding``, ``image``, ... or None.
        vendor: Who made the model, in the catalog's spelling (``openai``, ``xai``), or None.
        name: The name that people read, or None.
        status: ``listed`` or ``documented`` (served), ``deprecated`` or ``superseded`` (served for
            now, see ``shutdown_at`` and ``replacement``), ``withdrawn`` (not served any more),
            ``schema-only`` (a schema and nothing else); None if unknown.
        aliases: Other spellings of the id that the API takes.
        listed_as: The id that these facts were found under, where ``id`` is only another spelling
            of it (bare or prefixed, dash or dot, dated or ``-latest``); None otherwise.
        context: Context length in tokens, None if not published.
        max_input: Longest input in tokens, where it is less than ``context``; else None.
        max_output: Longest answer in tokens, None if not published.
        shapes: Path -> shape, the preferred path first.
        reasons: Whether the model thinks before it answers; None if not known.
        efforts: Reasoning efforts that make a difference, the least first; empty: none does (the
            value is ignored); None: not known, see the declared values of ``reasoning_effort``.
        thinks_inline: Reasoning comes as ``<think>...</think>`` inside the text.
        replacement: A live model of the same family for one that is switched off, or will be.
        deprecated_at: Day on which the end was announced (ISO 8601), or None.
        shutdown_at: Day on which the id ends (ISO 8601); None where no day is set.
        prices: List prices, from ``GET /v1/models`` or the table that comes with the package; None
            where neither names any. US dollars per single unit: ``input``, ``output``,
            ``cache_read``, ... are per token, ``per_image``, ``per_second``, ... say their unit;
            ``variants`` where the price depends on something.
        released: Day of release (ISO 8601), or None.
        listed_capabilities: Capability words that ``GET /v1/models`` or a dated correction names
            beside what the shapes say; see `capabilities` for all of them.
        sources: What was read -> where and when: a path of ``shapes``, ``row`` (status, context,
            names), ``prices``.
    """

    id: str
    kind: str | None = None
    vendor: str | None = None
    name: str | None = None
    status: str | None = None
    aliases: tuple[str, ...] = ()
    listed_as: str | None = None
    context: int | None = None
    max_input: int | None = None
    max_output: int | None = None
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    reasons: bool | None = None
    efforts: tuple[str, ...] | None = None
    thinks_inline: bool = False
    replacement: str | None = None
    deprecated_at: str | None = None
    shutdown_at: str | None = None
    prices: Mapping[str, Any] | None = None
    known: bool = False
    released: str | None = None
    listed_capabilities: frozenset[str] = frozenset()
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def capabilities(self) -> frozenset[str]:
        """What the model can do, in words (``tools``, ``images``, ``structured_output``, ...);
        see `langchain_aimlapi.catalog.capabilities`. What is not known is not claimed."""
        return capabilities(self)
