"""Recorded answers and streams with words of our own: the form stays, what was said goes.

Kept: every key and its order, every piece of a stream and its length, numbers, model ids, markup,
line ends, characters beyond ASCII as such. Replaced: the words of texts (by words of the same
length), ids and signatures (the same one in every place), and the tail of long vectors.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

TEXTS = frozenset(
    {"content", "text", "reasoning", "reasoning_content", "output_text", "prompt", "revised_prompt",
     "transcript", "word", "punctuated_word", "markdown", "description", "message", "msg",
     "statusExplanation", "refusal", "summary", "title"}
)  # fmt: skip
BYTES = frozenset({"data", "thought_signature", "signature", "image_base64", "encrypted_content"})
KEPT = frozenset({"model", "request_model", "type", "object", "version", "created", "created_at"})
LONGEST_BYTES = 180
LONGEST_VECTOR = 32

_OWN = """
a I by of on to up we air bay day fog mud oak sea sun tin two wet box arm bank clay deer east ferry
gravel harbor island meadow orchard pebbles quarries riverbed sandbank moorlands waterline
shorelines undercurrent headlands estuaries tributary floodplain lighthouses breakwaters
watercourses countercurrent hydrographers canal delta ebbs flows heron inlet kelp lagoon marsh north
otter ponds reeds salmon tides under valley willow yachts banks bridges channel current dredged
eastern fishing granite herring islands lowland mooring northern outflow passage quicker rapidly
shallow torrent upriver weather alongside confluence driftwood embankment freshwater groundwater
meandering navigation overflowing sedimentary
"""
_BY_LENGTH: dict[int, list[str]] = {}
for _word in _OWN.split():
    _BY_LENGTH.setdefault(len(_word), []).append(_word)
_WIDE = {2: "åéîøüçñ", 3: "山水云雨风河石木"}  # by bytes in UTF-8
_MARKUP = re.compile(r"</?think>|<[a-z_]+>|!\[[^\]]*\]\([^)]*\)|[A-Za-z]+|[^\W\d_A-Za-z]+")
_ID = re.compile(r"[A-Za-z0-9]{8,}")


def rewritten(value: Any, key: str = "") -> Any:
    """A recorded answer with words of our own."""
    if isinstance(value, dict):
        return {name: rewritten(each, name) for name, each in value.items()}
    if isinstance(value, list):
        if len(value) > LONGEST_VECTOR and all(isinstance(each, float | int) for each in value):
            value = value[:LONGEST_VECTOR]
        return [rewritten(each, key) for each in value]
    if not isinstance(value, str) or key in KEPT:
        return value
    if key in BYTES:
        return own_bytes(value)
    if key == "message" and '{"' in value:
        return _own_error(value)
    return own_words([value])[0] if key in TEXTS else own_ids(value)


def rewritten_stream(data: str) -> str:
    """A recorded stream with words of our own; a text is one text, however many pieces it has."""
    lines = data.split("\n")
    frames = {at: json.loads(line[6:]) for at, line in enumerate(lines) if line[:7] == "data: {"}
    for name in ("content", "reasoning_content"):
        holders = [
            choice["delta"]
            for frame in frames.values()
            for choice in frame["choices"]
            if choice.get("delta", {}).get(name)
        ]
        for holder, piece in zip(holders, own_words([h[name] for h in holders]), strict=True):
            holder[name] = _Done(piece)
    for at, frame in frames.items():
        text = json.dumps(rewritten(frame), separators=(",", ":"), ensure_ascii=False)
        lines[at] = f"data: {text}"
    return "\n".join(lines)


class _Done(str):
    """A text that is ours already."""

    __slots__ = ()


def own_words(pieces: Sequence[str]) -> list[str]:
    """The pieces of one text, each as long as it was, with our words for every word in it."""
    if any(isinstance(piece, _Done) for piece in pieces):
        return list(pieces)
    numbers: dict[int, Iterator[int]] = {}

    def own(found: re.Match[str]) -> str:
        word = found[0]
        if not word[0].isalpha():
            return word
        if not word.isascii():
            return "".join(_wide(char, at) for at, char in enumerate(word))
        turn = next(numbers.setdefault(len(word), count()))
        return _cased(_word_of(len(word), turn), word)

    text, at, cut = _MARKUP.sub(own, "".join(pieces)), 0, []
    for piece in pieces:
        cut.append(text[at : at + len(piece)])
        at += len(piece)
    return cut


def _word_of(length: int, turn: int) -> str:
    words = _BY_LENGTH.get(length)
    if words is None:  # as long as no word is: two of them
        return _word_of(8, turn) + _word_of(length - 8, turn + 1)
    return words[turn % len(words)]


def _cased(own: str, word: str) -> str:
    if word.isupper():
        return own.upper()
    return own[:1].upper() + own[1:] if word[0].isupper() else own.lower()


def _wide(char: str, at: int) -> str:
    choices = _WIDE.get(len(char.encode()))
    return char if choices is None else choices[at % len(choices)]


def own_ids(text: str) -> str:
    """The text with another id for every id in it, of the same form."""
    return _ID.sub(lambda found: _own_id(found[0]), text)


def _own_id(old: str) -> str:
    if old.isalpha() or (old.isdecimal() and len(old) == 8):
        return old  # a word; a date
    stream = hashlib.sha256(old.encode()).digest() * (len(old) // 32 + 1)
    is_hex = re.fullmatch("[0-9a-f]+", old) is not None
    return "".join(_like(char, n, is_hex) for char, n in zip(old, stream, strict=False))


def _like(char: str, number: int, is_hex: bool) -> str:
    if char.isdecimal():
        return str(number % 10)
    letter = chr(ord("a") + number % (6 if is_hex else 26))
    return letter if char.islower() else letter.upper()


def own_bytes(old: str) -> str:
    """Base64 of bytes of our own, cut to a length that a reader can bear."""
    head, comma, body = old.rpartition(",")
    if re.fullmatch(r"[A-Za-z0-9+/=_-]{24,}", body) is None:
        return own_ids(old)
    seed = hashlib.sha256(body.encode()).digest()
    size = min(len(body) * 3 // 4, LONGEST_BYTES)
    data = b"".join(hashlib.sha256(seed + bytes([n])).digest() for n in range(size // 32 + 1))
    return head + comma + base64.b64encode(data[:size]).decode()


def _own_error(text: str) -> str:
    """A body that is quoted in a message: its form stays, its message and ids do not."""
    told = re.compile(r'(?<="message":")[^"]*')
    return own_ids(told.sub(lambda found: own_words([found[0]])[0], text))


def files(source: Path) -> Iterator[tuple[str, str]]:
    """(name, text) of every recording of the source, rewritten."""
    for path in sorted((source / "responses").glob("*.json")):
        if path.name != "index.json":
            body = rewritten(json.loads(path.read_text(encoding="utf-8")))
            yield f"responses/{path.name}", json.dumps(body, indent=1, ensure_ascii=False)
    for path in sorted((source / "transcripts").glob("*.sse")):
        yield f"transcripts/{path.name}", rewritten_stream(path.read_text(encoding="utf-8"))
