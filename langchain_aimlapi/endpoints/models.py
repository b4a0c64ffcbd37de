"""The API's own list of models, as the catalog's layer of live facts."""

from __future__ import annotations

from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.flow import Flow, Policy
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.catalog.refresh import PATH, Snapshot, interpret, request_headers
from langchain_aimlapi.endpoints import Context, Plan, no_answer, only


def plan_models(context: Context, cached: Snapshot | None = None) -> Plan[Snapshot]:
    """The model list, or ``cached`` where it has not changed since.

    Wire: GET ``/v1/models?include=all``, ``If-None-Match``, no key -> 200 or 304.
    Source: the complete model list page of docs.aimlapi.com, read 2026-08-21.
    """
    headers = {name.lower(): value for name, value in request_headers(cached).items()}
    request = context.request("GET", PATH, headers=headers)

    def read(response: Response, policy: Policy) -> Snapshot:
        try:
            return interpret(response.status, response.headers, response.body, cached)
        except ValueError as error:
            reason = str(error)
        raise no_answer(response, policy, reason)

    def step(policy: Policy) -> Flow[Snapshot]:
        return flow.call(request, lambda answer: read(answer, policy), policy, accept=(304,))

    return Plan([step], only, needs_key=False)
