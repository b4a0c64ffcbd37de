"""Calls of LiteLLM's functions that the endpoints of this package answer.

Apart from `operations`, which stands before LiteLLM's functions from the start: a program that only
chats loads no endpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from langchain_aimlapi._litellm.access import Access, resolve_access
from langchain_aimlapi._litellm.operations import Call
from langchain_aimlapi._litellm.plans import arun, context_of, run
from langchain_aimlapi._transport.download import Home
from langchain_aimlapi._wire.fetch import origin_of
from langchain_aimlapi.endpoints import Result

if TYPE_CHECKING:
    from langchain_aimlapi.endpoints import Context, ItemsPlan, Plan

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Task(Generic[T]):
    """What has to be done for a call.

    Attributes:
        plan: Makes the plan of an endpoint.
        finish: Its value -> LiteLLM's.
    """

    plan: Callable[[Context], Plan[T]]
    finish: Callable[[T], Any]

    def run(self, call: Call) -> object:
        """Do it."""
        return self.finish(run(call.access, call.catalog, self.plan))

    async def arun(self, call: Call) -> object:
        """Do it on the running event loop."""
        return self.finish(await arun(call.access, call.catalog, self.plan))


@dataclass(frozen=True, slots=True)
class Connected:
    """A call of LiteLLM's as what carries out plans, so that every endpoint of this package works
    with its key, address and limits."""

    call: Call

    def run(self, build: Callable[[Context], Plan[T]]) -> T:
        """Carry out a plan."""
        return self._bound(run(self.call.access, self.call.catalog, build))

    async def arun(self, build: Callable[[Context], Plan[T]]) -> T:
        """Carry out a plan on the running event loop."""
        return self._bound(await arun(self.call.access, self.call.catalog, build))

    def stream(self, build: Callable[[Context], ItemsPlan[T]]) -> Any:
        """Carry out a plan whose answer comes in items."""
        return self._access().runner().stream(build(self._context()))

    def astream(self, build: Callable[[Context], ItemsPlan[T]]) -> Any:
        """Carry out a plan whose answer comes in items, on the running event loop."""
        return self._access().runner().astream(build(self._context()))

    def _bound(self, value: T) -> T:
        return value.bound(self) if isinstance(value, Result) else value

    def _home(self) -> Home:
        access = self._access()
        return Home(origin_of(access.root), access.drivers)

    def _access(self) -> Access:
        return resolve_access(self.call.access, self.call.access["optional_params"])

    def _context(self) -> Context:
        return context_of(self._access(), self.call.catalog, self.call.access)
