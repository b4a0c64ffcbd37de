"""Bounded decompression: a small answer cannot become a large one unnoticed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

SLICE = 1024 * 1024
ACCEPT_ENCODING = "gzip, deflate"


class EncodingError(ValueError):
    """The body is not in the encoding that its header names, or in one that was not requested."""


class Inflater:
    """Incremental decoder of one ``content-encoding``; gives slices of at most 1 MB."""

    __slots__ = ("_auto", "_decoder", "_first")

    def __init__(self, encoding: str) -> None:
        name = encoding.strip().lower()
        if name not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise EncodingError(
                f"the answer's content-encoding is {name[:40]!r}, which was not requested"
            )
        self._auto = name == "deflate"
        self._first = b""  # too little of a "deflate" body to tell whether it has its header
        self._decoder = None if name in ("", "identity") else zlib.decompressobj(47)

    @property
    def plain(self) -> bool:
        """True where `feed` would hand the bytes through."""
        return self._decoder is None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Decode the next bytes. Raises EncodingError for a corrupt body."""
        if self._decoder is None:
            yield data
            return
        if self._auto:  # zlib's header is two bytes; the first alone does not tell
            data = self._first + data
            if len(data) < 2:
                self._first = data
                return
        try:
            yield from self._inflate(data)
        except zlib.error as error:
            raise EncodingError(f"the compressed answer is corrupt ({error})") from None

    def _inflate(self, data: bytes) -> Iterator[bytes]:
        assert self._decoder is not None  # noqa: S101 - narrowed by feed
        while True:
            try:
                piece = self._decoder.decompress(data, SLICE)
            except zlib.error:
                if not self._auto:
                    raise
                self._decoder = zlib.decompressobj(-15)  # "deflate" without the zlib header
                piece = self._decoder.decompress(data, SLICE)
            self._auto = False
            if piece:
                yield piece
            data = self._decoder.unconsumed_tail
            if self._decoder.eof and self._decoder.unused_data:  # a further gzip member
                data = self._decoder.unused_data
                self._decoder = zlib.decompressobj(47)
            elif not data and len(piece) < SLICE:
                return

    def close(self) -> None:
        """The body has ended. Raises EncodingError where it ended too early."""
        if self._decoder is not None and not self._decoder.eof:
            raise EncodingError("the compressed answer is cut short")


def inflate(encoding: str, body: bytes, *, limit: int) -> bytes:
    """Decode a whole body of at most ``limit`` decoded bytes."""
    decoder = Inflater(encoding)
    if decoder.plain or not body:
        return body
    pieces: list[bytes] = []
    size = 0
    for piece in decoder.feed(body):
        size += len(piece)
        if size > limit:
            raise EncodingError(f"the answer is longer than {limit} bytes when decompressed")
        pieces.append(piece)
    decoder.close()
    return b"".join(pieces)
