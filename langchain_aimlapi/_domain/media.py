"""Media types, ``data:`` URLs and base64: what a name or the first bytes say of content."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from langchain_aimlapi._domain.values import MediaPart

DEFAULT_TYPES: Mapping[str, str] = {
    "image": "image/png",
    "audio": "audio/wav",
    "video": "video/mp4",
    "file": "application/pdf",
}
"""The media type of content that has none and shows none."""
EXTENSIONS: Mapping[str, str] = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/svg+xml": ".svg.txt",  # may hold scripts: not opened as an image by accident
    "audio/mpeg": ".mp3",
    "audio/mp3": ".mp3",
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
    "audio/aac": ".aac",
    "audio/mp4": ".m4a",
    "audio/webm": ".webm",
    "audio/opus": ".opus",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "video/quicktime": ".mov",
    "application/pdf": ".pdf",
    "application/json": ".json",
    "text/plain": ".txt",
    "model/gltf-binary": ".glb",
    "model/obj": ".obj",
    "model/stl": ".stl",
    "model/vnd.usdz+zip": ".usdz",
}
"""Media types whose files get an extension."""
UNKNOWN = ".bin"
"""The extension of every other file."""
AUDIO_FORMATS: Mapping[str, str] = {
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/vnd.wave": "wav",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/mpga": "mp3",
    "audio/flac": "flac",
    "audio/x-flac": "flac",
    "audio/ogg": "ogg",
    "audio/opus": "opus",
    "audio/webm": "webm",
    "audio/aac": "aac",
    "audio/mp4": "m4a",
    "audio/x-m4a": "m4a",
    "audio/m4a": "m4a",
    "audio/pcm": "pcm16",
}
"""Media type -> OpenAI's word for the format of sound."""
AUDIO_TYPES: Mapping[str, str] = {
    word: mime for mime, word in reversed(tuple(AUDIO_FORMATS.items()))
}
"""OpenAI's word for a format -> its media type."""

_MAGIC = (
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF", "application/pdf"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xfa", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"\xff\xe3", "audio/mpeg"),
    (b"\xff\xe2", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"glTF", "model/gltf-binary"),
    (b"PK\x03\x04", "application/zip"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
# Brands of ISO files (MP4 and its relatives) that are no MP4 video.
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
}
_SAME_TYPE = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg"}


def split_data_url(url: str) -> tuple[str | None, str] | None:
    """``data:[type][;base64],...`` -> (media type, base64); None where it is no such URL."""
    if url[:5].lower() != "data:":
        return None
    head, _, body = url[5:].partition(",")
    mime = head.partition(";")[0].strip().lower() or None
    if head.endswith(";base64"):
        return mime, body
    return mime or "text/plain", base64.b64encode(unquote_to_bytes(body)).decode()


def sniff(data: bytes) -> str | None:
    """The media type that the first bytes show."""
    if data[:4] == b"RIFF":
        return _RIFF.get(data[8:12])
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "video/mp4")
    if data[:2] == b"BM" and data[6:10] == bytes(4):
        return "image/bmp"
    return next((mime for magic, mime in _MAGIC if data.startswith(magic)), None)


def data_of(part: MediaPart) -> tuple[str | None, str] | None:
    """(media type, base64) of content that is at hand; None where only a URL or id is.

    A ``data:`` URL counts as data. A media type that the part does not name is read from the first
    bytes.
    """
    mime, data = part.mime_type, part.data
    if data is None and part.url is not None:
        found = split_data_url(part.url)
        if found is not None:
            mime, data = mime or found[0], found[1]
    if data is None:
        return None
    if part.is_text and part.data is not None:
        return mime or "text/plain", base64.b64encode(data.encode()).decode()
    mime = (mime or _sniff_base64(data) or "").lower()
    return _SAME_TYPE.get(mime, mime) or None, data


def _sniff_base64(data: str) -> str | None:
    try:
        return sniff(base64.b64decode(data[:24] + "=" * (-len(data[:24]) % 4)))
    except (binascii.Error, ValueError):
        return None


def data_url(part: MediaPart) -> str | None:
    """Content that is at hand as a ``data:`` URL; None where only a URL or id is."""
    found = data_of(part)
    if found is None:
        return None
    return f"data:{found[0] or DEFAULT_TYPES[part.kind]};base64,{found[1]}"


def document_text(part: MediaPart) -> str | None:
    """The text of a document that is text (as such, or base64 of ``text/*``); else None."""
    if part.kind != "file":
        return None
    if part.is_text and part.data is not None:
        return part.data
    found = data_of(part)
    if found is None or not (found[0] or "").startswith(("text/", "application/json")):
        return None
    try:
        return base64.b64decode(found[1]).decode()
    except (binascii.Error, ValueError):
        return None


def titled(part: MediaPart, text: str) -> str:
    """The text of a document under its file name."""
    return f"{part.filename}:\n{text}" if part.filename else text
