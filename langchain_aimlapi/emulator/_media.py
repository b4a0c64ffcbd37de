"""A tenth of a second of silence and a small png, made here so that they are free to use."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode


def silence(samples: int = 80, rate: int = 800) -> bytes:
    """A mono WAV file of 8-bit silence."""
    head = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", 36 + samples, b"WAVE", b"fmt ", 16, 1, 1, rate, rate, 1, 8
    )
    return head + struct.pack("<4sI", b"data", samples) + b"\x80" * samples


def png(seed: bytes, width: int = 8, height: int = 8) -> bytes:
    """A small PNG of one colour that depends on ``seed``."""
    colour = (seed * 3)[:3]
    rows = (b"\x00" + colour * width) * height

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


WAV = b64encode(silence()).decode()
