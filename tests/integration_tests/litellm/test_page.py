"""Everything that ``docs/litellm.md`` shows runs."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from langchain_aimlapi.cli import app
from tests.harness.paths import ROOT
from tests.harness.programs import Programs

from .processes import postgres_server

PAGE = (ROOT / "docs" / "litellm.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.S | re.M)
SHELL = re.findall(r"^```sh\n(.*?)^```", PAGE, re.S | re.M)


@pytest.fixture(scope="module")
def programs() -> Iterator[Programs]:
    with Programs(fresh=False) as running:
        yield running


@pytest.mark.parametrize("number", range(len(BLOCKS)))
@pytest.mark.slow
def test_every_block_of_the_page_runs(number: int, programs: Programs, tmp_path: Path) -> None:
    script = tmp_path / "block.py"
    script.write_text(BLOCKS[number], encoding="utf-8")
    assert programs.run(script).strip()


@pytest.mark.peer
@pytest.mark.parametrize("number", range(len(SHELL)))
def test_every_command_of_the_page_is_taken(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy shows what it would run with; `test_team_proxy` and `test_team_keys` run it."""
    monkeypatch.chdir(tmp_path)
    rows = re.findall(r"^```json\n(.*?)^```", PAGE, re.S | re.M)
    Path("team.json").write_text(rows[0], encoding="utf-8")
    assert json.loads(rows[0])
    with postgres_server(tmp_path) as address:
        for line in SHELL[number].splitlines():
            for command in line.split(" & "):
                _run(shlex.split(command, comments=True), address, monkeypatch)


def _run(words: list[str], postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if words[0] == "export":
        for name, _, value in (word.partition("=") for word in words[1:]):
            monkeypatch.setenv(name, postgres if value.startswith("postgresql:") else value)
        return
    if words[:2] == ["pip", "install"]:
        extra = words[2].partition("[")[2].rstrip("]")
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        assert extra in project["optional-dependencies"]
        return
    assert words[0] == "aimlapi"
    arguments = words[1 : words.index(">")] if ">" in words else words[1:]
    if arguments[0] == "proxy" and "--show" not in arguments:
        arguments.append("--show")
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert done.output or arguments[:2] == ["team", "remove"]
