"""``<think>...</think>`` at the beginning of an answer -> reasoning, however it is cut."""

from __future__ import annotations

OPEN = "<think>"
CLOSE = "</think>"


class ThinkSplitter:
    """Splits a text that arrives in pieces into reasoning and answer.

    Only an opening tag before any other text counts: a model that writes about the tag later
    on is quoting it. White space around the reasoning, and before the answer, is layout.
    """

    __slots__ = ("_began", "_pending", "_space", "state")

    def __init__(self) -> None:
        self.state = "start"
        self._pending = ""  # text that may be a tag, or the beginning of one
        self._space = ""  # white space inside the reasoning that may turn out to be its end
        self._began = False  # some reasoning has come

    def feed(self, text: str) -> tuple[str, str]:
        """The next piece as (reasoning, answer)."""
        if self.state == "text":
            return "", text
        if self.state == "start":
            return self._begin(self._pending + text)
        if self.state == "think":
            return self._think(self._pending + text)
        return self._after(text)

    def close(self) -> tuple[str, str]:
        """What is left at the end: an unfinished thought stays a thought."""
        rest, self._pending = self._pending, ""
        return (self._thought(rest), "") if self.state == "think" else ("", rest)

    def _begin(self, text: str) -> tuple[str, str]:
        body = text.lstrip()
        if body.startswith(OPEN):
            self.state, self._pending = "think", ""
            return self._think(body[len(OPEN) :])
        if OPEN.startswith(body):  # too short to know, or only white space
            self._pending = text
            return "", ""
        self.state, self._pending = "text", ""
        return "", text

    def _think(self, text: str) -> tuple[str, str]:
        inside, tag, rest = text.partition(CLOSE)
        if tag:
            self._pending = ""
            thought = self._thought(inside)
            self.state = "after"
            return thought, self._after(rest)[1]
        keep = _overlap(inside, CLOSE)
        self._pending = inside[len(inside) - keep :]
        return self._thought(inside[: len(inside) - keep]), ""

    def _thought(self, text: str) -> str:
        text = self._space + text
        if not self._began:
            text = text.lstrip()
        body = text.rstrip()
        self._space = text[len(body) :]
        self._began = self._began or bool(body)
        return body

    def _after(self, text: str) -> tuple[str, str]:
        text = text.lstrip()
        if text:
            self.state = "text"
        return "", text


def _overlap(text: str, tag: str) -> int:
    """Length of the longest end of ``text`` that is a beginning of ``tag``."""
    for size in range(min(len(tag) - 1, len(text)), 0, -1):
        if tag.startswith(text[-size:]):
            return size
    return 0
