"""``/v1/messages``: what is built, held against every published request schema."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from langchain_aimlapi._dialects.messages.request import build
from langchain_aimlapi._domain.values import (
    ChatRequest,
    MediaPart,
    Message,
    RawPart,
    ReasoningPart,
    Tool,
    ToolCall,
    ToolChoice,
)
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi.catalog.facts import Shape
from langchain_aimlapi.catalog.lookup import Catalog
from langchain_aimlapi.errors import UnsupportedFeatureError
from tests.unit_tests.dialects import features
from tests.unit_tests.dialects.features import (
    CALL,
    FEATURES,
    PNG,
    THOUGHT,
    TOOLS,
    WEATHER,
    answer,
    ask,
    result,
    system,
    text,
    user,
)

ANY = Shape(path="/v1/messages", dialect="messages")


def closed() -> Shape:
    """Cluster D: the chat path of a Claude that takes nothing but Anthropic's older shape."""
    return Catalog.default().find("claude-sonnet-4-20250514").shapes["/v1/chat/completions"]


def newer() -> Shape:
    """/v1/messages of a Claude that thinks adaptively."""
    return Catalog.default().find("anthropic/claude-opus-5").shapes["/v1/messages"]


def built(asked: ChatRequest, shape: Shape = ANY, policy: Any = "warn") -> dict[str, Any]:
    return build(asked, shape, Notes(asked.model, policy))


def told(asked: ChatRequest, shape: Shape) -> list[str]:
    notes = Notes(asked.model)
    build(asked, shape, notes)
    return [name for name, _ in notes.adaptations]


def test_every_feature_of_every_model_fits_its_published_schema() -> None:
    checked, refused, seen = 0, set(), set()
    for model, shape in features.shapes("messages"):
        if id(shape) in seen:  # models that share a shape share its schema
            continue
        seen.add(id(shape))
        schema = features.request_schema(shape.path, model)
        for name, make in FEATURES.items():
            try:
                body = built(replace(make(), model=model), shape)
            except UnsupportedFeatureError:
                refused.add(name)
                continue
            own = {*make().params, "stop_sequences"}
            assert features.problems(schema, body, own) == [], (model, shape.path, name)
            checked += 1
    assert checked > 600
    assert refused == {"audio", "video", "image url", "pdf url", "raw block"}


@pytest.mark.parametrize("name", FEATURES)
def test_building_edits_nothing_that_it_was_given(name: str) -> None:
    asked = FEATURES[name]()
    before = copy.deepcopy(asked)
    for shape in (ANY, closed(), newer()):
        try:
            built(asked, shape)
        except UnsupportedFeatureError:
            continue
        assert asked == before


def test_nothing_that_was_said_is_lost_where_only_five_parts_fit() -> None:
    body = built(FEATURES["seven parts"](), closed())
    assert body["messages"][0]["content"] == "\n\n".join(f"part {i}" for i in range(7))
    images = built(FEATURES["seven images"](), closed())["messages"]
    assert [len(m["content"]) for m in images] == [5, 2]
    assert {m["role"] for m in images} == {"user"}
    calls = built(FEATURES["eight results"](), closed())["messages"]
    assert [m["role"] for m in calls] == ["user", "assistant", "assistant", "user", "user"]
    kinds = [b["type"] for m in calls[1:] for b in m["content"]]
    assert kinds == ["text", *["tool_use"] * 8, *["tool_result"] * 8]


def test_parallel_results_go_into_one_message_before_the_words_that_follow() -> None:
    messages = built(FEATURES["parallel results"]())["messages"]
    assert messages[2] == {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "call_1", "content": "rain"},
            {"type": "tool_result", "tool_use_id": "call_2", "content": "noon"},
            {"type": "text", "text": "thanks"},
        ],
    }


def test_results_come_first_even_where_a_system_message_stood_before_them() -> None:
    asked = ask(user("?"), answer(calls=(CALL,)), system("Be brief."), result("call_1", "rain"))
    content = built(asked)["messages"][2]["content"]
    assert [b["type"] for b in content] == ["tool_result", "text"]
    assert content[1]["text"] == "<system>\nBe brief.\n</system>"


def test_a_failed_result_says_so() -> None:
    block = built(FEATURES["tool result error"]())["messages"][2]["content"][0]
    assert (block["content"], block["is_error"]) == ("no city", True)


def test_an_image_inside_a_result_stays_there() -> None:
    block = built(FEATURES["tool result image"](), closed())["messages"][2]["content"][0]
    assert block["content"][1]["source"] == {
        "type": "base64",
        "media_type": "image/png",
        "data": PNG,
    }


def test_leading_system_messages_are_one_string_and_a_late_one_is_a_marked_turn() -> None:
    assert built(FEATURES["two systems"](), closed())["system"] == "a\n\nb"
    body = built(FEATURES["system late"](), closed())
    assert "system" not in body
    assert body["messages"][2]["content"] == [
        {"type": "text", "text": "<system>\nBe brief.\n</system>"},
        {"type": "text", "text": "so?"},
    ]
    assert "messages.system" in told(FEATURES["system late"](), closed())


def test_a_cache_mark_goes_where_it_may_stand() -> None:
    asked = FEATURES["system cached"]()
    mark = {"type": "ephemeral"}
    expected = [{"type": "text", "text": "Long.", "cache_control": mark}]
    assert built(asked, newer())["system"] == expected
    assert built(asked, closed())["system"] == "Long."
    assert "cache_control" in told(asked, closed())
    tool = built(FEATURES["tool cached"](), newer())["tools"][0]
    assert tool["cache_control"] == mark


def test_empty_texts_are_left_out_because_they_are_refused() -> None:
    asked = ask(user("?"), answer("", calls=(CALL,)), result("call_1", ""), user("", "so?"))
    messages = built(asked)["messages"]
    assert [b["type"] for b in messages[1]["content"]] == ["tool_use"]
    assert messages[2]["content"] == [
        {"type": "tool_result", "tool_use_id": "call_1"},
        {"type": "text", "text": "so?"},
    ]
    assert built(FEATURES["prefill"]())["messages"][1]["content"] == "Once upon"


def test_signed_thoughts_go_back_first_and_unchanged_and_no_others_do() -> None:
    content = built(FEATURES["reasoning round trip"]())["messages"][1]["content"]
    assert content[0] == {k: v for k, v in THOUGHT.items() if k != "index"}
    assert content[1]["type"] == "tool_use"
    parts = built(FEATURES["reasoning parts"]())["messages"][1]["content"]
    assert parts == [
        {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "cmVk"},
        {"type": "text", "text": "Hello."},
    ]


def test_thoughts_are_not_sent_twice_where_parts_and_extra_hold_them() -> None:
    asked = ask(
        user("?"),
        answer(ReasoningPart("Hm.", signature="c2ln"), "Hello.", thinking_blocks=[THOUGHT]),
        user("so?"),
    )
    kinds = [b["type"] for b in built(asked)["messages"][1]["content"]]
    assert kinds == ["thinking", "text"]


def test_interleaved_thoughts_keep_their_places() -> None:
    asked = ask(
        user("?"),
        answer(
            ReasoningPart("a", signature="s1"),
            RawPart({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}),
            RawPart({"type": "web_search_tool_result", "tool_use_id": "s", "content": []}),
            ReasoningPart("b", signature="s2"),
            "Hello.",
        ),
        user("so?"),
    )
    kinds = [b["type"] for b in built(asked, newer())["messages"][1]["content"]]
    assert kinds == [
        "thinking",
        "server_tool_use",
        "web_search_tool_result",
        "thinking",
        "text",
    ]


def test_arguments_become_an_object_and_broken_ones_are_kept() -> None:
    def given(arguments: str, kind: Any = "function") -> Any:
        call = ToolCall("c", "f", arguments, kind)
        return built(ask(user("?"), answer(calls=(call,))))["messages"][1]["content"][0]["input"]

    assert given('{"a": 1}') == {"a": 1}
    assert given("") == {}
    assert '{"a": 1' in given('{"a": 1').values()
    assert "[1]" in given("[1]").values()
    assert given("print(1)", "custom") == {"__arg1": "print(1)"}


def test_call_ids_of_other_vendors_are_cleaned_alike_on_both_sides() -> None:
    messages = built(FEATURES["foreign call ids"]())["messages"]
    used, answered = messages[1]["content"][0]["id"], messages[2]["content"][0]["tool_use_id"]
    assert used == answered
    assert used.replace("_", "").isalnum()


def test_calls_and_results_without_ids_still_belong_together() -> None:
    calls = (replace(CALL, id=None), replace(CALL, id=None))
    asked = ask(
        user("?"),
        answer(calls=calls),
        replace(result("", "a"), tool_call_id=None),
        replace(result("", "b"), tool_call_id=None),
    )
    messages = built(asked)["messages"]
    used = [b["id"] for b in messages[1]["content"]]
    assert [b["tool_use_id"] for b in messages[2]["content"]] == used
    assert len(set(used)) == 2


def test_a_users_name_stands_in_front_of_the_text() -> None:
    assert built(FEATURES["named user"](), closed())["messages"][0]["content"] == "ann: hi"
    assert "messages.name" in told(FEATURES["named user"](), closed())


@pytest.mark.parametrize(
    ("choice", "wire"),
    [
        (ToolChoice("auto"), {"type": "auto"}),
        (ToolChoice("none"), {"type": "none"}),
        (ToolChoice("required"), {"type": "any"}),
        (ToolChoice("named", "f"), {"type": "tool", "name": "f"}),
        (ToolChoice("raw", raw="required"), {"type": "any"}),
        (
            ToolChoice("raw", raw={"type": "function", "function": {"name": "f"}}),
            {"type": "tool", "name": "f"},
        ),
        (ToolChoice("raw", raw={"type": "any"}), {"type": "any"}),
    ],
)
def test_each_tool_choice_has_its_spelling(choice: ToolChoice, wire: Any) -> None:
    assert built(ask(**TOOLS, tool_choice=choice), closed())["tool_choice"] == wire
    assert "tool_choice" not in built(ask(tool_choice=choice), closed())


def test_no_parallel_calls_is_said_in_the_tool_choice() -> None:
    assert built(FEATURES["parallel off"]())["tool_choice"] == {
        "type": "auto",
        "disable_parallel_tool_use": True,
    }
    assert "tool_choice" not in built(FEATURES["parallel on"]())


def test_tools_hold_only_what_the_model_takes() -> None:
    strict = ask(tools=(replace(WEATHER, strict=True),))
    assert built(strict, newer())["tools"][0]["strict"] is True
    assert set(built(strict, closed())["tools"][0]) == {"name", "description", "input_schema"}
    assert told(strict, closed()) == ["tools.strict"]
    bare = built(ask(tools=(Tool("ping"),)), closed())["tools"]
    assert bare == [{"name": "ping", "input_schema": {"type": "object", "properties": {}}}]


def test_a_grammar_is_kept_in_the_description_of_the_function_that_stands_for_it() -> None:
    grammar = {"type": "grammar", "syntax": "lark", "definition": "start: NUMBER"}
    tool = Tool("run", "Run.", kind="custom", extra={"format": grammar})
    wire = built(ask(tools=(tool,)), closed())["tools"][0]
    assert "start: NUMBER" in wire["description"]
    assert wire["input_schema"]["required"] == ["__arg1"]


def test_server_tools_go_out_as_they_are_or_are_refused() -> None:
    raw = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
    asked = ask(tools=(Tool("web_search", kind="builtin", raw=raw),))
    assert built(asked, newer())["tools"] == [raw]
    with pytest.raises(UnsupportedFeatureError, match="its tools are anthropic"):
        built(asked, closed())
    assert built(asked, closed(), "send")["tools"] == [raw]


def test_web_search_is_a_server_tool() -> None:
    asked = ask(params={"web_search": {"max_uses": 2}})
    expected = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
    assert built(asked, newer())["tools"] == [expected]
    assert "tools" not in built(asked, closed())
    assert told(asked, closed()) == ["web_search"]


def test_a_format_is_asked_for_in_the_system_text() -> None:
    body = built(FEATURES["json schema"](), closed())
    assert json.dumps(features.SCHEMA) in body["system"]
    with pytest.raises(UnsupportedFeatureError):
        built(FEATURES["json schema"](), closed(), "error")


def test_an_image_that_the_model_cannot_fetch_is_refused_with_a_cure() -> None:
    with pytest.raises(UnsupportedFeatureError, match="base64") as caught:
        built(FEATURES["image url"](), closed())
    assert "fetch_urls" in str(caught.value.advice)
    wire = built(FEATURES["image url"](), newer())["messages"][0]["content"][1]["source"]
    assert wire == {"type": "url", "url": "https://a.example/b.png"}


def test_the_type_of_an_untyped_image_is_read_from_its_bytes() -> None:
    for name in ("image data untyped", "image data"):
        wire = built(FEATURES[name](), closed())["messages"][0]["content"][1]["source"]
        assert wire["media_type"] == "image/png"
    with pytest.raises(UnsupportedFeatureError, match="image/bmp"):
        built(ask(user(MediaPart("image", data="Qk0=", mime_type="image/bmp"))), closed())


def test_documents_are_sent_as_documents() -> None:
    pdf = built(FEATURES["pdf"](), newer())["messages"][0]["content"][1]
    source = {"type": "base64", "media_type": "application/pdf", "data": features.PDF}
    assert pdf["source"] == source
    assert pdf["title"] == "a.pdf"
    plain = built(FEATURES["text document"](), closed())["messages"][0]["content"][1]
    assert plain["source"] == {"type": "text", "data": "words"}


# --- parameters -----


def params(shape: Shape = ANY, **given: Any) -> dict[str, Any]:
    body = built(ask(params=given), shape)
    return {k: v for k, v in body.items() if k not in ("model", "messages")}


def test_parameters_have_anthropics_names() -> None:
    given = {"max_tokens": 9, "stop": ["END", "\n"], "user": "u", "metadata": {"a": 1}}
    assert params(closed(), **given) == {
        "max_tokens": 9,
        "stop_sequences": ["END"],
        "metadata": {"a": "1", "user_id": "u"},
    }


def test_what_is_not_mentioned_is_sent_and_noted_and_the_rest_is_fitted() -> None:
    assert params(closed(), temperature=1.5, seed=1, n=1) == {"temperature": 1, "seed": 1}
    asked = ask(params={"seed": 1, "n": 2, "my_own_key": 1})
    assert sorted(told(asked, closed())) == ["n", "seed"]
    assert {"seed", "n", "my_own_key"} <= set(built(asked, closed()))
    assert not {"seed", "n"} & set(built(asked, closed(), "drop"))


def test_effort_becomes_a_budget_below_the_limit_of_the_answer() -> None:
    shape = closed()
    low = params(shape, reasoning={"effort": "low"})
    assert low == {"thinking": {"type": "enabled", "budget_tokens": 2048}}
    cut = params(shape, reasoning={"effort": "high"}, max_tokens=4000)
    assert cut["thinking"]["budget_tokens"] == 2000
    assert "thinking" not in params(shape, reasoning={"effort": "high"}, max_tokens=1000)
    large = params(shape, reasoning={"budget_tokens": 50_000})
    assert large["max_tokens"] > large["thinking"]["budget_tokens"] == 50_000
    default = params(shape, reasoning={"effort": "xhigh"})["thinking"]["budget_tokens"]
    assert 1024 <= default < 32_000
    assert params(shape, reasoning={"effort": "none"}) == {}


def test_newer_models_think_adaptively_unless_a_budget_is_given() -> None:
    shape = newer()
    assert params(shape, reasoning={"effort": "high"}) == {"thinking": {"type": "adaptive"}}
    assert params(shape, reasoning={"effort": "none"}) == {"thinking": {"type": "disabled"}}
    shown = params(shape, reasoning={"effort": "high", "summary": "auto"})
    assert shown == {"thinking": {"type": "adaptive", "display": "summarized"}}
    budget = params(shape, reasoning={"budget_tokens": 3000})
    assert budget == {"thinking": {"type": "enabled", "budget_tokens": 3000}}


def test_anthropics_own_thinking_goes_out_as_written_where_the_model_lists_it() -> None:
    own = {"type": "adaptive", "display": "omitted"}
    assert params(newer(), thinking=own) == {"thinking": own}
    mapped = params(closed(), thinking=own)["thinking"]
    assert mapped["type"] == "enabled"
    assert mapped["budget_tokens"] >= 1024
    assert params(closed(), thinking={"type": "disabled"}) == {}


def test_sampling_that_does_not_go_with_thinking_is_left_out() -> None:
    asked = FEATURES["thinking sampled"]()
    body = built(asked, closed())
    assert body["thinking"]["type"] == "enabled"
    assert not {"temperature", "top_p", "top_k"} & set(body)
    assert set(told(asked, closed())) == {"temperature", "top_p", "top_k"}


def test_a_forced_tool_wins_over_thinking() -> None:
    asked = FEATURES["thinking forced tool"]()
    body = built(asked, closed())
    assert body["tool_choice"] == {"type": "any"}
    assert "thinking" not in body
    assert "reasoning" in told(asked, closed())


def test_thinking_rests_while_a_call_without_its_thought_is_answered() -> None:
    loop = (user("?"), answer(calls=(CALL,)), result("call_1", "rain"))
    wanted = {"params": {"reasoning": {"effort": "low"}}, **TOOLS}
    assert "thinking" not in built(ask(*loop, **wanted))
    assert "thinking" in built(FEATURES["reasoning round trip"]())
    assert "thinking" in built(ask(*loop, answer("It rains."), user("ok?"), **wanted))


def test_send_sends_as_written() -> None:
    asked = ask(params={"temperature": 1.5, "seed": 1})
    body = built(asked, closed(), "send")
    assert (body["temperature"], body["seed"]) == (1.5, 1)


def test_an_unknown_model_is_called_permissively() -> None:
    body = built(
        ask(
            system("s"),
            user(text("hi", cache_control={"type": "ephemeral"})),
            params={"temperature": 2, "top_k": 3, "stop": ["x"]},
            stream=True,
            **TOOLS,
        )
    )
    assert body["temperature"] == 2
    assert body["stop_sequences"] == ["x"]
    assert body["stream"] is True
    assert body["messages"][0]["content"][0]["cache_control"] == {"type": "ephemeral"}


def test_a_request_of_nothing_but_a_system_message_asks_it() -> None:
    body = built(ask(Message("system", (text("Say hi."),))))
    assert body["messages"] == [{"role": "user", "content": "Say hi."}]
    assert "system" not in body
