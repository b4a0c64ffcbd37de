"""JSON -> shapes. The other direction is `catalog.generate.writer`.

A document holds pools (``params``, ``roles``, ``parts``) of values under readable keys such as
``temperature/3fa2b1``: the name and six digits of the value's own hash, so that a changed fact
changes its key and the difference can be read. Shapes name pool keys, models name shapes. What
equals the default of its field is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from langchain_aimlapi.catalog.shape import Param, RoleFacts, Shape

Json = dict[str, Any]
T = TypeVar("T")

PARAM_NESTED = ("items", "values")
PARAM_LISTS = ("types", "enum", "required")
SHAPE_PARAMS = ("params", "tool_defs", "call_defs", "items")


def param_from_json(row: Json) -> Param:
    """A parameter from its JSON."""
    fields = dict(row)
    for name in PARAM_NESTED:
        if name in fields:
            fields[name] = param_from_json(fields[name])
    if "properties" in fields:
        fields["properties"] = {k: param_from_json(v) for k, v in fields["properties"].items()}
    if "variants" in fields:
        fields["variants"] = tuple(param_from_json(each) for each in fields["variants"])
    for name in PARAM_LISTS:
        if name in fields:
            fields[name] = tuple(fields[name])
    return Param(**fields)


def role_from_json(row: Json) -> RoleFacts:
    """What a role may hold, from its JSON."""
    fields: Json = {k: frozenset(v) if isinstance(v, list) else v for k, v in row.items()}
    return RoleFacts(**fields)


class Reader:
    """JSON rows -> shapes, each value built once, when it is first needed."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._built: dict[tuple[str, str], Any] = {}

    def shape(self, key: str) -> Shape:
        """The shape under ``key``."""
        return self._once("shapes", key, self._shape)

    def _once(self, table: str, key: str, build: Callable[[Json], T]) -> T:
        found: T | None = self._built.get((table, key))
        if found is None:
            found = self._built[table, key] = build(self._document[table][key])
        return found

    def _many(self, table: str, keys: list[str], build: Callable[[Json], T]) -> dict[str, T]:
        return {key.rpartition("/")[0]: self._once(table, key, build) for key in keys}

    def _shape(self, row: Json) -> Shape:
        fields: Json = {k: frozenset(v) if isinstance(v, list) else v for k, v in row.items()}
        if "other" in row:
            fields["other"] = self.shape(row["other"])
        if "roles" in row:
            fields["roles"] = self._many("roles", row["roles"], role_from_json)
        if "parts" in row:
            fields["parts"] = self._many("parts", row["parts"], dict)
        for name in SHAPE_PARAMS:
            if name in row:
                fields[name] = self._many("params", row[name], param_from_json)
        return Shape(**fields)
