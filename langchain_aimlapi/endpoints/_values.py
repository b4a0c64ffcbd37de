"""Single values out of the JSON of an answer, as what they should be."""

from __future__ import annotations

from collections.abc import Mapping

from langchain_aimlapi._answers.usage import number
from langchain_aimlapi._json import object_in as object_in
from langchain_aimlapi._json import text_or_none as text_or_none
from langchain_aimlapi.endpoints._results import Json


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def objects(value: object) -> list[Json]:
    """The objects of a list; nothing for what is no list."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def whole(value: object) -> int:
    """The number as an int; 0 for anything that is none."""
    found = number(value)
    return int(found) if found is not None else 0
