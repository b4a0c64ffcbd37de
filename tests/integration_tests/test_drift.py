"""The API changes under a running client: every call ends right or with the API's own words, with
at most one request more, and the next call needs none."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from langchain_aimlapi import AimlapiClient
from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.errors import AimlapiError, UnsupportedParameterWarning
from tests.harness.drift import DRIFTS, ENDPOINT_DRIFTS, Drift, EndpointDrift, contract_of
from tests.unit_tests.langchain.helpers import answer, make

SAMPLE = 6  # every sixth stands in `make test`


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    """One emulator for the file: each row gets yesterday's contract."""
    with Emulator() as api:
        yield api


def rows() -> Iterator[Any]:
    """Drift times manner, with a sample of each that is not marked."""
    for place, drift in enumerate(DRIFTS):
        for offset, manner in enumerate(("whole", "stream")):
            if drift.only in (None, manner):
                marks = [pytest.mark.table] if (place + 3 * offset) % SAMPLE else []
                yield pytest.param(drift, manner, id=f"{drift.name}-{manner}", marks=marks)


@pytest.mark.parametrize(("drift", "manner"), list(rows()))
async def test_a_running_chat_model_follows(
    running: Emulator, drift: Drift, manner: str, colour: str
) -> None:
    with contract_of(running) as api:
        model = make(model=drift.model, max_retries=0, **api.settings())

        async def call() -> tuple[str, int]:
            """(what came of it, how many requests it took)."""
            before = len(api.requests)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", UnsupportedParameterWarning)
                    message = await answer(model, "Hello", colour, manner, **drift.sent)
            except AimlapiError as error:
                return f"{type(error).__name__}: {error}", len(api.requests) - before
            assert message.text or message.tool_calls
            return "right", len(api.requests) - before

        assert await call() == ("right", 1), "yesterday's call was right"
        drift.change(api)
        ended, requests = await call()
        assert re.search(drift.ends, ended), ended
        assert requests <= 2
        ended, requests = await call()
        assert re.search(drift.ends, ended), ended
        assert requests == 1, "the second call goes right at once"


@pytest.mark.parametrize(
    "drift",
    [
        pytest.param(each, id=f"{each.method}: {each.name}",
                     marks=[pytest.mark.table] if place % SAMPLE else [])
        for place, each in enumerate(ENDPOINT_DRIFTS)
    ],
)  # fmt: skip
async def test_a_running_client_follows(
    running: Emulator, drift: EndpointDrift, colour: str
) -> None:
    with contract_of(running) as api:
        client = AimlapiClient(max_retries=0, **api.settings())
        holder, _, name = drift.method.rpartition(".")
        calls = getattr(client, holder) if holder else client

        async def call() -> tuple[str, int]:
            before = len(api.requests)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", UnsupportedParameterWarning)
                    if colour == "sync":
                        getattr(calls, name)(**drift.sent)
                    else:
                        await getattr(calls, f"a{name}")(**drift.sent)
            except AimlapiError as error:
                return f"{type(error).__name__}: {error}", len(api.requests) - before
            return "right", len(api.requests) - before

        assert await call() == ("right", 1), "yesterday's call was right"
        drift.change(api)
        for most in (2, 1):
            ended, requests = await call()
            assert re.search(drift.ends, ended), ended
            assert requests <= most
        assert {request.path for request in api.requests} == {drift.path}


def test_the_table_has_more_than_fifty_ways() -> None:
    assert len(DRIFTS) > 50
    assert len({drift.name for drift in DRIFTS}) == len(DRIFTS)
