"""A conversation as the input items of ``/v1/responses``.

Messages, calls, results and thoughts are items of one flat list there. The published schema wants
``id`` and ``status`` on a model's own message, so an earlier answer goes out in the short form
(role and string), which needs neither; a call is known by its ``call_id`` alone, because an item
id that the server has not stored is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from langchain_aimlapi._dialects.history import media_behind
from langchain_aimlapi._dialects.parts import (
    named_in_text,
    no_block,
    no_link,
    no_media,
    part_text,
    raw_as_text,
    text_of,
    with_error_marked,
)
from langchain_aimlapi._dialects.tools import (
    call_arguments,
    calls_as_text,
    result_as_text,
    safe_id,
    take_call,
)
from langchain_aimlapi._domain.media import AUDIO_FORMATS, data_of, data_url, document_text, titled
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
from langchain_aimlapi.catalog.facts import Shape

Item = dict[str, Any]

ID_CHARS = 64  # 400 "string too long. Expected a string with maximum length 64" (OpenAI)
_PART_TYPES = {"image": "input_image", "file": "input_file", "audio": "input_audio"}


def build_items(
    messages: Sequence[Message], shape: Shape, notes: Notes, *, stored: bool
) -> list[Item]:
    """The conversation as it goes out.

    Args:
        stored: The server keeps its answers, so that an item may be known by its id alone.
    """
    native = takes_item(shape, "function_call") or notes.policy == "send"
    calls = {call.id: call for message in messages for call in message.tool_calls}
    items: list[Item] = []
    for position, message in enumerate(media_behind(messages, _holder(shape), notes)):
        if message.role == "assistant":
            items += _answer(message, position, shape, notes, native=native, stored=stored)
        elif message.role == "tool" and native:
            items.append(_result(message, calls.get(message.tool_call_id), shape))
        elif message.role == "tool":
            notes.adapted("messages.tool", "tool results were sent as text")
            call = calls.get(message.tool_call_id)
            text = result_as_text(message, call.name if call else None)
            items.append(_short("user", text))
        else:
            items += _message(message, shape, notes)
    return items


def _holder(shape: Shape) -> Callable[[MediaPart, Role], bool]:
    """Whether a message of a role may hold a part: only a user message holds media, and a result
    documents as text."""
    user = shape.roles.get("user")

    def holds(part: MediaPart, role: Role) -> bool:
        if document_text(part) is not None:
            return role in ("user", "tool")
        kind = _PART_TYPES.get(part.kind)
        allowed = user.parts if user is not None else None
        return role == "user" and kind is not None and (allowed is None or kind in allowed)

    return holds


def no_cache_marks(notes: Notes) -> None:
    """Report that this path has no cache marks: no cache is lost by that."""
    notes.adapted("cache_control", "cache_control was left out", "OpenAI caches by itself")


def takes_item(shape: Shape, kind: str) -> bool:
    """Whether the input may hold an item of this type (an unknown shape takes everything)."""
    return shape.items is None or kind in shape.items


def _short(role: str, content: object) -> Item:
    return {"type": "message", "role": role, "content": content}


# --- users and developers -----


def _message(message: Message, shape: Shape, notes: Notes) -> list[Item]:
    role = message.role
    if shape.roles and role not in shape.roles and role in _OTHER_WORD:
        role = _OTHER_WORD[role]
    facts = shape.roles.get(role)
    allowed = facts.parts if facts is not None else None
    parts = message.parts
    if message.name and message.role not in ("system", "developer"):
        change = f"the name {message.name!r} was put in front of the text"
        notes.adapted("messages.name", change)
        parts = named_in_text(message)
    if any("cache_control" in part.extra for part in parts if isinstance(part, TextPart)):
        no_cache_marks(notes)
    if len(parts) == 1 and isinstance(parts[0], TextPart):
        return [_short(role, parts[0].text)]
    content = [built for part in parts if (built := _part(part, allowed, notes)) is not None]
    return [_short(role, content or "")]


_OTHER_WORD: Mapping[Role, Role] = {"developer": "system", "system": "developer"}


def _part(part: Part, allowed: frozenset[str] | None, notes: Notes) -> Item | None:
    if isinstance(part, ReasoningPart | ServerToolPart | ToolCallPart):
        return None
    if isinstance(part, RawPart):
        kind = str(part.value.get("type"))
        if allowed is None or kind in allowed or notes.policy == "send":
            return dict(part.value)
        raise no_block(part, notes)
    if isinstance(part, MediaPart):
        return _media(part, allowed, notes)
    return {"type": "input_text", "text": part.text}


def _media(part: MediaPart, allowed: frozenset[str] | None, notes: Notes) -> Item:
    if (text := document_text(part)) is not None:
        # OpenAI reads PDF here and little else; text can always be sent as text.
        return {"type": "input_text", "text": titled(part, text)}
    kind = _PART_TYPES.get(part.kind)
    taken = kind is not None and (allowed is None or kind in allowed)
    if kind is None or (not taken and notes.policy != "send"):
        raise no_media(part, notes)
    return {"type": kind, **_MEDIA[part.kind](part, notes)}


def _image(part: MediaPart, notes: Notes) -> Item:
    detail = {"detail": part.detail} if part.detail else {}
    if part.file_id:
        return {"file_id": part.file_id, **detail}
    return {"image_url": data_url(part) or part.url, **detail}


def _file(part: MediaPart, notes: Notes) -> Item:
    if part.file_id:
        return {"file_id": part.file_id}
    content = data_url(part)
    if content is not None:
        return {"filename": part.filename or "document.pdf", "file_data": content}
    if notes.policy == "send":
        return {"file_url": part.url}
    raise no_link(part, "URL", notes)


def _audio(part: MediaPart, notes: Notes) -> Item:
    mime, data = data_of(part) or ("audio/wav", part.url or "")
    return {"input_audio": {"data": data, "format": AUDIO_FORMATS.get(mime or "", "wav")}}


_MEDIA: Mapping[str, Callable[[MediaPart, Notes], Item]] = {
    "image": _image,
    "file": _file,
    "audio": _audio,
}


# --- answers -----


def _answer(
    message: Message, position: int, shape: Shape, notes: Notes, *, native: bool, stored: bool
) -> list[Item]:
    """An earlier answer: its items in their order; calls whose place is not known come last."""
    calls: list[tuple[str | None, Item]] = []
    if native:
        calls = [
            (call.id, _call(call, position, number, shape))
            for number, call in enumerate(message.tool_calls)
        ]
    items = _items(message, position, calls, shape, stored=stored)
    if message.tool_calls and not native:
        notes.adapted("messages.tool_calls", "tool calls of the history were sent as text")
        items.append(_short("assistant", calls_as_text(message)))
    items += [call for _, call in calls]
    # 400 "reasoning was provided without its required following item" (OpenAI)
    while items and items[-1]["type"] == "reasoning":
        items.pop()
    if all(item["type"] == "reasoning" or _is_hosted(item) for item in items):
        return []
    if any(item["type"] == "reasoning" or _is_hosted(item) for item in items):
        return items
    return _in_order(*_thoughts_beside(message, shape, stored=stored), items)


def _items(
    message: Message,
    position: int,
    calls: list[tuple[str | None, Item]],
    shape: Shape,
    *,
    stored: bool,
) -> list[Item]:
    """The items that the parts are. A call is taken out of ``calls`` where its place is known."""
    kept = _may_go_back([p for p in message.parts if _is_thought(p)], shape, stored=stored)
    items: list[Item] = []
    texts: list[Part] = []
    for part in message.parts:
        if part_text(part) is not None:
            texts.append(part)
            continue
        built: list[Item] = []
        if isinstance(part, ToolCallPart):
            built = take_call(calls, part.id)
        elif isinstance(part, ReasoningPart) and part.id and kept:
            built = [_clean(_reasoning_item(part), shape)]
        elif isinstance(part, ServerToolPart) and kept and _is_hosted(part.value):
            built = [dict(part.value)] if takes_item(shape, str(part.value["type"])) else []
        if built:
            items += _text_items(texts, position)
            items += built
            texts = []
    return [*items, *_text_items(texts, position)]


def _text_items(parts: Sequence[Part], position: int) -> list[Item]:
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
    arguments = call_arguments(call)
    return {"type": "function_call", "call_id": call_id, "name": call.name, "arguments": arguments}


def _result(message: Message, call: ToolCall | None, shape: Shape) -> Item:
    parts = tuple(raw_as_text(p) if isinstance(p, RawPart) else p for p in message.parts)
    texts = with_error_marked(replace(message, parts=tuple(map(_as_text, parts))))
    custom = call is not None and call.kind == "custom" and takes_item(shape, "custom_tool_call")
    return {
        "type": "custom_tool_call_output" if custom else "function_call_output",
        "call_id": safe_id(message.tool_call_id or "", limit=ID_CHARS),
        "output": text_of(texts.parts),
    }


def _as_text(part: Part) -> Part:
    """A text document as text; other media have been moved out of the result."""
    text = document_text(part) if isinstance(part, MediaPart) else None
    return part if text is None or not isinstance(part, MediaPart) else TextPart(titled(part, text))


# --- thoughts and hosted calls -----


def _is_thought(part: Part) -> bool:
    return isinstance(part, ReasoningPart) and bool(part.id)


def _may_go_back(thoughts: Iterable[Part], shape: Shape, *, stored: bool) -> bool:
    """Whether the thoughts of an answer, and with them its hosted calls, may go back.

    A thought that is neither encrypted nor stored cannot be found again by the server; a hosted
    call whose thought is missing is refused. So either all of them go back or none.
    """
    found = list(thoughts)
    sealed = all(isinstance(part, ReasoningPart) and part.data for part in found)
    return not found or (takes_item(shape, "reasoning") and (stored or sealed))


def _reasoning_item(part: ReasoningPart) -> Item:
    """The item that a thought was, from itself or from its standard form."""
    item = part.extra.get("item")
    if isinstance(item, Mapping):
        return dict(item)
    summary = [{"type": "summary_text", "text": part.text}] if part.text else []
    return {"summary": summary, **part.extra, "id": part.id, "encrypted_content": part.data}


def _thoughts_beside(
    message: Message, shape: Shape, *, stored: bool
) -> tuple[list[tuple[int | None, Item]], list[Item]]:
    """(reasoning items with the place that each had, hosted calls) of a message whose parts hold
    only its text."""
    thoughts = [item for item in _beside(message, "reasoning_items") if item.get("id")]
    hosted = [
        item
        for item in _beside(message, "server_tool_calls")
        if _is_hosted(item) and takes_item(shape, str(item["type"]))
    ]
    parts = [ReasoningPart(id="_", data=item.get("encrypted_content")) for item in thoughts]
    if not _may_go_back(parts, shape, stored=stored):
        return [], []
    places = [item.get("output_index") for item in thoughts]
    return [
        (at if isinstance(at, int) else None, _clean(item, shape))
        for at, item in zip(places, thoughts, strict=True)
    ], hosted


def _beside(message: Message, key: str) -> list[Item]:
    found = message.extra.get(key)
    return [dict(i) for i in found if isinstance(i, Mapping)] if isinstance(found, list) else []


def _is_hosted(item: Mapping[str, object]) -> bool:
    kind = str(item.get("type", ""))
    is_call = kind in ("function_call", "custom_tool_call")
    ends = ("_call", "_list_tools", "_approval_request")
    return kind.endswith(ends) and not is_call and bool(item.get("id"))


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


def _in_order(
    thoughts: list[tuple[int | None, Item]], hosted: list[Item], answer: list[Item]
) -> list[Item]:
    """Each thought at the place that it had among the items; without one, all of them first."""
    others = [*hosted, *answer]
    items: list[Item] = []
    for at, thought in thoughts:
        while at is not None and len(items) < at and len(others) > 1:
            items.append(others.pop(0))
        items.append(thought)
    return [*items, *others]
