"""Bytes of an answer -> one right message or one clear error, whatever arrives."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi import errors
from langchain_aimlapi._dialects.reader import AnswerReader, parse_answer
from langchain_aimlapi._domain.values import ChatResponse, Choice, Delta, StreamEnd
from langchain_aimlapi._wire.request import Response
from tests.harness.growth import assert_linear

DONE = b"data: [DONE]\n\n"
HEADERS = {"x-inference-id": "inf-1"}


def event(value: Any) -> bytes:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return b"data: " + data + b"\n\n"


def chunk(delta: Any = None, finish: Any = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {
        "id": "c1",
        "object": "chat.completion.chunk",
        "model": "m",
        "choices": [choice],
        **more,
    }


def say(text: str, finish: Any = None, **more: Any) -> bytes:
    return event(chunk({"content": text}, finish, **more))


STOP = event(chunk({}, "stop"))


def read(*pieces: bytes, secret: str | None = None) -> tuple[list[Delta], AnswerReader]:
    """All deltas of a stream in these pieces, and the reader after its end."""
    reader = AnswerReader(HEADERS, model="vendor/model", secret=secret)
    items: list[Any] = []
    for piece in pieces:
        items += reader.feed(piece)
        if reader.error is not None:
            break
    else:
        items += reader.close()
    finals = [item for item in items if isinstance(item, StreamEnd)]
    assert len(finals) == (reader.error is None)
    assert items[-1:] == finals[-1:] or not finals
    return [item for item in items if isinstance(item, Delta)], reader


def reply(*pieces: bytes) -> ChatResponse:
    deltas, reader = read(*pieces)
    assert reader.error is None, reader.error
    answer = reader.assembly.reply()
    assert "".join(d.text for d in deltas if not d.choice) == answer.choices[0].text
    return answer


def answer(*pieces: bytes) -> Choice:
    return reply(*pieces).choices[0]


def failure(*pieces: bytes, **options: Any) -> errors.AimlapiError:
    _, reader = read(*pieces, **options)
    assert reader.error is not None
    return reader.attach(reader.error)


# --- chunk shapes -----


@pytest.mark.parametrize(
    "odd",
    [
        *({}, {"choices": None}, {"choices": []}, {"choices": {}}, {"choices": [None, 5, "x"]}),
        *({"choices": [{}]}, {"choices": [{"delta": None}]}, {"choices": [{"delta": []}]}),
        *({"choices": [{"delta": {"content": None}}]}, {"choices": [{"delta": {"content": ""}}]}),
        *({"choices": [{"delta": {"content": []}}]}, {"choices": [{"delta": {"content": 5}}]}),
        {"choices": [{"delta": {"role": ""}}]},
        {"choices": [{"delta": {"role": None, "reasoning_content": None, "tool_calls": None}}]},
        {"choices": [{"delta": {"reasoning_content": "", "tool_calls": [], "refusal": None}}]},
        {"choices": [{"delta": {"tool_calls": [None, 5, {}]}, "finish_reason": ""}]},
        {"choices": [{"delta": {"tool_calls": "x", "audio": 5, "images": 5, "annotations": {}}}]},
        {"choices": [{"delta": {"reasoning_details": [5, {"type": []}], "thinking_blocks": {}}}]},
        {"choices": [{"delta": {"reasoning_details": [{"type": {}, "index": []}]}}]},
        {"choices": [{"delta": {}, "logprobs": 5, "finish_reason": 7}]},
        {"object": "chat.completion.chunk"},
        {"object": 5, "usage": 5, "meta": 5, "id": None, "model": ["m"], "created": "x"},
        *(None, True, 5, "x", [], [1, None, "x"], [[]]),
        {"unknown": {"a": 1}},
        {"choices": [{"delta": {"content": [{}, 5, {"type": "text"}, {"text": 5}, ""]}}]},
    ],
)
def test_a_chunk_of_an_odd_shape_adds_nothing_and_breaks_nothing(odd: Any) -> None:
    for pieces in ((event(odd), say("all"), STOP), (say("al"), event(odd), say("l"), STOP)):
        choice = answer(*pieces, DONE)
        assert (choice.text, choice.finish_reason) == ("all", "stop")
        assert choice.tool_calls == ()


@pytest.mark.parametrize(
    "content",
    [
        "all",
        ["al", "l"],
        [{"type": "text", "text": "al"}, {"type": "text", "text": "l"}],
        {"type": "text", "text": "all"},
        [{"type": "output_text", "text": "all"}],
    ],
)
def test_content_as_text_or_parts_is_one_text(content: Any) -> None:
    assert answer(event(chunk({"content": content}, "stop"))).text == "all"


def test_ids_are_the_first_that_were_told() -> None:
    stream = [
        event({**chunk({"content": "a"}), "id": "first", "created": 5}),
        event({**chunk({"content": "b"}), "id": "", "created": 6}),
        event({**chunk({"content": "c"}, "stop"), "id": "other", "model": "other"}),
    ]
    meta = reply(*stream).meta
    assert (meta.id, meta.model, meta.created, meta.inference_id) == ("first", "m", 5, "inf-1")


def test_claudes_two_finish_chunks_are_one_finish() -> None:
    # The second has no delta at all; usage stands on the first (recorded February 2026).
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    last = chunk(finish="stop")
    del last["choices"][0]["delta"]
    found = reply(say("hi"), event(chunk({}, "stop", usage=usage)), event(last))
    assert found.choices[0].finish_reason == "stop"
    assert found.choices[0].native_finish_reason == "stop"
    assert found.meta.usage is not None
    assert found.meta.usage.total == 7


def test_a_finish_reason_beside_content_loses_no_content() -> None:
    assert answer(say("a"), say("b", "length")).text == "ab"
    assert answer(say("a"), say("b", "length")).finish_reason == "length"


def test_a_choice_that_nobody_asked_for_is_kept_apart() -> None:
    other = {"index": 1, "delta": {"content": "X"}, "finish_reason": None}
    both = chunk({"content": "a"})
    both["choices"].append(other)
    found = reply(event(both), STOP)
    assert [c.text for c in found.choices] == ["a", "X"]


def test_perplexitys_message_beside_the_delta_is_not_said_twice() -> None:
    def frame(delta: str, so_far: str, finish: str | None = None) -> bytes:
        value = chunk({"role": "assistant", "content": delta}, finish)
        value["choices"][0]["message"] = {"role": "assistant", "content": so_far}
        value["citations"] = ["https://a.example"]
        return event(value)

    choice = answer(frame("Hel", "Hel"), frame("lo", "Hello"), frame("", "Hello", "stop"))
    assert choice.text == "Hello"
    assert choice.extra["citations"] == ["https://a.example"]


def test_a_message_alone_in_a_stream_is_the_answer() -> None:
    value = chunk(finish="stop")
    value["choices"][0]["message"] = {"content": "all"}
    assert answer(event(value)).text == "all"


@pytest.mark.parametrize(
    ("usages", "total"),
    [
        ([None, {"total_tokens": 9, "prompt_tokens": 4, "completion_tokens": 5}], 9),
        (
            [{"prompt_tokens": 4, "completion_tokens": n, "total_tokens": 4 + n} for n in range(6)],
            9,
        ),
        ([{"prompt_tokens": 4, "completion_tokens": 5, "total_tokens": 9}] * 2, 9),
        ([{"prompt_tokens": 4}, {"completion_tokens": 5}], 9),
        ([{"prompt_tokens": 4, "completion_tokens": 5}, {"prompt_tokens": 0}], 9),
    ],
)
def test_usage_on_any_chunk_counts_once(usages: list[Any], total: int) -> None:
    frames = [say("a", usage=usage) for usage in usages[:-1]]
    last = event({"choices": [], "usage": usages[-1]})
    for pieces in ([*frames, STOP, last], [*frames, last, STOP], [*frames, STOP, last, DONE]):
        usage = reply(*pieces).meta.usage
        assert usage is not None
        assert usage.total == total


def test_no_usage_is_no_usage() -> None:
    assert reply(say("a", "stop")).meta.usage is None


def test_a_last_chunk_that_is_only_the_charge_is_read() -> None:
    charge = event({"meta": {"usage": {"credits_used": 2480, "usd_spent": 0.00124}}})
    cost = reply(say("a", "stop"), charge, DONE).meta.cost
    assert cost is not None
    assert (cost.usd, cost.credits) == (0.00124, 2480)


@pytest.mark.parametrize(
    "delta",
    [
        {"reasoning_content": "why"},
        {"reasoning": "why"},
        {"reasoning": "why", "reasoning_details": [{"type": "reasoning.text", "text": "why"}]},
        {"reasoning_details": [{"type": "reasoning.text", "text": "why", "index": 0}]},
        {"reasoning_content": "why", "reasoning": "why"},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "why"}]}]},
        {"content": [{"type": "thinking", "thinking": "why"}]},
        {"content": "<think>why</think>"},
    ],
)
def test_every_form_of_reasoning_is_heard_once(delta: dict[str, Any]) -> None:
    choice = answer(event(chunk(delta)), say("because", "stop"))
    assert (choice.reasoning, choice.text) == ("why", "because")


# --- text that arrives broken -----


def test_a_surrogate_pair_split_over_two_deltas_is_one_character() -> None:
    first = event(b'{"choices":[{"index":0,"delta":{"content":"a\\ud83d"}}]}')
    second = event(b'{"choices":[{"index":0,"delta":{"content":"\\ude00b"}}]}')
    assert answer(first, second, STOP).text == "a\U0001f600b"
    reasoning = [e.replace(b"content", b"reasoning_content") for e in (first, second)]
    assert answer(*reasoning, STOP).reasoning == "a\U0001f600b"


def test_a_lone_surrogate_is_replaced() -> None:
    text = answer(event(b'{"choices":[{"delta":{"content":"\\ud83dx"}}]}'), STOP).text
    assert text == "\ufffdx"
    assert text.encode()


def test_bytes_that_are_not_utf8_are_replaced() -> None:
    assert answer(event(b'{"choices":[{"delta":{"content":"a\xffb"}}]}'), STOP).text == "a\ufffdb"


def test_a_byte_order_mark_is_no_content() -> None:
    mark = b"\xef\xbb\xbf"
    assert answer(mark + say("a", "stop")).text == "a"
    assert answer(b"data: " + mark + say("a", "stop")[6:]).text == "a"
    assert whole(mark + json.dumps(WHOLE).encode()).choices[0].text == "all"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b'{"choices":[{"delta":{"content":"a","content":"b"}}]}', "b"),
        (
            b'{"choices":[{"delta":{"content":"a"},"logprobs":NaN}],"usage":{"total_tokens":NaN}}',
            "a",
        ),
        (b'{"created":1e999,"choices":[{"index":NaN,"delta":{"content":"a"}}]}', "a"),
        (b'{"choices":[{"delta":{"content":"a","x":' + b"[" * 150 + b"]" * 150 + b"}}]}", "a"),
        (b'{"choices":[{"delta":{"content":"a\x00\x1f"}}]}', "a\x00\x1f"),
        (b'{"choices":[{"delta":{"content":"a","tool_calls":[{"index":NaN}]}}]}', "a"),
    ],
)
def test_json_that_is_odd_but_clear_is_read(data: bytes, text: str) -> None:
    assert answer(event(data), STOP).text == text


@pytest.mark.parametrize("depth", [400, 600, 900, 50_000])
def test_a_deep_event_is_read_or_typed(depth: int) -> None:
    deep = b'{"choices":[{"delta":{"content":"b"}}],"x":' + b"[" * depth + b"]" * depth + b"}"
    deltas, reader = read(say("a"), event(deep), STOP)
    if reader.error is None:
        assert "".join(d.text for d in deltas) == "ab"
    else:
        assert type(reader.error) is errors.InvalidResponseError
        assert "nested too deeply" in str(reader.error)
        assert "".join(d.text for d in deltas) == "a"


# --- framing of the events -----


@pytest.mark.parametrize(
    "noise",
    [
        *(
            b": hi\n\n",
            b"event: ping\ndata: {}\n\n",
            b"event: ping\n\n",
            b"data:\n\n",
            b"data: \n\n",
        ),
        *(b"\n\n\n\n", b"id: 5\nretry: 10\n\n", b"data: null\n\n", b"data: \t \n\n"),
        b'event: ping\ndata: {"type": "ping"}\n\n',
    ],
)
def test_noise_between_events_is_no_content(noise: bytes) -> None:
    assert answer(noise, say("a"), noise, say("b"), noise, STOP, noise, DONE, noise).text == "ab"


def test_every_cut_of_a_stream_gives_the_same_deltas() -> None:
    stream = b"\xef\xbb\xbf: hi\r\n\r\n" + say("Grüße \U0001f600") + say("<b>") + STOP + DONE
    expected, _ = read(stream)
    for at in range(1, len(stream)):
        deltas, reader = read(stream[:at], stream[at:])
        assert deltas == expected, f"cut at byte {at}"
        assert reader.error is None
    assert read(*(stream[i : i + 1] for i in range(len(stream))))[0] == expected


# --- ends -----


@pytest.mark.parametrize(
    "end",
    [
        *(
            [STOP],
            [STOP, DONE],
            [DONE],
            [STOP, DONE, DONE],
            [b"data:[DONE]\n\n"],
            [STOP, b"data: "],
        ),
        *([b"data:  [DONE] \n\n"], [b"data: [DONE]"], [b"data: [DONE] ok\n\n"], [STOP[:-2]]),
        *([STOP, DONE, say("junk")], [DONE + say("junk")], [DONE, b"<html>"], [STOP + b"data: {"]),
    ],
)
def test_these_ends_are_ends(end: list[bytes]) -> None:
    choice = answer(say("all"), *end)
    assert (choice.text, choice.finish_reason) == ("all", "stop")


@pytest.mark.parametrize("end", [[], [b": bye\n\n"], [b'data: {"choices": [{"del'], [b"data: {"]])
def test_an_end_that_is_none_is_an_interruption(end: list[bytes]) -> None:
    error = failure(say("so far"), *end)
    assert type(error) is errors.StreamInterrupted
    assert error.partial.choices[0].text == "so far"
    assert (error.inference_id, error.model) == ("inf-1", "vendor/model")


@pytest.mark.parametrize("stream", [b"", b"\n\n", b": hi\n\n", DONE, b"data: {}\n\n", b"x"])
def test_a_stream_without_an_event_is_an_error(stream: bytes) -> None:
    error = failure(stream)
    assert isinstance(error, errors.StreamInterrupted)
    assert error.partial is None


def test_a_broken_event_in_the_middle_is_an_error_with_what_came_before() -> None:
    error = failure(say("a"), event(b'{"choices": ['), say("b"), STOP)
    assert type(error) is errors.InvalidResponseError
    assert error.partial.choices[0].text == "a"
    assert "not JSON" in str(error)


def test_text_of_the_answer_is_in_no_message_of_an_error() -> None:
    for broken in (event(b'{"private": "thoughts'), b'data: {"private": "thoughts'):
        error = failure(say("a"), broken)
        assert "thoughts" not in str(error)


# --- errors inside -----


@pytest.mark.parametrize(
    ("frame", "cls"),
    [
        (event({"error": {"message": "boom", "code": 429}}), errors.RateLimitError),
        (event({"error": "boom"}), errors.APIError),
        (
            event({"requestId": "r-1", "statusCode": 403, "message": "boom", "path": "/"}),
            errors.PermissionDeniedError,
        ),
        (b'event: error\ndata: {"message": "boom"}\n\n', errors.APIError),
        (b"event: error\ndata: boom\n\n", errors.APIError),
        (b'event: error\ndata: "boom"\n\n', errors.APIError),
        (b'event: error\ndata: ["boom"]\n\n', errors.APIError),
        (
            b'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error", '
            b'"message": "boom"}}\n\n',
            errors.APIError,
        ),
        (
            event(chunk({"content": ""}, "error", error={"message": "boom", "code": 502})),
            errors.APIError,
        ),
        (event([{"error": {"message": "boom", "code": 401}}]), errors.AuthenticationError),
    ],
)
def test_an_error_inside_a_stream_is_typed_and_keeps_the_partial(
    frame: bytes, cls: type[errors.AimlapiError]
) -> None:
    error = failure(say("so far"), frame, say("late"), STOP)
    assert type(error) is cls
    assert "boom" in str(error)
    assert error.partial.choices[0].text == "so far"
    first = failure(frame)
    assert type(first) is cls
    assert first.partial is None


def test_content_beside_an_error_is_delivered_before_it() -> None:
    value = chunk({"content": " last words"})
    value["error"] = {"message": "boom", "code": 500}
    error = failure(say("so far"), event(value))
    assert error.partial.choices[0].text == "so far last words"


@pytest.mark.parametrize("nothing", [None, {}, "", False, []])
def test_an_empty_error_key_is_no_error(nothing: Any) -> None:
    assert answer(say("a", error=nothing), STOP).text == "a"


def test_the_key_in_an_error_frame_is_masked() -> None:
    error = failure(event({"error": {"message": "bad key hush-hush"}}), secret="hush-hush")
    assert "hush" not in str(error) + repr(vars(error))


# --- whole answers -----

WHOLE = {
    "id": "c1",
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "all"}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
    "meta": {"usage": {"credits_used": 10, "usd_spent": 0.000005}},
}


def whole(body: Any, **options: Any) -> ChatResponse:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse_answer(Response(200, HEADERS, data), model="vendor/model", **options)


def test_a_whole_answer_is_read() -> None:
    found = whole(WHOLE)
    assert found.choices[0].text == "all"
    assert found.meta.usage is not None
    assert found.meta.cost is not None
    assert (found.meta.id, found.meta.inference_id) == ("c1", "inf-1")


def test_a_whole_answer_where_a_stream_was_asked_for_is_a_stream() -> None:
    body = json.dumps(WHOLE, indent=1).encode()
    for pieces in ([body], [body[i : i + 1] for i in range(len(body))], [b" \n" * 5000, body]):
        assert reply(*pieces) == whole(WHOLE)


def test_a_stream_where_a_whole_answer_was_asked_for_is_a_whole_answer() -> None:
    found = whole(say("al") + say("l") + STOP + DONE)
    assert (found.choices[0].text, found.choices[0].finish_reason) == ("all", "stop")


def test_a_list_of_one_answer_is_that_answer() -> None:
    assert whole([WHOLE]).choices[0].text == "all"


def test_white_space_before_an_answer_is_no_answer_however_long_it_is() -> None:
    body = b"\n \n" * 4000 + json.dumps(WHOLE).encode()
    assert whole(body).choices[0].text == "all"
    assert reply(*(body[i : i + 100] for i in range(0, len(body), 100))) == whole(WHOLE)
    stream = b"\n\r\n" * 4000 + say("a", "stop")
    assert answer(*(stream[i : i + 100] for i in range(0, len(stream), 100))).text == "a"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"content": None}, ""),
        ({"content": None, "refusal": "no"}, ""),
        ({}, ""),
        ({"content": ["a", {"type": "text", "text": "b"}]}, "ab"),
        ({"content": "a", "role": None, "unknown": {"x": 1}}, "a"),
    ],
)
def test_a_message_of_an_odd_shape_is_read(body: Any, text: str) -> None:
    choice = whole({"choices": [{"message": body, "finish_reason": "stop"}]}).choices[0]
    assert choice.text == text
    assert choice.finish_reason == "stop"


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"  \n", b"null", b"5", b'"x"', b"true", b"[]", b"[1, 2]", b"{}", b"\xff\xfe", b"{"),
        *(b"<html>Login</html>", b"upstream is busy", b'{"choices": null}', b'{"choices": []}'),
        *(b'{"choices": [{"message": null}]}', b'{"choices": [null]}', b'{"choices": {}}'),
        *(b'{"message": "Internal"}', b'{"usage": {}}', b'{"a":' * 50_000, b'{"choices": [{"mess'),
    ],
)
def test_a_200_that_is_no_answer_is_an_error(body: bytes) -> None:
    with pytest.raises(errors.InvalidResponseError) as caught:
        whole(body)
    assert caught.value.status_code == 200
    assert caught.value.inference_id == "inf-1"
    assert caught.value.model == "vendor/model"
    assert len(str(caught.value)) < 1000


def test_an_error_with_a_200_is_typed_by_its_own_code() -> None:
    with pytest.raises(errors.RateLimitError, match="slow down"):
        whole({"error": {"message": "slow down", "code": 429}})
    with pytest.raises(errors.OutOfCreditError) as caught:
        whole({"requestId": "r-1", "statusCode": 403, "message": "You've run out of credits"})
    assert caught.value.request_id == "r-1"


def test_a_page_that_echoes_the_key_is_masked() -> None:
    with pytest.raises(errors.InvalidResponseError) as caught:
        whole(b"<html>hush-hush</html>", secret="hush-hush")
    assert "hush" not in str(caught.value)


def test_an_answer_that_grows_beyond_the_limit_is_refused() -> None:
    reader = AnswerReader(max_response_bytes=1000)
    for _ in range(8):
        assert reader.feed(b'{"choices": "' + b"x" * 100) == []
    with pytest.raises(errors.InvalidResponseError, match="1000") as caught:
        reader.feed(b"x" * 100)
    assert caught.value.is_retryable is False


# --- recorded and large -----


def test_recorded_streams_are_one_answer_with_usage(shared: Path) -> None:
    paths = sorted((shared / "transcripts").glob("*.sse"))
    assert paths
    for path in paths:
        data = path.read_bytes()
        found = reply(data)
        assert found.choices[0].text, path.name
        assert found.choices[0].finish_reason == "stop", path.name
        assert found.meta.usage is not None, path.name
        pieces = [data[i : i + 97] for i in range(0, len(data), 97)]
        assert reply(*pieces) == found, path.name


def read_in_blocks(stream: bytes, size: int = 65536) -> None:
    pieces: Iterable[bytes] = (stream[i : i + size] for i in range(0, len(stream), size))
    answer(*pieces)


@pytest.mark.parametrize("block", [65536, 1024])
def test_time_grows_linearly_with_the_size_of_an_event(block: int) -> None:
    assert_linear(lambda size: read_in_blocks(say("x" * size, "stop"), block), 600_000)


def test_time_grows_linearly_with_the_number_of_events() -> None:
    assert_linear(lambda count: read_in_blocks(say("x") * count + STOP), 2_000)
