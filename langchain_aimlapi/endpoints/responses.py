"""Stored responses, and responses that are made in the background."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from langchain_aimlapi import errors
from langchain_aimlapi._dialects.reader import parse_answer
from langchain_aimlapi._domain.values import ChatResponse, ToolCall
from langchain_aimlapi._wire.explain import explain_frame
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Request, Response
from langchain_aimlapi.endpoints import (
    AsyncCall,
    AsyncSubmit,
    Context,
    JobCalls,
    JobKind,
    JobState,
    Json,
    Plan,
    Result,
    Status,
    SyncCall,
    SyncSubmit,
    once,
    only,
    order,
    read_meta,
    unknown_shape,
)
from langchain_aimlapi.endpoints._results import raise_if_error, read_json_object
from langchain_aimlapi.endpoints._thread_values import at

PATH = "/v1/responses"
ONE = "/v1/responses/{}"
_STATUSES: Mapping[str, Status] = {
    "queued": "queued",
    "in_progress": "running",
    "completed": "completed",
    "incomplete": "completed",
    "failed": "failed",
    "cancelled": "failed",
}


@dataclass(frozen=True, slots=True)
class ResponseResult(Result):
    """A response of a model.

    Attributes:
        id: ``resp_...``; ``previous_response_id`` of the next one.
        status: ``completed``, ``incomplete``, or one of a response that is being made.
        answer: The model's answer, in neutral terms; None while it is being made.
    """

    id: str = ""
    status: str = ""
    answer: ChatResponse | None = field(default=None, repr=False)

    @property
    def text(self) -> str:
        """The text of the answer."""
        return self.answer.choices[0].text if self.answer is not None else ""

    @property
    def reasoning(self) -> str:
        """The model's thoughts, where it shows any."""
        return self.answer.choices[0].reasoning if self.answer is not None else ""

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tools that it calls."""
        return self.answer.choices[0].tool_calls if self.answer is not None else ()


def plan_submit(
    context: Context,
    *,
    model: str,
    input: str | Sequence[Json],
    instructions: str | None = None,
    tools: Sequence[Json] | None = None,
    max_output_tokens: int | None = None,
    previous_response_id: str | None = None,
    extra_body: Mapping[str, object] | None = None,
) -> Plan[JobState[ResponseResult]]:
    """Order a response that is made in the background: for models that think for minutes, whose
    answer would otherwise be lost with the connection.

    Args:
        model: A model of the responses endpoint.
        input: A text, or items.
        instructions: What to be and do.
        tools: In the endpoint's form.
        max_output_tokens: At least 16.
        previous_response_id: Go on from a stored response.
        extra_body: Goes into the request body verbatim, last: ``reasoning``, ``text``, ...

    Returns:
        A `Job`; its ``id`` is the response's, its result a `ResponseResult`.

    Wire: POST ``/v1/responses`` ``{model, input, background: true, store: true, ...}``.
    Source: the responses page of docs.aimlapi.com, read 2026-08-21.
    """
    fields = {
        "instructions": instructions,
        "tools": list(tools) if tools is not None else None,
        "max_output_tokens": max_output_tokens,
        "previous_response_id": previous_response_id,
    }
    body = {
        "model": model,
        "input": input if isinstance(input, str) else list(input),
        "background": True,
        "store": True,
        **{name: value for name, value in fields.items() if value is not None},
        **(extra_body or {}),
    }
    request = context.json_request(PATH, body, model=model)
    return Plan([order(request, parse_state)], only, model=model)


def plan_get(context: Context, id: str) -> Plan[ResponseResult]:
    """A stored response, finished or not.

    Args:
        id: The response's id.

    Raises:
        ModelNotFoundError: the API has no such response (it keeps those with ``store: true``).

    Wire: GET ``/v1/responses/<id>`` -> a ``response`` object.
    Source: the gateway's OpenAPI of 2026-08-30.
    """
    return Plan([once(context.request("GET", at(ONE, id)), _parse_stored)], only, is_free=True)


def _poll(context: Context, id: str, model: str | None) -> Request:
    return context.request("GET", at(ONE, id))


# --- what comes back -----


def parse_state(response: Response, policy: Policy) -> JobState[ResponseResult]:
    """How far a response is."""
    body = _body(response, policy)
    native = str(body.get("status") or "completed")  # answers of 2025 have none
    status = _STATUSES.get(native, "running")
    result = _result(body, response, policy) if status == "completed" else None
    error = body.get("error")
    return JobState(
        id=str(body["id"]),
        status=status,
        native_status=native,
        result=result,
        error=explain_frame({"error": error}) if error and status == "failed" else None,
        cost=result.cost if result is not None else None,
    )


def _body(response: Response, policy: Policy) -> Json:
    body = read_json_object(response, policy, "a response")
    if body.get("object") != "response":
        raise_if_error(body, response, policy)
    if not isinstance(body.get("id"), str) or not body["id"]:
        raise unknown_shape(response, policy, body, "response")
    return body


def _parse_stored(response: Response, policy: Policy) -> ResponseResult:
    body = _body(response, policy)
    native = str(body.get("status") or "completed")
    if _STATUSES.get(native) == "completed":
        return _result(body, response, policy)
    return ResponseResult(
        id=str(body["id"]), status=native, meta=read_meta(response, body), raw=body
    )


def _result(body: Json, response: Response, policy: Policy) -> ResponseResult:
    try:
        answer = parse_answer(response, model=policy.model, secret=policy.secret)
    except errors.InvalidResponseError:
        raise unknown_shape(response, policy, body, "answer") from None
    return ResponseResult(
        id=str(body["id"]),
        status=str(body.get("status") or "completed"),
        answer=answer,
        meta=read_meta(response, body),
        raw=body,
    )


KIND: JobKind[ResponseResult] = JobKind(
    name="responses", poll=_poll, parse=parse_state, interval=2.0, timeout=3600.0
)


class ResponseCalls(JobCalls[ResponseResult]):
    """``client.responses``: responses that are made in the background, and stored ones. To talk to
    a model see `ChatAimlapi`, which chooses the endpoint by itself."""

    __slots__ = ()
    kind = KIND
    submit = SyncSubmit(plan_submit, KIND)
    asubmit = AsyncSubmit(submit)
    get = SyncCall(plan_get)
    aget = AsyncCall(plan_get)
