"""A warning of a call through LiteLLM points at the user's own line."""

from __future__ import annotations

import asyncio
import linecache

import litellm
import pytest

from langchain_aimlapi._litellm.calls import WARNED
from langchain_aimlapi.errors import UnsupportedParameterWarning

from .helpers import Asker

MESSAGES = [{"role": "user", "content": "hi"}]


def line_of(caught: pytest.WarningsRecorder) -> str:
    warning = next(w for w in caught if issubclass(w.category, UnsupportedParameterWarning))
    assert warning.filename == __file__
    return linecache.getline(warning.filename, warning.lineno).strip()


@pytest.fixture(autouse=True)
def _nothing_was_warned_of_before() -> None:
    WARNED.clear()


def test_completion(ask: Asker) -> None:
    call = ask.options("o3-mini", messages=MESSAGES, temperature=0.3)
    with pytest.warns(UnsupportedParameterWarning) as caught:
        litellm.completion(**call)
    assert line_of(caught) == "litellm.completion(**call)"


def test_acompletion(ask: Asker) -> None:
    call = ask.options("o3-mini", messages=MESSAGES, temperature=0.3)

    async def run() -> None:
        await litellm.acompletion(**call)

    with pytest.warns(UnsupportedParameterWarning) as caught:
        asyncio.run(run())
    assert line_of(caught) == "await litellm.acompletion(**call)"


def test_embedding(ask: Asker) -> None:
    call = ask.options("voyage-2", input=["a"], dimensions=64)
    with pytest.warns(UnsupportedParameterWarning) as caught:
        litellm.embedding(**call)
    assert line_of(caught) == "litellm.embedding(**call)"
