"""``content_blocks`` of our messages: the translator that langchain-core asks for.

Every block of a chunk carries an index of its own that begins with ``lc_``: langchain-core merges
blocks of equal index, and numbers blocks without one in a way that lets a tool call fall into the
text before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, cast

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages import content as types
from langchain_core.messages.block_translators import get_translator, register_translator

from langchain_aimlapi._domain.media import AUDIO_TYPES, DEFAULT_TYPES, split_data_url
from langchain_aimlapi._langchain.chunks import PROVIDER
from langchain_aimlapi._langchain.refusals import refusal_block

Blocks = list[dict[str, Any]]


def register() -> None:
    """Make langchain-core ask us about messages of this provider. Cheap when done already."""
    if get_translator(PROVIDER) is None:
        register_translator(PROVIDER, message_to_blocks, chunk_to_blocks)


def message_to_blocks(message: AIMessage) -> list[types.ContentBlock]:
    """The content blocks of a whole message."""
    if isinstance(message.content, list):  # written by somebody else, or in v1 form already
        raise NotImplementedError
    blocks = _content(message, indexed=False)
    blocks += [
        {"type": "tool_call", "id": c["id"], "name": c["name"], "args": c["args"]}
        for c in message.tool_calls
    ]
    blocks += [
        {
            "type": "invalid_tool_call",
            "id": c["id"],
            "name": c["name"],
            "args": c["args"],
            "error": c["error"],
        }
        for c in message.invalid_tool_calls
    ]
    return cast("list[types.ContentBlock]", blocks)


def chunk_to_blocks(message: AIMessageChunk) -> list[types.ContentBlock]:
    """The content blocks of a chunk, or of chunks added up."""
    if isinstance(message.content, list):
        raise NotImplementedError
    if message.chunk_position == "last":
        return message_to_blocks(message)
    blocks = _content(message, indexed=True)
    for chunk in message.tool_call_chunks:
        blocks.append(
            {
                "type": "tool_call_chunk",
                "id": chunk["id"],
                "name": chunk["name"],
                "args": chunk["args"],
                "index": f"lc_tc_{chunk['index']}",
            }
        )
    return cast("list[types.ContentBlock]", blocks)


def _content(message: AIMessage, *, indexed: bool) -> Blocks:
    kwargs = message.additional_kwargs
    blocks = _reasoning(kwargs) if kwargs else []
    text = message.content if isinstance(message.content, str) else ""
    annotations = _annotations(kwargs) if kwargs else []
    if text or annotations:
        block: dict[str, Any] = {"type": "text", "text": text, "index": "lc_txt"}
        if annotations:
            block["annotations"] = annotations
        blocks.append(block)
    if kwargs:
        blocks += _media(kwargs, indexed=indexed)
    refusal = refusal_block(kwargs, message.response_metadata)
    if refusal is not None:
        blocks.append({**refusal, "index": "lc_refusal"})
    if kwargs:
        blocks += _other(kwargs)
    if not indexed:
        for block in blocks:
            block.pop("index", None)
    return blocks


def _reasoning(kwargs: Mapping[str, Any]) -> Blocks:
    thinking = kwargs.get("thinking_blocks")
    if isinstance(thinking, list) and thinking:
        return [_thinking(b, n) for n, b in enumerate(thinking) if isinstance(b, Mapping)]
    items = kwargs.get("reasoning_items")
    text = kwargs.get("reasoning_content")
    details = kwargs.get("reasoning_details")
    if not text and not items and not details:
        return []
    block: dict[str, Any] = {"type": "reasoning", "reasoning": text or "", "index": "lc_rs"}
    if isinstance(items, list) and items and isinstance(items[0], Mapping):
        block["id"] = items[0].get("id")
        block["extras"] = {"reasoning_items": items}
        if items[0].get("encrypted_content"):
            block["extras"]["encrypted_content"] = items[0]["encrypted_content"]
    elif details:
        block["extras"] = {"reasoning_details": details}
    return [block]


def _thinking(block: Mapping[str, Any], position: int) -> dict[str, Any]:
    index = f"lc_rs_{block.get('index', position)}"
    if block.get("data"):
        value = {"type": "redacted_thinking", "data": block["data"]}
        return {"type": "non_standard", "value": value, "index": index}
    shown = {"type": "reasoning", "reasoning": block.get("thinking") or "", "index": index}
    if block.get("signature"):
        shown["extras"] = {"signature": block["signature"]}
    return shown


def _annotations(kwargs: Mapping[str, Any]) -> Blocks:
    found: Blocks = []
    for note in kwargs.get("annotations") or ():
        if isinstance(note, Mapping):
            found.append(_annotation(note))
    results = [r for r in kwargs.get("search_results") or () if isinstance(r, Mapping)]
    told = {r.get("url") for r in results}
    links = [{"url": u} for u in kwargs.get("citations") or () if isinstance(u, str)]
    for result in [*results, *(link for link in links if link["url"] not in told)]:
        citation: dict[str, Any] = {"type": "citation"}
        for name in ("url", "title"):
            if result.get(name):
                citation[name] = result[name]
        extra = {k: v for k, v in result.items() if k not in ("url", "title") and v is not None}
        if extra:
            citation["extras"] = extra
        found.append(citation)
    return found


def _annotation(note: Mapping[str, Any]) -> dict[str, Any]:
    inner = note.get("url_citation")
    source = inner if isinstance(inner, Mapping) else note
    if note.get("type") not in ("url_citation", "citation", None):
        return {"type": "non_standard_annotation", "value": dict(note)}
    names = ("url", "title", "start_index", "end_index", "cited_text")
    citation = {k: source[k] for k in names if source.get(k) is not None}
    rest = {
        k: v
        for k, v in source.items()
        if k not in (*names, "type", "url_citation") and v is not None
    }
    return {"type": "citation", **citation, **({"extras": rest} if rest else {})}


def _media(kwargs: Mapping[str, Any], *, indexed: bool) -> Blocks:
    blocks: Blocks = []
    for image in kwargs.get("images") or ():
        if isinstance(image, Mapping):
            blocks.append(_image(image))
    audio = kwargs.get("audio")
    told = ("data", "transcript", "id") if indexed else ("data", "transcript")
    if isinstance(audio, Mapping) and any(audio.get(name) for name in told):
        block: dict[str, Any] = {"type": "audio", "index": "lc_audio"}
        if audio.get("data"):
            block["base64"] = audio["data"]
        if audio.get("id"):  # told once, so the type is told once as well
            block["id"] = audio["id"]
            block["mime_type"] = AUDIO_TYPES.get(str(audio.get("format", "wav")), "audio/wav")
        if audio.get("transcript"):
            block["extras"] = {"transcript": audio["transcript"]}
        blocks.append(block)
    return blocks


def _image(image: Mapping[str, Any]) -> dict[str, Any]:
    value = image.get("image_url", image.get("url"))
    url = value.get("url") if isinstance(value, Mapping) else value
    data = image.get("b64_json") or image.get("base64")
    block: dict[str, Any] = {"type": "image"}
    content = split_data_url(url) if isinstance(url, str) else None
    if content is not None:
        block |= {"mime_type": content[0] or DEFAULT_TYPES["image"], "base64": content[1]}
    elif isinstance(data, str):
        block |= {"base64": data, "mime_type": image.get("mime_type") or DEFAULT_TYPES["image"]}
    elif isinstance(url, str):
        block["url"] = url
    else:
        block = {"type": "non_standard", "value": dict(image)}
    mark = hashlib.sha256(json.dumps(image, sort_keys=True, default=str).encode()).hexdigest()
    return {**block, "index": f"lc_img_{mark[:16]}"}


def _other(kwargs: Mapping[str, Any]) -> Blocks:
    blocks: Blocks = []
    for call in kwargs.get("server_tool_calls") or ():
        if isinstance(call, Mapping):
            mark = call.get("id") or call.get("tool_use_id") or len(blocks)
            index = f"lc_st_{call.get('type')}_{mark}"
            blocks.append({"type": "non_standard", "value": dict(call), "index": index})
    return blocks
