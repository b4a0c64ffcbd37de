"""Every recorded stream and answer of the API's own documentation, through the public door.

What is expected comes from a reader of a few lines in this file, which shares nothing with the
package. The recordings have the form that they came in, and words of our own (tests/data).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk

from langchain_aimlapi import ChatAimlapi
from langchain_aimlapi.emulator import Emulator
from tests.harness.paths import PUBLISHED
from tests.unit_tests.langchain.helpers import (
    MODEL,
    Wire,
    add_up,
    ask,
    reasoning_of,
    stream,
    text_of,
)

TOLD_ONCE = (
    "model_name", "id", "created", "finish_reason", "native_finish_reason", "cost",
    "cost_details", "token_usage",
    "inference_id", "client_request_id", "system_fingerprint",
)  # fmt: skip


def _names(folder: str, *kinds: str) -> list[str]:
    paths = sorted((PUBLISHED / folder).glob("*"))
    return [p.name for p in paths if p.name.startswith(kinds)]


STREAMS = _names("transcripts", "")
ANSWERS = _names("responses", "chat__", "responses__", "messages__")


# --- the independent reader -----


@dataclass(frozen=True)
class Said:
    """What an answer says, read off its JSON."""

    text: str
    reasoning: str
    id: str
    model: str
    native: str
    usage: Mapping[str, int]
    raw_usage: Mapping[str, Any]
    cost: Mapping[str, Any] | None = None
    fingerprint: str | None = None


def read_answer(body: Mapping[str, Any]) -> Said:
    if "choices" in body:
        return _chat(body)
    return _responses(body) if "output" in body else _messages(body)


def _chat(body: Mapping[str, Any]) -> Said:
    choice = body["choices"][0]
    text = choice["message"]["content"]
    reasoning = choice["message"].get("reasoning_content") or choice["message"].get("reasoning")
    inline = re.match(r"\s*<think>(.*?)</think>\s*(.*)", text, re.S)
    if inline:
        reasoning, text = inline[1].strip(), inline[2]
    return Said(
        text,
        reasoning or "",
        body["id"],
        body["model"],
        choice.get("native_finish_reason") or choice["finish_reason"],
        _openai_usage(body["usage"]),
        body["usage"],
        _charge(body),
        body.get("system_fingerprint") or None,
    )


def _openai_usage(usage: Mapping[str, Any]) -> dict[str, int]:
    prompt, completion = usage["prompt_tokens"], usage["completion_tokens"]
    outputs = usage.get("completion_tokens_details") or {}
    inputs = usage.get("prompt_tokens_details") or {}
    thought = outputs.get("reasoning_tokens") or 0
    if thought and usage["total_tokens"] == prompt + completion + thought:
        completion += thought  # counted beside the completion
    cached = inputs.get("cached_tokens")
    return {
        "input": prompt,
        "output": completion,
        "total": usage["total_tokens"],
        "reasoning": thought,
        "cached": (usage.get("prompt_cache_hit_tokens") if cached is None else cached) or 0,
    }


def _charge(body: Mapping[str, Any]) -> dict[str, Any] | None:
    told = (body.get("meta") or {}).get("usage")
    if not told:
        return None
    credits = told.get("credits_used", told.get("tokens_used"))
    return {"usd": told.get("usd_spent", credits / 2_000_000), "credits": credits}


def _responses(body: Mapping[str, Any]) -> Said:
    usage = body["usage"]
    summary = [
        piece["text"]
        for item in body["output"]
        if item["type"] == "reasoning"
        for piece in item.get("summary") or ()
    ]
    return Said(
        body["output_text"],
        "\n\n".join(summary),
        body["id"],
        body["model"],
        body.get("status") or "completed",
        {
            "input": usage["input_tokens"],
            "output": usage["output_tokens"],
            "total": usage["total_tokens"],
            "reasoning": usage["output_tokens_details"]["reasoning_tokens"],
            "cached": usage["input_tokens_details"]["cached_tokens"],
        },
        usage,
    )


def _messages(body: Mapping[str, Any]) -> Said:
    usage = body["usage"]
    cached = usage["cache_read_input_tokens"]
    read = usage["input_tokens"] + cached + usage["cache_creation_input_tokens"]
    return Said(
        "".join(block["text"] for block in body["content"] if block["type"] == "text"),
        "".join(block["thinking"] for block in body["content"] if block["type"] == "thinking"),
        body["id"],
        body["model"],
        body["stop_reason"],
        {
            "input": read,
            "output": usage["output_tokens"],
            "total": read + usage["output_tokens"],
            "reasoning": 0,
            "cached": cached,
        },
        usage,
        _charge(body),
    )


def read_stream(data: bytes) -> Said:
    frames = [
        json.loads(line[len("data: ") :])
        for line in data.decode().splitlines()
        if line.startswith("data: ") and line != "data: [DONE]"
    ]
    deltas = [choice.get("delta") or {} for frame in frames for choice in frame["choices"]]
    usage = next(frame["usage"] for frame in reversed(frames) if frame["usage"])
    finishes = [c.get("finish_reason") for frame in frames for c in frame["choices"]]
    return Said(
        "".join(delta.get("content") or "" for delta in deltas),
        "".join(delta.get("reasoning_content") or "" for delta in deltas),
        next(frame["id"] for frame in frames if frame["id"]),
        frames[0]["model"],
        next(f for f in finishes if f),
        _openai_usage(usage),
        usage,
    )


# --- comparing -----


def check(message: AIMessage, said: Said) -> None:
    """The message says what was said, no more and no less."""
    assert message.text == said.text
    assert text_of(message) == said.text
    assert reasoning_of(message) == said.reasoning
    kinds = [block["type"] for block in message.content_blocks]
    assert len(kinds) == len(set(kinds)), "a block of each type at most"
    assert message.tool_calls == []
    assert message.invalid_tool_calls == []
    usage = message.usage_metadata
    assert usage is not None
    assert usage["input_tokens"] == said.usage["input"]
    assert usage["output_tokens"] == said.usage["output"]
    assert usage["total_tokens"] == said.usage["total"]
    assert usage.get("output_token_details", {}).get("reasoning", 0) == said.usage["reasoning"]
    assert usage.get("input_token_details", {}).get("cache_read", 0) == said.usage["cached"]
    told = message.response_metadata
    assert told["model_provider"] == "aimlapi"
    assert told["model_name"] == said.model
    assert told["id"] == said.id
    assert told["finish_reason"] == "stop"  # every recording ends in good order
    assert told["native_finish_reason"] == said.native
    details = told.get("cost_details")
    assert told.get("cost") == (details and details["usd"])
    assert {k: v for k, v in (details or {}).items() if k != "source"} == (said.cost or {})
    assert (
        told["token_usage"].items()
        >= {k: v for k, v in said.raw_usage.items() if v and not isinstance(v, dict)}.items()
    )
    assert told["inference_id"]
    assert told["client_request_id"]
    assert told.get("system_fingerprint") == said.fingerprint


def check_chunks(chunks: list[AIMessageChunk], said: Said) -> None:
    """The chunks add up to what was said, and say each thing once."""
    check(add_up(chunks), said)
    assert sum(chunk.usage_metadata is not None for chunk in chunks) == 1
    for name in TOLD_ONCE:
        assert sum(name in chunk.response_metadata for chunk in chunks) <= 1, name
    assert [chunk.chunk_position for chunk in chunks].count("last") == 1
    assert chunks[-1].chunk_position == "last"
    assert len({chunk.id for chunk in chunks}) == 1


@pytest.fixture(params=["v0", "v1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# --- streams -----


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("split", [None, 1])
async def test_a_recorded_stream_gives_one_right_message(
    shared: Path, name: str, split: int | None, version: str, colour: str
) -> None:
    data = (shared / "transcripts" / name).read_bytes()
    with Emulator() as api:
        model = ChatAimlapi(model=MODEL, output_version=version, **api.settings())
        api.replay(data, split=split)
        check_chunks(await stream(model, "What do you think?", colour), read_stream(data))
        # A server may send a stream although none was asked for.
        api.replay(data, split=split)
        check(await ask(model, "What do you think?", colour), read_stream(data))


@pytest.mark.parametrize("name", STREAMS)
async def test_a_recorded_stream_under_streaming_true_gives_one_right_message(
    shared: Path, name: str, version: str, colour: str
) -> None:
    data = (shared / "transcripts" / name).read_bytes()
    with Emulator() as api:
        model = ChatAimlapi(model=MODEL, output_version=version, streaming=True, **api.settings())
        api.replay(data)
        check(await ask(model, "What do you think?", colour), read_stream(data))
        assert api.requests[0].body["stream"] is True


@pytest.mark.parametrize("name", STREAMS)
async def test_a_recorded_stream_reads_the_same_in_pieces_of_any_size(
    shared: Path, name: str, colour: str
) -> None:
    data = (shared / "transcripts" / name).read_bytes()
    wire = Wire()
    model = wire.model()
    said = read_stream(data)
    wire.headers["x-client-request-id"] = "c-1"
    for size in (2, 3, 5, 17, 256, 1000):
        wire.give(data, cuts=range(size, len(data), size))
        check_chunks(await stream(model, "hi", colour), said)


@pytest.mark.slow
async def test_a_recorded_stream_reads_the_same_cut_in_two_at_any_byte(
    shared: Path, colour: str
) -> None:
    paths = sorted((shared / "transcripts").glob("*.sse"), key=lambda p: p.stat().st_size)
    data = paths[0].read_bytes()
    wire = Wire()
    wire.headers["x-client-request-id"] = "c-1"
    model = wire.model()
    wire.give(data)
    wanted = [_bare(chunk) for chunk in await stream(model, "hi", colour)]
    for at in range(1, len(data)):
        wire.give(data, cuts=[at])
        found = [_bare(chunk) for chunk in await stream(model, "hi", colour)]
        assert found == wanted, f"cut at {at}"


def _bare(chunk: AIMessageChunk) -> dict[str, Any]:
    return {**chunk.model_dump(), "id": None}


@pytest.mark.parametrize("line_end", [b"\r\n", b"\r"])
@pytest.mark.parametrize("name", STREAMS)
async def test_a_recorded_stream_may_have_any_line_ending(
    shared: Path, name: str, line_end: bytes, colour: str
) -> None:
    data = (shared / "transcripts" / name).read_bytes()
    wire = Wire(b"\xef\xbb\xbf: hello" + line_end * 2 + data.replace(b"\n", line_end))
    wire.headers["x-client-request-id"] = "c-1"
    check_chunks(await stream(wire.model(), "hi", colour), read_stream(data))


# --- whole answers -----


@pytest.mark.parametrize("name", ANSWERS)
async def test_a_recorded_answer_gives_one_right_message(
    shared: Path, name: str, version: str, colour: str
) -> None:
    body = json.loads((shared / "responses" / name).read_text(encoding="utf-8"))
    said = read_answer(body)
    with Emulator() as api:
        model = ChatAimlapi(model=MODEL, output_version=version, **api.settings())
        api.replay(body)
        check(await ask(model, "Hello", colour), said)
        # A server may answer `stream: true` with plain JSON.
        api.replay(body)
        check_chunks(await stream(model, "Hello", colour), said)
        assert [r.body.get("stream") for r in api.requests] == [None, True]


@pytest.mark.parametrize("name", ANSWERS[:: max(1, len(ANSWERS) // 12)])
async def test_a_recorded_answer_reads_the_same_byte_by_byte(
    shared: Path, name: str, colour: str
) -> None:
    data = (shared / "responses" / name).read_bytes()
    wire = Wire()
    wire.headers["x-client-request-id"] = "c-1"
    wire.give(data, cuts=range(1, len(data)))
    model = wire.model()
    said = read_answer(json.loads(data))
    check(await ask(model, "Hello", colour), said)
    check_chunks(await stream(model, "Hello", colour), said)
