"""POST and GET /v1/files, GET and DELETE of one: files for assistants."""

from __future__ import annotations

from langchain_aimlapi.emulator._core import Answer, Call, Json, Refusal, json_answer
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State
from langchain_aimlapi.emulator._validate import refuse
from langchain_aimlapi.emulator.contract.schema import Issue, enum_text

PURPOSES = ("assistants", "chat_analysis")


@route("POST", "/v1/files", "/files")
def upload(call: Call, state: State) -> Answer:
    """Keeps a file; ``purpose`` says what for."""
    if call.media_type() != "multipart/form-data":
        refuse([Issue("file", "Required")])
    fields, files = call.form()
    purpose = fields.get("purpose")
    if purpose not in PURPOSES:
        refuse([Issue("purpose", enum_text(PURPOSES, purpose))])
    if not files:
        refuse([Issue("file", "Required")])
    sent = files[0]
    row: Json = {
        "id": f"file-{state.ids.base62(24)}",
        "object": "file",
        "bytes": len(sent.data),
        "created_at": state.now(),
        "expires_at": None,
        "filename": sent.filename,
        "purpose": purpose,
    }
    state.uploads[row["id"]] = (row, sent.media_type, sent.data)
    return json_answer(row)


@route("GET", "/v1/files", "/files")
def every(call: Call, state: State) -> Answer:
    """All files, or those of a purpose."""
    wanted = dict(call.query).get("purpose")
    rows = [row for row, _, _ in state.uploads.values() if wanted in (None, row["purpose"])]
    return json_answer({"object": "list", "data": rows, "has_more": False})


@route("GET", "/v1/files/*")
def one(call: Call, state: State) -> Answer:
    """A file's facts, or its bytes under ``/content``."""
    name = call.path.removeprefix("/v1/files/")
    content = name.endswith("/content")
    row, media_type, data = _found(state, name.removesuffix("/content"))
    if content:
        return Answer(200, {"content-type": media_type}, (data,))
    return json_answer(row)


@route("DELETE", "/v1/files/*")
def delete(call: Call, state: State) -> Answer:
    """Forgets a file."""
    name = call.path.removeprefix("/v1/files/")
    _found(state, name)
    del state.uploads[name]
    return json_answer({"id": name, "object": "file", "deleted": True})


def _found(state: State, name: str) -> tuple[Json, str, bytes]:
    found = state.uploads.get(name)
    if found is None:
        raise Refusal(404, f"No such File object: {name}")
    return found
