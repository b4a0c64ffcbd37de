"""Features of answers in a wanted shape, and of tools beside other things."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.messages import HumanMessage

from langchain_aimlapi import ChatAimlapi
from tests.harness.conformance.feature import (
    Feature,
    choice_of,
    chooses,
    either,
    everything,
    holds,
    mentions,
    offers,
    says,
)
from tests.harness.conformance.features_tools import (
    Weather,
    bound,
    choices,
    strict_tools,
    with_tools,
)
from tests.harness.conformance.published import Body
from tests.harness.conformance.samples import (
    BOTH,
    CLAUDE_TOOLS,
    FLAT_TOOLS,
    HI,
    SCHEMA,
    TOOLS,
    chat,
    claude_tool,
    flat_tool,
    function,
    responses,
    said,
)

USER = HumanMessage("hi")


def structured(**options: Any) -> Callable[[ChatAimlapi], Any]:
    """The model with structured output."""
    return lambda model: model.with_structured_output(SCHEMA, include_raw=True, **options)


def _format(body: Body) -> Any:
    held = body.get("response_format") or (body.get("text") or {}).get("format") or {}
    return held


def _schema_said(body: Body, takes: frozenset[str]) -> bool:
    return '"city"' in str(_format(body)).replace("'", '"') or mentions('"city"')(body, takes)


def _json_said(body: Body, takes: frozenset[str]) -> bool:
    return _format(body).get("type") == "json_object" or says("JSON")(body, takes)


def _strict_schema(body: Body, takes: frozenset[str]) -> bool:
    held = _format(body)
    return (held.get("json_schema") or held).get("strict") is True


INNER = {"name": "Weather", "schema": SCHEMA}
BY_FORMAT = (
    chat(response_format={"type": "json_schema", "json_schema": INNER}),
    responses(text={"format": {"type": "json_schema", **INNER}}),
    chat(said("user", 'JSON "city"')),
    responses(said("user", 'JSON "city"')),
)
BY_STRICT_FORMAT = (
    chat(response_format={"type": "json_schema", "json_schema": {**INNER, "strict": True}}),
    responses(text={"format": {"type": "json_schema", **INNER, "strict": True}}),
)
BY_TOOL = (
    chat(tools=[function("Weather")], tool_choice="required"),
    chat(tools=[claude_tool("Weather")], tool_choice={"type": "any"}),
    responses(tools=[flat_tool("Weather")], tool_choice="required"),
)
FORCED = everything(offers("Weather"), chooses(("named", "Weather")))
ANY_METHOD = (*BY_FORMAT, *BY_TOOL)


def _any_method(body: Body, takes: frozenset[str]) -> bool:
    return _schema_said(body, takes) or FORCED(body, takes)


_BY_METHOD = (
    Feature("structured output", [USER], _any_method, ANY_METHOD, bind=structured()),
    Feature("structured output by json_schema", [USER], _schema_said, BY_FORMAT,
            bind=structured(method="json_schema")),
    Feature("structured output by json_schema, strict", [USER],
            everything(_schema_said, _strict_schema), BY_STRICT_FORMAT,
            bind=structured(method="json_schema", strict=True)),
    Feature("structured output by tools", [USER], FORCED, BY_TOOL,
            bind=structured(method="function_calling")),
    Feature("structured output by tools, strict", [USER], everything(FORCED, strict_tools),
            (chat(tools=[function("Weather", strict=True)], tool_choice="required"),
             chat(tools=[claude_tool("Weather", strict=True)], tool_choice={"type": "any"}),
             responses(tools=[flat_tool("Weather", strict=True)], tool_choice="required")),
            bind=structured(method="function_calling", strict=True)),
    Feature("structured output by json_mode", [USER], _json_said,
            (chat(response_format={"type": "json_object"}), chat(said("user", "JSON")),
             responses(said("user", "JSON"))),
            bind=structured(method="json_mode")),
    Feature("response_format beside tools", [USER],
            either(everything(offers(*BOTH), _schema_said),
                   everything(offers(*BOTH, "Weather"), chooses("required"))),
            tuple({**shaped, "tools": tools} for shaped in BY_FORMAT
                  for tools in (TOOLS, CLAUDE_TOOLS, FLAT_TOOLS)),
            bind=bound(response_format=Weather)),
    Feature("response_format text", [USER], says("hi"), (chat(HI), responses(HI)),
            bind=lambda model: model.bind(response_format={"type": "text"})),
    Feature("response_format as a class", [USER], _schema_said, BY_FORMAT,
            bind=lambda model: model.bind(response_format=Weather)),
    Feature("structured output with reasoning", [USER], _any_method, ANY_METHOD,
            fields={"reasoning": {"effort": "low"}}, bind=structured()),
)  # fmt: skip
THOUGHT_CHOICE = Feature(
    "a forced tool with reasoning", [USER],
    everything(offers(*BOTH), lambda body, takes: choice_of(body) == "required"),
    choices("required", {"type": "any"}),
    fields={"reasoning": {"effort": "low"}}, bind=bound(tool_choice="any"),
)  # fmt: skip
SAMPLED = Feature(
    "tools with parameters", [USER], everything(offers(*BOTH), holds(temperature=0.5)),
    with_tools(temperature=0.5), fields={"temperature": 0.5}, bind=bound(),
)  # fmt: skip

SHAPED = (*_BY_METHOD, THOUGHT_CHOICE, SAMPLED)
