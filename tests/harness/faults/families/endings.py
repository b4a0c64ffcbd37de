"""How streams end: well, badly, or not at all."""

from __future__ import annotations

from typing import Any

from ..cases import ANY, Answer, Family, failure
from ..steps import Close, Every, Lazy, Pause, Reply, Reset, Send, Stall
from ..wire import (
    DONE,
    END,
    ROLE,
    STREAM,
    TOLD,
    USED,
    chunk,
    chunked,
    event,
    events,
    sse_head,
    stream,
)

WELL = Family("ends well")
BADLY = Family("ends badly")
SILENT = Family("falls silent")
HELD = "Hello, wö"  # the first two pieces
BEGUN = (ROLE, *TOLD[:2])
CUT = failure("StreamInterrupted", None, HELD)
QUICK = {"timeout": 1.0, "stream_timeout": 1.0}
PATIENT = {"timeout": 300.0, "stream_timeout": 300.0}  # longer than `cases.HANGING`
HANGING: Reply = (Stall(),)  # the server leaves the connection open


def _well() -> None:
    told = (ROLE, *TOLD)
    used = Answer(usage=(9, 5, 14))
    WELL.streamed("in order", [stream(*STREAM)], used)
    WELL.streamed("no [DONE]", [stream(*told, END, USED)], used)
    WELL.streamed("no [DONE], no usage", [stream(*told, END)], Answer(usage=None))
    WELL.streamed("[DONE] twice", [stream(*STREAM, DONE)], used)
    spaces = b"data:   [DONE]  \n\n"
    WELL.streamed("[DONE] with spaces", [stream(*told, END, USED, spaces)], used)
    WELL.streamed("[DONE] followed by junk", [stream(*STREAM, b"data: {nonsense\n\nxyz")], used)
    WELL.streamed("[DONE] followed by a chunk", [stream(*STREAM, chunk("not me"))], used)
    WELL.streamed("[DONE] without a finish reason", [stream(*told, DONE)], Answer(finish=ANY))
    WELL.streamed("[DONE] without its blank line", [stream(*told, END, b"data: [DONE]")])
    named = b"event: done\ndata: [DONE]\n\n"
    WELL.streamed("[DONE] under an event name", [stream(*told, END, named)])
    open_end: dict[str, Any] = {"options": PATIENT}  # who waited for the end would hang
    WELL.streamed("open after [DONE]", [stream(*STREAM, ends=HANGING)], used, **open_end)
    alive: Reply = (Every(chunked(b": hi\n\n"), 0.01),)
    WELL.streamed("keep-alives after [DONE]", [stream(*STREAM, ends=alive)], used, **open_end)
    chatter: Reply = (Every(chunked(b"data: {}\n\n" * 100), 0.0005),)
    WELL.streamed("chatter after [DONE]", [stream(*STREAM, ends=chatter)], used, **open_end)
    plain: Reply = (Send(sse_head(framing="close") + events(*STREAM)), Stall())
    WELL.streamed("open after [DONE], no chunks", [plain], used, **open_end)
    lost: dict[str, Reply] = {
        "reset": (Reset(),),
        "closed without the last chunk": (Close(),),
        "a broken chunk size": (Send(b"zz\r\n"), Close()),
    }
    for name, ends in lost.items():
        WELL.streamed(f"[DONE], then {name}", [stream(*STREAM, ends=ends)], used)
        WELL.streamed(f"finish reason, then {name}", [stream(*told, END, ends=ends)])
        WELL.streamed(f"usage, then {name}", [stream(*told, END, USED, ends=ends)], used)
    half = event(USED)[:-30]
    WELL.streamed("finish reason, then half an event", [stream(*told, END, half)])
    WELL.streamed(
        "finish reason, then silence",
        [stream(*told, END, ends=HANGING)],
        options=QUICK,
    )
    WELL.streamed("a second stream on the same connection", [stream(*STREAM)], calls=2, requests=2)


def _badly() -> None:
    ends: dict[str, Reply] = {
        "closed in order": (Send(chunked(b"")),),
        "closed without the last chunk": (Close(),),
        "reset": (Reset(),),
        "a chunk cut off": (Send(b"100\r\ndata: {"), Close()),
        "a broken chunk size": (Send(b"zz\r\n"), Close()),
    }
    for name, tail in ends.items():
        BADLY.streamed(name, [stream(*BEGUN, ends=tail)], CUT)
    whole = (Send(sse_head(framing="close") + events(*BEGUN)), Close())
    BADLY.streamed("closed, the close being the end", [whole], CUT)
    length = len(events(*STREAM))
    head = sse_head(f"Content-Length: {length}", framing="close")
    BADLY.streamed("short of its length", [(Send(head + events(*BEGUN)), Close())], CUT)
    cut = event(TOLD[2])[:-20]
    BADLY.streamed("cut inside an event", [stream(*BEGUN, cut)], CUT)
    character = event(TOLD[2]).split("🙂".encode())[0] + b"\xf0\x9f"
    BADLY.streamed("cut inside a character", [stream(*BEGUN, character)], CUT)
    BADLY.streamed("cut inside an event by a reset", [stream(*BEGUN, cut, ends=(Reset(),))], CUT)
    junk = failure("StreamInterrupted InvalidResponseError", ANY, HELD)
    for name, bad in (
        ("broken JSON in the middle", b'data: {"choices": [{"del\n\n'),
        ("text in the middle", b"data: upstream went away\n\n"),
        ("HTML in the middle", b"data: <html>502 Bad Gateway</html>\n\n"),
    ):
        BADLY.streamed(name, [stream(*BEGUN, bad, TOLD[2], END, DONE)], junk)
    thoughts = chunk({"reasoning_content": "Hm."})
    BADLY.streamed(
        "after reasoning only", [stream(ROLE, thoughts)], failure("StreamInterrupted", None, "")
    )
    call = {"index": 0, "id": "c", "function": {"name": "weather", "arguments": '{"city": "Par'}}
    BADLY.streamed(
        "inside tool arguments",
        [stream(ROLE, chunk({"tool_calls": [call]}))],
        failure("StreamInterrupted", None, ""),
    )
    BADLY.streamed("after a role only, closed in order", [stream(ROLE)],
                   failure("StreamInterrupted InvalidResponseError", None, ""))  # fmt: skip
    BADLY.streamed(
        "a reset before anything was delivered, once",
        [(Send(sse_head()), Reset()), stream(*STREAM)],
        Answer(),
        failure("StreamInterrupted APIConnectionError", None, ""),
        requests=(1, 2),
    )


def _silent() -> None:
    late = failure("StreamTimeoutError", None, HELD)
    mute = failure("StreamTimeoutError APITimeoutError", None, "")
    keep = (Every(chunked(b": keep-alive\n\n"), 0.05),)
    quick: dict[str, Any] = {"options": QUICK}
    SILENT.streamed("in the middle", [stream(*BEGUN, ends=HANGING)], late, **quick)
    SILENT.streamed("keep-alives in the middle", [stream(*BEGUN, ends=keep)], late, **quick)
    blank = (Every(chunked(b"\n"), 0.05),)
    SILENT.streamed("blank lines in the middle", [stream(*BEGUN, ends=blank)], late, **quick)
    unended = (Every(chunked(b": still here "), 0.05),)
    SILENT.streamed("a comment without an end", [stream(*BEGUN, ends=unended)], late, **quick)
    half = event(TOLD[2])[:-20]
    SILENT.streamed("inside an event", [stream(*BEGUN, half, ends=HANGING)], late, **quick)
    several: dict[str, Any] = {"options": QUICK, "requests": (1, 3)}
    SILENT.streamed("before the first event", [(Send(sse_head()), Stall())], mute, **several)
    SILENT.streamed(
        "keep-alives before the first event", [(Send(sse_head()), *keep)], mute, **several
    )
    SILENT.streamed("after the role", [stream(ROLE, ends=HANGING)], mute, **several)
    SILENT.streamed(
        "keep-alives, the read timeout being longer",
        [stream(*BEGUN, ends=keep)],
        late,
        options={**PATIENT, "stream_timeout": 1.0},
    )
    forever = (Every(chunked(event(chunk("."))), 0.05),)
    SILENT.streamed(
        "not at all, until the deadline",
        [stream(ROLE, ends=forever)],
        failure("StreamTimeoutError", None),
        options={**PATIENT, "deadline": 1.0},
        at_least=0.9,
    )
    SILENT.streamed(
        "keep-alives until the deadline",
        [stream(*BEGUN, ends=keep)],
        late,
        options={**PATIENT, "deadline": 1.0},
        at_least=0.9,
    )
    slow = (Every(chunked(event(chunk("x"))), 0.2, 3.0), Send(chunked(events(END, DONE))))
    SILENT.streamed(
        "never for long: slower than the timeout in all, each chunk in time",
        [stream(ROLE, ends=(*slow, Send(chunked(b""))))],
        Answer("x" * 15),
        options={"timeout": 2.0, "stream_timeout": 2.0},
    )
    SILENT.streamed(
        "never for long, with a deadline that is far off",
        [stream(ROLE, ends=(*slow, Send(chunked(b""))))],
        Answer("x" * 15),
        options={"timeout": 2.0, "stream_timeout": 2.0, "deadline": 300.0},
    )
    late_first = (Send(sse_head()), Pause(0.2), *stream(*STREAM)[1:])
    SILENT.streamed("a while before the first event", [late_first], Answer(),
                    options={"timeout": 5.0, "stream_timeout": 5.0})  # fmt: skip
    flood = Lazy(lambda: [chunked(b": " + b"x" * 60_000 + b"\n\n")] * 2000)
    SILENT.streamed(
        "a flood of comments",
        [(Send(sse_head()), flood, Stall())],
        failure("StreamTimeoutError APITimeoutError InvalidResponseError", ANY, ""),
        options=QUICK,
        requests=(1, 3),
    )


_well()
_badly()
_silent()
