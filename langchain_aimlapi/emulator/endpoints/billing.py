"""GET /v2/billing, its details and transactions, and the older /v1/billing/balance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from langchain_aimlapi.emulator._account import Charge, cursor, offset_of
from langchain_aimlapi.emulator._core import Answer, Call, Json, Refusal, json_answer
from langchain_aimlapi.emulator._ledger import CREDITS_PER_USD
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State
from langchain_aimlapi.emulator._validate import refuse
from langchain_aimlapi.emulator.contract.schema import Issue, enum_text

_LOW_CREDITS = 10_000
_DIRECTIONS = ("TOPUP", "CHARGE")
_TYPES = (
    "PAYMENT",
    "BONUS",
    "REFUND",
    "ADJUSTMENT",
    "MODEL_USAGE",
    "CREDITS_EXPIRED",
    "INIT",
)
_PARAMETERS = ("from", "to", "direction", "type", "limit", "cursor")


@route("GET", "/v2/billing")
def balance(call: Call, state: State) -> Answer:
    """The balance in US dollars, after the charges of this emulator's own calls."""
    return json_answer({"current_balance": float(state.account.balance), "currency": "USD"})


@route("GET", "/v2/billing/detail")
def detail(call: Call, state: State) -> Answer:
    """Balance, owner and automatic top-up."""
    body = {
        "user_id": 1,
        "email": "ada@example.com",
        "current_balance": float(state.account.balance),
        "currency": "USD",
        "autotopup_settings": {
            "is_enabled": False,
            "threshold": 5,
            "amount": 20,
            "currency": "USD",
        },
    }
    return json_answer(body)


@route("GET", "/v1/billing/balance")
def credits(call: Call, state: State) -> Answer:
    """The balance in credits."""
    left = int(state.account.balance * CREDITS_PER_USD)
    low = left < _LOW_CREDITS
    body = {
        "balance": left,
        "lowBalance": low,
        "lowBalanceThreshold": _LOW_CREDITS,
        "lastUpdated": state.moment(),
        "autoDebitStatus": "disabled",
        "status": "low" if low else "current",
        "statusExplanation": "Balance is low" if low else "Balance is current and up to date",
    }
    return json_answer(body)


@route("GET", "/v2/billing/transactions")
def transactions(call: Call, state: State) -> Answer:
    """The ledger, newest first, page by page. For regular keys alone."""
    if state.account.key_of(call, x_api_key=False).management:
        raise Refusal(403, "A management key cannot read transactions.")
    query = _query(call)
    limit = _number(query.get("limit", "50"), 1, 100, "limit")
    filters = {key: value for key, value in query.items() if key not in ("cursor", "limit")}
    start = 0
    if "cursor" in query:
        found = offset_of(query["cursor"], filters)
        if found is None:
            refuse([Issue("cursor", "Invalid cursor")])
        start = found or 0
    rows = [one for one in reversed(state.account.charges) if _passes(one, query)]
    page = rows[start : start + limit]
    more = len(rows) > start + limit
    pagination = {
        "next_cursor": cursor(start + limit, filters) if more else None,
        "has_more": more,
    }
    data = [one.json(state.moment) for one in page]
    return json_answer({"data": data, "pagination": pagination})


def _query(call: Call) -> dict[str, str]:
    refuse(
        Issue("", f"Unrecognized key(s) in object: '{key}'")
        for key, _ in call.query
        if key not in _PARAMETERS
    )
    query = dict(call.query)
    for name, words in (("direction", _DIRECTIONS), ("type", _TYPES)):
        if name in query and query[name] not in words:
            refuse([Issue(name, enum_text(words, query[name]))])
    begin, end = _time(query, "from"), _time(query, "to")
    if begin is not None and end is not None and end <= begin:
        refuse([Issue("to", "must be after from")])
    return query


def _number(text: str, low: int, high: int, name: str) -> int:
    value = int(text) if text.isdecimal() and len(text) < 9 else -1
    if not low <= value <= high:
        refuse([Issue(name, f"Number must be between {low} and {high}")])
    return value


def _time(query: Mapping[str, object], name: str) -> float | None:
    if name not in query:
        return None
    try:
        return datetime.fromisoformat(str(query[name]).replace("Z", "+00:00")).timestamp()
    except ValueError:
        raise Refusal(400, issues=[Issue(name, "Invalid date")]) from None


def _passes(charge: Charge, query: Json) -> bool:
    begin, end = _time(query, "from"), _time(query, "to")
    return (
        query.get("direction", charge.direction) == charge.direction
        and query.get("type", charge.kind) == charge.kind
        and (begin is None or charge.at >= begin)
        and (end is None or charge.at < end)
    )
