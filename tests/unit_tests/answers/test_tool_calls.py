"""Tool-call fragments of every shape -> the right calls, and never a cut one made whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessageChunk

from langchain_aimlapi._answers.tool_calls import ToolFragments, breaker
from langchain_aimlapi._domain.values import Delta, ToolCall, ToolDelta
from langchain_aimlapi._json import json_object
from langchain_aimlapi._langchain.chunks import call_arguments, delta_to_chunk

Told = tuple[str | None, str, str]


def part(
    arguments: Any = "", name: str | None = None, id: str | None = None, **more: Any
) -> dict[str, Any]:
    """One fragment in OpenAI's shape; ``index`` only where it is given."""
    function = {"arguments": arguments} | ({"name": name} if name is not None else {})
    return {"function": function} | ({"id": id} if id is not None else {}) | more


def read(fragments: Iterable[Any], *, cut: bool = False) -> tuple[list[ToolDelta], ToolFragments]:
    tools = ToolFragments()
    deltas = [d for raw in fragments if (d := tools.feed(raw)) is not None]
    return deltas + tools.close(cut=cut), tools


def calls(*fragments: Any, cut: bool = False) -> list[Told]:
    """(id, name, arguments) of each call, after checking that the deltas add up to them."""
    deltas, tools = read(fragments, cut=cut)
    result = tools.result(cut=cut)
    assert_adds_up(deltas, result)
    return [(call.id, call.name, call.arguments) for call in result]


def assert_adds_up(deltas: list[ToolDelta], result: tuple[ToolCall, ...]) -> None:
    for position, call in enumerate(result):
        mine = [d for d in deltas if d.position == position]
        assert [d.id for d in mine if d.id] == [call.id]  # told once
        assert [d.name for d in mine if d.name] == ([call.name] if call.name else [])
        if call.valid and call.kind == "function":
            assert "".join(d.arguments for d in mine) == call.arguments


def merged(deltas: Iterable[ToolDelta]) -> AIMessageChunk:
    """What LangChain makes of the deltas, as `stream` would add them up."""
    chunk = AIMessageChunk(content="")
    for delta in deltas:
        message = delta_to_chunk(Delta(tools=(delta,))).message
        assert isinstance(message, AIMessageChunk)
        chunk += message
    last = AIMessageChunk(content="", chunk_position="last")
    total = chunk + last
    assert isinstance(total, AIMessageChunk)
    return total


A, B = '{"city": "Rome"}', '{"city": "Oslo"}'
A1, A2, B1, B2 = A[:7], A[7:], B[:9], B[9:]


def test_openais_shape() -> None:
    assert calls(
        part("", "w", "c1", index=0, type="function"),
        part(A1, index=0),
        part(A2, index=0),
        part("", "w", "c2", index=1, type="function"),
        part(B1, index=1),
        part(B2, index=1),
    ) == [("c1", "w", A), ("c2", "w", B)]


def test_interleaved_calls_are_told_apart_by_their_index() -> None:
    assert calls(
        part("", "w", "c1", index=0),
        part("", "v", "c2", index=1),
        part(A1, index=0),
        part(B1, index=1),
        part(A2, index=0),
        part(B2, index=1),
    ) == [("c1", "w", A), ("c2", "v", B)]


@pytest.mark.parametrize(
    ("first", "second"), [(1, 2), ("0", "1"), ("call_0", "call_1"), (7, 3), (0, 1), (-1, 5)]
)
def test_any_index_is_understood_and_ours_begins_at_zero(first: Any, second: Any) -> None:
    fragments = [
        part(A1, "w", "c1", index=first),
        part(B1, "w", "c2", index=second),
        part(A2, index=first),
        part(B2, index=second),
    ]
    assert calls(*fragments) == [("c1", "w", A), ("c2", "w", B)]
    assert {d.position for d in read(fragments)[0]} == {0, 1}


@pytest.mark.parametrize("index", [{}, {"index": None}, {"index": []}, {"index": {}}])
def test_without_an_index_a_fragment_belongs_to_the_last_call(index: dict[str, Any]) -> None:
    assert calls(
        part("", "w", "c1", **index),
        part(A1, **index),
        part(A2, **index),
        part(B1, "w", "c2", **index),
        part(B2, **index),
    ) == [("c1", "w", A), ("c2", "w", B)]


def test_without_an_index_a_known_id_names_its_call() -> None:
    assert calls(
        part(A1, "w", "c1"), part(B1, "w", "c2"), part(A2, id="c1"), part(B2, id="c2")
    ) == [("c1", "w", A), ("c2", "w", B)]


def test_two_calls_under_one_index_are_two_calls() -> None:
    assert calls(
        part(A1, "w", "c1", index=0),
        part(A2, index=0),
        part(B1, "w", "c2", index=0),
        part(B2, index=0),
    ) == [("c1", "w", A), ("c2", "w", B)]


def test_two_whole_calls_under_one_index_and_without_ids_are_two_calls() -> None:
    told = calls(part(A, "w", index=0), part(B, "w", index=0), part(A, "v", index=0))
    assert [(name, arguments) for _, name, arguments in told] == [("w", A), ("w", B), ("v", A)]


@pytest.mark.parametrize("index", [{"index": 0}, {}])
def test_id_and_name_on_every_fragment_are_told_once(index: dict[str, Any]) -> None:
    fragments = [part(piece, "w", "c1", **index) for piece in ("", A1, A2, "")]
    assert calls(*fragments) == [("c1", "w", A)]


def test_a_name_on_every_fragment_without_an_id_is_one_call() -> None:
    fragments = [part(piece, "w", index=0) for piece in ("", A1, A2, "")]
    told = calls(*fragments)
    assert [(name, arguments) for _, name, arguments in told] == [("w", A)]


@pytest.mark.parametrize("empty", ["", None])
def test_empty_ids_and_names_on_later_fragments_change_nothing(empty: str | None) -> None:
    later = [
        {"index": 0, "id": empty, "function": {"name": empty, "arguments": piece}}
        for piece in (A1, A2)
    ]
    assert calls(part("", "w", "c1", index=0), *later) == [("c1", "w", A)]


def test_an_id_that_comes_after_the_arguments_have_begun_finds_its_call() -> None:
    fragments = [part(A1[:3], "w", index=0), part(A1[3:], id="c1", index=0), part(A2, id="c1")]
    [(id, name, arguments)] = calls(*fragments)
    assert (id or "").startswith("call_"), "its first fragment had to name it"
    assert (name, arguments) == ("w", A)


LATE: dict[str, list[dict[str, Any]]] = {
    "id first": [part(id="c1", index=0), part("", "w", index=0), part(A1, index=0)],
    "name first": [part("", "w", index=0), part(A1, id="c1", index=0)],
    "name after the arguments": [part(A1, id="c1", index=0), part(A2, "w", index=0)],
    "no id": [part("", "w", index=0), part(A1, index=0), part(A2, index=0)],
    "no id and no index": [part("", "w"), part(A1), part(A2)],
    "no arguments": [part("", "w", index=0), part("", id="c1", index=0)],
    "nothing but a name": [part("", "w", index=0)],
    "free text": [{"index": 0, "custom": {"name": "w"}}, {"index": 0, "custom": {"input": "x"}}],
}


@pytest.mark.parametrize("case", LATE)
def test_id_and_name_stand_on_the_first_fragment_that_goes_out(case: str) -> None:
    deltas, tools = read(LATE[case])
    [call] = tools.result()
    assert (deltas[0].id, deltas[0].name) == (call.id, "w")
    assert all((delta.id, delta.name) == (None, None) for delta in deltas[1:])
    if "id first" in case:
        assert call.id == "c1"


def test_calls_stand_in_the_order_in_which_they_go_out() -> None:
    fragments = [part("", "slow", index=0), part(B, "quick", "c2", index=1), part(A, index=0)]
    deltas, tools = read(fragments)
    assert [(d.position, d.name) for d in deltas] == [(0, "quick"), (1, "slow")]
    assert [call.name for call in tools.result()] == ["quick", "slow"]


def test_a_name_that_comes_late_belongs_to_its_call() -> None:
    assert calls(part("", id="c1", index=0), part(A, "w", index=0)) == [("c1", "w", A)]


def test_a_call_without_an_id_is_given_one_of_its_own() -> None:
    (first, _, _), (second, _, _) = calls(part(A, "w", index=0), part(B, "w", index=1))
    assert first
    assert second
    assert first != second


@pytest.mark.parametrize(
    "fragments",
    [
        [part(A, "w", "c1"), part(B, "w", "c1")],
        [part(A, "w", "c1", index=0), part(B, "w", "c1", index=1)],
        [part("", "w", "c1"), part(A, id="c1"), part(B1, "w", "c1"), part(B2, id="c1")],
        [
            part(A1, "w", "c1", index=0),
            part(A2, index=0),
            part("", "w", "c1", index=1),
            part(B1, index=1),
            part(B2, index=1),
        ],
    ],
)
def test_one_id_on_two_calls_is_two_calls_that_can_be_answered_apart(fragments: list[Any]) -> None:
    (first, *_, arguments), (second, *_, others) = calls(*fragments)
    assert (first, arguments, others) == ("c1", A, B)
    assert second
    assert second != "c1"


@pytest.mark.parametrize("number", [7, 0])
def test_a_number_as_an_id_is_text(number: int) -> None:
    assert calls({**part(A, "w", index=0), "id": number}) == [(str(number), "w", A)]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"city": "Zürich"}, '{"city": "Zürich"}'),
        ({}, "{}"),
        (None, ""),
        ("", ""),
        ("{}", "{}"),
        (A, A),
    ],
)
def test_arguments_come_as_text_object_or_null(arguments: Any, text: str) -> None:
    deltas, tools = read([part(arguments, "w", "c1", index=0)])
    (call,) = tools.result()
    assert call.arguments == text
    assert call.valid
    assert merged(deltas).tool_calls[0]["args"] == (json.loads(text) if text else {})


@pytest.mark.parametrize(
    "fragment",
    [
        *(None, 5, "x", [], {}, {"index": 0}, {"index": 0, "function": None}),
        *({"function": {}}, {"function": "w"}, {"index": 0, "type": "function"}),
        {"id": "", "function": {"name": "", "arguments": ""}},
    ],
)
def test_a_fragment_that_says_nothing_adds_nothing(fragment: Any) -> None:
    assert calls(fragment) == []
    assert calls(part(A1, "w", "c1", index=0), fragment, part(A2, index=0)) == [("c1", "w", A)]


def test_a_flat_fragment_is_understood() -> None:
    assert calls({"id": "c1", "name": "w", "arguments": A}) == [("c1", "w", A)]


def test_free_text_of_a_custom_tool_is_told_whole() -> None:
    fragments = [
        {"index": 0, "id": "c1", "type": "custom", "custom": {"name": "sql", "input": "SELECT "}},
        {"index": 0, "custom": {"input": '"1"'}},
    ]
    deltas, tools = read(fragments)
    (call,) = tools.result()
    assert (call.kind, call.name, call.arguments) == ("custom", "sql", 'SELECT "1"')
    assert merged(deltas).tool_calls[0]["args"] == {"__arg1": 'SELECT "1"'}


def test_what_the_provider_signed_stays_with_its_call() -> None:
    signed = {"google": {"thought_signature": "sig"}}
    _, tools = read(
        [part(A, "w", "c1", index=0, extra_content=signed), part(B, "v", "c2", index=1)]
    )
    assert [call.extra for call in tools.result()] == [{"extra_content": signed}, {}]


# --- cut arguments -----

WHOLE = '{"a": "x\\"y\\\\", "b": [1, {"c": "\\u00e9}"}], "d": {}, "e": -1.5e3, "f": null, "ü": "]"}'


def test_every_cut_of_arguments_is_an_invalid_call_and_never_a_valid_one() -> None:
    for at in range(len(WHOLE)):
        for cut in (True, False):
            if not at and not cut:
                continue  # no arguments at all: a call of a tool that takes none
            deltas, tools = read([part(WHOLE[:at], "w", "c1", index=0)], cut=cut)
            message = merged(deltas)
            assert message.tool_calls == [], f"cut at {at}"
            assert [c["name"] for c in message.invalid_tool_calls] == ["w"]
            (call,) = tools.result(cut=cut)
            assert not call.valid
            assert call_arguments(call) is None
    message = merged(read([part(WHOLE, "w", "c1", index=0)], cut=True)[0])
    assert message.tool_calls[0]["args"] == json.loads(WHOLE)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=4), VALUES, min_size=1, max_size=4)


@given(value=OBJECTS, data=st.data(), ascii=st.booleans(), indent=st.sampled_from([None, 1]))
@pytest.mark.slow
def test_for_any_arguments_any_cut_is_invalid_and_the_whole_is_valid(
    value: dict[str, Any], data: st.DataObject, ascii: bool, indent: int | None
) -> None:
    text = json.dumps(value, ensure_ascii=ascii, indent=indent)
    at = data.draw(st.integers(1, len(text) - 1))
    again = data.draw(st.integers(0, at))
    fragments = [part(text[:again], "w", "c1", index=0), part(text[again:at], index=0)]
    message = merged(read(fragments)[0])
    assert message.tool_calls == []
    assert len(message.invalid_tool_calls) == 1
    whole = merged(read([*fragments, part(text[at:], index=0)])[0])
    assert [c["args"] for c in whole.tool_calls] == [value]
    assert whole.invalid_tool_calls == []


@pytest.mark.parametrize(
    "text",
    [
        "[1]",
        "1",
        '"x"',
        "null",
        "nonsense",
        "{'a': 1}",
        '{"a": 1}}',
        '{"a": 1} {"b": 2}',
        "]",
        "}",
        '{"a": 1}]',
        "{]",
        '{"a":' * 50,
        "[" * 5000,
        '{"a": "' + "\\" * 3,
    ],
)
def test_arguments_that_are_no_object_are_an_invalid_call(text: str) -> None:
    deltas, tools = read([part(text, "w", "c1", index=0)])
    message = merged(deltas)
    assert message.tool_calls == []
    assert len(message.invalid_tool_calls) == 1
    assert not tools.result()[0].valid


def test_a_call_without_a_name_is_invalid_although_its_arguments_are_whole() -> None:
    deltas, tools = read([part(A, None, "c1", index=0)])
    assert merged(deltas).tool_calls == []
    assert not tools.result()[0].valid


def test_a_cut_call_does_not_spoil_the_whole_call_before_it() -> None:
    fragments = [part(A, "w", "c1", index=0), part(B1, "v", "c2", index=1)]
    message = merged(read(fragments, cut=True)[0])
    assert [c["args"] for c in message.tool_calls] == [json.loads(A)]
    assert [c["name"] for c in message.invalid_tool_calls] == ["v"]


@given(text=st.text(st.sampled_from(list('{}[]":,\\ a1')), max_size=25))
def test_what_is_no_object_cannot_be_repaired_after_the_breaker(text: str) -> None:
    if text.strip() and json_object(text) is None:
        message = merged([ToolDelta(0, "c1", "w", text + breaker(text))])
        assert message.tool_calls == []


FRAGMENT = st.fixed_dictionaries(
    {},
    optional={
        "index": st.sampled_from([0, 1, None, "0", 2.5, True]),
        "id": st.sampled_from(["c1", "c2", "", None, 7]),
        "function": st.one_of(
            st.none(),
            st.fixed_dictionaries(
                {},
                optional={
                    "name": st.sampled_from(["w", "v", "", None, 5]),
                    "arguments": st.sampled_from(["", "{", "}", A, A1, A2, None, {}, {"a": 1}, 5]),
                },
            ),
        ),
    },
)


@given(fragments=st.lists(FRAGMENT, max_size=8), cut=st.booleans())
def test_any_fragments_give_what_langchain_gives_from_them(
    fragments: list[Mapping[str, Any]], cut: bool
) -> None:
    deltas, tools = read(fragments, cut=cut)
    result = tools.result(cut=cut)
    assert_adds_up(deltas, result)
    message = merged(deltas)
    assert [c["id"] for c in message.tool_calls] == [c.id for c in result if c.valid]
    assert [c["id"] for c in message.invalid_tool_calls] == [c.id for c in result if not c.valid]
    for call, valid in zip(message.tool_calls, (c for c in result if c.valid), strict=True):
        assert call["name"] == valid.name
        assert call["args"] == call_arguments(valid)
