"""What a body must look like by the published schemas and by what is newer: a reading of its own.

It shares nothing with the emulator's generator, so that the two can be held against each other.
Where the gateway's OpenAPI of 30 August 2026 was read, it decides; elsewhere the schema that the
documentation prints, with what was true of every group that was read: open messages, an
assistant's content of any kind, lists in tool messages, any object with a type as a tool. Of some
groups a row of roles, parts and parameters was read, and no more (`SEEN`).
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from tests.harness.paths import PUBLISHED

Json = dict[str, Any]
CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
EMBEDDINGS, IMAGES, VIDEO = "/v1/embeddings", "/v1/images/generations", "/v2/video/generations"
STT, BATCHES = "/v1/stt/create", "/v1/batches"
PATHS = {
    CHAT: (CHAT, "/chat/completions"),
    MESSAGES: (MESSAGES,),
    RESPONSES: (RESPONSES,),
    EMBEDDINGS: (EMBEDDINGS,),
    IMAGES: (IMAGES,),
    VIDEO: (VIDEO,),
    "/v2/generate/audio": ("/v2/generate/audio",),
    "/v1/tts": ("/v1/tts",),
    STT: (STT,),
    "/v1/ocr": ("/v1/ocr",),
    BATCHES: (BATCHES,),
}
STRING: Json = {"type": "string"}


def _lines(name: str) -> list[Json]:
    return [
        json.loads(line) for line in (PUBLISHED / "live" / name).read_text().splitlines() if line
    ]


@functools.cache
def _operations() -> list[Json]:
    found: list[Json] = json.loads((PUBLISHED / "schemas" / "index.json").read_text())["operations"]
    return found


@functools.cache
def _repaired() -> Mapping[str, str]:
    found: Mapping[str, str] = json.loads((PUBLISHED / "schemas" / "index.json").read_text())[
        "repaired"
    ]
    return found


@functools.cache
def printed(path: str) -> Mapping[str, tuple[str, ...]]:
    """Model -> the hashes of the schemas that live pages print for it."""
    found: dict[str, tuple[str, ...]] = {}
    for spelling in reversed(PATHS[path]):
        for operation in _operations():
            if operation["path"] != spelling or operation["method"] != "POST":
                continue
            hashes = list((operation.get("request") or {}).values())
            for model in operation["models"] if operation["class"] == "live" and hashes else ():
                kept = found.get(model, ()) if spelling == path else ()
                found[model] = tuple({*kept, hashes[0]})
    if path == CHAT:  # two pages print another schema for the same model
        rows = json.loads((PUBLISHED / "models.json").read_text())["models"]
        chosen = {row["id"]: row.get("chat_schema") for row in rows}
        found = {name: (chosen.get(name) or one[0],) for name, one in found.items()}
    return found


@functools.cache
def _schema(name: str) -> Json:
    name = _repaired().get(name, name)
    found: Json = json.loads((PUBLISHED / "schemas" / f"{name}.json").read_text())
    return found


@functools.cache
def _live_groups() -> Mapping[tuple[str, str], Json]:
    found: dict[tuple[str, str], Json] = {}
    for file in sorted((PUBLISHED / "live").glob("*.jsonl")):
        for group in _lines(file.name) if ".partial." not in file.name else ():
            if not group.get("partial"):
                found |= {(group["path"], name): group for name in group["ids"]}
    return found


@functools.cache
def _read_in_part() -> Mapping[str, Json]:
    return {name: group for group in _lines("chat.partial.jsonl") for name in group["ids"]}


def truth(model: str, path: str) -> Json | None:
    """The schema of a model's body on a path; None where nothing was read."""
    group = _live_groups().get((path, model))
    if group is not None and path == STT:
        return _one_source(_media(group))
    if group is not None:
        return _media(group) if path != CHAT else _live_chat(group)
    native = _native(model)
    if native and path in (CHAT, MESSAGES):
        return _claude(sampling=native == 1)
    if "claude" in model and path == CHAT:
        return None  # the dotted ids are in a live group; what is left is not served
    names = sorted(printed(path).get(model, ()))
    seen = _seen(model) if path == CHAT else {}
    if not names and {"roles", "parts"} <= {*seen}:
        return _chat(_with_seen({"assistant": []}, seen), {})
    if not names:
        return None
    schemas = [_newest(model, path, _schema(name)) for name in names]
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def names_one_row_twice(path: str, body: Json) -> bool:
    """What no schema can say: every request of a batch has an id of its own."""
    rows = body.get("requests")
    if path != BATCHES or not isinstance(rows, list):
        return False
    ids = [row.get("custom_id") for row in rows if isinstance(row, dict)]
    return any(ids.count(one) > 1 for one in ids)


def _newest(model: str, path: str, schema: Json) -> Json:
    if path == CHAT:
        return _relaxed(model, schema)
    if path == RESPONSES:
        return _responses(schema)
    if path == STT:
        return _one_source(schema)
    return _open(schema) if path == EMBEDDINGS else schema


# --- chat -----


def _object(required: Iterable[str] = (), **fields: Json) -> Json:
    return {"type": "object", "properties": fields, "required": list(required)}


def _word(*options: str) -> Json:
    return {"type": "string", "enum": list(options)}


MARK = _object(["type"], type=_word("ephemeral"), ttl=_word("5m", "1h"))
_PART: dict[str, Json] = {
    "text": _object(["type", "text"], type=_word("text"), text=STRING, cache_control=MARK),
    "image_url": _object(
        ["type", "image_url"],
        type=_word("image_url"),
        image_url=_object(["url"], url=STRING, detail=_word("low", "high", "auto")),
        cache_control=MARK,
    ),
    "file": _object(
        ["type", "file"],
        type=_word("file"),
        file=_object(file_data=STRING, file_id=STRING, filename=STRING),
        cache_control=MARK,
    ),
}


def _content(parts: Iterable[Json]) -> Json:
    return {"anyOf": [STRING, {"type": "array", "items": {"anyOf": list(parts)}}]}


def _message(role: str, parts: Iterable[Json]) -> Json:
    fields: Json = {"role": _word(role), "name": STRING, "content": _content(parts)}
    if role == "assistant":
        inner = {
            "function": _object(["name", "arguments"], name=STRING, arguments=STRING),
            "custom": _object(["name", "input"], name=STRING, input=STRING),
        }
        calls = [
            _object(["id", "type", kind], id=STRING, type=_word(kind), **{kind: one})
            for kind, one in inner.items()
        ]
        fields["content"] = {}
        fields["refusal"] = {"type": ["string", "null"]}
        fields["tool_calls"] = {"type": "array", "items": {"anyOf": calls}}
        return _object(["role"], **fields)
    if role == "tool":
        fields |= {"tool_call_id": STRING, "name": {"type": ["string", "null"]}}
        return _object(["role", "content", "tool_call_id"], **fields)
    needed = ["role", "content", "name"] if role == "function" else ["role", "content"]
    return _object(needed, **fields)


_GRAMMAR = _object(["definition", "syntax"], definition=STRING, syntax=_word("lark", "regex"))
_FUNCTION = _object(
    ["name"],
    name=STRING,
    description=STRING,
    parameters={"type": "object"},
    strict={"type": ["boolean", "null"]},
)
_CUSTOM_FORMAT: Json = {
    "anyOf": [
        _object(["type"], type=_word("text")),
        _object(["type", "grammar"], type=_word("grammar"), grammar=_GRAMMAR),
    ]
}
_CUSTOM = _object(["name", "format"], name=STRING, description=STRING, format=_CUSTOM_FORMAT)
TOOL_ITEMS: Json = {
    "anyOf": [
        _object(
            ["type", "function"], type=_word("function"), function=_FUNCTION, cache_control=MARK
        ),
        _object(["type", "custom"], type=_word("custom"), custom=_CUSTOM, cache_control=MARK),
        _object(["type"], type={"type": "string", "minLength": 1}),
    ]
}
_NAMED = _object(["name"], name=STRING)
_ALLOWED = _object(
    ["mode", "tools"],
    mode=_word("auto", "required"),
    tools={"type": "array", "items": {"type": "object"}},
)
CHOICE: Json = {
    "anyOf": [
        _word("none", "auto", "required"),
        _object(
            ["type", "function"],
            type=_word("function"),
            function={"anyOf": [_NAMED, _word("name")]},
        ),
        _object(["type", "custom"], type=_word("custom"), custom=_word("name")),
        _object(["type", "allowed_tools"], type=_word("allowed_tools"), allowed_tools=_ALLOWED),
    ]
}
_SHORT_CHOICE: Json = {
    "anyOf": [
        _word("none", "auto", "required"),
        _object(["type", "function"], type=_word("function"), function=_NAMED),
    ]
}


def _format(kinds: Iterable[str]) -> Json:
    closed: dict[str, Json] = {
        kind: {**_object(["type"], type=_word(kind)), "additionalProperties": False}
        for kind in ("text", "json_object")
    }
    inner = _object(
        ["name"],
        name=STRING,
        schema={"type": "object"},
        strict={"type": ["boolean", "null"]},
        description=STRING,
    )
    inner["additionalProperties"] = False
    outer = _object(["type", "json_schema"], type=_word("json_schema"), json_schema=inner)
    closed["json_schema"] = {**outer, "additionalProperties": False}
    return {"anyOf": [closed[kind] for kind in kinds]}


def _live_chat(group: Json) -> Json:
    """A whole group. The generic one's messages were not read, so they are as elsewhere.

    The gateway's own test models need no messages and know none: any value does under that name.
    """
    if "messages" not in group["required"]:
        return _media(group)
    text = [_PART["text"]]
    roles = {
        "user": [_PART[name] for name in ("text", "image_url", "file")],
        **dict.fromkeys(("developer", "system", "tool", "assistant"), text),
    }
    if group.get("messages"):
        roles = {
            role: [
                _PART[part]
                for form in one["content"]
                if isinstance(form, dict)
                for part in form["parts"]
                if part in _PART
            ]
            for role, one in group["messages"].items()
        }
    fields = {name: _row(row) for name, row in group["params"].items()}
    forms = (group.get("tools") or {}).get("forms", [])
    if forms:
        items = TOOL_ITEMS
        if "custom" not in forms:
            search = _object(["type", "web_search"], type=_word("web_search"), web_search={})
            items = {"anyOf": [TOOL_ITEMS["anyOf"][0], search, TOOL_ITEMS["anyOf"][2]]}
        fields["tools"] = {"type": "array", "items": items}
        fields["tool_choice"] = CHOICE if "custom" in forms else _SHORT_CHOICE
    if group.get("response_format"):
        fields["response_format"] = _format(group["response_format"])
    return _chat(roles, fields)


def _chat(roles: Mapping[str, list[Json]], fields: Mapping[str, Json]) -> Json:
    items = {"oneOf": [_message(role, parts) for role, parts in roles.items()]}
    messages = {"type": "array", "items": items}
    return _object(["model", "messages"], model=STRING, messages=messages, **fields)


def _row(row: Json) -> Json:
    """A transcribed parameter as a JSON schema."""
    if "any_of" in row:
        return {"anyOf": [_row(one) for one in row["any_of"]]}
    kinds = str(row.get("t", "any")).split("|")
    if "any" in kinds:
        return {}
    if len(kinds) > 1:
        return {"anyOf": [_row({**row, "t": kind}) for kind in kinds]}
    names = {
        "min": "minimum",
        "max": "maximum",
        "max_len": "maxLength",
        "min_len": "minLength",
        "min_items": "minItems",
        "max_items": "maxItems",
    }
    same = ["enum", "pattern", "format", "required"]
    same += ["minItems", "maxItems", "minLength", "maxLength"]
    made: Json = {names.get(k, k): v for k, v in row.items() if k in names or k in same}
    made["type"] = [kinds[0], "null"] if row.get("nullable") else kinds[0]
    if kinds[0] == "object":
        made["properties"] = {name: _row(one) for name, one in row.get("props", {}).items()}
        values = row.get("additional", row.get("values"))
        if isinstance(values, dict):
            made["additionalProperties"] = _row(values)
    if kinds[0] == "array" and "items" in row:
        items = row["items"]
        if isinstance(items, str):
            made["items"] = STRING if items == "string" else _PART["text"]
        elif "parts" in items:
            made["items"] = {"anyOf": [_PART[part] for part in items["parts"]]}
        else:
            made["items"] = _row(items)
    return made


def _relaxed(model: str, schema: Json) -> Json:
    """August's schema with what is newer; None of Anthropic's own form comes here."""
    old = schema["properties"]
    roles = {role: list(parts) for role, parts in _roles(old["messages"])}
    for role, one in _read_in_part().get(model, {}).get("messages", {}).items():
        parts = [p for f in one.get("content", []) if isinstance(f, dict) for p in f["parts"]]
        if role != "assistant" and parts:
            audio = _read_in_part()[model].get("input_audio_part", {})
            roles[role] = [_PART.get(part) or _audio(audio) for part in parts if part != "?"]
    seen = _seen(model)
    roles = _with_seen(roles, seen)
    apart = {"model", "messages", "tools", "tool_choice", "response_format", "stop"}
    apart |= {*_ALL_REASONING} if "reasoning" in seen else set()
    fields = {name: one for name, one in old.items() if name not in apart}
    fields |= {name: _REASONING[name] for name in seen.get("reasoning", "").split()}
    if "reasoning_effort" in fields:
        fields["reasoning_effort"] = _effort(model)
    if "tools" in old or NOW_WITH_TOOLS.search(model) or "tools" in seen:
        roles.setdefault("tool", [_PART["text"]])
        fields["tools"] = {"type": "array", "items": TOOL_ITEMS}
        fields["tool_choice"] = CHOICE
        if re.search("builtin_function|web_search", str(old.get("tools"))):
            fields["tools"] = {"anyOf": [_open(old["tools"]), fields["tools"]]}
            fields["tool_choice"] = {"anyOf": [_open(old["tool_choice"]), CHOICE]}
    if "response_format" in old and not WITHOUT_FORMATS.search(model):
        fields["response_format"] = old["response_format"]
    if "formats" in seen:
        fields["response_format"] = _format(["text", "json_object", "json_schema"])
    if TWO_FORMATS.search(model):
        fields["response_format"] = _format(["text", "json_object"])
    if "tools" in fields:
        fields["normalize_tool_schemas"] = {"type": "boolean"}
    fields["provider"] = STRING
    return _chat(roles, fields)


# Rows of the table of groups: ids, then what was seen of their bodies.
_GLM = r"glm-5([.-][123])?|zhipu/glm-5([.-][123])?|(z-ai/)?glm-5v?-turbo"
SEEN: Mapping[str, Mapping[str, str]] = {
    r"(openai/)?o1(-2024-12-17)?": {"parts": "text"},
    r"(deepseek/)?deepseek-chat-v3-0324": {
        "roles": "developer system tool", "parts": "text file", "tools": "", "formats": "",
        "reasoning": "",
    },
    r"(google/)?gemma-3-12b-it": {"formats": ""},
    r"(mistralai/)?devstral-2512": {
        "roles": "developer system tool", "parts": "text file", "tools": "", "reasoning": "",
    },
    _GLM: {
        "roles": "developer system tool", "parts": "text image_url file", "tools": "",
        "formats": "", "reasoning": "thinking",
    },
    r"minimax/minimax-m3|MiniMax-M3": {
        "roles": "developer system tool", "parts": "text image_url file", "tools": "",
        "formats": "", "reasoning": "reasoning",
    },
    r"(stepfun/)?step-3\.7-flash": {"parts": "text image_url"},
    r"(sakana/)?(fugu-ultra|sakana-namazu)": {"parts": "text image_url file"},
    r"(openai/)?gpt-audio(-mini)?(-2025-08-28|-2025-10-06)?": {
        "roles": "developer system tool", "parts": "text file input_audio",
    },
}  # fmt: skip
_SOUNDS = "wav mp3 audio/x-aac audio/flac audio/mp3 audio/m4a audio/mpeg audio/mpga audio/mp4 "
_SOUNDS += "audio/ogg audio/pcm audio/webm"
_HEARD = {"props": {"data": {"t": "string"}, "format": {"t": "string", "enum": _SOUNDS.split()}}}
_ALL_REASONING = (
    "reasoning_effort", "reasoning", "thinking", "enable_thinking", "thinking_budget",
)  # fmt: skip
_REASONING: Mapping[str, Json] = {
    "thinking": _object(type=_word("enabled", "disabled")),
    "reasoning": _object(
        effort=_word("low", "medium", "high"),
        max_tokens={"type": "integer", "minimum": 1},
        exclude={"type": "boolean"},
    ),
}


def _seen(model: str) -> Mapping[str, str]:
    return next((row for ids, row in SEEN.items() if re.fullmatch(ids, model)), {})


def _with_seen(roles: dict[str, list[Json]], seen: Mapping[str, str]) -> dict[str, list[Json]]:
    heard = _audio({**_HEARD, "required": ["data", "format"]})
    if "roles" in seen:
        kept = ["user", "assistant", *seen["roles"].split()]
        roles = {role: roles.get(role, [_PART["text"]]) for role in kept}
    if "parts" in seen:
        roles = {**roles, "user": [_PART.get(part, heard) for part in seen["parts"].split()]}
    return roles


# NEWER contract, table of the groups, where August's schema says otherwise.
NOW_WITH_TOOLS = re.compile(
    r"(^|/)deepseek-(chat|v4-flash)$|gemma-4-26b-a4b-it-maas|command-a$|hermes-4-405b|mimo-v2\.5"
)
TWO_FORMATS = re.compile(r"(^|/)deepseek-(chat|v4-flash|v4-pro|v4-pro-0813)$|ox-alpha")
WITHOUT_FORMATS = re.compile(
    r"deepseek-(reasoner|r1|reasoner-v3\.1)$|gemma-3-4b-it|hy-mt2|inkling-small"
)
_EFFORTS = {
    "gemini-3-7-flash": ("low", "medium", "high", "max"),
    "gemini-3.7-flash": ("low", "medium", "high", "max"),
    "gemini-3-6-flash": ("minimal", "low", "medium", "high", "max"),
    "gemini-3.6-flash": ("minimal", "low", "medium", "high", "max"),
}
_UNREAD_EFFORT = re.compile(
    r"gemini-3[.-]1-pro-preview|gemma-4-26b-a4b-it|glm-5-turbo|glm-5v-turbo|qwen-plus$"
)


def _effort(model: str) -> Json:
    if _UNREAD_EFFORT.search(model):
        return {}
    return _word(*_EFFORTS.get(model.split("/")[-1], ("none", "low", "medium", "high")))


def _audio(audio: Json) -> Json:
    return _object(
        ["type", "input_audio"],
        type=_word("input_audio"),
        input_audio=_row({"t": "object", **audio}),
    )


def _roles(messages: Json) -> Iterable[tuple[str, list[Json]]]:
    items = messages["items"]
    for form in items.get("oneOf") or items.get("anyOf") or [items]:
        fields = form["properties"]
        lists = [
            one
            for one in fields.get("content", {}).get("anyOf", [fields.get("content", {})])
            if one.get("type") == "array"
        ]
        parts: list[Json] = []
        for one in lists:
            inner = one["items"].get("anyOf") or one["items"].get("oneOf") or [one["items"]]
            for part in inner:
                kind = part["properties"]["type"]["enum"][0]
                parts.append(_PART.get(kind) or _open(part))
        for role in fields["role"]["enum"]:
            yield role, ([_PART["text"]] if role == "tool" else parts or [_PART["text"]])


def _open(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_open(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _open(value)
        for key, value in schema.items()
        if (key, value) != ("additionalProperties", False)
    }


# --- other paths -----

_SECOND = {"opus-4-7", "opus-4-8", "fable-5", "sonnet-5", "opus-5"}


def _native(model: str) -> int:
    """1 and 2 for the two groups of dashed Claude ids, 0 for everything else."""
    first = next(g for g in _lines("chat.partial.jsonl") if "claude-opus-4-6" in g["ids"])["ids"]
    if model in first:
        return 1
    return 2 if model.removeprefix("anthropic/").removeprefix("claude-") in _SECOND else 0


def _claude(*, sampling: bool) -> Json:
    schema = _schema(printed(MESSAGES)["anthropic/claude-opus-5"][0])
    if not sampling:
        return schema
    unit = {"type": "number", "minimum": 0, "maximum": 1}
    fields = {**schema["properties"], "temperature": unit, "top_p": unit}
    return {**schema, "properties": {**fields, "top_k": {"type": "number"}}}


def _responses(schema: Json) -> Json:
    """Function tools need a name and a type; ``strict`` may be null or absent."""
    text = json.dumps(schema["properties"].get("tools", {}), sort_keys=True)
    text = text.replace(
        '"required": ["name", "parameters", "strict", "type"]', '"required": ["name", "type"]'
    )
    text = text.replace('"strict": {"type": "boolean"}', '"strict": {"type": ["boolean", "null"]}')
    return {**schema, "properties": {**schema["properties"], "tools": json.loads(text)}}


def _one_source(schema: Json) -> Json:
    """A link or an upload, and never both, as the descriptions of these fields say."""
    fields = schema["properties"]
    sources = [name for name in ("url", "audio", "file") if name in fields]
    if len(sources) < 2:
        return schema
    forms = []
    for one in sources:
        others = [name for name in sources if name != one]
        left = {name: field for name, field in fields.items() if name not in others}
        without = {"not": {"anyOf": [{"required": [name]} for name in others]}}
        needed = sorted({*schema["required"], one} - {*others})
        forms.append({**schema, "properties": left, "required": needed, **without})
    return {"anyOf": forms}


def _media(group: Json) -> Json:
    fields = {name: _row(row) for name, row in group["params"].items()}
    return _object(group["required"], model=STRING, **fields)
