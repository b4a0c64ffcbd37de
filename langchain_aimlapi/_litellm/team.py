"""LiteLLM's hooks for `litellm_team`: who calls, what is reserved, what is booked."""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import litellm
from litellm._logging import verbose_proxy_logger
from litellm.integrations.custom_logger import CustomLogger

from langchain_aimlapi._litellm import PROVIDER
from langchain_aimlapi._litellm.team_late import LateEntries
from langchain_aimlapi._litellm.team_postgres import PostgresTeam
from langchain_aimlapi._litellm.team_redis import RedisBooks, connect
from langchain_aimlapi._litellm.team_settling import Settling, ended_early, is_in_vain, unsettled
from langchain_aimlapi._litellm.team_store import (
    FILE_VARIABLE,
    Books,
    BooksUnreachableError,
    FileMembers,
    Member,
    Members,
    is_postgres,
)
from langchain_aimlapi._litellm.wraps import current_handler
from langchain_aimlapi.catalog import Catalog

UNKNOWN_USD = 0.01
"""What is reserved for a call whose price is not known."""
_RESERVATION = "aimlapi_reservation"
_LATE = "aimlapi: the books cannot be reached: a %s is entered when they can (%d wait)"
_OUTPUT_TOKENS = 1000
_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_INPUTS = ("messages", "input", "prompt", "contents", "system", "tools")


@dataclass(frozen=True, slots=True)
class Team:
    """Who may call, and what they have spent."""

    members: Members
    books: Books
    late: LateEntries = field(default_factory=LateEntries)
    settling: Settling = field(default_factory=Settling)


def open_team(address: str) -> Team:
    """The team of `FILE_VARIABLE`: in Postgres, or in a file and Redis."""
    if is_postgres(address):
        both = PostgresTeam(address)
        return Team(both, both)
    return Team(_file(address), RedisBooks(connect()))


@lru_cache(maxsize=4)
def _file(path: str) -> FileMembers:
    return FileMembers(Path(path))


_teams: WeakKeyDictionary[asyncio.AbstractEventLoop, Team] = WeakKeyDictionary()


def _team() -> Team:
    """The team, over a connection of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _teams:
        address = os.environ.get(FILE_VARIABLE)
        if not address:
            raise ValueError(f"{FILE_VARIABLE} is not set: it names the file of keys")
        _teams[loop] = open_team(address)
    return _teams[loop]


# --- who -----


async def check(request: Any, api_key: str) -> Any:
    """LiteLLM's ``custom_auth``: the master key may do everything, a member's key may call models.

    Raises:
        HTTPException: 401 for an unknown key, 403 for a path that is no call of a model.
    """
    from fastapi import HTTPException
    from litellm.proxy._types import LitellmUserRoles, UserAPIKeyAuth
    from litellm.proxy.auth.route_checks import RouteChecks

    key = str(api_key or "").removeprefix("Bearer ").strip()
    master = os.environ.get("LITELLM_MASTER_KEY")
    if master and hmac.compare_digest(key.encode(), master.encode()):
        return UserAPIKeyAuth(api_key=key, user_role=LitellmUserRoles.PROXY_ADMIN)
    with _answering():
        member = await _team().members.of(key)
    if member is None:
        raise HTTPException(401, "this key is not known here; ask whoever runs the proxy for one")
    if not RouteChecks.is_llm_api_route(route=request.url.path):
        raise HTTPException(403, "this key is for calls of models only")
    return UserAPIKeyAuth(
        api_key=key,
        key_alias=member.name,
        user_id=member.name,
        user_role=LitellmUserRoles.INTERNAL_USER,
    )


# --- how much -----


class TeamBooks(CustomLogger):
    """LiteLLM's callback that reserves and books."""

    async def async_pre_call_hook(
        self, user_api_key_dict: Any, cache: Any, data: dict[str, Any], call_type: Any
    ) -> dict[str, Any]:
        """Reserve a call at its estimate, or refuse it."""
        with _answering():
            member = await _team().members.named(user_api_key_dict.key_alias)
            if member is None:
                return data  # the master key
            usd, id = _estimate(data) if data.get("model") else 0.0, uuid.uuid4().hex
            allowed, used = await _reserved(member, id, usd)
        if not allowed:
            refusal: Any = litellm.exceptions.BudgetExceededError
            raise refusal(
                current_cost=used,
                max_budget=member.budget or 0.0,
                message=f"the budget of {member.name} is spent: {used:.6f} of {member.budget} USD",
            )
        if usd:
            _metadata(data)[_RESERVATION] = id
        return data

    async def async_post_call_success_hook(
        self, data: dict[str, Any], user_api_key_dict: Any, response: Any
    ) -> Any:
        """Book a whole answer before it is returned."""
        id = _metadata(data).get(_RESERVATION)
        usd = (getattr(response, "_hidden_params", None) or {}).get("response_cost")
        if id and isinstance(usd, int | float) and not _team().settling.waits(id):
            await _booked(user_api_key_dict.key_alias, id, float(usd))
        return response

    async def async_post_call_failure_hook(
        self,
        request_data: dict[str, Any],
        original_exception: Exception,
        user_api_key_dict: Any,
        traceback_str: str | None = None,
    ) -> None:
        """A call that the API refused in the end costs nothing."""
        id = _metadata(request_data).get(_RESERVATION)
        if id and not is_in_vain(original_exception) and not _team().settling.waits(id):
            await _released(user_api_key_dict.key_alias, id)

    async def async_log_success_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """Book a stream at its end, and what was not reserved: a batch that has ended."""
        name, id = _of_event(kwargs)
        usd = kwargs.get("response_cost")
        if name is None or not (id or usd):
            return
        if id and ended_early(kwargs):
            _settle(name, id, kwargs)
        elif not (id and _team().settling.received(id, usd)):
            await _booked(name, id or _once(kwargs, response_obj), usd)

    async def async_log_failure_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """A call that broke, or was waited for in vain, may have cost something."""
        name, id = _of_event(kwargs)
        usd = kwargs.get("response_cost")
        if name is None or not id:
            return
        if ended_early(kwargs):
            _settle(name, id, kwargs)
        elif usd:
            await _booked(name, id, usd)
        elif is_in_vain(kwargs.get("exception")):  # of another provider
            await _released(name, id)


books = TeamBooks()
"""The callback for a proxy's ``litellm_settings.callbacks``."""


@contextmanager
def _answering() -> Iterator[None]:
    """While the books cannot be reached no member's call goes out.

    Raises:
        HTTPException: 503.
    """
    from fastapi import HTTPException

    try:
        yield
    except BooksUnreachableError as error:
        verbose_proxy_logger.error("aimlapi: the books cannot be reached: %s", error)
        raise HTTPException(503, "the books cannot be reached, so that no call is made") from None


async def _reserved(member: Member, id: str, usd: float) -> tuple[bool, float]:
    try:
        return await _team().books.reserve(member, id, usd)
    except BooksUnreachableError:
        await _released(member.name, id)  # the answer may be what was lost
        raise


async def _booked(name: str | None, id: str, usd: float | None) -> None:
    await _entered(name, "charge", lambda books, member: books.book(member, id, usd))


def _settle(name: str, id: str, event: Mapping[str, Any]) -> None:
    """Book what the API's log says, when it does."""
    call = unsettled(event, name, lambda usd: _booked(name, id, usd))
    _team().settling.add(id, call)


async def _released(name: str | None, id: str) -> None:
    await _entered(name, "failed call", lambda books, member: books.release(member, id))


async def _entered(
    name: str | None, what: str, write: Callable[[Books, Member], Awaitable[object]]
) -> None:
    """Write it into the books, now or when they can be reached."""
    team = _team()

    async def enter() -> None:
        member = await team.members.named(name)
        if member is not None:
            await write(team.books, member)

    if not await team.late.make(enter):
        verbose_proxy_logger.error(_LATE, what, len(team.late))


def _of_event(kwargs: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """(whose call it was, its reservation)."""
    params = kwargs.get("litellm_params") or {}
    found: dict[str, Any] = {}
    for place in ("litellm_metadata", "metadata"):
        found |= params.get(place) or {}
    return found.get("user_api_key_alias"), found.get(_RESERVATION)


def _once(kwargs: Mapping[str, Any], response: Any) -> str:
    """What a charge without a reservation is booked by, however often it is logged."""
    is_batch = getattr(response, "object", None) == "batch"
    return str(response.id if is_batch else kwargs.get("litellm_call_id"))


def _metadata(data: dict[str, Any]) -> dict[str, Any]:
    """LiteLLM's own notes on a request: on some routes ``metadata`` is the caller's."""
    for place in ("litellm_metadata", "metadata"):
        found = data.get(place)
        if isinstance(found, dict) and "user_api_key" in found:
            return found
    found = data.setdefault("litellm_metadata", {})
    return found if isinstance(found, dict) else {}


def _estimate(data: Mapping[str, Any]) -> float:
    """US dollars that a call may cost: three characters a token, and all that it may write."""
    limit = next((data[name] for name in _LIMITS if isinstance(data.get(name), int)), None)
    text = json.dumps([data.get(name) for name in _INPUTS], default=str)
    model, output = _model(str(data["model"])), limit or _OUTPUT_TOKENS
    # the prices that the proxy goes by, which it may have read anew
    handler = current_handler()
    catalog = Catalog.default() if handler is None else handler.catalog
    usd = catalog.estimate(model, input_tokens=len(text) // 3, output_tokens=output).usd
    return usd or UNKNOWN_USD


def _model(group: str) -> str:
    """The id of the model behind a name of the proxy's."""
    from litellm.proxy.proxy_server import llm_router

    rows: Any = (llm_router.get_model_list(model_name=group) if llm_router else None) or []
    name = rows[0]["litellm_params"]["model"] if rows else group
    return str(name).removeprefix(f"{PROVIDER}/")
