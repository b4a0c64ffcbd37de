"""Fitting parameters to what a model's shape declares: names, ranges, closed sets, reasoning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from langchain_aimlapi._fitting.notes import Notes, short
from langchain_aimlapi.catalog.check import fits
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


REASONING_CONTROLS = ("reasoning_effort", "reasoning", "thinking", "enable_thinking")
SEARCH_CONTROLS = ("web_search_options", "enable_search")


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


def cache_mark(extra: Mapping[str, Any], keys: Any, notes: Notes) -> dict[str, Any]:
    """The ``cache_control`` of a part or a tool whose allowed keys are ``keys`` (None: any)."""
    mark = extra.get("cache_control")
    if mark is None:
        return {}
    if (
        keys is None
        or "cache_control" in keys
        or notes.unsupported("cache_control", "cache_control was left out")
    ):
        return {"cache_control": mark}
    return {}


# --- vendors' spellings of what every family has -----


def in_neutral_words(params: Mapping[str, Any], shape: Shape, notes: Notes) -> dict[str, Any]:
    """The parameters, with a vendor's spelling that this model does not have said neutrally.

    A spelling that the model takes goes out as it was written; so does one on a model without any
    such control, where there is nothing to map it to.
    """
    if shape.params is None or notes.policy == "send":
        return dict(params)
    kept = dict(params)
    if any(name in shape.params for name in REASONING_CONTROLS):
        asked: dict[str, Any] = {}
        for name, read in _REASONING_SPELLINGS.items():
            if kept.get(name) is not None and not _takes(shape, name, kept[name]):
                asked |= read(kept.pop(name))
        if asked:
            kept["reasoning"] = {**asked, **(kept.get("reasoning") or {})}
    if any(name in shape.params for name in SEARCH_CONTROLS):
        foreign = [n for n in SEARCH_CONTROLS if kept.get(n) is not None and n not in shape.params]
        wanted = [kept.pop(name) is not False for name in foreign]
        if wanted:
            kept.setdefault("web_search", any(wanted))
    return kept


def _takes(shape: Shape, name: str, value: Any) -> bool:
    return declares(shape, name) and fits(param(shape, name), value)


def from_thinking(given: Any) -> dict[str, Any]:
    """Anthropic's (and GLM's) ``thinking`` in neutral words."""
    if not isinstance(given, Mapping):
        return {}
    if given.get("type") == "disabled":
        return {"enabled": False}
    budget = given.get("budget_tokens")
    return {"enabled": True} if budget is None else {"budget_tokens": budget}


_REASONING_SPELLINGS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "thinking": from_thinking,
    "enable_thinking": lambda given: {"enabled": bool(given)},
    "thinking_budget": lambda given: {"budget_tokens": given},
}


def effort_for(reasoning: Mapping[str, Any]) -> str | None:
    """The effort that a neutral ``reasoning`` asks for; a budget's is the nearest one."""
    if wants_none(reasoning):
        return "none"
    effort = reasoning.get("effort")
    if effort is not None:
        return str(effort)
    budget = budget_for(reasoning)
    if budget is None:
        return "medium" if reasoning.get("enabled") else None
    levels = ("low", "medium", "high")
    return min(levels, key=lambda level: abs(EFFORT_BUDGET[level] - budget))


def budget_for(reasoning: Mapping[str, Any]) -> int | None:
    """The thinking budget, in tokens, that a neutral ``reasoning`` asks for."""
    budget = reasoning.get("budget_tokens") or reasoning.get("max_tokens")
    if isinstance(budget, int):
        return budget
    return EFFORT_BUDGET.get(str(reasoning.get("effort", "")))


def wants_none(reasoning: Mapping[str, Any]) -> bool:
    """Whether a neutral ``reasoning`` switches reasoning off."""
    return reasoning.get("effort") == "none" or reasoning.get("enabled") is False
