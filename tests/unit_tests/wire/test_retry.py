"""How long to wait before asking again: what servers say, and what they say wrongly."""

from __future__ import annotations

import email.utils
import math
import statistics
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from langchain_aimlapi._wire.retry import (
    BASE_DELAY,
    MAX_DELAY,
    MAX_RETRY_AFTER,
    backoff,
    next_delay,
    parse_retry_after,
)

NOW = 1_790_000_000.0


def parse(**headers: str) -> float | None:
    return parse_retry_after({k.replace("_", "-"): v for k, v in headers.items()}, now=NOW)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0.0), ("1", 1.0), ("2.5", 2.5), (" 7 ", 7.0), ("3600", 3600.0), ("1e1", 10.0)],
)
def test_seconds_are_read(value: str, seconds: float) -> None:
    assert parse(retry_after=value) == seconds


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "soon",
        "nan",
        "-nan",
        "inf",
        "-inf",
        "infinity",
        "-1",
        "-0.5",
        "1,5",
        "5 s",
        "0x10",
        "1e999",
        "9" * 5000,
        "Mon, 99 Foo 2026",
        "2026-01-01T00:00:00Z\x00",
        "1_0",
        "٣",
    ],
)
def test_what_is_no_sane_wait_is_not_read(value: str) -> None:
    assert parse(retry_after=value) is None


def test_milliseconds_win_over_seconds() -> None:
    assert parse(retry_after_ms="1500", retry_after="30") == 1.5


@pytest.mark.parametrize("garbage", ["soon", "nan", "-5", ""])
def test_garbage_milliseconds_leave_the_seconds(garbage: str) -> None:
    assert parse(retry_after_ms=garbage, retry_after="3") == 3.0


def test_an_http_date_is_the_time_until_then() -> None:
    date = email.utils.formatdate(NOW + 20, usegmt=True)
    assert parse(retry_after=date) == pytest.approx(20, abs=1)


@pytest.mark.parametrize(
    "form", ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"]
)
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/New_York"])
def test_all_three_forms_of_http_dates_are_gmt_whatever_the_local_zone(
    form: str, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        date = time.strftime(form, time.gmtime(NOW + 45))
        assert parse(retry_after=date) == pytest.approx(45, abs=1)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_date_that_is_past_is_no_wait() -> None:
    assert parse(retry_after=email.utils.formatdate(NOW - 60, usegmt=True)) is None


def test_without_a_clock_the_date_is_measured_from_now() -> None:
    date = email.utils.formatdate(time.time() + 30, usegmt=True)
    seconds = parse_retry_after({"retry-after": date})
    assert seconds is not None
    assert 25 < seconds <= 31


def test_no_header_is_no_wait() -> None:
    assert parse_retry_after({}) is None


@given(value=st.one_of(st.text(max_size=40), st.floats().map(str), st.integers().map(str)))
@example("Thu, 01 Jan 0000 00:00:00 GMT")
@example("Thu, 01 Jan 99999 00:00:00 GMT")
def test_any_header_value_is_a_finite_wait_or_none(value: str) -> None:
    seconds = parse(retry_after=value)
    assert seconds is None or (math.isfinite(seconds) and seconds >= 0)


# --- own backoff -----


@pytest.mark.parametrize("attempt", [1, 2, 3, 4, 5, 10, 1000])
def test_backoff_doubles_to_its_cap_with_a_quarter_of_jitter(attempt: int) -> None:
    full = min(BASE_DELAY * 2.0 ** (attempt - 1), MAX_DELAY) if attempt < 50 else MAX_DELAY
    delays = [backoff(attempt) for _ in range(300)]
    assert min(delays) >= 0.75 * full
    assert max(delays) <= full
    assert statistics.pstdev(delays) > 0.01 * full  # clients must not come back in step


def test_without_a_word_of_the_server_the_wait_is_our_own() -> None:
    delay = next_delay(2, None)
    assert delay is not None
    assert 0.75 * 2 * BASE_DELAY <= delay <= 2 * BASE_DELAY


@pytest.mark.parametrize("asked", [0.0, 0.01, 5.0, MAX_RETRY_AFTER])
def test_what_the_server_asks_is_waited_exactly(asked: float) -> None:
    assert next_delay(1, asked) == asked


@pytest.mark.parametrize("asked", [MAX_RETRY_AFTER + 0.1, 3600.0, 1e12])
def test_an_hour_is_never_waited(asked: float) -> None:
    assert next_delay(1, asked) is None
