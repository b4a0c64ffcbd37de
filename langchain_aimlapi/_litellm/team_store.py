"""Who may call a fleet of proxies, and what they have spent: a file of keys, and Redis.

A call is reserved at its estimate before it goes out and booked at its charge when it is answered.
A reservation counts like money that is spent, so a call whose proxy was killed is never free:
after an hour it is booked at its estimate.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FILE_VARIABLE = "AIMLAPI_TEAM"
STALE_SECONDS = 3600
_REMEMBER_SECONDS = 8 * 24 * 3600  # a batch may be looked at for a week
_PERIODS = {"total": "total", "month": "%Y-%m", "day": "%Y-%m-%d"}

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


@dataclass(frozen=True, slots=True)
class Member:
    """Who has a key.

    Attributes:
        name: Whose it is.
        budget: US dollars; None: no bound.
        per: ``total``, ``month`` or ``day``, in UTC.
    """

    name: str
    budget: float | None = None
    per: str = "total"

    def keys(self) -> tuple[str, str]:
        """Redis' names of what is spent and what is reserved; in one slot of a cluster."""
        base = f"{{aimlapi:team:{self.name}}}"
        return f"{base}:spent:{datetime.now(UTC).strftime(_PERIODS[self.per])}", f"{base}:open"


class Team:
    """The file of keys, read again whenever it changes.

    Args:
        path: JSON: ``{"ada": {"key": "sk-...", "budget": 5.0, "per": "month"}, ...}``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed = -1
        self._by_key: Mapping[str, Member] = {}

    def of(self, key: str) -> Member | None:
        """Whose key it is."""
        return self._members().get(_hash(key))

    def named(self, name: str | None) -> Member | None:
        """The member of this name."""
        return next((each for each in self._members().values() if each.name == name), None)

    def _members(self) -> Mapping[str, Member]:
        changed = self._path.stat().st_mtime_ns
        if changed != self._changed:
            self._by_key = read_members(self._path.read_text(encoding="utf-8"))
            self._changed = changed
        return self._by_key


def read_members(text: str) -> dict[str, Member]:
    """Members by the hashes of their keys.

    Raises:
        ValueError: what is wrong with the file.
    """
    rows = json.loads(text)
    if not isinstance(rows, dict):
        raise ValueError(f"{FILE_VARIABLE}: the file must be a JSON object of names")
    found: dict[str, Member] = {}
    for name, row in rows.items():
        key = row.get("key") if isinstance(row, dict) else None
        if not isinstance(key, str) or not key.startswith("sk-"):
            raise ValueError(f"{FILE_VARIABLE}: {name!r} needs a key that begins with sk-")
        if _hash(key) in found:
            raise ValueError(f"{FILE_VARIABLE}: {name!r} has the key of {found[_hash(key)].name!r}")
        found[_hash(key)] = _member(name, row)
    return found


def _member(name: str, row: Mapping[str, Any]) -> Member:
    unknown = sorted(set(row) - {"key", "budget", "per"})
    if unknown:
        raise ValueError(f"{FILE_VARIABLE}: {name!r} has {unknown[0]!r}, not key, budget or per")
    budget, per = row.get("budget"), row.get("per", "total")
    if budget is not None and (not isinstance(budget, int | float) or budget < 0):
        raise ValueError(f"{FILE_VARIABLE}: the budget of {name!r} must be US dollars, from 0")
    if per not in _PERIODS:
        raise ValueError(f"{FILE_VARIABLE}: per of {name!r} must be one of {', '.join(_PERIODS)}")
    return Member(name, None if budget is None else float(budget), per)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


class Books:
    """What members have spent, in Redis.

    Args:
        client: An async client of redis-py.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    async def reserve(self, member: Member, id: str, usd: float) -> tuple[bool, float]:
        """Keep dollars for a call. (whether the budget allows it, what is spent and reserved)."""
        budget = -1.0 if member.budget is None else member.budget
        allowed, used = await self._client.eval(
            _RESERVE, 2, *member.keys(), id, f"{usd:.12f}", budget, STALE_SECONDS
        )
        return bool(allowed), float(used)

    async def book(self, member: Member, id: str, usd: float | None) -> bool:
        """Book a charge, once for an id; None: what was reserved. Whether it was the first time."""
        spent, reserved = member.keys()
        text = "" if usd is None else f"{usd:.12f}"
        mark = f"{{aimlapi:team:{member.name}}}:done:{id}"
        return bool(
            await self._client.eval(_BOOK, 3, spent, reserved, mark, id, text, _REMEMBER_SECONDS)
        )

    async def release(self, member: Member, id: str) -> None:
        """A call that did not cost anything."""
        await self._client.hdel(member.keys()[1], id)


def connect() -> Any:
    """A client for ``REDIS_URL``, or ``REDIS_HOST``, ``REDIS_PORT`` and ``REDIS_PASSWORD``, as for
    LiteLLM itself."""
    import redis.asyncio

    url = os.environ.get("REDIS_URL")
    if url:
        return redis.asyncio.Redis.from_url(url)
    return redis.asyncio.Redis(
        host=os.environ.get("REDIS_HOST") or "127.0.0.1",
        port=int(os.environ.get("REDIS_PORT") or 6379),
        password=os.environ.get("REDIS_PASSWORD") or None,
    )
