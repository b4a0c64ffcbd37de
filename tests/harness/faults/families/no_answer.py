"""Status 200 and no answer: always an error, never an empty success, never a bare exception."""

from __future__ import annotations

from ..cases import Answer, Family, failure
from ..steps import Close, Reply, Send
from ..wire import chunk, completion, dump, flat, head, http, without

FAMILY = Family("200 without an answer")
NOTHING = failure("InvalidResponseError", partial="")
NO_STREAM = failure("InvalidResponseError StreamInterrupted", partial="")
PAGE = b"<!doctype html><html><body><h1>Welcome</h1><p>Log in</p></body></html>"


def _bodies() -> None:
    for name, body, kind in (
        ("HTML", PAGE, "text/html"),
        ("HTML said to be JSON", PAGE, "application/json"),
        ("empty", b"", "application/json"),
        ("empty without a type", b"", None),
        ("only spaces", b"  \r\n\r\n ", "application/json"),
        ("broken JSON", b'{"id": "x", "choices": [{"mess', "application/json"),
        ("JSON and junk", dump(completion()) + b"}}", "application/json"),
        ("plain text", b"OK", "text/plain"),
        ("binary", bytes(range(256)), "application/octet-stream"),
        ("null", b"null", "application/json"),
        ("a list", b"[]", "application/json"),
        ("a string", b'"hi"', "application/json"),
        ("a number", b"42", "application/json"),
        ("an empty object", b"{}", "application/json"),
        ("choices missing", dump(without(completion(), "choices")), "application/json"),
        ("choices null", dump(completion(choices=None)), "application/json"),
        ("choices empty", dump(completion(choices=[])), "application/json"),
        ("choices an object", dump(completion(choices={})), "application/json"),
        ("choices a string", dump(completion(choices="x")), "application/json"),
        ("choices [null]", dump(completion(choices=[None])), "application/json"),
        ("choices [string]", dump(completion(choices=["x"])), "application/json"),
        ("message null", dump(_choice({"message": None})), "application/json"),
        ("message missing", dump(_choice({})), "application/json"),
        ("message a string", dump(_choice({"message": "x"})), "application/json"),
        ("an image answer", dump({"created": 1, "data": [{"url": "x"}]}), "application/json"),
    ):
        _nothing(name, http(body, content_type=kind))
    _nothing("204", (Send(head(204, content_type=None)),))
    _nothing("205", http(b"", 205))
    _nothing("empty, closed", (Send(head(200, "Connection: close")), Close()))
    listed = http(dump([completion()]))  # to read it is kind, to refuse it is right as well
    FAMILY.both("a list of completions", [listed], Answer(), NOTHING)


def _nothing(name: str, reply: Reply) -> None:
    FAMILY.whole(name, [reply], NOTHING)
    FAMILY.streamed(name, [reply], NO_STREAM)


def _choice(fields: dict[str, object]) -> dict[str, object]:
    return completion(choices=[{"index": 0, "finish_reason": "stop", **fields}])


def _errors() -> None:
    for name, body, classes in (
        ("an error object", {"error": {"message": "bad thing"}}, "APIError"),
        ("an error string", {"error": "bad thing"}, "APIError"),
        ("an error with code 429", {"error": {"message": "bad thing", "code": 429}},
         "RateLimitError"),
        ("an error with code 400", {"error": {"message": "bad thing", "code": 400}},
         "InvalidRequestError"),
        ("a flat 500", flat(500, "bad thing"), "APIError"),
        ("a flat 401", flat(401, "bad thing"), "AuthenticationError"),
        ("a flat 429", flat(429, "bad thing"), "RateLimitError"),
        ("an error beside choices null", {"error": {"message": "bad thing"}, "choices": None},
         "APIError"),
        ("an error beside choices", completion(error={"message": "bad thing"}), "APIError"),
    ):  # fmt: skip
        FAMILY.both(
            name,
            [http(dump(body))],
            failure(f"{classes} InvalidResponseError", partial="", says="bad thing"),
            requests=(1, 3),
        )


def _streams() -> None:
    for name, body in (
        ("an event stream with nothing", b""),
        ("an event stream of HTML", PAGE),
        ("an event stream of comments", b": hi\n\n: there\n\n"),
        ("an event stream with only [DONE]", b"data: [DONE]\n\n"),
        ("an event stream of empty data", b"data:\n\ndata:\n\n"),
        ("an event stream of null", b"data: null\n\n"),
        ("an event stream of lists", b"data: []\n\ndata: [1]\n\ndata: [DONE]\n\n"),
        ("an event stream of text", b"data: hello\n\ndata: [DONE]\n\n"),
        ("an event stream of pings", b'event: ping\ndata: {"type": "ping"}\n\n'),
        ("an event stream with one role", b"data: " + dump(chunk({"role": "assistant"})) + b"\n\n"),
    ):
        length = f"Content-Length: {len(body)}"
        reply: Reply = (Send(head(200, length, content_type="text/event-stream") + body),)
        FAMILY.both(name, [reply], NO_STREAM)


_bodies()
_errors()
_streams()
