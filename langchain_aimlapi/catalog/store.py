"""What was read from the API, on disk: one folder a server, read lazily, written atomically.

``list.json`` and ``ends.json`` hold an answer with its ETag; ``schemas/`` holds the request schema
of a group as ``<digest>.json``, beside ``<digest>.names.json`` with its path and its ids;
``outcomes/`` holds what `aimlapi verify` has proved of a model, ``lessons/`` what calls have
learned from refusals.
Every file is replaced as a whole, and none depends on what another process writes, so that any
number of processes may read and write at once. The age of a file is its time of change.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_aimlapi.catalog.live import Snapshot, ending_rows, entries_of, live_rows
from langchain_aimlapi.catalog.openapi import Group
from langchain_aimlapi.catalog.values import Live

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_SCHEMAS = 10_000
LIST, ENDS, SCHEMAS, OUTCOMES = "list.json", "ends.json", "schemas", "outcomes"
LESSONS = "lessons"


def _home() -> Path:
    """The user's home; for a user without one, as in some containers, a folder that cannot be:
    nothing is kept then."""
    try:
        return Path.home()
    except RuntimeError:
        return Path(os.devnull)


def cache_dir() -> Path:
    """Where this package keeps what it has read, by the habits of the system.

    ``~/Library/Caches/langchain_aimlapi`` on macOS, ``%LOCALAPPDATA%\\langchain_aimlapi\\Cache`` on
    Windows, else ``$XDG_CACHE_HOME/langchain_aimlapi`` or ``~/.cache/langchain_aimlapi``.
    """
    if sys.platform == "darwin":
        return _home() / "Library" / "Caches" / "langchain_aimlapi"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        root = Path(local) if local else _home() / "AppData" / "Local"
        return root / "langchain_aimlapi" / "Cache"
    base = os.environ.get("XDG_CACHE_HOME")
    # the specification says to ignore a relative path there
    return (Path(base) if base and os.path.isabs(base) else _home() / ".cache") / (
        "langchain_aimlapi"
    )


@dataclass(frozen=True, slots=True)
class Store:
    """The folder of one server.

    Attributes:
        root: The server's address without ``/v1``.
        directory: Where the folders of all servers lie; default: `cache_dir`.
    """

    root: str
    directory: Path | None = None

    @property
    def folder(self) -> Path:
        """The folder; it need not exist."""
        digest = hashlib.sha256(self.root.encode()).hexdigest()[:16]
        return (self.directory or cache_dir()) / digest

    @property
    def size_bytes(self) -> int:
        """The size of everything that is kept of this server."""
        sizes = 0
        for path in self.folder.rglob("*.json"):
            with contextlib.suppress(OSError):
                sizes += path.stat().st_size
        return sizes

    @property
    def read_at(self) -> float | None:
        """When the model list was last read, in seconds since 1970; None where it is not
        kept."""
        try:
            return (self.folder / LIST).stat().st_mtime
        except OSError:
            return None

    # --- reading -----

    def snapshot(self, name: str) -> Snapshot | None:
        """A list that is kept (`LIST`, `ENDS`); None where there is none that can be read."""
        content = load_json(self.folder / name)
        if not isinstance(content, Mapping) or "payload" not in content:
            return None
        try:
            entries_of(content["payload"])
        except ValueError:
            return None
        etag = content.get("etag")
        return Snapshot(content["payload"], etag if isinstance(etag, str) else None, changed=False)

    def live(self, listed: Snapshot | None = None, ends: Snapshot | None = None) -> Live | None:
        """Everything that is kept, as a layer of the catalog; None where there is nothing.

        ``listed`` and ``ends`` are the two lists where they are at hand, and are not read again.
        """
        listed, ends = listed or self.snapshot(LIST), ends or self.snapshot(ENDS)
        schemas, outcomes = KeptSchemas(self.folder / SCHEMAS), dict(self._outcomes())
        if listed is None and ends is None and not schemas and not outcomes:
            return None
        return Live(
            rows=live_rows(listed.payload) if listed else {},
            ends=ending_rows(ends.payload) if ends else {},
            schemas=schemas,
            outcomes=outcomes,
            read_at=self.read_at,
            source=self.root,
            folder=self.folder,
        )

    def _outcomes(self) -> Iterator[tuple[str, dict[str, bool]]]:
        for path in (self.folder / OUTCOMES).glob("*.json"):
            content = load_json(path)
            found = content.get("outcomes") if isinstance(content, Mapping) else None
            if isinstance(found, Mapping):
                yield str(content.get("model")), {str(k): v is True for k, v in found.items()}

    # --- writing -----

    def keep(self, name: str, snapshot: Snapshot) -> None:
        """Keep a list; one that has not changed only gets younger. Raises OSError."""
        target = self.folder / name
        if not snapshot.changed:
            with contextlib.suppress(OSError):
                os.utime(target)
                return
        save_json(target, {"url": self.root, "etag": snapshot.etag, "payload": snapshot.payload})

    def keep_groups(self, groups: Iterable[Group]) -> None:
        """Keep request schemas, in place of what is older and for no other ids. Raises OSError."""
        folder = self.folder / SCHEMAS
        older = {path: load_json(path) for path in folder.glob("*.names.json")}
        kept: dict[tuple[str, str], list[frozenset[str]]] = {}
        for group in groups:
            models = frozenset(group.models)
            text = json.dumps([group.path, sorted(models), group.schema], sort_keys=True)
            digest = hashlib.sha256(text.encode()).hexdigest()[:16]
            save_json(folder / f"{digest}.json", group.schema)
            names = folder / f"{digest}.names.json"
            save_json(names, {"path": group.path, "models": sorted(models)})
            older.pop(names, None)
            for model in models:
                kept.setdefault((group.path, model), []).append(models)
        for path, content in older.items():
            if _replaced(content, kept):
                for each in (path, path.with_name(path.name.replace(".names.json", ".json"))):
                    with contextlib.suppress(OSError):
                        each.unlink()

    def keep_outcomes(self, model: str, outcomes: Mapping[str, bool]) -> None:
        """Keep what was proved of a model: probe -> whether it was taken. Raises OSError."""
        digest = hashlib.sha256(model.encode()).hexdigest()[:16]
        value = {"model": model, "outcomes": dict(outcomes)}
        save_json(self.folder / OUTCOMES / f"{digest}.json", value)

    def clear(self) -> None:
        """Forget everything of this server."""
        for path in [*self.folder.rglob("*.json")]:
            with contextlib.suppress(OSError):
                path.unlink()


def _replaced(content: object, kept: Mapping[tuple[str, str], Sequence[frozenset[str]]]) -> bool:
    """Whether one newer schema of the path stands for all ids of an older one."""
    if not isinstance(content, Mapping) or not content.get("models"):
        return False
    models = frozenset(content["models"])
    newer = kept.get((str(content.get("path")), next(iter(models))), ())
    return any(models <= each for each in newer)


class KeptSchemas(Mapping[str, tuple[Group, ...]]):
    """Id -> its groups, read from a folder: the names at once, a schema when it is needed."""

    __slots__ = ("_folder", "_places")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._places: dict[str, dict[str, str]] = {}
        for path in self._oldest_first():
            content = load_json(path)
            if isinstance(content, Mapping) and isinstance(content.get("path"), str):
                digest = path.name.partition(".")[0]
                for model in content.get("models", ()):
                    self._places.setdefault(str(model), {})[content["path"]] = digest

    def _oldest_first(self) -> list[Path]:
        found = []
        for path in self._folder.glob("*.names.json"):
            with contextlib.suppress(OSError):
                found.append((path.stat().st_mtime, path.name, path))
        return [path for _, _, path in sorted(found)[-MAX_SCHEMAS:]]

    def __getitem__(self, model: str) -> tuple[Group, ...]:
        groups = []
        for path, digest in self._places[model].items():
            schema = load_json(self._folder / f"{digest}.json")
            if isinstance(schema, dict):
                groups.append(Group(path, (model,), schema))
        return tuple(groups)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def load_json(path: Path) -> Any:
    """The JSON of a file; None where there is none that can be read."""
    try:
        with path.open("rb") as file:
            return json.loads(file.read(MAX_FILE_BYTES))
    except (OSError, ValueError, RecursionError):
        return None


def save_json(target: Path, value: object) -> None:
    """Writes JSON, readable by the user only; a reader never sees half a file."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".new-")  # mkstemp gives 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(value, file)
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
