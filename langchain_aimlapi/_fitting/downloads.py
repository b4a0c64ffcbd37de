"""Media that a prompt gives by URL, for models that take the content itself only."""

from __future__ import annotations

import base64
from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from langchain_aimlapi._domain.values import ChatRequest, MediaPart, Message, Part

if TYPE_CHECKING:
    from langchain_aimlapi._wire.fetch import Fetched


def urls_of(request: ChatRequest) -> list[str]:
    """Every URL of media in the conversation, once each."""
    found = (
        part.url
        for message in request.messages
        for part in message.parts
        if isinstance(part, MediaPart) and part.url
    )
    return list(dict.fromkeys(found))


def fetch_all(urls: list[str]) -> Generator[Any, Any, dict[str, Fetched]]:
    """The flow that downloads them, one after the other."""
    from langchain_aimlapi._wire.fetch import FetchLimits, fetch  # a rare need

    limits = FetchLimits()
    fetched: dict[str, Fetched] = {}
    for url in urls:
        fetched[url] = yield from fetch(url, limits)
    return fetched


def with_data(request: ChatRequest, fetched: Mapping[str, Fetched]) -> ChatRequest:
    """The same conversation with the downloaded content in the place of the URLs."""
    return replace(request, messages=tuple(_filled(m, fetched) for m in request.messages))


def _filled(message: Message, fetched: Mapping[str, Fetched]) -> Message:
    parts: tuple[Part, ...] = tuple(
        _with_content(part, fetched[part.url])
        if isinstance(part, MediaPart) and part.url is not None and part.url in fetched
        else part
        for part in message.parts
    )
    return replace(message, parts=parts)


def _with_content(part: MediaPart, got: Fetched) -> MediaPart:
    named = got.content_type if "/" in got.content_type else None
    unclear = named in (None, "application/octet-stream", "binary/octet-stream")
    return replace(
        part,
        url=None,
        data=base64.b64encode(got.data).decode(),
        mime_type=part.mime_type or (None if unclear else named),
    )
