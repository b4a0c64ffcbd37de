"""A key in the wrong place is never shown: not in the error, the warning, the repr."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import pytest

import langchain_aimlapi
from langchain_aimlapi import decisions, document_loaders, middleware, moderation
from langchain_aimlapi.endpoints import Result

KEY = "sk-" + "Zx81" * 8
MODULES = (langchain_aimlapi, decisions, document_loaders, middleware, moderation)
NAMES = [
    "api_key", "apikey", "aimlapi_api_key", "openai_api_key", "management_key", "token", "key",
    "base_url", "timeout", "max_retries", "default_headers", "http_client", "client",
    "extra_body", "model_kwargs",
]  # fmt: skip
SENT = ("key", "extra_body", "model_kwargs")  # what these hold is a part of the request


def fronts() -> dict[str, Any]:
    """Every public class that a user makes himself."""
    found = {
        name: getattr(module, name)
        for module in MODULES
        for name in getattr(module, "__all__", dir(module))
        if not name.startswith("_")
    }
    return {
        name: cls
        for name, cls in found.items()
        if inspect.isclass(cls)
        and cls.__module__.startswith("langchain_aimlapi")
        and not issubclass(cls, BaseException | Result)
    }


FRONTS = fronts()


def outcome(cls: Any, arguments: dict[str, Any]) -> str:
    """Everything that can be read of an attempt to make one."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            made = cls(**arguments)
            shown = f"{made!r} {made}"
        except Exception as error:
            shown = f"{error} {error!r} {error.__cause__!r} {error.__context__!r}"
    return shown + " ".join(str(each.message) for each in seen)


@pytest.mark.parametrize("name", FRONTS)
def test_no_argument_in_the_wrong_place_is_shown(name: str) -> None:
    for base in ({}, {"model": "openai/gpt-4o"}, {"assistant_id": "a"}):
        for argument in NAMES:
            others = [[KEY], {"x": KEY}, f"https://user:{KEY}@host/"]
            for value in (KEY, *([] if argument in SENT else others)):
                shown = outcome(FRONTS[name], {**base, argument: value})
                assert KEY not in shown, f"{argument}={type(value).__name__}: {shown}"


def test_the_table_above_has_the_fronts() -> None:
    assert {"ChatAimlapi", "AimlapiClient", "AimlapiGuard", "AimlapiEmbeddings"} <= set(FRONTS)
