"""Assistants: models with instructions and tools that the API keeps."""

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
    Assistant,
    assistant_of,
    at,
    listed,
    read_deleted,
    reader,
    settled,
)

PATH = "/assistants"
ONE = "/assistants/{}"
Order = Literal["asc", "desc"]
_read = reader(assistant_of, "an assistant")


def plan_create(
    context: Context,
    *,
    model: str,
    instructions: str | None = None,
    name: str | None = None,
    description: str | None = None,
    tools: Sequence[Json] | None = None,
    tool_resources: Json | None = None,
    metadata: Mapping[str, str] | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    response_format: str | Json | None = None,
    extra_body: Mapping[str, object] | None = None,
) -> Plan[Assistant]:
    """Make an assistant.

    Args:
        model: The model that answers.
        instructions: What to be and do.
        name, description: For you.
        tools: In OpenAI's form; for LangChain tools see `AimlapiAssistant`.
        tool_resources: Files for its tools.
        metadata: Up to 16 pairs of text of your own.
        temperature, top_p, response_format: As for chat.
        extra_body: Goes into the request body verbatim, last.

    Raises:
        ModelNotFoundError: there is no such model.

    Wire: POST ``/assistants`` -> an ``assistant`` object.
    Source: the assistant API pages of docs.aimlapi.com, read 2026-08-21.
    """
    fields = {
        "model": model,
        "instructions": instructions,
        "name": name,
        "description": description,
        "tools": list(tools) if tools is not None else None,
        "tool_resources": tool_resources,
        "metadata": metadata,
        "temperature": temperature,
        "top_p": top_p,
        "response_format": response_format,
    }
    request = context.json_request(PATH, settled(fields, extra_body), model=model, headers=BETA)
    return Plan([once(request, _read, repeatable=False)], only, model=model, is_free=True)


def plan_get(context: Context, id: str) -> Plan[Assistant]:
    """An assistant by its id.

    Wire: GET ``/assistants/<id>``.
    Source: the assistant API pages of docs.aimlapi.com, read 2026-08-21.
    """
    return Plan([once(context.request("GET", at(ONE, id), headers=BETA), _read)], only)


def plan_list(
    context: Context, *, order: Order = "desc", page_size: int = 100
) -> PagesPlan[Assistant]:
    """The assistants of the account, the newest first; a page is fetched when it is wanted.

    Args:
        order: ``"asc"``: the oldest first.
        page_size: Rows of one request, 1 to 100.

    Wire: GET ``/assistants?limit=&order=&after=``.
    Source: the assistant API pages of docs.aimlapi.com, read 2026-08-21.
    """
    return listed(context, PATH, assistant_of, "assistants", order=order, page_size=page_size)


def plan_update(
    context: Context,
    id: str,
    *,
    model: str | None = None,
    instructions: str | None = None,
    name: str | None = None,
    description: str | None = None,
    tools: Sequence[Json] | None = None,
    tool_resources: Json | None = None,
    metadata: Mapping[str, str] | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    response_format: str | Json | None = None,
    extra_body: Mapping[str, object] | None = None,
) -> Plan[Assistant]:
    """Change an assistant; what is left out stays as it is.

    Args:
        id: The assistant's id.
        model, instructions, name, description, tools, tool_resources, metadata, temperature,
            top_p, response_format, extra_body: As for `assistants.create`.

    Wire: POST ``/assistants/<id>``.
    Source: the assistant API pages of docs.aimlapi.com, read 2026-08-21.
    """
    fields = {
        "model": model,
        "instructions": instructions,
        "name": name,
        "description": description,
        "tools": list(tools) if tools is not None else None,
        "tool_resources": tool_resources,
        "metadata": metadata,
        "temperature": temperature,
        "top_p": top_p,
        "response_format": response_format,
    }
    request = context.json_request(at(ONE, id), settled(fields, extra_body), headers=BETA)
    return Plan([once(request, _read)], only, model=model, is_free=True)


def plan_delete(context: Context, id: str) -> Plan[bool]:
    """Delete an assistant; whether it is gone.

    Wire: DELETE ``/assistants/<id>`` -> ``{id, deleted}``.
    Source: the assistant API pages of docs.aimlapi.com, read 2026-08-21.
    """
    request = context.request("DELETE", at(ONE, id), headers=BETA)
    return Plan([once(request, read_deleted)], only)


class AssistantCalls(Calls):
    """``client.assistants``: models with instructions and tools that the API keeps. To talk to one
    from LangChain see `AimlapiAssistant`."""

    __slots__ = ()
    create = SyncCall(plan_create)
    acreate = AsyncCall(plan_create)
    get = SyncCall(plan_get)
    aget = AsyncCall(plan_get)
    list = SyncStreamCall(plan_list)
    alist = AsyncStreamCall(plan_list)
    update = SyncCall(plan_update)
    aupdate = AsyncCall(plan_update)
    delete = SyncCall(plan_delete)
    adelete = AsyncCall(plan_delete)
