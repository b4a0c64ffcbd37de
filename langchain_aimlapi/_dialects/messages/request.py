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
from langchain_aimlapi._dialects.parts import format_in_words, openai_format
from langchain_aimlapi._dialects.tools import (
    as_function,
    hosted_tool,
    no_tools,
)
from langchain_aimlapi._domain.values import ChatRequest, ResponseFormat, Tool, ToolChoice
from langchain_aimlapi._fitting.notes import Notes, short
from langchain_aimlapi._fitting.params import Body, cache_mark, fit_all, no_cache_place, param
from langchain_aimlapi._fitting.reasoning import SPELLINGS, fit_reasoning, settle_thinking
from langchain_aimlapi.catalog.facts import Shape

WEB_SEARCH = "web_search_20250305"  # the version that every Claude with web search takes

_OWN = frozenset(
    {
        *SPELLINGS, "max_tokens", "stop", "user", "metadata", "n", "parallel_tool_calls",
        "stream_options", "web_search",
    }
)  # fmt: skip
_SPELLINGS = {"stop": ("stop_sequences",)}
_FORCED = ("any", "tool")
_ODD_SCHEMA_KEYS = ("anyOf", "oneOf", "allOf", "$ref")


def build(request: ChatRequest, shape: Shape, notes: Notes) -> Body:
    """The JSON body for ``request`` (without ``extra_body``, which the caller adds verbatim).

    Raises:
        UnsupportedFeatureError: the model cannot take something in any form, or
            ``on_unsupported`` is ``"error"`` and something had to be left out.
    """
    params = request.params
    system, messages = build_conversation(request.messages, shape, notes)
    body: Body = {"model": request.model, "messages": messages}
    answer_format, instruction = _answer_format(request.response_format, notes)
    if instruction:
        system = [*(system or ()), {"type": "text", "text": instruction}]
    if system:
        body["system"] = _system(system, shape, notes)
    tools = [*_tools(request, shape, notes), *_web_search(params, shape, notes)]
    if tools:
        body["tools"] = tools
        body |= _tool_choice(request, shape, notes)
    body |= answer_format
    body |= fit_all({k: v for k, v in params.items() if k not in _OWN}, shape, notes)
    body |= _limits(params, shape, notes)
    body |= fit_reasoning(params, shape, notes, limit=body.get("max_tokens"))
    choice = body.get("tool_choice")
    forced = isinstance(choice, Mapping) and choice.get("type") in _FORCED
    body = settle_thinking(body, shape, notes, forced=forced, unsigned=_in_unsigned_loop(messages))
    if request.stream:
        body["stream"] = True
    return body


def _system(blocks: list[Block], shape: Shape, notes: Notes) -> str | list[Block]:
    """A list only where a cache mark needs one: every model takes the string."""
    facts = param(shape, "system")
    marked = any("cache_control" in block for block in blocks)
    if marked and (not facts.types or "array" in facts.types):
        keys = facts.items.properties if facts.items is not None else None
        closed = facts.items is not None and facts.items.closed
        fitted = [
            {
                "type": "text",
                "text": block["text"],
                **cache_mark(block, keys, notes, closed=closed),
            }
            for block in blocks
        ]
        if any("cache_control" in block for block in fitted):
            return fitted
    elif marked:
        no_cache_place(notes)
    return "\n\n".join(block["text"] for block in blocks)


def _answer_format(answer_format: ResponseFormat | None, notes: Notes) -> tuple[Body, str | None]:
    """Anthropic has no format parameter: the system text describes the format."""
    if answer_format is None or answer_format.kind == "text":
        return {}, None
    instruction = format_in_words(answer_format, (), notes)
    if instruction is None:
        return {"response_format": openai_format(answer_format)}, None
    return {}, instruction


# --- tools -----


def _tools(request: ChatRequest, shape: Shape, notes: Notes) -> list[Body]:
    if not request.tools:
        return []
    if shape.tools is not None and not shape.tools and notes.policy != "send":
        raise no_tools(notes)
    return [_tool(tool, shape, notes) for tool in request.tools]


def _tool(tool: Tool, shape: Shape, notes: Notes) -> Body:
    if tool.kind == "builtin":
        return hosted_tool(tool, shape, notes)
    tool = as_function(tool, notes)
    entry: Body = {"name": tool.name}
    if tool.description:
        entry["description"] = tool.description
    entry["input_schema"] = _schema(tool)
    keys = _tool_keys(shape)
    if tool.strict is not None:
        if keys is None or "strict" in keys:
            entry["strict"] = tool.strict
        elif tool.strict:
            change = f"strict=True of {tool.name} was left out"
            notes.adapted("tools.strict", change, "the model has no strict tools")
    for key, value in tool.extra.items():
        if key == "cache_control":
            entry |= cache_mark(tool.extra, keys, notes, closed=_is_closed(shape))
        elif key != "format" and (keys is None or key in keys):
            entry[key] = value
    return entry


def _is_closed(shape: Shape) -> bool:
    facts = shape.tool_defs.get("anthropic")
    return facts is not None and facts.closed


def _tool_keys(shape: Shape) -> frozenset[str] | None:
    """The keys that a tool may hold; None where nothing is known."""
    if shape.function_keys is not None:
        return shape.function_keys
    facts = shape.tool_defs.get("anthropic")
    return frozenset(facts.properties) if facts is not None and facts.properties else None


def _schema(tool: Tool) -> dict[str, object]:
    """The parameters with ``type: object``, which the schema requires of every tool."""
    schema = dict(tool.parameters)
    if schema.get("type") != "object":
        schema["type"] = "object"
    if not any(key in schema for key in _ODD_SCHEMA_KEYS):
        schema.setdefault("properties", {})
    return schema


def _web_search(params: Mapping[str, object], shape: Shape, notes: Notes) -> list[Body]:
    """``web_search=True`` or options -> Anthropic's server-side tool."""
    switch = params.get("web_search")
    if switch is None or switch is False:
        return []
    known = sorted(k for k in shape.tools or () if k.startswith("web_search_"))
    if shape.tools is not None and not known:
        change = f"{notes.name_of('web_search')} was left out"
        if not notes.unsupported("web_search", change, "the model has no web search"):
            return []
    kind = WEB_SEARCH if not known or WEB_SEARCH in known else known[0]
    options = dict(switch) if isinstance(switch, Mapping) else {}
    return [{"type": kind, "name": "web_search", **options}]


def _tool_choice(request: ChatRequest, shape: Shape, notes: Notes) -> Body:
    choice = _anthropic_choice(request.tool_choice)
    kinds = shape.tool_choice_objects
    if isinstance(choice, dict) and kinds and "*" not in kinds and choice.get("type") not in kinds:
        change, why = f"tool_choice={short(choice)} was left out", f"it takes {', '.join(kinds)}"
        if not notes.unsupported("tool_choice", change, why):
            choice = None
    if request.params.get("parallel_tool_calls") is False:
        choice = choice or {"type": "auto"}
        if isinstance(choice, dict) and choice.get("type") in ("auto", *_FORCED):
            choice = {**choice, "disable_parallel_tool_use": True}
    return {} if choice is None else {"tool_choice": choice}


def _anthropic_choice(choice: ToolChoice | None) -> object:
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


# --- parameters whose spelling differs -----


def _limits(params: Mapping[str, object], shape: Shape, notes: Notes) -> Body:
    """``max_tokens``, ``stop_sequences`` and ``metadata``."""
    found: Body = {"max_tokens": params.get("max_tokens"), "n": params.get("n")}
    stops = params.get("stop")
    if isinstance(stops, list | tuple | str):
        texts = [stops] if isinstance(stops, str) else list(stops)
        # 400 "stop_sequences: each stop sequence must contain non-whitespace" (Anthropic)
        kept = [stop for stop in texts if str(stop).strip()]
        if len(kept) < len(texts):
            change = "stop sequences of white space only were left out"
            notes.adapted(notes.name_of("stop"), change)
        found["stop"] = kept or None
    metadata = params.get("metadata")
    merged = dict(metadata) if isinstance(metadata, Mapping) else {}
    if params.get("user") is not None:
        merged.setdefault("user_id", params["user"])
    if merged:  # the schema takes only strings
        found["metadata"] = {k: v if isinstance(v, str) else str(v) for k, v in merged.items()}
    return fit_all(found, shape, notes, spellings=_SPELLINGS, implied={"n": (1,)})


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
