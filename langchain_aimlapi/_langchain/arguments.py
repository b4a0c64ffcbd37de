"""Arguments of a constructor: none is swallowed in silence."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import AliasChoices, BaseModel


def sort_arguments(cls: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments; one that is no field goes into ``model_kwargs``, with a warning.

    Raises:
        ValueError: an argument looks like a misspelt field, or is given twice.
    """
    for names in _alias_groups(cls):
        given = [name for name in names if name in values]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} are the same argument; give one of them")
    known = _argument_names(cls)
    unknown = [name for name in values if name not in known]
    if not unknown:
        return dict(values)
    kept = {name: value for name, value in values.items() if name in known}
    extra = dict(kept.get("model_kwargs") or {})
    for name in unknown:
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
        if close:
            raise ValueError(f"unknown argument {name!r}: did you mean {close[0]!r}?")
        if name in extra:
            raise ValueError(f"{name!r} is given twice, as an argument and in model_kwargs")
        extra[name] = values[name]
    warnings.warn(
        f"{', '.join(map(repr, unknown))} is no argument of {cls.__name__}; it is sent as a "
        "parameter of the request (put it into model_kwargs to say that you mean it)",
        UserWarning,
        stacklevel=5,
    )
    return {**kept, "model_kwargs": extra}


@cache
def _alias_groups(cls: type[BaseModel]) -> tuple[tuple[str, ...], ...]:
    """The names of each field that has several."""
    aliases = [field.validation_alias for field in cls.model_fields.values()]
    return tuple(
        tuple(name for name in alias.choices if isinstance(name, str))
        for alias in aliases
        if isinstance(alias, AliasChoices)
    )


@cache
def _argument_names(cls: type[BaseModel]) -> frozenset[str]:
    return frozenset(cls.model_fields).union(*_alias_groups(cls))
