"""The conformance command; see the package."""

from __future__ import annotations

import argparse
import fnmatch
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from tests.harness.conformance.judge import FEATURES, Verdict, share
from tests.harness.conformance.published import targets, unlike
from tests.harness.paths import PUBLISHED as API


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables; 0 where every pair that a schema can express is valid."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.harness.conformance", description=__doc__
    )
    parser.add_argument("--id", default="*", help="ids that match this pattern (* and ?)")
    parser.add_argument("--feature", default="*", help="features that match this pattern")
    parser.add_argument("--list", action="store_true", help="list every refused pair, then stop")
    parser.add_argument("--every-path", action="store_true",
                        help="also force each documented path of an id")  # fmt: skip
    parser.add_argument("--unlike", action="store_true",
                        help="one id for each distinct set of schemas")  # fmt: skip
    parser.add_argument("--jobs", type=int, default=1, help="processes to share the work")
    asked = parser.parse_args(argv)
    if not (API / "models.json").exists():
        print(f"needs the API's documentation data in {API}")
        return 2
    chosen = [t for t in targets() if fnmatch.fnmatch(t.id, asked.id)]
    chosen = unlike(chosen) if asked.unlike else chosen
    features = [f for f in FEATURES if fnmatch.fnmatch(f.name, asked.feature)]
    verdicts = share(chosen, [f.name for f in features], asked.every_path, asked.jobs)
    if not verdicts:
        print("no such id or feature")
        return 2
    print_tables(verdicts, every_pair=asked.list)
    return 1 if any(v.outcome == "wrong" for v in verdicts) else 0


def print_tables(verdicts: Sequence[Verdict], *, every_pair: bool) -> None:
    """``valid/possible`` per feature and per id, the refused pairs, what is wrong, the totals."""
    print("valid/possible per feature (refused: the schema has no words for it)")
    for name, counts in _counted(verdicts, "feature"):
        print(f"  {_ratio(counts)}  refused {counts['refused']:5d}  {name}")
    print("\nvalid/possible per id")
    for name, counts in _counted(verdicts, "id"):
        print(f"  {_ratio(counts)}  refused {counts['refused']:5d}  {name}")
    _print_refused([v for v in verdicts if v.outcome == "refused"], every_pair)
    wrong = [v for v in verdicts if v.outcome == "wrong"]
    if wrong:
        print("\nwrong")
        for (feature, why), names in _grouped(wrong):
            print(f"  {len(names):5d}  {feature}: {why}\n         {_some(names)}")
    _print_totals(verdicts)


def _counted(verdicts: Iterable[Verdict], key: str) -> Iterable[tuple[str, Counter[str]]]:
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for verdict in verdicts:
        table[getattr(verdict, key)][verdict.outcome] += 1
    return table.items()


def _ratio(counts: Counter[str]) -> str:
    possible = counts["valid"] + counts["wrong"]
    return f"{counts['valid']:5d}/{possible:<5d}"


def _print_refused(refused: Sequence[Verdict], every_pair: bool) -> None:
    print("\nrefused before sending, or left out with a warning")
    if every_pair:
        for v in refused:
            print(f"  {v.id} | {v.feature} | {v.mode} | {v.why}")
        return
    for (feature, why), names in _grouped(refused):
        print(f"  {len(names):5d}  {feature}: {why}\n         {_some(names)}")
    elsewhere = [v for v in refused if v.elsewhere]
    if elsewhere:
        print("\nof these, another documented path of the id could say")
        for (feature, _), names in _grouped(elsewhere):
            print(f"  {len(names):5d}  {feature}\n         {_some(names)}")


def _grouped(verdicts: Iterable[Verdict]) -> list[tuple[tuple[str, str], list[str]]]:
    """Ids by feature and reason; the id's own name is taken out of the reason."""
    table: dict[tuple[str, str], list[str]] = defaultdict(list)
    for v in verdicts:
        table[v.feature, v.why.replace(v.id, "the model")].append(v.id)
    return sorted(table.items(), key=lambda pair: pair[0])


def _some(names: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(names))
    more = f" and {len(distinct) - 4} more" if len(distinct) > 4 else ""
    return ", ".join(distinct[:4]) + more


def _print_totals(verdicts: Sequence[Verdict]) -> None:
    counts = Counter(v.outcome for v in verdicts)
    ids = {v.id for v in verdicts}
    whole = ids - {v.id for v in verdicts if v.outcome == "wrong"}
    possible = counts["valid"] + counts["wrong"]
    print(f"\n{len(ids)} ids x {len({v.feature for v in verdicts})} features, whole and streamed")
    print(f"valid {counts['valid']} of {possible} possible; refused {counts['refused']}; "
          f"wrong {counts['wrong']}; ids without a fault: {len(whole)} of {len(ids)}")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
