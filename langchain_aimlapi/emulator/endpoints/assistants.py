"""/assistants: models with instructions and tools, in OpenAI's second version, at the root."""

from __future__ import annotations

from langchain_aimlapi.emulator._core import (
    Answer,
    Call,
    Json,
    Refusal,
    json_answer,
    kind_of,
    records,
)
from langchain_aimlapi.emulator._models import WITHDRAWN, Model
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State
from langchain_aimlapi.emulator._validate import refuse
from langchain_aimlapi.emulator.contract.schema import Issue, enum_text

_KEPT = (
    "name",
    "description",
    "instructions",
    "tools",
    "tool_resources",
    "metadata",
    "temperature",
    "top_p",
    "response_format",
    "reasoning_effort",
)


def page_of(call: Call, rows: list[Json]) -> Answer:
    """A page of rows: newest first unless the query says otherwise, after or before an id."""
    query = dict(call.query)
    limit = int(query["limit"]) if query.get("limit", "").isdecimal() else 20
    if not 1 <= limit <= 100:
        refuse([Issue("limit", "Number must be between 1 and 100")])
    order = query.get("order", "desc")
    if order not in ("asc", "desc"):
        refuse([Issue("order", enum_text(("asc", "desc"), order))])
    rows = rows if order == "asc" else rows[::-1]
    ids = [row["id"] for row in rows]
    start = ids.index(query["after"]) + 1 if query.get("after") in ids else 0
    end = ids.index(query["before"]) if query.get("before") in ids else len(ids)
    page = rows[start:end][:limit]
    body = {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
        "has_more": end - start > limit,
    }
    return json_answer(body)


@route("POST", "/assistants", "/v1/assistants")
def create_assistant(call: Call, state: State) -> Answer:
    """Keeps an assistant: a model with instructions and tools."""
    body = call.json()
    model = model_of(state, body)
    row: Json = {
        "id": f"asst_{state.ids.base62(24)}",
        "object": "assistant",
        "created_at": state.now(),
        "model": model.name,
        **{name: body.get(name) for name in _KEPT},
        "tools": records(body.get("tools")),
        "metadata": body.get("metadata") or {},
    }
    state.threads.assistants[row["id"]] = row
    return json_answer(row)


def model_of(state: State, body: Json) -> Model:
    name = body.get("model")
    if not isinstance(name, str):
        refuse([Issue("model", f"Expected string, received {kind_of(name)}")])
    found = state.models.find(str(name))
    if found is None or found.status == WITHDRAWN:
        raise Refusal(404, f"The model '{name}' does not exist or you do not have access to it.")
    return found


@route("GET", "/assistants", "/v1/assistants")
def list_assistants(call: Call, state: State) -> Answer:
    return page_of(call, list(state.threads.assistants.values()))


@route("GET", "/assistants/*", "/v1/assistants/*")
def get_assistant(call: Call, state: State) -> Answer:
    return json_answer(assistant_of(state, call.path.rpartition("/")[2]))


@route("POST", "/assistants/*", "/v1/assistants/*")
def change_assistant(call: Call, state: State) -> Answer:
    row = assistant_of(state, call.path.rpartition("/")[2])
    body = call.json()
    if "model" in body:
        row["model"] = model_of(state, body).name
    row |= {name: body[name] for name in _KEPT if name in body}
    return json_answer(row)


@route("DELETE", "/assistants/*", "/v1/assistants/*")
def delete_assistant(call: Call, state: State) -> Answer:
    row = assistant_of(state, call.path.rpartition("/")[2])
    del state.threads.assistants[row["id"]]
    return json_answer({"id": row["id"], "object": "assistant.deleted", "deleted": True})


def assistant_of(state: State, name: object) -> Json:
    found = state.threads.assistants.get(str(name))
    if found is None:
        raise Refusal(404, f"No assistant found with id '{name}'.")
    return found
