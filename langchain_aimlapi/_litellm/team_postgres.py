"""Members of a team and what they have spent, in Postgres.

Tables are made when they are missing. Each step is one function of the database, so that it holds
for any number of proxies, whichever of them is killed in its middle.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from langchain_aimlapi._litellm.team_store import (
    ANSWER_SECONDS,
    FILE_VARIABLE,
    STALE_SECONDS,
    BooksUnreachableError,
    Member,
    key_hash,
)

T = TypeVar("T")
_SCHEMA = """
SELECT pg_advisory_xact_lock(hashtextextended('aimlapi', 0));
CREATE TABLE IF NOT EXISTS aimlapi_members (
  name text PRIMARY KEY,
  key_sha256 text NOT NULL UNIQUE,
  budget double precision CHECK (budget >= 0),
  per text NOT NULL DEFAULT 'total' CHECK (per IN ('total', 'month', 'day'))
);
CREATE TABLE IF NOT EXISTS aimlapi_calls (
  member text NOT NULL,
  id text NOT NULL,
  usd numeric NOT NULL,
  reserved_at timestamptz NOT NULL DEFAULT now(),
  booked_at timestamptz,
  PRIMARY KEY (member, id)
);
CREATE INDEX IF NOT EXISTS aimlapi_calls_open ON aimlapi_calls (member) WHERE booked_at IS NULL;
CREATE TABLE IF NOT EXISTS aimlapi_spent (
  member text NOT NULL,
  period text NOT NULL,
  usd numeric NOT NULL,
  PRIMARY KEY (member, period)
);
CREATE OR REPLACE FUNCTION aimlapi_add(whose text, during text, dollars numeric)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO aimlapi_spent AS spent VALUES (whose, during, dollars)
  ON CONFLICT (member, period) DO UPDATE SET usd = spent.usd + dollars
$$;
CREATE OR REPLACE FUNCTION aimlapi_reserve(
  whose text, during text, call text, dollars numeric, bound numeric, stale double precision,
  OUT allowed boolean, OUT used numeric
) LANGUAGE plpgsql AS $$
DECLARE lost numeric;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('aimlapi:' || whose, 0));
  WITH gone AS (
    UPDATE aimlapi_calls SET booked_at = now()
    WHERE member = whose AND booked_at IS NULL
      AND reserved_at < now() - make_interval(secs => stale)
    RETURNING usd
  ) SELECT sum(usd) INTO lost FROM gone;
  IF lost > 0 THEN PERFORM aimlapi_add(whose, during, lost); END IF;
  SELECT coalesce(sum(usd), 0) INTO used FROM (
    SELECT usd FROM aimlapi_calls WHERE member = whose AND booked_at IS NULL
    UNION ALL
    SELECT usd FROM aimlapi_spent WHERE member = whose AND period = during
  ) AS parts;
  allowed := bound IS NULL OR used < bound;
  IF allowed AND dollars > 0 THEN
    INSERT INTO aimlapi_calls (member, id, usd) VALUES (whose, call, dollars)
    ON CONFLICT DO NOTHING;
  END IF;
END $$;
CREATE OR REPLACE FUNCTION aimlapi_book(whose text, during text, call text, dollars numeric)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE found_usd numeric; found_at timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('aimlapi:' || whose, 0));
  SELECT usd, booked_at INTO found_usd, found_at
  FROM aimlapi_calls WHERE member = whose AND id = call;
  IF found_at IS NOT NULL THEN RETURN false; END IF;
  INSERT INTO aimlapi_calls (member, id, usd, booked_at)
  VALUES (whose, call, coalesce(dollars, found_usd, 0), now())
  ON CONFLICT (member, id) DO UPDATE SET usd = excluded.usd, booked_at = excluded.booked_at;
  PERFORM aimlapi_add(whose, during, coalesce(dollars, found_usd, 0));
  RETURN true;
END $$;
"""
_NO_ADDRESS = (
    f"{FILE_VARIABLE} is no address of a Postgres server; in a user's name and a password, special"
    " characters are written as %20, %40, ..."
)
_MEMBER = "SELECT name, budget, per FROM aimlapi_members WHERE "


class PostgresTeam:
    """Members and books, over one connection that is opened again when it breaks.

    Args:
        address: ``postgresql://user:password@host/database``.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection: Any = None
        self._turn = asyncio.Lock()
        self._ending: set[asyncio.Task[None]] = set()

    async def of(self, key: str) -> Member | None:
        """Whose key it is."""
        return _member(await self._row(_MEMBER + "key_sha256 = %s", key_hash(key)))

    async def named(self, name: str | None) -> Member | None:
        """The member of this name."""
        return None if name is None else _member(await self._row(_MEMBER + "name = %s", name))

    async def reserve(self, member: Member, id: str, usd: float) -> tuple[bool, float]:
        """Keep dollars for a call. (whether the budget allows it, what is spent and reserved)."""
        whose, stale = (member.name, member.period(), id), float(STALE_SECONDS)
        allowed, used = await self._row(
            "SELECT * FROM aimlapi_reserve(%s, %s, %s, %s::numeric, %s::numeric, %s)",
            *whose, f"{usd:.12f}", member.budget, stale,
        )  # fmt: skip
        return bool(allowed), float(used)

    async def book(self, member: Member, id: str, usd: float | None) -> bool:
        """Book a charge, once for an id; None: what was reserved. Whether it was the first time."""
        text = None if usd is None else f"{usd:.12f}"
        (is_first,) = await self._row(
            "SELECT aimlapi_book(%s, %s, %s, %s::numeric)", member.name, member.period(), id, text
        )
        return bool(is_first)

    async def release(self, member: Member, id: str) -> None:
        """A call that did not cost anything."""
        await self._row(
            "DELETE FROM aimlapi_calls WHERE member = %s AND id = %s AND booked_at IS NULL"
            " RETURNING id",
            member.name, id,
        )  # fmt: skip

    async def add(self, member: Member, key: str) -> None:
        """Put a member in, or change the key and the budget of one."""
        await self._row(
            "INSERT INTO aimlapi_members VALUES (%s, %s, %s, %s) ON CONFLICT (name) DO UPDATE SET"
            " key_sha256 = excluded.key_sha256, budget = excluded.budget, per = excluded.per"
            " RETURNING name",
            member.name, key_hash(key), member.budget, member.per,
        )  # fmt: skip

    async def remove(self, name: str) -> bool:
        """Take a member out; what was spent stays in the books. Whether there was one."""
        removed = await self._row("DELETE FROM aimlapi_members WHERE name = %s RETURNING 1", name)
        return removed is not None

    async def spent(self, member: Member) -> tuple[float, float]:
        """US dollars (booked in the time that the budget is for, reserved for calls under way)."""
        booked, reserved = await self._row(
            "SELECT (SELECT sum(usd) FROM aimlapi_spent WHERE member = %s AND period = %s),"
            " (SELECT sum(usd) FROM aimlapi_calls WHERE member = %s AND booked_at IS NULL)",
            member.name, member.period(), member.name,
        )  # fmt: skip
        return float(booked or 0), float(reserved or 0)

    async def everybody(self) -> list[Member]:
        """All members, by name."""
        rows = await self._rows("SELECT name, budget, per FROM aimlapi_members ORDER BY name", ())
        return [Member(*row) for row in rows]

    async def close(self) -> None:
        """End the connection."""
        if self._ending:
            await asyncio.wait(self._ending)
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _row(self, statement: str, *values: object) -> Any:
        rows = await self._rows(statement, values)
        return rows[0] if rows else None

    async def _rows(self, statement: str, values: tuple[object, ...]) -> list[Any]:
        """Every statement may be repeated, so it is where the connection turns out to be dead."""
        import psycopg

        unreachable = (psycopg.OperationalError, psycopg.InterfaceError, OSError)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._turn.acquire()
        except TimeoutError as error:
            raise BooksUnreachableError("no answer in time") from error
        try:
            was_open = self._connection is not None
            try:
                return await self._once(statement, values)
            except unreachable as error:
                if not was_open or isinstance(error, TimeoutError):
                    raise
            return await self._once(statement, values)
        except unreachable as error:
            raise BooksUnreachableError(str(error)) from error
        finally:
            self._turn.release()

    async def _once(self, statement: str, values: tuple[object, ...]) -> list[Any]:
        """One try; a connection that fails, or does not answer in time, is not used again."""
        work = asyncio.create_task(self._answered(statement, values))
        try:
            await asyncio.wait({work}, timeout=ANSWER_SECONDS)
            if not work.done():
                raise TimeoutError(f"no answer in {ANSWER_SECONDS:g} seconds")
            return work.result()
        except BaseException:
            ending = asyncio.create_task(_ended(work, self._connection))
            self._connection = None
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
            raise

    async def _answered(self, statement: str, values: tuple[object, ...]) -> list[Any]:
        connection = self._connection or await _connected(self._address)
        self._connection = connection
        cursor = await connection.execute(statement, values)
        rows: list[Any] = await cursor.fetchall()
        return rows


async def _ended(work: asyncio.Task[list[Any]], connection: Any) -> None:
    """Not waited for: the driver asks a server to stop what it does, and waits for that."""
    work.cancel()
    await asyncio.wait({work})
    if connection is not None:
        await connection.close()


async def _connected(address: str) -> Any:
    import psycopg

    try:
        connection = await psycopg.AsyncConnection.connect(
            address, autocommit=True, prepare_threshold=None, connect_timeout=5
        )
    except psycopg.ProgrammingError:  # its text quotes what may be the password
        raise BooksUnreachableError(_NO_ADDRESS) from None
    try:
        await connection.execute(_SCHEMA)
    except BaseException:
        await connection.close()
        raise
    return connection


def _member(row: Any) -> Member | None:
    return None if row is None else Member(*row)


# --- for the command line -----


def add_member(address: str, member: Member, key: str) -> None:
    """Put a member in, or change the key and the budget of one.

    Raises:
        ValueError: somebody else has this key.
        BooksUnreachableError: there is no server, or it does not let us in.
    """
    import psycopg

    try:
        _run(address, lambda team: team.add(member, key))
    except psycopg.errors.UniqueViolation:
        raise ValueError("somebody else has this key") from None


def remove_member(address: str, name: str) -> None:
    """Take a member out; what was spent stays in the books.

    Raises:
        ValueError: there is no such member.
        BooksUnreachableError: there is no server, or it does not let us in.
    """
    if not _run(address, lambda team: team.remove(name)):
        raise ValueError(f"there is no member {name}")


def spending(address: str) -> list[tuple[Member, float, float]]:
    """(member, US dollars that are booked for its budget, US dollars reserved), by name.

    Raises:
        BooksUnreachableError: there is no server, or it does not let us in.
    """

    async def rows(team: PostgresTeam) -> list[tuple[Member, float, float]]:
        return [(each, *await team.spent(each)) for each in await team.everybody()]

    return _run(address, rows)


def _run(address: str, work: Callable[[PostgresTeam], Coroutine[Any, Any, T]]) -> T:
    async def go() -> T:
        team = PostgresTeam(address)
        try:
            return await work(team)
        finally:
            await team.close()

    return asyncio.run(go())
