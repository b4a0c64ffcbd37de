"""A program of the documentation that fails is seen to fail, whichever way it is run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.paths import ROOT
from tests.harness.programs import Programs


@pytest.fixture(params=["forked", "fresh"], scope="module")
def programs(request: pytest.FixtureRequest) -> Iterator[Programs]:
    with Programs(fresh=request.param == "fresh") as running:
        yield running


def written(folder: Path, code: str) -> Path:
    path = folder / "program.py"
    path.write_text(code, encoding="utf-8")
    return path


def test_what_a_program_prints_comes_back(programs: Programs, tmp_path: Path) -> None:
    code = "import atexit, os, sys\natexit.register(print, 'end')\n"
    code += "print(__name__, sys.argv, os.getcwd(), sys.path[0])"
    path = written(tmp_path, code)
    name, _, rest = programs.run(path, cwd=tmp_path).partition(" ")
    assert name == "__main__"
    assert rest == f"['{path}'] {tmp_path} {tmp_path}\nend\n"


@pytest.mark.parametrize("code", ["raise KeyError('broken')", "import sys; sys.exit('broken')"])
def test_a_program_that_fails_is_an_error(programs: Programs, tmp_path: Path, code: str) -> None:
    with pytest.raises(AssertionError, match="broken"):
        programs.run(written(tmp_path, code))


def test_a_program_leaves_nothing_to_the_next(programs: Programs, tmp_path: Path) -> None:
    code = "import os, sys\nassert 'LEFT' not in os.environ and not hasattr(sys, 'left')\n"
    code += "os.environ['LEFT'] = sys.left = 'x'"
    for _ in range(2):
        programs.run(written(tmp_path, code))


def test_what_only_one_program_needs_may_be_missing_for_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "litellm.py").write_text("raise ImportError('not beside this httpx')")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    with Programs() as programs:
        with pytest.raises(AssertionError, match="not beside this httpx"):
            programs.run(written(tmp_path, "import litellm"))
        assert programs.run(written(tmp_path, "print('litellm is only a word')"))
