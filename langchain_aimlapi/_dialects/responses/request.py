"""``/v1/responses``, OpenAI's newer shape: building a request that the model takes.

Wire: POST, ``{"model", "input": [items], "max_output_tokens", "reasoning", "text", "tools",
"tool_choice", "include", "store", "stream", ...}``.
Source: the API's request schemas for this path, read 2026-08-21.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from langchain_aimlapi._dialects.parts import format_in_words
from langchain_aimlapi._dialects.responses.conversation import build_items, no_cache_marks
from langchain_aimlapi._dialects.tools import (
    as_function,
    hosted_tool,
    no_tools,
    object_schema,
    takes_tool,
)
from langchain_aimlapi._domain.values import ChatRequest, Message, ResponseFormat, TextPart, Tool
from langchain_aimlapi._fitting.notes import Notes, short
from langchain_aimlapi._fitting.params import (
    Body,
    declares,
    fit_all,
    param,
)
from langchain_aimlapi._fitting.reasoning import SPELLINGS, fit_reasoning
from langchain_aimlapi.catalog.facts import Shape

SEALED = "reasoning.encrypted_content"
_OWN = frozenset(
    {
        *SPELLINGS, "max_tokens", "max_output_tokens", "n", "stream_options",
        "parallel_tool_calls", "include", "store", "text", "verbosity", "web_search",
    }
)  # fmt: skip


def build(request: ChatRequest, shape: Shape, notes: Notes) -> Body:
    """The JSON body for ``request`` (without ``extra_body``, which the caller adds verbatim).

    Raises:
        UnsupportedFeatureError: the model cannot take something in any form, or
            ``on_unsupported`` is ``"error"`` and something had to be left out.
    """
    params = request.params
    store = _store(params, shape)
    text, instruction = _text(request, shape, notes)
    messages = request.messages
    if instruction:
        messages = (Message("developer", (TextPart(instruction),)), *messages)
    stored = bool(store.get("store")) or bool(params.get("background"))
    if params.get("background") and not request.stream:
        notes.adapted("background", "background=True was sent", _LATER)
    items = build_items(messages, shape, notes, stored=stored)
    body: Body = {"model": request.model, "input": items}
    tools = [*_tools(request, shape, notes), *_web_search(params, shape, notes)]
    if tools:
        body["tools"] = tools
        body |= _tool_choice(request, shape, notes)
        parallel = {"parallel_tool_calls": params.get("parallel_tool_calls")}
        body |= fit_all(parallel, shape, notes)
    if text:
        body["text"] = text
    body |= fit_all({k: v for k, v in params.items() if k not in _OWN}, shape, notes)
    body |= _limits(params, shape, notes)
    body |= fit_reasoning(params, shape, notes)
    body |= store
    body |= _include(params, shape, stored)
    if request.stream:
        body["stream"] = True
    return body


# --- what is kept, and what comes back -----


def _store(params: Mapping[str, object], shape: Shape) -> Body:
    """``store`` is always sent: the schema's default is false, real answers show it as true."""
    if params.get("store") is not None:
        return {"store": params["store"]}
    if params.get("background") or not declares(shape, "store"):
        return {}
    return {"store": False}


def _include(params: Mapping[str, object], shape: Shape, stored: bool) -> Body:
    """Encrypted thoughts are requested where nothing is stored, so that the next turn can hand
    them back. Only where the model is known to think: the others answer 400."""
    named = params.get("include")
    names = list(named) if isinstance(named, list | tuple) else []
    thinks = shape.items is not None and "reasoning" in shape.items
    facts = param(shape, "include").items
    listed = facts is None or facts.enum is None or SEALED in facts.enum
    if thinks and not stored and listed and SEALED not in names:
        names.append(SEALED)
    return {"include": names} if names else {}


# --- tools -----


def _tools(request: ChatRequest, shape: Shape, notes: Notes) -> list[Body]:
    functions = any(tool.kind != "builtin" for tool in request.tools)
    if functions and not takes_tool(shape, "function") and notes.policy != "send":
        if request.tool_choice is not None and request.tool_choice.mode == "none":
            return []
        raise no_tools(notes, " on this path")
    return [_tool(tool, shape, notes) for tool in request.tools]


def _tool(tool: Tool, shape: Shape, notes: Notes) -> Body:
    if tool.kind == "builtin":
        return hosted_tool(tool, shape, notes)
    if tool.kind == "custom" and takes_tool(shape, "custom", exactly=True):
        return _custom(tool)
    tool = as_function(tool, notes)
    function: Body = {"type": "function", "name": tool.name}
    if "cache_control" in tool.extra:
        no_cache_marks(notes)
    if tool.description:
        function["description"] = tool.description
    # 400 if `strict` is missing: the schema requires it on every function
    return {**function, "parameters": object_schema(tool), "strict": bool(tool.strict)}


def _custom(tool: Tool) -> Body:
    made: Body = {"type": "custom", "name": tool.name}
    if tool.description:
        made["description"] = tool.description
    written = tool.extra.get("format")
    if isinstance(written, Mapping):
        deeper = written.get("grammar")  # the chat path keeps the grammar one level deeper
        if isinstance(deeper, Mapping):
            written = {"type": "grammar", **deeper}
        made["format"] = dict(written)
    return made


def _web_search(params: Mapping[str, object], shape: Shape, notes: Notes) -> list[Body]:
    """``web_search=True`` or options -> the server-side tool, by the name it has here."""
    switch = params.get("web_search")
    if switch is None or switch is False:
        return []
    known = [kind for kind in ("web_search", "web_search_preview") if kind in (shape.tools or ())]
    if shape.tools is not None and not known:
        change = f"{notes.name_of('web_search')} was left out"
        if not notes.unsupported("web_search", change, "the model has no web search"):
            return []
    options = dict(switch) if isinstance(switch, Mapping) else {}
    return [{"type": known[0] if known else "web_search_preview", **options}]


_LATER = (
    "the answer is made later, and this one is empty; "
    "AimlapiClient().responses.resume(id).result() has it, with the id in response_metadata['id']"
)


def _tool_choice(request: ChatRequest, shape: Shape, notes: Notes) -> Body:
    choice = request.tool_choice
    if choice is None:
        return {}
    made: object = choice.raw
    if choice.mode == "named":
        made = _named(str(choice.name), request, shape)
    elif choice.mode != "raw":
        made = choice.mode
    elif isinstance(made, Mapping) and isinstance(made.get("function"), Mapping):
        made = {"type": "function", "name": made["function"].get("name")}
    if isinstance(made, Mapping):
        known = shape.tool_choice_objects
        taken = known is None or "*" in known or made.get("type") in known
    else:
        known = shape.tool_choice_strings
        made = "required" if made == "any" else made
        taken = known is None or made in known
    change, why = f"tool_choice={short(made)} was left out", f"it takes {', '.join(known or ())}"
    if taken or notes.unsupported("tool_choice", change, why):
        return {"tool_choice": made}
    return {}


def _named(name: str, request: ChatRequest, shape: Shape) -> Body:
    tool = next((t for t in request.tools if t.name == name), None)
    if tool is None:
        hosted = any(t.kind == "builtin" and t.raw.get("type") == name for t in request.tools)
        return {"type": name} if hosted else {"type": "function", "name": name}
    if tool.kind == "builtin":
        return {"type": str(tool.raw.get("type"))}
    native = tool.kind == "custom" and takes_tool(shape, "custom", exactly=True)
    return {"type": "custom" if native else "function", "name": name}


# --- the form of the answer -----


def _text(request: ChatRequest, shape: Shape, notes: Notes) -> tuple[Body, str | None]:
    """(``text``, instruction for the prompt where the model has no such format)."""
    written = request.params.get("text")
    text: Body = dict(written) if isinstance(written, Mapping) else {}
    instruction = None
    answer_format = request.response_format
    if answer_format is not None:
        formats = shape.response_formats
        known = formats is None or answer_format.kind in formats or notes.policy == "send"
        instruction = format_in_words(answer_format, formats, notes)
        if instruction is None and (known or answer_format.kind != "text"):
            text["format"] = _format(answer_format)
    verbosity = request.params.get("verbosity")
    if verbosity is not None:
        facts = param(shape, "text")
        inside = Shape(params=facts.properties or None, closed=facts.closed)
        text |= fit_all({"verbosity": verbosity}, inside, notes)
    if text and "format" not in text and "format" in param(shape, "text").required:
        text["format"] = {"type": "text"}
    return text, instruction


def _format(answer_format: ResponseFormat) -> Body:
    """The flat form that this path has."""
    if answer_format.kind != "json_schema":
        return {"type": answer_format.kind}
    wire: Body = {
        "type": "json_schema",
        "name": re.sub(r"[^A-Za-z0-9_-]", "_", answer_format.name)[:64] or "answer",
        "schema": dict(answer_format.schema),
    }
    if answer_format.description:
        wire["description"] = answer_format.description
    if answer_format.strict is not None:
        wire["strict"] = answer_format.strict
    return wire


# --- parameters whose spelling differs -----


def _limits(params: Mapping[str, object], shape: Shape, notes: Notes) -> Body:
    limit = params.get("max_output_tokens")
    found = {"max_tokens": params.get("max_tokens") if limit is None else limit}
    return fit_all(
        {**found, "n": params.get("n")},
        shape,
        notes,
        spellings={"max_tokens": ("max_output_tokens",)},
        implied={"n": (1,)},
    )
