"""Reasoning control: every spelling of it, and what each model takes. The one place for both.

Users write ``reasoning``, ``reasoning_effort``, ``thinking``, ``enable_thinking`` and
``thinking_budget``, whatever the model; models have one or two of them. A vendor's spelling that
the model has goes out as it was written. Everything else is read into a `Reasoning` and written
with the control that the model has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields

from langchain_aimlapi._fitting.notes import Notes, short
from langchain_aimlapi._fitting.params import LEFT_OUT, Body, declares, fit, param
from langchain_aimlapi.catalog.check import fits
from langchain_aimlapi.catalog.facts import Param, Shape

BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16384, "xhigh": 32768,
           "max": 32768}  # fmt: skip
"""Thinking budgets in tokens for a named effort; a switch without figures is ``medium``."""
LEAST_BUDGET = (
    1024  # 400 "budget_tokens: Input should be greater than or equal to 1024" (Anthropic)
)
ROOM_TO_ANSWER = 4096
"""Tokens left for the answer where an explicit thinking budget is beyond the default limit."""


@dataclass(frozen=True, slots=True)
class Reasoning:
    """How much a model shall think, in neutral terms.

    Attributes:
        effort: ``none``, ``minimal``, ``low``, ``medium``, ``high``, ``xhigh`` or ``max``.
        budget: Thinking budget in tokens.
        enabled: A bare switch, without a level.
        hidden: The thoughts are not wanted back.
        summary: How the thoughts are summed up (``auto``, ``concise``, ``detailed``).
        extra: Further keys of a ``reasoning`` object.
    """

    effort: str | None = None
    budget: int | None = None
    enabled: bool | None = None
    hidden: bool | None = None
    summary: object = None
    extra: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_off(self) -> bool:
        """Reasoning is to be switched off."""
        return self.effort == "none" or self.enabled is False

    @property
    def tokens(self) -> int | None:
        """The budget, or that of the effort; None for a bare switch."""
        return self.budget or BUDGETS.get(self.effort or "")

    @property
    def level(self) -> str | None:
        """The effort, or that of the nearest budget; ``medium`` for a bare switch."""
        if self.is_off:
            return "none"
        if self.effort is not None:
            return self.effort
        budget = self.budget
        if budget is not None:
            return min(("low", "medium", "high"), key=lambda each: abs(BUDGETS[each] - budget))
        return "medium" if self.enabled else None


# --- reading what the user wrote -----


def _read_object(value: object) -> Reasoning:
    """Ours, OpenRouter's and the Responses API's ``reasoning``."""
    if not isinstance(value, Mapping):
        return Reasoning(enabled=bool(value))
    known = ("effort", "budget_tokens", "max_tokens", "enabled", "exclude", "summary")
    budget = value.get("budget_tokens") or value.get("max_tokens")
    effort, enabled, hidden = value.get("effort"), value.get("enabled"), value.get("exclude")
    return Reasoning(
        effort=None if effort is None else str(effort),
        budget=_tokens(budget),
        enabled=None if enabled is None else bool(enabled),
        hidden=None if hidden is None else bool(hidden),
        summary=value.get("summary"),
        extra={k: v for k, v in value.items() if k not in known and v is not None},
    )


def _read_effort(value: object) -> Reasoning:
    """``reasoning_effort``; LiteLLM writes an object there, with a summary beside the effort."""
    return _read_object(value) if isinstance(value, Mapping) else Reasoning(effort=str(value))


def _read_thinking(value: object) -> Reasoning:
    """Anthropic's (and GLM's) ``thinking``."""
    if not isinstance(value, Mapping):
        return Reasoning(enabled=bool(value))
    if value.get("type") == "disabled":
        return Reasoning(enabled=False)
    display = value.get("display")
    return Reasoning(
        enabled=True,
        budget=_tokens(value.get("budget_tokens")),
        hidden=True if display == "omitted" else None,
        summary="auto" if display == "summarized" else None,
    )


def _read_budget(value: object) -> Reasoning:
    """``thinking_budget``; Google's 0 switches thinking off, and -1 leaves it to the model."""
    if isinstance(value, int | float) and value <= 0:
        return Reasoning(enabled=value < 0)
    return Reasoning(budget=_tokens(value))


def _tokens(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and value > 0 else None


# In the order in which they are overruled: the last one that says something wins.
SPELLINGS: Mapping[str, Callable[[object], Reasoning]] = {
    "enable_thinking": lambda value: Reasoning(enabled=bool(value)),
    "thinking_budget": _read_budget,
    "thinking": _read_thinking,
    "reasoning": _read_object,
    "reasoning_effort": _read_effort,
}
_VENDORS = ("enable_thinking", "thinking_budget", "thinking")
_LEVELS = ("effort", "budget_tokens", "max_tokens", "enabled")


def read_reasoning(params: Mapping[str, object]) -> Reasoning | None:
    """What the spellings in ``params`` add up to; None where there is none."""
    found: Body = {}
    for name, read in SPELLINGS.items():
        value = params.get(name)
        if value is not None and value != {}:
            one = read(value)
            found |= {
                f.name: v for f in fields(one) if (v := getattr(one, f.name)) not in (None, {})
            }
    return Reasoning(**found) if found else None  # type: ignore[arg-type]  # its own fields


def wants_thinking(params: Mapping[str, object]) -> bool:
    """Whether reasoning is requested in any spelling, and not switched off."""
    reasoning = read_reasoning(params)
    return reasoning is not None and not reasoning.is_off


def merge_reasoning(earlier: Mapping[str, object], later: Mapping[str, object]) -> Body:
    """The spellings of a model's settings and of one call, the call's winning.

    A level of the call overrules the model's in whatever spelling; a summary stays.
    """
    newer = {name: later[name] for name in SPELLINGS if later.get(name) is not None}
    older = {n: earlier[n] for n in SPELLINGS if earlier.get(n) is not None and n not in later}
    beside = earlier.get("reasoning") if later.get("reasoning", {}) is not None else None
    if not newer:
        return older
    found = read_reasoning(newer)
    has_level = found is not None and (found.effort or found.budget or found.enabled is not None)
    merged: Body = newer if has_level else {**older, **newer}
    if isinstance(beside, Mapping):
        kept = {k: v for k, v in beside.items() if not has_level or k not in _LEVELS}
        own = newer.get("reasoning", {})
        if kept and isinstance(own, Mapping):
            merged["reasoning"] = {**kept, **own}
    return merged


# --- writing it in the model's control -----


@dataclass(frozen=True, slots=True)
class _Order:
    """What one control is written from."""

    reasoning: Reasoning
    written: str
    """The arguments as the user wrote them, for messages."""
    name: str
    shape: Shape
    notes: Notes
    limit: object
    """``max_tokens`` of the request."""

    def adapted(self, change: str, why: str) -> None:
        self.notes.adapted(self.name, f"{self.written} was sent as {change}", why)

    def fitted(self, name: str, value: object) -> Body:
        """The parameter inside its range or closed set; nothing where it has no place there."""
        fitted = fit(name, value, param(self.shape, name), self.notes)
        return {} if fitted is LEFT_OUT else {name: fitted}

    def facts(self, control: str) -> Param:
        return param(self.shape, control) if self.shape.params else _UNKNOWN[self.shape.dialect]


def fit_reasoning(
    params: Mapping[str, object], shape: Shape, notes: Notes, *, limit: object = None
) -> Body:
    """The parameters that make the model think as ``params`` say.

    Args:
        params: The parameters of the request; other names than those of `SPELLINGS` are ignored.
        limit: ``max_tokens`` of the request; a thinking budget has to be smaller.

    Returns:
        The model's own control; with ``max_tokens`` where the limit had to be raised for it.
    """
    written = {n: params[n] for n in SPELLINGS if params.get(n) is not None and params[n] != {}}
    own = {name: written[name] for name in _VENDORS if _goes_out(name, written, shape, notes)}
    rest = {name: value for name, value in written.items() if name not in own}
    if not rest:
        return dict(own)
    reasoning = read_reasoning(rest)
    text = " and ".join(f"{name}={short(value)}" for name, value in rest.items())
    name = next(iter(rest)) if len(rest) == 1 else "reasoning"
    if own:
        beside = ", ".join(own)
        if notes.unsupported(name, f"{text} was left out", f"{beside} says how the model thinks"):
            return {**rest, **own}
        return dict(own)
    control = _control(reasoning, shape) if reasoning is not None else None
    if reasoning is None:
        change, why = f"{text} was left out", "it names no level"
        return rest if notes.unsupported(name, change, why) else {}
    if control is None:
        return _without_control(rest, name, text, shape, notes)
    return _WRITERS[control](_Order(reasoning, text, name, shape, notes, limit))


def _without_control(rest: Body, name: str, text: str, shape: Shape, notes: Notes) -> Body:
    """For a model whose contract mentions no control of reasoning."""
    if shape.closed:
        change, why = f"{text} was left out", "the model has no control of reasoning"
        return rest if notes.unsupported(name, change, why) else {}
    return rest if notes.unlisted(name, text) else {}


def _goes_out(name: str, written: Mapping[str, object], shape: Shape, notes: Notes) -> bool:
    """Whether a vendor's spelling is the model's own, so that it goes out as it was written."""
    if name not in written:
        return False
    if notes.policy == "send":
        return True
    if shape.params is None:
        return shape.dialect == "completions" or (name, shape.dialect) == ("thinking", "messages")
    return declares(shape, name) and fits(param(shape, name), written[name])


def _control(reasoning: Reasoning, shape: Shape) -> str | None:
    """The control to write, of those that the model has."""
    if shape.params is None:
        if shape.dialect != "completions":
            return "thinking" if shape.dialect == "messages" else "reasoning"
        return "reasoning_effort" if reasoning.effort and not reasoning.budget else "reasoning"
    plain = not (reasoning.budget or reasoning.hidden or reasoning.summary or reasoning.extra)
    order = ("reasoning_effort", "reasoning") if plain else ("reasoning", "reasoning_effort")
    if plain and fits_level(reasoning, shape):
        return "reasoning_effort"  # Claude's newest have both: a level says more than "adaptive"
    names = ("thinking", "enable_thinking", *order)
    return next((name for name in names if name in (shape.params or {})), None)


def fits_level(reasoning: Reasoning, shape: Shape) -> bool:
    """Whether the model has exactly the effort that is requested."""
    facts = (shape.params or {}).get("reasoning_effort")
    return facts is not None and reasoning.effort is not None and fits(facts, reasoning.effort)


# What the controls of a model hold that nothing is known about.
_UNKNOWN: Mapping[str, Param] = {
    "completions": Param(
        properties={
            name: Param() for name in ("effort", "max_tokens", "enabled", "exclude", "summary")
        }
    ),
    "responses": Param(properties={"effort": Param(), "summary": Param()}),
    "messages": Param(properties={"budget_tokens": Param(), "display": Param()}),
    "none": Param(),
}


def _write_effort(order: _Order) -> Body:
    level = order.reasoning.level
    if level is None:
        return _left_over(order, {})
    if level != order.reasoning.effort:
        order.adapted(f"reasoning_effort={level!r}", "the model has levels only")
    return _left_over(order, order.fitted("reasoning_effort", level))


def _left_over(order: _Order, body: Body) -> Body:
    """A summary or the like, for which a bare level has no place."""
    rest = {"summary": order.reasoning.summary, **order.reasoning.extra}
    for name, value in rest.items():
        if value is not None:
            change = f"reasoning.{name}={short(value)} was left out"
            if order.notes.unsupported(f"reasoning.{name}", change, "the model has levels only"):
                body = {**body, "reasoning": {**rest}}
    return body


def _write_object(order: _Order) -> Body:
    """OpenRouter's ``{effort | max_tokens, exclude}`` and OpenAI's ``{effort, summary}``."""
    reasoning, facts = order.reasoning, order.facts("reasoning")
    known = facts.properties
    body: Body = {}
    if reasoning.budget and "max_tokens" in known:
        body["max_tokens"] = reasoning.budget  # instead of an effort: it says more
    elif reasoning.enabled and reasoning.effort is None and "enabled" in known:
        body["enabled"] = True
    elif reasoning.level is not None:
        body["effort"] = reasoning.level
        if reasoning.effort is None and not reasoning.is_off:
            order.adapted(f"reasoning.effort={reasoning.level!r}", "the model has levels only")
    if reasoning.hidden is not None and "exclude" in known:
        body["exclude"] = reasoning.hidden
    body |= {k: v for k, v in {"summary": reasoning.summary, **reasoning.extra}.items() if v}
    fitted: Body = {}
    for name, value in body.items():
        change, why = f"reasoning.{name}={short(value)} was left out", "the model does not take it"
        path = f"reasoning.{name}"
        if name in known or order.shape.params is None:
            value = fit(path, value, known.get(name) or Param(), order.notes)
            fitted |= {} if value is LEFT_OUT else {name: value}
        elif order.notes.unsupported(path, change, why):
            fitted[name] = value
    return {"reasoning": fitted} if fitted else {}


def _write_switch(order: _Order) -> Body:
    """Qwen's ``enable_thinking`` with its ``thinking_budget``."""
    if order.reasoning.is_off:
        return {"enable_thinking": False}
    if not declares(order.shape, "thinking_budget"):
        if order.reasoning.tokens:
            order.adapted("enable_thinking=True", "the model has a switch and no levels")
        return {"enable_thinking": True}
    tokens = order.reasoning.tokens
    if tokens is None:
        return {"enable_thinking": True}
    # 400 "max_tokens must be greater than thinking_budget [8192]" (Qwen 3.6 and 3.7, 2026-09)
    if isinstance(order.limit, int | float) and tokens >= order.limit > 1:
        tokens = max(int(order.limit) // 2, 1)
        longest = order.notes.name_of("max_tokens")
        order.adapted(f"thinking_budget={tokens}", f"it has to be below {longest}={order.limit}")
    return {"enable_thinking": True, **order.fitted("thinking_budget", tokens)}


def _write_thinking(order: _Order) -> Body:
    """Anthropic's ``thinking``: a budget, or as the model sees fit; GLM's switch."""
    reasoning, facts = order.reasoning, order.facts("thinking")
    kinds = _kinds(facts)
    if reasoning.is_off:
        # Claude does not think unless the request says so.
        return {"thinking": {"type": "disabled"}} if not kinds or "disabled" in kinds else {}
    if "budget_tokens" not in facts.properties:
        if reasoning.tokens:
            order.adapted("thinking={'type': 'enabled'}", "the model has a switch and no levels")
        return {"thinking": {"type": "enabled"}}
    # The models that lost their sampling parameters (Opus 4.7 and later) think adaptively.
    newer = order.shape.params is not None and "temperature" not in order.shape.params
    if not reasoning.budget and "adaptive" in kinds and newer:
        if reasoning.effort is not None:
            order.adapted("thinking={'type': 'adaptive'}", "the model itself decides how much")
        return {"thinking": {"type": "adaptive", **_display(reasoning, facts)}}
    return _write_budget(order, facts)


def _write_budget(order: _Order, facts: Param) -> Body:
    """Thinking with a budget; the answer's limit has to be larger than it (else 400)."""
    reasoning, limit = order.reasoning, order.limit
    budget = max(reasoning.tokens or BUDGETS["medium"], LEAST_BUDGET)
    raised: Body = {}
    longest = order.notes.name_of("max_tokens")
    if isinstance(limit, int | float) and not isinstance(limit, bool):
        if limit <= LEAST_BUDGET:
            change, why = f"{order.written} was left out", f"{longest}={limit} has no room for it"
            cure = f"raise {longest} above {LEAST_BUDGET}"
            if not order.notes.unsupported(order.name, change, why, cure):
                return {}
        elif budget >= limit:
            budget = max(int(limit) // 2, LEAST_BUDGET)
            order.adapted(f"a budget of {budget}", f"it has to be below {longest}={limit}")
    else:
        default = param(order.shape, "max_tokens").default
        if isinstance(default, int | float) and budget >= default:
            if reasoning.budget:
                raised = {"max_tokens": budget + ROOM_TO_ANSWER}
                change = f"max_tokens={budget + ROOM_TO_ANSWER} was sent"
                order.notes.adapted("max_tokens", change, f"{order.written} needs it")
            else:
                budget = max(int(default) // 2, LEAST_BUDGET)
    if reasoning.budget and budget > reasoning.budget:
        order.adapted(f"a budget of {budget}", "it is the least that the model takes")
    thinking = {"type": "enabled", "budget_tokens": budget, **_display(reasoning, facts)}
    return {"thinking": thinking, **raised}


def _display(reasoning: Reasoning, facts: Param) -> Body:
    if "display" not in facts.properties:
        return {}
    if reasoning.hidden:
        return {"display": "omitted"}
    return {"display": "summarized"} if reasoning.summary else {}


def _kinds(facts: Param) -> tuple[object, ...]:
    """The types of thinking that the model lists; none where nothing is known."""
    kinds = facts.properties.get("type") or Param()
    return kinds.enum or tuple(kind for each in kinds.variants for kind in each.enum or ())


_WRITERS: Mapping[str, Callable[[_Order], Body]] = {
    "thinking": _write_thinking,
    "enable_thinking": _write_switch,
    "reasoning": _write_object,
    "reasoning_effort": _write_effort,
}


# --- what does not go with thinking -----

# What sampling Anthropic takes beside thinking.
_BESIDE_THINKING: Mapping[str, Callable[[object], bool]] = {
    "temperature": lambda value: value == 1,
    "top_p": lambda value: isinstance(value, int | float) and value >= 0.95,
    "top_k": lambda value: False,
}


def settle_thinking(
    body: Body, shape: Shape, notes: Notes, *, forced: bool, unsigned: bool
) -> Body:
    """The body without what Anthropic refuses beside thinking, or without thinking.

    Args:
        body: The request, tools and reasoning in it.
        shape: What the path takes; nothing happens where its thinking is not Anthropic's.
        forced: The model must call a tool.
        unsigned: A call is being answered that came without its signed thought.
    """
    facts = param(shape, "thinking")
    if not _thinks(body) or (shape.params is not None and "budget_tokens" not in facts.properties):
        return body
    kept = dict(body)
    reasons = {
        "the model cannot think where a tool is forced": forced,
        "the call that is being answered came without its thought": unsigned,
    }
    for why, applies in reasons.items():
        cure = "switch reasoning off for this call"
        if applies and not notes.unsupported("reasoning", "thinking was left out", why, cure):
            return {k: v for k, v in kept.items() if k not in ("thinking", "reasoning_effort")}
    for name, goes in _BESIDE_THINKING.items():
        if name in kept and not goes(kept[name]):
            change, why = f"{name}={short(kept[name])} was left out", "it does not go with thinking"
            if not notes.unsupported(name, change, why):
                del kept[name]
    return kept


def _thinks(body: Body) -> bool:
    thinking = body.get("thinking")
    kind = thinking.get("type") if isinstance(thinking, Mapping) else None
    return kind in ("enabled", "adaptive") or body.get("reasoning_effort", "none") != "none"
