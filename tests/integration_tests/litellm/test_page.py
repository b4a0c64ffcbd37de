"""Everything that ``docs/litellm.md`` shows runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.paths import ROOT
from tests.harness.programs import Programs

PAGE = (ROOT / "docs" / "litellm.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.S | re.M)


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
