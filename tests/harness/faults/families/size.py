"""Large things: linear time, and a typed error beyond the limits."""

from __future__ import annotations

from ..cases import Answer, Family, failure
from ..steps import Lazy, Reply, Send
from ..wire import (
    DONE,
    END,
    ROLE,
    chunk,
    chunked,
    completion,
    dump,
    endless,
    event,
    http,
    sse_head,
    stream,
)

FAMILY = Family("size")
MEGABYTE = 1024 * 1024
OVER = failure("InvalidResponseError", partial="")


def _many(count: int) -> Reply:
    block = b"".join(chunked(event(chunk("x"))) for _ in range(1000))
    last = chunked(event(END) + DONE) + chunked(b"")
    return (Send(sse_head()), Lazy(lambda: [block] * (count // 1000)), Send(last))


def _large() -> None:
    five = "x" * 5_000_000
    FAMILY.streamed("one event of 5 MB", [stream(chunk(five), END, DONE)], Answer(five))
    whole = http(dump(completion({"content": five * 4})))
    FAMILY.whole("an answer of 20 MB", [whole], Answer(five * 4))
    FAMILY.streamed("an answer of 20 MB as JSON", [whole], Answer(five * 4))
    big = "y" * 1_000_000
    FAMILY.streamed(
        "20 events of 1 MB",
        [stream(ROLE, *[chunk(big)] * 20, END, DONE)],
        Answer(big * 20),
    )
    FAMILY.streamed("20,000 events", [_many(20_000)], Answer("x" * 20_000))
    blank = b"".join(b"data:\n" for _ in range(100_000))
    FAMILY.streamed(
        "an event of 100,000 lines",
        [stream(ROLE, blank + event(chunk("x")), END, DONE)],
        Answer("x"),
    )


def _over() -> None:
    small = {"max_response_bytes": 2 * MEGABYTE, "max_event_bytes": MEGABYTE}
    long = endless(b"data: ", b"x", 256)
    FAMILY.streamed("256 MB without a line end", [long], OVER)
    FAMILY.streamed("no line end, a small limit", [long], OVER, options=small)
    FAMILY.streamed("a comment without an end", [endless(b": ", b"x", 256)], OVER, options=small)
    FAMILY.streamed("an event without an end", [endless(b"", b"data: x\n", 256)], OVER,
                    options=small)  # fmt: skip
    late = failure("StreamTimeoutError", None, "")
    events = endless(b"", event(chunk("")), 4096)
    FAMILY.streamed("events without an end, until the deadline", [events], late,
                    options={"deadline": 2.0})  # fmt: skip
    blank = endless(b"", b"\n", 4096)
    FAMILY.streamed("blank lines without an end", [blank], OVER,
                    options={"max_response_bytes": 16 * MEGABYTE})  # fmt: skip
    body = endless(b'{"id": "', b"x", 256, kind="application/json")
    FAMILY.both("a body without an end", [body], OVER)
    FAMILY.both("a body without an end, a small limit", [body], OVER, options=small)
    announced = endless(b"", b" ", 8, f"Content-Length: {8 * MEGABYTE}", kind="application/json")
    FAMILY.whole("a length beyond the limit", [announced], OVER, options=small)
    fits = http(dump(completion({"content": "x" * 900_000})))
    FAMILY.whole("just within a small limit", [fits], Answer("x" * 900_000), options=small)


_large()
_over()
