"""/threads/{id}/runs and their steps: an assistant answers a thread, at once or as events."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from langchain_aimlapi.emulator._author import Prompt, Say, Turn, Use
from langchain_aimlapi.emulator._core import (
    Answer,
    Call,
    Json,
    Refusal,
    event,
    json_answer,
    records,
    sse_answer,
)
from langchain_aimlapi.emulator._jobs import QUEUED
from langchain_aimlapi.emulator._reading import read_choice, read_format, read_tools, whole
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State
from langchain_aimlapi.emulator._threads import (
    ENDS,
    RUN_SECONDS,
    Event,
    Run,
    Thread,
    answered,
    cancelled,
    expire,
    expired,
    failed,
    started,
    usage_json,
    waiting,
)
from langchain_aimlapi.emulator._validate import refuse
from langchain_aimlapi.emulator.contract.schema import Issue
from langchain_aimlapi.emulator.endpoints.assistants import assistant_of, model_of, page_of
from langchain_aimlapi.emulator.endpoints.threads import (
    new_message,
    new_thread,
    segments,
    thread_of,
)


@route("POST", "/threads/runs", "/v1/threads/runs")
def create_thread_and_run(call: Call, state: State) -> Answer:
    """A thread and its first run at once."""
    body = call.json()
    assistant = assistant_of(state, body.get("assistant_id"))
    inner = body.get("thread")
    thread = new_thread(state, inner if isinstance(inner, dict) else {})
    made = [("thread.created", dict(thread.row))]
    return _run(call, state, thread, assistant, body, made)


@route("POST", "/threads/*/runs", "/v1/threads/*/runs")
def create_run(call: Call, state: State) -> Answer:
    """Lets an assistant answer a thread."""
    thread, body = thread_of(call, state), call.json()
    assistant = assistant_of(state, body.get("assistant_id"))
    if any(run.status not in ENDS for run in thread.runs.values()):
        raise Refusal(400, f"Thread {thread.row['id']} already has an active run.")
    for message in records(body.get("additional_messages")):
        thread.messages.append(new_message(state, thread, message))
    return _run(call, state, thread, assistant, body, [])


def _run(
    call: Call, state: State, thread: Thread, assistant: Json, body: Json, made: list[Event]
) -> Answer:
    model = model_of(state, {"model": body.get("model") or assistant["model"]})
    row: Json = {
        "id": f"run_{state.ids.base62(24)}",
        "object": "thread.run",
        "created_at": state.now(),
        "thread_id": thread.row["id"],
        "assistant_id": assistant["id"],
        "status": "queued",
        "required_action": None,
        "last_error": None,
        "expires_at": state.now() + RUN_SECONDS,
        "started_at": None,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "incomplete_details": None,
        "model": model.name,
        "instructions": body.get("instructions") or assistant["instructions"] or "",
        "tools": records(body.get("tools")) or assistant["tools"],
        "metadata": body.get("metadata") or {},
        "usage": None,
        "temperature": body.get("temperature", assistant["temperature"]),
        "top_p": body.get("top_p", assistant["top_p"]),
        "max_prompt_tokens": body.get("max_prompt_tokens"),
        "max_completion_tokens": body.get("max_completion_tokens"),
        "truncation_strategy": {"type": "auto", "last_messages": None},
        "tool_choice": body.get("tool_choice", "auto"),
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "response_format": body.get("response_format") or assistant["response_format"] or "auto",
    }
    run = Run(row, body)
    thread.runs[row["id"]] = run
    if body.get("stream"):
        return _streamed(chain(made, started(run), _go_on(call, state, thread, run)))
    return json_answer(dict(row))


def _streamed(events: Iterator[Event]) -> Answer:
    def lines() -> Iterator[bytes]:
        for name, body in events:
            yield event(body, name)
        yield b"event: done\ndata: [DONE]\n\n"

    return sse_answer(lines())


def _go_on(call: Call, state: State, thread: Thread, run: Run) -> Iterator[Event]:
    """Asks the model, and tells what came of it."""
    model = model_of(state, {"model": run.row["model"]})
    prompt = _prompt(thread, run)
    say = state.answers(call, {**run.body, "model": model.name}, prompt)[0]
    tokens = state.measure(prompt, (say,))
    state.charge(call, model, tokens)
    run.row["started_at"] = run.row["started_at"] or state.now()
    run.row["usage"] = usage_json(tokens)
    plan = state.jobs.next_plan("run", model.name)
    step = _step(state, run, say)
    run.steps.append(step)
    if plan.error is not None or plan.ending in ("cancelled", "expired"):
        yield "thread.run.step.created", dict(step)
        yield "thread.run.step.in_progress", dict(step)
        if plan.error is not None:
            yield from failed(run, str(plan.error.get("message")), state.now())
        else:
            stop = cancelled if plan.ending == "cancelled" else expired
            yield from stop(run, state.now())
        return
    if say.calls:
        calls = [
            {
                "id": use.id or f"call_{state.ids.base62(24)}",
                "type": "function",
                "function": {"name": use.name, "arguments": use.text()},
            }
            for use in say.calls
        ]
        step["step_details"]["tool_calls"] = calls
        run.uses += [
            (str(one["id"]), Use(use.name)) for one, use in zip(calls, say.calls, strict=True)
        ]
        yield from waiting(run, step, calls)
        return
    message = new_message(state, thread, {"role": "assistant", "content": say.text or " "})
    message |= {"assistant_id": run.row["assistant_id"], "run_id": run.row["id"]}
    step["step_details"]["message_creation"] = {"message_id": message["id"]}
    run.row["completed_at"] = step["completed_at"] = state.now()
    yield from answered(thread, run, message, step, say)


def _prompt(thread: Thread, run: Run) -> Prompt:
    row = run.row
    system = [row["instructions"], run.body.get("additional_instructions")]
    turns = [Turn("system", str(one)) for one in system if one]
    choice, named = read_choice(row["tool_choice"])
    schema, json_mode = read_format(row["response_format"])
    return Prompt(
        model=row["model"],
        turns=(*turns, *thread.turns(run)),
        tools=tuple(read_tools(row["tools"])),
        choice=choice,
        named=named,
        parallel=row["parallel_tool_calls"] is not False,
        schema=schema,
        json_mode=json_mode,
        max_tokens=whole(row["max_completion_tokens"]),
    )


def _step(state: State, run: Run, say: Say) -> Json:
    kind = "tool_calls" if say.calls else "message_creation"
    return {
        "id": f"step_{state.ids.base62(24)}",
        "object": "thread.run.step",
        "created_at": state.now(),
        "run_id": run.row["id"],
        "assistant_id": run.row["assistant_id"],
        "thread_id": run.row["thread_id"],
        "type": kind,
        "status": "in_progress",
        "step_details": {"type": kind},
        "last_error": None,
        "expired_at": None,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "metadata": {},
        "usage": run.row["usage"],
    }


@route("GET", "/threads/*/runs", "/v1/threads/*/runs")
def list_runs(call: Call, state: State) -> Answer:
    return page_of(call, [dict(run.row) for run in thread_of(call, state).runs.values()])


@route("GET", "/threads/*/runs/*", "/v1/threads/*/runs/*")
def get_run(call: Call, state: State) -> Answer:
    """A run as it stands. One that is not streamed moves on when it is polled."""
    thread, run = _found_run(call, state)
    expire(run, state.now())
    run.polls += 1
    if run.status == QUEUED:
        for _ in started(run):
            pass
    elif run.status == "in_progress" and run.polls > state.jobs.running_polls:
        for _ in _go_on(call, state, thread, run):
            pass
    return json_answer(dict(run.row))


@route("POST", "/threads/*/runs/*", "/v1/threads/*/runs/*")
def change_run(call: Call, state: State) -> Answer:
    _, run = _found_run(call, state)
    run.row["metadata"] = call.json().get("metadata") or {}
    return json_answer(dict(run.row))


@route("POST", "/threads/*/runs/*/cancel", "/v1/threads/*/runs/*/cancel")
def cancel_run(call: Call, state: State) -> Answer:
    """Stops a run."""
    _, run = _found_run(call, state)
    if run.status in ENDS:
        raise Refusal(400, f"Cannot cancel run with status '{run.status}'.")
    for _ in cancelled(run, state.now()):
        pass
    return json_answer({**run.row, "status": "cancelling"})


@route(
    "POST",
    "/threads/*/runs/*/submit_tool_outputs",
    "/v1/threads/*/runs/*/submit_tool_outputs",
)
def submit_outputs(call: Call, state: State) -> Answer:
    """Gives a waiting run the results of its tool calls."""
    thread, run = _found_run(call, state)
    body = call.json()
    if not isinstance(body.get("tool_outputs"), list):
        refuse([Issue("tool_outputs", "Required")])
    if run.status != "requires_action":
        raise Refusal(400, f'Runs in status "{run.status}" do not accept tool outputs.')
    outputs = {
        str(one.get("tool_call_id")): str(one.get("output", ""))
        for one in records(body["tool_outputs"])
    }
    calls = run.row["required_action"]["submit_tool_outputs"]["tool_calls"]
    missing = sorted({one["id"] for one in calls} - outputs.keys())
    if missing:
        raise Refusal(400, f"Expected tool outputs for call_ids {missing}, got {sorted(outputs)}")
    run.outputs |= outputs
    run.row |= {"required_action": None, "status": "in_progress"}
    run.steps[-1] |= {"status": "completed", "completed_at": state.now()}
    done: Event = ("thread.run.step.completed", dict(run.steps[-1]))
    if body.get("stream"):
        begun: Event = ("thread.run.in_progress", dict(run.row))
        return _streamed(chain([done, begun], _go_on(call, state, thread, run)))
    run.polls = 0
    return json_answer(dict(run.row))


@route("GET", "/threads/*/runs/*/steps", "/v1/threads/*/runs/*/steps")
def list_steps(call: Call, state: State) -> Answer:
    _, run = _found_run(call, state)
    return page_of(call, run.steps)


@route("GET", "/threads/*/runs/*/steps/*", "/v1/threads/*/runs/*/steps/*")
def get_step(call: Call, state: State) -> Answer:
    _, run = _found_run(call, state)
    name = call.path.rpartition("/")[2]
    found = next((step for step in run.steps if step["id"] == name), None)
    if found is None:
        raise Refusal(404, f"No run step found with id '{name}'.")
    return json_answer(found)


def _found_run(call: Call, state: State) -> tuple[Thread, Run]:
    thread = thread_of(call, state)
    name = segments(call)[2]
    run = thread.runs.get(name)
    if run is None:
        raise Refusal(404, f"No run found with id '{name}'.")
    return thread, run
