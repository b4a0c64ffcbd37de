"""OpenAI-style dictionaries -> the neutral conversation. No LiteLLM is needed for this."""

from __future__ import annotations

import json
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_aimlapi._domain.values import (
    RETURNED_KEYS,
    MediaPart,
    Message,
    RefusalPart,
    TextPart,
    ToolCall,
)
from langchain_aimlapi._litellm.messages import openai_to_messages


def one(message: Any) -> Message:
    (converted,) = openai_to_messages([message])
    return converted


@pytest.mark.parametrize("role", ["system", "developer", "user", "assistant"])
def test_role_and_text_are_kept(role: str) -> None:
    message = one({"role": role, "content": "Hi.", "name": "ann"})
    assert (message.role, message.parts, message.name) == (role, (TextPart("Hi."),), "ann")


def test_null_and_missing_content_are_empty() -> None:
    assert one({"role": "assistant", "content": None}).parts == ()
    assert one({"role": "assistant"}).parts == ()


def test_content_lists_become_parts() -> None:
    content = [
        {"type": "text", "text": "What?"},
        {"type": "image_url", "image_url": {"url": "https://e.org/a.png", "detail": "low"}},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA"}},
    ]
    text, picture, sound, document = one({"role": "user", "content": content}).parts
    assert text == TextPart("What?")
    assert picture == MediaPart("image", url="https://e.org/a.png", detail="low")
    assert isinstance(sound, MediaPart)
    assert (sound.kind, sound.mime_type) == ("audio", "audio/mpeg")
    assert isinstance(document, MediaPart)
    assert (document.data, document.mime_type) == ("AAAA", "application/pdf")


def test_tool_calls_and_their_results() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    asked = one({"role": "assistant", "content": "", "tool_calls": [call]})
    assert asked.tool_calls == (ToolCall("c1", "f", '{"a": 1}'),)
    told = one({"role": "tool", "tool_call_id": "c1", "content": "4"})
    assert (told.role, told.tool_call_id, told.parts) == ("tool", "c1", (TextPart("4"),))


def test_custom_tool_calls_keep_their_kind() -> None:
    call = {"id": "c1", "type": "custom", "custom": {"name": "sql", "input": "select 1"}}
    (made,) = one({"role": "assistant", "tool_calls": [call]}).tool_calls
    assert (made.kind, made.arguments) == ("custom", "select 1")


@pytest.mark.parametrize(
    ("arguments", "valid"), [("", True), ("{}", True), ('{"a": ', False), ("[1]", False)]
)
def test_arguments_that_are_no_object_are_marked(arguments: str, valid: bool) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    (made,) = one({"role": "assistant", "tool_calls": [call]}).tool_calls
    assert (made.arguments, made.valid) == (arguments, valid)


def test_function_messages_of_old_become_tool_messages() -> None:
    call = {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}
    result = {"role": "function", "name": "f", "content": "4"}
    first, answer, second, again = openai_to_messages([call, result, call, result])
    assert [(c.name, c.arguments) for c in first.tool_calls] == [("f", "{}")]
    assert (answer.role, answer.tool_call_id) == ("tool", first.tool_calls[0].id)
    assert again.tool_call_id == second.tool_calls[0].id != answer.tool_call_id


def test_result_of_a_call_that_is_not_there_keeps_its_name_as_its_id() -> None:
    assert one({"role": "function", "name": "f", "content": "4"}).tool_call_id == "f"
    assert one({"role": "tool", "tool_call_id": "c9", "content": "4"}).tool_call_id == "c9"


def asking(*calls: tuple[str | None, str]) -> dict[str, Any]:
    made = [
        {"id": given, "type": "function", "function": {"name": name, "arguments": "{}"}}
        for given, name in calls
    ]
    return {"role": "assistant", "content": None, "tool_calls": made}


def result(given: str | None, name: str | None = None) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": given, "name": name, "content": "4"}


@pytest.mark.parametrize("lost", [None, ""])
def test_calls_and_results_that_lost_their_ids_get_the_same_new_one(lost: str | None) -> None:
    """crewai 1.15 rebuilds streamed calls without ids."""
    history = [asking((lost, "f"), (lost, "g")), result(lost, "g"), result(lost, "f")]
    asked, for_g, for_f = openai_to_messages(history)
    f, g = (call.id for call in asked.tool_calls)
    assert f
    assert g
    assert f != g
    assert (for_g.tool_call_id, for_f.tool_call_id) == (g, f)


def test_results_without_ids_and_names_answer_the_calls_in_order() -> None:
    asked, first, second = openai_to_messages(
        [asking(("c1", "f"), (None, "f")), result(None), result(None)]
    )
    assert asked.tool_calls[0].id == "c1"
    assert [first.tool_call_id, second.tool_call_id] == [c.id for c in asked.tool_calls]


def test_call_without_an_id_takes_that_of_its_result() -> None:
    asked, known, other = openai_to_messages(
        [asking(("c1", "f"), (None, "g")), result("c7", "g"), result("c1")]
    )
    assert [call.id for call in asked.tool_calls] == ["c1", "c7"]
    assert (known.tool_call_id, other.tool_call_id) == ("c7", "c1")


def test_repaired_ids_are_the_same_each_time_and_differ_between_turns() -> None:
    history = [asking((None, "f")), result(None), asking((None, "f")), result(None)]
    once, again = openai_to_messages(history), openai_to_messages(history)
    assert once == again
    assert once[0].tool_calls[0].id != once[2].tool_calls[0].id


def test_history_whose_ids_are_whole_is_left_as_it_is() -> None:
    asked, answer = openai_to_messages([asking(("c1", "f")), result("c2")])
    assert (asked.tool_calls[0].id, answer.tool_call_id) == ("c1", "c2")


class R(str, Enum):  # noqa: UP042 - its str() is not its value, which is the point
    """Roles and types as some programs write them (smolagents 1.26)."""

    SYSTEM = "system"
    USER = "user"
    TEXT = "text"
    ASSISTANT = "assistant"


def test_roles_and_types_may_be_string_enumerations() -> None:
    content = [{"type": R.TEXT, "text": "Hi."}]
    for role in (R.SYSTEM, R.USER, R.ASSISTANT):
        message = one({"role": role, "content": content})
        assert (message.role, message.parts) == (role.value, (TextPart("Hi."),))


def test_tool_results_in_a_user_message_become_tool_messages_before_it() -> None:
    content = [
        {"type": "tool_result", "tool_use_id": "c1", "content": "4", "is_error": True},
        {"type": "text", "text": "And now?"},
    ]
    result, question = openai_to_messages([{"role": "user", "content": content}])
    assert (result.role, result.tool_call_id, result.is_error) == ("tool", "c1", True)
    assert (question.role, question.parts) == ("user", (TextPart("And now?"),))


@pytest.mark.parametrize("key", RETURNED_KEYS)
def test_what_a_provider_wants_back_is_found_in_both_places(key: str) -> None:
    value: Any = "x" if key in ("reasoning_content", "encrypted_content") else [{"type": "t"}]
    direct = one({"role": "assistant", "content": "a", key: value})
    kept = one({"role": "assistant", "content": "a", "provider_specific_fields": {key: value}})
    assert direct.extra == kept.extra == {key: value}


def test_opaque_content_of_tool_calls_is_found_in_all_three_places() -> None:
    opaque = {"google": {"thought_signature": "s"}}
    body = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [
        {"role": "assistant", "tool_calls": [{**body, "extra_content": opaque}]},
        {
            "role": "assistant",
            "tool_calls": [{**body, "provider_specific_fields": {"extra_content": opaque}}],
        },
        {
            "role": "assistant",
            "tool_calls": [body],
            "provider_specific_fields": {"tool_call_extras": {"c1": {"extra_content": opaque}}},
        },
    ]
    for message in openai_to_messages(messages):
        assert message.tool_calls[0].extra == {"extra_content": opaque}


def test_refusal_is_part_of_the_history() -> None:
    assert one({"role": "assistant", "refusal": "No."}).parts == (RefusalPart("No."),)


def test_message_level_cache_control_goes_to_the_last_text() -> None:
    marked = one({"role": "system", "content": "Long.", "cache_control": {"type": "ephemeral"}})
    assert marked.parts == (TextPart("Long.", {"cache_control": {"type": "ephemeral"}}),)


@pytest.mark.parametrize("bad", [{"content": "x"}, {"role": "robot", "content": "x"}, "text", 7])
def test_what_is_no_message_is_refused(bad: Any) -> None:
    with pytest.raises(ValueError, match="message"):
        openai_to_messages([bad])


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user", "assistant", "tool"])},
        optional={
            "content": st.text(max_size=20) | st.lists(st.dictionaries(st.text(max_size=4), _JSON)),
            "name": st.none() | st.text(max_size=5),
            "tool_call_id": st.text(max_size=5),
            "provider_specific_fields": st.none() | st.dictionaries(st.text(max_size=5), _JSON),
        },
    )
)
def test_any_message_of_a_known_role_is_converted(message: dict[str, Any]) -> None:
    converted = openai_to_messages([message])
    assert converted
    assert all(each.role in ("system", "user", "assistant", "tool") for each in converted)
    assert json.loads(json.dumps(message)) == message  # the caller's dictionary is left alone


class _Block:
    """A content block as a vendor's own client makes it."""

    def model_dump(self, *, exclude_none: bool) -> dict[str, Any]:
        assert exclude_none
        return {"type": "text", "text": "Hi."}


@pytest.mark.parametrize("role", ["system", "user", "assistant", "tool"])
@pytest.mark.parametrize(
    "content", [{"type": "text", "text": "Hi."}, [_Block()], [None, "", "Hi."]]
)
def test_a_block_counts_alone_and_as_an_object(role: str, content: Any) -> None:
    message = one({"role": role, "content": content, "tool_call_id": "a"})
    assert message.parts == (TextPart("Hi."),)


@pytest.mark.parametrize("role", ["system", "user", "assistant", "tool"])
@pytest.mark.parametrize("content", [1.5, True, [7], [["nested"]], [object()]])
def test_content_that_is_none_is_refused_and_never_dropped(role: str, content: Any) -> None:
    with pytest.raises(ValueError, match=r"content|block"):
        openai_to_messages([{"role": role, "content": content, "tool_call_id": "a"}])
