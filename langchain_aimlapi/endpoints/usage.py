"""Calls and what they cost: totals over a period, and the log of single calls."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from langchain_aimlapi._answers.usage import number
from langchain_aimlapi._wire.flow import Flow, Policy
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.endpoints import (
    Context,
    Json,
    Plan,
    Result,
    no_answer,
    once,
    only,
    read_meta,
    read_object,
)
from langchain_aimlapi.endpoints._pages import Page, PagesPlan, Query, paged
from langchain_aimlapi.endpoints._values import object_in, objects, text_or_none, whole
from langchain_aimlapi.errors import InvalidRequestError

USAGE = "/v2/usage"
DETAIL = "/v2/usage/detail"
LOGS = "/v2/logs"
MOST_ROWS = 100  # of one page
Group = Literal["day", "model", "day,model"]
CallStatus = Literal["succeeded", "failed"]


@dataclass(frozen=True, slots=True)
class ModelSpend:
    """Calls and cost of one model."""

    model: str
    requests: int
    usd_spent: float


@dataclass(frozen=True, slots=True)
class UsageGroup:
    """The calls of one day, of one model, or of one model on one day."""

    day: str | None = None
    model: str | None = None
    requests: int = 0
    succeeded: int = 0
    failed: int = 0
    charged: int = 0
    usd_spent: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class UsageReport(Result):
    """Calls and charges over a period.

    Attributes:
        start, end: The time (ISO 8601).
        requests: How many calls.
        usd_spent: What they cost, in ``currency``.
        key_prefix: Whose calls; None for the whole account's.
        models, groups: Their parts, where `service.usage_detail` was called.
    """

    start: str = ""
    end: str = ""
    requests: int = 0
    usd_spent: float = 0.0
    currency: str = "USD"
    key_prefix: str | None = None
    models: tuple[ModelSpend, ...] = ()
    groups: tuple[UsageGroup, ...] = ()


@dataclass(frozen=True, slots=True)
class CallLog:
    """One call in the log.

    Attributes:
        created: When (ISO 8601).
        succeeded: Whether it was answered. The log keeps no reason of a failure; the error that
            was raised has it, under the same ``request_id``.
        model: The model that answered.
        usd_spent, credits: The charge; failures are free.
        input_tokens, output_tokens: Counts.
        request_id, inference_id, client_request_id: Its ids.
        origin: ``"api"`` or ``"playground"``.
    """

    created: str
    succeeded: bool
    model: str
    usd_spent: float = 0.0
    credits: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    request_id: str | None = None
    inference_id: str | None = None
    client_request_id: str | None = None
    origin: str = "api"


def plan_usage(
    context: Context,
    *,
    period: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    key_prefix: str | None = None,
    whole_account: bool = False,
) -> Plan[UsageReport]:
    """Spending of this key over a period.

    Args:
        period: Such as ``"24h"`` or ``"7d"``, up to 92 days. Default: ``"24h"``.
        start, end: In place of a period: aware moments, at most 92 days apart.
        key_prefix: The first letters of another key; needs the management key.
        whole_account: Of all keys; needs the management key.

    Wire: GET ``/v2/usage?period=|start=&end=&key_prefix=`` ->
    ``{start, end, requests, spend, ...}``.
    Source: the usage page of docs.aimlapi.com, read 2026-08-21.
    """
    query = _window(period, start, end, key_prefix)
    request = context.request("GET", USAGE, query=query)
    return Plan(
        [once(request, _parse_usage)],
        only,
        is_management=whole_account or key_prefix is not None,
    )


def plan_usage_detail(
    context: Context,
    *,
    period: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    group_by: Group | None = None,
    time_zone: str | None = None,
    key_prefix: str | None = None,
    whole_account: bool = False,
) -> Plan[UsageReport]:
    """Spending over a period by model, and optionally by day.

    Args:
        period, start, end, key_prefix, whole_account: See `service.usage`.
        group_by: ``"day"``, ``"model"`` or ``"day,model"``.
        time_zone: Whose days, an IANA name such as ``"Europe/Vienna"``. Default: UTC.

    Wire: GET ``/v2/usage/detail?...&group_by=&tz=`` -> ``{..., models, groups}``.
    Source: the usage page of docs.aimlapi.com, read 2026-08-21.
    """
    query = _window(period, start, end, key_prefix)
    query += [("group_by", group_by)] if group_by else []
    query += [("tz", time_zone)] if time_zone else []
    request = context.request("GET", DETAIL, query=query)
    return Plan(
        [once(request, _parse_usage)],
        only,
        is_management=whole_account or key_prefix is not None,
    )


def plan_logs(
    context: Context,
    *,
    period: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    models: Iterable[str] = (),
    status: CallStatus | None = None,
    page_size: int = MOST_ROWS,
    key_prefix: str | None = None,
    whole_account: bool = False,
) -> PagesPlan[CallLog]:
    """The log of calls, newest first, failures included. Pages are fetched as they are needed.

    Args:
        period, start, end, key_prefix, whole_account: See `service.usage`.
        models: Only calls of these, up to 50.
        status: Only these.
        page_size: Rows of one request, 1 to 100.

    Wire: GET ``/v2/logs?...&model=&status=&limit=&offset=``, 200 requests a minute -> ``{data,
    pagination}``.
    Source: the logs page of docs.aimlapi.com, read 2026-08-21.
    """
    query = _window(period, start, end, key_prefix)
    query += [("model", name) for name in models]
    query += [("status", status)] if status else []
    return PagesPlan(
        paged(context, LOGS, [*query, ("limit", str(page_size))]),
        _parse_logs,
        is_management=whole_account or key_prefix is not None,
    )


def plan_find_call(
    context: Context,
    client_request_id: str,
    *,
    period: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    whole_account: bool = False,
) -> Plan[tuple[CallLog, ...]]:
    """What one call cost and whether it succeeded: its attempts in the log, newest first.

    The API has no look-up by id, so the log of the time is read until the calls with the id
    have been passed. Rows appear some time after a call; an empty answer may mean "not yet".

    Args:
        client_request_id: The id that the call was sent with: of a result, of an error, or
            ``response_metadata["client_request_id"]``.
        period, start, end, whole_account: See `service.usage`.

    Wire: GET ``/v2/logs``, page by page.
    Source: the request tracing page of docs.aimlapi.com, read 2026-08-21.
    """
    logs = plan_logs(context, period=period, start=start, end=end, whole_account=whole_account)

    def step(policy: Policy) -> Flow[tuple[CallLog, ...]]:
        return (yield from _find(logs, client_request_id, policy))

    return Plan([step], only, is_management=whole_account)


def _find(logs: PagesPlan[CallLog], name: str, policy: Policy) -> Flow[tuple[CallLog, ...]]:
    """Reads pages until one without the id follows on one with it."""
    found: list[CallLog] = []
    place: Query | None = ()
    while place is not None:
        page = yield from logs.page(place, policy)
        here = [log for log in page.items if log.client_request_id == name]
        if found and not here:
            break
        found += here
        place = page.following
    return tuple(found)


def _window(
    period: str | None, start: datetime | None, end: datetime | None, key_prefix: str | None
) -> list[tuple[str, str]]:
    prefix = [("key_prefix", key_prefix)] if key_prefix is not None else []
    if start is None and end is None:
        length = "24h" if period is None else period
        if not (isinstance(length, str) and length[:1].isdecimal()):
            raise InvalidRequestError(
                f"period={length!r} is no length of time",
                advice="write a number and a unit, such as '24h' or '7d', or give start and end",
                field="period",
            )
        return [("period", length), *prefix]
    if period is not None or start is None or end is None:
        raise InvalidRequestError("give either period or both start and end", field="period")
    for name, moment in (("start", start), ("end", end)):
        if not isinstance(moment, datetime):
            raise InvalidRequestError(f"{name}={moment!r}: give an aware datetime", field=name)
        if moment.tzinfo is None:
            raise InvalidRequestError(f"{name} has no time zone: which moment is it?", field=name)
    return [("start", start.isoformat()), ("end", end.isoformat()), *prefix]


# --- what comes back -----


def _parse_usage(response: Response, policy: Policy) -> UsageReport:
    body = read_object(response, policy, "usage")
    spent = number(body.get("spend"))
    if spent is None:
        raise no_answer(response, policy, "no spend")
    known = ("start", "end", "requests", "spend", "currency", "api_key_prefix", "models", "groups")
    return UsageReport(
        start=str(body.get("start") or ""),
        end=str(body.get("end") or ""),
        requests=whole(body.get("requests")),
        usd_spent=spent,
        currency=str(body.get("currency") or "USD"),
        key_prefix=text_or_none(body.get("api_key_prefix")),
        models=tuple(
            ModelSpend(
                str(row.get("model")), whole(row.get("requests")), number(row.get("spend")) or 0.0
            )
            for row in objects(body.get("models"))
        ),
        groups=tuple(map(_group, objects(body.get("groups")))),
        meta=read_meta(response, body, known=known),
    )


def _group(row: Json) -> UsageGroup:
    requests, tokens = object_in(row.get("requests")), object_in(row.get("tokens"))
    return UsageGroup(
        day=text_or_none(row.get("day")),
        model=text_or_none(row.get("model")),
        requests=whole(requests.get("total")),
        succeeded=whole(requests.get("succeeded")),
        failed=whole(requests.get("failed")),
        charged=whole(requests.get("charged")),
        usd_spent=number(row.get("spend")) or 0.0,
        input_tokens=whole(tokens.get("input")),
        output_tokens=whole(tokens.get("output")),
    )


def _parse_logs(response: Response, policy: Policy) -> Page[CallLog]:
    body = read_object(response, policy, "logs")
    if not isinstance(body.get("data"), list):
        raise no_answer(response, policy, "no list of calls")
    rows = objects(body["data"])
    pagination = object_in(body.get("pagination"))
    following = None
    if rows and pagination.get("has_more") is True:
        following = (("offset", str(whole(pagination.get("offset")) + len(rows))),)
    return Page([_log(row) for row in rows], following)


def _log(row: Json) -> CallLog:
    cost, tokens = object_in(row.get("cost")), object_in(row.get("tokens"))
    return CallLog(
        created=str(row.get("created") or ""),
        succeeded=row.get("status") == "succeeded",
        model=str(row.get("model") or ""),
        usd_spent=number(cost.get("usd")) or 0.0,
        credits=whole(cost.get("credits")),
        input_tokens=whole(tokens.get("input")),
        output_tokens=whole(tokens.get("output")),
        request_id=text_or_none(row.get("request_id")),
        inference_id=text_or_none(row.get("inference_id")),
        client_request_id=text_or_none(row.get("client_request_id")),
        origin=str(row.get("origin") or "api"),
    )
