"""The whole document that ships with the package: rows of models, shapes, and their pools."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from langchain_aimlapi.catalog.codec import Json
from langchain_aimlapi.catalog.generate import hand
from langchain_aimlapi.catalog.generate.documentation import LABELS, Documentation
from langchain_aimlapi.catalog.generate.published import SOURCES, Published
from langchain_aimlapi.catalog.generate.rows import Rows
from langchain_aimlapi.catalog.generate.writer import Writer
from langchain_aimlapi.catalog.shapes import shape_of

GENERATOR = 2


def build(source: Path, *, newest: bool = True) -> Json:
    """The document from the data beside the repository.

    Args:
        source: The folder of the data.
        newest: Also what is newer than the documentation; else the documentation alone.
    """
    rows, writer = Rows(Documentation(source), source, newest=newest), Writer()
    changes = hand.shape_changes()
    models: dict[str, Json] = {}
    for name, row in rows.models.items():
        published = rows.published[name]
        row["shapes"] = [
            assemble(writer, path, each, changes.get(name, {})) for path, each in published.items()
        ]
        row["from"] = [each.source for each in published.values()]
        models[name] = hand.tidy(row)
    return {
        "sources": SOURCES,
        "date": "2026-11-26" if newest else "2026-08-21",
        "generator": GENERATOR,
        "params": writer.params.rows,
        "roles": writer.roles.rows,
        "parts": writer.parts.rows,
        "shapes": writer.shapes,
        "aliases": rows.aliases,
        "models": models,
    }


def assemble(writer: Writer, path: str, published: Published, changes: Json) -> str:
    """Writes the shape of a schema, with its corrections; returns its key."""
    key = f"{LABELS.get(path, 'legacy')}/{published.named()}"
    shape = dataclasses.replace(shape_of(path, published.schema), path=path)
    if changes:
        shape = dataclasses.replace(shape, **changes)
        key += "+" + "-".join(sorted(changes))
    writer.add(key, shape)
    return key


def render(document: Json) -> str:
    """The document as text: sorted, one value a line."""
    lines = []
    for name, value in document.items():
        if isinstance(value, dict):
            rows = (f"{_compact(key)}:{_compact(value[key])}" for key in sorted(value))
            lines.append(f"{_compact(name)}:{{\n" + ",\n".join(rows) + "\n}")
        else:
            lines.append(f"{_compact(name)}:{_compact(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
