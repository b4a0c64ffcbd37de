"""What is newer than the published schemas of August 2026, as rules over them.

From the gateway's own OpenAPI of 30 August 2026, where it was read: chat bodies have open
messages, an assistant's content may be anything, a tool's content may be a list, every text,
image and file part takes a cache mark, any object with a type is a tool.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from langchain_aimlapi.emulator.contract.group import (
    ANY,
    CACHE,
    STRING,
    TOOLS,
    Schema,
    chat_schema,
    parameter,
    record,
    response_format,
    words,
)
from langchain_aimlapi.emulator.contract.seen import (
    ALL_FORMATS,
    BY_ID,
    NOTHING,
    roles_of,
    with_reasoning,
)

CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
EMBEDDINGS, IMAGES, VIDEO = "/v1/embeddings", "/v1/images/generations", "/v2/video/generations"
AUDIO, STT, OCR, BATCHES = "/v2/generate/audio", "/v1/stt/create", "/v1/ocr", "/v1/batches"
DECISIONS = "/v1/decisions"

EFFORTS = ("none", "low", "medium", "high")
# Measured on production, 9 to 11 September 2026: accepted sets that differ.
OTHER_EFFORTS = {
    "gemini-3.7-flash": ("low", "medium", "high", "max"),
    "gemini-3-7-flash": ("low", "medium", "high", "max"),
    "gemini-3.6-flash": ("minimal", "low", "medium", "high", "max"),
    "gemini-3-6-flash": ("minimal", "low", "medium", "high", "max"),
    "claude-sonnet-5": (*EFFORTS, "xhigh", "max"),
}
# Refused values are ignored there instead: 200 for any word.
EFFORT_UNREAD = re.compile(
    r"gemini-3[.-]1-pro-preview|gemma-4-26b-a4b-it|glm-5-turbo|glm-5v-turbo|qwen-plus$"
)
# The generic group's messages were not read; they are as in every group that was.
GENERIC_ROLES: Mapping[str, Sequence[str]] = {
    "user": ("text", "image_url", "file"),
    "developer": ("text",),
    "system": ("text",),
    "tool": ("text",),
    "assistant": (),
}
# Read in part: what each group's table row says beside its August schema.
NO_JSON_SCHEMA = re.compile(r"(^|/)deepseek-(chat|v4-flash|v4-pro|v4-pro-0813)$|ox-alpha")
NO_FORMATS = re.compile(
    r"deepseek-(reasoner|r1|reasoner-v3\.1)$|gemma-3-4b-it|hy-mt2|inkling-small"
)
TOOLS_NOW = re.compile(
    r"(^|/)deepseek-(chat|v4-flash)$|gemma-4-26b-a4b-it-maas|command-a$|hermes-4-405b|mimo-v2\.5"
)
# On /v1/responses alone in August, in a chat group now.
ON_CHAT_NOW = ("openai/gpt-5-4", "openai/gpt-5-5")
ON_CHAT_LIKE = "openai/gpt-5.6-luna"
NATIVE_FIRST = re.compile(
    r"^(anthropic/)?claude-(opus-4-1|opus-4-1-20250805|opus-4-1-latest|opus-4\.1-20250805|"
    r"sonnet-4-5|sonnet-4-5-20250929|haiku-4-5|haiku-4-5-20251001|opus-4-5|opus-4-5-20251101|"
    r"opus-4-6|sonnet-4-6|sonnet-4-6-20260218)$"
)
NATIVE_SECOND = re.compile(
    r"^(anthropic/)?claude-(opus-4-7|opus-4-8|fable-5|sonnet-5|opus-5|"
    r"opus-5[-.]5|sonnet-5[-.]5|haiku-5[-.]5|fable-5[-.]1)$"
)


def opened(schema: Any) -> Any:
    """The same schema with every object open."""
    if isinstance(schema, list):
        return [opened(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept = {k: v for k, v in schema.items() if not (k == "additionalProperties" and v is False)}
    return {key: opened(value) for key, value in kept.items()}


def live_group(group: Mapping[str, Any]) -> Schema:
    """A chat group that was transcribed whole. The gateway's own test models know no messages."""
    if "messages" not in group["required"]:
        return group_without_messages(group)
    roles = {name: _parts_of(one["content"]) for name, one in group.get("messages", {}).items()}
    kinds = [one for one in group.get("response_format", ()) if one in ALL_FORMATS]
    params = {name: parameter(row) for name, row in group["params"].items()}
    made = chat_schema(
        roles or GENERIC_ROLES, params, tools=bool(group.get("tools")), formats=kinds
    )
    forms = (group.get("tools") or {}).get("forms", ())
    if "custom" not in forms and "tools" in made["properties"]:
        made["properties"]["tools"] = _without_custom(forms)
        made["properties"]["tool_choice"] = _plain_choice()
    return made


def _parts_of(content: Sequence[object]) -> tuple[str, ...]:
    return tuple(part for one in content if isinstance(one, dict) for part in one["parts"])


def _without_custom(forms: Sequence[str]) -> Schema:
    union = TOOLS["items"]["anyOf"]
    function = union[0]["oneOf"][0]
    known = [function]
    if "web_search" in forms:
        known.append(record(("type", "web_search"), type=words("web_search"), web_search=ANY))
    return {"type": "array", "items": {"anyOf": [*known, union[1]]}}


def _plain_choice() -> Schema:
    """The tool choices of a group whose transcription names no odd forms."""
    return {
        "anyOf": [
            words("none", "auto", "required"),
            record(
                ("type", "function"),
                type=words("function"),
                function=record(("name",), name=STRING),
            ),
        ]
    }


# --- August's chat schemas, relaxed -----


def is_openai_chat(schema: Schema) -> bool:
    """Whether a body is of OpenAI's dialect alone: one list of messages, which differ by role."""
    messages = schema.get("properties", {}).get("messages", {})
    text = str(messages)
    return "anyOf" not in messages and "tool_use" not in text and "tool_result" not in text


def roles_read(group: Mapping[str, Any]) -> dict[str, list[str | Schema]]:
    """The roles of a group that was transcribed in part, with the parts that they take."""
    audio = group.get("input_audio_part")
    found: dict[str, list[str | Schema]] = {}
    for role, one in group.get("messages", {}).items():
        parts: list[str | Schema] = []
        for part in _parts_of(one.get("content", ())):
            parts.append(_audio_part(audio) if part == "input_audio" and audio else part)
        if role != "assistant" and parts and "?" not in parts:
            found[role] = parts
    return found


def _audio_part(audio: Mapping[str, object]) -> Schema:
    inner = parameter({"t": "object", **audio})
    return record(("type", "input_audio"), type=words("input_audio"), input_audio=inner)


def relaxed(
    name: str, schema: Schema, read: Mapping[str, list[str | Schema]] | None = None
) -> Schema:
    """An OpenAI-dialect chat schema of August as the newer contract has it.

    ``read`` are the roles that were read in a group of the newer contract itself.
    """
    old, seen = schema["properties"], BY_ID.get(name, NOTHING)
    roles = roles_of(seen, dict(_roles(old["messages"])) | dict(read or {}))
    tools = "tools" in old or TOOLS_NOW.search(name) is not None or bool(seen.tools)
    kept = ("model", "messages", "tools", "tool_choice", "response_format")
    params = {key: value for key, value in old.items() if key not in kept}
    if "stop" in params:
        params["stop"] = ANY
    if tools:
        params.setdefault("normalize_tool_schemas", {"type": "boolean"})
        roles.setdefault("tool", ["text"])
    params.setdefault("provider", STRING)
    if "reasoning_effort" in params:
        params["reasoning_effort"] = effort(name)
    made = chat_schema(roles, with_reasoning(seen, params), tools=tools)
    for field in ("tools", "tool_choice"):
        if field in old and _has_other_tools(old):
            made["properties"][field] = _joined(opened(old[field]), made["properties"][field])
    kept_format = _format(name, old.get("response_format"))
    if kept_format is not None:
        made["properties"]["response_format"] = kept_format
    return made


def messages_alone(name: str) -> Schema | None:
    """The body of a group of which only the messages were read, and that August did not print."""
    seen = BY_ID.get(name, NOTHING)
    if not (seen.roles and seen.parts):
        return None
    return chat_schema({"assistant": (), **roles_of(seen, {})}, {}, tools=False)


def _has_other_tools(old: Mapping[str, object]) -> bool:
    return any(word in str(old.get("tools")) for word in ("builtin_function", "web_search"))


def _joined(old: Schema, new: Schema) -> Schema:
    return {"anyOf": [old, new]}


def _format(name: str, old: Schema | None) -> Schema | None:
    if NO_FORMATS.search(name):
        return None
    seen = BY_ID.get(name, NOTHING).formats
    if seen is not None:
        return response_format(seen)
    if NO_JSON_SCHEMA.search(name):
        return response_format(("text", "json_object"))
    return old


def effort(name: str) -> Schema:
    """``reasoning_effort`` as this model takes it."""
    if EFFORT_UNREAD.search(name):
        return ANY
    bare = name.rpartition("/")[2]
    return words(*OTHER_EFFORTS.get(bare, EFFORTS))


def _roles(messages: Schema) -> Iterator[tuple[str, list[str | Schema]]]:
    """Each role of an August schema, with the parts that its content may hold."""
    items = messages.get("items", {})
    for one in items.get("oneOf", items.get("anyOf", [items])):
        fields = one.get("properties", {})
        for word in fields.get("role", {}).get("enum", []):
            if word == "assistant":
                yield word, []
            elif word == "tool":
                yield word, ["text"]
            else:
                yield word, list(_parts(fields.get("content", {}))) or ["text"]


def _parts(content: Schema) -> Iterator[str | Schema]:
    forms = content.get("anyOf", content.get("oneOf", [content]))
    for form in forms or ():
        if form.get("type") != "array":
            continue
        items = form.get("items", {})
        for part in items.get("anyOf", items.get("oneOf", [items])):
            kind = (part.get("properties", {}).get("type", {}).get("enum") or [None])[0]
            yield kind if kind in ("text", "image_url", "file") else opened(_marked(part))


def _marked(part: Schema) -> Schema:
    kind = (part.get("properties", {}).get("type", {}).get("enum") or [None])[0]
    if kind in ("image", "document"):
        return {**part, "properties": {**part["properties"], "cache_control": CACHE}}
    return part


# --- other paths -----


def native_first(second: Schema) -> Schema:
    """The older Claude group: the newer one's body with sampling parameters."""
    unit: Schema = {"type": "number", "minimum": 0, "maximum": 1}
    added = {"temperature": unit, "top_p": unit, "top_k": {"type": "number"}}
    return {**second, "properties": {**second["properties"], **added}}


def responses_relaxed(schema: Schema) -> Schema:
    """A function tool needs no ``strict``, and it may be null."""

    def walk(value: Any) -> Any:
        if isinstance(value, list):
            return [walk(one) for one in value]
        if not isinstance(value, Mapping):
            return value
        made = {key: walk(one) for key, one in value.items()}
        needed = made.get("required")
        if isinstance(needed, list) and "strict" in needed and "parameters" in made["properties"]:
            made["required"] = [one for one in needed if one not in ("strict", "parameters")]
            strict = {"type": ["boolean", "null"]}
            made["properties"] = {**made["properties"], "strict": strict}
        return made

    properties = dict(schema["properties"])
    if "tools" in properties:
        properties["tools"] = walk(properties["tools"])
    return {**schema, "properties": properties}


def embeddings(old: Schema) -> Schema:
    """A group that was not read: it is open, as all that were."""
    return record(("model", "input"), **{**opened(old)["properties"], "model": STRING})


_NUMBER: Schema = {"type": "number"}
_POLLED = ("delay", "runningPolls", "errorStatus", "submitErrorStatus")


def dummies() -> dict[str, tuple[str, Schema]]:
    """The gateway's own test models of which no whole group was read: id -> path and body.

    The video one's body was not seen; it is taken to be like that of the audio one.
    """
    song = record(
        ("model", "prompt"),
        model=STRING,
        prompt={"type": "string", "minLength": 1},
        duration={"type": "integer", "minimum": 1, "maximum": 10},
        test=record((), **dict.fromkeys(_POLLED, _NUMBER)),
    )
    return {"test/dummy-video": (VIDEO, song)}


def decision() -> Schema:
    """A body of /v1/decisions."""
    text: Schema = {"anyOf": [STRING, {"type": "object"}, {"type": "array"}]}
    levels: Schema = {"type": "array", "minItems": 2}
    question: Schema = {
        "oneOf": [
            record(
                ("type", "instructions"),
                type=words("noul"),
                instructions=text,
                criteria={"type": "object"},
            ),
            record(
                ("type", "instructions", "criteria"),
                type=words("choice"),
                instructions=text,
                criteria={"type": "object"},
            ),
            record(
                ("type", "instructions", "criteria"),
                type=words("score"),
                instructions=text,
                criteria=levels,
            ),
        ]
    }
    questions: Schema = {"type": "object", "additionalProperties": question}
    return record(("model", "state", "questions"), model=STRING, state=text, questions=questions)


def meshy() -> Schema:
    """Meshy 6 on the images path."""
    return record(
        ("model", "image_url"),
        model=STRING,
        image_url=STRING,
        model_type=words("standard", "lowpoly", "smart-topology"),
        target_polycount={"type": "integer", "minimum": 100, "maximum": 300_000},
        topology=words("quad", "triangle"),
        symmetry_mode=words("auto", "on", "off"),
        enable_pbr={"type": "boolean"},
        texture_prompt={"type": "string", "maxLength": 600},
        should_texture={"type": "boolean"},
        pose_mode=words("a-pose", "t-pose", ""),
    )


def group_without_messages(group: Mapping[str, Any]) -> Schema:
    """A group that was transcribed whole and is no conversation."""
    params = {name: parameter(row) for name, row in group["params"].items()}
    return record(tuple(group["required"]), model=STRING, **params)
