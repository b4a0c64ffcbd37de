"""JSON text that comes in pieces, kept free of half surrogate pairs written as escapes.

``{"q": "\\ud83d"}`` is valid JSON whose value no UTF-8 text can hold; whoever parses the arguments
of a tool call would get a string that cannot be logged, stored or sent.
"""

from __future__ import annotations

import re

# An escaped backslash is passed over, so that `\\\\ud83d` (a backslash and letters) is left alone.
_HALVES = re.compile(
    r"\\\\|(\\u[dD][89abAB][0-9a-fA-F]{2})(\\u[dD][c-fC-F][0-9a-fA-F]{2})?"
    r"|\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_TAIL = re.compile(r"(?:\\u[dD][89abAB][0-9a-fA-F]{2})?(?:\\(?:u[0-9a-fA-F]{0,3})?)?\Z")
_REPLACEMENT = "\\ufffd"


def _whole(match: re.Match[str]) -> str:
    if match.group(0) == "\\\\" or (match.group(1) and match.group(2)):
        return match.group(0)
    return _REPLACEMENT


class EscapeMender:
    """Replaces lone surrogate escapes by U+FFFD's, however the text is cut."""

    __slots__ = ("_pending",)

    def __init__(self) -> None:
        self._pending = ""

    def feed(self, text: str) -> str:
        """The next piece; an escape that is not complete waits for the one after it."""
        if self._pending:
            text, self._pending = self._pending + text, ""
        if "\\" not in text:
            return text
        cut = _tail(text)
        self._pending = text[cut:]
        return _HALVES.sub(_whole, text[:cut])

    def close(self) -> str:
        """What was still waiting."""
        rest, self._pending = self._pending, ""
        return _HALVES.sub(_whole, rest)


def _tail(text: str) -> int:
    """Where the escape at the end of the text begins that may not be complete yet."""
    match = _TAIL.search(text)
    start = match.start() if match else len(text)
    before = len(text[:start]) - len(text[:start].rstrip("\\"))
    # an odd number of backslashes before it: the first one of ours only ends an escaped one
    return start + (1 if before % 2 and start < len(text) else 0)
