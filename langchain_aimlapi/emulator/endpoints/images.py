"""POST /v1/images/generations and /v1/images/edits: images, and the meshes of 3D models."""

from __future__ import annotations

import re
from base64 import b64encode
from decimal import Decimal
from typing import Any

from langchain_aimlapi.emulator._core import Answer, Call, Json, json_answer
from langchain_aimlapi.emulator._image_forms import RENAMED, image_form, image_size
from langchain_aimlapi.emulator._ledger import IMAGE_PRICE, Cost, count_tokens
from langchain_aimlapi.emulator._media import IMAGES
from langchain_aimlapi.emulator._models import Model
from langchain_aimlapi.emulator._reading import whole
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State, charged
from langchain_aimlapi.emulator._three_d import THREE_D, three_d_answer
from langchain_aimlapi.emulator._validate import check, find_model, refuse
from langchain_aimlapi.emulator.contract.schema import Issue

GENERATIONS, EDITS = "/v1/images/generations", "/v1/images/edits"
_UPLOADS = ("image", "image[]", "mask")
MAX_IMAGES = 16
SEED = 1_234_567


@route("POST", GENERATIONS, "/images/generations", inference=True)
def generate(call: Call, state: State) -> Answer:
    """Images from a prompt, or a mesh from an image."""
    body = call.json()
    model = find_model(state, body, GENERATIONS)
    check(state, model, GENERATIONS, body)
    if THREE_D.search(model.name):
        cost = state.settle(call, model.id, Cost.of(IMAGE_PRICE))
        made = three_d_answer(call, state, model, body)
        answer = json_answer({**made, **state.meta(model, cost)})
        return charged(answer, {**cost.headers(), **state.model_headers(model)})
    return _answer(call, state, model, GENERATIONS, body)


@route("POST", EDITS, "/images/edits", inference=True)
def edit(call: Call, state: State) -> Answer:
    """Images from images: JSON, or multipart as the SDKs send it."""
    if call.media_type() == "multipart/form-data":
        fields, files = call.form()
        body = {name: _number(value) for name, value in fields.items()}
        sent = {file.field for file in files}
    else:
        body = call.json()
        sent = set(body)
    model = find_model(state, body, EDITS)
    if not sent & {"image", "image[]"}:
        refuse([Issue("image", "Required")])
    # The schema shows an upload as the object that the gateway's parser makes of it.
    issues = state.models.issues(
        model, EDITS, {**body, **{name: {} for name in sent & {*_UPLOADS}}}
    )
    refuse(issue for issue in issues if issue.path.split(".")[0] not in _UPLOADS)
    return _answer(call, state, model, EDITS, body)


def _number(value: object) -> object:
    """Form fields are text; the API reads numbers and booleans from them."""
    if not isinstance(value, str):
        return value
    if value in ("true", "false"):
        return value == "true"
    if re.fullmatch(r"\d{1,15}", value):
        return int(value)
    return float(value) if re.fullmatch(r"\d{1,15}\.\d{1,15}", value) else value


def _answer(call: Call, state: State, model: Model, path: str, body: Json) -> Answer:
    count = whole(body.get("n")) or whole(body.get("num_images")) or 1
    count = min(max(count, 1), MAX_IMAGES)
    cost = state.settle(call, model.id, Cost.of(IMAGE_PRICE * Decimal(count)))
    form = image_form(model.name)
    packed = body.get("response_format") == "b64_json" and (
        state.models.declares(model, path, "response_format") is not False
    )
    images = [
        form.image(_facts(call, state, body, place, form.kind, packed=packed))
        for place in range(count)
    ]
    made = form.body(images, _top(call, state, model, body, count))
    made = {RENAMED.get(name, name): value for name, value in made.items()}
    headers = {**cost.headers(), **state.model_headers(model)}
    return charged(json_answer({**made, **state.meta(model, cost)}), headers)


def _facts(
    call: Call, state: State, body: Json, place: int, kind: str, *, packed: bool
) -> dict[str, object]:
    """What is true of one image."""
    wanted = body.get("output_format")
    kind = wanted if isinstance(wanted, str) and wanted in IMAGES else kind
    width, height = image_size(body)
    prompt = str(body.get("prompt", ""))
    url = state.link(call, kind, f"{prompt} {place}", width=width, height=height)
    facts: dict[str, Any] = {
        "url": None if packed else url,
        "b64_json": b64encode(state.file_behind(url)).decode() if packed else None,
        "width": width,
        "height": height,
        "size": f"{width}x{height}",
        "prompt": prompt,
        "file_name": url.rpartition("/")[2],
        "file_size": len(state.file_behind(url)),
        "request": call.request_id,
    }
    return facts


def _top(call: Call, state: State, model: Model, body: Json, count: int) -> dict[str, object]:
    """What may stand beside the images."""
    seed = body.get("seed")
    prompt = str(body.get("prompt", ""))
    read, made = count_tokens(prompt), 1056 * count
    width, height = image_size(body)
    return {
        "id": state.ids.uuid(),
        "object": "image",
        "created": state.now(),
        "model": model.name,
        "description": "",
        "background": body.get("background", "opaque"),
        "output_format": body.get("output_format", "png"),
        "quality": body.get("quality", "medium"),
        "size": f"{width}x{height}",
        "seed": seed if isinstance(seed, int) else SEED,
        "timings": {"inference": 0.5},
        "has_nsfw_concepts": [False] * count,
        "prompt_text": prompt,
        "usage": {
            "input_tokens": read,
            "input_tokens_details": {"image_tokens": 0, "text_tokens": read},
            "output_tokens": made,
            "total_tokens": read + made,
        },
        "chat_usage": {
            "prompt_tokens": read,
            "completion_tokens": made,
            "total_tokens": read + made,
        },
        **dict.fromkeys(
            ("background_none", "output_none", "quality_none", "size_none", "usage_none")
        ),
    }
