"""Base64 that arrives in pieces -> pieces that append to one valid base64 text."""

from __future__ import annotations

import base64
import binascii
import re

_PADDED = re.compile(r"[^=]+=*")


class Base64Joiner:
    """Joins base64 pieces, each padded for itself or one text cut anywhere, into valid base64."""

    __slots__ = ("_chars", "_rest")

    def __init__(self) -> None:
        self._chars = ""  # a group of four characters that is not complete yet
        self._rest = b""  # bytes that do not make a group of three yet

    def feed(self, piece: str) -> str:
        """The part of the joined text that this piece completes."""
        text = self._chars + piece
        whole = len(text) // 4 * 4
        try:
            runs = [base64.b64decode(run, validate=True) for run in _PADDED.findall(text[:whole])]
        except (binascii.Error, ValueError):
            return self.close() + piece  # no base64: the vendor's text as it is
        self._chars = text[whole:]
        data = b"".join([self._rest, *runs])
        keep = len(data) % 3
        self._rest = data[len(data) - keep :]
        return base64.b64encode(data[: len(data) - keep]).decode()

    def close(self) -> str:
        """What is left at the end."""
        left = base64.b64encode(self._rest).decode() + self._chars
        self._rest, self._chars = b"", ""
        return left
