"""``multipart/form-data`` (RFC 7578), made piece by piece while it is sent."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

PIECE_BYTES = 256 * 1024
"""Bytes that are read of a file at a time."""


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file of a form: bytes, a file on disk, or a file object opened for reading bytes.

    ``filename`` is ours or has been checked: it stands in a header.
    """

    name: str
    content: bytes | Path | IO[bytes] = field(repr=False)
    filename: str
    media_type: str = "application/octet-stream"
    start: int = 0
    """Where a file object stood when it was handed over; a repeated attempt begins there."""

    @classmethod
    def of(
        cls, name: str, content: bytes | Path | IO[bytes], filename: str, media_type: str
    ) -> FilePart:
        """A part; remembers where a file object stands."""
        start = (
            0 if isinstance(content, bytes | Path) or not _is_seekable(content) else content.tell()
        )
        return cls(name, content, filename, media_type, start)

    @property
    def length(self) -> int:
        """Length of the content in bytes. Raises OSError where there is no such file."""
        if isinstance(self.content, bytes):
            return len(self.content)
        if isinstance(self.content, Path):
            return self.content.stat().st_size
        end = self.content.seek(0, os.SEEK_END)
        self.content.seek(self.start)
        return end - self.start

    def pieces(self) -> Iterator[bytes]:
        """The content, from the beginning."""
        if isinstance(self.content, bytes):
            yield self.content
        elif isinstance(self.content, Path):
            with self.content.open("rb") as file:
                yield from iter(lambda: file.read(PIECE_BYTES), b"")
        else:
            content = self.content
            content.seek(self.start)
            yield from iter(lambda: content.read(PIECE_BYTES), b"")


def _is_seekable(content: IO[bytes]) -> bool:
    seekable = getattr(content, "seekable", None)
    return callable(seekable) and bool(seekable())


class Form:
    """The body of a form; see `langchain_aimlapi._wire.request.Body`.

    Args:
        fields: Plain values; lists and objects go out as JSON.
        files: The files, in their order. A file object that cannot be rewound is read into memory
            here, since neither its length nor a second attempt could be had otherwise.
        boundary: Another form's, or a test's.
    """

    def __init__(
        self,
        fields: Mapping[str, object],
        files: Sequence[FilePart] = (),
        *,
        boundary: str | None = None,
    ) -> None:
        self.fields = fields
        self.boundary = boundary or secrets.token_hex(16)  # 128 random bits occur in no file
        self._fields = b"".join(self._field(name, value) for name, value in fields.items())
        self._files = [(self._head(file), file) for file in map(_rewindable, files)]
        self._end = f"--{self.boundary}--\r\n".encode()
        inside = sum(len(head) + file.length + 2 for head, file in self._files)
        self.length = len(self._fields) + inside + len(self._end)

    @property
    def files(self) -> list[FilePart]:
        """The files, in their order."""
        return [file for _, file in self._files]

    @property
    def media_type(self) -> str:
        """The value of the content-type header."""
        return f"multipart/form-data; boundary={self.boundary}"

    def with_fields(self, fields: Mapping[str, object]) -> Form:
        """The same files and media type with other values beside them."""
        return Form(fields, self.files, boundary=self.boundary)

    def pieces(self) -> Iterator[bytes]:
        """The bytes, from the beginning."""
        yield self._fields
        for head, file in self._files:
            yield head
            yield from file.pieces()
            yield b"\r\n"
        yield self._end

    def _field(self, name: str, value: object) -> bytes:
        head = (
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n'
        )
        return head.encode() + _text(value).encode("utf-8", "replace") + b"\r\n"

    def _head(self, file: FilePart) -> bytes:
        return (
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="{_quoted(file.name)}"; '
            f'filename="{_quoted(file.filename)}"\r\nContent-Type: {file.media_type}\r\n\r\n'
        ).encode()


def _rewindable(file: FilePart) -> FilePart:
    if isinstance(file.content, bytes | Path) or _is_seekable(file.content):
        return file
    return FilePart(file.name, file.content.read(), file.filename, file.media_type)


def _quoted(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | list | tuple | dict):
        return json.dumps(value)
    return str(value)
