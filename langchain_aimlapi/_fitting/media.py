"""What `messages` and `responses` both need of media, ids and free-text tools. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from langchain_aimlapi._domain.values import MediaPart, Tool, ToolCall

FREE_TEXT_KEY = "__arg1"
"""Where free text stands in a function call (LangChain's own key for a lone string)."""

_MAGIC = (
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF", "application/pdf"),
)
_SAME_TYPE = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg"}
_NOT_IN_ID = re.compile(r"[^A-Za-z0-9_-]")


def data_of(part: MediaPart) -> tuple[str | None, str] | None:
    """(media type, base64) of content that is at hand; None where only a URL or id is.

    A ``data:`` URL counts as data. A media type that was not given is read from the first bytes.
    """
    mime, data = part.mime_type, part.data
    if data is None and part.url is not None and part.url.startswith("data:"):
        said, data = split_data_url(part.url)
        mime = mime or said
    if data is None:
        return None
    if part.is_text and part.data is not None:
        return mime or "text/plain", base64.b64encode(data.encode()).decode()
    mime = (mime or _sniff(data) or "").lower()
    return _SAME_TYPE.get(mime, mime) or None, data


def split_data_url(url: str) -> tuple[str | None, str]:
    """``data:[type][;base64],...`` -> (media type, base64)."""
    head, _, body = url.removeprefix("data:").partition(",")
    mime = head.partition(";")[0].strip() or None
    if head.endswith(";base64"):
        return mime, body
    return mime or "text/plain", base64.b64encode(unquote_to_bytes(body)).decode()


def _sniff(data: str) -> str | None:
    try:
        head = base64.b64decode(data[:24] + "=" * (-len(data[:24]) % 4))
    except (binascii.Error, ValueError):
        return None
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((mime for magic, mime in _MAGIC if head.startswith(magic)), None)


def document_text(part: MediaPart) -> str | None:
    """The text of a document that is text (given as such, or base64 of ``text/*``); else None."""
    if part.is_text and part.data is not None:
        return part.data
    found = data_of(part)
    if found is None or not (found[0] or "").startswith(("text/", "application/json")):
        return None
    try:
        return base64.b64decode(found[1]).decode()
    except (binascii.Error, ValueError):
        return None


def safe_id(call_id: str, *, limit: int) -> str:
    """A tool-call id that every vendor takes; the same one for the same id, never two alike.

    Anthropic takes ``[A-Za-z0-9_-]`` only, OpenAI 64 characters; other vendors' ids
    (``functions.search:0``) come along in a history.
    """
    if len(call_id) <= limit and not _NOT_IN_ID.search(call_id):
        return call_id
    mark = hashlib.sha256(call_id.encode("utf-8", "replace")).hexdigest()[:10]
    return f"{_NOT_IN_ID.sub('_', call_id)[: limit - 11]}_{mark}"


def free_text_description(tool: Tool) -> str:
    """The description of a free-text tool that is sent as a function, its grammar kept."""
    grammar = tool.extra.get("format") or tool.raw.get("format")
    if not isinstance(grammar, Mapping) or not grammar.get("definition"):
        return tool.description
    said = f"The text follows this {grammar.get('syntax', '')} grammar:\n{grammar['definition']}"
    return f"{tool.description}\n\n{said}".strip()


def free_text_arguments(call: ToolCall) -> str:
    """The arguments of a free-text call where it has to be spelled as a function call."""
    return json.dumps({FREE_TEXT_KEY: call.arguments}, ensure_ascii=False)
