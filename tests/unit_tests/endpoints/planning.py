"""What the tests of endpoints share: contexts, built requests, the published schemas."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, cast

import jsonschema

from langchain_aimlapi._fitting.notes import OnUnsupported
from langchain_aimlapi._wire.flow import Policy, Send
from langchain_aimlapi._wire.request import Request, Response
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.endpoints import Context, Plan
from tests.harness import contract

ROOT = "https://api.test"
Json = dict[str, Any]


def context(on_unsupported: OnUnsupported = "warn", **headers: str) -> Context:
    return Context(ROOT, Catalog.default(), headers, on_unsupported)


def requests_of(plan: Plan[Any]) -> list[Request]:
    """What a plan would send first, one per step."""
    sent = []
    for place in range(len(plan.steps)):
        command = next(plan.steps[place](Policy(max_retries=0)))
        assert isinstance(command, Send)
        sent.append(command.request)
    return sent


def sent_bytes(request: Request) -> bytes:
    """The body as it goes over the network."""
    body = request.body
    if body is None or isinstance(body, bytes):
        return body or b""
    sent = b"".join(body.pieces())
    assert len(sent) == body.length
    return sent


def bodies_of(plan: Plan[Any]) -> list[Json]:
    return [cast("Json", json.loads(sent_bytes(request))) for request in requests_of(plan)]


def body_of(plan: Plan[Any]) -> Json:
    (body,) = bodies_of(plan)
    return body


def told(plan: Plan[Any]) -> dict[str, str]:
    assert plan.notes is not None
    return dict(plan.notes.adaptations)


def carried_out(plan: Plan[Any], answers: Callable[[Json], Any]) -> Any:
    """The value of a plan whose requests are answered by a function of their JSON bodies."""
    results = []
    for place in range(len(plan.steps)):
        flow = plan.steps[place](Policy(max_retries=0))
        command = next(flow)
        assert isinstance(command, Send)
        body = json.loads(sent_bytes(command.request) or b"{}")
        headers = {"x-inference-id": f"inf-{place}", "content-type": "application/json"}
        try:
            flow.send(Response(200, headers, json.dumps(answers(body)).encode()))
        except StopIteration as stop:
            results.append(stop.value)
    return plan.join(results)


def answer(value: Any, headers: Mapping[str, str] | None = None) -> Response:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    named = {name.replace("_", "-"): held for name, held in (headers or {}).items()}
    return Response(200, {"x-inference-id": "inf-1", **named}, raw)


# --- the published schemas -----


@cache
def judge(path: str, model: str) -> Any:
    """The newest published request schema of a model at a path, as a validator."""
    return jsonschema.Draft202012Validator(contract.schema(contract.keys(model)[path]))


def problems(path: str, body: Mapping[str, Any]) -> list[str]:
    """What the published schema has against a body."""
    validator = judge(path, str(body["model"]))
    return [f"{error.json_path}: {error.message[:160]}" for error in validator.iter_errors(body)]


def served(kind: str, path: str) -> Iterator[str]:
    """Ids of a kind that a path is documented for, the switched-off ones too."""
    for facts in Catalog.default().models(kind=kind, status=None):
        if path in contract.keys(facts.id):
            yield facts.id
