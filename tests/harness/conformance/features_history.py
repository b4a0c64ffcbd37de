"""Features of tool histories: calls and their results, handed back."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage, FunctionMessage, HumanMessage

from tests.harness.conformance.feature import (
    Arrived,
    Feature,
    carries,
    either,
    everything,
    has_keys,
    mentions,
    offers,
)
from tests.harness.conformance.features_tools import bound
from tests.harness.conformance.published import Body
from tests.harness.conformance.samples import (
    ASKED,
    BOTH,
    CALL,
    CLAUDE_TOOLS,
    FLAT_CALL,
    FLAT_TOOLS,
    HI,
    PNG,
    SECOND,
    TOOLS,
    USE,
    WIRE_CALL,
    called,
    chat,
    responses,
    result,
    said,
    text,
)

SAID = mentions("Oslo", "get_weather", "rain")
# A call and its result are calls where the model knows tools; elsewhere they can be told.
WORDS = said("user", "get_weather Oslo rain")
TOLD = (chat(WORDS), responses(WORDS))


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


def _history(
    name: str, *messages: Any, words: Arrived = SAID, ids: int = 1, **more: Any
) -> Feature:
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

_WITH_TOOLS = (
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
    _history("as a function message", called(), FunctionMessage(name="call_1", content="rain"),
             bind=bound()),
    _history("with a dictionary", called(), result([{"weather": "rain"}]), bind=bound()),
    _history("with the result beside a question", AIMessage([USE], tool_calls=[CALL]),
             HumanMessage([{"type": "tool_result", "tool_use_id": "call_1", "content": "rain"},
                           text("so?")]),
             words=mentions("Oslo", "get_weather", "rain", "so?"), bind=bound()),
    _history("with an image", called(), result([text("rain"), IMAGE]),
             words=everything(SAID, carries("image", PNG)), witnesses=WITH_IMAGE, bind=bound()),
    _history("with only an image", called(), result([IMAGE]),
             words=everything(mentions("Oslo", "get_weather"), carries("image", PNG)),
             witnesses=WITH_IMAGE, bind=bound()),
)  # fmt: skip
# Where tools are bound, a model without tools cannot be asked at all.
_FITTED = tuple(
    f if f.bind is None else Feature(
        f.name, f.messages, everything(offers(*BOTH), f.arrived),
        tuple({**w, "tools": tools} for w in f.witnesses
              for tools in (TOOLS, CLAUDE_TOOLS, FLAT_TOOLS)),
        bind=f.bind,
    )
    for f in _WITH_TOOLS
)  # fmt: skip
_ON_WIRE = Feature(
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
HISTORIES = (*_FITTED, _ON_WIRE)
