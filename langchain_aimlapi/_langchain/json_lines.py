"""Files of JSON lines that a program adds to until it ends or is killed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def objects_in(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(line, object) of each line that is one; a line that was cut when its writer was killed, or
    the machine stopped, is none."""
    for line in text.splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield line, found


def ends_with_a_line(path: Path) -> bool:
    """Whether nothing was cut at its end, so that the next line stands on its own."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if not size:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"
