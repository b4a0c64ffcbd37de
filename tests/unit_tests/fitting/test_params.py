"""Fitting parameters: one function for every path."""

from __future__ import annotations

from typing import Any

import pytest

from langchain_aimlapi._fitting.notes import Notes, OnUnsupported
from langchain_aimlapi._fitting.params import fit_all
from langchain_aimlapi.catalog.facts import Param, Shape
from langchain_aimlapi.errors import UnsupportedFeatureError

SHAPE = Shape(
    params={
        "temperature": Param(types=("number",), minimum=0, maximum=1),
        "num_images": Param(types=("integer",), enum=(1, 2, 4)),
        "output_format": Param(enum=("jpeg", "png")),
        "quality": Param(enum=("low", "high")),
        "tolerance": Param(types=("string",)),
        "title": Param(types=("string",), max_length=5),
        "dimensions": Param(types=("integer",), minimum=64, maximum=2048),
        "effort": Param(enum=("low", "medium", "high")),
    }
)


def fitted(
    policy: OnUnsupported = "warn", shape: Shape = SHAPE, **params: Any
) -> tuple[dict[str, Any], dict[str, str]]:
    notes = Notes("a/model", policy)
    body = fit_all(
        params,
        shape,
        notes,
        common=("seed", "n"),
        spellings={"n": ("num_images", "n")},
        implied={"n": (1,), "quality": ("auto",)},
        exact=("dimensions",),
    )
    return body, dict(notes.adaptations)


@pytest.mark.parametrize(
    ("given", "body"),
    [
        ({"temperature": 0.5}, {"temperature": 0.5}),
        ({"temperature": None}, {}),
        ({"n": 2}, {"num_images": 2}),
        ({"output_format": "JPG"}, {"output_format": "jpeg"}),
        ({"tolerance": 3}, {"tolerance": "3"}),
        ({"quality": "auto"}, {}),
        ({"lucky": 7}, {"lucky": 7}),
        ({"dimensions": 256}, {"dimensions": 256}),
    ],
)
def test_what_means_the_same_is_spelled_anew_in_silence(
    given: dict[str, Any], body: dict[str, Any]
) -> None:
    assert fitted(**given) == (body, {})


@pytest.mark.parametrize(
    ("given", "body", "reason"),
    [
        ({"temperature": 1.5}, {"temperature": 1}, "takes 0 to 1"),
        ({"temperature": -1}, {"temperature": 0}, "takes 0 to 1"),
        ({"n": 3}, {"num_images": 2}, "takes 1, 2, 4"),
        ({"effort": "xhigh"}, {"effort": "high"}, "takes 'low', 'medium', 'high'"),
        ({"quality": "hd"}, {}, "takes 'low', 'high'"),
    ],
)
def test_what_changes_is_noted_with_its_reason_and_a_cure(
    given: dict[str, Any], body: dict[str, Any], reason: str
) -> None:
    (name,) = given
    result, notes = fitted(**given)
    assert result == body
    assert notes[name].startswith(f"{name}={given[name]!r} was ")
    assert reason in notes[name]
    assert "on_unsupported='send'" in notes[name]
    with pytest.raises(UnsupportedFeatureError, match=reason) as caught:
        fitted("error", **given)
    assert caught.value.field == name
    (value,) = fitted("send", **given)[0].values()
    assert value == given[name]


def test_what_is_not_mentioned_is_sent_and_noted() -> None:
    body, notes = fitted(seed=7)
    assert body == {"seed": 7}
    assert notes["seed"].startswith("seed=7 was sent although the documentation")
    assert fitted("drop", seed=7) == ({}, {})
    assert fitted("send", seed=7) == ({"seed": 7}, {})
    with pytest.raises(UnsupportedFeatureError, match="does not mention seed"):
        fitted("error", seed=7)


def test_a_closed_shape_gets_no_name_that_it_does_not_declare() -> None:
    closed = Shape(params={}, closed=True)
    body, notes = fitted(shape=closed, lucky=7)
    assert (body, list(notes)) == ({}, ["lucky"])


def test_an_unknown_shape_gets_everything() -> None:
    assert fitted(shape=Shape(), lucky=7, n=3, temperature=9) == (
        {"lucky": 7, "n": 3, "temperature": 9},
        {},
    )


def test_a_value_that_must_be_exact_is_refused_with_its_range() -> None:
    with pytest.raises(UnsupportedFeatureError, match="64 to 2048, not 32"):
        fitted(dimensions=32)
    assert fitted("send", dimensions=32)[0] == {"dimensions": 32}


def test_a_text_that_is_too_long_is_refused_without_being_quoted() -> None:
    with pytest.raises(
        UnsupportedFeatureError, match="6 characters and the model takes 5"
    ) as refused:
        fitted(title="zzzzzz")
    assert "zzz" not in str(refused.value)
