"""Where the examples talk to: the real API if AIMLAPI_API_KEY is set, else the emulator."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def settings(*, served: bool = False) -> Iterator[dict[str, Any]]:
    """Arguments for ChatAimlapi.

    Args:
        served: Whether other processes talk to the emulator, too.
    """
    if os.environ.get("AIMLAPI_API_KEY"):
        yield {}
        return
    from langchain_aimlapi.emulator import Emulator

    print("(AIMLAPI_API_KEY is not set: asking the embedded emulator)\n")
    with Emulator(pace=0.02, balance=1000) as api:
        api.jobs.running_polls = 0  # its videos are done at once
        yield api.serve().settings() if served else api.settings()


def folder() -> Path:
    """Where an example writes: the folder that the command line names, else a new one."""
    if len(sys.argv) > 1:
        chosen = Path(sys.argv[1])
        chosen.mkdir(parents=True, exist_ok=True)
        return chosen
    return Path(tempfile.mkdtemp(prefix="aimlapi-"))
