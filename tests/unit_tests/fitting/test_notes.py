"""What was adapted, and how the user hears of it."""

from __future__ import annotations

import warnings

import pytest

from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi.errors import UnsupportedFeatureError, UnsupportedParameterWarning


def test_notes_of_an_attempt_count_only_when_they_are_absorbed() -> None:
    notes = Notes("a/model")
    trial = notes.trial()
    trial.adapted("n", "n was changed")
    assert notes.adaptations == []
    notes.absorb(trial)
    assert [name for name, _ in notes.adaptations] == ["n"]


def test_each_thing_is_said_once_for_a_model() -> None:
    seen: set[tuple[str, str]] = set()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for model in ("a/model", "a/model", "b/model"):
            notes = Notes(model)
            assert not notes.unsupported("seed", "seed=1 was left out", "it has no seed")
            notes.warn(seen)
    assert [str(each.message).partition(":")[0] for each in caught] == ["a/model", "b/model"]
    assert {each.category for each in caught} == {UnsupportedParameterWarning}
    assert {each.filename for each in caught} == {__file__}


def test_the_policy_decides() -> None:
    with pytest.raises(UnsupportedFeatureError, match="a/model does not take seed: it has no seed"):
        Notes("a/model", "error").unsupported("seed", "seed=1 was left out", "it has no seed")
    sending = Notes("a/model", "send")
    assert sending.unsupported("seed", "seed=1 was left out", "it has no seed")
    sending.adapted("n", "n was changed")
    assert sending.adaptations == []
