"""Helpers for content parts and texts that more than one dialect needs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from langchain_aimlapi._domain.values import (
    MediaPart,
    Message,
    Part,
    RefusalPart,
    ResponseFormat,
    TextPart,
    Tool,
    ToolCall,
)
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import Body
from langchain_aimlapi.catalog.facts import Shape
from langchain_aimlapi.errors import UnsupportedFeatureError

AUDIO_FORMATS = {
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/vnd.wave": "wav",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/mpga": "mp3",
    "audio/flac": "flac",
    "audio/x-flac": "flac",
    "audio/ogg": "ogg",
    "audio/opus": "opus",
    "audio/webm": "webm",
    "audio/aac": "aac",
    "audio/mp4": "m4a",
    "audio/x-m4a": "m4a",
    "audio/m4a": "m4a",
    "audio/pcm": "pcm16",
}
MEDIA_DEFAULTS = {
    "image": "image/png",
    "audio": "audio/wav",
    "video": "video/mp4",
    "file": "application/pdf",
}
MEDIA_WORDS = {"image": "images", "audio": "audio", "video": "video", "file": "files"}


def data_uri(part: MediaPart) -> str:
    """The part's data as a ``data:`` URI."""
    return f"data:{part.mime_type or MEDIA_DEFAULTS[part.kind]};base64,{part.data}"


def text_of(parts: Iterable[Part], *, separator: str = "\n") -> str:
    """The texts of the parts (also of refusals and plain-text documents), joined."""
    texts = [text for part in parts if (text := part_text(part)) is not None]
    return separator.join(texts)


def part_text(part: Part) -> str | None:
    """The text of a part that is text; None for any other."""
    if isinstance(part, TextPart):
        return part.text
    if isinstance(part, RefusalPart):
        return part.text
    if isinstance(part, MediaPart) and part.is_text:
        return f"{part.filename}:\n{part.data}" if part.filename else part.data or ""
    return None


def is_text_only(parts: Iterable[Part]) -> bool:
    """Whether every part can be said as text."""
    return all(part_text(part) is not None for part in parts)


def told_calls(message: Message) -> str:
    """Tool calls of a history as text, for a model that has no tools."""
    return "\n".join(f"[called {call.name} with {call.arguments}]" for call in message.tool_calls)


def told_result(message: Message, name: str | None) -> str:
    """A tool's result as text, for a model that has no tools."""
    status = " (it failed)" if message.is_error else ""
    return f"[result of {name or message.tool_call_id}{status}]: {text_of(message.parts)}"


def with_error_said(message: Message) -> Message:
    """A failed tool result that says so in its text, for a wire that has no other place."""
    if not message.is_error:
        return message
    first = next((p for p in message.parts if isinstance(p, TextPart)), None)
    said = first.text if first is not None else ""
    if said.lstrip().lower().startswith("error"):
        return message
    told = TextPart(f"Error: {said}" if said else "Error", first.extra if first else {})
    if first is None:
        return replace(message, parts=(told, *message.parts))
    return replace(message, parts=tuple(told if p is first else p for p in message.parts))


def valid_arguments(call: ToolCall) -> str:
    """The call's arguments as a JSON object, whatever they were: what can not be read is kept
    as text under ``__invalid_arguments__``, so that the model sees what it wrote."""
    if not call.arguments.strip():
        return "{}"
    try:
        if isinstance(json.loads(call.arguments, strict=False), dict):
            return call.arguments
    except (ValueError, RecursionError):
        return json.dumps({"__invalid_arguments__": call.arguments}, ensure_ascii=False)
    return json.dumps({"__invalid_arguments__": call.arguments}, ensure_ascii=False)


def clean_name(name: str) -> str:
    """A message's name in the alphabet that OpenAI takes: 1-64 of ``A-Za-z0-9_-``."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:64]


# --- tools -----


def takes_tool(shape: Shape, kind: str, *, exactly: bool = False) -> bool:
    """Whether the shape takes tools of this form (an unknown shape takes every one).

    Args:
        exactly: The form has to be listed by its name; "anything with a type" is not enough.
    """
    return shape.tools is None or kind in shape.tools or (not exactly and "*" in shape.tools)


def no_tools(notes: Notes, where: str = "") -> UnsupportedFeatureError:
    """The error for tools on a model that has none."""
    advice = "choose a model with tool calling: Catalog.models(capability='tools')"
    return notes.impossible("tools", f"it has no tool calling{where}", advice)


def hosted_tool(tool: Tool, shape: Shape, notes: Notes) -> Body | None:
    """A server-side tool as it is; None where the model does not have it."""
    kind = str(tool.raw.get("type", ""))
    if takes_tool(shape, kind):
        return dict(tool.raw)
    known = ", ".join(sorted(shape.tools or ())) or "no tools"
    change = f"the server-side tool {kind} was left out"
    return dict(tool.raw) if notes.unsupported(f"tools.{kind}", change, f"it has {known}") else None


def object_schema(tool: Tool) -> dict[str, object]:
    """The tool's parameters as an object schema; no parameters is an empty object."""
    schema = dict(tool.parameters)
    if schema.get("type") != "object" and "$ref" not in schema and "anyOf" not in schema:
        schema = {"type": "object", **schema}
    schema.setdefault("properties", {})
    return schema


def free_text_schema() -> dict[str, object]:
    """A schema for a free-text tool, for a model that only knows JSON tools."""
    return {
        "type": "object",
        "properties": {"__arg1": {"type": "string", "description": "The text of the input."}},
        "required": ["__arg1"],
    }


def openai_format(wanted: ResponseFormat) -> dict[str, Any]:
    """``response_format`` as OpenAI spells it."""
    if wanted.kind != "json_schema":
        return {"type": wanted.kind}
    inner: dict[str, Any] = {"name": wanted.name, "schema": dict(wanted.schema)}
    if wanted.description:
        inner["description"] = wanted.description
    if wanted.strict is not None:
        inner["strict"] = wanted.strict
    return {"type": "json_schema", "json_schema": inner}


def json_instruction(wanted: ResponseFormat) -> str:
    """The wanted format in words, for a model that can not be held to it."""
    if wanted.kind == "json_object" or not wanted.schema:
        return "Answer with one JSON object and nothing else."
    schema = json.dumps(dict(wanted.schema), ensure_ascii=False)
    return f"Answer with one JSON object that fits this JSON schema, and nothing else:\n{schema}"
