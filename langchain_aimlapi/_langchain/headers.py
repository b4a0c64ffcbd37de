"""Headers of one call. They may hold secrets, so nothing that is printed or traced shows them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

HIDDEN = "***"


class HiddenHeaders(dict[str, str]):
    """Headers whose values read ``***``: in a repr, a dump and a trace. ``real`` has them."""

    real: dict[str, str]

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__(dict.fromkeys(headers, HIDDEN))
        self.real = dict(headers)


def hide_headers(options: Mapping[str, object]) -> dict[str, object]:
    """The arguments of a call, with their ``extra_headers`` hidden."""
    headers = options.get("extra_headers")
    if not isinstance(headers, Mapping) or isinstance(headers, HiddenHeaders):
        return dict(options)
    return {**options, "extra_headers": HiddenHeaders(headers)}


def real_headers(headers: Mapping[str, str] | None) -> Mapping[str, str]:
    """The headers as they are sent.

    Raises:
        ValueError: they come from a dump, where their values were left out.
    """
    if isinstance(headers, HiddenHeaders):
        return headers.real
    for name, value in (headers or {}).items():
        if value == HIDDEN:
            raise ValueError(f"the value of header {name!r} was left out of a dump; set it again")
    return headers or {}


def fingerprint(headers: Mapping[str, str]) -> str:
    """A text that differs where the headers differ and does not show them."""
    text = json.dumps(sorted(real_headers(headers).items()), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
