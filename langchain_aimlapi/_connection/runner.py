"""Carrying out plans: the one place where an endpoint's plan meets the drivers, sync and async."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from langchain_aimlapi import errors
from langchain_aimlapi._connection.ledger import charged
from langchain_aimlapi._wire.flow import Flow, Policy
from langchain_aimlapi._wire.key import Key, secret_of
from langchain_aimlapi._wire.request import Limits
from langchain_aimlapi._wire.retry import RetryEvent
from langchain_aimlapi.endpoints import ItemsPlan, Plan

if TYPE_CHECKING:
    from langchain_aimlapi._transport import Drivers

T = TypeVar("T")
Amend = Callable[[errors.AimlapiError, str | None], None]


def _as_it_is(error: errors.AimlapiError, model: str | None) -> None:
    """Nothing more is known."""


@dataclass(frozen=True, slots=True)
class Runner:
    """Carries out plans with a pair of drivers.

    Attributes:
        drivers: Who performs I/O.
        find_key: Returns the key. Raises AuthenticationError where there is none, which is an
            error only for plans that need one.
        limits: Time and size; ``limits.deadline`` is for a whole plan, however many requests.
        max_retries: Further attempts of each request.
        on_retry: Called before each wait for another attempt.
        max_concurrency: Most steps of a plan at a time, in async calls.
        amend: Adds what is known about a model (its id is the second argument) to an error.
        find_management_key: Like ``find_key``, for plans that manage the account.
    """

    drivers: Drivers
    find_key: Callable[[], Key]
    limits: Limits = field(default_factory=Limits)
    max_retries: int = 2
    on_retry: Callable[[RetryEvent], object] | None = None
    max_concurrency: int = 8
    amend: Amend = _as_it_is
    find_management_key: Callable[[], Key] | None = None

    def run(self, plan: Plan[T]) -> T:
        """The value of a plan, its steps one after the other."""
        key, policy = self._start(plan)
        driver = self.drivers.sync
        try:
            with charged(None if plan.is_free else plan.model) as charge:
                steps = _flows(plan, policy)
                value = plan.join([driver.run(s, key, self.on_retry) for s in steps])
                charge.of(value)
            return value
        except errors.AimlapiError as error:
            self.amend(error, plan.model)
            raise

    async def arun(self, plan: Plan[T]) -> T:
        """The value of a plan, up to ``max_concurrency`` steps at a time."""
        key, policy = self._start(plan)
        driver = self.drivers.asynchronous
        try:
            with charged(None if plan.is_free else plan.model) as charge:
                results = await _overlapped(
                    _flows(plan, policy),
                    lambda each: driver.run(each, key, self.on_retry),
                    min(self.max_concurrency, len(plan.steps)),
                )
                value = plan.join(results)
                charge.of(value)
            return value
        except errors.AimlapiError as error:
            self.amend(error, plan.model)
            raise

    def stream(self, plan: ItemsPlan[T]) -> SyncItems[T]:
        """The items of a plan as they come."""
        key, policy = self._start(plan)
        return SyncItems(self._items(plan, policy, key))

    def astream(self, plan: ItemsPlan[T]) -> AsyncItems[T]:
        """The items of a plan as they come, on the running event loop."""
        key, policy = self._start(plan)
        return AsyncItems(self._aitems(plan, policy, key))

    def _items(
        self, plan: ItemsPlan[T], policy: Policy, key: Key | None
    ) -> Generator[T, None, None]:
        items = self.drivers.sync.stream(plan.flow(policy.started()), key, self.on_retry)
        try:
            yield from items
        except errors.AimlapiError as error:
            self.amend(error, plan.model)
            raise
        finally:
            items.close()

    async def _aitems(
        self, plan: ItemsPlan[T], policy: Policy, key: Key | None
    ) -> AsyncGenerator[T, None]:
        items = self.drivers.asynchronous.stream(plan.flow(policy.started()), key, self.on_retry)
        try:
            async for item in items:
                yield item
        except errors.AimlapiError as error:
            self.amend(error, plan.model)
            raise
        finally:
            await items.aclose()

    def _start(self, plan: Plan[object] | ItemsPlan[object]) -> tuple[Key | None, Policy]:
        key: Key | None = None
        try:
            key = self._find(plan.is_management)()
        except errors.AuthenticationError:
            if plan.needs_key:
                raise
        secret = secret_of(key) if key is not None else None
        return key, Policy(self.max_retries, self.limits, plan.model, secret)

    def _find(self, is_management: bool) -> Callable[[], Key]:
        return self.find_management_key or self.find_key if is_management else self.find_key


def _flows(plan: Plan[object], policy: Policy) -> Iterator[Flow[object]]:
    """The flows of a plan, each made when it is due; the time of all of them began before."""
    policy = policy.started()
    for place in range(len(plan.steps)):
        if place and policy.until is not None and policy.clock() >= policy.until:
            raise policy.deadline_error()
        yield plan.steps[place](policy)


async def _overlapped(
    flows: Iterator[Flow[object]],
    carry_out: Callable[[Flow[object]], Awaitable[object]],
    width: int,
) -> list[object]:
    """The results of all flows, in order. The first failure ends the others and is raised."""
    if width <= 1:
        return [await carry_out(each) for each in flows]
    numbered = enumerate(flows)
    results: dict[int, object] = {}

    async def work() -> None:
        for place, each in numbered:  # shared: whoever is free takes the next one
            results[place] = await carry_out(each)

    workers = [asyncio.ensure_future(work()) for _ in range(width)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return [results[place] for place in range(len(results))]


class SyncItems(Generic[T]):
    """Items of a streamed answer. The request is sent when the first one is needed; the
    connection is closed at the end, by `close`, or when the ``with`` block is left."""

    def __init__(self, items: Generator[T, None, None]) -> None:
        self._items = items

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        return next(self._items)

    def close(self) -> None:
        """Stop reading."""
        self._items.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncItems(Generic[T]):
    """The async twin of `SyncItems`. A loop that is left early should stand in ``async with``:
    Python closes what was left only some time later."""

    def __init__(self, items: AsyncGenerator[T, None]) -> None:
        self._items = items

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        return await anext(self._items)

    async def aclose(self) -> None:
        """Stop reading."""
        await self._items.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()
