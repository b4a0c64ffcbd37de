"""Everything that the README shows runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.benchmarks.report import summary
from tests.harness.paths import ROOT
from tests.harness.programs import Programs

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.S | re.M)
EXAMPLES = sorted((ROOT / "examples").glob("[0-9l]*.py"))


# Extras of the package that a program imports: without them (or beside an older httpx, with
# which LiteLLM cannot be imported) there is nothing to run.
EXTRAS = {"PIL": "Pillow", "litellm": "the extra litellm"}


def needs(program: str) -> None:
    """Skip a program that imports what is not here."""
    for module, extra in EXTRAS.items():
        if re.search(rf"^(from|import) (_where_)?{module}\b", program, re.M):
            reason = f"this program needs {extra} (`make` installs it)"
            pytest.importorskip(module, reason=reason, exc_type=ImportError)


@pytest.fixture(scope="module", params=["forked", pytest.param("fresh", marks=pytest.mark.slow)])
def programs(request: pytest.FixtureRequest) -> Iterator[Programs]:
    with Programs(fresh=request.param == "fresh") as running:
        yield running


@pytest.mark.parametrize("block", BLOCKS, ids=[b.splitlines()[0][:50] for b in BLOCKS])
def test_every_block_of_the_readme_runs(block: str, programs: Programs, tmp_path: Path) -> None:
    needs(block)
    script = tmp_path / "block.py"
    script.write_text(block, encoding="utf-8")
    assert programs.run(script).strip()


@pytest.mark.parametrize(
    "example",
    [
        pytest.param(e, id=e.stem, marks=[pytest.mark.slow] if e.stem[:2] > "05" else [])
        for e in EXAMPLES
    ],
)
def test_every_example_runs(example: Path, programs: Programs) -> None:
    needs(example.read_text(encoding="utf-8"))
    assert programs.run(example).strip()


def test_the_demo_shows_an_answer_its_usage_its_cost_and_its_ids(programs: Programs) -> None:
    shown = programs.run(ROOT / "examples" / "demo.py")
    for word in ("Model: ", "tokens", "cost", "USD", "finish reason  stop", "inference id"):
        assert word in shown


def test_the_readme_stays_short() -> None:
    assert README.count("\n") < 250


def test_every_file_that_the_readme_and_the_security_page_name_is_there() -> None:
    text = README + (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:examples|tests)/[\w/.-]+)`", text))
    named |= set(re.findall(r"\]\(([\w/.-]+)\)", text))
    assert len(named) > 10
    missing = [name for name in named if not (ROOT / name).exists()]
    assert not missing


def test_the_figures_are_those_of_the_measurement_that_is_kept() -> None:
    document = json.loads((ROOT / "docs" / "benchmark" / "benchmark.json").read_text())
    assert summary(document["items"]) in README
    missed = [target["words"] for target in document["targets"] if not target["met"]]
    assert all(words in README for words in missed), "a target that is missed is told"
