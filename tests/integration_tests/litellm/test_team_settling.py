"""Calls that end before the API names their charge are booked at what its log says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from langchain_aimlapi._litellm.team_settling import (
    Account,
    Settling,
    Unsettled,
    ended_early,
    is_in_vain,
    read_charges,
)
from langchain_aimlapi.emulator import Emulator, Fault
from langchain_aimlapi.errors import APIConnectionError

from .helpers import GPT, HI, litellm

MODEL = f"aimlapi/{GPT}"
HERE = Account("sk-test", "http://127.0.0.1:9/v1")


async def test_log_has_the_charge_of_a_call_with_all_its_attempts() -> None:
    with Emulator().serve() as api:
        here = {"api_key": api.api_key, "api_base": api.base_url}
        began = datetime.now(UTC)
        api.fault(Fault(status=503, headers={"retry-after": "0"}))
        answer = await litellm.acompletion(
            MODEL, HI, client_request_id="one", max_retries=2, **here
        )
        api.fault(Fault(status=400, message="no"))
        with pytest.raises(litellm.BadRequestError):
            await litellm.acompletion(MODEL, HI, client_request_id="two", **here)
        stream = await litellm.acompletion(
            MODEL, HI, client_request_id="three", stream=True, max_retries=0, **here
        )
        await anext(stream)
        await stream.aclose()
        found = await read_charges(Account(api.api_key, api.base_url), began)
        rows = {row.client_request_id: float(row.cost.usd) for row in api.account.logs}
    assert set(found) == {"one", "three"}
    assert found["one"] == pytest.approx(answer._hidden_params["response_cost"])
    assert found["three"] == rows["three"] > 0


class Log:
    """A log in which calls turn up after a while."""

    def __init__(self) -> None:
        self.charges: dict[str, float] = {}
        self.readings = 0
        self.is_away = False

    async def read(self, account: Account, since: datetime) -> Mapping[str, float]:
        assert account == HERE
        self.readings += 1
        if self.is_away:
            raise APIConnectionError("no connection")
        return self.charges


def call(name: str, booked: list[tuple[str, float]], usd: float = 0.25) -> Unsettled:
    async def book(charge: float) -> None:
        booked.append((name, charge))

    return Unsettled(f"call-{name}", "ada", datetime.now(UTC), usd, HERE, book)


async def until(done: Any) -> None:
    async with asyncio.timeout(60):
        while not done():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.001)


async def test_calls_wait_until_the_log_has_them() -> None:
    log, booked = Log(), list[tuple[str, float]]()
    settling = Settling(log.read, first_wait_seconds=0.001)
    settling.add("a", call("a", booked))
    settling.add("b", call("b", booked))
    log.is_away = True
    await until(lambda: log.readings >= 2)
    log.is_away = False
    assert (booked, settling.waits("a"), settling.waits("b")) == ([], True, True)
    log.charges = {"call-b": 0.75}
    await until(lambda: booked)
    assert (booked, settling.waits("a"), settling.waits("b")) == ([("b", 0.75)], True, False)
    log.charges = {"call-a": 0.5}
    await until(lambda: not len(settling))
    await until(lambda: len(booked) == 2)
    assert booked[1] == ("a", 0.5)
    settling.add("c", call("c", booked))  # the worker had gone home
    log.charges = {"call-c": 1.0}
    await until(lambda: len(booked) == 3)


async def test_call_that_never_turns_up_is_booked_at_what_was_received(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from litellm._logging import verbose_proxy_logger

    monkeypatch.setattr(verbose_proxy_logger, "propagate", True)
    log, booked = Log(), list[tuple[str, float]]()
    settling = Settling(log.read, first_wait_seconds=0.001, patience_seconds=0.0)
    settling.add("a", call("a", booked))
    settling.add("a", call("a", booked, 0.5))  # its next attempt
    assert settling.received("a", 1.0)
    assert not settling.received("b", 1.0)
    await until(lambda: booked)
    assert booked == [("a", 1.75)]
    assert "does not have the call call-a of ada" in caplog.text


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({}, False),
        ({"litellm_params": {"metadata": {"client_disconnected": True}}}, True),
        ({"litellm_params": {"litellm_metadata": {"client_disconnected": True}}}, True),
        ({"exception": litellm.RateLimitError("slow", "aimlapi", "m")}, False),
        ({"exception": litellm.APIConnectionError("cut", "aimlapi", "m")}, True),
        ({"exception": litellm.Timeout("silence", "m", "aimlapi")}, True),
        ({"exception": litellm.InternalServerError("x", "aimlapi", "m"), "stream": True}, False),
        (
            {"exception": litellm.InternalServerError("it repeats itself", "aimlapi", "m"),
             "stream": True, "response_cost": 0.1},
            True,
        ),
    ],
)  # fmt: skip
def test_which_calls_end_before_their_charge(event: dict[str, Any], expected: bool) -> None:
    assert ended_early({"custom_llm_provider": "aimlapi", **event}) is expected
    assert not ended_early({"custom_llm_provider": "openai", **event})


def test_refusal_is_no_call_in_vain() -> None:
    assert not is_in_vain(litellm.BadRequestError("no", "m", "aimlapi"))
    assert not is_in_vain(None)


def test_key_is_not_shown() -> None:
    assert "sk-test" not in repr(call("a", []))
