"""Writes the facts and the recordings of ``tests/data``; see the package."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.harness.digest import facts, form, openapi, recordings
from tests.harness.digest.published import FACTS, RECORDINGS


def main(argv: Sequence[str] | None = None) -> int:
    """The command. 1 where ``--check`` finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.harness.digest", description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--source", type=Path, help="a saved copy of the documentation data")
    source.add_argument("--openapi", type=Path, help="a folder of the API's OpenAPI documents")
    parser.add_argument("--models", type=Path, help="with --openapi: the answer of GET /v1/models")
    parser.add_argument("--check", action="store_true", help="write nothing, compare only")
    options = parser.parse_args(argv)
    if options.source is None:
        documents = openapi.of(options.openapi, options.models)
        recorded = None  # the OpenAPI has no recordings: those of the repository stay
    else:
        documents = facts.of(options.source)
        recorded = dict(recordings.files(options.source))
    text = form.dumps(documents)
    differing = [FACTS.name] if not FACTS.exists() or FACTS.read_text("utf-8") != text else []
    if recorded is not None:
        differing += _differing(recorded)
    if options.check:
        for name in differing:
            sys.stderr.write(f"{name} is out of date: run the command without --check\n")
        return int(bool(differing))
    FACTS.write_text(text, encoding="utf-8", newline="\n")
    if recorded is not None:
        _write(recorded)
    return 0


def _differing(recorded: dict[str, str]) -> list[str]:
    kept = {
        path.relative_to(RECORDINGS).as_posix(): path.read_bytes()
        for path in RECORDINGS.rglob("*.*")
    }
    made = {name: text.encode() for name, text in recorded.items()}
    return sorted(name for name in kept.keys() | made.keys() if kept.get(name) != made.get(name))


def _write(recorded: dict[str, str]) -> None:
    if RECORDINGS.exists():
        shutil.rmtree(RECORDINGS)
    for name, text in recorded.items():
        path = RECORDINGS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


if __name__ == "__main__":
    sys.exit(main())
