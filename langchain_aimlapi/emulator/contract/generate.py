"""Makes ``contract.json``: the emulator's own reading of what the API publishes.

    python -m langchain_aimlapi.emulator.contract.generate ../shared/api

The folder holds the published request schemas (``schemas/`` and its index), the lists of models
(``models.json``, ``newer_models.json``, ``deprecated.json``), the transcribed groups of the live
contract (``live/``) and the price list (``prices.json``). The same input gives the same file. It
shares no code with the catalog's generator, so that one misreading cannot stand in both.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_aimlapi.emulator.contract import newer
from langchain_aimlapi.emulator.contract.group import Schema, record
from langchain_aimlapi.emulator.contract.pool import Pool

TARGET = Path(__file__).parent / "contract.json"
READ = "2026-11-26"
_CLASSES = ("live", "page", "orphan", "asset")
_PATHS = {
    "/chat/completions": newer.CHAT,
    "/responses": newer.RESPONSES,
    "/images/generations": newer.IMAGES,
    "/images/edits": "/v1/images/edits",
    "/v1/video/generations": newer.VIDEO,
    "/video/generations": newer.VIDEO,
    "/v2/generate/audio/minimax/generate": newer.AUDIO,
}
_KINDS = {
    newer.CHAT: "chat",
    newer.RESPONSES: "chat",
    newer.MESSAGES: "chat",
    newer.EMBEDDINGS: "embedding",
    newer.IMAGES: "image",
    newer.VIDEO: "video",
    newer.AUDIO: "audio",
    newer.STT: "stt",
    "/v1/tts": "tts",
    newer.OCR: "ocr",
    newer.BATCHES: "batch",
    newer.DECISIONS: "decision",
    "/v1/images/edits": "image",
    "/v1/stt": "stt",
}
# The deprecation feed, as far as it was read: status, date, replacement, reason.
_FEED: Mapping[str, Mapping[str, str]] = {
    "openai/gpt-5.3-chat": {"shutdown_at": "2026-08-10", "replaced_by": "openai/gpt-5.3-codex"},
    "mistralai/ministral-8b": {
        "shutdown_at": "2026-08-27",
        "replaced_by": "mistralai/ministral-8b-2512",
    },
    "thedrummer/rocinante-12b": {"shutdown_at": "2026-08-27"},
    "anthropic/claude-opus-4.7-fast": {"shutdown_at": "2026-09-09"},
    "anthropic/claude-opus-4.8-fast": {"shutdown_at": "2026-09-09"},
}
_VOICE = re.compile(r"^(#g1_)?(deepgram/)?(aura(-2)?)-[a-z]+-[a-z]{2}$")
_ROUTED_CLAUDE = re.compile(r"claude")
_BATCHED = "anthropic/claude-opus-5"
_DUMMY = re.compile(r"^(test/)?dummy(-|$)")


@dataclass(slots=True)
class Row:
    """One name that the API knows."""

    name: str
    of: str | None = None
    kind: str | None = None
    vendor: str = ""
    status: str = "listed"
    bodies: dict[str, Schema] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


class Source:
    """What lies in the folder of published data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = self._json("schemas/index.json")
        self.models: list[dict[str, Any]] = self._json("models.json")["models"]
        self.newer = self._json("newer_models.json")
        self.deprecated = self._json("deprecated.json")
        self.prices = self._json("prices.json")["models"]
        self.chat = self._lines("live/chat.jsonl")
        self.partial = self._lines("live/chat.partial.jsonl")
        self.later = self._lines("live/chat.later.partial.jsonl")
        self.others = [group for name in self._other_files() for group in self._lines(name)]
        self._published = self._choose()

    def _json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    def _other_files(self) -> list[str]:
        """The transcribed groups of every path but chat and messages."""
        names = sorted(path.name for path in (self.folder / "live").glob("*.jsonl"))
        return [f"live/{name}" for name in names if not name.startswith(("chat.", "messages."))]

    def _lines(self, name: str) -> list[dict[str, Any]]:
        text = (self.folder / name).read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines() if line.strip()]

    def _choose(self) -> dict[tuple[str, str], list[str]]:
        """(path, model) -> schemas: of live pages before all others, of a chat model one alone."""
        preferred = {row["id"]: row.get("chat_schema") for row in self.models}
        ranks: dict[tuple[str, str], tuple[int, int]] = {}
        found: dict[tuple[str, str], list[str]] = {}
        for operation in self.index["operations"]:
            path = operation["path"]
            rank = (_CLASSES.index(operation["class"]), int(path in _PATHS))
            home = _PATHS.get(path, path)
            home = newer.VIDEO if home.startswith("/v2/generate/video/") else home
            schema = next(iter((operation.get("request") or {}).values()), None)
            if operation["method"] != "POST" or schema is None or home not in _KINDS:
                continue
            for model in operation["models"]:
                best = (-1, 0) if preferred.get(model) == schema else rank
                key = (home, model)
                if key not in ranks or best < ranks[key]:
                    ranks[key], found[key] = best, [schema]
                elif best == ranks[key] and schema not in found[key]:
                    found[key].append(schema)
        return found

    def published(self, name: str) -> dict[str, Schema]:
        """Path -> the schema that the documentation prints for a model."""
        return {
            path: self._either(schemas)
            for (path, model), schemas in self._published.items()
            if model == name
        }

    def _either(self, names: Sequence[str]) -> Schema:
        """Several pages may print a body for one model; each of them is taken."""
        schemas = [self.schema(name) for name in sorted(names)]
        return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}

    def names_published(self) -> list[str]:
        return sorted({model for _, model in self._published})

    def schema(self, name: str) -> Schema:
        name = self.index["repaired"].get(name, name)
        made: Schema = self._json(f"schemas/{name}.json")
        return made


class Build:
    """Collects the rows, then writes them."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.rows: dict[str, Row] = {}
        self._by_live_name: dict[tuple[str, str], Schema] = {}
        self._roles_read: dict[str, dict[str, list[str | Schema]]] = {}

    def run(self) -> dict[str, Any]:
        self._read_live_groups()
        self._add_documented()
        self._add_newer()
        self._add_live_names()
        self._add_dummies()
        for row in self.rows.values():
            self._apply_rules(row)
        self._mark_gone()
        self._add_facts()
        return self._write()

    # --- names -----

    def _read_live_groups(self) -> None:
        for group in self.source.chat:
            schema = newer.live_group(group)
            for name in group["ids"]:
                self._by_live_name[newer.CHAT, name] = schema
        for group in (*self.source.partial, *self.source.later):
            roles = newer.roles_read(group)
            self._roles_read |= dict.fromkeys(group["ids"], roles)
        for group in self.source.others:
            if group.get("partial"):
                continue
            schema = newer.group_without_messages(group)
            for name in group["ids"]:
                self._by_live_name[group["path"], name] = schema

    def _add_documented(self) -> None:
        for entry in self.source.models:
            row = Row(entry["id"], vendor=entry.get("vendor") or "", kind=entry.get("kind"))
            row.status = entry["status"]
            row.bodies = self.source.published(row.name)
            context = (entry.get("context") or {}).get("database")
            if context:
                row.facts["context"] = context
            self.rows[row.name] = row
            for alias in entry["aliases"]:
                self._alias(alias, row.name)
        for name in self.source.names_published():
            if name not in self.rows or not self.rows[name].bodies:
                self._alias(name, name)

    def _alias(self, name: str, home: str) -> None:
        row = self.rows.setdefault(name, Row(name, status="listed"))
        if name != home and row.of is None and self.rows.get(home) is not None:
            row.of = home
        row.bodies = row.bodies or self.source.published(name)

    def _add_newer(self) -> None:
        for entry in self.source.newer["models"]:
            name, kind = entry["id"], str(entry["kind"])
            if kind.startswith("test"):
                continue
            row = self.rows.setdefault(name, Row(name))
            row.status = "live"
            row.kind = row.kind or kind.split("+")[0].split(" ")[0]
            like = entry.get("like")
            if like in self.rows:
                row.facts["like"] = like
            for path in entry["endpoints"]:
                row.bodies.setdefault(path, self._like(like, path))
            if entry.get("context"):
                row.facts["context"] = entry["context"]
            for alias in entry.get("aliases", ()):
                self._alias(alias, name)
                self.rows[alias].status = "live"
        for name, spellings in self.source.newer["spellings"].items():
            if name in self.rows:
                self.rows[name].status = "live"
                for spelling in spellings:
                    self._alias(spelling, name)
                    self.rows[spelling].status = "live"

    def _like(self, name: str | None, path: str) -> Schema:
        if name is not None and name in self.rows:
            return self.rows[name].bodies.get(path) or record(("model",))
        return record(("model",))

    def _add_live_names(self) -> None:
        for path, name in self._by_live_name:
            row = self.rows.setdefault(name, Row(name))
            dummy = _DUMMY.match(name) is not None
            row.status = "test" if dummy else "live"
            row.vendor = "test" if dummy else row.vendor
            if path != newer.BATCHES or dummy:
                row.kind = row.kind or _KINDS[path]
        for name in self.source.newer["video_ids_live"]:
            row = self.rows.setdefault(name, Row(name))
            row.status, row.kind = "live", row.kind or "video"
            row.bodies.setdefault(newer.VIDEO, record(("model",)))
        for group in self.source.later:
            self._add_seen(group)
        for name in list(self.rows):
            self._link_twins(name)

    def _add_seen(self, group: Mapping[str, Any]) -> None:
        """Names of a chat group of which a part was read; those without a body take a mate's."""
        rows = [self.rows[name] for name in group["ids"] if name in self.rows]
        bodies = [row.bodies[newer.CHAT] for row in rows if self._speaks(row)]
        for name in group["ids"]:
            row = self.rows.setdefault(name, Row(name, kind="chat"))
            row.of = row.of or group.get("same", {}).get(name)
            if row.status != "deprecated":
                row.status = "live"
            if bodies and not self._speaks(row):
                row.bodies[newer.CHAT] = bodies[0]

    @staticmethod
    def _speaks(row: Row) -> bool:
        """Whether the messages of its body were printed."""
        return "messages" in row.bodies.get(newer.CHAT, {}).get("properties", {})

    def _link_twins(self, name: str) -> None:
        """A bare name whose prefixed twin is a row of its own is an alias of that twin."""
        row = self.rows[name]
        if row.of is not None or "/" in name:
            return
        twins = [one for one in self.rows if one.endswith(f"/{name}") and "/" in one]
        if len(twins) == 1 and self.rows[twins[0]].of is None:
            row.of = twins[0]

    def _add_dummies(self) -> None:
        for name, (path, schema) in newer.dummies().items():
            row = Row(name, kind=_KINDS[path], vendor="test", status="test")
            row.bodies[path] = schema
            self.rows[name] = row
        for name in newer.ON_CHAT_NOW:
            row = self.rows[name]
            row.status = "live"
            row.bodies[newer.CHAT] = self.rows[newer.ON_CHAT_LIKE].bodies[newer.CHAT]
        self.rows["typesafe/jev"].bodies[newer.DECISIONS] = newer.decision()
        self.rows["meshy/meshy-6-image-to-3d"].bodies[newer.IMAGES] = newer.meshy()

    # --- bodies -----

    def _apply_rules(self, row: Row) -> None:
        home = self.rows.get(row.of or "", row)
        for path, schema in home.bodies.items():
            row.bodies.setdefault(path, schema)
        if not row.bodies and row.status != "deprecated":
            self._borrow(row)
        if _VOICE.match(row.name):
            self._voice(row)
        self._claude(row)
        for path in _KINDS:
            live = self._by_live_name.get((path, row.name))
            if live is not None:
                row.bodies[path] = live
        for path, schema in list(row.bodies.items()):
            row.bodies[path] = self._newest(row.name, path, schema)

    def _borrow(self, row: Row) -> None:
        """A listed name without a schema takes that of its bare twin, or of what it edits."""
        bare = row.name.rpartition("/")[2]
        for name in (bare, row.name.removesuffix("-edit"), row.name.replace("-fast", "/fast")):
            twin = self.rows.get(name)
            if twin is not None and twin.bodies and twin is not row:
                row.bodies = dict(twin.bodies)
                row.of = row.of or (None if twin.of == row.name else name)
                return

    def _voice(self, row: Row) -> None:
        found = _VOICE.match(row.name)
        home = f"deepgram/{found[3]}" if found else ""
        if home in self.rows:
            row.of, row.kind, row.status = home, "tts", "superseded"
            row.bodies = dict(self.rows[home].bodies)

    def _claude(self, row: Row) -> None:
        """Dashed Claude ids speak both dialects on both paths; the newest are batched as Opus 5."""
        if not _ROUTED_CLAUDE.search(row.name) or row.status in ("deprecated", "schema-only"):
            return
        second = self.source.published("anthropic/claude-opus-5")[newer.MESSAGES]
        first = newer.native_first(second)
        for name, schema in ((newer.NATIVE_FIRST, first), (newer.NATIVE_SECOND, second)):
            if name.match(row.name):
                row.bodies[newer.CHAT] = row.bodies[newer.MESSAGES] = schema
        if newer.NATIVE_SECOND.match(row.name):
            row.bodies[newer.BATCHES] = self._by_live_name[newer.BATCHES, _BATCHED]

    def _newest(self, name: str, path: str, schema: Schema) -> Schema:
        if "properties" not in schema and "anyOf" in schema:
            return {"anyOf": [self._newest(name, path, one) for one in schema["anyOf"]]}
        if path == newer.RESPONSES:
            return newer.responses_relaxed(schema)
        if (path, name) in self._by_live_name:
            return schema
        if path == newer.EMBEDDINGS:
            return newer.embeddings(schema)
        if path != newer.CHAT:
            return schema
        if "messages" not in schema.get("properties", {}):
            return newer.messages_alone(name) or schema
        if not newer.is_openai_chat(schema):
            return schema
        return newer.relaxed(name, schema, self._roles_read.get(name))

    # --- facts -----

    def _mark_gone(self) -> None:
        both = set(self.source.deprecated.get("in_both_tables", ()))
        for row in self.rows.values():
            if row.status == "deprecated" and row.name not in both:
                row.status = "withdrawn"
            if row.name in _FEED:
                row.status = "withdrawn"
                row.facts |= _FEED[row.name]
        for row in self.rows.values():
            home = self.rows.get(row.of or "")
            if home is None or home.status != "withdrawn":
                continue
            if row.status == "listed" or home.name in _FEED:
                row.status = "withdrawn"

    def _add_facts(self) -> None:
        for name, entry in self.source.prices.items():
            row = self.rows.get(name)
            if row is None:
                continue
            cost, limit = entry.get("cost") or {}, entry.get("limit") or {}
            if cost.get("input") is not None and cost.get("output") is not None:
                row.facts["price"] = [cost["input"], cost["output"], cost.get("cache_read")]
            if limit.get("context"):
                row.facts["context"] = limit["context"]
            if limit.get("output"):
                row.facts["output"] = limit["output"]
            if entry.get("release_date"):
                row.facts["released"] = entry["release_date"]

    # --- the file -----

    def _write(self) -> dict[str, object]:
        pool = Pool()
        paths = sorted({path for row in self.rows.values() for path in row.bodies})
        models = {}
        for name, row in sorted(self.rows.items()):
            kind = row.kind if row.kind not in ("messages", "responses", None) else self._kind(row)
            made: dict[str, Any] = {"kind": kind, "status": row.status}
            if row.of:
                made["of"] = row.of
            if row.vendor:
                made["vendor"] = row.vendor
            made |= {key: value for key, value in sorted(row.facts.items()) if key != "like"}
            made["takes"] = {
                str(paths.index(path)): pool.add(schema)
                for path, schema in sorted(row.bodies.items())
            }
            models[name] = made
        return {"read": READ, "paths": paths, "nodes": pool.nodes, "models": models}

    def _kind(self, row: Row) -> str | None:
        kinds = [_KINDS[path] for path in sorted(row.bodies, reverse=True)]
        return next((kind for kind in kinds if kind != "batch"), None)


def lines(contract: Mapping[str, Any]) -> Iterator[str]:
    """The file's text: one node and one model a line, so that a change can be read."""
    yield "{\n"
    yield f'"read": {json.dumps(contract["read"])},\n"paths": {json.dumps(contract["paths"])},\n'
    yield '"nodes": [\n'
    yield ",\n".join(_compact(node) for node in contract["nodes"])
    yield '\n],\n"models": {\n'
    rows = contract["models"].items()
    yield ",\n".join(f"{json.dumps(name)}: {_compact(row)}" for name, row in rows)
    yield "\n}\n}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder of published data")
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args(arguments)
    contract = Build(Source(options.folder)).run()
    options.target.write_text("".join(lines(contract)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
