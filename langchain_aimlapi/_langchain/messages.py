"""LangChain messages -> the neutral conversation."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from langchain_aimlapi._domain.answers import answer_to_parts
from langchain_aimlapi._domain.content import call_id_of, content_to_parts, user_messages
from langchain_aimlapi._domain.values import (
    FREE_TEXT_KEY,
    RETURNED_KEYS,
    Message,
    Role,
    ToolCall,
)
from langchain_aimlapi._langchain.chunks import PROVIDER

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "developer",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "model": "assistant",
    "tool": "tool",
    "function": "tool",
}


def messages_to_domain(
    messages: Iterable[BaseMessage],
    *,
    custom: Container[str] = (),
    vendor_of: Callable[[str], str | None] = lambda model: None,
) -> tuple[Message, ...]:
    """The conversation in neutral terms.

    Args:
        custom: Names of free-text tools; a call of one is free text again.
        vendor_of: Model id -> its vendor, where that is known.

    Raises:
        ValueError: a message of a kind that is no part of a conversation (``RemoveMessage``).
    """
    converted: list[Message] = []
    for message in messages:
        if isinstance(message, AIMessage):
            converted.append(_assistant(message, custom, vendor_of))
        else:
            converted.extend(_convert(message))
    return tuple(converted)


def _convert(message: BaseMessage) -> list[Message]:
    if isinstance(message, ToolMessage):
        return [
            Message(
                "tool",
                content_to_parts(message.content),
                name=message.name,
                tool_call_id=message.tool_call_id,
                is_error=message.status == "error",
            )
        ]
    if isinstance(message, HumanMessage):
        return user_messages(content_to_parts(message.content), message.name)
    if isinstance(message, SystemMessage):
        role: Role = "developer" if _is_developer(message) else "system"
        return [Message(role, content_to_parts(message.content), name=message.name)]
    if isinstance(message, FunctionMessage):
        return [
            Message("tool", content_to_parts(message.content), name=message.name,
                    tool_call_id=message.name)
        ]  # fmt: skip
    if isinstance(message, ChatMessage) and message.role in _ROLES:
        parts = content_to_parts(message.content)
        call_id = message.additional_kwargs.get("tool_call_id")
        return [Message(_ROLES[message.role], parts, name=message.name, tool_call_id=call_id)]
    kind = message.role if isinstance(message, ChatMessage) else type(message).__name__
    raise ValueError(
        f"a message of the kind {kind!r} cannot be sent; use SystemMessage, HumanMessage, "
        "AIMessage or ToolMessage"
    )


def _is_developer(message: SystemMessage) -> bool:
    kwargs = message.additional_kwargs
    return "developer" in (kwargs.get("__openai_role__"), kwargs.get("role"))


def _assistant(
    message: AIMessage, custom: Container[str], vendor_of: Callable[[str], str | None]
) -> Message:
    kwargs = message.additional_kwargs
    metadata = message.response_metadata
    provider, model = metadata.get("model_provider"), metadata.get("model_name")
    elsewhere = isinstance(provider, str) and provider != PROVIDER
    known = isinstance(model, str) and not elsewhere
    vendor = vendor_of(str(model)) if known else _VENDORS.get(str(provider))
    calls = _calls(message, custom)
    return Message(
        "assistant",
        answer_to_parts(message.content, kwargs, calls),
        name=message.name,
        tool_calls=calls,
        extra={key: kwargs[key] for key in RETURNED_KEYS if kwargs.get(key)} if kwargs else {},
        model=model if isinstance(model, str) else None,
        vendor=vendor,
        elsewhere=elsewhere,
    )


# LangChain's providers -> the vendors whose models they speak to.
_VENDORS = {
    "anthropic": "anthropic",
    "openai": "openai",
    "azure": "openai",
    "azure_openai": "openai",
    "google_genai": "google",
    "google_vertexai": "google",
    "xai": "xai",
    "deepseek": "deepseek",
    "mistralai": "mistral-ai",
}


def _calls(message: AIMessage, custom: Container[str]) -> tuple[ToolCall, ...]:
    extras = message.additional_kwargs.get("tool_call_extras") or {}
    calls = [
        _call(call, _extra(extras, call.get("id")), free=call["name"] in custom)
        for call in message.tool_calls
    ]
    calls += [
        ToolCall(call.get("id"), call.get("name") or "", call.get("args") or "", valid=False)
        for call in message.invalid_tool_calls
    ]
    if not calls and isinstance(message.content, list):  # another provider's history
        calls = [
            ToolCall(
                call_id_of(block.get("id")),
                str(block.get("name") or ""),
                json.dumps(block.get("input") or {}),
            )
            for block in message.content
            if isinstance(block, dict) and block.get("type") == "tool_use"
        ]
    return tuple(calls)


def _call(call: Any, extra: Mapping[str, Any], *, free: bool) -> ToolCall:
    args = call["args"]
    if free and args.keys() == {FREE_TEXT_KEY}:  # as `chunks.call_arguments` writes free text
        text = str(args[FREE_TEXT_KEY])
        return ToolCall(call.get("id"), call["name"], text, "custom", extra=extra)
    return ToolCall(call.get("id"), call["name"], json.dumps(args, ensure_ascii=False), extra=extra)


def _extra(extras: object, call_id: str | None) -> Mapping[str, object]:
    found = extras.get(call_id) if isinstance(extras, Mapping) and call_id else None
    return found if isinstance(found, Mapping) else {}
