"""Tool arguments that come in pieces never hold half a surrogate pair."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_aimlapi._answers.escapes import EscapeMender

PIECES = st.lists(
    st.sampled_from(
        ["\\ud83d", "\\ude00", "\\uD83D\\uDE00", "\\\\", '\\"', "\\n", "\\u00e9", "ud83d", "a", "é"]
    ),
    max_size=8,
)


def _fed(text: str, cuts: list[int]) -> str:
    mender = EscapeMender()
    edges = [0, *sorted(c % (len(text) + 1) for c in cuts), len(text)]
    fed = [mender.feed(text[a:b]) for a, b in pairwise(edges)]
    return "".join(fed) + mender.close()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"\\ud83d\\ude00"', "😀"),
        ('"\\ud83d"', "\ufffd"),
        ('"\\ude00"', "\ufffd"),
        ('"\\ud83dx"', "\ufffdx"),
        ('"\\ud83d\\ud83d\\ude00"', "\ufffd😀"),
        ('"\\\\ud83d"', "\\ud83d"),
        ('"\\\\\\ud83d"', "\\\ufffd"),
        ('"\\u00e9"', "é"),
    ],
)
def test_halves_are_replaced_and_pairs_kept(text: str, value: str) -> None:
    assert json.loads(_fed(text, [])) == value
    for at in range(len(text)):
        assert json.loads(_fed(text, [at])) == value


@given(PIECES, st.lists(st.integers(0, 60), max_size=6))
def test_the_cut_makes_no_difference(pieces: list[str], cuts: list[int]) -> None:
    text = f'"{"".join(pieces)}"'
    result = _fed(text, cuts)
    assert result == _fed(text, [])
    json.loads(result).encode()
    # what was encodable is not touched
    try:
        json.loads(text).encode()
    except UnicodeEncodeError:
        return
    assert json.loads(result) == json.loads(text)
