"""JSON schema -> `Param`, and the small questions that the shape readers ask of a schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from langchain_aimlapi.catalog.shape import Param

Schema = dict[str, Any]

_PLAIN = {
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "above",
    "maxItems": "max_items",
    "minItems": "min_items",
    "maxLength": "max_length",
    "minLength": "min_length",
    "pattern": "pattern",
    "default": "default",
}


def branches(schema: Schema) -> Iterator[Schema]:
    """The alternatives of a union, however deep; the schema itself where it is none.

    ``oneOf`` counts as ``anyOf``: the unions of this API differ by ``type`` or ``role``.
    """
    for word in ("anyOf", "oneOf"):
        if word in schema:
            for each in schema[word]:
                yield from branches(each)
            return
    yield schema


def types_of(schema: Schema) -> tuple[str, ...]:
    """The declared JSON types; empty where the schema does not say."""
    types = schema.get("type", ())
    return (types,) if isinstance(types, str) else tuple(types)


def words(schema: Schema, name: str) -> list[str]:
    """The closed set of strings of property ``name``; empty where it is open or absent."""
    return [each for each in schema.get("properties", {}).get(name, {}).get("enum", ()) if each]


def is_closed(schema: Schema) -> bool:
    """Whether undeclared keys are refused."""
    return schema.get("additionalProperties") is False


def flatten(schema: Schema) -> Schema:
    """A top-level ``allOf`` as one object."""
    if "allOf" not in schema:
        return schema
    merged: Schema = {k: v for k, v in schema.items() if k != "allOf"}
    for each in map(flatten, schema["allOf"]):
        merged["properties"] = {**merged.get("properties", {}), **each.get("properties", {})}
        merged["required"] = sorted({*merged.get("required", ()), *each.get("required", ())})
        for key, value in each.items():
            merged.setdefault(key, value)
    return merged


def param_of(schema: Any) -> Param:
    """What a schema says, as a `Param`. ``format`` is not kept: the API does not enforce it."""
    if not isinstance(schema, dict):
        return Param()
    if "anyOf" in schema or "oneOf" in schema:
        return union([param_of(each) for each in _narrowed(schema)], default=schema.get("default"))
    fields: dict[str, Any] = {name: schema[key] for key, name in _PLAIN.items() if key in schema}
    if "enum" in schema:
        fields["enum"] = tuple(schema["enum"])
    if schema.get("items"):
        fields["items"] = param_of(schema["items"])
    if schema.get("properties"):
        fields["properties"] = {k: param_of(v) for k, v in schema["properties"].items()}
    rest = schema.get("additionalProperties")
    if rest and rest is not True:
        fields["values"] = param_of(rest)
    return Param(
        types=types_of(schema),
        required=tuple(sorted(schema.get("required", ()))),
        closed=rest is False,
        **fields,
    )


def _narrowed(schema: Schema) -> list[Schema]:
    """The alternatives of a union, each with what stands beside the union. One schema prints
    ``enum`` there, with figures beside a string's closed set of the same figures as text."""
    beside = {k: v for k, v in schema.items() if k not in ("anyOf", "oneOf", "default")}
    found = []
    for each in branches(schema):
        narrow = {**beside, **each}
        if "enum" in beside and "enum" in each:
            narrow["enum"] = [value for value in each["enum"] if value in beside["enum"]]
        if narrow.get("enum") != []:
            found.append(narrow)
    return found


def shallow(schema: Schema) -> Param:
    """Only the JSON types and the length of a list."""
    found = list(branches(schema))
    lengths = [each["maxItems"] for each in found if "maxItems" in each]
    return Param(
        types=tuple(dict.fromkeys(t for each in found for t in types_of(each))),
        max_items=min(lengths) if lengths else None,
    )


def union(variants: list[Param], *, default: object = None) -> Param:
    """One `Param` for "at least one of these"."""
    distinct = [each for n, each in enumerate(variants) if each not in variants[:n]]
    bare = {each.types for each in distinct if each == Param(types=each.types)}
    # a plain "string" swallows every narrower string beside it
    distinct = [
        each
        for each in distinct
        if each == Param(types=each.types) or each.types not in bare or not each.types
    ]
    if len(distinct) == 1:
        only = distinct[0]
        return only if default is None else replace(only, default=default)
    if _disjoint(distinct):
        return _joined(distinct, default)
    return Param(
        types=_all_types(distinct),
        default=default,
        enum=_joint_enum(distinct),
        properties=_joint_properties(distinct),
        required=_joint_required(distinct),
        variants=tuple(distinct),
    )


def _all_types(variants: list[Param]) -> tuple[str, ...]:
    if not all(each.types for each in variants):
        return ()
    return tuple(dict.fromkeys(t for each in variants for t in each.types))


def _disjoint(variants: list[Param]) -> bool:
    """Whether each variant speaks of other JSON types, so that their limits cannot collide."""
    seen: set[str] = set()
    for each in variants:
        mine = {"number" if t == "integer" else t for t in each.types}
        if not mine or mine & seen or each.enum is not None or each.variants:
            return False
        seen |= mine
    return True


def _joined(variants: list[Param], default: Any) -> Param:
    fields: dict[str, Any] = {}
    names = (
        "minimum maximum above max_items min_items max_length min_length pattern "
        "properties required closed items values"
    )
    for each in variants:
        fields |= {name: limit for name in names.split() if (limit := getattr(each, name))}
        # 0 is a limit too
        fields |= {n: 0 for n in ("minimum", "maximum") if getattr(each, n) == 0}
    return Param(types=_all_types(variants), default=default, **fields)


def _joint_enum(variants: list[Param]) -> tuple[object, ...] | None:
    values: list[Any] = []
    for each in variants:
        if each.enum is None:
            return None
        values += [v for v in each.enum if v not in values]
    return tuple(values)


def _joint_properties(variants: list[Param]) -> dict[str, Param]:
    """Every property that some variant names: what a reader may set, in one of the variants."""
    names = sorted({name for each in variants for name in each.properties})
    return {
        name: union([each.properties[name] for each in variants if name in each.properties])
        for name in names
    }


def _joint_required(variants: list[Param]) -> tuple[str, ...]:
    if not all(each.types == ("object",) for each in variants):
        return ()
    return tuple(sorted(set.intersection(*(set(each.required) for each in variants))))
