"""Content blocks in every spelling that users write -> parts.

LangChain v0 (``source_type``), v1 (``base64``/``url``/``file_id``), OpenAI's chat path
(``image_url``, ``input_audio``, ``file``) and its newer one (``input_text``, ``input_image``,
``input_file``), Anthropic (``source``, ``thinking``, ``document``), Google (``media``,
``inline_data``) and Bedrock (``{"image": {"format", "source": {"bytes"}}}``).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, cast

from langchain_aimlapi._domain.media import AUDIO_TYPES, split_data_url
from langchain_aimlapi._domain.values import (
    MediaKind,
    MediaPart,
    Message,
    Part,
    RawPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
)

Block = Mapping[str, Any]

# Calls stand in AIMessage.tool_calls as well, and only there are they complete.
CALL_BLOCKS = frozenset(
    {
        "tool_call", "tool_use", "tool_call_chunk", "invalid_tool_call", "input_json_delta",
        "function_call", "custom_tool_call", "server_tool_call", "server_tool_call_chunk",
        "server_tool_result", "citation",
    }
)  # fmt: skip


def content_to_parts(content: object) -> tuple[Part, ...]:
    """A message's content as parts; the blocks of tool calls are left to `tool_calls`.

    Raises:
        ValueError: ``content`` is no text, no block and no list of them.
    """
    if isinstance(content, str):
        return (TextPart(content),) if content else ()
    parts = (
        TextPart(block) if isinstance(block, str) else block_to_part(block)
        for block in blocks_of(content)
    )
    return tuple(part for part in parts if part is not None)


def blocks_of(content: object) -> list[str | Block]:
    """A content that is no text as its blocks, without those that say nothing at all.

    Raises:
        ValueError: ``content`` or one of its blocks is something else.
    """
    if isinstance(content, Mapping):
        return [content]
    if not isinstance(content, Iterable | None):
        raise ValueError(f"content is {content!r:.60}; use a text or a list of content blocks")
    return [_block(each) for each in content or () if each is not None and each != ""]


def _block(value: object) -> str | Block:
    if isinstance(value, str | Mapping):
        return value
    dump = getattr(value, "model_dump", None)  # an object of a vendor's own client
    if callable(dump) and isinstance(dumped := dump(exclude_none=True), Mapping):
        return dumped
    raise ValueError(f"a content block is {value!r:.60}; use a text or a dictionary with a type")


def block_to_part(block: Block) -> Part | None:
    """One content block as a part; None where it says nothing (an empty text, a tool call)."""
    kind = plain_word(block.get("type"))
    if kind in CALL_BLOCKS:
        return None
    reader = _READERS.get(kind or "")
    if reader is not None:
        return reader(block)
    if block.get("type") is None:
        found = _untyped(block)
        if found is not None:
            return found
    return RawPart(dict(block) if kind is None else {**block, "type": kind})


def plain_word(value: object) -> str | None:
    """A role or a type as plain text, also where a program writes a string enumeration for it;
    None where it is no text."""
    if isinstance(value, Enum):
        value = value.value
    return str(value) if isinstance(value, str) else None


def call_id_of(value: object) -> str | None:
    """The id of a call as text, also where a program writes something else for it; None where
    there is none."""
    if not value:
        return None
    return plain_word(value) or json.dumps(value, default=str)


def user_messages(parts: tuple[Part, ...], name: str | None) -> list[Message]:
    """A user turn; Anthropic's ``tool_result`` blocks in it become tool messages before it."""
    results: list[Message] = []
    rest: list[Part] = []
    for part in parts:
        if isinstance(part, RawPart) and part.value.get("type") == "tool_result":
            results.append(
                Message(
                    "tool",
                    content_to_parts(part.value.get("content") or ""),
                    tool_call_id=str(part.value.get("tool_use_id") or "") or None,
                    is_error=bool(part.value.get("is_error")),
                )
            )
        else:
            rest.append(part)
    if results and not rest:
        return results
    return [*results, Message("user", tuple(rest), name=name)]


# --- one block -----


def _untyped(block: Block) -> Part | None:
    """Blocks that are known by their one key: a text, Google's and Bedrock's media."""
    if isinstance(block.get("text"), str):
        return TextPart(block["text"])
    inline = block.get("inline_data") or block.get("inlineData")
    if isinstance(inline, Mapping):
        mime = inline.get("mime_type") or inline.get("mimeType")
        return _google_media({"mime_type": mime, "data": inline.get("data")})
    for name, kind in _BEDROCK.items():
        inner = block.get(name)
        source = inner.get("source") if isinstance(inner, Mapping) else None
        if isinstance(inner, Mapping) and isinstance(source, Mapping) and "bytes" in source:
            return _media(kind, inner, data=source["bytes"], mime=_bedrock_type(kind, inner))
    return None


_BEDROCK: Mapping[str, MediaKind] = {
    "image": "image",
    "audio": "audio",
    "video": "video",
    "document": "file",
}


def _bedrock_type(kind: MediaKind, block: Block) -> str | None:
    word = block.get("format")
    if not isinstance(word, str):
        return None
    if kind == "file":
        return "application/pdf" if word == "pdf" else "text/plain"
    return AUDIO_TYPES.get(word, f"{kind}/{word}")


def _text(block: Block) -> Part | None:
    text = block.get("text")
    if not isinstance(text, str) or not text:
        return None
    if len(block) == 2:
        return TextPart(text)
    extras = block.get("extras")
    merged = {**extras, **block} if isinstance(extras, Mapping) else block
    cached = merged.get("cache_control")
    return TextPart(text, {"cache_control": cached} if cached else {})


def _reasoning(block: Block) -> Part | None:
    extras = block.get("extras")
    extra = extras if isinstance(extras, Mapping) else {}
    text = block.get("reasoning") or block.get("text") or ""
    summary = block.get("summary")
    if not text and isinstance(summary, list):  # OpenAI's own reasoning item
        text = "\n\n".join(str(s.get("text", "")) for s in summary if isinstance(s, Mapping))
    return ReasoningPart(
        text=str(text),
        signature=extra.get("signature") or block.get("signature"),
        data=extra.get("encrypted_content") or block.get("encrypted_content"),
        id=block.get("id"),
        extra=extra,
    )


def _thinking(block: Block) -> Part | None:
    return ReasoningPart(str(block.get("thinking") or ""), signature=block.get("signature"))


def _redacted(block: Block) -> Part | None:
    return ReasoningPart(data=block.get("data"))


def _refusal(block: Block) -> Part | None:
    text = block.get("refusal")  # Anthropic and Google refuse without a word
    return RefusalPart(str(text)) if text else None


def _image_url(block: Block) -> Part | None:
    value = block.get("image_url")
    inner = value if isinstance(value, Mapping) else {"url": value}
    return _media("image", block, url=inner.get("url"), detail=inner.get("detail"))


def _video_url(block: Block) -> Part | None:
    value = block.get("video_url")
    return _media("video", block, url=value.get("url") if isinstance(value, Mapping) else value)


def _input_audio(block: Block) -> Part | None:
    value = block.get("input_audio")
    inner = value if isinstance(value, Mapping) else block
    name = plain_word(inner.get("format")) or "wav"
    mime = name if "/" in name else AUDIO_TYPES.get(name, f"audio/{name}")
    return _media("audio", block, data=inner.get("data"), mime=mime)


def _input_image(block: Block) -> Part | None:
    """The Responses API's image: ``image_url`` is the URL itself."""
    if not block.get("image_url"):
        return _media("image", block, file_id=block.get("file_id"))
    return _image_url(block)


def _input_file(block: Block) -> Part | None:
    """The Responses API's document."""
    return _document(block, block)


def _file(block: Block) -> Part | None:
    inner = block.get("file")
    return _document(block, inner) if isinstance(inner, Mapping) else _standard("file")(block)


def _document(block: Block, facts: Mapping[str, Any]) -> Part | None:
    """A document whose facts stand in the block, or in an object of it."""
    return _media(
        "file",
        block,
        url=facts.get("file_data") or facts.get("file_url"),
        file_id=facts.get("file_id"),
        filename=facts.get("filename"),
    )


def _standard(kind: MediaKind) -> Callable[[Block], Part | None]:
    """LangChain's own media blocks, v0 and v1, and Anthropic's ``source``."""

    def read(block: Block) -> Part | None:
        source = block.get("source")
        if isinstance(source, Mapping):
            return _from_source(kind, block, source)
        if block.get("source_type") == "text":
            return _plain(block)
        return _media(
            kind,
            block,
            url=block.get("url"),
            data=block.get("base64") or block.get("data"),
            file_id=block.get("file_id") or (block.get("id") if _is_id(block) else None),
            mime=block.get("mime_type"),
        )

    return read


def _is_id(block: Block) -> bool:
    return block.get("source_type") == "id"


def _from_source(kind: MediaKind, block: Block, source: Block) -> Part | None:
    what = source.get("type")
    if what == "text":
        return _plain({**block, "text": source.get("data")})
    if what == "content":
        return RawPart(dict(block))
    return _media(
        kind,
        block,
        url=source.get("url"),
        data=source.get("data") if what != "url" else None,
        file_id=source.get("file_id"),
        mime=source.get("media_type"),
    )


def _plain(block: Block) -> Part | None:
    text = block.get("text")
    if not isinstance(text, str):
        return _media("file", block, url=block.get("url"), data=block.get("base64"),
                      file_id=block.get("file_id"), mime="text/plain")  # fmt: skip
    name = block.get("title") or _from_extras(block, "filename")
    return MediaPart("file", data=text, mime_type="text/plain", filename=name, is_text=True)


def _google_media(block: Block) -> Part | None:
    mime = str(block.get("mime_type") or "")
    kind = mime.partition("/")[0]
    known = kind if kind in ("image", "audio", "video") else "file"
    return _media(
        cast("MediaKind", known), block, url=block.get("file_uri"), data=block.get("data"),
        mime=mime or None,
    )  # fmt: skip


def _non_standard(block: Block) -> Part | None:
    value = block.get("value")
    return block_to_part(value) if isinstance(value, Mapping) else None


def _from_extras(block: Block, *names: str) -> Any:
    extras = block.get("extras")
    places = [block, extras if isinstance(extras, Mapping) else {}, block.get("metadata") or {}]
    for name in names:
        for place in places:
            if isinstance(place, Mapping) and place.get(name):
                return place[name]
    return None


def _media(
    kind: MediaKind,
    block: Block,
    *,
    url: object = None,
    data: object = None,
    file_id: object = None,
    mime: object = None,
    detail: Any = None,
    filename: Any = None,
) -> Part | None:
    """A media part, its content as base64; the block as it is where it holds none."""
    content = split_data_url(url) if isinstance(url, str) else None
    if content is not None:
        mime, data, url = mime or content[0], content[1], None
    elif kind == "file" and isinstance(url, str) and not re.match(r"[a-z]+://", url):
        data, url = url, None  # OpenAI's file_data may come without its prefix
    if isinstance(data, bytes | bytearray | memoryview):
        data = base64.b64encode(data).decode()
    if not any(isinstance(each, str) and each for each in (url, data, file_id)):
        return RawPart(dict(block))
    cached = _from_extras(block, "cache_control")
    return MediaPart(
        kind,
        url=url if isinstance(url, str) else None,
        data=data if isinstance(data, str) else None,
        file_id=file_id if isinstance(file_id, str) else None,
        mime_type=mime if isinstance(mime, str) else None,
        filename=filename or _from_extras(block, "filename", "file_filename", "name", "title"),
        detail=detail or _from_extras(block, "detail"),
        extra={"cache_control": cached} if cached else {},
    )


_READERS: dict[str, Callable[[Block], Part | None]] = {
    "text": _text,
    "input_text": _text,
    "output_text": _text,
    "input_image": _input_image,
    "input_file": _input_file,
    "text-plain": _plain,
    "reasoning": _reasoning,
    "thinking": _thinking,
    "redacted_thinking": _redacted,
    "refusal": _refusal,
    "image_url": _image_url,
    "video_url": _video_url,
    "input_audio": _input_audio,
    "image": _standard("image"),
    "audio": _standard("audio"),
    "video": _standard("video"),
    "document": _standard("file"),
    "file": _file,
    "media": _google_media,
    "non_standard": _non_standard,
}
