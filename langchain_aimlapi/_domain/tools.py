"""Tools, tool choices and response formats as dictionaries, in every spelling -> neutral values.

OpenAI's nested form, the Responses API's flat one, Anthropic's (``input_schema``), a bare function
(``name`` and ``parameters``), free-text tools, and server-side tools, which go out as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_aimlapi._domain.values import Json, ResponseFormat, Tool, ToolChoice

PASSED_KEYS = ("cache_control", "defer_loading", "input_examples")
"""What stands beside a tool's function and goes along with it."""


def tool_to_domain(raw: Json) -> Tool:
    """A tool in neutral terms.

    Raises:
        ValueError: a function without a name.
    """
    kind = raw.get("type")
    if kind == "custom" and "input_schema" not in raw:
        inner = raw.get("custom")
        custom = inner if isinstance(inner, Mapping) else raw
        extra = {"format": custom["format"]} if custom.get("format") else {}
        name, about = str(custom.get("name", "")), str(custom.get("description") or "")
        return Tool(name, about, kind="custom", extra=extra)
    if kind not in (None, "function", "custom", "object"):
        return Tool(name=str(raw.get("name") or kind), kind="builtin", raw=dict(raw))
    nested = raw.get("function")
    function: Json = nested if isinstance(nested, Mapping) else raw
    function_name = function.get("name") or function.get("title")
    if not function_name:
        raise ValueError(f"a tool has no name: {dict(function)!r:.80}")
    return Tool(
        name=str(function_name),
        description=str(function.get("description") or ""),
        parameters=_parameters(function),
        strict=function.get("strict"),
        extra={key: raw[key] for key in PASSED_KEYS if key in raw},
    )


def _parameters(function: Json) -> Mapping[str, object]:
    for key in ("parameters", "input_schema"):
        if isinstance(function.get(key), Mapping):
            schema: Json = function[key]
            return schema
    if "properties" in function:  # a JSON schema with a title
        return {k: v for k, v in function.items() if k not in ("title", "name", "description")}
    return {}


def choice_to_openai(choice: object, tools: Sequence[Mapping[str, object]]) -> object:
    """A tool choice as it is bound: None where the model decides.

    Accepts None, bool, ``auto``, ``none``, ``required``, ``any``, a tool's name, and the
    dictionaries of OpenAI and Anthropic.

    Raises:
        ValueError: a name that is none of the tools.
    """
    if choice is None or choice is False:
        return None
    if choice is True or choice == "any":
        return "required"
    if isinstance(choice, str):
        if choice in ("auto", "none", "required"):
            return choice
        names = [tool_to_domain(tool).name for tool in tools]
        if names and choice not in names:
            raise ValueError(f"tool_choice={choice!r} is none of the tools {names}")
        return {"type": "function", "function": {"name": choice}}
    if isinstance(choice, Mapping):
        return dict(choice)
    raise ValueError(f"tool_choice={choice!r} is not understood; give a tool's name, 'auto', "
                     "'none', 'required', 'any', a bool or a dictionary")  # fmt: skip


def choice_to_domain(choice: Any) -> ToolChoice | None:
    """A bound tool choice in neutral terms."""
    choice = choice_to_openai(choice, ())
    if choice is None:
        return None
    if isinstance(choice, str):
        return ToolChoice(choice)  # type: ignore[arg-type]  # checked by choice_to_openai
    kind = choice.get("type")
    if kind in ("auto", "none"):
        return ToolChoice(kind)
    if kind in ("any", "required"):
        return ToolChoice("required")
    inner = choice.get("function") or choice.get("custom")
    name = inner.get("name") if isinstance(inner, Mapping) else choice.get("name")
    if kind in ("function", "tool", "custom") and isinstance(name, str):
        return ToolChoice("named", name)
    return ToolChoice("raw", raw=dict(choice))


def format_to_domain(response_format: Json | None) -> ResponseFormat | None:
    """A ``response_format`` dictionary in neutral terms.

    Raises:
        ValueError: the dictionary is none of the known forms.
    """
    if response_format is None:
        return None
    kind = response_format.get("type")
    if kind in ("text", "json_object"):
        schema = response_format.get("response_schema")  # Gemini's form, in LiteLLM's spelling
        if kind == "json_object" and isinstance(schema, Mapping):
            return ResponseFormat("json_schema", schema=schema)
        return ResponseFormat(kind)
    if kind == "json_schema":
        inner = response_format.get("json_schema")
        if not isinstance(inner, Mapping):  # the Responses API's flat form
            inner = response_format
        return ResponseFormat(
            "json_schema",
            name=str(inner.get("name") or "answer"),
            description=inner.get("description"),
            schema=inner.get("schema") or {},
            strict=inner.get("strict"),
        )
    raise ValueError(f"response_format has the type {kind!r}; use text, json_object or json_schema")
