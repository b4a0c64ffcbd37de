"""Sound that comes in several files, as one file: bytes in, bytes out, however they are cut.

Samples and frames of one format can follow each other; the heads between them cannot. WAV, MP3,
AAC (ADTS) and samples without a head (PCM, mu-law, A-law) are joined; Ogg, FLAC and what is not
known need an encoder, and are refused.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from langchain_aimlapi._domain.media import sniff
from langchain_aimlapi.errors import InvalidResponseError, UnsupportedFeatureError

UNJOINABLE = frozenset({"audio/flac", "audio/ogg", "audio/opus", "audio/mp4", "audio/webm"})
"""Media types of files that cannot follow each other."""
_UNKNOWN_LENGTH = 0xFFFFFFFF
_HEAD = 16  # bytes that tell the format
_MAX_HEAD = 1 << 20
_TAG_BYTES = 128  # of ID3v1, at the end of a file


@dataclass(frozen=True, slots=True)
class SoundHead:
    """An item before the bytes of a file.

    Attributes:
        content_type: Its media type, as the server names it.
        is_part: Whether it is one of several files of one sound.
    """

    content_type: str | None
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class SoundLink:
    """An item in the place of the bytes of a file.

    Attributes:
        url: Where it is.
        is_part: Whether it is one of several files of one sound.
    """

    url: str
    is_part: bool = False


class SoundJoiner:
    """Joins the files of one sound; a file that is no part of several goes through as it is.

    Attributes:
        content_type: The media type of the whole, once it is known.
    """

    def __init__(self) -> None:
        self._several = False
        self._named: str | None = None
        self._buffer = b""
        self._part: _Part | None = None
        self._format: bytes | None = None
        self.content_type: str | None = None

    def begin(self, content_type: str | None, *, is_part: bool = False) -> bytes:
        """A file begins, of this type by the server's word; what is left of the last one."""
        self._several = self._several or is_part
        rest = self._end() if self._named is not None or self._buffer else b""
        self._named, self._buffer, self._part = content_type or "", b"", None
        if not self._several:
            self.content_type = self.content_type or content_type or None
        return rest

    def feed(self, data: bytes) -> bytes:
        """What these bytes add to the whole.

        Raises:
            UnsupportedFeatureError: files of this format cannot be joined.
            InvalidResponseError: the files are of different formats.
        """
        if not self._several:
            if self.content_type in (None, "", "application/octet-stream"):
                self.content_type = sniff(data[:_HEAD]) or self.content_type
            return data
        if self._part is None:
            self._buffer += data
            if len(self._buffer) < _HEAD:
                return b""
            data, self._buffer = self._buffer, b""
            self._part = self._begun(data)
        return self._part.feed(data)

    def close(self) -> bytes:
        """What is left at the end of the last file."""
        return self._end()

    def _end(self) -> bytes:
        if not self._several:
            return b""
        if self._part is None and self._buffer:
            self._part, data = self._begun(self._buffer), self._buffer
            self._buffer = b""
            return self._part.feed(data) + self._part.close()
        return self._part.close() if self._part is not None else b""

    def _begun(self, head: bytes) -> _Part:
        kind = sniff(head) or self._named or "application/octet-stream"
        kind = {"audio/x-wav": "audio/wav", "audio/mp3": "audio/mpeg"}.get(kind, kind)
        if self.content_type not in (None, kind):
            raise InvalidResponseError(
                f"the pieces of the sound are of different formats: {self.content_type} and {kind}"
            )
        is_first = self.content_type is None
        self.content_type = kind
        if kind == "audio/wav":
            return _WavPart(self, is_first=is_first)
        if kind == "audio/mpeg":
            return _Mp3Part()
        if kind in UNJOINABLE or not kind.startswith(("audio/", "application/octet-stream")):
            raise UnsupportedFeatureError(
                f"the pieces of the sound are files of {kind}, which cannot be joined",
                advice="order 'mp3' or 'wav', or call it with one piece after the other",
                field="output_format",
            )
        return _Part()  # frames, or samples without a head

    def check_format(self, format_chunk: bytes) -> None:
        """Refuse a WAV file whose samples differ from those before."""
        if self._format is None:
            self._format = format_chunk
        elif self._format[:16] != format_chunk[:16]:
            raise InvalidResponseError("the pieces of the sound have different sample rates")


class _Part:
    """One file whose bytes follow those of the one before as they are."""

    def feed(self, data: bytes) -> bytes:
        """What these bytes add."""
        return data

    def close(self) -> bytes:
        """What is left."""
        return b""


class _WavPart(_Part):
    """A WAV file: of the first one the head, of all of them the samples."""

    def __init__(self, joiner: SoundJoiner, *, is_first: bool) -> None:
        self._joiner = joiner
        self._is_first = is_first
        self._buffer = b""
        self._left: int | None = None

    def feed(self, data: bytes) -> bytes:
        if self._left is not None:
            piece = data[: self._left]
            self._left -= len(piece)
            return piece
        self._buffer += data
        found = _find_samples(self._buffer)
        if found is None:
            if len(self._buffer) > _MAX_HEAD:
                raise InvalidResponseError("a WAV file without samples")
            return b""
        start, size, form = found
        self._joiner.check_format(form)
        self._left = size if 0 < size < _UNKNOWN_LENGTH else 1 << 62
        rest, self._buffer = self._buffer[start:], b""
        head = wav_head(form, _UNKNOWN_LENGTH) if self._is_first else b""
        return head + self.feed(rest)


def _find_samples(data: bytes) -> tuple[int, int, bytes] | None:
    """Where the samples of a WAV file begin, their length as its head tells it, and the content of
    its format chunk; None where more bytes are needed."""
    place, form = 12, b""
    while len(data) >= place + 8:
        name, size = data[place : place + 4], struct.unpack_from("<I", data, place + 4)[0]
        if name == b"data":
            return place + 8, size, form
        if len(data) < place + 8 + size:
            return None
        if name == b"fmt ":
            form = data[place + 8 : place + 8 + size]
        place += 8 + size + size % 2
    return None


def wav_head(form: bytes, size: int) -> bytes:
    """The head of a WAV file.

    Args:
        form: The content of its format chunk.
        size: Length of the samples in bytes; 0xFFFFFFFF where it is not known yet.
    """
    whole = min(size + 20 + len(form), _UNKNOWN_LENGTH)
    return (
        struct.pack("<4sI4s4sI", b"RIFF", whole, b"WAVE", b"fmt ", len(form))
        + form
        + struct.pack("<4sI", b"data", size)
    )


def with_length(data: bytes) -> bytes:
    """A whole WAV file with its true length in its head; any other file as it is."""
    if sniff(data[:_HEAD]) != "audio/wav":
        return data
    found = _find_samples(data)
    if found is None or found[1] != _UNKNOWN_LENGTH:
        return data
    samples = data[found[0] :]
    padding = b"\0" * (len(samples) % 2)
    return wav_head(found[2], len(samples)) + samples + padding


class _Mp3Part(_Part):
    """An MP3 file: its frames without the tags around them and without the frame that tells the
    length of the file, since all of these would be wrong for the whole."""

    def __init__(self) -> None:
        self._buffer = b""
        self._skip = 0
        self._begun = False
        self._tail = b""

    def feed(self, data: bytes) -> bytes:
        if not self._begun:
            data = self._frames(data)
        data = self._tail + data
        keep = min(len(data), _TAG_BYTES)
        self._tail = data[len(data) - keep :]
        return data[: len(data) - keep]

    def close(self) -> bytes:
        tail, self._tail = self._tail + self._buffer, b""
        return b"" if len(tail) == _TAG_BYTES and tail.startswith(b"TAG") else tail

    def _frames(self, data: bytes) -> bytes:
        """The bytes from the first frame of sound on; empty where it has not come yet."""
        data = self._buffer + data
        self._buffer = b""
        if self._skip:
            self._skip, data = max(self._skip - len(data), 0), data[self._skip :]
        if len(data) < 10:
            self._buffer = data
            return b""
        if data.startswith(b"ID3"):
            size = 0
            for byte in data[6:10]:
                size = size << 7 | byte & 0x7F
            self._skip = 10 + size
            return self._frames(data)
        frame = _mp3_frame_bytes(data)
        if frame is not None and len(data) < frame:
            self._buffer = data
            return b""
        self._begun = True
        if frame is not None and any(mark in data[:frame] for mark in (b"Xing", b"Info", b"VBRI")):
            return data[frame:]
        return data


_BITRATES = {  # kbit/s by index: MPEG-1 layer III, MPEG-2 and 2.5 layer III
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def _mp3_frame_bytes(data: bytes) -> int | None:
    """The length of the frame of layer III that ``data`` begins with; None where it is none."""
    if data[0] != 0xFF or data[1] & 0xE6 != 0xE2:
        return None
    version, bitrate, rate = data[1] >> 3 & 3, data[2] >> 4, data[2] >> 2 & 3
    if version not in _RATES or bitrate in (0, 15) or rate == 3:
        return None
    samples = 144 if version == 3 else 72
    size = samples * _BITRATES[version == 3][bitrate] * 1000 // _RATES[version][rate]
    return size + (data[2] >> 1 & 1)
