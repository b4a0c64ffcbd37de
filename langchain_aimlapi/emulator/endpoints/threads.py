"""/threads and their messages: conversations that assistants answer."""

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
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State
from langchain_aimlapi.emulator._threads import ENDS, Thread, content_parts
from langchain_aimlapi.emulator._validate import refuse
from langchain_aimlapi.emulator.contract.schema import Issue, enum_text
from langchain_aimlapi.emulator.endpoints.assistants import page_of


@route("POST", "/threads", "/v1/threads")
def create_thread(call: Call, state: State) -> Answer:
    """A conversation, with its first messages if there are any."""
    body = call.json() if call.body.strip() else {}
    return json_answer(new_thread(state, body).row)


def new_thread(state: State, body: Json) -> Thread:
    row: Json = {
        "id": f"thread_{state.ids.base62(24)}",
        "object": "thread",
        "created_at": state.now(),
        "metadata": body.get("metadata") or {},
        "tool_resources": body.get("tool_resources"),
    }
    thread = Thread(row)
    for message in records(body.get("messages")):
        thread.messages.append(new_message(state, thread, message))
    state.threads.threads[row["id"]] = thread
    return thread


@route("GET", "/threads/*/messages", "/v1/threads/*/messages")
def list_messages(call: Call, state: State) -> Answer:
    rows = thread_of(call, state).messages
    run = dict(call.query).get("run_id")
    return page_of(call, [row for row in rows if run in (None, row["run_id"])])


@route("POST", "/threads/*/messages", "/v1/threads/*/messages")
def create_message(call: Call, state: State) -> Answer:
    """Adds a message to a thread."""
    thread = thread_of(call, state)
    if any(run.status not in ENDS for run in thread.runs.values()):
        raise Refusal(400, f"Can't add messages to {thread.row['id']} while a run is active.")
    message = new_message(state, thread, call.json())
    thread.messages.append(message)
    return json_answer(message)


@route("GET", "/threads/*/messages/*", "/v1/threads/*/messages/*")
def get_message(call: Call, state: State) -> Answer:
    return json_answer(_message(call, state))


@route("POST", "/threads/*/messages/*", "/v1/threads/*/messages/*")
def change_message(call: Call, state: State) -> Answer:
    message = _message(call, state)
    message["metadata"] = call.json().get("metadata") or {}
    return json_answer(message)


@route("DELETE", "/threads/*/messages/*", "/v1/threads/*/messages/*")
def delete_message(call: Call, state: State) -> Answer:
    message = _message(call, state)
    thread_of(call, state).messages.remove(message)
    return json_answer({"id": message["id"], "object": "thread.message.deleted", "deleted": True})


@route("GET", "/threads/*", "/v1/threads/*")
def get_thread(call: Call, state: State) -> Answer:
    return json_answer(thread_of(call, state).row)


@route("POST", "/threads/*", "/v1/threads/*")
def change_thread(call: Call, state: State) -> Answer:
    row = thread_of(call, state).row
    body = call.json()
    row |= {name: body[name] for name in ("metadata", "tool_resources") if name in body}
    return json_answer(row)


@route("DELETE", "/threads/*", "/v1/threads/*")
def delete_thread(call: Call, state: State) -> Answer:
    row = thread_of(call, state).row
    del state.threads.threads[row["id"]]
    return json_answer({"id": row["id"], "object": "thread.deleted", "deleted": True})


def segments(call: Call) -> list[str]:
    """The segments of a path behind ``threads``."""
    return call.path.partition("/threads/")[2].split("/")


def thread_of(call: Call, state: State) -> Thread:
    name = segments(call)[0]
    found = state.threads.threads.get(name)
    if found is None:
        raise Refusal(404, f"No thread found with id '{name}'.")
    return found


def _message(call: Call, state: State) -> Json:
    name = segments(call)[2]
    found = next((one for one in thread_of(call, state).messages if one["id"] == name), None)
    if found is None:
        raise Refusal(404, f"No message found with id '{name}'.")
    return found


def new_message(state: State, thread: Thread, body: Json) -> Json:
    role, content = body.get("role"), body.get("content")
    if role not in ("user", "assistant"):
        refuse([Issue("role", enum_text(("user", "assistant"), role))])
    if not isinstance(content, str | list):
        received = kind_of(content) if "content" in body else "undefined"
        refuse([Issue("content", f"Expected string | array, received {received}")])
    return {
        "id": f"msg_{state.ids.base62(24)}",
        "object": "thread.message",
        "created_at": state.now(),
        "thread_id": thread.row["id"],
        "status": "completed",
        "incomplete_details": None,
        "completed_at": state.now(),
        "incomplete_at": None,
        "role": role,
        "content": content_parts(content),
        "assistant_id": None,
        "run_id": None,
        "attachments": records(body.get("attachments")),
        "metadata": body.get("metadata") or {},
    }
