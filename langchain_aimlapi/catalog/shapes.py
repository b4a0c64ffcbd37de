"""One request schema of the documentation -> the `Shape` that it describes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from langchain_aimlapi.catalog.schema import (
    Schema,
    branches,
    flatten,
    is_closed,
    param_of,
    shallow,
    types_of,
    words,
)
from langchain_aimlapi.catalog.shape import (
    CHAT,
    MESSAGES,
    RESPONSES,
    Param,
    RoleFacts,
    Shape,
)

_BY_NAME_ONLY = ("tools", "tool_choice", "response_format")
# Names that were not read where this schema was: nothing is known of them, they are not absent.
UNREAD = "x-unread"
ANY_TYPE = "*"
# Which path of a model is tried first.
PREFERENCE = {CHAT: 0, RESPONSES: 1, MESSAGES: 2}


def shape_of(path: str, schema: Schema) -> Shape:
    """What ``schema`` accepts at ``path``."""
    schema = flatten(schema)
    if path == RESPONSES:
        return _responses(schema)
    if path in (CHAT, MESSAGES):
        return _conversation(path, schema)
    return Shape(
        path=path,
        dialect="none",
        params=_params(schema, without=("model",)),
        required=_required(schema, without=("model",)),
        closed=is_closed(schema),
        streams=_streams(schema),
    )


# --- the body -----


def _params(schema: Schema, *, without: tuple[str, ...]) -> dict[str, Param]:
    return {
        name: shallow(value) if name in _BY_NAME_ONLY and not _is_word(value) else param_of(value)
        for name, value in schema.get("properties", {}).items()
        if name not in without
    }


def _is_word(schema: Schema) -> bool:
    """Whether a value is a word (the format of images and speech), and no object."""
    return types_of(schema) == ("string",)


def _required(schema: Schema, *, without: tuple[str, ...]) -> frozenset[str]:
    return frozenset(schema.get("required", ())) - frozenset(without)


def _streams(schema: Schema) -> bool:
    """``stream`` is declared and not pinned to false (most speech models pin it)."""
    if "params" in schema.get(UNREAD, ()):
        return True
    declared = schema.get("properties", {}).get("stream")
    return declared is not None and True in declared.get("enum", (True,))


# --- messages -----


def _conversation(path: str, schema: Schema) -> Shape:
    properties = schema.get("properties", {})
    forms = [each for each in branches(properties.get("messages", {})) if "items" in each]
    own = "messages" if path == MESSAGES else "completions"
    shapes = {}
    for form in forms:
        roles, parts, calls = _roles(form)
        spoken = "messages" if "tool_result" in parts or "tool_use" in parts else "completions"
        tools, defs = _tools(properties, anthropic=spoken == "messages")
        shapes[spoken] = _one_form(path, schema, spoken, roles, parts, calls, tools, defs)
    if not shapes:
        tools, defs = _tools(properties, anthropic=path == MESSAGES)
        return _one_form(path, schema, own, {}, {}, {}, tools, defs)
    first = shapes.pop(own, None) or shapes.pop("messages", None) or shapes.pop("completions")
    if not shapes:
        return first
    other = shapes.popitem()[1]
    return replace(first, other=other, accepts_anthropic=other.dialect == "messages")


def _one_form(
    path: str,
    schema: Schema,
    spoken: Any,
    roles: dict[str, RoleFacts],
    parts: dict[str, dict[str, Any]],
    calls: dict[str, Param],
    tools: frozenset[str],
    defs: dict[str, Param],
) -> Shape:
    properties = schema.get("properties", {})
    strings, objects = tool_choices(properties.get("tool_choice"))
    unread = schema.get(UNREAD, ())
    known = "tools" not in unread
    return Shape(
        path=path,
        dialect=spoken,
        roles=roles,
        parts=parts,
        tools=tools if known else None,
        tool_defs=defs,
        call_defs=calls,
        function_keys=_function_keys(defs),
        tool_choice_strings=strings if known else None,
        tool_choice_objects=objects if known else None,
        response_formats=(
            None if "response_format" in unread else _formats(properties.get("response_format"))
        ),
        params=None if "params" in unread else _params(schema, without=("model", "messages")),
        required=_required(schema, without=("model", "messages")),
        closed=is_closed(schema),
        streams=_streams(schema),
    )


def _roles(
    form: Schema,
) -> tuple[dict[str, RoleFacts], dict[str, dict[str, object]], dict[str, Param]]:
    roles: dict[str, RoleFacts] = {}
    parts: dict[str, dict[str, Any]] = {}
    calls: dict[str, Param] = {}
    for message in branches(form["items"]):
        found = _part_schemas(message.get("properties", {}).get("content", {}))
        for name, schema in found:
            parts[name] = _merge(parts.get(name), _part(name, schema))
        facts_of_role = _role(message, frozenset(name for name, _ in found))
        for role in words(message, "role"):
            roles[role] = facts_of_role
        for call in branches(message.get("properties", {}).get("tool_calls", {}).get("items", {})):
            calls |= {kind: param_of(call) for kind in words(call, "type")}
    return roles, parts, calls


def _role(message: Schema, parts: frozenset[str]) -> RoleFacts:
    content = message.get("properties", {}).get("content", {})
    types = {t for each in branches(content) for t in types_of(each)}
    if _takes_anything(message):
        types |= {"string", "array", "null"}
    limits = [each["maxItems"] for each in branches(content) if "maxItems" in each]
    return RoleFacts(
        string="string" in types,
        list="array" in types,
        null="null" in types,
        absent="content" not in message.get("required", ()),
        parts=None if "array" in types and not parts else parts,
        keys=frozenset(message.get("properties", ())),
        closed=is_closed(message),
        max_parts=min(limits) if limits else None,
        required=frozenset(message.get("required", ())) - {"role", "content"},
    )


def _takes_anything(message: Schema) -> bool:
    """Whether a branch of the content says nothing, as the live ones of assistants do; or nothing
    is said of a content, in a message that is open."""
    content = message.get("properties", {}).get("content")
    if content is None:
        return not is_closed(message)
    return any(not each for each in branches(content))


def _part_schemas(content: Schema) -> list[tuple[str, Schema]]:
    """(type, schema) of every part that a content list may hold."""
    return [
        (name, part)
        for each in branches(content)
        if each.get("items")
        for part in branches(each["items"])
        for name in words(part, "type")
    ]


def _part(name: str, schema: Schema) -> dict[str, Any]:
    """Facts of one part type."""
    properties = schema.get("properties", {})
    facts: dict[str, Any] = {
        "keys": sorted(properties),
        "required": sorted(schema.get("required", ())),
        "closed": is_closed(schema),
    }
    value = properties.get(name, {})
    if value.get("properties"):
        facts["value_keys"] = sorted(value["properties"])
        if formats := words(value, "format"):
            facts["format"] = sorted(formats)
    if sources := _sources(properties.get("source", {})):
        facts["sources"] = sources
        facts["source_types"] = sorted(sources)
        media = {m for each in sources.values() for m in each.get("media_types", ())}
        facts["media_types"] = sorted(media)
    if name == "tool_result":
        inner = _part_schemas(properties.get("content", {}))
        facts["content_parts"] = sorted({kind for kind, _ in inner})
    return {key: value for key, value in facts.items() if value is not False}


def _sources(schema: Schema) -> dict[str, dict[str, Any]]:
    """Source type -> what such a source holds."""
    found: dict[str, dict[str, Any]] = {}
    for each in branches(schema):
        for kind in words(each, "type"):
            found[kind] = {
                "keys": sorted(each.get("properties", ())),
                "required": sorted(each.get("required", ())),
            }
            if media := words(each, "media_type"):
                found[kind]["media_types"] = sorted(media)
    return found


def _merge(old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """The same part type in two roles: what both take (they differ only by optional keys)."""
    if old is None or old == new:
        return new
    merged = {**old, **new}
    merged["keys"] = sorted({*old["keys"], *new["keys"]})
    merged["required"] = sorted({*old["required"], *new["required"]})
    return merged


# --- tools -----


def _tools(properties: Schema, *, anthropic: bool) -> tuple[frozenset[str], dict[str, Param]]:
    """Tool forms and their definitions, of the one list form that belongs to the dialect."""
    if "tools" not in properties:
        return frozenset(), {}
    lists = [dict(_tool_forms(each)) for each in branches(properties["tools"]) if "items" in each]
    fitting = [each for each in lists if ("anthropic" in each) is anthropic] or lists
    defs = next(iter(fitting), {})
    return frozenset(defs), {name: form for name, form in defs.items() if name != ANY_TYPE}


def _tool_forms(tools: Schema) -> Iterator[tuple[str, Param]]:
    for tool in branches(tools.get("items", {})):
        names = words(tool, "type")
        if "input_schema" in tool.get("properties", {}):
            names = ["anthropic"]
        for name in names or [ANY_TYPE]:
            yield name, param_of(tool)


def _function_keys(defs: dict[str, Param]) -> frozenset[str] | None:
    """The keys that a definition may hold; None where it is open or unknown."""
    tool = defs.get("anthropic")
    if tool is None and "function" in defs:
        tool = defs["function"].properties.get("function", Param())
    return frozenset(tool.properties) if tool is not None and tool.closed else None


def tool_choices(schema: Schema | None) -> tuple[frozenset[str], frozenset[str]]:
    """Accepted strings, and accepted ``type`` values of an object that names a real tool."""
    strings: set[str] = set()
    objects: set[str] = set()
    for each in branches(schema or {}):
        strings |= {value for value in each.get("enum", ()) if isinstance(value, str)}
        if "properties" not in each:
            continue
        for name in words(each, "type") or [ANY_TYPE]:
            # some schemas print {"custom": "name"}: a slip, the literal word instead of an object
            if "enum" not in each["properties"].get(name, {}):
                objects.add(name)
    return frozenset(strings), frozenset(objects)


def _formats(schema: Schema | None) -> frozenset[str]:
    return frozenset(name for each in branches(schema or {}) for name in words(each, "type"))


# --- /v1/responses -----


def _responses(schema: Schema) -> Shape:
    properties = schema.get("properties", {})
    lists = [each for each in branches(properties.get("input", {})) if "items" in each]
    items = [item for each in lists for item in branches(each["items"])]
    strings, objects = tool_choices(properties.get("tool_choice"))
    defs: dict[str, Param] = {}
    for each in branches(properties.get("tools", {})):
        defs |= dict(_tool_forms(each)) if "items" in each else {}
    formats = properties.get("text", {}).get("properties", {}).get("format")
    roles, parts = _input_roles(items)
    return Shape(
        path=RESPONSES,
        dialect="responses",
        roles=roles,
        parts=parts,
        tools=frozenset(defs),
        tool_defs={name: form for name, form in defs.items() if name != ANY_TYPE},
        tool_choice_strings=strings,
        tool_choice_objects=objects,
        response_formats=_formats(formats),
        params=_params(schema, without=("model", "input")),
        required=_required(schema, without=("model", "input")),
        closed=is_closed(schema),
        streams=_streams(schema),
        items=_input_items(items),
    )


def _is_output(item: Schema) -> bool:
    return words(item, "role") == ["assistant"]


def _input_items(items: list[Schema]) -> dict[str, Param]:
    """Item type -> facts. A model's own message (with id and status) is ``output_message``; the
    short message form, whose content may be a string, is ``message``."""
    found: dict[str, Param] = {}
    for item in items:
        for name in words(item, "type"):
            key = "output_message" if name == "message" and _is_output(item) else name
            found.setdefault(key, param_of(item))
    return found


def _input_roles(items: list[Schema]) -> tuple[dict[str, RoleFacts], dict[str, dict[str, object]]]:
    roles: dict[str, RoleFacts] = {}
    parts: dict[str, dict[str, Any]] = {}
    for item in items:
        if "role" not in item.get("properties", {}):
            continue
        found = _part_schemas(item["properties"].get("content", {}))
        parts |= {name: _part(name, part) for name, part in found}
        for role in words(item, "role"):
            if not _is_output(item):
                roles.setdefault(role, _role(item, frozenset(n for n, _ in found)))
    return roles, parts
