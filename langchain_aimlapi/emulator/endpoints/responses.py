"""POST /v1/responses and GET /v1/responses/{id}: items in, items out, at once or in background."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from langchain_aimlapi.emulator._author import Prompt, Turn, Use
from langchain_aimlapi.emulator._core import (
    Answer,
    Call,
    Json,
    Refusal,
    json_answer,
    records,
    sse_answer,
)
from langchain_aimlapi.emulator._history import check_choice, check_context, refuse_upstream
from langchain_aimlapi.emulator._jobs import COMPLETED, FAILED, QUEUED, Job
from langchain_aimlapi.emulator._models import Model
from langchain_aimlapi.emulator._reading import (
    media_of,
    read_choice,
    read_format,
    read_tools,
    text_of,
    whole,
)
from langchain_aimlapi.emulator._reasoning import reasons
from langchain_aimlapi.emulator._responses import Draft, opens, output_items, response, stream
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State, charged
from langchain_aimlapi.emulator._validate import check, find_model, refuse
from langchain_aimlapi.emulator.contract.schema import Issue

PATH = "/v1/responses"
MIN_OUTPUT_TOKENS = 16


@route("POST", PATH, "/responses", inference=True)
def create(call: Call, state: State) -> Answer:
    """A response object, its events, or the promise of one."""
    body = call.json()
    model = find_model(state, body, PATH)
    check(state, model, PATH, body)
    _check_limits(body)
    items = _history(body, state)
    draft = _draft(call, state, model, body, items)
    headers = state.model_headers(model)
    if body.get("background") is True and not body.get("stream"):
        return json_answer(_later(call, state, model, draft, items), headers=headers)
    cost = state.charge(call, model, draft.tokens)
    if body.get("store"):
        _keep(state, draft, items)
    if body.get("stream"):
        meta = state.meta(model, cost, streams=True)
        return charged(sse_answer(stream(draft, meta)), headers)
    return charged(json_answer(response(draft)), {**cost.headers(), **headers})


@route("GET", f"{PATH}/*", "/responses/*", inference=True)
def fetch(call: Call, state: State) -> Answer:
    """A stored response, or how far one in background is."""
    wanted = call.path.rpartition("/responses/")[2]
    job = state.jobs.poll(wanted)
    if job is not None and job.kind == "response":
        return json_answer(_background(job))
    kept = state.stored.get(wanted)
    if kept is None:
        raise Refusal(404, f"Response with id '{wanted}' not found.")
    return json_answer(kept["response"])


def _draft(call: Call, state: State, model: Model, body: Json, items: list[Json]) -> Draft:
    thinks = reasons(state, model, PATH, body)
    prompt = _prompt(body, items, thinks=thinks)
    if state.checks_history:
        _check_pairs(items)
        check_choice(prompt, anthropic=False)
    if state.checks_signatures:
        _check_seals(items)
    if state.checks_context:
        check_context(state, model, prompt)
    say = state.answers(call, body, prompt)[0]
    return Draft(
        id=state.ids.nano(),
        model=state.served(model),
        created=state.now(),
        body=body,
        say=say,
        items=output_items(say, body, state.ids),
        tokens=state.measure(prompt, (say,)),
        thinks=thinks,
    )


def _keep(state: State, draft: Draft, items: list[Json]) -> None:
    state.stored[draft.id] = {"items": [*items, *draft.items], "response": response(draft)}


def _later(call: Call, state: State, model: Model, draft: Draft, items: list[Json]) -> Json:
    """Starts a response in background; what is known of it so far."""

    def settle(job: Job) -> None:
        state.charge(call, model, draft.tokens)
        _keep(state, draft, items)

    state.jobs.submit(
        "response",
        str(draft.body.get("model")),
        draft.body,
        new_id=draft.id,
        make=lambda job: response(draft),
        settle=settle,
    )
    state.jobs[draft.id].pending = response(draft, "queued")
    return response(draft, "queued")


def _background(job: Job) -> Json:
    """The response object of a job as it stands."""
    if job.status == COMPLETED:
        return job.result or {}
    pending = dict(job.pending or {})
    if job.status == FAILED:
        error = job.error or {}
        failed = {"code": "server_error", "message": error.get("message", "Generation failed")}
        return {**pending, "status": "failed", "error": failed}
    words = {QUEUED: "queued", "cancelled": "cancelled"}
    return {**pending, "status": words.get(job.status, "in_progress")}


# --- reading -----


def _check_limits(body: Json) -> None:
    limit = body.get("max_output_tokens")
    if isinstance(limit, int) and limit < MIN_OUTPUT_TOKENS:
        text = f"Number must be greater than or equal to {MIN_OUTPUT_TOKENS}"
        refuse([Issue("max_output_tokens", text)])


def _history(body: Json, state: State) -> list[Json]:
    """The stored conversation, if one is continued, and the new input."""
    before: list[Json] = []
    earlier = body.get("previous_response_id")
    if earlier is not None and state.checks_history:
        kept = state.stored.get(str(earlier))
        if kept is None:
            raise Refusal(404, f"Previous response with id '{earlier}' not found.")
        before = kept["items"]
    items = body.get("input")
    if isinstance(items, str):
        items = [{"type": "message", "role": "user", "content": items}]
    return [*before, *records(items)]


def _check_pairs(items: list[Json]) -> None:
    called = {_id(item) for item in items if str(item.get("type")).endswith("_call")}
    answered = {_id(item) for item in items if str(item.get("type")).endswith("_output")}
    for call in sorted(answered - called):
        refuse_upstream(f"No tool call found for function call output {call}.", anthropic=False)
    for call in sorted(called - answered - {"None"}):
        refuse_upstream(f"No tool output found for function call {call}.", anthropic=False)


def _id(item: Json) -> str:
    return str(item.get("call_id"))


def _check_seals(items: list[Json]) -> None:
    for place, item in enumerate(items):
        secret = item.get("encrypted_content") if item.get("type") == "reasoning" else None
        if secret is not None and not opens(secret):
            refuse_upstream(
                f"input.{place}: the encrypted content could not be verified", anthropic=False
            )


def _prompt(body: Json, items: list[Json], *, thinks: bool) -> Prompt:
    instructions = body.get("instructions")
    turns = [Turn("system", text_of(instructions))] if instructions else []
    turns += [turn for item in items for turn in _turns(item)]
    choice, named = read_choice(body.get("tool_choice"))
    text = body.get("text")
    schema, json_mode = read_format(text.get("format") if isinstance(text, Mapping) else None)
    tools = records(body.get("tools"))
    return Prompt(
        model=str(body.get("model")),
        turns=tuple(turns),
        tools=tuple(read_tools(tools)),
        choice=choice,
        named=named,
        parallel=body.get("parallel_tool_calls") is not False,
        schema=schema,
        json_mode=json_mode,
        reasons=thinks,
        searches=any(str(tool.get("type")).startswith("web_search") for tool in tools),
        max_tokens=whole(body.get("max_output_tokens")),
        media=tuple(kind for item in items for kind in media_of(item.get("content"))),
    )


def _turns(item: Json) -> Iterator[Turn]:
    kind = str(item.get("type") or "message")
    if kind == "message":
        yield Turn(str(item.get("role")), text_of(item.get("content")))
    elif kind.endswith("_call_output"):
        yield Turn("tool", text_of(item.get("output")))
    elif kind in ("function_call", "custom_tool_call"):
        arguments: Any = item.get("arguments", item.get("input"))
        yield Turn("assistant", "", (Use(str(item.get("name")), str(arguments)),))
