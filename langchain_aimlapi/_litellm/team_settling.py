"""Calls that ended before the API named their charge: it is looked up in the API's log.

The charge comes at the end of an answer. A client that leaves a stream, a stream that breaks and a
call that is waited for in vain end without it, and the API may have written all the same (of hidden
reasoning nothing is seen). Until the log has such a call its reservation counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from litellm._logging import verbose_proxy_logger
from litellm.exceptions import APIConnectionError, Timeout

from langchain_aimlapi._litellm import PROVIDER
from langchain_aimlapi._litellm.plans import context_of, plain_access
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.endpoints.usage import CallLog, plan_logs
from langchain_aimlapi.errors import AimlapiError

FIRST_WAIT_SECONDS = 2.0
MOST_WAIT_SECONDS = 60.0
PATIENCE_SECONDS = 600.0
"""How long the log may take to have a call."""
_SKEW = timedelta(minutes=1)  # between the clocks of this machine and of the API
_MOST_ROWS = 2000
_NOT_THERE = (
    "aimlapi: the API's log does not have the call %s of %s, which did not come to its end: "
    "it is booked at %.6f USD, for what was received"
)
_IN_VAIN = (Timeout, APIConnectionError, httpx.TransportError)
_IN_VAIN_STATUS = (408, 504, 524)


@dataclass(frozen=True, slots=True)
class Account:
    """Whose log a call stands in.

    Attributes:
        api_key: The key that it was made with; None: the environment's.
        api_base: The address; None: the environment's.
    """

    api_key: str | None = field(repr=False)
    api_base: str | None


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A call whose charge is not known.

    Attributes:
        call_id: The client request id that it went out with.
        member: Whose call it was.
        began: When.
        received_usd: What its answer costs as far as it was received.
        account: Whose log it stands in.
        book: Enters the charge.
    """

    call_id: str
    member: str
    began: datetime
    received_usd: float
    account: Account
    book: Callable[[float], Awaitable[object]]


def is_in_vain(error: object) -> bool:
    """Whether a call failed without an answer of the API's: it may have been charged."""
    status = getattr(error, "status_code", None)
    return isinstance(error, _IN_VAIN) or status in _IN_VAIN_STATUS


def ended_early(event: Mapping[str, Any]) -> bool:
    """Whether the call of this event of LiteLLM's ended before the API named its charge."""
    if event.get("custom_llm_provider") != PROVIDER:
        return False
    error = event.get("exception")
    if error is not None:
        return is_in_vain(error) or bool(event.get("stream") and event.get("response_cost"))
    return any(notes.get("client_disconnected") for notes in _notes(event))


def unsettled(
    event: Mapping[str, Any], member: str, book: Callable[[float], Awaitable[object]]
) -> Unsettled:
    """The call of an event, as far as it is known."""
    began = event.get("start_time")
    return Unsettled(
        call_id=str(event.get("litellm_call_id")),
        member=member,
        began=began.astimezone(UTC) if isinstance(began, datetime) else datetime.now(UTC),
        received_usd=float(event.get("response_cost") or 0.0),
        account=_account(event),
        book=book,
    )


def _notes(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    params = event.get("litellm_params") or {}
    places = (params.get("metadata"), params.get("litellm_metadata"), event.get("metadata"))
    return [place for place in places if isinstance(place, Mapping)]


def _account(event: Mapping[str, Any]) -> Account:
    """Those of the deployment that the proxy chose."""
    from litellm.proxy.proxy_server import llm_router

    for notes in _notes(event):
        id = (notes.get("model_info") or {}).get("id")
        deployment = llm_router.get_deployment(model_id=id) if llm_router and id else None
        if deployment is not None:
            params = deployment.litellm_params
            return Account(params.api_key, params.api_base)
    return Account(None, None)


ReadCharges = Callable[[Account, datetime], Awaitable[Mapping[str, float]]]


async def read_charges(account: Account, since: datetime) -> dict[str, float]:
    """US dollars of the calls that the log has since then, by client request id. The attempts of
    a call are added up; one of them has succeeded.

    Wire: GET ``/v2/logs``, page by page.
    """
    access = plain_access(api_key=account.api_key, api_base=account.api_base)
    now = datetime.now(UTC)
    plan = plan_logs(context_of(access, Catalog.default()), start=since - _SKEW, end=now + _SKEW)
    rows: list[CallLog] = []
    async with access.runner().astream(plan) as found:
        async for row in found:
            rows.append(row)
            if len(rows) >= _MOST_ROWS:
                break
    answered = {row.client_request_id for row in rows if row.succeeded}
    charges: dict[str, float] = {}
    for row in rows:
        name = row.client_request_id
        if name is not None and name in answered:
            charges[name] = charges.get(name, 0.0) + row.usd_spent
    return charges


class Settling:
    """Calls that wait for the log. One reading of it serves all that wait.

    Args:
        read: Reads the log.
        first_wait_seconds: Before the first look; each look that finds nothing doubles it.
        patience_seconds: After that a call is booked at what was received.
    """

    def __init__(
        self,
        read: ReadCharges = read_charges,
        *,
        first_wait_seconds: float = FIRST_WAIT_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._read = read
        self._first_wait_seconds = first_wait_seconds
        self._patience_seconds = patience_seconds
        self._waiting: dict[str, tuple[float, Unsettled]] = {}
        self._worker: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def waits(self, id: str) -> bool:
        """Whether the call of this reservation waits here."""
        return id in self._waiting

    def received(self, id: str, usd: float | None) -> bool:
        """A later attempt of a call that waits here has brought so much. Whether one waits."""
        if id not in self._waiting:
            return False
        until, call = self._waiting[id]
        more = replace(call, received_usd=call.received_usd + (usd or 0.0))
        self._waiting[id] = until, more
        return True

    def add(self, id: str, call: Unsettled) -> None:
        """Settle the call of this reservation when the log has it."""
        if self.received(id, call.received_usd):
            return
        until = asyncio.get_running_loop().time() + self._patience_seconds
        self._waiting[id] = until, call
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())

    async def _work(self) -> None:
        wait = self._first_wait_seconds
        while self._waiting:
            await asyncio.sleep(wait)
            before = len(self._waiting)
            for account in {call.account for _, call in self._waiting.values()}:
                await self._look(account)
            found_some = len(self._waiting) < before
            wait = self._first_wait_seconds if found_some else min(2 * wait, MOST_WAIT_SECONDS)

    async def _look(self, account: Account) -> None:
        """Book what the log of this account has, and what has waited for too long."""
        waiting = [(id, *at) for id, at in self._waiting.items() if at[1].account == account]
        charges: Mapping[str, float] = {}
        try:
            charges = await self._read(account, min(call.began for _, _, call in waiting))
        except (AimlapiError, ValueError, OSError) as error:
            verbose_proxy_logger.warning("aimlapi: the API's log cannot be read: %s", error)
        now = asyncio.get_running_loop().time()
        for id, until, call in waiting:
            usd = charges.get(call.call_id)
            if usd is None and now < until:
                continue
            del self._waiting[id]
            if usd is None:
                usd = call.received_usd
                verbose_proxy_logger.error(_NOT_THERE, call.call_id, call.member, usd)
            await call.book(usd)
