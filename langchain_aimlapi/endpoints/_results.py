"""What comes back from an endpoint: a value with ids, usage and cost, and how it is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from langchain_aimlapi import errors
from langchain_aimlapi._answers.usage import read_cost, read_usage
from langchain_aimlapi._domain.values import Cost, Meta, Usage
from langchain_aimlapi._json import BadJsonError, parse_clean_json, text_or_none
from langchain_aimlapi._wire.explain import explain_frame, is_error_body, read_body
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Response

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What every result of an endpoint has beside its content.

    Attributes:
        meta: Ids, token usage and the real charge; sums where one call took several requests
            (``meta.extra["inference_ids"]`` then names them all).
        raw: The decoded body as the API sent it, where the endpoint keeps it.
    """

    meta: Meta = field(default_factory=Meta, kw_only=True, repr=False)
    raw: Json | None = field(default=None, kw_only=True, repr=False, compare=False)

    def bound(self, runner: Any) -> Self:
        """The same value, knowing the client that it came from; only media need to."""
        return self

    @property
    def usage(self) -> Usage | None:
        """Token counts, where the API gave any."""
        return self.meta.usage

    @property
    def cost(self) -> Cost | None:
        """The real charge in US dollars and credits, where the answer names it."""
        return self.meta.cost

    @property
    def inference_id(self) -> str | None:
        """The id of the call in the usage log."""
        return self.meta.inference_id

    @property
    def client_request_id(self) -> str | None:
        """The id that the call was sent with."""
        return self.meta.client_request_id


def read_object(response: Response, policy: Policy, expected: str) -> Json:
    """The JSON object of a 2xx answer.

    Args:
        response: The answer.
        policy: Gives the model and the secret for messages.
        expected: What should be in it ("embeddings"), for messages.

    Raises:
        InvalidResponseError: it is no JSON object.
        AimlapiError: it is an error, sent with a success status.
    """
    body = read_json_object(response, policy, expected)
    raise_if_error(body, response, policy)
    return body


def read_json_object(response: Response, policy: Policy, expected: str) -> Json:
    """Like `read_object`, without a look at what the object says: it may be an error.

    Raises:
        InvalidResponseError: it is no JSON object.
    """
    try:
        value = parse_clean_json(response.body)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, Mapping):
            return value
        found = f"JSON that is not an object ({type(value).__name__})"
    except BadJsonError:
        text = read_body(response.body[:4096].decode("utf-8", "replace")).message[:300]
        found = f"no JSON: {text!r}" if response.body.strip() else "an empty body"
    raise no_answer(response, policy, f"{found} instead of {expected}")


def raise_if_error(body: Json, response: Response, policy: Policy) -> None:
    """Raise the error that a body with a success status holds, if it holds one."""
    if is_error_body(body):
        error = explain_frame(body, model=policy.model, secret=policy.secret)
        error.status_code = error.status_code or response.status
        error.inference_id = response.headers.get("x-inference-id")
        raise error


def no_answer(response: Response, policy: Policy, reason: str) -> errors.InvalidResponseError:
    """The error for a success that holds no answer."""
    error = errors.InvalidResponseError(
        errors.mask(f"the server reported success but sent no answer: {reason}", policy.secret),
        advice="check base_url and the model's kind; a proxy or login page may stand in between",
        status_code=response.status,
        model=policy.model,
    )
    error.inference_id = response.headers.get("x-inference-id")
    return error


def unknown_shape(
    response: Response, policy: Policy, body: Json, expected: str
) -> errors.InvalidResponseError:
    """The error for an answer in a form that no reader knows: it shows the keys."""
    return no_answer(
        response, policy, f"no {expected} in an object with the keys {sorted(map(str, body))[:20]}"
    )


def read_meta(response: Response, body: Json, *, known: Iterable[str] = ()) -> Meta:
    """Ids, usage and charge of an answer.

    Args:
        known: Keys of the body that are content; what is left goes into ``extra``.
    """
    taken = {*known, "id", "object", "model", "created", "usage", "meta"}
    created = body.get("created")
    return Meta(
        id=text_or_none(body.get("id")),
        model=text_or_none(body.get("model")),
        created=_seconds(created),
        inference_id=response.headers.get("x-inference-id"),
        client_request_id=response.headers.get("x-client-request-id"),
        usage=read_usage(body.get("usage")),
        cost=read_cost(body.get("meta"), response.headers),
        headers=response.headers,
        extra={name: value for name, value in body.items() if name not in taken},
    )


def _seconds(created: object) -> int | None:
    """Unix seconds; some vendors' images say milliseconds (``1777511878231``)."""
    if isinstance(created, bool) or not isinstance(created, int | float) or not 0 < created < 1e15:
        return None
    return int(created / 1000 if created > 1e11 else created)


def join_meta(metas: Sequence[Meta]) -> Meta:
    """The metas of several requests as those of one call: counts and charges are added up."""
    first = metas[0]
    if len(metas) == 1:
        return first
    ids = [meta.inference_id for meta in metas if meta.inference_id]
    return replace(
        first,
        usage=_add_usage([meta.usage for meta in metas if meta.usage]),
        cost=_add_cost([meta.cost for meta in metas if meta.cost]),
        extra={**first.extra, "inference_ids": ids},
    )


def _add_usage(usages: Sequence[Usage]) -> Usage | None:
    if not usages:
        return None
    return Usage(
        input=sum(usage.input for usage in usages),
        output=sum(usage.output for usage in usages),
        total=sum(usage.total for usage in usages),
    )


def _add_cost(costs: Sequence[Cost]) -> Cost | None:
    if not costs:
        return None
    return Cost(
        usd=sum(cost.usd or 0.0 for cost in costs), credits=sum(cost.credits or 0 for cost in costs)
    )
