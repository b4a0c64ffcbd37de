"""Who may call a fleet of proxies, and what they have spent.

Members stand in a file, and what they have spent in Redis; or both stand in Postgres.
A call is reserved at its estimate before it goes out and booked at its charge when it is answered.
A reservation counts like money that is spent, so a call whose proxy was killed is never free:
after an hour it is booked at its estimate.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

FILE_VARIABLE = "AIMLAPI_TEAM"
STALE_SECONDS = 3600
ANSWER_SECONDS = 5.0
"""How long a server of the books may take to answer."""
NEVER = -1
_log = logging.getLogger(__name__)
_PERIODS = {"total": "total", "month": "%Y-%m", "day": "%Y-%m-%d"}


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

    def period(self) -> str:
        """What its budget is for now: ``total``, ``2026-11`` or ``2026-11-28``."""
        return datetime.now(UTC).strftime(_PERIODS[self.per])


class BooksUnreachableError(Exception):
    """The server that has the books does not answer, or the file of keys cannot be read."""


class Members(Protocol):
    """Who has a key."""

    async def of(self, key: str) -> Member | None:
        """Whose key it is."""

    async def named(self, name: str | None) -> Member | None:
        """The member of this name."""


class Books(Protocol):
    """What members have spent. Every method raises `BooksUnreachableError`."""

    async def reserve(self, member: Member, id: str, usd: float) -> tuple[bool, float]:
        """Keep dollars for a call. (whether the budget allows it, what is spent and reserved)."""

    async def book(self, member: Member, id: str, usd: float | None) -> bool:
        """Book a charge, once for an id; None: what was reserved. Whether it was the first time."""

    async def release(self, member: Member, id: str) -> None:
        """A call that did not cost anything."""


def is_postgres(address: str) -> bool:
    """Whether `FILE_VARIABLE` names a Postgres server and not a file."""
    return address.startswith(("postgresql://", "postgres://"))


class FileMembers:
    """The file of keys, read again whenever it changes.

    Args:
        path: JSON: ``{"ada": {"key": "sk-...", "budget": 5.0, "per": "month"}, ...}``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed = NEVER
        self._wrong = ""
        self._by_key: Mapping[str, Member] = {}

    async def of(self, key: str) -> Member | None:
        """Whose key it is."""
        return self._members().get(key_hash(key))

    async def named(self, name: str | None) -> Member | None:
        """The member of this name."""
        return next((each for each in self._members().values() if each.name == name), None)

    def _members(self) -> Mapping[str, Member]:
        """A file that somebody is in the middle of changing takes nobody's key away."""
        try:
            changed = self._path.stat().st_mtime_ns
            if changed == self._changed:
                return self._by_key
            self._by_key = read_members(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            if self._changed == NEVER:
                raise BooksUnreachableError(str(error)) from error
            if str(error) != self._wrong:
                _log.error("the file of keys stays as it was: %s", error)
            self._wrong = str(error)
            return self._by_key
        self._changed, self._wrong = changed, ""
        return self._by_key


def read_members(text: str) -> dict[str, Member]:
    """Members by the hashes of their keys.

    Raises:
        ValueError: what is wrong with the file.
    """
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{FILE_VARIABLE}: the file is no JSON: {error}") from None
    if not isinstance(rows, dict):
        raise ValueError(f"{FILE_VARIABLE}: the file must be a JSON object of names")
    found: dict[str, Member] = {}
    for name, row in rows.items():
        key = row.get("key") if isinstance(row, dict) else None
        if not isinstance(key, str) or not key.startswith("sk-"):
            raise ValueError(f"{FILE_VARIABLE}: {name!r} needs a key that begins with sk-")
        if key_hash(key) in found:
            raise ValueError(
                f"{FILE_VARIABLE}: {name!r} has the key of {found[key_hash(key)].name!r}"
            )
        found[key_hash(key)] = _member(name, row)
    return found


def _member(name: str, row: Mapping[str, Any]) -> Member:
    unknown = sorted(set(row) - {"key", "budget", "per"})
    if unknown:
        raise ValueError(f"{FILE_VARIABLE}: {name!r} has {unknown[0]!r}, not key, budget or per")
    budget, per = row.get("budget"), row.get("per", "total")
    if budget is not None and not (isinstance(budget, int | float) and 0 <= budget < math.inf):
        raise ValueError(f"{FILE_VARIABLE}: the budget of {name!r} must be US dollars, from 0")
    if per not in _PERIODS:
        raise ValueError(f"{FILE_VARIABLE}: per of {name!r} must be one of {', '.join(_PERIODS)}")
    return Member(name, None if budget is None else float(budget), per)


def key_hash(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode()).hexdigest()
