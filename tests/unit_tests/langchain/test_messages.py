"""LangChain messages in every spelling -> the neutral conversation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)

from langchain_aimlapi._domain.content import content_to_parts
from langchain_aimlapi._domain.values import (
    MediaPart,
    RawPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
)
from langchain_aimlapi._langchain.messages import messages_to_domain

ROLES: list[tuple[BaseMessage, str]] = [
    (SystemMessage("x"), "system"),
    (SystemMessage("x", additional_kwargs={"__openai_role__": "developer"}), "developer"),
    (HumanMessage("x"), "user"),
    (AIMessage("x"), "assistant"),
    (ToolMessage("x", tool_call_id="c1"), "tool"),
    (FunctionMessage(content="x", name="f"), "tool"),
    (ChatMessage(content="x", role="developer"), "developer"),
    (ChatMessage(content="x", role="user"), "user"),
    (ChatMessage(content="x", role="assistant"), "assistant"),
]


@pytest.mark.parametrize(("message", "role"), ROLES, ids=lambda value: str(value)[:20])
def test_every_kind_of_message_has_its_role(message: BaseMessage, role: str) -> None:
    [found] = messages_to_domain([message])
    assert found.role == role
    assert found.parts == (TextPart("x"),)


def test_a_message_that_is_none_is_refused_by_name() -> None:
    for message in (RemoveMessage(id="1"), ChatMessage(content="x", role="critic")):
        with pytest.raises(ValueError, match=r"RemoveMessage|critic"):
            messages_to_domain([message])


DATA = "aGVsbG8="
URL = "https://example.com/a.png"
URI = f"data:image/png;base64,{DATA}"
IMAGES: list[dict[str, Any]] = [
    {"type": "image_url", "image_url": {"url": URI}},
    {"type": "image_url", "image_url": URI},
    {"type": "image", "base64": DATA, "mime_type": "image/png"},
    {"type": "image", "source_type": "base64", "data": DATA, "mime_type": "image/png"},
    {"type": "image", "url": URI},
    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": DATA}},
    {"type": "media", "mime_type": "image/png", "data": DATA},
    {"type": "non_standard", "value": {"type": "image_url", "image_url": {"url": URI}}},
]


@pytest.mark.parametrize("block", IMAGES, ids=range(len(IMAGES)))
def test_every_spelling_of_an_image_is_the_same_image(block: dict[str, Any]) -> None:
    [part] = content_to_parts([block])
    assert isinstance(part, MediaPart)
    assert (part.kind, part.data, part.mime_type, part.url) == ("image", DATA, "image/png", None)


@pytest.mark.parametrize(
    ("block", "kind", "mime"),
    [
        ({"type": "input_audio", "input_audio": {"data": DATA, "format": "mp3"}}, "audio",
         "audio/mpeg"),
        ({"type": "audio", "base64": DATA, "mime_type": "audio/wav"}, "audio", "audio/wav"),
        ({"type": "file", "base64": DATA, "mime_type": "application/pdf"}, "file",
         "application/pdf"),
        ({"type": "file", "file": {"file_data": f"data:application/pdf;base64,{DATA}"}}, "file",
         "application/pdf"),
        ({"type": "document", "source": {"type": "base64", "media_type": "application/pdf",
                                         "data": DATA}}, "file", "application/pdf"),
        ({"type": "video", "base64": DATA, "mime_type": "video/mp4"}, "video", "video/mp4"),
    ],
    ids=range(6),
)  # fmt: skip
def test_sound_files_and_films_are_read_in_every_spelling(
    block: dict[str, Any], kind: str, mime: str
) -> None:
    [part] = content_to_parts([block])
    assert isinstance(part, MediaPart)
    assert (part.kind, part.data, part.mime_type) == (kind, DATA, mime)


def test_links_file_ids_names_and_details_are_kept() -> None:
    parts = content_to_parts(
        [
            {"type": "image_url", "image_url": {"url": URL, "detail": "low"}},
            {"type": "image", "url": URL, "extras": {"detail": "low"}},
            {"type": "file", "file_id": "file-1"},
            {"type": "file", "file": {"file_id": "file-1", "filename": "a.pdf"}},
            {"type": "file", "url": URL, "extras": {"filename": "a.pdf"}},
        ]
    )
    assert all(isinstance(part, MediaPart) for part in parts)
    media: Any = parts
    assert [part.url for part in media] == [URL, URL, None, None, URL]
    assert [part.detail for part in media] == ["low", "low", None, None, None]
    assert [part.file_id for part in media] == [None, None, "file-1", "file-1", None]
    assert [part.filename for part in media][3:] == ["a.pdf", "a.pdf"]


def test_plain_text_documents_are_text() -> None:
    for block in (
        {"type": "text-plain", "text": "words", "mime_type": "text/plain"},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain",
                                        "data": "words"}},
        {"type": "file", "source_type": "text", "text": "words"},
    ):  # fmt: skip
        [part] = content_to_parts([block])
        assert isinstance(part, MediaPart)
        assert part.is_text
        assert part.data == "words"


def test_thoughts_and_refusals_are_their_own_parts() -> None:
    parts = content_to_parts(
        [
            {"type": "thinking", "thinking": "hm", "signature": "s"},
            {"type": "reasoning", "reasoning": "hm", "extras": {"signature": "s"}},
            {"type": "redacted_thinking", "data": "d"},
            {"type": "refusal", "refusal": "no"},
            {"type": "strange", "x": 1},
            "text",
            {"type": "text", "text": "", "index": 0},
            {"type": "tool_call", "id": "c", "name": "f", "args": {}},
        ]
    )
    assert [type(part) for part in parts] == [
        ReasoningPart, ReasoningPart, ReasoningPart, RefusalPart, RawPart, TextPart,
    ]  # fmt: skip
    first, second, third = parts[:3]
    assert isinstance(first, ReasoningPart)
    assert isinstance(second, ReasoningPart)
    assert isinstance(third, ReasoningPart)
    assert (first.text, first.signature) == (second.text, second.signature) == ("hm", "s")
    assert third.data == "d"


def test_marks_of_a_prompt_cache_are_kept() -> None:
    mark = {"type": "ephemeral"}
    for block in (
        {"type": "text", "text": "x", "cache_control": mark},
        {"type": "text", "text": "x", "extras": {"cache_control": mark}},
    ):
        [part] = content_to_parts([block])
        assert part == TextPart("x", {"cache_control": mark})


def test_calls_results_and_what_a_provider_signed_are_kept() -> None:
    signed = {"reasoning_details": [{"type": "reasoning.encrypted", "data": "d"}]}
    message = AIMessage(
        [{"type": "text", "text": "I look."}, {"type": "tool_use", "id": "c1", "name": "f",
                                               "input": {"a": "é"}}],
        tool_calls=[{"id": "c1", "name": "f", "args": {"a": "é"}}],
        invalid_tool_calls=[{"id": "c2", "name": "g", "args": "{bad", "error": None,
                             "type": "invalid_tool_call"}],
        additional_kwargs={**signed, "tool_call_extras": {"c1": {"extra_content": {"g": 1}}},
                           "unknown": 1},
    )  # fmt: skip
    result = ToolMessage("no", tool_call_id="c1", status="error", name="f")
    asked, told = messages_to_domain([message, result])
    assert asked.parts == (TextPart("I look."),)
    first, second = asked.tool_calls
    assert (first.id, first.name, json.loads(first.arguments)) == ("c1", "f", {"a": "é"})
    assert first.extra == {"extra_content": {"g": 1}}
    assert (second.arguments, second.valid) == ("{bad", False)
    assert asked.extra == signed
    assert told.is_error
    assert (told.tool_call_id, told.name) == ("c1", "f")


def test_results_in_a_user_message_become_tool_messages_before_it() -> None:
    message = HumanMessage(
        [
            {"type": "tool_result", "tool_use_id": "c1", "content": "42", "is_error": True},
            {"type": "text", "text": "And now?"},
        ]
    )
    result, rest = messages_to_domain([message])
    assert (result.role, result.tool_call_id, result.parts) == ("tool", "c1", (TextPart("42"),))
    assert result.is_error
    assert (rest.role, rest.parts) == ("user", (TextPart("And now?"),))


def test_calls_that_stand_in_the_content_only_are_found() -> None:
    message = AIMessage([{"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}])
    [found] = messages_to_domain([message])
    [call] = found.tool_calls
    assert (call.id, call.name, json.loads(call.arguments)) == ("c1", "f", {"a": 1})


def test_a_message_is_not_changed_by_reading_it() -> None:
    block = {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}
    message = HumanMessage([block])
    before = message.model_dump_json()
    messages_to_domain([message])
    assert message.model_dump_json() == before
