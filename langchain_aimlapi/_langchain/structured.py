"""``with_structured_output``: which method a model can, and what is bound for it."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable, RunnableMap, RunnablePassthrough
from langchain_core.utils.pydantic import is_basemodel_subclass

from langchain_aimlapi._langchain.literals import Method
from langchain_aimlapi._langchain.parsers import (
    JsonAnswerParser,
    JsonCallParser,
    PydanticAnswerParser,
    PydanticCallParser,
)
from langchain_aimlapi._langchain.tools import schema_to_format, tool_to_wire
from langchain_aimlapi.catalog.facts import Facts


def best_method(facts: Facts) -> Method:
    """The strictest method that the model takes: json_schema, else tools, else json_schema said
    in the prompt (which is what a dialect makes of a format that its model does not have)."""
    shape = next(iter(facts.shapes.values()), None)
    if shape is None:
        return "function_calling"
    if shape.response_formats is not None and "json_schema" in shape.response_formats:
        return "json_schema"
    if shape.tools is None or shape.tools:
        return "function_calling"
    return "json_schema"


def build(
    model: BaseChatModel,
    schema: Any,
    *,
    method: Method,
    include_raw: bool,
    strict: bool | None,
    kwargs: Mapping[str, Any],
) -> Runnable[Any, Any]:
    """The model, bound and followed by a parser.

    Raises:
        ValueError: an unknown method, or no schema where one is needed.
    """
    if method not in ("function_calling", "json_schema", "json_mode"):
        raise ValueError(
            f"method={method!r} is unknown; use 'json_schema', 'function_calling' or 'json_mode'"
        )
    if schema is None and method != "json_mode":
        raise ValueError(f"method={method!r} needs a schema")
    traced = {"kwargs": {"method": method, "strict": strict}, "schema": schema}
    if method == "function_calling":
        bound, parser = _by_tool(model, schema, strict, traced, kwargs)
    else:
        bound, parser = _by_format(model, schema, method, strict, traced, kwargs)
    if not include_raw:
        return bound | parser
    parsed = RunnablePassthrough.assign(
        parsed=itemgetter("raw") | parser, parsing_error=lambda _: None
    )
    nothing = RunnablePassthrough.assign(parsed=lambda _: None)
    return RunnableMap(raw=bound) | parsed.with_fallbacks([nothing], exception_key="parsing_error")


def _by_tool(
    model: BaseChatModel, schema: Any, strict: bool | None, traced: Any, kwargs: Mapping[str, Any]
) -> tuple[Runnable[Any, Any], Runnable[Any, Any]]:
    wire = tool_to_wire(schema, strict=strict)
    name = wire["function"]["name"]
    bound = model.bind_tools(
        [schema],
        tool_choice=name,
        strict=strict,
        parallel_tool_calls=False,
        ls_structured_output_format=traced,
        **kwargs,
    )
    if _is_pydantic(schema):
        return bound, PydanticCallParser(tools=[schema], first_tool_only=True)
    return bound, JsonCallParser(key_name=name, first_tool_only=True)


def _by_format(
    model: BaseChatModel,
    schema: Any,
    method: Method,
    strict: bool | None,
    traced: Any,
    kwargs: Mapping[str, Any],
) -> tuple[Runnable[Any, Any], Runnable[Any, Any]]:
    wanted: dict[str, Any] = (
        {"type": "json_object"}
        if method == "json_mode"
        else schema_to_format(schema, strict=strict)
    )
    bound = model.bind(response_format=wanted, ls_structured_output_format=traced, **kwargs)
    if schema is not None and _is_pydantic(schema):
        return bound, PydanticAnswerParser(pydantic_object=schema)
    return bound, JsonAnswerParser()


def _is_pydantic(schema: Any) -> bool:
    return isinstance(schema, type) and is_basemodel_subclass(schema)
