"""Features of tools: definitions, choices, histories, structured output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.messages import HumanMessage
from pydantic import BaseModel

from langchain_aimlapi import ChatAimlapi
from tests.harness.conformance.feature import (
    Feature,
    chooses,
    either,
    everything,
    has_keys,
    no_tools,
    offers,
    tools_of,
)
from tests.harness.conformance.published import Body
from tests.harness.conformance.samples import (
    BOTH,
    CLAUDE_TOOLS,
    FLAT_TOOLS,
    TOOLS,
    Wire,
    chat,
    claude_tool,
    flat_tool,
    function,
    get_time,
    get_weather,
    responses,
)

USER = HumanMessage("hi")
MARK = {"type": "ephemeral"}


class Weather(BaseModel):
    """The weather of a city."""

    city: str
    days: int


def bound(*tools: Any, **options: Any) -> Callable[[ChatAimlapi], Any]:
    """The model with tools."""
    return lambda model: model.bind_tools(tools or (get_weather, get_time), **options)


def with_tools(**params: Any) -> tuple[Wire, ...]:
    """Both tools on every wire, with more parameters."""
    return (
        chat(tools=TOOLS, **params),
        chat(tools=CLAUDE_TOOLS, **params),
        responses(tools=FLAT_TOOLS, **params),
    )


def choices(*forms: Any) -> tuple[Wire, ...]:
    """Both tools on every wire, with each form of a choice."""
    return tuple(body for form in forms for body in with_tools(tool_choice=form))


def _choice(name: str, given: Any, wanted: Any, *forms: Any) -> Feature:
    return Feature(
        f"tool choice {name}",
        [USER],
        everything(offers(*BOTH), chooses(wanted)),
        choices(*forms),
        bind=bound(tool_choice=given),
    )


NAMED = (
    {"type": "function", "function": {"name": "get_weather"}},
    {"type": "tool", "name": "get_weather"},
    {"type": "function", "name": "get_weather"},
)
NAMED_ALONE = (
    chat(tools=[function("get_weather")], tool_choice="required"),
    chat(tools=[claude_tool("get_weather")], tool_choice={"type": "any"}),
    responses(tools=[flat_tool("get_weather")], tool_choice="required"),
)
WEATHER_ONLY = everything(
    either(offers(*BOTH), offers("get_weather")), chooses(("named", "get_weather"))
)


def strict_tools(body: Body, takes: frozenset[str]) -> bool:
    """Every tool is strict."""
    return all(tool.get("strict") is True for tool in tools_of(body))


def _not_parallel(body: Body, takes: frozenset[str]) -> bool:
    choice = body.get("tool_choice")
    claude = isinstance(choice, dict) and choice.get("disable_parallel_tool_use") is True
    return body.get("parallel_tool_calls") is False or claude


def _parallel(body: Body, takes: frozenset[str]) -> bool:
    # Claude's form can only switch it off: where it does not, calls are parallel.
    claude = "parallel_tool_calls" not in takes and "stop_sequences" in takes
    return body.get("parallel_tool_calls") is True or (claude and not _not_parallel(body, takes))


DEFINITIONS = (
    Feature("tools", [USER], offers(*BOTH), with_tools(), bind=bound()),
    Feature(
        "tool as a pydantic class", [USER], offers("Weather"),
        (chat(tools=[function("Weather")]), chat(tools=[claude_tool("Weather")]),
         responses(tools=[flat_tool("Weather")])),
        bind=bound(Weather),
    ),
    Feature(
        "tool in Anthropic's form", [USER], offers("Weather"),
        (chat(tools=[function("Weather")]), chat(tools=[claude_tool("Weather")]),
         responses(tools=[flat_tool("Weather")])),
        bind=bound(claude_tool("Weather")),
    ),
    Feature(
        "tool without parameters", [USER], offers("ping"),
        (chat(tools=[function("ping")]), chat(tools=[claude_tool("ping")]),
         responses(tools=[flat_tool("ping")])),
        bind=bound({"type": "function", "function": {"name": "ping"}}),
    ),
    Feature(
        "strict tools", [USER], everything(offers(*BOTH), strict_tools),
        (chat(tools=[function(name, strict=True) for name in BOTH]),
         chat(tools=[claude_tool(name, strict=True) for name in BOTH]),
         responses(tools=[flat_tool(name, strict=True) for name in BOTH])),
        bind=bound(strict=True),
    ),
    Feature(
        "cache mark on a tool", [USER],
        everything(offers("Weather"), has_keys(cache_control=MARK)),
        (chat(tools=[{**function("Weather"), "cache_control": MARK}]),
         chat(tools=[claude_tool("Weather", cache_control=MARK)])),
        bind=bound(claude_tool("Weather", cache_control=MARK)),
    ),
    Feature(
        "custom tool", [USER], offers("run"),
        (chat(tools=[{"type": "custom", "custom": {"name": "run"}}]),
         chat(tools=[function("run")]), chat(tools=[claude_tool("run")]),
         responses(tools=[{"type": "custom", "name": "run"}]),
         responses(tools=[flat_tool("run")])),
        bind=bound({"type": "custom", "name": "run", "description": "Run code."}),
    ),
    Feature(
        "custom tool with a grammar", [USER], everything(offers("run")),
        (chat(tools=[{"type": "custom", "custom": {"name": "run"}}]),
         chat(tools=[function("run")]), chat(tools=[claude_tool("run")]),
         responses(tools=[{"type": "custom", "name": "run"}]),
         responses(tools=[flat_tool("run")])),
        bind=bound({
            "type": "custom", "name": "run", "description": "Sums.",
            "format": {"type": "grammar", "syntax": "lark", "definition": 'start: "1" "+" "1"'},
        }),
    ),
    Feature("custom tool in OpenAI's form", [USER], offers("run"),
            (chat(tools=[function("run")]), chat(tools=[claude_tool("run")]),
             responses(tools=[{"type": "custom", "name": "run"}])),
            bind=bound({"type": "custom", "custom": {"name": "run", "format": {
                "type": "grammar", "grammar": {"syntax": "regex", "definition": "a+"}}}})),
    *(
        Feature(
            f"built-in tool {raw['type']}", [USER],
            lambda body, takes, raw=raw: raw in body.get("tools", ()),  # type: ignore[misc]
            (chat(tools=[raw]), responses(tools=[raw])),
            bind=bound(raw),
        )
        for raw in (
            {"type": "web_search_preview"},
            {"type": "web_search_20250305", "name": "web_search"},
            {"type": "builtin_function", "function": {"name": "$web_search"}},
            {"type": "code_interpreter", "container": {"type": "auto"}},
        )
    ),
    Feature("parallel tool calls off", [USER], everything(offers(*BOTH), _not_parallel),
            (*with_tools(parallel_tool_calls=False),
             chat(tools=CLAUDE_TOOLS,
                  tool_choice={"type": "auto", "disable_parallel_tool_use": True})),
            bind=bound(parallel_tool_calls=False)),
    Feature("parallel tool calls on", [USER], everything(offers(*BOTH), _parallel),
            with_tools(parallel_tool_calls=True), bind=bound(parallel_tool_calls=True)),
)  # fmt: skip

CHOICES = (
    _choice("auto", "auto", "auto", "auto", {"type": "auto"}),
    Feature("tool choice none", [USER],
            either(everything(offers(*BOTH), chooses("none")), no_tools),
            choices("none", {"type": "none"}), bind=bound(tool_choice="none")),
    _choice("required", "required", "required", "required", {"type": "any"}),
    _choice("any", "any", "required", "required", {"type": "any"}),
    _choice("True", True, "required", "required", {"type": "any"}),
    *(
        Feature(
            f"tool choice {name}", [USER], WEATHER_ONLY, (*choices(*NAMED), *NAMED_ALONE),
            bind=bound(tool_choice=given),
        )
        for name, given in (
            ("by name", "get_weather"),
            ("in OpenAI's form", NAMED[0]),
            ("in Anthropic's form", NAMED[1]),
        )
    ),
    Feature("tool choice of a custom tool", [USER],
            everything(offers("run"), chooses(("named", "run"))),
            (chat(tools=[function("run")], tool_choice="required"),
             chat(tools=[claude_tool("run")], tool_choice={"type": "any"}),
             chat(tools=[{"type": "custom", "custom": {"name": "run"}}],
                  tool_choice={"type": "custom", "custom": {"name": "run"}}),
             responses(tools=[{"type": "custom", "name": "run"}], tool_choice="required"),
             responses(tools=[flat_tool("run")], tool_choice="required")),
            bind=bound({"type": "custom", "name": "run"}, tool_choice="run")),
)  # fmt: skip

TOOLING = (*DEFINITIONS, *CHOICES)
