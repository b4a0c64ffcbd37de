"""`portable`: plain messages of any conversation, for any package."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)

from langchain_aimlapi import portable

PNG = "iVBORw0KGgo="
CALL: dict[str, Any] = {
    "name": "look",
    "args": {"city": "Oslo"},
    "id": "call_1",
    "type": "tool_call",
}
OURS = {"model_provider": "aimlapi", "model_name": "claude-opus-4-5"}
RICH = AIMessage(
    "First. Then.",
    id="run-1",
    tool_calls=[CALL],
    additional_kwargs={
        "reasoning_content": "Hm.",
        "thinking_blocks": [{"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}],
        "reasoning_items": [{"id": "rs_1", "encrypted_content": "gAAAA"}],
        "server_tool_calls": [{"type": "server_tool_use", "id": "srv_1", "name": "web_search"}],
        "annotations": [{"type": "url_citation", "url": "https://a.example"}],
        "tool_call_extras": {"call_1": {"extra_content": {"google": "c2ln"}}},
        "block_order": [
            {"index": 0, "type": "text", "start": 0},
            {"index": 1, "type": "reasoning"},
            {"index": 2, "type": "text", "start": 6},
        ],
    },
    response_metadata=OURS,
    usage_metadata={"input_tokens": 1, "output_tokens": 1, "total_tokens": 2},
)


def form_of(message: BaseMessage) -> dict[str, Any]:
    """What a message holds, without what is empty."""
    found = message.model_dump()
    for call in (*found.get("tool_calls", ()), *found.get("invalid_tool_calls", ())):
        call.pop("type", None)
    return {key: value for key, value in found.items() if value not in (None, {}, [], "success")}


def one(message: BaseMessage) -> dict[str, Any]:
    [plain] = portable([message])
    return form_of(plain)


@pytest.mark.parametrize("version", ["v0", "v1"])
def test_an_answer_is_its_text_and_its_calls(version: str) -> None:
    answer = RICH
    if version == "v1":
        metadata = {**OURS, "output_version": "v1"}
        content: Any = RICH.content_blocks
        answer = RICH.model_copy(update={"content": content, "response_metadata": metadata})
    before = answer.model_dump()
    call = {key: CALL[key] for key in ("name", "args", "id")}
    assert one(answer) == {
        "content": "First. Then.", "type": "ai", "id": "run-1", "tool_calls": [call],
    }  # fmt: skip
    assert answer.model_dump() == before, "the argument is not changed"


def test_answers_of_other_packages_are_read_too() -> None:
    claude = AIMessage(
        [
            {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
            {"type": "text", "text": "I look."},
            {"type": "tool_use", "id": "call_1", "name": "look", "input": {"city": "Oslo"}},
        ],
        tool_calls=[CALL],
        response_metadata={"model_provider": "anthropic"},
    )
    found = one(claude)
    assert found["content"] == "I look."
    assert [each["id"] for each in found["tool_calls"]] == ["call_1"]


def test_the_words_of_a_spoken_answer_and_of_a_refusal_are_text() -> None:
    spoken = {"audio": {"id": "audio_1", "data": "UklGRg==", "transcript": "Hello."}}
    assert one(AIMessage("", additional_kwargs=spoken)) == {"content": "Hello.", "type": "ai"}
    refused = AIMessage("", additional_kwargs={"refusal": "I cannot."})
    assert one(refused) == {"content": "I cannot.", "type": "ai"}


def test_images_of_answers_and_results_stand_in_the_next_user_message() -> None:
    drawn = AIMessage(
        "Here.",
        additional_kwargs={
            "images": [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}]
        },
        tool_calls=[CALL],
    )
    image: Any = {"type": "image", "base64": PNG, "mime_type": "image/png"}
    seen = ToolMessage([{"type": "text", "text": "Look:"}, image], tool_call_id="call_1")
    plain = portable([HumanMessage("Draw."), drawn, seen, HumanMessage("Bluer!")])
    assert [message.type for message in plain] == ["human", "ai", "tool", "human", "human"]
    assert [plain[1].content, plain[2].content] == ["Here.", "Look:"]
    behind: Any = plain[3].content
    assert [block["type"] for block in behind] == ["text", "image", "text", "image"]
    assert behind[1] == behind[3] == image
    assert portable([HumanMessage("Draw."), drawn.model_copy(update={"tool_calls": []})])[-1].type
    assert len(portable([drawn])) == 2, "at the end as well"


USERS: list[tuple[Any, Any]] = [
    ("Hello.", "Hello."),
    ([{"type": "text", "text": "Hi.", "cache_control": {"type": "ephemeral"}}], "Hi."),
    ([{"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}],
     [{"type": "image", "url": "https://a.example/b.png"}]),
    ([{"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"}],
     [{"type": "image", "base64": PNG, "mime_type": "image/png"}]),
    ([{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}],
     [{"type": "image", "base64": PNG, "mime_type": "image/png"}]),
    ([{"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}],
     [{"type": "audio", "base64": "UklGRg==", "mime_type": "audio/wav"}]),
    ([{"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERg==",
                                "filename": "a.pdf"}}],
     [{"type": "file", "base64": "JVBERg==", "mime_type": "application/pdf",
       "filename": "a.pdf"}]),
    ([{"type": "file", "file_id": "file-1"}],
     [{"type": "file", "file_id": "file-1", "filename": "document.pdf"}]),
    ([{"type": "text-plain", "text": "A page.", "mime_type": "text/plain", "title": "a.txt"}],
     "a.txt:\nA page."),
    ([{"type": "mystery", "x": 1}], [{"type": "mystery", "x": 1}]),
]  # fmt: skip


@pytest.mark.parametrize(("written", "plain"), USERS)
def test_the_users_content_is_kept_in_standard_blocks(written: Any, plain: Any) -> None:
    assert one(HumanMessage(written, name="Ada", id="h1")) == {
        "content": plain, "type": "human", "name": "Ada", "id": "h1",
    }  # fmt: skip


def test_calls_and_results_keep_together_under_ids_that_everybody_takes() -> None:
    odd = "functions.look:0"
    call = {**CALL, "id": odd}
    broken: Any = {"name": "look", "args": '{"city": "Os', "id": "x" * 90, "error": None}
    history = [
        AIMessage("", tool_calls=[call], invalid_tool_calls=[broken]),
        ToolMessage("cold", tool_call_id=odd, status="error", artifact={"private": 1}),
        ToolMessage("?", tool_call_id="x" * 90),
    ]
    answer, first, second = portable(history)
    assert isinstance(answer, AIMessage)
    assert isinstance(first, ToolMessage)
    assert isinstance(second, ToolMessage)
    assert answer.tool_calls[0]["id"] == first.tool_call_id
    assert answer.invalid_tool_calls[0]["id"] == second.tool_call_id
    assert answer.invalid_tool_calls[0]["args"] == broken["args"]
    assert first.status == "error"
    for call_id in (first.tool_call_id, second.tool_call_id):
        assert call_id.replace("_", "").isalnum()
        assert len(call_id) <= 64


def test_older_forms_are_told_in_todays() -> None:
    function = {"name": "look", "arguments": '{"city": "Oslo"}'}
    history: list[Any] = [
        ("system", "Be brief."),
        {"role": "developer", "content": "Be kind."},
        AIMessage("", additional_kwargs={"function_call": function}),
        FunctionMessage(content="cold", name="look"),
        HumanMessage([{"type": "tool_result", "tool_use_id": "t1", "content": "warm"}]),
    ]
    plain = portable(history)
    assert [message.type for message in plain] == ["system", "system", "ai", "tool", "tool"]
    assert isinstance(plain[1], SystemMessage)
    assert plain[1].additional_kwargs == {"__openai_role__": "developer"}
    call, result = plain[2], plain[3]
    assert isinstance(call, AIMessage)
    assert isinstance(result, ToolMessage)
    assert call.tool_calls[0]["id"] == result.tool_call_id
    assert plain[4].content == "warm"


def test_it_is_the_same_when_it_is_done_twice() -> None:
    history = [HumanMessage("Q"), RICH, ToolMessage("cold", tool_call_id="call_1")]
    once = portable(history)
    assert portable(once) == once
    assert "c2ln" not in json.dumps([message.model_dump() for message in once])


def test_what_is_no_message_of_a_conversation_is_refused() -> None:
    with pytest.raises(ValueError, match="RemoveMessage"):
        portable([RemoveMessage(id="1")])
