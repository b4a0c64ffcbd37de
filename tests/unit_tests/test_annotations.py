"""Annotations that libraries read at run time, as LangChain does to find what returns a model."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator
from typing import Any

import pytest

import langchain_aimlapi


def public_methods() -> Iterator[tuple[str, Any]]:
    """Every public function of every public class that this package itself has written."""
    for name in langchain_aimlapi.__all__:
        cls = getattr(langchain_aimlapi, name)
        if not isinstance(cls, type):
            continue
        for attribute in dir(cls):
            member = inspect.getattr_static(cls, attribute)
            function = getattr(member, "fget", None) or getattr(member, "__func__", member)
            own = str(getattr(function, "__module__", "")).startswith("langchain_aimlapi")
            if inspect.isfunction(function) and own and not attribute.startswith("_"):
                yield f"{name}.{attribute}", function


METHODS = dict(public_methods())


@pytest.mark.parametrize("name", METHODS)
def test_the_annotations_of_a_public_method_can_be_read(name: str) -> None:
    typing.get_type_hints(METHODS[name])


def test_the_table_above_is_not_empty() -> None:
    assert {"ChatAimlapi.with_structured_output", "AimlapiEmbeddings.embed_query"} <= set(METHODS)
