"""The generated file, decoded line by line.

``models.json`` holds one value a line. Reading it whole costs 25 ms of a first lookup; here the
lines are only split, and a line is decoded when it is first needed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from langchain_aimlapi.catalog.codec import Json

FILE = Path(__file__).with_name("models.json")


class Section(Mapping[str, Any]):
    """One object of the file: key -> value, decoded when it is needed."""

    __slots__ = ("_decoded", "_lines")

    def __init__(self, lines: dict[str, str]) -> None:
        self._lines = lines
        self._decoded: dict[str, object] = {}

    def __getitem__(self, key: str) -> object:
        try:
            return self._decoded[key]
        except KeyError:
            found = self._decoded[key] = json.loads(self._lines[key].rstrip(","))
            return found

    def __contains__(self, key: object) -> bool:
        return key in self._lines

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


def read_document(text: str) -> Json:
    """A document as the generator renders it: every member that is an object is a `Section`.

    Raises:
        ValueError: ``text`` is not in that form.
    """
    found: Json = {}
    lines = text.split("\n")
    if lines[0] != "{":
        raise ValueError("not a catalog document")
    at = 1
    while at < len(lines):
        key, _, value = lines[at].partition(":")
        at += 1
        if value == "{":
            end = _end(lines, at)
            found[json.loads(key)] = Section(dict(_members(lines[at:end])))
            at = end + 1
        elif value:
            found[json.loads(key)] = json.loads(value.rstrip(","))
    return found


def _end(lines: list[str], start: int) -> int:
    """Where the object ends whose members begin at ``start``."""
    for mark in ("},", "}"):
        with suppress(ValueError):
            return lines.index(mark, start)
    raise ValueError("not a catalog document")


def _members(lines: list[str]) -> Iterator[tuple[str, str]]:
    # a key has no quote and no escape: ids, and names with a digest
    for line in lines:
        if line:
            key, _, value = line[1:].partition('":')
            yield key, value


@lru_cache(maxsize=1)
def packaged() -> Json:
    """The document that comes with the package, read when it is first needed."""
    return read_document(FILE.read_text(encoding="utf-8"))
