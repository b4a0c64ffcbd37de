"""GET /v2/usage, /v2/usage/detail and /v2/logs: the calls, by day, by model, one by one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from langchain_aimlapi.emulator._account import LogRow
from langchain_aimlapi.emulator._core import Answer, Call, Json, Refusal, json_answer
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State
from langchain_aimlapi.emulator._validate import refuse
from langchain_aimlapi.emulator.contract.schema import Issue, enum_text

MOST_DAYS = 92
MOST_MODELS = 50
_PERIODS = {"h": timedelta(hours=1), "d": timedelta(days=1)}
_GROUPS = ("day", "model", "day,model", "model,day")
_STATUSES = ("succeeded", "failed")


@dataclass(frozen=True, slots=True)
class _Window:
    start: datetime
    end: datetime
    prefix: str | None

    def rows(self, state: State) -> list[LogRow]:
        """The log of the window, newest first."""
        low, high = self.start.timestamp(), self.end.timestamp()
        kept = [row for row in state.account.logs if low <= row.at <= high]
        return [row for row in reversed(kept) if self.prefix in (None, row.key)]

    def json(self) -> Json:
        return {
            "start": _iso(self.start),
            "end": _iso(self.end),
            "currency": "USD",
            "api_key_prefix": self.prefix,
        }


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@route("GET", "/v2/usage")
def usage(call: Call, state: State) -> Answer:
    """How much was spent in a window."""
    query = dict(call.query)
    for name in ("group_by", "tz"):
        if name in query:
            refuse([Issue("", f"Unrecognized key(s) in object: '{name}'")])
    window = _window(call, state)
    rows = window.rows(state)
    return json_answer({**window.json(), "requests": len(rows), "spend": _spend(rows)})


@route("GET", "/v2/usage/detail")
def detail(call: Call, state: State) -> Answer:
    """The same by model, and in groups by day or model where the query says so."""
    query = dict(call.query)
    window = _window(call, state)
    group = query.get("group_by")
    if group is not None and group not in _GROUPS:
        refuse([Issue("group_by", enum_text(_GROUPS[:3], group))])
    zone = query.get("tz", "UTC")
    if zone not in available_timezones():
        refuse([Issue("tz", "Invalid timezone: an exact IANA name is needed")])
    rows = window.rows(state)
    by_model: dict[str, list[LogRow]] = defaultdict(list)
    for row in rows:
        by_model[row.model].append(row)
    models = [
        {"model": name, "requests": len(one), "spend": _spend(one)}
        for name, one in sorted(by_model.items())
    ]
    body: Json = {**window.json(), "requests": len(rows), "spend": _spend(rows), "models": models}
    if group is not None:
        body["groups"] = _groups(rows, group.split(","), ZoneInfo(zone))
    return json_answer(body)


def _groups(rows: list[LogRow], names: list[str], zone: ZoneInfo) -> list[Json]:
    groups: dict[tuple[str, ...], list[LogRow]] = defaultdict(list)
    for row in rows:
        day = datetime.fromtimestamp(row.at, zone).date().isoformat()
        groups[tuple(day if name == "day" else row.model for name in names)].append(row)
    return [
        {**dict(zip(names, key, strict=True)), **_group(one)} for key, one in sorted(groups.items())
    ]


def _group(rows: list[LogRow]) -> Json:
    good = sum(row.succeeded for row in rows)
    read, made = sum(row.tokens.input for row in rows), sum(row.tokens.output for row in rows)
    return {
        "requests": {
            "total": len(rows),
            "charged": sum(row.cost.credits > 0 for row in rows),
            "succeeded": good,
            "failed": len(rows) - good,
        },
        "spend": _spend(rows),
        "tokens": {"input": read, "output": made, "total": read + made},
    }


def _spend(rows: list[LogRow]) -> float:
    return float(sum(row.cost.usd for row in rows))


@route("GET", "/v2/logs")
def logs(call: Call, state: State) -> Answer:
    """One row a request, failed ones too, newest first, page by page."""
    window = _window(call, state)
    statuses = [value for key, value in call.query if key == "status"]
    models = {value for key, value in call.query if key == "model"}
    for status in statuses:
        if status not in _STATUSES:
            refuse([Issue("status", enum_text(_STATUSES, status))])
    if len(models) > MOST_MODELS:
        text = f"Array must contain at most {MOST_MODELS} element(s)"
        refuse([Issue("model", text)])
    limit, offset = _number(call, "limit", 50, 1, 100), _number(call, "offset", 0, 0, 10**8)
    rows = [
        row
        for row in window.rows(state)
        if (not models or row.model in models)
        and (not statuses or ("succeeded" if row.succeeded else "failed") in statuses)
    ]
    page = rows[offset : offset + limit]
    pagination = {
        "limit": limit,
        "offset": offset,
        "total": len(rows),
        "has_more": len(rows) > offset + limit,
    }
    return json_answer({"data": [_log(state, row) for row in page], "pagination": pagination})


def _log(state: State, row: LogRow) -> Json:
    return {
        "created": state.moment(row.at),
        "status": "succeeded" if row.succeeded else "failed",
        "origin": "api",
        "model": row.model,
        "cost": {"usd": float(row.cost.usd), "credits": row.cost.credits},
        "tokens": {
            "input": row.tokens.input,
            "output": row.tokens.output,
            "total": row.tokens.total,
        },
        "request_id": row.request_id,
        "inference_id": row.inference_id,
        "client_request_id": row.client_request_id,
    }


def _number(call: Call, name: str, default: int, low: int, high: int) -> int:
    text = dict(call.query).get(name, str(default))
    value = int(text) if text.isdecimal() and len(text) < 10 else -1
    if not low <= value <= high:
        refuse([Issue(name, f"Number must be between {low} and {high}")])
    return value


def _window(call: Call, state: State) -> _Window:
    """A period, or a start and an end, never both; at most 92 days."""
    query = dict(call.query)
    period, start, end = query.get("period"), query.get("start"), query.get("end")
    if (period is None) == (start is None and end is None) or (start is None) != (end is None):
        refuse([Issue("period", "give either period or both start and end")])
    now = datetime.fromtimestamp(state.clock(), UTC)
    if period is not None:
        unit = _PERIODS.get(period[-1:])
        count = period[:-1]
        if unit is None or not count.isdecimal() or not 0 < int(count[:6]) < 10_000:
            raise Refusal(400, issues=[Issue("period", "Invalid period")])
        begin, finish = now - unit * int(count), now
    else:
        begin, finish = _date(start, "start"), _date(end, "end")
    if finish <= begin:
        refuse([Issue("end", "must be after start")])
    if finish - begin > timedelta(days=MOST_DAYS):
        refuse([Issue("period", f"must not be longer than {MOST_DAYS} days")])
    return _Window(begin, finish, _prefix(call, state, query.get("key_prefix")))


def _date(text: str | None, name: str) -> datetime:
    try:
        found = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        raise Refusal(400, issues=[Issue(name, "Invalid date")]) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _prefix(call: Call, state: State, wanted: str | None) -> str | None:
    """Whose usage is shown: a regular key's own, a management key's everybody's or one key's."""
    key = state.account.key_of(call, x_api_key=False)
    if not key.management:
        if wanted not in (None, key.prefix):
            raise Refusal(403, "Only a management key may ask about another key.")
        return key.prefix
    if wanted is not None and state.account.by_prefix(wanted) is None:
        raise Refusal(404, f"API key with prefix '{wanted}' not found")
    return wanted
