"""Single values out of the JSON of an answer, as what they should be."""

from __future__ import annotations

from collections.abc import Mapping

from langchain_aimlapi._answers.usage import number
from langchain_aimlapi.endpoints._results import Json


def text_or_none(value: object) -> str | None:
    """The text; None for anything that is none, and for an empty one."""
    return value if isinstance(value, str) and value else None


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def objects(value: object) -> list[Json]:
    """The objects of a list; nothing for what is no list."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def object_in(value: object) -> Json:
    """The object; an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def whole(value: object) -> int:
    """The number as an int; 0 for anything that is none."""
    found = number(value)
    return int(found) if found is not None else 0
