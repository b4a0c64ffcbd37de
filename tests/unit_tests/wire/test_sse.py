"""The event-stream decoder against the WHATWG rules, however the bytes are cut."""

from __future__ import annotations

import itertools
from collections import deque

import httpx
import httpx_sse
import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_aimlapi._wire.sse import BOM, Event, EventTooLargeError, SseDecoder
from tests.harness.growth import assert_linear


def decode(*pieces: bytes) -> list[Event]:
    """The events of a stream that arrives in these pieces and then ends."""
    decoder = SseDecoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return events + decoder.close()


def test_the_specs_stock_example_is_one_event_of_three_lines() -> None:
    assert decode(b"data: YHOO\ndata: +2\ndata: 10\n\n") == [("", b"YHOO\n+2\n10")]


def test_the_specs_example_of_comments_ids_and_spaces() -> None:
    stream = b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third\n"
    assert decode(stream) == [("", b"first event"), ("", b"second event"), ("", b" third")]


def test_the_specs_example_of_empty_data() -> None:
    # The spec's own example: "data" alone gives an event with empty data, two of them a line end.
    # (Its third event has no blank line; see the deviation in the module.)
    assert decode(b"data\n\ndata\ndata\n\ndata:") == [("", b""), ("", b"\n"), ("", b"")]


def test_the_space_after_the_colon_is_optional() -> None:
    assert decode(b"data:test\n\ndata: test\n\n") == [("", b"test"), ("", b"test")]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_line_end_ends_a_line(end: bytes) -> None:
    stream = end.join([b"event: a", b"data: 1", b"data: 2", b"", b"data: 3", b"", b""])
    assert decode(stream) == [("a", b"1\n2"), ("", b"3")]


def test_mixed_line_ends_do_not_make_blank_lines() -> None:
    assert decode(b"data: 1\r\ndata: 2\rdata: 3\n\r\n\rdata: 4\n\n") == [
        ("", b"1\n2\n3"),
        ("", b"4"),
    ]


def test_a_cut_inside_crlf_is_one_line_end() -> None:
    assert decode(b"data: 1\r", b"\ndata: 2\r", b"\n\r", b"\n") == [("", b"1\n2")]


def test_a_carriage_return_ends_the_event_without_waiting_for_more() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: 1\r\r") == [("", b"1")]
    assert decoder.feed(b"\n") == []  # belongs to the CR before it
    assert decoder.feed(b"data: 2\n\n") == [("", b"2")]


@pytest.mark.parametrize("first", [b"data: 1\n\n", b"\n\ndata: 1\n\n", b":\n\ndata: 1\n\n"])
def test_a_byte_order_mark_at_the_start_is_ignored(first: bytes) -> None:
    assert decode(BOM + first) == [("", b"1")]


def test_only_one_byte_order_mark_is_ignored_and_only_at_the_start() -> None:
    assert decode(BOM + BOM + b"data: 1\n\ndata: 2\n\n") == [("", b"2")]
    assert decode(b"data: 1\n\n" + BOM + b"data: 2\n\n") == [("", b"1")]
    assert decode(b"data: " + BOM + b"1\n\n") == [("", BOM + b"1")]


def test_unknown_fields_ids_and_retries_change_nothing() -> None:
    stream = b"retry: 10\nid: a\x00b\nfoo: bar\nDATA: no\n data: no\ndata: yes\n\n"
    assert decode(stream) == [("", b"yes")]


def test_an_event_without_data_is_not_dispatched_and_its_type_is_forgotten() -> None:
    assert decode(b"event: ping\n\ndata: 1\n\n") == [("", b"1")]


def test_the_last_event_type_of_an_event_holds() -> None:
    assert decode(b"event: a\nevent: b\ndata: 1\n\n") == [("b", b"1")]


def test_blank_lines_and_comments_give_nothing() -> None:
    assert decode(b"\n" * 500 + b": keep-alive\n\n" * 500) == []


def test_unicode_line_separators_are_no_line_ends() -> None:
    text = "a\u2028b\u2029c\x85d\x0be\x0cf".encode()
    assert decode(b"data: " + text + b"\n\n") == [("", text)]


def test_bytes_that_are_not_utf8_reach_the_json_parser_untouched() -> None:
    assert decode(b"event: \xff\ndata: \xff\xfe\n\n") == [("\ufffd", b"\xff\xfe")]


def test_an_event_that_the_end_cut_off_is_delivered_by_close() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: 1\n\ndata: 2") == [("", b"1")]
    assert decoder.close() == [("", b"2")]
    assert decoder.close() == []


# --- cuts -----

SAMPLE = (
    BOM
    + b": hi\r\nevent: a\r\ndata: \xe2\x82\xac\xf0\x9f\x98\x80\r\n\r\ndata\rdata:x\r\rid: 7\n"
    + b'data: {"a":\ndata: 1}\nretry: 5\n\n\n\revent: b\n\ndata: end'
)


def test_every_cut_in_two_gives_the_same_events() -> None:
    whole = decode(SAMPLE)
    assert len(whole) == 4
    for at in range(len(SAMPLE) + 1):
        assert decode(SAMPLE[:at], SAMPLE[at:]) == whole, f"cut at byte {at}"


def test_one_byte_at_a_time_gives_the_same_events() -> None:
    assert decode(*(SAMPLE[i : i + 1] for i in range(len(SAMPLE)))) == decode(SAMPLE)


LINE = st.sampled_from(
    [
        *(b"data", b"data:", b"data: ", b"data: a", b"data:  a", b"data:a:b", b"data : a"),
        *(b"event: x", b"event", b"event:y", b": c", b":", b"id: 1", b"id", b"retry: 3", b"foo"),
        *(b"", b"", b"", b" ", "data: \u20ac\u2028".encode(), b"data: \xff", b"data: \x00"),
    ]
)
END = st.sampled_from([b"\n", b"\r\n", b"\r"])
STREAM = st.lists(st.tuples(LINE, END), max_size=30).map(
    lambda lines: b"".join(line + end for line, end in lines)
)


@given(stream=STREAM, bom=st.booleans(), cuts=st.lists(st.integers(0, 400), max_size=8))
def test_any_cuts_give_the_events_of_the_whole(stream: bytes, bom: bool, cuts: list[int]) -> None:
    stream = BOM + stream if bom else stream
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[a:b] for a, b in itertools.pairwise(places)]
    assert decode(*pieces) == decode(stream)


@given(data=st.binary(max_size=200), cut=st.integers(0, 200))
def test_any_bytes_are_decoded_without_an_exception(data: bytes, cut: int) -> None:
    assert decode(data[:cut], data[cut:]) == decode(data)


def reference(stream: bytes) -> list[Event]:
    """A second reading of the WHATWG algorithm, written for clarity: whole text, line by line."""
    stream = stream.removeprefix(BOM)
    lines = stream.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")[:-1]
    events: list[Event] = []
    data, kind = b"", b""
    for line in lines:
        name, colon, value = line.partition(b":")
        value = value[1:] if value.startswith(b" ") else value
        if not line:
            if data:
                events.append((kind.decode("utf-8", "replace"), data[:-1]))
            data, kind = b"", b""
        elif not name and colon:
            continue
        elif name == b"data":
            data += value + b"\n"
        elif name == b"event":
            kind = value
    return events


@given(stream=STREAM)
def test_a_terminated_stream_means_what_the_specification_says(stream: bytes) -> None:
    stream += b"\n\n"
    assert decode(stream) == reference(stream)


@given(stream=STREAM.filter(lambda s: b"\xff" not in s))
def test_a_terminated_stream_means_what_httpx_sse_says(stream: bytes) -> None:
    # httpx-sse also reports events that have no data (a bare `event:` or, once an id was seen,
    # every blank line), which the specification does not dispatch: they are left out here.
    response = httpx.Response(
        200, headers={"content-type": "text/event-stream"}, content=stream + b"\n\n"
    )
    theirs = [(e.event, e.data) for e in httpx_sse.EventSource(response).iter_sse() if e.data]
    ours = [(kind or "message", data.decode()) for kind, data in decode(stream + b"\n\n") if data]
    assert ours == theirs


# --- bounds -----


def test_an_endless_line_is_refused_at_the_limit() -> None:
    decoder = SseDecoder(max_event_bytes=1000)
    decoder.feed(b"data: " + b"x" * 900)
    with pytest.raises(EventTooLargeError, match="1000"):
        decoder.feed(b"x" * 200)


def test_an_endless_event_of_short_lines_is_refused_at_the_limit() -> None:
    decoder = SseDecoder(max_event_bytes=1000)
    with pytest.raises(EventTooLargeError):
        deque((decoder.feed(b"data: x\n") for _ in range(1000)), maxlen=0)


def test_an_endless_event_of_empty_data_lines_is_refused_at_the_limit() -> None:
    decoder = SseDecoder(max_event_bytes=1000)
    with pytest.raises(EventTooLargeError):
        deque((decoder.feed(b"data\n") for _ in range(1000)), maxlen=0)


def test_many_events_below_the_limit_are_no_large_event() -> None:
    decoder = SseDecoder(max_event_bytes=100)
    events = []
    for _ in range(100):
        events += decoder.feed(b"data: " + b"x" * 40)
        events += decoder.feed(b"x" * 40 + b"\n: a comment that is not kept\n\n")
    assert events == [("", b"x" * 80)] * 100


def test_comments_in_pieces_do_not_add_up_to_a_large_event() -> None:
    decoder = SseDecoder(max_event_bytes=100)
    for _ in range(200):
        assert decoder.feed(b": keep-") == []
        assert decoder.feed(b"alive\n") == []
    assert decoder.feed(b"data: 1\n\n") == [("", b"1")]


def test_an_event_of_very_many_lines_cut_inside_each_takes_linear_time() -> None:
    def read(lines: int) -> None:
        decoder = SseDecoder()
        for _ in range(lines):
            decoder.feed(b"x\ndata: ")
        decoder.close()

    assert_linear(read, 5_000)
