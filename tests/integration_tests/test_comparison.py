"""``docs/comparison.md`` says of this package what it does."""

from __future__ import annotations

import re

import pytest

from tests.harness.comparison.__main__ import column
from tests.harness.comparison.lines import LINES
from tests.harness.comparison.peers import PEERS
from tests.harness.paths import ROOT

PAGE = ROOT / "docs" / "comparison.md"


def rows() -> list[list[str]]:
    """The cells of the table, line by line."""
    lines = [x for x in PAGE.read_text(encoding="utf-8").splitlines() if x.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", x)[1:-1]] for x in lines]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_our_column_is_what_comes_of_every_line() -> None:
    head, _, *body = rows()
    assert head[1:] == [peer.name for peer in PEERS]
    assert [row[0] for row in body] == [each.text for each in LINES]
    assert [row[1] for row in body] == column(PEERS[0])
    assert all(all(row[1:]) for row in body), "no cell is empty"


def test_the_page_names_its_date_and_versions() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert re.search(r"on 20\d\d-\d\d-\d\d:", text)
    for peer in PEERS[1:]:
        assert re.search(rf"{peer.package} \d+\.\d+", text)
