"""The command line, behind the extra ``cli``: ``python -m langchain_aimlapi.cli --help``."""

from __future__ import annotations

import sys

from langchain_aimlapi.cli import catalog, emulator, generate, models, proxy, reading, team, verify
from langchain_aimlapi.cli._app import app
from langchain_aimlapi.errors import AimlapiError

__all__ = [
    "app",
    "catalog",
    "emulator",
    "generate",
    "main",
    "models",
    "proxy",
    "reading",
    "team",
    "verify",
]


def main() -> None:
    """The entry point. What goes wrong with files and with the API is a line, no traceback."""
    try:
        app()
    except (AimlapiError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(1) from None
