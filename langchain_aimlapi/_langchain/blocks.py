"""``content_blocks`` of our messages: the translator that langchain-core asks for.

Every block of a chunk carries an index of its own that begins with ``lc_``: langchain-core merges
blocks of equal index, and numbers blocks without one in a way that lets a tool call fall into the
text before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages import content as types
from langchain_core.messages.block_translators import get_translator, register_translator

from langchain_aimlapi._domain.citations import citation_to_annotation
from langchain_aimlapi._domain.media import AUDIO_TYPES, DEFAULT_TYPES, split_data_url
from langchain_aimlapi._domain.order import arrange
from langchain_aimlapi._domain.server_tools import server_tool_to_blocks
from langchain_aimlapi._domain.values import BlockKind
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
    calls = [_call(call) for call in message.tool_calls]
    calls += [_invalid_call(call) for call in message.invalid_tool_calls]
    blocks = _arranged(message, calls)
    for block in blocks:
        block.pop("index", None)
    return cast("list[types.ContentBlock]", blocks)


def chunk_to_blocks(message: AIMessageChunk) -> list[types.ContentBlock]:
    """The content blocks of a chunk, or of chunks added up."""
    if isinstance(message.content, list):
        raise NotImplementedError
    if message.chunk_position == "last":
        return message_to_blocks(message)
    calls: Blocks = [_call_chunk(chunk) for chunk in message.tool_call_chunks]
    order = message.additional_kwargs.get("block_order") or ()
    if len(order) > 1:
        return cast("list[types.ContentBlock]", _arranged(message, calls))
    text = message.content if isinstance(message.content, str) else ""
    blocks = piece_to_blocks(text, message.additional_kwargs, order[0] if order else {})
    return cast("list[types.ContentBlock]", [*blocks, *calls])


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "tool_call", "id": call["id"], "name": call["name"], "args": call["args"]}


def _invalid_call(call: Mapping[str, object]) -> dict[str, object]:
    names = ("id", "name", "args", "error")
    return {"type": "invalid_tool_call", **{name: call[name] for name in names}}


def _call_chunk(chunk: Mapping[str, object]) -> dict[str, object]:
    return {
        "type": "tool_call_chunk",
        "id": chunk["id"],
        "name": chunk["name"],
        "args": chunk["args"],
        "index": f"lc_tc_{chunk['index']}",
    }


# --- a message: its blocks in their order -----


def _arranged(message: AIMessage, calls: Blocks) -> Blocks:
    kwargs = message.additional_kwargs
    content = message.content if isinstance(message.content, str) else ""
    refusal = refusal_block(kwargs, message.response_metadata)
    reasoning = kwargs.get("reasoning_content") or ""
    items: dict[BlockKind, list[Blocks]] = {
        "reasoning": _reasoning_items(kwargs, str(reasoning)),
        "server_tool": [_server_tool(raw) for raw in _mappings(kwargs, "server_tool_calls")],
        "image": [[_image(image)] for image in _mappings(kwargs, "images")],
        "audio": [_audio(kwargs, is_piece=False)] if _audio(kwargs, is_piece=False) else [],
        "refusal": [[{**refusal, "index": "lc_refusal"}]] if refusal is not None else [],
        "tool_call": [[call] for call in calls],
    }
    notes = _mappings(kwargs, "annotations")
    arranged = arrange(
        kwargs.get("block_order"),
        {kind: len(found) for kind, found in items.items()},
        text=content,
        reasoning=str(reasoning),
        annotations=notes,
    )
    blocks: Blocks = []
    for block in arranged:
        if block.kind == "text" and (block.text or block.annotations):
            blocks.append(_text(block.text, block.annotations, f"lc_txt_{block.number}"))
        elif block.kind == "reasoning" and not items["reasoning"]:
            text = block.text.removeprefix("\n\n") if block.number else block.text
            blocks.append(_reasoning(text, f"lc_rs_{block.number}"))
        elif block.kind != "text":
            blocks += items[block.kind][block.number]
    return _with_links(blocks, _links(kwargs))


def _reasoning_items(kwargs: Mapping[str, object], reasoning: str) -> list[Blocks]:
    """The blocks of reasoning that have a form of their own."""
    if thinking := _mappings(kwargs, "thinking_blocks"):
        return [[_thinking(block, number)] for number, block in enumerate(thinking)]
    items = _mappings(kwargs, "reasoning_items")
    if len(items) == 1:
        return [[_reasoning_item(items[0], reasoning, "lc_rs")]]
    if items:
        return [[_reasoning_item(x, _item_text(x), f"lc_rs_{n}")] for n, x in enumerate(items)]
    if details := kwargs.get("reasoning_details"):
        return [[{**_reasoning(reasoning, "lc_rs"), "extras": {"reasoning_details": details}}]]
    return []


def _with_links(blocks: Blocks, links: Blocks) -> Blocks:
    """The blocks with links of the whole answer, which stand at its last text."""
    if not links:
        return blocks
    last = next((block for block in reversed(blocks) if block["type"] == "text"), None)
    if last is None:
        last = _text("", (), "lc_txt")
        place = sum(block["type"] == "reasoning" for block in blocks)
        blocks = [*blocks[:place], last, *blocks[place:]]
    last["annotations"] = [*last.get("annotations", ()), *links]
    return blocks


# --- a chunk: a piece of one block -----


def piece_to_blocks(text: str, kwargs: Mapping[str, object], entry: Mapping[str, object]) -> Blocks:
    """The blocks, without tool calls, that one delta adds to.

    Args:
        text: Its text.
        kwargs: What it adds to ``additional_kwargs``.
        entry: What it tells of its block, where the order is unusual.
    """
    number = entry.get("index")
    place = "" if number is None else f"_{number}"
    if not kwargs:
        return [{"type": "text", "text": text, "index": "lc_txt"}] if text else []
    blocks = _reasoning_piece(kwargs, f"lc_rs{place}", bool(entry.get("start")))
    notes = [_annotation(note) for note in _mappings(kwargs, "annotations")] + _links(kwargs)
    if text or notes:
        block = {"type": "text", "text": text, "index": f"lc_txt{place}"}
        blocks.append({**block, "annotations": notes} if notes else block)
    blocks += [_image(image) for image in _mappings(kwargs, "images")]
    blocks += _audio(kwargs, is_piece=True)
    if isinstance(kwargs.get("refusal"), str):
        refusal = {"type": "refusal", "refusal": kwargs["refusal"], "index": "lc_refusal"}
        blocks.append(refusal)
    for raw in _mappings(kwargs, "server_tool_calls"):
        blocks += _server_tool(raw)
    return blocks


def _reasoning_piece(kwargs: Mapping[str, object], index: str, is_separated: bool) -> Blocks:
    if thinking := _mappings(kwargs, "thinking_blocks"):
        return [_thinking(block, number) for number, block in enumerate(thinking)]
    text = str(kwargs.get("reasoning_content") or "")
    if is_separated:  # from the block before it, in the joined text
        text = text.removeprefix("\n\n")
    if items := _mappings(kwargs, "reasoning_items"):
        return [_reasoning_item(items[0], text, index)]
    if details := kwargs.get("reasoning_details"):
        return [{**_reasoning(text, index), "extras": {"reasoning_details": details}}]
    return [_reasoning(text, index)] if text else []


# --- the blocks -----


def _mappings(kwargs: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    found = kwargs.get(key)
    return [x for x in found if isinstance(x, Mapping)] if isinstance(found, list) else []


def _text(text: str, annotations: Iterable[Any], index: str) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "text", "text": text, "index": index}
    notes = [_annotation(note) for note in annotations]
    return {**block, "annotations": notes} if notes else block


def _reasoning(text: str, index: str) -> dict[str, object]:
    return {"type": "reasoning", "reasoning": text, "index": index}


def _thinking(block: Mapping[str, Any], position: int) -> dict[str, object]:
    index = f"lc_rs_{block.get('index', position)}"
    if block.get("data"):
        value = {"type": "redacted_thinking", "data": block["data"]}
        return {"type": "non_standard", "value": value, "index": index}
    shown = _reasoning(block.get("thinking") or "", index)
    if block.get("signature"):
        shown["extras"] = {"signature": block["signature"]}
    return shown


def _reasoning_item(item: Mapping[str, object], text: str, index: str) -> dict[str, object]:
    """An item of the Responses API. What its text does not say stands in ``extras``, in the form
    in which ChatOpenAI has it and sends it."""
    names = ("type", "id", "index", "output_index", "summary", "content")
    extras = {k: v for k, v in item.items() if k not in names and v is not None}
    summary = item.get("summary")
    if isinstance(summary, list) and len(summary) > 1:
        extras["summary"] = summary
    if item.get("content"):
        extras |= {"content": item["content"], "summary": summary or []}
    block = {"type": "reasoning", "id": item.get("id"), "reasoning": text, "index": index}
    return {**block, "extras": extras} if extras else block


def _item_text(item: Mapping[str, object]) -> str:
    parts = [*_mappings(item, "content"), *_mappings(item, "summary")]
    return "\n\n".join(str(part.get("text") or "") for part in parts)


def _server_tool(raw: Mapping[str, object]) -> Blocks:
    mark = raw.get("id") or raw.get("tool_use_id") or ""
    return [
        {**block, "index": f"lc_st_{block['type']}_{raw.get('type')}_{mark}"}
        for block in server_tool_to_blocks(raw)
    ]


def _links(kwargs: Mapping[str, Any]) -> Blocks:
    """Sources that belong to the whole answer (Perplexity)."""
    if not ("search_results" in kwargs or "citations" in kwargs):
        return []
    results = _mappings(kwargs, "search_results")
    listed = {result.get("url") for result in results}
    urls = [{"url": url} for url in kwargs.get("citations") or () if isinstance(url, str)]
    found: Blocks = []
    for result in [*results, *(link for link in urls if link["url"] not in listed)]:
        citation: dict[str, object] = {"type": "citation"}
        citation |= {name: result[name] for name in ("url", "title") if result.get(name)}
        extra = {k: v for k, v in result.items() if k not in ("url", "title") and v is not None}
        found.append({**citation, "extras": extra} if extra else citation)
    return found


def _annotation(note: Mapping[str, Any]) -> dict[str, object]:
    if isinstance(note.get("anthropic"), Mapping):
        return citation_to_annotation(note["anthropic"])
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


def _audio(kwargs: Mapping[str, object], *, is_piece: bool) -> Blocks:
    audio = kwargs.get("audio")
    known = ("data", "transcript", "id") if is_piece else ("data", "transcript")
    if not isinstance(audio, Mapping) or not any(audio.get(name) for name in known):
        return []
    block: dict[str, Any] = {"type": "audio", "index": "lc_audio"}
    if audio.get("data"):
        block["base64"] = audio["data"]
    if audio.get("id"):  # comes once, so the type comes once as well
        block["id"] = audio["id"]
        block["mime_type"] = AUDIO_TYPES.get(str(audio.get("format", "wav")), "audio/wav")
    if audio.get("transcript"):
        block["extras"] = {"transcript": audio["transcript"]}
    return [block]


def _image(image: Mapping[str, object]) -> dict[str, object]:
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
