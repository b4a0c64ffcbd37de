"""Whose reasoning goes back, and where the media of results stand."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from langchain_aimlapi._dialects.choose import choose_and_build
from langchain_aimlapi._domain.values import MediaPart, Message, RawPart, ReasoningPart
from langchain_aimlapi._fitting.notes import Notes, OnUnsupported
from langchain_aimlapi.catalog.lookup import Catalog
from langchain_aimlapi.errors import UnsupportedFeatureError
from tests.unit_tests.dialects.features import CALL, REASONED, THOUGHT, TOOLS, answer, ask, user

SEALED: dict[str, tuple[str, Message]] = {
    "anthropic": ("anthropic/claude-opus-4-5", answer("Hm.", thinking_blocks=[THOUGHT])),
    "openai": ("openai/gpt-5-1-codex", answer("Hm.", reasoning_items=[REASONED])),
    "google": (
        "google/gemini-3-5-flash",
        answer(calls=(replace(CALL, extra={"extra_content": {"google": "c2ln"}}),)),
    ),
    "deepseek": (
        "deepseek/deepseek-v4-flash",
        answer("Hm.", reasoning_details=[{"type": "reasoning.encrypted", "data": "gAAAA"}]),
    ),
}
SECRETS = ("c2ln", "gAAAA")
IMAGE = MediaPart("image", data="iVBORw0KGgo=", mime_type="image/png")


def sent(model: str, *messages: Message, policy: OnUnsupported = "warn", **options: Any) -> Any:
    request = replace(ask(*messages, **options), model=model)
    _, body = choose_and_build(Catalog.default().find(model), request, None, Notes(model, policy))
    return body


def from_model(vendor: str, **changes: Any) -> Message:
    model, message = SEALED[vendor]
    return replace(message, model=model, vendor=vendor, **changes)


@pytest.mark.parametrize("maker", SEALED)
@pytest.mark.parametrize("reader", SEALED)
def test_sealed_reasoning_goes_back_to_its_vendor_and_to_nobody_else(
    maker: str, reader: str
) -> None:
    model = SEALED[reader][0]
    result = Message("tool", (), tool_call_id="call_1")
    history = [user("?"), from_model(maker), *([result] if maker == "google" else []), user("so?")]
    text = json.dumps(sent(model, *history, **TOOLS))
    assert any(secret in text for secret in SECRETS) is (maker == reader)
    assert ("Hm." in text) is (maker != "google")


@pytest.mark.parametrize("vendor", SEALED)
def test_what_was_encrypted_for_another_account_is_left_out(vendor: str) -> None:
    message = from_model(vendor, elsewhere=True)
    result = Message("tool", (), tool_call_id="call_1")
    history = [user("?"), message, *([result] if vendor == "google" else []), user("so?")]
    text = json.dumps(sent(SEALED[vendor][0], *history, **TOOLS))
    # Anthropic's signatures hold on every platform.
    assert any(secret in text for secret in SECRETS) is (vendor == "anthropic")


def test_thoughts_in_plain_words_stay_where_they_lead_to_a_call() -> None:
    thought = replace(
        answer(ReasoningPart("I look.", signature="c2ln"), calls=(CALL,)),
        model="anthropic/claude-opus-4-5",
        vendor="anthropic",
    )
    result = Message("tool", (), tool_call_id="call_1")
    body = sent("deepseek/deepseek-v4-flash", user("?"), thought, result, **TOOLS)
    assert body["messages"][1]["reasoning_content"] == "I look."
    assert "c2ln" not in json.dumps(body)


def test_the_image_of_an_answer_is_shown_in_a_user_message() -> None:
    body = sent("openai/gpt-4o", user("Draw."), answer("Here.", IMAGE), user("Bluer!"))
    roles = [message["role"] for message in body["messages"]]
    assert roles == ["user", "assistant", "user", "user"]
    assert body["messages"][2]["content"][1]["type"] == "image_url"


# --- the user's content is delivered, or an error -----


def test_the_path_is_chosen_by_content() -> None:
    pdf = MediaPart("file", url="https://a.example/b.pdf")
    facts = Catalog.default().find("anthropic/claude-opus-4-5")
    request = replace(ask(user("?", pdf)), model="anthropic/claude-opus-4-5")
    shape, body = choose_and_build(facts, request, None, Notes(request.model))
    assert shape.dialect == "messages"
    assert body["messages"][0]["content"][1]["source"]["url"] == pdf.url


@pytest.mark.parametrize(
    "model", ["openai/gpt-4o", "claude-opus-4-5", "openai/gpt-5-pro", "google/gemini-3-5-flash"]
)
def test_a_block_that_no_path_takes_is_an_error_and_not_left_out(model: str) -> None:
    block = user("?", RawPart({"type": "mystery", "x": 1}))
    with pytest.raises(UnsupportedFeatureError, match="no content block of type 'mystery'"):
        sent(model, block)
    assert "mystery" in json.dumps(sent(model, block, policy="send"))
