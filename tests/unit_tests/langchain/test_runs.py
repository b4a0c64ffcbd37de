"""The id of a run is known while its answer is made, and nowhere else."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from langchain_aimlapi._langchain.runs import current_run_id, run_known, with_run_id


def test_a_run_is_known_within_and_forgotten_after() -> None:
    one, two = uuid4(), uuid4()
    assert current_run_id() is None
    with run_known(one):
        with run_known(two):
            assert current_run_id() == str(two)
        with run_known(None):
            assert current_run_id() is None
        assert current_run_id() == str(one)
    assert current_run_id() is None


def test_a_run_is_forgotten_after_an_error() -> None:
    with pytest.raises(ValueError, match="x"), run_known(uuid4()):
        raise ValueError("x")
    assert current_run_id() is None


def test_a_config_gets_a_run_id_that_sorts_by_time_and_keeps_its_own() -> None:
    made = with_run_id({"tags": ["a"]})
    assert made["tags"] == ["a"]
    assert isinstance(made["run_id"], UUID)
    assert made["run_id"].version == 7
    assert with_run_id(made) is made
    assert with_run_id(None)["run_id"] != made["run_id"]
