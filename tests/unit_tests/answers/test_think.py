"""Inline ``<think>`` text, however it is cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_aimlapi._answers.assembly import Assembly
from langchain_aimlapi._answers.think import ThinkSplitter
from langchain_aimlapi._domain.values import Delta


def split(*pieces: str) -> tuple[str, str]:
    """Reasoning and answer of a text that arrives in these pieces."""
    splitter = ThinkSplitter()
    told = [splitter.feed(piece) for piece in pieces] + [splitter.close()]
    return "".join(r for r, _ in told), "".join(t for _, t in told)


CASES = {
    "<think>why</think>because": ("why", "because"),
    "<think>\nwhy\n</think>\n\nbecause\n": ("why", "because\n"),
    "\n\n <think>why</think>because": ("why", "because"),
    "<think>a\n\nb</think>c": ("a\n\nb", "c"),
    "<think></think>because": ("", "because"),
    "<think>\n\n</think>\n\nbecause": ("", "because"),
    "<think>why": ("why", ""),
    "<think>why</thin": ("why</thin", ""),
    "<think>why</think>": ("why", ""),
    "<think>a < b </ c </thin </think>d": ("a < b </ c </thin", "d"),
    "<think>a</think>b<think>c</think>d": ("a", "b<think>c</think>d"),
    "<think>a</think></think>b": ("a", "</think>b"),
    "no tag": ("", "no tag"),
    "": ("", ""),
    "   ": ("", "   "),
    "<": ("", "<"),
    "<thin": ("", "<thin"),
    "<thinking>x</thinking>": ("", "<thinking>x</thinking>"),
    "a <think>b</think>": ("", "a <think>b</think>"),
    "<THINK>a</THINK>": ("", "<THINK>a</THINK>"),
    "  indented": ("", "  indented"),
    "<think><think>a</think>b": ("<think>a", "b"),
}


@pytest.mark.parametrize("text", CASES)
def test_only_a_tag_before_any_text_is_reasoning(text: str) -> None:
    assert split(text) == CASES[text]


@pytest.mark.parametrize("text", CASES)
def test_every_cut_in_two_and_every_single_letter_gives_the_same(text: str) -> None:
    for at in range(len(text) + 1):
        assert split(text[:at], text[at:]) == CASES[text], f"cut at {at}"
    assert split(*text) == CASES[text]
    assert split("", *text, "") == CASES[text]


TEXT = st.lists(
    st.sampled_from(["<think>", "</think>", "<thi", "</", "<", ">", " ", "\n", "a", "bc", "é"]),
    max_size=12,
).map("".join)


@given(text=TEXT, cuts=st.lists(st.integers(0, 60), max_size=8))
def test_all_ways_to_cut_a_text_are_equal(text: str, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[a:b] for a, b in itertools.pairwise(places)]
    assert split(*pieces) == split(text)


@given(text=TEXT)
@pytest.mark.slow
def test_nothing_but_the_tags_and_layout_is_lost(text: str) -> None:
    reasoning, answer = split(text)
    if not text.lstrip().startswith("<think>"):
        assert (reasoning, answer) == ("", text)
        return
    joined = reasoning + ("</think>" if answer or "</think>" in text else "") + answer
    kept = text.lstrip().removeprefix("<think>")
    assert "".join(joined.split()) == "".join(kept.split())


def test_a_text_without_a_tag_is_told_as_it_comes() -> None:
    splitter = ThinkSplitter()
    assert splitter.feed("He") == ("", "He")
    assert splitter.feed("<think>") == ("", "<think>")
    assert splitter.state == "text"


def test_reasoning_is_told_before_its_end_has_come() -> None:
    splitter = ThinkSplitter()
    assert splitter.feed("<think>step one ") == ("step one", "")
    assert splitter.feed("step two") == (" step two", "")


def assemble(*pieces: str) -> tuple[str, str, list[Delta]]:
    assembly = Assembly()
    for piece in pieces:
        assembly.choice(0).add_text(piece)
    assembly.close()
    choice = assembly.reply().choices[0]
    return choice.reasoning, choice.text, list(assembly.deltas)


@pytest.mark.parametrize("text", CASES)
def test_an_answer_splits_it_however_it_is_cut(text: str) -> None:
    for pieces in ([text], [*text], [text[:3], text[3:]], [text[:-4], text[-4:]]):
        reasoning, answer, deltas = assemble(*pieces)
        assert (reasoning, answer) == CASES[text]
        assert "".join(d.reasoning for d in deltas) == reasoning
        assert "".join(d.text for d in deltas) == answer
