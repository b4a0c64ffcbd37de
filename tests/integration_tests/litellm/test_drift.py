"""The API changes under a running LiteLLM: see tests/harness/drift.py."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest

from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.errors import UnsupportedParameterWarning
from tests.harness.drift import DRIFTS, Drift, contract_of

from .helpers import Asker

pytestmark = pytest.mark.slow

SAMPLE = 9  # every ninth stands in `make test`


def rows() -> list[Any]:
    """Drift times manner, with a sample of each that is not marked."""
    return [
        pytest.param(drift, manner, id=f"{drift.name}-{manner}",
                     marks=[pytest.mark.table] if (place + 4 * offset) % SAMPLE else [])
        for place, drift in enumerate(DRIFTS)
        for offset, manner in enumerate(("whole", "stream"))
        if drift.only in (None, manner)
    ]  # fmt: skip


@pytest.mark.parametrize(("drift", "manner"), rows())
def test_a_running_litellm_follows(server: Emulator, ask: Asker, drift: Drift, manner: str) -> None:
    with contract_of(server) as api:

        def call() -> tuple[str, int]:
            """(what came of it, how many requests it took)."""
            before = len(api.requests)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", UnsupportedParameterWarning)
                    answer = ask.both(drift.model, stream=manner == "stream", **drift.sent)
            except Exception as error:  # LiteLLM's classes have no base of their own
                return f"{type(error).__name__}: {error}", len(api.requests) - before
            message = answer.choices[0].message
            assert message.content or message.tool_calls
            return "right", len(api.requests) - before

        assert call() == ("right", 1), "yesterday's call was right"
        drift.change(api)
        for most in (2, 1):
            ended, requests = call()
            assert re.search(drift.ends, ended), ended
            assert requests <= most
