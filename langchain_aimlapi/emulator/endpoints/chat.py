"""POST /v1/chat/completions, whole and streamed, in every vendor's shapes."""

from __future__ import annotations

from dataclasses import replace

from langchain_aimlapi.emulator import _completions as wire
from langchain_aimlapi.emulator._core import Answer, Call, Json, json_answer, sse_answer
from langchain_aimlapi.emulator._generation import dummy_delay, dummy_keys
from langchain_aimlapi.emulator._history import check_upstream
from langchain_aimlapi.emulator._media import WAV
from langchain_aimlapi.emulator._models import Model
from langchain_aimlapi.emulator._reading import read_chat
from langchain_aimlapi.emulator._reasoning import reasons
from langchain_aimlapi.emulator._routers import routed
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State, charged
from langchain_aimlapi.emulator._validate import check, find_model

PATH = "/v1/chat/completions"
# What an open schema takes and drops where it does not list it.
_DROPPED = ("tools", "response_format", "n")


@route("POST", PATH, "/chat/completions", "/v2/chat/completions", inference=True)
def complete(call: Call, state: State) -> Answer:
    """A chat completion."""
    body = call.json()
    model = find_model(state, body, PATH)
    check(state, model, PATH, body)
    model = routed(state, model, body)
    draft = _draft(call, _taken(state, body, model), model, state)
    headers = state.model_headers(model)
    if body.get("stream"):
        return dummy_delay(body, charged(sse_answer(wire.stream(draft)), headers))
    answer = json_answer(wire.whole(draft), headers={**draft.cost.headers(), **headers})
    return dummy_delay(body, answer)


def _taken(state: State, body: Json, model: Model) -> Json:
    """The body without what an open schema takes and drops."""
    listed = state.models.params(model, PATH)
    if listed is None:
        return body
    dropped = [name for name in _DROPPED if name in body and name not in listed]
    if not dropped:
        return body
    gone = {*dropped, "tool_choice"} if "tools" in dropped else set(dropped)
    return {name: value for name, value in body.items() if name not in gone}


def _draft(call: Call, body: Json, model: Model, state: State) -> wire.Draft:
    style = state.style(model)
    prompt = read_chat(
        body, reasons=reasons(state, model, PATH, body), searches=style.name == "perplexity"
    )
    if model.name.startswith("test/"):
        dummy_keys(body, at_once=True)
    else:
        check_upstream(state, model, body, prompt)
    if style.name == "claude":
        prompt = replace(prompt, n=1)
    says = state.answers(call, body, prompt)
    if prompt.speaks:
        says = tuple(replace(say, audio=say.audio or WAV) for say in says)
    tokens = state.measure(prompt, says)
    cost = state.charge(call, model, tokens)
    options = body.get("stream_options")
    return wire.Draft(
        id=style.make_id(state.ids, state.now()),
        model=state.served(model),
        created=state.now(),
        style=style,
        says=says,
        tokens=tokens,
        cost=cost,
        meta=state.meta(model, cost, streams=bool(body.get("stream"))),
        call_ids=state.call_ids(says, style.make_call_id),
        logprobs=prompt.logprobs,
        usage_wanted=isinstance(options, dict) and bool(options.get("include_usage")),
    )
