"""POST /v1/chat/completions, whole and streamed, in every vendor's shapes."""

from __future__ import annotations

from dataclasses import replace

from langchain_aimlapi.emulator import _completions as wire
from langchain_aimlapi.emulator._core import Answer, Call, Json, json_answer, sse_answer
from langchain_aimlapi.emulator._history import check_pairs, check_seals, check_thinking_budget
from langchain_aimlapi.emulator._media import WAV
from langchain_aimlapi.emulator._models import Model
from langchain_aimlapi.emulator._reading import read_chat
from langchain_aimlapi.emulator._reasoning import reasons
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State, charged
from langchain_aimlapi.emulator._validate import check_chat, find_model, refuse

PATH = "/v1/chat/completions"


@route("POST", PATH, "/chat/completions", "/v2/chat/completions")
def complete(call: Call, state: State) -> Answer:
    """A chat completion."""
    body = call.json()
    model = find_model(state.models, body, PATH)
    shape = model.shape(PATH)
    check_chat(body, shape)
    check_past(body, state, anthropic=(shape or {}).get("dialect") == "messages")
    if shape is not None:
        body = _heard(body, model)
        if body.get("stream") and not shape.get("streams", True):
            refuse(["stream: streaming is not supported for this model"])
    draft = _draft(call, body, model, state)
    if body.get("stream"):
        return sse_answer(wire.stream(draft))
    return charged(json_answer(wire.whole(draft)), draft.cost.headers())


def check_past(body: Json, state: State, *, anthropic: bool) -> None:
    """Refuses histories that the vendors refuse."""
    messages = body["messages"]
    if state.checks_history:
        check_pairs(messages, anthropic=anthropic)
        check_thinking_budget(body)
    if state.checks_signatures:
        check_seals(messages)


def _heard(body: Json, model: Model) -> Json:
    """The body without what an open schema takes and drops."""
    shape = model.shape(PATH) or {}
    if shape.get("params") is None:
        return body
    deaf = [name for name in ("tools", "response_format", "n") if name not in shape["params"]]
    return {name: value for name, value in body.items() if name not in deaf}


def _draft(call: Call, body: Json, model: Model, state: State) -> wire.Draft:
    style = state.style(model)
    prompt = read_chat(
        body, reasons=reasons(model, PATH, body), searches=style.name == "perplexity"
    )
    if style.name == "claude":
        prompt = replace(prompt, n=1)
    says = state.answers(call, body, prompt)
    if prompt.speaks:
        says = tuple(replace(say, audio=say.audio or WAV) for say in says)
    tokens = state.measure(prompt, says)
    return wire.Draft(
        id=style.id.format(state.ids.hex(24)),
        model=state.served(model.id),
        created=state.now(),
        style=style,
        says=says,
        tokens=tokens,
        cost=state.ledger.charge(tokens.cost()),
        call_ids=state.call_ids(says, "toolu_" if style.name == "claude" else "call_"),
        logprobs=prompt.logprobs,
        usage_asked=bool((body.get("stream_options") or {}).get("include_usage")),
    )
