"""Prices that a long-lived program reads anew, beside its calls."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from langchain_aimlapi import litellm_provider
from langchain_aimlapi._litellm import models, refreshing
from langchain_aimlapi.emulator import Fault

from .helpers import GPT, Asker, litellm

pytestmark = pytest.mark.slow

LIST = "/v1/models"


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A fresh handler, an empty cache on disk; afterwards LiteLLM's map as it was."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    before = list(litellm.custom_provider_map)
    table = {k: dict(v) for k, v in litellm.model_cost.items() if k.startswith("aimlapi/")}
    yield
    litellm.custom_provider_map = before
    litellm.model_cost.update(table)
    models._registered.clear()
    models._registered.update(table)


def use(handler: litellm_provider.AimlapiLLM) -> litellm_provider.AimlapiLLM:
    litellm.custom_provider_map = [{"provider": "aimlapi", "custom_handler": handler}]
    return handler


def settle(handler: litellm_provider.AimlapiLLM) -> None:
    assert handler._refresher is not None
    handler._refresher.wait(10)


def lists(ask: Asker) -> int:
    return len([r for r in ask.api.requests if r.path == LIST])


def test_first_call_begins_a_refresh_and_does_not_wait_for_it(ask: Asker) -> None:
    handler = use(litellm_provider.AimlapiLLM(refresh_seconds=3600))
    ask.api.fault(Fault(delay=0.5), path=LIST)
    assert ask.chat().choices
    assert handler._refresher is not None
    assert handler._refresher._thread is not None
    assert handler._refresher._thread.is_alive()
    settle(handler)
    assert lists(ask) == 1
    listed = handler.catalog.find("text-embedding-3-small").prices
    assert listed is not None
    price = litellm.model_cost["aimlapi/text-embedding-3-small"]["input_cost_per_token"]
    assert price == pytest.approx(listed["input"])


def test_later_calls_refresh_only_when_the_list_is_old(
    ask: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = use(litellm_provider.AimlapiLLM(refresh_seconds=3600))
    for _ in range(3):
        ask.chat()
        settle(handler)
    assert lists(ask) == 1
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 3700)
    ask.chat()
    settle(handler)
    assert lists(ask) == 2


def test_environment_asks_for_it(ask: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIMLAPI_REFRESH", "600")
    handler = use(litellm_provider.AimlapiLLM())
    ask.chat(GPT)
    settle(handler)
    assert handler._refresher is not None
    assert handler._refresher.seconds == 600
    assert lists(ask) == 1


def test_nothing_is_refreshed_unless_somebody_asks_for_it(ask: Asker) -> None:
    handler = use(litellm_provider.AimlapiLLM())
    ask.chat()
    assert handler._refresher is None
    assert lists(ask) == 0


def test_handler_for_a_proxys_configuration_refreshes() -> None:
    assert litellm_provider.refreshing_handler._refresh_seconds == 3600


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", None), ("0", None), ("off", None), ("1", 3600.0), ("true", 3600.0), ("90", 90.0),
     ("5", 60.0)],
)  # fmt: skip
def test_how_often_is_said_in_seconds_or_with_one_word(
    monkeypatch: pytest.MonkeyPatch, text: str, seconds: float | None
) -> None:
    monkeypatch.setenv("AIMLAPI_REFRESH", text)
    assert refreshing.seconds_from_environment() == seconds


def test_value_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIMLAPI_REFRESH", "daily")
    with pytest.warns(UserWarning, match="'daily' is no number of seconds"):
        assert refreshing.seconds_from_environment() is None


@pytest.mark.slow
def test_refresh_that_fails_fails_no_call_and_is_tried_again_soon(ask: Asker) -> None:
    handler = use(litellm_provider.AimlapiLLM(refresh_seconds=3600))
    ask.api.fault(Fault(status=403), times=None, path=LIST)
    assert ask.chat().choices
    settle(handler)
    assert handler._refresher is not None
    assert handler._refresher._due - time.monotonic() <= 300
    assert ask.chat().choices
