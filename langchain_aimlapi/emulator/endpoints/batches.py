"""POST and GET /v1/batches, POST /v1/batches/cancel/{id}: many messages at half the price."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from langchain_aimlapi.emulator._core import (
    Answer,
    Call,
    Json,
    Refusal,
    dump,
    json_answer,
)
from langchain_aimlapi.emulator._generation import dummy_keys
from langchain_aimlapi.emulator._history import refuse_upstream
from langchain_aimlapi.emulator._jobs import CANCELLED, COMPLETED, FAILED, Job
from langchain_aimlapi.emulator._ledger import Cost, Tokens
from langchain_aimlapi.emulator._reading import whole
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State
from langchain_aimlapi.emulator._validate import check, find_model, refuse
from langchain_aimlapi.emulator.contract.schema import Issue
from langchain_aimlapi.emulator.endpoints.messages import batched_message

PATH = "/v1/batches"
MAX_REQUESTS = 100_000
LIFE = timedelta(hours=24)
LINES_TYPE = "application/x-jsonl; charset=utf-8"


@route("POST", PATH, "/batches", inference=True)
def create(call: Call, state: State) -> Answer:
    """Starts a batch of messages."""
    body = call.json()
    model = find_model(state, body, PATH)
    check(state, model, PATH, body)
    refuse(_double_ids(body["requests"]))
    requests: list[Json] = body["requests"]
    cost = Decimal(0)

    def make(job: Job) -> Json:
        nonlocal cost
        rows = []
        for request in requests:
            row, price = _row(call, state, body, request)
            cost += price
            rows.append(row)
        return {"rows": rows}

    def settle(job: Job) -> None:
        if job.status == COMPLETED:
            state.settle(call, job.model, Cost.of(cost), job.id)

    job = state.jobs.submit(
        "batch",
        model.name,
        body,
        new_id=state.ids.nano(),
        make=make,
        settle=settle,
        test=dummy_keys(body),
    )
    return json_answer(_batch(job), headers={"x-inference-id": job.id})


def _double_ids(requests: list[Json]) -> list[Issue]:
    names = [request["custom_id"] for request in requests]
    if len(set(names)) == len(names):
        return []
    return [Issue("requests", "custom_id must be unique")]


def _row(call: Call, state: State, body: Json, request: Json) -> tuple[Json, Decimal]:
    """One line of the results, and what the message costs here."""
    params = {"model": body.get("model"), **request["params"]}
    params.setdefault("max_tokens", 1024)
    if str(params["model"]).startswith("test/"):
        return _dummy_row(state, body, request)
    try:
        message, cost = batched_message(call, state, params)
    except Refusal as refusal:
        error = {"type": "invalid_request_error", "message": refusal.message}
        result: Json = {"type": "errored", "error": {"type": "error", "error": error}}
        return {"custom_id": request["custom_id"], "result": result}, Decimal(0)
    result = {"type": "succeeded", "message": message}
    return {"custom_id": request["custom_id"], "result": result}, cost.usd


def _dummy_row(state: State, body: Json, request: Json) -> tuple[Json, Decimal]:
    tokens = whole(dummy_keys(body).get("tokens")) or 10
    message = {
        "model": str(body.get("model")),
        "id": f"msg_01{state.ids.hex(22)}",
        "type": "message",
        "role": "assistant",
        "content": [{"type": "text", "text": "This is a test."}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": tokens, "output_tokens": tokens},
    }
    result = {"type": "succeeded", "message": message}
    row = {"custom_id": request["custom_id"], "result": result}
    return row, Tokens(tokens, tokens).cost().usd / 2


def _stamp(seconds: float | None, later: timedelta = timedelta()) -> str | None:
    if seconds is None:
        return None
    return (datetime.fromtimestamp(seconds, UTC) + later).isoformat(timespec="microseconds")


def _batch(job: Job) -> Json:
    """The batch object."""
    total = len(job.body["requests"])
    rows = (job.result or {}).get("rows", ()) if job.status == COMPLETED else ()
    good = sum(row["result"]["type"] == "succeeded" for row in rows)
    counts = {
        "processing": total if job.running else 0,
        "succeeded": good,
        "errored": len(rows) - good if rows else total if job.status == FAILED else 0,
        "canceled": total if job.status == CANCELLED else 0,
        "expired": 0,
    }
    return {
        "id": job.id,
        "type": "message_batch",
        "processing_status": "in_progress" if job.running else "ended",
        "request_counts": counts,
        "ended_at": _stamp(job.ended),
        "created_at": _stamp(job.created),
        "expires_at": _stamp(job.created, LIFE),
        "archived_at": None,
        "cancel_initiated_at": _stamp(job.ended) if job.status == CANCELLED else None,
        "results_url": None,
    }


@route("GET", PATH, "/batches", inference=True)
def fetch(call: Call, state: State) -> Answer:
    """How far a batch is, or its results, one JSON object a line."""
    wanted = dict(call.query).get("batch_id")
    if not wanted:
        refuse([Issue("batch_id", "Required")])
    job = state.jobs.poll(str(wanted))
    if job is None or job.kind != "batch":
        raise Refusal(404, f"Batch with id '{wanted}' not found")
    headers = {"x-inference-id": job.id}
    if job.status == CANCELLED:
        return json_answer({**_batch(job), "status": job.status}, headers=headers)
    if job.status == FAILED:
        return json_answer({"id": job.id, "status": "error", "error": job.error}, headers=headers)
    if job.running:
        return json_answer({"id": job.id, "status": job.status}, headers=headers)
    lines = b"\n".join(dump(row) for row in (job.result or {}).get("rows", ()))
    return Answer(200, {"content-type": LINES_TYPE, **headers}, (lines,))


@route("POST", f"{PATH}/cancel/*", "/batches/cancel/*")
def cancel(call: Call, state: State) -> Answer:
    """Stops a batch. One that is at its end already cannot be stopped: 400."""
    wanted = call.path.rpartition("/cancel/")[2]
    job = state.jobs.get(wanted)
    if job is None or job.kind != "batch":
        raise Refusal(404, f"Batch with id '{wanted}' not found")
    if not job.running:
        refuse_upstream(
            f"Batch {wanted} cannot be canceled because it has already finished processing.",
            anthropic=True,
        )
    state.jobs.cancel(wanted)
    answer = {**_batch(job), "processing_status": "canceling", "ended_at": None}
    return json_answer(answer, headers={"x-inference-id": job.id})
