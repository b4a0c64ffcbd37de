"""Threads: conversations that the API keeps, and their messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from langchain_aimlapi.endpoints import (
    AsyncCall,
    AsyncStreamCall,
    Calls,
    Context,
    Json,
    Plan,
    SyncCall,
    SyncStreamCall,
    once,
    only,
)
from langchain_aimlapi.endpoints._pages import PagesPlan
from langchain_aimlapi.endpoints._thread_values import (
    BETA,
    Thread,
    ThreadMessage,
    at,
    listed,
    message_of,
    read_deleted,
    reader,
    settled,
    thread_of,
)

PATH = "/threads"
ONE = "/threads/{}"
MESSAGES = "/threads/{}/messages"
MESSAGE = "/threads/{}/messages/{}"
Order = Literal["asc", "desc"]
_thread = reader(thread_of, "a thread")
_message = reader(message_of, "a message")


def plan_create(
    context: Context,
    *,
    messages: Sequence[Json] | None = None,
    metadata: Mapping[str, str] | None = None,
    tool_resources: Json | None = None,
) -> Plan[Thread]:
    """Begin a conversation.

    Args:
        messages: Its first messages, ``{"role": "user" or "assistant", "content": ...}``.
        metadata: Up to 16 pairs of text of your own.
        tool_resources: Files for the tools of whoever answers.

    Wire: POST ``/threads`` -> a ``thread`` object.
    Source: the thread API pages of docs.aimlapi.com, read 2026-08-21.
    """
    fields = {
        "messages": list(messages) if messages is not None else None,
        "metadata": metadata,
        "tool_resources": tool_resources,
    }
    request = context.json_request(PATH, settled(fields, None), headers=BETA)
    return Plan([once(request, _thread, repeatable=False)], only)


def plan_get(context: Context, id: str) -> Plan[Thread]:
    """A thread by its id.

    Wire: GET ``/threads/<id>``.
    Source: the thread API pages of docs.aimlapi.com, read 2026-08-21.
    """
    return Plan([once(context.request("GET", at(ONE, id), headers=BETA), _thread)], only)


def plan_update(
    context: Context,
    id: str,
    *,
    metadata: Mapping[str, str] | None = None,
    tool_resources: Json | None = None,
) -> Plan[Thread]:
    """Change what is noted about a thread; what is left out stays as it is.

    Wire: POST ``/threads/<id>``.
    Source: the thread API pages of docs.aimlapi.com, read 2026-08-21.
    """
    fields = settled({"metadata": metadata, "tool_resources": tool_resources}, None)
    request = context.json_request(at(ONE, id), fields, headers=BETA)
    return Plan([once(request, _thread)], only)


def plan_delete(context: Context, id: str) -> Plan[bool]:
    """Delete a thread; whether it is gone.

    Wire: DELETE ``/threads/<id>`` -> ``{id, deleted}``.
    Source: the thread API pages of docs.aimlapi.com, read 2026-08-21.
    """
    request = context.request("DELETE", at(ONE, id), headers=BETA)
    return Plan([once(request, read_deleted)], only)


def plan_add(
    context: Context,
    thread_id: str,
    *,
    content: str | Sequence[Json],
    role: Literal["user", "assistant"] = "user",
    attachments: Sequence[Json] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Plan[ThreadMessage]:
    """Add a message to a thread. It is sent once: a second one would be a second message.

    Args:
        thread_id: The thread.
        content: A text, or parts in OpenAI's form.
        role: Who says it.
        attachments: Files, ``{"file_id": ..., "tools": [...]}``.
        metadata: Up to 16 pairs of text of your own.

    Raises:
        InvalidRequestError: a run is at work on the thread.

    Wire: POST ``/threads/<id>/messages`` -> a ``thread.message`` object.
    Source: the message API pages of docs.aimlapi.com, read 2026-08-21.
    """
    fields = {
        "role": role,
        "content": content if isinstance(content, str) else list(content),
        "attachments": list(attachments) if attachments is not None else None,
        "metadata": metadata,
    }
    path = at(MESSAGES, thread_id)
    request = context.json_request(path, settled(fields, None), headers=BETA)
    return Plan([once(request, _message, repeatable=False)], only)


def plan_messages(
    context: Context,
    thread_id: str,
    *,
    run_id: str | None = None,
    order: Order = "asc",
    page_size: int = 100,
) -> PagesPlan[ThreadMessage]:
    """The messages of a thread in their order; a page is fetched when it is wanted.

    Args:
        thread_id: The thread.
        run_id: Only those that this run has written.
        order: ``"desc"``: the newest first.
        page_size: Rows of one request, 1 to 100.

    Wire: GET ``/threads/<id>/messages?run_id=&limit=&order=&after=``.
    Source: the message API pages of docs.aimlapi.com, read 2026-08-21.
    """
    query = [("run_id", run_id)] if run_id is not None else []
    path = at(MESSAGES, thread_id)
    return listed(
        context, path, message_of, "messages", order=order, page_size=page_size, query=query
    )


def plan_message(context: Context, thread_id: str, message_id: str) -> Plan[ThreadMessage]:
    """One message.

    Wire: GET ``/threads/<id>/messages/<id>``.
    Source: the message API pages of docs.aimlapi.com, read 2026-08-21.
    """
    request = context.request("GET", at(MESSAGE, thread_id, message_id), headers=BETA)
    return Plan([once(request, _message)], only)


def plan_change_message(
    context: Context, thread_id: str, message_id: str, *, metadata: Mapping[str, str]
) -> Plan[ThreadMessage]:
    """Change what is noted about a message.

    Wire: POST ``/threads/<id>/messages/<id>`` ``{metadata}``.
    Source: the message API pages of docs.aimlapi.com, read 2026-08-21.
    """
    path = at(MESSAGE, thread_id, message_id)
    request = context.json_request(path, {"metadata": metadata}, headers=BETA)
    return Plan([once(request, _message)], only)


def plan_delete_message(context: Context, thread_id: str, message_id: str) -> Plan[bool]:
    """Delete a message; whether it is gone.

    Wire: DELETE ``/threads/<id>/messages/<id>`` -> ``{id, deleted}``.
    Source: the message API pages of docs.aimlapi.com, read 2026-08-21.
    """
    request = context.request("DELETE", at(MESSAGE, thread_id, message_id), headers=BETA)
    return Plan([once(request, read_deleted)], only)


class ThreadCalls(Calls):
    """``client.threads``: conversations that the API keeps, and their messages."""

    __slots__ = ()
    create = SyncCall(plan_create)
    acreate = AsyncCall(plan_create)
    get = SyncCall(plan_get)
    aget = AsyncCall(plan_get)
    update = SyncCall(plan_update)
    aupdate = AsyncCall(plan_update)
    delete = SyncCall(plan_delete)
    adelete = AsyncCall(plan_delete)
    add_message = SyncCall(plan_add)
    aadd_message = AsyncCall(plan_add)
    messages = SyncStreamCall(plan_messages)
    amessages = AsyncStreamCall(plan_messages)
    message = SyncCall(plan_message)
    amessage = AsyncCall(plan_message)
    update_message = SyncCall(plan_change_message)
    aupdate_message = AsyncCall(plan_change_message)
    delete_message = SyncCall(plan_delete_message)
    adelete_message = AsyncCall(plan_delete_message)
