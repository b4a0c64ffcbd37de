"""``/v1/messages``: answers and streams."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_aimlapi import errors
from langchain_aimlapi.errors import AimlapiError
from tests.harness.paths import PUBLISHED as API
from tests.harness.streams import assert_same_however_cut, read, sse, whole

START = {
    "type": "message_start",
    "message": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-x",
        "content": [],
        "stop_reason": None,
        "usage": {
            "input_tokens": 10,
            "cache_read_input_tokens": 4,
            "output_tokens": 1,
            "service_tier": "standard",
        },
    },
}
CITED = {
    "type": "web_search_result_location",
    "url": "https://a.example",
    "title": "A",
    "cited_text": "ice",
    "encrypted_index": "e",
}
BLOCKS: list[dict[str, Any]] = [
    {"type": "thinking", "thinking": "Let me think.", "signature": "c2ln"},
    {"type": "redacted_thinking", "data": "cmVk"},
    {"type": "thinking", "thinking": "Again.", "signature": "c2lnMg=="},
    {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {"query": "naïve"}},
    {
        "type": "web_search_tool_result",
        "tool_use_id": "srv_1",
        "content": [{"type": "web_search_result", "url": "https://a.example", "title": "A"}],
    },
    {"type": "text", "text": "The ☃ is "},
    {"type": "text", "text": "made of ice", "citations": [CITED]},
    {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Oslo"}},
    {"type": "tool_use", "id": "toolu_2", "name": "get_time", "input": {}},
]
USAGE = {
    "input_tokens": 10,
    "cache_read_input_tokens": 4,
    "output_tokens": 30,
    "service_tier": "standard",
}
META = {"usage": {"credits_used": 1576, "usd_spent": 0.000788}}
WHOLE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-x",
    "content": BLOCKS,
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": USAGE,
    "meta": META,
}


def events(blocks: list[dict[str, Any]] = BLOCKS, stop: str = "tool_use") -> list[dict[str, Any]]:
    """The blocks as a stream, everything in small pieces."""
    told: list[dict[str, Any]] = [START, {"type": "ping"}]
    for index, block in enumerate(blocks):
        head, deltas = pieces_of(block)
        told.append({"type": "content_block_start", "index": index, "content_block": head})
        told += [{"type": "content_block_delta", "index": index, "delta": d} for d in deltas]
        told.append({"type": "content_block_stop", "index": index})
    told.append(
        {
            "type": "message_delta",
            "delta": {"stop_reason": stop, "stop_sequence": None},
            "usage": {"output_tokens": 30},
        }
    )
    return [*told, {"type": "message_stop", "meta": META}]


def pieces_of(block: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    kind = block["type"]
    if kind == "text":
        deltas = [{"type": "text_delta", "text": p} for p in halves(block["text"])]
        cited = [{"type": "citations_delta", "citation": c} for c in block.get("citations", ())]
        return {"type": kind, "text": ""}, [*deltas, *cited]
    if kind == "thinking":
        deltas = [{"type": "thinking_delta", "thinking": p} for p in halves(block["thinking"])]
        sealed = {"type": "signature_delta", "signature": block["signature"]}
        return {"type": kind, "thinking": "", "signature": ""}, [*deltas, sealed]
    if kind in ("tool_use", "server_tool_use"):
        said = json.dumps(block["input"], ensure_ascii=False) if block["input"] else ""
        deltas = [{"type": "input_json_delta", "partial_json": p} for p in ("", *halves(said))]
        return {**block, "input": {}}, deltas
    return block, []


def halves(text: str) -> list[str]:
    at = len(text) // 2
    return [text[:at], text[at:]]


@pytest.mark.slow
def test_a_stream_gives_the_same_reply_as_the_whole_answer_however_it_is_cut() -> None:
    assert assert_same_however_cut(sse(events())) == whole(WHOLE)


def test_event_lines_are_optional_and_a_done_marker_ends_nothing_early() -> None:
    assert read(sse(events(), named=False, done=True))[0] == whole(WHOLE)


def test_every_block_is_told_in_its_place() -> None:
    reply = whole(WHOLE)
    choice = reply.choices[0]
    assert choice.text == "The ☃ is made of ice"
    assert choice.reasoning == "Let me think.\n\nAgain."
    assert choice.extra["thinking_blocks"] == [
        {"index": i, **block} for i, block in enumerate(BLOCKS[:3])
    ]
    assert choice.extra["server_tool_calls"] == BLOCKS[3:5]
    assert choice.extra["annotations"] == [
        {
            "type": "url_citation",
            "url_citation": {
                "url": "https://a.example",
                "title": "A",
                "start_index": 9,
                "end_index": 20,
            },
            "anthropic": CITED,
        }
    ]
    assert [(c.id, c.name, c.arguments, c.valid) for c in choice.tool_calls] == [
        ("toolu_1", "get_weather", '{"city": "Oslo"}', True),
        ("toolu_2", "get_time", "{}", True),
    ]
    assert (choice.finish_reason, choice.native_finish_reason) == ("tool_calls", "tool_use")


def test_usage_counts_what_went_through_the_cache_and_the_charge_is_the_real_one() -> None:
    meta = read(sse(events()))[0].meta
    assert meta.usage is not None
    assert (meta.usage.input, meta.usage.output, meta.usage.total) == (14, 30, 44)
    assert meta.usage.cache_read == 4
    assert meta.cost is not None
    assert (meta.cost.usd, meta.cost.credits) == (0.000788, 1576)
    assert (meta.id, meta.model, meta.service_tier) == ("msg_1", "claude-x", "standard")


def test_a_thought_that_is_hidden_keeps_its_signature() -> None:
    block = {"type": "thinking", "thinking": "", "signature": "c2ln"}
    expected = [{"index": 0, **block}]
    reply, _ = read(sse(events([block, {"type": "text", "text": "Hi."}], "end_turn")))
    assert reply.choices[0].extra["thinking_blocks"] == expected
    assert whole({**WHOLE, "content": [block]}).choices[0].extra["thinking_blocks"] == expected


@pytest.mark.parametrize(
    ("stop", "finish"),
    [
        ("end_turn", "stop"),
        ("max_tokens", "length"),
        ("stop_sequence", "stop"),
        ("tool_use", "tool_calls"),
        ("pause_turn", "stop"),
        ("refusal", "content_filter"),
        ("model_context_window_exceeded", "length"),
        ("brand_new", "stop"),
    ],
)
def test_each_stop_reason_is_told_in_both_words(stop: str, finish: str) -> None:
    choice = read(sse(events([{"type": "text", "text": "Hi."}], stop)))[0].choices[0]
    assert (choice.finish_reason, choice.native_finish_reason) == (finish, stop)


def test_a_tool_call_cut_by_the_token_limit_is_never_a_valid_one() -> None:
    told = events(BLOCKS[7:8], "max_tokens")
    cut = [e for e in told if e.get("delta", {}).get("partial_json") != halves(ARGUMENTS)[1]]
    call = read(sse(cut))[0].choices[0].tool_calls[0]
    assert (call.valid, call.arguments) == (False, halves(ARGUMENTS)[0])
    empty = read(sse(events(BLOCKS[8:], "max_tokens")))[0].choices[0].tool_calls[0]
    assert not empty.valid
    body = {**WHOLE, "content": BLOCKS[8:], "stop_reason": "max_tokens"}
    assert not whole(body).choices[0].tool_calls[0].valid


ARGUMENTS = '{"city": "Oslo"}'


def test_blocks_that_all_have_the_index_0_are_told_apart() -> None:
    told = [{**e, "index": 0} if "index" in e else e for e in events()]
    assert read(sse(told))[0] == whole(WHOLE)


def test_blocks_without_any_index_are_told_apart() -> None:
    told = [{k: v for k, v in e.items() if k != "index"} for e in events()]
    assert read(sse(told))[0] == whole(WHOLE)


def test_lost_starts_and_stops_lose_no_text() -> None:
    told = [e for e in events() if e["type"] not in ("content_block_stop", "ping")]
    assert read(sse(told))[0] == whole(WHOLE)
    text = events([{"type": "text", "text": "Hi there."}], "end_turn")
    bare = [e for e in text if e["type"] not in ("content_block_start", "content_block_stop")]
    assert read(sse(bare))[0].choices[0].text == "Hi there."


def test_frames_without_a_type_are_known_by_their_keys() -> None:
    told = [{k: v for k, v in e.items() if k != "type"} for e in events()]
    text = b"".join(b"data: " + json.dumps(e).encode() + b"\n\n" for e in told[:-1])
    assert read(text)[0].choices == whole(WHOLE).choices


def test_a_stream_that_stops_before_its_end_is_an_error_with_what_came() -> None:
    told = events([{"type": "text", "text": "Hi there."}])[:-3]
    with pytest.raises(errors.StreamInterrupted) as caught:
        read(sse(told))
    assert caught.value.partial.choices[0].text == "Hi there."


def test_an_error_event_is_raised_by_its_own_type() -> None:
    told = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    with pytest.raises(errors.APIError, match="Overloaded") as caught:
        read(sse([*events()[:12], told]))
    assert caught.value.code == "overloaded_error"
    assert caught.value.partial is not None


def test_an_image_block_is_kept() -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aa"}}
    reply, _ = read(sse(events([image], "end_turn")))
    assert reply.choices[0].extra["images"] == [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aa"}}
    ]


def test_an_answer_without_content_is_no_answer() -> None:
    with pytest.raises(errors.InvalidResponseError):
        whole({"type": "message", "content": None})
    empty = whole({"type": "message", "content": [], "stop_reason": "end_turn"})
    assert empty.choices[0].finish_reason == "stop"


def test_every_published_example_is_one_right_message() -> None:
    files = sorted((API / "responses").glob("messages__*.json"))
    assert files
    for file in files:
        body = json.loads(file.read_text())
        reply = whole(body)
        choice = reply.choices[0]
        assert choice.text == "".join(b["text"] for b in body["content"])
        assert (choice.finish_reason, choice.native_finish_reason) == ("stop", "end_turn")
        assert reply.meta.usage is not None
        assert reply.meta.usage.output == body["usage"]["output_tokens"]
        assert reply.meta.cost is not None
        assert reply.meta.cost.usd == body["meta"]["usage"]["usd_spent"]


# --- whatever comes -----

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["type", "text", "id", "input", "usage", "source"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
PATHS = ["type", "index", "message", "content_block", "delta", "usage", "meta"]


@given(st.data())
@pytest.mark.slow
def test_no_event_raises_anything_but_our_errors(data: st.DataObject) -> None:
    told = data.draw(st.permutations(events()))
    for at in data.draw(st.lists(st.integers(0, len(told) - 1), max_size=6)):
        event = dict(told[at])
        key = data.draw(st.sampled_from(PATHS))
        inner = event.get(key)
        junk = data.draw(JUNK)
        if isinstance(inner, dict) and inner and data.draw(st.booleans()):
            event[key] = {**inner, data.draw(st.sampled_from(sorted(inner))): junk}
        else:
            event[key] = junk
        told[at] = event
    try:
        reply, deltas = read(sse_any(told))
    except AimlapiError:
        return
    assert "".join(d.text for d in deltas) == reply.choices[0].text


def sse_any(told: list[dict[str, Any]]) -> bytes:
    return b"".join(b"data: " + json.dumps(e).encode() + b"\n\n" for e in told)


@given(st.dictionaries(st.sampled_from([*WHOLE]), JUNK, max_size=4))
def test_no_body_raises_anything_but_our_errors(junk: dict[str, Any]) -> None:
    try:
        reply = whole({**WHOLE, **junk})
    except AimlapiError:
        return
    assert reply.choices
