"""Which models exist and what each path takes for them: the emulator's own reading of the
catalog's data file.

The data is the only thing that emulator and client have in common; all code here is the
emulator's. Where the file is missing, every model is accepted and only the rules that hold for
all models are checked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from langchain_aimlapi.emulator._core import Json

CATALOG = Path(__file__).parent.parent / "catalog" / "models.json"
GONE = frozenset({"deprecated"})
POOLED = ("roles", "parts", "params", "tool_defs", "call_defs", "items")


@cache
def _read(path: Path) -> Json | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if not isinstance(data, dict):
        raise TypeError(f"{path.name} holds no catalog")
    return data


@dataclass(frozen=True, slots=True)
class Model:
    """One model as the emulator knows it. ``shapes`` is empty for a model without data."""

    id: str
    row: Mapping[str, Any] = field(default_factory=dict)
    shapes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def vendor(self) -> str:
        given = self.row.get("vendor")
        if isinstance(given, str) and given:
            return given
        head, slash, _ = self.id.partition("/")
        return head if slash else ("anthropic" if self.id.startswith("claude") else "")

    @property
    def kind(self) -> str | None:
        kind = self.row.get("kind")
        return kind if isinstance(kind, str) else None

    def shape(self, path: str) -> Mapping[str, Any] | None:
        return self.shapes.get(path)

    def declares(self, path: str, name: str) -> bool | None:
        """Whether the model's schema lists a parameter; None if there is no schema."""
        params = (self.shapes.get(path) or {}).get("params")
        return None if params is None else name in params


class Models:
    """Every model of the catalog, by id and alias."""

    def __init__(self, data: Mapping[str, Any] | None) -> None:
        self._shapes: Mapping[str, Any] = (data or {}).get("shapes", {})
        self._rows: Mapping[str, Any] = (data or {}).get("models", {})
        self._data: Mapping[str, Any] = data or {}
        self._resolved: dict[str, Mapping[str, Any]] = {}
        self._aliases: dict[str, str] = {}
        for name, row in self._rows.items():
            for alias in row.get("aliases", ()):
                if alias not in self._rows:
                    self._aliases.setdefault(alias, name)
        self.date = str((data or {}).get("date", ""))

    @classmethod
    def load(cls, source: Path | str | Mapping[str, Any] | None = None) -> Models:
        """From the package's catalog, or another file, or data in hand."""
        if isinstance(source, Mapping):
            return cls(source)
        return cls(_read(Path(source) if source else CATALOG))

    @property
    def empty(self) -> bool:
        return not self._rows

    def find(self, name: str) -> Model | None:
        """The model with that id or alias. An empty models knows them all."""
        if self.empty:
            return Model(name)
        home = name if name in self._rows else self._aliases.get(name)
        if home is None:
            return None
        row = self._rows[home]
        return Model(name, row, self._paths(row))

    def _paths(self, row: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        shapes = (self._shape(key) for key in row.get("shapes", ()) if key in self._shapes)
        paths: dict[str, Mapping[str, Any]] = {}
        for shape in shapes:
            paths.setdefault(shape.get("path", "/v1/chat/completions"), shape)
        return paths

    def _shape(self, key: str) -> Mapping[str, Any]:
        """A shape with the pools that it refers to put in their places."""
        if key not in self._resolved:
            row = dict(self._shapes[key])
            for name in POOLED:
                pool = self._data.get("params" if name not in ("roles", "parts") else name, {})
                if isinstance(row.get(name), list):
                    row[name] = {each.rpartition("/")[0]: pool[each] for each in row[name]}
            if isinstance(row.get("other"), str):
                row["other"] = self._shape(row["other"])
            self._resolved[key] = row
        return self._resolved[key]

    def live(self) -> Iterator[Model]:
        """Every model that is not switched off."""
        for name, row in self._rows.items():
            if row.get("status") not in GONE:
                yield Model(name, row, self._paths(row))

    def replacement(self, name: str) -> str | None:
        found = self.find(name)
        return found.row.get("replacement") if found else None
