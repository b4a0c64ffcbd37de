"""What a team has spent, in a real Redis and in a real Postgres."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from langchain_aimlapi._litellm import team_postgres, team_redis
from langchain_aimlapi._litellm.team_postgres import PostgresTeam
from langchain_aimlapi._litellm.team_redis import RedisBooks, connect
from langchain_aimlapi._litellm.team_store import (
    STALE_SECONDS,
    Books,
    BooksUnreachableError,
    Member,
)
from langchain_aimlapi.cli import app

from .processes import (
    kept_port,
    postgres_at_rest,
    postgres_server,
    redis_at_rest,
    redis_server,
)

pytestmark = pytest.mark.peer
ADA = Member("ada", 1.0)
LONG_AGO = STALE_SECONDS + 5


@dataclass
class Store:
    """Books, and what is needed to look into them from outside."""

    books: Books
    spent: Callable[[], Coroutine[Any, Any, float]]
    age: Callable[[str], Coroutine[Any, Any, object]]
    """Make a reservation older than a call can last."""


@pytest.fixture(scope="module")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with redis_server(tmp_path_factory.mktemp("redis")) as port:
        yield port


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres_server(tmp_path_factory.mktemp("postgres")) as address:
        yield address


@pytest.fixture(params=["redis", "postgres"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    if request.param == "redis":
        async with in_redis(request.getfixturevalue("redis_port")) as client:
            await client.flushdb()
            yield redis_store(client)
    else:
        team = PostgresTeam(request.getfixturevalue("postgres"))
        await team._row(
            "WITH one AS (DELETE FROM aimlapi_calls) DELETE FROM aimlapi_spent RETURNING 1"
        )
        yield postgres_store(team)
        await team.close()


def in_redis(port: int) -> Any:
    import redis.asyncio

    return redis.asyncio.Redis(port=port, decode_responses=True)


def redis_store(client: Any) -> Store:
    base = "{aimlapi:team:ada}"

    async def spent() -> float:
        return float(await client.get(f"{base}:spent:total") or 0)

    async def age(id: str) -> None:
        usd, _, _ = (await client.hget(f"{base}:open", id)).partition(":")
        await client.hset(f"{base}:open", id, f"{usd}:{int(time.time()) - LONG_AGO}")

    return Store(RedisBooks(client), spent, age)


def postgres_store(team: PostgresTeam) -> Store:
    async def spent() -> float:
        return (await team.spent(ADA))[0]

    def age(id: str) -> Coroutine[Any, Any, object]:
        return team._row(
            "UPDATE aimlapi_calls SET reserved_at = now() - make_interval(secs => %s)"
            " WHERE id = %s RETURNING id", LONG_AGO, id,
        )  # fmt: skip

    return Store(team, spent, age)


async def test_reserved_money_counts_and_a_charge_is_booked_once(store: Store) -> None:
    books = store.books
    assert await books.reserve(ADA, "one", 0.6) == (True, 0.0)
    assert await books.reserve(ADA, "two", 0.6) == (True, 0.6)
    assert await books.reserve(ADA, "three", 0.1) == (False, 1.2)
    assert await books.book(ADA, "one", 0.25)
    assert not await books.book(ADA, "one", 0.25)
    assert await store.spent() == 0.25
    await books.release(ADA, "two")
    assert await books.reserve(ADA, "four", 0.0) == (True, 0.25)


async def test_of_a_hundred_calls_at_once_the_budget_lets_through_what_it_can_pay(
    store: Store,
) -> None:
    calls = [store.books.reserve(ADA, str(number), 0.1) for number in range(100)]
    assert sum(allowed for allowed, _ in await asyncio.gather(*calls)) in (10, 11)


async def test_call_of_a_killed_proxy_is_booked_at_its_estimate(store: Store) -> None:
    await store.books.reserve(ADA, "lost", 0.4)
    await store.age("lost")
    assert await store.books.reserve(ADA, "next", 0.1) == (True, 0.4)
    assert await store.spent() == 0.4
    await store.books.release(ADA, "next")
    assert await store.books.reserve(ADA, "third", 0.0) == (True, 0.4)


async def test_charge_that_is_not_known_is_what_was_reserved(store: Store) -> None:
    await store.books.reserve(ADA, "one", 0.3)
    assert await store.books.book(ADA, "one", None)
    assert await store.spent() == 0.3


async def test_member_without_a_budget_is_booked_and_never_refused(store: Store) -> None:
    free = Member("ada")
    await store.books.book(free, "one", 1000.0)
    assert await store.books.reserve(free, "two", 1.0) == (True, 1000.0)


async def test_several_proxies_share_one_postgres(postgres: str) -> None:
    cyd, teams = Member("cyd", 1.0), [PostgresTeam(postgres) for _ in range(4)]
    calls = [teams[n % 4].reserve(cyd, str(n), 0.1) for n in range(60)]
    assert sum(allowed for allowed, _ in await asyncio.gather(*calls)) in (10, 11)
    for team in teams:
        await team.close()


async def test_broken_connection_to_postgres_is_opened_again(postgres: str) -> None:
    team, other = PostgresTeam(postgres), PostgresTeam(postgres)
    await team.reserve(Member("eve"), "one", 0.5)
    await other._row(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND datname = current_database()"
    )
    assert await team.book(Member("eve"), "one", 0.25)
    assert await team.spent(Member("eve")) == (0.25, 0.0)
    await team.close()
    await other.close()


async def test_address_that_is_none_is_named_without_its_password() -> None:
    with pytest.raises(BooksUnreachableError, match="is no address of a Postgres") as caught:
        await PostgresTeam("postgresql://ada:pass word@host/x").of("sk-ada")
    assert "pass" not in str(caught.value).replace("password", "")


async def test_server_that_is_not_there_is_said() -> None:
    with kept_port() as port:
        with pytest.raises(BooksUnreachableError):
            await PostgresTeam(f"postgresql://a@127.0.0.1:{port}/a").of("sk-ada")
        async with in_redis(port) as client:
            with pytest.raises(BooksUnreachableError):
                await RedisBooks(client).reserve(ADA, "one", 0.1)


@pytest.mark.parametrize("kind", ["redis", "postgres"])
async def test_server_that_does_not_answer_is_not_waited_for(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (team_redis, team_postgres):
        monkeypatch.setattr(module, "ANSWER_SECONDS", 0.5)
    monkeypatch.delenv("REDIS_URL", raising=False)
    with (redis_at_rest if kind == "redis" else postgres_at_rest)(tmp_path) as server:
        server.start()
        monkeypatch.setenv("REDIS_PORT", server.address)
        books = RedisBooks(connect()) if kind == "redis" else PostgresTeam(server.address)
        assert await books.reserve(ADA, "one", 0.25) == (True, 0.0)
        with server.asleep():
            calls = [books.reserve(ADA, str(number), 0.1) for number in range(5)]
            async with asyncio.timeout(60):  # ten minutes, were each to wait for its turn
                found = await asyncio.gather(*calls, return_exceptions=True)
            assert {type(each) for each in found} == {BooksUnreachableError}
        for _ in range(600):
            if await booked(books, "one", 0.25):
                break
            await asyncio.sleep(0.1)
        else:
            pytest.fail("it has woken up, and nothing is booked")
        if isinstance(books, PostgresTeam):
            await books.close()
        else:
            await books._client.aclose()


async def booked(books: Books, id: str, usd: float) -> bool:
    try:
        return await books.book(ADA, id, usd)
    except BooksUnreachableError:
        return False  # it has just woken up


def test_members_in_postgres_are_kept_by_the_command_line(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIMLAPI_TEAM", postgres)

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["team", *arguments], env={**os.environ, "COLUMNS": "200"})
        return done.exit_code, done.output

    code, key = run("add", "dan", "--budget", "5", "--per", "month")
    assert (code, key[:3]) == (0, "sk-")
    member = asyncio.run(found(postgres, key.strip()))
    assert member == Member("dan", 5.0, "month")
    assert run("list") == (0, "dan: 0.000000 of 5 USD (month)\n")
    assert run("add", "eve", "--key", key.strip())[0] != 0
    assert run("add", "dan", "--key", "sk-other") == (0, "sk-other\n")
    assert asyncio.run(found(postgres, key.strip())) is None
    assert run("remove", "dan") == (0, "")
    code, text = run("remove", "dan")
    assert code != 0
    assert "no member dan" in text
    monkeypatch.setenv("AIMLAPI_TEAM", "team.json")
    assert "changed in the file" in run("list")[1]


async def found(address: str, key: str) -> Member | None:
    team = PostgresTeam(address)
    try:
        return await team.of(key)
    finally:
        await team.close()
