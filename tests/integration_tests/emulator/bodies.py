"""Bodies around a schema: one that fits, and what becomes of it when one thing is changed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]
Path = tuple[str | int, ...]
WRONG: tuple[Any, ...] = (None, True, 0, -1, 1.5, "", "banana", [], {}, [None], {"type": []})


def fitting(schema: Json) -> Any:
    """A value that fits, with every known field and one of each form in a list."""
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for key in ("oneOf", "anyOf"):
        if schema.get(key):
            return fitting(schema[key][0])
    if schema.get("allOf"):
        return fitting(schema["allOf"][0])
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object" or "properties" in schema:
        return {name: fitting(one) for name, one in schema.get("properties", {}).items()}
    if kind == "array":
        return _listed(schema)
    if kind in ("integer", "number"):
        low = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        return min(max(low, 1), schema.get("maximum", 10**6))
    if kind == "boolean":
        return False
    if kind == "null":
        return None
    return _text(schema)


def _listed(schema: Json) -> list[Any]:
    items = schema.get("items", {"type": "string"})
    forms = items.get("oneOf") or items.get("anyOf") or [items]
    made = [fitting(form) for form in forms][: schema.get("maxItems", 100)]
    while len(made) < schema.get("minItems", 0):
        made.append(fitting(forms[0]))
    return made


def _text(schema: Json) -> str:
    if schema.get("format") == "uri":
        return "https://example.com/a.png"
    if "pattern" in schema:
        return {"^[A-Z]{2}$": "DE"}.get(schema["pattern"], "1/2/2026")
    text = "some words"
    return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength", 100)]


def around(schema: Json, model: str, most: int) -> Iterator[Json]:
    """The fitting body, and up to ``most`` bodies that differ from it in one place."""
    base: Json = {**fitting(schema), "model": model}
    base.pop("stream", None)
    yield base
    least = {name: base[name] for name in schema.get("required", ()) if name in base}
    least["model"] = model
    yield least
    changed = [
        (start, path, change)
        for start in (least, base)
        for path in _paths(start)
        if path != ("model",) and len(path) <= 7
        for change in _changes(start, path)
    ]
    # Every so many of them, so that the rare and deep ones are among them.
    for start, path, change in changed[:: max(1, len(changed) // most)]:
        yield change(start, path)


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    for key, one in _members(value):
        yield from _paths(one, (*path, key))


def _members(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


Change = Callable[[Json, Path], Json]


def _changes(base: Json, path: Path) -> Iterator[Change]:
    found = _at(base, path)
    if path:
        yield from (_to(wrong) for wrong in WRONG)
        yield _without
    if isinstance(found, dict):
        yield lambda start, at: _with(start, (*at, "banana"), True)
    if isinstance(found, int | float) and not isinstance(found, bool):
        yield from (_to(moved) for moved in (found - 1, found + 1, found * 1000))
    if isinstance(found, list) and found:
        yield _to([*found] * 3)


def _to(value: Any) -> Change:
    return lambda start, at: _with(start, at, value)


def _at(base: Any, path: Path) -> Any:
    for step in path:
        base = base[step]
    return base


def _with(base: Json, path: Path, value: Any) -> Json:
    made = copy.deepcopy(base)
    if path:
        _at(made, path[:-1])[path[-1]] = value
    return made


def _without(base: Json, path: Path) -> Json:
    made = copy.deepcopy(base)
    del _at(made, path[:-1])[path[-1]]
    return made
