"""Building requests in OpenAI's shape: what goes out, and what is said about the rest."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from langchain_aimlapi._dialects.choose import build
from langchain_aimlapi._domain.values import (
    ChatRequest,
    MediaPart,
    Message,
    RawPart,
    ReasoningPart,
    ResponseFormat,
    TextPart,
    Tool,
    ToolCall,
    ToolChoice,
)
from langchain_aimlapi._fitting.notes import Notes, OnUnsupported
from langchain_aimlapi._fitting.reasoning import SPELLINGS
from langchain_aimlapi.catalog.facts import Param, RoleFacts, Shape
from langchain_aimlapi.catalog.lookup import Catalog
from langchain_aimlapi.errors import UnsupportedFeatureError

USER = Message("user", (TextPart("hi"),))
WEATHER = Tool("get_weather", "Weather.", {"type": "object", "properties": {}})
RUN = Tool("run", "Run code.", kind="custom")
GRAMMAR = {"type": "grammar", "syntax": "lark", "definition": "start: A"}
MARK = {"cache_control": {"type": "ephemeral"}}
CALL = ToolCall("call_1", "get_weather", '{"city": "Oslo"}')


def made(
    shape: Shape, *messages: Message, policy: OnUnsupported = "warn", **options: Any
) -> tuple[dict[str, Any], list[str]]:
    """(body, names of what was reported)."""
    notes = Notes("a/model", policy)
    body = build(ChatRequest("a/model", messages or (USER,), **options), shape, notes)
    return body, [name for name, _ in notes.adaptations]


def taking(**params: Param) -> Shape:
    """A shape with these parameters and no others."""
    return Shape(params={"max_tokens": Param(), **params})


EFFORT = Param(enum=("low", "medium", "high"))
THINKING = Param(
    properties={
        "type": Param(enum=("enabled", "disabled", "adaptive")),
        "budget_tokens": Param(minimum=1024),
    }
)
SWITCH = Param(properties={"type": Param(enum=("enabled", "disabled"))})


# --- reasoning in any family's words -----


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ({"effort": "low"}, "low"),
        ({"effort": "xhigh"}, "high"),
        ({"budget_tokens": 2000}, "low"),
        ({"budget_tokens": 20_000}, "high"),
        ({"enabled": True}, "medium"),
        ({"effort": "none"}, "low"),
    ],
)
def test_reasoning_becomes_the_nearest_effort(asked: dict[str, Any], sent: str) -> None:
    body, told = made(taking(reasoning_effort=EFFORT), params={"reasoning": asked})
    assert body["reasoning_effort"] == sent
    assert bool(told) is (asked != {"effort": sent})


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, "low"),
        ({"thinking": {"type": "adaptive"}}, "medium"),
        ({"enable_thinking": True}, "medium"),
        ({"enable_thinking": True, "thinking_budget": 20_000}, "high"),
    ],
)
def test_a_foreign_spelling_of_reasoning_is_said_in_the_models_own(
    given: dict[str, Any], sent: str
) -> None:
    body, told = made(taking(reasoning_effort=EFFORT), params=given)
    assert body["reasoning_effort"] == sent
    assert not set(given) & set(body)
    assert told == ["reasoning" if len(given) > 1 else next(iter(given))]


def test_the_models_own_spelling_goes_out_as_it_was_written() -> None:
    given = {"type": "enabled", "budget_tokens": 3000}
    body, told = made(taking(thinking=THINKING), params={"thinking": given})
    assert body["thinking"] == given
    assert not told


@pytest.mark.parametrize("name", SPELLINGS)
def test_every_spelling_of_reasoning_is_noted_where_the_contract_mentions_no_control(
    name: str,
) -> None:
    objects = {"thinking": {"type": "enabled"}, "reasoning": {"effort": "low"}}
    value = {**objects, "thinking_budget": 2000}.get(name, "low")
    body, told = made(taking(), params={name: value})
    assert (body[name], told) == (value, [name])
    assert name not in made(taking(), params={name: value}, policy="drop")[0]
    with pytest.raises(UnsupportedFeatureError, match=name):
        made(taking(), params={name: value}, policy="error")
    sent, told = made(taking(), params={name: value}, policy="send")
    assert (sent[name], told) == (value, [])


def test_adaptive_thinking_becomes_a_switch_where_there_is_only_a_switch() -> None:
    body, _ = made(taking(thinking=SWITCH), params={"thinking": {"type": "adaptive"}})
    assert body["thinking"] == {"type": "enabled"}


def test_an_effort_becomes_adaptive_thinking_where_the_model_decides_itself() -> None:
    body, told = made(taking(thinking=THINKING), params={"reasoning": {"effort": "low"}})
    assert body["thinking"] == {"type": "adaptive"}
    assert told == ["reasoning"]


def test_a_budget_stays_a_budget_below_the_limit() -> None:
    asked = {"reasoning": {"budget_tokens": 8000}, "max_tokens": 4000}
    body, told = made(taking(thinking=THINKING), params=asked)
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 2000}
    assert told == ["reasoning"]


def test_a_bare_switch_becomes_a_level_of_the_reasoning_object() -> None:
    shape = taking(reasoning=Param(properties={"effort": EFFORT, "max_tokens": Param()}))
    on, _ = made(shape, params={"reasoning": {"enabled": True}})
    budget, _ = made(shape, params={"reasoning": {"budget_tokens": 4096}})
    assert on["reasoning"] == {"effort": "medium"}
    assert budget["reasoning"] == {"max_tokens": 4096}


def test_a_foreign_spelling_of_search_is_said_in_the_models_own() -> None:
    qwen, _ = made(taking(enable_search=Param()), params={"web_search_options": {}})
    sonar, _ = made(taking(web_search_options=Param()), params={"enable_search": True})
    assert (qwen["enable_search"], "web_search_options" in qwen) == (True, False)
    assert (sonar["web_search_options"], "enable_search" in sonar) == ({}, False)


# --- tools -----


def test_a_flat_grammar_is_put_one_level_deeper() -> None:
    body, _ = made(Shape(), tools=(replace(RUN, extra={"format": GRAMMAR}),))
    deeper = {"syntax": "lark", "definition": "start: A"}
    assert body["tools"][0]["custom"]["format"] == {"type": "grammar", "grammar": deeper}


def test_a_grammar_is_kept_in_the_description_of_the_function_that_stands_for_it() -> None:
    shape = Shape(tools=frozenset({"function"}))
    body, _ = made(shape, tools=(replace(RUN, extra={"format": GRAMMAR}),))
    function = body["tools"][0]["function"]
    assert "start: A" in function["description"]
    assert function["parameters"]["required"] == ["__arg1"]


def test_a_free_text_tool_says_its_format_where_it_has_to() -> None:
    custom = Param(required=("name", "format"))
    shape = Shape(tools=frozenset({"custom"}), tool_defs={
        "custom": Param(properties={"custom": custom})})  # fmt: skip
    assert made(shape, tools=(RUN,))[0]["tools"][0]["custom"]["format"] == {"type": "text"}
    assert "format" not in made(Shape(), tools=(RUN,))[0]["tools"][0]["custom"]


def test_a_free_text_tool_is_chosen_as_what_it_is() -> None:
    body, _ = made(Shape(), tools=(RUN, WEATHER), tool_choice=ToolChoice("named", "run"))
    assert body["tool_choice"] == {"type": "custom", "custom": {"name": "run"}}


def test_a_tool_that_cannot_be_named_is_the_only_one_and_required() -> None:
    shape = Shape(tools=frozenset({"function"}), tool_choice_objects=frozenset())
    body, _ = made(shape, tools=(RUN, WEATHER), tool_choice=ToolChoice("named", "get_weather"))
    assert [tool["function"]["name"] for tool in body["tools"]] == ["get_weather"]
    assert body["tool_choice"] == "required"


def test_tools_are_refused_before_sending_where_the_model_has_none() -> None:
    with pytest.raises(UnsupportedFeatureError, match="tools"):
        made(Shape(tools=frozenset()), tools=(WEATHER,))


def test_a_format_that_the_model_lacks_is_asked_for_in_words() -> None:
    shape = Shape(response_formats=frozenset({"json_object"}))
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    body, told = made(shape, response_format=ResponseFormat("json_schema", schema=schema))
    assert body["response_format"] == {"type": "json_object"}
    assert json.dumps(schema) in body["messages"][0]["content"]
    assert told == ["response_format"]


# --- messages -----


def test_a_failed_result_says_so_once() -> None:
    failed = Message("tool", (TextPart("no city"),), tool_call_id="call_1", is_error=True)
    told = replace(failed, parts=(TextPart("Error: no city"),))
    silent = replace(failed, parts=())
    calls = Message("assistant", tool_calls=(CALL, CALL, CALL))
    body, _ = made(Shape(), USER, calls, failed, told, silent)
    said = [m["content"] for m in body["messages"] if m["role"] == "tool"]
    assert said == ["Error: no city", "Error: no city", "Error"]


def test_a_result_that_is_no_known_content_is_sent_as_json() -> None:
    result = Message("tool", (RawPart({"weather": "rain"}),), tool_call_id="call_1")
    body, told = made(Shape(), USER, Message("assistant", tool_calls=(CALL,)), result)
    assert body["messages"][-1]["content"] == '{"weather": "rain"}'
    assert not told


@pytest.mark.parametrize("role", ["system", "user"])
def test_a_cache_mark_is_kept_where_it_may_stand_and_reported_elsewhere(role: Any) -> None:
    marked = Message(role, (TextPart("long", MARK),))
    open_to = Shape(parts={"text": {"keys": ["type", "text", "cache_control"]}})
    closed = Shape(parts={"text": {"keys": ["type", "text"], "closed": True}})
    strings = Shape(roles={role: RoleFacts(list=False), "user": RoleFacts(list=False)})
    kept, told = made(open_to, marked)
    assert kept["messages"][0]["content"] == [{"type": "text", "text": "long", **MARK}]
    assert not told
    for shape in (closed, strings):
        body, told = made(shape, marked)
        assert "ephemeral" not in json.dumps(body)
        assert told == ["cache_control"]
    silent = Shape(parts={"text": {"keys": ["type", "text"]}})  # open: the API decides
    body, told = made(silent, marked)
    assert ("ephemeral" in json.dumps(body), told) == (True, ["cache_control"])


def test_a_cache_mark_on_a_tool_is_reported_where_it_may_not_stand() -> None:
    closed = Shape(tool_defs={"function": Param(properties={"type": Param()}, closed=True)})
    body, told = made(closed, tools=(replace(WEATHER, extra=MARK),))
    assert "cache_control" not in body["tools"][0]
    assert told == ["cache_control"]
    assert (
        made(Shape(), tools=(replace(WEATHER, extra=MARK),))[0]["tools"][0]["cache_control"]
        == MARK["cache_control"]
    )


def test_a_dropped_mark_is_an_error_where_the_user_wants_errors() -> None:
    closed = Shape(parts={"text": {"keys": ["type", "text"]}})
    with pytest.raises(UnsupportedFeatureError, match="cache_control"):
        made(closed, Message("user", (TextPart("long", MARK),)), policy="error")


def test_everything_goes_out_as_written_where_the_user_says_send() -> None:
    body, told = made(
        taking(reasoning_effort=EFFORT),
        policy="send",
        params={"thinking": {"type": "adaptive"}, "seed": 0},
    )
    assert body["thinking"] == {"type": "adaptive"}
    assert body["seed"] == 0
    assert not told


# --- Claude's newer ids, which take two whole forms -----

OWN = {"stop_sequences": Param(), "thinking": THINKING, "system": Param(), "metadata": Param()}
ANTHROPIC = replace(taking(**OWN), dialect="messages", tools=frozenset({"anthropic"}))
TWO_FORMS = replace(
    taking(**OWN), accepts_anthropic=True, tools=frozenset({"function"}), other=ANTHROPIC
)


def test_claude_is_spoken_to_in_openais_form_where_nothing_is_lost_by_it() -> None:
    body, told = made(TWO_FORMS, Message("system", (TextPart("Be brief."),)), USER)
    assert [m["role"] for m in body["messages"]] == ["system", "user"]
    assert not told


def test_claude_is_spoken_to_in_its_own_form_where_openais_loses_something() -> None:
    body, told = made(TWO_FORMS, params={"stop": ["END"]}, tools=(WEATHER,))
    assert body["stop_sequences"] == ["END"]
    assert body["tools"][0]["input_schema"]["type"] == "object"
    assert not told


def test_signed_thoughts_of_claude_go_back() -> None:
    thought = ReasoningPart("Hm.", signature="c2ln")
    answer = Message("assistant", (thought,), tool_calls=(CALL,))
    result = Message("tool", (TextPart("rain"),), tool_call_id="call_1")
    body, _ = made(TWO_FORMS, USER, answer, result)
    block = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
    assert block in body["messages"][1]["content"]


def test_sound_goes_to_claude_in_the_form_that_has_it_and_the_rest_is_reported() -> None:
    sound = MediaPart("audio", data="UklGRg==", mime_type="audio/wav")
    body, told = made(TWO_FORMS, Message("user", (sound,)), params={"stop": ["END"]})
    assert body["messages"][0]["content"][0]["type"] == "input_audio"
    assert told == ["stop"]


@pytest.mark.parametrize("choice", [ToolChoice("required"), ToolChoice("named", "get_weather")])
@pytest.mark.parametrize("asked", [{"reasoning": {"effort": "high"}}, {"thinking_budget": 2000}])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
@pytest.mark.parametrize(
    "model",
    ["anthropic/claude-opus-4-5", "anthropic/claude-opus-4-8", "anthropic/claude-sonnet-5",
     "anthropic/claude-fable-5"],
)  # fmt: skip
def test_claude_does_not_think_where_a_tool_is_forced_in_either_form(
    model: str, path: str, asked: dict[str, Any], choice: ToolChoice
) -> None:
    shape = Catalog.default().find(model).shapes[path]
    assert shape.other is not None
    for form in (replace(shape, other=None), replace(shape.other, other=None)):
        body, told = made(form, tools=(WEATHER,), tool_choice=choice, params=asked)
        assert not {"thinking", "reasoning_effort", "reasoning"} & set(body)
        assert body["tool_choice"]
        assert "reasoning" in told
        free, _ = made(form, tools=(WEATHER,), tool_choice=ToolChoice("auto"), params=asked)
        assert {"thinking", "reasoning_effort"} & set(free)
