"""Files that a caller gives: addresses, paths, bytes, earlier results; as URLs, or as parts of a
form.

A plain string is never taken for a path: a tool passes on what a model has written, and a model
must not be able to read the caller's files.
"""

from __future__ import annotations

import base64
import binascii
import mimetypes
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal, Protocol, cast

from langchain_aimlapi._domain.content import content_to_parts
from langchain_aimlapi._domain.media import EXTENSIONS, sniff, split_data_url
from langchain_aimlapi._domain.values import MediaPart
from langchain_aimlapi._wire.multipart import FilePart, Form
from langchain_aimlapi.errors import InvalidRequestError

Kind = Literal["image", "video", "audio", "model", "document"]
"""What a file is to be; "model" is a 3D model."""
_NOUNS = {"image": "an image", "video": "a video", "audio": "a sound", "model": "a 3D model",
          "document": "a document", "file": "a file"}  # fmt: skip
# A container of moving images may hold sound alone.
_TAKEN = {
    "image": ("image/",),
    "video": ("video/", "image/gif"),
    "audio": ("audio/", "video/"),
    "model": ("model/",),
    "document": (
        "application/pdf",
        "image/",
        "text/html",
        "application/vnd.openxmlformats-officedocument",
    ),
}
# The parts of a message that a kind of file may be.
_PARTS: Mapping[str, tuple[str, ...]] = {"document": ("file", "image")}
# What the first bytes show of many formats: the name of a file says more.
_VAGUE = ("application/zip", "text/plain")
# Whatever the name says: what reads as words is none of these.
_NEVER_WORDS = ("image/", "audio/", "video/", "application/pdf")


class Readable(Protocol):
    """An open binary file."""

    def read(self) -> bytes:
        """All bytes."""
        ...


class HasLink(Protocol):
    """A result of an earlier call: an `Image`, a `Video`, ..."""

    @property
    def url(self) -> str | None:
        """Its address."""
        ...

    @property
    def data(self) -> bytes | None:
        """Its content, where there is no address."""
        ...


class HasContent(Protocol):
    """A message with a file among its content blocks."""

    @property
    def content(self) -> object:
        """Its blocks."""
        ...


Source = (
    str
    | bytes
    | HasContent
    | os.PathLike[str]
    | Readable
    | HasLink
    | Mapping[str, object]
    | tuple[str | None, bytes | Readable]
)
"""URL, ``data:`` URL, base64, bytes, `pathlib.Path`, an open binary file, a result of an earlier
call, or a content block of a message."""
Sources = Source | Sequence[Source]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to be sent: exactly one of ``url`` and ``data`` (raw bytes)."""

    url: str | None = None
    data: bytes | None = field(default=None, repr=False)
    media_type: str = "application/octet-stream"

    def as_url(self) -> str:
        """Its address, or a ``data:`` URL."""
        if self.url is not None:
            return self.url
        text = base64.b64encode(self.data or b"").decode()
        return f"data:{self.media_type};base64,{text}"


def read_sources(
    argument: str, value: Sources | None, kind: Kind, model: str | None
) -> list[Attachment]:
    """One source or several.

    Args:
        argument: The name of the argument, for messages.
        value: Its value.
        kind: What the files are to be.
        model: For messages.

    Raises:
        InvalidRequestError: one of them is no such file; names the argument and its position.
    """
    if value is None:
        return []
    if isinstance(value, list | tuple) and not _is_named(value):
        if not value:
            raise InvalidRequestError(
                f"{argument} is an empty list",
                advice=f"leave {argument} out, or give {_NOUNS[kind]}",
                model=model,
                field=argument,
            )
        readers = [_Reader(f"{argument}[{n}]", argument, kind, model) for n in range(len(value))]
        return [each for reader, one in zip(readers, value, strict=True) for each in reader(one)]
    return list(_Reader(argument, argument, kind, model)(value))


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to be uploaded, which is read while it is sent."""

    content: bytes | Path | IO[bytes] = field(repr=False)
    media_type: str

    @property
    def extension(self) -> str:
        """The extension of its name, by which some vendors tell formats apart."""
        return EXTENSIONS.get(self.media_type, ".bin")


def read_upload(argument: str, value: Source, kind: Kind, model: str | None) -> str | Upload:
    """One file: its address, or what is to be uploaded. A file on disk and an open one are not
    read here, but for their first bytes.

    Args:
        argument: The name of the argument, for messages.
        value: What was given for it.
        kind: What the file is to be.
        model: For messages.

    Raises:
        InvalidRequestError: it is no such file; names the argument.
    """
    reader = _Reader(argument, argument, kind, model)
    if _is_named(value):
        return read_upload(argument, cast("Any", value)[1], kind, model)
    if isinstance(value, list | tuple) and len(value) != 1:
        raise reader.refused(f"{len(value)} values, not one")
    if isinstance(value, os.PathLike):
        path = Path(value)
        with reader.opening(path) as file:
            return Upload(path, reader.type_of(file.read(512), f"the file {path}", path.name))
    if reader.is_opened(value):
        file = cast("IO[bytes]", value)
        start = file.tell()
        head = file.read(512)
        file.seek(start)
        if not isinstance(head, bytes):
            raise reader.refused("a file opened as text", "open it with mode 'rb'")
        return Upload(file, reader.type_of(head, "a file", str(getattr(file, "name", ""))))
    found = read_sources(argument, value, kind, model)
    if value is None:
        raise reader.refused("missing")
    if len(found) != 1:
        raise reader.refused(f"{len(found)} files, not one")
    (one,) = found
    return one.url if one.url is not None else Upload(one.data or b"", one.media_type)


def _is_named(value: object) -> bool:
    """``(filename, content)`` or ``(filename, content, type)``, as the OpenAI SDK spells a file."""
    return (
        isinstance(value, tuple)
        and len(value) in (2, 3)
        and (value[0] is None or isinstance(value[0], str))
        and not isinstance(value[1], str)
        and (isinstance(value[1], bytes) or hasattr(value[1], "read"))
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one source; ``place`` names it in messages (``image[2]``)."""

    place: str
    argument: str
    kind: Kind
    model: str | None

    def __call__(self, source: Any) -> Iterator[Attachment]:
        if _is_named(source):
            source = source[1]
        if isinstance(source, str):
            yield self._text(source)
        elif isinstance(source, os.PathLike):
            yield self._content(self._read(Path(source)), f"the file {os.fspath(source)}")
        elif isinstance(source, bytes | bytearray | memoryview):
            yield self._content(bytes(source))
        elif isinstance(source, Mapping):
            content = source.get("content")  # a message as a dictionary
            yield from self._blocks(content if isinstance(content, list) else [source])
        elif isinstance(getattr(source, "images", None), tuple):  # all images of one answer
            for image in source.images:
                yield from self(image)
        elif isinstance(getattr(source, "data", None), bytes):
            yield self._content(source.data)
        elif isinstance(getattr(source, "url", None), str):
            yield self._text(source.url)
        elif isinstance(getattr(source, "content", None), list):  # a message
            yield from self._blocks(source.content)
        else:
            yield self._opened(source)

    def _opened(self, source: Any) -> Attachment:
        # A result of this package without a link or content has `read`, too, and nothing to read.
        if callable(getattr(source, "read", None)) and not hasattr(source, "url"):
            found = source.read()
            if isinstance(found, bytes):
                return self._content(found)
            raise self.refused("a file opened as text", "open it with mode 'rb'")
        raise self.refused(f"a value of type {type(source).__name__}")

    @staticmethod
    def is_opened(source: Any) -> bool:
        """Whether it is a file that can be read twice."""
        seekable = getattr(source, "seekable", None)
        return callable(getattr(source, "read", None)) and callable(seekable) and bool(seekable())

    def type_of(self, head: bytes, what: str, name: str) -> str:
        """The media type of a file by its first bytes; one that they do not show, by its name."""
        if not head:
            raise self.refused(f"{what}, which is empty")
        shown = sniff(head[:32]) or _text_type(head)
        named = mimetypes.guess_type(name)[0] if shown in (None, *_VAGUE) else None
        is_words = shown == "text/plain" and (named or "").startswith(_NEVER_WORDS)
        if named is not None and named.startswith(_TAKEN[self.kind]) and not is_words:
            return named
        return self._content(head, what).media_type

    @contextmanager
    def opening(self, path: Path) -> Iterator[IO[bytes]]:
        """The file at a path, opened. Raises InvalidRequestError where it cannot be."""
        with self._explained(path), path.open("rb") as file:
            yield file

    def _read(self, path: Path) -> bytes:
        with self._explained(path):
            return path.read_bytes()

    @contextmanager
    def _explained(self, path: Path) -> Iterator[None]:
        shown = f"the path {os.fspath(path)}"
        try:
            yield
        except FileNotFoundError:
            raise self.refused(f"{shown}, where there is no file", "check the path") from None
        except IsADirectoryError:
            raise self.refused(f"{shown}, a directory", "give the path of a file") from None
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise self.refused(f"{shown}, which cannot be read: {reason}") from None

    def _blocks(self, blocks: list[Any]) -> Iterator[Attachment]:
        parts = [part for part in content_to_parts(blocks) if isinstance(part, MediaPart)]
        kinds = _PARTS.get(self.kind, (self.kind,))
        fitting = [part for part in parts if part.kind in kinds]
        if not fitting:
            shown = ", ".join(sorted({_NOUNS.get(part.kind, "a file") for part in parts}))
            raise self.refused(f"{shown or 'a message or block'} without {_NOUNS[self.kind]}")
        for part in fitting:
            if part.url is not None:
                yield self._text(part.url)
            elif part.data is not None and part.mime_type:
                yield Attachment(data=self._decoded(part.data), media_type=part.mime_type)
            elif part.data is not None:
                yield self._content(self._decoded(part.data))
            else:
                raise self.refused("the id of a file, which no media model takes")

    def _text(self, text: str) -> Attachment:
        text = text.strip()
        content = split_data_url(text)
        if content is not None:
            data = self._decoded(content[1])
            if content[0] is None:
                return self._content(data)
            return Attachment(data=data, media_type=content[0])
        if text[:5].lower() == "file:":
            raise self.refused("a file: URL", "give the file as pathlib.Path(...)")
        if "://" in text[:32]:
            self._check_address(text)
            return Attachment(url=text)
        return self._content(self._decoded(text), "base64")

    def _check_address(self, text: str) -> None:
        """Refuse addresses that no server can follow; of schemes that are not of the web (gs:, s3:)
        the API may know more."""
        scheme, _, rest = text.partition("://")
        if scheme.lower() in ("ftp", "ftps", "sftp", "blob", "chrome", "about"):
            raise self.refused(f"a {scheme}: URL", "give an https: URL, or the file's content")
        if scheme.lower() in ("http", "https") and rest[:1] in ("", "/", "?", "#"):
            raise self.refused(f"{scheme}:// without a host", "give the whole address")

    def _decoded(self, text: str) -> bytes:
        try:
            data = base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            data = b""
        if not data:
            raise self.refused("a text that is no URL and no base64" if text else "empty")
        return data

    def _content(self, data: bytes, what: str = "bytes") -> Attachment:
        if not data:
            raise self.refused("empty" if what == "bytes" else f"{what}, which is empty")
        found = sniff(data[:32]) or _text_type(data[:512])
        if found is not None and found.startswith(_TAKEN[self.kind]):
            return Attachment(data=data, media_type=found)
        shown = "no format that is known here" if found is None else found
        raise self.refused(
            f"{what} of {shown}, not {_NOUNS[self.kind]}",
            f"give {_NOUNS[self.kind]}; a data: URL with its media type is sent as it is",
        )

    def refused(self, what: str, advice: str | None = None) -> InvalidRequestError:
        """The error for a source that cannot be sent."""
        return InvalidRequestError(
            f"{self.place} is {what}",
            advice=advice or "give a URL, base64, bytes, an open binary file, or a pathlib.Path",
            model=self.model,
            field=self.argument,
        )


def _text_type(head: bytes) -> str | None:
    """The media type of a file that is text; None for other bytes."""
    start = head.lstrip()[:5].lower()
    if start in (b"<svg ", b"<svg>", b"<?xml"):
        return "image/svg+xml"
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # a letter that is cut off at the end is none
            return None
        text = head[: error.start].decode()
    return "text/plain" if all(c.isprintable() or c.isspace() for c in text) else None


def form_of(
    fields: Mapping[str, object],
    files: Sequence[tuple[str, Attachment]],
    *,
    boundary: str | None = None,
) -> Form:
    """A form with files.

    Args:
        fields: Plain values; lists and objects go out as JSON.
        files: (field, file with data). File names are ours: nothing of the user's, so nothing can
            break out of a header.
        boundary: Only for tests.
    """
    parts = [
        FilePart(
            name,
            each.data or b"",
            f"{place}{EXTENSIONS.get(each.media_type, '.bin')}",
            each.media_type,
        )
        for place, (name, each) in enumerate(files)
    ]
    return Form(fields, parts, boundary=boundary)
