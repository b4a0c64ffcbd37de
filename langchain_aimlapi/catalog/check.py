"""Does a value fit a parameter? Used to drop, map or explain a value before it is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from langchain_aimlapi.catalog.shape import Param


def json_types(value: object) -> tuple[str, ...]:
    """The JSON types that ``value`` counts as. A bool is no number; 2.0 is an integer as well."""
    if value is None:
        return ("null",)
    if isinstance(value, bool):
        return ("boolean",)
    if isinstance(value, int):
        return ("integer", "number")
    if isinstance(value, float):
        return ("integer", "number") if value.is_integer() else ("number",)
    if isinstance(value, str):
        return ("string",)
    return ("object",) if isinstance(value, Mapping) else ("array",)


def problem(param: Param, value: Any) -> str | None:
    """Why ``value`` does not fit, in a few words that never quote it; None where it fits."""
    if param.variants:
        return _union_problem(param.variants, value)
    types = json_types(value)
    if param.types and not set(types) & set(param.types):
        return f"must be {' or '.join(param.types)}"
    if param.enum is not None and not _listed(value, param.enum):
        return f"must be one of {', '.join(map(repr, param.enum))}"
    if "number" in types:
        return _number_problem(param, value)
    if types == ("string",):
        return _text_problem(param, value)
    if types == ("array",):
        return _list_problem(param, value)
    return _object_problem(param, value) if types == ("object",) else None


def fits(param: Param, value: object) -> bool:
    """Whether ``value`` fits."""
    return problem(param, value) is None


def _listed(value: object, allowed: tuple[object, ...]) -> bool:
    """Membership as JSON sees it: True is not 1."""
    return any(
        value == each and isinstance(value, bool) is isinstance(each, bool) for each in allowed
    )


def _number_problem(param: Param, value: float) -> str | None:
    if param.minimum is not None and value < param.minimum:
        return f"must be at least {param.minimum:g}"
    if param.above is not None and value <= param.above:
        return f"must be above {param.above:g}"
    if param.maximum is not None and value > param.maximum:
        return f"must be at most {param.maximum:g}"
    return None


def _text_problem(param: Param, value: str) -> str | None:
    if param.max_length is not None and len(value) > param.max_length:
        return f"must have at most {param.max_length} characters"
    if param.min_length is not None and len(value) < param.min_length:
        return f"must have at least {param.min_length} characters"
    if param.pattern is not None and not re.search(param.pattern, value):
        return f"must match {param.pattern}"
    return None


def _list_problem(param: Param, value: Any) -> str | None:
    if param.max_items is not None and len(value) > param.max_items:
        return f"must have at most {param.max_items} members"
    if param.min_items is not None and len(value) < param.min_items:
        return f"must have at least {param.min_items} members"
    if param.items is not None:
        for at, each in enumerate(value):
            found = problem(param.items, each)
            if found:
                return f"[{at}] {found}"
    return None


def _object_problem(param: Param, value: Mapping[str, object]) -> str | None:
    missing = [name for name in param.required if name not in value]
    if missing:
        return f"needs {', '.join(missing)}"
    for name, member in value.items():
        inner = param.properties.get(name, param.values)
        if inner is None:
            if param.closed:
                return f"may only hold {', '.join(sorted(param.properties))}"
            continue
        found = problem(inner, member)
        if found:
            return f".{name} {found}"
    return None


def _union_problem(variants: tuple[Param, ...], value: object) -> str | None:
    found = [problem(each, value) for each in variants]
    return None if None in found else " or ".join(dict.fromkeys(filter(None, found)))
