"""Values that the catalog's own signatures name, apart from what makes them: importing the
catalog brings in neither the readers of the API's answers nor the prices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_aimlapi.catalog.openapi import Group


@dataclass(frozen=True, slots=True)
class Live:
    """What was read from the API, as the catalog's layer above its generated rows.

    Attributes:
        rows: Id -> facts of the model list.
        ends: Id or alias -> facts of the list of what ends.
        schemas: Id -> its groups, one a path.
        outcomes: Id -> probe -> whether the API took it, see `probes`.
        read_at: When the model list was last read, in seconds since 1970; None: never.
        source: Where, for `Facts.sources`.
        folder: Where it is kept on disk; None where it is not.
    """

    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    ends: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    schemas: Mapping[str, tuple[Group, ...]] = field(default_factory=dict)
    outcomes: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    read_at: float | None = None
    source: str = "the API's own list"
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate in US dollars, by list prices.

    Attributes:
        model: The id.
        usd: The most that it would cost by these prices; None where the list names no price for
            something that was counted (see ``missing``).
        usd_least: The least, where a price depends on something unknown; else ``usd``.
        parts: Argument -> its share of ``usd``.
        missing: Arguments without a price.
        source: Where the prices were read, and when.
    """

    model: str
    usd: float | None
    usd_least: float | None
    parts: Mapping[str, float] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    source: str | None = None
