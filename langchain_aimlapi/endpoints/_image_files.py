"""Pictures that a user gives: addresses, files, bytes; as URLs, or as files of a form."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from langchain_aimlapi._domain.media import EXTENSIONS, sniff, split_data_url
from langchain_aimlapi._wire.multipart import FilePart, Form
from langchain_aimlapi.errors import InvalidRequestError

_UNKNOWN = "application/octet-stream"


class Readable(Protocol):
    """An open binary file."""

    def read(self) -> bytes:
        """All bytes."""
        ...


class HasPicture(Protocol):
    """A picture of an earlier answer."""

    @property
    def url(self) -> str | None:
        """Its address."""
        ...

    @property
    def b64_json(self) -> str | None:
        """Its content."""
        ...


Source = (
    str | bytes | os.PathLike[str] | Readable | HasPicture | tuple[str | None, "bytes | Readable"]
)
Sources = Source | Sequence[Source]


@dataclass(frozen=True, slots=True)
class Picture:
    """Exactly one of ``url`` and ``data`` (raw bytes)."""

    url: str | None = None
    data: bytes | None = field(default=None, repr=False)
    mime_type: str = _UNKNOWN

    def as_url(self) -> str:
        """Its address, or a ``data:`` URL."""
        if self.url is not None:
            return self.url
        text = base64.b64encode(self.data or b"").decode()
        return f"data:{self.mime_type};base64,{text}"


def pictures_of(given: Sources | None, model: str) -> list[Picture]:
    """One source or several.

    Raises:
        InvalidRequestError: something that is no picture; names its position.
    """
    if given is None:
        return []
    several = isinstance(given, list | tuple) and not _is_named(given)
    sources: Sequence[Any] = given if several else [given]  # type: ignore[assignment]  # a list
    return [_picture(source, place, model) for place, source in enumerate(sources)]


def _is_named(given: Any) -> bool:
    """``(filename, content)`` or ``(filename, content, type)``, as the OpenAI SDK spells a file."""
    return (
        isinstance(given, tuple)
        and len(given) in (2, 3)
        and (given[0] is None or isinstance(given[0], str))
        and not isinstance(given[1], str)
        and (isinstance(given[1], bytes) or hasattr(given[1], "read"))
    )


def _picture(source: Any, place: int, model: str) -> Picture:
    if _is_named(source):
        source = source[1]
    if isinstance(source, str):
        return _from_text(source, place, model)
    if isinstance(source, os.PathLike):
        return _from_bytes(Path(source).read_bytes(), place, model)
    if isinstance(source, bytes | bytearray | memoryview):
        return _from_bytes(bytes(source), place, model)
    if isinstance(getattr(source, "url", None), str):
        return _from_text(source.url, place, model)
    if isinstance(getattr(source, "b64_json", None), str):
        return _from_base64(source.b64_json, place, model)
    if callable(getattr(source, "read", None)):
        held = source.read()
        if isinstance(held, bytes):
            return _from_bytes(held, place, model)
    raise _refused(place, model, f"a value of type {type(source).__name__}")


def _from_text(text: str, place: int, model: str) -> Picture:
    if text[:8].lower().startswith(("http://", "https://")):
        return Picture(url=text)
    content = split_data_url(text)
    return _from_base64(text if content is None else content[1], place, model)


def _from_base64(text: str, place: int, model: str) -> Picture:
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data:
        raise _refused(place, model, "a text that is no URL and no base64")
    return _from_bytes(data, place, model)


def _from_bytes(data: bytes, place: int, model: str) -> Picture:
    if not data:
        raise _refused(place, model, "empty")
    return Picture(data=data, mime_type=sniff(data) or _UNKNOWN)


def _refused(place: int, model: str, what: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"image[{place}] is {what}",
        advice="give a URL, base64, bytes, an open binary file, or a pathlib.Path",
        model=model,
        field="image",
    )


# --- multipart/form-data -----


def form(
    fields: Mapping[str, Any], files: Sequence[tuple[str, Picture]], *, boundary: str | None = None
) -> Form:
    """A form with images.

    Args:
        fields: Plain values; lists and objects go out as JSON.
        files: (field, image with data). File names are ours: nothing of the user's, so nothing
            can break out of a header.
        boundary: Only for tests.
    """
    parts = [
        FilePart(
            name,
            image.data or b"",
            f"{place}{EXTENSIONS.get(image.mime_type, '.bin')}",
            image.mime_type,
        )
        for place, (name, image) in enumerate(files)
    ]
    return Form(fields, parts, boundary=boundary)
