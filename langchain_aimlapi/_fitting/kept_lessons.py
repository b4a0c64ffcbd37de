"""Lessons on disk, in the folder of a server's catalog: every process that uses it knows them.

One file a model, replaced as a whole; what two processes write at the same moment is written by one
of them and learned again by the other. A lesson is forgotten after `MAX_AGE` seconds, since the API
may take tomorrow what it refuses today. No word of a request or an answer is kept.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path as File
from typing import Any

from langchain_aimlapi._fitting.lessons import MEMORY, Key, Lesson, Memory
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import Body
from langchain_aimlapi.catalog.facts import Param
from langchain_aimlapi.catalog.store import LESSONS, load_json, save_json

MAX_AGE = 30 * 24 * 3600.0
_FACTS = ("types", "enum", "minimum", "maximum")


@lru_cache(maxsize=64)
def memory_in(folder: File | None) -> Memory:
    """The memory of a folder; the process's own where there is no folder."""
    return MEMORY if folder is None else KeptMemory(folder)


class KeptMemory(Memory):
    """A `Memory` that reads what other processes have learned, and writes what it learns."""

    __slots__ = ("_folder", "_read")

    def __init__(self, folder: File) -> None:
        super().__init__()
        self._folder = folder / LESSONS
        self._read: dict[str, int] = {}

    def add(self, key: Key, lesson: Lesson) -> None:
        super().add(key, lesson)
        self._write(key)

    def close(self, key: Key) -> None:
        super().close(key)
        self._write(key)

    def knows(self, key: Key) -> bool:
        self._update(key)
        return super().knows(key)

    def applied(self, key: Key, body: Body, notes: Notes) -> Body:
        self._update(key)
        return super().applied(key, body, notes)

    @property
    def has_closed(self) -> bool:
        return True  # perhaps, by another process

    def is_closed(self, key: Key) -> bool:
        self._update(key)
        return super().is_closed(key)

    def clear(self) -> None:
        super().clear()
        self._read.clear()
        for file in self._folder.glob("*.json"):
            file.unlink(missing_ok=True)

    # --- the files -----

    def _file(self, model: str) -> File:
        return self._folder / f"{hashlib.sha256(model.encode()).hexdigest()[:16]}.json"

    def _update(self, key: Key) -> None:
        """Read the file of a model where it has changed since it was read."""
        root, model, _ = key
        file = self._file(model)
        try:
            changed = file.stat()
        except OSError:
            return
        if self._read.get(model) == changed.st_mtime_ns:
            return
        self._read[model] = changed.st_mtime_ns
        content = load_json(file)
        if not isinstance(content, Mapping) or content.get("model") != model:
            return
        oldest = time.time() - MAX_AGE
        for row in content.get("lessons", ()):
            if isinstance(row, Mapping) and _number(row.get("at")) >= oldest:
                self._take((root, model, str(row.get("path"))), row)

    def _take(self, key: Key, row: Mapping[str, object]) -> None:
        if row.get("closed") is True:
            super().close(key)
        elif lesson := _lesson(row):
            super().add(key, lesson)

    def _write(self, key: Key) -> None:
        """Write what is known of a model, with what others have written."""
        root, model, _ = key
        self._read.pop(model, None)
        file, now = self._file(model), time.time()
        before = load_json(file)
        older = before.get("lessons", ()) if isinstance(before, Mapping) else ()
        kept = {_name(row): row for row in older if isinstance(row, Mapping)}
        for row in self._rows(root, model):
            before_at = _number(kept.get(_name(row), {}).get("at"))
            kept[_name(row)] = {**row, "at": before_at if before_at >= now - MAX_AGE else now}
        with suppress(OSError):  # a folder that cannot be written is no reason to fail a call
            save_json(file, {"model": model, "lessons": [kept[name] for name in sorted(kept)]})

    def _rows(self, root: str, model: str) -> Iterator[dict[str, object]]:
        for (home, name, path), lessons in list(self._lessons.items()):
            if (home, name) == (root, model):
                yield from (_row(path, lesson) for lesson in lessons.values())
        for home, name, path in list(self._closed):
            if (home, name) == (root, model):
                yield {"path": path, "closed": True}


def _name(row: Mapping[str, Any]) -> str:
    return f"{row.get('path')} {'.'.join(map(str, row.get('param') or ()))}"


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _row(path: str, lesson: Lesson) -> dict[str, object]:
    row: dict[str, object] = {"path": path, "param": list(lesson.path)}
    if lesson.name is not None:
        row["name"] = lesson.name
    if lesson.facts is not None:
        facts = {name: getattr(lesson.facts, name) for name in _FACTS}
        row["facts"] = {name: value for name, value in facts.items() if value not in (None, ())}
    return row


def _lesson(row: Mapping[str, object]) -> Lesson | None:
    """The lesson of a row; None where another version wrote what this one does not understand."""
    param, facts, name = row.get("param"), row.get("facts"), row.get("name")
    if not isinstance(param, list) or not param:
        return None
    known = None
    if isinstance(facts, Mapping):
        if set(facts) - set(_FACTS):
            return None
        known = Param(
            types=tuple(facts.get("types", ())),
            enum=tuple(facts["enum"]) if facts.get("enum") else None,
            minimum=facts.get("minimum"),
            maximum=facts.get("maximum"),
        )
    return Lesson(tuple(map(str, param)), known, name if isinstance(name, str) else None)
