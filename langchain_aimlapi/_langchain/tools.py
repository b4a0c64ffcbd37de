"""Tools, tool choices and response formats in every form that LangChain users write."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import (
    convert_to_json_schema,
    convert_to_openai_function,
    convert_to_openai_tool,
)
from pydantic import BaseModel

from langchain_aimlapi._domain.tools import PASSED_KEYS, tool_to_domain
from langchain_aimlapi._domain.tools import format_to_domain as dictionary_to_format
from langchain_aimlapi._domain.values import ResponseFormat, Tool
from langchain_aimlapi._langchain.schemas import (
    class_schema,
    is_model_class,
    is_recursive_class,
    strict_form,
    written_out,
)

_SCHEMA_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")


def tool_to_openai(
    tool: dict[str, Any] | type | Callable[..., Any] | BaseTool, *, strict: bool | None = None
) -> dict[str, Any]:
    """A tool as the dictionary that is bound and traced: OpenAI's form, or a server-side tool
    and a free-text tool as they are.

    Raises:
        ValueError: the dictionary is none of the known forms, or a function has no usable name.
    """
    if not isinstance(tool, Mapping | type | BaseTool):
        _check_name(tool)
    if isinstance(tool, Mapping):
        kind = tool.get("type")
        if kind == "custom" and "input_schema" not in tool:
            return (
                {"type": "custom", "custom": dict(tool["custom"])}
                if isinstance(tool.get("custom"), Mapping)
                else {"type": "custom", "custom": {k: v for k, v in tool.items() if k != "type"}}
            )
        if isinstance(kind, str) and kind not in ("function", "object", "custom"):
            return dict(tool)
        if kind == "function" and "function" not in tool:  # the Responses API's flat form
            inner = {k: v for k, v in tool.items() if k != "type"}
            tool = {"type": "function", "function": inner}
        if kind == "custom":
            tool = {k: v for k, v in tool.items() if k != "type"}
        if "$ref" in tool or "$defs" in tool:  # a JSON schema
            tool = written_out(tool)
        if "inputSchema" in tool and "parameters" not in tool:  # a tool as MCP servers list it
            named: dict[str, Any] = {k: tool[k] for k in ("name", "description") if k in tool}
            tool = {**named, "parameters": tool["inputSchema"]}
    openai_tool = dict(convert_to_openai_tool(tool, strict=strict))
    whole = _recursive_schema(tool)
    if whole is not None:  # core writes references out, and leaves a hole at the second round
        openai_tool["function"] = {**_named(openai_tool["function"], tool), "parameters": whole}
    extras = tool if isinstance(tool, Mapping) else getattr(tool, "extras", None) or {}
    openai_tool.update({key: extras[key] for key in PASSED_KEYS if key in extras})
    return openai_tool


def _check_name(tool: object) -> None:
    """Refuse a callable that no model could call: one without a name, or a lambda."""
    if callable(tool) and not re.fullmatch(r"[\w-]+", str(getattr(tool, "__name__", ""))):
        raise ValueError(
            f"a tool needs a name, and {tool!r:.80} has none: define a function, or use "
            "StructuredTool.from_function(func=..., name=..., description=...)"
        )


def _recursive_schema(tool: object) -> dict[str, object] | None:
    """The arguments of a tool as a whole schema, where they contain themselves."""
    source = tool.args_schema if isinstance(tool, BaseTool) else tool
    if not is_model_class(source):
        return None

    def shown() -> type[BaseModel]:
        seen = tool.tool_call_schema if isinstance(tool, BaseTool) else source
        return seen if is_model_class(seen) else source

    if not is_recursive_class(source, shown):
        return None
    return {key: value for key, value in class_schema(shown()).items() if key != "description"}


def _named(function: dict[str, Any], tool: object) -> dict[str, Any]:
    """A function with its name and description, which core 1.6 does not find in the schema that
    pydantic before 2.10 writes of a class that contains itself."""
    if function.get("name") or not is_model_class(tool):
        return function
    return {**function, "name": tool.__name__, "description": tool.__doc__ or ""}


def tools_to_domain(tools: Sequence[Any]) -> tuple[Tool, ...]:
    """Tools as given at call time, bound or raw."""
    return tuple(tool_to_domain(t if _is_bound(t) else tool_to_openai(t)) for t in tools)


def _is_bound(tool: Any) -> bool:
    """Whether a tool is what `tool_to_openai` gives."""
    if not isinstance(tool, Mapping) or "type" not in tool:
        return False
    return tool["type"] != "function" or isinstance(tool.get("function"), Mapping)


def format_to_domain(wanted: Any) -> ResponseFormat | None:
    """A ``response_format`` in neutral terms: OpenAI's dictionary, a JSON schema, a pydantic
    class or a TypedDict."""
    if isinstance(wanted, Sequence):
        raise ValueError(
            f"response_format={wanted!r:.60}: give a pydantic class, a TypedDict, a JSON schema, "
            "or a dictionary of the API's own, such as {'type': 'json_object'}"
        )
    if wanted is None or (isinstance(wanted, Mapping) and _is_format(wanted)):
        return dictionary_to_format(wanted)
    return dictionary_to_format(schema_to_format(wanted))


def _is_format(wanted: Mapping[str, object]) -> bool:
    """Whether a dictionary is a format of the API's, or means to be one, and no JSON schema."""
    kind = wanted.get("type")
    return isinstance(kind, str) and kind not in _SCHEMA_TYPES


def schema_to_format(schema: Any, *, strict: bool | None = None) -> dict[str, Any]:
    """A schema in any form as OpenAI's ``response_format`` dictionary."""
    if isinstance(schema, Mapping) and schema.get("type") == "json_schema":
        return dict(schema)
    if isinstance(schema, Mapping) and "title" not in schema and "name" not in schema:
        schema = {"title": "answer", **schema}
    if isinstance(schema, Mapping) and ("$ref" in schema or "$defs" in schema):
        schema = written_out(schema)
    function = _named(convert_to_openai_function(schema), schema)
    parameters = function.get("parameters") or convert_to_json_schema(schema)
    if is_model_class(schema):
        parameters = class_schema(schema)
        parameters.pop("description", None)
    if strict:
        closed = strict_form(parameters, complete=True)
        parameters = closed if closed is not None else parameters
    inner: dict[str, Any] = {"name": function["name"], "schema": parameters}
    if function.get("description"):
        inner["description"] = function["description"]
    if strict is not None:
        inner["strict"] = strict
    return {"type": "json_schema", "json_schema": inner}


def closed_format(wanted: Mapping[str, object]) -> dict[str, object]:
    """OpenAI's dictionary of a format, made strict where its schema closes without any change of
    meaning and it does not say otherwise."""
    inner = wanted.get("json_schema")
    if not isinstance(inner, Mapping) or "strict" in inner:
        return dict(wanted)
    closed = strict_form(written_out(inner.get("schema") or {}), complete=False)
    if closed is None:
        return dict(wanted)
    return {**wanted, "json_schema": {**inner, "schema": closed, "strict": True}}


def may_be_strict(schema: object) -> bool:
    """Whether a schema may be made strict without a change of its meaning."""
    if is_model_class(schema):
        return strict_form(class_schema(schema), complete=True) is not None
    inner = schema_to_format(schema).get("json_schema") or {"strict": None}  # flat: as it is
    return "strict" not in inner and strict_form(inner["schema"], complete=False) is not None
