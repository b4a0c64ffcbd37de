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

from tests.harness import contract
from tests.harness.paths import PUBLISHED as API

CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
PATHS = (CHAT, MESSAGES, RESPONSES)

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
    """Every served id of the kinds chat, messages and responses that has a schema, in the newest
    contract. The gateway's own test models take no conversation and are left out."""
    names = contract.served("chat", "messages", "responses")
    found = [_target(name) for name in names if not name.startswith("test/")]
    return sorted(found, key=lambda target: target.id)


def unlike(found: Iterable[Target]) -> list[Target]:
    """One target for each distinct set of schemas."""
    first: dict[Any, Target] = {}
    for target in found:
        first.setdefault(tuple(sorted(target.schemas.items())), target)
    return list(first.values())


def _target(model: str) -> Target:
    schemas = {path: key for path, key in contract.keys(model).items() if path in PATHS}
    streams = {
        path: path == MESSAGES or (_declares_stream(key) and not _is_silent(model, path))
        for path, key in schemas.items()
    }
    return Target(model, schemas, streams)


def _declares_stream(key: str) -> bool:
    schema = _schema(key)
    return "stream" in schema.get("properties", {}) or "x-unread" in schema


def _is_silent(model: str, path: str) -> bool:
    """Whether the documentation shows whole answers only, and nothing newer is known."""
    if contract.read_whole(model, path):
        return False
    row = _documented().get(model, {"endpoints": ()})
    answers = [
        "text/event-stream" in answer
        for each in row["endpoints"]
        if each["path"] == path and each["method"] == "POST"
        for answer in each["responses"].values()
    ]
    return bool(answers) and not any(answers)


@cache
def _documented() -> dict[str, Any]:
    return {row["id"]: row for row in _read("models.json")["models"]}


def _schema(name: str) -> Any:
    return contract.schema(name)


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
    schema = _schema(name)
    found.update(schema.get("x-unread", ()))  # named in the contract, by a part nobody has read
    for key, inner in _properties(schema):
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
