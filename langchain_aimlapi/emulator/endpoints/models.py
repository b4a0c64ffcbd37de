"""GET /v1/models, /model/{id} and /models/metrics: what there is and how fast it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from langchain_aimlapi.emulator._catalogue import SECTIONS, rows_of
from langchain_aimlapi.emulator._core import (
    JSON_TYPE,
    Answer,
    Call,
    Json,
    Refusal,
    dump,
    json_answer,
)
from langchain_aimlapi.emulator._models import WITHDRAWN, Model
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State
from langchain_aimlapi.emulator._validate import refuse
from langchain_aimlapi.emulator.contract.schema import Issue

_FILTERS = (
    "id",
    "type",
    "tags",
    "modalities",
    "input_modalities",
    "output_modalities",
    "capabilities",
)


@route("GET", "/v1/models", "/models", "/api/v1/models", needs_key=False)
def catalogue(call: Call, state: State) -> Answer:
    """The list, with the requested sections, as far as the filters let it through."""
    sections = _sections(call)
    wanted = {
        name: _values(call, name) for name in _FILTERS if any(k == name for k, _ in call.query)
    }
    rows = [row for model in state.models.listed() for row in rows_of(state, model, call.origin)]
    kept = [row for row in rows if _passes(row, wanted)]
    data = [{k: v for k, v in row.items() if k not in SECTIONS or k in sections} for row in kept]
    body = dump({"object": "list", "data": data})
    return tagged(call, body, body, "max-age=60")


def tagged(call: Call, body: bytes, content: bytes, caching: str) -> Answer:
    """An answer with a weak ETag over ``content``; 304 for who has it already."""
    tag = f'W/"{hashlib.sha256(content).hexdigest()[:27]}"'
    headers = {"etag": tag, "cache-control": caching}
    known_tags = [each.strip() for each in call.headers.get("if-none-match", "").split(",")]
    if tag in known_tags or "*" in known_tags:
        return Answer(304, headers, ())
    return Answer(200, {"content-type": JSON_TYPE, **headers}, (body,))


def _sections(call: Call) -> frozenset[str]:
    """The requested sections; unknown words are ignored."""
    wanted = _values(call, "include")
    if "all" in wanted or ("details", "true") in call.query:
        return frozenset(SECTIONS)
    return frozenset(wanted)


def _values(call: Call, name: str) -> set[str]:
    """Commas and repeats both mean "or"."""
    return {one for key, value in call.query if key == name for one in value.split(",") if one}


def _passes(row: Json, wanted: dict[str, set[str]]) -> bool:
    """Different filters mean "and"."""
    inputs, outputs = set(row["modalities"]["input"]), set(row["modalities"]["output"])
    facts = {
        "id": {row["id"], *row["aliases"]},
        "type": {row["type"]},
        "tags": set(row["tags"]),
        "modalities": inputs | outputs,
        "input_modalities": inputs,
        "output_modalities": outputs,
        "capabilities": set(row["capabilities"]),
    }
    return all(values & facts[name] for name, values in wanted.items())


@route("GET", "/model/*", needs_key=False)
def one(call: Call, state: State) -> Answer:
    """One model by id or alias; the slashes of an id are not escaped."""
    name = call.path.removeprefix("/model/")
    found = state.models.find(name)
    if found is None or not found.row or found.status == WITHDRAWN:
        raise Refusal(404, f"Model '{name}' not found")
    listed = state.models.find(found.id) or found
    row = next(rows_of(state, listed, call.origin), None) or next(
        rows_of(state, found, call.origin), None
    )
    if row is None:
        raise Refusal(404, f"Model '{name}' not found")
    data = {key: value for key, value in row.items() if key not in SECTIONS}
    for date in ("deprecated_at", "shutdown_at"):
        if found.row.get(date):
            data[date] = found.row[date]
    return json_answer({"object": "model", "data": data})


@route("GET", "/models/metrics", needs_key=False)
def metrics(call: Call, state: State) -> Answer:
    """Latencies of the last hour. ``aliases`` is repeated; a comma list matches nothing."""
    refuse(
        Issue("", f"Unknown query parameter: '{key}'") for key, _ in call.query if key != "aliases"
    )
    names = [value for key, value in call.query if key == "aliases"]
    refuse([Issue("aliases", "Array must contain at most 100 element(s)")] * (len(names) > 100))
    known = (state.models.find(name) for name in names)
    live: Iterable[Model] = (model for model in known if model) if names else state.models.listed()
    rows = [_measured(model) for model in live if model.kind == "chat"]
    body = {"generated_at": state.moment(), "window_seconds": 3600, "models": rows}
    return json_answer(body)


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
