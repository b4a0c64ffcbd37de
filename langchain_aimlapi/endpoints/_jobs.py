"""Polling: what takes minutes is ordered once, and polled until it is done.

The flow here is the only place that polls. Waiting between two polls is no retry; a poll that
fails is sent again as long as there is time, since the job goes on without us. The user's handle
on a job is `Job` (`endpoints._handle`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, ParamSpec, TypeVar

from langchain_aimlapi import errors
from langchain_aimlapi._domain.values import Cost
from langchain_aimlapi._fitting.checks import check_number
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.flow import MAYBE_ACCEPTED, Flow, Notify, Policy, StreamReader, Wait
from langchain_aimlapi._wire.request import Request, Response
from langchain_aimlapi.endpoints._plans import (
    Context,
    Plan,
    Step,
    once,
    only,
)
from langchain_aimlapi.endpoints._results import Result

P = ParamSpec("P")
T = TypeVar("T")
Status = Literal["queued", "running", "completed", "failed"]
Progress = Callable[[str, "float | None", float], object]
"""Called after each poll with the status, the part that is done (0 to 1, None where the API does
not tell) and the seconds since the call began; may be async in async calls."""

MAX_INTERVAL = 30.0
GROWTH = 1.5
"""How the wait between two polls grows, up to MAX_INTERVAL."""
MAX_UNREADABLE = 5
"""Answers in a row that no poll could read (an HTML page, no links in a finished job), after which
there is no use in polling on."""


@dataclass(frozen=True, slots=True)
class JobState(Generic[T]):
    """What one answer tells about a job.

    Attributes:
        id: The job's id, as the API spells it.
        status: In our words; ``native_status`` is the API's own.
        result: What was made, where the job is completed.
        error: Why it failed, where it has.
        fraction: The part that is done, 0 to 1, where the API tells.
        cost: The charge, where the answer tells it (often when the job is ordered).
        retry_after: Seconds until the next poll, where the API names them.
        detail: What else the answer tells, of the endpoint's own type.
    """

    id: str
    status: Status
    native_status: str = ""
    result: T | None = None
    error: errors.AimlapiError | None = None
    fraction: float | None = None
    cost: Cost | None = None
    retry_after: float | None = None
    detail: Any = None


@dataclass(frozen=True, slots=True)
class JobKind(Generic[T]):
    """How the jobs of one URL family are polled. Its functions stand in modules, so that a job
    can be pickled.

    Attributes:
        name: What hangs on the client (``"video"``), for messages.
        poll: Context, id and model (where it is known) -> the request that asks for the state.
        parse: Its answer -> the state.
        interval: Seconds before the second poll.
        timeout: Seconds that a result is waited for, where the caller does not say.
        cancel: Context and id -> the request that cancels, where the API has one.
        reader: Set where the answer to a poll may be long (it holds the result itself): makes
            items of it, the first of which is the state; no more is read.
        model_kind: The catalog's word for its models, where an id that names a model of another
            kind is to be refused.
    """

    name: str
    poll: Callable[[Context, str, str | None], Request]
    parse: Callable[[Response, Policy], JobState[T]]
    interval: float = 5.0
    timeout: float = 1800.0
    cancel: Callable[[Context, str], Request] | None = None
    reader: Callable[[Response, Policy], StreamReader] | None = None
    model_kind: str | None = None


@dataclass(frozen=True, slots=True)
class Polling(Generic[T]):
    """One job that is polled: its kind, its id, and the model that it was ordered from."""

    context: Context
    kind: JobKind[T]
    id: str
    model: str | None = None

    def once(self, policy: Policy) -> Flow[JobState[T]]:
        """One poll.

        Raises:
            JobNotFoundError: the API has no such job.
        """
        self._check_kind()
        request = self.kind.poll(self.context, self.id, self.model or model_in(self.id))
        make = self.kind.reader
        asking: Flow[JobState[T]] = (
            flow.call(request, lambda response: self.kind.parse(response, policy), policy)
            if make is None
            else flow.first(request, lambda head: make(head, policy), policy)
        )
        try:
            state = yield from asking
            return state if state.id else replace(state, id=self.id)
        except errors.ModelNotFoundError as error:
            raise self._unknown(error) from None

    def _check_kind(self) -> None:
        """Refuse an id that names a model whose jobs are another endpoint's."""
        named = model_in(self.id)
        facts = self.context.facts(named) if named and self.kind.model_kind else None
        if facts is None or not facts.known or facts.kind in (None, self.kind.model_kind):
            return
        right = _MOUNTS.get(str(facts.kind))
        raise errors.InvalidRequestError(
            f"{self.id!r} is not the id of a {self.kind.name} job: it belongs to {named}",
            advice=f"use client.{right}.resume(...)" if right else "check the id",
            model=named,
            field="id",
        )

    def _unknown(self, error: errors.AimlapiError) -> errors.JobNotFoundError:
        found = errors.JobNotFoundError(
            f"the API knows no {self.kind.name} job {self.id!r}: {error.message}",
            advice="check the id and that the key is of the account that ordered it; the API "
            "forgets old jobs",
            status_code=error.status_code,
            field="id",
            model=self.model,
            request_id=error.request_id,
            body=error.body,
        )
        found.job_id = self.id
        return found

    @property
    def how_to_resume(self) -> str:
        """What takes the job up again."""
        return f"it goes on: client.{self.kind.name}.resume({self.id!r}).result() picks it up"

    def results(
        self,
        policy: Policy,
        *,
        timeout: float | None = None,
        progress: Progress | None = None,
        items: Callable[[JobState[T]], JobState[T]] | None = None,
    ) -> Flow[T]:
        """Poll until the job is done.

        Args:
            timeout: Seconds to wait; the deadline of the policy holds as well.
            progress: Called after each poll.
            items: Makes an item of a stream of each state; without it there are none.

        Raises:
            JobFailedError: the API says that the job has failed.
            JobTimeoutError: it was not done in time; it goes on and can be resumed.
            AimlapiError: the poll is refused (key, unknown id).
        """
        check_waiting(timeout, progress, self.model or "")
        waiting = _Waiting(self, policy, timeout)
        while True:
            try:
                state = yield from self.once(waiting.asking)
            except errors.AimlapiError as error:
                pause = waiting.failed(error)
            else:
                if progress is not None:
                    yield Notify(progress, (state.status, state.fraction, waiting.seconds))
                if items is not None:
                    yield [items(state)]
                if state.status == "completed" and state.result is not None:
                    return state.result
                if state.status == "failed":
                    raise failed(state, self.kind, policy.model or self.model)
                pause = waiting.running(state)
            yield waiting.wait(pause)


def check_waiting(timeout: object, progress: object, model: str) -> None:
    """Refuse what is no time to wait, or cannot be called.

    Raises:
        InvalidRequestError: names the argument.
    """
    seconds = check_number("timeout", timeout, model, unit="seconds")
    if isinstance(timeout, str) or (seconds is not None and seconds < 0):
        raise errors.InvalidRequestError(
            f"timeout is {timeout!r}", advice="give the seconds to wait, from 0", field="timeout"
        )
    if progress is not None and not callable(progress):
        raise errors.InvalidRequestError(
            f"progress is a value of type {type(progress).__name__}",
            advice="give a function of (status, fraction or None, seconds), such as ProgressBar()",
            field="progress",
        )


class _Waiting(Generic[T]):
    """How long a job has been waited for, and what is still worth waiting for."""

    def __init__(self, polling: Polling[T], policy: Policy, timeout: float | None) -> None:
        self.polling = polling
        self.clock = policy.clock
        self.model = policy.model or polling.model
        self.began = self.clock()
        self.until = self.began + (polling.kind.timeout if timeout is None else timeout)
        if policy.until is not None:
            self.until = min(self.until, policy.until)
        self.asking = replace(policy, until=self.until)
        self.interval = polling.kind.interval
        self.status = "unknown"
        self.blip: errors.AimlapiError | None = None
        self.unreadable = 0

    @property
    def seconds(self) -> float:
        return self.clock() - self.began

    def running(self, state: JobState[T]) -> float:
        """The pause after a state that is not the end."""
        self.blip, self.status, self.unreadable = None, state.status, 0
        return state.retry_after or self.interval

    def failed(self, error: errors.AimlapiError) -> float:
        """The pause after a poll that failed: the network, or the gateway, has a bad moment, of
        which the job knows nothing. Raises the error where no poll can mend it."""
        if not error.is_retryable or isinstance(error, errors.JobFailedError):
            raise error
        self.unreadable += isinstance(error, errors.InvalidResponseError)
        if self.unreadable >= MAX_UNREADABLE:
            error.advice = self.polling.how_to_resume
            raise error
        self.blip = error
        return error.retry_after or self.interval

    def wait(self, pause: float) -> Wait:
        """The pause, where it does not end too late."""
        if self.clock() + pause >= self.until:
            raise self._late()
        self.interval = min(self.interval * GROWTH, MAX_INTERVAL)
        return Wait(pause)

    def _late(self) -> errors.JobTimeoutError:
        last = f"; the last poll failed: {self.blip.message}" if self.blip is not None else ""
        error = errors.JobTimeoutError(
            f"the {self.polling.kind.name} job {self.polling.id} is not done after "
            f"{self.seconds:.0f} s (status: {self.status}){last}",
            advice=self.polling.how_to_resume,
            model=self.model,
        )
        error.job_id = self.polling.id
        error.is_retryable = False
        return error


# Kind of a model -> where its jobs hang on the client.
_MOUNTS = {"video": "video", "audio": "music", "stt": "transcription"}


def model_in(job: str) -> str | None:
    """The model that an id names: ``uuid:vendor/model``."""
    _, colon, model = job.partition(":")
    return model or None if colon else None


@dataclass(frozen=True, slots=True)
class WatchPlan(Generic[T]):
    """A call whose items are the states of a job, up to its end."""

    polling: Polling[T]
    seen: Callable[[JobState[T]], JobState[T]]
    timeout: float | None = None
    model: str | None = None
    notes: Notes | None = None
    needs_key: bool = True
    is_management: bool = False

    def flow(self, policy: Policy) -> Flow[None]:
        """The flow that yields the states."""
        yield from self.polling.results(policy, timeout=self.timeout, items=self.seen)


def order(
    request: Request,
    parse: Callable[[Response, Policy], JobState[T]],
    mend: flow.Mend | None = None,
) -> Step[JobState[T]]:
    """The step that orders a job: sent again only where the API cannot have accepted it."""

    def read(response: Response, policy: Policy) -> JobState[T]:
        try:
            return parse(response, policy)
        except errors.InvalidResponseError as error:
            error.advice = MAYBE_ACCEPTED
            raise

    return once(request, read, repeatable=False, mend=mend)


def plan_made(
    context: Context,
    kind: JobKind[T],
    ordered: Plan[JobState[T]],
    *,
    timeout: float | None = None,
    progress: Progress | None = None,
) -> Plan[T]:
    """Order a job and wait for its result, as one call."""

    check_waiting(timeout, progress, ordered.model or "")

    def step(policy: Policy) -> Flow[T]:
        (ordering,) = ordered.steps
        state: JobState[T] = yield from ordering(policy)
        if state.status == "completed" and state.result is not None:
            return state.result
        if state.status == "failed":
            raise failed(state, kind, ordered.model)
        polling = Polling(context, kind, state.id, ordered.model)
        try:
            made = yield from polling.results(policy, timeout=timeout, progress=progress)
        except errors.AimlapiError:
            raise  # says itself how to go on, where it goes on
        except BaseException as error:  # Ctrl-C, a task that is cancelled, the user's function
            error.add_note(polling.how_to_resume)
            raise
        return with_cost(made, state.cost)

    return Plan([step], only, ordered.model, ordered.notes, ordered.needs_key)


def with_cost(made: T, cost: Cost | None) -> T:
    """What was made, with the charge that stood in the answer to the order."""
    if cost is None or not isinstance(made, Result) or made.cost is not None:
        return made
    return replace(made, meta=replace(made.meta, cost=cost))


def failed(state: JobState[Any], kind: JobKind[Any], model: str | None) -> errors.JobFailedError:
    """The error for a job that has ended without a result."""
    reason = state.error
    error = errors.JobFailedError(
        f"the {kind.name} job {state.id} ended as {state.native_status or 'failed'}: "
        f"{reason.message if reason is not None else 'the API gives no reason'}",
        advice=reason.advice if reason is not None else None,
        code=reason.code if reason is not None else None,
        field=reason.field if reason is not None else None,
        model=model,
        body=reason.body if reason is not None else None,
    )
    error.job_id = state.id
    return error
