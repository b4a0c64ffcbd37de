"""The API's own OpenAPI 3.0 -> the facts that `facts.of` reads from a saved copy.

One document a model (``GET /docs-json?model=<id>&endpoint=<type>``, and the files of the API's
documentation) or one for all (``GET /docs-yaml``): paths with colon parameters, one schema a group
of models, ``anyOf`` where there are several groups, the ids in ``properties.model.enum``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.harness.digest.form import compact

Json = Mapping[str, Any]
UNIONS = ("anyOf", "oneOf", "allOf")
WORDS = frozenset(
    {"type", "enum", "const", "required", "default", "minimum", "maximum", "exclusiveMinimum",
     "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "pattern",
     "format"}
)  # fmt: skip
"""What of a schema decides something. Titles, descriptions and examples do not."""
LONGEST_DEFAULT = 200
"""One default is a page of prose."""
STRING = {"type": "string"}
KINDS = {
    "/v1/chat/completions": "chat",
    "/v1/responses": "responses",
    "/v1/messages": "messages",
    "/v1/embeddings": "embedding",
    "/v1/images/generations": "image",
    "/v1/images/edits": "image",
    "/v2/video/generations": "video",
    "/v2/generate/audio": "audio",
    "/v1/stt/create": "stt",
    "/v1/tts": "tts",
    "/v1/ocr": "ocr",
    "/v1/batches": "batch",
}


def of(folder: Path, models: Path | None = None) -> dict[str, Any]:
    """Document name -> facts.

    Args:
        folder: Saved OpenAPI documents, ``.json`` or ``.yaml``, at any depth.
        models: The saved answer of ``GET /v1/models``, for aliases and context; else every id is
            "documented".
    """
    schemas: dict[str, Any] = {}
    operations = [
        each
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".json", ".yaml", ".yml")
        for each in _operations(path.relative_to(folder).as_posix(), _load(path), schemas)
    ]
    listed = [] if models is None else json.loads(models.read_text(encoding="utf-8"))["data"]
    return {
        "models.json": {"models": _models(operations, listed)},
        "schemas/index.json": {"operations": operations, "repaired": {}},
        "deprecated.json": {"deprecated": {}},
        **{f"schemas/{name}.json": schema for name, schema in sorted(schemas.items())},
    }


def _load(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return json.loads(text)
    import yaml

    return yaml.safe_load(text)


# --- operations -----


def _operations(file: str, document: Any, schemas: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The operations of a document; their schemas are put into ``schemas`` by name."""
    if not isinstance(document, Mapping):
        return
    for path, methods in (document.get("paths") or {}).items():
        for method, operation in methods.items():
            body = (operation.get("requestBody") or {}).get("content") or {}
            media: list[Json] = [body["application/json"]] if "application/json" in body else []
            raw = next(
                (each["schema"] for each in (*media, *body.values()) if "schema" in each), None
            )
            groups = [] if raw is None else _groups(converted(raw, document))
            yield {
                "file": file,
                "class": "live",
                "method": method.upper(),
                "path": path,
                "models": sorted({name for group in groups for name in group}),
                **({"model_branches": groups} if len(groups) > 1 else {}),
                "request": _named(body, document, schemas),
                "responses": {
                    str(status): _named(answer.get("content") or {}, document, schemas)
                    for status, answer in operation["responses"].items()
                },
            }


def _groups(schema: Json) -> list[list[str]]:
    """The ids of each group of a request schema."""
    branches = schema.get("anyOf") or [schema]
    return [list(_model_of(each).get("enum", ())) for each in branches]


def _model_of(schema: Json) -> Json:
    found = (schema.get("properties") or {}).get("model")
    return found if isinstance(found, Mapping) else {}


def _named(content: Json, document: Json, schemas: dict[str, Any]) -> dict[str, str | None]:
    """Content type -> the schema's name; None where it is not described."""
    found: dict[str, str | None] = {}
    for kind, media in content.items():
        if "schema" not in media:
            found[kind] = None
            continue
        schema = open_model(converted(media["schema"], document))
        name = hashlib.sha256(compact(schema).encode()).hexdigest()[:12]
        schemas[name] = schema
        found[kind] = name
    return found


def open_model(schema: Any) -> Any:
    """The schema without its list of ids, which stands in the operation: groups compare equal."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [open_model(each) for each in schema["anyOf"]]}
    if "enum" not in _model_of(schema):
        return schema
    return {**schema, "properties": {**schema["properties"], "model": STRING}}


# --- schemas -----


def converted(schema: Any, document: Json) -> Any:
    """An OpenAPI 3.0 schema as JSON Schema 2020-12, without prose, references put in place."""
    return _Converter(document, schema).schema(schema, ())


class _Converter:
    """Knows where references lead to: into the document, or into the schema itself."""

    def __init__(self, document: Json, root: Json) -> None:
        self._document = document
        self._root = root

    def schema(self, schema: Any, inside: tuple[str, ...]) -> Any:
        if not isinstance(schema, Mapping):
            return schema
        if "$ref" in schema:
            place = schema["$ref"]
            # a schema inside itself: whatever it holds there is not judged
            return {} if place in inside else self.schema(self._at(place), (*inside, place))
        found = {key: value for key, value in schema.items() if _decides(key, value)}
        for key in UNIONS:
            if key in schema:
                found[key] = [self._member(each, inside) for each in schema[key]]
        for key in ("items", "additionalProperties"):
            if key in schema:
                found[key] = self.schema(schema[key], inside)
        if "properties" in schema:
            inner = schema["properties"].items()
            found["properties"] = {name: self.schema(each, inside) for name, each in inner}
        if "required" in found:
            found["required"] = sorted(found["required"])
        return _modern(found, nullable=bool(schema.get("nullable")))

    def _member(self, schema: Any, inside: tuple[str, ...]) -> Any:
        """A bare ``nullable`` in a union means null; elsewhere it says nothing."""
        found = self.schema(schema, inside)
        return {"type": "null"} if not found and schema.get("nullable") else found

    def _at(self, place: str) -> Any:
        keys = [key.replace("~1", "/").replace("~0", "~") for key in place[2:].split("/")]
        found: Any = self._document if keys[0] in self._document else self._root
        for key in keys:
            found = found[int(key)] if isinstance(found, list) else found.get(key, {})
        return found


def _decides(key: str, value: Any) -> bool:
    if key == "required":
        return isinstance(value, list)
    if key == "default" and isinstance(value, str):
        return len(value) <= LONGEST_DEFAULT
    return key in WORDS


def _modern(found: dict[str, Any], *, nullable: bool) -> dict[str, Any]:
    """``nullable`` and boolean limits as JSON Schema says them."""
    if nullable and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
        if "enum" in found and None not in found["enum"]:
            found["enum"] = [*found["enum"], None]
    for limit, border in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if found.get(limit) is True:
            found[limit] = found.pop(border)
        elif found.get(limit) is False:
            del found[limit]
    return found


# --- models -----


def _models(operations: Iterable[Json], listed: Iterable[Json]) -> list[dict[str, Any]]:
    rows = {row["id"]: row for row in listed}
    held: dict[str, list[Json]] = {name: [] for name in rows}
    for operation in operations:
        for name in operation["models"]:
            held.setdefault(name, []).append(operation)
    return [_model(name, held[name], rows.get(name)) for name in sorted(held)]


def _model(name: str, operations: Iterable[Json], row: Json | None) -> dict[str, Any]:
    endpoints = [
        {
            **{key: each[key] for key in ("method", "path", "class", "file", "responses")},
            "request": each["request"].get("application/json"),
        }
        for each in operations
    ]
    kinds = list(dict.fromkeys(KINDS[e["path"]] for e in endpoints if e["path"] in KINDS))
    vendor, slash, _ = name.partition("/")
    chat = [e["request"] for e in endpoints if e["path"] == "/v1/chat/completions"]
    return {
        "id": name,
        "kind": next(iter(kinds), None),
        "kinds": kinds,
        "vendor": vendor if slash else None,
        "status": "documented" if row is None else "listed",
        "aliases": [] if row is None else list(row.get("aliases") or ()),
        "context": {
            "database": None if row is None else (row.get("info") or {}).get("contextLength"),
            "page": None,
        },
        **({"chat_schema": chat[0]} if chat else {}),
        "endpoints": endpoints,
    }
