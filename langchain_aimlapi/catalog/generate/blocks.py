"""The building blocks of the gateway's chat contract, as JSON schema.

What every OpenAI-shaped group of the gateway's own OpenAPI has in common (captured 2026-08-30, read
2026-11-26): no message, part, tool or call is closed; an assistant message needs no content; a tool
message may be a list; ``cache_control`` stands on text, image and file parts and on tools; a tool
may be any object with a ``type``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
NULLABLE_STRING: Schema = {"type": ["string", "null"]}
FREE_OBJECT: Schema = {"additionalProperties": {}, "type": "object"}
AUDIO_FORMATS = (
    "wav", "mp3", "audio/x-aac", "audio/flac", "audio/mp3", "audio/m4a", "audio/mpeg",
    "audio/mpga", "audio/mp4", "audio/ogg", "audio/pcm", "audio/webm",
)  # fmt: skip
EFFORTS = ("none", "low", "medium", "high")
ROLE_LETTERS = {"D": "developer", "S": "system", "T": "tool"}
PART_LETTERS = {"t": "text", "i": "image_url", "f": "file", "a": "input_audio", "v": "video_url"}


def one_of(*words: Any) -> Schema:
    """A closed set of strings."""
    return {"enum": list(words), "type": "string"}


def obj(required: Iterable[str] = (), /, **properties: Schema) -> Schema:
    """An open object."""
    found: Schema = {"properties": properties, "type": "object"}
    needed = sorted(required)
    return {**found, "required": needed} if needed else found


CACHE_CONTROL = obj(("type",), type=one_of("ephemeral"), ttl=one_of("5m", "1h"))


def _part(kind: str, value: Schema, *, cached: bool) -> Schema:
    mark = {"cache_control": CACHE_CONTROL} if cached else {}
    return obj((kind, "type"), type=one_of(kind), **{kind: value}, **mark)


PARTS = {
    "text": _part("text", STRING, cached=True),
    "image_url": _part(
        "image_url", obj(("url",), url=STRING, detail=one_of("low", "high", "auto")), cached=True
    ),
    "file": _part("file", obj(file_data=STRING, file_id=STRING, filename=STRING), cached=True),
    "input_audio": _part(
        "input_audio",
        obj(("data", "format"), data=STRING, format=one_of(*AUDIO_FORMATS)),
        cached=False,
    ),
    "video_url": _part("video_url", obj(("url",), url=STRING), cached=False),
    "refusal": _part("refusal", STRING, cached=False),
}


def _content(*forms: Schema) -> Schema:
    return {"anyOf": [STRING, *forms]}


def _list_of(parts: Iterable[str]) -> Schema:
    chosen = [PARTS[name] for name in parts]
    return {"items": chosen[0] if len(chosen) == 1 else {"anyOf": chosen}, "type": "array"}


def _call(kind: str, text: str) -> Schema:
    return obj(
        ("id", "type", kind),
        id=STRING,
        type=one_of(kind),
        extra_content=FREE_OBJECT,
        **{kind: obj(("name", text), **{"name": STRING, text: STRING})},
    )


CALLS: Schema = {
    "items": {"oneOf": [_call("function", "arguments"), _call("custom", "input")]},
    "type": "array",
}


def message(role: str, parts: Iterable[str] = ("text",), *, refusals: bool = True) -> Schema:
    """What a message of a role may hold."""
    if role == "assistant":
        inner = ("text", "refusal") if refusals else ("text",)
        return obj(
            ("role",),
            role=one_of(role),
            content=_content(_list_of(inner), {"type": "null"}),
            name=STRING,
            tool_calls=CALLS,
            refusal=NULLABLE_STRING,
        )
    if role == "tool":
        return obj(
            ("role", "content", "tool_call_id"),
            role=one_of(role),
            content=_content(_list_of(parts)),
            name=NULLABLE_STRING,
            tool_call_id=STRING,
        )
    return obj(
        ("role", "content"), role=one_of(role), content=_content(_list_of(parts)), name=STRING
    )


def messages(roles: Iterable[str], user_parts: Iterable[str], *, refusals: bool = True) -> Schema:
    """A conversation of user, assistant and ``roles``."""
    names = ["user", *roles, "assistant"]
    messages = [message("user", user_parts), *(message(r, refusals=refusals) for r in names[1:])]
    return {"items": {"oneOf": messages}, "type": "array"}


_GRAMMAR = obj(("definition", "syntax"), definition=STRING, syntax=one_of("lark", "regex"))
TOOL_FORMS: dict[str, Schema] = {
    "function": obj(
        ("type", "function"),
        type=one_of("function"),
        cache_control=CACHE_CONTROL,
        function=obj(
            ("name",),
            name=STRING,
            description=STRING,
            parameters=FREE_OBJECT,
            strict={"type": ["boolean", "null"]},
        ),
    ),
    "custom": obj(
        ("type", "custom"),
        type=one_of("custom"),
        cache_control=CACHE_CONTROL,
        custom=obj(
            ("name", "format"),
            name=STRING,
            description=STRING,
            format={
                "oneOf": [
                    obj(("type",), type=one_of("text")),
                    obj(("type", "grammar"), type=one_of("grammar"), grammar=_GRAMMAR),
                ]
            },
        ),
    ),
    "any": obj(("type",), type={"minLength": 1, "type": "string"}),
}


def tools(forms: Iterable[Schema]) -> Schema:
    """A list of tools in any of the forms."""
    return {"items": {"anyOf": list(forms)}, "type": "array"}


ALL_TOOLS = tools(TOOL_FORMS.values())
_NAMED = {
    "function": obj(
        ("type", "function"), type=one_of("function"), function=obj(("name",), name=STRING)
    ),
    "allowed_tools": obj(
        ("type", "allowed_tools"),
        type=one_of("allowed_tools"),
        allowed_tools=obj(
            ("mode", "tools"),
            mode=one_of("auto", "required"),
            tools={"items": FREE_OBJECT, "type": "array"},
        ),
    ),
}
# The two odd forms are really printed: the literal word "name" in place of an object.
_ODD = [
    obj(("type", kind), type=one_of(kind), **{kind: one_of("name")})
    for kind in ("function", "custom")
]


def tool_choice(objects: Iterable[str] = ("function", "allowed_tools"), *, odd: bool = True) -> Any:
    """The choice of a tool, by a word or by name."""
    words = one_of("none", "auto", "required")
    named = [_NAMED[name] for name in objects if name in _NAMED]
    return {"anyOf": [words, *named, *(_ODD if odd else ())]}


def response_format(kinds: Iterable[str]) -> Schema:
    """The forms of an answer; these objects are closed."""
    found = []
    for kind in kinds:
        form = obj(("type",), type=one_of(kind))
        if kind == "json_schema":
            inner = obj(
                ("name",),
                name=STRING,
                description=STRING,
                schema=FREE_OBJECT,
                strict={"type": ["boolean", "null"]},
            )
            form = obj(("type", kind), type=one_of(kind), json_schema={**inner, **_CLOSED})
        found.append({**form, **_CLOSED})
    return {"oneOf": found}


_CLOSED: Schema = {"additionalProperties": False}
FORMATS = {3: ("text", "json_object", "json_schema"), 2: ("text", "json_object"), 0: ()}
STREAM_OPTIONS = obj(("include_usage",), include_usage={"type": "boolean"})
REASONING = obj(
    effort=one_of("low", "medium", "high"),
    max_tokens={"minimum": 1, "type": "integer"},
    exclude={"type": "boolean"},
)
# Sampling parameters as nearly every group prints them.
PARAMS: dict[str, Schema] = {
    "temperature": {"maximum": 2, "minimum": 0, "type": "number"},
    "top_p": {"maximum": 1, "minimum": 0.01, "type": "number"},
    "n": {"minimum": 1, "type": ["integer", "null"]},
    "seed": {"minimum": 1, "type": "integer"},
    "stop": {"anyOf": [STRING, {"items": STRING, "type": "array"}, {"type": "null"}]},
    "frequency_penalty": {"maximum": 2, "minimum": -2, "type": ["number", "null"]},
    "presence_penalty": {"maximum": 2, "minimum": -2, "type": ["number", "null"]},
    "max_tokens": {"minimum": 1, "type": "number"},
    "max_completion_tokens": {"minimum": 1, "type": "integer"},
    "stream": {"default": False, "type": "boolean"},
    "reasoning_effort": one_of(*EFFORTS),
    "reasoning": REASONING,
    "thinking": obj(type=one_of("enabled", "disabled")),
}
BOOLEAN: Schema = {"type": "boolean"}
