"""Fitting parameters to what a model's shape declares: names, ranges, closed sets, reasoning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_aimlapi._dialects.notes import Notes, short
from langchain_aimlapi.catalog.facts import Param, Shape

# Parameters with a meaning that is the same everywhere. One that a model does not declare is left
# out; a name that is not in this list is the user's own business and goes out as written.
COMMON = frozenset(
    {
        "temperature", "top_p", "top_k", "min_p", "top_a", "seed", "n", "stop", "logprobs",
        "top_logprobs", "logit_bias", "presence_penalty", "frequency_penalty",
        "repetition_penalty", "parallel_tool_calls", "max_tokens", "stream_options",
        "prediction", "modalities", "audio", "verbosity", "service_tier", "user", "metadata",
    }
)  # fmt: skip
EFFORT_ORDER = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
EFFORT_BUDGET = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16384, "xhigh": 32768,
                 "max": 32768}  # fmt: skip
"""Thinking budgets, in tokens, for models that take a budget and no effort."""


def declares(shape: Shape, name: str) -> bool:
    """Whether the shape takes a parameter (an unknown shape takes everything)."""
    return shape.params is None or name in shape.params


def param(shape: Shape, name: str) -> Param:
    """The facts of a parameter; permissive where nothing is known."""
    return (shape.params or {}).get(name) or Param()


def fit(name: str, value: Any, facts: Param, notes: Notes) -> Any:
    """The value inside the declared range or closed set; a change is noted.

    A list or a nested object is returned as it is: those are fitted by whoever knows them.
    """
    if facts.enum is not None and value not in facts.enum and not isinstance(value, list | dict):
        best = nearest_level(value, facts.enum)
        if best is None or notes.unsupported(
            name, f"{name}={short(value)} was sent as {best!r}, the nearest value it takes"
        ):
            return value
        return best
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    fitted = value
    if facts.minimum is not None and value < facts.minimum:
        fitted = _as(type(value), facts.minimum)
    elif facts.maximum is not None and value > facts.maximum:
        fitted = _as(type(value), facts.maximum)
    if fitted == value or notes.unsupported(
        name, f"{name}={short(value)} was sent as {fitted!r}, the nearest value it takes"
    ):
        return value
    return fitted


def _as(kind: type, number: float) -> Any:
    return int(number) if kind is int and float(number).is_integer() else number


def nearest_level(value: Any, levels: tuple[Any, ...]) -> Any:
    """The level nearest to a named one (efforts are ordered); None where there is no order."""
    if value not in EFFORT_ORDER:
        return None
    at = EFFORT_ORDER.index(value)
    known = [level for level in levels if level in EFFORT_ORDER]
    return min(known, key=lambda level: abs(EFFORT_ORDER.index(level) - at), default=None)


def fit_all(
    params: Mapping[str, Any],
    shape: Shape,
    notes: Notes,
    *,
    rename: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Every parameter that the shape takes, under its own name there, within its range."""
    body: dict[str, Any] = {}
    for name, value in params.items():
        if value is None:
            continue
        wire = (rename or {}).get(name, name)
        if name in COMMON and not declares(shape, wire):
            if notes.unsupported(name, f"{name}={short(value)} was left out"):
                body[wire] = value
            continue
        body[wire] = fit(name, value, param(shape, wire), notes)
    return body


def budget_for(reasoning: Mapping[str, Any]) -> int | None:
    """The thinking budget, in tokens, that a neutral ``reasoning`` asks for."""
    budget = reasoning.get("budget_tokens") or reasoning.get("max_tokens")
    if isinstance(budget, int):
        return budget
    return EFFORT_BUDGET.get(str(reasoning.get("effort", "")))


def wants_none(reasoning: Mapping[str, Any]) -> bool:
    """Whether a neutral ``reasoning`` switches reasoning off."""
    return reasoning.get("effort") == "none" or reasoning.get("enabled") is False
