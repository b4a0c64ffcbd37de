"""Batches: many Claude messages at half price, within a day.

A batch is a job, but its result may be larger than memory: rows are streamed, and asking for the
state reads the first line of the answer only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from langchain_aimlapi._answers.streams import LinesReader
from langchain_aimlapi._json import encode
from langchain_aimlapi._wire.explain import explain_frame
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Request, Response
from langchain_aimlapi.endpoints import (
    AsyncStreamCall,
    AsyncSubmit,
    Context,
    JobCalls,
    JobKind,
    JobState,
    Json,
    Plan,
    Result,
    Status,
    StreamPlan,
    SyncStreamCall,
    SyncSubmit,
    no_answer,
    once,
    only,
    read_meta,
    read_object,
    unknown_shape,
)
from langchain_aimlapi.errors import InvalidRequestError

PATH = "/v1/batches"
MOST_REQUESTS = 100_000
_ENDED = frozenset({"ended", "completed", "succeeded"})
_FAILED = frozenset({"error", "errored", "failed", "expired", "cancelled", "canceled"})


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """Requests of a batch by state."""

    processing: int = 0
    succeeded: int = 0
    errored: int = 0
    canceled: int = 0
    expired: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.processing + self.succeeded + self.errored + self.canceled + self.expired


@dataclass(frozen=True, slots=True)
class BatchInfo(Result):
    """A batch as the API describes it.

    Attributes:
        id: The batch's id.
        counts: Where its requests are; None where the answer does not say.
        created_at, ended_at, expires_at: ISO 8601, where the answer says.
    """

    id: str = ""
    counts: BatchCounts | None = None
    created_at: str | None = None
    ended_at: str | None = None
    expires_at: str | None = None


@dataclass(frozen=True, slots=True)
class _Rows:
    """The body of an order: a JSON object whose rows are made once and never joined."""

    head: bytes
    rows: tuple[bytes, ...] = field(repr=False)
    tail: bytes = b"]}"

    @property
    def length(self) -> int:
        """Its length in bytes."""
        commas = max(len(self.rows) - 1, 0)
        return len(self.head) + sum(map(len, self.rows)) + commas + len(self.tail)

    def pieces(self) -> Iterator[bytes]:
        """The bytes, some thousand rows at a time."""
        yield self.head
        for start in range(0, len(self.rows), 1000):
            comma = b"," if start else b""
            yield comma + b",".join(self.rows[start : start + 1000])
        yield self.tail


def plan_submit(
    context: Context,
    *,
    model: str,
    requests: Iterable[tuple[str, Mapping[str, object]]],
    extra_body: Mapping[str, object] | None = None,
) -> Plan[JobState[BatchInfo]]:
    """Order a batch.

    Args:
        model: Id of a Claude model.
        requests: (custom id, parameters of a message request) pairs, 1 to 100,000. The ids come
            back with the results.
        extra_body: Goes into the request body beside them.

    Raises:
        InvalidRequestError: there is no request, there are too many, or an id stands twice.

    Wire: POST ``/v1/batches`` ``{model, requests: [{custom_id, params}]}`` -> ``{id,
    processing_status, request_counts, ...}``.
    Source: the batch processing page of docs.aimlapi.com, read 2026-08-21; the gateway's OpenAPI
    of 2026-08-30.
    """
    rows: list[bytes] = []
    seen: set[str] = set()
    for name, params in requests:
        if name in seen:
            raise InvalidRequestError(
                f"the id {name!r} occurs twice among the requests", model=model, field="custom_id"
            )
        seen.add(name)
        rows.append(encode({"custom_id": name, "params": params}, model))
    if not 1 <= len(rows) <= MOST_REQUESTS:
        raise InvalidRequestError(
            f"a batch has 1 to {MOST_REQUESTS:,} requests, not {len(rows):,}",
            advice="cut the inputs into several batches" if rows else "give at least one input",
            model=model,
            field="requests",
        )
    head = encode({"model": model, **(extra_body or {})}, model)[:-1] + b',"requests":['
    headers = {"content-type": "application/json", "accept": "application/json", **context.headers}
    request = Request("POST", context.root + PATH, headers, _Rows(head, tuple(rows)))
    return Plan([once(request, parse_batch, repeatable=False)], only, model=model)


def plan_rows(context: Context, *, id: str) -> StreamPlan[dict[str, Any]]:
    """The rows of a batch that has ended, as they come, in any order.

    Args:
        id: The batch's id.

    Returns:
        Items ``{"custom_id", "result": {"type": "succeeded", "message": {...}}}``, or with the
        type ``errored``, ``canceled`` or ``expired``.

    Raises:
        InvalidResponseError: the batch has not ended.

    Wire: GET ``/v1/batches?batch_id=`` -> JSON lines.
    Source: the batch processing page of docs.aimlapi.com, read 2026-08-21.
    """
    return StreamPlan(_question(context, id), _RowReader)


def _question(context: Context, id: str, model: str | None = None) -> Request:
    return context.request("GET", PATH, query=[("batch_id", id)])


def _cancel(context: Context, id: str) -> Request:
    return context.request("POST", f"{PATH}/cancel/{id}")


# --- what comes back -----


class _RowReader(LinesReader):
    """Rows; a state in their place is an error."""

    def item(self, value: Any) -> Any | None:
        if type(value) is dict and "custom_id" in value and "result" in value:
            return value
        if super().item(value) is not None:
            status = value.get("status") if isinstance(value, Mapping) else None
            reason = f"the batch has no results, its status is {status!r}"
            self.error = no_answer(self.head, self.policy, reason)
        return None


class _StateReader(LinesReader):
    """The first line: a state, or a row of a batch that has ended."""

    def item(self, value: Any) -> Any | None:
        if not isinstance(value, Mapping):
            return super().item(value)
        if "custom_id" in value:
            return JobState("", "completed", "ended", result=BatchInfo())
        if "id" in value and ("status" in value or "processing_status" in value):
            return state_of(value, self.head)
        if super().item(value) is None:
            return None
        raise unknown_shape(self.head, self.policy, value, "state of a batch")


def parse_batch(response: Response, policy: Policy) -> JobState[BatchInfo]:
    """The state that an order, or a cancellation, is answered with."""
    body = read_object(response, policy, "a batch")
    if not isinstance(body.get("id"), str):
        raise unknown_shape(response, policy, body, "batch")
    return state_of(body, response)


def state_of(body: Json, response: Response) -> JobState[BatchInfo]:
    """A batch object, or the short form ``{id, status}``."""
    native = str(body.get("status") or body.get("processing_status") or "")
    failed = body.get("error") is not None or native in _FAILED
    status: Status = "failed" if failed else "completed" if native in _ENDED else "running"
    counts = body.get("request_counts")
    info = BatchInfo(
        id=str(body["id"]),
        counts=_counts(counts) if isinstance(counts, Mapping) else None,
        created_at=_text(body.get("created_at")),
        ended_at=_text(body.get("ended_at")),
        expires_at=_text(body.get("expires_at")),
        meta=read_meta(response, body),
        raw=body,
    )
    return JobState(
        id=info.id,
        status=status,
        native_status=native,
        result=info if status == "completed" else None,
        error=explain_frame(body) if body.get("error") is not None else None,
        fraction=_fraction(info.counts),
        cost=info.cost,
        detail=info if info.counts is not None else None,
    )


def _counts(counts: Json) -> BatchCounts:
    names = BatchCounts.__slots__
    return BatchCounts(
        **{n: int(v) for n in names if isinstance(v := counts.get(n), int | float) and v >= 0}
    )


def _fraction(counts: BatchCounts | None) -> float | None:
    if counts is None or not counts.total:
        return None
    return 1 - counts.processing / counts.total


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


KIND: JobKind[BatchInfo] = JobKind(
    name="batches",
    poll=_question,
    parse=parse_batch,
    interval=10.0,
    timeout=24 * 3600.0,
    cancel=_cancel,
    reader=_StateReader,
)


class BatchCalls(JobCalls[BatchInfo]):
    """``client.batches``: message requests in Anthropic's form, at half price. For LangChain
    messages see `ChatAimlapi.batch_submit`."""

    __slots__ = ()
    kind = KIND
    submit = SyncSubmit(plan_submit, KIND)
    asubmit = AsyncSubmit(submit)
    results = SyncStreamCall(plan_rows)
    aresults = AsyncStreamCall(plan_rows)
