"""Values that fit a JSON schema, made from the words of the prompt. Pure and deterministic."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_DEPTH = 12
DEFAULT_NUMBER = 3
_QUOTED = re.compile(r"(?<!\w)'([^'\n]+)'(?!\w)|\"([^\"\n]+)\"|`([^`\n]+)`")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w])")
_PLACE = re.compile(r"\b(?:in|for|at|of)\s+((?:[^\W\d_a-z][\w'-]*)(?:\s+[^\W\d_a-z][\w'-]*)*)")
_PLACE_NAMES = frozenset({"location", "city", "place", "country", "town", "region"})
_FORMATS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "email": "ada@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


@dataclass(slots=True)
class Words:
    """What a prompt offers: quoted texts, numbers, a place. Each is used in its order."""

    text: str
    quoted: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    place: str | None = None
    strings_used: int = 0
    numbers_used: int = 0

    @classmethod
    def of(cls, text: str) -> Words:
        quoted = [next(filter(None, match.groups())) for match in _QUOTED.finditer(text)]
        places = _PLACE.findall(text)
        return cls(text, quoted, _NUMBER.findall(text), places[-1] if places else None)

    def string(self, name: str) -> str:
        if name.lower() in _PLACE_NAMES and self.place:
            return self.place
        if not self.quoted:
            return f"some {name.replace('_', ' ')}" if name else "text"
        found = self.quoted[min(self.strings_used, len(self.quoted) - 1)]
        self.strings_used += 1
        return found

    def number(self) -> float:
        if not self.numbers:
            return DEFAULT_NUMBER
        found = self.numbers[min(self.numbers_used, len(self.numbers) - 1)]
        self.numbers_used += 1
        return float(found)


def invent(schema: Mapping[str, Any], prompt: str) -> Any:
    """A value that the schema accepts, with the prompt's own words and numbers in it."""
    return _value(schema, schema, Words.of(prompt), "", 0)


def _value(schema: Any, root: Mapping[str, Any], words: Words, name: str, depth: int) -> Any:
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
        return {}
    schema = _resolve(schema, root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return _choice(schema["enum"], words)
    for key in ("anyOf", "oneOf"):
        options = [_resolve(option, root) for option in schema.get(key, ())]
        if options:
            real = [option for option in options if option.get("type") != "null"]
            return _value((real or options)[0], root, words, name, depth + 1)
    if schema.get("allOf"):
        merged: dict[str, Any] = {}
        for part in schema["allOf"]:
            merged = {**merged, **_resolve(part, root)}
        return _value(merged, root, words, name, depth + 1)
    return _typed(schema, root, words, name, depth)


def _typed(
    schema: Mapping[str, Any], root: Mapping[str, Any], words: Words, name: str, depth: int
) -> Any:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if kind is None:
        kind = "object" if "properties" in schema else "string"
    if kind == "object":
        return {
            key: _value(child, root, words, key, depth + 1)
            for key, child in (schema.get("properties") or {}).items()
        }
    if kind == "array":
        count = max(1, int(schema.get("minItems", 1)))
        items = schema.get("items", {"type": "string"})
        return [_value(items, root, words, name, depth + 1) for _ in range(count)]
    if kind in ("integer", "number"):
        return _number(schema, words, whole=kind == "integer")
    if kind == "boolean":
        return True
    return None if kind == "null" else _string(schema, words, name)


def _resolve(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    for _ in range(MAX_DEPTH):
        if not isinstance(schema, Mapping):
            return {}
        ref = schema.get("$ref")
        if not isinstance(ref, str) or not ref.startswith("#"):
            return schema
        found: Any = root
        for step in filter(None, ref[1:].split("/")):
            found = found.get(step, {}) if isinstance(found, Mapping) else {}
        schema = found
    return {}


def _choice(options: Any, words: Words) -> Any:
    lowered = words.text.lower()
    for option in options:
        if isinstance(option, str) and re.search(rf"\b{re.escape(option.lower())}\b", lowered):
            return option
    return options[0]


def _number(schema: Mapping[str, Any], words: Words, *, whole: bool) -> float | int:
    value = words.number()
    value = max(value, float(schema.get("minimum", value)))
    value = min(value, float(schema.get("maximum", value)))
    return int(value) if whole or value == int(value) else value


def _string(schema: Mapping[str, Any], words: Words, name: str) -> str:
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    text = words.string(name)
    short = int(schema.get("minLength", 0))
    text = text if len(text) >= short else text.ljust(short, ".")
    return text[: int(schema["maxLength"])] if "maxLength" in schema else text
