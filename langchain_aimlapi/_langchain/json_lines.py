"""Files of JSON lines that a program adds to until it ends or is killed."""

from __future__ import annotations

import json
from collections.abc import Iterator
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
