"""Faults on purpose: what can go wrong between a client and the API, one value each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from langchain_aimlapi.emulator._core import (
    JSON_TYPE,
    SSE_TYPE,
    Answer,
    Call,
    check_word,
    dump,
)
from langchain_aimlapi.emulator._errors import MESSAGES, nested
from langchain_aimlapi.emulator._state import State

Shape = Literal["flat", "problem", "nested", "upstream", "plain", "html", "empty"]
Frame = Literal[
    "dialect", "flat", "problem", "nested", "failed", "incomplete", "overloaded", "openrouter"
]
How = Literal["close", "reset"]
Encoding = Literal["gzip", "deflate"]
HTML = b"<!DOCTYPE html><html><body><h1>Just a moment...</h1></body></html>"
NO_STREAM = "Streaming is not supported for this model."


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. Fields combine; what is left out goes right.

    Attributes:
        status: HTTP status. 2xx keeps the answer, unless ``shape`` or ``body`` replaces it.
        message: The error's message; default: the documented one for the status.
        shape: The error's body: ``problem`` (this API's live one), ``flat`` (its documented one),
            ``nested`` (OpenAI's), ``upstream`` (a vendor's error quoted as text in ``message``),
            ``plain`` text, ``html`` or ``empty``; default: as the emulator's ``errors``.
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
        frame: The error frame's form: ``dialect`` (as the path's dialect writes errors),
            ``problem``, ``flat``, ``nested``; on /v1/responses also ``failed`` and
            ``incomplete``; on /v1/messages ``overloaded``; on chat ``openrouter`` (an error
            beside choices that finish with ``error``).
        stall_after: After this many events nothing comes for ``delay`` or an hour; a number
            beyond the last event holds the connection open behind a whole answer.
        as_json: A whole JSON answer although a stream was requested.
        refuse_stream: 400 "not supported" if a stream was requested.
        keep_alive: Only comments for this many seconds, then the answer. A JSON answer gets
            white space before it instead.
        keep_alive_every: Seconds between two comments.
        comments: A comment of this text between any two events, such as
            ``OPENROUTER PROCESSING``.
        refuse: The connection is refused.
        split: The body in pieces of this many bytes.
        encoding: The body is compressed: ``gzip`` or ``deflate``.
        encoding_cut: So many bytes are missing at the end of the compressed body.
        encoding_lie: ``Content-Encoding`` says ``encoding``, the body is not compressed.
        length_off: ``Content-Length`` is wrong by this many bytes (JSON answers).
        idle_close: The connection is closed behind the whole answer without being announced, so
            that a client's pool holds a dead one.
        add: Fields that are added to a JSON answer, or to every event's data.
        drop: Top-level fields that are missing from a JSON answer, or from every event's data.
    """

    status: int | None = None
    message: str | None = None
    shape: Shape | None = None
    body: bytes | str | Mapping[str, object] | list[Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    retry_after: float | str | None = None
    delay: float = 0.0
    chunk_delay: float = 0.0
    cut_after: int | None = None
    how: How = "close"
    stop_after: int | None = None
    truncate_after: int | None = None
    error_after: int | None = None
    frame: Frame = "dialect"
    stall_after: int | None = None
    as_json: bool = False
    refuse_stream: bool = False
    keep_alive: float | None = None
    keep_alive_every: float = 0.05
    comments: str | None = None
    refuse: bool = False
    split: int | None = None
    encoding: Encoding | None = None
    encoding_cut: int = 0
    encoding_lie: bool = False
    length_off: int = 0
    idle_close: bool = False
    add: Mapping[str, object] = field(default_factory=dict)
    drop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, words in (("shape", Shape), ("frame", Frame), ("how", How)):
            check_word(name, getattr(self, name), words)
        check_word("encoding", self.encoding, Encoding)


def wants_stream(call: Call) -> bool:
    """Whether the body asks for a stream."""
    body = call.parsed()
    return isinstance(body, dict) and body.get("stream") is True


def without_stream(call: Call) -> Call:
    """The same call, asking for a whole answer."""
    body = {k: v for k, v in call.parsed().items() if k not in ("stream", "stream_options")}
    return replace(call, body=dump(body))


def replaces(fault: Fault) -> bool:
    """Whether the fault takes the answer's place."""
    if fault.shape is not None or fault.body is not None:
        return True
    return fault.error_after is None and (fault.status or 200) >= 300


def error_answer(fault: Fault, call: Call, state: State) -> Answer:
    status = fault.status or 200
    message = fault.message or MESSAGES.get(status, "Something went wrong")
    kind, body = _body(fault, status, message, call, state)
    return Answer(status, {"content-type": kind}, (body,) if body else ())


def _body(fault: Fault, status: int, message: str, call: Call, state: State) -> tuple[str, bytes]:
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
    if fault.shape == "upstream":
        message = f"{status} {json.dumps(nested(status, message), ensure_ascii=False)}"
    envelope = fault.shape if fault.shape in ("flat", "problem") else None
    kind, made = state.error_body(call, status, message, envelope)
    return kind, dump(made)


def replay(
    data: bytes | str | Mapping[str, object] | list[Any], *, status: int, split: int | None
) -> Answer:
    """Recorded bytes as they are: JSON or server-sent events, by their first character."""
    raw = (
        data.encode() if isinstance(data, str) else data if isinstance(data, bytes) else dump(data)
    )
    kind = JSON_TYPE if raw.lstrip()[:1] in (b"{", b"[") else SSE_TYPE
    size = split or max(1, len(raw))
    pieces = tuple(raw[start : start + size] for start in range(0, len(raw), size))
    return Answer(status, {"content-type": kind}, pieces)
