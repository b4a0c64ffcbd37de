"""The page about other frameworks says what was found and what the programs begin with."""

from __future__ import annotations

import json

from tests.harness.frameworks.__main__ import PAGE, RESULTS
from tests.harness.frameworks.page import render
from tests.harness.frameworks.rows import ROWS, words


def test_the_page_is_what_the_programs_found() -> None:
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    page = render(kept["rows"], date=kept["date"], python=kept["python"])
    assert page == PAGE.read_text(encoding="utf-8")


def test_every_row_has_a_program_and_shows_no_line_of_the_harness() -> None:
    for row in ROWS:
        remark, code = words(row)
        assert remark, row.name
        assert "import" in code
        assert "tests." not in code
        compile(code, row.name, "exec")


def test_a_failure_stands_under_the_table_in_its_own_words() -> None:
    found = {"tools": "ValueError: no", "stream": "yes", "structured": None}
    rows = {"crewai": {"versions": {"crewai": "1"}, "ours": found, "peer": None}}
    page = render(rows, date="2026-01-31", python="3.11")
    assert "| crewai | crewai 1 | **no** | yes | - | LiteLLM's `openai/` | - | - | - |" in page
    assert "- crewai, tools: `ValueError: no`" in page
    assert "- dspy: was not run." in page
