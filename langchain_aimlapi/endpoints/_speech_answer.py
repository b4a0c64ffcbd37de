"""What comes back for a text: speech as a link or as sound, whole or as it comes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from langchain_aimlapi._answers.sound import SoundHead, SoundLink, with_length
from langchain_aimlapi._answers.streams import BytesReader
from langchain_aimlapi._domain.media import sniff, split_data_url
from langchain_aimlapi._wire.fetch import secure
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.endpoints._media import Media
from langchain_aimlapi.endpoints._results import (
    Json,
    join_meta,
    no_answer,
    read_meta,
    read_object,
    unknown_shape,
)
from langchain_aimlapi.endpoints._states import links_in, media_type_in, size_in


@dataclass(frozen=True, slots=True)
class Speech(Media):
    """A spoken text: behind a link, which expires, or as bytes.

    Attributes:
        url: Where it is; None where the API sent the sound itself, or it was joined.
        data: The sound, where it is at hand.
        content_type: Its media type, where it is known (``"audio/mpeg"``).
        size_bytes: Its length, where it is known.
        parts: The pieces that it was joined from, where the text was too long for one call.
    """

    parts: tuple[Speech, ...] = ()

    def _link(self) -> str:
        """Vendors' links that are written with http are followed by https."""
        home = self._home()
        return secure(Media._link(self), home.origin if home is not None else None)


def parse_speech(response: Response, policy: Policy) -> Speech:
    """Speech from a JSON answer with a link, or from the sound itself.

    Raises:
        InvalidResponseError: there is neither.
    """
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.endswith("json") or response.body[:1] == b"{":
        body = read_object(response, policy, "speech")
        made = speech_in(body)
        if made is None:
            raise unknown_shape(response, policy, body, "speech")
        return replace(made, meta=read_meta(response, body, known=("audio",)), raw=body)
    if not response.body or kind.startswith("text/"):
        found = "no sound" if not response.body else f"a page of type {kind}"
        raise no_answer(response, policy, f"{found} instead of speech")
    return Speech(
        data=response.body,
        content_type=_media_type(response.body, kind),
        size_bytes=len(response.body),
        meta=read_meta(response, {}),
    )


def speech_in(body: Json) -> Speech | None:
    """The speech that a JSON answer holds: a link (in an object, a text, a list), or base64."""
    for name in ("audio", "audio_file", "audio_url", "url", "data", "output", "result"):
        value = body.get(name)
        for link in links_in(value):
            url = str(link["url"])
            if url.lower().startswith(("http://", "https://")):
                return Speech(url=url, content_type=media_type_in(link), size_bytes=size_in(link))
            return _from_text(url)
        if isinstance(value, Mapping):
            inner = value.get("data") or value.get("base64") or value.get("b64_json")
            if isinstance(inner, str) and inner:
                return _from_text(inner)
            found = speech_in(value)
            if found is not None:
                return found
    return None


def _from_text(text: str) -> Speech | None:
    """The sound of a ``data:`` URL or of base64."""
    content = split_data_url(text)
    kind, encoded = content if content is not None else (None, text)
    try:
        data = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    if not data:
        return None
    return Speech(data=data, content_type=_media_type(data, kind or ""), size_bytes=len(data))


def _media_type(data: bytes, named: str) -> str | None:
    """What the first bytes show, else what the server names."""
    return sniff(data[:32]) or named or None


def gathered(results: list[Speech]) -> Speech:
    """The pieces of a text as one value; their sound is joined by whoever may download."""
    if len(results) == 1:
        return results[0]
    meta = join_meta([each.meta for each in results])
    return Speech(parts=tuple(results), content_type=results[0].content_type, meta=meta)


class SoundReader(BytesReader):
    """The sound of an answer, after an item that tells what it is; or the link of a JSON answer."""

    def __init__(self, head: Response, policy: Policy, *, is_part: bool) -> None:
        super().__init__(head, policy)
        kind = head.headers.get("content-type", "").partition(";")[0].strip().lower()
        self._is_part = is_part
        self._head: list[SoundHead] = [SoundHead(kind or None, is_part)]
        self._is_page = kind.startswith("text/")
        self._response = head

    def feed(self, data: bytes) -> list[Any]:
        """The piece; before the first one its head."""
        if self._is_page:
            self.error = no_answer(self._response, self.policy, "a page instead of speech")
            return []
        items = super().feed(data)
        if items and self._head:
            items, self._head = [*self._head, *items], []
        return items

    def from_json(self, body: Json) -> list[Any]:
        """Where the sound is."""
        made = speech_in(body)
        if made is None:
            self.error = unknown_shape(self._response, self.policy, body, "speech")
            return []
        if made.url is not None:
            return [SoundLink(made.url, self._is_part)]
        return [SoundHead(made.content_type, self._is_part), made.data]


def items_of(made: Speech) -> list[bytes | SoundHead | SoundLink]:
    items: list[bytes | SoundHead | SoundLink] = []
    for part in made.parts:
        if part.data is not None:
            items += [SoundHead(part.content_type, is_part=True), part.data]
        else:
            items.append(SoundLink(Media._link(part), is_part=True))
    return items


def joined(made: Speech, found: tuple[bytes, str | None]) -> Speech:
    data = with_length(found[0])
    return replace(made, data=data, content_type=found[1], size_bytes=len(data))
