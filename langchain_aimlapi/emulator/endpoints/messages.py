"""POST /v1/messages: Anthropic's shape, whole and as its typed events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from langchain_aimlapi.emulator._author import Say
from langchain_aimlapi.emulator._core import Answer, Call, Json, event, json_answer, sse_answer
from langchain_aimlapi.emulator._history import check_upstream
from langchain_aimlapi.emulator._ledger import Cost, Tokens, cut_pieces, seal
from langchain_aimlapi.emulator._models import Model
from langchain_aimlapi.emulator._reading import read_chat
from langchain_aimlapi.emulator._reasoning import reasons
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State, charged
from langchain_aimlapi.emulator._validate import check, find_model

PATH = "/v1/messages"
_STOPS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}


@dataclass(frozen=True, slots=True)
class _Draft:
    id: str
    model: str
    say: Say
    tokens: Tokens
    call_ids: list[str]


@route("POST", PATH, "/messages", inference=True)
def create(call: Call, state: State) -> Answer:
    """An Anthropic message."""
    body = call.json()
    model, draft = _draft(call, state, body)
    cost = state.charge(call, model, draft.tokens)
    meta = state.meta(model, cost, streams=bool(body.get("stream")))
    headers = state.model_headers(model)
    if body.get("stream"):
        return charged(sse_answer(_stream(draft, meta)), headers)
    answer = json_answer({**_message(draft), **meta})
    return charged(answer, {**cost.headers(), **headers})


def batched_message(call: Call, state: State, body: Json) -> tuple[Json, Cost]:
    """The message that a body gets in a batch, and its price there, which is half of the usual one
    and not yet charged. Raises `Refusal`."""
    model, draft = _draft(call, state, body)
    cost = Cost.of(state.price(model, draft.tokens).usd / 2)
    message = {**_message(draft), **state.meta(model, cost)}
    message["usage"] = {**message["usage"], "service_tier": "batch"}
    return message, cost


def _draft(call: Call, state: State, body: Json) -> tuple[Model, _Draft]:
    model = find_model(state, body, PATH)
    check(state, model, PATH, body)
    prompt = replace(read_chat(body, reasons=reasons(state, model, PATH, body)), n=1)
    check_upstream(state, model, body, prompt)
    say = state.answers(call, body, prompt)[0]
    draft = _Draft(
        id=f"msg_01{state.ids.base62(22)}",
        model=state.served(model),
        say=say,
        tokens=state.measure(prompt, (say,)),
        call_ids=state.call_ids((say,), lambda ids: f"toolu_01{ids.base62(22)}")[0],
    )
    return model, draft


def _message(draft: _Draft) -> Json:
    met = draft.say.stopped_by
    stop = _STOPS[draft.say.ending] if met is None else "stop_sequence"
    return {
        "model": draft.model,
        "id": draft.id,
        "type": "message",
        "role": "assistant",
        "content": list(_blocks(draft)),
        "stop_reason": stop,
        "stop_sequence": met,
        "stop_details": None,
        "usage": _usage(draft.tokens),
    }


def _usage(tokens: Tokens) -> Json:
    return {
        "input_tokens": tokens.input - tokens.cached - tokens.created,
        "cache_creation_input_tokens": tokens.created,
        "cache_read_input_tokens": tokens.cached,
        "cache_creation": {
            "ephemeral_5m_input_tokens": tokens.created,
            "ephemeral_1h_input_tokens": 0,
        },
        "output_tokens": tokens.output,
        "service_tier": "standard",
        "inference_geo": "not_available",
    }


def _blocks(draft: _Draft) -> Iterator[Json]:
    say = draft.say
    if say.reasoning:
        signature = seal("thinking", say.reasoning)
        yield {"type": "thinking", "thinking": say.reasoning, "signature": signature}
    if say.text or say.refusal or not say.calls:
        yield {"type": "text", "text": say.text or say.refusal or ""}
    for use, call in zip(say.calls, draft.call_ids, strict=True):
        yield {"type": "tool_use", "id": call, "name": use.name, "input": _input(use.text())}


def _input(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return {}


def _stream(draft: _Draft, meta: Json) -> Iterator[bytes]:
    message = _message(draft)
    usage = message["usage"]
    start = {
        **message,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**usage, "output_tokens": 1},
    }
    yield _typed({"type": "message_start", "message": start})
    arguments = iter([use.text() for use in draft.say.calls])
    for place, block in enumerate(message["content"]):
        opened, deltas = _opened(block, arguments)
        yield _typed({"type": "content_block_start", "index": place, "content_block": opened})
        if place == 0:
            yield _typed({"type": "ping"})
        for delta in deltas:
            yield _typed({"type": "content_block_delta", "index": place, "delta": delta})
        yield _typed({"type": "content_block_stop", "index": place})
    ending = {
        "stop_reason": message["stop_reason"],
        "stop_sequence": message["stop_sequence"],
        "stop_details": None,
    }
    final = {"output_tokens": usage["output_tokens"]}
    yield _typed({"type": "message_delta", "delta": ending, "usage": final})
    yield _typed({"type": "message_stop", **meta})


def _typed(value: Json) -> bytes:
    return event(value, str(value["type"]))


def _opened(block: Json, arguments: Iterator[str]) -> tuple[Json, list[Json]]:
    """A block as it starts, and the deltas that fill it."""
    if block["type"] == "text":
        deltas = [{"type": "text_delta", "text": piece} for piece in cut_pieces(block["text"])]
        return {"type": "text", "text": ""}, deltas
    if block["type"] == "thinking":
        deltas = [
            {"type": "thinking_delta", "thinking": piece} for piece in cut_pieces(block["thinking"])
        ]
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
        return {"type": "thinking", "thinking": "", "signature": ""}, deltas
    deltas = [
        {"type": "input_json_delta", "partial_json": piece}
        for piece in ("", *cut_pieces(next(arguments)))
    ]
    return {**block, "input": {}}, deltas
