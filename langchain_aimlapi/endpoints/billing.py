"""The balance of the account, and every entry of its ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from langchain_aimlapi._answers.usage import number
from langchain_aimlapi._wire.flow import Policy
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
from langchain_aimlapi.endpoints._pages import Page, PagesPlan, paged
from langchain_aimlapi.endpoints._values import object_in, objects, text_or_none, whole
from langchain_aimlapi.errors import InvalidRequestError

PATH = "/v2/billing"
DETAIL = "/v2/billing/detail"
TRANSACTIONS = "/v2/billing/transactions"
Direction = Literal["TOPUP", "CHARGE"]
TransactionType = Literal[
    "PAYMENT", "BONUS", "REFUND", "ADJUSTMENT", "MODEL_USAGE", "CREDITS_EXPIRED", "INIT"
]


@dataclass(frozen=True, slots=True)
class Balance(Result):
    """The balance of the account.

    Attributes:
        amount: What is left, in ``currency``; below 0 where the account is overdrawn.
        currency: Such as ``"USD"``.
    """

    amount: float = 0.0
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class TopUp:
    """The automatic top-up: below ``threshold``, by ``amount``."""

    is_enabled: bool
    threshold: float
    amount: float
    currency: str


@dataclass(frozen=True, slots=True)
class Billing(Balance):
    """The balance, the account's owner, and its automatic top-up.

    Attributes:
        email: Of the owner.
        user_id: Of the owner.
        top_up: The automatic top-up; None where the answer says nothing of it.
    """

    email: str | None = None
    user_id: int | None = None
    top_up: TopUp | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """One line of the ledger.

    Attributes:
        created_at: When (ISO 8601).
        direction: ``TOPUP`` or ``CHARGE``.
        type: ``MODEL_USAGE``, ``PAYMENT``, ``REFUND``, ...
        usd, credits: How much, always positive.
        model: What was used, of a charge for a call.
        reference_id: The ``inference_id`` of that call.
    """

    created_at: str
    direction: str
    type: str
    usd: float
    credits: int
    model: str | None = None
    reference_id: str | None = None


def plan_balance(context: Context) -> Plan[Balance]:
    """The balance of the account behind the key. Charges appear after delivery.

    Wire: GET ``/v2/billing`` -> ``{current_balance, currency}``.
    Source: the billing page of docs.aimlapi.com, read 2026-08-21.
    """
    return Plan([once(context.request("GET", PATH), parse_balance)], only)


def plan_billing(context: Context) -> Plan[Billing]:
    """The balance, the account's owner, and the automatic top-up.

    Wire: GET ``/v2/billing/detail`` -> ``{user_id, email, current_balance, currency,
    autotopup_settings}``.
    Source: the billing page of docs.aimlapi.com, read 2026-08-21.
    """
    return Plan([once(context.request("GET", DETAIL), _parse_billing)], only)


def plan_transactions(
    context: Context,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    direction: Direction | None = None,
    type: TransactionType | None = None,
    page_size: int = 100,
) -> PagesPlan[Transaction]:
    """The ledger, newest first. Pages are fetched as they are needed. It lags behind the calls,
    and is the only list that money can be settled by.

    Args:
        start, end: Aware moments: from the first, up to before the second.
        direction, type: Only these.
        page_size: Rows of one request, 1 to 100.

    Raises:
        PermissionDeniedError: the key is a management key; the ledger is for the others.

    Wire: GET ``/v2/billing/transactions?from=&to=&direction=&type=&limit=&cursor=`` -> ``{data,
    pagination: {next_cursor, has_more}}``.
    Source: the transactions page of docs.aimlapi.com, read 2026-08-21.
    """
    query = [("limit", str(page_size))]
    query += [("direction", direction)] if direction else []
    query += [("type", type)] if type else []
    for name, moment in (("from", start), ("to", end)):
        if moment is not None and moment.tzinfo is None:
            raise InvalidRequestError(f"{name} has no time zone: which moment is it?", field=name)
        query += [(name, moment.isoformat())] if moment is not None else []
    return PagesPlan(paged(context, TRANSACTIONS, query), _parse_transactions)


# --- what comes back -----


def parse_balance(response: Response, policy: Policy) -> Balance:
    """The balance of an answer. Raises InvalidResponseError where there is none."""
    body = read_object(response, policy, "a balance")
    return Balance(
        amount=_amount(body, response, policy),
        currency=text_or_none(body.get("currency")) or "USD",
        meta=read_meta(response, body, known=("current_balance", "currency")),
    )


def _amount(body: Json, response: Response, policy: Policy) -> float:
    amount = number(body.get("current_balance"))
    if amount is None:
        raise no_answer(response, policy, "no current_balance")
    return amount


def _parse_billing(response: Response, policy: Policy) -> Billing:
    body = read_object(response, policy, "a balance")
    top_up = object_in(body.get("autotopup_settings"))
    known = ("current_balance", "currency", "email", "user_id", "autotopup_settings")
    return Billing(
        amount=_amount(body, response, policy),
        currency=text_or_none(body.get("currency")) or "USD",
        email=text_or_none(body.get("email")),
        user_id=whole(body["user_id"]) if "user_id" in body else None,
        top_up=TopUp(
            is_enabled=top_up.get("is_enabled") is True,
            threshold=number(top_up.get("threshold")) or 0.0,
            amount=number(top_up.get("amount")) or 0.0,
            currency=text_or_none(top_up.get("currency")) or "USD",
        )
        if top_up
        else None,
        meta=read_meta(response, body, known=known),
    )


def _parse_transactions(response: Response, policy: Policy) -> Page[Transaction]:
    body = read_object(response, policy, "transactions")
    if not isinstance(body.get("data"), list):
        raise no_answer(response, policy, "no list of transactions")
    pagination = object_in(body.get("pagination"))
    cursor = text_or_none(pagination.get("next_cursor"))
    more = pagination.get("has_more") is not False and cursor is not None
    following = (("cursor", cursor),) if more and cursor is not None else None
    return Page([_transaction(row) for row in objects(body["data"])], following)


def _transaction(row: Json) -> Transaction:
    amount = object_in(row.get("amount"))
    return Transaction(
        created_at=str(row.get("created_at") or ""),
        direction=str(row.get("direction") or ""),
        type=str(row.get("type") or ""),
        usd=number(amount.get("usd")) or 0.0,
        credits=whole(amount.get("credits")),
        model=text_or_none(row.get("model")),
        reference_id=text_or_none(row.get("reference_id")),
    )
