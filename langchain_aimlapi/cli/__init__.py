"""The command line, behind the extra ``cli``: ``python -m langchain_aimlapi.cli --help``."""

from __future__ import annotations

from langchain_aimlapi.cli import catalog, emulator, generate, models, proxy, reading, team, verify
from langchain_aimlapi.cli._app import app

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
    """The entry point."""
    app()
