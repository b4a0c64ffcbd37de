"""Values against JSON schemas: which place is wrong, and why, in words that a model understands.

A small part of JSON Schema 2020-12, without a dependency: the keywords that structures and tools
are described with. Anything else is taken to allow everything, so that no right value is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]
"""A JSON schema."""

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "integer": (int,),
    "number": (int, float),
}
_MAX_DEPTH = 100


class Validator:
    """Checks values by schemas that may refer to the definitions of ``root``."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._depth = 0

    def check(self, value: object, schema: object, place: str) -> Iterator[str]:
        """What is wrong, as ``place: reason``."""
        if schema is False:
            yield _at(place, "is not allowed")
        if not isinstance(schema, Mapping) or self._depth > _MAX_DEPTH:
            return
        self._depth += 1
        try:
            if isinstance(schema.get("$ref"), str):
                yield from self.check(value, self._resolve(schema["$ref"]), place)
            wrong_type = _type_problem(value, schema.get("type"))
            if wrong_type:
                yield _at(place, wrong_type)
                return
            yield from _constant(value, schema, place)
            yield from self._combined(value, schema, place)
            if isinstance(value, dict):
                yield from self._object(value, schema, place)
            elif isinstance(value, list):
                yield from self._array(value, schema, place)
            elif isinstance(value, str):
                yield from _string(value, schema, place)
            elif isinstance(value, int | float) and not isinstance(value, bool):
                yield from _number(value, schema, place)
        finally:
            self._depth -= 1

    def _resolve(self, reference: str) -> object:
        if not reference.startswith("#"):
            return None  # another document: nothing is known
        found: Any = self._root
        for step in reference.lstrip("#").strip("/").split("/"):
            if step:
                name = step.replace("~1", "/").replace("~0", "~")
                found = found.get(name) if isinstance(found, Mapping) else None
        return found

    def _fits(self, value: object, schema: object) -> bool:
        return next(self.check(value, schema, ""), None) is None

    def _combined(self, value: object, schema: Schema, place: str) -> Iterator[str]:
        for each in schema.get("allOf") or ():
            yield from self.check(value, each, place)
        any_of = schema.get("anyOf")
        if any_of and not any(self._fits(value, each) for each in any_of):
            yield from self._none_fits(value, any_of, place)
        one_of = schema.get("oneOf")
        if one_of:
            fitting = sum(self._fits(value, each) for each in one_of)
            if fitting == 0:
                yield from self._none_fits(value, one_of, place)
            elif fitting > 1:
                yield _at(place, "fits several of the forms, of which it must fit one")
        if "not" in schema and self._fits(value, schema["not"]):
            yield _at(place, "has a form that is not allowed")

    def _none_fits(self, value: object, schemas: Sequence[object], place: str) -> Iterator[str]:
        """Why no form fits: the problems of the one that is nearest, else a summary."""
        near = [s for s in schemas if not _type_problem(value, self._type_of(s))]
        if len(near) == 1:
            yield from self.check(value, near[0], place)
        else:
            yield _at(place, f"fits none of the {len(schemas)} forms that are allowed")

    def _type_of(self, schema: object) -> object:
        if isinstance(schema, Mapping) and isinstance(schema.get("$ref"), str):
            schema = self._resolve(schema["$ref"])
        return schema.get("type") if isinstance(schema, Mapping) else None

    def _object(self, value: Mapping[str, object], schema: Schema, place: str) -> Iterator[str]:
        properties = schema.get("properties") or {}
        for name in schema.get("required") or ():
            if name not in value:
                yield _at(place, f"the property {name!r} is missing")
        patterns = schema.get("patternProperties") or {}
        for name, each in value.items():
            inside = f"{place}.{name}" if place else str(name)
            matching = [s for pattern, s in patterns.items() if re.search(pattern, name)]
            for found in matching:
                yield from self.check(each, found, inside)
            if name in properties:
                yield from self.check(each, properties[name], inside)
            elif not matching and schema.get("additionalProperties") is False:
                yield _at(place, f"the property {name!r} is not allowed")
            elif not matching:
                yield from self.check(each, schema.get("additionalProperties"), inside)
        yield from _size(
            len(value), schema, ("minProperties", "maxProperties"), place, "properties"
        )

    def _array(self, value: Sequence[object], schema: Schema, place: str) -> Iterator[str]:
        first = schema.get("prefixItems") or ()
        for number, each in enumerate(value):
            expected = first[number] if number < len(first) else schema.get("items")
            yield from self.check(each, expected, f"{place}[{number}]")
        yield from _size(len(value), schema, ("minItems", "maxItems"), place, "items")
        if schema.get("uniqueItems") is True:
            texts = [json.dumps(each, sort_keys=True) for each in value]
            if len(set(texts)) < len(texts):
                yield _at(place, "holds an item twice")


def _at(place: str, reason: str) -> str:
    return f"{place or 'the answer'}: {reason}"


def _type_problem(value: object, wanted: object) -> str | None:
    names = wanted if isinstance(wanted, list | tuple) else [wanted] if wanted else []
    known = [name for name in names if isinstance(name, str) and name in _TYPES]
    if not known or len(known) < len(names) or any(_is(value, name) for name in known):
        return None
    return f"must be {' or '.join(known)}, is {_name_of(value)}"


def _is(value: object, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[name])


def _name_of(value: object) -> str:
    return next((name for name in _TYPES if _is(value, name)), type(value).__name__)


def _constant(value: object, schema: Schema, place: str) -> Iterator[str]:
    allowed = schema.get("enum")
    if allowed is None and "const" in schema:
        allowed = [schema["const"]]
    if allowed is not None and not any(_same(value, each) for each in allowed):
        shown = ", ".join(json.dumps(each, ensure_ascii=False, default=str) for each in allowed)
        yield _at(place, f"must be one of {shown[:300]}")


def _same(one: object, other: object) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _string(value: str, schema: Mapping[str, object], place: str) -> Iterator[str]:
    yield from _size(len(value), schema, ("minLength", "maxLength"), place, "characters")
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        try:
            matched = re.search(pattern, value) is not None
        except re.error:
            return  # ECMA's, not Python's: nothing is known
        if not matched:
            yield _at(place, f"does not match the pattern {pattern}")


def _number(value: float, schema: Mapping[str, object], place: str) -> Iterator[str]:
    least, most = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if isinstance(least, int | float) and value < least:
        yield _at(place, f"must be at least {least}")
    if isinstance(most, int | float) and value > most:
        yield _at(place, f"must be at most {most}")
    if isinstance(above, int | float) and not isinstance(above, bool) and value <= above:
        yield _at(place, f"must be more than {above}")
    if isinstance(below, int | float) and not isinstance(below, bool) and value >= below:
        yield _at(place, f"must be less than {below}")
    step = schema.get("multipleOf")
    if isinstance(step, int | float) and step and abs(value / step - round(value / step)) > 1e-9:
        yield _at(place, f"must be a multiple of {step}")


def _size(
    size: int, schema: Mapping[str, object], names: tuple[str, str], place: str, what: str
) -> Iterator[str]:
    least, most = (schema.get(name) for name in names)
    if isinstance(least, int) and size < least:
        yield _at(place, f"has {size} {what}, needs {least} or more")
    if isinstance(most, int) and size > most:
        yield _at(place, f"has {size} {what}, may have {most}")
