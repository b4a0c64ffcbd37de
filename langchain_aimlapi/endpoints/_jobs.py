"""Jobs: what takes minutes is ordered once, and its result asked for by id, also by another
process.

The flow here is the only place that polls. Waiting between two questions is no retry; a question
that fails is asked again as long as there is time, since the job goes on without us.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Concatenate, Generic, Literal, ParamSpec, TypeVar

from langchain_aimlapi import errors
from langchain_aimlapi._domain.values import Cost
from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.flow import Flow, Notify, Policy, StreamReader, Wait
from langchain_aimlapi._wire.request import Request, Response
from langchain_aimlapi.endpoints._plans import Calls, Context, Method, Plan, PlanRunner, only
from langchain_aimlapi.endpoints._results import Result

P = ParamSpec("P")
T = TypeVar("T")
Status = Literal["queued", "running", "completed", "failed"]
Progress = Callable[[str, "float | None", float], object]
"""Called after each question with the status, the part that is done (0 to 1, None where the API
does not tell) and the seconds since the call began; may be async in async calls."""

MAX_INTERVAL = 30.0
GROWTH = 1.5
"""How the wait between two questions grows, up to MAX_INTERVAL."""


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
        retry_after: Seconds after which the API asks to be asked again.
    """

    id: str
    status: Status
    native_status: str = ""
    result: T | None = None
    error: errors.AimlapiError | None = None
    fraction: float | None = None
    cost: Cost | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class JobKind(Generic[T]):
    """How the jobs of one URL family are asked for. Its functions stand in modules, so that a job
    can be pickled.

    Attributes:
        name: What hangs on the client (``"video"``), for messages.
        question: Context and id -> the request that asks for the state.
        parse: Its answer -> the state.
        interval: Seconds before the second question.
        timeout: Seconds that a result is waited for, where the caller does not say.
        cancel: Context and id -> the request that cancels, where the API has one.
        reader: Set where the answer to the question may be long (it holds the result itself):
            makes items of it, the first of which is the state; no more is read.
    """

    name: str
    question: Callable[[Context, str], Request]
    parse: Callable[[Response, Policy], JobState[T]]
    interval: float = 5.0
    timeout: float = 1800.0
    cancel: Callable[[Context, str], Request] | None = None
    reader: Callable[[Response, Policy], StreamReader] | None = None


def plan_state(
    context: Context, kind: JobKind[T], job: str, model: str | None
) -> Plan[JobState[T]]:
    """One question."""
    return Plan([lambda policy: _ask(context, kind, job, policy)], only, model=model)


def plan_result(
    context: Context,
    kind: JobKind[T],
    job: str,
    *,
    model: str | None = None,
    timeout: float | None = None,
    progress: Progress | None = None,
) -> Plan[T]:
    """Questions until there is a result; see `Job.result`."""

    def step(policy: Policy) -> Flow[T]:
        return wait_for(context, kind, job, policy, timeout=timeout, progress=progress)

    return Plan([step], only, model=model)


def plan_made(
    context: Context,
    kind: JobKind[T],
    order: Plan[JobState[T]],
    *,
    timeout: float | None = None,
    progress: Progress | None = None,
) -> Plan[T]:
    """Order a job and wait for its result, as one call."""

    def step(policy: Policy) -> Flow[T]:
        (ordering,) = order.steps
        state: JobState[T] = yield from ordering(policy)
        if state.status == "completed" and state.result is not None:
            return state.result
        if state.status == "failed":
            raise _failed(state, kind, policy)
        made = yield from wait_for(
            context, kind, state.id, policy, timeout=timeout, progress=progress
        )
        return with_cost(made, state.cost)

    return Plan([step], only, order.model, order.notes, order.needs_key)


def with_cost(made: T, cost: Cost | None) -> T:
    """What was made, with the charge that the API told when it was ordered."""
    if cost is None or not isinstance(made, Result) or made.cost is not None:
        return made
    return replace(made, meta=replace(made.meta, cost=cost))


def _ask(context: Context, kind: JobKind[T], job: str, policy: Policy) -> Flow[JobState[T]]:
    request = kind.question(context, job)
    make = kind.reader
    if make is not None:
        return flow.first(request, lambda head: make(head, policy), policy)
    return flow.call(request, lambda response: kind.parse(response, policy), policy)


def wait_for(
    context: Context,
    kind: JobKind[T],
    job: str,
    policy: Policy,
    *,
    timeout: float | None = None,
    progress: Progress | None = None,
) -> Flow[T]:
    """The flow that asks until the job is done.

    Raises:
        JobFailedError: the API says that the job has failed.
        JobTimeoutError: it was not done in time; it goes on, and can be resumed.
        AimlapiError: asking is refused (key, unknown id).
    """
    began = policy.clock()
    until = began + (kind.timeout if timeout is None else timeout)
    if policy.until is not None:
        until = min(until, policy.until)
    asking = replace(policy, until=until)
    interval, blip = kind.interval, None
    status = "unknown"
    while True:
        try:
            state = yield from _ask(context, kind, job, asking)
        except errors.AimlapiError as error:
            if not error.is_retryable or isinstance(error, errors.JobFailedError):
                raise
            # The network, or the gateway, has a bad moment; the job knows nothing of it.
            blip, pause = error, error.retry_after or interval
        else:
            blip, status = None, state.status
            if progress is not None:
                elapsed = policy.clock() - began
                yield Notify(progress, (state.status, state.fraction, elapsed))
            if state.status == "completed" and state.result is not None:
                return state.result
            if state.status == "failed":
                raise _failed(state, kind, policy)
            pause = state.retry_after or interval
        if policy.clock() + pause >= until:
            raise _late(job, kind, status, policy.clock() - began, blip, policy)
        yield Wait(pause)
        interval = min(interval * GROWTH, MAX_INTERVAL)


def _failed(state: JobState[Any], kind: JobKind[Any], policy: Policy) -> errors.AimlapiError:
    reason = state.error
    error = errors.JobFailedError(
        f"the {kind.name} job {state.id} ended as {state.native_status or 'failed'}: "
        f"{reason.message if reason is not None else 'the API gives no reason'}",
        advice=reason.advice if reason is not None else None,
        code=reason.code if reason is not None else None,
        model=policy.model,
        body=reason.body if reason is not None else None,
    )
    error.job_id = state.id
    return error


def _late(
    job: str,
    kind: JobKind[Any],
    status: str,
    seconds: float,
    blip: errors.AimlapiError | None,
    policy: Policy,
) -> errors.JobTimeoutError:
    last = f"; the last question failed: {blip.message}" if blip is not None else ""
    error = errors.JobTimeoutError(
        f"the {kind.name} job {job} is not done after {seconds:.0f} s (status: {status}){last}",
        advice=f"it goes on: client.{kind.name}.resume({job!r}).result() picks it up",
        model=policy.model,
    )
    error.job_id = job
    error.is_retryable = False
    return error


class Job(Generic[T]):
    """A handle on something that the API is making.

    It can be pickled, and `id` is all that another process needs to find the same result:
    ``client.video.resume(id)``.

    Attributes:
        id: The API's id of the job.
        model: The model id, where it is known.
        cost: The charge, where the API has told it.
        native_status: The API's own word of the last answer.
        fraction: The part that is done, 0 to 1, where the API tells.
    """

    def __init__(
        self,
        runner: PlanRunner,
        kind: JobKind[T],
        state: JobState[T] | None = None,
        *,
        id: str = "",
        model: str | None = None,
    ) -> None:
        self._runner = runner
        self._kind = kind
        self.id = state.id if state is not None else id
        self.model = model
        self.cost: Cost | None = None
        self.native_status = ""
        self.fraction: float | None = None
        self._result: T | None = None
        if state is not None:
            self._update(state)

    def __repr__(self) -> str:
        model = f", model={self.model!r}" if self.model else ""
        return f"<{self._kind.name} job {self.id!r}{model}, status={self.native_status!r}>"

    def status(self) -> Status:
        """Ask for the state now."""
        return self._runner.run(self._state_plan)

    def astatus(self) -> Coroutine[Any, Any, Status]:
        """Ask for the state now (async)."""
        return self._runner.arun(self._state_plan)

    def result(self, *, timeout: float | None = None, progress: Progress | None = None) -> T:
        """Wait for what the job makes.

        Args:
            timeout: Seconds to wait. Default: half an hour.
            progress: Called after each question with (status, fraction or None, seconds).

        Raises:
            JobFailedError: the API says that the job has failed.
            JobTimeoutError: it is not done in time. The job goes on; the error holds its id.
        """
        return self._runner.run(lambda context: self._result_plan(context, timeout, progress))

    def aresult(
        self, *, timeout: float | None = None, progress: Progress | None = None
    ) -> Coroutine[Any, Any, T]:
        """Like `result`, on the running event loop."""
        return self._runner.arun(lambda context: self._result_plan(context, timeout, progress))

    def cancel(self) -> Status:
        """Cancel the job. Raises UnsupportedFeatureError where the API cannot."""
        return self._runner.run(self._cancel_plan)

    def acancel(self) -> Coroutine[Any, Any, Status]:
        """Like `cancel`, on the running event loop."""
        return self._runner.arun(self._cancel_plan)

    # --- what these plan ---

    def _state_plan(self, context: Context) -> Plan[Status]:
        plan = plan_state(context, self._kind, self.id, self.model)
        return replace(plan, join=lambda results: self._update(only(results)))  # type: ignore[arg-type, return-value]  # another value

    def _result_plan(
        self, context: Context, timeout: float | None, progress: Progress | None
    ) -> Plan[T]:
        if self._result is not None:
            made = self._result
            return Plan([], lambda _: made, model=self.model, needs_key=False)
        plan = plan_result(
            context, self._kind, self.id, model=self.model, timeout=timeout, progress=progress
        )
        return replace(plan, join=lambda results: self._keep(only(results)))

    def _cancel_plan(self, context: Context) -> Plan[Status]:
        if self._kind.cancel is None:
            raise errors.UnsupportedFeatureError(
                f"the API cannot cancel {self._kind.name} jobs", model=self.model
            )
        request = self._kind.cancel(context, self.id)

        def step(policy: Policy) -> Flow[JobState[T]]:
            return flow.call(request, lambda answer: self._kind.parse(answer, policy), policy)

        return Plan([step], lambda results: self._update(only(results)), model=self.model)

    def _update(self, state: JobState[T]) -> Status:
        self.native_status = state.native_status or state.status
        self.fraction = state.fraction
        self.cost = state.cost or self.cost
        if state.status == "completed":
            self._result = state.result
        return state.status

    def _keep(self, result: T) -> T:
        self._result = result = with_cost(result, self.cost)
        self.native_status = "completed"
        self.cost = getattr(result, "cost", None) or self.cost
        return result


# --- jobs as methods of a client ---

Order = Callable[Concatenate[Context, P], Plan[JobState[T]]]


class SyncSubmit(Method[P, Job[T]], Generic[P, T]):
    """An endpoint that orders a job, as a method that returns a `Job`."""

    wrapper = "Job"

    def __init__(self, function: Order[P, T], kind: JobKind[T]) -> None:
        super().__init__(function)
        self.kind = kind

    def plan(self, runner: PlanRunner, context: Context, args: Any, kwargs: Any) -> Plan[Job[T]]:
        """The plan, with a job as its value."""
        plan: Plan[JobState[T]] = self.function(context, *args, **kwargs)

        def job(results: list[Any]) -> Job[T]:
            return Job(runner, self.kind, plan.join(results), model=plan.model)

        return Plan(plan.steps, job, plan.model, plan.notes, plan.needs_key)

    def carry_out(self, runner: PlanRunner, args: Any, kwargs: Any) -> Any:
        """The job."""
        return runner.run(lambda context: self.plan(runner, context, args, kwargs))


class AsyncSubmit(Method[P, Coroutine[Any, Any, Job[T]]], Generic[P, T]):
    """The async twin of `SyncSubmit`."""

    wrapper = "Coroutine[Any, Any, Job]"

    def __init__(self, submit: SyncSubmit[P, T]) -> None:
        super().__init__(submit.function)
        self.submit = submit

    def carry_out(self, runner: PlanRunner, args: Any, kwargs: Any) -> Any:
        """A coroutine of the job."""
        return runner.arun(lambda context: self.submit.plan(runner, context, args, kwargs))


class JobCalls(Calls, Generic[T]):
    """What every family of jobs has beside ordering: taking up a job that was ordered before."""

    __slots__ = ()
    kind: ClassVar[JobKind[Any]]

    def resume(self, id: str, *, model: str | None = None) -> Job[T]:
        """A handle on a job that was ordered before, by this process or another one.

        Nothing is sent: ``status()`` and ``result()`` of the handle ask the API.

        Args:
            id: The job's id, as `Job.id` gave it.
            model: The model that it was ordered from, for error messages.
        """
        if not isinstance(id, str) or not id.strip():
            raise errors.InvalidRequestError(
                f"{id!r} is no id of a {self.kind.name} job",
                advice="give the id of the job, as job.id",
                field="id",
            )
        return Job(self.runner, self.kind, id=id.strip(), model=model)

    def aresume(self, id: str, *, model: str | None = None) -> Coroutine[Any, Any, Job[T]]:
        """Like `resume`, to be awaited."""
        job = self.resume(id, model=model)
        return self.runner.arun(lambda _: Plan([], lambda _: job, needs_key=False))
