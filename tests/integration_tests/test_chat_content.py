"""What an answer may hold beside text: reasoning, calls, citations, sound, pictures. Each
arrives in streams and whole, in both output versions, and stands in ``content_blocks``."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage

from langchain_aimlapi.emulator import Emulator, Say, ToolUse
from tests.unit_tests.langchain.helpers import (
    MODEL,
    Wire,
    add_up,
    answer,
    blocks_of,
    delta,
    make,
    reasoning_of,
    sse,
    stream,
    text_of,
    whole,
)

THOUGHT = "First I think.\n\nThen I am sure."


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(params=["whole", "stream"])
def manner(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["v0", "v1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def kinds(message: AIMessage) -> list[str]:
    return [block["type"] for block in message.content_blocks]


# --- reasoning -----

REASONERS = {
    "reasoning_content": "deepseek/deepseek-v4-flash",
    "reasoning_details": "nvidia/nemotron-3-nano-30b-a3b",
    "inline": "minimax/m2",
    "thinking blocks": "anthropic/claude-opus-4.5",
    "responses items": "openai/gpt-5-1-codex",
}


@pytest.mark.parametrize("form", REASONERS)
async def test_every_form_of_reasoning_is_a_reasoning_block_before_the_text(
    api: Emulator, form: str, manner: str, version: str, colour: str
) -> None:
    api.say(Say("The answer.", reasoning=THOUGHT), times=None)
    model = make(
        model=REASONERS[form],
        output_version=version,
        **({"reasoning": {"summary": "auto"}} if form == "responses items" else {}),
        **api.settings(),
    )
    message = await answer(model, "Why?", colour, manner)
    assert kinds(message) == ["reasoning", "text"]
    assert reasoning_of(message) == THOUGHT
    assert text_of(message) == message.text == "The answer."


@pytest.mark.parametrize(
    "said",
    [
        {"reasoning_content": THOUGHT},
        {"reasoning": THOUGHT},
        {"reasoning": THOUGHT, "reasoning_details": [
            {"type": "reasoning.text", "text": THOUGHT, "index": 0}]},
        {"reasoning_details": [{"type": "reasoning.text", "text": THOUGHT, "index": 0}]},
        {"reasoning": THOUGHT, "reasoning_content": THOUGHT},
        {"content": f"<think>\n{THOUGHT}\n</think>\n\nThe answer."},
        {"content": [{"type": "thinking", "thinking": THOUGHT},
                     {"type": "text", "text": "The answer."}]},
    ],
    ids=["content", "plain", "details", "only details", "both", "inline", "parts"],
)  # fmt: skip
async def test_reasoning_is_told_once_however_often_the_vendor_says_it(
    said: dict[str, Any], manner: str, version: str, colour: str
) -> None:
    said = {"content": "The answer.", **said}
    body = sse(delta(said), delta({}, finish="stop")) if manner == "stream" else whole(said)
    message = await answer(Wire(body).model(output_version=version), "Why?", colour, manner)
    assert kinds(message) == ["reasoning", "text"]
    assert reasoning_of(message) == THOUGHT
    assert message.text == "The answer."


async def test_inline_thoughts_are_told_apart_wherever_they_are_cut(colour: str) -> None:
    text = "<think>\nA < b </thin k>\n</think>\n\n<think> is a tag, too"
    for size in range(1, len(text)):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        body = sse(*(delta({"content": piece}) for piece in pieces), delta({}, finish="stop"))
        message = add_up(await stream(Wire(body).model(), "hi", colour))
        assert reasoning_of(message) == "A < b </thin k>"
        assert message.text == "<think> is a tag, too"


async def test_encrypted_reasoning_is_kept_and_goes_back_unchanged(
    manner: str, version: str, colour: str
) -> None:
    details = [
        {"type": "reasoning.encrypted", "data": "c2VjcmV0", "id": "r1", "format": "g", "index": 0}
    ]
    said = {"content": "Done.", "reasoning_details": details}
    body = sse(delta(said), delta({}, finish="stop")) if manner == "stream" else whole(said)
    wire = Wire(body)
    model = wire.model(output_version=version)
    message = await answer(model, "hi", colour, manner)
    assert text_of(message) == "Done."
    await answer(model, [HumanMessage("hi"), message, HumanMessage("on")], colour, manner)
    sent = wire.bodies[-1]["messages"][1]
    assert sent["reasoning_details"] == details
    assert _text_sent(sent) == "Done."


async def test_signed_thoughts_of_claude_go_back_unchanged(
    api: Emulator, manner: str, version: str, colour: str
) -> None:
    # the emulator refuses a history whose signed thoughts were changed
    api.say(Say("Looking.", reasoning=THOUGHT, calls=(ToolUse("look", {"q": "x"}),)))
    model = make(
        model="anthropic/claude-opus-4-5",
        output_version=version,
        reasoning={"budget_tokens": 2048},
        max_tokens=4096,
        **api.settings(),
    )
    tool = {"name": "look", "description": "Looks.", "parameters": _QUERY}
    agent = model.bind_tools([tool])
    first = await answer(agent, "Please look x up", colour, manner)
    [call] = first.tool_calls
    history = [
        HumanMessage("Please look x up"), first, ToolMessage("found", tool_call_id=call["id"])
    ]  # fmt: skip
    second = await answer(agent, history, colour, manner)
    assert "found" in second.text
    sent = json.dumps(api.requests[-1].body)
    assert "signature" in sent
    assert sent.count(json.dumps(THOUGHT)[1:-1]) == 1, "the thought goes back once"


_QUERY: dict[str, Any] = {
    "type": "object",
    "properties": {"q": {"type": "string"}},
    "required": ["q"],
}


def _text_sent(message: dict[str, Any]) -> str:
    content = message["content"]
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in content if part["type"] == "text")


# --- tool calls -----

CALLS = (ToolUse("get_weather", {"city": "Paris"}), ToolUse("get_time", {"zone": "CET", "n": 2}))
TOOLS = [
    {"name": "get_weather", "description": "Weather.", "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
    {"name": "get_time", "description": "Time.", "parameters": {
        "type": "object",
        "properties": {"zone": {"type": "string"}, "n": {"type": "integer"}}}},
]  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [MODEL, "claude-opus-4-5", "anthropic/claude-opus-4.5", "openai/gpt-5-1-codex",
     "google/gemini-3-5-flash", "deepseek/deepseek-v4-flash"],
)  # fmt: skip
async def test_parallel_calls_beside_text_and_thought_stay_apart(
    api: Emulator, name: str, manner: str, version: str, colour: str
) -> None:
    api.say(Say("I look it up.", reasoning=THOUGHT, calls=CALLS), times=None)
    model = make(model=name, output_version=version, **api.settings()).bind_tools(TOOLS)
    message = await answer(model, "Weather and time?", colour, manner)
    assert message.text == "I look it up."
    assert [(call["name"], call["args"]) for call in message.tool_calls] == [
        ("get_weather", {"city": "Paris"}),
        ("get_time", {"zone": "CET", "n": 2}),
    ]
    ids = [call["id"] for call in message.tool_calls]
    assert all(ids)
    assert len(set(ids)) == 2
    assert message.invalid_tool_calls == []
    assert message.response_metadata["finish_reason"] == "tool_calls"
    shown = [kind for kind in kinds(message) if kind != "reasoning"]
    assert shown == ["text", "tool_call", "tool_call"]
    assert [block["id"] for block in blocks_of(message, "tool_call")] == ids


async def test_calls_in_a_v1_stream_never_fall_into_the_text(api: Emulator, colour: str) -> None:
    api.say(Say("I look it up.", calls=CALLS))
    model = make(model=MODEL, output_version="v1", **api.settings()).bind_tools(TOOLS)
    chunks = await stream(model, "Weather and time?", colour)
    for chunk in chunks:
        for block in chunk.content:
            assert isinstance(block, dict)
            assert isinstance(block["index"], str), "core numbers blocks without an index from 0"
    pieces = [b for chunk in chunks for b in chunk.content if b["type"] == "tool_call_chunk"]
    assert {piece["index"] for piece in pieces} == {"lc_tc_0", "lc_tc_1"}
    assert len(pieces) > 4, "arguments are streamed"


async def test_v3_events_tell_text_and_calls_as_blocks_of_their_own(
    api: Emulator, colour: str
) -> None:
    import warnings

    api.say(Say("I look it up.", reasoning=THOUGHT, calls=CALLS))
    model = make(model="deepseek/deepseek-v4-flash", **api.settings())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if colour == "sync":
            told = model.stream_events("hi", version="v3", tools=_openai_tools())
            message = told.output
        else:
            atold = await model.astream_events("hi", version="v3", tools=_openai_tools())
            message = await atold.output
    assert message is not None
    assert reasoning_of(message) == THOUGHT
    assert message.text == "I look it up."
    assert [call["name"] for call in message.tool_calls] == ["get_weather", "get_time"]


def _openai_tools() -> list[dict[str, Any]]:
    return [{"type": "function", "function": tool} for tool in TOOLS]


def _call(index: Any = 0, id: Any = None, name: Any = None, arguments: Any = "") -> dict[str, Any]:
    call: dict[str, Any] = {"type": "function", "function": {"arguments": arguments}}
    if index is not None:
        call["index"] = index
    if id is not None:
        call["id"] = id
    if name is not None:
        call["function"]["name"] = name
    return {"tool_calls": [call]}


ONE = [{"name": "f", "args": {"a": 1}, "id": "c1", "type": "tool_call"}]
TWO = [*ONE, {"name": "g", "args": {"b": 2}, "id": "c2", "type": "tool_call"}]
FRAGMENTS: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "id and name repeated": (
        [_call(0, "c1", "f", '{"a"'), _call(0, "c1", "f", ": 1}")], ONE),
    "no index": ([_call(None, "c1", "f", '{"a"'), _call(None, None, None, ": 1}")], ONE),
    "arguments as an object": ([_call(0, "c1", "f", {"a": 1})], ONE),
    "arguments null first": ([_call(0, "c1", "f", None), _call(0, None, None, '{"a": 1}')], ONE),
    "two calls under one index": (
        [_call(0, "c1", "f", '{"a": 1}'), _call(0, "c2", "g", '{"b": 2}')], TWO),
    "two calls without an index": (
        [_call(None, "c1", "f", '{"a": 1}'), _call(None, "c2", "g", '{"b": 2}')], TWO),
    "indices from one, as text": (
        [_call("1", "c1", "f", '{"a": 1}'), _call("2", "c2", "g", '{"b": 2}')], TWO),
    "interleaved": (
        [_call(0, "c1", "f"), _call(1, "c2", "g"), _call(0, None, None, '{"a"'),
         _call(1, None, None, '{"b"'), _call(0, None, None, ": 1}"),
         _call(1, None, None, ": 2}")], TWO),
}  # fmt: skip


@pytest.mark.parametrize("case", FRAGMENTS)
async def test_odd_fragments_give_the_right_calls(case: str, version: str, colour: str) -> None:
    fragments, wanted = FRAGMENTS[case]
    wire = Wire(sse(*map(delta, fragments), delta({}, finish="tool_calls")))
    message = add_up(await stream(wire.model(output_version=version), "hi", colour))
    assert message.tool_calls == wanted
    assert message.invalid_tool_calls == []
    assert [(b["name"], b["args"]) for b in blocks_of(message, "tool_call")] == [
        (call["name"], call["args"]) for call in wanted
    ]


CUT = ['{"city": "Par', '{"city": ', "{", '{"a": [1, 2', '{"a": "b\\', '{"a": {"b": 1}', "nonsense"]


@pytest.mark.parametrize("arguments", CUT)
async def test_cut_arguments_are_an_invalid_call_and_never_a_valid_one(
    arguments: str, manner: str, version: str, colour: str
) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    said = {"content": None, "tool_calls": [{**call, "index": 0}]}
    body = (
        sse(delta(said), delta({}, finish="length"))
        if manner == "stream"
        else whole(said, finish="length")
    )
    message = await answer(Wire(body).model(output_version=version), "hi", colour, manner)
    assert message.tool_calls == []
    [broken] = message.invalid_tool_calls
    assert broken["name"] == "f"
    assert broken["id"] == "c1"
    assert (broken["args"] or "").startswith(arguments)
    assert blocks_of(message, "tool_call") == []
    # core 1.7 leaves the fragment as it is when it adds up a v1 stream
    streamed_v1 = manner == "stream" and version == "v1"
    [shown] = blocks_of(message, "tool_call_chunk" if streamed_v1 else "invalid_tool_call")
    assert shown["name"] == "f"


async def test_arguments_that_never_came_are_no_arguments_at_a_token_limit(colour: str) -> None:
    body = sse(delta(_call(0, "c1", "f", "")), delta({}, finish="length"))
    message = add_up(await stream(Wire(body).model(), "hi", colour))
    assert message.tool_calls == []
    assert len(message.invalid_tool_calls) == 1
    body = sse(delta(_call(0, "c1", "f", "")), delta({}, finish="tool_calls"))
    message = add_up(await stream(Wire(body).model(), "hi", colour))
    assert [call["args"] for call in message.tool_calls] == [{}]


async def test_a_call_without_an_id_gets_one(manner: str, colour: str) -> None:
    said = {"tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}
    body = (
        sse(delta(said), delta({}, finish="tool_calls"))
        if manner == "stream"
        else whole({"content": "", **said}, finish="tool_calls")
    )
    message = await answer(Wire(body).model(), "hi", colour, manner)
    assert [bool(call["id"]) for call in message.tool_calls] == [True]


async def test_free_text_of_a_custom_tool_is_its_one_argument(
    api: Emulator, manner: str, colour: str
) -> None:
    api.say(Say(calls=(ToolUse("shell", "ls -l | wc", kind="custom"),)))
    model = make(model="openai/gpt-5.4-nano", **api.settings())
    agent = model.bind_tools([{"type": "custom", "name": "shell", "description": "Runs."}])
    message = await answer(agent, "List the files", colour, manner)
    [call] = message.tool_calls
    assert (call["name"], call["args"]) == ("shell", {"__arg1": "ls -l | wc"})
    history = [HumanMessage("hi"), message, ToolMessage("3", tool_call_id=call["id"])]
    await answer(agent, history, colour, manner)
    [sent] = api.requests[-1].body["messages"][1]["tool_calls"]
    assert sent["custom"] == {"name": "shell", "input": "ls -l | wc"}


async def test_signatures_of_gemini_calls_go_back_unchanged(
    api: Emulator, manner: str, version: str, colour: str
) -> None:
    api.say(Say(calls=CALLS))
    model = make(model="google/gemini-3-5-flash", output_version=version, **api.settings())
    agent = model.bind_tools(TOOLS)
    first = await answer(agent, "Weather and time?", colour, manner)
    results = [ToolMessage("fine", tool_call_id=call["id"]) for call in first.tool_calls]
    await answer(agent, [HumanMessage("Weather and time?"), first, *results], colour, manner)
    sent = [m for m in api.requests[-1].body["messages"] if m["role"] == "assistant"]
    assert [bool(call["extra_content"]) for call in sent[0]["tool_calls"]] == [True, True]


# --- citations, searches -----


async def test_citations_stand_at_the_text(
    api: Emulator, manner: str, version: str, colour: str
) -> None:
    urls = ("https://example.com/a", "https://example.com/b")
    for name in ("perplexity/sonar", "openai/gpt-4o"):
        api.say(Say("So it is [1][2].", citations=urls))
        model = make(model=name, output_version=version, **api.settings())
        message = await answer(model, "Is it?", colour, manner)
        assert kinds(message) == ["text"]
        [block] = blocks_of(message, "text")
        assert block["text"] == message.text == "So it is [1][2]."
        notes = block["annotations"]
        assert [note["type"] for note in notes] == ["citation", "citation"]
        assert [note["url"] for note in notes] == list(urls)


async def test_search_results_keep_their_titles(manner: str, version: str, colour: str) -> None:
    found = [{"title": "A page", "url": "https://example.com/a", "date": "2026-01-02"}]
    top: dict[str, Any] = {"citations": ["https://example.com/a"], "search_results": found}
    said = {"content": "So it is."}
    body = (
        sse(delta(said, **top), delta({"content": ""}, **top), delta({}, finish="stop", **top))
        if manner == "stream"
        else whole(said, **top)
    )
    message = await answer(Wire(body).model(output_version=version), "Is it?", colour, manner)
    assert message.additional_kwargs["search_results"] == found
    assert message.additional_kwargs["citations"] == ["https://example.com/a"]
    [block] = blocks_of(message, "text")
    [note] = block["annotations"]
    assert (note["title"], note["url"]) == ("A page", "https://example.com/a")
    assert note["extras"]["date"] == "2026-01-02"


async def test_annotations_with_places_are_citations(
    manner: str, version: str, colour: str
) -> None:
    note = {
        "type": "url_citation",
        "url_citation": {"url": "https://example.com", "title": "T", "start_index": 0,
                         "end_index": 2},
    }  # fmt: skip
    said = {"content": "So.", "annotations": [note]}
    body = sse(delta(said), delta({}, finish="stop")) if manner == "stream" else whole(said)
    message = await answer(Wire(body).model(output_version=version), "Is it?", colour, manner)
    [block] = blocks_of(message, "text")
    [shown] = block["annotations"]
    assert shown["type"] == "citation"
    assert (shown["url"], shown["title"]) == ("https://example.com", "T")
    assert (shown["start_index"], shown["end_index"]) == (0, 2)


# --- sound, pictures -----


async def test_spoken_answers_are_an_audio_block(
    api: Emulator, manner: str, version: str, colour: str
) -> None:
    sound = base64.b64encode(bytes(range(256)) * 3).decode()
    api.say(Say("Spoken words.", audio=sound))
    model = make(model=MODEL, output_version=version, **api.settings())
    message = await answer(model, "Say it", colour, manner)
    [block] = blocks_of(message, "audio")
    assert base64.b64decode(block["base64"]) == bytes(range(256)) * 3
    assert block["mime_type"].startswith("audio/")
    assert block["extras"]["transcript"] == "Spoken words."
    assert message.additional_kwargs["audio"]["id"]


async def test_sound_that_is_padded_in_every_piece_is_one_valid_sound(
    version: str, colour: str
) -> None:
    raw = bytes(range(200))
    pieces = [raw[at : at + 7] for at in range(0, len(raw), 7)]
    frames = [delta({"audio": {"id": "a1", "transcript": "Hi"}})] + [
        delta({"audio": {"data": base64.b64encode(piece).decode()}}) for piece in pieces
    ]
    wire = Wire(sse(*frames, delta({}, finish="stop")))
    message = add_up(await stream(wire.model(output_version=version), "hi", colour))
    [block] = blocks_of(message, "audio")
    assert base64.b64decode(block["base64"], validate=True) == raw


async def test_pictures_are_image_blocks(
    api: Emulator, manner: str, version: str, colour: str
) -> None:
    pixel = base64.b64encode(b"\x89PNG\r\n").decode()
    urls = (f"data:image/png;base64,{pixel}", "https://example.com/cat.jpg")
    api.say(Say("Here.", images=urls))
    model = make(model=MODEL, output_version=version, **api.settings())
    message = await answer(model, "Draw a cat", colour, manner)
    first, second = blocks_of(message, "image")
    assert (first["base64"], first["mime_type"]) == (pixel, "image/png")
    assert second["url"] == "https://example.com/cat.jpg"
    assert message.text == "Here."


# --- odd chunks -----

ODD: dict[str, list[Any]] = {
    "null delta": [delta({"content": "Hello."}), delta(None), delta({}, finish="stop")],
    "no choices": [delta({"content": "Hello."}), {"id": "x", "choices": None, "usage": None},
                   delta({}, finish="stop")],
    "content null": [delta({"content": None}), delta({"content": "Hello."}),
                     delta({}, finish="stop")],
    "content in parts": [delta({"content": [{"type": "text", "text": "Hello."}]}),
                         delta({}, finish="stop")],
    "role everywhere": [delta({"role": "assistant", "content": "Hel"}),
                        delta({"role": "assistant", "content": "lo."}, finish="stop")],
    "two ends": [delta({"content": "Hello."}), delta({}, finish="stop"), delta(finish="stop")],
    "ids only first": [delta({"content": "Hel"}), {**delta({"content": "lo."}), "id": ""},
                       {**delta({}, finish="stop"), "id": ""}],
    "names repeated": [{**delta({"content": "Hel"}), "system_fingerprint": "fp"},
                       {**delta({"content": "lo."}), "system_fingerprint": "fp"},
                       {**delta({}, finish="stop"), "system_fingerprint": "fp"}],
}  # fmt: skip


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize("case", ODD)
async def test_odd_chunks_give_one_right_message(
    case: str, done: bool, version: str, colour: str
) -> None:
    wire = Wire(sse(*ODD[case], done=done))
    chunks = await stream(wire.model(output_version=version), "hi", colour)
    message = add_up(chunks)
    assert message.text == "Hello."
    told = message.response_metadata
    assert told["finish_reason"] == "stop"
    assert told["model_name"] == "gpt-4o-2024-08-06"
    assert told["id"] == "chatcmpl-1"
    assert told.get("system_fingerprint") in (None, "fp")


USAGE = {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13}
USAGES: dict[str, list[Any]] = {
    "on every chunk, growing": [
        delta({"content": "a"}, usage={**USAGE, "completion_tokens": 1, "total_tokens": 11}),
        delta({"content": "b"}, usage={**USAGE, "completion_tokens": 2, "total_tokens": 12}),
        delta({}, finish="stop", usage=USAGE)],
    "at the end and after it": [
        delta({"content": "ab"}), delta({}, finish="stop", usage=USAGE),
        {**delta(), "choices": [], "usage": USAGE}],
    "before the end": [delta({"content": "ab"}, usage=USAGE), delta({}, finish="stop")],
    "as floats and nulls": [
        delta({"content": "ab"}), delta({}, finish="stop"),
        {**delta(), "choices": [], "usage": {
            "prompt_tokens": 10.0, "completion_tokens": 3, "total_tokens": None,
            "prompt_tokens_details": {"cached_tokens": None},
            "completion_tokens_details": None}}],
}  # fmt: skip


@pytest.mark.parametrize("case", USAGES)
async def test_usage_is_told_once_and_right_wherever_it_stands(case: str, colour: str) -> None:
    chunks = await stream(Wire(sse(*USAGES[case])).model(), "hi", colour)
    told = [chunk.usage_metadata for chunk in chunks if chunk.usage_metadata]
    assert told == [{"input_tokens": 10, "output_tokens": 3, "total_tokens": 13}]
    assert add_up(chunks).text == "ab" or case == "x"


async def test_usage_details_of_every_kind_are_told(manner: str, colour: str) -> None:
    usage = {
        **USAGE, "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 2,
                                           "cache_write_tokens": 1},
        "completion_tokens_details": {"reasoning_tokens": 2, "audio_tokens": 1},
    }  # fmt: skip
    body = (
        sse(delta({"content": "ab"}), delta({}, finish="stop", usage=usage))
        if manner == "stream"
        else whole({"content": "ab"}, usage=usage)
    )
    message = await answer(Wire(body).model(), "hi", colour, manner)
    assert message.usage_metadata == {
        "input_tokens": 10,
        "output_tokens": 3,
        "total_tokens": 13,
        "input_token_details": {"cache_read": 4, "cache_creation": 1, "audio": 2},
        "output_token_details": {"reasoning": 2, "audio": 1},
    }


async def test_a_message_of_another_provider_is_read_as_before(colour: str) -> None:
    wire = Wire(whole({"content": "Hi."}))
    foreign = AIMessage(
        [
            {"type": "text", "text": "I look."},
            {"type": "tool_use", "id": "t1", "name": "look", "input": {"q": "x"}},
        ],
        tool_calls=[{"id": "t1", "name": "look", "args": {"q": "x"}}],
        response_metadata={"model_provider": "anthropic"},
    )
    history = [HumanMessage("hi"), foreign, ToolMessage("found", tool_call_id="t1")]
    await answer(wire.model(), history, colour, "whole")
    [_, sent, result] = wire.bodies[0]["messages"]
    [call] = sent["tool_calls"]
    assert call["function"] == {"name": "look", "arguments": '{"q": "x"}'}
    assert result["tool_call_id"] == "t1"


async def test_an_added_up_stream_is_a_message_for_the_next_turn(
    api: Emulator, version: str, colour: str
) -> None:
    model = make(model=MODEL, output_version=version, **api.settings())
    first = add_up(await stream(model, "My name is Ada.", colour))
    assert isinstance(first, AIMessageChunk)
    history = [HumanMessage("My name is Ada."), first, HumanMessage("What is my name?")]
    second = await answer(model, history, colour, "stream")
    assert "Ada" in second.text
    sent = api.requests[-1].body["messages"][1]
    assert sent["role"] == "assistant"
    assert _text_sent(sent) == first.text
