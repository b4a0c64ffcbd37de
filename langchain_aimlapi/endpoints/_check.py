"""Dry runs: what a call would send, change or refuse, without making it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Generic, ParamSpec

from langchain_aimlapi import errors
from langchain_aimlapi._json import parse_clean_json
from langchain_aimlapi._wire.flow import Policy, Send
from langchain_aimlapi._wire.multipart import Form
from langchain_aimlapi._wire.request import Request
from langchain_aimlapi.endpoints._plans import Context, Endpoint, Method, Plan, PlanRunner
from langchain_aimlapi.endpoints._results import Json

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Check:
    """What a call would do. Nothing was sent.

    Attributes:
        error: Why the call would be refused before anything is sent; None where it would be sent.
        changes: What would be left out or changed so that the model takes it, and why.
        method, url: Where the request would go.
        body: Its JSON body; the fields of a form, and its files by name and size.
    """

    error: errors.AimlapiError | None = None
    changes: tuple[str, ...] = ()
    method: str = "POST"
    url: str = ""
    body: Json = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the call would be sent, and just as it was written."""
        return self.error is None and not self.changes


def checked(build: Callable[[Context], Plan[Any]], context: Context) -> Check:
    """What the call that ``build`` plans would do."""
    try:
        plan = build(context)
        request = _first_request(plan)
    except errors.AimlapiError as error:
        return Check(error=error)
    changes = tuple(text for _, text in plan.notes.adaptations) if plan.notes else ()
    return Check(None, changes, request.method, request.url, _body_of(request))


def _first_request(plan: Plan[object]) -> Request:
    """The request that a plan begins with."""
    flow = plan.steps[0](Policy(max_retries=0))
    command = next(flow)
    flow.close()
    if not isinstance(command, Send):
        raise errors.UnsupportedFeatureError("a call that does not begin with a request")
    return command.request


def _body_of(request: Request) -> Json:
    if isinstance(request.body, bytes):
        found = parse_clean_json(request.body)
        return found if isinstance(found, dict) else {}
    if isinstance(request.body, Form):
        files = {each.name: f"{each.filename}, {each.length} bytes" for each in request.body.files}
        return {**request.body.fields, **files}
    return {}


def _plan(function: Endpoint[..., Any], args: Any, kwargs: Any) -> Callable[[Context], Plan[Check]]:
    """A plan that sends nothing."""

    def plan(context: Context) -> Plan[Check]:
        found = checked(lambda inner: function(inner, *args, **kwargs), context)
        return Plan([], lambda _: found, needs_key=False)

    return plan


def _explained(function: Callable[..., object]) -> str:
    return f"""What ``{function.__name__}`` would send, and what would be refused or changed.

    Nothing is sent, and no key is needed. The arguments are the same.

    Returns:
        A `Check` with ``error``, ``changes`` and ``body``.
    """


class SyncCheck(Method[P, Check], Generic[P]):
    """An endpoint as a dry run: no key, no network."""

    wrapper = "Check"

    def __init__(self, function: Endpoint[P, object]) -> None:
        super().__init__(function)
        self.__doc__ = _explained(function)

    def carry_out(self, runner: PlanRunner, args: object, kwargs: object) -> object:
        """The check."""
        return runner.run(_plan(self.function, args, kwargs))


class AsyncCheck(Method[P, Coroutine[Any, Any, Check]], Generic[P]):
    """The async twin of `SyncCheck`."""

    wrapper = "Coroutine[Any, Any, Check]"

    def __init__(self, function: Endpoint[P, object]) -> None:
        super().__init__(function)
        self.__doc__ = _explained(function)

    def carry_out(self, runner: PlanRunner, args: object, kwargs: object) -> object:
        """A coroutine of the check."""
        return runner.arun(_plan(self.function, args, kwargs))
