"""A conversation of any provider -> messages that every provider's LangChain package takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from langchain_aimlapi._dialects.history import media_behind
from langchain_aimlapi._dialects.parts import part_text, raw_as_text, text_of
from langchain_aimlapi._dialects.tools import safe_id
from langchain_aimlapi._domain.media import DEFAULT_TYPES, data_of
from langchain_aimlapi._domain.values import MediaPart, Message, Part, RawPart, Role
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._langchain.chunks import calls_to_langchain
from langchain_aimlapi._langchain.functions import pair_functions
from langchain_aimlapi._langchain.messages import messages_to_domain

ID_CHARS = 64  # OpenAI's limit for the id of a call, the least of all


def plain_messages(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """See `langchain_aimlapi.messages.portable`."""
    notes = Notes("", "drop")  # nothing is left out that a user message may hold
    plain: list[BaseMessage] = []
    waiting: list[Part] = []  # media of answers and results, for the next user message
    for message in pair_functions(messages):
        for each in messages_to_domain([message]):
            if waiting and each.role != "tool":
                plain.append(_user(Message("user", tuple(waiting))))
                waiting = []
            kept, *moved = media_behind([each], _holds, notes)
            waiting += [part for behind in moved for part in behind.parts]
            plain.append(_MAKERS[kept.role](kept))
        plain[-1].id = message.id
    return [*plain, _user(Message("user", tuple(waiting)))] if waiting else plain


def _holds(part: MediaPart, role: Role) -> bool:
    return role == "user"


# --- one message -----


def _user(message: Message) -> BaseMessage:
    return HumanMessage(_content(message.parts), name=message.name)


def _system(message: Message) -> BaseMessage:
    return SystemMessage(_content(message.parts), name=message.name)


def _developer(message: Message) -> BaseMessage:
    role = {"__openai_role__": "developer"}  # which langchain-openai reads, and nobody sends
    return SystemMessage(_content(message.parts), name=message.name, additional_kwargs=role)


def _answer(message: Message) -> BaseMessage:
    """Text and calls alone: no thoughts, seals, citations or server tools."""
    calls, broken = calls_to_langchain(message.tool_calls)
    for call in (*calls, *broken):
        call["id"] = _safe(call["id"])
    text = text_of(message.parts, separator="")
    return AIMessage(text, name=message.name, tool_calls=calls, invalid_tool_calls=broken)


def _result(message: Message) -> BaseMessage:
    parts = [raw_as_text(part) if isinstance(part, RawPart) else part for part in message.parts]
    return ToolMessage(
        text_of(parts),
        name=message.name,
        tool_call_id=_safe(message.tool_call_id) or "",
        status="error" if message.is_error else "success",
    )


_MAKERS: Mapping[Role, Callable[[Message], BaseMessage]] = {
    "system": _system,
    "developer": _developer,
    "user": _user,
    "assistant": _answer,
    "tool": _result,
}


def _safe(call_id: str | None) -> str | None:
    return safe_id(call_id, limit=ID_CHARS) if call_id else call_id


# --- its content -----


def _content(parts: Sequence[Part]) -> str | list[str | dict[str, object]]:
    texts = [part_text(part) for part in parts]
    if len(parts) < 2 and None not in texts:
        return texts[0] or "" if texts else ""
    return list(_blocks(parts))


def _blocks(parts: Iterable[Part]) -> Iterable[dict[str, object]]:
    for part in parts:
        text = part_text(part)
        if text is not None:
            yield {"type": "text", "text": text}
        elif isinstance(part, MediaPart):
            yield _media(part)
        elif isinstance(part, RawPart):  # nobody else's business what it means
            yield dict(part.value)


def _media(part: MediaPart) -> dict[str, object]:
    block: dict[str, Any] = {"type": part.kind}
    content = data_of(part)
    if content is not None:
        mime = content[0] or DEFAULT_TYPES[part.kind]
        block |= {"base64": content[1], "mime_type": mime}
    elif part.url is not None:
        block |= {"url": part.url} | ({"mime_type": part.mime_type} if part.mime_type else {})
    else:
        block["file_id"] = part.file_id
    if part.kind == "file":
        block["filename"] = part.filename or "document.pdf"
    return block
