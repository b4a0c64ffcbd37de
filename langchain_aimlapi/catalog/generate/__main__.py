"""The command that writes ``models.json``.

    python -m langchain_aimlapi.catalog.generate --source ../shared/api [--check]

``--source`` is the folder of the documentation data, of the transcription of the gateway's OpenAPI
and of prices. The output is sorted, one value a line, and depends on nothing but its input. With
``--check`` nothing is written: the exit status is 1 where the file is out of date.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from langchain_aimlapi.catalog.generate.document import build, render

TARGET = Path(__file__).parent.with_name("models.json")


def main(argv: list[str] | None = None) -> int:
    """The command. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m langchain_aimlapi.catalog.generate")
    parser.add_argument("--source", type=Path, required=True, help="folder of the data")
    parser.add_argument("--check", action="store_true", help="write nothing, compare only")
    options = parser.parse_args(argv)
    text = render(build(options.source))
    old = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    if options.check:
        if text != old:
            sys.stderr.write(f"{TARGET.name} is out of date: run the generator without --check\n")
        return int(text != old)
    if text != old:
        TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
