"""Small media files that really decode, made here so that they are free to use.

Images are simple scenes (`_picture`), sound is silence, a video shows two frames of one colour, a
3D model is one triangle: what matters to a client is that sizes, durations and containers are true.
"""

from __future__ import annotations

import json
import struct
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping

from langchain_aimlapi.emulator._picture import MAX_SIDE, jpeg, png

MP3_FRAME_SECONDS = 1152 / 44_100
OPUS_FRAME_SECONDS = 0.02
MAX_SECONDS = 600.0


# --- images -----


def webp(seed: bytes, width: int = 8, height: int = 8) -> bytes:
    """A lossless WebP of one colour: five codes of one symbol each, so no pixel costs a bit."""
    width, height = min(width, MAX_SIDE), min(height, MAX_SIDE)
    red, green, blue = (seed * 3)[:3]
    bits = _Bits()
    bits.add(0x2F, 8)
    for value, size in ((width - 1, 14), (height - 1, 14), (0, 1), (0, 3)):
        bits.add(value, size)
    for value in (0, 0, 0):  # no transform, no colour cache, one set of codes
        bits.add(value, 1)
    for symbol in (green, red, blue, 255, 0):
        # A simple code: one symbol, written in eight bits.
        for value, size in ((1, 1), (0, 1), (1, 1), (symbol, 8)):
            bits.add(value, size)
    data = bits.bytes()
    data += b"\x00" * (len(data) % 2)
    chunk = b"VP8L" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


class _Bits:
    """Bits into bytes, the lowest first."""

    def __init__(self) -> None:
        self._value = self._size = 0

    def add(self, value: int, size: int) -> None:
        self._value |= value << self._size
        self._size += size

    def bytes(self) -> bytes:
        return self._value.to_bytes((self._size + 7) // 8, "little")


IMAGES: Mapping[str, tuple[str, Callable[[bytes, int, int], bytes]]] = {
    "png": ("image/png", png),
    "jpeg": ("image/jpeg", jpeg),
    "jpg": ("image/jpeg", jpeg),
    "webp": ("image/webp", webp),
}


# --- sound -----


def pcm(seconds: float, rate: int = 24_000) -> bytes:
    """Silence as 16-bit samples without a header."""
    return b"\x00\x00" * int(min(seconds, MAX_SECONDS) * rate)


def wav(seconds: float = 0.1, rate: int = 8_000) -> bytes:
    """A mono WAV file of 8-bit silence."""
    samples = int(min(seconds, MAX_SECONDS) * rate)
    samples += samples % 2  # chunks have even sizes
    head = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", 36 + samples, b"WAVE", b"fmt ", 16, 1, 1, rate, rate, 1, 8
    )
    return head + struct.pack("<4sI", b"data", samples) + b"\x80" * samples


def mp3(seconds: float = 0.1) -> bytes:
    """MPEG-1 layer III frames of silence: 32 kbit/s, 44.1 kHz, mono."""
    # Side information of zeros says that no frequency has any energy.
    frame = b"\xff\xfb\x10\xc4" + bytes(100)
    return frame * max(2, round(min(seconds, MAX_SECONDS) / MP3_FRAME_SECONDS))


def flac(seconds: float = 0.1, rate: int = 8_000) -> bytes:
    """A FLAC stream of frames that say "all samples are 0"."""
    block = 4096
    frames = max(1, round(min(seconds, MAX_SECONDS) * rate / block))
    total = frames * block
    info = struct.pack(">HH", block, block) + bytes(6)
    info += ((rate << 44) | (0 << 41) | (15 << 36) | total).to_bytes(8, "big") + bytes(16)
    head = b"fLaC" + b"\x80" + len(info).to_bytes(3, "big") + info
    return head + b"".join(map(_flac_frame, range(frames)))


def _flac_frame(number: int) -> bytes:
    # Block size 4096 (code 12), sample rate and size as in the stream's head, one channel.
    head = b"\xff\xf8\xc0\x08" + chr(number).encode("utf-8")
    head += bytes([_crc(head, 0x07, 8)])
    body = head + b"\x00\x00\x00"  # a constant subframe: its type, then the sample 0
    return body + _crc(body, 0x8005, 16).to_bytes(2, "big")


def ogg_opus(seconds: float = 0.1) -> bytes:
    """An Ogg file of Opus packets of silence, 20 ms each."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 48_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 8) + b"emulator" + struct.pack("<I", 0)
    pages = [_ogg_page(head, 0, 0, 2), _ogg_page(tags, 1, 0, 0)]
    count = max(1, round(min(seconds, MAX_SECONDS) / OPUS_FRAME_SECONDS))
    for number in range(count):
        last = 4 if number == count - 1 else 0
        pages.append(_ogg_page(b"\xf8\xff\xfe", number + 2, (number + 1) * 960, last))
    return b"".join(pages)


def _ogg_page(packet: bytes, number: int, position: int, kind: int) -> bytes:
    head = struct.pack("<4sBBqIII", b"OggS", 0, kind, position, 1, number, 0)
    page = head + bytes([1, len(packet)]) + packet
    return page[:22] + struct.pack("<I", _crc(page, 0x04C11DB7, 32)) + page[26:]


def aac(seconds: float = 0.1) -> bytes:
    """ADTS frames of AAC-LC silence: 44.1 kHz, mono."""
    payload = b"\x00\xc8\x00\x80\x23\x80"  # a channel without a band of energy, then the end
    size = 7 + len(payload)
    head = bytes(
        [0xFF, 0xF1, 0x50, 0x40 | size >> 11, size >> 3 & 0xFF, (size & 7) << 5 | 0x1F, 0xFC]
    )
    return (head + payload) * max(2, round(min(seconds, MAX_SECONDS) / (1024 / 44_100)))


def _crc(data: bytes, polynomial: int, size: int) -> int:
    """A cyclic redundancy check, highest bit first, from 0."""
    value, top, mask = 0, 1 << (size - 1), (1 << size) - 1
    for byte in data:
        value ^= byte << (size - 8)
        for _ in range(8):
            value = (value << 1 ^ polynomial if value & top else value << 1) & mask
    return value


SOUNDS: Mapping[str, tuple[str, Callable[[float], bytes]]] = {
    "mp3": ("audio/mpeg", mp3),
    "wav": ("audio/wav", wav),
    "pcm": ("audio/pcm", pcm),
    "flac": ("audio/flac", flac),
    "opus": ("audio/ogg", ogg_opus),
    "aac": ("audio/aac", aac),
    "mulaw": ("audio/basic", lambda seconds: b"\xff" * int(min(seconds, MAX_SECONDS) * 8_000)),
    "alaw": ("audio/basic", lambda seconds: b"\xd5" * int(min(seconds, MAX_SECONDS) * 8_000)),
}


# --- video -----


def mp4(seed: bytes, seconds: float = 1.0, width: int = 32, height: int = 32) -> bytes:
    """An MP4 file of two H.264 frames of one colour that last ``seconds`` together.

    The macroblocks are stored as plain samples (I_PCM), which every decoder takes and which needs
    no encoder here. Sides are cut down to 64 pixels.
    """
    across, down = (max(1, min(side, 64) // 16) for side in (width, height))
    sps, pps, frame = _h264(seed, across, down)
    sample = struct.pack(">I", len(frame)) + frame
    ticks = max(1, round(seconds * 500))  # a thousand ticks a second, two frames
    head = _box(b"ftyp", b"isom", bytes(4), b"isomavc1")
    data = _box(b"mdat", sample * 2)
    moov = _moov(sps, pps, across * 16, down * 16, ticks, len(sample), len(head) + 8)
    return head + data + moov


def _h264(seed: bytes, across: int, down: int) -> tuple[bytes, bytes, bytes]:
    """Sequence and picture parameters, and one key frame of stored samples."""
    sps = _Rbsp(b"\x67\x42\xc0\x1e")  # baseline, level 3
    for value in (0, 0, 2, 1):  # ids, frame numbers of 4 bits, output in order, one reference
        sps.ue(value)
    sps.bits("0")
    sps.ue(across - 1)
    sps.ue(down - 1)
    sps.bits("1100")  # frames only, direct 8x8, no cropping, no usability information
    pps = _Rbsp(b"\x68")
    pps.ue(0)
    pps.ue(0)
    pps.bits("00")
    for value in (0, 0, 0):
        pps.ue(value)
    pps.bits("000")
    for value in (0, 0, 0):
        pps.ue(value)
    pps.bits("000")
    frame = _Rbsp(b"\x65")
    for value in (0, 7, 0):  # first macroblock, all slices are I, picture parameters 0
        frame.ue(value)
    frame.bits("0000")  # frame number
    frame.ue(0)
    frame.bits("00")  # no long-term references
    frame.ue(0)  # quantiser as it is
    luma, blue, red = (16 + value % 200 for value in (seed * 3)[:3])
    for _ in range(across * down):
        frame.ue(25)  # I_PCM
        frame.align()
        frame.raw(bytes([luma]) * 256 + bytes([blue]) * 64 + bytes([red]) * 64)
    return sps.close(), pps.close(), frame.close()


class _Rbsp:
    """A raw byte sequence payload of H.264: bits, the highest first."""

    def __init__(self, head: bytes) -> None:
        self._done = bytearray(head)
        self._rest = ""

    def bits(self, text: str) -> None:
        self._rest += text
        while len(self._rest) >= 8:
            self._done.append(int(self._rest[:8], 2))
            self._rest = self._rest[8:]

    def ue(self, value: int) -> None:
        """An Exp-Golomb number."""
        text = f"{value + 1:b}"
        self.bits("0" * (len(text) - 1) + text)

    def align(self) -> None:
        if self._rest:
            self.bits("0" * (8 - len(self._rest)))

    def raw(self, data: bytes) -> None:
        self._done += data

    def close(self) -> bytes:
        """With the stop bit. The samples hold no byte below 4, so nothing needs escaping."""
        self.bits("1")
        self.align()
        return bytes(self._done)


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def _moov(
    sps: bytes, pps: bytes, width: int, height: int, ticks: int, size: int, start: int
) -> bytes:
    """The index of an MP4 file with one track of two samples."""
    whole = ticks * 2
    mvhd = struct.pack(">5I", 0, 0, 0, 1000, whole) + struct.pack(">IH10x", 0x10000, 0x100)
    tkhd = struct.pack(">6I", 7, 0, 0, 1, 0, whole) + bytes(16) + _MATRIX
    avcc = b"\x01" + sps[1:4] + b"\xff\xe1" + struct.pack(">H", len(sps)) + sps
    avcc += b"\x01" + struct.pack(">H", len(pps)) + pps
    entry = struct.pack(">6xH16xHHII4xH32xHh", 1, width, height, 0x480000, 0x480000, 1, 24, -1)
    stbl = _box(
        b"stbl",
        _box(b"stsd", struct.pack(">II", 0, 1), _box(b"avc1", entry, _box(b"avcC", avcc))),
        _box(b"stts", struct.pack(">4I", 0, 1, 2, ticks)),
        _box(b"stsc", struct.pack(">5I", 0, 1, 1, 2, 1)),
        _box(b"stsz", struct.pack(">3I", 0, size, 2)),
        _box(b"stco", struct.pack(">3I", 0, 1, start)),
    )
    dinf = _box(
        b"dinf", _box(b"dref", struct.pack(">II", 0, 1), _box(b"url ", b"\x00\x00\x00\x01"))
    )
    mdia = _box(
        b"mdia",
        _box(b"mdhd", struct.pack(">5IHH", 0, 0, 0, 1000, whole, 0x55C4, 0)),
        _box(b"hdlr", bytes(8), b"vide", bytes(12), b"video\x00"),
        _box(b"minf", _box(b"vmhd", b"\x00\x00\x00\x01", bytes(8)), dinf, stbl),
    )
    sides = struct.pack(">II", width << 16, height << 16)
    tail = _MATRIX + bytes(24) + struct.pack(">I", 2)
    return _box(
        b"moov", _box(b"mvhd", mvhd + tail), _box(b"trak", _box(b"tkhd", tkhd + sides), mdia)
    )


# --- 3D -----


def glb(seed: bytes) -> bytes:
    """A binary glTF file: one triangle, its colour by ``seed``."""
    corners = struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)
    colour = [round(value / 255, 3) for value in (seed * 3)[:3]]
    scene = {
        "asset": {"version": "2.0", "generator": "AI/ML API emulator"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "materials": [{"pbrMetallicRoughness": {"baseColorFactor": [*colour, 1.0]}}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "material": 0}]}],
        "buffers": [{"byteLength": len(corners)}],
        "bufferViews": [{"buffer": 0, "byteLength": len(corners), "target": 34962}],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": 5126,
                "count": 3,
                "type": "VEC3",
                "min": [0, 0, 0],
                "max": [1, 1, 0],
            }
        ],
    }
    text = json.dumps(scene, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    chunks += struct.pack("<I4s", len(corners), b"BIN\x00") + corners
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def obj(seed: bytes) -> bytes:
    """The same triangle as Wavefront text."""
    return f"# {seed.hex()[:8]}\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n".encode()


# --- files -----


class Files:
    """The files behind the links in answers; each is made when it is first downloaded."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[str, Callable[[], bytes]]] = {}

    def add(self, name: str, media_type: str, make: Callable[[], bytes]) -> str:
        """The path of a file that ``make`` will make."""
        self._made[name] = (media_type, make)
        return f"/files/{name}"

    def find(self, name: str) -> tuple[str, bytes] | None:
        found = self._made.get(name)
        return None if found is None else (found[0], found[1]())

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)


WAV = b64encode(wav()).decode()
