"""POST /v1/embeddings: vectors in which texts that share words are near each other."""

from __future__ import annotations

import hashlib
import math
import re
import struct
from base64 import b64encode

from langchain_aimlapi.emulator._core import Answer, Call, Json, Refusal, json_answer, kind_of
from langchain_aimlapi.emulator._generation import dummy_delay, dummy_keys
from langchain_aimlapi.emulator._history import refuse_upstream
from langchain_aimlapi.emulator._ledger import Tokens, count_tokens
from langchain_aimlapi.emulator._models import Model
from langchain_aimlapi.emulator._reading import whole
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State
from langchain_aimlapi.emulator._validate import check, find_model, refuse
from langchain_aimlapi.emulator.contract.schema import Issue

PATH = "/v1/embeddings"
_SIZES = (
    (re.compile(r"3-large"), 3072),
    (re.compile(r"voyage-code-2"), 1536),
    (re.compile(r"voyage|qwen|embedding-v[34]"), 1024),
    (re.compile(r"gemini|gecko|multilingual"), 768),
)
_DEFAULT_SIZE = 1536
MAX_SIZE = 4096


@route("POST", PATH, "/embeddings", inference=True)
def embed(call: Call, state: State) -> Answer:
    """Embeddings of a text or of several."""
    body = call.json()
    model = find_model(state, body, PATH)
    check(state, model, PATH, body)
    dummy_keys(body, at_once=True)
    texts = _texts(body.get("input"), upstream=state.checks_history)
    size = _size(model, body.get("dimensions"))
    as_text = body.get("encoding_format") == "base64"
    tokens = Tokens(input=sum(map(count_tokens, texts)), output=0)
    cost = state.charge(call, model, tokens)
    answer: Json = {
        "object": "list",
        "data": [
            {"object": "embedding", "index": place, "embedding": _form(vector(text, size), as_text)}
            for place, text in enumerate(texts)
        ],
        "model": state.served(model),
        "usage": {"prompt_tokens": tokens.input, "total_tokens": tokens.input},
        **state.meta(model, cost),
    }
    headers = {**cost.headers(), **state.model_headers(model)}
    return dummy_delay(body, json_answer(answer, headers=headers))


def _texts(value: object, *, upstream: bool) -> list[str]:
    """The texts; token ids are refused, and by the vendors upstream also what is empty."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list):
        raise Refusal(400, issues=[Issue("input", "Expected string | array")])
    refuse(
        Issue(f"input.{place}", f"Expected string, received {kind_of(text)}")
        for place, text in enumerate(texts)
        if not isinstance(text, str)
    )
    if upstream and (not texts or "" in texts):
        refuse_upstream("Invalid 'input': it must not be empty.", anthropic=False)
    return texts


def _size(model: Model, wanted: object) -> int:
    size = whole(wanted)
    if size is not None and size > 0:
        return min(size, MAX_SIZE)
    return next((size for name, size in _SIZES if name.search(model.name)), _DEFAULT_SIZE)


def vector(text: str, size: int) -> list[float]:
    """A unit vector: the sum of one direction per word, so shared words bring texts together."""
    values = [0.0] * size
    for word in re.findall(r"\w+", text.lower()) or [text]:
        digest = hashlib.sha256(word.encode("utf-8", "replace")).digest()
        for start in range(0, 32, 4):
            number = int.from_bytes(digest[start : start + 4], "big")
            values[number % size] += 1.0 if number & 0x8000_0000 else -1.0
    length = math.sqrt(sum(value * value for value in values)) or 1.0
    if not any(values):
        values[0] = 1.0
    return [value / length for value in values]


def _form(values: list[float], as_text: bool) -> list[float] | str:
    """The OpenAI models' base64 form is little-endian float32."""
    return b64encode(struct.pack(f"<{len(values)}f", *values)).decode() if as_text else values
