"""GET /v2/billing: what is left on the account."""

from __future__ import annotations

from langchain_aimlapi.emulator._core import Answer, Call, json_answer
from langchain_aimlapi.emulator._desk import Desk
from langchain_aimlapi.emulator._routes import route


@route("GET", "/v2/billing")
def balance(call: Call, desk: Desk) -> Answer:
    """The balance in US dollars, after the charges of this emulator's own calls."""
    return json_answer({"current_balance": float(desk.ledger.balance), "currency": "USD"})
