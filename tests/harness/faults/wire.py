"""Bytes for scripts: HTTP heads and bodies, completions, chunks, event streams."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from .steps import Close, Lazy, Reply, Send

TEXT = "Hello, wörld 🙂!"
PIECES = ("Hello", ", wö", "rld 🙂!")
USAGE = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}
SSE = "text/event-stream"
JSON = "application/json"
DONE = b"data: [DONE]\n\n"
REASONS = {200: "OK", 201: "Created", 204: "No Content", 400: "Bad Request", 404: "Not Found"}

Json = dict[str, Any]


def head(status: int = 200, *headers: str, content_type: str | None = JSON) -> bytes:
    """A status line and headers, with the blank line."""
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}"]
    if content_type is not None:
        lines.append(f"Content-Type: {content_type}")
    return "\r\n".join([*lines, "x-inference-id: inf-1", *headers, "", ""]).encode("utf-8")


def http(
    body: bytes = b"", status: int = 200, *headers: str, content_type: str | None = JSON
) -> Reply:
    """A whole answer with its length; the connection stays usable."""
    length = f"Content-Length: {len(body)}"
    return (Send(head(status, length, *headers, content_type=content_type) + body),)


def chunked(data: bytes) -> bytes:
    """One piece of a chunked body; empty data is the end of it."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def dump(value: Any) -> bytes:
    """Compact JSON, characters beyond ASCII as they are."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


# --- whole answers -----


def completion(message: Json | None = None, finish: Any = "stop", **top: Any) -> Json:
    """A chat completion. ``message`` updates the usual one, ``top`` the outermost object."""
    said = {"role": "assistant", "content": TEXT, **(message or {})}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4o-2024-08-06",
        "choices": [{"index": 0, "finish_reason": finish, "message": said}],
        "usage": USAGE,
        **top,
    }


def without(value: Json, *keys: str) -> Json:
    """A copy without some keys."""
    return {key: item for key, item in value.items() if key not in keys}


def answer(value: Any, *headers: str) -> Reply:
    """JSON with status 200."""
    return http(dump(value), 200, *headers)


def flat(status: int, message: Any, **more: Any) -> Json:
    """The API's own error body."""
    return {
        "requestId": "req-1",
        "statusCode": status,
        "timestamp": "2026-08-21T10:00:00.000Z",
        "path": "/v1/chat/completions",
        "message": message,
        **more,
    }


def fails(status: int, message: Any = "It did not work.", *headers: str) -> Reply:
    """An error answer in the API's own shape."""
    return http(dump(flat(status, message)), status, *headers)


# --- streams -----


def chunk(delta: Any = None, finish: Any = None, **top: Any) -> Json:
    """A chat completion chunk with one choice. A str as ``delta`` is its content."""
    if isinstance(delta, str):
        delta = {"content": delta}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-4o-2024-08-06",
        "choices": [{"index": 0, "delta": delta or {}, "finish_reason": finish}],
        **top,
    }


def event(value: Any) -> bytes:
    """One event; bytes go as they are."""
    return value if isinstance(value, bytes) else b"data: " + dump(value) + b"\n\n"


def events(*values: Any) -> bytes:
    """Events in a row."""
    return b"".join(event(value) for value in values)


ROLE = chunk({"role": "assistant", "content": ""})
END = chunk({}, "stop")
USED = chunk(choices=[], usage=USAGE)
TOLD = tuple(chunk(piece) for piece in PIECES)
STREAM: tuple[Any, ...] = (ROLE, *TOLD, END, USED, DONE)


def sse_head(*headers: str, content_type: str | None = SSE, framing: str = "chunked") -> bytes:
    """The head of a stream: ``chunked`` or ``close`` delimited."""
    how = "Transfer-Encoding: chunked" if framing == "chunked" else "Connection: close"
    return head(200, how, *headers, content_type=content_type)


def stream(
    *values: Any, ends: Reply | None = None, headers: tuple[str, ...] = (), **more: Any
) -> Reply:
    """A chunked stream, one HTTP chunk an event. ``ends`` replaces the orderly last chunk."""
    body = b"".join(chunked(event(value)) for value in values if event(value))
    tail: Reply = (Send(chunked(b"")),) if ends is None else ends
    return (Send(sse_head(*headers, **more)), Send(body), *tail)


def raw_stream(body: bytes, *headers: str) -> Reply:
    """Any bytes as a stream, in one HTTP chunk, ended in order."""
    return (Send(sse_head(*headers) + chunked(body) + chunked(b"")),)


def close_delimited(body: bytes, content_type: str | None = SSE) -> Reply:
    """A body that ends with the connection."""
    return (Send(head(200, "Connection: close", content_type=content_type) + body), Close())


JSON_OK = answer(completion())
SSE_OK = stream(*STREAM)


# --- compression and size -----


def gzipped(data: bytes) -> bytes:
    """gzip, the same bytes each time."""
    return gzip.compress(data, mtime=0)


def flushed_gzip(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """gzip that can be read up to every piece's end, as a streaming server makes it."""
    packer = zlib.compressobj(wbits=31)
    for piece in pieces:
        yield packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush(zlib.Z_FINISH)


def bomb(start: bytes, filler: bytes, megabytes: int) -> Iterator[bytes]:
    """gzip of ``megabytes`` MB of filler after ``start``: about 1 kB a MB on the wire.

    Each block is compressed from a full flush, so that one block's bytes serve for all of them.
    """
    packer = zlib.compressobj(wbits=31)
    yield packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    packer = zlib.compressobj(wbits=-15)
    block = (filler * (1024 * 1024 // len(filler) + 1))[: 1024 * 1024]
    squeezed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    for _ in range(megabytes):
        yield squeezed


def endless(first: bytes, filler: bytes, megabytes: int, *headers: str, kind: str = SSE) -> Reply:
    """A close-delimited body of ``megabytes`` MB, made while it is sent."""
    block = filler * (64 * 1024 // len(filler))

    def pieces() -> Iterator[bytes]:
        yield head(200, "Connection: close", *headers, content_type=kind) + first
        for _ in range(megabytes * 16):
            yield block

    return (Lazy(pieces), Close())


def bomb_reply(status: int, start: bytes, filler: bytes, kind: str, megabytes: int = 1024) -> Reply:
    """A gzip bomb as an answer."""

    def pieces() -> Iterator[bytes]:
        yield head(status, "Content-Encoding: gzip", "Connection: close", content_type=kind)
        yield from bomb(start, filler, megabytes)

    return (Lazy(pieces), Close())
