"""The API's own lists of models, and the request schema of each, as the catalog's live layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langchain_aimlapi._json import BadJsonError, parse_clean_json
from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.explain import explain
from langchain_aimlapi._wire.flow import Flow, Policy
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.catalog.live import (
    ENDS_PATH,
    LIST_PATH,
    Snapshot,
    interpret,
    request_headers,
)
from langchain_aimlapi.catalog.refresh import Lists, Refresh
from langchain_aimlapi.catalog.shape import CHAT
from langchain_aimlapi.endpoints import Context, Plan, Step, no_answer, only, read_object

_GONE = (404, 410)


def plan_lists(context: Context, refresh: Refresh) -> Plan[Lists]:
    """The model list and the list of what ends; what has not changed comes from the disk.

    Wire: GET ``/v1/models?include=all`` and ``/v1/models/deprecations``, ``If-None-Match``, no key
    -> 200, 304, or 404 for the second on a gateway that has none.
    Source: the complete model list page and the deprecations page of docs.aimlapi.com, read
    2026-11-26.
    """
    steps = [
        _list_step(context, LIST_PATH, refresh.listed, optional=False),
        _list_step(context, ENDS_PATH, refresh.ends, optional=True),
    ]
    return Plan(steps, lambda results: Lists(*results), needs_key=False)


def _list_step(
    context: Context, path: str, cached: Snapshot | None, *, optional: bool
) -> Step[Snapshot | None]:
    headers = {name.lower(): value for name, value in request_headers(cached).items()}
    request = context.request("GET", path, headers=headers)

    def read(response: Response, policy: Policy) -> Snapshot | None:
        if optional and response.status in _GONE:
            return None
        try:
            return interpret(response.status, response.headers, response.body, cached)
        except ValueError as error:
            reason = str(error)
        raise no_answer(response, policy, reason)

    def step(policy: Policy) -> Flow[Snapshot | None]:
        accept = (304, *_GONE) if optional else (304,)
        return flow.call(request, lambda answer: read(answer, policy), policy, accept=accept)

    return step


def plan_schemas(
    context: Context, refresh: Refresh, lists: Lists
) -> Plan[list[Mapping[str, object] | None]]:
    """The OpenAPI document of every model that the refreshing wants, None for one that is gone.

    Wire: GET ``/docs-json?model=<id>&endpoint=<type>``, as the model list links it; no key.
    Source: the model list page of docs.aimlapi.com, read 2026-11-26.
    """
    steps = [_schema_step(context, link) for _, link in refresh.links(lists)]
    return Plan(steps, list, needs_key=False)


def _schema_step(context: Context, link: str) -> Step[Mapping[str, object] | None]:
    request = context.request("GET", link)

    def read(response: Response, policy: Policy) -> Mapping[str, object] | None:
        if response.status in _GONE:
            return None
        document = read_object(response, policy, "an OpenAPI document")
        if not isinstance(document.get("paths"), Mapping):
            raise no_answer(response, policy, "the document has no paths")
        return document

    def step(policy: Policy) -> Flow[Mapping[str, object] | None]:
        return flow.call(request, lambda answer: read(answer, policy), policy, accept=_GONE)

    return step


@dataclass(frozen=True, slots=True)
class Probed:
    """The answer to a probe, whatever its status."""

    status: int
    body: Any
    message: str


def plan_probe(context: Context, body: Mapping[str, object]) -> Plan[Probed]:
    """One chat request exactly as it is given, and what the API makes of it.

    Wire: POST ``/v1/chat/completions``. A refusal (400 to 422) is an answer.
    Source: the chat page of docs.aimlapi.com, read 2026-11-26.
    """
    model = str(body.get("model", ""))
    request = context.json_request(CHAT, body, model=model)

    def read(response: Response, policy: Policy) -> Probed:
        try:
            value = parse_clean_json(response.body)
        except BadJsonError:
            value = None
        refused = response.status >= 400
        message = explain(response, model=model, secret=policy.secret).message if refused else ""
        return Probed(response.status, value, message)

    def step(policy: Policy) -> Flow[Probed]:
        return flow.call(
            request, lambda answer: read(answer, policy), policy, accept=(400, 404, 422)
        )

    return Plan([step], only, model=model)
