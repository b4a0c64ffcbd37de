"""Where the LiteLLM examples talk to: the real API if AIMLAPI_API_KEY is set, else the emulator."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def litellm_settings() -> Iterator[dict[str, Any]]:
    """Arguments for LiteLLM's calls and deployments."""
    if os.environ.get("AIMLAPI_API_KEY"):
        yield {}
        return
    from langchain_aimlapi.emulator import Emulator

    print("(AIMLAPI_API_KEY is not set: asking an emulator on this machine)\n")
    with Emulator().serve() as api:
        yield {"api_key": api.api_key, "api_base": api.base_url}
