"""GET /v1/models/deprecations: which models left or will leave, and what takes their place."""

from __future__ import annotations

from collections.abc import Iterable

from langchain_aimlapi.emulator._core import Answer, Call, Json, dump
from langchain_aimlapi.emulator._models import DEPRECATED, SUPERSEDED, WITHDRAWN, Model
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State
from langchain_aimlapi.emulator.endpoints.models import tagged

_WORDS = (DEPRECATED, SUPERSEDED, WITHDRAWN)
_HOMES = ("/v1/models", "/models", "/api/v1/models")
_PATHS = tuple(f"{home}/{word}" for home in _HOMES for word in ("deprecations", "deprecated"))


@route("GET", *_PATHS, needs_key=False)
def deprecations(call: Call, state: State) -> Answer:
    """The feed, newest date first. Filters that make no sense are ignored."""
    rows = [_row(state, model) for model in state.models.all() if model.status in _WORDS]
    statuses = {
        word.strip().lower()
        for key, value in call.query
        if key == "status"
        for word in value.split(",")
    } & set(_WORDS)
    if statuses:
        rows = [row for row in rows if row["status"] in statuses]
    since = dict(call.query).get("since", "")
    if len(since) == 10 and since[:4].isdecimal():
        rows = [row for row in rows if max(_dates(row)) >= since]
    rows.sort(key=lambda row: str(row["id"]))
    rows.sort(key=lambda row: max(_dates(row)), reverse=True)
    content = dump(rows)
    body = {"object": "list", "generated_at": state.moment(), "data": rows}
    return tagged(call, dump(body), content, "public, max-age=300")


def _dates(row: Json) -> tuple[str, str]:
    return row["deprecated_at"] or "", row["shutdown_at"] or ""


def _aliases(state: State, model: Model) -> Iterable[str]:
    return state.models.aliases.get(model.name, ())


def _ends(state: State, name: str, model: Model) -> bool:
    """Whether another spelling ends, too: some are served on another route."""
    other = state.models.find(name)
    return other is None or other.status == model.status


def _row(state: State, model: Model) -> Json:
    facts = model.row
    superseded = model.status == SUPERSEDED
    reason = "consolidated" if superseded else "unknown"
    return {
        "id": model.name,
        "aliases": [name for name in _aliases(state, model) if _ends(state, name, model)],
        "status": model.status,
        "deprecated_at": facts.get("deprecated_at"),
        "shutdown_at": None if superseded else facts.get("shutdown_at"),
        "replaced_by": facts.get("replaced_by") or (model.id if superseded else None),
        "reason": facts.get("reason", reason),
    }
