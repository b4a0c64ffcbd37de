"""``/v1/responses``: answers and typed events."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_aimlapi import errors
from langchain_aimlapi._dialects.reader import AnswerReader
from langchain_aimlapi.errors import AimlapiError
from tests.harness.paths import PUBLISHED as API
from tests.harness.streams import assert_same_however_cut, read, sse, whole

CITED = {
    "type": "url_citation",
    "url": "https://a.example",
    "title": "A",
    "start_index": 0,
    "end_index": 3,
}
LOGPROB = {"token": "The", "logprob": -0.1, "bytes": [84], "top_logprobs": []}
OUTPUT: list[dict[str, Any]] = [
    {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [
            {"type": "summary_text", "text": "First."},
            {"type": "summary_text", "text": "Then."},
        ],
        "encrypted_content": "gAAAA",
    },
    {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"query": "naïve"}},
    {
        "type": "message",
        "id": "msg_1",
        "status": "completed",
        "role": "assistant",
        "content": [
            {
                "type": "output_text",
                "text": "The ☃ is ice.",
                "annotations": [CITED],
                "logprobs": [LOGPROB],
            },
            {"type": "refusal", "refusal": "No more."},
        ],
    },
    {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": "get_weather",
        "arguments": '{"city": "Oslo"}',
        "status": "completed",
    },
    {
        "type": "custom_tool_call",
        "id": "ct_1",
        "call_id": "call_2",
        "name": "run",
        "input": "print(1)",
    },
    {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "aGk="},
]
WHOLE: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1751884892,
    "status": "completed",
    "model": "gpt-x-2026",
    "output": OUTPUT,
    "service_tier": "default",
    "usage": {
        "input_tokens": 20,
        "input_tokens_details": {"cached_tokens": 8},
        "output_tokens": 12,
        "output_tokens_details": {"reasoning_tokens": 5},
        "total_tokens": 32,
    },
    "output_text": "The ☃ is ice.",
}
BEGUN = {**WHOLE, "status": "in_progress", "output": [], "usage": None, "service_tier": "auto"}
END = {"type": "response.completed", "response": WHOLE}


def events(
    output: list[dict[str, Any]] = OUTPUT, end: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The output as typed events, everything in small pieces."""
    told: list[dict[str, Any]] = [
        {"type": "response.created", "response": BEGUN},
        {"type": "response.in_progress", "response": BEGUN},
    ]
    for where, item in enumerate(output):
        at = {"output_index": where, "item_id": item["id"]}
        told.append(
            {"type": "response.output_item.added", "output_index": where, "item": begun(item)}
        )
        told += [{**event, **at} for event in PIECES[item["type"]](item)]
        told.append({"type": "response.output_item.done", "output_index": where, "item": item})
    told.append(end or END)
    return [{**event, "sequence_number": number} for number, event in enumerate(told)]


def begun(item: dict[str, Any]) -> dict[str, Any]:
    empty: dict[str, Any] = {"summary": [], "content": [], "arguments": "", "input": ""}
    empty["result"] = None
    sealed = {k: empty.get(k, v) for k, v in item.items() if k != "encrypted_content"}
    return {**sealed, "status": "in_progress"}


def halves(text: str) -> list[str]:
    at = len(text) // 2
    return [text[:at], text[at:]]


def reasoning_pieces(item: dict[str, Any]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    kind = "response.reasoning_summary"
    for number, part in enumerate(item["summary"]):
        at = {"summary_index": number}
        told.append({"type": f"{kind}_part.added", "part": {**part, "text": ""}, **at})
        told += [{"type": f"{kind}_text.delta", "delta": p, **at} for p in halves(part["text"])]
        told.append({"type": f"{kind}_text.done", "text": part["text"], **at})
        told.append({"type": f"{kind}_part.done", "part": part, **at})
    for number, part in enumerate(item.get("content", ())):
        at = {"content_index": number}
        told += [
            {"type": "response.reasoning_text.delta", "delta": p, **at}
            for p in halves(part["text"])
        ]
        told.append({"type": "response.reasoning_text.done", "text": part["text"], **at})
    return told


def message_pieces(item: dict[str, Any]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    for number, part in enumerate(item["content"]):
        at = {"content_index": number}
        field = "refusal" if part["type"] == "refusal" else "text"
        kind = "refusal" if field == "refusal" else "output_text"
        told.append({"type": "response.content_part.added", "part": {**part, field: ""}, **at})
        for i, piece in enumerate(halves(part[field])):
            logprobs = part.get("logprobs", []) if i == 0 else []
            told.append(
                {"type": f"response.{kind}.delta", "delta": piece, "logprobs": logprobs, **at}
            )
        for cited in part.get("annotations", ()):
            told.append(
                {"type": "response.output_text.annotation.added", "annotation": cited, **at}
            )
        done = {"logprobs": part.get("logprobs", []), field: part[field]}
        told.append({"type": f"response.{kind}.done", **done, **at})
        told.append({"type": "response.content_part.done", "part": part, **at})
    return told


def call_pieces(item: dict[str, Any]) -> list[dict[str, Any]]:
    kind = "response.function_call_arguments"
    told = [{"type": f"{kind}.delta", "delta": p} for p in halves(item["arguments"])]
    return [*told, {"type": f"{kind}.done", "arguments": item["arguments"]}]


def custom_pieces(item: dict[str, Any]) -> list[dict[str, Any]]:
    kind = "response.custom_tool_call_input"
    told = [{"type": f"{kind}.delta", "delta": p} for p in halves(item["input"])]
    return [*told, {"type": f"{kind}.done", "input": item["input"]}]


def progress(*words: str, **more: Any) -> Any:
    return lambda item: [{"type": f"response.{item['type']}.{word}", **more} for word in words]


PIECES: dict[str, Any] = {
    "reasoning": reasoning_pieces,
    "message": message_pieces,
    "function_call": call_pieces,
    "custom_tool_call": custom_pieces,
    "web_search_call": progress("in_progress", "searching", "completed"),
    "file_search_call": progress("in_progress", "searching", "completed"),
    "code_interpreter_call": progress("in_progress", "interpreting", "completed"),
    "mcp_call": progress("in_progress", "completed", "failed"),
    "mcp_list_tools": progress("in_progress", "completed", "failed"),
    "image_generation_call": progress(
        "in_progress", "generating", "partial_image", "completed",
        partial_image_b64="cGFydA==", partial_image_index=0,
    ),
}  # fmt: skip


def message(text: str, number: int = 1, **more: Any) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {"type": "message", "id": f"msg_{number}", "role": "assistant", "content": [part]} | more


@pytest.mark.slow
def test_a_stream_gives_the_same_reply_as_the_whole_answer_however_it_is_cut() -> None:
    short = [OUTPUT[0], OUTPUT[2], OUTPUT[3]]
    end = {**END, "response": {**WHOLE, "output": short}}
    assert assert_same_however_cut(sse(events(short, end), named=False)) == whole(
        {**WHOLE, "output": short}
    )


def test_every_kind_of_item_is_told_in_its_place() -> None:
    reply, _ = read(sse(events()))
    assert reply == whole(WHOLE)
    choice = reply.choices[0]
    assert choice.text == "The ☃ is ice."
    assert choice.reasoning == "First.\n\nThen."
    assert choice.extra["reasoning_items"] == [{"index": 0, "output_index": 0, **OUTPUT[0]}]
    assert choice.extra["server_tool_calls"] == [OUTPUT[1]]
    inner = {k: v for k, v in CITED.items() if k != "type"}
    assert choice.extra["annotations"] == [{"type": "url_citation", "url_citation": inner}]
    assert choice.extra["refusal"] == "No more."
    assert choice.logprobs == {"content": [LOGPROB]}
    assert choice.extra["images"] == [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
    ]
    assert [(c.id, c.name, c.arguments, c.kind) for c in choice.tool_calls] == [
        ("call_1", "get_weather", '{"city": "Oslo"}', "function"),
        ("call_2", "run", "print(1)", "custom"),
    ]
    assert (choice.finish_reason, choice.native_finish_reason) == ("tool_calls", "completed")


def test_facts_are_those_of_the_end() -> None:
    meta = read(sse(events()))[0].meta
    assert (meta.id, meta.model, meta.created) == ("resp_1", "gpt-x-2026", 1751884892)
    assert meta.service_tier == "default"
    assert meta.usage is not None
    assert (meta.usage.input, meta.usage.output, meta.usage.total) == (20, 12, 32)
    assert (meta.usage.cache_read, meta.usage.reasoning) == (8, 5)


def deltas_of(kinds: tuple[str, ...]) -> list[dict[str, Any]]:
    return [e for e in events() if not e["type"].endswith(kinds)]


@pytest.mark.parametrize(
    "lost",
    [
        (".delta",),
        (".done",),
        (".added",),
        (".delta", ".added"),
        (".delta", "_text.done", "_arguments.done", "_input.done", "part.done"),
        (".delta", ".added", ".done"),
    ],
)
def test_events_that_repeat_each_other_may_be_lost(lost: tuple[str, ...]) -> None:
    reply, _ = read(sse(deltas_of(lost)))
    expected = whole(WHOLE)
    assert reply.choices[0].text == expected.choices[0].text
    assert reply.choices[0].reasoning == expected.choices[0].reasoning
    assert reply.choices[0].tool_calls == expected.choices[0].tool_calls
    for key in ("refusal", "annotations", "reasoning_items", "server_tool_calls", "images"):
        assert reply.choices[0].extra[key] == expected.choices[0].extra[key], key


def test_the_end_fills_in_the_tail_that_deltas_did_not_tell() -> None:
    told = events([message("Hello world")], {**END, "response": body_of("Hello world")})
    second = [i for i, e in enumerate(told) if e["type"] == "response.output_text.delta"][1]
    reply, deltas = read(sse([e for i, e in enumerate(told) if i != second]))
    assert reply.choices[0].text == "Hello world"
    assert [d.text for d in deltas] == ["Hello", " world"]


def body_of(*texts: str, **more: Any) -> dict[str, Any]:
    output = [message(text, number) for number, text in enumerate(texts, 1)]
    return {**WHOLE, "output": output, "output_text": "".join(texts), **more}


def test_items_whose_ids_change_between_events_are_told_once() -> None:
    told = events([message("Hello")], {**END, "response": body_of("Hello")})
    shaken = json.loads(json.dumps(told))
    for number, event in enumerate(shaken):
        if "item_id" in event:
            event["item_id"] = f"other_{number}"
        if "item" in event:
            event["item"]["id"] = f"other_{number}"
    shaken[-1]["response"]["output"][0]["id"] = "yet_another"
    assert read(sse(shaken))[0].choices[0].text == "Hello"


def test_items_that_all_have_the_place_0_are_told_apart() -> None:
    told = [{**e, "output_index": 0} if "output_index" in e else e for e in events()]
    choice = read(sse(told))[0].choices[0]
    assert choice.text == "The ☃ is ice."
    assert [c.name for c in choice.tool_calls] == ["get_weather", "run"]
    assert len(choice.extra["reasoning_items"]) == 1


def test_two_function_calls_with_no_place_are_told_apart() -> None:
    calls = [
        {**OUTPUT[3], "id": f"fc_{i}", "call_id": f"call_{i}", "arguments": f'{{"i": {i}}}'}
        for i in range(2)
    ]
    told = events(calls, {**END, "response": {**WHOLE, "output": calls}})
    bare = [{k: v for k, v in e.items() if k != "output_index"} for e in told]
    found = read(sse(bare))[0].choices[0].tool_calls
    assert [(c.id, c.arguments) for c in found] == [("call_0", '{"i": 0}'), ("call_1", '{"i": 1}')]


def test_two_messages_are_one_text() -> None:
    body = body_of("One. ", "Two.")
    told = events(body["output"], {**END, "response": body})
    assert read(sse(told))[0].choices[0].text == "One. Two." == whole(body).choices[0].text


def test_raw_thoughts_are_reasoning_too() -> None:
    item = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [],
        "content": [{"type": "reasoning_text", "text": "Hm, well."}],
    }
    body = {**WHOLE, "output": [item]}
    assert whole(body).choices[0].reasoning == "Hm, well."
    reply, _ = read(sse(events([item], {**END, "response": body})))
    assert reply == whole(body)


def test_hosted_tools_are_kept_whole() -> None:
    items: list[dict[str, Any]] = [
        {"type": "file_search_call", "id": "fs_1", "status": "completed", "queries": ["a"]},
        {"type": "code_interpreter_call", "id": "ci_1", "code": "1", "status": "completed"},
        {"type": "mcp_call", "id": "mcp_1", "name": "x", "arguments": "{}", "output": "1"},
        {"type": "mcp_list_tools", "id": "ml_1", "server_label": "s", "tools": []},
    ]
    body = {**WHOLE, "output": items, "output_text": ""}
    reply, _ = read(sse(events(items, {**END, "response": body})))
    assert reply == whole(body)
    assert reply.choices[0].extra["server_tool_calls"] == items


def test_the_last_partial_image_counts_where_no_final_one_came() -> None:
    item = {**OUTPUT[5], "result": None}
    body = {**WHOLE, "output": [item]}
    reply, _ = read(sse(events([item], {**END, "response": body})))
    assert reply.choices[0].extra["images"][0]["image_url"]["url"].endswith("cGFydA==")


def test_sound_and_its_transcript_are_joined() -> None:
    told: list[dict[str, Any]] = [
        {"type": "response.created", "response": BEGUN},
        {"type": "response.audio.delta", "delta": "aGk="},
        {"type": "response.audio.transcript.delta", "delta": "Hel"},
        {"type": "response.audio.delta", "delta": "aGk="},
        {"type": "response.audio.transcript.delta", "delta": "lo"},
        {"type": "response.audio.done"},
        {"type": "response.audio.transcript.done"},
        {"type": "response.completed", "response": {**WHOLE, "output": [], "output_text": ""}},
    ]
    audio = read(sse(told))[0].choices[0].extra["audio"]
    assert audio == {"data": "aGlo" + "aQ==", "transcript": "Hello"}


@pytest.mark.parametrize(
    ("status", "why", "finish", "native"),
    [
        ("completed", None, "stop", "completed"),
        ("incomplete", {"reason": "max_output_tokens"}, "length", "max_output_tokens"),
        ("incomplete", {"reason": "content_filter"}, "content_filter", "content_filter"),
        ("incomplete", None, "length", "length"),
        (None, None, "stop", "completed"),
        ("in_progress", None, "stop", "in_progress"),
    ],
)
def test_the_status_says_how_it_ended(status: Any, why: Any, finish: str, native: str) -> None:
    body = body_of("Hi.", status=status, incomplete_details=why)
    choice = whole(body).choices[0]
    assert (choice.text, choice.finish_reason, choice.native_finish_reason) == (
        "Hi.",
        finish,
        native,
    )
    if status in ("completed", "incomplete"):
        end = {"type": f"response.{status}", "response": body}
        assert read(sse(events(body["output"], end)))[0].choices[0] == choice


def test_a_call_cut_by_the_token_limit_is_never_a_valid_one() -> None:
    call = {**OUTPUT[3], "arguments": '{"city": "Os', "status": "incomplete"}
    body = {**WHOLE, "output": [call], "status": "incomplete", "output_text": ""}
    body["incomplete_details"] = {"reason": "max_output_tokens"}
    end = {"type": "response.incomplete", "response": body}
    for reply in (whole(body), read(sse(events([call], end)))[0]):
        assert reply.choices[0].finish_reason == "length"
        assert not reply.choices[0].tool_calls[0].valid


def test_output_text_counts_only_where_the_output_has_none() -> None:
    body = {**WHOLE, "output": [OUTPUT[0]], "output_text": "Hello."}
    assert whole(body).choices[0].text == "Hello."
    assert whole(WHOLE).choices[0].text == "The ☃ is ice."


def test_a_failed_response_is_an_error_of_its_own_code() -> None:
    failed = {**WHOLE, "status": "failed", "output": []}
    failed["error"] = {"code": "rate_limit_exceeded", "message": "Slow down."}
    told = [*events([message("Hello")])[:-1], {"type": "response.failed", "response": failed}]
    with pytest.raises(errors.RateLimitError, match="Slow down") as caught:
        read(sse(told))
    assert caught.value.partial.choices[0].text == "Hello"
    with pytest.raises(errors.RateLimitError):
        whole(failed)
    with pytest.raises(errors.APIError, match="failed"):
        whole({**failed, "error": None})


def test_an_error_event_is_raised() -> None:
    told = {"type": "error", "code": "server_error", "message": "Broken.", "param": None}
    with pytest.raises(errors.APIError, match="Broken"):
        read(sse([*events()[:4], told]))


def test_a_stream_that_stops_before_its_end_is_an_error_with_what_came() -> None:
    with pytest.raises(errors.StreamInterrupted) as caught:
        read(sse(events()[:-1]))
    assert caught.value.partial.choices[0].text == "The ☃ is ice."


def test_the_end_is_known_before_the_connection_closes() -> None:
    reader = AnswerReader({})
    reader.feed(sse(events()))
    assert reader.done


def test_a_body_without_output_is_no_answer() -> None:
    with pytest.raises(errors.InvalidResponseError):
        whole({"object": "response", "id": "resp_1"})


def test_every_published_example_is_one_right_message() -> None:
    files = sorted((API / "responses").glob("responses__*.json"))
    assert files
    for file in files:
        body = json.loads(file.read_text())
        reply = whole(body)
        choice = reply.choices[0]
        assert choice.text == body["output_text"], file.name
        assert choice.finish_reason == "stop"
        assert (reply.meta.id, reply.meta.created) == (body["id"], body["created_at"])
        assert reply.meta.usage is not None
        assert reply.meta.usage.total == body["usage"]["total_tokens"]
        ids = [i["id"] for i in body["output"] if i["type"] == "reasoning"]
        assert [i["id"] for i in choice.extra.get("reasoning_items", ())] == ids


def test_every_published_event_type_is_read_without_harm() -> None:
    schema = json.loads((API / "schemas" / "d2573354cdd5.json").read_text())
    kinds = [branch["properties"]["type"]["enum"][0] for branch in schema["oneOf"]]
    assert len(kinds) == 53
    ends = {"error", "response.failed", "response.completed", "response.incomplete"}
    told = events()
    for kind in kinds:
        if kind not in ends:
            extra = {"type": kind, "output_index": 0, "item_id": "rs_1", "sequence_number": 9}
            assert read(sse([*told[:3], extra, *told[3:]]))[0] == whole(WHOLE), kind


# --- whatever comes -----

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["type", "text", "id", "content", "summary", "output"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
KEYS = ["type", "item", "part", "delta", "text", "output_index", "item_id", "response"]


@given(st.data())
@pytest.mark.slow
def test_no_event_raises_anything_but_our_errors(data: st.DataObject) -> None:
    told = data.draw(st.permutations(events()))
    for at in data.draw(st.lists(st.integers(0, len(told) - 1), max_size=6)):
        event = dict(told[at])
        key = data.draw(st.sampled_from(KEYS))
        inner = event.get(key)
        junk = data.draw(JUNK)
        if isinstance(inner, dict) and inner and data.draw(st.booleans()):
            event[key] = {**inner, data.draw(st.sampled_from(sorted(inner))): junk}
        else:
            event[key] = junk
        told[at] = event
    try:
        reply, deltas = read(sse(told, named=False))
    except AimlapiError:
        return
    assert "".join(d.text for d in deltas) == reply.choices[0].text


@given(st.dictionaries(st.sampled_from([*WHOLE]), JUNK, max_size=4), st.integers(0, 5), JUNK)
def test_no_body_raises_anything_but_our_errors(
    junk: dict[str, Any], number: int, inner: Any
) -> None:
    output: list[Any] = list(OUTPUT)
    output[number] = dict.fromkeys(OUTPUT[number], inner) | {"type": OUTPUT[number]["type"]}
    try:
        reply = whole({**WHOLE, "output": output, **junk})
    except AimlapiError:
        return
    assert reply.choices
