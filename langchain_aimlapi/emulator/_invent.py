"""Values that fit a JSON schema, made from the words of the prompt. Pure and deterministic."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from langchain_aimlapi.emulator._samples import matching

Schema = Mapping[str, Any]
"""A JSON schema."""

MAX_DEPTH = 40
DEFAULT_NUMBER = 3
# A schema that refers to itself is followed once into itself and then brought to its end.
MAX_RETURNS = 1
_QUOTED = re.compile(r"(?<!\w)'([^'\n]+)'(?!\w)|\"([^\"\n]+)\"|`([^`\n]+)`")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w])")
_PLACE = re.compile(r"\b(?:in|for|at|of)\s+((?:[^\W\d_a-z][\w'-]*)(?:\s+[^\W\d_a-z][\w'-]*)*)")
_PLACE_NAMES = frozenset({"location", "city", "place", "country", "town", "region"})
_FORMATS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "P1D",
    "email": "ada@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
MAX_PROMPT = 20_000


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
        text = text[:MAX_PROMPT]
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


class _Endless(Exception):
    """A schema that leads into itself again; whoever can do without this value leaves it out."""


def invent(schema: Mapping[str, object], prompt: str) -> object:
    """A value that the schema accepts, with the prompt's own words and numbers in it."""
    try:
        return _Inventor(schema, Words.of(prompt)).value(schema, "", ())
    except _Endless:
        return {}


class _Inventor:
    """Walks a schema; ``trail`` are the references that led to the present place."""

    def __init__(self, root: Schema, words: Words) -> None:
        self._root = root
        self._words = words

    def value(self, schema: Any, name: str, trail: tuple[str, ...]) -> Any:
        if schema is True or not isinstance(schema, Mapping):
            return {}
        schema, trail = self._resolve(schema, trail)
        if len(trail) > MAX_DEPTH:
            raise _Endless
        if "const" in schema:
            return schema["const"]
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return self._choice(schema["enum"])
        for key in ("anyOf", "oneOf"):
            if isinstance(schema.get(key), list) and schema[key]:
                return self._first(schema, key, name, trail)
        if isinstance(schema.get("allOf"), list) and schema["allOf"]:
            return self.value(self._merged(schema, trail), name, (*trail, ""))
        return self._typed(schema, name, (*trail, ""))

    def _resolve(self, schema: Schema, trail: tuple[str, ...]) -> tuple[Schema, tuple[str, ...]]:
        """The schema behind its references. Raises `_Endless` on the way back into itself."""
        while isinstance(schema.get("$ref"), str):
            ref = schema["$ref"]
            if trail.count(ref) > MAX_RETURNS or len(trail) > MAX_DEPTH:
                raise _Endless
            trail = (*trail, ref)
            found = self._pointed(ref)
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            schema = {**found, **{k: v for k, v in beside.items() if k not in found}}
            if "$ref" in beside or "$ref" not in found:
                schema = {key: value for key, value in schema.items() if key != "$ref"}
        return schema, trail

    def _pointed(self, ref: str) -> Mapping[str, object]:
        found: Any = self._root
        if not ref.startswith("#"):
            return {}
        for step in filter(None, unquote(ref[1:]).split("/")):
            step = step.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and step.isdecimal() and int(step) < len(found):
                found = found[int(step)]
            else:
                found = found.get(step, {}) if isinstance(found, Mapping) else {}
        return found if isinstance(found, Mapping) else {}

    def _first(self, schema: Schema, key: str, name: str, trail: tuple[str, ...]) -> object:
        """The first form that comes to an end, before ``null``."""
        base = {k: v for k, v in schema.items() if k != key}
        options = [one for one in schema[key] if isinstance(one, Mapping)]
        options.sort(key=lambda one: one.get("type") == "null")
        for option in options:
            try:
                joined = _joined(base, option) if "properties" in base else option
                return self.value(joined, name, trail)
            except _Endless:
                continue
        raise _Endless

    def _merged(self, schema: Schema, trail: tuple[str, ...]) -> Mapping[str, object]:
        merged: Schema = {k: v for k, v in schema.items() if k != "allOf"}
        for part in schema["allOf"]:
            if isinstance(part, Mapping):
                merged = _joined(merged, self._resolve(part, trail)[0])
        return merged

    def _typed(self, schema: Schema, name: str, trail: tuple[str, ...]) -> object:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "null")
        if kind is None:
            kind = _kind_by_keywords(schema)
        if kind == "object":
            return self._object(schema, trail)
        if kind == "array":
            return self._array(schema, name, trail)
        if kind in ("integer", "number"):
            return _number(schema, self._words, whole=kind == "integer")
        if kind == "boolean":
            return True
        return None if kind == "null" else _string(schema, self._words, name)

    def _object(self, schema: Mapping[str, object], trail: tuple[str, ...]) -> dict[str, object]:
        made: dict[str, Any] = {}
        required = schema.get("required")
        needed = set(map(str, required)) if isinstance(required, list) else set()
        properties = schema.get("properties")
        fields = properties if isinstance(properties, Mapping) else {}
        for key, child in fields.items():
            if child is False:
                continue
            try:
                made[key] = self.value(child, str(key), trail)
            except _Endless:
                if key in needed:
                    raise
        rest = schema.get("additionalProperties")
        for key in sorted(needed - made.keys()):
            made[key] = self.value(rest if isinstance(rest, Mapping) else {}, key, trail)
        least = schema.get("minProperties", 0)
        number = 0
        while isinstance(least, int) and len(made) < min(least, 20):
            number += 1
            made[f"key_{number}"] = self.value(rest, f"key_{number}", trail)
        return made

    def _array(
        self, schema: Mapping[str, object], name: str, trail: tuple[str, ...]
    ) -> list[object]:
        least, most = _bound(schema.get("minItems"), 0), _bound(schema.get("maxItems"), 100)
        first = schema.get("prefixItems")
        made = [self.value(one, name, trail) for one in first] if isinstance(first, list) else []
        items = schema.get("items", {"type": "string"})
        count = min(max(1, least), most, 100)
        if items is False:
            return made
        try:
            while len(made) < count:
                made.append(self.value(items, name, trail))
        except _Endless:
            if least > len(made):
                raise
        return _distinct(made) if schema.get("uniqueItems") is True else made

    def _choice(self, options: Sequence[object]) -> object:
        lowered = self._words.text.lower()
        for option in options:
            word = option.lower() if isinstance(option, str) else ""
            if word and re.search(rf"\b{re.escape(word)}\b", lowered):
                return option
        return options[0]


def _joined(one: Schema, other: Schema) -> Schema:
    """Both schemas at once."""
    made = {**one, **other}
    fields = [part["properties"] for part in (one, other) if _is_map(part.get("properties"))]
    if fields:
        made["properties"] = {key: value for part in fields for key, value in part.items()}
    needed = [part["required"] for part in (one, other) if isinstance(part.get("required"), list)]
    if needed:
        made["required"] = [name for part in needed for name in part]
    return made


def _is_map(value: object) -> bool:
    return isinstance(value, Mapping)


def _kind_by_keywords(schema: Mapping[str, object]) -> str:
    kinds = (
        ("object", ("properties", "required", "additionalProperties")),
        ("array", ("items", "prefixItems", "minItems")),
        ("number", ("minimum", "maximum", "exclusiveMinimum", "multipleOf")),
    )
    return next((kind for kind, keys in kinds if any(key in schema for key in keys)), "string")


def _bound(value: Any, default: int) -> int:
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value
    return int(min(value, 1000)) if whole else default


def _distinct(made: list[Any]) -> list[object]:
    """The same list without equal values; equal texts and numbers are compared first."""
    seen: list[object] = []
    for value in made:
        number = 1
        while value in seen and isinstance(value, str | int) and not isinstance(value, bool):
            number += 1
            value = f"{value} {number}" if isinstance(value, str) else value + 1
        if value not in seen:
            seen.append(value)
    return seen


def _limits(schema: Mapping[str, object], step: float) -> Iterator[tuple[str, float]]:
    for key in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"):
        value = schema.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            moved = step if key == "exclusiveMinimum" else -step if key == "exclusiveMaximum" else 0
            yield ("low" if "inimum" in key else "high"), value + moved


def _number(schema: Mapping[str, object], words: Words, *, whole: bool) -> float | int:
    value = words.number()
    for side, limit in _limits(schema, 1 if whole else 0.001):
        value = max(value, limit) if side == "low" else min(value, limit)
    factor = schema.get("multipleOf")
    if isinstance(factor, int | float) and factor > 0:
        lows = [limit for side, limit in _limits(schema, 0) if side == "low"]
        steps = round(value / factor)
        value = steps * factor if not lows or steps * factor >= max(lows) else (steps + 1) * factor
    return int(value) if whole or value == int(value) else value


def _string(schema: Schema, words: Words, name: str) -> str:
    known = _FORMATS.get(schema["format"]) if isinstance(schema.get("format"), str) else None
    if known is not None:
        return known
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        return matching(pattern, words.string(name))
    text = words.string(name)
    text = text.ljust(_bound(schema.get("minLength"), 0), ".")
    return text[: _bound(schema.get("maxLength"), len(text))]
