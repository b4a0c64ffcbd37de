"""A pytest fixture for users' own tests. Loaded in every pytest run, so it imports nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from langchain_aimlapi.emulator import Emulator


@pytest.fixture
def aimlapi_emulator() -> Iterator[Emulator]:
    """A fresh AI/ML API emulator in this process, without a socket.

    ``ChatAimlapi(model=..., **aimlapi_emulator.settings())`` talks to it.
    """
    from langchain_aimlapi.emulator import Emulator

    with Emulator() as api:
        yield api
