"""GET /v1/models, /model/{id} and /models/metrics: what there is and how fast it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from langchain_aimlapi.emulator._core import Answer, Call, Json, Refusal, dump, json_answer
from langchain_aimlapi.emulator._ledger import IMAGE_PRICE, PRICES
from langchain_aimlapi.emulator._models import Model
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State
from langchain_aimlapi.emulator._validate import refuse

_TYPES = {
    "/v1/chat/completions": "openai/chat-completions",
    "/v1/responses": "openai/responses",
    "/v1/messages": "anthropic/messages",
    "/v1/embeddings": "openai/embeddings",
    "/v1/images/generations": "openai/image-generations",
    "/v2/video/generations": "internal/video-generations/submit",
    "/v2/generate/audio": "internal/audio-generations/submit",
    "/v1/stt/create": "internal/stt/submit",
    "/v1/tts": "internal/tts",
    "/v1/ocr": "internal/ocr",
}
_SECTIONS = ("pricing", "modalities", "capabilities")
_FILTERS = (
    "id",
    "type",
    "tags",
    "modalities",
    "input_modalities",
    "output_modalities",
    "capabilities",
)
_MEDIA_PARTS = {
    "image_url": "image",
    "image": "image",
    "input_audio": "audio",
    "video_url": "video",
    "file": "file",
}
_OUTPUTS = {
    "image": "image",
    "video": "video",
    "tts": "audio",
    "audio": "audio",
    "embedding": "embedding",
}


@route("GET", "/v1/models", "/models", "/api/v1/models", needs_key=False)
def catalogue(call: Call, state: State) -> Answer:
    """The list, with the sections asked for, as far as the filters let it through."""
    sections = _sections(call)
    wanted = {
        name: _values(call, name) for name in _FILTERS if any(k == name for k, _ in call.query)
    }
    rows = [_row(model) for model in state.models.live()]
    kept = [row for row in rows if _passes(row, wanted)]
    data = [{k: v for k, v in row.items() if k not in _SECTIONS or k in sections} for row in kept]
    body = dump({"object": "list", "data": data})
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:27]}"'
    headers = {"etag": tag, "cache-control": "public, max-age=300"}
    if tag in [each.strip() for each in call.headers.get("if-none-match", "").split(",")]:
        return Answer(304, headers, ())
    return Answer(200, {"content-type": "application/json; charset=utf-8", **headers}, (body,))


def _sections(call: Call) -> frozenset[str]:
    asked = _values(call, "include")
    if "all" in asked or ("details", "true") in call.query:
        return frozenset(_SECTIONS)
    unknown = asked - set(_SECTIONS)
    refuse(f"include: unknown section '{name}'" for name in sorted(unknown))
    return frozenset(asked)


def _values(call: Call, name: str) -> set[str]:
    """Commas and repeats both mean "or"."""
    return {one for key, value in call.query if key == name for one in value.split(",") if one}


def _passes(row: Json, wanted: dict[str, set[str]]) -> bool:
    """Different filters mean "and"."""
    inputs, outputs = set(row["modalities"]["input"]), set(row["modalities"]["output"])
    held = {
        "id": {row["id"], *row["aliases"]},
        "type": {row["type"]},
        "tags": set(row["tags"]),
        "modalities": inputs | outputs,
        "input_modalities": inputs,
        "output_modalities": outputs,
        "capabilities": set(row["capabilities"]),
    }
    return all(values & held[name] for name, values in wanted.items())


def _row(model: Model) -> Json:
    path = next(iter(model.shapes), "/v1/chat/completions")
    row = model.row
    info: Json = {
        "name": row.get("name") or model.id.rpartition("/")[2],
        "developer": model.vendor or "unknown",
        "description": f"{model.id}, emulated.",
        "url": "https://aimlapi.com/models/",
        "docsUrl": "https://docs.aimlapi.com/",
    }
    if row.get("context"):
        info["contextLength"] = row["context"]
    if row.get("max_output"):
        info["outputMax"] = row["max_output"]
    return {
        "id": model.id,
        "aliases": list(row.get("aliases", ())),
        "type": _TYPES.get(path, f"internal{path}"),
        "info": info,
        "tags": [f"kind:{model.kind or 'other'}"],
        "pricing": _pricing(model),
        "modalities": _modalities(model),
        "capabilities": sorted(set(_capabilities(model))),
    }


def _pricing(model: Model) -> Json:
    """The figures that this emulator charges by, per million tokens or per png."""
    if model.kind in ("image", "3d"):
        units = [{"name": "image", "measure": "output", "price": float(IMAGE_PRICE), "per": 1}]
        return {"kind": "fixed", "currency": "USD", "units": units}
    measures = ("input", "cache_read", "cache_creation", "output")
    units = [
        {"name": "token", "measure": name, "price": float(PRICES[name]), "per": 1_000_000}
        for name in measures
    ]
    return {"kind": "fixed", "currency": "USD", "units": units}


def _parts(model: Model) -> set[str]:
    roles = (shape.get("roles", {}).get("user", {}) for shape in model.shapes.values())
    return {part for role in roles for part in role.get("parts") or ()}


def _modalities(model: Model) -> Json:
    inputs = {"text", *(_MEDIA_PARTS[part] for part in _parts(model) if part in _MEDIA_PARTS)}
    return {"input": sorted(inputs), "output": [_OUTPUTS.get(model.kind or "", "text")]}


def _capabilities(model: Model) -> Iterator[str]:
    parts = _parts(model)
    for shape in model.shapes.values():
        params = shape.get("params") or {}
        if shape.get("streams", True) and "stream" in params:
            yield "streaming"
        if shape.get("tools"):
            yield "tools"
        if "parallel_tool_calls" in params:
            yield "parallel_tool_calls"
        if "json_schema" in (shape.get("response_formats") or ()):
            yield "structured_output"
        if {"reasoning_effort", "reasoning", "thinking", "enable_thinking"} & set(params):
            yield "reasoning"
    if parts & {"image_url", "image", "input_image"}:
        yield "vision"
    if parts & {"file", "document", "input_file"}:
        yield "file_input"


@route("GET", "/model/*", needs_key=False)
def one(call: Call, state: State) -> Answer:
    """One model by id or alias; the slashes of an id are not escaped."""
    name = call.path.removeprefix("/model/")
    found = state.models.find(name)
    if found is None or not found.row or found.row.get("status") == "deprecated":
        raise Refusal(404, f"Model '{name}' not found")
    row = {key: value for key, value in _row(found).items() if key not in _SECTIONS}
    return json_answer({"object": "model", "data": row})


@route("GET", "/models/metrics", needs_key=False)
def metrics(call: Call, state: State) -> Answer:
    """Latencies of the last hour. ``aliases`` is repeated; a comma list matches nothing."""
    refuse(f"Unknown query parameter: '{key}'" for key, _ in call.query if key != "aliases")
    asked = [value for key, value in call.query if key == "aliases"]
    refuse(["aliases: at most 100"] if len(asked) > 100 else [])
    known = (state.models.find(name) for name in asked)
    live: Iterable[Model] = (model for model in known if model) if asked else state.models.live()
    now = datetime.fromtimestamp(state.clock(), UTC).isoformat(timespec="seconds")
    rows = [_measured(model) for model in live if model.kind == "chat"]
    return json_answer({"generated_at": now, "window_seconds": 3600, "models": rows})


def _measured(model: Model) -> Json:
    base = int.from_bytes(hashlib.sha256(model.id.encode()).digest()[:2], "big") % 900 + 100
    spread = {"p50": 1.0, "p75": 1.4, "p90": 2.0, "p99": 4.0}
    return {
        "alias": model.id,
        "endpoint": "openai/chat-completions",
        "metrics": {
            "ttft_ms": {name: round(base * factor) for name, factor in spread.items()},
            "tps": {name: round(9000 / base / factor, 1) for name, factor in spread.items()},
            "duration_ms": {name: round(base * 6 * factor) for name, factor in spread.items()},
        },
    }
