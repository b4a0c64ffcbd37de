"""Where the examples talk to: the real API if AIMLAPI_API_KEY is set, else the emulator."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def settings() -> Iterator[dict[str, Any]]:
    """Arguments for ChatAimlapi."""
    if os.environ.get("AIMLAPI_API_KEY"):
        yield {}
        return
    from langchain_aimlapi.emulator import Emulator

    print("(AIMLAPI_API_KEY is not set: asking the embedded emulator)\n")
    with Emulator(pace=0.02) as api:
        yield api.settings()
