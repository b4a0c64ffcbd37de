"""`Connection`: what `AimlapiClient` and `AimlapiEmbeddings` are beside their endpoints.

It has the names and meanings of `ChatAimlapi`'s fields. Nothing happens at construction.
"""

from __future__ import annotations

import difflib
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ConfigDict, Field, field_validator, model_validator

from langchain_aimlapi import errors
from langchain_aimlapi._connection.fields import ConnectionFields, argument_names, refuse_twins
from langchain_aimlapi._connection.runner import AsyncItems, Runner, SyncItems
from langchain_aimlapi._connection.settings import check_request_id
from langchain_aimlapi._version import USER_AGENT
from langchain_aimlapi._wire.fetch import origin_of
from langchain_aimlapi.catalog.advice import advise
from langchain_aimlapi.endpoints import MOUNTS, Context, ItemsPlan, Plan, Result

if TYPE_CHECKING:
    from langchain_aimlapi._transport.download import Home

T = TypeVar("T")
AnyPlan = TypeVar("AnyPlan", bound=Plan[Any] | ItemsPlan[Any])


class Connection(ConnectionFields):
    """Where the API is, who asks, how long and how often."""

    model_config = ConfigDict(extra="forbid", ignored_types=MOUNTS)

    client_request_id: str | None = None
    """Sent as ``X-Client-Request-Id``, to find calls in the usage log. Default: a new one each."""
    max_concurrency: int = Field(default=8, gt=0)
    """Most requests at a time of one async call that takes several."""

    # --- construction -----

    @model_validator(mode="before")
    @classmethod
    def _refuse_misspelt(cls, values: Any) -> Any:
        """An argument that is no field is refused, with the name that was probably meant."""
        arguments = values if isinstance(values, dict) else {}
        refuse_twins(cls, arguments)
        known = argument_names(cls)
        for name in arguments:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
                hint = f": did you mean {close[0]!r}?" if close else ""
                raise ValueError(f"unknown argument {name!r}{hint}")
        return values

    @field_validator("client_request_id")
    @classmethod
    def _check_request_id(cls, value: str | None) -> str | None:
        return check_request_id(value) if value is not None else None

    # --- carrying out -----

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
        """Where the API is: links to that address are followed with this client's drivers."""
        from langchain_aimlapi._transport.download import Home

        return Home(origin_of(self._root()), self._drivers())

    def _bound(self, value: T) -> T:
        return value.bound(self) if isinstance(value, Result) else value

    def _planned(self, build: Callable[[Context], AnyPlan]) -> AnyPlan:
        plan = build(self._context())
        if plan.notes is not None:
            plan.notes.warn(self._holder.warned)
        return plan

    def _runner(self) -> Runner:
        return Runner(
            drivers=self._drivers(),
            find_key=self._key,
            limits=self._limits(),
            max_retries=self.max_retries,
            on_retry=self.on_retry,
            max_concurrency=self.max_concurrency,
            amend=self._amend,
        )

    def _context(self) -> Context:
        request_id = self.client_request_id or str(uuid.uuid4())
        return Context(
            root=self._root(),
            catalog=self._catalog(),
            headers={
                "user-agent": USER_AGENT,
                "x-client-request-id": request_id,
                **(self.default_headers or {}),
            },
            on_unsupported=self.on_unsupported,
        )

    def _amend(self, error: errors.AimlapiError, model: str | None) -> None:
        """Add what the catalog knows about the model."""
        if model is not None:
            error.model = error.model or model
            if isinstance(error, errors.ModelNotFoundError):
                advise(error, model, self._catalog())
