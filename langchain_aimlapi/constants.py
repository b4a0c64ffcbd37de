"""The headers by which this package introduces itself, under their names of 0.1.3."""

from __future__ import annotations

from collections.abc import Mapping

from langchain_aimlapi._version import USER_AGENT

__all__ = ["AIMLAPI_HEADERS", "merge_aimlapi_headers"]

AIMLAPI_HEADERS: dict[str, str] = {"user-agent": USER_AGENT}
"""What every request has by default."""


def merge_aimlapi_headers(headers: Mapping[str, str] | None = None) -> dict[str, str]:
    """`AIMLAPI_HEADERS` with headers of the caller, which win.

    Args:
        headers: For ``default_headers``.

    Returns:
        A new dictionary.
    """
    return {**AIMLAPI_HEADERS, **(headers or {})}
