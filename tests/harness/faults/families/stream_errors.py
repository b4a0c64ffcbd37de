"""Errors told inside a stream: typed by their code, with what was delivered before."""

from __future__ import annotations

from typing import Any

from ..cases import ANY, Answer, Family, failure
from ..wire import DONE, END, ROLE, STREAM, TOLD, chunk, dump, flat, stream
from . import KEY

FAMILY = Family("errors in a stream")
HELD = "Hello, wö"
BEGUN = (ROLE, *TOLD[:2])
FRAMES: tuple[tuple[str, Any, str, Any], ...] = (
    ("nested", {"error": {"message": "bad thing"}}, "APIError", ANY),
    ("nested, code 503", {"error": {"message": "bad thing", "code": 503}}, "APIError", 503),
    ("nested, code 429", {"error": {"message": "bad thing", "code": 429}}, "RateLimitError", 429),
    ("nested, code '429'", {"error": {"message": "bad thing", "code": "429"}}, "RateLimitError",
     429),
    ("nested, status 401", {"error": {"message": "bad thing", "status": 401}},
     "AuthenticationError", 401),
    ("nested, rate_limit_exceeded", {"error": {"message": "bad thing",
     "code": "rate_limit_exceeded"}}, "RateLimitError", ANY),
    ("nested, invalid_request_error", {"error": {"message": "bad thing",
     "type": "invalid_request_error"}}, "InvalidRequestError", ANY),
    ("nested, content_filter", {"error": {"message": "bad thing", "code": "content_filter"}},
     "ContentPolicyError", ANY),
    ("a string", {"error": "bad thing"}, "APIError", ANY),
    ("flat 500", flat(500, "bad thing"), "APIError", 500),
    ("flat 429", flat(429, "bad thing"), "RateLimitError", 429),
    ("flat 403", flat(403, "bad thing: you have run out of credits"), "OutOfCreditError", 403),
    ("flat 400", flat(400, "bad thing: prompt is too long"), "ContextOverflowError", 400),
    ("flat, no status", {"requestId": "req-1", "message": "bad thing"}, "APIError", ANY),
    ("Anthropic's", {"type": "error", "error": {"type": "overloaded_error",
     "message": "bad thing"}}, "APIError", ANY),
    ("OpenAI's bare", {"object": "error", "message": "bad thing", "code": 500}, "APIError", ANY),
    ("beside choices", chunk("", "error", error={"message": "bad thing", "code": 502}),
     "APIError", 502),
    ("beside empty choices", chunk(choices=[], error={"message": "bad thing", "code": 502}),
     "APIError", 502),
    ("inside a choice", chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "error",
     "error": {"message": "bad thing", "code": 502}}]), "APIError", ANY),
)  # fmt: skip


def _frames() -> None:
    for name, frame, cls, status in FRAMES:
        FAMILY.streamed(
            f"{name}, in the middle",
            [stream(*BEGUN, frame)],
            failure(cls, status, HELD, says="bad thing"),
        )
        FAMILY.streamed(
            f"{name}, first of all",
            [stream(frame)],
            failure(cls, status, "", says="bad thing"),
            requests=(1, 3),
        )
    final = failure("AuthenticationError", 401, "")
    FAMILY.streamed(
        "a 401 first of all is final", [stream(flat(401, "no")), stream(*STREAM)], final
    )
    FAMILY.streamed(
        "a 503 first of all, once",
        [stream(flat(503, "busy")), stream(*STREAM)],
        Answer(),
        failure("APIError", 503, ""),
        requests=(1, 2),
    )


def _named() -> None:
    nested = dump({"error": {"message": "bad thing", "code": 429}})
    bare = dump({"message": "bad thing", "type": "server_error"})
    for name, data, cls in (
        ("JSON", nested, "RateLimitError"),
        ("bare JSON", bare, "APIError"),
        ("flat JSON", dump(flat(500, "bad thing")), "APIError"),
        ("text", b"bad thing", "APIError"),
    ):
        frame = b"event: error\ndata: " + data + b"\n\n"
        FAMILY.streamed(
            f"event: error with {name}",
            [stream(*BEGUN, frame)],
            failure(cls, ANY, HELD, says="bad thing"),
        )
    FAMILY.streamed(
        "event: error without data",
        [stream(*BEGUN, b"event: error\ndata:\n\n")],
        failure("APIError StreamInterrupted", ANY, HELD),
    )
    busy = {"error": {"message": "bad thing", "code": 503}}
    told = failure("APIError", 503, HELD, says="bad thing")
    FAMILY.streamed("then [DONE]", [stream(*BEGUN, busy, DONE)], told)
    FAMILY.streamed("then more text", [stream(*BEGUN, busy, TOLD[2], END, DONE)], told)
    FAMILY.streamed("without its blank line", [stream(*BEGUN, b"data: " + dump(busy))], told)
    bare_line = dump(flat(503, "bad thing"))
    FAMILY.streamed(
        "JSON outside of any event",
        [stream(*BEGUN, bare_line)],
        failure("APIError StreamInterrupted", ANY, HELD),
    )
    FAMILY.streamed(
        "request id and code are kept",
        [stream(*BEGUN, flat(500, "bad thing", code="E1"))],
        failure("APIError", 500, HELD, request_id="req-1", inference_id="inf-1"),
    )
    FAMILY.streamed(
        "the key in the message",
        [stream(*BEGUN, flat(401, f"The key {KEY} is not valid"))],
        failure("AuthenticationError", 401, HELD, says="is not valid"),
    )
    FAMILY.streamed(
        "terminal escapes in the message",
        [stream(*BEGUN, flat(500, "\x1b[31mbad thing\r\n"))],
        failure("APIError", 500, HELD, says="bad thing", hides="\x1b"),
    )
    FAMILY.streamed(
        "a message of 1 MB",
        [stream(*BEGUN, flat(500, "bad thing " * 100_000))],
        failure("APIError", 500, HELD, says="bad thing"),
    )
    nothing = tuple(
        {**value, "error": None} if isinstance(value, dict) else value for value in STREAM
    )
    FAMILY.streamed("error null on every chunk is none", [stream(*nothing)])


_frames()
_named()
