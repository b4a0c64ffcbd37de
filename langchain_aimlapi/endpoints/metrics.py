"""Latency and throughput of models, measured by the API over its recent traffic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.endpoints import (
    Context,
    Plan,
    Result,
    no_answer,
    once,
    read_meta,
    read_object,
)

PATH = "/models/metrics"
MOST_ALIASES = 100  # of one request


@dataclass(frozen=True, slots=True)
class Speed:
    """One model on one endpoint. Each mapping holds ``p50``, ``p75``, ``p90`` and ``p99``.

    Attributes:
        model: The id.
        endpoint: The kind of call, such as ``"openai/chat-completions"``.
        ttft_ms: Milliseconds to the first token.
        tps: Tokens per second.
        duration_ms: Milliseconds of a whole call.
    """

    model: str
    endpoint: str | None = None
    ttft_ms: Mapping[str, float] = field(default_factory=dict)
    tps: Mapping[str, float] = field(default_factory=dict)
    duration_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Metrics(Result):
    """Measured speeds. Models without a successful call in the window are missing.

    Attributes:
        models: The models in the order of the answer.
        window_seconds: The time that was looked at.
        generated_at: When (ISO 8601).
    """

    models: tuple[Speed, ...] = ()
    window_seconds: float | None = None
    generated_at: str | None = None

    def of(self, model: str) -> Speed | None:
        """The figures of one model, if there are any."""
        return next((speed for speed in self.models if speed.model == model), None)


def plan_metrics(context: Context, models: Sequence[str] | None = None) -> Plan[Metrics]:
    """Latency and speed of models, measured by the API over its recent traffic.

    Args:
        models: Ids; all models by default.

    Wire: GET ``/models/metrics?aliases=<id>&aliases=<id>``, no key.
    Source: the model metrics page of docs.aimlapi.com, read 2026-08-21.
    """
    names = [models] if isinstance(models, str) else list(models or ())
    groups = [names[at : at + MOST_ALIASES] for at in range(0, len(names), MOST_ALIASES)] or [[]]
    # A comma list matches nothing, so the name is repeated.
    requests = [
        context.request("GET", PATH, query=[("aliases", name) for name in group])
        for group in groups
    ]
    return Plan([once(request, parse_metrics) for request in requests], _join, needs_key=False)


def parse_metrics(response: Response, policy: Policy) -> Metrics:
    """The figures of one answer. Raises InvalidResponseError where there are none."""
    body = read_object(response, policy, "metrics")
    rows = body.get("models")
    if not isinstance(rows, list):
        raise no_answer(response, policy, "no list of models")
    speeds = tuple(
        _speed(row)
        for row in rows
        if isinstance(row, Mapping) and isinstance(row.get("alias"), str)
    )
    window, at = body.get("window_seconds"), body.get("generated_at")
    return Metrics(
        models=speeds,
        window_seconds=float(window) if isinstance(window, int | float) else None,
        generated_at=at if isinstance(at, str) else None,
        meta=read_meta(response, body, known=("models", "window_seconds", "generated_at")),
    )


def _speed(row: Mapping[str, object]) -> Speed:
    figures = row.get("metrics")
    figures = figures if isinstance(figures, Mapping) else {}
    endpoint = row.get("endpoint")
    return Speed(
        model=str(row["alias"]),
        endpoint=endpoint if isinstance(endpoint, str) else None,
        ttft_ms=_figures(figures.get("ttft_ms")),
        tps=_figures(figures.get("tps")),
        duration_ms=_figures(figures.get("duration_ms")),
    )


def _figures(figures: object) -> dict[str, float]:
    if not isinstance(figures, Mapping):
        return {}
    return {
        str(name): float(value)
        for name, value in figures.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _join(answers: list[Metrics]) -> Metrics:
    first = answers[0]
    return Metrics(
        models=tuple(speed for answer in answers for speed in answer.models),
        window_seconds=first.window_seconds,
        generated_at=first.generated_at,
        meta=first.meta,
    )
