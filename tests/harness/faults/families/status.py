"""HTTP statuses, retries, and what the server says about waiting."""

from __future__ import annotations

from email.utils import formatdate
from time import time

from ..cases import OK, Answer, Failure, Family, failure
from ..steps import Drip, Reply, Send
from ..wire import JSON_OK, SSE_OK, completion, dump, fails, flat, head, http

FAMILY = Family("status")
TRANSIENT = {
    408: "APITimeoutError APIError",
    409: "APIError InvalidRequestError",
    425: "APIError InvalidRequestError",
    429: "RateLimitError",
    500: "APIError",
    502: "APIError",
    503: "APIError",
    504: "APIError APITimeoutError",
    520: "APIError",
    529: "APIError",
}
CREDIT = (
    "You've run out of credits. Please top up your balance or update your payment method to "
    "continue: https://aimlapi.com/app/billing/"
)
FINAL: tuple[tuple[str, int, str, str], ...] = (
    ("400", 400, "Body validation error", "InvalidRequestError"),
    ("401", 401, "This request requires a valid API key.", "AuthenticationError"),
    ("402", 402, "Payment required", "OutOfCreditError"),
    ("403 out of credit", 403, CREDIT, "OutOfCreditError"),
    ("403 scope", 403, "The key lacks the scope model:chat", "PermissionDeniedError"),
    ("404", 404, "Not Found", "ModelNotFoundError"),
    ("405", 405, "Method not allowed", "InvalidRequestError"),
    ("413", 413, "Payload too large", "InvalidRequestError"),
    ("415", 415, "Unsupported media type", "InvalidRequestError"),
    ("418", 418, "I am a teapot", "InvalidRequestError"),
    ("422", 422, "Unprocessable", "InvalidRequestError"),
    ("451", 451, "Unavailable for legal reasons", "InvalidRequestError"),
)
OVERFLOW = (
    ("OpenAI", 400, "This model's maximum context length is 128000 tokens. However, your messages "
     "resulted in 130000 tokens."),
    ("Anthropic", 400, "prompt is too long: 210000 tokens > 200000 maximum"),
    ("Gemini", 400, "The input token count (1200000) exceeds the maximum number of tokens allowed "
     "(1048576)."),
    ("413", 413, "prompt is too long: 210000 tokens > 200000 maximum"),
)  # fmt: skip


def _final() -> None:
    for name, status, message, cls in FINAL:
        ids = {"request_id": "req-1", "inference_id": "inf-1"}
        FAMILY.both(
            f"{name} is final",
            [fails(status, message)],
            failure(cls, status, says=message.split(".")[0], **ids),
        )
    for vendor, status, message in OVERFLOW:
        FAMILY.both(
            f"context overflow as {vendor} says it",
            [fails(status, message)],
            failure("ContextOverflowError", status),
        )
    code = {"message": "Too long.", "type": "invalid_request_error", "param": "messages"}
    nested = {"error": {**code, "code": "context_length_exceeded"}}
    FAMILY.both(
        "context overflow told by its code only",
        [http(dump(nested), 400)],
        failure("ContextOverflowError", 400, code="context_length_exceeded"),
    )
    policy = {"error": {"message": "Refused.", "code": "content_policy_violation"}}
    FAMILY.both(
        "content policy told by its code only",
        [http(dump(policy), 400)],
        failure("ContentPolicyError", 400),
    )
    quota = {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}
    FAMILY.both(
        "429 out of quota is final",
        [http(dump(quota), 429)],
        failure("OutOfCreditError", 429),
    )
    FAMILY.both(
        "999 is typed",
        [http(b"", 999)],
        failure("APIError InvalidResponseError InvalidRequestError", 999),
        requests=(1, 3),
    )


def _transient() -> None:
    for status, classes in TRANSIENT.items():
        bad = fails(status)
        FAMILY.both(
            f"{status} always", [bad], failure(classes, status, request_id="req-1"), requests=3
        )
        FAMILY.both(f"{status} once", [bad, OK], requests=2)
    FAMILY.both("500 twice", [fails(500), fails(500), OK], requests=3)
    FAMILY.both("429 then 503", [fails(429), fails(503), OK], requests=3)
    FAMILY.both(
        "503 then 401", [fails(503), fails(401)], failure("AuthenticationError", 401), requests=2
    )
    none = {"max_retries": 0}
    FAMILY.both("500 without retries", [fails(500), OK], failure("APIError", 500), options=none)
    FAMILY.both(
        "429 without retries", [fails(429), OK], failure("RateLimitError", 429), options=none
    )
    many = [fails(500)] * 4 + [OK]
    FAMILY.both("500 four times, five retries", many, requests=5, options={"max_retries": 5})


def _after(value: str, status: int = 429) -> Reply:
    return fails(status, "Too Many Requests", f"Retry-After: {value}")


def _retry_after() -> None:
    FAMILY.both("Retry-After 0", [_after("0"), OK], requests=2)
    FAMILY.both("Retry-After 1", [_after("1"), OK], requests=2, at_least=0.95)
    FAMILY.both("Retry-After 0.3", [_after("0.3"), OK], requests=2, at_least=0.29)
    FAMILY.both("Retry-After on 503", [_after("0.3", 503), OK], requests=2, at_least=0.29)
    for name, value in {
        "garbage": "soon",
        "nan": "nan",
        "negative": "-5",
        "empty": "",
        "a past date": formatdate(0, usegmt=True),
        "a broken date": "Mon, 99 Foo 2026 99:99:99 GMT",
        "not ASCII": "½",
    }.items():
        FAMILY.both(f"Retry-After {name}", [_after(value), OK], requests=2)
    hour: Failure = failure("RateLimitError", 429, retry_after=3600.0)
    FAMILY.both("Retry-After an hour", [_after("3600"), OK], hour)
    FAMILY.both(
        "Retry-After an hour on 503",
        [_after("3600", 503), OK],
        failure("APIError", 503, retry_after=3600.0),
    )
    date = formatdate(time() + 7200, usegmt=True)
    FAMILY.both(
        "Retry-After a date in two hours",
        [_after(date), OK],
        failure("RateLimitError", 429),
    )
    for value in ("inf", "1e999", "9" * 400):
        FAMILY.both(
            f"Retry-After {value[:5]}",
            [_after(value), OK],
            Answer(),
            failure("RateLimitError", 429),
            requests=(1, 2),
        )
    FAMILY.both(
        "Retry-After twice",
        [fails(429, "Slow", "Retry-After: 0", "Retry-After: 0"), OK],
        requests=2,
    )
    FAMILY.both(
        "Retry-After beyond the deadline",
        [_after("20")],
        failure("RateLimitError APITimeoutError StreamTimeoutError"),
        options={"deadline": 0.5},
        within=15.0,  # less than the wait
    )
    FAMILY.both(
        "Retry-After on the last attempt is told",
        [_after("0")],
        failure("RateLimitError", 429, retry_after=0.0),
        requests=3,
    )


def _interim() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n"
    more = b"HTTP/1.1 100 Continue\r\n\r\n"
    busy = b"HTTP/1.1 102 Processing\r\n\r\n"
    for name, before in {"103": early, "100": more, "102 five times": busy * 5}.items():
        FAMILY.whole(f"{name} before the answer", [(Send(before), *JSON_OK)])
        FAMILY.streamed(f"{name} before the stream", [(Send(before), *SSE_OK)])
    FAMILY.both(
        "101 is no answer",
        [(Send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"),)],
        failure("APIConnectionError InvalidResponseError APIError APITimeoutError "
                "StreamTimeoutError InvalidRequestError"),
        requests=(1, 3),
        options={"timeout": 0.4, "stream_timeout": 0.4},
    )  # fmt: skip
    FAMILY.whole("201 with a completion", [_created()])
    FAMILY.whole("no reason phrase", [(Send(_no_reason()),)])
    FAMILY.both(
        "an error whose head comes byte by byte",
        [(Drip(head(404, "Content-Length: 2") + b"{}"),)],
        failure("ModelNotFoundError", 404),
    )
    FAMILY.both(
        "the body contradicts the status",
        [http(dump(flat(500, "Broken")), 404)],
        failure("ModelNotFoundError", 404),
    )


def _created() -> Reply:
    return http(dump(completion()), 201)


def _no_reason() -> bytes:
    body = dump(completion())
    return b"HTTP/1.1 200\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        len(body),
        body,
    )


_final()
_transient()
_retry_after()
_interim()
