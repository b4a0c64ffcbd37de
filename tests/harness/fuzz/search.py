"""One target, searched for some seconds: ``python -m tests.harness.fuzz.search TARGET``."""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

LONGEST = 600
MOST_FINDS = 20


class Search:
    """Tries inputs and keeps one find of each kind."""

    def __init__(self, name: str, found: Path) -> None:
        from tests.harness.fuzz.draw import Draw
        from tests.harness.fuzz.targets import TARGETS, run

        self._target, self._run, self._draw = TARGETS[name], run, Draw
        self._kinds: set[tuple[str, str]] = set()
        self._file = found / f"{name}.jsonl"
        self._count_file = found / f"{name}.count"
        self.tried = 0

    def attempt(self, data: bytes) -> None:
        """One input."""
        self.tried += 1
        if self.tried % 100 == 0:
            self.count()
        value = self._target.draw(self._draw(data))
        try:
            self._run(self._target, value)
        except Exception as error:
            self._keep(value, error)

    def count(self) -> None:
        """Say how far it is."""
        self._count_file.write_text(str(self.tried))

    def _keep(self, value: Any, error: Exception) -> None:
        ours = [
            f
            for f in traceback.extract_tb(error.__traceback__)
            if "langchain_aimlapi" in f.filename
        ]
        place = f"{ours[-1].filename}:{ours[-1].lineno}" if ours else str(error)[:80]
        if (type(error).__name__, place) in self._kinds or len(self._kinds) >= MOST_FINDS:
            return
        self._kinds.add((type(error).__name__, place))
        line = json.dumps({"target": self._target.name, "value": value})
        with self._file.open("a") as file:
            file.write(line + "\n")
        sys.stdout.write(f"{line}\n{''.join(traceback.format_exception(error)[-4:])}\n")
        sys.stdout.flush()


def search_at_random(attempt: Callable[[bytes], None], seconds: float, seed: int) -> None:
    """Fresh bytes, and mutations of what came before."""
    chance = random.Random(seed)  # repeatable, not secret
    pool: list[bytes] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if pool and chance.random() < 0.6:
            data = bytearray(chance.choice(pool))
            for _ in range(chance.randrange(1, 8)):
                data[chance.randrange(len(data))] = chance.randrange(256)
        else:
            data = bytearray(chance.randbytes(chance.randrange(1, LONGEST)))
        attempt(bytes(data))
        pool.append(bytes(data))
        del pool[:-500]


def search_by_coverage(search: Search, seconds: float, seed: int, folder: Path) -> None:
    """Inputs that reach new lines are kept and mutated."""
    import atheris

    corpus = folder / "corpus" / search._target.name
    corpus.mkdir(parents=True, exist_ok=True)
    chance = random.Random(seed)
    for number in range(20):
        (corpus / f"seed-{number}").write_bytes(chance.randbytes(200))
    flags = [
        f"-max_total_time={max(1, round(seconds))}",
        f"-max_len={LONGEST}",
        f"-seed={seed or 1}",
        f"-artifact_prefix={folder}/",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *flags, str(corpus)], search.attempt)
    atheris.Fuzz()


def main() -> None:
    """Parse the command line and search."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--found", type=Path, default=Path("build/fuzz"))
    options = parser.parse_args()
    options.found.mkdir(parents=True, exist_ok=True)
    try:
        import atheris

        with atheris.instrument_imports(include=["langchain_aimlapi"]):
            import tests.harness.fuzz.targets  # noqa: F401 - instrumented as it is imported
    except ImportError:
        atheris = None
    search = Search(options.target, options.found)
    if atheris is None:
        search_at_random(search.attempt, options.seconds, options.seed)
        search.count()
    else:
        search_by_coverage(search, options.seconds, options.seed, options.found)


if __name__ == "__main__":
    main()
