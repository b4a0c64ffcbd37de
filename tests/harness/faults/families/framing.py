"""The event stream format: the same events, however they are written and cut."""

from __future__ import annotations

from typing import Any

from ..cases import Answer, Family
from ..steps import Close, Drip, Every, Pieces, Reply, Send
from ..wire import (
    DONE,
    END,
    PIECES,
    ROLE,
    STREAM,
    TEXT,
    TOLD,
    USED,
    chunk,
    chunked,
    dump,
    event,
    events,
    raw_stream,
    sse_head,
    stream,
)

FAMILY = Family("framing")
BYTES = events(*STREAM)
EVENTS = tuple(event(value) for value in STREAM)


def _raw(name: str, body: bytes, text: str = TEXT) -> None:
    FAMILY.streamed(name, [raw_stream(body)], Answer(text, usage=(9, 5, 14)))


def _lines() -> None:
    _raw("CRLF", BYTES.replace(b"\n", b"\r\n"))
    _raw("CR", BYTES.replace(b"\n", b"\r"))
    ends = (b"\n\n", b"\r\n\r\n", b"\r\r", b"\r\n\n", b"\n\r\n", b"\r\n\r", b"\n\r")
    mixed = b"".join(
        EVENTS[at % len(EVENTS)].rstrip(b"\n") + ends[at % len(ends)] for at in range(len(EVENTS))
    )
    _raw("mixed line ends", mixed)
    _raw("a byte order mark", b"\xef\xbb\xbf" + BYTES)
    _raw("many blank lines", b"\n" * 500 + BYTES.replace(b"\n\n", b"\n\n\n\n\r\n\r\n"))
    _raw("no space after the colon", BYTES.replace(b"data: ", b"data:"))
    _raw("two spaces after the colon", BYTES.replace(b"data: {", b"data:  {"))
    _raw("comments between events", b": hi\n\n" + b":\n".join(EVENTS) + b": bye\n\n")
    _raw("comments inside events", BYTES.replace(b"data: ", b": data: {no}\ndata: "))
    _raw("a comment of 1 MB", b":" + b"x" * 1_000_000 + b"\n\n" + BYTES)
    fields = b"id: 7\nretry: 10\nwhat: ever\nDATA: {no}\n data: {no}\ndatax: {no}\n"
    _raw("other fields", BYTES.replace(b"data: ", fields + b"data: "))
    _raw("an id with NUL", BYTES.replace(b"data: ", b"id: a\0b\ndata: "))
    _raw("event: message", BYTES.replace(b"data: ", b"event: message\ndata: "))
    _raw("an event name of the server's own", BYTES.replace(b"data: ", b"event: chunk\ndata: "))
    _raw("the event name after the data", BYTES.replace(b"\n\n", b"\nevent: message\n\n"))
    ping = b'event: ping\ndata: {"type": "ping"}\n\n'
    _raw("pings", ping + ping.join(EVENTS))
    _raw("pings without data", b"event: ping\n\n" + b"event: ping\n\n".join(EVENTS))
    _raw("empty data", b"data:\n\n" + b"data: \n\n".join(EVENTS))
    _raw("data without a colon", b"data\n\n" + b"data\n\n".join(EVENTS))
    many = b"".join(_many_lines(value) for value in STREAM)
    _raw("data over several lines", many)
    _raw("the last event without its blank line", BYTES.rstrip(b"\n"))
    _raw("the last event with half its blank line", BYTES.rstrip(b"\n") + b"\n")
    unfinished = events(ROLE, *TOLD, END, USED)
    _raw("no [DONE], the last event without its blank line", unfinished.rstrip(b"\n"))


def _many_lines(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    lines = dump(value).replace(b',"', b',\n"').split(b"\n")
    return b"".join(b"data: " + line + b"\n" for line in lines) + b"\n"


def _characters() -> None:
    for name, odd in {
        "U+2028 and U+2029": "a\u2028b\u2029c",
        "NEL, VT, FF, FS": "a\u0085b\u000bc\u000cd\u001ce",
        "a byte order mark in the text": "\ufeffa\ufeffb",
        "an escaped line end": "a\nb\r\nc",
        "NUL": "a\0b",
        "characters of 1 to 4 bytes": "aé€🙂",
        "a joined emoji": "👩‍👩‍👧‍👦",
    }.items():
        text = odd + "."
        body = events(ROLE, chunk(text), END, USED, DONE)
        # JSON may hold these characters bare, except those below U+0020
        _raw(name, body, text)


def _cuts() -> None:
    crlf = BYTES.replace(b"\n", b"\r\n")
    everywhere = tuple(crlf[at : at + 1] for at in range(len(crlf)))
    pieces = crlf.replace(b"\r\n", b"\r|\n").split(b"|")
    _cut("cut inside every CRLF", tuple(pieces), 0.01)
    bare = tuple(BYTES.replace(b"\n", b"\r").replace(b"\r\r", b"\r|\r").split(b"|"))
    _cut("cut between CR and CR", bare, 0.01)
    _cut("a byte a segment", everywhere, 0.0)
    _cut("a byte each millisecond", everywhere[-400:], 0.001, before=crlf[:-400])
    inside = BYTES.replace("🙂".encode(), b"\xf0|\x9f|\x99|\x82")
    inside = inside.replace("ö".encode(), b"\xc3|\xb6")
    _cut("cut inside characters", tuple(inside.split(b"|")), 0.02)
    _cut("cut inside [DONE]", (BYTES[:-7], b"DON", b"E]\n", b"\n"), 0.02)
    _cut("cut inside the field name", tuple(BYTES.replace(b"data", b"da|ta").split(b"|")), 0.005)
    mark = (b"\xef", b"\xbb", b"\xbf" + BYTES)
    _cut("cut inside the byte order mark", mark, 0.02)
    FAMILY.streamed("everything in one segment", [_one_segment()], Answer())
    FAMILY.streamed("7 bytes a segment", [_segments(7)], Answer())
    slow = Every(chunked(b": waiting\n\n"), 0.1, 0.8)
    FAMILY.streamed(
        "keep-alives for a while, then the answer",
        [(Send(sse_head()), slow, *stream(*STREAM)[1:])],
        options={"timeout": 2.0, "stream_timeout": 2.0},
    )


def _cut(name: str, pieces: tuple[bytes, ...], gap: float, before: bytes = b"") -> None:
    reply: Reply = (Send(sse_head(framing="close") + before), Pieces(pieces, gap), Close())
    FAMILY.streamed(name, [reply], Answer("".join(PIECES), usage=(9, 5, 14)))


def _one_segment() -> Reply:
    return (Send(sse_head() + b"".join(map(chunked, EVENTS)) + chunked(b"")),)


def _segments(size: int) -> Reply:
    data = b"".join(map(chunked, EVENTS)) + chunked(b"")
    return (Send(sse_head()), Drip(data, size_bytes=size))


_lines()
_characters()
_cuts()
