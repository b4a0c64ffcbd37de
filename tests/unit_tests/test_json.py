"""JSON as it really arrives: read where the meaning is clear, refused in one way where not."""

from __future__ import annotations

import contextlib
import itertools
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_aimlapi._json import (
    BadJsonError,
    Mender,
    mend_text,
    parse_clean_json,
    parse_leniently,
)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": [1, 2.5, null, true]}', {"a": [1, 2.5, None, True]}),
        (b'\xef\xbb\xbf {"a": 1}', {"a": 1}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'{"a": "line\nend\ttab"}', {"a": "line\nend\ttab"}),
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        (b'{"a": "x\\ud83d"}', {"a": "x\ufffd"}),
        (b'{"a": "\\ude00x"}', {"a": "\ufffdx"}),
        (b'{"content": "x\\ud83d"}', {"content": "x\ufffd"}),
        (b'{"k\\ud800": 1}', {"k\ufffd": 1}),
        (b'{"a": 1e400}', {"a": math.inf}),
        (b'{"a": -Infinity}', {"a": -math.inf}),
    ],
)
def test_what_is_clear_is_read(data: bytes, value: Any) -> None:
    assert parse_clean_json(data) == value


def test_nan_is_read_as_nan() -> None:
    assert math.isnan(parse_clean_json(b'{"a": NaN}')["a"])


@pytest.mark.parametrize(
    "data",
    [b"", b" ", b"{", b'{"a": 1} x', b"<html>", b"{'a': 1}", b'{"a": 1,}', b"\xff", b"undefined"],
)
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(BadJsonError):
        parse_clean_json(data)


@pytest.mark.parametrize("depth", [150, 300, 450, 700, 950, 50_000])
@pytest.mark.parametrize("shape", [("[", "]"), ('{"a":', "}")])
def test_depth_is_read_or_refused_and_never_a_recursion_error(
    depth: int, shape: tuple[str, str]
) -> None:
    begin, end = shape
    data = (begin * depth + "1" + end * depth).encode()
    try:
        value = parse_clean_json(data)
    except BadJsonError:
        with pytest.raises(BadJsonError, match="nested too deeply"):
            parse_clean_json(data)
        return
    assert depth < 1000
    while isinstance(value, list | dict):
        value = value[0] if isinstance(value, list) else value["a"]
    assert value == 1


def test_a_number_of_any_length_is_read_or_refused() -> None:
    for digits in (20, 4000, 10_000):
        try:
            assert parse_clean_json(b"9" * digits) == 10**digits - 1
        except BadJsonError:
            assert digits > 4000


@given(
    value=st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text()),
        lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
        max_leaves=15,
    )
)
@pytest.mark.slow
def test_any_value_comes_back_from_json(value: Any) -> None:
    assert parse_clean_json(json.dumps(value).encode()) == value
    assert parse_leniently(json.dumps(value, ensure_ascii=False).encode()) == value


@given(text=st.text(st.characters(categories=None), max_size=30))
def test_any_text_can_be_encoded_after_mending(text: str) -> None:
    data = json.dumps({"content": text, "other": [text]}).encode()
    mended = parse_clean_json(data)
    mended["content"].encode()
    assert mended["content"] == mended["other"][0] == mend_text(text)


@given(data=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(BadJsonError):
        assert json.dumps(parse_clean_json(data), ensure_ascii=False).encode()


# --- successive frames -----


def frame(text: str, *, choice: int = 0) -> dict[str, Any]:
    return {"choices": [{"index": choice, "delta": {"content": text}}]}


def content(value: Any) -> str:
    return str(value["choices"][0]["delta"]["content"])


def test_a_pair_that_was_split_over_two_frames_is_joined() -> None:
    mender = Mender()
    assert content(mender.mend(frame("a\ud83d"))) == "a"
    assert content(mender.mend(frame("\ude00b"))) == "\U0001f600b"


def test_half_a_pair_whose_other_half_never_comes_is_replaced() -> None:
    mender = Mender()
    mender.mend(frame("a\ud83d"))
    assert content(mender.mend(frame("b"))) == "\ufffdb"


def test_halves_of_different_choices_are_not_joined() -> None:
    mender = Mender()
    assert content(mender.mend(frame("a\ud83d", choice=0))) == "a"
    assert content(mender.mend(frame("b", choice=1))) == "b"
    assert content(mender.mend(frame("\ude00", choice=0))) == "\U0001f600"


def test_what_does_not_grow_is_mended_at_once() -> None:
    assert Mender().mend({"id": "x\ud83d"}) == {"id": "x\ufffd"}


@given(text=st.text(max_size=20), cuts=st.lists(st.integers(0, 40), max_size=6))
def test_text_cut_at_utf16_units_is_whole_again(text: str, cuts: list[int]) -> None:
    units = text.encode("utf-16-le")
    places = [0, *sorted(min(2 * cut, len(units)) for cut in cuts), len(units)]
    mender = Mender()
    told = ""
    for begin, end in itertools.pairwise(places):
        piece = units[begin:end].decode("utf-16-le", "surrogatepass")
        told += content(mender.mend(frame(piece)))
    assert told == text
