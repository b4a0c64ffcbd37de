"""The file of facts: one line a value, a value that stands in several places once.

It begins with the shared values, ``[name, value]``; others name them as ``{"=": name}``. Then come
the documents: ``{"document": ..., "whole": value}``, or ``{"document": ..., "in": key}`` with the
whole value of that key, or before its lines, each a value (of a list) or ``[key, value]`` (of an
object). Names come from the value's own hash, so that a changed fact changes the lines that say it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Documents = Mapping[str, Any]
REFERENCE = "="
SHORTEST = 40
"""Characters of the shortest object or path that is worth a line of its own."""
SPLIT = ("models.json", "index.json", "prices.json", "deprecated.json", "errors.json")
"""Documents that are read key by key; the others are schemas."""


def dumps(documents: Documents) -> str:
    """The documents (name -> JSON value) as text."""
    pool = _Pool(documents.values())
    lines = [line for name in sorted(documents) for line in _lines(name, documents[name], pool)]
    shared = [[name, pool.rows[name]] for name in sorted(pool.rows)]
    return "".join(compact(line) + "\n" for line in [*shared, *lines])


def loads(text: str) -> dict[str, Any]:
    """The documents of a text. Values that stand in several places are one object: do not edit."""
    documents: dict[str, Any] = {}
    reader = _Reader()
    section: Any = None
    for raw in text.splitlines():
        line = json.loads(raw)
        header = isinstance(line, dict) and "document" in line
        if header and "in" not in line:
            documents[line["document"]] = reader.whole(line["whole"])
        elif header:
            section = {} if line.get("of") == "object" else []
            told = line.get("whole", section)
            documents.setdefault(line["document"], {})[line["in"]] = told
        elif section is None:
            reader.rows[line[0]] = line[1]
        elif isinstance(section, list):
            section.append(reader.whole(line))
        else:
            section[line[0]] = reader.whole(line[1])
    return documents


def compact(value: Any) -> str:
    """JSON in one way only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _lines(name: str, document: Any, pool: _Pool) -> Iterator[Any]:
    """A document: the values of each of its keys on lines of their own. A schema is one line."""
    if not isinstance(document, dict) or not name.endswith(SPLIT):
        yield {"document": name, "whole": pool.packed(document)}
        return
    for key in sorted(document):
        section, head = document[key], {"document": name, "in": key}
        if isinstance(section, dict):
            yield {**head, "of": "object"}
            yield from ([inner, pool.packed(section[inner])] for inner in sorted(section))
        elif isinstance(section, list):
            yield {**head, "of": "list"}
            yield from map(pool.packed, section)
        else:
            yield {**head, "whole": section}


def _can_be_shared(value: Any) -> bool:
    """An object, or the name of a file."""
    return isinstance(value, dict) or (isinstance(value, str) and value.endswith(".json"))


class _Pool:
    """Values that stand in several places, by name."""

    def __init__(self, values: Iterable[Any]) -> None:
        self.rows: dict[str, Any] = {}
        self._texts: dict[int, str] = {}
        self._counts: Counter[str] = Counter()
        for value in values:
            self._count(value)

    def _count(self, value: Any) -> None:
        if isinstance(value, list):
            for each in value:
                self._count(each)
        if not _can_be_shared(value):
            return
        text = self._text(value)
        self._counts[text] += 1
        if isinstance(value, dict) and self._counts[text] == 1:  # else it was counted inside
            for each in value.values():
                self._count(each)

    def _text(self, value: Any) -> str:
        if id(value) not in self._texts:  # the documents outlive the pool
            self._texts[id(value)] = compact(value)
        return self._texts[id(value)]

    def packed(self, value: Any) -> Any:
        """The value with references for what is shared."""
        if isinstance(value, list):
            return [self.packed(each) for each in value]
        if not _can_be_shared(value):
            return value
        text = self._text(value)
        if self._counts[text] < 2 or len(text) < SHORTEST:
            return self._inner(value)
        name = hashlib.sha256(text.encode()).hexdigest()[:8]
        if name not in self.rows:
            self.rows[name] = self._inner(value)
        return {REFERENCE: name}

    def _inner(self, value: Any) -> Any:
        if isinstance(value, str):
            return value
        return {key: self.packed(each) for key, each in value.items()}


class _Reader:
    """References -> values."""

    def __init__(self) -> None:
        self.rows: dict[str, Any] = {}
        self._made: dict[str, Any] = {}

    def whole(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.whole(each) for each in value]
        if not isinstance(value, dict):
            return value
        if set(value) != {REFERENCE}:
            return {key: self.whole(each) for key, each in value.items()}
        name = value[REFERENCE]
        if name not in self._made:
            self._made[name] = self.whole(self.rows[name])
        return self._made[name]
