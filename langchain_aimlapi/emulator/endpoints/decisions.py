"""POST /v1/decisions: questions about a state, answered with a probability each."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

from langchain_aimlapi.emulator._core import Answer, Call, Json, json_answer
from langchain_aimlapi.emulator._ledger import Tokens, count_tokens
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State, charged
from langchain_aimlapi.emulator._validate import check, find_model

PATH = "/v1/decisions"
ANSWERED_BY = "typesafe/jev-1.13-20260917"


@route("POST", PATH, "/decisions", inference=True)
def decide(call: Call, state: State) -> Answer:
    """An answer for every question."""
    body = call.json()
    model = find_model(state, body, PATH)
    check(state, model, PATH, body)
    text = _text(body["state"])
    answers = {name: _answer(text, one) for name, one in body["questions"].items()}
    size = count_tokens(json.dumps(body, ensure_ascii=False))
    tokens = Tokens(input=size, output=24 * max(1, len(answers)))
    cost = state.charge(call, model, tokens)
    made: Json = {
        "model": state.served_model(ANSWERED_BY) if state.served_model else ANSWERED_BY,
        "answers": answers,
        "usage": {"input_tokens": tokens.input, "output_tokens": tokens.output},
        **state.meta(model, cost, plain=True),
    }
    return charged(json_answer(made), cost.headers())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _answer(text: str, question: Json) -> Json:
    """What the state's words say; the same words always say the same."""
    kind = question["type"]
    instructions = _text(question["instructions"])
    if kind == "noul":
        share = _shares(text, [instructions, ""])[0]
        return {"type": kind, "noul": share}
    if kind == "choice":
        options = list(question["criteria"])
        texts = [f"{name} {_text(question['criteria'][name])}" for name in options]
        shares = _shares(text, texts)
        best = max(range(len(options)), key=lambda place: shares[place], default=None)
        return {
            "type": kind,
            "choice": None if best is None else options[best],
            "confidence": 0.0 if best is None else shares[best],
            "probabilities": dict(zip(options, shares, strict=True)),
        }
    levels = [_text(level) for level in question["criteria"]]
    shares = _shares(text, levels)
    score = round(sum(place * share for place, share in enumerate(shares)), 4)
    return {
        "type": kind,
        "score": score,
        "confidence": max(shares),
        "legend": {str(place): level for place, level in enumerate(levels)},
        "probabilities": {str(place): share for place, share in enumerate(shares)},
    }


def _shares(text: str, options: Sequence[str]) -> list[float]:
    """A probability for each option, larger where it shares words with the text."""
    words = set(re.findall(r"\w+", text.lower()))
    weights = []
    for option in options:
        shared = len(words & set(re.findall(r"\w+", option.lower())))
        digest = hashlib.sha256(option.encode("utf-8", "replace")).digest()[0]
        weights.append(1.0 + 3.0 * shared + digest / 1000)
    whole = sum(weights)
    return [round(weight / whole, 4) for weight in weights]
