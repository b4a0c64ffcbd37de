"""Messages in OpenAI's shape, fitted to the roles and contents that a model takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from langchain_aimlapi._dialects.history import media_behind
from langchain_aimlapi._dialects.parts import (
    clean_name,
    is_text_only,
    named_in_text,
    no_block,
    no_link,
    no_media,
    part_text,
    raw_as_text,
    text_of,
    with_error_marked,
)
from langchain_aimlapi._dialects.tools import call_arguments, calls_as_text, result_as_text
from langchain_aimlapi._domain.media import AUDIO_FORMATS, data_url, document_text, titled
from langchain_aimlapi._domain.values import (
    MediaPart,
    Message,
    Part,
    RawPart,
    ReasoningPart,
    RefusalPart,
    Role,
    ServerToolPart,
    TextPart,
    ToolCall,
    ToolCallPart,
)
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import CACHE_MARK, Body, cache_mark, no_cache_place
from langchain_aimlapi.catalog.facts import RoleFacts, Shape

PartFacts = Mapping[str, Any]

_ANY = RoleFacts()
_TEXT_ONLY = frozenset({"text"})
_UNKNOWN_HERE = (ReasoningPart, ServerToolPart, ToolCallPart)
# What a vendor gave with an answer and wants back with it.
_RETURNED = ("reasoning_details", "extra_content", "encrypted_content")
_MARKS = ("folded", "ours")  # our own notes on a message, which are not sent
_PART_TYPES = {"image": "image_url", "audio": "input_audio", "video": "video_url", "file": "file"}


def build_messages(messages: Sequence[Message], shape: Shape, notes: Notes) -> list[Body]:
    """The conversation as it goes out."""
    return [_build_one(m, shape, notes) for m in _fit_roles(messages, shape, notes)]


# --- roles -----


def _fit_roles(messages: Sequence[Message], shape: Shape, notes: Notes) -> list[Message]:
    """The same conversation in roles that the model has."""
    has_tools = not shape.roles or "tool" in shape.roles
    names = {call.id: call.name for message in messages for call in message.tool_calls}

    def holds(part: MediaPart, role: Role) -> bool:
        if role == "assistant" and not shape.roles:
            return False  # no vendor takes media in an answer
        allowed = (shape.roles.get(role) or _ANY).parts
        return _takes(part, allowed if role != "tool" or has_tools else frozenset())

    last_user = max((i for i, m in enumerate(messages) if m.role == "user"), default=-1)
    thought = [
        _assistant(message, position > last_user, has_tools, notes)
        if message.role == "assistant"
        else message
        for position, message in enumerate(messages)
    ]
    fitted: list[Message] = []
    for message in media_behind(thought, holds, notes):
        if message.role == "tool" and not has_tools:
            notes.adapted("messages.tool", "tool results were sent as text")
            text = result_as_text(message, names.get(message.tool_call_id))
            fitted.append(Message("user", (TextPart(text),)))
        elif message.role == "tool":
            fitted.append(_result(message, shape))
        elif message.role in ("system", "developer"):
            fitted.append(_system(message, shape, notes))
        else:
            fitted.append(message)
    return _join_folded(fitted)


def _system(message: Message, shape: Shape, notes: Notes) -> Message:
    roles: tuple[Role, ...] = (message.role, "system", "developer")
    for role in roles:
        if not shape.roles or role in shape.roles:
            return message if role == message.role else replace(message, role=role)
    if not message.extra.get("ours"):  # nobody wrote the instruction about a format
        notes.adapted("messages.system", f"the {message.role} message was sent as a user message")
    return replace(message, role="user", extra={**message.extra, "folded": True})


def _join_folded(messages: list[Message]) -> list[Message]:
    """A system text that had to become a user message joins the user message behind it, so that
    the turns still alternate."""
    joined: list[Message] = []
    for message in messages:
        before = joined[-1] if joined else None
        if (
            before is not None
            and message.role == "user"
            and before.role == "user"
            and before.extra.get("folded")
            and is_text_only(before.parts)
        ):
            head = text_of(before.parts)
            parts: tuple[Part, ...] = (TextPart(head), *message.parts)
            if message.parts and isinstance(message.parts[0], TextPart):
                first = message.parts[0]
                parts = (TextPart(f"{head}\n\n{first.text}", first.extra), *message.parts[1:])
            joined[-1] = replace(message, parts=parts)
        else:
            joined.append(message)
    return joined


def _assistant(message: Message, in_loop: bool, has_tools: bool, notes: Notes) -> Message:
    """An answer without thoughts that the model would not know, or with those that its vendor
    wants back."""
    if _plain_text(message) is not None:
        return message
    thoughts = "".join(p.text for p in message.parts if isinstance(p, ReasoningPart))
    parts = _one_text(p for p in message.parts if not isinstance(p, _UNKNOWN_HERE))
    extra = {key: value for key, value in message.extra.items() if key in _RETURNED and value}
    # DeepSeek and Kimi refuse a tool loop without the thought that led to the call; older
    # reasoning models refuse one from a finished turn. So it goes back only inside the loop.
    thought = message.extra.get("reasoning_content") or thoughts
    if thought and in_loop and message.tool_calls:
        extra["reasoning_content"] = thought
    calls = message.tool_calls
    if calls and not has_tools:
        notes.adapted("messages.tool_calls", "tool calls of the history were sent as text")
        parts, calls = (*parts, TextPart(calls_as_text(message))), ()
    return replace(message, parts=parts, tool_calls=calls, extra=extra)


def _one_text(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts of an answer with neighbouring pieces of its text as one."""
    joined: list[Part] = []
    for part in parts:
        before = joined[-1] if joined else None
        if isinstance(part, TextPart):
            marks = {k: v for k, v in part.extra.items() if k == "cache_control"}
            if isinstance(before, TextPart) and not before.extra:
                part = TextPart(before.text + part.text, marks)
                joined.pop()
            else:
                part = TextPart(part.text, marks)
        joined.append(part)
    return tuple(joined)


def _result(message: Message, shape: Shape) -> Message:
    """A tool's result with its failure marked, and with what is no known content as JSON text."""
    allowed = (shape.roles.get("tool") or _ANY).parts or _TEXT_ONLY
    parts = tuple(
        raw_as_text(p) if isinstance(p, RawPart) and not _takes(p, allowed) else p
        for p in message.parts
    )
    return with_error_marked(replace(message, parts=parts))


def _takes(part: Part, allowed: frozenset[str] | None) -> bool:
    if allowed is None:
        return True
    if isinstance(part, MediaPart):
        return _PART_TYPES[part.kind] in allowed
    return (str(part.value.get("type")) if isinstance(part, RawPart) else "text") in allowed


# --- one message -----


def _build_one(message: Message, shape: Shape, notes: Notes) -> Body:
    facts = shape.roles.get(message.role) or _ANY
    text = _plain_text(message)
    if text is not None and facts.string and message.role != "tool":
        return {"role": message.role, "content": text}
    entry: Body = {"role": message.role}
    parts = message.parts
    if message.name and message.role != "tool":
        name, parts = _named(message, facts, notes)
        entry |= name
    content: object = _content(message.role, parts, facts, shape, notes)
    if message.tool_calls:
        # `""` passes wherever tools exist; only Claude behind this path refuses an empty text.
        if content in ("", [], None):
            content = None if shape.accepts_anthropic and facts.null else ""
        entry["tool_calls"] = [_call(call, shape) for call in message.tool_calls]
    entry["content"] = content
    if message.role == "tool":
        if not (facts.closed and facts.keys and "tool_call_id" not in facts.keys):
            entry["tool_call_id"] = message.tool_call_id or ""
        if message.name and facts.keys and "name" in facts.keys:
            entry["name"] = clean_name(message.name)
    for key, value in message.extra.items():
        if key not in _MARKS and (not facts.closed or (facts.keys and key in facts.keys)):
            entry[key] = value
    return entry


def _plain_text(message: Message) -> str | None:
    """The text of a message that is one plain text and nothing else, as most are; else None."""
    if len(message.parts) != 1 or message.name or message.tool_calls or message.extra:
        return None
    part = message.parts[0]
    return part.text if isinstance(part, TextPart) and not part.extra else None


def _named(message: Message, facts: RoleFacts, notes: Notes) -> tuple[Body, tuple[Part, ...]]:
    """A message's name, as a key where the model has one, else in front of the user's text."""
    name = message.name or ""
    if facts.keys is None or "name" in facts.keys:
        return {"name": clean_name(name)}, message.parts
    if message.role == "assistant":  # who answered among several agents is no word of the user's
        return {}, message.parts
    if message.role != "user":
        notes.adapted("messages.name", f"the name {name!r} of a message was left out")
        return {}, message.parts
    notes.adapted("messages.name", f"the name {name!r} was put in front of the user's text")
    return {}, named_in_text(message)


def _content(
    role: Role, parts: Sequence[Part], facts: RoleFacts, shape: Shape, notes: Notes
) -> str | list[Body]:
    """A string where the message is one plain text or the model takes no list, else a list."""
    single = len(parts) == 1 and isinstance(parts[0], TextPart) and not parts[0].extra
    plain = not parts or single or (not facts.list and is_text_only(parts))
    if plain and (facts.string or not facts.list):
        if any(CACHE_MARK in part.extra for part in parts if isinstance(part, TextPart)):
            no_cache_place(notes)
        return text_of(parts)
    if not facts.list:
        refused = next(p for p in parts if part_text(p) is None)
        word = refused.kind if isinstance(refused, MediaPart) else "content"
        raise notes.impossible(f"messages.{word}", "it takes only text here")
    built = [b for part in parts if (b := _part(part, role, facts, shape, notes)) is not None]
    if facts.max_parts is not None and len(built) > facts.max_parts:
        built = _merge_texts(built)
    return built


def _merge_texts(parts: list[Body]) -> list[Body]:
    merged: list[Body] = []
    for part in parts:
        if part["type"] == "text" and merged and merged[-1]["type"] == "text":
            merged[-1] = {**merged[-1], "text": f"{merged[-1]['text']}\n{part['text']}"}
        else:
            merged.append(part)
    return merged


def _part(part: Part, role: Role, facts: RoleFacts, shape: Shape, notes: Notes) -> Body | None:
    text = part_text(part)
    if text is not None:
        if isinstance(part, RefusalPart) and facts.parts and "refusal" in facts.parts:
            return {"type": "refusal", "refusal": text}
        if facts.parts is not None and "text" not in facts.parts:
            raise notes.impossible("messages.text", "it takes no text here")
        entry: Body = {"type": "text", "text": text}
        if isinstance(part, TextPart):
            known = shape.parts.get("text", {})
            closed = bool(known.get("closed"))
            entry |= cache_mark(part.extra, known.get("keys"), notes, closed=closed)
        return entry
    if isinstance(part, MediaPart):
        return _media(part, facts, shape, notes)
    if isinstance(part, RawPart):
        if _takes(part, facts.parts) or notes.policy == "send":
            return dict(part.value)
        if role != "assistant":
            raise no_block(part, notes)
        change = f"a content block of type {part.value.get('type')} of an answer was left out"
        notes.adapted("messages.assistant", change, "the model does not take it")
    return None


def _media(part: MediaPart, facts: RoleFacts, shape: Shape, notes: Notes) -> Body:
    kind = _PART_TYPES[part.kind]
    if facts.parts is not None and kind not in facts.parts and notes.policy != "send":
        text = document_text(part)
        if text is None or "text" not in facts.parts:
            raise no_media(part, notes)
        notes.adapted("messages.file", "a text document was sent as text")
        return {"type": "text", "text": titled(part, text)}
    known = shape.parts.get(kind, {})
    closed = bool(known.get("closed"))
    extra = cache_mark(part.extra, known.get("keys"), notes, closed=closed)
    return {"type": kind, kind: _MEDIA[part.kind](part, known, notes), **extra}


def _image(part: MediaPart, known: PartFacts, notes: Notes) -> Body:
    if part.file_id:
        raise notes.impossible("messages.image", "it takes no file id for an image")
    detail = {"detail": part.detail} if part.detail else {}
    return {"url": part.url or data_url(part), **detail}


def _audio(part: MediaPart, known: PartFacts, notes: Notes) -> Body:
    takes_format = "format" in known.get("value_keys", ("format",))
    if part.data is None and not takes_format:
        return {"data": part.url}  # a captioner that takes a link in place of the sound
    if part.data is None:
        raise no_link(part, "URL", notes)
    if not takes_format:
        return {"data": data_url(part)}
    mime = (part.mime_type or "audio/wav").lower()
    name = AUDIO_FORMATS.get(mime, mime.rpartition("/")[2])
    formats = known.get("format")
    if formats and name not in formats:
        name = mime if mime in formats else name
    if formats and name not in formats and notes.policy != "send":
        takes = f"it takes {', '.join(sorted(formats))}, not {mime}"
        raise notes.impossible("messages.audio", takes, "convert it")
    return {"data": part.data, "format": name}


def _video(part: MediaPart, known: PartFacts, notes: Notes) -> Body:
    if part.file_id:
        raise notes.impossible("messages.video", "it takes no file id for a video")
    return {"url": part.url or data_url(part)}


def _file(part: MediaPart, known: PartFacts, notes: Notes) -> Body:
    keys = known.get("value_keys")
    if part.file_id:
        if keys and "file_id" not in keys and notes.policy != "send":
            raise no_link(part, "file id", notes)
        return {"file_id": part.file_id}
    content = data_url(part)
    if content is None:
        raise no_link(part, "URL", notes)
    return {"filename": part.filename or "document.pdf", "file_data": content}


_MEDIA: Mapping[str, Callable[[MediaPart, PartFacts, Notes], Body]] = {
    "image": _image,
    "audio": _audio,
    "video": _video,
    "file": _file,
}


def _call(call: ToolCall, shape: Shape) -> Body:
    known = shape.call_defs
    extra = {k: v for k, v in call.extra.items() if k == "extra_content"}
    facts = known.get("function")
    if facts is not None and facts.closed:
        extra = {k: v for k, v in extra.items() if k in facts.properties}
    if call.kind == "custom" and (not known or "custom" in known):
        custom = {"name": call.name, "input": call.arguments}
        return {"id": call.id or "", "type": "custom", "custom": custom, **extra}
    function = {"name": call.name, "arguments": call_arguments(call)}
    return {"id": call.id or "", "type": "function", "function": function, **extra}
