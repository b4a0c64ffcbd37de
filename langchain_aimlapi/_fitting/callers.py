"""Warnings that point at the user's own line, however many frames of libraries lie between."""

from __future__ import annotations

import sys
import warnings
from types import FrameType

# Packages that carry a call from the user's line to ours. Their frames are nobody's mistake.
_CARRIERS = frozenset(
    {
        "langchain_aimlapi", "langchain_core", "langchain", "langchain_classic", "langgraph",
        "langsmith", "litellm", "pydantic", "pydantic_core", "asyncio", "uvloop", "concurrent",
        "threading", "contextvars", "contextlib", "functools", "anyio", "tenacity",
    }
)  # fmt: skip


def warn_caller(message: str, category: type[Warning]) -> None:
    """Warn at the innermost line that belongs to none of the libraries on the way.

    Where there is none (a worker thread of an executor), the outermost line is named.
    """
    frame = _user_frame(sys._getframe(1))
    namespace = frame.f_globals
    warnings.warn_explicit(
        message,
        category,
        filename=frame.f_code.co_filename,
        lineno=frame.f_lineno,
        module=namespace.get("__name__") or "<string>",
        registry=namespace.setdefault("__warningregistry__", {}),
    )


def _user_frame(frame: FrameType) -> FrameType:
    outermost = frame
    at: FrameType | None = frame
    while at is not None:
        name = str(at.f_globals.get("__name__") or "")
        if name.partition(".")[0] not in _CARRIERS:
            return at
        outermost, at = at, at.f_back
    return outermost
