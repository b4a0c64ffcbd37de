"""A conversation as the input items of ``/v1/responses``.

Messages, calls, results and thoughts are items of one flat list there. The published schema wants
``id`` and ``status`` on a model's own message, so an earlier answer goes out in the short form
(role and string), which needs neither; a call is known by its ``call_id`` alone, because an item
id that the server has not stored is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from langchain_aimlapi._dialects.parts import (
    AUDIO_FORMATS,
    MEDIA_WORDS,
    part_text,
    told_calls,
    told_result,
    valid_arguments,
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
from langchain_aimlapi._fitting.media import (
    data_of,
    document_text,
    free_text_arguments,
    safe_id,
)
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import cache_mark
from langchain_aimlapi.catalog.facts import Shape

Item = dict[str, Any]

ID_CHARS = 64  # 400 "string too long. Expected a string with maximum length 64" (OpenAI)
_WIRE_TYPES = {"image": "input_image", "file": "input_file", "audio": "input_audio"}
_CALLS_TOLD = "tool calls of the history were sent as text"


def build_items(
    messages: Sequence[Message], shape: Shape, notes: Notes, *, stored: bool
) -> list[Item]:
    """The conversation on the wire.

    Args:
        stored: The server keeps its answers, so that an item may be known by its id alone.
    """
    native = takes_item(shape, "function_call") or notes.policy == "send"
    calls = {call.id: call for message in messages for call in message.tool_calls}
    items: list[Item] = []
    moved: list[Part] = []  # media of tool results, which go into a user message behind them
    for position, message in enumerate(messages):
        if moved and message.role != "tool":
            items += _message(Message("user", tuple(moved)), shape, notes)
            moved = []
        if message.role == "assistant":
            items += _answer(message, position, shape, notes, native=native, stored=stored)
        elif message.role == "tool" and native:
            item, media = _result(message, calls.get(message.tool_call_id), shape)
            items.append(item)
            moved += media
        elif message.role == "tool":
            notes.adapted("messages.tool", "tool results were sent as text")
            call = calls.get(message.tool_call_id)
            said = told_result(message, call.name if call else None)
            moved += [p for p in message.parts if part_text(p) is None]
            items.append(_short("user", said))
        else:
            items += _message(message, shape, notes)
    if moved:
        items += _message(Message("user", tuple(moved)), shape, notes)
    return items


def takes_item(shape: Shape, kind: str) -> bool:
    """Whether the input may hold an item of this type (an unknown shape takes everything)."""
    return shape.items is None or kind in shape.items


def _short(role: str, content: Any) -> Item:
    return {"type": "message", "role": role, "content": content}


# --- what the user and the developer say -------------------------------------------------------


def _message(message: Message, shape: Shape, notes: Notes) -> list[Item]:
    role = message.role
    if shape.roles and role not in shape.roles:
        role = {"developer": "system", "system": "developer"}.get(role, role)  # type: ignore[assignment]  # a role stays a role
    facts = shape.roles.get(role)
    allowed = facts.parts if facts is not None else None
    parts = _named(message, notes)
    if len(parts) == 1 and isinstance(parts[0], TextPart) and not parts[0].extra:
        return [_short(role, parts[0].text)]
    content = [built for part in parts if (built := _part(part, allowed, notes)) is not None]
    return [_short(role, content or "")]


def _named(message: Message, notes: Notes) -> tuple[Part, ...]:
    if not message.name or message.role in ("system", "developer"):
        return message.parts
    notes.adapted("messages.name", f"the name {message.name!r} was put in front of the text")
    first = message.parts[0] if message.parts else None
    if isinstance(first, TextPart):
        return (TextPart(f"{message.name}: {first.text}", first.extra), *message.parts[1:])
    return (TextPart(f"{message.name}:"), *message.parts)


def _part(part: Part, allowed: frozenset[str] | None, notes: Notes) -> Item | None:
    if isinstance(part, ReasoningPart):
        return None
    if isinstance(part, RawPart):
        kind = str(part.value.get("type"))
        if allowed is None or kind in allowed:
            return dict(part.value)
        change, why = f"a content block of type {kind} was left out", "the model does not take it"
        left = not notes.unsupported(f"messages.{kind}", change, why)
        return None if left else dict(part.value)
    if isinstance(part, MediaPart):
        return _media(part, allowed, notes)
    extra = part.extra if isinstance(part, TextPart) else {}
    # OpenAI caches by itself and knows no marks.
    return {"type": "input_text", "text": part.text, **cache_mark(extra, (), notes)}


def _media(part: MediaPart, allowed: frozenset[str] | None, notes: Notes) -> Item:
    if part.kind == "file" and (text := document_text(part)) is not None:
        # OpenAI reads PDF here and little else; text can always be said as text.
        said = f"{part.filename}:\n{text}" if part.filename else text
        return {"type": "input_text", "text": said}
    kind = _WIRE_TYPES.get(part.kind)
    taken = kind is not None and (allowed is None or kind in allowed)
    if kind is None or (not taken and notes.policy != "send"):
        raise notes.impossible(
            f"messages.{part.kind}",
            f"it takes no {MEDIA_WORDS[part.kind]}",
            f"choose a model that takes {MEDIA_WORDS[part.kind]}",
        )
    return {"type": kind, **_SAID[part.kind](part, notes)}


def _image(part: MediaPart, notes: Notes) -> Item:
    detail = {"detail": part.detail} if part.detail else {}
    if part.file_id:
        return {"file_id": part.file_id, **detail}
    return {"image_url": _uri(part, "image/png") or part.url, **detail}


def _file(part: MediaPart, notes: Notes) -> Item:
    if part.file_id:
        return {"file_id": part.file_id}
    uri = _uri(part, "application/pdf")
    if uri is not None:
        return {"filename": part.filename or "document.pdf", "file_data": uri}
    if notes.policy == "send":
        return {"file_url": part.url}
    raise notes.impossible(
        "messages.file",
        "it takes documents as base64 data only, not as a URL",
        "download it first, or set fetch_urls=True",
    )


def _audio(part: MediaPart, notes: Notes) -> Item:
    mime, data = data_of(part) or ("audio/wav", part.url or "")
    return {"input_audio": {"data": data, "format": AUDIO_FORMATS.get(mime or "", "wav")}}


_SAID = {"image": _image, "file": _file, "audio": _audio}


def _uri(part: MediaPart, default: str) -> str | None:
    found = data_of(part)
    return f"data:{found[0] or default};base64,{found[1]}" if found else None


# --- what the model said -------------------------------------------------------------------------


def _answer(
    message: Message, position: int, shape: Shape, notes: Notes, *, native: bool, stored: bool
) -> list[Item]:
    """An earlier answer: thoughts and hosted calls, the text, then the calls."""
    if message.name:
        notes.adapted("messages.name", f"the name {message.name!r} of an answer was left out")
    spoken = _spoken(message, position, shape, notes)
    if native:
        calls = [
            _call(call, position, number, shape) for number, call in enumerate(message.tool_calls)
        ]
    else:
        calls = []
        if message.tool_calls:
            notes.adapted("messages.tool_calls", _CALLS_TOLD)
            spoken.append(_short("assistant", told_calls(message)))
    media = [
        part for part in message.parts if isinstance(part, MediaPart) and part_text(part) is None
    ]
    if media:
        notes.adapted("messages.assistant", "media of an earlier answer were left out")
    said = [*spoken, *calls]
    if not said:
        # 400 "reasoning was provided without its required following item" (OpenAI)
        return []
    return _in_order(*_thoughts(message, shape, stored=stored), said)


def _spoken(message: Message, position: int, shape: Shape, notes: Notes) -> list[Item]:
    parts = [p for p in message.parts if part_text(p) is not None]
    if any(isinstance(p, RefusalPart) for p in parts):
        content = [_output_part(p) for p in parts if part_text(p)]
        seed = json.dumps([position, content], sort_keys=True)
        return [
            {
                "type": "message",
                "id": f"msg_{hashlib.sha256(seed.encode()).hexdigest()[:48]}",
                "role": "assistant",
                "status": "completed",
                "content": content,
            }
        ]
    # One string: 400 "Invalid value: 'input_text'" for a list in an answer (OpenAI), while the
    # form with `output_text` needs the id of a stored item.
    text = "".join(part_text(p) or "" for p in parts)
    return [_short("assistant", text)] if text else []


def _output_part(part: Part) -> Item:
    text = part_text(part) or ""
    if isinstance(part, RefusalPart):
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "text": text, "annotations": []}


def _call(call: ToolCall, position: int, number: int, shape: Shape) -> Item:
    call_id = safe_id(call.id or f"call_{position}_{number}", limit=ID_CHARS)
    if call.kind == "custom" and takes_item(shape, "custom_tool_call"):
        return {
            "type": "custom_tool_call",
            "call_id": call_id,
            "name": call.name,
            "input": call.arguments,
        }
    said = free_text_arguments(call) if call.kind == "custom" else valid_arguments(call)
    return {"type": "function_call", "call_id": call_id, "name": call.name, "arguments": said}


def _result(message: Message, call: ToolCall | None, shape: Shape) -> tuple[Item, list[Part]]:
    """A result as text, and its media, which only a user message can hold."""
    media: list[Part] = [p for p in message.parts if isinstance(p, MediaPart) and not _is_text(p)]
    said = "\n".join(_result_text(p) for p in message.parts if p not in media)
    if media and not said:
        said = "The result is in the next user message."
    if message.is_error and not said.lower().lstrip().startswith("error"):
        said = f"Error: {said}"  # the item has no place for it
    custom = call is not None and call.kind == "custom" and takes_item(shape, "custom_tool_call")
    item = {
        "type": "custom_tool_call_output" if custom else "function_call_output",
        "call_id": safe_id(message.tool_call_id or "", limit=ID_CHARS),
        "output": said,
    }
    if media:
        media.insert(0, TextPart(f"Result of tool call {message.tool_call_id}:"))
    return item, media


def _is_text(part: MediaPart) -> bool:
    return part.kind == "file" and document_text(part) is not None


def _result_text(part: Part) -> str:
    if isinstance(part, RawPart):
        return json.dumps(dict(part.value), ensure_ascii=False, default=str)
    if isinstance(part, MediaPart):
        text = document_text(part) or ""
        return f"{part.filename}:\n{text}" if part.filename else text
    return part_text(part) or ""


# --- thoughts and hosted calls -------------------------------------------------------------------


def _thoughts(
    message: Message, shape: Shape, *, stored: bool
) -> tuple[list[tuple[int | None, Item]], list[Item]]:
    """(reasoning items with the place that each had, hosted calls) that may go back.

    A thought that is neither encrypted nor stored can not be found again by the server; a hosted
    call whose thought is missing is refused. So either all of them go back or none.
    """
    told = list(_reasoning_items(message))
    hosted = [item for item in _hosted_calls(message) if takes_item(shape, str(item["type"]))]
    if not takes_item(shape, "reasoning"):
        return [], [] if told else hosted
    kept = [(at, _clean(item, shape)) for at, item in told if stored or _is_sealed(item)]
    return (kept, hosted) if len(kept) == len(told) else ([], [])


def _is_sealed(item: Item) -> bool:
    return bool(item.get("encrypted_content"))


def _reasoning_items(message: Message) -> Iterable[tuple[int | None, Item]]:
    found = message.extra.get("reasoning_items")
    if isinstance(found, list | tuple) and found:
        for item in found:
            if isinstance(item, Mapping) and item.get("id"):
                at = item.get("output_index")
                yield (at if isinstance(at, int) else None), dict(item)
        return
    for part in message.parts:
        if isinstance(part, ReasoningPart) and part.id:
            summary = [{"type": "summary_text", "text": part.text}] if part.text else []
            item = {"id": part.id, "summary": summary, "encrypted_content": part.data}
            yield None, item


def _clean(item: Item, shape: Shape) -> Item:
    facts = (shape.items or {}).get("reasoning")
    keys = set(facts.properties) if facts is not None and facts.properties else None
    kept = {
        key: value
        for key, value in item.items()
        if value is not None
        and key not in ("index", "output_index", "status")
        and (keys is None or key in keys)
    }
    summary = kept.get("summary")
    return {"type": "reasoning", **kept, "summary": summary if isinstance(summary, list) else []}


def _hosted_calls(message: Message) -> list[Item]:
    found = message.extra.get("server_tool_calls")
    told = [dict(i) for i in found if isinstance(i, Mapping)] if isinstance(found, list) else []
    raw = [dict(p.value) for p in message.parts if isinstance(p, RawPart)]
    return [
        item
        for item in told or raw
        if str(item.get("type", "")).endswith(("_call", "_list_tools", "_approval_request"))
        and item.get("id")
    ]


def _in_order(
    thoughts: list[tuple[int | None, Item]], hosted: list[Item], said: list[Item]
) -> list[Item]:
    """Each thought at the place that it had among the items; without one, all of them first."""
    others = [*hosted, *said]
    items: list[Item] = []
    for at, thought in thoughts:
        while at is not None and len(items) < at and len(others) > 1:
            items.append(others.pop(0))
        items.append(thought)
    return [*items, *others]
