"""What members of a team have spent, in Redis."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from langchain_aimlapi._litellm.team_store import (
    ANSWER_SECONDS,
    STALE_SECONDS,
    BooksUnreachableError,
    Member,
)

_REMEMBER_SECONDS = 8 * 24 * 3600  # a batch may be looked at for a week

# KEYS: spent, open. ARGV: id, dollars, budget (-1: none), seconds after which a call is lost.
_RESERVE = """
local now = tonumber(redis.call('TIME')[1])
local open = 0
local entries = redis.call('HGETALL', KEYS[2])
for place = 1, #entries, 2 do
  local usd, since = string.match(entries[place + 1], '^(.-):(.*)$')
  if now - tonumber(since) > tonumber(ARGV[4]) then
    redis.call('HDEL', KEYS[2], entries[place])
    redis.call('INCRBYFLOAT', KEYS[1], usd)
  else
    open = open + tonumber(usd)
  end
end
local used = tonumber(redis.call('GET', KEYS[1]) or '0') + open
local budget = tonumber(ARGV[3])
if budget >= 0 and used >= budget then return {0, tostring(used)} end
if tonumber(ARGV[2]) > 0 then redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. ':' .. now) end
return {1, tostring(used)}
"""
# KEYS: spent, open, mark. ARGV: id, dollars ('' for those reserved), seconds to remember.
_BOOK = """
if not redis.call('SET', KEYS[3], '1', 'NX', 'EX', ARGV[3]) then return 0 end
local usd = ARGV[2]
if usd == '' then usd = string.match(redis.call('HGET', KEYS[2], ARGV[1]) or '0:', '^(.-):') end
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('INCRBYFLOAT', KEYS[1], usd)
return 1
"""


class RedisBooks:
    """What members have spent, in Redis.

    Args:
        client: An async client of redis-py.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    async def reserve(self, member: Member, id: str, usd: float) -> tuple[bool, float]:
        """Keep dollars for a call. (whether the budget allows it, what is spent and reserved)."""
        budget = -1.0 if member.budget is None else member.budget
        async with _reached():
            allowed, used = await self._client.eval(
                _RESERVE, 2, *_keys(member), id, f"{usd:.12f}", budget, STALE_SECONDS
            )
        return bool(allowed), float(used)

    async def book(self, member: Member, id: str, usd: float | None) -> bool:
        """Book a charge, once for an id; None: what was reserved. Whether it was the first time."""
        spent, reserved = _keys(member)
        text = "" if usd is None else f"{usd:.12f}"
        mark = f"{{aimlapi:team:{member.name}}}:done:{id}"
        keys = (spent, reserved, mark)
        async with _reached():
            return bool(await self._client.eval(_BOOK, 3, *keys, id, text, _REMEMBER_SECONDS))

    async def release(self, member: Member, id: str) -> None:
        """A call that did not cost anything."""
        async with _reached():
            await self._client.hdel(_keys(member)[1], id)


def connect() -> Any:
    """A client for ``REDIS_URL``, or ``REDIS_HOST``, ``REDIS_PORT`` and ``REDIS_PASSWORD``, as for
    LiteLLM itself."""
    import redis.asyncio
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    # redis-py's own, which differ by its version: no bound on an answer, or ten tries of 5 seconds
    options: dict[str, Any] = {
        "socket_timeout": ANSWER_SECONDS,
        "socket_connect_timeout": ANSWER_SECONDS,
        "retry": Retry(NoBackoff(), 1),  # a connection may have died since the last call
    }
    url = os.environ.get("REDIS_URL")
    if url:
        return redis.asyncio.Redis.from_url(url, **options)
    return redis.asyncio.Redis(
        host=os.environ.get("REDIS_HOST") or "127.0.0.1",
        port=int(os.environ.get("REDIS_PORT") or 6379),
        password=os.environ.get("REDIS_PASSWORD") or None,
        **options,
    )


def _keys(member: Member) -> tuple[str, str]:
    """Redis' names of what is spent and what is reserved; in one slot of a cluster."""
    base = f"{{aimlapi:team:{member.name}}}"
    return f"{base}:spent:{member.period()}", f"{base}:open"


@asynccontextmanager
async def _reached() -> AsyncIterator[None]:
    from redis.exceptions import RedisError

    try:
        async with asyncio.timeout(2 * ANSWER_SECONDS):
            yield
    except (RedisError, OSError) as error:
        raise BooksUnreachableError(str(error) or "no answer in time") from error
