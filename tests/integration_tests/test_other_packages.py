"""Our messages in the hands of langchain-openai and langchain-anthropic: valid requests, without a
key that only we know.

What they build is read here; nothing is sent. `make comparison` has both packages.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from langchain_core.messages import BaseMessage, HumanMessage, ToolMessage

from langchain_aimlapi import portable
from langchain_aimlapi.emulator import Emulator, Say, ToolUse
from tests.unit_tests.langchain.helpers import ask, make

openai = pytest.importorskip("langchain_openai", reason="langchain-openai is not installed")
anthropic = pytest.importorskip("langchain_anthropic", reason="langchain-anthropic is missing")
pytestmark = [
    pytest.mark.peer,
    pytest.mark.filterwarnings("ignore::langchain_aimlapi.errors.UnsupportedParameterWarning"),
]

MAKERS = [
    "openai/gpt-4o", "openai/gpt-5-1-codex", "claude-opus-4-5", "claude-opus-4-8",
    "google/gemini-3-5-flash", "deepseek/deepseek-v4-flash", "openai/gpt-audio",
]  # fmt: skip
TEXTS = ["Weather in Paris?", "I look ☃.", "Sunny.", "It is sunny.", "And in Rome?"]
PNG = "data:image/png;base64,iVBORw0KGgo="
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
# The keys that each API knows (OpenAI's and Anthropic's references, read 2026-11-26).
CHAT = {
    "user": {"role", "content", "name"},
    "assistant": {"role", "content", "name", "tool_calls", "refusal", "audio"},
    "tool": {"role", "content", "tool_call_id"},
}
ITEMS = {
    "message": {"type", "role", "content", "id", "status", "phase"},
    "reasoning": {"type", "id", "summary", "content", "encrypted_content", "status"},
    "function_call": {"type", "id", "call_id", "name", "arguments", "status"},
    "function_call_output": {"type", "id", "call_id", "output", "status"},
}
BLOCKS = {
    "text": {"type", "text", "citations", "cache_control"},
    "image": {"type", "source", "cache_control"},
    "tool_use": {"type", "id", "name", "input", "cache_control"},
    "tool_result": {"type", "tool_use_id", "content", "is_error", "cache_control"},
}


def is_chat(payload: Mapping[str, Any]) -> bool:
    parts = {"text": {"type", "text"}, "image_url": {"type", "image_url"},
             "input_audio": {"type", "input_audio"}}  # fmt: skip
    return all(
        set(message) <= CHAT[message["role"]] and _known(message["content"], parts)
        for message in payload["messages"]
    )


def is_responses(payload: Mapping[str, Any]) -> bool:
    parts = {"input_text": {"type", "text"}, "output_text": {"type", "text", "annotations"},
             "input_image": {"type", "image_url", "detail"}}  # fmt: skip
    items = payload["input"]
    return all(
        set(item) <= ITEMS[item.get("type", "message")] and _known(item.get("content"), parts)
        for item in items
    ) and all("id" in item for item in items if item.get("type") == "reasoning")


def is_anthropic(payload: Mapping[str, Any]) -> bool:
    return all(
        set(message) == {"role", "content"} and _known(message["content"], BLOCKS)
        for message in payload["messages"]
    )


def _known(content: Any, blocks: Mapping[str, set[str]]) -> bool:
    if content is None or isinstance(content, str):
        return True
    return all(set(block) <= blocks.get(block.get("type"), set()) for block in content)


OTHERS: dict[str, tuple[Any, Callable[[Mapping[str, Any]], bool]]] = {
    "ChatOpenAI": (openai.ChatOpenAI(model="gpt-4o", api_key="x"), is_chat),
    "ChatOpenAI, responses": (
        openai.ChatOpenAI(model="gpt-5", api_key="x", use_responses_api=True, store=False),
        is_responses,
    ),
    "ChatAnthropic": (
        anthropic.ChatAnthropic(model="claude-opus-4-5", api_key="x"),
        is_anthropic,
    ),
}


async def history_of(name: str, version: str, colour: str) -> list[BaseMessage]:
    """A conversation with thoughts, a call and its result, and an image."""
    with Emulator() as api:
        spoken: dict[str, Any] = (
            {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}
            if "audio" in name
            else {"reasoning_effort": "low"}
        )
        model = make(model=name, output_version=version, **spoken, **api.settings())
        calls = () if "audio" in name else (ToolUse("get_weather", {"city": "Paris"}),)
        api.say(Say(TEXTS[1], reasoning="Hm.", calls=calls))
        speech = "UklGRg==" if "audio" in name else None
        api.say(Say(TEXTS[3], reasoning="So.", images=(PNG,), audio=speech))
        history: list[BaseMessage] = [HumanMessage(TEXTS[0])]
        bound = model.bind_tools([TOOL]) if calls else model
        first = await ask(bound, history, colour)
        results: list[BaseMessage] = [
            ToolMessage(TEXTS[2], tool_call_id=call["id"]) for call in first.tool_calls
        ]
        history += [first, *(results or [HumanMessage(TEXTS[2])])]
        last = await ask(bound, history, colour)
        return [*history, last, HumanMessage(TEXTS[4])]


@pytest.mark.parametrize("form", ["v0", "v1, portable", "v0, portable"])
@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("other", OTHERS)
async def test_another_package_makes_a_valid_request_of_our_messages(
    other: str, name: str, form: str, colour: str
) -> None:
    history = await history_of(name, form[:2], colour)
    drawn = history[-2]
    if form.endswith("portable"):
        history = portable(history)
    peer, is_valid = OTHERS[other]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        payload = peer._get_request_payload(history)
    sent = json.dumps(payload, ensure_ascii=False)
    assert is_valid(payload), sent
    silent = "audio" in name and form == "v0"  # what was spoken is no text of such a message
    texts = TEXTS[::2] if silent else TEXTS
    places = [sent.index(text) for text in texts]
    assert places == sorted(places)
    assert "emu1" not in sent, "what a vendor has signed for its own"
    is_drawn = any(block["type"] == "image" for block in drawn.content_blocks)
    assert (PNG.partition(",")[2] in sent) == (is_drawn and form.endswith("portable"))


async def test_a_v1_message_of_openais_own_items_is_one_of_theirs(colour: str) -> None:
    history = await history_of("openai/gpt-5-1-codex", "v1", colour)
    peer, _ = OTHERS["ChatOpenAI, responses"]
    items = peer._get_request_payload(history)["input"]
    assert all(set(item) <= ITEMS[item.get("type", "message")] for item in items)
    assert len([item for item in items if item.get("type") == "reasoning"]) == 2


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("other", OTHERS)
async def test_a_v1_message_of_ours_is_taken_like_one_of_any_other_package(
    other: str, name: str, colour: str
) -> None:
    """What is in it is langchain-core's; nothing of ours makes a difference."""
    history = await history_of(name, "v1", colour)
    theirs = [
        message.model_copy(
            update={
                "response_metadata": {"model_provider": "google_genai", "output_version": "v1"},
                "additional_kwargs": {},
                "id": None,
            }
        )
        if message.type == "ai"
        else message
        for message in history
    ]
    peer, _ = OTHERS[other]
    assert payload_or_error(peer, history) == payload_or_error(peer, theirs)


def payload_or_error(peer: Any, history: list[BaseMessage]) -> Any:
    """ChatAnthropic takes no sound from anybody."""
    try:
        return peer._get_request_payload(history)
    except ValueError as error:
        return str(error)
