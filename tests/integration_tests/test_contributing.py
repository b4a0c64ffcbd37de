"""CONTRIBUTING.md: its walk-through of a new endpoint is performed, its table names the rooms."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.harness.paths import ROOT

PACKAGE = ROOT / "langchain_aimlapi"
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
WALK = TEXT.partition("## A new endpoint\n")[2].partition("\n## ")[0]


def test_the_walk_through_of_a_new_endpoint_works(tmp_path: Path) -> None:
    files = re.findall(
        r"`(langchain_aimlapi/[\w/]+\.py)`:\n\n```python\n(.*?)^```", WALK, re.S | re.M
    )
    mount, program = re.findall(r"^```python\n(.*?)^```", WALK, re.S | re.M)[len(files) :]
    assert len(files) == 2
    shutil.copytree(PACKAGE, tmp_path / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    for name, code in files:
        assert not (ROOT / name).exists()
        (tmp_path / name).write_text(code, encoding="utf-8")
    client = tmp_path / "langchain_aimlapi" / "client.py"
    text = client.read_text(encoding="utf-8")
    images = re.search(r"^    images = .*\n", text, re.M)
    assert images is not None
    text = text.replace(images[0], f"{images[0]}    {mount}")
    imported = "from langchain_aimlapi.endpoints.rhymes import RhymeCalls\n"
    client.write_text(
        text.replace("\nfrom langchain_aimlapi", f"\n{imported}from langchain_aimlapi", 1)
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("('bat', 'cat', 'dat')\n")
    assert "find(*, model: 'str', word: 'str', n: 'int' = 3) -> 'Rhymes'" in done.stdout
    assert "n: How many words, from 1." in done.stdout


def test_the_table_of_rooms_names_every_room_and_no_other() -> None:
    table = TEXT.partition("| room |")[2].partition("\n\n")[0]
    first_cells = " ".join(line.split("|")[1] for line in table.splitlines()[2:])
    rooms = {name.rstrip("/") for name in re.findall(r"`([\w./]+)`", first_cells)}
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert {name for name in rooms if not name.endswith(".py")} == folders
    assert all((PACKAGE / name).exists() for name in rooms)
