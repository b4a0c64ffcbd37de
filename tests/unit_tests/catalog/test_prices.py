"""Prices of the model list per single unit, and estimates by them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from langchain_aimlapi.catalog import Facts
from langchain_aimlapi.catalog.prices import normalise
from tests.harness.evidence import catalog_of_evidence

catalog = catalog_of_evidence()


def unit(**rest: Any) -> dict[str, Any]:
    return {"kind": "fixed", "currency": "USD", "units": [rest]}


@pytest.mark.parametrize(
    ("given", "key", "price"),
    [
        (unit(name="token", measure="input", price=2, per=1_000_000), "input", 2e-6),
        (unit(name="token", measure="output", price=2, per=1_000), "output", 2e-3),
        (unit(name="token", measure="cache_read", price=1, per=1_000_000), "cache_read", 1e-6),
        (unit(name="token", measure="cache_write", price=1, per=1_000_000), "cache_creation", 1e-6),
        (unit(name="token", measure="audio_input", price=1, per=1_000_000), "audio_input", 1e-6),
        (unit(name="tokens", measure="completion", price=1, per=1), "output", 1.0),
        (unit(name="image", price=0.08, per=2), "per_image", 0.04),
        (unit(name="second", measure="output", price=1, per=10), "per_second", 0.1),
        (unit(name="character", price=15, per=1_000_000), "per_character", 1.5e-5),
        (unit(name="page", price="0.5", per="100"), "per_page", 0.005),
        (unit(name="token", measure="input", price=0, per=1_000_000), "input", 0.0),
    ],
)
def test_a_price_is_always_divided_by_per(given: Any, key: str, price: float) -> None:
    found = normalise(given)
    assert found is not None
    assert found[key] == pytest.approx(price)


@pytest.mark.parametrize(
    ("origin", "content", "key"),
    [
        ("provided", "text", "input"),
        ("generated", "text", "output"),
        ("cached", "text", "cache_read"),
        ("cache_write", "text", "cache_creation"),
        ("provided", "audio", "audio_input"),
        ("generated", "audio", "audio_output"),
        ("generated", "image", "image_output"),
        ("Provided", None, "input"),
    ],
)
def test_the_origin_of_a_unit_tells_what_it_is(origin: str, content: Any, key: str) -> None:
    # ``measure`` is there too and does not discriminate
    row = unit(
        name="token", content=content, origin=origin, measure="token", price=0.3, per=1_000_000
    )
    found = normalise(row)
    assert found is not None
    assert set(found) == {"kind", "currency", key}
    assert found[key] == pytest.approx(3e-7)


def test_variants_stand_at_the_top_only_where_they_agree() -> None:
    found = normalise(
        {
            "kind": "variants",
            "currency": "USD",
            "dimensions": ["resolution"],
            "variants": [
                {"when": {"resolution": "720p"}, "price": 1, "unit": "second", "per": 10},
                {"when": {"resolution": "1080p"}, "price": 2, "unit": "second", "per": 10},
                {"when": {}, "price": 3, "unit": "request", "per": 1},
            ],
        }
    )
    assert found is not None
    assert "per_second" not in found
    assert found["per_request"] == 3
    assert [each.get("per_second") for each in found["variants"]] == [0.1, 0.2, None]
    assert found["variants"][0]["when"] == {"resolution": "720p"}


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "variable"},
        unit(name="token", measure="input", price="free", per=1),
        unit(name="token", measure="input", price=1, per=0),
        unit(name="token", measure="input", price=-1, per=1),
        unit(name="token", measure="input", price=float("nan"), per=1),
        unit(name="something", measure="odd", price=1, per=1),
        {**unit(name="token", measure="input", price=1, per=1), "currency": "EUR"},
        {"kind": "fixed", "units": "?"},
    ],
)
def test_no_price_is_invented(given: Any) -> None:
    found = normalise(given)
    assert found is not None
    assert set(found) == {"kind", "currency"}


def test_no_pricing_gives_no_prices() -> None:
    assert normalise(None) is None
    assert normalise([1]) is None


# --- offline -----


def test_most_chat_models_have_a_price_without_a_network() -> None:
    served = [f for f in catalog.models() if f.kind in ("chat", "responses", "messages")]
    priced = [facts for facts in served if facts.prices]
    assert len(priced) > 200
    for facts in priced:
        assert facts.prices is not None
        assert 0 <= facts.prices["input"] < 1e-3
        assert 0 <= facts.prices["output"] < 1e-3
        assert "2026-11-26" in facts.sources["prices"]


def test_a_spelling_has_the_price_of_its_home() -> None:
    assert catalog.find("gpt-4o").prices == catalog.find("openai/gpt-4o").prices
    assert (
        catalog.find("claude-opus-4.8").prices == catalog.find("anthropic/claude-opus-4.8").prices
    )


# --- estimates -----


def test_an_estimate_adds_what_is_counted_and_names_its_source() -> None:
    found = catalog.estimate("gpt-4o", input_tokens=1_000_000, output_tokens=100_000)
    assert found.usd == pytest.approx(3.25 + 1.3)
    assert found.usd_least == found.usd
    assert found.parts == {
        "input_tokens": pytest.approx(3.25), "output_tokens": pytest.approx(1.3)
    }  # fmt: skip
    assert found.source is not None
    assert "2026-11-26" in found.source


def test_cached_tokens_have_their_own_price_or_that_of_the_input() -> None:
    cached = catalog.estimate("gpt-4o", cache_read_tokens=1_000_000)
    assert cached.usd == pytest.approx(1.625)
    written = catalog.estimate("gpt-4o", cache_creation_tokens=1_000_000)
    assert written.usd == pytest.approx(3.25)


def test_what_has_no_price_is_named_and_not_free() -> None:
    found = catalog.estimate("gpt-4o", input_tokens=10, images=1)
    assert (found.usd, found.usd_least, found.missing) == (None, None, ("images",))
    assert catalog.estimate("nobody/knows", input_tokens=1).missing == ("input_tokens",)
    assert catalog.estimate("gpt-4o").usd == 0
    assert catalog.estimate("gpt-4o", images=0).usd == 0


def test_a_price_that_depends_on_something_gives_the_most_and_the_least() -> None:
    prices = {
        "variants": [
            {"when": {"resolution": "720p"}, "per_second": 0.1},
            {"when": {"resolution": "1080p"}, "per_second": 0.2},
        ]
    }
    video = catalog.with_facts(Facts(id="a/video", kind="video", prices=prices))
    open_ = video.estimate("a/video", seconds=5)
    assert open_.usd == pytest.approx(1.0)
    assert open_.usd_least == pytest.approx(0.5)
    fixed = video.estimate("a/video", seconds=5, when={"resolution": "720p"})
    assert fixed.usd == fixed.usd_least == pytest.approx(0.5)


def test_a_misspelt_or_negative_count_is_an_error() -> None:
    with pytest.raises(ValueError, match="'tokens' is not counted: use input_tokens"):
        catalog.estimate("gpt-4o", tokens=1)
    with pytest.raises(ValueError, match="must not be negative"):
        catalog.estimate("gpt-4o", input_tokens=-1)


def test_the_users_own_prices_count() -> None:
    mine = dataclasses.replace(catalog.find("gpt-4o"), prices={"input": 1.0})
    assert catalog.with_facts(mine).estimate("gpt-4o", input_tokens=2).usd == 2.0
