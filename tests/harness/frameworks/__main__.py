"""``python -m tests.harness.frameworks [NAME...]``: prepare, play, write the page."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.harness.frameworks.environments import play, prepare
from tests.harness.frameworks.page import render
from tests.harness.frameworks.rows import ROWS, Row
from tests.harness.paths import ROOT

RESULTS = ROOT / "docs" / "frameworks.json"
PAGE = ROOT / "docs" / "frameworks.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the named frameworks, or all; the rows of the others stay as they were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="frameworks; default: all")
    parser.add_argument("--cache", type=Path, default=ROOT / ".venv-frameworks")
    parser.add_argument("--page", action="store_true", help="only write the page anew")
    options = parser.parse_args(arguments)
    known = {row.module: row for row in ROWS}
    wanted = [Row(name, ()).module for name in options.names]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")
    kept: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"rows": {}}
    if not options.page:
        for row in [known[name] for name in wanted] or ROWS:
            kept["rows"][row.name] = _row(row, options.cache)
            kept |= {"date": f"{datetime.now(UTC):%Y-%m-%d}", "python": sys.version.split()[0]}
            RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    page = render(kept["rows"], date=kept["date"], python=kept["python"])
    PAGE.write_text(page, encoding="utf-8")
    return 0


def _row(row: Row, cache: Path) -> dict[str, Any]:
    sys.stdout.write(f"{row.name} ...\n")
    sys.stdout.flush()
    cache.mkdir(parents=True, exist_ok=True)
    try:
        found = play(row, prepare(row, cache), cache / f"{row.module}.txt")
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        found = {"failed": str(error)[:300]}
    sys.stdout.write(f"{row.name}: {json.dumps(found)}\n")
    return found


if __name__ == "__main__":
    raise SystemExit(main())
