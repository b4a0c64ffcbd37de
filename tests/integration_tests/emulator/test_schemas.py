"""The emulator refuses what the newest published schemas refuse, and nothing else.

Every live chat, messages and responses schema is asked with jsonschema and through the emulator's
own validation; the two verdicts must agree. Needs the documentation data beside the repository.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from langchain_aimlapi.emulator._core import Refusal
from langchain_aimlapi.emulator._models import Models
from langchain_aimlapi.emulator._validate import check_chat, refuse
from langchain_aimlapi.emulator.endpoints.responses import _issues
from tests.harness import contract
from tests.harness.paths import SHARED as API

pytestmark = pytest.mark.skipif(
    not (API / "schemas" / "index.json").exists(),
    reason="needs ../shared/api beside the repository",
)
CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
Body = dict[str, Any]

HI = {"role": "user", "content": "hi"}
PNG = "data:image/png;base64,iVBORw0KGgo="
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
STRICT = {"type": "function", "function": {"name": "f", "parameters": {}, "strict": True}}
CLAUDE_TOOL = {"name": "f", "input_schema": {"type": "object"}}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
SOURCE = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}


def said(*parts: Any) -> list[Body]:
    return [{"role": "user", "content": list(parts)}]


def text(value: str = "hi") -> Body:
    return {"type": "text", "text": value}


def after_call(content: Any = None, result: Any = "42", **more: Any) -> list[Body]:
    call = {"role": "assistant", "content": content, "tool_calls": [CALL]}
    return [HI, call, {"role": "tool", "tool_call_id": "c1", "content": result, **more}]


def probes() -> Iterator[tuple[str, Body]]:
    plain = {"messages": [HI]}
    yield "plain", plain
    for role in ("system", "developer", "function"):
        yield role, {"messages": [{"role": role, "content": "x"}, HI]}
        yield f"{role} list", {"messages": [{"role": role, "content": [text()]}, HI]}
    yield "system key", {"messages": [{"role": "system", "content": "x", "foo": 1}, HI]}
    yield "system name", {"messages": [{"role": "system", "content": "x", "name": "n"}, HI]}
    yield "user name", {"messages": [{**HI, "name": "bob"}]}
    yield "user list", {"messages": said(text())}
    yield "six parts", {"messages": said(*[text()] * 6)}
    yield "user null", {"messages": [{"role": "user", "content": None}]}
    yield "image", {"messages": said({"type": "image_url", "image_url": {"url": PNG}})}
    yield "claude image", {"messages": said({"type": "image", "source": SOURCE})}
    url = {"type": "url", "url": "https://example.com/a.png"}
    yield "claude image url", {"messages": said({"type": "image", "source": url})}
    pdf = {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}
    yield "file", {"messages": said({"type": "file", "file": pdf})}
    wav = {"data": "UklGRg==", "format": "wav"}
    yield "audio", {"messages": said({"type": "input_audio", "input_audio": wav})}
    video = {"url": "https://example.com/a.mp4"}
    yield "video", {"messages": said({"type": "video_url", "video_url": video})}
    yield "unknown part", {"messages": said({"type": "hologram", "hologram": {}})}
    yield "assistant list", {"messages": [HI, {"role": "assistant", "content": [text()]}, HI]}
    yield "call null", {"messages": after_call(None)}
    yield "call empty", {"messages": after_call("")}
    yield "call list", {"messages": after_call([text()])}
    yield "tool list", {"messages": after_call("x", [text()])}
    yield "tool name", {"messages": after_call("x", name="f")}
    yield "tool key", {"messages": after_call("x", status="error")}
    use = {"type": "tool_use", "id": "t1", "name": "f", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "42"}
    turns = [HI, {"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]
    yield "claude tools", {"messages": turns}
    yield "effort", {**plain, "reasoning_effort": "low"}
    yield "effort minimal", {**plain, "reasoning_effort": "minimal"}
    yield "thinking", {**plain, "thinking": {"type": "enabled", "budget_tokens": 1024}}
    yield "thinking small", {**plain, "thinking": {"type": "enabled", "budget_tokens": 10}}
    yield "usage", {**plain, "stream": True, "stream_options": {"include_usage": True}}
    yield "no usage", {**plain, "stream": True, "stream_options": {}}
    for name, values in PARAMS.items():
        for value in values:
            yield f"{name}={value!r}", {**plain, name: value}
    for tool in (TOOL, STRICT, CLAUDE_TOOL):
        for choice in CHOICES:
            extra = {} if choice is None else {"tool_choice": choice}
            yield f"tool {choice}", {**plain, "tools": [tool], **extra}


PARAMS: dict[str, tuple[Any, ...]] = {
    "temperature": (0, 0.7, 1.5, 3, "hot"),
    "top_p": (0, 0.05, 0.5, 2),
    "seed": (0, 1, 1.5),
    "n": (1, 2, 0),
    "max_tokens": (0, 10, "10"),
    "max_completion_tokens": (10,),
    "stop": ("a", ["a", "b"], [1]),
    "logprobs": (True, "yes"),
    "frequency_penalty": (0, 3),
    "parallel_tool_calls": (True, "no"),
    "system": ("s", [{"type": "text", "text": "s"}]),
    "response_format": (
        {"type": "json_object"},
        {"type": "text"},
        {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}},
        {"type": "yaml"},
    ),
}
CHOICES: tuple[Any, ...] = (
    None,
    "auto",
    "required",
    "none",
    "any",
    {"type": "function", "function": {"name": "f"}},
    {"type": "auto"},
    {"type": "tool", "name": "f"},
)


def schema_of(model: str, path: str) -> Any:
    """The newest published schema of a model; None where it has none at that path."""
    key = contract.keys(model).get(path)
    return None if key is None else contract.schema(key)


def one_model_per_shape(path: str) -> list[str]:
    """Served models with a conversation whose contract was read: of the others nothing is said."""
    seen: dict[int, str] = {}
    served = set(contract.served("chat", "messages", "responses"))
    for model in Models.load().live():
        shape, schema = model.shape(path), schema_of(model.id, path)
        if shape is None or schema is None or model.id not in served:
            continue
        if "x-unread" not in schema and not model.id.startswith("test/"):
            seen.setdefault(id(shape), model.id)
    return list(seen.values())


# The messages schema is a union over groups of models whose ids are not part of the published
# branches, so jsonschema lets one group's request pass as another's. The emulator holds a model to
# its own group.
LOOSE_UNION = ("temperature=", "top_p=")


def refused(model: str, path: str, body: Body) -> str | None:
    found = Models.load().find(model)
    assert found is not None
    try:
        if path == RESPONSES:
            refuse(_issues(body, found.shape(path) or {}))
        else:
            check_chat(body, found.shape(path))
    except Refusal as refusal:
        return refusal.message
    return None


def differences(path: str, bodies: list[tuple[str, Body]]) -> tuple[int, list[str]]:
    validators = pytest.importorskip("jsonschema")
    checked, found = 0, []
    for model in one_model_per_shape(path):
        validator = validators.Draft202012Validator(schema_of(model, path))
        for name, probe in bodies:
            body = {"model": model, **probe}
            valid, told = validator.is_valid(body), refused(model, path, body)
            checked += 1
            if valid is (told is not None):
                found.append(f"{model} {name}: schema {valid}, emulator said {told}")
    return checked, found


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_emulator_and_schema_agree_on_every_chat_probe(path: str) -> None:
    checked, found = differences(path, list(probes()))
    assert checked > 100
    if path == MESSAGES:
        found = [one for one in found if not one.partition(" ")[2].startswith(LOOSE_UNION)]
    assert found == []


def test_emulator_and_schema_agree_on_every_responses_probe() -> None:
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x"}]}
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c", "output": "42"}
    bodies: list[tuple[str, Body]] = [
        ("string", {"input": "hi"}),
        ("number", {"input": 1}),
        ("message", {"input": [message]}),
        ("easy message", {"input": [{"role": "user", "content": "hi"}]}),
        ("wrong role", {"input": [{"role": "robot", "content": "hi"}]}),
        ("call", {"input": [message, call, output]}),
        ("call without name", {"input": [{**call, "name": 1}]}),
        ("unknown item", {"input": [{"type": "telepathy"}]}),
        ("few tokens", {"input": "hi", "max_output_tokens": 15}),
        ("tokens", {"input": "hi", "max_output_tokens": 16}),
        ("temperature", {"input": "hi", "temperature": 3}),
        ("effort", {"input": "hi", "reasoning": {"effort": "low"}}),
        ("wrong effort", {"input": "hi", "reasoning": {"effort": "huge"}}),
        ("include", {"input": "hi", "include": ["reasoning.encrypted_content"]}),
        ("wrong include", {"input": "hi", "include": ["everything"]}),
    ]
    checked, found = differences(RESPONSES, bodies)
    assert checked > 100
    assert found == []
