"""Does a JSON value fit a parameter's row in the catalog? Problems are worded as the API does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from langchain_aimlapi.emulator._core import kind_of

Row = Mapping[str, Any]


def problems(path: str, value: Any, row: Row) -> Iterator[str]:
    """Every way in which ``value`` does not fit; each names the field's path."""
    variants = row.get("variants")
    if variants:
        found = [list(problems(path, value, each)) for each in variants]
        if all(found):
            yield from min(found, key=lambda issues: (_depth(issues), len(issues)))
        return
    types = row.get("types") or ()
    if types and not _is_any(value, types):
        yield f"{path}: Expected {' | '.join(types)}, received {kind_of(value)}"
        return
    enum = row.get("enum")
    if enum is not None and not any(_same(value, one) for one in enum):
        yield f"{path}: {enum_problem(enum, value)}"
        return
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int | float):
        yield from _number(path, value, row)
    elif isinstance(value, str):
        yield from _text(path, value, row)
    elif isinstance(value, list):
        yield from _array(path, value, row)
    elif isinstance(value, dict):
        yield from _object(path, value, row)


def _depth(issues: list[str]) -> int:
    """Unions report the member that came closest: the one that fails deepest."""
    return -max(issue.split(":")[0].count(".") for issue in issues)


def _same(value: Any, other: Any) -> bool:
    return bool(value == other) and isinstance(value, bool) is isinstance(other, bool)


def _is_any(value: Any, types: Any) -> bool:
    kind = kind_of(value)
    if kind in types:
        return True
    if kind == "integer":
        return "number" in types
    return kind == "number" and "integer" in types and float(value).is_integer()


def enum_problem(options: Any, value: Any) -> str:
    """The documented wording for a value outside a closed set."""
    allowed = " | ".join(f"'{one}'" for one in options)
    return f"Invalid enum value. Expected {allowed}, received '{value}'"


def _number(path: str, value: float, row: Row) -> Iterator[str]:
    low, high, above = row.get("minimum"), row.get("maximum"), row.get("above")
    if low is not None and value < low:
        yield f"{path}: Number must be greater than or equal to {low:g}, received {value:g}"
    if high is not None and value > high:
        yield f"{path}: Number must be less than or equal to {high:g}, received {value:g}"
    if above is not None and value <= above:
        yield f"{path}: Number must be greater than {above:g}, received {value:g}"


def _text(path: str, value: str, row: Row) -> Iterator[str]:
    low, high, pattern = row.get("min_length"), row.get("max_length"), row.get("pattern")
    if low is not None and len(value) < low:
        yield f"{path}: String must contain at least {low} character(s)"
    if high is not None and len(value) > high:
        yield f"{path}: String must contain at most {high} character(s)"
    if pattern is not None and not re.search(pattern, value):
        yield f"{path}: Invalid"


def _array(path: str, value: list[Any], row: Row) -> Iterator[str]:
    low, high, items = row.get("min_items"), row.get("max_items"), row.get("items")
    if low is not None and len(value) < low:
        yield f"{path}: Array must contain at least {low} element(s)"
    if high is not None and len(value) > high:
        yield f"{path}: Array must contain at most {high} element(s)"
    if items:
        for place, item in enumerate(value):
            yield from problems(f"{path}.{place}", item, items)


def _object(path: str, value: Mapping[str, Any], row: Row) -> Iterator[str]:
    known = row.get("properties") or {}
    for name in row.get("required") or ():
        if name not in value:
            yield f"{path}.{name}: Required"
    for name, held in value.items():
        if name in known:
            yield from problems(f"{path}.{name}", held, known[name])
        elif row.get("values"):
            yield from problems(f"{path}.{name}", held, row["values"])
        elif row.get("closed"):
            yield f"{path}: Unrecognized key(s) in object: '{name}'"
