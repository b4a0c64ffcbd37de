"""``python -m tests.harness.benchmarks``: this package beside its peers, as a table."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.harness.benchmarks import picture, report
from tests.harness.benchmarks.items import ITEMS
from tests.harness.benchmarks.peers import PEERS
from tests.harness.benchmarks.run import Rounds, run_items, run_starts, workers
from tests.harness.benchmarks.server import ROOT, serving

QUICK = ("stream-text", "astream-text", "stream-tools", "invoke", "ainvoke-100", "first")
STARTS = "starts"


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.harness.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the main items, smaller, 3 rounds")
    parser.add_argument(
        "--only", nargs="+", metavar="ITEM", choices=[*ITEMS, STARTS], help=" ".join(ITEMS)
    )
    parser.add_argument("--peers", nargs="+", metavar="PEER", choices=list(PEERS))
    parser.add_argument("--rounds", type=int, help="default: 5, with --quick 3")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "benchmarks")
    parser.add_argument("--check", action="store_true", help="exit 1 where a target is missed")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run the benchmarks; the exit code."""
    options = parse(arguments)
    rounds = options.rounds or (3 if options.quick else 5)
    scale = 0.3 if options.quick else 1.0
    wanted = options.only or (*(QUICK if options.quick else ITEMS), STARTS)
    absent = {name: why for name in PEERS if (why := PEERS[name].why_not()) is not None}
    peers = [name for name in options.peers or PEERS if name not in absent]
    items = [name for name in wanted if name != STARTS]
    starts: Rounds | None = None

    def say(words: str) -> None:
        print(words, file=sys.stderr, flush=True)

    for name, why in absent.items():
        say(f"{PEERS[name].label} is left out: {why}")
    if STARTS in wanted:
        starts = run_starts(peers, rounds, say)
    with serving() as address, workers(address) as staff:
        results: dict[str, Rounds] = {}
        for name, told in run_items(staff, items, peers, rounds, scale, say):
            results[name] = told
            _keep(options, results, starts, absent)  # what was measured is not lost
    return _tell(options, results, starts, absent)


def _keep(
    options: argparse.Namespace,
    results: report.Results,
    starts: Rounds | None,
    absent: dict[str, str],
) -> None:
    options.out.mkdir(parents=True, exist_ok=True)
    told = json.dumps(report.document(results, starts, absent), indent=1)
    (options.out / "benchmark.json").write_text(told + "\n")


def _tell(
    options: argparse.Namespace,
    results: report.Results,
    starts: Rounds | None,
    absent: dict[str, str],
) -> int:
    listed = report.targets(results, starts)
    tables = [report.item_table(name, rounds) for name, rounds in results.items()]
    if starts is not None:
        tables.append(report.starts_table(starts))
    text = "\n".join([*tables, report.targets_table(listed)])
    print(text)
    _keep(options, results, starts, absent)
    (options.out / "benchmark.md").write_text(text)
    files = picture.draw(results, options.out)
    print(f"written: {options.out}/benchmark.md, .json{', .png, .svg' if files else ''}")
    return int(options.check and any(target.met is False for target in listed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
