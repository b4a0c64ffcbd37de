"""Endpoints' plans, carried out with what LiteLLM's arguments say about key, address and limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from langchain_aimlapi._litellm.access import Access, Arguments, resolve_access
from langchain_aimlapi._litellm.calls import WARNED, policy_of
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.endpoints import Context, Plan

T = TypeVar("T")


def plain_access(*, api_key: object = None, api_base: object = None) -> Access:
    """Key, address and limits of a call that is about no single model."""
    arguments = {"model": "", "api_key": api_key, "api_base": api_base, "timeout": 30.0}
    return resolve_access(arguments, {})


def context_of(access: Access, catalog: Catalog, arguments: Arguments | None = None) -> Context:
    """What an endpoint may know of its caller; ``arguments`` where it is called by a user."""
    arguments = arguments or {}
    params = arguments.get("optional_params") or {}
    return Context(
        access.root,
        catalog,
        access.headers,
        on_unsupported=policy_of(arguments, params),
        learn=params.get("learn") is not False,
        warned=WARNED,
    )


def run(arguments: Arguments, catalog: Catalog, build: Callable[[Context], Plan[T]]) -> T:
    """Carry out the plan of an endpoint for a call of LiteLLM's."""
    plan, access = _planned(arguments, catalog, build)
    return access.runner().run(plan)


async def arun(arguments: Arguments, catalog: Catalog, build: Callable[[Context], Plan[T]]) -> T:
    """The async twin of `run`."""
    plan, access = _planned(arguments, catalog, build)
    return await access.runner().arun(plan)


def _planned(
    arguments: Arguments, catalog: Catalog, build: Callable[[Context], Plan[T]]
) -> tuple[Plan[T], Access]:
    access = resolve_access(arguments, arguments.get("optional_params") or {})
    plan = build(context_of(access, catalog, arguments))
    if plan.notes is not None:
        plan.notes.warn(WARNED)
    return plan, access
