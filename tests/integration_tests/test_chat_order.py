"""The blocks of an answer come out of ``content_blocks`` in the order in which the model wrote
them, and go back in that order, what was signed unchanged: streamed and whole, in both output
versions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    HumanMessage,
    ToolMessage,
    message_to_dict,
    messages_from_dict,
)
from langchain_core.messages.block_translators import get_translator

from langchain_aimlapi.emulator import Emulator
from tests.unit_tests.langchain.helpers import (
    MODEL,
    Wire,
    add_up,
    answer,
    ask,
    blocks_of,
    delta,
    make,
    sse,
    stream,
    text_of,
    whole,
)

CLAUDE = "claude-opus-4-5"
CODEX = "openai/gpt-5-1-codex"


@pytest.fixture(params=["whole", "stream"])
def manner(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["v0", "v1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# --- Anthropic -----

CITED = {
    "type": "web_search_result_location",
    "url": "https://a.example",
    "title": "A",
    "encrypted_index": "ZW5j",
    "cited_text": "ice",
}
RESULT = {"type": "web_search_result", "url": "https://a.example", "title": "A",
          "encrypted_content": "c2VhbGVk", "page_age": None}  # fmt: skip
BLOCKS: list[dict[str, Any]] = [
    {"type": "thinking", "thinking": "First.", "signature": "c2lnMQ=="},
    {"type": "text", "text": "I search."},
    {"type": "thinking", "thinking": "Second.", "signature": "c2lnMg=="},
    {"type": "redacted_thinking", "data": "cmVk"},
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "☃"}},
    {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [RESULT]},
    {"type": "text", "text": "It is "},
    {"type": "text", "text": "made of ice", "citations": [CITED]},
    {"type": "text", "text": "."},
    {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Oslo"}},
    {"type": "text", "text": "And once more."},
    {"type": "tool_use", "id": "toolu_2", "name": "get_weather", "input": {"city": "Rome"}},
]
KINDS = [
    "reasoning", "text", "reasoning", "non_standard", "server_tool_call", "server_tool_result",
    "text", "text", "text", "tool_call", "text", "tool_call",
]  # fmt: skip
RESULTS = [ToolMessage("Sun", tool_call_id="toolu_1"), ToolMessage("Rain", tool_call_id="toolu_2")]


def claude(manner: str, blocks: list[dict[str, Any]], stop: str = "tool_use") -> Any:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude"}
    usage = {"input_tokens": 3, "output_tokens": 9}
    if manner == "whole":
        return {**message, "content": blocks, "stop_reason": stop, "usage": usage}
    events: list[Any] = [{"type": "message_start", "message": {**message, "usage": usage}}]
    for index, block in enumerate(blocks):
        head, deltas = pieces_of(block)
        events.append({"type": "content_block_start", "index": index, "content_block": head})
        events += [{"type": "content_block_delta", "index": index, "delta": d} for d in deltas]
        events.append({"type": "content_block_stop", "index": index})
    end = {"stop_reason": stop, "stop_sequence": None}
    events += [{"type": "message_delta", "delta": end, "usage": usage}, {"type": "message_stop"}]
    return sse(*events, done=False)


def pieces_of(block: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    kind = block["type"]
    if kind == "text":
        cited = [{"type": "citations_delta", "citation": c} for c in block.get("citations", ())]
        pieces = [{"type": "text_delta", "text": c} for c in cut(block["text"])]
        return {"type": "text", "text": ""}, [*pieces, *cited]
    if kind == "thinking":
        pieces = [{"type": "thinking_delta", "thinking": c} for c in cut(block["thinking"])]
        signed = {"type": "signature_delta", "signature": block["signature"]}
        return {"type": "thinking", "thinking": "", "signature": ""}, [*pieces, signed]
    if kind in ("tool_use", "server_tool_use"):
        text = json.dumps(block["input"], ensure_ascii=False)
        pieces = [{"type": "input_json_delta", "partial_json": c} for c in cut(text)]
        return {**block, "input": {}}, pieces
    return block, []


def cut(text: str) -> list[str]:
    return [text[at : at + 4] for at in range(0, len(text), 4)]


async def replayed(message: AIMessage, name: str, colour: str, *later: Any, **options: Any) -> Any:
    """The body of the next request, with the message in its history."""
    wire = Wire(whole({"content": "Done."}))
    history = [HumanMessage("Of what?"), message, *(later or [HumanMessage("And?")])]
    await ask(wire.model(name, **options), history, colour)
    return wire.bodies[0]


async def test_an_interleaved_answer_keeps_its_order(
    manner: str, version: str, colour: str
) -> None:
    model = Wire(claude(manner, BLOCKS)).model(CLAUDE, output_version=version)
    message = await answer(model, "Of what?", colour, manner)
    blocks: list[Any] = [dict(block) for block in message.content_blocks]
    assert [block["type"] for block in blocks] == KINDS
    texts = [block["text"] for block in blocks if block["type"] == "text"]
    assert texts == ["I search.", "It is ", "made of ice", ".", "And once more."]
    assert [b["reasoning"] for b in blocks if b["type"] == "reasoning"] == ["First.", "Second."]
    assert [b["extras"]["signature"] for b in blocks if b["type"] == "reasoning"] == [
        "c2lnMQ==", "c2lnMg==",
    ]  # fmt: skip
    assert [b["args"]["city"] for b in blocks if b["type"] == "tool_call"] == ["Oslo", "Rome"]
    assert message.text == "I search.It is made of ice.And once more."
    if version == "v0":
        assert message.content == message.text, "the content of a v0 message is its text"


async def test_an_interleaved_answer_goes_back_as_it_came(
    manner: str, version: str, colour: str
) -> None:
    model = Wire(claude(manner, BLOCKS)).model(CLAUDE, output_version=version)
    message = await answer(model, "Of what?", colour, manner)
    for kept in (message, messages_from_dict([message_to_dict(message)])[0]):
        assert isinstance(kept, AIMessage)
        body = await replayed(kept, CLAUDE, colour, *RESULTS)
        assert body["messages"][1]["content"] == BLOCKS


async def test_server_tools_are_standard_blocks(manner: str, version: str, colour: str) -> None:
    model = Wire(claude(manner, BLOCKS)).model(CLAUDE, output_version=version)
    message = await answer(model, "Of what?", colour, manner)
    [call] = blocks_of(message, "server_tool_call")
    assert (call["id"], call["name"], call["args"]) == ("srvtoolu_1", "web_search", {"query": "☃"})
    [result] = blocks_of(message, "server_tool_result")
    assert (result["tool_call_id"], result["status"]) == ("srvtoolu_1", "success")
    assert result["output"] == [RESULT]
    assert result["extras"]["block_type"] == "web_search_tool_result"


async def test_our_blocks_are_those_that_core_makes_of_anthropics_own(
    manner: str, colour: str
) -> None:
    blocks = [b for b in BLOCKS if b["type"] not in ("tool_use", "redacted_thinking")]
    model = Wire(claude(manner, blocks, "end_turn")).model(CLAUDE)
    message = await answer(model, "Of what?", colour, manner)
    translator = get_translator("anthropic")
    assert translator is not None
    expected: list[Any] = [*translator["translate_content"](AIMessage([*blocks]))]
    for block in expected:
        for note in block.get("annotations", ()):
            note["extras"]["type"] = "web_search_result_location"
    assert message.content_blocks == expected


async def test_every_prefix_of_the_chunks_is_in_order(colour: str) -> None:
    chunks = await stream(Wire(claude("stream", BLOCKS)).model(CLAUDE), "Of what?", colour)
    for count in range(1, len(chunks) + 1):
        message = add_up(chunks[:count])
        assert text_of(message) == message.text
        kinds = [block["type"].removesuffix("_chunk") for block in message.content_blocks]
        assert kinds == KINDS[: len(kinds)]


async def test_an_edited_message_is_sent_with_its_new_text(manner: str, colour: str) -> None:
    model = Wire(claude(manner, BLOCKS)).model(CLAUDE)
    message = await answer(model, "Of what?", colour, manner)
    for text in ("Short.", "Something much longer than the answer that the model has written."):
        edited = message.model_copy(update={"content": text})
        body = await replayed(edited, CLAUDE, colour, *RESULTS)
        content = body["messages"][1]["content"]
        assert "".join(block.get("text", "") for block in content) == text
        signed = [b["signature"] for b in content if b["type"] == "thinking"]
        assert signed == ["c2lnMQ==", "c2lnMg=="]
        assert [b["id"] for b in content if b["type"] == "tool_use"] == ["toolu_1", "toolu_2"]


async def test_another_family_gets_the_text_in_one_piece(
    manner: str, version: str, colour: str
) -> None:
    model = Wire(claude(manner, BLOCKS)).model(CLAUDE, output_version=version)
    message = await answer(model, "Of what?", colour, manner)
    body = await replayed(message, MODEL, colour, *RESULTS)
    sent = body["messages"][1]
    assert sent["content"] == message.text
    assert [call["id"] for call in sent["tool_calls"]] == ["toolu_1", "toolu_2"]
    assert "signature" not in json.dumps(body)
    body = await replayed(message, CODEX, colour, *RESULTS)
    spoken = [item["content"] for item in body["input"] if item.get("role") == "assistant"]
    assert "".join(spoken) == message.text
    assert "srvtoolu" not in json.dumps(body)


async def test_the_usual_order_needs_no_bookkeeping(manner: str, version: str, colour: str) -> None:
    usual = [BLOCKS[0], BLOCKS[4], BLOCKS[5], BLOCKS[6], BLOCKS[9]]
    model = Wire(claude(manner, usual)).model(CLAUDE, output_version=version)
    message = await answer(model, "Of what?", colour, manner)
    assert "block_order" not in message.additional_kwargs
    kinds = ["reasoning", "server_tool_call", "server_tool_result", "text", "tool_call"]
    assert [block["type"] for block in message.content_blocks] == kinds
    body = await replayed(message, CLAUDE, colour, RESULTS[0])
    assert body["messages"][1]["content"] == usual


async def test_a_paused_turn_goes_back_with_its_open_call(
    manner: str, version: str, colour: str
) -> None:
    paused = BLOCKS[:5]
    model = Wire(claude(manner, paused, "pause_turn")).model(CLAUDE, output_version=version)
    message = await answer(model, "Of what?", colour, manner)
    wire = Wire(claude("whole", [{"type": "text", "text": "Done."}], "end_turn"))
    await ask(wire.model(CLAUDE), [HumanMessage("Of what?"), message], colour)
    assert wire.bodies[0]["messages"][1]["content"] == paused


# --- the Responses API -----

ITEMS: list[dict[str, Any]] = [
    {"type": "reasoning", "id": "rs_1", "encrypted_content": "c2VhbGVkMQ==",
     "summary": [{"type": "summary_text", "text": "First."}]},
    {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
     "content": [{"type": "output_text", "text": "I search.", "annotations": []}]},
    {"type": "web_search_call", "id": "ws_1", "status": "completed",
     "action": {"type": "search", "query": "☃"}},
    {"type": "reasoning", "id": "rs_2", "encrypted_content": "c2VhbGVkMg==",
     "summary": [{"type": "summary_text", "text": "Second."},
                 {"type": "summary_text", "text": "Third."}]},
    {"type": "message", "id": "msg_2", "role": "assistant", "status": "completed",
     "content": [{"type": "output_text", "text": "Made of ice.", "annotations": [
         {"type": "url_citation", "url": "https://a.example", "title": "A",
          "start_index": 0, "end_index": 4}]}]},
    {"type": "reasoning", "id": "rs_3", "encrypted_content": "c2VhbGVkMw==", "summary": []},
    {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "get_weather",
     "arguments": '{"city": "Oslo"}', "status": "completed"},
]  # fmt: skip
ITEM_KINDS = [
    "reasoning", "text", "server_tool_call", "server_tool_result", "reasoning", "text", "reasoning",
    "tool_call",
]  # fmt: skip


def responses(manner: str, items: list[dict[str, Any]]) -> Any:
    head = {"id": "resp_1", "object": "response", "model": "gpt-5.1-codex", "created_at": 1}
    usage = {"input_tokens": 3, "output_tokens": 9, "total_tokens": 12}
    body = {**head, "status": "completed", "output": items, "usage": usage}
    if manner == "whole":
        return body
    begun = {**head, "status": "in_progress", "output": []}
    events: list[Any] = [{"type": "response.created", "response": begun}]
    for place, item in enumerate(items):
        at = {"output_index": place, "item_id": item["id"]}
        bare = {k: [] if k in ("summary", "content") else v for k, v in item.items()}
        if item["type"] == "function_call":
            bare["arguments"] = ""
        events.append({"type": "response.output_item.added", "output_index": place, "item": bare})
        for number, part in enumerate(item.get("summary", ())):
            name = "response.reasoning_summary_text.delta"
            events += [
                {"type": name, **at, "summary_index": number, "delta": c} for c in cut(part["text"])
            ]
        for number, part in enumerate(item.get("content", ())):
            name = "response.output_text.delta"
            events += [
                {"type": name, **at, "content_index": number, "delta": c} for c in cut(part["text"])
            ]
            for note in part["annotations"]:
                name = "response.output_text.annotation.added"
                events.append({"type": name, **at, "content_index": number, "annotation": note})
        if item["type"] == "function_call":
            name = "response.function_call_arguments.delta"
            events += [{"type": name, **at, "delta": c} for c in cut(item["arguments"])]
        events.append({"type": "response.output_item.done", "output_index": place, "item": item})
    return sse(*events, {"type": "response.completed", "response": body}, done=False)


async def test_interleaved_items_keep_their_order(manner: str, version: str, colour: str) -> None:
    model = Wire(responses(manner, ITEMS)).model(CODEX, output_version=version)
    message = await answer(model, "Of what?", colour, manner)
    blocks: list[Any] = [dict(block) for block in message.content_blocks]
    assert [block["type"] for block in blocks] == ITEM_KINDS
    thoughts = [block for block in blocks if block["type"] == "reasoning"]
    assert [t["reasoning"] for t in thoughts] == ["First.", "Second.\n\nThird.", ""]
    assert [t["id"] for t in thoughts] == ["rs_1", "rs_2", "rs_3"]
    sealed = [t["extras"]["encrypted_content"] for t in thoughts]
    assert sealed == ["c2VhbGVkMQ==", "c2VhbGVkMg==", "c2VhbGVkMw=="]
    assert [b["text"] for b in blocks if b["type"] == "text"] == ["I search.", "Made of ice."]
    [call] = blocks_of(message, "server_tool_call")
    assert (call["id"], call["name"]) == ("ws_1", "web_search")
    assert call["args"] == {"type": "search", "query": "☃"}
    [result] = blocks_of(message, "server_tool_result")
    assert (result["tool_call_id"], result["status"]) == ("ws_1", "success")
    [note] = blocks[5]["annotations"]
    assert (note["url"], note["start_index"], note["end_index"]) == ("https://a.example", 0, 4)
    assert "annotations" not in blocks[1]


async def test_interleaved_items_go_back_as_they_came(
    manner: str, version: str, colour: str
) -> None:
    model = Wire(responses(manner, ITEMS)).model(CODEX, output_version=version)
    message = await answer(model, "Of what?", colour, manner)
    later = ToolMessage("Sun", tool_call_id="call_1")
    body = await replayed(message, CODEX, colour, later, store=False)
    items = body["input"][1:-1]
    assert [item["type"] for item in items] == [item["type"] for item in ITEMS]
    for sent, came in zip(items, ITEMS, strict=True):
        if came["type"] in ("reasoning", "web_search_call"):
            assert sent == came
        elif came["type"] == "message":
            assert sent["content"] == came["content"][0]["text"]
        else:
            assert (sent["call_id"], sent["arguments"]) == ("call_1", '{"city": "Oslo"}')


# --- chat completions -----


async def test_a_stream_that_thinks_again_shows_it_where_it_came(version: str, colour: str) -> None:
    frames = [
        delta({"reasoning_content": "One."}), delta({"content": "First. "}),
        delta({"reasoning_content": "Two, "}), delta({"reasoning_content": "again."}),
        delta({"content": "Sec"}), delta({"content": "ond."}), delta({}, finish="stop"),
    ]  # fmt: skip
    model = Wire(sse(*frames)).model("deepseek/deepseek-v4-flash", output_version=version)
    message = add_up(await stream(model, "hi", colour))
    shown = [block.get("reasoning") or block.get("text") for block in message.content_blocks]
    assert shown == ["One.", "First. ", "Two, again.", "Second."]
    assert message.text == "First. Second."
    assert message.additional_kwargs["reasoning_content"] == "One.Two, again."


async def test_content_parts_that_think_and_speak_in_turn_keep_their_order(
    manner: str, version: str, colour: str
) -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "One."}]},
        {"type": "text", "text": "First. "},
        {"type": "thinking", "thinking": [{"type": "text", "text": "Two."}]},
        {"type": "text", "text": "Second."},
    ]
    body: Any = whole({"content": parts})
    if manner == "stream":
        body = sse(*(delta({"content": [part]}) for part in parts), delta({}, finish="stop"))
    model = Wire(body).model("mistralai/mistral-small", output_version=version)
    message = await answer(model, "hi", colour, manner)
    kinds = [block["type"] for block in message.content_blocks]
    assert kinds == ["reasoning", "text", "reasoning", "text"]


async def test_coalesced_chunks_keep_the_order(colour: str) -> None:
    model = Wire(claude("stream", BLOCKS)).model(CLAUDE, coalesce=True)
    chunks = await stream(model, "Of what?", colour)
    message = add_up(chunks)
    assert isinstance(message, AIMessageChunk)
    assert [block["type"] for block in message.content_blocks] == KINDS
    plain = await stream(Wire(claude("stream", BLOCKS)).model(CLAUDE), "Of what?", colour)
    assert len(chunks) < len(plain)


# --- what is not the model's -----


@pytest.mark.parametrize("name", [MODEL, CLAUDE, CODEX])
async def test_langchains_own_notes_on_messages_are_never_sent(
    name: str, manner: str, colour: str
) -> None:
    notes = {"lc_source": "harness", "lc_data": {"id": "note-1"}}
    called = AIMessage(
        "Hm.",
        tool_calls=[{"id": "call_1", "name": "w", "args": {}}],
        additional_kwargs=notes,
        response_metadata={"model_provider": "aimlapi"},
    )
    result = ToolMessage("ok", tool_call_id="call_1", additional_kwargs=notes)
    with Emulator() as api:
        model = make(model=name, **api.settings())
        history = [HumanMessage("hi", additional_kwargs=notes), called, result]
        await answer(model, history, colour, manner)
        body = json.dumps(api.requests[-1].body)
    assert "lc_source" not in body
    assert "note-1" not in body
