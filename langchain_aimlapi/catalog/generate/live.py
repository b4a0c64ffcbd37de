"""``models.json`` from the API's public form alone, or over an older file.

Reads a folder: ``models.json`` (the answer of ``GET /v1/models?include=all``), where there is one
``deprecations.json`` (``GET /v1/models/deprecations``), any number of OpenAPI documents below
``docs/`` (``GET /docs-json`` of a model, ``.json``, or ``GET /docs-yaml``, ``.yaml``), and
``snapshot.json`` with the server and the day. `save` writes such a folder.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from langchain_aimlapi.catalog.codec import Json, Reader
from langchain_aimlapi.catalog.generate import hand
from langchain_aimlapi.catalog.generate.document import GENERATOR, assemble
from langchain_aimlapi.catalog.generate.documentation import LABELS
from langchain_aimlapi.catalog.generate.published import Published
from langchain_aimlapi.catalog.generate.writer import Writer
from langchain_aimlapi.catalog.live import ending_rows, groups_by_model, live_rows
from langchain_aimlapi.catalog.openapi import Group
from langchain_aimlapi.catalog.shape import Shape

LIVE = "live"
ROOT = "https://api.aimlapi.com"
# Facts of an older file that neither list nor schema tells.
_LASTING = (
    "kind", "vendor", "name", "context", "max_input", "max_output", "reasons", "efforts",
    "thinks_inline", "prices", "released", "listed_capabilities",
)  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Saved:
    """The public form of one day."""

    listed: Any
    endings: Any = None
    documents: tuple[Any, ...] = ()
    root: str = ROOT
    date: str = ""


def read(folder: Path) -> Saved:
    """The folder's content. Raises OSError, ValueError."""
    snapshot = _optional(folder / "snapshot.json") or {}
    paths = sorted(p for p in (folder / "docs").rglob("*") if p.suffix in _READERS)
    return Saved(
        listed=_json(folder / "models.json"),
        endings=_optional(folder / "deprecations.json"),
        documents=tuple(_READERS[path.suffix](path) for path in paths),
        root=snapshot.get("root", ROOT),
        date=snapshot.get("date", ""),
    )


def save(saved: Saved, folder: Path) -> None:
    """Writes the public form of one day into a folder."""
    (folder / "docs").mkdir(parents=True, exist_ok=True)
    _write(folder / "models.json", saved.listed)
    if saved.endings is not None:
        _write(folder / "deprecations.json", saved.endings)
    for number, document in enumerate(saved.documents):
        _write(folder / "docs" / f"{number:04}.json", document)
    _write(folder / "snapshot.json", {"root": saved.root, "date": saved.date})


def build(saved: Saved, base: Mapping[str, Any] | None = None) -> Json:
    """The document.

    Args:
        saved: What the API says.
        base: An older document: what it knows of an id and the API does not say is kept, and the
            shapes of an id whose schema was not read, or of a path that no schema was printed for.
            Ids that are gone are left out.
    """
    groups = groups_by_model(saved.documents)
    rows = live_rows(saved.listed)
    models: dict[str, Json] = {name: _row(row) for name, row in rows.items()}
    aliases = _spellings(models, groups)
    for name in groups:
        if name not in aliases:
            models.setdefault(name, {"status": "documented"})
    old = dict((base or {}).get("models", {}))
    for name, ending in (ending_rows(saved.endings) if saved.endings else {}).items():
        if name not in aliases:
            models.setdefault(name, {}).update(ending)
    for name, row in models.items():
        kept = {key: old.get(name, {}).get(key) for key in _LASTING}
        row |= {key: value for key, value in kept.items() if row.get(key) is None}
        row["source"] = LIVE
    hand.add_family_facts(models)
    hand.add_corrections(models, weaker=True)
    return _document(saved, models, aliases, groups, base or {})


def _document(
    saved: Saved,
    models: dict[str, Json],
    aliases: dict[str, str],
    groups: Mapping[str, tuple[Group, ...]],
    base: Mapping[str, Any],
) -> Json:
    writer, reader = Writer(), Reader(base)
    changes = hand.shape_changes()
    printed = {group.path for each in groups.values() for group in each}
    older, sources = _older_sources(saved, base)
    for name, row in models.items():
        found = _in_order(groups.get(name, ()))
        published = [(group.path, Published(group.schema, LIVE)) for group in found]
        row["shapes"] = [assemble(writer, path, each, {}) for path, each in published]
        row["from"] = [LIVE] * len(found)
        old = base.get("models", {}).get(name, {})
        for key, source in zip(old.get("shapes", []), old.get("from", []), strict=False):
            shape = reader.shape(key)
            if not found or shape.path not in printed:  # of which the form does not speak
                row["shapes"].append(key)
                row["from"].append(older if source == LIVE else source)
                _keep(writer, key, shape)
        if not found and name in changes and not row["shapes"]:
            row.pop("shapes")
        row["aliases"] = sorted({*row.get("aliases", ()), *_names_of(name, aliases)} - {name})
    source = f"{saved.root}: its model list, endings and request schemas"
    return {
        "sources": {
            **{key: text for key, text in sources.items() if _is_needed(key, models)},
            LIVE: f"{source}, read on {saved.date}",
        },
        "date": saved.date,
        "form": LIVE,
        "generator": GENERATOR,
        "params": writer.params.rows,
        "roles": writer.roles.rows,
        "parts": writer.parts.rows,
        "shapes": writer.shapes,
        "aliases": aliases,
        "models": {name: hand.tidy(row) for name, row in models.items()},
    }


def _older_sources(saved: Saved, base: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The name of what an older file had from the API itself, and where all that it knew was read.

    What is kept of a schema that was read last week is not said to have been read today.
    """
    sources = dict(base.get("sources", {}))
    name = LIVE if base.get("date") == saved.date else f"{LIVE}-{base.get('date')}"
    if LIVE in sources:
        sources[name] = sources.pop(LIVE)
    return name, sources


def _is_needed(source: str, models: Mapping[str, Json]) -> bool:
    """Earlier readings are named as long as a row has something of them."""
    if not source.startswith(f"{LIVE}-"):
        return True
    return any(source in row.get("from", ()) for row in models.values())


def _keep(writer: Writer, key: str, shape: Shape) -> None:
    if key not in writer.shapes:
        writer.add(key, shape)


def _in_order(groups: Iterable[Group]) -> list[Group]:
    ranks = {path: at for at, path in enumerate(LABELS)}
    return sorted(groups, key=lambda group: (ranks.get(group.path, 99), group.path))


def _row(live: Mapping[str, object]) -> Json:
    """A row of the live list as JSON."""
    return {
        key: sorted(value) if isinstance(value, frozenset | tuple) else value
        for key, value in live.items()
    }


def _spellings(
    models: Mapping[str, Json], groups: Mapping[str, tuple[Group, ...]]
) -> dict[str, str]:
    """Other spelling -> the listed id: aliases of the list, and further names of its groups."""
    found: dict[str, str] = {}
    for name, row in models.items():
        for other in row.get("aliases", ()):
            if other not in models:
                found.setdefault(other, name)
    for name in models:
        for group in groups.get(name, ()):
            for other in group.models:
                same = other.rpartition("/")[2] == name.rpartition("/")[2]
                if same and other not in models:
                    found.setdefault(other, name)
    return found


def _names_of(name: str, aliases: Mapping[str, str]) -> Iterator[str]:
    return (other for other, home in aliases.items() if home == name)


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _optional(path: Path) -> Any:
    return _json(path) if path.exists() else None


def _write(path: Path, value: object) -> None:
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def _yaml(path: Path) -> object:
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"reading {path.name} needs PyYAML: pip install pyyaml", name=error.name
        ) from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where it was built
    with path.open(encoding="utf-8") as file:
        return yaml.load(file, Loader=loader)  # noqa: S506 - both loaders are the safe one


_READERS = {".json": _json, ".yaml": _yaml, ".yml": _yaml}
