"""``/v1/chat/completions`` in OpenAI's shape: building a request that the model takes.

The API is not one dialect: 115 different schemas stand behind this path. What a model does not
take in the caller's form is sent in another form where nothing is lost by that, reported through
`Notes` where something is left out, and refused before sending where the content itself could
not be sent.

Wire: POST, ``{"model", "messages", "tools", "tool_choice", "response_format", ...}``.
Source: the chat schemas of the API's documentation, read 2026-08-21.
"""

from __future__ import annotations

from collections.abc import Mapping

from langchain_aimlapi._dialects.completions.conversation import build_messages
from langchain_aimlapi._dialects.parts import format_in_words, openai_format
from langchain_aimlapi._dialects.tools import (
    as_function,
    hosted_tool,
    no_tools,
    object_schema,
    takes_tool,
)
from langchain_aimlapi._domain.values import (
    ChatRequest,
    Message,
    ResponseFormat,
    TextPart,
    Tool,
    ToolChoice,
)
from langchain_aimlapi._fitting.notes import Notes, short
from langchain_aimlapi._fitting.params import (
    Body,
    cache_mark,
    declares,
    fit_all,
    neutral_search,
)
from langchain_aimlapi._fitting.reasoning import SPELLINGS, fit_reasoning, settle_thinking
from langchain_aimlapi.catalog.facts import Param, Shape

_PARALLEL = "parallel_tool_calls"
_OWN = frozenset({*SPELLINGS, "web_search", "max_tokens", _PARALLEL, "audio"})


def build(request: ChatRequest, shape: Shape, notes: Notes) -> Body:
    """The JSON body for ``request`` (without ``extra_body``, which the caller adds verbatim).

    Raises:
        UnsupportedFeatureError: the model cannot take something in any form, or
            ``on_unsupported`` is ``"error"`` and something had to be left out.
    """
    params = neutral_search(request.params, shape)
    tools, choice = _choose_tools(request, shape, notes)
    answer_format, instruction = _response_format(request.response_format, shape, notes)
    messages = request.messages
    if instruction:
        ours = Message("system", (TextPart(instruction),), extra={"ours": True})
        messages = (ours, *messages)
    body: Body = {"model": request.model, "messages": build_messages(messages, shape, notes)}
    if tools:
        body["tools"] = tools
        if choice is not None:
            body["tool_choice"] = choice
    if answer_format is not None:
        body["response_format"] = answer_format
    rest = {k: v for k, v in params.items() if k not in _OWN}
    body |= fit_all(rest, shape, notes)
    body |= _max_tokens(params.get("max_tokens"), shape, notes)
    body |= fit_reasoning(params, shape, notes, limit=body.get("max_tokens"))
    body |= _web_search(params.get("web_search"), tools, shape, notes)
    body |= _audio(params.get("audio"), body, shape, notes)
    parallel = params.get(_PARALLEL)
    pointless = parallel is False and len(tools) < 2
    if tools and parallel is not None and (declares(shape, _PARALLEL) or not pointless):
        body |= fit_all({_PARALLEL: parallel}, shape, notes)
    # OpenAI's form has no place for what Claude has signed, so no thought comes with a call here.
    unsigned = request.messages[-1:] != () and request.messages[-1].role == "tool"
    forced = bool(tools) and _forces(body.get("tool_choice"))
    body = settle_thinking(body, shape, notes, forced=forced, unsigned=unsigned)
    if request.stream:
        body["stream"] = True
        if request.stream_usage and declares(shape, "stream_options"):
            body.setdefault("stream_options", {"include_usage": True})
    return body


# --- tools -----


def _choose_tools(
    request: ChatRequest, shape: Shape, notes: Notes
) -> tuple[list[Body], Body | str | None]:
    """Tools and tool choice as they go out."""
    tools, choice = request.tools, request.tool_choice
    if not tools:
        return [], None
    if shape.tools is not None and not shape.tools:
        if choice is not None and choice.mode == "none":
            return [], None
        if notes.policy != "send":
            raise no_tools(notes)
    if choice is not None and choice.mode == "named":
        tools, choice = _named(request, shape, choice)
    built = [_tool(tool, shape, notes) for tool in tools]
    return built, _tool_choice(choice, request.tools, shape, notes)


def _tool(tool: Tool, shape: Shape, notes: Notes) -> Body:
    if tool.kind == "builtin":
        return hosted_tool(tool, shape, notes)
    if tool.kind == "custom" and takes_tool(shape, "custom", exactly=True):
        return _custom(tool, shape)
    tool = as_function(tool, notes)
    function: Body = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    function["parameters"] = object_schema(tool)
    if tool.strict is not None:
        if shape.function_keys is None or "strict" in shape.function_keys:
            function["strict"] = tool.strict
        else:
            change = f"strict={tool.strict} of {tool.name} was left out"
            notes.adapted("tools.strict", change, "the model has no strict tools")
    facts = shape.tool_defs.get("function", Param())
    entry: Body = {"type": "function", "function": function}
    entry |= cache_mark(tool.extra, facts.properties or None, notes, closed=facts.closed)
    for key, value in tool.extra.items():
        if key not in ("format", "cache_control") and not (
            facts.closed and key not in facts.properties
        ):
            entry[key] = value
    return entry


def _custom(tool: Tool, shape: Shape) -> Body:
    """A free-text tool; its grammar stands deeper here than at ``/v1/responses``."""
    custom: Body = {"name": tool.name}
    if tool.description:
        custom["description"] = tool.description
    written = tool.extra.get("format")
    facts = shape.tool_defs.get("custom", Param()).properties.get("custom", Param())
    if isinstance(written, Mapping) and "definition" in written:
        grammar = {key: value for key, value in written.items() if key != "type"}
        custom["format"] = {"type": "grammar", "grammar": grammar}
    elif written is not None:
        custom["format"] = written
    elif "format" in facts.required:
        custom["format"] = {"type": "text"}
    return {"type": "custom", "custom": custom}


def _named(
    request: ChatRequest, shape: Shape, choice: ToolChoice
) -> tuple[tuple[Tool, ...], ToolChoice]:
    """A named tool, for a model that takes no name: offer only that tool, require it."""
    objects = shape.tool_choice_objects
    tool = next((t for t in request.tools if t.name == choice.name), None)
    custom = tool is not None and tool.kind == "custom"
    if objects is None or ("custom" if custom else "function") in objects or tool is None:
        return request.tools, choice
    return (tool,), ToolChoice("required")


def _forces(choice: object) -> bool:
    """Whether a tool choice leaves the model no way but to call one."""
    if isinstance(choice, Mapping):
        return choice.get("type") not in ("auto", "none")
    return choice == "required"


def _tool_choice(
    choice: ToolChoice | None, tools: tuple[Tool, ...], shape: Shape, notes: Notes
) -> Body | str | None:
    if choice is None:
        return None
    if choice.mode == "raw":
        return choice.raw  # type: ignore[no-any-return]  # a vendor's own form, sent as it is
    if choice.mode == "named":
        customs = [tool.name for tool in tools if tool.kind == "custom"]
        native = choice.name in customs and takes_tool(shape, "custom", exactly=True)
        kind = "custom" if native else "function"
        return {"type": kind, kind: {"name": choice.name}}
    strings = shape.tool_choice_strings
    if strings is None or choice.mode in strings:
        return choice.mode
    change = f"tool_choice={choice.mode!r} was left out"
    why = f"the model takes {', '.join(sorted(strings)) or 'no tool choice'}"
    return choice.mode if notes.unsupported("tool_choice", change, why) else None


# --- the form of the answer -----


def _response_format(
    answer_format: ResponseFormat | None, shape: Shape, notes: Notes
) -> tuple[Body | None, str | None]:
    """(response_format, instruction for the prompt): the second where the model has no such
    format, or a weaker one."""
    if answer_format is None:
        return None, None
    formats = shape.response_formats
    known = formats is None or answer_format.kind in formats or notes.policy == "send"
    if answer_format.kind == "text" and not known:
        return None, None
    instruction = format_in_words(answer_format, formats, notes)
    if instruction is None:
        return openai_format(answer_format), None
    weaker = answer_format.kind == "json_schema" and "json_object" in (formats or ())
    return {"type": "json_object"} if weaker else None, instruction


# --- parameters whose spelling differs -----


def _max_tokens(value: object, shape: Shape, notes: Notes) -> Body:
    # OpenAI's reasoning models take no temperature and only the newer spelling of the limit.
    newer = (
        shape.params is not None
        and "max_completion_tokens" in shape.params
        and "temperature" not in shape.params
    )
    name = "max_completion_tokens" if newer else "max_tokens"
    return fit_all({"max_tokens": value}, shape, notes, spellings={"max_tokens": (name,)})


def _web_search(switch: object, tools: list[Body], shape: Shape, notes: Notes) -> Body:
    """``web_search=True`` or options -> the switch that the model has."""
    if switch is None or switch is False:
        return {}
    options = dict(switch) if isinstance(switch, Mapping) else {}
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
        return {"tools": [*tools, {"type": "web_search", "web_search": tool}]}
    name = notes.name_of("web_search")
    if shape.closed:
        change, why = f"{name} was left out", "the model has no web search"
        sent = notes.unsupported("web_search", change, why)
    else:
        sent = notes.unlisted("web_search", f"{name}={short(switch)}")
    return {"web_search_options": options} if sent else {}


def _audio(audio: object, body: Body, shape: Shape, notes: Notes) -> Body:
    """Spoken answers: ``audio={"voice", "format"}`` brings its ``modalities`` with it."""
    if not isinstance(audio, Mapping) or not audio:
        return {}
    built = fit_all({"audio": dict(audio)}, shape, notes)
    if built and "modalities" not in body:
        built |= fit_all({"modalities": ["text", "audio"]}, shape, notes)
    return built
