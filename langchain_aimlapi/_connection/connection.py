"""Carrying out plans for whatever has connection fields, and `Connection`: what `AimlapiClient`
and `AimlapiEmbeddings` are beside their endpoints.

`Connection` has the names and meanings of `ChatAimlapi`'s fields. Nothing happens at construction.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from pydantic import ConfigDict, Field, field_validator, model_validator

from langchain_aimlapi import errors
from langchain_aimlapi._connection.fields import ConnectionFields, argument_names, refuse_twins
from langchain_aimlapi._connection.runner import Amend, AsyncItems, Runner, SyncItems
from langchain_aimlapi._connection.settings import check_request_id
from langchain_aimlapi._version import USER_AGENT
from langchain_aimlapi.catalog.advice import advise
from langchain_aimlapi.catalog.nearest import hint
from langchain_aimlapi.endpoints import MOUNTS, Context, ItemsPlan, Plan, Result

if TYPE_CHECKING:
    from langchain_aimlapi._transport.download import Home

T = TypeVar("T")
AnyPlan = TypeVar("AnyPlan", bound=Plan[object] | ItemsPlan[object])


class Carrier:
    """Carries out plans for an object with connection fields: its drivers, key, limits, headers
    and catalog. It can be pickled where the object can.

    Args:
        fields: The object.
        request_id: Sent with every request. Default: a new one for each call.
        max_concurrency: Most steps of a plan at a time, in async calls.
        amend: Adds what is known about a model to an error.
    """

    def __init__(
        self,
        fields: ConnectionFields,
        *,
        request_id: str | None = None,
        max_concurrency: int = 8,
        amend: Amend | None = None,
    ) -> None:
        self._fields = fields
        self._request_id = request_id
        self._max_concurrency = max_concurrency
        self._amend = amend or self._advise

    def run(self, build: Callable[[Context], Plan[T]]) -> T:
        """Carry out what an endpoint plans, one request after the other."""
        return self._bound(self._runner().run(self._planned(build)))

    async def arun(self, build: Callable[[Context], Plan[T]]) -> T:
        """Carry out what an endpoint plans, up to ``max_concurrency`` requests at a time."""
        return self._bound(await self._runner().arun(self._planned(build)))

    def stream(self, build: Callable[[Context], ItemsPlan[T]]) -> SyncItems[T]:
        """Carry out what an endpoint plans; its items as they come."""
        return self._runner().stream(self._planned(build))

    def astream(self, build: Callable[[Context], ItemsPlan[T]]) -> AsyncItems[T]:
        """Carry out what an endpoint plans; its items as they come, on the running loop."""
        return self._runner().astream(self._planned(build))

    def _home(self) -> Home:
        """Where the API is: links to that address are followed with these drivers."""
        from langchain_aimlapi._transport.download import Home
        from langchain_aimlapi._wire.fetch import origin_of

        return Home(origin_of(self._fields._root()), self._fields._drivers())

    def _bound(self, value: T) -> T:
        return value.bound(self) if isinstance(value, Result) else value

    def _planned(self, build: Callable[[Context], AnyPlan]) -> AnyPlan:
        plan = build(self._context())
        if plan.notes is not None:
            plan.notes.warn(self._fields._holder.warned)
        return plan

    def _runner(self) -> Runner:
        fields = self._fields
        return Runner(
            drivers=fields._drivers(),
            find_key=fields._key,
            limits=fields._limits(),
            max_retries=fields.max_retries,
            on_retry=fields.on_retry,
            max_concurrency=self._max_concurrency,
            amend=self._amend,
            find_management_key=fields._management,
        )

    def _context(self) -> Context:
        fields = self._fields
        return Context(
            root=fields._root(),
            catalog=fields._catalog(),
            headers={
                "user-agent": USER_AGENT,
                "x-client-request-id": self._request_id or str(uuid.uuid4()),
                **(fields.default_headers or {}),
            },
            on_unsupported=fields.on_unsupported,
            learn=fields.learn,
            warned=fields._holder.warned,
        )

    def _advise(self, error: errors.AimlapiError, model: str | None) -> None:
        """Add what the catalog knows about the model."""
        if model is not None:
            error.model = error.model or model
            if isinstance(error, errors.ModelNotFoundError):
                advise(error, model, self._fields._catalog())


class Connection(ConnectionFields):
    """Address, key, timeouts, retries and transport of calls."""

    model_config = ConfigDict(extra="forbid", ignored_types=MOUNTS, defer_build=False)

    client_request_id: str | None = None
    """Sent as ``X-Client-Request-Id``, to find calls in the usage log. Default: a new one each."""
    max_concurrency: int = Field(default=8, gt=0)
    """Most requests at a time of one async call that takes several."""

    # --- construction -----

    @model_validator(mode="before")
    @classmethod
    def _refuse_misspelt(cls, values: object) -> object:
        """An argument that is no field is refused, with the name that was probably meant."""
        arguments = values if isinstance(values, dict) else {}
        refuse_twins(cls, arguments)
        known = argument_names(cls)
        for name in arguments:
            if name not in known:
                raise ValueError(f"unknown argument {name!r}{hint(name, known)}")
        return values

    @field_validator("client_request_id")
    @classmethod
    def _check_request_id(cls, value: str | None) -> str | None:
        return check_request_id(value) if value is not None else None

    # --- carrying out -----

    def run(self, build: Callable[[Context], Plan[T]]) -> T:
        """Carry out what an endpoint plans, one request after the other."""
        return self._carrier().run(build)

    async def arun(self, build: Callable[[Context], Plan[T]]) -> T:
        """Carry out what an endpoint plans, up to ``max_concurrency`` requests at a time."""
        return await self._carrier().arun(build)

    def stream(self, build: Callable[[Context], ItemsPlan[T]]) -> SyncItems[T]:
        """Carry out what an endpoint plans; its items as they come."""
        return self._carrier().stream(build)

    def astream(self, build: Callable[[Context], ItemsPlan[T]]) -> AsyncItems[T]:
        """Carry out what an endpoint plans; its items as they come, on the running loop."""
        return self._carrier().astream(build)

    def _carrier(self) -> Carrier:
        return Carrier(
            self,
            request_id=self.client_request_id,
            max_concurrency=self.max_concurrency,
            amend=self._amend,
        )

    def _amend(self, error: errors.AimlapiError, model: str | None) -> None:
        """Add what the catalog knows about the model."""
        Carrier(self)._advise(error, model)
