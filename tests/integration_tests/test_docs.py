"""Everything that the documentation shows runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from tests.harness.paths import ROOT
from tests.harness.programs import Programs

PAGES = [
    ROOT / "docs" / f"{name}.md"
    for name in ("agents", "assistants", "audio", "batches", "bulk", "media", "service")
]
BLOCKS = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(
        re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.S | re.M)
    )
]


@pytest.fixture(scope="module")
def programs() -> Iterator[Programs]:
    with Programs(fresh=False) as running:
        yield running


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.slow
def test_every_block_of_the_documentation_runs(
    block: str, programs: Programs, tmp_path: Path
) -> None:
    for engine in ("distributed", "ray"):
        if f"import {engine}" in block or f"from {engine} " in block:
            try:
                metadata.version(engine)
            except metadata.PackageNotFoundError:
                pytest.skip(f"this block needs {engine} (an extra)")
    script = tmp_path / "block.py"
    script.write_text(block, encoding="utf-8")
    assert programs.run(script).strip()
