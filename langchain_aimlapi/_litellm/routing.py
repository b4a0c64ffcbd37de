"""Steering a LiteLLM router among equivalent deployments by current figures.

Uses LiteLLM's public hook ``CustomLogger.async_filter_deployments``, so it works with every
routing strategy, in a router and in the proxy, and is off unless it is put among the callbacks.

Wire: GET ``/models/metrics?aliases=...`` (repeated), at most once per ``refresh_seconds``, never
while a request waits.
Source: the model metrics page, read 2026-08-21.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from litellm._logging import verbose_logger
from litellm.integrations.custom_logger import CustomLogger

from langchain_aimlapi._litellm import PROVIDER
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.catalog.facts import Facts
from langchain_aimlapi.errors import AimlapiError

if TYPE_CHECKING:
    from langchain_aimlapi._connection.runner import Runner
    from langchain_aimlapi.endpoints import Plan
    from langchain_aimlapi.endpoints.metrics import Metrics

By = Literal["latency", "throughput", "price"]
_PREFIX = f"{PROVIDER}/"


class PreferModels(CustomLogger):
    """Keeps those healthy deployments of a group that are about as good as the best one.

    LiteLLM's routing strategy then chooses among them. Deployments about which nothing is known
    (other providers, models without traffic) are never removed. It works for the router's async
    calls and in the proxy; LiteLLM's sync calls do not ask.

    Args:
        by: ``"latency"`` (median time to the first token), ``"throughput"`` (median tokens per
            second) or ``"price"`` (of the catalog, see `refresh_prices`).
        within: How much worse than the best is still as good: 1.25 is a quarter.
        refresh_seconds: How long measured figures hold.
        catalog: Returns the catalog that prices are looked up in.
        input_share: The part of all tokens that are input, for prices: 0.75 is three of four.
    """

    def __init__(
        self,
        by: By = "latency",
        *,
        within: float = 1.25,
        refresh_seconds: float = 300.0,
        input_share: float = 0.75,
        catalog: Callable[[], Catalog] = Catalog.default,
    ) -> None:
        super().__init__()
        self.by = by
        self.within = within
        self.refresh_seconds = refresh_seconds
        self.input_share = input_share
        self.catalog = catalog
        self._scores: dict[str, float] = {}
        self._requested_at: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None

    # --- the hook -----

    async def async_filter_deployments(
        self,
        model: str,
        healthy_deployments: list[object],
        messages: object,
        request_kwargs: dict[str, object] | None = None,
        parent_otel_span: object = None,
    ) -> list[Any]:
        """The deployments to choose from; see the class."""
        if len(healthy_deployments) < 2:
            return healthy_deployments
        if self.by != "price":
            self._refresh_soon(healthy_deployments)
        return self.choose(healthy_deployments)

    def choose(self, deployments: Sequence[object]) -> list[Any]:
        """The deployments that are about as good as the best one."""
        scores = [self._score(model_of(each)) for each in deployments]
        known = [score for score in scores if score is not None]
        if not known:
            return list(deployments)
        limit = min(known) * self.within
        return [
            each
            for each, score in zip(deployments, scores, strict=True)
            if score is None or score <= limit
        ]

    def _score(self, model: str | None) -> float | None:
        """The less, the better; None where nothing is known."""
        if model is None:
            return None
        if self.by == "price":
            return price_of(self.catalog().find(model), self.input_share)
        return self._scores.get(model)

    # --- figures -----

    def refresh(
        self, models: Iterable[str], *, api_key: object = None, api_base: object = None
    ) -> None:
        """Fetch the figures of these models now (blocking), to start warm.

        Raises:
            AimlapiError: the API could not be reached.
        """
        runner, plan = _metrics(models, api_key, api_base)
        self._learn(runner.run(plan))

    async def arefresh(
        self, models: Iterable[str], *, api_key: object = None, api_base: object = None
    ) -> None:
        """The async twin of `refresh`."""
        runner, plan = _metrics(models, api_key, api_base)
        self._learn(await runner.arun(plan))

    def _learn(self, metrics: Metrics) -> None:
        self._scores |= scores_of(metrics, self.by)

    def _refresh_soon(self, deployments: Sequence[object]) -> None:
        """Fetch in the background, where figures are missing or old and none are on their way."""
        now = time.monotonic()
        params = next((p for each in deployments if (p := _ours(each)) is not None), None)
        due = {
            model
            for each in deployments
            if (model := model_of(each)) is not None
            and now - self._requested_at.get(model, -self.refresh_seconds) >= self.refresh_seconds
        }
        if params is None or not due or (self._task is not None and not self._task.done()):
            return
        self._requested_at |= dict.fromkeys(due, now)
        key, base = params.get("api_key"), params.get("api_base")
        self._task = asyncio.ensure_future(self._quietly(due, key, base))

    async def _quietly(self, models: set[str], api_key: object, api_base: object) -> None:
        try:
            await self.arefresh(models, api_key=api_key, api_base=api_base)
        except (AimlapiError, ValueError) as error:
            # Figures are a help; without them the router chooses as it always does.
            verbose_logger.warning("aimlapi: no model metrics: %s", error)


def _metrics(
    models: Iterable[str], api_key: object, api_base: object
) -> tuple[Runner, Plan[Metrics]]:
    """What reads the figures of these models, and who carries it out."""
    from langchain_aimlapi._litellm.plans import context_of, plain_access
    from langchain_aimlapi.endpoints.metrics import plan_metrics

    access = plain_access(api_key=api_key, api_base=api_base)
    plan = plan_metrics(context_of(access, Catalog.default()), sorted(set(models)))
    return access.runner(), plan


def _ours(deployment: object) -> Mapping[str, object] | None:
    params = deployment.get("litellm_params") if isinstance(deployment, Mapping) else None
    if isinstance(params, Mapping) and str(params.get("model", "")).startswith(_PREFIX):
        return params
    return None


def model_of(deployment: object) -> str | None:
    """The API's model id of a deployment; None where another provider serves it."""
    params = _ours(deployment)
    return str(params["model"]).removeprefix(_PREFIX) if params is not None else None


def price_of(facts: Facts, input_share: float) -> float | None:
    """US dollars per token of a typical mix; None where a price is not known."""
    listed = facts.prices or {}
    prices = [listed.get("input"), listed.get("output")]
    if not all(isinstance(price, int | float) for price in prices):
        return None
    return float(prices[0] or 0) * input_share + float(prices[1] or 0) * (1 - input_share)


def scores_of(metrics: Metrics, by: By) -> dict[str, float]:
    """Model -> score; lower is better. A model that answers on several endpoints gets its
    best figure; one without figures is left out."""
    scores: dict[str, float] = {}
    for speed in metrics.models:
        median = (speed.tps if by == "throughput" else speed.ttft_ms).get("p50")
        if median is None or not median > 0:
            continue
        score = 1.0 / median if by == "throughput" else median
        scores[speed.model] = min(score, scores.get(speed.model, score))
    return scores
