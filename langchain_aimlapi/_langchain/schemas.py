"""JSON schemas of structures and tools: as they are sent, and as a strict model takes them.

``$ref``s are written out where that is possible, since not every vendor follows them; a schema
that contains itself is sent whole, with its ``$defs``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeGuard, cast
from weakref import WeakKeyDictionary

from langchain_core.utils.json_schema import dereference_refs
from pydantic import BaseModel

Json = dict[str, Any]
# Where a schema holds further ones: by name, in a list, alone.
_BY_NAME = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
_IN_LIST = ("anyOf", "oneOf", "allOf", "prefixItems")
_ALONE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
_DEFINITIONS = ("$defs", "definitions")
_SELF_CONTAINED: WeakKeyDictionary[type[BaseModel], bool] = WeakKeyDictionary()


def is_model_class(schema: object) -> TypeGuard[type[BaseModel]]:
    """Whether ``schema`` is a class of pydantic 2 (not one of its v1 compatibility)."""
    return isinstance(schema, type) and issubclass(schema, BaseModel)


def is_recursive_class(
    schema: type[BaseModel], shown: Callable[[], type[BaseModel]] | None = None
) -> bool:
    """Whether values of a pydantic class may contain values of the same class, at any depth.

    Args:
        shown: Gives the part of the class that a model sees, where that is not all: what is
            injected into a tool may have no JSON schema.
    """
    known = _SELF_CONTAINED.get(schema)
    if known is None:
        seen = schema if shown is None else shown()
        known = _SELF_CONTAINED[schema] = is_recursive(seen.model_json_schema())
    return known


def class_schema(schema: type[BaseModel]) -> Json:
    """The JSON schema of a pydantic class, without the titles that pydantic makes up."""
    whole = written_out(schema.model_json_schema())
    return changed(whole, lambda each: {k: v for k, v in each.items() if k != "title"})


def written_out(schema: Mapping[str, Any]) -> Json:
    """The schema without ``$ref``s, unless it contains itself; an object at its top."""
    whole = changed(schema, _unwrapped)
    if (
        isinstance(whole.get("$ref"), str) and "properties" not in whole
    ):  # vendors want an object at the top
        whole = {**_resolved(whole.pop("$ref"), whole), **whole}
    if any(key in whole for key in _DEFINITIONS) and not is_recursive(whole):
        whole = dereference_refs(whole)
        whole = {key: value for key, value in whole.items() if key not in _DEFINITIONS}
    return whole


def _unwrapped(schema: Json) -> Json:
    """The schema without an ``allOf`` around one other, in which pydantic before 2.10 put every
    ``$ref`` that has something beside it, and strict models do not know."""
    inner = schema.get("allOf")
    if not isinstance(inner, list) or len(inner) != 1 or not isinstance(inner[0], Mapping):
        return schema
    rest = {key: value for key, value in schema.items() if key != "allOf"}
    return schema if inner[0].keys() & rest.keys() else {**inner[0], **rest}


def _resolved(reference: str, root: Mapping[str, object]) -> Mapping[str, object]:
    """The definition in ``root`` that a reference names; empty where there is none."""
    place = reference.split("/")
    if len(place) != 3 or place[0] != "#" or place[1] not in _DEFINITIONS:
        return {"$ref": reference}
    definitions = root.get(place[1])
    found = definitions.get(place[2]) if isinstance(definitions, Mapping) else None
    return found if isinstance(found, Mapping) else {"$ref": reference}


def changed(schema: Mapping[str, Any], change: Callable[[Json], Json]) -> Json:
    """A copy of the schema in which every schema, the inner ones first, is changed."""
    made = dict(schema)
    for key in _BY_NAME:
        if isinstance(made.get(key), Mapping):
            made[key] = {
                name: changed(each, change) if isinstance(each, Mapping) else each
                for name, each in made[key].items()
            }
    for key in _IN_LIST:
        if isinstance(made.get(key), list):
            made[key] = [changed(e, change) if isinstance(e, Mapping) else e for e in made[key]]
    for key in _ALONE:
        if isinstance(made.get(key), Mapping):
            made[key] = changed(made[key], change)
    return change(made)


def parts(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schema and every schema inside it; references are not followed."""
    yield schema
    inner: list[Any] = [schema.get(key) for key in _ALONE]
    for key in _BY_NAME:
        found = schema.get(key)
        inner += list(found.values()) if isinstance(found, Mapping) else []
    for key in _IN_LIST:
        found = schema.get(key)
        inner += found if isinstance(found, list) else []
    for each in inner:
        if isinstance(each, Mapping):
            yield from parts(each)


def is_recursive(schema: Mapping[str, object]) -> bool:
    """Whether a reference of the schema leads, by whatever way, to itself."""
    graph: dict[str, set[str]] = {"#": _references(schema, with_definitions=False)}
    for key in _DEFINITIONS:
        found = schema.get(key)
        for name, each in found.items() if isinstance(found, Mapping) else ():
            if isinstance(each, Mapping):
                graph[f"#/{key}/{name}"] = _references(each)
    return any(_leads_to(start, start, graph) for start in graph)


def _references(schema: Mapping[str, object], *, with_definitions: bool = True) -> set[str]:
    body = (
        schema if with_definitions else {k: v for k, v in schema.items() if k not in _DEFINITIONS}
    )
    return {str(each["$ref"]) for each in parts(body) if "$ref" in each}


def _leads_to(start: str, goal: str, graph: Mapping[str, set[str]]) -> bool:
    seen: set[str] = set()
    waiting = list(graph.get(start, ()))
    while waiting:
        name = waiting.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            waiting += graph.get(name, ())
    return False


# --- strict -----

# What constrained decoding knows (OpenAI's guide to structured outputs). A schema that says more
# is sent as it is, without strict: the vendor would refuse it.
_KNOWN = frozenset(
    {
        "type", "properties", "required", "items", "enum", "const", "anyOf", "$ref", "$defs",
        "definitions", "description", "additionalProperties", "pattern", "format", "minimum",
        "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems",
    }
)  # fmt: skip
_FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
)
_ANNOTATIONS = frozenset(
    {"title", "default", "examples", "deprecated", "readOnly", "writeOnly", "discriminator",
     "$schema", "$id", "$comment"}
)  # fmt: skip


class _NotStrict(Exception):
    """The schema allows something that a strict one cannot say."""


def strict_form(schema: Mapping[str, object], *, complete: bool) -> Json | None:
    """The schema as constrained decoding wants it: objects closed, every property required.

    Args:
        schema: Written out, or whole where it contains itself.
        complete: Whether properties that may be left out become required. That is right for a
            class (a value for a default is a value), not for a dictionary's own schema.

    Returns:
        None where the schema cannot be written so without a change of its meaning.
    """
    if schema.get("type") != "object" or "properties" not in schema:
        return None
    try:
        return changed(schema, lambda each: _strict(each, complete=complete))
    except _NotStrict:
        return None


def _strict(schema: Json, *, complete: bool) -> Json:
    made = {key: value for key, value in schema.items() if key not in _ANNOTATIONS}
    if "$ref" in made:  # nothing may stand beside a reference
        return {"$ref": made["$ref"]}
    if "oneOf" in made and "anyOf" not in made:
        made["anyOf"] = made.pop("oneOf")
    if len(made.get("allOf", ())) == 1:
        made = {**made.pop("allOf")[0], **made}
    if not made.keys() <= _KNOWN or made.get("format", "date") not in _FORMATS:
        raise _NotStrict
    if made.get("type") == "object" or "properties" in made:
        return _closed(made, complete=complete)
    if not made.keys() & {"type", "enum", "const", "anyOf"}:
        raise _NotStrict  # anything at all
    return made


def _closed(schema: Json, *, complete: bool) -> Json:
    names = list(schema.get("properties") or ())
    if not names or schema.get("additionalProperties", False) is not False:
        raise _NotStrict  # free keys
    if not complete and set(schema.get("required") or ()) != set(names):
        raise _NotStrict
    return {**schema, "required": names, "additionalProperties": False}


# --- validation -----


def problems(value: object, schema: Mapping[str, object], most: int = 5) -> list[str]:
    """What is wrong with a value by a schema, each with its place; empty where nothing is.

    Knows the keywords that schemas of structures are made of; what it does not know allows all.
    """
    from langchain_aimlapi._langchain.validation import Validator

    found = Validator(cast("Json", schema)).check(value, schema, "")
    return list(dict.fromkeys(found))[:most]
