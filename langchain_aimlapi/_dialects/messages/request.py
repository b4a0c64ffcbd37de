"""``/v1/messages``, Anthropic's shape: building a request that the model takes.

The same shape is the only one that 23 Claude ids take on ``/v1/chat/completions`` (cluster D:
closed objects, five parts at most, base64 images, a system string).

Wire: POST, ``{"model", "system", "messages", "max_tokens", "tools", "tool_choice", "thinking",
"stop_sequences", "metadata", "stream", ...}``.
Source: the API's request schemas for both paths, read 2026-08-21.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_aimlapi._dialects.messages.conversation import Block, build_conversation
from langchain_aimlapi._dialects.parts import format_on_wire, free_text_schema, json_instruction
from langchain_aimlapi._domain.values import ChatRequest, ResponseFormat, Tool, ToolChoice
from langchain_aimlapi._fitting import params as adapt
from langchain_aimlapi._fitting.media import free_text_description
from langchain_aimlapi._fitting.notes import Notes, short
from langchain_aimlapi.catalog.facts import Shape

PATH = "/v1/messages"

MIN_BUDGET = 1024
WEB_SEARCH = "web_search_20250305"  # the version that every Claude with web search takes
ROOM_TO_ANSWER = 4096
"""Tokens left for the answer where an explicit thinking budget is beyond the default limit."""

_OWN = frozenset(
    {
        "max_tokens", "max_completion_tokens", "reasoning", "reasoning_effort", "thinking", "stop",
        "stop_sequences", "user", "metadata", "n", "parallel_tool_calls", "stream_options",
        "web_search",
    }
)  # fmt: skip
_FORCED = ("any", "tool")
_ODD_SCHEMA_KEYS = ("anyOf", "oneOf", "allOf", "$ref")


def build(ask: ChatRequest, shape: Shape, notes: Notes) -> dict[str, Any]:
    """The JSON body for ``ask`` (without ``extra_body``, which the caller adds verbatim).

    Raises:
        UnsupportedFeatureError: the model can not take something in any form, or
            ``on_unsupported`` is ``"error"`` and something had to be left out.
    """
    system, messages = build_conversation(ask.messages, shape, notes)
    body: dict[str, Any] = {"model": ask.model, "messages": messages}
    wire_format, told = _answer_format(ask.response_format, shape, notes)
    if told:
        system = [*(system or ()), {"type": "text", "text": told}]
    if system:
        body["system"] = _system(system, shape, notes)
    tools = [*_tools(ask, shape, notes), *_web_search(ask.params, shape, notes)]
    if tools:
        body["tools"] = tools
        body |= _tool_choice(ask, shape, notes)
    body |= wire_format
    body |= adapt.fit_all({k: v for k, v in ask.params.items() if k not in _OWN}, shape, notes)
    body |= _limits(ask.params, shape, notes)
    body |= _thinking(ask.params, body, shape, notes)
    _reconcile(body, notes)
    if ask.stream:
        body["stream"] = True
    return body


def _system(blocks: list[Block], shape: Shape, notes: Notes) -> str | list[Block]:
    """A list only where a cache mark needs one: every model takes the string."""
    facts = adapt.param(shape, "system")
    marked = any("cache_control" in block for block in blocks)
    if marked and (not facts.types or "array" in facts.types):
        keys = facts.items.properties if facts.items is not None else None
        fitted = [
            {"type": "text", "text": block["text"], **adapt.cache_mark(block, keys, notes)}
            for block in blocks
        ]
        if any("cache_control" in block for block in fitted):
            return fitted
    elif marked:
        adapt.cache_mark(next(b for b in blocks if "cache_control" in b), (), notes)
    return "\n\n".join(block["text"] for block in blocks)


def _answer_format(
    wanted: ResponseFormat | None, shape: Shape, notes: Notes
) -> tuple[dict[str, Any], str | None]:
    """Anthropic has no format parameter: the format is asked for in the system text."""
    if wanted is None or wanted.kind == "text":
        return {}, None
    said = f"{wanted.kind} is not a format of this model; it was asked for in the prompt"
    if notes.unsupported("response_format", said):
        return {"response_format": format_on_wire(wanted)}, None
    return {}, json_instruction(wanted)


# --- tools -----------------------------------------------------------------------------------


def _tools(ask: ChatRequest, shape: Shape, notes: Notes) -> list[dict[str, Any]]:
    if not ask.tools:
        return []
    if shape.tools is not None and not shape.tools and notes.policy != "send":
        raise notes.impossible(
            "tools", "it has no tool calling", "choose a model with tool calling"
        )
    return [built for tool in ask.tools if (built := _tool(tool, shape, notes)) is not None]


def _tool(tool: Tool, shape: Shape, notes: Notes) -> dict[str, Any] | None:
    if tool.kind == "builtin":
        kind = str(tool.raw.get("type", ""))
        known = shape.tools is None or kind in shape.tools or "*" in shape.tools
        if known or notes.unsupported(f"tools.{kind}", f"the server-side tool {kind} was left out"):
            return dict(tool.raw)
        return None
    wire: dict[str, Any] = {"name": tool.name}
    said = tool.description
    if tool.kind == "custom":
        notes.adapted("tools.custom", f"the free-text tool {tool.name} was sent as a JSON tool")
        said = free_text_description(tool)
    if said:
        wire["description"] = said
    wire["input_schema"] = free_text_schema(tool) if tool.kind == "custom" else _schema(tool)
    keys = _tool_keys(shape)
    if tool.strict is not None:
        if keys is None or "strict" in keys:
            wire["strict"] = tool.strict
        elif tool.strict:
            notes.adapted("tools.strict", f"strict=True of {tool.name} was left out")
    for key, value in tool.extra.items():
        if key == "cache_control":
            wire |= adapt.cache_mark(tool.extra, keys, notes)
        elif key != "format" and (keys is None or key in keys):
            wire[key] = value
    return wire


def _tool_keys(shape: Shape) -> frozenset[str] | None:
    """The keys that a tool may hold; None where nothing is known."""
    if shape.function_keys is not None:
        return shape.function_keys
    facts = shape.tool_defs.get("anthropic")
    return frozenset(facts.properties) if facts is not None and facts.properties else None


def _schema(tool: Tool) -> dict[str, Any]:
    """The parameters with ``type: object``, which the schema requires of every tool."""
    schema = dict(tool.parameters)
    if schema.get("type") != "object":
        schema["type"] = "object"
    if not any(key in schema for key in _ODD_SCHEMA_KEYS):
        schema.setdefault("properties", {})
    return schema


def _web_search(params: Mapping[str, Any], shape: Shape, notes: Notes) -> list[dict[str, Any]]:
    """``web_search=True`` or options -> Anthropic's server-side tool."""
    wanted = params.get("web_search")
    if wanted is None or wanted is False:
        return []
    known = sorted(k for k in shape.tools or () if k.startswith("web_search_"))
    said = "web_search was left out"
    if shape.tools is not None and not known and not notes.unsupported("web_search", said):
        return []
    kind = WEB_SEARCH if not known or WEB_SEARCH in known else known[0]
    options = dict(wanted) if isinstance(wanted, Mapping) else {}
    return [{"type": kind, "name": "web_search", **options}]


def _tool_choice(ask: ChatRequest, shape: Shape, notes: Notes) -> dict[str, Any]:
    choice = _choice_on_wire(ask.tool_choice)
    kinds = shape.tool_choice_objects
    if isinstance(choice, dict) and kinds and "*" not in kinds and choice.get("type") not in kinds:
        said = f"tool_choice={short(choice)} was left out"
        if not notes.unsupported("tool_choice", said):
            choice = None
    parallel = ask.params.get("parallel_tool_calls")
    if parallel is False:
        choice = choice or {"type": "auto"}
        if isinstance(choice, dict) and choice.get("type") in ("auto", *_FORCED):
            choice = {**choice, "disable_parallel_tool_use": True}
    return {} if choice is None else {"tool_choice": choice}


def _choice_on_wire(choice: ToolChoice | None) -> Any:
    if choice is None:
        return None
    if choice.mode == "named":
        return {"type": "tool", "name": choice.name}
    if choice.mode != "raw":
        return {"type": "any" if choice.mode == "required" else choice.mode}
    raw = choice.raw
    if isinstance(raw, str):
        return {"type": {"required": "any"}.get(raw, raw)}
    if isinstance(raw, Mapping) and isinstance(raw.get("function"), Mapping):
        return {"type": "tool", "name": raw["function"].get("name")}
    return raw


# --- parameters whose spelling differs ---------------------------------------------------------


def _limits(params: Mapping[str, Any], shape: Shape, notes: Notes) -> dict[str, Any]:
    """``max_tokens``, ``stop_sequences`` and ``metadata``."""
    found: dict[str, Any] = {}
    limit = params.get("max_tokens", params.get("max_completion_tokens"))
    if limit is not None:
        found["max_tokens"] = limit
    n = params.get("n")
    if n not in (None, 1):
        found["n"] = n
    stops = params.get("stop") or params.get("stop_sequences")
    if stops:
        given = [stops] if isinstance(stops, str) else list(stops)
        # 400 "stop_sequences: each stop sequence must contain non-whitespace" (Anthropic)
        kept = [stop for stop in given if str(stop).strip()]
        if len(kept) < len(given):
            notes.adapted("stop", "stop sequences of white space only were left out")
        if kept:
            found["stop_sequences"] = kept
    metadata = dict(params.get("metadata") or {})
    if params.get("user") is not None:
        metadata.setdefault("user_id", params["user"])
    if metadata:  # the schema takes only strings
        found["metadata"] = {k: v if isinstance(v, str) else str(v) for k, v in metadata.items()}
    return adapt.fit_all(found, shape, notes)


def _thinking(
    params: Mapping[str, Any], body: Mapping[str, Any], shape: Shape, notes: Notes
) -> dict[str, Any]:
    """``thinking`` from the neutral ``reasoning``; Anthropic's own spelling goes first."""
    given = params.get("thinking")
    kinds = _kinds(shape)
    if isinstance(given, Mapping) and _is_taken(given, kinds, notes):
        return {"thinking": dict(given)}
    asked = _as_asked(given) if isinstance(given, Mapping) else params.get("reasoning")
    asked = dict(asked) if isinstance(asked, Mapping) else {}
    if params.get("reasoning_effort") is not None:
        asked.setdefault("effort", params["reasoning_effort"])
    asked = {name: value for name, value in asked.items() if value is not None}
    if not asked:
        return {}
    if adapt.wants_none(asked):
        return {"thinking": {"type": "disabled"}} if kinds is None or "disabled" in kinds else {}
    if not adapt.declares(shape, "thinking"):
        if notes.unsupported("reasoning", f"reasoning={short(asked)} was left out"):
            return {"thinking": {"type": "enabled", "budget_tokens": _budget(asked)}}
        return {}
    explicit = asked.get("budget_tokens") or asked.get("max_tokens")
    # The models that lost their sampling parameters (Opus 4.7 and later) think adaptively.
    newer = shape.params is not None and "temperature" not in shape.params
    if not explicit and kinds is not None and "adaptive" in kinds and newer:
        if "effort" in asked:
            said = f"effort={asked['effort']} was sent as adaptive thinking"
            notes.adapted("reasoning", said)
        return {"thinking": {"type": "adaptive", **_display(asked, shape)}}
    return _budgeted(_budget(asked), bool(explicit), body, asked, shape, notes)


def _is_taken(given: Mapping[str, Any], kinds: tuple[Any, ...] | None, notes: Notes) -> bool:
    """Whether Anthropic's own ``thinking`` can go out as the user wrote it."""
    if kinds is None or notes.policy == "send":
        return True
    if given.get("type") == "enabled" and not isinstance(given.get("budget_tokens"), int):
        return False
    return given.get("type") in kinds and given.get("budget_tokens", MIN_BUDGET) >= MIN_BUDGET


def _as_asked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Anthropic's ``thinking`` in neutral words, to be said again in a form the model takes."""
    if given.get("type") == "disabled":
        return {"effort": "none"}
    asked: dict[str, Any] = {"enabled": True, "budget_tokens": given.get("budget_tokens")}
    if given.get("display") == "omitted":
        return {**asked, "exclude": True}
    return {**asked, "summary": "auto"} if given.get("display") else asked


def _kinds(shape: Shape) -> tuple[Any, ...] | None:
    """The types of thinking that the shape lists; None where it is not known."""
    if shape.params is None:
        return None
    facts = adapt.param(shape, "thinking").properties.get("type")
    if facts is None:
        return ()
    return facts.enum or tuple(kind for each in facts.variants for kind in each.enum or ())


def _budget(asked: Mapping[str, Any]) -> int:
    return max(adapt.budget_for(asked) or adapt.EFFORT_BUDGET["medium"], MIN_BUDGET)


def _display(asked: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    known = adapt.param(shape, "thinking").properties
    if known and "display" not in known:
        return {}
    if asked.get("exclude"):
        return {"display": "omitted"}
    return {"display": "summarized"} if asked.get("summary") else {}


def _budgeted(
    budget: int,
    explicit: bool,
    body: Mapping[str, Any],
    asked: Mapping[str, Any],
    shape: Shape,
    notes: Notes,
) -> dict[str, Any]:
    """Thinking with a budget; the answer's limit has to be larger than it (else 400)."""
    limit = body.get("max_tokens")
    more: dict[str, Any] = {}
    if isinstance(limit, int | float) and not isinstance(limit, bool):
        if limit <= MIN_BUDGET:
            said = f"reasoning={short(dict(asked))} was left out: max_tokens={limit} has no room"
            if not notes.unsupported("reasoning", said):
                return {}
        elif budget >= limit:
            budget = max(int(limit) // 2, MIN_BUDGET)
            notes.adapted("reasoning", f"the thinking budget was cut to {budget}")
    else:
        default = adapt.param(shape, "max_tokens").default
        if isinstance(default, int | float) and budget >= default:
            if explicit:
                more = {"max_tokens": budget + ROOM_TO_ANSWER}
                notes.adapted("max_tokens", f"max_tokens={budget + ROOM_TO_ANSWER} was sent")
            else:
                budget = max(int(default) // 2, MIN_BUDGET)
    thinking = {"type": "enabled", "budget_tokens": budget, **_display(asked, shape)}
    return {"thinking": thinking, **more}


def _reconcile(body: dict[str, Any], notes: Notes) -> None:
    """What Anthropic refuses beside thinking: a forced tool, sampling, an unsigned tool loop."""
    thinking = body.get("thinking")
    if not isinstance(thinking, Mapping) or thinking.get("type") not in ("enabled", "adaptive"):
        return
    choice = body.get("tool_choice")
    if isinstance(choice, Mapping) and choice.get("type") in _FORCED:
        said = "thinking was left out: the model can not think where a tool is forced"
        if not notes.unsupported("reasoning", said):
            del body["thinking"]
            return
    if _in_unsigned_loop(body["messages"]):
        said = "thinking was left out: the call that is being answered came without its thought"
        if not notes.unsupported("reasoning", said):
            del body["thinking"]
            return
    for name, fits in (
        ("temperature", lambda value: value == 1),
        ("top_p", lambda value: value >= 0.95),
        ("top_k", lambda value: False),
    ):
        if name in body and not fits(body[name]):
            said = f"{name}={short(body[name])} was left out: it does not go with thinking"
            if not notes.unsupported(name, said):
                del body[name]


def _in_unsigned_loop(messages: list[dict[str, Any]]) -> bool:
    """Whether tool results are being handed in for a turn that has no signed thought."""
    answered = False
    for message in reversed(messages):
        content = message["content"] if isinstance(message["content"], list) else []
        kinds = [block.get("type") for block in content]
        if message["role"] == "user":
            if "tool_result" not in kinds and not answered:
                return False
            if "tool_result" not in kinds:
                break
            answered = True
        elif "thinking" in kinds or "redacted_thinking" in kinds:
            return False
    return answered
