"""How a front connects: the fields of a constructor, and carrying out plans with the drivers.

`Connection` is the part that `AimlapiClient` and `AimlapiEmbeddings` share with each other (and
that has the names and meanings of `ChatAimlapi`'s fields). Nothing happens at construction.
"""

from __future__ import annotations

import asyncio
import difflib
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import ConfigDict, Field, field_validator, model_validator

from langchain_aimlapi import errors
from langchain_aimlapi._connection.fields import ConnectionFields, argument_names, refuse_twins
from langchain_aimlapi._connection.settings import check_request_id, secret_of
from langchain_aimlapi._version import USER_AGENT
from langchain_aimlapi._wire.flow import Fault, Policy, explain_fault
from langchain_aimlapi._wire.key import Key
from langchain_aimlapi.catalog.advice import advise
from langchain_aimlapi.endpoints import Context, Plan, Step

T = TypeVar("T")


class Connection(ConnectionFields):
    """Where the API is, who asks, how long and how often."""

    model_config = ConfigDict(extra="forbid")

    client_request_id: str | None = None
    """Sent as ``X-Client-Request-Id``, to find calls in the usage log. Default: a new one each."""
    max_concurrency: int = Field(default=8, gt=0)
    """Most requests at a time of one async call that takes several."""

    # --- construction -----

    @model_validator(mode="before")
    @classmethod
    def _refuse_misspelt(cls, values: Any) -> Any:
        """An argument that is no field is refused, with the name that was probably meant."""
        given = values if isinstance(values, dict) else {}
        refuse_twins(cls, given)
        known = argument_names(cls)
        for name in given:
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
        plan, key, base = self._planned(build)
        drivers, failed = self._drivers(), None
        try:
            steps = self._flows(plan, base)
            return plan.join([drivers.sync.run(each, key, self.on_retry) for each in steps])
        except errors.AimlapiError as error:
            failed = error
        raise self._completed(failed, plan.model)

    async def arun(self, build: Callable[[Context], Plan[T]]) -> T:
        """Carry out what an endpoint plans, up to ``max_concurrency`` requests at a time."""
        plan, key, base = self._planned(build)
        drivers, failed = self._drivers(), None
        try:
            steps = self._flows(plan, base)
            return plan.join(
                await _overlapped(
                    steps,
                    lambda each: drivers.asynchronous.run(each, key, self.on_retry),
                    min(self.max_concurrency, len(plan.steps)),
                )
            )
        except errors.AimlapiError as error:
            failed = error
        raise self._completed(failed, plan.model)

    def _planned(self, build: Callable[[Context], Plan[T]]) -> tuple[Plan[T], Key | None, Policy]:
        plan = build(self._context())
        if plan.notes is not None:
            plan.notes.warn(self._holder.warned)
        key: Key | None
        try:
            key = self._key()
        except errors.AuthenticationError:
            if plan.needs_key:
                raise
            key = None
        secret = secret_of(key) if key is not None else None
        return plan, key, Policy(self.max_retries, self._limits(), plan.model, secret)

    def _flows(self, plan: Plan[Any], policy: Policy) -> Iterator[Any]:
        """The flows of a plan; each starts with what is left of the call's time."""
        whole = policy.limits.deadline
        until = None if whole is None else time.monotonic() + whole
        for place in range(len(plan.steps)):
            step: Step[Any] = plan.steps[place]
            if until is not None and place:
                left = until - time.monotonic()
                if left <= 0:
                    fault = Fault("deadline", "the deadline of the call has passed")
                    raise explain_fault(fault, policy)
                policy = replace(policy, limits=replace(policy.limits, deadline=left))
            yield step(policy)

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

    def _completed(self, error: errors.AimlapiError, model: str | None) -> errors.AimlapiError:
        """The error with what the catalog knows about the model."""
        if model is None:
            return error
        error.model = error.model or model
        if isinstance(error, errors.ModelNotFoundError):
            advise(error, model, self._catalog())
        return error


async def _overlapped(
    flows: Iterator[Any], carry_out: Callable[[Any], Any], width: int
) -> list[Any]:
    """The results of all flows, in order. The first failure ends the others and is raised."""
    if width <= 1:
        return [await carry_out(each) for each in flows]
    numbered = enumerate(flows)
    results: dict[int, Any] = {}

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
