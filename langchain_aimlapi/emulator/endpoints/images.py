"""POST /v1/images/generations and /v1/images/edits, and the pictures behind their links."""

from __future__ import annotations

import re
from base64 import b64encode
from decimal import Decimal
from typing import Any

from langchain_aimlapi.emulator._core import Answer, Call, Json, json_answer
from langchain_aimlapi.emulator._ledger import IMAGE_PRICE, Cost
from langchain_aimlapi.emulator._models import Model
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State, charged
from langchain_aimlapi.emulator._validate import check_params, find_model, refuse

GENERATIONS, EDITS = "/v1/images/generations", "/v1/images/edits"
# Recorded: these families answer `images[]`, the others `data[]` (20 and 47 of 72 answers).
_IMAGES_KEY = re.compile(r"imagen|recraft|flux|stable-diffusion|seedream-3|hunyuan|wan")
_UPLOADS = frozenset({"image", "image[]", "mask"})
# For models without a schema of their own: the rules of chat (seed from 1) do not hold here.
_NO_RULES: Json = {"params": {}}


@route("POST", GENERATIONS, "/images/generations")
def generate(call: Call, state: State) -> Answer:
    """Pictures from a prompt."""
    body = call.json()
    model = find_model(state.models, body, GENERATIONS)
    refuse(check_params(body, model.shape(GENERATIONS) or _NO_RULES))
    return _answer(call, state, model, body)


@route("POST", EDITS, "/images/edits")
def edit(call: Call, state: State) -> Answer:
    """Pictures from pictures: JSON, or multipart as the SDKs send it."""
    if call.media_type() == "multipart/form-data":
        fields, files = call.form()
        body = {name: _number(value) for name, value in fields.items()}
        sent = {file.field for file in files}
    else:
        body = call.json()
        sent = set(body)
    model = find_model(state.models, body, EDITS)
    if not sent & {"image", "image[]"}:
        refuse(["image: Required"])
    refuse(_edit_issues(body, model))
    return _answer(call, state, model, body)


def _edit_issues(body: Json, model: Model) -> list[str]:
    shape = dict(model.shape(EDITS) or _NO_RULES)
    shape["required"] = [name for name in shape.get("required", ()) if name not in _UPLOADS]
    return list(check_params(body, shape, without=_UPLOADS))


def _number(value: Any) -> Any:
    """Form fields are text; the API reads numbers and booleans from them."""
    if not isinstance(value, str):
        return value
    if value in ("true", "false"):
        return value == "true"
    return float(value) if re.fullmatch(r"\d+(\.\d+)?", value) else value


def _answer(call: Call, state: State, model: Model, body: Json) -> Answer:
    count = int(body.get("n") or body.get("num_images") or 1)
    cost = state.ledger.charge(Cost.of(IMAGE_PRICE * Decimal(count)))
    made = [_one(call, state, body, place) for place in range(count)]
    key = "images" if _IMAGES_KEY.search(model.id) else "data"
    answer: Json = {"created": state.now(), key: made, "meta": cost.meta()}
    return charged(json_answer(answer), cost.headers())


def _one(call: Call, state: State, body: Json, place: int) -> Json:
    prompt = str(body.get("prompt", ""))
    url = state.link(call, "png", f"{prompt} {place}")
    if body.get("response_format") == "b64_json":
        data = b64encode(state.file_behind(url)).decode()
        return {"b64_json": data, "url": None, "revised_prompt": None}
    return {"b64_json": None, "url": url, "revised_prompt": None}
