"""Jobs as users hold them: a handle that another process can take up by its id, and the methods of
a client that order one.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Concatenate, Generic, ParamSpec, Protocol, TypeVar, cast

from langchain_aimlapi import errors
from langchain_aimlapi._domain.values import Cost
from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.flow import Flow, Policy
from langchain_aimlapi.endpoints._jobs import (
    JobKind,
    JobState,
    Polling,
    Progress,
    Status,
    WatchPlan,
    model_in,
    with_cost,
)
from langchain_aimlapi.endpoints._media import Target
from langchain_aimlapi.endpoints._plans import (
    AsyncStream,
    Calls,
    Context,
    Method,
    Plan,
    PlanRunner,
    Stream,
    only,
)
from langchain_aimlapi.endpoints._results import Result

P = ParamSpec("P")
T = TypeVar("T")


class Job(Generic[T]):
    """A handle on something that the API is making.

    It can be pickled, and `id` is all that another process needs to find the same result:
    ``client.video.resume(id)``.

    Attributes:
        id: The API's id of the job.
        model: The model id, where it is known.
        cost: The charge, where it is known.
        native_status: The API's own word of the last answer.
        fraction: The part that is done, 0 to 1, where the API tells.
        detail: Further fields of the answer, as the endpoint's own type; None where there are none.
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
        self.detail: Any = None
        self._result: T | None = None
        if state is not None:
            self._update(state)

    def __repr__(self) -> str:
        model = f", model={self.model!r}" if self.model else ""
        return f"<{self._kind.name} job {self.id!r}{model}, status={self.native_status!r}>"

    def status(self) -> Status:
        """Fetch the current state."""
        return self._runner.run(self._state_plan)

    def astatus(self) -> Coroutine[object, object, Status]:
        """Fetch the current state (async)."""
        return self._runner.arun(self._state_plan)

    def result(self, *, timeout: float | None = None, progress: Progress | None = None) -> T:
        """Wait for the result.

        Args:
            timeout: Seconds to wait. Default: half an hour.
            progress: Called after each poll with (status, fraction or None, seconds).

        Raises:
            JobFailedError: the API says that the job has failed.
            JobTimeoutError: it is not done in time. The job goes on; the error holds its id.
        """
        return self._runner.run(lambda context: self._result_plan(context, timeout, progress))

    def aresult(
        self, *, timeout: float | None = None, progress: Progress | None = None
    ) -> Coroutine[object, object, T]:
        """Like `result`, on the running event loop."""
        return self._runner.arun(lambda context: self._result_plan(context, timeout, progress))

    def watch(self, *, timeout: float | None = None) -> Stream[JobState[T]]:
        """Iterate over its states, one per poll; the last one has the result.

        Args:
            timeout: Seconds to wait. Default: half an hour.

        Raises:
            JobFailedError, JobTimeoutError: as `result`, after the states before.
        """
        return self._runner.stream(lambda context: self._watch_plan(context, timeout))

    def awatch(self, *, timeout: float | None = None) -> AsyncStream[JobState[T]]:
        """Like `watch`, on the running event loop."""
        return self._runner.astream(lambda context: self._watch_plan(context, timeout))

    def save(
        self, target: Target, *, timeout: float | None = None, progress: Progress | None = None
    ) -> Path:
        """Wait for the result and write it to a file; see `Media.save`.

        Args:
            target: The file, or a directory, in which it is named after its content.
            timeout, progress: As for `result`.

        Returns:
            The path of the file.
        """
        return _media_of(self.result(timeout=timeout, progress=progress)).save(target)

    def asave(
        self, target: Target, *, timeout: float | None = None, progress: Progress | None = None
    ) -> Coroutine[object, object, Path]:
        """Like `save`, on the running event loop."""
        from langchain_aimlapi._transport.download import asave_result

        result = self.aresult(timeout=timeout, progress=progress)
        return asave_result(result, lambda made: _media_of(made).asave(target))

    def cancel(self) -> Status:
        """Cancel the job. Raises UnsupportedFeatureError where the API cannot."""
        return self._runner.run(self._cancel_plan)

    def acancel(self) -> Coroutine[object, object, Status]:
        """Like `cancel`, on the running event loop."""
        return self._runner.arun(self._cancel_plan)

    # --- what these plan -----

    def _polling(self, context: Context) -> Polling[T]:
        return Polling(context, self._kind, self.id, self.model)

    def _state_plan(self, context: Context) -> Plan[Status]:
        polling = self._polling(context)
        return Plan(
            [polling.once],
            lambda results: self._update(only(results)),
            model=self.model,
            is_free=True,
        )

    def _result_plan(
        self, context: Context, timeout: float | None, progress: Progress | None
    ) -> Plan[T]:
        if self._result is not None:
            made = self._result
            return Plan([], lambda _: made, model=self.model, needs_key=False, is_free=True)
        polling = self._polling(context)

        def step(policy: Policy) -> Flow[T]:
            return polling.results(policy, timeout=timeout, progress=progress)

        return Plan(
            [step],
            lambda results: self._keep(only(results)),
            model=self.model,
            is_free=self.cost is not None,  # it was charged when it was ordered
        )

    def _watch_plan(self, context: Context, timeout: float | None) -> WatchPlan[T]:
        def seen(state: JobState[T]) -> JobState[T]:
            self._update(state)
            if state.result is None:
                return state
            made = self._keep(state.result)
            return replace(
                state, result=made.bound(self._runner) if isinstance(made, Result) else made
            )

        return WatchPlan(self._polling(context), seen, timeout, self.model)

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
        self.detail = state.detail or self.detail
        self.cost = state.cost or self.cost
        if state.status == "completed":
            self._result = state.result
        return state.status

    def _keep(self, result: T) -> T:
        self._result = result = with_cost(result, self.cost)
        self.native_status = "completed"
        self.cost = getattr(result, "cost", None) or self.cost
        return result


class Saved(Protocol):
    """What can be written to a file: `Media`, a transcript."""

    def save(self, target: Target) -> Path:
        """Write it."""
        ...

    def asave(self, target: Target) -> Coroutine[object, object, Path]:
        """Write it, on the running event loop."""
        ...


def _media_of(result: object) -> Saved:
    if not hasattr(result, "save"):
        raise errors.InvalidRequestError(
            f"a {type(result).__name__} is not a file to save",
            advice="use result() instead of save()",
        )
    return cast("Saved", result)


# --- jobs as methods of a client -----

Ordering = Callable[Concatenate[Context, P], Plan[JobState[T]]]


class SyncSubmit(Method[P, Job[T]], Generic[P, T]):
    """An endpoint that orders a job, as a method that returns a `Job`."""

    wrapper = "Job"

    def __init__(self, function: Ordering[P, T], kind: JobKind[T]) -> None:
        super().__init__(function)
        self.kind = kind

    def plan(self, runner: PlanRunner, context: Context, args: Any, kwargs: Any) -> Plan[Job[T]]:
        """The plan, with a job as its value."""
        plan: Plan[JobState[T]] = self.function(context, *args, **kwargs)

        def job(results: list[Any]) -> Job[T]:
            return Job(runner, self.kind, plan.join(results), model=plan.model)

        return Plan(plan.steps, job, plan.model, plan.notes, plan.needs_key)

    def carry_out(self, runner: PlanRunner, args: object, kwargs: object) -> object:
        """The job."""
        return runner.run(lambda context: self.plan(runner, context, args, kwargs))


class AsyncSubmit(Method[P, Coroutine[Any, Any, Job[T]]], Generic[P, T]):
    """The async twin of `SyncSubmit`."""

    wrapper = "Coroutine[Any, Any, Job]"

    def __init__(self, submit: SyncSubmit[P, T]) -> None:
        super().__init__(submit.function)
        self.submit = submit

    def carry_out(self, runner: PlanRunner, args: object, kwargs: object) -> object:
        """A coroutine of the job."""
        return runner.arun(lambda context: self.submit.plan(runner, context, args, kwargs))


class JobCalls(Calls, Generic[T]):
    """What every family of jobs has besides ordering: resuming a job that was ordered before."""

    __slots__ = ()
    kind: ClassVar[JobKind[Any]]

    def resume(self, id: str, *, model: str | None = None) -> Job[T]:
        """A handle on a job that was ordered before, by this process or another one.

        Nothing is sent: ``status()`` and ``result()`` of the handle ask the API.

        Args:
            id: The job's id, as `Job.id` gave it.
            model: The model that it was ordered from, for error messages.
        """
        text = id.strip() if isinstance(id, str) else ""
        is_link = text.lower().startswith(("http://", "https://"))
        if not text or is_link or any(char.isspace() or ord(char) < 33 for char in text):
            raise errors.InvalidRequestError(
                f"{id!r} is not the id of a {self.kind.name} job"
                + (" but a link" if is_link else ""),
                advice="give the id of the job, as job.id",
                field="id",
            )
        return Job(self.runner, self.kind, id=text, model=model or model_in(text))

    def aresume(self, id: str, *, model: str | None = None) -> Coroutine[object, object, Job[T]]:
        """Like `resume`, to be awaited."""
        job = self.resume(id, model=model)
        return self.runner.arun(lambda _: Plan([], lambda _: job, needs_key=False))
