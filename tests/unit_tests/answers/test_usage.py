"""Token counts and charges in every spelling that was seen."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_aimlapi._answers.usage import count, merge_usage, read_cost, read_usage
from langchain_aimlapi._domain.values import Cost, Usage


def read(**raw: Any) -> Usage:
    usage = read_usage(raw)
    assert usage is not None
    return usage


def figures(usage: Usage) -> tuple[int, int, int]:
    return usage.input, usage.output, usage.total


def test_openais_shape_with_all_details() -> None:
    usage = read(
        prompt_tokens=100,
        completion_tokens=50,
        total_tokens=150,
        prompt_tokens_details={"cached_tokens": 60, "audio_tokens": 5, "cache_write_tokens": 7},
        completion_tokens_details={"reasoning_tokens": 20, "audio_tokens": 3},
    )
    assert figures(usage) == (100, 50, 150)
    assert (usage.cache_read, usage.cache_creation, usage.audio_input) == (60, 7, 5)
    assert (usage.reasoning, usage.audio_output) == (20, 3)
    assert usage.raw["prompt_tokens"] == 100


def test_the_responses_shape() -> None:
    usage = read(
        input_tokens=100,
        output_tokens=50,
        total_tokens=150,
        input_tokens_details={"cached_tokens": 60},
        output_tokens_details={"reasoning_tokens": 20},
    )
    assert figures(usage) == (100, 50, 150)
    assert (usage.cache_read, usage.reasoning) == (60, 20)


@pytest.mark.parametrize("name", ["input_tokens_details", "input_token_details"])
def test_cached_tokens_inside_the_input_are_not_added_to_it(name: str) -> None:
    usage = read(input_tokens=100, output_tokens=5, **{name: {"cached_tokens": 60}})
    assert figures(usage) == (100, 5, 105)
    assert usage.cache_read == 60


def test_anthropics_input_leaves_out_the_cache_and_ours_does_not() -> None:
    usage = read(
        input_tokens=10,
        output_tokens=5,
        cache_read_input_tokens=100,
        cache_creation_input_tokens=30,
    )
    assert figures(usage) == (140, 5, 145)
    assert (usage.cache_read, usage.cache_creation) == (100, 30)


def test_anthropics_renamed_shape_of_the_chat_path() -> None:
    assert figures(read(input_tokens=84, output_tokens=12, total_tokens=96)) == (84, 12, 96)


def test_reasoning_outside_the_completion_is_added_to_it() -> None:
    # Gemini 3.1 Pro, 3.5 Flash and Grok: total = prompt + completion + reasoning.
    usage = read(
        prompt_tokens=10,
        completion_tokens=20,
        total_tokens=530,
        completion_tokens_details={"reasoning_tokens": 500},
    )
    assert figures(usage) == (10, 520, 530)
    assert usage.reasoning == 500


def test_reasoning_inside_the_completion_is_not_added_again() -> None:
    usage = read(
        prompt_tokens=10,
        completion_tokens=520,
        total_tokens=530,
        completion_tokens_details={"reasoning_tokens": 500},
    )
    assert figures(usage) == (10, 520, 530)


@pytest.mark.parametrize("details", [None, {}, [], "x", 5, {"cached_tokens": None}])
def test_empty_details_are_no_details(details: Any) -> None:
    usage = read(
        prompt_tokens=1,
        completion_tokens=2,
        total_tokens=3,
        prompt_tokens_details=details,
        completion_tokens_details=details,
    )
    assert (usage.cache_read, usage.reasoning, usage.audio_input) == (None, None, None)


def test_a_zero_that_was_told_is_kept() -> None:
    usage = read(
        prompt_tokens=1,
        completion_tokens=2,
        total_tokens=3,
        prompt_tokens_details={"cached_tokens": 0},
        completion_tokens_details={"reasoning_tokens": 0},
    )
    assert (usage.cache_read, usage.reasoning) == (0, 0)


def test_deepseeks_own_cache_figures() -> None:
    usage = read(
        prompt_tokens=100,
        completion_tokens=2,
        total_tokens=102,
        prompt_cache_hit_tokens=64,
        prompt_cache_miss_tokens=36,
    )
    assert figures(usage) == (100, 2, 102)
    assert usage.cache_read == 64


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"prompt_tokens": 5}, (5, 0, 5)),
        ({"completion_tokens": 5}, (0, 5, 5)),
        ({"total_tokens": 9}, (9, 0, 9)),
        ({"prompt_tokens": 5, "total_tokens": 9}, (5, 4, 9)),
        ({"completion_tokens": 4, "total_tokens": 9}, (5, 4, 9)),
        ({"prompt_tokens": 5, "completion_tokens": 4}, (5, 4, 9)),
        ({"prompt_tokens": 5.0, "completion_tokens": 4.0, "total_tokens": 9.0}, (5, 4, 9)),
        ({"prompt_tokens": 5, "completion_tokens": 4, "total_tokens": 1}, (5, 4, 9)),
        ({"prompt_tokens": 5, "completion_tokens": None, "total_tokens": None}, (5, 0, 5)),
        ({"prompt_tokens": math.nan, "completion_tokens": 4}, (0, 4, 4)),
        ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, (0, 0, 0)),
    ],
)
def test_partial_usage_is_completed_as_far_as_it_goes(
    raw: dict[str, Any], expected: tuple[int, int, int]
) -> None:
    assert figures(read(**raw)) == expected


@pytest.mark.parametrize(
    "raw", [None, {}, [], "5", 5, {"prompt_tokens": None}, {"cost": 1.0}, {"total_tokens": "9"}]
)
def test_what_holds_no_count_is_no_usage(raw: Any) -> None:
    assert read_usage(raw) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0),
        (7, 7),
        (7.9, 7),
        (True, None),
        ("7", None),
        (-1, None),
        (math.inf, None),
        (None, None),
        (math.nan, None),
        ([], None),
        (1e300, int(1e300)),
    ],
)
def test_a_count_is_an_int_or_nothing(value: Any, expected: int | None) -> None:
    assert count(value) == expected


# --- over a stream -----


def merged(*frames: dict[str, Any]) -> dict[str, Any]:
    usage: dict[str, Any] = {}
    for frame in frames:
        usage = merge_usage(usage, frame)
    return usage


FULL = {
    "prompt_tokens": 10,
    "completion_tokens": 5,
    "total_tokens": 15,
    "completion_tokens_details": {"reasoning_tokens": 2},
}


def test_the_same_usage_twice_counts_once() -> None:
    assert merged(FULL, FULL) == FULL


def test_of_running_totals_the_last_holds() -> None:
    frames = [
        {"prompt_tokens": 10, "completion_tokens": n, "total_tokens": 10 + n} for n in range(6)
    ]
    assert merged(*frames) == frames[-1]


def test_usage_in_parts_is_put_together() -> None:
    parts = ({"input_tokens": 10, "output_tokens": 1}, {"output_tokens": 42})
    assert merged(*parts) == {"input_tokens": 10, "output_tokens": 42}


def test_nulls_and_zeros_at_the_end_wipe_nothing_out() -> None:
    late = {
        "prompt_tokens": 0,
        "completion_tokens": None,
        "completion_tokens_details": {"reasoning_tokens": 0},
    }
    assert merged(FULL, late) == FULL
    assert merged(FULL, {"completion_tokens_details": None}) == FULL


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from([*FULL, "input_tokens", "prompt_tokens_details"]),
            st.one_of(
                st.none(),
                st.integers(-5, 10**6),
                st.floats(),
                st.text(max_size=3),
                st.dictionaries(
                    st.sampled_from(["reasoning_tokens", "cached_tokens"]), st.floats()
                ),
            ),
        ),
        max_size=4,
    )
)
def test_any_usage_gives_counts_that_add_up(frames: list[dict[str, Any]]) -> None:
    usage = read_usage(merged(*frames))
    if usage is not None:
        assert usage.input >= 0
        assert usage.output >= 0
        assert usage.total >= usage.input + usage.output


# --- the charge -----


@pytest.mark.parametrize(
    ("meta", "cost"),
    [
        ({"usage": {"credits_used": 2480, "usd_spent": 0.00124}}, Cost(0.00124, 2480)),
        ({"usage": {"credits_used": 2480}}, Cost(0.00124, 2480)),
        ({"usage": {"tokens_used": 2480}}, Cost(0.00124, 2480)),
        ({"usage": {"usd_spent": 0.00124}}, Cost(0.00124, 2480)),
        ({"usage": {"usd_spent": "0.001240000", "credits_used": "2480"}}, Cost(0.00124, 2480)),
        ({"usage": {"credits_used": 0, "usd_spent": 0}}, Cost(0.0, 0)),
        ({"usage": {"credits_used": None, "usd_spent": None}}, None),
        ({"usage": {}}, None),
        ({"usage": None}, None),
        ({}, None),
        (None, None),
        ("x", None),
        ({"usage": {"usd_spent": math.nan, "credits_used": True}}, None),
        ({"usage": {"usd_spent": -1}}, None),
    ],
)
def test_the_charge_is_read_from_meta(meta: Any, cost: Cost | None) -> None:
    found = read_cost(meta)
    assert found == cost or (
        found is not None
        and cost is not None
        and found.usd == pytest.approx(cost.usd)
        and found.credits == cost.credits
    )


def test_the_charge_is_read_from_the_headers_where_the_body_says_none() -> None:
    headers = {"x-aimlapi-credits-used": "2480", "x-aimlapi-usd-spent": "0.001240000"}
    assert read_cost(None, headers) == Cost(0.00124, 2480, "headers")
    assert read_cost({"usage": {"usd_spent": 1.0}}, headers) == Cost(1.0, 2_000_000)
    assert read_cost(None, {"x-aimlapi-usd-spent": "soon"}) is None
    only = read_cost(None, {"x-aimlapi-credits-used": "1000"})
    assert only == Cost(0.0005, 1000, "headers")


def test_every_recorded_answer_gives_its_counts_and_charge(shared: Path) -> None:
    seen = charged = 0
    for path in sorted((shared / "responses").glob("*.json")):
        body = json.loads(path.read_text())
        if not isinstance(body, dict) or "choices" not in body:
            continue
        raw = body.get("usage")
        usage = read_usage(raw)
        if isinstance(raw, dict) and raw.get("total_tokens"):
            assert usage is not None, path.name
            assert usage.total == raw["total_tokens"], path.name
            assert usage.input + usage.output == usage.total, path.name
            seen += 1
        told = (body.get("meta") or {}).get("usage") or {}
        if told:
            cost = read_cost(body["meta"])
            assert cost is not None, path.name
            assert cost.credits == told.get("credits_used", told.get("tokens_used")), path.name
            charged += 1
    assert seen > 20
    assert charged > 10
