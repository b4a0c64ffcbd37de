"""``/v1/chat/completions`` in OpenAI's shape: building a request that the model takes.

The API is not one dialect: 115 different schemas stand behind this path. What a model does not
take in the form given is said in another form where nothing is lost by that, reported through
`Notes` where something is left out, and refused before sending where the content itself could
not be said.

Wire: POST, ``{"model", "messages", "tools", "tool_choice", "response_format", ...}``.
Source: the chat schemas of the API's documentation, read 2026-08-21.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_aimlapi._dialects.completions.conversation import build_messages
from langchain_aimlapi._dialects.parts import (
    format_on_wire,
    free_text_schema,
    json_instruction,
    object_schema,
)
from langchain_aimlapi._domain.values import (
    ChatRequest,
    Message,
    ReasoningPart,
    ResponseFormat,
    TextPart,
    Tool,
    ToolChoice,
)
from langchain_aimlapi._fitting import params as adapt
from langchain_aimlapi._fitting.notes import Notes, short
from langchain_aimlapi.catalog.facts import Param, Shape
from langchain_aimlapi.errors import UnsupportedFeatureError

_PARALLEL = "parallel_tool_calls"
_OWN = frozenset({"reasoning", "web_search", "max_tokens", _PARALLEL, "audio"})


def build(ask: ChatRequest, shape: Shape, notes: Notes) -> dict[str, Any]:
    """The JSON body for ``ask`` (without ``extra_body``, which the caller adds verbatim).

    Raises:
        UnsupportedFeatureError: the model can not take something in any form, or
            ``on_unsupported`` is ``"error"`` and something had to be left out.
    """
    if shape.accepts_anthropic and shape.other is not None:
        return _in_the_better_form(ask, shape, shape.other, notes)
    return _build(ask, shape, notes)


def _in_the_better_form(
    ask: ChatRequest, shape: Shape, other: Shape, notes: Notes
) -> dict[str, Any]:
    """Claude's newer ids take both whole forms on this path: OpenAI's, unless it loses something
    that Anthropic's does not (signed thoughts, stop texts, server-side tools)."""
    # Only what Claude needs is imported for it.
    from langchain_aimlapi._dialects.messages import request as messages

    tried: list[tuple[int, dict[str, Any], Notes]] = []
    failed: UnsupportedFeatureError | None = None
    for form, build_form in ((shape, _build), (other, messages.build)):
        own = Notes(notes.model, notes.policy)
        try:
            body = build_form(ask, form, own)
        except UnsupportedFeatureError as error:
            failed = failed or error
            continue
        lost = len(own.told) + (form is shape and _has_signed_thoughts(ask))
        if not lost:
            notes.told += own.told
            return body
        tried.append((lost, body, own))
    if not tried:
        raise failed or notes.impossible("messages", "it takes neither form")
    _, body, own = min(tried, key=lambda attempt: attempt[0])
    notes.told += own.told
    return body


def _has_signed_thoughts(ask: ChatRequest) -> bool:
    return any(
        message.extra.get("thinking_blocks")
        or any(isinstance(part, ReasoningPart) and part.signature for part in message.parts)
        for message in ask.messages
    )


def _build(ask: ChatRequest, shape: Shape, notes: Notes) -> dict[str, Any]:
    params = adapt.in_neutral_words(ask.params, shape, notes)
    tools, choice = _choose_tools(ask, shape, notes)
    wire_format, instruction = _response_format(ask.response_format, shape, notes)
    messages = ask.messages
    if instruction:
        messages = (Message("system", (TextPart(instruction),)), *messages)
    body: dict[str, Any] = {
        "model": ask.model,
        "messages": build_messages(messages, shape, notes),
    }
    if tools:
        body["tools"] = tools
        if choice is not None:
            body["tool_choice"] = choice
    if wire_format is not None:
        body["response_format"] = wire_format
    rest = {k: v for k, v in params.items() if k not in _OWN}
    body |= adapt.fit_all(rest, shape, notes)
    body |= _max_tokens(params.get("max_tokens"), shape, notes)
    body |= _reasoning(params.get("reasoning"), shape, notes, body)
    body |= _web_search(params.get("web_search"), shape, notes, body)
    body |= _audio(params.get("audio"), shape, notes, body)
    parallel = params.get("parallel_tool_calls")
    pointless = parallel is False and len(tools) < 2
    if tools and parallel is not None and (adapt.declares(shape, _PARALLEL) or not pointless):
        body |= adapt.fit_all({_PARALLEL: parallel}, shape, notes)
    if ask.stream:
        body["stream"] = True
        if ask.stream_usage and adapt.declares(shape, "stream_options"):
            body.setdefault("stream_options", {"include_usage": True})
    return body


# --- tools -----


def _choose_tools(
    ask: ChatRequest, shape: Shape, notes: Notes
) -> tuple[list[dict[str, Any]], dict[str, Any] | str | None]:
    """Tools and tool choice on the wire."""
    wanted = ask.tools
    choice = ask.tool_choice
    if not wanted:
        return [], None
    if shape.tools is not None and not shape.tools:
        if choice is not None and choice.mode == "none":
            return [], None
        if notes.policy != "send":
            raise notes.impossible(
                "tools", "it has no tool calling", "choose a model with tool calling"
            )
    if choice is not None and choice.mode == "named":
        wanted, choice = _named(ask, shape, choice)
    tools = [built for tool in wanted if (built := _tool(tool, shape, notes)) is not None]
    return tools, _tool_choice(choice, tools, shape, notes)


def _tool(tool: Tool, shape: Shape, notes: Notes) -> dict[str, Any] | None:
    if tool.kind == "builtin":
        kind = str(tool.raw.get("type", ""))
        known = shape.tools is None or kind in shape.tools or "*" in shape.tools
        if known or notes.unsupported(f"tools.{kind}", f"the server-side tool {kind} was left out"):
            return dict(tool.raw)
        return None
    forms = shape.tools
    if tool.kind == "custom" and (forms is None or "custom" in forms):
        return _custom(tool, shape)
    if tool.kind == "custom":
        notes.adapted("tools.custom", f"the free-text tool {tool.name} was sent as a JSON tool")
    function: dict[str, Any] = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    function["parameters"] = (
        free_text_schema(tool) if tool.kind == "custom" else object_schema(tool)
    )
    if tool.strict is not None:
        if shape.function_keys is None or "strict" in shape.function_keys:
            function["strict"] = tool.strict
        else:
            notes.adapted("tools.strict", f"strict={tool.strict} of {tool.name} was left out")
    wire: dict[str, Any] = {"type": "function", "function": function}
    facts = shape.tool_defs.get("function")
    keys = None if facts is None or not facts.properties else set(facts.properties)
    wire |= adapt.cache_mark(tool.extra, keys, notes)
    for key, value in tool.extra.items():
        open_to = facts is None or not facts.closed or key in facts.properties
        if key not in ("format", "cache_control") and open_to:
            wire[key] = value
    return wire


def _custom(tool: Tool, shape: Shape) -> dict[str, Any]:
    """A free-text tool; its grammar stands deeper here than at ``/v1/responses``."""
    custom: dict[str, Any] = {"name": tool.name}
    if tool.description:
        custom["description"] = tool.description
    given = tool.extra.get("format")
    facts = shape.tool_defs.get("custom", Param()).properties.get("custom", Param())
    if isinstance(given, Mapping) and "definition" in given:
        grammar = {key: value for key, value in given.items() if key != "type"}
        custom["format"] = {"type": "grammar", "grammar": grammar}
    elif given is not None:
        custom["format"] = given
    elif "format" in facts.required:
        custom["format"] = {"type": "text"}
    return {"type": "custom", "custom": custom}


def _named(
    ask: ChatRequest, shape: Shape, choice: ToolChoice
) -> tuple[tuple[Tool, ...], ToolChoice]:
    """A named tool, for a model that can not be told a name: offer only that tool, require it."""
    objects = shape.tool_choice_objects
    tool = next((t for t in ask.tools if t.name == choice.name), None)
    custom = tool is not None and tool.kind == "custom"
    if objects is None or ("custom" if custom else "function") in objects or tool is None:
        return ask.tools, choice
    return (tool,), ToolChoice("required")


def _tool_choice(
    choice: ToolChoice | None, tools: list[dict[str, Any]], shape: Shape, notes: Notes
) -> dict[str, Any] | str | None:
    if choice is None:
        return None
    if choice.mode == "raw":
        return choice.raw  # type: ignore[no-any-return]
    if choice.mode == "named":
        customs = [tool["custom"]["name"] for tool in tools if tool.get("type") == "custom"]
        kind = "custom" if choice.name in customs else "function"
        return {"type": kind, kind: {"name": choice.name}}
    strings = shape.tool_choice_strings
    if strings is None or choice.mode in strings:
        return choice.mode
    if notes.unsupported("tool_choice", f"tool_choice={choice.mode!r} was left out"):
        return choice.mode
    return None


# --- the shape of the answer -----


def _response_format(
    wanted: ResponseFormat | None, shape: Shape, notes: Notes
) -> tuple[dict[str, Any] | None, str | None]:
    """(response_format, instruction for the prompt): the second where the model has no such
    format, or a weaker one."""
    if wanted is None:
        return None, None
    formats = shape.response_formats
    if formats is None or wanted.kind in formats or notes.policy == "send":
        return format_on_wire(wanted), None
    if wanted.kind == "text":
        return None, None
    said = f"{wanted.kind} is not a format of this model; it was asked for in the prompt"
    if wanted.kind == "json_schema" and "json_object" in formats:
        notes.adapted("response_format", said)
        return {"type": "json_object"}, json_instruction(wanted)
    notes.adapted("response_format", said)
    return None, json_instruction(wanted)


# --- parameters whose spelling differs -----


def _max_tokens(value: Any, shape: Shape, notes: Notes) -> dict[str, Any]:
    if value is None:
        return {}
    # OpenAI's reasoning models take no temperature and only the newer spelling of the limit.
    newer = (
        shape.params is not None
        and "max_completion_tokens" in shape.params
        and "temperature" not in shape.params
    )
    name = "max_completion_tokens" if newer else "max_tokens"
    return adapt.fit_all({"max_tokens": value}, shape, notes, rename={"max_tokens": name})


def _reasoning(wanted: Any, shape: Shape, notes: Notes, body: Mapping[str, Any]) -> dict[str, Any]:
    """One neutral ``reasoning`` -> the control that the model has."""
    if not wanted or not isinstance(wanted, Mapping):
        return {}
    asked = {k: v for k, v in wanted.items() if v is not None}
    declared = shape.params
    effort, budget = asked.get("effort"), asked.get("budget_tokens") or asked.get("max_tokens")
    if declared is None:
        return {"reasoning": {**asked}} if budget or not effort else {"reasoning_effort": effort}
    if "thinking" in declared:
        return _thinking(asked, shape, notes, body)
    if "enable_thinking" in declared:
        if adapt.wants_none(asked):
            return {"enable_thinking": False}
        found = adapt.budget_for(asked)
        budget_key = {"thinking_budget": found} if found and "thinking_budget" in declared else {}
        return {"enable_thinking": True, **budget_key}
    plain = set(asked) <= {"effort", "enabled"}
    if "reasoning" in declared and not (plain and "reasoning_effort" in declared):
        wire = _reasoning_object(asked, shape, notes)
        return {"reasoning": wire} if wire else {}
    if "reasoning_effort" in declared:
        level = adapt.effort_for(asked)
        if level != effort:
            notes.adapted("reasoning", f"reasoning={short(asked)} was sent as effort {level!r}")
        return adapt.fit_all({"reasoning_effort": level}, shape, notes)
    if notes.unsupported("reasoning", f"reasoning={short(asked)} was left out"):
        return {"reasoning": asked}
    return {}


def _reasoning_object(asked: Mapping[str, Any], shape: Shape, notes: Notes) -> dict[str, Any]:
    facts = adapt.param(shape, "reasoning")
    wire: dict[str, Any] = {}
    if "enabled" in asked and facts.properties and "enabled" not in facts.properties:
        # A bare switch, where there are only levels.
        level = {} if adapt.budget_for(asked) else {"effort": adapt.effort_for(asked)}
        asked = {k: v for k, v in {**level, **asked}.items() if k != "enabled"}
    for name, value in asked.items():
        key = "max_tokens" if name == "budget_tokens" else name
        known = facts.properties.get(key)
        if facts.properties and known is None:
            said = f"reasoning.{name}={short(value)} was left out"
            if notes.unsupported(f"reasoning.{name}", said):
                wire[key] = value
            continue
        wire[key] = adapt.fit(f"reasoning.{name}", value, known or Param(), notes)
    if "max_tokens" in wire:
        wire.pop("effort", None)  # the two exclude each other; the budget says more
    return wire


def _thinking(
    asked: Mapping[str, Any], shape: Shape, notes: Notes, body: Mapping[str, Any]
) -> dict[str, Any]:
    facts = adapt.param(shape, "thinking")
    kinds = _enum(facts.properties.get("type"))
    if adapt.wants_none(asked):
        return {"thinking": {"type": "disabled"}} if not kinds or "disabled" in kinds else {}
    if "budget_tokens" not in facts.properties:
        return {"thinking": {"type": "enabled"}}
    explicit = asked.get("budget_tokens") or asked.get("max_tokens")
    if not explicit and "adaptive" in kinds:
        if "effort" in asked:
            notes.adapted("reasoning", f"effort={asked['effort']} was sent as adaptive thinking")
        return {"thinking": {"type": "adaptive"}}
    budget = adapt.budget_for(asked)
    wire: dict[str, Any] = {"type": "enabled", "budget_tokens": max(budget or 2048, 1024)}
    limit = body.get("max_tokens")
    if isinstance(limit, int) and limit <= wire["budget_tokens"]:
        # Anthropic refuses a budget that the answer's limit does not exceed.
        if limit <= 1024:
            notes.unsupported("reasoning", f"no thinking fits into max_tokens={limit}")
            return {}
        wire["budget_tokens"] = max(limit // 2, 1024)
        notes.adapted("reasoning", f"the thinking budget was cut to {wire['budget_tokens']}")
    return {"thinking": wire}


def _enum(facts: Param | None) -> tuple[Any, ...]:
    """The closed set of a parameter, also where it stands in the variants of a union."""
    if facts is None:
        return ()
    return facts.enum or tuple(v for each in facts.variants for v in each.enum or ())


def _web_search(wanted: Any, shape: Shape, notes: Notes, body: Mapping[str, Any]) -> dict[str, Any]:
    """``web_search=True`` or options -> the switch that the model has."""
    if wanted is None or wanted is False:
        return {}
    options = dict(wanted) if isinstance(wanted, Mapping) else {}
    declared = shape.params
    if declared is None or "web_search_options" in declared:
        return {"web_search_options": options}
    if "enable_search" in declared:
        extra = {"search_options": options} if options else {}
        return {"enable_search": True, **extra}
    if "search_mode" in declared:  # Perplexity searches always; options are parameters of its own
        return options
    if shape.tools and "web_search" in shape.tools:
        tool = {"enable": True, "search_engine": "search_pro_jina", **options}
        return {"tools": [*body.get("tools", ()), {"type": "web_search", "web_search": tool}]}
    if notes.unsupported("web_search", "web_search was left out"):
        return {"web_search_options": options}
    return {}


def _audio(wanted: Any, shape: Shape, notes: Notes, body: Mapping[str, Any]) -> dict[str, Any]:
    """Spoken answers: ``audio={"voice", "format"}`` brings its ``modalities`` with it."""
    if not wanted:
        return {}
    built = adapt.fit_all({"audio": dict(wanted)}, shape, notes)
    if built and "modalities" not in body:
        built |= adapt.fit_all({"modalities": ["text", "audio"]}, shape, notes)
    return built
