"""The servers of this suite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.faults import helpers
from tests.harness.faults.raw_server import Hub


@pytest.fixture(scope="session")
def raw_hub() -> Iterator[Hub]:
    """One thread that carries all scripted servers of a run."""
    with Hub() as running:
        yield running


@pytest.fixture(params=["httpx", pytest.param("aiohttp", marks=pytest.mark.table)])
def any_transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What carries the async calls of the models that `helpers.make_model` makes."""
    monkeypatch.setattr(helpers, "transport", request.param)
