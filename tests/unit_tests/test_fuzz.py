"""What random search has found stays mended; and the search itself finds what is wrong."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.harness.fuzz import targets
from tests.harness.fuzz.__main__ import main
from tests.harness.fuzz.draw import Draw
from tests.harness.fuzz.search import Search, search_at_random
from tests.harness.fuzz.targets import TARGETS, Target, run
from tests.harness.paths import DATA

LINES = (DATA / "finds.jsonl").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("line", LINES)
def test_what_was_found_stays_mended(line: str) -> None:
    find = json.loads(line)
    run(TARGETS[find["target"]], find["value"])


@pytest.mark.parametrize("name", TARGETS)
def test_some_inputs_of_every_target_are_taken(name: str) -> None:
    chance = random.Random(name)  # the same in every run
    drawn = [TARGETS[name].draw(Draw(chance.randbytes(300))) for _ in range(25)]
    assert len({json.dumps(value) for value in drawn}) > 10
    for value in drawn:
        assert json.dumps(json.loads(json.dumps(value))) == json.dumps(value), "a find is a line"
        run(TARGETS[name], value)


def test_a_find_is_kept_once_and_can_be_played_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(value: Any) -> None:
        if value:
            raise KeyError("broken")

    monkeypatch.setitem(targets.TARGETS, "broken", Target("broken", lambda d: d.text(), broken))
    search = Search("broken", tmp_path)
    for data in (b"", b"\0\1", b"\0\2", b"\0\3"):
        search.attempt(data)
    [line] = (tmp_path / "broken.jsonl").read_text().splitlines()
    assert "KeyError: 'broken'" in capsys.readouterr().out
    find = json.loads(line)
    with pytest.raises(KeyError):
        run(TARGETS[find["target"]], find["value"])


def test_random_search_tries_fresh_and_mutated_inputs() -> None:
    tried: list[bytes] = []
    search_at_random(tried.append, 0.05, seed=7)
    again: list[bytes] = []
    search_at_random(again.append, 0.05, seed=7)
    count = min(len(tried), len(again))
    assert count > 3
    assert tried[:count] == again[:count]


@pytest.mark.slow
def test_the_command_searches_every_target_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--seconds", "4", "--seed", "1", "--found", str(tmp_path)]
    assert main(["--target", "[ei]*s", *options, "--target", "inflate"]) == 0
    assert "inflate: " in capsys.readouterr().out
    assert int((tmp_path / "inflate.count").read_text()) > 0
    assert main(["--target", "no such", *options]) == 1
