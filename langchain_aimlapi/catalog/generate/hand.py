"""What no list and no schema tells: family rules, dated corrections, replacements."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from langchain_aimlapi.catalog import families
from langchain_aimlapi.catalog.codec import Json
from langchain_aimlapi.catalog.generate import overrides

SERVED = ("listed", "documented")
ORDER = (
    "kind", "vendor", "name", "status", "aliases", "context", "max_input", "max_output", "shapes",
    "from", "source", "reasons", "efforts", "thinks_inline", "replacement", "deprecated_at",
    "shutdown_at", "prices", "released", "listed_capabilities",
)  # fmt: skip
"""The keys of a row, in order."""


def add_family_facts(models: Mapping[str, MutableMapping[str, Any]]) -> None:
    """What an id says by itself, where nothing says it better."""
    for name, row in models.items():
        for key, value in families.family_of(name).items():
            if key == "listed_capabilities":
                row[key] = sorted({*value, *row.get(key, ())})
            elif key != "shapes" and row.get(key) is None:
                row[key] = value


def add_corrections(models: Mapping[str, MutableMapping[str, object]], *, weaker: bool) -> None:
    """Dated corrections; ``weaker``: what the API itself says beats them."""
    for each in overrides.OVERRIDES:
        changes = {k: sorted(v) if isinstance(v, frozenset) else v for k, v in each.facts.items()}
        for name in filter(models.__contains__, each.ids):
            row = models[name]
            row.update({k: v for k, v in changes.items() if not weaker or row.get(k) is None})
    for name, row in models.items():
        if row.get("status") not in SERVED and name in overrides.REPLACEMENTS:
            row.setdefault("replacement", overrides.REPLACEMENTS[name])


def shape_changes() -> dict[str, Json]:
    """Id -> fields of its shapes that are corrected."""
    found: dict[str, Json] = {}
    for each in overrides.OVERRIDES:
        for name in each.ids if each.shape else ():
            found.setdefault(name, {}).update(each.shape)
    return found


def tidy(row: Mapping[str, object]) -> Json:
    """A row in order, without what says nothing. An empty list of efforts and a False say much."""
    kept = {key: row[key] for key in ORDER if row.get(key) or row.get(key) in ([], False)}
    for key in ("aliases", "shapes", "from", "thinks_inline", "listed_capabilities"):
        if not kept.get(key, True):
            del kept[key]
    return kept
