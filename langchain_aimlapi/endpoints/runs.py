"""Runs: an assistant answers a thread, as a job that is polled or as a stream of events.

A stream that the API refuses, answers whole, or breaks off is carried on by polling: the run goes
on without us, so nothing is ordered twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from langchain_aimlapi import errors
from langchain_aimlapi._answers.streams import BytesReader, EventReader
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.explain import explain_frame
from langchain_aimlapi._wire.flow import Flow, Policy, StreamReader
from langchain_aimlapi._wire.request import Request, Response
from langchain_aimlapi.endpoints import (
    AsyncCall,
    AsyncStreamCall,
    AsyncSubmit,
    Context,
    ItemsPlan,
    JobCalls,
    JobKind,
    JobState,
    Json,
    Plan,
    Status,
    SyncCall,
    SyncStreamCall,
    SyncSubmit,
    once,
    only,
)
from langchain_aimlapi.endpoints._jobs import Polling
from langchain_aimlapi.endpoints._pages import PagesPlan, Query
from langchain_aimlapi.endpoints._run_order import RUNS, RunOrder
from langchain_aimlapi.endpoints._thread_values import (
    BETA,
    Run,
    RunEvent,
    RunStep,
    ThreadMessage,
    at,
    listed,
    reader,
    run_of,
    step_of,
)
from langchain_aimlapi.endpoints.threads import plan_messages

RUN = "/threads/{}/runs/{}"
CANCEL = "/threads/{}/runs/{}/cancel"
OUTPUTS = "/threads/{}/runs/{}/submit_tool_outputs"
STEPS = "/threads/{}/runs/{}/steps"
STEP = "/threads/{}/runs/{}/steps/{}"
RUN_SECONDS = 600.0
"""A run expires after ten minutes (the assistants page of docs.aimlapi.com, read 2026-08-21)."""
_STOPPED = frozenset({"failed", "cancelled", "expired"})
_read_run = reader(run_of, "a run")
_read_step = reader(step_of, "a step")


# --- ordering -----


def plan_start(
    context: Context,
    *,
    assistant_id: str,
    thread_id: str | None = None,
    thread: Json | None = None,
    messages: Sequence[Json] | None = None,
    model: str | None = None,
    instructions: str | None = None,
    additional_instructions: str | None = None,
    tools: Sequence[Json] | None = None,
    tool_choice: str | Json | None = None,
    parallel_tool_calls: bool | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    max_prompt_tokens: int | None = None,
    max_completion_tokens: int | None = None,
    response_format: str | Json | None = None,
    metadata: Mapping[str, str] | None = None,
    extra_body: Mapping[str, object] | None = None,
) -> Plan[JobState[Run]]:
    """Let an assistant answer a thread.

    Args:
        assistant_id: Who answers.
        thread_id: Which thread; without it a new one is made.
        thread: What the new thread begins with, ``{"messages": [...], "metadata": {...}}``.
        messages: Added to the thread of ``thread_id`` first.
        model, instructions, tools: In place of the assistant's.
        additional_instructions: Beside the assistant's.
        tool_choice, parallel_tool_calls, temperature, top_p, response_format: As for chat.
        max_prompt_tokens, max_completion_tokens: For all steps of the run together.
        metadata: Up to 16 pairs of text of your own.
        extra_body: Goes into the request body verbatim, last.

    Returns:
        A `Job` whose result is a `Run`: ended, or waiting for the results of its ``calls``.

    Raises:
        InvalidRequestError: another run is at work on the thread.

    Wire: POST ``/threads/<id>/runs`` or ``/threads/runs`` -> a ``thread.run`` object.
    Source: the run API pages of docs.aimlapi.com, read 2026-08-21.
    """
    order = RunOrder(
        assistant_id=assistant_id, thread_id=thread_id, thread=thread, messages=messages,
        model=model, instructions=instructions, additional_instructions=additional_instructions,
        tools=tools, tool_choice=tool_choice, parallel_tool_calls=parallel_tool_calls,
        temperature=temperature, top_p=top_p, max_prompt_tokens=max_prompt_tokens,
        max_completion_tokens=max_completion_tokens, response_format=response_format,
        metadata=metadata, extra_body=extra_body,
    )  # fmt: skip
    request = context.json_request(order.path, order.body(), headers=BETA)
    return Plan([once(request, parse_run, repeatable=False)], only, model=model)


def plan_stream(
    context: Context,
    *,
    assistant_id: str,
    thread_id: str | None = None,
    thread: Json | None = None,
    messages: Sequence[Json] | None = None,
    model: str | None = None,
    instructions: str | None = None,
    additional_instructions: str | None = None,
    tools: Sequence[Json] | None = None,
    tool_choice: str | Json | None = None,
    parallel_tool_calls: bool | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    max_prompt_tokens: int | None = None,
    max_completion_tokens: int | None = None,
    response_format: str | Json | None = None,
    metadata: Mapping[str, str] | None = None,
    extra_body: Mapping[str, object] | None = None,
    timeout: float = RUN_SECONDS,
) -> RunPlan:
    """Let an assistant answer a thread, and see everything that happens.

    Where the API does not stream, the events are found by polling (``event.is_polled``): the same
    names, without deltas.

    Args:
        assistant_id, thread_id, thread, messages, model, instructions, additional_instructions,
            tools, tool_choice, parallel_tool_calls, temperature, top_p, max_prompt_tokens,
            max_completion_tokens, response_format, metadata, extra_body: As for `runs.submit`.
        timeout: Seconds to poll, where that is needed.

    Returns:
        `RunEvent` items. The stream ends when the run does, or with ``thread.run.requires_action``:
        carry on with `runs.answer_stream`.

    Raises:
        JobFailedError: the run failed, expired or was cancelled; its last event comes before.

    Wire: POST ``/threads/<id>/runs`` or ``/threads/runs`` with ``stream: true`` -> server-sent
    events of 25 kinds.
    Source: the streaming page of the assistant API of docs.aimlapi.com, read 2026-08-21.
    """
    order = RunOrder(
        assistant_id=assistant_id, thread_id=thread_id, thread=thread, messages=messages,
        model=model, instructions=instructions, additional_instructions=additional_instructions,
        tools=tools, tool_choice=tool_choice, parallel_tool_calls=parallel_tool_calls,
        temperature=temperature, top_p=top_p, max_prompt_tokens=max_prompt_tokens,
        max_completion_tokens=max_completion_tokens, response_format=response_format,
        metadata=metadata, extra_body=extra_body,
    )  # fmt: skip
    return RunPlan(context, order.path, order.body(), timeout=timeout, model=model)


def plan_answer(
    context: Context, thread_id: str, run_id: str, *, outputs: Mapping[str, str]
) -> Plan[JobState[Run]]:
    """Give a waiting run the results of its calls.

    Args:
        thread_id, run_id: The run.
        outputs: Id of a call -> its result as text; all calls at once.

    Returns:
        A `Job` for the run, which goes on.

    Raises:
        InvalidRequestError: a result is missing, or the run does not wait (any more).

    Wire: POST ``/threads/<id>/runs/<id>/submit_tool_outputs`` ``{tool_outputs: [...]}``.
    Source: the run API pages of docs.aimlapi.com, read 2026-08-21.
    """
    request = context.json_request(
        at(OUTPUTS, thread_id, run_id), {"tool_outputs": _outputs(outputs)}, headers=BETA
    )
    return Plan([once(request, parse_run, repeatable=False)], only)


def plan_answer_stream(
    context: Context,
    thread_id: str,
    run_id: str,
    *,
    outputs: Mapping[str, str],
    timeout: float = RUN_SECONDS,
) -> RunPlan:
    """Give a waiting run the results of its calls, and see everything that happens then.

    Args:
        thread_id, run_id, outputs: As for `runs.answer`.
        timeout: Seconds to poll, where that is needed.

    Wire: POST ``/threads/<id>/runs/<id>/submit_tool_outputs`` with ``stream: true`` ->
    server-sent events.
    Source: the run API pages of docs.aimlapi.com, read 2026-08-21.
    """
    body = {"tool_outputs": _outputs(outputs)}
    return RunPlan(
        context, at(OUTPUTS, thread_id, run_id), body, (thread_id, run_id), timeout=timeout
    )


def _outputs(outputs: Mapping[str, str]) -> list[Json]:
    return [{"tool_call_id": name, "output": text} for name, text in outputs.items()]


# --- a run that is streamed -----


@dataclass(slots=True)
class _Seen:
    """What the events of a run have told so far."""

    thread_id: str | None = None
    run: Run | None = None
    messages: set[str] = field(default_factory=set)

    def note(self, event: RunEvent) -> None:
        self.thread_id = event.thread_id or self.thread_id
        self.run = event.run or self.run
        if event.name in ("thread.message.completed", "thread.message.incomplete"):
            self.messages.add(str(event.data.get("id")))

    @property
    def rests(self) -> bool:
        """Whether the run has ended, or waits for us."""
        return self.run is not None and (self.run.is_over or self.run.needs_outputs)


@dataclass(frozen=True, slots=True)
class RunPlan(ItemsPlan[RunEvent]):
    """A run whose events are the items; polled where they cannot be streamed."""

    context: Context
    path: str
    body: Mapping[str, Any]
    known: tuple[str, str] | None = None
    timeout: float = RUN_SECONDS
    model: str | None = None
    notes: Notes | None = None
    needs_key: bool = True
    is_management: bool = False

    def flow(self, policy: Policy) -> Flow[None]:
        """The flow that yields the events."""
        seen = _Seen(self.known[0]) if self.known else _Seen()
        lost: errors.AimlapiError | None = None
        try:
            yield from flow.stream(
                self._request(stream=True),
                lambda head: _reader(head, policy, seen),
                policy,
                repeatable=False,
            )
        except errors.AimlapiError as error:
            if _is_no_stream(error):
                yield from self._unstreamed(policy, seen)
            elif seen.run is None:
                raise  # whether there is a run is not known: polling could not find it
            lost = error
        if seen.run is None:
            raise lost or errors.InvalidResponseError("the API tells of no run", model=self.model)
        if not seen.rests:
            yield from self._polled(policy, seen)
        if seen.run.status in _STOPPED:
            raise _stopped(seen.run, self.model)

    def _request(self, *, stream: bool) -> Request:
        body = {**self.body, "stream": True} if stream else self.body
        accept = "text/event-stream" if stream else "application/json"
        return self.context.json_request(
            self.path, body, model=self.model or "", accept=accept, headers=BETA
        )

    def _unstreamed(self, policy: Policy, seen: _Seen) -> Flow[None]:
        """The same order without a stream: nothing was accepted of the refused one."""
        state = yield from flow.call(
            self._request(stream=False),
            lambda answer: parse_run(answer, policy),
            policy,
            repeatable=False,
        )
        yield [_polled_event(_run_in(state), seen)]

    def _polled(self, policy: Policy, seen: _Seen) -> Flow[None]:
        """Polls the run to its rest, and fetches what it has written."""
        run = seen.run
        if run is None:
            return
        thread_id = run.thread_id or seen.thread_id or ""
        polling = Polling(self.context, KIND, f"{thread_id}/{run.id}", self.model)
        try:
            found = yield from polling.results(policy, timeout=self.timeout)
        except errors.JobFailedError:
            found = run_of((yield from _fetched(self.context, thread_id, run.id, policy)))
        messages = yield from self._messages(thread_id, run.id, policy)
        events = [
            RunEvent(f"thread.message.{each.status}", each.raw or {}, is_polled=True)
            for each in messages
            if each.id not in seen.messages
        ]
        yield [*events, _polled_event(found, seen)]

    def _messages(self, thread: str, run: str, policy: Policy) -> Flow[list[ThreadMessage]]:
        pages = plan_messages(self.context, thread, run_id=run)
        found: list[ThreadMessage] = []
        place: Query | None = ()
        while place is not None:
            page = yield from pages.page(place, policy)
            found += page.items
            place = page.following
        return found


def _fetched(context: Context, thread: str, run: str, policy: Policy) -> Flow[Json]:
    found = yield from flow.call(
        context.request("GET", at(RUN, thread, run), headers=BETA),
        lambda answer: _read_run(answer, policy),
        policy,
    )
    return found.raw or {}


def _polled_event(run: Run, seen: _Seen) -> RunEvent:
    event = RunEvent(f"thread.run.{run.status}", run.raw or {}, is_polled=True)
    seen.note(event)
    return event


def _is_no_stream(error: errors.AimlapiError) -> bool:
    """Whether the API refuses to stream, and nothing else."""
    return isinstance(error, errors.InvalidRequestError) and "stream" in error.message.lower()


def _reader(head: Response, policy: Policy, seen: _Seen) -> StreamReader:
    """Events, or the run itself where the answer is whole."""
    kind = head.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.endswith("json"):
        return _WholeReader(head, policy, seen)

    def event(name: str, data: Any) -> RunEvent | None:
        if not isinstance(data, Mapping):
            return None
        made = RunEvent(name or str(data.get("object") or ""), data)
        seen.note(made)
        return made

    return EventReader(head, policy, event, is_last=lambda name, data: name == "done")


class _WholeReader(BytesReader):
    """A run in place of its events."""

    def __init__(self, head: Response, policy: Policy, seen: _Seen) -> None:
        super().__init__(head, policy)
        self.seen = seen

    def from_json(self, body: Json) -> list[Any]:
        """One event: the run as it is."""
        if body.get("object") != "thread.run":
            return super().from_json(body)
        return [_polled_event(run_of(body), self.seen)]


# --- a run that is polled -----


def parse_run(response: Response, policy: Policy) -> JobState[Run]:
    """The state of a run. One that waits for results has come to a rest, too."""
    run = _read_run(response, policy)
    cost = run.cost
    if run.status in _STOPPED:
        error = explain_frame({"error": run.error}) if run.error else None
        return JobState(run.job_id, "failed", run.status, error=error, detail=run)
    rests = run.is_over or run.needs_outputs
    status: Status = "completed" if rests else "queued" if run.status == "queued" else "running"
    return JobState(run.job_id, status, run.status, run if rests else None, cost=cost, detail=run)


def _run_in(state: JobState[Run]) -> Run:
    run: Run = state.detail
    return run


def _stopped(run: Run, model: str | None) -> errors.JobFailedError:
    reason = explain_frame({"error": run.error}).message if run.error else "the API gives no reason"
    advice = None
    if run.status == "expired":
        advice = "a run lives for ten minutes, also while it waits for the results of tools"
    error = errors.JobFailedError(
        f"the run {run.id} ended as {run.status}: {reason}", advice=advice, model=model or run.model
    )
    error.job_id = run.job_id
    return error


def _ids(job_id: str) -> tuple[str, str]:
    thread, slash, run = job_id.partition("/")
    if not slash or not thread or not run:
        raise errors.InvalidRequestError(
            f"{job_id!r} is no id of a run's job: it is 'thread_.../run_...', as job.id", field="id"
        )
    return thread, run


def _poll(context: Context, id: str, model: str | None) -> Request:
    return context.request("GET", at(RUN, *_ids(id)), headers=BETA)


def _cancel(context: Context, id: str) -> Request:
    return context.request("POST", at(CANCEL, *_ids(id)), headers=BETA)


KIND: JobKind[Run] = JobKind(
    name="runs",
    poll=_poll,
    parse=parse_run,
    interval=0.25,
    timeout=RUN_SECONDS,
    cancel=_cancel,
)


# --- what has been -----


def plan_get(context: Context, thread_id: str, run_id: str) -> Plan[Run]:
    """A run as it is now.

    Wire: GET ``/threads/<id>/runs/<id>``.
    Source: the run API pages of docs.aimlapi.com, read 2026-08-21.
    """
    request = context.request("GET", at(RUN, thread_id, run_id), headers=BETA)
    return Plan([once(request, _read_run)], only)


def plan_list(
    context: Context,
    thread_id: str,
    *,
    order: Literal["asc", "desc"] = "desc",
    page_size: int = 100,
) -> PagesPlan[Run]:
    """The runs of a thread, the newest first; a page is asked for when it is wanted.

    Wire: GET ``/threads/<id>/runs?limit=&order=&after=``.
    Source: the run API pages of docs.aimlapi.com, read 2026-08-21.
    """
    path = at(RUNS, thread_id)
    return listed(context, path, run_of, "runs", order=order, page_size=page_size)


def plan_update(
    context: Context, thread_id: str, run_id: str, *, metadata: Mapping[str, str]
) -> Plan[Run]:
    """Change what is noted about a run.

    Wire: POST ``/threads/<id>/runs/<id>`` ``{metadata}``.
    Source: the run API pages of docs.aimlapi.com, read 2026-08-21.
    """
    path = at(RUN, thread_id, run_id)
    request = context.json_request(path, {"metadata": metadata}, headers=BETA)
    return Plan([once(request, _read_run)], only)


def plan_cancel(context: Context, thread_id: str, run_id: str) -> Plan[Run]:
    """Stop a run.

    Raises:
        InvalidRequestError: it is over.

    Wire: POST ``/threads/<id>/runs/<id>/cancel``.
    Source: the run API pages of docs.aimlapi.com, read 2026-08-21.
    """
    request = context.request("POST", at(CANCEL, thread_id, run_id), headers=BETA)
    return Plan([once(request, _read_run)], only)


def plan_steps(
    context: Context,
    thread_id: str,
    run_id: str,
    *,
    order: Literal["asc", "desc"] = "asc",
    page_size: int = 100,
) -> PagesPlan[RunStep]:
    """The steps of a run in their order; a page is asked for when it is wanted.

    Wire: GET ``/threads/<id>/runs/<id>/steps?limit=&order=&after=``.
    Source: the run step pages of docs.aimlapi.com, read 2026-08-21.
    """
    path = at(STEPS, thread_id, run_id)
    return listed(context, path, step_of, "steps", order=order, page_size=page_size)


def plan_step(context: Context, thread_id: str, run_id: str, step_id: str) -> Plan[RunStep]:
    """One step.

    Wire: GET ``/threads/<id>/runs/<id>/steps/<id>``.
    Source: the run step pages of docs.aimlapi.com, read 2026-08-21.
    """
    request = context.request("GET", at(STEP, thread_id, run_id, step_id), headers=BETA)
    return Plan([once(request, _read_step)], only)


class RunCalls(JobCalls[Run]):
    """``client.runs``: assistants at work on threads, as jobs or as streams of events."""

    __slots__ = ()
    kind = KIND
    submit = SyncSubmit(plan_start, KIND)
    asubmit = AsyncSubmit(submit)
    stream = SyncStreamCall(plan_stream)
    astream = AsyncStreamCall(plan_stream)
    answer = SyncSubmit(plan_answer, KIND)
    aanswer = AsyncSubmit(answer)
    answer_stream = SyncStreamCall(plan_answer_stream)
    aanswer_stream = AsyncStreamCall(plan_answer_stream)
    get = SyncCall(plan_get)
    aget = AsyncCall(plan_get)
    list = SyncStreamCall(plan_list)
    alist = AsyncStreamCall(plan_list)
    update = SyncCall(plan_update)
    aupdate = AsyncCall(plan_update)
    cancel = SyncCall(plan_cancel)
    acancel = AsyncCall(plan_cancel)
    steps = SyncStreamCall(plan_steps)
    asteps = AsyncStreamCall(plan_steps)
    step = SyncCall(plan_step)
    astep = AsyncCall(plan_step)
