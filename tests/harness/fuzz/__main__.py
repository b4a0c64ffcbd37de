"""The fuzz command; see the package."""

from __future__ import annotations

import argparse
import fnmatch
import random
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.harness.fuzz.targets import TARGETS
from tests.harness.paths import ROOT


def main(argv: Sequence[str] | None = None) -> int:
    """Search; 1 where something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.harness.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300, help="in all")
    parser.add_argument("--target", default="*", help="targets that match this pattern")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    parser.add_argument("--seed", type=int, help="default: another one each time")
    parser.add_argument("--found", type=Path, default=ROOT / "build" / "fuzz")
    options = parser.parse_args(argv)
    names = [name for name in TARGETS if fnmatch.fnmatch(name, options.target)]
    seed = random.SystemRandom().randrange(2**31) if options.seed is None else options.seed
    seconds = options.seconds * min(options.jobs, len(names)) / max(1, len(names))
    print(f"{len(names)} targets, {seconds:.0f} s each, seed {seed}", flush=True)
    for old in options.found.glob("*.*"):
        old.unlink()

    def search(name: str) -> int:
        done = subprocess.run(
            [sys.executable, "-m", "tests.harness.fuzz.search", name, "--seconds", str(seconds),
             "--seed", str(seed), "--found", str(options.found)],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return _report(name, options.found, done)

    with ThreadPoolExecutor(options.jobs) as pool:
        finds = sum(pool.map(search, names))
    print(f"{finds} finds" + (f": see {options.found}" if finds else ""))
    return int(bool(finds) or not names)


def _report(name: str, found: Path, done: subprocess.CompletedProcess[str]) -> int:
    counted, kept = found / f"{name}.count", found / f"{name}.jsonl"
    tried = counted.read_text() if counted.exists() else "0"
    finds = len(kept.read_text().splitlines()) if kept.exists() else 0
    print(f"{name}: {tried} inputs, {finds} finds", flush=True)
    if finds:
        print(done.stdout[-6000:], flush=True)
    if tried == "0" or (done.returncode and not finds):  # it did not search
        print(done.stderr[-3000:], flush=True)
        return max(1, finds)
    return finds


if __name__ == "__main__":
    sys.exit(main())
