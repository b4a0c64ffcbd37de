"""``/v1/responses``, OpenAI's newer shape: building a request that the model takes.

Wire: POST, ``{"model", "input": [items], "max_output_tokens", "reasoning", "text", "tools",
"tool_choice", "include", "store", "stream", ...}``.
Source: the API's request schemas for this path, read 2026-08-21.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from langchain_aimlapi._dialects.parts import free_text_schema, json_instruction, object_schema
from langchain_aimlapi._dialects.responses.conversation import build_items
from langchain_aimlapi._domain.values import ChatRequest, Message, ResponseFormat, TextPart, Tool
from langchain_aimlapi._fitting import params as adapt
from langchain_aimlapi._fitting.media import free_text_description
from langchain_aimlapi._fitting.notes import Notes, short
from langchain_aimlapi.catalog.facts import Shape

PATH = "/v1/responses"

SEALED = "reasoning.encrypted_content"
_OWN = frozenset(
    {
        "max_tokens", "max_completion_tokens", "max_output_tokens", "reasoning",
        "reasoning_effort", "n", "stream_options", "parallel_tool_calls", "include", "store",
        "text", "verbosity", "web_search", "thinking",
    }
)  # fmt: skip


def build(ask: ChatRequest, shape: Shape, notes: Notes) -> dict[str, Any]:
    """The JSON body for ``ask`` (without ``extra_body``, which the caller adds verbatim).

    Raises:
        UnsupportedFeatureError: the model can not take something in any form, or
            ``on_unsupported`` is ``"error"`` and something had to be left out.
    """
    params = ask.params
    store = _store(params, shape)
    text, told = _text(ask, shape, notes)
    messages = ask.messages
    if told:
        messages = (Message("developer", (TextPart(told),)), *messages)
    stored = bool(store.get("store")) or bool(params.get("background"))
    body: dict[str, Any] = {
        "model": ask.model,
        "input": build_items(messages, shape, notes, stored=stored),
    }
    tools = [*_tools(ask, shape, notes), *_web_search(params, shape, notes)]
    if tools:
        body["tools"] = tools
        body |= _tool_choice(ask, shape, notes)
        if params.get("parallel_tool_calls") is not None:
            found = {"parallel_tool_calls": params["parallel_tool_calls"]}
            body |= adapt.fit_all(found, shape, notes)
    if text:
        body["text"] = text
    body |= adapt.fit_all({k: v for k, v in params.items() if k not in _OWN}, shape, notes)
    body |= _limits(params, shape, notes)
    body |= _reasoning(params, shape, notes)
    body |= store
    body |= _include(params, shape, stored)
    if ask.stream:
        body["stream"] = True
    return body


# --- what is kept, and what comes back ---------------------------------------------------------


def _store(params: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """``store`` is said aloud: the schema's default is false, real answers show it as true."""
    if params.get("store") is not None:
        return {"store": params["store"]}
    if params.get("background") or not adapt.declares(shape, "store"):
        return {}
    return {"store": False}


def _include(params: Mapping[str, Any], shape: Shape, stored: bool) -> dict[str, Any]:
    """Encrypted thoughts are asked for where nothing is stored, so that the next turn can hand
    them back. Only where the model is known to think: the others answer 400."""
    wanted = list(params.get("include") or ())
    thinks = shape.items is not None and "reasoning" in shape.items
    facts = adapt.param(shape, "include").items
    listed = facts is None or facts.enum is None or SEALED in facts.enum
    if thinks and not stored and listed and SEALED not in wanted:
        wanted.append(SEALED)
    return {"include": wanted} if wanted else {}


# --- tools -----------------------------------------------------------------------------------


def _tools(ask: ChatRequest, shape: Shape, notes: Notes) -> list[dict[str, Any]]:
    functions = any(tool.kind != "builtin" for tool in ask.tools)
    none_choice = ask.tool_choice is not None and ask.tool_choice.mode == "none"
    if functions and not _takes(shape, "function") and notes.policy != "send":
        if none_choice:
            return []
        raise notes.impossible(
            "tools", "it has no tool calling on this path", "choose a model with tool calling"
        )
    return [built for tool in ask.tools if (built := _tool(tool, shape, notes)) is not None]


def _takes(shape: Shape, kind: str) -> bool:
    return shape.tools is None or kind in shape.tools or "*" in shape.tools


def _tool(tool: Tool, shape: Shape, notes: Notes) -> dict[str, Any] | None:
    if tool.kind == "builtin":
        kind = str(tool.raw.get("type", ""))
        said = f"the server-side tool {kind} was left out"
        if _takes(shape, kind) or notes.unsupported(f"tools.{kind}", said):
            return dict(tool.raw)
        return None
    if tool.kind == "custom" and (shape.tools is None or "custom" in shape.tools):
        wire: dict[str, Any] = {"type": "custom", "name": tool.name}
        if tool.description:
            wire["description"] = tool.description
        given = tool.extra.get("format")
        if isinstance(given, Mapping):  # the chat path keeps the grammar one level deeper
            deeper = given.get("grammar")
            wire["format"] = {**given} if not isinstance(deeper, Mapping) else {
                "type": "grammar", **deeper
            }  # fmt: skip
        return wire
    wire = {"type": "function", "name": tool.name}
    wire |= adapt.cache_mark(tool.extra, (), notes)  # OpenAI caches by itself
    said = tool.description
    if tool.kind == "custom":
        notes.adapted("tools.custom", f"the free-text tool {tool.name} was sent as a JSON tool")
        said = free_text_description(tool)
    if said:
        wire["description"] = said
    parameters = free_text_schema(tool) if tool.kind == "custom" else object_schema(tool)
    # 400 if `strict` is missing: the schema requires it on every function
    return {**wire, "parameters": parameters, "strict": bool(tool.strict)}


def _web_search(params: Mapping[str, Any], shape: Shape, notes: Notes) -> list[dict[str, Any]]:
    """``web_search=True`` or options -> the server-side tool, by the name it has here."""
    wanted = params.get("web_search")
    if wanted is None or wanted is False:
        return []
    known = [kind for kind in ("web_search", "web_search_preview") if kind in (shape.tools or ())]
    said = "web_search was left out"
    if shape.tools is not None and not known and not notes.unsupported("web_search", said):
        return []
    options = dict(wanted) if isinstance(wanted, Mapping) else {}
    return [{"type": known[0] if known else "web_search_preview", **options}]


def _tool_choice(ask: ChatRequest, shape: Shape, notes: Notes) -> dict[str, Any]:
    choice = ask.tool_choice
    if choice is None:
        return {}
    wire: Any = choice.raw
    if choice.mode == "named":
        wire = _named(str(choice.name), ask, shape)
    elif choice.mode != "raw":
        wire = choice.mode
    elif isinstance(wire, Mapping) and isinstance(wire.get("function"), Mapping):
        wire = {"type": "function", "name": wire["function"].get("name")}
    if isinstance(wire, Mapping):
        known = shape.tool_choice_objects
        taken = known is None or "*" in known or wire.get("type") in known
    else:
        strings = shape.tool_choice_strings
        wire = "required" if wire == "any" else wire
        taken = strings is None or wire in strings
    if taken or notes.unsupported("tool_choice", f"tool_choice={short(wire)} was left out"):
        return {"tool_choice": wire}
    return {}


def _named(name: str, ask: ChatRequest, shape: Shape) -> dict[str, Any]:
    tool = next((t for t in ask.tools if t.name == name), None)
    if tool is None:
        hosted = any(t.kind == "builtin" and t.raw.get("type") == name for t in ask.tools)
        return {"type": name} if hosted else {"type": "function", "name": name}
    if tool.kind == "builtin":
        return {"type": str(tool.raw.get("type"))}
    native = tool.kind == "custom" and (shape.tools is None or "custom" in shape.tools)
    return {"type": "custom" if native else "function", "name": name}


# --- the shape of the answer ---------------------------------------------------------------------


def _text(ask: ChatRequest, shape: Shape, notes: Notes) -> tuple[dict[str, Any], str | None]:
    """(``text``, instruction for the prompt where the model has no such format)."""
    given = ask.params.get("text")
    text: dict[str, Any] = dict(given) if isinstance(given, Mapping) else {}
    told = None
    wanted = ask.response_format
    if wanted is not None:
        formats = shape.response_formats
        if formats is None or wanted.kind in formats or notes.policy == "send":
            text["format"] = _format(wanted)
        elif wanted.kind != "text":
            said = f"{wanted.kind} is not a format of this model; it was asked for in the prompt"
            notes.unsupported("response_format", said)
            told = json_instruction(wanted)
    verbosity = ask.params.get("verbosity")
    if verbosity is not None:
        known = adapt.param(shape, "text").properties
        said = f"verbosity={short(verbosity)} was left out"
        if not known or "verbosity" in known or notes.unsupported("verbosity", said):
            text["verbosity"] = verbosity
    if text and "format" not in text and "format" in adapt.param(shape, "text").required:
        text["format"] = {"type": "text"}
    return text, told


def _format(wanted: ResponseFormat) -> dict[str, Any]:
    """The flat form that this path has."""
    if wanted.kind != "json_schema":
        return {"type": wanted.kind}
    wire: dict[str, Any] = {
        "type": "json_schema",
        "name": re.sub(r"[^A-Za-z0-9_-]", "_", wanted.name)[:64] or "answer",
        "schema": dict(wanted.schema),
    }
    if wanted.description:
        wire["description"] = wanted.description
    if wanted.strict is not None:
        wire["strict"] = wanted.strict
    return wire


# --- parameters whose spelling differs -----------------------------------------------------------


def _limits(params: Mapping[str, Any], shape: Shape, notes: Notes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("max_output_tokens", "max_tokens", "max_completion_tokens"):
        if params.get(name) is not None:
            found["max_tokens"] = params[name]
            break
    if params.get("n") not in (None, 1):
        found["n"] = params["n"]
    return adapt.fit_all(found, shape, notes, rename={"max_tokens": "max_output_tokens"})


def _reasoning(params: Mapping[str, Any], shape: Shape, notes: Notes) -> dict[str, Any]:
    """``{"effort", "summary"}`` from the neutral ``reasoning``."""
    given = params.get("reasoning") or adapt.from_thinking(params.get("thinking"))
    asked = dict(given) if isinstance(given, Mapping) else {}
    if params.get("reasoning_effort") is not None:
        asked.setdefault("effort", params["reasoning_effort"])
    asked = {name: value for name, value in asked.items() if value is not None}
    if not asked:
        return {}
    if not adapt.declares(shape, "reasoning"):
        if notes.unsupported("reasoning", f"reasoning={short(asked)} was left out"):
            return {"reasoning": asked}
        return {}
    known = adapt.param(shape, "reasoning").properties
    effort = _effort(asked, notes)
    wire: dict[str, Any] = {} if effort is None else {"effort": effort}
    wire |= {k: v for k, v in asked.items() if k not in _NEUTRAL}
    fitted: dict[str, Any] = {}
    for name, value in wire.items():
        said = f"reasoning.{name}={short(value)} was left out"
        if not known or name in known or notes.unsupported(f"reasoning.{name}", said):
            facts = known.get(name)
            told = f"reasoning.{name}"
            fitted[name] = value if facts is None else adapt.fit(told, value, facts, notes)
    return {"reasoning": fitted} if fitted else {}


_NEUTRAL = frozenset({"effort", "enabled", "exclude", "budget_tokens", "max_tokens"})


def _effort(asked: Mapping[str, Any], notes: Notes) -> Any:
    if adapt.wants_none(asked):
        return "none"
    if asked.get("effort") is not None:
        return asked["effort"]
    best = adapt.effort_for(asked)
    if best is not None:
        notes.adapted("reasoning", f"reasoning={short(asked)} was sent as effort={best}")
    return best
