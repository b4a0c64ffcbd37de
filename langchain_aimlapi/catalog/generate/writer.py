"""Facts -> JSON, for the generator. The format is described in `catalog.codec`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from langchain_aimlapi.catalog.codec import PARAM_LISTS, PARAM_NESTED, SHAPE_PARAMS, Json
from langchain_aimlapi.catalog.shape import Param, RoleFacts, Shape


def _non_default(value: Any) -> Json:
    """The fields of a dataclass that differ from their defaults."""
    found: Json = {}
    for each in fields(value):
        content = getattr(value, each.name)
        default = each.default if each.default is not MISSING else None
        if each.default_factory is not MISSING:
            default = each.default_factory()
        # ``==`` alone would take False for 0 and lose a minimum of 0 beside a default of None
        if content != default or type(content) is not type(default):
            found[each.name] = content
    return found


def param_to_json(param: Param) -> Json:
    """A parameter as JSON."""
    row = _non_default(param)
    for name in PARAM_NESTED:
        if name in row:
            row[name] = param_to_json(row[name])
    if "properties" in row:
        row["properties"] = {k: param_to_json(v) for k, v in sorted(row["properties"].items())}
    if "variants" in row:
        row["variants"] = [param_to_json(each) for each in row["variants"]]
    for name in PARAM_LISTS:
        if name in row:
            row[name] = list(row[name])
    return row


def role_to_json(role: RoleFacts) -> Json:
    """What a role may hold, as JSON."""
    row = _non_default(role)
    return {k: sorted(v) if isinstance(v, frozenset) else v for k, v in row.items()}


class Pool:
    """Collects values once and hands out their keys."""

    def __init__(self) -> None:
        self.rows: dict[str, Any] = {}

    def add(self, name: str, row: object) -> str:
        """The key of ``row`` under ``name``."""
        text = json.dumps(row, sort_keys=True, separators=(",", ":"))
        key = f"{name}/{hashlib.sha256(text.encode()).hexdigest()[:6]}"
        if self.rows.setdefault(key, row) != row:
            raise ValueError(f"two values share the key {key}: lengthen the hash")
        return key

    def keys(self, rows: Mapping[str, Any], encode: Callable[[Any], Any]) -> list[str]:
        """The keys of a whole mapping, in order of name."""
        return [self.add(name, encode(value)) for name, value in sorted(rows.items())]


class Writer:
    """Shapes -> JSON rows, with the pools that they refer to."""

    def __init__(self) -> None:
        self.params, self.roles, self.parts = Pool(), Pool(), Pool()
        self.shapes: dict[str, Json] = {}

    def add(self, key: str, shape: Shape) -> None:
        """Writes ``shape`` (and its second form) under ``key``."""
        row = _non_default(shape)
        if "other" in row:
            self.add(f"{key}.other", row["other"])
            row["other"] = f"{key}.other"
        if "roles" in row:
            row["roles"] = self.roles.keys(row["roles"], role_to_json)
        if "parts" in row:
            row["parts"] = self.parts.keys(row["parts"], dict)
        for name in SHAPE_PARAMS:
            if row.get(name) is not None:
                row[name] = self.params.keys(row[name], param_to_json)
        for name, value in row.items():
            if isinstance(value, frozenset):
                row[name] = sorted(value)
        if self.shapes.setdefault(key, row) != row:
            raise ValueError(f"two shapes share the key {key}")
