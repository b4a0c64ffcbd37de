"""What a team has spent, in a real Redis."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi._litellm.team_store import STALE_SECONDS, Books, Member

from .processes import redis_server

pytestmark = pytest.mark.peer
ADA = Member("ada", 1.0)


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[Any]:
    with redis_server(tmp_path) as port:
        import redis.asyncio

        async with redis.asyncio.Redis(port=port, decode_responses=True) as client:
            yield client


async def spent(redis: Any) -> float:
    return float(await redis.get(ADA.keys()[0]) or 0)


async def test_reserved_money_counts_and_a_charge_is_booked_once(redis: Any) -> None:
    books = Books(redis)
    assert await books.reserve(ADA, "one", 0.6) == (True, 0.0)
    assert await books.reserve(ADA, "two", 0.6) == (True, 0.6)
    assert await books.reserve(ADA, "three", 0.1) == (False, 1.2)
    assert await books.book(ADA, "one", 0.25)
    assert not await books.book(ADA, "one", 0.25)
    assert await spent(redis) == 0.25
    await books.release(ADA, "two")
    assert await books.reserve(ADA, "four", 0.0) == (True, 0.25)


async def test_of_a_hundred_calls_at_once_the_budget_lets_through_what_it_can_pay(
    redis: Any,
) -> None:
    books = Books(redis)
    calls = [books.reserve(ADA, str(number), 0.1) for number in range(100)]
    assert sum(allowed for allowed, _ in await asyncio.gather(*calls)) in (10, 11)


async def test_call_of_a_killed_proxy_is_booked_at_its_estimate(redis: Any) -> None:
    books = Books(redis)
    await books.reserve(ADA, "lost", 0.4)
    since = int(time.time()) - STALE_SECONDS - 5
    await redis.hset(ADA.keys()[1], "lost", f"0.4:{since}")
    assert await books.reserve(ADA, "next", 0.1) == (True, 0.4)
    assert await spent(redis) == 0.4
    assert await redis.hkeys(ADA.keys()[1]) == ["next"]


async def test_charge_that_is_not_known_is_what_was_reserved(redis: Any) -> None:
    books = Books(redis)
    await books.reserve(ADA, "one", 0.3)
    assert await books.book(ADA, "one", None)
    assert await spent(redis) == 0.3


async def test_member_without_a_budget_is_booked_and_never_refused(redis: Any) -> None:
    books, free = Books(redis), Member("ada")
    await books.book(free, "one", 1000.0)
    assert await books.reserve(free, "two", 1.0) == (True, 1000.0)
