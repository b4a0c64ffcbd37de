"""Bounded decompression: what is decoded, however it is cut, and what is refused."""

from __future__ import annotations

import contextlib
import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_aimlapi._wire.inflate import SLICE, EncodingError, Inflater, inflate

TEXT = b'data: {"choices": []}\n\n' * 40


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT),
    "GZIP ": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "": TEXT,
    "identity": TEXT,
}


def decode(encoding: str, *pieces: bytes) -> bytes:
    decoder = Inflater(encoding)
    data = b"".join(out for piece in pieces for out in decoder.feed(piece))
    decoder.close()
    return data


@pytest.mark.parametrize("encoding", PACKED)
def test_every_encoding_that_is_asked_for_is_decoded_however_it_is_cut(encoding: str) -> None:
    body = PACKED[encoding]
    assert inflate(encoding, body, limit=10**6) == TEXT
    for at in range(len(body) + 1):
        assert decode(encoding, body[:at], body[at:]) == TEXT, f"cut at byte {at}"
    assert decode(encoding, *(body[i : i + 1] for i in range(len(body)))) == TEXT


def test_deflate_without_its_zlib_header_is_decoded_however_it_is_cut() -> None:
    body = raw_deflate(TEXT)
    assert decode("deflate", body) == TEXT
    for at in range(len(body) + 1):
        assert decode("deflate", body[:at], body[at:]) == TEXT, f"cut at byte {at}"


def test_gzip_of_several_members_is_decoded_to_its_end() -> None:
    body = gzip.compress(b"one ") + gzip.compress(b"two ") + gzip.compress(b"three")
    for at in range(len(body) + 1):
        assert decode("gzip", body[:at], body[at:]) == b"one two three"


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "x" * 10_000])
def test_an_encoding_that_nobody_asked_for_is_refused_by_name(encoding: str) -> None:
    with pytest.raises(EncodingError) as caught:
        Inflater(encoding)
    assert encoding[:10] in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_body_that_is_cut_short_is_refused_at_its_end(encoding: str) -> None:
    body = PACKED[encoding]
    decoder = Inflater(encoding)
    got = b"".join(decoder.feed(body[:-5]))
    assert TEXT.startswith(got)
    with pytest.raises(EncodingError, match="cut short"):
        decoder.close()


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_corrupt_body_is_refused(encoding: str) -> None:
    body = bytearray(PACKED[encoding])
    body[len(body) // 2] ^= 0xFF
    with pytest.raises(EncodingError):
        decode(encoding, bytes(body))


def test_plain_text_that_is_called_gzip_is_refused() -> None:
    with pytest.raises(EncodingError, match="corrupt"):
        inflate("gzip", b'{"choices": []}', limit=1000)


def test_an_empty_body_is_empty_in_every_encoding() -> None:
    assert inflate("gzip", b"", limit=10) == b""


def test_a_bomb_is_stopped_at_the_limit_in_bounded_memory() -> None:
    packer = zlib.compressobj(level=9, wbits=31)
    bomb = b"".join(packer.compress(b"\0" * SLICE) for _ in range(64)) + packer.flush()
    assert len(bomb) < 100_000
    tracemalloc.start()
    with pytest.raises(EncodingError, match="longer than"):
        inflate("gzip", bomb, limit=2 * SLICE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * SLICE


def test_slices_are_bounded_and_complete() -> None:
    text = bytes(range(256)) * (SLICE // 64)
    decoder = Inflater("gzip")
    slices = list(decoder.feed(gzip.compress(text)))
    assert b"".join(slices) == text
    assert max(map(len, slices)) <= SLICE


@given(data=st.binary(max_size=300), cut=st.integers(0, 400))
def test_any_bytes_are_decoded_or_refused(data: bytes, cut: int) -> None:
    packed = gzip.compress(data)
    assert decode("gzip", packed[:cut], packed[cut:]) == data
    assert decode("deflate", *(bytes([b]) for b in raw_deflate(data))) == data
    with contextlib.suppress(EncodingError):
        assert decode("gzip", data) is not None
