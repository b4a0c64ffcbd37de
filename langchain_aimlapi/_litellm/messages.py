"""OpenAI-style message dictionaries, as LiteLLM hands them on -> the neutral conversation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from langchain_aimlapi._domain.answers import answer_to_parts
from langchain_aimlapi._domain.content import (
    call_id_of,
    content_to_parts,
    plain_word,
    user_messages,
)
from langchain_aimlapi._domain.values import (
    EXTRA_KEYS,
    RETURNED_KEYS,
    Message,
    Part,
    Role,
    TextPart,
    ToolCall,
)
from langchain_aimlapi._json import json_object
from langchain_aimlapi._litellm.call_ids import repair_call_ids

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "developer",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}


def openai_to_messages(messages: Iterable[Any]) -> tuple[Message, ...]:
    """The conversation in neutral terms.

    Args:
        messages: Dictionaries in OpenAI's shape, or LiteLLM's own message objects.

    Raises:
        ValueError: a message without a known role.
    """
    converted: list[Message] = []
    for message in messages:
        converted.extend(_convert(_as_mapping(message)))
    return repair_call_ids(converted)


def _as_mapping(message: object) -> Mapping[str, object]:
    if isinstance(message, Mapping):
        return message
    dump = getattr(message, "model_dump", None)
    dumped = dump() if callable(dump) else None
    if isinstance(dumped, Mapping):
        return dumped
    raise ValueError(f"a message must be a dictionary, not {type(message).__name__}")


def _convert(message: Mapping[str, Any]) -> list[Message]:
    role = _ROLES.get(plain_word(message.get("role")) or "")
    if role is None:
        known = ", ".join(_ROLES)
        raise ValueError(f"a message has the role {message.get('role')!r:.60}; use {known}")
    name = message.get("name") if isinstance(message.get("name"), str) else None
    if role == "assistant":
        return [_assistant(message, name)]
    parts = _marked(message, content_to_parts(message.get("content")))
    if role == "tool":
        call_id = call_id_of(message.get("tool_call_id"))
        failed = bool(message.get("is_error"))
        return [Message("tool", parts, name=name, tool_call_id=call_id, is_error=failed)]
    if role == "user":
        return user_messages(parts, name)
    return [Message(role, parts, name=name)]


def _marked(message: Mapping[str, Any], parts: tuple[Part, ...]) -> tuple[Part, ...]:
    cached = message.get("cache_control")  # LiteLLM's way to mark a whole message for caching
    if cached and parts and isinstance(parts[-1], TextPart):
        last = parts[-1]
        marked = replace(last, extra={**last.extra, "cache_control": cached})
        return (*parts[:-1], marked)
    return parts


def _assistant(message: Mapping[str, object], name: str | None) -> Message:
    found = message.get("provider_specific_fields")
    fields: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    calls = _calls(message, fields)
    names = {*EXTRA_KEYS, *RETURNED_KEYS}
    beside = {key: value for key in names if (value := message.get(key) or fields.get(key))}
    parts = answer_to_parts(message.get("content") or "", beside, calls)
    extra = {key: beside[key] for key in RETURNED_KEYS if key in beside}
    return Message("assistant", _marked(message, parts), name=name, tool_calls=calls, extra=extra)


def _calls(message: Mapping[str, object], fields: Mapping[str, object]) -> tuple[ToolCall, ...]:
    extras = fields.get("tool_call_extras")
    known: Mapping[str, Any] = extras if isinstance(extras, Mapping) else {}
    called = message.get("tool_calls") or ()
    if not isinstance(called, Iterable):
        raise ValueError(f"tool_calls is {called!r:.60}; use a list of calls")
    calls = [_call(_as_mapping(raw), known) for raw in called if raw is not None]
    legacy = message.get("function_call")
    if legacy and not calls:
        inner = _as_mapping(legacy)
        name = str(inner.get("name") or "")
        calls.append(ToolCall(None, name, _text(inner.get("arguments"))))
    content = message.get("content")
    if not calls and isinstance(content, list):  # Anthropic's own history
        calls = [
            ToolCall(call_id_of(b.get("id")), str(b.get("name") or ""), _text(b.get("input") or {}))
            for b in content
            if isinstance(b, Mapping) and b.get("type") == "tool_use"
        ]
    return tuple(calls)


def _call(raw: Mapping[str, object], known: Mapping[str, object]) -> ToolCall:
    call_id = call_id_of(raw.get("id"))
    specific = raw.get("provider_specific_fields")
    fields: Mapping[str, Any] = specific if isinstance(specific, Mapping) else {}
    extra = known.get(call_id) if call_id else None
    opaque = raw.get("extra_content") or fields.get("extra_content")
    merged = {**(extra if isinstance(extra, Mapping) else {})}
    if opaque:
        merged["extra_content"] = opaque
    custom = raw.get("custom")
    if isinstance(custom, Mapping):
        text = _text(custom.get("input"))
        return ToolCall(call_id, str(custom.get("name") or ""), text, kind="custom", extra=merged)
    function = raw.get("function")
    body = _as_mapping(function) if function is not None else {}
    arguments = _text(body.get("arguments"))
    return ToolCall(
        call_id,
        str(body.get("name") or ""),
        arguments,
        valid=not arguments.strip() or json_object(arguments) is not None,
        extra=merged,
    )


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
