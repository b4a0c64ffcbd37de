"""The schema of a chat group from a short description of it: roles, parts, tools, parameters.

The gateway's own OpenAPI of August 2026 was transcribed in this short form; what it says once for
all groups (parts, tools, cache marks) stands here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Schema = dict[str, Any]

ANY: Schema = {}
STRING: Schema = {"type": "string"}


def words(*options: Any) -> Schema:
    return {"type": "string", "enum": list(options)}


def record(required: Sequence[str] = (), **properties: Schema) -> Schema:
    """An open object."""
    made: Schema = {"type": "object", "properties": properties}
    if required:
        made["required"] = list(required)
    return made


def nullable(schema: Schema) -> Schema:
    kind = schema.get("type")
    if isinstance(kind, str) and "enum" not in schema:
        return {**schema, "type": [kind, "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


CACHE = record(("type",), type=words("ephemeral"), ttl=words("5m", "1h"))
ROLES = ("user", "assistant", "system", "developer", "tool", "function")
AUDIO_FORMATS = ("wav", "mp3")
PARTS: Mapping[str, Schema] = {
    "text": record(("type", "text"), type=words("text"), text=STRING, cache_control=CACHE),
    "image_url": record(
        ("type", "image_url"),
        type=words("image_url"),
        image_url=record(("url",), url=STRING, detail=words("low", "high", "auto")),
        cache_control=CACHE,
    ),
    "file": record(
        ("type", "file"),
        type=words("file"),
        file=record((), file_data=STRING, file_id=STRING, filename=STRING),
        cache_control=CACHE,
    ),
    "input_audio": record(
        ("type", "input_audio"),
        type=words("input_audio"),
        input_audio=record(("data", "format"), data=STRING, format=words(*AUDIO_FORMATS)),
    ),
    "video_url": record(
        ("type", "video_url"), type=words("video_url"), video_url=record(("url",), url=STRING)
    ),
    "refusal": record(("type", "refusal"), type=words("refusal"), refusal=STRING),
}


def part_list(parts: Iterable[str | Schema]) -> Schema:
    """A list of parts: names of well-known ones, or schemas of others."""
    known = [PARTS[part] if isinstance(part, str) else part for part in parts if _known(part)]
    return {"type": "array", "items": known[0] if len(known) == 1 else {"oneOf": known}}


def _known(part: str | Schema) -> bool:
    return not isinstance(part, str) or part in PARTS


def _call(kind: str, *needed: str) -> Schema:
    inner = record(needed, **dict.fromkeys(needed, STRING))
    return record(
        ("id", "type", kind),
        id=STRING,
        type=words(kind),
        **{kind: inner},
        extra_content=ANY,
    )


TOOL_CALLS: Schema = {
    "type": "array",
    "items": {"oneOf": [_call("function", "name", "arguments"), _call("custom", "name", "input")]},
}
GRAMMAR = record(("definition", "syntax"), definition=STRING, syntax=words("lark", "regex"))
CUSTOM_FORMAT: Schema = {
    "oneOf": [
        record(("type",), type=words("text")),
        record(("type", "grammar"), type=words("grammar"), grammar=GRAMMAR),
    ]
}
FUNCTION_TOOL = record(
    ("type", "function"),
    type=words("function"),
    function=record(
        ("name",),
        name=STRING,
        description=STRING,
        parameters={"type": "object"},
        strict={"type": ["boolean", "null"]},
    ),
    cache_control=CACHE,
)
CUSTOM_TOOL = record(
    ("type", "custom"),
    type=words("custom"),
    custom=record(("name", "format"), name=STRING, description=STRING, format=CUSTOM_FORMAT),
    cache_control=CACHE,
)
ANY_TOOL = record(("type",), type={"type": "string", "minLength": 1})
TOOLS: Schema = {
    "type": "array",
    "items": {"anyOf": [{"oneOf": [FUNCTION_TOOL, CUSTOM_TOOL]}, ANY_TOOL]},
}
TOOL_CHOICE: Schema = {
    "anyOf": [
        words("none", "auto", "required"),
        record(
            ("type", "function"),
            type=words("function"),
            function={"anyOf": [record(("name",), name=STRING), words("name")]},
        ),
        record(("type", "custom"), type=words("custom"), custom=words("name")),
        record(
            ("type", "allowed_tools"),
            type=words("allowed_tools"),
            allowed_tools=record(
                ("mode", "tools"),
                mode=words("auto", "required"),
                tools={"type": "array", "items": {"type": "object"}},
            ),
        ),
    ]
}


def response_format(kinds: Iterable[str]) -> Schema:
    """The forms of ``response_format``; its objects are the only closed ones of a chat body."""
    schema = record(
        ("name",),
        name=STRING,
        schema={"type": "object"},
        strict={"type": ["boolean", "null"]},
        description=STRING,
    )
    forms: dict[str, Schema] = {
        "text": record(("type",), type=words("text")),
        "json_object": record(("type",), type=words("json_object")),
        "json_schema": record(
            ("type", "json_schema"),
            type=words("json_schema"),
            json_schema={**schema, "additionalProperties": False},
        ),
    }
    closed = [{**forms[kind], "additionalProperties": False} for kind in kinds]
    return closed[0] if len(closed) == 1 else {"oneOf": closed}


def message(role: str, parts: Iterable[str | Schema], *, strings: bool = True) -> Schema:
    """One role's message. Every object is open; only an assistant's content may be anything."""
    lists = part_list(parts)
    content: Schema = {"anyOf": [STRING, lists]} if strings else lists
    named = {"role": words(role), "content": content, "name": STRING}
    if role == "assistant":
        named["content"] = ANY  # a string, a list, or anything else, null included
        refusal: Schema = {"type": ["string", "null"]}
        return record(("role",), **named, tool_calls=TOOL_CALLS, refusal=refusal)
    if role == "tool":
        named["name"] = {"type": ["string", "null"]}
        return record(("role", "content", "tool_call_id"), **named, tool_call_id=STRING)
    if role == "function":
        return record(("role", "content", "name"), **named)
    return record(("role", "content"), **named)


def chat_schema(
    roles: Mapping[str, Sequence[str | Schema]],
    params: Mapping[str, Schema],
    *,
    tools: bool = True,
    tool_choice: Schema | None = None,
    formats: Sequence[str] = (),
) -> Schema:
    """A chat-completions body. ``roles`` are the parts that each role's content may hold."""
    messages = [message(role, roles[role]) for role in ROLES if role in roles]
    properties: dict[str, Schema] = {
        "model": STRING,
        "messages": {"type": "array", "items": {"oneOf": messages}},
        **params,
    }
    if tools:
        properties["tools"] = TOOLS
        properties["tool_choice"] = tool_choice or TOOL_CHOICE
    if formats:
        properties["response_format"] = response_format(formats)
    return record(("model", "messages"), **properties)


_RENAMED = {
    "min": "minimum",
    "max": "maximum",
    "max_len": "maxLength",
    "min_len": "minLength",
    "min_items": "minItems",
    "max_items": "maxItems",
}
_KEPT = (
    "enum",
    "pattern",
    "format",
    "default",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "required",
)


def parameter(row: Mapping[str, Any]) -> Schema:
    """A parameter's schema from its transcribed row."""
    if "any_of" in row:
        return {"anyOf": [parameter(one) for one in row["any_of"]]}
    kind = row.get("t", "any")
    if "any" in kind.split("|"):
        return ANY
    if "|" in kind:
        return {"anyOf": [parameter({**row, "t": one}) for one in kind.split("|")]}
    made: Schema = {"type": kind}
    for key, value in row.items():
        if key in _KEPT:
            made[key] = value
        elif key in _RENAMED:
            made[_RENAMED[key]] = value
    if kind == "object":
        made |= _members(row)
    if kind == "array" and "items" in row:
        made["items"] = _items(row["items"])
    return nullable(made) if row.get("nullable") else made


def _members(row: Mapping[str, Any]) -> Schema:
    made: Schema = {}
    if "props" in row:
        made["properties"] = {name: parameter(one) for name, one in row["props"].items()}
    values = row.get("additional", row.get("values"))
    if isinstance(values, Mapping):
        made["additionalProperties"] = parameter(values)
    return made


def _items(items: object) -> Schema:
    if isinstance(items, str):
        return STRING if items == "string" else PARTS["text"]
    if isinstance(items, Mapping) and "parts" in items:
        listed = part_list(items["parts"])["items"]
        return dict(listed)
    return parameter(items) if isinstance(items, Mapping) else ANY
