"""Checks one part of a content list: its type, its keys, what it nests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from langchain_aimlapi.emulator._core import Json, kind_of
from langchain_aimlapi.emulator._fits import enum_problem

Row = Mapping[str, Any]


def received(value: Json, name: str) -> str:
    """The type of a field as an error names it."""
    return kind_of(value[name]) if name in value else "undefined"


def check_part(path: str, part: Any, allowed: Any, facts: Row) -> Iterator[str]:
    """Problems of one part. ``allowed`` are the types that the role takes, None: any known one."""
    if not isinstance(part, dict):
        yield f"{path}: Expected object, received {kind_of(part)}"
        return
    kind: Any = part.get("type")
    known = allowed if allowed is not None else _PARTS
    if kind not in known:
        yield f"{path}.type: {enum_problem(sorted(known), kind)}"
        return
    row = facts.get(kind) or {}
    for name in row.get("required") or ():
        if name not in part:
            yield f"{path}.{name}: Required"
    if row.get("closed"):
        for name in part:
            if name not in row.get("keys", ()):
                yield f"{path}: Unrecognized key(s) in object: '{name}'"
    yield from _PARTS.get(kind, _anything)(path, part, row)


def _anything(path: str, part: Json, row: Row) -> Iterator[str]:
    yield from ()


def _text(path: str, part: Json, row: Row) -> Iterator[str]:
    if not isinstance(part.get("text"), str):
        yield f"{path}.text: Expected string, received {received(part, 'text')}"


def _image_url(path: str, part: Json, row: Row) -> Iterator[str]:
    value = part.get("image_url", part.get("video_url"))
    name = "video_url" if "video_url" in part else "image_url"
    if not isinstance(value, dict):
        yield f"{path}.{name}: Expected object, received {received(part, name)}"
    elif not _is_url(value.get("url")):
        yield f"{path}.{name}.url: Invalid url"


def _is_url(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://", "data:"))


def _audio(path: str, part: Json, row: Row) -> Iterator[str]:
    value = part.get("input_audio")
    if not isinstance(value, dict):
        yield f"{path}.input_audio: Expected object, received {received(part, 'input_audio')}"
        return
    if not isinstance(value.get("data"), str):
        yield f"{path}.input_audio.data: Expected string, received {received(value, 'data')}"
    formats = row.get("format") or ("wav", "mp3")
    if value.get("format") not in formats:
        yield f"{path}.input_audio.format: {enum_problem(formats, value.get('format'))}"


def _file(path: str, part: Json, row: Row) -> Iterator[str]:
    value = part.get("file")
    if not isinstance(value, dict):
        yield f"{path}.file: Expected object, received {received(part, 'file')}"
    elif not any(isinstance(value.get(key), str) for key in ("file_data", "file_id", "file_url")):
        yield f"{path}.file.file_data: Required"


def _source(path: str, part: Json, row: Row) -> Iterator[str]:
    """Anthropic's ``image`` and ``document``: the source decides which keys must be there."""
    source = part.get("source")
    if not isinstance(source, dict):
        yield f"{path}.source: Expected object, received {received(part, 'source')}"
        return
    sources = row.get("sources") or _SOURCES
    held = sources.get(str(source.get("type")))
    if held is None:
        yield f"{path}.source.type: {enum_problem(sorted(sources), source.get('type'))}"
        return
    for name in held.get("required", ()):
        if name not in source:
            yield f"{path}.source.{name}: Required"
    media = held.get("media_types")
    if media and "media_type" in source and source["media_type"] not in media:
        yield f"{path}.source.media_type: {enum_problem(media, source['media_type'])}"


_SOURCES: Row = {
    "base64": {"required": ["data", "media_type"]},
    "url": {"required": ["url"]},
    "text": {"required": ["data"]},
    "content": {"required": ["content"]},
    "file": {"required": ["file_id"]},
}


def _tool_use(path: str, part: Json, row: Row) -> Iterator[str]:
    for name, kind in (("id", str), ("name", str), ("input", dict)):
        if not isinstance(part.get(name), kind):
            wanted = "object" if kind is dict else "string"
            yield f"{path}.{name}: Expected {wanted}, received {received(part, name)}"


def _tool_result(path: str, part: Json, row: Row) -> Iterator[str]:
    if not isinstance(part.get("tool_use_id"), str):
        yield f"{path}.tool_use_id: Expected string, received {received(part, 'tool_use_id')}"
    content = part.get("content")
    if isinstance(content, list):
        for place, inner in enumerate(content):
            yield from check_part(f"{path}.content.{place}", inner, row.get("content_parts"), {})
    elif content is not None and not isinstance(content, str):
        yield f"{path}.content: Expected string | array, received {kind_of(content)}"


def _thinking(path: str, part: Json, row: Row) -> Iterator[str]:
    for name in ("thinking", "signature"):
        if not isinstance(part.get(name), str):
            yield f"{path}.{name}: Expected string, received {received(part, name)}"


_PARTS: Mapping[str, Callable[[str, Json, Row], Iterator[str]]] = {
    "text": _text,
    "image_url": _image_url,
    "video_url": _image_url,
    "input_audio": _audio,
    "file": _file,
    "refusal": _anything,
    "image": _source,
    "document": _source,
    "tool_use": _tool_use,
    "tool_result": _tool_result,
    "thinking": _thinking,
    "redacted_thinking": _anything,
    "server_tool_use": _anything,
    "web_search_tool_result": _anything,
    "search_result": _anything,
}
