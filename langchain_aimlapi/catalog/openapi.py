"""The API's own request schemas, from the OpenAPI documents that it prints.

``GET /docs-json?model=<id>&endpoint=<type>`` gives one model's operations, ``GET /docs-yaml`` all
of them: OpenAPI 3.0, paths with colons, one schema a group of models, ``anyOf`` where a path has
several groups, and the ids of a group in ``properties.model.enum``.
Source: both addresses as described on 2026-11-26; the documentation's own files have this form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]

# What decides something. Titles, descriptions and examples are prose.
_KEPT = frozenset(
    {
        "type", "enum", "default", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
        "minLength", "maxLength", "minItems", "maxItems", "pattern", "required", "format",
    }
)  # fmt: skip
_UNIONS = ("anyOf", "oneOf", "allOf")
MAX_DEPTH = 40
LONGEST_DEFAULT = 200  # one default is a page of prose
_STRING: Schema = {"type": "string"}


@dataclass(frozen=True, slots=True)
class Group:
    """Models that share the request schema of a path; ``schema`` no longer names them."""

    path: str
    models: tuple[str, ...]
    schema: Schema


def read_openapi(document: Any) -> Iterator[Group]:
    """Every group of every POST operation that names its models.

    Raises:
        ValueError: ``document`` is no OpenAPI document.
    """
    paths = document.get("paths") if isinstance(document, Mapping) else None
    if not isinstance(paths, Mapping):
        raise ValueError("not an OpenAPI document: it has no paths")
    for path, methods in paths.items():
        operation = methods.get("post") if isinstance(methods, Mapping) else None
        raw = _request_schema(operation)
        if isinstance(path, str) and raw is not None:
            yield from _groups(path, _Reader(document).schema(raw, 0))


def _request_schema(operation: object) -> Mapping[str, object] | None:
    """The JSON body, else that of whatever other media type is there (uploads)."""
    content: Any = operation
    for key in ("requestBody", "content"):
        content = content.get(key) if isinstance(content, Mapping) else None
    if not isinstance(content, Mapping):
        return None
    for media in (content.get("application/json"), *content.values()):
        schema = media.get("schema") if isinstance(media, Mapping) else None
        if isinstance(schema, Mapping):
            return schema
    return None


def _groups(path: str, schema: Schema) -> Iterator[Group]:
    for each in schema.get("anyOf") or [schema]:
        properties = each.get("properties", {})
        names = properties.get("model", {}).get("enum", ())
        models = tuple(name for name in names if isinstance(name, str) and name)
        if models:
            yield Group(path, models, {**each, "properties": {**properties, "model": _STRING}})


class _Reader:
    """OpenAPI 3.0 -> JSON schema, without prose and with local references put in place."""

    def __init__(self, document: Mapping[str, object]) -> None:
        self._document = document

    def schema(self, raw: Any, depth: int) -> Schema:
        """The schema; whatever stands too deep, or inside itself, is not judged."""
        if not isinstance(raw, Mapping) or depth > MAX_DEPTH:
            return {}
        if "$ref" in raw:
            return self.schema(self._at(raw["$ref"]), depth + 4)
        found = {key: value for key, value in raw.items() if _decides(key, value)}
        for key in _UNIONS:
            if isinstance(raw.get(key), list):
                found[key] = [self._member(each, depth) for each in raw[key]]
        properties = raw.get("properties")
        if isinstance(properties, Mapping):
            found["properties"] = {
                name: self.schema(each, depth + 1) for name, each in properties.items()
            }
        for key in ("items", "additionalProperties"):
            if key in raw:
                inner = raw[key]
                found[key] = inner if isinstance(inner, bool) else self.schema(inner, depth + 1)
        return _as_json_schema(found, nullable=raw.get("nullable") is True)

    def _member(self, raw: object, depth: int) -> Schema:
        """A bare ``nullable`` means null in a union; elsewhere it says nothing."""
        found = self.schema(raw, depth + 1)
        if not found and isinstance(raw, Mapping) and raw.get("nullable"):
            return {"type": "null"}
        return found

    def _at(self, reference: object) -> object:
        found: Any = self._document
        for key in str(reference).removeprefix("#/").split("/"):
            name = key.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, Mapping) else None
        return found


def _decides(key: str, value: object) -> bool:
    if key == "required":
        return isinstance(value, list)
    if key == "default" and isinstance(value, str):
        return len(value) <= LONGEST_DEFAULT
    return key in _KEPT


def _as_json_schema(found: Schema, *, nullable: bool) -> Schema:
    """``nullable``, and limits that are switches, as JSON schema says them."""
    if nullable and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
        if "enum" in found and None not in found["enum"]:
            found["enum"] = [*found["enum"], None]
    for limit, border in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if found.get(limit) is True:
            found[limit] = found.pop(border, None)
        if found.get(limit) is False or found.get(limit) is None:
            found.pop(limit, None)
    if "required" in found:
        found["required"] = sorted(map(str, found["required"]))
    return found
