"""Long texts in pieces that a model takes, cut where a speaker would breathe."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# Where a text may be cut, the best place first; each pattern matches what ends a piece.
_PARAGRAPH = re.compile(r"\n\s*\n")
_SENTENCE = re.compile("(?:[.!?…]+[\"'”’»)\\]]*(?=\\s)|[。！？｡।॥؟۔።][\"'”’」』）》]*|\n)")
_CLAUSE = re.compile("(?:[,;:—–](?=\\s)|[，、；：،؛])")
_SPACE = re.compile(r"\s+")
_PLACES = (_PARAGRAPH, _SENTENCE, _CLAUSE, _SPACE)
# After these a dot ends no sentence.
_SHORT_WORD = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|vs|No|Fig|Nr|bzw|ca|approx|etc)|\b[A-Za-z]|\be\.g|\bi\.e)$"
)
_SPEAKER = re.compile(r"^(Speaker \d+:)\s*", re.M)
_JOINS = ("\u200d", "\ufe0f")  # what binds the characters on both sides into one


def length_of(text: str) -> int:
    """Characters as the API counts them: one beyond the basic plane counts as two."""
    return len(text) + sum(ord(char) > 0xFFFF for char in text)


def split_text(text: str, limit: int | None) -> list[str]:
    """A text in pieces of at most ``limit`` characters, in their order.

    Cut after a paragraph if there is one in reach, else after a sentence, else after a clause,
    else between two words, and inside a word only where it alone is too long. Nothing but white
    space at the cuts is lost. Where a script names its speakers (``Speaker 0: ...``), a piece
    that begins in the middle of a speech names its speaker again.

    Args:
        text: The text.
        limit: Most characters of a piece; None for no limit.
    """
    text = text.strip()
    if limit is None or length_of(text) <= limit:
        return [text]
    return list(_pieces(text, limit))


def _pieces(text: str, limit: int) -> Iterator[str]:
    label = ""
    while text:
        spoken = label if label and not _SPEAKER.match(text) else ""
        room = limit - length_of(spoken) if length_of(spoken) < limit else limit
        head = f"{spoken} ".lstrip() if spoken and room > 1 else ""
        end = _cut(text, limit - length_of(head))
        piece, text = text[:end].strip(), text[end:].strip()
        if piece:
            yield head + piece
        marks = _SPEAKER.findall(piece)
        label = marks[-1] if marks else label


def _cut(text: str, limit: int) -> int:
    """How many characters of the text are the next piece."""
    if length_of(text) <= limit:
        return len(text)
    reach = _reach(text, limit)
    window = text[: reach + 1]  # what follows a sign may show that it ends something
    for place in _PLACES:
        ends = [
            found.end() for found in place.finditer(window) if _ends(place, window, found, reach)
        ]
        # A piece that is nearly empty sounds like a stumble: look for a lesser place instead.
        if ends and (ends[-1] > reach // 4 or place is _SPACE):
            return ends[-1]
    return _whole_character(text, reach)


def _ends(place: re.Pattern[str], text: str, found: re.Match[str], reach: int) -> bool:
    end = len(text[: found.end()].rstrip())
    if end > reach or not end:
        return False
    if place is _SENTENCE and found.group().startswith("."):
        return _SHORT_WORD.search(text[: found.start()]) is None
    return True


def _reach(text: str, limit: int) -> int:
    """How many of the first characters count at most ``limit``."""
    count = 0
    for place, char in enumerate(text):
        count += 2 if ord(char) > 0xFFFF else 1
        if count > limit:
            return max(place, 1)
    return len(text)


def _whole_character(text: str, end: int) -> int:
    """The last place up to ``end`` that is not inside of what a reader sees as one character."""
    for place in range(end, 0, -1):
        after, before = text[place], text[place - 1]
        if not unicodedata.combining(after) and after not in _JOINS and before != _JOINS[0]:
            return place
    return end
