"""Connections that fail: retried while nothing was delivered, then typed."""

from __future__ import annotations

from ..cases import OK, Family, failure
from ..raw_server import Script
from ..steps import Close, Drip, Every, Lazy, Pause, Reply, Reset, Send, Stall, Step
from ..wire import JSON_OK, SSE_OK, chunked, completion, dump, head, http, sse_head

FAMILY = Family("connection")
BROKEN = failure("APIConnectionError", None, partial="")
BROKEN_STREAM = failure("APIConnectionError StreamInterrupted", None, partial="")
LATE = failure("APITimeoutError", None, partial="")
LATE_STREAM = failure("APITimeoutError StreamTimeoutError", None, partial="")
QUICK = {"timeout": 0.4, "stream_timeout": 0.4}
ONCE = {"timeout": 1.5, "stream_timeout": 1.5}  # enough for the answer that comes after a silence
BODY = dump(completion())


def _ways() -> None:
    ways: dict[str, Step] = {"reset": Reset(), "closed": Close()}
    for name, step in ways.items():
        FAMILY.both(f"{name} before the head, always", [(step,)], BROKEN, requests=3)
        FAMILY.both(f"{name} before the head, once", [(step,), OK], requests=2)
        half: Reply = (Send(b"HTTP/1.1 200 OK\r\nContent-Ty"), step)
        FAMILY.both(f"{name} inside the head, always", [half], BROKEN, requests=3)
        FAMILY.both(f"{name} inside the head, once", [half, OK], requests=2)
        cut: Reply = (Send(head(200, f"Content-Length: {len(BODY)}") + BODY[:60]), step)
        FAMILY.whole(f"{name} inside the body, always", [cut], BROKEN, requests=3)
        FAMILY.whole(f"{name} inside the body, once", [cut, OK], requests=2)
        lame: Reply = (
            Send(head(200, "Transfer-Encoding: chunked") + chunked(BODY[:60])),
            step,
        )
        FAMILY.whole(f"{name} inside a chunked body", [lame], BROKEN, requests=3)
        bare: Reply = (Send(sse_head()), step)
        FAMILY.streamed(f"{name} after the head of a stream", [bare], BROKEN_STREAM,
                        requests=(1, 3))  # fmt: skip
        greet = ((step,), (step,), (step,), (step,))
        FAMILY.both(
            f"{name} when accepted, always",
            Script((OK,), greetings=greet),
            BROKEN,
            requests=0,
        )
        FAMILY.both(f"{name} when accepted, once", Script((OK,), greetings=greet[:1]))
    FAMILY.both("refused", Script(listens=False), BROKEN, requests=0)
    FAMILY.both(
        "refused, without retries",
        Script(listens=False),
        BROKEN,
        requests=0,
        options={"max_retries": 0},
    )
    plain: Reply = (Pause(0.05), Send(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Close())
    FAMILY.both(
        "TLS to a port that has none",
        Script(greetings=(plain,) * 4),
        BROKEN,
        requests=0,
        scheme="https",
    )


def _garbage() -> None:
    for name, raw in (
        ("a banner", b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
        ("binary", bytes(range(256)) * 4),
        ("a TLS alert", b"\x15\x03\x03\x00\x02\x02\x46"),
        ("HTTP/2 frames", b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\0" * 18),
        ("HTML without a head", b"<html><body>Hello</body></html>\r\n\r\n"),
        ("an empty line", b"\r\n\r\n\r\n"),
        ("a status that is no number", b"HTTP/1.1 abc OK\r\n\r\n"),
        ("ICY", b"ICY 200 OK\r\n\r\n"),
        ("a header without a colon", b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"),
        ("NUL in a header", b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n"),
        ("a negative length", b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"),
        ("a length that is no number", b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"),
        ("a chunk size that is none", head(200, "Transfer-Encoding: chunked") + b"zz\r\nhi\r\n"),
    ):
        FAMILY.both(
            f"garbage: {name}",
            [(Send(raw), Close())],
            failure("APIConnectionError InvalidResponseError StreamInterrupted", partial=""),
            requests=(1, 3),
        )
    FAMILY.both("garbage once", [(Send(b"nonsense\r\n\r\n"), Close()), OK], requests=2)

    def huge() -> list[bytes]:
        return [b"HTTP/1.1 200 OK\r\n", *[b"X-%d: %s\r\n" % (n, b"v" * 1000) for n in range(1000)]]

    FAMILY.both("1 MB of headers", [(Lazy(huge), Send(b"\r\n"), Close())], BROKEN, requests=(1, 3))
    line = Lazy(lambda: [b"HTTP/1.1 200 OK\r\nX: ", *[b"v" * 1000] * 1000])
    FAMILY.both("a header of 1 MB", [(line, Send(b"\r\n\r\n"), Close())], BROKEN, requests=(1, 3))


def _silence() -> None:
    FAMILY.both("silence before the head", [(Stall(),)], LATE_STREAM, requests=3, options=QUICK)
    FAMILY.both("silence once", [(Stall(),), OK], requests=2, options=ONCE)
    half = (Send(b"HTTP/1.1 200 OK\r\nContent-Ty"), Stall())
    FAMILY.both("silence inside the head", [half], LATE_STREAM, requests=3, options=QUICK)
    cut = (Send(head(200, f"Content-Length: {len(BODY)}") + BODY[:60]), Stall())
    FAMILY.whole("silence inside the body", [cut], LATE, requests=3, options=QUICK)
    FAMILY.whole("silence inside the body, once", [cut, OK], requests=2, options=ONCE)
    FAMILY.both(
        "silence without retries",
        [(Stall(),)],
        LATE_STREAM,
        options={**QUICK, "max_retries": 0},
    )
    total = {"deadline": 0.6, "timeout": 300.0, "stream_timeout": 300.0}
    FAMILY.both("silence until the deadline", [(Stall(),)], LATE_STREAM, options=total)
    FAMILY.both(
        "silence, retries and a deadline",
        [(Stall(),)],
        LATE_STREAM,
        options={"deadline": 1.8, "timeout": 0.7, "stream_timeout": 0.7},
        requests=(2, 3),
    )
    trickle = (Send(head(200, "Content-Length: 100000")), Every(b" ", 0.05))
    FAMILY.whole("a body that trickles past the deadline", [trickle], LATE, options=total)
    slow_head = (Send(b"HTTP/1.1 200 OK\r\n"), Every(b"X: y\r\n", 0.05))
    FAMILY.both("a head that trickles past the deadline", [slow_head], LATE_STREAM, options=total)
    slow_error = (Send(head(500, "Content-Length: 100000")), Every(b" ", 0.05))
    FAMILY.both(
        "an error body that trickles past the deadline",
        [slow_error],
        failure("APIError APITimeoutError StreamTimeoutError"),
        options=total,
    )
    FAMILY.whole("slower than nothing, faster than the timeout", [(Pause(0.25), *JSON_OK)],
                 options={"timeout": 5.0})  # fmt: skip


def _stale() -> None:
    ways: dict[str, Step] = {"closed": Close(), "reset": Reset()}
    for name, ends in ways.items():
        for kind, ok in (("whole", JSON_OK), ("streamed", SSE_OK)):
            add = getattr(FAMILY, kind)
            idle = [(*ok, Pause(0.03), ends), OK]
            add(f"kept alive, {name} while idle", idle, requests=2, calls=2, between=0.12,
                options={"max_retries": 0})  # fmt: skip
            add(
                f"kept alive, {name} when used again",
                [OK, (ends,), OK],
                requests=3,
                calls=2,
                between=0.05,
                options={"max_retries": 0},
            )
        FAMILY.both(
            f"kept alive, {name} when used again, then at every attempt",
            [OK, (ends,)],
            BROKEN,
            requests=(2, 5),
            calls=2,
            between=0.05,
        )
    slow = (Drip(head(200, "Content-Length: 2") + b"{}", gap=0.001), Close())
    FAMILY.whole("an error after a stale connection", [OK, (Reset(),), slow],
                 failure("InvalidResponseError"), requests=3, calls=2, between=0.05)  # fmt: skip
    FAMILY.both("a 401 leaves the connection usable", [http(b"{}", 401), OK], calls=2,
                requests=2)  # fmt: skip


_ways()
_garbage()
_silence()
_stale()
