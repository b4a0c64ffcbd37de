"""A conversation in Anthropic's shape: two roles, content blocks, results beside the user's words.

Nothing that was said is lost. What has no place of its own (a system message in the middle, a
name, a sixth part) is said in another place and reported through `Notes`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from langchain_aimlapi._dialects.parts import MEDIA_WORDS, part_text, valid_arguments
from langchain_aimlapi._domain.values import (
    MediaPart,
    Message,
    Part,
    RawPart,
    ReasoningPart,
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
from langchain_aimlapi.catalog.facts import RoleFacts, Shape

Block = dict[str, Any]
Run = tuple[str, list[Block]]

ID_CHARS = 128
_ANY = RoleFacts()
_THOUGHTS = ("thinking", "redacted_thinking")
_DOCUMENT_KEYS = ("title", "context", "citations")


def build_conversation(
    messages: Sequence[Message], shape: Shape, notes: Notes
) -> tuple[list[Block] | None, list[Block]]:
    """(system blocks or None, messages on the wire)."""
    count = next((i for i, m in enumerate(messages) if not _is_system(m)), len(messages))
    leading, rest = messages[:count], messages[count:]
    system = [block for m in leading for block in _system_blocks(m, shape, notes)]
    if system and not rest:
        # Anthropic refuses a request without any message; the words go where they are read.
        notes.adapted("messages.system", "the system message was sent as the user message")
        return None, _pack([("user", system)], shape, notes)
    return system or None, _pack(_runs(rest, shape, notes), shape, notes)


def _is_system(message: Message) -> bool:
    return message.role in ("system", "developer")


def _system_blocks(message: Message, shape: Shape, notes: Notes) -> list[Block]:
    blocks: list[Block] = []
    for part in message.parts:
        if part_text(part) is None and not isinstance(part, ReasoningPart):
            what = part.kind if isinstance(part, MediaPart) else "content"
            raise notes.impossible(
                f"messages.{what}", "a system message holds only text", "put it in a user message"
            )
        blocks += [b for b in _part(part, None, shape, notes) if _says_something(b)]
    return blocks


# --- turns -----------------------------------------------------------------------------------


def _runs(messages: Sequence[Message], shape: Shape, notes: Notes) -> list[Run]:
    """The conversation as runs of one role. Anthropic wants all results of a turn together, and
    the vendors behind the gateway want the roles to alternate."""
    runs: list[Run] = []
    waiting: list[str] = []  # ids of calls that have no result yet
    for position, message in enumerate(messages):
        role = "assistant" if message.role == "assistant" else "user"
        if message.role == "assistant":
            blocks = _assistant(message, position, waiting, shape, notes)
        elif message.role == "tool":
            kept, moved = _split_media(message, shape)
            blocks = [_result(kept, waiting, shape, notes), *_user(moved, shape, notes)]
        elif message.role == "user":
            blocks = _user(message, shape, notes)
        else:
            blocks = _late_system(message, shape, notes)
        blocks = [block for block in blocks if _says_something(block)]
        if not blocks:
            if role == "user":
                notes.adapted("messages.user", "an empty user message was left out")
        elif runs and runs[-1][0] == role:
            runs[-1][1].extend(blocks)
        else:
            runs.append((role, blocks))
    return [(role, _results_first(blocks)) for role, blocks in runs]


def _results_first(blocks: list[Block]) -> list[Block]:
    # 400 "tool_result blocks must come first" (Anthropic)
    return sorted(blocks, key=lambda block: block.get("type") != "tool_result")


def _split_media(message: Message, shape: Shape) -> tuple[Message, Message]:
    """A tool's result without the media that no result can hold, and a user turn with them."""
    inner = shape.parts.get("tool_result", {}).get("content_parts")
    facts = RoleFacts(parts=None if inner is None else frozenset(inner))
    user = shape.roles.get("user", _ANY)
    moved = [
        part
        for part in message.parts
        if isinstance(part, MediaPart)
        and part_text(part) is None
        and not _takes(part, facts)
        and _takes(part, user)
    ]
    if not moved:
        return message, Message("user")
    kept = tuple(part for part in message.parts if part not in moved)
    told = TextPart(f"Result of tool call {message.tool_call_id}:")
    return (
        replace(message, parts=kept or (TextPart("The result follows."),)),
        Message("user", (told, *moved)),
    )


def _says_something(block: Block) -> bool:
    # 400 "text content blocks must be non-empty" (Anthropic)
    return block.get("type") != "text" or bool(str(block.get("text") or "").strip())


def _late_system(message: Message, shape: Shape, notes: Notes) -> list[Block]:
    blocks = _system_blocks(message, shape, notes)
    if not blocks:
        return []
    notes.adapted(
        "messages.system", "a system message inside the conversation was sent as a user message"
    )
    text = "\n\n".join(block["text"] for block in blocks)
    return [{**blocks[-1], "text": f"<system>\n{text}\n</system>"}]


def _user(message: Message, shape: Shape, notes: Notes) -> list[Block]:
    facts = shape.roles.get("user", _ANY)
    blocks = [block for part in message.parts for block in _part(part, facts, shape, notes)]
    if not message.name:
        return blocks
    notes.adapted("messages.name", f"the name {message.name!r} was put in front of the text")
    if blocks and blocks[0].get("type") == "text":
        return [{**blocks[0], "text": f"{message.name}: {blocks[0]['text']}"}, *blocks[1:]]
    return [{"type": "text", "text": f"{message.name}:"}, *blocks]


def _assistant(
    message: Message, position: int, waiting: list[str], shape: Shape, notes: Notes
) -> list[Block]:
    if message.name:
        notes.adapted("messages.name", f"the name {message.name!r} of an answer was left out")
    facts = shape.roles.get("assistant", _ANY)
    blocks: list[Block] = []
    for part in message.parts:
        if isinstance(part, MediaPart | RawPart) and not _takes(part, facts):
            notes.adapted("messages.assistant", "media of an earlier answer were left out")
        else:
            blocks += _part(part, facts, shape, notes)
    if not any(block.get("type") in _THOUGHTS for block in blocks):
        blocks = [*_told_thoughts(message, facts), *_hosted(message, blocks, facts), *blocks]
    else:
        blocks = [*_hosted(message, blocks, facts), *blocks]
    if any(b.get("type") in _THOUGHTS for b in blocks) and blocks[0]["type"] not in _THOUGHTS:
        # 400 "Expected `thinking` ... but found `text`": a turn with thoughts begins with one
        blocks.sort(key=lambda block: block.get("type") not in _THOUGHTS)
    waiting.clear()
    for number, call in enumerate(message.tool_calls):
        wire = safe_id(call.id or f"call_{position}_{number}", limit=ID_CHARS)
        waiting.append(wire)
        blocks.append(_call(call, wire))
    return blocks


def _takes(part: MediaPart | RawPart, facts: RoleFacts) -> bool:
    if facts.parts is None:
        return isinstance(part, RawPart) or part.kind in ("image", "file")
    if isinstance(part, RawPart):
        return str(part.value.get("type")) in facts.parts
    return part_text(part) is not None or _WIRE_TYPES.get(part.kind) in facts.parts


def _call(call: ToolCall, wire_id: str) -> Block:
    said = free_text_arguments(call) if call.kind == "custom" else valid_arguments(call)
    value = json.loads(said, strict=False)
    return {"type": "tool_use", "id": wire_id, "name": call.name, "input": value}


def _told_thoughts(message: Message, facts: RoleFacts) -> list[Block]:
    """Signed thoughts, unchanged. An unsigned one is another vendor's: it would be refused."""
    found = message.extra.get("thinking_blocks")
    blocks: list[Block] = []
    for item in found if isinstance(found, list | tuple) else ():
        if not isinstance(item, Mapping):
            continue
        if item.get("type") == "redacted_thinking" and item.get("data"):
            blocks.append({"type": "redacted_thinking", "data": item["data"]})
        elif item.get("signature"):
            thought = item.get("thinking") or ""
            blocks.append({"type": "thinking", "thinking": thought, "signature": item["signature"]})
    return [b for b in blocks if facts.parts is None or b["type"] in facts.parts]


def _hosted(message: Message, blocks: Iterable[Block], facts: RoleFacts) -> list[Block]:
    """Calls of server-side tools and their results, if the parts do not hold them already."""
    found = message.extra.get("server_tool_calls")
    if not isinstance(found, list | tuple) or any(_is_hosted(b) for b in blocks):
        return []
    return [
        dict(item)
        for item in found
        if isinstance(item, Mapping)
        and _is_hosted(item)
        and (facts.parts is None or item["type"] in facts.parts)
    ]


def _is_hosted(block: Mapping[str, Any]) -> bool:
    kind = str(block.get("type"))
    return kind == "server_tool_use" or (kind.endswith("_tool_result") and "tool_use_id" in block)


# --- tool results ----------------------------------------------------------------------------


def _result(message: Message, waiting: list[str], shape: Shape, notes: Notes) -> Block:
    if message.tool_call_id:
        wire = safe_id(message.tool_call_id, limit=ID_CHARS)
        if wire in waiting:
            waiting.remove(wire)
    elif waiting:
        wire = waiting.pop(0)
    else:
        notes.adapted("messages.tool", "a tool result without a call was sent as text")
        text = "\n".join(t for p in message.parts if (t := part_text(p)) is not None)
        return {"type": "text", "text": f"[result of a tool]: {text}"}
    block: Block = {"type": "tool_result", "tool_use_id": wire}
    content = _result_content(message, shape, notes)
    if content:
        block["content"] = content
    if message.is_error:
        block["is_error"] = True
    return block


def _result_content(message: Message, shape: Shape, notes: Notes) -> str | list[Block]:
    inner = shape.parts.get("tool_result", {}).get("content_parts")
    facts = RoleFacts(parts=None if inner is None else frozenset(inner))
    blocks: list[Block] = []
    for part in message.parts:
        if isinstance(part, RawPart) and not _takes(part, facts):
            said = json.dumps(dict(part.value), ensure_ascii=False, default=str)
            blocks.append({"type": "text", "text": said})
        else:
            blocks += _part(part, facts, shape, notes)
    blocks = [block for block in blocks if _says_something(block)]
    if len(blocks) == 1 and _is_plain(blocks[0]):
        return str(blocks[0]["text"])
    return blocks


# --- parts -----------------------------------------------------------------------------------


def _part(part: Part, facts: RoleFacts | None, shape: Shape, notes: Notes) -> list[Block]:
    """The blocks of one part (none for a thought that must not go back)."""
    if isinstance(part, ReasoningPart):
        return _thought(part, facts)
    if isinstance(part, RawPart):
        return _raw(part, facts or _ANY, notes)
    if isinstance(part, MediaPart):
        return _media(part, facts or _ANY, shape, notes)
    block: Block = {"type": "text", "text": part.text}
    if isinstance(part, TextPart):
        block |= cache_mark(part.extra, shape.parts.get("text", {}).get("keys"), notes)
    return [block]


def _thought(part: ReasoningPart, facts: RoleFacts | None) -> list[Block]:
    block: Block = {}
    if part.signature:
        block = {"type": "thinking", "thinking": part.text, "signature": part.signature}
    elif part.data and not part.id:  # with an id it is the Responses API's, not Anthropic's
        block = {"type": "redacted_thinking", "data": part.data}
    if not block or facts is None or (facts.parts is not None and block["type"] not in facts.parts):
        return []
    return [block]


def _raw(part: RawPart, facts: RoleFacts, notes: Notes) -> list[Block]:
    kind = str(part.value.get("type"))
    if facts.parts is None or kind in facts.parts:
        return [dict(part.value)]
    change, why = f"a content block of type {kind} was left out", "the model does not take it"
    if notes.unsupported(f"messages.{kind}", change, why):
        return [dict(part.value)]
    return []


_WIRE_TYPES = {"image": "image", "file": "document"}


def _media(part: MediaPart, facts: RoleFacts, shape: Shape, notes: Notes) -> list[Block]:
    kind = _WIRE_TYPES.get(part.kind)
    taken = kind is not None and (facts.parts is None or kind in facts.parts)
    if part.kind == "file" and not taken:
        text = document_text(part)
        if text is not None:
            notes.adapted("messages.file", "a text document was sent as text")
            said = f"{part.filename}:\n{text}" if part.filename else text
            return [{"type": "text", "text": said}]
    if kind is None or (not taken and notes.policy != "send"):
        raise notes.impossible(
            f"messages.{part.kind}",
            f"it takes no {MEDIA_WORDS[part.kind]}",
            f"choose a model that takes {MEDIA_WORDS[part.kind]}",
        )
    known = shape.parts.get(kind, {})
    source = _document(part, known, notes) if kind == "document" else _image(part, known, notes)
    block: Block = {"type": kind, "source": source}
    keys = known.get("keys")
    if kind == "document":
        told = {"title": part.filename, **part.extra}
        block |= {
            key: told[key]
            for key in _DOCUMENT_KEYS
            if told.get(key) is not None and (keys is None or key in keys)
        }
    return [block | cache_mark(part.extra, keys, notes)]


def _image(part: MediaPart, known: Mapping[str, Any], notes: Notes) -> Block:
    found = data_of(part)
    if found is None:
        return _reference(part, known, notes)
    mime, data = found
    mime = mime or "image/png"
    types = known.get("media_types")
    if types and mime not in types and notes.policy != "send":
        raise notes.impossible(
            "messages.image", f"it takes {', '.join(sorted(types))}, not {mime}", "convert it"
        )
    return {"type": "base64", "media_type": mime, "data": data}


def _document(part: MediaPart, known: Mapping[str, Any], notes: Notes) -> Block:
    text = document_text(part)
    if text is not None:
        keys = known.get("sources", {}).get("text", {}).get("keys")
        kind = {"media_type": "text/plain"} if keys is None or "media_type" in keys else {}
        return {"type": "text", **kind, "data": text}
    found = data_of(part)
    if found is None:
        return _reference(part, known, notes)
    mime, data = found
    mime = mime or "application/pdf"
    types = known.get("media_types") or ("application/pdf", "text/plain")
    if mime not in types and notes.policy != "send":
        raise notes.impossible(
            "messages.file", f"it takes PDF and plain text, not {mime}", "convert it"
        )
    return {"type": "base64", "media_type": mime, "data": data}


def _reference(part: MediaPart, known: Mapping[str, Any], notes: Notes) -> Block:
    """A source that is not at hand: a URL, or a file id."""
    types = known.get("source_types")
    source = {"type": "file", "file_id": part.file_id}
    if part.url is not None:
        source = {"type": "url", "url": part.url}
    if types is None or source["type"] in types or notes.policy == "send":
        return source
    what = "URL" if part.url is not None else "file id"
    raise notes.impossible(
        f"messages.{part.kind}",
        f"it takes {MEDIA_WORDS[part.kind]} as base64 data only, not as a {what}",
        "download it first, or set fetch_urls=True",
    )


# --- packing ---------------------------------------------------------------------------------


def _pack(runs: list[Run], shape: Shape, notes: Notes) -> list[Block]:
    """Runs -> messages, each within the model's number of parts."""
    messages: list[Block] = []
    for role, blocks in runs:
        # Results come first: 400 "tool_use ids were found without tool_result blocks
        # immediately after" (Anthropic) where another block stands before them.
        ordered = sorted(blocks, key=lambda b: b.get("type") != "tool_result")
        limit = shape.roles.get(role, _ANY).max_parts
        for piece in _pieces(ordered, limit, role, notes):
            content = piece[0]["text"] if len(piece) == 1 and _is_plain(piece[0]) else piece
            messages.append({"role": role, "content": content})
    if messages and messages[-1]["role"] == "assistant":
        _trim_end(messages[-1], notes)
    return messages or [{"role": "user", "content": ""}]


def _pieces(blocks: list[Block], limit: int | None, role: str, notes: Notes) -> list[list[Block]]:
    if limit is None or len(blocks) <= limit:
        return [blocks]
    notes.adapted(
        "messages.content", f"more than {limit} parts were joined, or sent in several messages"
    )
    between = "" if role == "assistant" else "\n\n"  # an answer's pieces are one text
    merged: list[Block] = []
    for block in blocks:
        if merged and _is_plain(block) and _is_plain(merged[-1]):
            merged[-1] = {**block, "text": f"{merged[-1]['text']}{between}{block['text']}"}
        else:
            merged.append(block)
    return [merged[i : i + limit] for i in range(0, len(merged), limit)]


def _is_plain(block: Block) -> bool:
    return block.get("type") == "text" and len(block) == 2


def _trim_end(message: Block, notes: Notes) -> None:
    """400 "final assistant content cannot end with trailing whitespace" (Anthropic)."""
    content = message["content"]
    text = content if isinstance(content, str) else content[-1].get("text")
    if not isinstance(text, str) or text == text.rstrip():
        return
    notes.adapted("messages.assistant", "white space at the end of the last answer was left out")
    if isinstance(content, str):
        message["content"] = text.rstrip()
    else:
        message["content"] = [*content[:-1], {**content[-1], "text": text.rstrip()}]
