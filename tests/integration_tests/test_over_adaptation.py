"""The mirror of conformance: what the newest contract takes as it is goes out as it is.

Each feature is a body in OpenAI's form. Where the emulator's own contract (its own reading of the
gateway's schemas) takes that body for an id, and names what the feature is about, the client must
neither fold nor drop nor refuse it. The client's own facts are not asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from langchain_aimlapi.emulator._models import CHAT, Models
from tests.harness.conformance.door import Door
from tests.harness.drift import ANSWER, TOOL

PARTS = 12
SAMPLE = ("openai/gpt-4o", "deepseek/deepseek-chat", "anthropic/claude-opus-4.8", "zhipu/glm-5.2")
MARK = {"type": "ephemeral"}
# Where the emulator's row is wider than what is known: beginnings of features.
WIDER: Mapping[str, tuple[str, ...]] = {
    # sound only, by the documentation of 2026-08-21
    "alibaba/qwen3-omni-30b-a3b-captioner": ("max_tokens", "a name"),
}
# What is only said beside sending it.
NOTICES = ("the model is deprecated", "has been superseded", "was sent although")
PIXEL = "data:image/png;base64,iVBORw0KGgo="
CALL = {"id": "call_1", "name": "weather", "args": {"place": "Bonn"}, "type": "tool_call"}
WIRE_CALL = {
    "id": "call_1", "type": "function",
    "function": {"name": "weather", "arguments": '{"place":"Bonn"}'},
}  # fmt: skip
HI = {"role": "user", "content": "Hello"}


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing to say.

    Attributes:
        name: For the table.
        wire: The body in OpenAI's form, beside ``model``.
        about: The parameters that the contract has to name; empty: what the messages hold.
        messages: The same conversation in LangChain's messages.
        kwargs: The same parameters.
        trace: A text that has to be in the body that leaves, however it is written.
    """

    name: str
    wire: Mapping[str, Any]
    about: tuple[str, ...] = ()
    messages: tuple[Any, ...] = (HumanMessage("Hello"),)
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    trace: str = ""


def _param(name: str, value: Any, **beside: Any) -> Feature:
    given = {name: value, **beside}
    title = f"{name}={json.dumps(value)[:40]}"
    return Feature(title, {"messages": [HI], **given}, tuple(given), kwargs=given)


def _talk(
    name: str, *wire: Any, messages: tuple[Any, ...], trace: str = "", **given: Any
) -> Feature:
    return Feature(name, {"messages": list(wire), **given}, tuple(given), messages, given, trace)


def _part(name: str, part: Mapping[str, Any], trace: str) -> Feature:
    content = [{"type": "text", "text": "See"}, dict(part)]
    wire = {"role": "user", "content": content}
    return _talk(name, wire, messages=(HumanMessage(content=list(content)),), trace=trace)


def _marked(kind: str, value: Any) -> dict[str, Any]:
    return {"type": kind, kind: value, "cache_control": MARK}


_TEXT = _marked("text", "Long")
FEATURES: tuple[Feature, ...] = (
    *(_param("temperature", value) for value in (0, 0.5, 1, 2)),
    *(_param("reasoning_effort", value) for value in ("none", "low", "medium", "high")),
    *(_param(name, value) for name, value in {
        "top_p": 0.5, "seed": 7, "stop": ["END"], "presence_penalty": -1.5, "n": 1, "user": "u",
        "frequency_penalty": 1.5, "logit_bias": {"50256": -100}, "max_tokens": 64,
        "max_completion_tokens": 64, "top_k": 20, "min_p": 0.1, "repetition_penalty": 1.1,
        "service_tier": "auto", "verbosity": "low", "store": False,
        "prompt_cache_key": "k", "enable_thinking": True, "logprobs": True,
    }.items()),
    _param("top_logprobs", 3, logprobs=True),
    _param("response_format", {"type": "json_object"}),
    _param("response_format", ANSWER),
    _param("tools", [TOOL]),
    *(_param("tool_choice", choice, tools=[TOOL]) for choice in ("auto", "none", "required")),
    _param("tool_choice", {"type": "function", "function": {"name": "weather"}}, tools=[TOOL]),
    _param("parallel_tool_calls", False, tools=[TOOL]),
    _talk("a system message", {"role": "system", "content": "Be brief."}, HI,
          messages=(SystemMessage("Be brief."), HumanMessage("Hello")), trace="Be brief."),
    _talk("a name", {**HI, "name": "Ann"}, messages=(HumanMessage("Hello", name="Ann"),),
          trace="Ann"),
    _talk("a tool loop with null content", HI,
          {"role": "assistant", "content": None, "tool_calls": [WIRE_CALL]},
          {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
          messages=(HumanMessage("Hello"), AIMessage("", tool_calls=[CALL]),
                    ToolMessage("rain", tool_call_id="call_1")),
          trace="rain", tools=[TOOL]),
    _talk("a list in a tool message", HI,
          {"role": "assistant", "content": None, "tool_calls": [WIRE_CALL]},
          {"role": "tool", "tool_call_id": "call_1", "content": [_TEXT]},
          messages=(HumanMessage("Hello"), AIMessage("", tool_calls=[CALL]),
                    ToolMessage([_TEXT], tool_call_id="call_1")),
          trace="ephemeral", tools=[TOOL]),
    _part("an image", {"type": "image_url", "image_url": {"url": PIXEL}}, PIXEL[22:]),
    _part("a marked image", _marked("image_url", {"url": PIXEL}), "ephemeral"),
    _part("an image by URL", {"type": "image_url", "image_url": {"url": "https://a.test/b.png"}},
          "https://a.test/b.png"),
    _part("sound", {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
          "UklGRg=="),
    _part("a video by URL", {"type": "video_url", "video_url": {"url": "https://a.test/b.mp4"}},
          "https://a.test/b.mp4"),
    _part("a file", {"type": "file", "file": {
        "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}}, "JVBERi0="),
    _talk("a marked text", {"role": "user", "content": [_TEXT]},
          messages=(HumanMessage([_TEXT]),), trace="ephemeral"),
    _talk("a marked system text", {"role": "system", "content": [_TEXT]}, HI,
          messages=(SystemMessage([_TEXT]), HumanMessage("Hello")), trace="ephemeral"),
    Feature("a marked tool", {"messages": [HI], "tools": [{**TOOL, "cache_control": MARK}]},
            ("tools",), kwargs={"tools": [{**TOOL, "cache_control": MARK}]}, trace="ephemeral"),
)  # fmt: skip


@pytest.fixture(scope="module")
def contract() -> Models:
    """The emulator's own contract."""
    return Models.load()


@pytest.fixture
def door() -> Iterator[Door]:
    opened = Door()
    yield opened
    opened.close()


def ids(contract: Models) -> list[str]:
    """Every listed id that chats."""
    return sorted(
        model.id for model in contract.listed()
        if CHAT in model.takes and not model.id.startswith("test/")
    )  # fmt: skip


def taken(contract: Models, model: str, feature: Feature) -> bool:
    """Whether the contract takes the feature as it is, by name."""
    found = contract.find(model)
    assert found is not None
    if not all(contract.declares(found, CHAT, name) for name in feature.about):
        return False
    return not contract.issues(found, CHAT, {"model": model, **feature.wire})


def complaint(door: Door, model: str, feature: Feature) -> str | None:
    """What the client does beside sending the feature; None where it just sends it."""
    sent = door.send(
        model,
        lambda chat, _stream: chat.invoke(list(feature.messages), **feature.kwargs),
        stream=False,
        dialect="completions",
    )
    if sent.refused or sent.crashed:
        return f"refused: {sent.refused or sent.crashed}"
    fitted = [words for words in sent.warned if not any(each in words for each in NOTICES)]
    if fitted:
        return f"fitted: {'; '.join(fitted)}"
    text = json.dumps(sent.body, ensure_ascii=False)
    return None if feature.trace in text else f"lost in silence: {text[:200]}"


def over_adapted(contract: Models, models: list[str], door: Door) -> list[str]:
    """Every row where the client does more than it must."""
    return [
        f"{model}: {feature.name}: {words}"
        for model in models
        for feature in FEATURES
        if not feature.name.startswith(WIDER.get(model, ()))
        and taken(contract, model, feature)
        and (words := complaint(door, model, feature))
    ]


@pytest.mark.parametrize("model", SAMPLE)
def test_what_the_contract_takes_goes_out_as_it_is(
    contract: Models, door: Door, model: str
) -> None:
    assert over_adapted(contract, [model], door) == []
    assert sum(taken(contract, model, feature) for feature in FEATURES) > 15


@pytest.mark.table
@pytest.mark.parametrize("part", range(PARTS))
def test_of_every_id(contract: Models, door: Door, part: int) -> None:
    models = ids(contract)
    assert len(models) > 250
    assert over_adapted(contract, models[part::PARTS], door) == []
