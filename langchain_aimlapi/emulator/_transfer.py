"""How an answer's bytes travel under a fault: cut, stalled, compressed, mislabelled, in pieces."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from langchain_aimlapi.emulator._core import (
    Answer,
    Break,
    Call,
    Json,
    Pause,
    Raw,
    Step,
    dump,
    event,
)
from langchain_aimlapi.emulator._errors import MESSAGES, Envelope, nested
from langchain_aimlapi.emulator._faults import (
    NO_STREAM,
    Fault,
    error_answer,
    replaces,
    wants_stream,
    without_stream,
)
from langchain_aimlapi.emulator._state import State

HOUR = 3600.0
_SHORT = "peer closed connection without sending complete message body"
_ANTHROPIC_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    529: "overloaded_error",
}


def apply(fault: Fault, call: Call, state: State, answer: Callable[[Call], Answer]) -> Answer:
    """The answer to a call with the fault in it."""
    if fault.refuse:
        return Answer(503, {}, (), (Break("refused"),))
    if fault.refuse_stream and wants_stream(call):
        status, message = fault.status or 400, fault.message or NO_STREAM
        made = error_answer(replace(fault, status=status, message=message), call, state)
    elif replaces(fault):
        made = error_answer(fault, call, state)
    else:
        made = answer(without_stream(call) if fault.as_json and wants_stream(call) else call)
        if fault.error_after is None:
            made = replace(made, status=fault.status or made.status)
    return transfer(fault, call, made, state)


def transfer(fault: Fault, call: Call, answer: Answer, state: State) -> Answer:
    """The answer as the fault lets it through."""
    headers = {**answer.headers, **fault.headers}
    if fault.retry_after is not None:
        after = fault.retry_after
        headers["retry-after"] = after if isinstance(after, str) else f"{after:g}"
    before = (*answer.before, Pause(fault.delay)) if fault.delay else answer.before
    answer = replace(answer, headers=headers, before=before)
    if fault.add or fault.drop:
        answer = replace(answer, steps=_altered(fault, answer))
    if answer.streams:
        answer = replace(answer, steps=_stream(fault, call, answer, state))
    elif fault.keep_alive:
        answer = replace(answer, steps=_spaced(fault, answer))
    if fault.encoding:
        answer = _encoded(fault, answer)
    if not answer.streams:
        answer = _whole(fault, answer)
    if fault.split:
        answer = replace(answer, steps=split(answer.steps, fault.split))
    return answer


# --- whole answers -----


def _whole(fault: Fault, answer: Answer) -> Answer:
    if fault.length_off or fault.idle_close:
        body = _joined(answer)
        wrong = fault.length_off
        size = max(0, len(body) + wrong)
        error = None
        if wrong > 0:
            error = f"{_SHORT} (received {len(body)} bytes, expected {size})"
        head = {**answer.headers, "content-length": str(size)}
        return replace(answer, steps=iter([Raw(head, body, error)]))
    if fault.cut_after is not None:
        return replace(answer, steps=_cut_body(fault, answer))
    if fault.stall_after is not None:
        steps: list[Step] = [_joined(answer), Pause(fault.delay or HOUR)]
        return replace(answer, steps=iter(steps))
    return answer


def _joined(answer: Answer) -> bytes:
    return b"".join(step for step in answer.steps if isinstance(step, bytes))


def _cut_body(fault: Fault, answer: Answer) -> Iterator[Step]:
    yield _joined(answer)[: fault.cut_after]
    yield Break(fault.how)


def _spaced(fault: Fault, answer: Answer) -> Iterator[Step]:
    """White space before JSON, as gateways send it to hold a connection open."""
    left = fault.keep_alive or 0.0
    while left > 0:
        yield b" \n"
        yield Pause(fault.keep_alive_every)
        left -= fault.keep_alive_every
    yield from answer.steps


def _altered(fault: Fault, answer: Answer) -> Iterator[Step]:
    """The answer with the fields that the fault adds, and without those that it drops."""
    for step in answer.steps:
        yield _altered_step(fault, step) if isinstance(step, bytes) else step


def _altered_step(fault: Fault, step: bytes) -> bytes:
    head, mark, data = step.partition(b"data: ")
    text = data if mark else step
    try:
        value = json.loads(text)
    except ValueError:
        return step
    if not isinstance(value, dict):
        return step
    kept = {key: one for key, one in value.items() if key not in fault.drop}
    made = dump(_merged(kept, fault.add))
    return head + mark + made + b"\n\n" if mark else made


def _merged(value: Json, more: Mapping[str, Any]) -> Json:
    made = dict(value)
    for key, one in more.items():
        old = made.get(key)
        both = isinstance(old, dict) and isinstance(one, Mapping)
        made[key] = _merged(old, one) if both and isinstance(old, dict) else one
    return made


def _encoded(fault: Fault, answer: Answer) -> Answer:
    headers = {**answer.headers, "content-encoding": str(fault.encoding)}
    if fault.encoding_lie:
        return replace(answer, headers=headers)
    steps = _compressed(answer, fault.encoding == "gzip")
    if fault.encoding_cut:
        steps = _shortened(steps, fault.encoding_cut)
    if answer.streams:
        return replace(answer, headers=headers, steps=steps)
    return replace(answer, headers=headers, steps=tuple(steps))


def _compressed(answer: Answer, gzip: bool) -> Iterator[Step]:
    """Compressed piece by piece, each flushed, so that a stream stays a stream."""
    maker = zlib.compressobj(wbits=31 if gzip else 15)
    for step in answer.steps:
        if isinstance(step, bytes):
            yield maker.compress(step) + maker.flush(zlib.Z_SYNC_FLUSH)
        else:
            yield step
    yield maker.flush()


def _shortened(steps: Iterator[Step], missing: int) -> Iterator[Step]:
    kept: list[Step] = list(steps)
    while kept and missing:
        last = kept.pop()
        if not isinstance(last, bytes):
            continue
        if len(last) > missing:
            kept.append(last[:-missing])
            break
        missing -= len(last)
    return iter(kept)


def split(steps: Iterable[Step], size: int) -> Iterator[Step]:
    """The same bytes in pieces of ``size``."""
    for step in steps:
        if not isinstance(step, bytes):
            yield step
            continue
        for start in range(0, len(step), size):
            yield step[start : start + size]


# --- streams -----


def _stream(fault: Fault, call: Call, answer: Answer, state: State) -> Iterator[Step]:
    yield from _comments(fault)
    sent = 0
    for step in answer.steps:
        if not isinstance(step, bytes):
            yield step
            continue
        if sent == fault.error_after:
            yield frame(fault, call, state, sent)
            if fault.cut_after is not None:
                yield Break(fault.how)
            return
        if sent == fault.cut_after:
            yield Break(fault.how)
            return
        if sent == fault.stop_after:
            return
        if sent == fault.truncate_after:
            yield step[: max(8, len(step) // 2)]
            return
        if sent == fault.stall_after:
            yield Pause(fault.delay or HOUR)
        if fault.chunk_delay:
            yield Pause(fault.chunk_delay)
        if fault.comments and sent:
            yield f": {fault.comments}\n\n".encode()
        yield step
        sent += 1
    yield from _behind(fault, sent)


def _behind(fault: Fault, sent: int) -> Iterator[Step]:
    """What happens behind the last event."""
    if fault.cut_after is not None:
        yield Break(fault.how)
    elif fault.stall_after is not None and fault.stall_after >= sent:
        yield Pause(fault.delay or HOUR)
    elif fault.idle_close:
        yield Raw({}, b"", None)


def _comments(fault: Fault) -> Iterator[Step]:
    left = fault.keep_alive or 0.0
    while left > 0:
        yield b": keep-alive\n\n"
        yield Pause(fault.keep_alive_every)
        left -= fault.keep_alive_every


def frame(fault: Fault, call: Call, state: State, sent: int) -> bytes:
    """An error inside a stream, in the form that is requested."""
    status = fault.status if fault.status and fault.status >= 400 else 500
    message = fault.message or MESSAGES.get(status, "Something went wrong")
    if fault.frame == "dialect":
        return _in_dialect(status, message, call, state, sent)
    if fault.frame in ("failed", "incomplete"):
        return _response_end(fault.frame, status, message, call, sent)
    if fault.frame == "overloaded":
        return _anthropic(message, "overloaded_error")
    if fault.frame == "openrouter":
        choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
        error: Json = {"code": status, "message": message}
        body: Json = {"id": "gen-1", "object": "chat.completion.chunk", "choices": [choice]}
        return event({**body, "error": error})
    if fault.frame == "nested":
        return event(nested(status, message))
    kind: Envelope = "flat" if fault.frame == "flat" else "problem"
    return event(state.error_body(call, status, message, kind)[1])


def _in_dialect(status: int, message: str, call: Call, state: State, sent: int) -> bytes:
    if call.path.endswith("/responses"):
        body = {
            "type": "error",
            "code": "rate_limit_exceeded" if status == 429 else "server_error",
            "message": message,
            "param": None,
            "sequence_number": sent,
        }
        return event(body, "error")
    if "/runs" in call.path:
        return event(nested(status, message)["error"], "error")
    if call.path.endswith("/messages"):
        return _anthropic(message, _ANTHROPIC_ERRORS.get(status, "api_error"))
    return event(state.error_body(call, status, message)[1])


def _anthropic(message: str, kind: str) -> bytes:
    return event({"type": "error", "error": {"type": kind, "message": message}}, "error")


def _response_end(kind: str, status: int, message: str, call: Call, sent: int) -> bytes:
    """``response.failed`` or ``response.incomplete``, with what its object must have."""
    body = call.parsed()
    model = body.get("model") if isinstance(body, dict) else None
    failed = kind == "failed"
    code = "rate_limit_exceeded" if status == 429 else "server_error"
    response: Json = {
        "id": f"resp_{call.request_id.replace('-', '')}",
        "object": "response",
        "created_at": 0,
        "model": model,
        "status": kind,
        "output": [],
        "parallel_tool_calls": True,
        "error": {"code": code, "message": message} if failed else None,
        "incomplete_details": None if failed else {"reason": "max_output_tokens"},
    }
    name = f"response.{kind}"
    return event({"type": name, "sequence_number": sent, "response": response}, name)
