"""What the API publishes: which ids are active, and the request schema of each at each path."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from tests.harness.paths import SHARED as API

CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
PATHS = (CHAT, MESSAGES, RESPONSES)
ACTIVE = ("listed", "documented")

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """One id: its request schema (a hash) and whether it streams, per path."""

    id: str
    schemas: Mapping[str, str]
    streams: Mapping[str, bool] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths that the id is documented on."""
        return tuple(p for p in PATHS if p in self.schemas)


def targets() -> list[Target]:
    """Every active id of the kinds chat, messages and responses."""
    rows = {row["id"]: row for row in _read("models.json")["models"]}
    found = []
    for model, row in rows.items():
        if row["status"] in ACTIVE and set(row["kinds"]) & {"chat", "messages", "responses"}:
            # Three ids of the model table have no schema; the same name with its vendor has.
            held = row if row["endpoints"] else _with_vendor(model, rows)
            found.append(_target(model, held))
    return sorted(found, key=lambda target: target.id)


def unlike(found: Iterable[Target]) -> list[Target]:
    """One target for each distinct set of schemas."""
    first: dict[Any, Target] = {}
    for target in found:
        first.setdefault(tuple(sorted(target.schemas.items())), target)
    return list(first.values())


def _with_vendor(model: str, rows: Mapping[str, Any]) -> Any:
    twins = [row for name, row in rows.items() if name.endswith(f"/{model}") and row["endpoints"]]
    if len(twins) != 1:
        raise LookupError(f"{model} has no schema and {len(twins)} twins")
    return twins[0]


def _target(model: str, row: Any) -> Target:
    repaired = _read("schemas/index.json")["repaired"]
    schemas: dict[str, str] = {}
    streams: dict[str, bool] = {}
    rank = {"live": 0, "page": 1, "orphan": 2, "asset": 3}
    current = [e for e in row["endpoints"] if e["method"] == "POST" and e["path"] in PATHS]
    for path in PATHS:
        here = [e for e in current if e["path"] == path]
        if not here:
            continue
        best = min(rank[e["class"]] for e in here)
        cited = [e for e in here if rank[e["class"]] == best]
        # Its own page speaks for an id that other pages describe as well.
        tail = model.rpartition("/")[2]
        own = [e for e in cited if e["request"] == row.get("chat_schema")]
        own = own or [e for e in cited if tail in e["file"]] or cited
        schemas[path] = _branch(repaired.get(own[0]["request"], own[0]["request"]), model)
        streams[path] = path == MESSAGES or any(
            "text/event-stream" in answer for e in cited for answer in e["responses"].values()
        )
    # A stray file on one path is no service: a live path beats an unreferenced one.
    live = {e["path"] for e in current if e["class"] == "live"}
    kept = {path: name for path, name in schemas.items() if not live or path in live}
    return Target(model, kept, streams)


def _branch(name: str, model: str) -> str:
    """A schema may be a union by model; then the id's own branch counts, as ``hash.number``."""
    for operation in _read("schemas/index.json")["operations"]:
        if operation.get("request", {}).get("application/json") == name:
            for at, ids in enumerate(operation.get("model_branches", ())):
                if model in ids:
                    return f"{name}.{at}"
    return name


@cache
def _schema(name: str) -> Any:
    name, _, branch = name.partition(".")
    schema = _read(f"schemas/{name}.json")
    return schema["anyOf"][int(branch)] if branch else schema


@cache
def _read(name: str) -> Any:
    return json.loads((API / name).read_text())


# --- asking a schema -----


def problem(name: str, body: Body) -> str | None:
    """Why the schema ``name`` refuses ``body``; None where it takes it."""
    return _problem(name, _canonical(body))


def expresses(name: str, body: Body) -> bool:
    """Whether the schema takes ``body`` and names every key in it.

    Most objects are left open, so that an unknown key passes unread; such a pass says nothing.
    """
    return _expresses(name, _canonical(body))


def _canonical(body: Body) -> str:
    return json.dumps({**body, "model": "a/model"}, sort_keys=True)


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(_schema(name))


@cache
def _problem(name: str, text: str) -> str | None:
    error = best_match(_validator(name).iter_errors(json.loads(text)))
    if error is None:
        return None
    return f"{'.'.join(map(str, error.absolute_path))}: {error.message[:160]}"


@cache
def _expresses(name: str, text: str) -> bool:
    return _problem(name, text) is None and _named(_schema(name), json.loads(text))


def _named(schema: Any, value: Any) -> bool:
    """Whether every key of ``value`` is named by ``schema``, deep inside too."""
    if not isinstance(schema, Mapping) or not schema:
        return True
    branches = [b for key in ("anyOf", "oneOf") for b in schema.get(key, ())]
    if branches:
        held = [b for b in branches if _is_valid(b, value)]
        return any(_named(_joined(schema, b), value) for b in held)
    if isinstance(value, list):
        items = schema.get("items")
        return items is None or all(_named(items, each) for each in value)
    if not isinstance(value, dict):
        return True
    known = schema.get("properties") or {}
    free = schema.get("additionalProperties")
    if not known and not isinstance(free, Mapping):
        return True  # an object of free keys
    for key, inner in value.items():
        if key in known:
            if not _named(known[key], inner):
                return False
        elif not isinstance(free, Mapping) or not _named(free, inner):
            return False
    return True


def _joined(schema: Mapping[str, Any], branch: Any) -> Any:
    """A branch together with the keys that stand beside the union."""
    if not isinstance(branch, Mapping) or not schema.get("properties"):
        return branch
    properties = {**schema["properties"], **(branch.get("properties") or {})}
    return {**branch, "properties": properties}


def _is_valid(schema: Any, value: Any) -> bool:
    text = json.dumps([schema, value], sort_keys=True)
    return _valid_by_digest(hashlib.sha256(text.encode()).hexdigest(), text)


_VERDICTS: dict[str, bool] = {}


def _valid_by_digest(digest: str, text: str) -> bool:
    if digest not in _VERDICTS:
        schema, value = json.loads(text)
        _VERDICTS[digest] = Draft202012Validator(schema).is_valid(value)
    return _VERDICTS[digest]


def declared(name: str) -> frozenset[str]:
    """The body's keys that a schema names; a nested one as ``outer.inner``."""
    return _declared(name)


@cache
def _declared(name: str) -> frozenset[str]:
    found: set[str] = set()
    for key, inner in _properties(_schema(name)):
        found.add(key)
        found.update(f"{key}.{deep}" for deep, _ in _properties(inner))
    return frozenset(found)


def _properties(schema: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(schema, Mapping):
        return
    yield from (schema.get("properties") or {}).items()
    for key in ("anyOf", "oneOf", "allOf"):
        for branch in schema.get(key, ()):
            yield from _properties(branch)
