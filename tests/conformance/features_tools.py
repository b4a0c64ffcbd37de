"""Features of tools: definitions, choices, histories, structured output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage
from pydantic import BaseModel

from langchain_aimlapi import ChatAimlapi
from tests.conformance.feature import (
    Arrived,
    Feature,
    carries,
    choice_of,
    chooses,
    either,
    everything,
    has_keys,
    holds,
    mentions,
    no_tools,
    offers,
    says,
    tools_of,
)
from tests.conformance.published import Body
from tests.conformance.samples import (
    ASKED,
    BOTH,
    CALL,
    CLAUDE_TOOLS,
    FLAT_CALL,
    FLAT_TOOLS,
    HI,
    PNG,
    SCHEMA,
    SECOND,
    TOOLS,
    USE,
    WIRE_CALL,
    Wire,
    called,
    chat,
    claude_tool,
    flat_tool,
    function,
    get_time,
    get_weather,
    responses,
    result,
    said,
    text,
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


def structured(**options: Any) -> Callable[[ChatAimlapi], Any]:
    """The model with structured output."""
    return lambda model: model.with_structured_output(SCHEMA, include_raw=True, **options)


def with_tools(**params: Any) -> tuple[Wire, ...]:
    """Both tools on every wire, with more parameters."""
    return (
        chat(tools=TOOLS, **params),
        chat(tools=CLAUDE_TOOLS, **params),
        responses(tools=FLAT_TOOLS, **params),
    )


def choices(*forms: Any) -> tuple[Wire, ...]:
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


def _strict(body: Body, takes: frozenset[str]) -> bool:
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
        "strict tools", [USER], everything(offers(*BOTH), _strict),
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
    Feature("tool choice none", [USER], either(everything(offers(*BOTH), chooses("none")), no_tools),
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

# --- histories -----

SAID = mentions("Oslo", "get_weather", "rain")
# A call and its result are calls where the model knows tools; elsewhere they can be told.
TOLD = (chat(said("user", "get_weather Oslo rain")), responses(said("user", "get_weather Oslo rain")))


def _linked(*ids: str) -> Arrived:
    """Every call has its result by the same id, where the body has calls at all."""

    def look(body: Body, takes: frozenset[str]) -> bool:
        made, answered = [], []
        for message in (*body.get("messages", ()), *_items(body)):
            made += [call["id"] for call in message.get("tool_calls") or ()]
            if message.get("role") == "tool":
                answered.append(message.get("tool_call_id", "?"))
            if str(message.get("type", "")).endswith("_call"):
                made.append(message["call_id"])
            if str(message.get("type", "")).endswith("_call_output"):
                answered.append(message["call_id"])
            content = message.get("content")
            for block in content if isinstance(content, list) else ():
                if block["type"] == "tool_use":
                    made.append(block["id"])
                elif block["type"] == "tool_result":
                    answered.append(block["tool_use_id"])
        known = "tools" in takes and len(made) == len(ids)
        # A model that has no id on its tool messages answers in order.
        bare = answered and set(answered) == {"?"} and len(answered) == len(made)
        return (not made and not answered) or (known and (made == answered or bool(bare)))

    return look


def _items(body: Body) -> list[Any]:
    found = body.get("input")
    return found if isinstance(found, list) else []


def _history(name: str, *messages: Any, words: Arrived = SAID, ids: int = 1, **more: Any) -> Feature:
    return Feature(
        f"tool history {name}",
        [ASKED, *messages, *more.pop("then", ())],
        everything(words, _linked(*map(str, range(ids)))),
        more.pop("witnesses", TOLD),
        **more,
    )


BROKEN = {"name": "get_weather", "args": '{"city": "Osl', "id": "call_1", "error": None,
          "type": "invalid_tool_call"}  # fmt: skip
IMAGE = {"type": "image", "base64": PNG, "mime_type": "image/png"}
URI = f"data:image/png;base64,{PNG}"
WITH_IMAGE = (
    chat(said("user", [text("get_weather Oslo rain"),
                       {"type": "image_url", "image_url": {"url": URI}}])),
    chat(said("user", [text("get_weather Oslo rain"),
                       {"type": "image", "source": {"type": "base64", "media_type": "image/png",
                                                    "data": PNG}}])),
    responses(said("user", [{"type": "input_text", "text": "get_weather Oslo rain"},
                            {"type": "input_image", "image_url": URI}])),
)  # fmt: skip

HISTORIES = (
    _history("", called(), result(), bind=bound()),
    _history("without tools", called(), result()),
    _history("with a list result", called(), result([text("rain"), text("cold")]),
             words=mentions("Oslo", "get_weather", "rain", "cold"), bind=bound()),
    _history("with null content", AIMessage.model_construct(
        content=None, tool_calls=[CALL], invalid_tool_calls=[], additional_kwargs={},
        response_metadata={}, type="ai", name=None, id=None, usage_metadata=None), result(),
        bind=bound()),
    _history("with list content", called([text("I look.")]), result(),
             words=mentions("I look.", "Oslo", "get_weather", "rain"), bind=bound()),
    _history("with empty list content", called([]), result(), bind=bound()),
    _history("with text", called("I look."), result(),
             words=mentions("I look.", "Oslo", "get_weather", "rain"), bind=bound()),
    _history("and a question", called(), result(), then=[HumanMessage("so?")],
             words=mentions("Oslo", "get_weather", "rain", "so?"), bind=bound()),
    _history("with parallel results", called("", CALL, SECOND), result(),
             result("noon", "call_2"), ids=2,
             words=mentions("Oslo", "get_weather", "get_time", "rain", "noon"), bind=bound()),
    _history("with six results", called("", *({**CALL, "id": f"c{i}"} for i in range(6))),
             *(result(f"rain {i}", f"c{i}") for i in range(6)), ids=6,
             words=mentions("get_weather", *(f"rain {i}" for i in range(6))), bind=bound()),
    _history("with an error", called(), result("no such city", status="error"),
             words=everything(
                 mentions("Oslo", "get_weather", "no such city"),
                 either(has_keys(is_error=True), mentions("Error"), mentions("failed"))),
             bind=bound()),
    _history("with an empty result", called(), result(""),
             words=mentions("Oslo", "get_weather"), bind=bound()),
    _history("with a broken call", AIMessage("", invalid_tool_calls=[BROKEN]), result("try again"),
             words=mentions("get_weather", "Osl", "try again"), bind=bound()),
    _history("with a named result", called(), result(name="get_weather"), bind=bound()),
    _history("with foreign ids", called("", {**CALL, "id": "functions.get_weather:0"}),
             result("rain", "functions.get_weather:0"), bind=bound()),
    _history("in Anthropic's blocks",
             AIMessage([text("I look."), USE], tool_calls=[CALL]),
             HumanMessage([{"type": "tool_result", "tool_use_id": "call_1", "content": "rain"}]),
             words=mentions("I look.", "Oslo", "get_weather", "rain"), bind=bound()),
    _history("with an image", called(), result([text("rain"), IMAGE]),
             words=everything(SAID, carries("image", PNG)), witnesses=WITH_IMAGE, bind=bound()),
    _history("with only an image", called(), result([IMAGE]),
             words=everything(mentions("Oslo", "get_weather"), carries("image", PNG)),
             witnesses=WITH_IMAGE, bind=bound()),
)  # fmt: skip
# Where tools are bound, a model without tools can not be asked at all.
HISTORIES = tuple(
    f if f.bind is None else Feature(
        f.name, f.messages, everything(offers(*BOTH), f.arrived),
        tuple({**w, "tools": tools} for w in f.witnesses
              for tools in (TOOLS, CLAUDE_TOOLS, FLAT_TOOLS)),
        bind=f.bind,
    )
    for f in HISTORIES
)  # fmt: skip
CALLS_ON_WIRE = Feature(
    "tool history as calls",
    [ASKED, called(), result()],
    everything(SAID, _linked("0"), lambda body, takes: "call_1" in str(body)),
    (
        chat(said("user", "?"), said("assistant", "", tool_calls=[WIRE_CALL]),
             said("tool", "rain", tool_call_id="call_1"), tools=TOOLS),
        chat(said("user", "?"), said("assistant", [USE]),
             said("user", [{"type": "tool_result", "tool_use_id": "call_1", "content": "rain"}]),
             tools=CLAUDE_TOOLS),
        responses(HI, FLAT_CALL,
                  {"type": "function_call_output", "call_id": "call_1", "output": "rain"},
                  tools=FLAT_TOOLS),
    ),
    bind=bound(),
)  # fmt: skip

# --- structured output -----


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


SHAPED = (
    Feature("structured output", [USER], _any_method, ANY_METHOD, bind=structured()),
    Feature("structured output by json_schema", [USER], _schema_said, BY_FORMAT,
            bind=structured(method="json_schema")),
    Feature("structured output by json_schema, strict", [USER],
            everything(_schema_said, _strict_schema), BY_STRICT_FORMAT,
            bind=structured(method="json_schema", strict=True)),
    Feature("structured output by tools", [USER], FORCED, BY_TOOL,
            bind=structured(method="function_calling")),
    Feature("structured output by tools, strict", [USER], everything(FORCED, _strict),
            (chat(tools=[function("Weather", strict=True)], tool_choice="required"),
             chat(tools=[claude_tool("Weather", strict=True)], tool_choice={"type": "any"}),
             responses(tools=[flat_tool("Weather", strict=True)], tool_choice="required")),
            bind=structured(method="function_calling", strict=True)),
    Feature("structured output by json_mode", [USER], _json_said,
            (chat(response_format={"type": "json_object"}), chat(said("user", "JSON")),
             responses(said("user", "JSON"))),
            bind=structured(method="json_mode")),
    Feature("response_format beside tools", [USER],
            everything(offers(*BOTH), _schema_said),
            tuple({**shaped, "tools": tools} for shaped in BY_FORMAT
                  for tools in (TOOLS, CLAUDE_TOOLS, FLAT_TOOLS)),
            bind=bound(response_format=Weather)),
    Feature("response_format text", [USER], says("hi"), (chat(HI), responses(HI)),
            bind=lambda model: model.bind(response_format={"type": "text"})),
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

TOOLING = (
    *DEFINITIONS, *CHOICES, *HISTORIES, CALLS_ON_WIRE, *SHAPED, THOUGHT_CHOICE, SAMPLED,
)  # fmt: skip
