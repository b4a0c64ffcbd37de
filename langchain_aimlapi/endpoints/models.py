"""The API's own list of models, as the catalog's layer of live facts."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeVar

from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.flow import Fault, Flow, Policy
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.catalog.refresh import PATH, Snapshot, interpret, request_headers
from langchain_aimlapi.endpoints import Context, Plan, no_answer, only

T = TypeVar("T")


def read_models(context: Context, cached: Snapshot | None = None) -> Plan[Snapshot]:
    """The model list, or ``cached`` where it has not changed since.

    Wire: GET ``/v1/models?include=all``, ``If-None-Match``, no key -> 200 or 304.
    Source: the complete model list page of docs.aimlapi.com, read 2026-08-21.
    """
    headers = {name.lower(): value for name, value in request_headers(cached).items()}
    request = context.get(PATH, headers=headers)

    def read(response: Response, policy: Policy) -> Snapshot:
        try:
            return interpret(response.status, response.headers, response.body, cached)
        except ValueError as error:
            said = str(error)
        raise no_answer(response, policy, said)

    def step(policy: Policy) -> Flow[Snapshot]:
        plain = flow.call(request, lambda answer: read(answer, policy), policy)
        return _or_unchanged(plain, lambda answer: read(answer, policy))

    return Plan([step], only, needs_key=False)


def _or_unchanged(inner: Flow[T], read: Callable[[Response], T]) -> Generator[Any, Any, T]:
    """A flow for which "304 Not Modified" is an answer too."""
    try:
        command = next(inner)
        while True:
            try:
                result = yield command
            except Fault as fault:
                command = inner.throw(fault)
                continue
            if isinstance(result, Response) and result.status == 304:
                inner.close()
                return read(result)
            command = inner.send(result)
    except StopIteration as stop:
        answer: T = stop.value
        return answer
