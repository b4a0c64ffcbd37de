"""LiteLLM, this package's provider and the emulator on loopback."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from langchain_aimlapi.emulator import Emulator

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
litellm = pytest.importorskip("litellm")

from .helpers import Asker  # noqa: E402

HERE = Path(__file__).parent
# LiteLLM's own deprecations, prints and unclosed things are not this project's; what this package
# warns about still fails a test that does not expect it.
_NOISE = (
    "ignore::DeprecationWarning",
    "ignore::ResourceWarning",
    "ignore::RuntimeWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore::UserWarning",
    "error::langchain_aimlapi.errors.UnsupportedParameterWarning",
    "error::langchain_aimlapi._litellm.drift.LiteLLMDriftWarning",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings(*_NOISE), append=False)


@pytest.fixture(autouse=True)
def _litellm_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test begins with LiteLLM's globals unset and the provider registered."""
    from langchain_aimlapi import litellm_provider

    monkeypatch.setattr(litellm, "suppress_debug_info", True)
    # LiteLLM takes two callbacks of one class for the same one, and keeps the first
    litellm.logging_callback_manager._reset_all_callbacks()
    for name in ("api_key", "api_base", "num_retries"):
        monkeypatch.setattr(litellm, name, None)
    monkeypatch.setattr(litellm, "drop_params", False)
    litellm_provider.register()


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    """One emulator on loopback for a file of tests."""
    with Emulator().serve() as emulator:
        yield emulator


@pytest.fixture
def api(server: Emulator) -> Emulator:
    """The emulator, fresh."""
    return server.reset()


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for a file of tests: LiteLLM's background tasks outlive a call."""
    with asyncio.Runner() as one:
        loop = one.get_loop()
        asyncio.set_event_loop(loop)  # LiteLLM's sync paths look for one
        yield one
        one.run(litellm.close_litellm_async_clients())
    # LiteLLM leaves loops and sockets of its own unclosed; they are collected here, where such
    # warnings are not errors
    gc.collect()


@pytest.fixture
def ask(api: Emulator, runner: asyncio.Runner, colour: str) -> Asker:
    """LiteLLM's calls with ``aimlapi/``, in both colours."""
    return Asker(api, runner, colour == "async")
