"""Print the table: ``python -m tests.harness.comparison [--out docs/comparison.md]``."""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import sys
from pathlib import Path

from langchain_aimlapi.emulator import Emulator

from .lines import LINES, run
from .peers import PEERS, Bench, Peer

HEAD = """# Beside the other chat model classes

Made by `make comparison` (`python -m tests.harness.comparison`) on {date}: one small program a
line, run for every class against the same server, the emulator of this package. Its contract is
the gateway's OpenAPI of 30 August 2026 where that was read, else the documentation of 21 August.
ChatAnthropic talks to `claude-opus-4-8` where the others talk to `openai/gpt-4o`. No other class
was made for this API: the table says what a user would meet. An exception stands in `code`.

Versions: {versions}.
"""


def column(peer: Peer) -> list[str]:
    """What came of every line for one class."""
    with Emulator().serve() as api:
        bench = Bench(peer, api)
        return [run(each, bench) for each in LINES]


def table(columns: dict[str, list[str]]) -> str:
    """The table as Markdown."""
    rows = [["", *columns], ["---"] * (len(columns) + 1)]
    cells = zip(*columns.values(), strict=True)
    rows += [[each.text, *row] for each, row in zip(LINES, cells, strict=True)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def main(arguments: list[str] | None = None) -> int:
    """Run every line for every class that is installed."""
    parser = argparse.ArgumentParser(prog="comparison", description=__doc__)
    parser.add_argument("--out", type=Path, help="file to write; default: standard output")
    options = parser.parse_args(arguments)
    present = [peer for peer in PEERS if peer.is_installed]
    versions = [f"{peer.package or peer.module} {peer.version}" for peer in present]
    versions.append(f"langchain-core {importlib.metadata.version('langchain-core')}")
    head = HEAD.format(date=datetime.date.today().isoformat(), versions=", ".join(versions))
    text = f"{head}\n{table({peer.name: column(peer) for peer in present})}"
    if options.out is None:
        sys.stdout.write(text)
    else:
        options.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
