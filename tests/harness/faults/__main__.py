"""Print the fault table: ``python -m tests.integration_tests.faults [--only PATTERN] [--brief]
[--transport aiohttp]``.

Exit code 1 if any call did not end as required.
"""

from __future__ import annotations

import argparse
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator

from .cases import CALLS, Scenario
from .raw_server import Hub
from .runner import Result, play, quick_retries
from .scenarios import SCENARIOS

HEAD = ("family", "scenario", *CALLS, "requests")


def main(arguments: list[str] | None = None) -> int:
    """Play, print, and say by the exit code whether all was well."""
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("--only", default="", help="regular expression over 'family: scenario'")
    parser.add_argument("--brief", action="store_true", help="totals per family only")
    parser.add_argument(
        "--transport", choices=("httpx", "aiohttp"), default="httpx", help="of the async calls"
    )
    options = parser.parse_args(arguments)
    chosen = [item for item in SCENARIOS if re.search(options.only, item.id)]
    warnings.simplefilter("error")
    results: list[Result] = []
    with Hub() as hub, quick_retries():
        if not options.brief:
            _print_rows([HEAD, ("---",) * len(HEAD)])
        for scenario in chosen:
            played = [
                play(hub, scenario, call, async_transport=options.transport)
                for call in CALLS
                if scenario.case(call)
            ]
            results += played
            if not options.brief:
                _print_rows([_row(scenario, played)])
    print()
    _print_rows(_totals(results))
    wrong = [result for result in results if result.problems]
    for result in wrong:
        print(f"\n{result.scenario.id} / {result.call}")
        print("\n".join(f"  {problem}" for problem in result.problems))
    return 1 if wrong or not results else 0


def _row(scenario: Scenario, played: Iterable[Result]) -> tuple[str, ...]:
    results = {result.call: result for result in played}
    cells = [_cell(results.get(call)) for call in CALLS]
    counts = sorted({str(result.requests) for result in results.values()})
    return (scenario.family, scenario.name, *cells, "/".join(counts))


def _cell(result: Result | None) -> str:
    if result is None:
        return ""
    return "WRONG" if result.problems else "right"


def _totals(results: Iterable[Result]) -> Iterator[tuple[str, ...]]:
    scenarios: Counter[str] = Counter()
    runs: Counter[str] = Counter()
    right: Counter[str] = Counter()
    names: set[str] = set()
    for result in results:
        family = result.scenario.family
        for key in (family, "all"):
            scenarios[key] += result.scenario.id not in names
            runs[key] += 1
            right[key] += not result.problems
        names.add(result.scenario.id)
    yield ("family", "scenarios", "runs", "right")
    yield ("---",) * 4
    for key in [key for key in runs if key != "all"] + ["all"]:
        yield (key, str(scenarios[key]), str(runs[key]), str(right[key]))


def _print_rows(rows: Iterable[tuple[str, ...]]) -> None:
    for row in rows:
        cells = (cell.encode("unicode_escape").decode().replace("|", r"\|") for cell in row)
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
