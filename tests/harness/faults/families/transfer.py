"""How bytes travel: compression, labels, lengths, segments. The answer is the same."""

from __future__ import annotations

import zlib

from ..cases import OK, Family, failure
from ..raw_server import Script
from ..steps import Close, Drip, Pause, Pieces, Reply, Send
from ..wire import (
    STREAM,
    bomb_reply,
    chunked,
    close_delimited,
    completion,
    dump,
    event,
    events,
    flushed_gzip,
    gzipped,
    head,
    http,
    sse_head,
    stream,
)

FAMILY = Family("transfer")
BODY = dump(completion())
TOLD = events(*STREAM)
GZIP = "Content-Encoding: gzip"
CORRUPT = failure("InvalidResponseError APIConnectionError StreamInterrupted", partial="")
OVER = failure("InvalidResponseError", partial="")
SILENT = failure("InvalidResponseError StreamTimeoutError", partial="")


def _pair(name: str, whole: Reply, streamed: Reply) -> None:
    FAMILY.whole(name, [whole])
    FAMILY.streamed(name, [streamed])


def _as_stream(*headers: str, body: bytes = TOLD, content_type: str | None = None) -> Reply:
    kind = content_type or "text/event-stream"
    return (Send(sse_head(*headers, content_type=kind) + chunked(body) + chunked(b"")),)


def _compressed() -> None:
    _pair("gzip", http(gzipped(BODY), 200, GZIP), _as_stream(GZIP, body=gzipped(TOLD)))
    deflate = "Content-Encoding: deflate"
    squeezed = zlib.compress(TOLD)
    _pair("deflate", http(zlib.compress(BODY), 200, deflate), _as_stream(deflate, body=squeezed))
    same = "Content-Encoding: identity"
    _pair("identity", http(BODY, 200, same), _as_stream(same))
    pieces = tuple(chunked(piece) for piece in flushed_gzip(event(value) for value in STREAM))
    FAMILY.streamed(
        "gzip, event by event", [(Send(sse_head(GZIP)), Pieces(pieces), Send(chunked(b"")))]
    )
    packed = gzipped(BODY)
    slow = head(200, GZIP, f"Content-Length: {len(packed)}")
    FAMILY.whole("gzip, a byte a segment", [(Send(slow), Drip(packed))])
    raw = (Send(sse_head(GZIP, framing="close")), Drip(gzipped(TOLD)), Close())
    FAMILY.streamed("gzip, a byte a segment", [raw])
    FAMILY.whole("gzip of two members", [http(gzipped(BODY[:50]) + gzipped(BODY[50:]), 200, GZIP)])
    for name, broken in (
        ("corrupt gzip", gzipped(BODY)[:12] + b"\xff" * 40),
        ("gzip that is none", BODY),
        ("gzip cut off", gzipped(BODY)[:-30]),
    ):
        FAMILY.whole(name, [http(broken, 200, GZIP)], CORRUPT, requests=(1, 3))
        FAMILY.streamed(name, [_as_stream(GZIP, body=broken)], CORRUPT, requests=(1, 3))
    start = b"".join(flushed_gzip([TOLD[:200]]))[:-10]
    FAMILY.streamed(
        "gzip that breaks in the middle",
        [stream(start, b"\xff" * 50, headers=(GZIP,))],
        failure("InvalidResponseError StreamInterrupted APIConnectionError"),
        requests=(1, 3),
    )
    unknown = "Content-Encoding: br"
    FAMILY.whole("a coding nobody asked for", [http(b"\x8b\x02\x80", 200, unknown)], CORRUPT)
    FAMILY.streamed(
        "a coding nobody asked for", [_as_stream(unknown, body=b"\x8b\x02\x80")], CORRUPT
    )
    FAMILY.whole(
        "gzip bomb of 1 GB",
        [bomb_reply(200, b'{"id": "', b" ", "application/json")],
        OVER,
    )
    for name, filler, outcome in (
        ("one event", b" ", OVER),
        ("comments", b": x\n", SILENT),
        ("blank lines", b"\n", SILENT),
        ("events", b"data: 1\n\n", OVER),
    ):
        FAMILY.streamed(
            f"gzip bomb of 1 GB of {name}",
            [bomb_reply(200, b"data: ", filler, "text/event-stream")],
            outcome,
            options={"max_response_bytes": 2 * 1024 * 1024, "stream_timeout": 1.0},
        )


def _labels() -> None:
    for kind in (
        None,
        "text/plain",
        "APPLICATION/JSON; Charset=UTF-8",
        "application/json; charset=latin-1",
        "application/octet-stream",
        "text/html",
        "nonsense",
    ):
        FAMILY.whole(f"JSON labelled {kind}", [http(BODY, content_type=kind)])
    for kind in (
        None,
        "text/plain",
        "application/json",
        "TEXT/EVENT-STREAM; CHARSET=utf-8",
        "text/event-stream; charset=iso-8859-1",
        "application/octet-stream",
    ):
        reply = (Send(sse_head(content_type=kind) + chunked(TOLD) + chunked(b"")),)
        FAMILY.streamed(f"events labelled {kind}", [reply])
    FAMILY.streamed("JSON although events were asked for", [http(BODY)])
    FAMILY.streamed("JSON labelled as events", [http(BODY, content_type="text/event-stream")])
    pretty = BODY.replace(b',"', b',\n  "')
    FAMILY.streamed("pretty JSON although events were asked for", [http(pretty)])
    FAMILY.whole("events although JSON was asked for", [stream(*STREAM)])
    FAMILY.whole(
        "events labelled as JSON although JSON was asked for",
        [http(TOLD, content_type="application/json")],
    )


def _framed() -> None:
    _pair("closed at the end", close_delimited(BODY, "application/json"), close_delimited(TOLD))
    length = f"Content-Length: {len(TOLD)}"
    FAMILY.streamed(
        "events with a length",
        [(Send(head(200, length, content_type="text/event-stream") + TOLD),)],
    )
    for name, size in {"a byte a chunk": 1, "7 bytes a chunk": 7, "one chunk": 100_000}.items():
        _pair(
            f"chunked, {name}",
            (Send(head(200, "Transfer-Encoding: chunked") + _chunks(BODY, size)),),
            (Send(sse_head() + _chunks(TOLD, size)),),
        )
    fancy = b"%X;ext=1\r\n%s\r\n0;last\r\nX-Trailer: 1\r\n\r\n"
    _pair(
        "chunk extensions and a trailer",
        (Send(head(200, "Transfer-Encoding: chunked") + fancy % (len(BODY), BODY)),),
        (Send(sse_head() + fancy % (len(TOLD), TOLD)),),
    )
    _pair(
        "a byte a segment",
        (Drip(head(200, f"Content-Length: {len(BODY)}") + BODY),),
        (Drip(sse_head(framing="close") + TOLD), Close()),
    )
    _pair(
        "segments cut inside the chunk framing",
        (Drip(head(200, "Transfer-Encoding: chunked") + _chunks(BODY, 9), size_bytes=5),),
        (Drip(sse_head() + _chunks(TOLD, 9), size_bytes=5),),
    )
    old = b"HTTP/1.0 200 OK\r\nContent-Type: %s\r\n\r\n"
    _pair(
        "HTTP/1.0",
        (Send(old % b"application/json" + BODY), Close()),
        (Send(old % b"text/event-stream" + TOLD), Close()),
    )
    both = f"Content-Length: {len(BODY)}"
    double = (Send(head(200, both, both) + BODY),)
    FAMILY.whole("the length twice, the same", [double])
    other = "Content-Length: 3"
    FAMILY.whole(
        "two lengths that differ",
        [(Send(head(200, both, other) + BODY),)],
        failure("APIConnectionError"),
        requests=(1, 3),
    )
    FAMILY.whole(
        "a length that is too small",
        [(Send(head(200, "Content-Length: 30") + BODY),)],
        failure("InvalidResponseError APIConnectionError"),
        requests=(1, 3),
    )
    many = [f"X-Header-{number}: {'v' * 50}" for number in range(60)]
    FAMILY.whole("60 headers", [http(BODY, 200, *many)])
    FAMILY.both("lower-case header names", _lower())
    FAMILY.both("two calls in a row", Script((OK, OK)), calls=2, between=0.05, requests=2)
    FAMILY.whole("the head long before the body", [_later()])


def _later() -> Reply:
    return (Send(head(200, f"Content-Length: {len(BODY)}")), Pause(0.3), Send(BODY))


def _lower() -> Script:
    length = b"content-length: %d\r\n\r\n" % len(BODY)
    return Script(
        ((Send(b"HTTP/1.1 200 ok\r\ncontent-type:application/json\r\n" + length + BODY),),)
    )


def _chunks(data: bytes, size: int) -> bytes:
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    return b"".join(chunked(piece) for piece in pieces) + chunked(b"")


_compressed()
_labels()
_framed()
