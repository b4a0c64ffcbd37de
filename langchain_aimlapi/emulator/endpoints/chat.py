"""POST /v1/chat/completions, whole and streamed, in every vendor's shapes."""

from __future__ import annotations

from dataclasses import replace

from langchain_aimlapi.emulator import _completions as wire
from langchain_aimlapi.emulator._core import Answer, Call, Json, json_answer, sse_answer
from langchain_aimlapi.emulator._desk import Desk, charged
from langchain_aimlapi.emulator._history import check_pairs, check_seals, check_thinking_budget
from langchain_aimlapi.emulator._reading import read_chat
from langchain_aimlapi.emulator._reasoning import reasons
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._sound import WAV
from langchain_aimlapi.emulator._validate import check_chat, find_model, refuse
from langchain_aimlapi.emulator._world import Model

PATH = "/v1/chat/completions"


@route("POST", PATH, "/chat/completions", "/v2/chat/completions")
def complete(call: Call, desk: Desk) -> Answer:
    """A chat completion."""
    body = call.json()
    model = find_model(desk.world, body, PATH)
    shape = model.shape(PATH)
    check_chat(body, shape)
    check_past(body, desk, anthropic=(shape or {}).get("dialect") == "messages")
    if shape is not None:
        body = _heard(body, model)
        if body.get("stream") and not shape.get("streams", True):
            refuse(["stream: streaming is not supported for this model"])
    draft = _draft(call, body, model, desk)
    if body.get("stream"):
        return sse_answer(wire.stream(draft))
    return charged(json_answer(wire.whole(draft)), draft.cost.headers())


def check_past(body: Json, desk: Desk, *, anthropic: bool) -> None:
    """Refuses histories that the vendors refuse."""
    messages = body["messages"]
    if desk.checks_history:
        check_pairs(messages, anthropic=anthropic)
        check_thinking_budget(body)
    if desk.checks_signatures:
        check_seals(messages)


def _heard(body: Json, model: Model) -> Json:
    """The body without what an open schema takes and drops."""
    shape = model.shape(PATH) or {}
    if shape.get("params") is None:
        return body
    deaf = [name for name in ("tools", "response_format", "n") if name not in shape["params"]]
    return {name: value for name, value in body.items() if name not in deaf}


def _draft(call: Call, body: Json, model: Model, desk: Desk) -> wire.Draft:
    style = desk.style(model)
    prompt = read_chat(
        body, reasons=reasons(model, PATH, body), searches=style.name == "perplexity"
    )
    if style.name == "claude":
        prompt = replace(prompt, n=1)
    says = desk.answers(call, body, prompt)
    if prompt.speaks:
        says = tuple(replace(say, audio=say.audio or WAV) for say in says)
    tokens = desk.measure(prompt, says)
    return wire.Draft(
        id=style.id.format(desk.ids.hex(24)),
        model=desk.served(model.id),
        created=desk.now(),
        style=style,
        says=says,
        tokens=tokens,
        cost=desk.ledger.charge(tokens.cost()),
        call_ids=desk.call_ids(says, "toolu_" if style.name == "claude" else "call_"),
        logprobs=prompt.logprobs,
        usage_asked=bool((body.get("stream_options") or {}).get("include_usage")),
    )
