"""What an answer has said: each thing once, in its own order, and the same streamed and whole."""

from __future__ import annotations

import base64
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_aimlapi._answers.assembly import Assembly
from langchain_aimlapi._answers.choice import FINISH, ChoiceState, DeltaList
from langchain_aimlapi._domain.values import Choice, Delta


def closed(assembly: Assembly) -> tuple[Choice, list[Delta]]:
    """The first choice, and the deltas of its end."""
    before = len(assembly.deltas)
    assembly.close()
    return assembly.reply().choices[0], assembly.deltas[before:]


def begun() -> tuple[Assembly, ChoiceState, DeltaList]:
    assembly = Assembly()
    return assembly, assembly.choice(0), assembly.deltas


@pytest.mark.parametrize("index", [None, "0", 0, True, 1.5, [], "x"])
def test_a_missing_or_odd_choice_index_is_the_first_choice(index: Any) -> None:
    assembly = Assembly()
    assert assembly.choice(index) is assembly.choice(0)


def test_choices_are_kept_apart_and_in_order() -> None:
    assembly, _, out = begun()
    assembly.choice(1).add_text("b")
    assembly.choice(0).add_text("a")
    assembly.choice(1).add_text("c")
    assert [(d.choice, d.text) for d in out] == [(1, "b"), (0, "a"), (1, "c")]
    assert [(c.index, c.text) for c in assembly.reply().choices] == [(0, "a"), (1, "bc")]


def test_an_answer_that_said_nothing_is_one_empty_choice() -> None:
    assert Assembly().reply().choices == (Choice(),)


# --- the end -----


@pytest.mark.parametrize("reason", FINISH)
def test_every_finish_reason_is_one_of_four_and_the_vendors_word_is_kept(reason: str) -> None:
    for spelling in (reason, reason.upper()):
        assembly, state, _ = begun()
        assembly.finish(state, spelling)
        choice, _ = closed(assembly)
        assert choice.finish_reason == FINISH[reason]
        assert choice.native_finish_reason == spelling


def test_of_two_finish_reasons_the_first_one_holds() -> None:
    assembly, state, _ = begun()
    for reason in (None, "", "stop", "stop", "length"):
        assembly.finish(state, reason)
    choice, _ = closed(assembly)
    assert (choice.finish_reason, choice.native_finish_reason) == ("stop", "stop")


@pytest.mark.parametrize("reason", [None, "", 5, [], {}])
def test_what_is_no_reason_is_no_end(reason: Any) -> None:
    assembly, state, _ = begun()
    assembly.finish(state, reason)
    assert not assembly.finished
    assert assembly.reply().choices[0].finish_reason is None


def test_the_vendors_native_reason_is_kept_beside_the_normalised_one() -> None:
    assembly, state, _ = begun()
    assembly.finish(state, "stop", "STOP")
    choice, _ = closed(assembly)
    assert (choice.finish_reason, choice.native_finish_reason) == ("stop", "STOP")


def test_a_word_nobody_knows_is_a_stop() -> None:
    assembly, state, _ = begun()
    assembly.finish(state, "brand_new_reason")
    choice, _ = closed(assembly)
    assert (choice.finish_reason, choice.native_finish_reason) == ("stop", "brand_new_reason")


def test_a_missing_finish_reason_follows_from_the_content() -> None:
    for calls, expected in (([], "stop"), ([{"function": {"name": "w"}}], "tool_calls")):
        assembly, state, _ = begun()
        state.add_tools(calls)
        assembly.terminal = True
        assert closed(assembly)[0].finish_reason == expected


def test_a_call_that_the_token_limit_cut_before_its_arguments_is_invalid() -> None:
    for reason, valid in (("length", False), ("max_tokens", False), ("tool_calls", True)):
        assembly, state, _ = begun()
        state.add_tools([{"id": "c", "function": {"name": "w", "arguments": ""}}])
        assembly.finish(state, reason)
        assert closed(assembly)[0].tool_calls[0].valid is valid


# --- reasoning -----


def test_of_two_fields_with_the_same_thought_one_is_heard() -> None:
    assembly, state, out = begun()
    for piece in ("Let ", "me"):
        state.add_reasoning(piece, source="reasoning")
        state.add_reasoning(piece, source="reasoning_details")
    assert assembly.reply().choices[0].reasoning == "Let me"
    assert "".join(d.reasoning for d in out) == "Let me"


# --- blocks and lists -----


def test_pieces_of_a_block_merge_and_what_does_not_grow_comes_once() -> None:
    assembly, state, out = begun()
    wire = ("reasoning.text", 0)
    for text in ("a", "b"):
        item = {"type": "reasoning.text", "text": text, "format": "f", "id": None, "index": 0}
        state.add_block("reasoning_details", wire, item)
    state.add_block("reasoning_details", wire, {"index": 0, "signature": "s"})
    state.add_block("reasoning_details", wire, {"index": 0, "format": "f"})
    pieces = [d.extra["reasoning_details"][0] for d in out if d.extra]
    assert pieces == [
        {"index": 0, "type": "reasoning.text", "text": "a", "format": "f"},
        {"index": 0, "text": "b"},
        {"index": 0, "signature": "s"},
    ]
    assert assembly.reply().choices[0].extra["reasoning_details"] == [
        {"index": 0, "type": "reasoning.text", "text": "ab", "format": "f", "signature": "s"}
    ]


def test_blocks_are_numbered_by_us_whatever_the_vendor_says() -> None:
    _, state, out = begun()
    for wire in (("a", 7), ("b", "x"), ("a", 7)):
        state.add_block("reasoning_details", wire, {"text": "t"})
    indices = [d.extra["reasoning_details"][0]["index"] for d in out if d.extra]
    assert indices == [0, 1, 0]


def test_a_list_that_is_repeated_on_every_frame_comes_once() -> None:
    assembly, state, out = begun()
    state.add_unique("citations", ["u1"])
    state.add_unique("citations", ["u1", "u2"])
    state.add_unique("citations", ["u1", "u2"])
    state.add_unique("citations", "no list")
    assert [d.extra for d in out] == [{"citations": ["u1"]}, {"citations": ["u2"]}]
    assert assembly.reply().choices[0].extra == {"citations": ["u1", "u2"]}


def test_a_final_value_comes_at_the_end_and_only_its_last_version() -> None:
    assembly, state, out = begun()
    for value in ({"a": 1}, None, {}, {"a": 2}, ""):
        state.set_final("extra_content", value)
    assert out == []
    choice, deltas = closed(assembly)
    assert [d.extra for d in deltas] == [{"extra_content": {"a": 2}}]
    assert choice.extra == {"extra_content": {"a": 2}}


class Whole(str):
    """A text that cannot be copied by adding it to another."""

    __add__ = __radd__ = None  # type: ignore[assignment]  # using either is the mistake


def test_a_long_text_is_not_copied_for_each_of_its_pieces() -> None:
    assembly, state, _ = begun()
    for _ in range(3):
        state.add_reasoning(Whole("e"), source="reasoning")
        state.add_block("thinking_blocks", 0, {"type": "thinking", "thinking": Whole("a")})
    state.add_text("d")  # whether it begins with a tag is known from here on
    for _ in range(3):
        state.add_text(Whole("d"))
    for _ in range(3):
        state.add_audio({"transcript": Whole("b")})
    for _ in range(3):
        state.add_refusal(Whole("c"))
    choice, _ = closed(assembly)
    assert choice.extra == {
        "thinking_blocks": [{"index": 0, "type": "thinking", "thinking": "aaa"}],
        "audio": {"transcript": "bbb"},
        "refusal": "ccc",
    }
    assert (choice.text, choice.reasoning) == ("dddd", "eee")


# --- audio -----


@given(data=st.binary(min_size=1, max_size=60), cuts=st.lists(st.integers(0, 60), max_size=5))
def test_padded_pieces_of_sound_append_to_valid_base64(data: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    assembly, state, out = begun()
    for begin, end in itertools.pairwise(places):
        piece = base64.b64encode(data[begin:end]).decode()
        state.add_audio({"data": piece})
    choice, _ = closed(assembly)
    streamed = "".join(d.extra["audio"]["data"] for d in out if d.extra)
    assert base64.b64decode(streamed, validate=True) == data
    assert choice.extra["audio"]["data"] == streamed


@given(data=st.binary(min_size=1, max_size=60), cuts=st.lists(st.integers(0, 80), max_size=5))
def test_one_base64_text_cut_anywhere_is_the_same_text(data: bytes, cuts: list[int]) -> None:
    text = base64.b64encode(data).decode()
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    assembly, state, _ = begun()
    for begin, end in itertools.pairwise(places):
        state.add_audio({"data": text[begin:end]})
    choice, _ = closed(assembly)
    assert base64.b64decode(choice.extra["audio"]["data"], validate=True) == data


def test_sound_tells_its_id_once_and_its_words_as_they_come() -> None:
    assembly, state, out = begun()
    for words in ("Hel", "lo"):
        state.add_audio({"id": "a1", "transcript": words, "expires_at": 9})
    state.add_audio({"id": "a1", "data": None})
    assert [d.extra for d in out] == [
        {"audio": {"id": "a1", "transcript": "Hel", "expires_at": 9}},
        {"audio": {"transcript": "lo"}},
    ]
    assert closed(assembly)[0].extra["audio"]["transcript"] == "Hello"


@pytest.mark.parametrize("audio", [None, [], "x", {"transcript": ["x"]}, {"data": {"a": 1}}])
def test_sound_of_a_strange_shape_adds_nothing(audio: Any) -> None:
    assembly, state, out = begun()
    state.add_audio(audio)
    assert out == []
    assert closed(assembly)[0].extra == {}


# --- what is said once -----


def test_the_first_value_of_a_fact_holds() -> None:
    assembly = Assembly()
    for name in ("id-1", "", None, "id-2"):
        assembly.add_meta("id", name)
    assert assembly.reply().meta.id == "id-1"


@pytest.mark.parametrize("value", [5, [], {"a": 1}, True])
def test_a_fact_of_a_strange_type_is_none(value: Any) -> None:
    assembly = Assembly()
    assembly.add_meta("id", value)
    assembly.add_meta("model", value)
    meta = assembly.reply().meta
    assert (meta.id, meta.model) == (None, None)


def test_ids_of_the_headers_stand_in_the_answer() -> None:
    headers = {"x-inference-id": "inf-1", "x-client-request-id": "run-1"}
    meta = Assembly(headers).reply().meta
    assert (meta.inference_id, meta.client_request_id) == ("inf-1", "run-1")
    assert meta.headers == headers


def test_logprobs_append() -> None:
    assembly, state, out = begun()
    for token in "ab":
        logprobs = {"content": [{"token": token}], "refusal": None}
        state.add_logprobs(logprobs)
    state.add_logprobs(None)
    state.add_logprobs({"content": []})
    assert [d.logprobs for d in out] == [
        {"content": [{"token": "a"}]},
        {"content": [{"token": "b"}]},
    ]
    assert assembly.reply().choices[0].logprobs == {"content": [{"token": "a"}, {"token": "b"}]}


def test_a_partial_answer_is_readable_at_any_moment() -> None:
    assembly, state, _ = begun()
    state.add_text("so far")
    state.add_tools([{"id": "c", "function": {"name": "w", "arguments": '{"a'}}])
    choice = assembly.reply().choices[0]
    assert (choice.text, choice.finish_reason) == ("so far", None)
    assert not choice.tool_calls[0].valid
