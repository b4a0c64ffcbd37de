"""What calls cost: charges, and what is set aside for calls that are under way.

A call opens a ticket before it is sent and settles it when its charge is known. What a call will
probably cost is set aside meanwhile, so that calls made at the same time cannot all pass one limit.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from langchain_aimlapi.errors import SpendLimitError

CURRENT: ContextVar[Ledger | None] = ContextVar("aimlapi_ledger", default=None)
"""The ledger that calls of this context are entered in."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One call under way."""

    model: str
    tags: tuple[str, ...] = ()
    reserved_usd: float = 0.0


@dataclass(slots=True)
class Total:
    """The sum of some calls.

    Attributes:
        usd: What the API has charged, in US dollars.
        calls: Finished calls, failed ones too.
        estimated_usd: Probable cost of calls whose charge is unknown: streams that were
            left or broke off, and calls of batches whose charge the API has not named. Not in
            ``usd``.
        unknown_calls: The number of those calls.
    """

    usd: float = 0.0
    calls: int = 0
    estimated_usd: float = 0.0
    unknown_calls: int = 0


@dataclass(slots=True)
class _Book:
    """Everything that a ledger's lock protects."""

    total: Total = field(default_factory=Total)
    by_model: dict[str, Total] = field(default_factory=dict)
    by_tag: dict[str, Total] = field(default_factory=dict)
    dearest: dict[str, float] = field(default_factory=dict)  # by model: one call's highest charge
    reserved_usd: float = 0.0


class Ledger:
    """Charges of calls, by model and by tag, and an optional limit.

    Args:
        limit_usd: No call is sent once this is spent or set aside; None: no limit.
        parent: A ledger that the same calls are entered in as well.
    """

    def __init__(self, limit_usd: float | None = None, parent: Ledger | None = None) -> None:
        if isinstance(limit_usd, str | bool) or (limit_usd is not None and not limit_usd >= 0):
            raise ValueError(f"limit_usd={limit_usd!r} must be 0 or more US dollars")
        self.limit_usd = limit_usd
        self._parent = parent
        self._book = _Book()
        self._lock = threading.Lock()

    # --- what has been spent -----

    @property
    def total(self) -> Total:
        """All calls."""
        return self._book.total

    @property
    def by_model(self) -> dict[str, Total]:
        """Calls by model id."""
        return dict(self._book.by_model)

    @property
    def by_tag(self) -> dict[str, Total]:
        """Calls by tag of their run; a call with two tags counts for both."""
        return dict(self._book.by_tag)

    @property
    def left_usd(self) -> float | None:
        """What may still be spent, in US dollars; None where there is no limit."""
        if self.limit_usd is None:
            return None
        book = self._book
        return self.limit_usd - book.total.usd - book.total.estimated_usd - book.reserved_usd

    @property
    def is_limited(self) -> bool:
        """Whether this ledger or one above it has a limit."""
        return any(each.limit_usd is not None for each in self._line())

    # --- calls -----

    def open(
        self, model: str, tags: Sequence[str] = (), *, estimate_usd: float | None = None
    ) -> Ticket:
        """Set aside what a call will probably cost: the estimate, or the highest charge of a call
        of the same model so far, whichever is more.

        Raises:
            SpendLimitError: it would pass the limit of this ledger or of one above it.
        """
        reserved = max(estimate_usd or 0.0, *(each._dearest(model) for each in self._line()))
        ticket = Ticket(model, tuple(tags), reserved)
        opened: list[Ledger] = []
        try:
            for each in self._line():
                each._reserve(ticket)
                opened.append(each)
        except SpendLimitError:
            for each in opened:
                each._free(ticket)
            raise
        return ticket

    def settle(
        self, ticket: Ticket, usd: float | None, *, estimate_usd: float | None = None
    ) -> None:
        """End a call with its charge; None: there was one, of an unknown amount, which counts as
        the estimate, or as what was set aside."""
        for each in self._line():
            each._settle(ticket, usd, ticket.reserved_usd if estimate_usd is None else estimate_usd)

    def cancel(self, ticket: Ticket) -> None:
        """End a call that has cost nothing."""
        self.settle(ticket, 0.0)

    def _line(self) -> Iterator[Ledger]:
        ledger: Ledger | None = self
        while ledger is not None:
            yield ledger
            ledger = ledger._parent

    def _dearest(self, model: str) -> float:
        with self._lock:
            return self._book.dearest.get(model, 0.0)

    def _reserve(self, ticket: Ticket) -> None:
        with self._lock:
            left = self.left_usd
            if left is not None and (left <= 0 or ticket.reserved_usd > left):
                raise SpendLimitError(
                    f"a call of {ticket.model} (about {ticket.reserved_usd:.6f} USD) would pass "
                    f"the limit of {self.limit_usd} USD; {max(left, 0.0):.6f} USD are left",
                    limit_usd=self.limit_usd,
                    spent_usd=self._book.total.usd,
                    model=ticket.model,
                )
            self._book.reserved_usd += ticket.reserved_usd

    def _free(self, ticket: Ticket) -> None:
        with self._lock:
            self._book.reserved_usd -= ticket.reserved_usd

    def _settle(self, ticket: Ticket, usd: float | None, estimate_usd: float) -> None:
        with self._lock:
            book = self._book
            book.reserved_usd -= ticket.reserved_usd
            totals = [book.total, book.by_model.setdefault(ticket.model, Total())]
            totals += [book.by_tag.setdefault(tag, Total()) for tag in ticket.tags]
            for total in totals:
                total.calls += 1
                if usd is None:
                    total.unknown_calls += 1
                    total.estimated_usd += estimate_usd
                else:
                    total.usd += usd
            if usd is not None:
                book.dearest[ticket.model] = max(book.dearest.get(ticket.model, 0.0), usd)


class Charge:
    """Where the charge of one plan is put when it is known."""

    usd: float | None = None

    def of(self, value: Any) -> None:
        """Read the charge of a result."""
        cost = getattr(value, "cost", None)
        self.usd = cost.usd if cost is not None else 0.0


@contextmanager
def uncharged() -> Iterator[None]:
    """Within it nothing is entered: whoever calls enters it by other means."""
    token = CURRENT.set(None)
    try:
        yield
    finally:
        CURRENT.reset(token)


@contextmanager
def charged(model: str | None) -> Iterator[Charge]:
    """Enter what is done within it in the ledger of the context, where there is one. What needs no
    model (a balance, a list) is free, and no limit holds for it."""
    ledger, charge = CURRENT.get(), Charge()
    if ledger is None or model is None:
        yield charge
        return
    ticket = ledger.open(model)
    try:
        yield charge
    except Exception:
        ledger.cancel(ticket)  # what failed is not charged
        raise
    except BaseException:
        ledger.settle(ticket, None)  # left while the server was at work
        raise
    ledger.settle(ticket, charge.usd)
