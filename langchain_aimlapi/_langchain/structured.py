"""``with_structured_output``: which method a model can, and what is bound for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from operator import itemgetter
from types import UnionType
from typing import Any, Literal, Union, cast, get_origin

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import BaseOutputParser
from langchain_core.runnables import Runnable, RunnableMap, RunnablePassthrough
from langchain_core.utils.pydantic import is_basemodel_subclass

from langchain_aimlapi._langchain.bound import ChatBinding
from langchain_aimlapi._langchain.forced import ForcedCall, force
from langchain_aimlapi._langchain.literals import METHODS, Method
from langchain_aimlapi._langchain.params import FORMAT_AS
from langchain_aimlapi._langchain.parsers import (
    JsonAnswerParser,
    JsonCallParser,
    PydanticAnswerParser,
    PydanticCallParser,
)
from langchain_aimlapi._langchain.tools import may_be_strict, schema_to_format, tool_to_openai
from langchain_aimlapi.catalog.capabilities import preferred
from langchain_aimlapi.catalog.facts import Facts, Shape


@dataclass(frozen=True, slots=True)
class Way:
    """One way to ask for a structure: the bound model, and what reads its answers.

    ``spare`` reads an answer that is no call of the tool: some models write its arguments down.
    ``in_words``: the schema has to stand in the prompt, for nothing else carries it.
    """

    bound: Runnable[Any, Any]
    parser: BaseOutputParser[object]
    spare: BaseOutputParser[Any] | None = None
    in_words: bool = False


def best_method(facts: Facts) -> Method:
    """The strictest method that the model takes: json_schema, else tools, else json_schema
    described in the prompt (which is what a dialect makes of a format that its model does not
    have)."""
    shape = preferred(facts)
    if shape is None:
        return "function_calling"
    if shape.response_formats is not None and "json_schema" in shape.response_formats:
        return "json_schema"
    return "function_calling" if _may_have_tools(shape) else "json_schema"


def _may_have_tools(shape: Shape) -> bool:
    """Whether tools reach the model. The API ignores those that a documented one does not have."""
    return bool(shape.tools) or (shape.tools is None and shape.response_formats is None)


def may_pass_by(facts: Facts) -> bool:
    """Whether a tool that has to be called may be passed by: by a model that is documented without
    tools, or of which nothing is documented."""
    shape = preferred(facts)
    return shape is None or not shape.tools


def has_no_tools(facts: Facts) -> bool:
    """Whether a known model is documented without tools."""
    shape = preferred(facts)
    return shape is not None and not _may_have_tools(shape)


def call_in_words(
    model: BaseChatModel, tool: Mapping[str, Any], kwargs: Mapping[str, object]
) -> ForcedCall:
    """A model without tools that has to call this one, as agents force the tool that stands for
    the form of their answer: the arguments are requested in the prompt, and come back as a call."""
    function = tool["function"]
    inner = {"name": function["name"], "schema": function.get("parameters") or {}}
    if function.get("description"):
        inner["description"] = function["description"]
    wanted = {"type": "json_schema", "json_schema": inner}
    bound = model.bind(**{**kwargs, "response_format": wanted, FORMAT_AS: ""})
    return force(cast("ChatBinding", bound))


def bind_forced(
    model: BaseChatModel,
    facts: Facts,
    bound: Mapping[str, Any],
    kwargs: Mapping[str, object],
) -> Runnable[Any, AIMessage]:
    """The model with functions of which it has to call one.

    Args:
        bound: Everything that is bound: the functions, the choice and ``kwargs``.
    """
    binding = model.bind(**bound)
    if not may_pass_by(facts):
        return binding
    if not has_no_tools(facts):
        return force(cast("ChatBinding", binding))
    tools = bound["tools"]
    return call_in_words(model, tools[0], kwargs) if len(tools) == 1 else binding


def insisting(way: Way, *, quiet: bool) -> Way:
    """A way by a tool whose call is requested in words, once, where it does not come."""
    return replace(way, bound=force(cast("ChatBinding", way.bound), quiet=quiet))


def strict_by_default(facts: Facts, method: Method, schema: object) -> bool | None:
    """True where the model is documented to hold an answer to its schema, and this schema says
    nothing that it could not be bound to; else None: not sent."""
    shape = preferred(facts)
    if shape is None or schema is None:
        return None
    if method == "json_schema":
        able = shape.response_formats is not None and "json_schema" in shape.response_formats
    else:
        able = method == "function_calling" and shape.declares_strict
    return True if able and may_be_strict(schema) else None


def check(method: Any, schema: Any, repair: int) -> None:
    """Raises ValueError: an unknown method, no schema where one is needed, a type that is no
    object, more than one repair."""
    if method not in METHODS:
        raise ValueError(
            f"method={method!r} is unknown; use 'json_schema', 'function_calling' or 'json_mode'"
        )
    if schema is None and method != "json_mode":
        raise ValueError(f"method={method!r} needs a schema")
    if _is_no_object(schema):
        raise ValueError(_no_object(schema))
    if repair not in (0, 1):
        raise ValueError(f"repair={repair!r}: use 0 or 1, for at most one repair turn")
    if repair and schema is None:
        raise ValueError("repair=1 needs a schema: there is nothing to check the answer against")


def _is_no_object(schema: object) -> bool:
    """Whether a type can be no JSON object: ``list[X]``, ``Optional[X]``, ``int``, an Enum."""
    origin = get_origin(schema)
    if origin in (Union, UnionType, Literal):
        return True
    is_builtin = getattr(origin or schema, "__module__", None) == "builtins"
    return is_builtin or (isinstance(schema, type) and issubclass(schema, Enum))


def _no_object(schema: object) -> str:
    name = schema.__name__ if isinstance(schema, type) else repr(schema)
    return (
        f"schema={name:.80}: an answer's schema must be an object: give a pydantic class with a "
        "field of this type, a TypedDict or a JSON schema"
    )


def way_of(
    model: BaseChatModel,
    schema: object,
    method: Method,
    strict: bool | None,
    kwargs: Mapping[str, object],
    named: bool = True,
) -> Way:
    """The model, bound to one method, and the parser of its answers.

    ``named``: the user wrote this method; a warning calls it by that name.
    """
    traced = {"kwargs": {"method": method, "strict": strict}, "schema": schema}
    if method == "function_calling":
        return _by_tool(model, schema, strict, traced, kwargs)
    written = f"method={method!r}" if named else ""
    return _by_format(model, schema, method, strict, traced, {FORMAT_AS: written, **kwargs})


def way_in_words(model: BaseChatModel, schema: Any, kwargs: Mapping[str, object]) -> Way:
    """The model with nothing bound: the schema stands in the prompt."""
    traced = {"kwargs": {"method": "json_mode", "strict": None}, "schema": schema}
    bound = model.bind(ls_structured_output_format=traced, **kwargs)
    return Way(bound, _answer_parser(schema), in_words=True)


def chain_of(way: Way, *, include_raw: bool) -> Runnable[Any, Any]:
    """The bound model followed by its parser."""
    if not include_raw:
        return way.bound | way.parser
    parsed = RunnablePassthrough.assign(
        parsed=itemgetter("raw") | way.parser, parsing_error=lambda _: None
    )
    nothing = RunnablePassthrough.assign(parsed=lambda _: None)
    raw: Runnable[Any, Any] = RunnableMap(raw=way.bound)
    return raw | parsed.with_fallbacks([nothing], exception_key="parsing_error")


def _by_tool(
    model: BaseChatModel,
    schema: Any,
    strict: bool | None,
    traced: Any,
    kwargs: Mapping[str, object],
) -> Way:
    function = tool_to_openai(schema, strict=strict).get("function")
    if not (isinstance(function, Mapping) and isinstance(function.get("name"), str)):
        raise ValueError(
            f"the schema's type is {schema.get('type')!r:.60}: an answer's schema must be an object"
        )
    parameters = function.get("parameters") or {}  # none where the schema has no fields
    if isinstance(parameters, Mapping) and parameters.get("type", "object") != "object":
        raise ValueError(_no_object(schema))
    name = function["name"]
    bound = model.bind_tools(
        [schema],
        tool_choice=name,
        strict=strict,
        parallel_tool_calls=False,
        ls_structured_output_format=traced,
        **kwargs,
    )
    spare = _answer_parser(schema)
    if _is_pydantic(schema):
        return Way(bound, PydanticCallParser(tools=[schema], first_tool_only=True), spare)
    return Way(bound, JsonCallParser(key_name=name, first_tool_only=True), spare)


def _by_format(
    model: BaseChatModel,
    schema: Any,
    method: Method,
    strict: bool | None,
    traced: object,
    kwargs: Mapping[str, object],
) -> Way:
    response_format: dict[str, Any] = (
        {"type": "json_object"}
        if method == "json_mode"
        else schema_to_format(schema, strict=strict)
    )
    bound = model.bind(
        response_format=response_format, ls_structured_output_format=traced, **kwargs
    )
    return Way(bound, _answer_parser(schema))


def _answer_parser(schema: Any) -> BaseOutputParser[Any]:
    if schema is not None and _is_pydantic(schema):
        return PydanticAnswerParser(pydantic_object=schema)
    return JsonAnswerParser()


def _is_pydantic(schema: Any) -> bool:
    return isinstance(schema, type) and is_basemodel_subclass(schema)
