"""The servers of this suite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .raw_server import Hub


@pytest.fixture(scope="session")
def raw_hub() -> Iterator[Hub]:
    """One thread that carries all scripted servers of a run."""
    with Hub() as running:
        yield running
