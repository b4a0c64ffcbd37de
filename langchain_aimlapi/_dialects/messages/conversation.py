"""A conversation in Anthropic's shape: two roles, content blocks, results beside the user's words.

No content is lost. What has no place of its own (a system message in the middle, a name, a sixth
part) is sent in another place and reported through `Notes`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
)
from langchain_aimlapi._dialects.tools import call_arguments, safe_id, take_call
from langchain_aimlapi._domain.media import DEFAULT_TYPES, data_of, document_text, titled
from langchain_aimlapi._domain.server_tools import is_anthropic
from langchain_aimlapi._domain.values import (
    MediaPart,
    Message,
    Part,
    RawPart,
    ReasoningPart,
    Role,
    ServerToolPart,
    TextPart,
    ToolCallPart,
)
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import cache_mark
from langchain_aimlapi._json import json_object
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


# --- turns -----


def _runs(messages: Sequence[Message], shape: Shape, notes: Notes) -> list[Run]:
    """The conversation as runs of one role. Anthropic wants all results of a turn together, and
    the vendors behind the gateway want the roles to alternate."""
    runs: list[Run] = []
    waiting: list[str] = []  # ids of calls that have no result yet
    for position, message in enumerate(media_behind(messages, _holder(shape), notes)):
        role = "assistant" if message.role == "assistant" else "user"
        if message.role == "assistant":
            blocks = _assistant(message, position, waiting, shape, notes)
        elif message.role == "tool":
            blocks = [_result(message, waiting, shape, notes)]
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
    return runs


def _holder(shape: Shape) -> Callable[[MediaPart, Role], bool]:
    """Whether a message of a role may hold a part. What the user's turn cannot hold either stays
    where it is, and is refused there."""
    user = shape.roles.get("user", _ANY)
    places = {
        "assistant": shape.roles.get("assistant", RoleFacts(parts=frozenset())),
        "tool": _inside_results(shape),
        "user": user,
    }

    def holds(part: MediaPart, role: Role) -> bool:
        return _takes(part, places[role]) or (role == "tool" and not _takes(part, user))

    return holds


def _inside_results(shape: Shape) -> RoleFacts:
    """What a tool's result may hold."""
    inner = shape.parts.get("tool_result", {}).get("content_parts")
    return RoleFacts(parts=None if inner is None else frozenset(inner))


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
    parts = message.parts
    if message.name:
        change = f"the name {message.name!r} was put in front of the text"
        notes.adapted("messages.name", change)
        parts = named_in_text(message)
    return [block for part in parts for block in _part(part, facts, shape, notes)]


def _assistant(
    message: Message, position: int, waiting: list[str], shape: Shape, notes: Notes
) -> list[Block]:
    facts = shape.roles.get("assistant", _ANY)
    calls: list[tuple[str | None, Block]] = []
    waiting.clear()
    for number, call in enumerate(message.tool_calls):
        call_id = safe_id(call.id or f"call_{position}_{number}", limit=ID_CHARS)
        waiting.append(call_id)
        arguments = json_object(call_arguments(call))
        block = {"type": "tool_use", "id": call_id, "name": call.name, "input": arguments}
        calls.append((call.id, block))
    blocks: list[Block] = []
    for part in message.parts:
        if isinstance(part, ToolCallPart):
            blocks += take_call(calls, part.id)
        elif isinstance(part, RawPart) and not _takes(part, facts):
            change = f"a content block of type {part.value.get('type')} of an answer was left out"
            notes.adapted("messages.assistant", change, "the model does not take it")
        else:
            blocks += _part(part, facts, shape, notes)
    return [*_beside(message, blocks, facts), *blocks, *(block for _, block in calls)]


def _beside(message: Message, blocks: list[Block], facts: RoleFacts) -> list[Block]:
    """Signed thoughts and server tools that the parts do not hold already. The thoughts come first:
    400 "Expected `thinking` ... but found `text`" for a turn that does not begin with one."""
    hosted = _hosted(message, blocks, facts)
    first = next((place for place, b in enumerate(blocks) if b["type"] in _THOUGHTS), None)
    if first is None:
        return [*_signed_thoughts(message, facts), *hosted]
    return [blocks.pop(first), *hosted] if hosted else []


def _takes(part: MediaPart | RawPart, facts: RoleFacts) -> bool:
    if facts.parts is None:
        return isinstance(part, RawPart) or part.kind in ("image", "file")
    if isinstance(part, RawPart):
        return str(part.value.get("type")) in facts.parts
    return part_text(part) is not None or _BLOCK_TYPES.get(part.kind) in facts.parts


def _signed_thoughts(message: Message, facts: RoleFacts) -> list[Block]:
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
    if not isinstance(found, list | tuple) or any(is_anthropic(b) for b in blocks):
        return []
    return [
        dict(item)
        for item in found
        if isinstance(item, Mapping)
        and is_anthropic(item)
        and (facts.parts is None or item["type"] in facts.parts)
    ]


# --- tool results -----


def _result(message: Message, waiting: list[str], shape: Shape, notes: Notes) -> Block:
    if message.tool_call_id:
        call_id = safe_id(message.tool_call_id, limit=ID_CHARS)
        if call_id in waiting:
            waiting.remove(call_id)
    elif waiting:
        call_id = waiting.pop(0)
    else:
        notes.adapted("messages.tool", "a tool result without a call was sent as text")
        return {"type": "text", "text": f"[result of a tool]: {text_of(message.parts)}"}
    block: Block = {"type": "tool_result", "tool_use_id": call_id}
    content = _result_content(message, shape, notes)
    if content:
        block["content"] = content
    if message.is_error:
        block["is_error"] = True
    return block


def _result_content(message: Message, shape: Shape, notes: Notes) -> str | list[Block]:
    facts = _inside_results(shape)
    parts = (
        raw_as_text(part) if isinstance(part, RawPart) and not _takes(part, facts) else part
        for part in message.parts
    )
    blocks = [b for part in parts for b in _part(part, facts, shape, notes) if _says_something(b)]
    if len(blocks) == 1 and _is_plain(blocks[0]):
        return str(blocks[0]["text"])
    return blocks


# --- parts -----


def _part(part: Part, facts: RoleFacts | None, shape: Shape, notes: Notes) -> list[Block]:
    """The blocks of one part (none for a thought that must not go back)."""
    if isinstance(part, ReasoningPart):
        return _thought(part, facts)
    if isinstance(part, RawPart):
        return _raw(part, facts or _ANY, notes)
    if isinstance(part, MediaPart):
        return _media(part, facts or _ANY, shape, notes)
    if isinstance(part, ServerToolPart):
        return _server_tool(part, facts)
    if isinstance(part, ToolCallPart):
        return []
    block: Block = {"type": "text", "text": part.text}
    if isinstance(part, TextPart):
        known = shape.parts.get("text", {})
        closed = bool(known.get("closed"))
        block |= cache_mark(part.extra, known.get("keys"), notes, closed=closed)
        if part.extra.get("citations"):
            block["citations"] = list(part.extra["citations"])
    return [block]


def _server_tool(part: ServerToolPart, facts: RoleFacts | None) -> list[Block]:
    """Anthropic's own call or result; another vendor's would not be known."""
    kinds = facts.parts if facts is not None else frozenset()
    known = is_anthropic(part.value) and (kinds is None or part.value["type"] in kinds)
    return [dict(part.value)] if known else []


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
    if facts.parts is None or str(part.value.get("type")) in facts.parts or notes.policy == "send":
        return [dict(part.value)]
    raise no_block(part, notes)


_BLOCK_TYPES = {"image": "image", "file": "document"}


def _media(part: MediaPart, facts: RoleFacts, shape: Shape, notes: Notes) -> list[Block]:
    kind = _BLOCK_TYPES.get(part.kind)
    taken = kind is not None and (facts.parts is None or kind in facts.parts)
    if not taken and (text := document_text(part)) is not None:
        notes.adapted("messages.file", "a text document was sent as text")
        return [{"type": "text", "text": titled(part, text)}]
    if kind is None or (not taken and notes.policy != "send"):
        raise no_media(part, notes)
    known = shape.parts.get(kind, {})
    source = _document(part, known, notes) if kind == "document" else _image(part, known, notes)
    block: Block = {"type": kind, "source": source}
    keys = known.get("keys")
    if kind == "document":
        about = {"title": part.filename, **part.extra}
        block |= {
            key: about[key]
            for key in _DOCUMENT_KEYS
            if about.get(key) is not None and (keys is None or key in keys)
        }
    return [block | cache_mark(part.extra, keys, notes, closed=bool(known.get("closed")))]


def _image(part: MediaPart, known: Mapping[str, Any], notes: Notes) -> Block:
    found = data_of(part)
    if found is None:
        return _reference(part, known, notes)
    mime, data = found
    mime = mime or DEFAULT_TYPES["image"]
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
    mime = mime or DEFAULT_TYPES["file"]
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
    raise no_link(part, "URL" if part.url is not None else "file id", notes)


# --- packing -----


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
