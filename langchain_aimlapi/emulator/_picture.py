"""Pictures that really decode: a sky, a sun, a hill and a plain, in colours of the seed.

They are drawn in runs of one colour, so that a large one costs no more than its rows.
"""

from __future__ import annotations

import colorsys
import struct
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise

MAX_SIDE = 8192
SMALL = 64  # pixels; what is smaller is of one colour
BANDS = 6  # of the sky
SUN, HILL, PLAIN = BANDS, BANDS + 1, BANDS + 2
HORIZON, PEAK = 0.55, 0.36  # parts of the height
Run = tuple[int, int]
"""How many, and the number of their colour."""
Colour = tuple[int, int, int]


def colours(seed: bytes) -> list[Colour]:
    """The palette of a seed."""
    hue = (seed[0] if seed else 0) / 256
    night = (seed[2] if len(seed) > 2 else 128) / 256
    sky = [(hue, 0.25 + 0.3 * night + 0.06 * band, 0.6) for band in range(BANDS)]
    rest = [(hue + 0.45, 0.75, 0.9), (hue + 0.9, 0.3, 0.35), (hue + 0.25, 0.4, 0.4)]
    return [_rgb(*each) for each in [*sky, *rest]]


def _rgb(hue: float, lightness: float, saturation: float) -> Colour:
    red, green, blue = colorsys.hls_to_rgb(hue % 1, lightness, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def rows(seed: bytes, width: int, height: int) -> Iterator[list[Run]]:
    """The rows of a picture, from above."""
    sun = (0.25 + 0.5 * (seed[1] if len(seed) > 1 else 128) / 256) * width
    radius = 0.14 * min(width, height)
    for row in range(height):
        part = (row + 0.5) / height
        if part >= HORIZON:
            yield [(width, PLAIN)]
            continue
        over = []
        up = abs(row + 0.5 - 0.42 * height)
        if up < radius:
            half = (radius**2 - up**2) ** 0.5
            over.append((sun - half, sun + half, SUN))
        if part > PEAK:
            half = (part - PEAK) / (HORIZON - PEAK) * 0.3 * width
            over.append((0.65 * width - half, 0.65 * width + half, HILL))
        yield _painted(width, int(part / HORIZON * BANDS), over)


def _painted(width: int, ground: int, over: Sequence[tuple[float, float, int]]) -> list[Run]:
    """A row of one colour with stretches of others, the last one on top."""
    ends = {0, width}
    for start, end, _ in over:
        ends |= {min(max(round(start), 0), width), min(max(round(end), 0), width)}
    places = sorted(ends)
    runs = []
    for start, end in pairwise(places):
        middle = (start + end) / 2
        found = [colour for left, right, colour in over if left < middle < right]
        runs.append((end - start, found[-1] if found else ground))
    return runs


# --- PNG -----


def png(seed: bytes, width: int = 8, height: int = 8) -> bytes:
    """A PNG in its true size."""
    width, height = min(width, MAX_SIDE), min(height, MAX_SIDE)
    if min(width, height) < SMALL:
        palette, depth = bytes((seed * 3)[:3]), 1
        pixels = (b"\x00" * (1 + (width + 7) // 8)) * height
    else:
        palette, depth = b"".join(bytes(each) for each in colours(seed)), 8
        pixels = b"".join(
            b"\x00" + b"".join(bytes([colour]) * count for count, colour in row)
            for row in rows(seed, width, height)
        )

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 3, 0, 0, 0))
        + chunk(b"PLTE", palette)
        + chunk(b"IDAT", zlib.compress(pixels, 1))
        + chunk(b"IEND", b"")
    )


# --- JPEG -----

# Huffman codes: DC 0 -> category 0, 1000 ... 1110 -> categories 1 to 7; AC 0 -> end of the block.
_DC = b"\x00" + bytes([1, 0, 0, 7]) + bytes(12) + bytes(range(8))
_AC = b"\x10" + bytes([1]) + bytes(15) + bytes([0])
_STEP = 16  # of quantisation: two levels of brightness
_SAME = "00" * 3  # a block that does not differ from the one before, in three components


def jpeg(seed: bytes, width: int = 8, height: int = 8) -> bytes:
    """A JPEG of blocks of one colour each."""
    width, height = min(width, MAX_SIDE), min(height, MAX_SIDE)
    bits = "".join(_blocks(seed, (width + 7) // 8, (height + 7) // 8))
    bits += "1" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")

    def segment(marker: int, body: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body

    components = b"".join(bytes([number, 0x11, 0]) for number in (1, 2, 3))
    return (
        b"\xff\xd8"
        + segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
        + segment(0xDB, b"\x00" + bytes([_STEP]) * 64)
        + segment(0xC0, struct.pack(">BHHB", 8, height, width, 3) + components)
        + segment(0xC4, _DC)
        + segment(0xC4, _AC)
        + segment(0xDA, b"\x03\x01\x00\x02\x00\x03\x00\x00\x3f\x00")
        + data
        + b"\xff\xd9"
    )


def _blocks(seed: bytes, across: int, down: int) -> Iterator[str]:
    """The bits of the blocks, each as its difference from the one before."""
    levels = [_levels(each) for each in colours(seed)]
    last: Sequence[int] = (0, 0, 0)
    for row in rows(seed, across, down):
        for count, colour in row:
            here = levels[colour]
            yield "".join(f"{_code(now - before)}0" for now, before in zip(here, last, strict=True))
            yield _SAME * (count - 1)
            last = here


def _levels(colour: Colour) -> Colour:
    """A colour as brightness and two differences, quantised."""
    red, green, blue = colour
    bright = 0.299 * red + 0.587 * green + 0.114 * blue
    values = (bright - 128, 0.564 * (blue - bright), 0.713 * (red - bright))
    bright_level, blue_level, red_level = (min(max(round(v * 8 / _STEP), -64), 63) for v in values)
    return bright_level, blue_level, red_level


def _code(difference: int) -> str:
    if difference == 0:
        return "0"
    size = abs(difference).bit_length()
    value = difference if difference > 0 else difference + (1 << size) - 1
    return f"{7 + size:04b}{value:0{size}b}"
