"""Work that goes on after the request: videos, music, transcripts, batches, background answers.

A job moves on when it is polled, so a test needs no clock: ``running_polls`` polls show a state
that is not the end, the next one shows the end. With ``seconds`` it also takes that long on the
emulator's clock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from langchain_aimlapi.emulator._core import Json

Kind = Literal["video", "audio", "stt", "batch", "response", "run"]
QUEUED, GENERATING = "queued", "generating"
COMPLETED, FAILED, CANCELLED = "completed", "error", "cancelled"
ENDS = frozenset({COMPLETED, FAILED, CANCELLED})


@dataclass(frozen=True, slots=True)
class JobPlan:
    """How coming jobs run; see `Jobs.plan`."""

    states: tuple[str, ...] | None = None
    seconds: float | None = None
    error: Mapping[str, Any] | None = None
    result: Mapping[str, Any] | None = None
    ending: str | None = None
    id: str | None = None


@dataclass(slots=True)
class Job:
    """One piece of work.

    Attributes:
        id: The generation id that the client polls with.
        kind: What is made: ``video``, ``audio``, ``stt``, ``batch``, ``response``, ``run``.
        model: The model's id as it was requested.
        body: The request.
        status: The state that the last poll showed: one of ``states``, then ``completed``,
            ``error`` or ``cancelled``.
        polls: How often it was polled.
        states: What the polls before the end show.
        ready_at: When the work is done, on the emulator's clock.
        created: When it was submitted.
        ended: When it ended, or None.
        error: The error's body for a job that fails.
        result: What a poll answers after the end, beside id and status.
        ending: The word for a finished job, where it is not ``completed``.
        pending: What a poll answers before the end, where that is more than a state.
    """

    id: str
    kind: Kind
    model: str
    body: Json = field(repr=False)
    make: Callable[[Job], Json] = field(repr=False)
    settle: Callable[[Job], None] = field(repr=False)
    created: float = 0.0
    ready_at: float = 0.0
    states: tuple[str, ...] = (GENERATING,)
    status: str = QUEUED
    polls: int = 0
    ended: float | None = None
    error: Json | None = None
    result: Json | None = field(default=None, repr=False)
    ending: str | None = None
    pending: Json | None = field(default=None, repr=False)

    @property
    def running(self) -> bool:
        return self.status not in ENDS

    @property
    def word(self) -> str:
        """The status as the API spells it for this job."""
        return self.ending or self.status if self.status == COMPLETED else self.status


class Jobs:
    """Every job of an emulator, and how coming ones run. Safe in threads.

    Attributes:
        running_polls: How many polls show a running state before the end.
        seconds: How long a job takes at least, on the emulator's clock.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.running_polls = 1
        self.seconds = 0.0
        self._clock = clock
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}
        self._plans: list[tuple[JobPlan, str | None, str | None, int | None]] = []

    def __iter__(self) -> Iterator[Job]:
        with self._lock:
            return iter(list(self._jobs.values()))

    def __len__(self) -> int:
        return len(self._jobs)

    def __getitem__(self, job_id: str) -> Job:
        return self._jobs[job_id]

    def get(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    def plan(
        self,
        *,
        states: tuple[str, ...] | list[str] | None = None,
        seconds: float | None = None,
        error: Mapping[str, Any] | str | None = None,
        result: Mapping[str, object] | None = None,
        ending: str | None = None,
        id: str | None = None,
        kind: Kind | None = None,
        model: str | None = None,
        times: int | None = 1,
    ) -> None:
        """How the next jobs run.

        Args:
            states: The states that polls show before the end, such as ``("waiting", "active")``.
            seconds: How long it takes at least, on the emulator's clock.
            error: It fails: the error's body, or its message alone.
            result: What the last poll answers beside id and status.
            ending: The word for "completed", such as ``succeeded``.
            id: The generation id.
            kind: Only jobs of this kind.
            model: Only jobs of this model.
            times: For how many jobs; None: for all.
        """
        body = {"name": "Error", "message": error} if isinstance(error, str) else error
        made = JobPlan(None if states is None else tuple(states), seconds, body, result, ending, id)
        with self._lock:
            self._plans.append((made, kind, model, times))

    def clear(self) -> None:
        """Forgets all jobs and plans."""
        with self._lock:
            self._jobs.clear()
            self._plans.clear()

    def submit(
        self,
        kind: Kind,
        model: str,
        body: Json,
        *,
        new_id: str,
        make: Callable[[Job], Json],
        settle: Callable[[Job], None] = lambda job: None,
        test: Mapping[str, Any] | None = None,
        ending: str | None = None,
    ) -> Job:
        """A new job. ``test`` holds the keys of the gateway's own test models."""
        test = test or {}
        with self._lock:
            plan = self._take_plan(kind, model)
            now = self._clock()
            seconds = plan.seconds if plan.seconds is not None else self.seconds
            seconds = float(test.get("delay", 0)) / 1000 or seconds
            job = Job(
                id=plan.id or new_id,
                kind=kind,
                model=model,
                body=body,
                make=make,
                settle=settle,
                created=now,
                ready_at=now + seconds,
                states=self._states(plan, test),
                error=_error(plan, test),
                result=None if plan.result is None else dict(plan.result),
                ending=plan.ending or ending,
            )
            self._jobs[job.id] = job
        return job

    def next_plan(self, kind: Kind, model: str) -> JobPlan:
        """What is planned for the next job of a kind, used up once."""
        with self._lock:
            return self._take_plan(kind, model)

    def _take_plan(self, kind: str, model: str) -> JobPlan:
        for place, (plan, wanted, name, times) in enumerate(self._plans):
            if wanted not in (None, kind) or name not in (None, model):
                continue
            if times is not None:
                left = times - 1
                self._plans[place : place + 1] = [(plan, wanted, name, left)] if left else []
            return plan
        return JobPlan()

    def _states(self, plan: JobPlan, test: Mapping[str, Any]) -> tuple[str, ...]:
        if plan.states is not None:
            return plan.states
        count = max(0, int(test.get("runningPolls", self.running_polls)))
        return (QUEUED,) * (count > 1) + (GENERATING,) * (count - (count > 1))

    def poll(self, job_id: str) -> Job | None:
        """The job after one more poll; None for an id that there is not."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None:
                return None
            job.polls += 1
            if job.running:
                self._move(job)
            return job

    def _move(self, job: Job) -> None:
        if job.polls <= len(job.states):
            job.status = job.states[job.polls - 1]
        elif self._clock() < job.ready_at:
            job.status = job.states[-1] if job.states else GENERATING
        else:
            self._end(job, COMPLETED if job.error is None else FAILED)

    def _end(self, job: Job, status: str) -> None:
        job.status, job.ended = status, self._clock()
        if status == COMPLETED:
            if job.result is None:
                job.result = job.make(job)
            job.settle(job)

    def finish(self, job_id: str) -> Job:
        """Ends a job at once, well. Raises KeyError for an unknown id."""
        with self._lock:
            job = self._jobs[job_id]
            if job.running:
                self._end(job, COMPLETED)
            return job

    def fail(self, job_id: str, message: str = "Generation failed", name: str = "Error") -> Job:
        """Ends a job at once, with an error. Raises KeyError for an unknown id."""
        with self._lock:
            job = self._jobs[job_id]
            if job.running:
                job.error = {"name": name, "message": message}
                self._end(job, FAILED)
            return job

    def cancel(self, job_id: str) -> Job:
        """Ends a job at once, cancelled. Raises KeyError for an unknown id."""
        with self._lock:
            job = self._jobs[job_id]
            if job.running:
                self._end(job, CANCELLED)
            return job


def _error(plan: JobPlan, test: Mapping[str, object]) -> Json | None:
    if plan.error is not None:
        return dict(plan.error)
    if test.get("errorStatus"):
        return {"name": "Error", "message": f"Test error with status {test['errorStatus']}"}
    return None
