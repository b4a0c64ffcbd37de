"""Multi-step calls as generators: they say what to do next and never do it themselves.

A flow yields commands (`Send`, `Open`, `Read`, ...), a driver performs each one and sends back
the result, or throws a `Fault`. Retry, deadlines, decompression and the decision what counts as
success live here, once, for sync and async alike. A streaming flow also yields lists: items for
the consumer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from langchain_aimlapi import errors
from langchain_aimlapi._wire.explain import explain
from langchain_aimlapi._wire.inflate import EncodingError, Inflater, inflate
from langchain_aimlapi._wire.request import Limits, Request, Response
from langchain_aimlapi._wire.retry import MAX_RETRY_AFTER, next_delay
from langchain_aimlapi._wire.sse import EventTooLargeError

T = TypeVar("T")


class Fault(Exception):
    """I/O failed. ``kind`` is one of FAULT_KINDS; ``stale`` means that a pooled connection had
    died unused, so the server can not have seen the request."""

    def __init__(self, kind: str, detail: str, *, stale: bool = False) -> None:
        super().__init__(kind, detail)
        self.kind = kind
        self.detail = detail
        self.stale = stale


FAULT_KINDS = ("connect", "tls", "timeout", "deadline", "broken", "too_large", "url", "proxy")


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request, read the whole (still encoded) answer. Result: `Response`."""

    request: Request
    limits: Limits
    until: float | None


@dataclass(frozen=True, slots=True)
class Open:
    """Send the request, read the headers only. Result: `Response` with an empty body."""

    request: Request
    limits: Limits
    until: float | None


@dataclass(frozen=True, slots=True)
class Read:
    """Read the next bytes of the open answer. Result: bytes, ``b""`` at its end."""


@dataclass(frozen=True, slots=True)
class Drain:
    """The answer is complete: wait a moment for the end of the body, so that the connection can
    be used again; then close."""


@dataclass(frozen=True, slots=True)
class Close:
    """Close the open answer, and its connection with it unless the body has ended."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait before retry number ``attempt``, after telling ``on_retry``."""

    seconds: float
    attempt: int
    error: Exception


READ = Read()
Command = Send | Open | Read | Drain | Close | Sleep
Flow = Generator[Any, Any, T]


@dataclass(frozen=True, slots=True)
class Policy:
    """What a flow needs to know: how often, how long, and what to keep out of messages."""

    max_retries: int = 2
    limits: Limits = field(default_factory=Limits)
    model: str | None = None
    secret: str | None = field(default=None, repr=False)
    clock: Callable[[], float] = time.monotonic


class StreamReader(Protocol):
    """Bytes -> items. ``done`` after a terminal event; ``delivered`` once an item was given."""

    done: bool
    delivered: bool
    error: errors.AimlapiError | None  # told inside, to be raised after the items before it

    @property
    def finished(self) -> bool:
        """The answer has said its end, so that a lost tail loses nothing."""
        ...

    def feed(self, data: bytes) -> list[Any]:
        """Items that these bytes complete."""
        ...

    def close(self) -> list[Any]:
        """Items left over at the end."""
        ...

    def progress(self) -> int:
        """Events seen so far; comments and blank lines do not count."""
        ...

    def attach(self, error: errors.AimlapiError) -> errors.AimlapiError:
        """The error with what was delivered so far."""
        ...


class _Attempts(Generic[T]):
    """Counts attempts of one call and decides whether there is another one."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.retries = 0
        self.stale_used = False
        deadline = policy.limits.deadline
        self.until = None if deadline is None else policy.clock() + deadline

    def after(self, error: errors.AimlapiError, *, stale: bool = False) -> Sleep | None:
        """What to do about a failed attempt: None to try again at once, or how long to wait.

        Raises:
            AimlapiError: the same error, where no further attempt is due.
        """
        if stale and not self.stale_used:
            self.stale_used = True
            return None
        if not error.is_retryable or self.retries >= self.policy.max_retries:
            raise error
        delay = next_delay(self.retries + 1, error.retry_after)
        if delay is None:
            error.advice = (
                f"the server asks to wait {error.retry_after:.0f} s, longer than the "
                f"{MAX_RETRY_AFTER:.0f} s that are waited for; try again later"
            )
            raise error
        if self.until is not None and self.policy.clock() + delay >= self.until:
            raise error
        self.retries += 1
        return Sleep(delay, self.retries, error)

    def fault(self, fault: Fault) -> errors.AimlapiError:
        return explain_fault(fault, self.policy)


def call(request: Request, parse: Callable[[Response], T], policy: Policy) -> Flow[T]:
    """Send ``request`` until it is answered, return ``parse(response)``.

    Only what can succeed is tried again (408, 409, 425, 429, 5xx, connection faults, time-outs),
    at most ``max_retries`` times. What ``parse`` raises is final: the answer was delivered.
    """
    attempts: _Attempts[T] = _Attempts(policy)
    while True:
        pause: Sleep | None = None
        response: Response | None = None
        try:
            response = yield Send(request, policy.limits, attempts.until)
        except Fault as fault:
            failed = fault
        if response is None:
            pause = attempts.after(attempts.fault(failed), stale=failed.stale)
        else:
            response = decoded(response, policy)
            if 200 <= response.status < 300:
                return parse(response)
            pause = attempts.after(explain(response, model=policy.model, secret=policy.secret))
        if pause is not None:
            yield pause


def decoded(response: Response, policy: Policy) -> Response:
    """The response with its content-encoding undone, within the limits."""
    encoding = response.headers.get("content-encoding", "")
    ok = 200 <= response.status < 300
    limits = policy.limits
    limit = limits.max_response_bytes if ok else limits.max_error_bytes
    try:
        body = inflate(encoding, response.body, limit=limit)
    except EncodingError as error:
        if not ok:  # the status says enough
            return Response(response.status, response.headers, b"")
        failure = errors.InvalidResponseError(
            str(error), status_code=response.status, model=policy.model
        )
        failure.inference_id = response.headers.get("x-inference-id")
        raise failure from None
    return Response(response.status, response.headers, body)


def stream(
    request: Request, make_reader: Callable[[Response], StreamReader], policy: Policy
) -> Flow[None]:
    """Open ``request`` and yield lists of items until the reader is done.

    Opening is retried like `call`; so is a failure before the first item, as long as it is one
    that a new attempt can mend. After the first item nothing is ever sent again.
    """
    attempts: _Attempts[None] = _Attempts(policy)
    while True:
        pause = None
        head: Response | None = None
        try:
            head = yield Open(request, policy.limits, attempts.until)
        except Fault as fault:
            failed = fault
        if head is None:
            pause = attempts.after(attempts.fault(failed), stale=failed.stale)
        elif 200 <= head.status < 300:
            error = yield from _read_events(make_reader(head), head, policy, attempts.until)
            if error is None:
                return
            pause = attempts.after(error)
        else:
            body = yield from _read_error(policy, head)
            pause = attempts.after(
                explain(
                    decoded(Response(head.status, head.headers, body), policy),
                    model=policy.model,
                    secret=policy.secret,
                )
            )
        if pause is not None:
            yield pause


def _read_error(policy: Policy, head: Response) -> Flow[bytes]:
    """The body of a refused stream, bounded; a body that breaks off is taken as far as it came."""
    pieces: list[bytes] = []
    size = 0
    try:
        while size < policy.limits.max_error_bytes:
            piece = yield READ
            if not piece:
                break
            pieces.append(piece)
            size += len(piece)
    except Fault:
        # The status alone decides what is raised; what was read of the body is its message.
        pieces.append(b"")
    yield Close()
    return b"".join(pieces)[: policy.limits.max_error_bytes]


def _read_events(
    reader: StreamReader, head: Response, policy: Policy, until: float | None
) -> Flow[errors.AimlapiError | None]:
    """Feed the reader to its end. Returns an error that a new attempt may mend, raises others."""
    failure: errors.AimlapiError | None = None
    try:
        inflater = Inflater(head.headers.get("content-encoding", ""))
        idle = _IdleWatch(policy, until)
        while not reader.done:
            data = yield READ
            if not data:
                inflater.close()
                items = reader.close()
                if items:
                    yield items
                if reader.error is not None:
                    raise reader.error
                break
            for piece in (data,) if inflater.plain else inflater.feed(data):
                items = reader.feed(piece)
                if items:
                    yield items
                if reader.error is not None:
                    raise reader.error
                idle.check(reader)
            if not inflater.plain:  # compressed bytes may come without making a single piece
                idle.check(reader)
        yield Drain()
        return None
    except Fault as fault:
        failure = _stream_fault(fault, reader, policy)
    except (EventTooLargeError, EncodingError) as error:
        if isinstance(error, EventTooLargeError) or not reader.finished:
            failure = errors.InvalidResponseError(str(error), model=policy.model)
            failure.is_retryable = False
    except errors.AimlapiError as error:
        failure = error
    if failure is None:  # the tail broke off after the end was seen: nothing was lost
        items = reader.close()
        if items:
            yield items
        failure = reader.error
    yield Close()
    if failure is None:
        return None
    failure = reader.attach(failure)
    if reader.delivered or _is_final(failure):
        raise failure
    return failure


def _is_final(failure: errors.AimlapiError) -> bool:
    """Whether a failure before the first item is not worth a new attempt.

    A body that came in order, yet without an answer, was served and perhaps charged: asking again
    would pay twice for what will most likely be the same. A server that is silent once its
    headers have come would be waited for several times over.
    """
    if isinstance(failure, errors.StreamInterrupted):
        return failure.code != "broken"
    return isinstance(failure, errors.InvalidResponseError | errors.StreamTimeoutError)


class _IdleWatch:
    """Notices a stream that only says that it is still there."""

    __slots__ = ("clock", "idle", "last", "seen", "until")

    def __init__(self, policy: Policy, until: float | None) -> None:
        self.clock = policy.clock
        self.idle = policy.limits.idle
        self.until = until
        self.seen = -1
        self.last = policy.clock()

    def check(self, reader: StreamReader) -> None:
        seen = reader.progress()
        fresh = seen != self.seen
        if fresh:
            self.seen = seen
            if self.until is None and self.idle is None:
                return
        now = self.clock()
        if self.until is not None and now >= self.until:
            raise Fault("deadline", "the deadline of the call has passed")
        if fresh:
            self.last = now
        elif self.idle is not None and now - self.last >= self.idle:
            raise Fault("timeout", f"no event for {self.idle:g} s")


def _stream_fault(fault: Fault, reader: StreamReader, policy: Policy) -> errors.AimlapiError | None:
    """The error for a fault while reading events; None where the end had been seen before."""
    if reader.done or reader.finished:
        return None
    if fault.kind in ("timeout", "deadline"):
        return errors.StreamTimeoutError(
            f"the stream fell silent: {fault.detail}",
            advice="raise stream_timeout or deadline if the model needs longer between tokens",
            model=policy.model,
        )
    if fault.kind == "broken":
        error = errors.StreamInterrupted(
            "the connection broke before the stream had ended "
            f"({errors.mask(fault.detail, policy.secret)})",
            advice="what was delivered is in error.partial; ask again for the whole answer",
            model=policy.model,
        )
        error.code = "broken"
        return error
    return explain_fault(fault, policy)


def explain_fault(fault: Fault, policy: Policy) -> errors.AimlapiError:
    """The exception for an I/O fault outside a stream's events."""
    kind, detail = fault.kind, errors.mask(fault.detail, policy.secret)
    error: errors.AimlapiError
    if kind in ("timeout", "deadline"):
        error = errors.APITimeoutError(
            f"no answer in time: {detail}",
            advice="raise timeout (seconds) or deadline, or stream the answer",
            model=policy.model,
        )
        error.is_retryable = kind == "timeout"
    elif kind == "too_large":
        error = errors.InvalidResponseError(
            detail, advice="raise max_response_bytes if this is meant", model=policy.model
        )
        error.is_retryable = False
    elif kind in ("tls", "url", "proxy"):
        error = errors.APIConnectionError(
            detail, advice="check base_url, verify and the proxy settings", model=policy.model
        )
        error.is_retryable = False
    else:
        error = errors.APIConnectionError(
            f"the connection failed: {detail}",
            advice="check the network and base_url",
            model=policy.model,
        )
    return error
