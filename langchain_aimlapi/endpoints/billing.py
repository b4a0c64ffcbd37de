"""What is left on the account."""

from __future__ import annotations

from dataclasses import dataclass

from langchain_aimlapi._answers.usage import number
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.endpoints import (
    Context,
    Plan,
    Result,
    no_answer,
    once,
    only,
    read_meta,
    read_object,
)

PATH = "/v2/billing"


@dataclass(frozen=True, slots=True)
class Balance(Result):
    """The balance of the account.

    Attributes:
        amount: What is left, in ``currency``; below 0 where the account is overdrawn.
        currency: Such as ``"USD"``.
    """

    amount: float = 0.0
    currency: str = "USD"


def plan_balance(context: Context) -> Plan[Balance]:
    """The balance of the account behind the key. Charges appear after delivery.

    Wire: GET ``/v2/billing`` -> ``{current_balance, currency}``.
    Source: the billing page of docs.aimlapi.com, read 2026-08-21.
    """
    return Plan([once(context.request("GET", PATH), parse_balance)], only)


def parse_balance(response: Response, policy: Policy) -> Balance:
    """The balance of an answer. Raises InvalidResponseError where there is none."""
    body = read_object(response, policy, "a balance")
    amount = number(body.get("current_balance"))
    if amount is None:
        raise no_answer(response, policy, "no current_balance")
    currency = body.get("currency")
    return Balance(
        amount=amount,
        currency=currency if isinstance(currency, str) and currency else "USD",
        meta=read_meta(response, body, known=("current_balance", "currency")),
    )
