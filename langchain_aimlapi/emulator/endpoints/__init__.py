"""One file per endpoint family. `load` imports whatever lies here; nothing else has a list."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from langchain_aimlapi.emulator._routes import ROUTES, Routes


@cache
def load() -> Routes:
    """The routes of every endpoint file in this folder."""
    for found in iter_modules(__path__):
        import_module(f"{__name__}.{found.name}")
    return ROUTES
