"""Running an endpoint's plan with what LiteLLM's arguments say about key, address and limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import litellm

from langchain_aimlapi._fitting.notes import OnUnsupported
from langchain_aimlapi._litellm.calls import SILENT, WARNED, Access, resolve_access
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.endpoints import Context, Plan

T = TypeVar("T")
Given = Mapping[str, Any]


def plain_access(*, api_key: Any = None, api_base: Any = None) -> Access:
    """Key, address and limits of a call that is about no single model."""
    given = {"model": "", "api_key": api_key, "api_base": api_base, "timeout": 30.0}
    return resolve_access(given, {})


def context_of(access: Access, catalog: Catalog, params: Given) -> Context:
    """What an endpoint may know of its caller."""
    policy: OnUnsupported = params.get("on_unsupported") or "warn"
    return Context(access.root, catalog, access.headers, on_unsupported=policy)


def run_plan(plan: Plan[T], access: Access) -> T:
    """The value of a plan."""
    driver = access.drivers.sync
    return plan.join([driver.run(step(access.policy), access.key) for step in plan.steps])


async def arun_plan(plan: Plan[T], access: Access) -> T:
    """The value of a plan (async)."""
    driver = access.drivers.asynchronous
    results = [await driver.run(step(access.policy), access.key) for step in plan.steps]
    return plan.join(results)


def run(given: Given, catalog: Catalog, build: Callable[[Context], Plan[T]]) -> T:
    """Carry out what LiteLLM asked for."""
    plan, access = _planned(given, catalog, build)
    return run_plan(plan, access)


async def arun(given: Given, catalog: Catalog, build: Callable[[Context], Plan[T]]) -> T:
    """The async twin of `run`."""
    plan, access = _planned(given, catalog, build)
    return await arun_plan(plan, access)


def _planned(
    given: Given, catalog: Catalog, build: Callable[[Context], Plan[T]]
) -> tuple[Plan[T], Access]:
    params = given.get("optional_params") or {}
    access = resolve_access(given, params)
    plan = build(context_of(access, catalog, params))
    dropping = litellm.drop_params or (given.get("litellm_params") or {}).get("drop_params")
    seen = SILENT if dropping else WARNED
    if plan.notes is not None:
        plan.notes.warn(seen)
    return plan, access
