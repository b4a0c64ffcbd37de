"""Faults on purpose: what can go wrong between a client and the API, one value each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from langchain_aimlapi.emulator._core import (
    JSON_TYPE,
    SSE_TYPE,
    Answer,
    Break,
    Call,
    Pause,
    Step,
    dump,
    event,
)

Shape = Literal["flat", "nested", "plain", "html", "empty"]

# The documented messages, by status.
MESSAGES: Mapping[int, str] = {
    400: "Body validation error",
    401: (
        "This request requires a valid API key. You can create a new API key on the Billing"
        " page: https://aimlapi.com/app/keys"
    ),
    403: (
        "You've run out of credits. Please top up your balance or update your payment method to"
        " continue: https://aimlapi.com/app/billing/"
    ),
    429: "Too Many Requests",
    500: "Internal server error",
    502: "Bad Gateway",
    503: "Service unavailable",
    504: "Generation timeout",
}
HTML = b"<!DOCTYPE html><html><body><h1>Just a moment...</h1></body></html>"
NO_STREAM = "Streaming is not supported for this model."


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. Fields combine; what is left out goes right.

    Attributes:
        status: HTTP status. 2xx keeps the answer, unless ``shape`` or ``body`` replaces it.
        message: The error's message; default: the documented one for the status.
        shape: The error's body: ``flat`` (this API), ``nested`` (OpenAI's), ``plain`` text,
            ``html`` or ``empty``.
        body: The body itself: bytes, text, or a value sent as JSON.
        headers: More response headers.
        retry_after: ``Retry-After``: seconds, or any text.
        delay: Seconds of silence before the headers.
        chunk_delay: Seconds of silence before every event of a stream.
        cut_after: The connection breaks after this many events (0: before the first byte of the
            body), or after this many bytes of a JSON answer.
        how: ``close`` or ``reset``, for ``cut_after``.
        stop_after: The stream ends, politely, after this many events.
        truncate_after: As ``stop_after``, with half of the next event at its end.
        error_after: After this many events comes an error frame, and nothing more; ``status`` is
            then the frame's (default 500), the answer's own stays 200.
        frame: The error frame's shape, ``flat`` or ``nested``.
        stall_after: After this many events nothing comes for ``delay`` or an hour.
        as_json: A whole JSON answer although a stream was asked for.
        refuse_stream: 400 "not supported" if a stream was asked for.
        keep_alive: Only comments for this many seconds, then the answer.
        keep_alive_every: Seconds between two comments.
        refuse: The connection is refused.
        split: The body in pieces of this many bytes.
    """

    status: int | None = None
    message: str | None = None
    shape: Shape | None = None
    body: bytes | str | Mapping[str, Any] | list[Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    retry_after: float | str | None = None
    delay: float = 0.0
    chunk_delay: float = 0.0
    cut_after: int | None = None
    how: Literal["close", "reset"] = "close"
    stop_after: int | None = None
    truncate_after: int | None = None
    error_after: int | None = None
    frame: Literal["flat", "nested"] = "flat"
    stall_after: int | None = None
    as_json: bool = False
    refuse_stream: bool = False
    keep_alive: float | None = None
    keep_alive_every: float = 0.05
    refuse: bool = False
    split: int | None = None


FlatBody = Callable[[int, str], dict[str, Any]]


def wants_stream(call: Call) -> bool:
    """Whether the body asks for a stream."""
    try:
        body = json.loads(call.body)
    except ValueError:
        return False
    return isinstance(body, dict) and body.get("stream") is True


def without_stream(call: Call) -> Call:
    """The same call, asking for a whole answer."""
    body = {k: v for k, v in json.loads(call.body).items() if k not in ("stream", "stream_options")}
    return replace(call, body=dump(body))


def apply(fault: Fault, call: Call, flat: FlatBody, answer: Callable[[Call], Answer]) -> Answer:
    """The answer to a call with the fault in it. ``flat`` makes the API's error body."""
    if fault.refuse:
        return Answer(503, {}, (), (Break("refused"),))
    if fault.refuse_stream and wants_stream(call):
        made = _error(
            replace(fault, status=fault.status or 400, message=fault.message or NO_STREAM), flat
        )
    elif _replaces(fault):
        made = _error(fault, flat)
    else:
        made = answer(without_stream(call) if fault.as_json and wants_stream(call) else call)
        if fault.error_after is None:
            made = replace(made, status=fault.status or made.status)
    return _transfer(fault, made, flat)


def _replaces(fault: Fault) -> bool:
    """Whether the fault takes the answer's place."""
    if fault.shape is not None or fault.body is not None:
        return True
    return fault.error_after is None and (fault.status or 200) >= 300


def _error(fault: Fault, flat: FlatBody) -> Answer:
    status = fault.status or 200
    message = fault.message or MESSAGES.get(status, "Something went wrong")
    kind, body = _body(fault, status, message, flat)
    return Answer(status, {"content-type": kind}, (body,) if body else ())


def _body(fault: Fault, status: int, message: str, flat: FlatBody) -> tuple[str, bytes]:
    if isinstance(fault.body, bytes | str):
        raw = fault.body.encode() if isinstance(fault.body, str) else fault.body
        return (JSON_TYPE if raw[:1] in (b"{", b"[") else "text/plain"), raw
    if fault.body is not None:
        return JSON_TYPE, dump(fault.body)
    if fault.shape == "nested":
        return JSON_TYPE, dump(nested(status, message))
    if fault.shape == "plain":
        return "text/plain; charset=utf-8", message.encode()
    if fault.shape == "html":
        return "text/html; charset=utf-8", HTML
    if fault.shape == "empty":
        return JSON_TYPE, b""
    return JSON_TYPE, dump(flat(status, message))


def nested(status: int, message: str) -> dict[str, Any]:
    """OpenAI's error envelope."""
    kinds = {401: "authentication_error", 429: "rate_limit_error"}
    kind = kinds.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": None, "code": str(status)}}


def _transfer(fault: Fault, answer: Answer, flat: FlatBody) -> Answer:
    headers = {**answer.headers, **fault.headers}
    if fault.retry_after is not None:
        after = fault.retry_after
        headers["retry-after"] = after if isinstance(after, str) else f"{after:g}"
    before = (*answer.before, Pause(fault.delay)) if fault.delay else answer.before
    steps: Iterator[Step] = iter(answer.steps)
    if answer.streams:
        steps = _stream(fault, steps, flat)
    elif fault.cut_after is not None:
        steps = _cut_body(fault, steps)
    if fault.split:
        steps = split(steps, fault.split)
    return Answer(answer.status, headers, steps, before)


def _stream(fault: Fault, steps: Iterator[Step], flat: FlatBody) -> Iterator[Step]:
    yield from _comments(fault)
    sent = 0
    for step in steps:
        if not isinstance(step, bytes):
            yield step
            continue
        if sent == fault.cut_after:
            yield Break(fault.how)
            return
        if sent == fault.stop_after:
            return
        if sent == fault.truncate_after:
            yield step[: max(8, len(step) // 2)]
            return
        if sent == fault.error_after:
            yield _frame(fault, flat)
            return
        if sent == fault.stall_after:
            yield Pause(fault.delay or 3600.0)
        if fault.chunk_delay:
            yield Pause(fault.chunk_delay)
        yield step
        sent += 1
    if fault.cut_after is not None:
        yield Break(fault.how)


def _comments(fault: Fault) -> Iterator[Step]:
    left = fault.keep_alive or 0.0
    while left > 0:
        yield b": keep-alive\n\n"
        yield Pause(fault.keep_alive_every)
        left -= fault.keep_alive_every


def _frame(fault: Fault, flat: FlatBody) -> bytes:
    status = fault.status if fault.status and fault.status >= 400 else 500
    message = fault.message or MESSAGES.get(status, "Something went wrong")
    return event(nested(status, message) if fault.frame == "nested" else flat(status, message))


def _cut_body(fault: Fault, steps: Iterator[Step]) -> Iterator[Step]:
    body = b"".join(step for step in steps if isinstance(step, bytes))
    yield body[: fault.cut_after]
    yield Break(fault.how)


def split(steps: Iterator[Step], size: int) -> Iterator[Step]:
    """The same bytes in pieces of ``size``."""
    for step in steps:
        if not isinstance(step, bytes):
            yield step
            continue
        for start in range(0, len(step), size):
            yield step[start : start + size]


def replay(
    data: bytes | str | Mapping[str, Any] | list[Any], *, status: int, split: int | None
) -> Answer:
    """Recorded bytes as they are: JSON or server-sent events, by their first character."""
    raw = (
        data.encode() if isinstance(data, str) else data if isinstance(data, bytes) else dump(data)
    )
    kind = JSON_TYPE if raw.lstrip()[:1] in (b"{", b"[") else SSE_TYPE
    size = split or max(1, len(raw))
    pieces = tuple(raw[start : start + size] for start in range(0, len(raw), size))
    return Answer(status, {"content-type": kind}, pieces)
