"""Multi-step calls as generators: they say what to do next and never do it themselves.

A flow yields commands (`Send`, `Open`, `Read`, ...), a driver performs each one and sends back
the result, or throws a `Fault`. Retry, polling, deadlines, decompression and the decision what
counts as success live here, once, for sync and async alike. A streaming flow also yields lists:
items for the consumer. In two lines::

    response = yield Send(request, policy.limits, policy.until)   # a driver performs this
    yield Wait(10.0)                                              # and this
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Generator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, Protocol, TypeVar

from langchain_aimlapi import errors
from langchain_aimlapi._wire.explain import explain
from langchain_aimlapi._wire.inflate import EncodingError, Inflater, inflate
from langchain_aimlapi._wire.request import Limits, Request, Response
from langchain_aimlapi._wire.retry import MAX_RETRY_AFTER, next_delay
from langchain_aimlapi._wire.sse import EventTooLargeError

T = TypeVar("T")


FaultKind = Literal["connect", "tls", "timeout", "deadline", "broken", "too_large", "url", "proxy"]


class Fault(Exception):
    """I/O failed. ``stale`` means that a pooled connection had died unused, so the server cannot
    have seen the request."""

    def __init__(self, kind: FaultKind, detail: str, *, stale: bool = False) -> None:
        super().__init__(kind, detail)
        self.kind: FaultKind = kind
        self.detail = detail
        self.stale = stale

    @property
    def is_unsent(self) -> bool:
        """Whether the server cannot have seen the request."""
        return self.stale or self.kind in ("connect", "tls", "url", "proxy")


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
class Resolve:
    """Look up the addresses of a host. Result: a list of IP addresses as text."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Retry:
    """Wait before retry number ``attempt``, after calling ``on_retry``."""

    seconds: float
    attempt: int
    error: Exception


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait because the answer is not ready yet. Nothing has failed."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Notify:
    """Call a function of the user's with these arguments; an async driver awaits an awaitable."""

    callback: Callable[..., object]
    arguments: tuple[object, ...]


READ = Read()
Command = Send | Open | Read | Drain | Close | Resolve | Retry | Wait | Notify
Flow = Generator[Command | list[Any], Any, T]
"""What a driver sends back depends on the command, which no type can say: hence the second Any."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a flow needs to know: how often, how long, and what to keep out of messages.

    ``until`` is the moment (of ``clock``) at which the whole call has to be over, however many
    requests it takes; without it each request counts ``limits.deadline`` from its own start.
    """

    max_retries: int = 2
    limits: Limits = field(default_factory=Limits)
    model: str | None = None
    secret: str | None = field(default=None, repr=False)
    clock: Callable[[], float] = time.monotonic
    until: float | None = None

    def started(self) -> Policy:
        """The policy of a call that begins now: its deadline becomes a moment."""
        deadline = self.limits.deadline
        if deadline is None or self.until is not None:
            return self
        return replace(self, until=self.clock() + deadline)

    def deadline_error(self) -> errors.AimlapiError:
        """The error for a call whose time is over."""
        return explain_fault(Fault("deadline", "the deadline of the call has passed"), self)


class StreamReader(Protocol):
    """Bytes -> items. ``done`` after a terminal event; ``delivered`` once an item was given."""

    done: bool
    delivered: bool
    error: errors.AimlapiError | None  # found in the stream, to be raised after the items before it

    @property
    def finished(self) -> bool:
        """The answer's own end has arrived, so that a lost tail loses nothing."""
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


Mend = Callable[[errors.InvalidRequestError], Request | None]
"""The refusal of a request -> one that the server may take, or None where there is none."""


class _Attempts:
    """Counts attempts of one call and decides whether there is another one."""

    def __init__(
        self,
        policy: Policy,
        *,
        repeatable: bool = True,
        repeat_lost: bool = True,
        mend: Mend | None = None,
    ) -> None:
        self.policy = policy.started()
        self.until = self.policy.until
        self.repeatable = repeatable
        self.mend = mend
        self.repeat_lost = repeat_lost
        self.retries = 0
        self.stale_used = False

    def after(self, error: errors.AimlapiError, fault: Fault | None = None) -> Flow[None]:
        """Wait for the next attempt, where one is due.

        Raises:
            AimlapiError: the same error, where no further attempt is due.
        """
        if fault is not None and fault.stale and not self.stale_used:
            self.stale_used = True
            return
        if not error.is_retryable:
            raise error
        lost = fault is not None and not fault.is_unsent and not self.repeat_lost
        if lost or (not self.repeatable and not _is_refusal(error, fault)):
            error.advice = MAYBE_ACCEPTED
            raise error
        if self.retries >= self.policy.max_retries:
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
        yield Retry(delay, self.retries, error)

    def mended(self, error: errors.AimlapiError) -> Request | None:
        """Another request in place of one that was refused for its form; at most one a call."""
        if self.mend is None or not isinstance(error, errors.InvalidRequestError):
            return None
        mend, self.mend = self.mend, None
        return mend(error)

    def failed(self, fault: Fault) -> Flow[None]:
        """Wait for the next attempt after a fault; see `after`."""
        return self.after(explain_fault(fault, self.policy), fault)


MAYBE_ACCEPTED = (
    "the server may have accepted the request, so it was not sent again; look into the usage log "
    "before you do"
)


def _is_refusal(error: errors.AimlapiError, fault: Fault | None) -> bool:
    """Whether the server surely has not accepted the request."""
    return fault.is_unsent if fault is not None else isinstance(error, errors.RateLimitError)


def call(
    request: Request,
    parse: Callable[[Response], T],
    policy: Policy,
    *,
    accept: Container[int] = (),
    repeatable: bool = True,
    repeat_lost: bool = True,
    mend: Mend | None = None,
) -> Flow[T]:
    """Send ``request`` until it is answered, return ``parse(response)``.

    Only what can succeed is tried again (408, 409, 425, 429, 5xx, connection faults, time-outs),
    at most ``max_retries`` times. What ``parse`` raises is final: the answer was delivered.

    Args:
        accept: Statuses beside 2xx that are answers, such as 304.
        repeatable: False for a request that must not be carried out twice (it orders something):
            it is sent again only where the server cannot have accepted it.
        repeat_lost: False for a request whose answer is paid for: where the answer is lost (the
            time is over, the connection broke), it is not sent again. A failure that was answered
            is free.
        mend: Called once, where the request is refused for its form.
    """
    attempts = _Attempts(policy, repeatable=repeatable, repeat_lost=repeat_lost, mend=mend)
    while True:
        try:
            response: Response = yield Send(request, policy.limits, attempts.until)
        except Fault as fault:
            waiting = attempts.failed(fault)
        else:
            response = decoded(response, policy)
            if 200 <= response.status < 300 or response.status in accept:
                return parse(response)
            error = explain(response, model=policy.model, secret=policy.secret)
            if other := attempts.mended(error):
                request = other
                continue
            waiting = attempts.after(error)
        yield from waiting


def wait(seconds: float, policy: Policy) -> Flow[None]:
    """Wait until it is worth asking again.

    Raises:
        APITimeoutError: the call's deadline would pass before that.
    """
    if policy.until is not None and policy.clock() + seconds >= policy.until:
        raise policy.deadline_error()
    yield Wait(seconds)


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
    request: Request,
    make_reader: Callable[[Response], StreamReader],
    policy: Policy,
    *,
    repeatable: bool = True,
    mend: Mend | None = None,
) -> Flow[None]:
    """Open ``request`` and yield lists of items until the reader is done.

    Opening is retried like `call`; so is a failure before the first item, as long as it is one
    that a new attempt, or ``mend`` (see `call`), can put right. After the first item nothing is
    ever sent again. ``repeatable`` is as in `call`.
    """
    attempts = _Attempts(policy, repeatable=repeatable, mend=mend)
    while True:
        try:
            head: Response = yield Open(request, policy.limits, attempts.until)
        except Fault as fault:
            waiting = attempts.failed(fault)
        else:
            if 200 <= head.status < 300:
                error = yield from _read_events(make_reader(head), head, policy, attempts.until)
                if error is None:
                    return
            else:
                body = yield from _read_error(policy)
                refused = decoded(Response(head.status, head.headers, body), policy)
                error = explain(refused, model=policy.model, secret=policy.secret)
            if other := attempts.mended(error):
                request = other
                continue
            waiting = attempts.after(error)
        yield from waiting


def first(
    request: Request, make_reader: Callable[[Response], StreamReader], policy: Policy
) -> Flow[Any]:
    """The first item of a streamed answer; the rest is not read.

    Raises:
        InvalidResponseError: there is none.
        AimlapiError: as `stream`.
    """
    items = stream(request, make_reader, policy)
    step: Callable[[], Any] = partial(next, items)
    try:
        while True:
            command = step()
            if isinstance(command, list):
                yield Close()
                return command[0]
            try:
                result = yield command
            except Fault as fault:
                step = partial(items.throw, fault)
            else:
                step = partial(items.send, result)
    except StopIteration:
        raise errors.InvalidResponseError("the answer is empty", model=policy.model) from None
    finally:
        items.close()


def _read_error(policy: Policy) -> Flow[bytes]:
    """The body of a refused stream, bounded; a body that breaks off is taken as far as it came."""
    pieces: list[bytes] = []
    size = 0
    # The status alone decides what is raised; what was read of the body is its message.
    with suppress(Fault):
        while size < policy.limits.max_error_bytes:
            piece = yield READ
            if not piece:
                break
            pieces.append(piece)
            size += len(piece)
    yield Close()
    return b"".join(pieces)[: policy.limits.max_error_bytes]


def _read_events(
    reader: StreamReader, head: Response, policy: Policy, until: float | None
) -> Flow[errors.AimlapiError | None]:
    """Feed the reader to its end. Returns an error that a new attempt may mend, raises others."""
    failure: errors.AimlapiError | None = None
    try:
        inflater = Inflater(head.headers.get("content-encoding", ""))
        idle, clock = _IdleWatch(policy, until), policy.clock
        while not reader.done:
            began = clock()
            data: bytes = yield READ
            idle.waited += clock() - began
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
                idle.check(reader, len(piece))
            if not inflater.plain:  # compressed bytes may come without making a single piece
                idle.check(reader, 0)
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
    """Notices a stream that only says that it is still there.

    Only the time spent waiting for bytes counts: what we take to inflate and read them is not the
    server's silence. A flood of comments, which gives no time to wait, is bounded by its size.
    """

    __slots__ = ("clock", "idle", "max_bytes", "seen", "size", "until", "waited")

    def __init__(self, policy: Policy, until: float | None) -> None:
        self.clock = policy.clock
        self.idle = policy.limits.idle
        self.until = until
        self.seen = -1
        self.waited = 0.0  # seconds since the last event, kept by whoever waits
        self.max_bytes = policy.limits.max_response_bytes
        self.size = 0  # bytes since the last event

    def check(self, reader: StreamReader, size: int) -> None:
        seen = reader.progress()
        if self.until is not None and self.clock() >= self.until:
            raise Fault("deadline", "the deadline of the call has passed")
        if seen != self.seen:
            self.seen = seen
            self.waited = 0.0
            self.size = 0
            return
        self.size += size
        if self.size > self.max_bytes:
            raise EventTooLargeError(f"more than {self.max_bytes} bytes came without an event")
        if self.idle is not None and self.waited >= self.idle:
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
            detail, advice="raise max_response_bytes if this is intended", model=policy.model
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
