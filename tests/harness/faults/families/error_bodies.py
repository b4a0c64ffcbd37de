"""Bodies of error answers: whatever they are, the status decides and the message is readable."""

from __future__ import annotations

import json
from typing import Any

from ..cases import Failure, Family, failure
from ..steps import Close, Every, Pieces, Reply, Reset, Send, Stall
from ..wire import bomb_reply, chunked, dump, flat, gzipped, head, http
from . import KEY

FAMILY = Family("error body")
BAD = "InvalidRequestError"


def _bad(says: str = "", **more: Any) -> Failure:
    return failure(BAD, 400, says=says, **more)


def _json(name: str, value: Any, says: str = "", **more: Any) -> None:
    FAMILY.both(name, [http(dump(value), 400)], _bad(says, **more))


def _shapes() -> None:
    _json("flat, the API's own", flat(400, "Body validation error"), "Body validation error",
          request_id="req-1")  # fmt: skip
    openai = {"message": "Bad role", "type": "invalid_request_error", "param": "messages.0.role"}
    _json("nested, OpenAI's", {"error": {**openai, "code": "bad_role"}}, "Bad role",
          code="bad_role", field="messages.0.role")  # fmt: skip
    anthropic = {"type": "invalid_request_error", "message": "messages: required"}
    _json("nested, Anthropic's", {"type": "error", "error": anthropic}, "messages: required")
    _json("error as a string", {"error": "bad thing"}, "bad thing")
    _json("error null beside a message", {"error": None, "message": "bad thing"}, "bad thing")
    _json("detail, FastAPI's", {"detail": [{"loc": ["body", "n"], "msg": "not a number"}]},
          "not a number")  # fmt: skip
    _json("detail as a string", {"detail": "bad thing"}, "bad thing")
    quoted = "400 " + json.dumps({"type": "error", "error": anthropic, "request_id": "r"})
    _json("a vendor's body quoted in the message", flat(400, quoted), "messages: required",
          hides="\\", request_id="req-1")  # fmt: skip
    twice = json.dumps({"error": {"message": json.dumps({"error": {"message": "deep down"}})}})
    _json("quoted twice", flat(400, twice), "deep down")
    for name, value in {
        "a list": [1, 2],
        "a list of errors": [{"error": {"message": "bad thing"}}],
        "a number": 42,
        "a JSON string": "nope",
        "null": None,
        "true": True,
        "an empty object": {},
        "message null": flat(400, None),
        "message a number": flat(400, 7),
        "message an object": flat(400, {"a": {"b": "c"}}),
        "message a list": flat(400, ["x", "y"]),
        "ids that are no strings": {**flat(400, "bad"), "requestId": 7, "statusCode": "x"},
        "a code that is an object": {"error": {"message": "bad", "code": {"x": 1}, "param": [1]}},
    }.items():
        _json(name, value)
    _json("a lone surrogate", flat(400, "bad \ud83d thing"), "thing")


def _text() -> None:
    for name, body, kind, says in (
        ("plain text", b"bad thing", "text/plain", "bad thing"),
        ("HTML", b"<html><body><h1>Bad thing</h1></body></html>", "text/html", ""),
        ("empty", b"", None, ""),
        ("only spaces", b" \r\n ", "application/json", ""),
        ("broken JSON", b'{"message": "bad', "application/json", ""),
        ("not UTF-8", b'{"message": "bad \xff\xfe thing"}', "application/json", "thing"),
        ("Latin-1", "größer".encode("latin-1"), "text/plain; charset=latin-1", ""),
        ("an unknown charset", b"bad thing", "text/plain; charset=klingon", "bad thing"),
        ("NUL bytes", b"\0\0\0bad", "text/plain", ""),
        ("50,000 levels deep", b"[" * 50_000, "application/json", ""),
        ("50,000 levels, closed", b"[" * 50_000 + b"]" * 50_000, "application/json", ""),
        ("an event stream", b"event: error\ndata: {}\n\n", "text/event-stream", ""),
    ):
        FAMILY.both(name, [http(body, 400, content_type=kind)], _bad(says))
    escapes = flat(400, "\x1b[31mred\x1b[0m\x07\r\nforged: line\u202e")
    for bad in ("\x1b", "\x07", "\n"):
        _json(f"terminal control {bad!r} is escaped", escapes, "red", hides=bad)
    _json("the key in the message", flat(400, f"The key {KEY} is not valid"), "is not valid")
    _json("the key in a nested body", {"error": {"message": "no", "param": KEY, "key": [KEY]}})
    _json("the key as a JSON key", {"error": {"message": "no", KEY: 1}})
    half = f"The key {KEY[:-1]}\\u{ord(KEY[-1]):04x} is wrong"
    raw = b'{"message": "' + half.encode() + b'"}'
    FAMILY.both("the key behind a JSON escape", [http(raw, 400)], _bad("is wrong"))
    FAMILY.both("the key in plain text", [http(f"Bad key {KEY}".encode(), 400)], _bad("Bad key"))
    echo = f"x-inference-id-echo: Bearer {KEY}"
    FAMILY.both("the key in a response header", [http(b"{}", 400, echo)], _bad())


def _transfer() -> None:
    body = dump(flat(400, "bad thing"))
    FAMILY.both("gzip", [http(gzipped(body), 400, "Content-Encoding: gzip")], _bad("bad thing"))
    FAMILY.both("corrupt gzip", [http(b"\x1f\x8bxxxx", 400, "Content-Encoding: gzip")], _bad())
    FAMILY.both(
        "gzip bomb",
        [bomb_reply(400, b'{"message": "', b" ", "application/json", 256)],
        _bad(),
    )
    big = flat(400, "bad thing " + "x" * 20_000_000)
    FAMILY.both("20 MB", [http(dump(big), 400)], _bad())
    FAMILY.both("20 MB of text", [http(b"word " * 4_000_000, 400)], _bad("word"))
    endless: Reply = (
        Send(head(400, "Connection: close", content_type="text/plain")),
        Every(b"more " * 2000, 0.001, 20.0),
    )
    FAMILY.both("without an end", [endless], _bad())


def _broken() -> None:
    cut = dump(flat(400, "bad thing"))[:-20]
    opened = head(400, "Content-Length: 500") + cut
    quick = {"timeout": 0.5, "stream_timeout": 0.5}
    FAMILY.both("stalls half-way", [(Send(opened), Stall())], _bad(), options=quick)
    FAMILY.both("resets half-way", [(Send(opened), Reset())], _bad())
    FAMILY.both("closes half-way", [(Send(opened), Close())], _bad())
    lame = head(400, "Transfer-Encoding: chunked") + chunked(cut)
    FAMILY.both("chunked and cut", [(Send(lame), Close())], _bad())
    FAMILY.both("head and body in two segments", [(Pieces((head(400), b"bad thing")), Close())],
                _bad("bad thing"))  # fmt: skip
    FAMILY.both(
        "a 500 that stalls half-way is retried",
        [(Send(head(500, "Content-Length: 500") + cut), Stall())],
        failure("APIError", 500),
        requests=3,
        options=quick,
    )
    FAMILY.both(
        "a 401 that resets half-way is final",
        [(Send(head(401, "Content-Length: 500") + cut), Reset())],
        failure("AuthenticationError", 401),
    )


_shapes()
_text()
_transfer()
_broken()
