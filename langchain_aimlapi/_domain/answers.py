"""An earlier answer, in whatever form a message keeps it -> the parts to send again, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_aimlapi._domain.citations import annotation_to_citation
from langchain_aimlapi._domain.content import block_to_part, blocks_of, plain_word
from langchain_aimlapi._domain.media import AUDIO_TYPES
from langchain_aimlapi._domain.order import Block, arrange
from langchain_aimlapi._domain.server_tools import (
    block_to_server_tool,
    ids_with_results,
    is_server_tool,
)
from langchain_aimlapi._domain.values import (
    BlockKind,
    Part,
    ReasoningPart,
    RefusalPart,
    ServerToolPart,
    TextPart,
    ToolCall,
    ToolCallPart,
)

CALL_TYPES = frozenset(
    {"tool_call", "invalid_tool_call", "tool_use", "function_call", "custom_tool_call"}
)
"""Blocks that stand for a call of ``tool_calls``."""


def answer_to_parts(
    content: object, extra: Mapping[str, object], calls: Sequence[ToolCall]
) -> tuple[Part, ...]:
    """The parts of an earlier answer.

    Args:
        content: Its text, or its content blocks in any spelling.
        extra: What stands beside the content, under the names of `ExtraKey`.
        calls: Its tool calls.
    """
    parts = _from_text(content, extra, calls) if isinstance(content, str) else _from_blocks(content)
    refusal = extra.get("refusal")
    if isinstance(refusal, str) and refusal and not any(isinstance(p, RefusalPart) for p in parts):
        parts.append(RefusalPart(refusal))
    while parts and isinstance(parts[-1], ToolCallPart):
        parts.pop()  # calls come last anyway
    return tuple(parts)


# --- text, and the rest beside it -----


def _from_text(text: str, extra: Mapping[str, object], calls: Sequence[ToolCall]) -> list[Part]:
    """In the usual order this is the text with its media: reasoning and server tools stay in
    ``extra``, from where each dialect takes what it knows. In another order all of them are parts.
    """
    annotations = _items(extra, "annotations")
    order = extra.get("block_order")
    media = _media(extra, text) if "images" in extra or "audio" in extra else {}
    if not order:
        parts: list[Part] = [_text_part(text, annotations)] if text else []
        return [*parts, *media.get("image", ()), *media.get("audio", ())]
    items = {
        "reasoning": _items(extra, "thinking_blocks") or _items(extra, "reasoning_items"),
        "server_tool": _items(extra, "server_tool_calls"),
    }
    refusal, reasoning = extra.get("refusal"), extra.get("reasoning_content")
    counts: dict[BlockKind, int] = {
        "reasoning": len(items["reasoning"]),
        "server_tool": len(items["server_tool"]),
        **{kind: len(found) for kind, found in media.items()},
        "refusal": 1 if refusal else 0,
        "tool_call": len(calls),
    }
    parts = []
    for block in arrange(
        order,
        counts,
        text=text,
        reasoning=reasoning if isinstance(reasoning, str) else "",
        annotations=annotations,
    ):
        if block.kind in media:
            parts.append(media[block.kind][block.number])
            continue
        item = (
            items[block.kind][block.number]
            if counts.get(block.kind) and block.kind in items
            else None
        )
        parts += _parts(block, item, refusal, calls)
    return parts


def _parts(
    block: Block, item: Mapping[str, object] | None, refusal: object, calls: Sequence[ToolCall]
) -> list[Part]:
    if block.kind == "text":
        return [_text_part(block.text, block.annotations)] if block.text else []
    if block.kind == "reasoning":
        return [ReasoningPart(block.text) if item is None else _reasoning_part(item, block.text)]
    if block.kind == "server_tool":
        return [ServerToolPart(item)] if item is not None else []
    if block.kind == "tool_call":
        return [ToolCallPart(calls[block.number].id)]
    return [RefusalPart(str(refusal))] if block.kind == "refusal" else []


def _media(extra: Mapping[str, object], text: str) -> dict[BlockKind, list[Part]]:
    """The images of an answer, and what it has spoken."""
    images = [part for image in _items(extra, "images") if (part := _image_part(image)) is not None]
    spoken = _spoken(extra.get("audio"))
    if isinstance(spoken, TextPart) and spoken.text in text:
        spoken = None
    found: dict[BlockKind, list[Part]] = {"image": images}
    return found | {"audio": [spoken]} if spoken is not None else found


def _image_part(image: Mapping[str, object]) -> Part | None:
    if not image.get("image_url") and image.get("b64_json"):
        image = {**image, "base64": image["b64_json"]}
    return block_to_part({"type": "image_url" if image.get("image_url") else "image", **image})


def _spoken(audio: object) -> Part | None:
    """A spoken answer as its words, which every model reads; as sound where they are not known."""
    if not isinstance(audio, Mapping):
        return None
    extras = audio.get("extras")
    beside = extras if isinstance(extras, Mapping) else {}
    words = audio.get("transcript") or beside.get("transcript")
    if isinstance(words, str) and words:
        return TextPart(words)
    data = audio.get("data") or audio.get("base64")
    if not data and not audio.get("url"):
        return None
    mime = audio.get("mime_type") or AUDIO_TYPES.get(str(audio.get("format")))
    return block_to_part({**audio, "type": "audio", "base64": data, "mime_type": mime})


def _reasoning_part(item: Mapping[str, Any], text: str) -> ReasoningPart:
    if item.get("id"):  # an item of the Responses API
        sealed = item.get("encrypted_content")
        return ReasoningPart(text, data=sealed, id=str(item["id"]), extra={"item": item})
    if item.get("data"):
        return ReasoningPart(data=item["data"])
    return ReasoningPart(str(item.get("thinking") or ""), signature=item.get("signature"))


def _text_part(text: str, annotations: Sequence[object]) -> TextPart:
    cited = [
        note["anthropic"]
        for note in annotations
        if isinstance(note, Mapping) and isinstance(note.get("anthropic"), Mapping)
    ]
    return TextPart(text, {"citations": cited} if cited else {})


def _items(extra: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    found = extra.get(key)
    if not isinstance(found, list | tuple):
        return []
    return [item for item in found if isinstance(item, Mapping)]


# --- content blocks -----


def _from_blocks(content: object) -> list[Part]:
    blocks = blocks_of(content)
    known = ids_with_results(blocks)
    parts = (TextPart(b) if isinstance(b, str) else _block_part(b, known) for b in blocks)
    return [part for part in parts if part is not None]


def _block_part(block: Mapping[str, Any], known: set[str]) -> Part | None:
    kind = plain_word(block.get("type"))
    if kind in CALL_TYPES:
        return ToolCallPart(block.get("call_id") or block.get("id"))
    if kind in ("server_tool_call", "server_tool_result"):
        raw = block_to_server_tool(block, known)
        return ServerToolPart(raw) if raw is not None else None
    if is_server_tool(block):
        return ServerToolPart({name: value for name, value in block.items() if name != "index"})
    if kind == "non_standard" and isinstance(block.get("value"), Mapping):
        return _block_part(block["value"], known)
    part = _spoken(block) if kind == "audio" else block_to_part(block)
    cited = _citations(block) if isinstance(part, TextPart) else []
    return TextPart(part.text, {**part.extra, "citations": cited}) if cited else part  # type: ignore[union-attr]  # only a text is cited


def _citations(block: Mapping[str, object]) -> list[Mapping[str, Any]]:
    """Anthropic's citations of a text block, in its own or in LangChain's form."""
    raw = block.get("citations")
    if isinstance(raw, list):
        return [dict(each) for each in raw if isinstance(each, Mapping)]
    notes = block.get("annotations")
    made = map(annotation_to_citation, notes if isinstance(notes, list) else ())
    return [each for each in made if each is not None]
