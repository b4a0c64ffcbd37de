"""What the endpoints share whose work is submitted and then polled for: video, music, speech."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

from langchain_aimlapi.emulator._core import Answer, Call, Json, Pause, Refusal, json_answer
from langchain_aimlapi.emulator._forms import job_form
from langchain_aimlapi.emulator._jobs import COMPLETED, FAILED, Job
from langchain_aimlapi.emulator._ledger import Cost
from langchain_aimlapi.emulator._state import State, charged
from langchain_aimlapi.emulator._validate import check, find_model, refuse
from langchain_aimlapi.emulator.contract.schema import Issue

Kind = Literal["video", "audio", "stt"]


def dummy_keys(body: Json, *, at_once: bool = False) -> Json:
    """What a body says to the gateway's own test models. Refuses as it asks to be refused.

    ``at_once`` is for endpoints whose one answer is the result.
    """
    found = body.get("test")
    keys = found if isinstance(found, dict) and str(body.get("model")).startswith("test/") else {}
    status = keys.get("errorStatus" if at_once else "submitErrorStatus")
    if isinstance(status, int) and 400 <= status < 600:
        raise Refusal(status, f"Test error with status {status}")
    return keys


def dummy_delay(body: Json, answer: Answer) -> Answer:
    """The one answer of a test model, after the delay (ms) that its body asks for."""
    delay = dummy_keys(body).get("delay")
    if not isinstance(delay, int | float) or isinstance(delay, bool) or delay <= 0:
        return answer
    return replace(answer, before=(Pause(delay / 1000),))


def new_job(
    call: Call,
    state: State,
    kind: Kind,
    body: Json,
    *,
    make: Callable[[Job], Json],
    cost: Cost,
) -> Job:
    """A job for a body that was found good. Charged when it is done, as the API does."""
    name = str(body["model"])
    form = job_form(kind, name)

    def settle(job: Job) -> None:
        state.settle(call, job.model, cost, job.id)

    date = state.moment()[:19].translate(str.maketrans("", "", "-:T"))
    return state.jobs.submit(
        kind,
        name,
        body,
        new_id=state.ids.form(form.id, name, date),
        make=make,
        settle=settle,
        test=dummy_keys(body),
        ending=form.ending,
    )


def submit(
    call: Call,
    state: State,
    kind: Kind,
    path: str,
    *,
    make: Callable[[Job], Json],
    price: Callable[[Json], Cost],
    stands_for: Mapping[str, str] = {},
) -> Answer:
    """The answer to a submission: an id, ``queued``, and what it will cost.

    ``stands_for``: key of the body -> a required key in whose place it may be sent.
    """
    body = call.json()
    model = find_model(state, body, path)
    replaced = {stands_for[key]: "https://aimlapi.emulator/" for key in body if key in stands_for}
    check(state, model, path, {**replaced, **body})
    cost, form = price(body), job_form(kind, str(body["model"]))
    job = new_job(call, state, kind, body, make=make, cost=cost)
    answer: Json = {form.key: job.id, "status": job.status}
    headers = {"x-inference-id": job.id}
    if not form.meta:
        return json_answer(answer, headers=headers)
    return charged(json_answer({**answer, "meta": cost.meta()}, headers=headers), cost.headers())


def find_job(call: Call, state: State, kind: Kind, job_id: str | None) -> Job:
    """The job that a poll asks for. Raises `Refusal`."""
    if not job_id:
        refuse([Issue("generation_id", "Required")])
    job = state.jobs.poll(str(job_id))
    if job is None or job.kind != kind:
        raise Refusal(404, f"Generation with id '{job_id}' not found")
    return job


def poll(call: Call, state: State, kind: Kind) -> Answer:
    """The answer to a poll with ``?generation_id=``."""
    query = dict(call.query)
    job = find_job(call, state, kind, query.get("generation_id") or query.get("id"))
    answer: Json = {"id": job.id, "status": job.word}
    if job.status == COMPLETED:
        answer |= job.result or {}
    elif job.status == FAILED:
        answer["error"] = job.error
    return json_answer(answer, headers={"x-inference-id": job.id})
