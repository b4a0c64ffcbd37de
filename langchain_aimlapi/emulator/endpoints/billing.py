"""GET /v2/billing: what is left on the account."""

from __future__ import annotations

from langchain_aimlapi.emulator._core import Answer, Call, json_answer
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State


@route("GET", "/v2/billing")
def balance(call: Call, state: State) -> Answer:
    """The balance in US dollars, after the charges of this emulator's own calls."""
    return json_answer({"current_balance": float(state.account.balance), "currency": "USD"})
