"""The facts of a saved copy of the API's documentation data, without its prose."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

WHOLE = ("deprecated.json", "newer_models.json", "prices.json")
DROPPED = frozenset(
    {"note", "read", "source", "sources", "differences", "page", "pages", "card", "section",
     "commit", "base_commit", "repaired_note"}
)  # fmt: skip
"""Keys whose values are words about the data, or say where somebody read them."""

WORDS = 4
"""Spaces of the shortest sentence."""

MODEL = ("id", "kind", "kinds", "vendor", "status", "aliases", "context", "chat_schema")
ENDPOINT = ("method", "path", "class", "file", "request", "responses")
OPERATION = (
    "method", "path", "class", "file", "models", "model_branches", "request", "responses",
)  # fmt: skip


def of(source: Path) -> dict[str, Any]:
    """Document name -> facts."""

    def read(name: str) -> Any:
        return json.loads((source / name).read_text(encoding="utf-8"))

    models, index = read("models.json"), read("schemas/index.json")
    return {
        "models.json": {"models": [_model(row) for row in models["models"]]},
        "schemas/index.json": {
            "operations": [_some(row, OPERATION) for row in index["operations"]],
            "repaired": index["repaired"],
        },
        "errors.json": {"errors": [_error(row) for row in read("errors.json")["errors"]]},
        **{name: _plain(read(name)) for name in WHOLE if (source / name).exists()},
        **_schemas(source),
        **_lines(source),
    }


def _model(row: Mapping[str, Any]) -> dict[str, Any]:
    endpoints = [_some(each, ENDPOINT) for each in row["endpoints"]]
    return {**_some(row, MODEL), "endpoints": endpoints}


def _error(row: Mapping[str, Any]) -> dict[str, Any]:
    """An error as it comes over the wire; of its meaning only whether it is about money."""
    about = any(word in row["meaning"] for word in ("credit", "balance"))
    meaning = "credit" if about else ""
    return {**_some(row, ("status", "message", "match", "retry")), "meaning": meaning}


def _schemas(source: Path) -> dict[str, Any]:
    paths = sorted((source / "schemas").glob("*.json"))
    return {
        f"schemas/{path.name}": json.loads(path.read_text(encoding="utf-8"))
        for path in paths
        if path.name != "index.json"
    }


def _lines(source: Path) -> dict[str, Any]:
    found = {}
    for path in sorted((source / "live").glob("*.jsonl")):
        lines = path.read_text(encoding="utf-8").splitlines()
        found[f"live/{path.name}"] = [_plain(json.loads(line)) for line in lines if line]
    return found


def _some(row: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: row[key] for key in keys if key in row}


def _plain(value: Any) -> Any:
    """The value without words; a sentence is the empty string, so that its key still stands."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, str):
        return "" if value.count(" ") >= WORDS else value
    if not isinstance(value, dict):
        return value
    return {key: _plain(each) for key, each in value.items() if _is_fact(key, each)}


def _is_fact(key: str, value: Any) -> bool:
    if key == "default" and isinstance(value, str):
        return value.count(" ") < WORDS
    return key not in DROPPED
