"""LangChain messages -> the neutral conversation."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping
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

from langchain_aimlapi._domain.content import content_to_parts
from langchain_aimlapi._domain.values import (
    RETURNED_KEYS,
    Message,
    Part,
    RawPart,
    RefusalPart,
    Role,
    ToolCall,
)

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
    messages: Iterable[BaseMessage], *, custom: Container[str] = ()
) -> tuple[Message, ...]:
    """The conversation in neutral terms.

    Args:
        custom: Names of free-text tools; a call of one is free text again.

    Raises:
        ValueError: a message of a kind that is no part of a conversation (``RemoveMessage``).
    """
    converted: list[Message] = []
    for message in messages:
        converted.extend(_convert(message, custom))
    return tuple(converted)


def _convert(message: BaseMessage, custom: Container[str]) -> list[Message]:
    if isinstance(message, AIMessage):
        return [_assistant(message, custom)]
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
        return _user(message)
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
        f"a message of the kind {kind!r} can not be sent; use SystemMessage, HumanMessage, "
        "AIMessage or ToolMessage"
    )


def _is_developer(message: SystemMessage) -> bool:
    kwargs = message.additional_kwargs
    return "developer" in (kwargs.get("__openai_role__"), kwargs.get("role"))


def _user(message: HumanMessage) -> list[Message]:
    """A user turn; Anthropic's ``tool_result`` blocks in it become tool messages before it."""
    parts = content_to_parts(message.content)
    if isinstance(message.content, str):
        return [Message("user", parts, name=message.name)]
    results: list[Message] = []
    rest: list[Part] = []
    for part in parts:
        if isinstance(part, RawPart) and part.value.get("type") == "tool_result":
            results.append(
                Message(
                    "tool",
                    content_to_parts(part.value.get("content") or ""),
                    tool_call_id=str(part.value.get("tool_use_id") or ""),
                    is_error=bool(part.value.get("is_error")),
                )
            )
        else:
            rest.append(part)
    if results and not rest:
        return results
    return [*results, Message("user", tuple(rest), name=message.name)]


def _assistant(message: AIMessage, custom: Container[str]) -> Message:
    kwargs = message.additional_kwargs
    parts = content_to_parts(message.content)
    refusal = kwargs.get("refusal")
    if isinstance(refusal, str) and refusal and not any(isinstance(p, RefusalPart) for p in parts):
        parts = (*parts, RefusalPart(refusal))
    return Message(
        "assistant",
        parts,
        name=message.name,
        tool_calls=_calls(message, custom),
        extra={key: kwargs[key] for key in RETURNED_KEYS if kwargs.get(key)} if kwargs else {},
    )


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
                block.get("id"), str(block.get("name") or ""), json.dumps(block.get("input") or {})
            )
            for block in message.content
            if isinstance(block, dict) and block.get("type") == "tool_use"
        ]
    return tuple(calls)


def _call(call: Any, extra: Mapping[str, Any], *, free: bool) -> ToolCall:
    args = call["args"]
    if free and args.keys() == {"__arg1"}:  # as `chunks.call_arguments` writes free text
        return ToolCall(call.get("id"), call["name"], str(args["__arg1"]), "custom", extra=extra)
    return ToolCall(call.get("id"), call["name"], json.dumps(args, ensure_ascii=False), extra=extra)


def _extra(extras: Any, call_id: str | None) -> Mapping[str, Any]:
    found = extras.get(call_id) if isinstance(extras, Mapping) and call_id else None
    return found if isinstance(found, Mapping) else {}
