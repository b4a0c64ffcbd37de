"""Arguments of a constructor: none is swallowed in silence."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from langchain_aimlapi._connection.fields import argument_names, refuse_twins


def sort_arguments(cls: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments; one that is no field goes into ``model_kwargs``, with a warning.

    Raises:
        ValueError: an argument looks like a misspelt field, or is given twice.
    """
    refuse_twins(cls, values)
    known = argument_names(cls)
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
