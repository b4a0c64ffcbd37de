"""Messages in OpenAI's shape, fitted to the roles and contents that a model takes."""

from __future__ import annotations

import json
from typing import Any

from langchain_aimlapi._dialects.parts import (
    AUDIO_FORMATS,
    MEDIA_WORDS,
    clean_name,
    data_uri,
    is_text_only,
    part_text,
    text_of,
    told_calls,
    told_result,
    valid_arguments,
    with_error_said,
)
from langchain_aimlapi._domain.values import (
    MediaPart,
    Message,
    Part,
    RawPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
)
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import cache_mark
from langchain_aimlapi.catalog.facts import RoleFacts, Shape

_ANY = RoleFacts()
_TEXT_ONLY = frozenset({"text"})
_ECHOED = ("reasoning_details", "extra_content", "encrypted_content")


def build_messages(
    messages: tuple[Message, ...], shape: Shape, notes: Notes
) -> list[dict[str, Any]]:
    """The conversation on the wire."""
    return [_build_one(m, shape, notes) for m in _fit_roles(messages, shape, notes)]


# --- roles -----


def _fit_roles(messages: tuple[Message, ...], shape: Shape, notes: Notes) -> list[Message]:
    """The same conversation in roles that the model has."""
    has_tools = not shape.roles or "tool" in shape.roles
    names = {c.id: c.name for m in messages for c in m.tool_calls}
    last_user = max((i for i, m in enumerate(messages) if m.role == "user"), default=-1)
    fitted: list[Message] = []
    moved: list[Part] = []  # media of tool results, which go into a user message behind them
    for position, message in enumerate(messages):
        if moved and message.role != "tool":
            fitted.append(Message("user", tuple(moved)))
            moved = []
        if message.role == "tool" and not has_tools:
            notes.adapted("messages.tool", "tool results were sent as text")
            said = told_result(message, names.get(message.tool_call_id))
            fitted.append(Message("user", (TextPart(said),)))
        elif message.role == "tool":
            kept, media = _split_media(_result(message, shape), shape)
            moved += media
            fitted.append(kept)
        elif message.role == "assistant":
            fitted.append(_assistant(message, has_tools, position > last_user, shape, notes))
        elif message.role in ("system", "developer"):
            fitted.append(_system(message, shape, notes))
        else:
            fitted.append(message)
    if moved:
        fitted.append(Message("user", tuple(moved)))
    return _join_folded(fitted, shape)


def _system(message: Message, shape: Shape, notes: Notes) -> Message:
    for role in (message.role, "system", "developer"):
        if not shape.roles or role in shape.roles:
            return message if role == message.role else _with(message, role=role)
    notes.adapted("messages.system", f"the {message.role} message was sent as a user message")
    return _with(message, role="user", extra={**message.extra, "folded": True})


def _join_folded(messages: list[Message], shape: Shape) -> list[Message]:
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
            if message.parts and isinstance(message.parts[0], TextPart):
                first = message.parts[0]
                parts = (TextPart(f"{head}\n\n{first.text}", first.extra), *message.parts[1:])
            else:
                parts = (TextPart(head), *message.parts)
            joined[-1] = _with(message, parts=parts)
        else:
            joined.append(message)
    return joined


def _assistant(
    message: Message, has_tools: bool, in_loop: bool, shape: Shape, notes: Notes
) -> Message:
    """An assistant turn without thoughts that the model would not know, or with those that its
    vendor wants back."""
    if _plain_text(message) is not None:
        return message
    thoughts = "".join(p.text for p in message.parts if isinstance(p, ReasoningPart))
    parts = tuple(p for p in message.parts if not isinstance(p, ReasoningPart))
    extra = {k: v for k, v in message.extra.items() if k in _ECHOED and v}
    # DeepSeek and Kimi refuse a tool loop without the thought that led to the call; older
    # reasoning models refuse one from a finished turn. So it goes back only inside the loop.
    thought = message.extra.get("reasoning_content") or thoughts
    if thought and in_loop and message.tool_calls:
        extra["reasoning_content"] = thought
    calls = message.tool_calls
    if calls and not has_tools:
        notes.adapted("messages.tool_calls", "tool calls of the history were sent as text")
        parts, calls = (*parts, TextPart(told_calls(message))), ()
    allowed = (shape.roles.get("assistant") or _ANY).parts
    kept = tuple(p for p in parts if part_text(p) is not None or _takes(p, allowed))
    if len(kept) < len(parts):
        notes.adapted("messages.assistant", "media of an earlier answer were left out")
    return _with(message, parts=kept, tool_calls=calls, extra=extra)


def _result(message: Message, shape: Shape) -> Message:
    """A tool's result with its failure said, and with what is no known content as JSON text."""
    allowed = (shape.roles.get("tool") or _ANY).parts or _TEXT_ONLY
    parts = tuple(
        TextPart(json.dumps(dict(p.value), ensure_ascii=False, default=str))
        if isinstance(p, RawPart) and not _takes(p, allowed)
        else p
        for p in message.parts
    )
    return with_error_said(_with(message, parts=parts))


def _split_media(message: Message, shape: Shape) -> tuple[Message, list[Part]]:
    """Media that a tool message can not hold move into a user message behind the results."""
    allowed = (shape.roles.get("tool") or _ANY).parts
    media: list[Part] = [
        p for p in message.parts if part_text(p) is None and not _takes(p, allowed)
    ]
    if not media:
        return message, []
    texts = [p for p in message.parts if p not in media]
    if not texts:
        texts = [TextPart("The result is in the next user message.")]
    label = TextPart(f"Result of tool call {message.tool_call_id}:")
    return _with(message, parts=tuple(texts)), [label, *media]


def _takes(part: Part, allowed: frozenset[str] | None) -> bool:
    return allowed is None or bool(allowed & _wire_types(part))


def _wire_types(part: Part) -> set[str]:
    if isinstance(part, MediaPart):
        return {_MEDIA_TYPE[part.kind]}
    if isinstance(part, RawPart):
        return {str(part.value.get("type"))}
    return {"text"}


_MEDIA_TYPE = {
    "image": "image_url",
    "audio": "input_audio",
    "video": "video_url",
    "file": "file",
}


def _with(message: Message, **changes: Any) -> Message:
    fields = {
        "role": message.role,
        "parts": message.parts,
        "name": message.name,
        "tool_calls": message.tool_calls,
        "tool_call_id": message.tool_call_id,
        "is_error": message.is_error,
        "extra": message.extra,
    }
    return Message(**{**fields, **changes})


# --- one message -----


def _build_one(message: Message, shape: Shape, notes: Notes) -> dict[str, Any]:
    facts = shape.roles.get(message.role) or _ANY
    text = _plain_text(message)
    if text is not None and facts.string and message.role != "tool":
        return {"role": message.role, "content": text}
    wire: dict[str, Any] = {"role": message.role}
    parts = message.parts
    if message.name and message.role != "tool":
        wire, parts = _named(message, facts, notes, wire)
    content = _content(message, parts, facts, shape, notes)
    if message.tool_calls:
        # `""` passes wherever tools exist; only Claude behind this path refuses an empty text.
        if content in ("", [], None):
            content = None if shape.accepts_anthropic and facts.null else ""
        wire["tool_calls"] = [_call(c, shape, notes) for c in message.tool_calls]
    wire["content"] = content
    if message.role == "tool":
        if not (facts.closed and facts.keys and "tool_call_id" not in facts.keys):
            wire["tool_call_id"] = message.tool_call_id or ""
        if message.name and facts.keys and "name" in facts.keys:
            wire["name"] = clean_name(message.name)
    for key, value in message.extra.items():
        if key != "folded" and (not facts.closed or (facts.keys and key in facts.keys)):
            wire[key] = value
    return wire


def _plain_text(message: Message) -> str | None:
    """The text of a message that is one plain text and nothing else, as most are; else None."""
    if len(message.parts) != 1 or message.name or message.tool_calls or message.extra:
        return None
    part = message.parts[0]
    return part.text if isinstance(part, TextPart) and not part.extra else None


def _named(
    message: Message, facts: RoleFacts, notes: Notes, wire: dict[str, Any]
) -> tuple[dict[str, Any], tuple[Part, ...]]:
    """A message's name, as a key where the model has one, else in front of the user's text."""
    name = message.name or ""
    if facts.keys is None or "name" in facts.keys:
        return {**wire, "name": clean_name(name)}, message.parts
    if message.role != "user":
        notes.adapted("messages.name", f"the name {name!r} of a message was left out")
        return wire, message.parts
    notes.adapted("messages.name", f"the name {name!r} was put in front of the user's text")
    first = message.parts[0] if message.parts else None
    if isinstance(first, TextPart):
        return wire, (TextPart(f"{name}: {first.text}", first.extra), *message.parts[1:])
    return wire, (TextPart(f"{name}:"), *message.parts)


def _content(
    message: Message, parts: tuple[Part, ...], facts: RoleFacts, shape: Shape, notes: Notes
) -> Any:
    """A string where the message is one plain text or the model takes no list, else a list."""
    single = len(parts) == 1 and isinstance(parts[0], TextPart) and not parts[0].extra
    plain = not parts or single or (not facts.list and is_text_only(parts))
    if plain and (facts.string or not facts.list):
        for part in parts:
            if isinstance(part, TextPart):
                cache_mark(part.extra, (), notes)
        return text_of(parts)
    if not facts.list:
        refused = next(p for p in parts if part_text(p) is None)
        raise notes.impossible(f"messages.{_word(refused)}", "it takes only text here")
    built = [b for p in parts if (b := _part(p, message.role, facts, shape, notes)) is not None]
    if facts.max_parts is not None and len(built) > facts.max_parts:
        built = _merge_texts(built)
    return built


def _merge_texts(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    merged: list[dict[str, Any]] = []
    for part in parts:
        if part["type"] == "text" and merged and merged[-1]["type"] == "text":
            merged[-1] = {**merged[-1], "text": f"{merged[-1]['text']}\n{part['text']}"}
        else:
            merged.append(part)
    return merged


def _part(
    part: Part, role: str, facts: RoleFacts, shape: Shape, notes: Notes
) -> dict[str, Any] | None:
    text = part_text(part)
    if text is not None:
        if isinstance(part, RefusalPart) and facts.parts and "refusal" in facts.parts:
            return {"type": "refusal", "refusal": text}
        if facts.parts is not None and "text" not in facts.parts:
            raise notes.impossible("messages.text", "it takes no text in this place")
        wire: dict[str, Any] = {"type": "text", "text": text}
        if isinstance(part, TextPart):
            wire |= cache_mark(part.extra, shape.parts.get("text", {}).get("keys"), notes)
        return wire
    if isinstance(part, MediaPart):
        return _media(part, facts, shape, notes)
    if isinstance(part, RawPart):
        kind = str(part.value.get("type"))
        if facts.parts is None or kind in facts.parts:
            return dict(part.value)
        change, why = f"a content block of type {kind} was left out", "the model does not take it"
        if notes.unsupported(f"messages.{kind}", change, why):
            return dict(part.value)
    return None


def _media(part: MediaPart, facts: RoleFacts, shape: Shape, notes: Notes) -> dict[str, Any]:
    kind = _MEDIA_TYPE[part.kind]
    if facts.parts is not None and kind not in facts.parts and notes.policy != "send":
        raise notes.impossible(
            f"messages.{_word(part)}",
            f"it takes no {MEDIA_WORDS[part.kind]}",
            f"choose a model that takes {MEDIA_WORDS[part.kind]}",
        )
    known = shape.parts.get(kind, {})
    extra = cache_mark(part.extra, known.get("keys"), notes)
    return {"type": kind, kind: _MEDIA[part.kind](part, known, notes), **extra}


def _image(part: MediaPart, known: Any, notes: Notes) -> dict[str, Any]:
    if part.file_id:
        raise notes.impossible("messages.image", "it takes no file id for an image")
    detail = {"detail": part.detail} if part.detail else {}
    return {"url": part.url or data_uri(part), **detail}


def _audio(part: MediaPart, known: Any, notes: Notes) -> dict[str, Any]:
    if part.data is None and "format" not in known.get("value_keys", ("format",)):
        return {"data": part.url}  # a captioner that takes a link in place of the sound
    if part.data is None:
        raise notes.impossible(
            "messages.audio",
            "it takes sound as base64 data only, not as a URL",
            "download it first, or set fetch_urls=True",
        )
    if "format" not in known.get("value_keys", ("format",)):
        return {"data": data_uri(part)}
    mime = (part.mime_type or "audio/wav").lower()
    name = AUDIO_FORMATS.get(mime, mime.rpartition("/")[2])
    formats = known.get("format")
    if formats and name not in formats:
        name = mime if mime in formats else name
    if formats and name not in formats and notes.policy != "send":
        raise notes.impossible(
            "messages.audio", f"it takes {', '.join(sorted(formats))}, not {mime}", "convert it"
        )
    return {"data": part.data, "format": name}


def _video(part: MediaPart, known: Any, notes: Notes) -> dict[str, Any]:
    if part.file_id:
        raise notes.impossible("messages.video", "it takes no file id for a video")
    return {"url": part.url or data_uri(part)}


def _file(part: MediaPart, known: Any, notes: Notes) -> dict[str, Any]:
    keys = known.get("value_keys")
    if part.file_id:
        if keys and "file_id" not in keys and notes.policy != "send":
            raise notes.impossible("messages.file_id", "it takes files as base64 data only")
        return {"file_id": part.file_id}
    if part.data is None:
        raise notes.impossible(
            "messages.file",
            "it takes documents as base64 data only, not as a URL",
            "download it first, or set fetch_urls=True",
        )
    return {"filename": part.filename or "document.pdf", "file_data": data_uri(part)}


_MEDIA = {"image": _image, "audio": _audio, "video": _video, "file": _file}


def _word(part: Part) -> str:
    return part.kind if isinstance(part, MediaPart) else "content"


def _call(call: ToolCall, shape: Shape, notes: Notes) -> dict[str, Any]:
    known = shape.call_defs
    extra = {k: v for k, v in call.extra.items() if k == "extra_content"}
    facts = known.get("function")
    if facts is not None and facts.closed:
        extra = {k: v for k, v in extra.items() if k in facts.properties}
    if call.kind == "custom" and (not known or "custom" in known):
        return {
            "id": call.id or "",
            "type": "custom",
            "custom": {"name": call.name, "input": call.arguments},
            **extra,
        }
    return {
        "id": call.id or "",
        "type": "function",
        "function": {"name": call.name, "arguments": valid_arguments(call)},
        **extra,
    }
