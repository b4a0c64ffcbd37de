"""``/v1/responses``: what is built, held against every published request schema."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from langchain_aimlapi._dialects.responses.request import build
from langchain_aimlapi._domain.values import (
    ChatRequest,
    MediaPart,
    ReasoningPart,
    ResponseFormat,
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
    HISTORY,
    PNG,
    REASONED,
    SCHEMA,
    TOOLS,
    WEATHER,
    answer,
    ask,
    result,
    system,
    user,
)

ANY = Shape(path="/v1/responses", dialect="responses")


def shape_of(model: str) -> Shape:
    return Catalog.default().find(model).shapes["/v1/responses"]


def built(asked: ChatRequest, shape: Shape = ANY, policy: Any = "warn") -> dict[str, Any]:
    return build(asked, shape, Notes(asked.model, policy))


def items(asked: ChatRequest, shape: Shape = ANY) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = built(asked, shape)["input"]
    return found


def told(asked: ChatRequest, shape: Shape) -> list[str]:
    notes = Notes(asked.model)
    build(asked, shape, notes)
    return [name for name, _ in notes.adaptations]


def test_every_feature_of_every_model_fits_its_published_schema() -> None:
    checked, refused, seen = 0, set(), set()
    for model, shape in features.shapes("responses"):
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
    assert checked > 1000
    images = {name for name in FEATURES if "image" in name}
    assert refused == images | {"audio", "video", "pdf", "pdf url", "raw block"}


@pytest.mark.parametrize("name", FEATURES)
def test_building_edits_nothing_that_it_was_given(name: str) -> None:
    asked = FEATURES[name]()
    before = copy.deepcopy(asked)
    for shape in (ANY, shape_of("openai/gpt-5-1"), shape_of("x-ai/grok-4-3")):
        try:
            built(asked, shape)
        except UnsupportedFeatureError:
            continue
        assert asked == before


def test_a_conversation_is_a_flat_list_of_items() -> None:
    asked = ask(system("s"), *HISTORY, answer("It rains."), user("ok?", "sure?"), **TOOLS)
    assert items(asked, shape_of("openai/gpt-5-1")) == [
        {"type": "message", "role": "system", "content": "s"},
        {"type": "message", "role": "user", "content": "Weather?"},
        {
            "type": "function_call",
            "call_id": "call_1",
            "name": "get_weather",
            "arguments": '{"city": "Oslo"}',
        },
        {"type": "function_call_output", "call_id": "call_1", "output": "rain"},
        {"type": "message", "role": "assistant", "content": "It rains."},
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": "ok?"},
                {"type": "input_text", "text": "sure?"},
            ],
        },
    ]


def test_a_refusal_goes_back_as_one_with_the_id_and_status_that_are_required() -> None:
    item = items(FEATURES["refusal history"]())[1]
    assert item["content"] == [{"type": "refusal", "refusal": "No."}]
    assert item["status"] == "completed"
    assert item["id"].startswith("msg_")
    assert items(FEATURES["refusal history"]())[1] == item


def test_broken_or_missing_arguments_are_sent_as_an_object() -> None:
    def given(arguments: str) -> Any:
        call = ToolCall("c", "f", arguments)
        return json.loads(items(ask(user("?"), answer(calls=(call,))))[1]["arguments"])

    assert given("") == {}
    assert '{"a": 1' in given('{"a": 1').values()


def test_long_call_ids_are_shortened_alike_on_both_sides() -> None:
    long = "x" * 100
    found = items(ask(user("?"), answer(calls=(replace(CALL, id=long),)), result(long, "rain")))
    assert found[1]["call_id"] == found[2]["call_id"]
    assert len(found[1]["call_id"]) <= 64


def test_media_of_a_result_move_into_a_user_message_behind_all_results() -> None:
    asked = ask(
        user("?"),
        answer(calls=(CALL, replace(CALL, id="call_2"))),
        result("call_1", MediaPart("image", data=PNG, mime_type="image/png")),
        result("call_2", "rain"),
    )
    found = items(asked)
    assert [i["type"] for i in found[3:]] == [
        "function_call_output",
        "function_call_output",
        "message",
    ]
    assert found[5]["content"][1] == {
        "type": "input_image",
        "image_url": f"data:image/png;base64,{PNG}",
    }


def test_a_failed_result_says_so_once() -> None:
    assert items(FEATURES["tool result error"]())[2]["output"] == "Error: no city"
    again = ask(user("?"), answer(calls=(CALL,)), result("call_1", "Error: x", is_error=True))
    assert items(again)[2]["output"] == "Error: x"


def test_a_model_without_call_items_hears_of_calls_in_words() -> None:
    grok = shape_of("x-ai/grok-4-3")
    asked = ask(*HISTORY, **TOOLS)
    said = [item["content"] for item in items(asked, grok)]
    assert "get_weather" in said[1]
    assert "Oslo" in said[1]
    assert "rain" in said[2]
    assert {"messages.tool", "messages.tool_calls"} <= set(told(asked, grok))


def test_sealed_thoughts_go_back_whole_before_what_they_led_to() -> None:
    found = items(FEATURES["reasoning round trip"](), shape_of("openai/gpt-5-1"))
    assert found[1] == {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "Let me see."}],
        "encrypted_content": "gAAAA",
    }
    assert found[2]["type"] == "function_call"
    no_thoughts = items(FEATURES["reasoning round trip"](), shape_of("gpt-4o"))
    assert [i["type"] for i in no_thoughts] == ["message", "function_call", "function_call_output"]


def test_a_thought_from_parts_goes_back_too() -> None:
    found = items(FEATURES["reasoning parts"](), shape_of("openai/gpt-5-1"))
    assert found[1] == {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "Hm."}],
        "encrypted_content": "gAAAA",
    }
    assert found[2]["content"] == "Hello."


def test_a_thought_that_the_server_cannot_find_again_stays_here() -> None:
    bare = {k: v for k, v in REASONED.items() if k != "encrypted_content"}
    asked = ask(user("?"), answer("Hello.", reasoning_items=[bare]), user("so?"))
    shape = shape_of("openai/gpt-5-1")
    assert [i["type"] for i in items(asked, shape)] == ["message"] * 3
    stored = replace(asked, params={"store": True})
    assert [i["type"] for i in items(stored, shape)][1] == "reasoning"
    alone = ask(user("?"), answer(reasoning_items=[REASONED]), user("so?"))
    assert [i["type"] for i in items(alone, shape)] == ["message"] * 2


def test_thoughts_and_hosted_calls_keep_their_places() -> None:
    asked = ask(
        user("?"),
        answer(
            "Found.",
            reasoning_items=[REASONED, {**REASONED, "id": "rs_2", "output_index": 2}],
            server_tool_calls=[{"type": "web_search_call", "id": "ws_1", "status": "completed"}],
        ),
    )
    found = items(asked, shape_of("openai/gpt-5-1"))
    assert [i["type"] for i in found[1:]] == [
        "reasoning",
        "web_search_call",
        "reasoning",
        "message",
    ]
    assert all("index" not in i and "output_index" not in i for i in found)


def test_functions_are_flat_and_always_say_whether_they_are_strict() -> None:
    body = built(ask(tools=(WEATHER, Tool("ping", strict=True))), shape_of("gpt-4o"))
    assert body["tools"] == [
        {
            "type": "function",
            "name": "get_weather",
            "description": "Weather of a city.",
            "parameters": SCHEMA,
            "strict": False,
        },
        {
            "type": "function",
            "name": "ping",
            "parameters": {"type": "object", "properties": {}},
            "strict": True,
        },
    ]


def test_server_tools_go_out_as_they_are_or_are_refused() -> None:
    raw = {"type": "web_search_preview", "search_context_size": "low"}
    asked = ask(tools=(Tool("web_search_preview", kind="builtin", raw=raw),))
    assert built(asked, shape_of("gpt-4o"))["tools"] == [raw]
    with pytest.raises(UnsupportedFeatureError, match=r"tools\.web_search_preview"):
        built(asked, shape_of("gpt-3.5-turbo"))
    chosen = replace(asked, tool_choice=ToolChoice("named", "web_search_preview"))
    assert built(chosen, shape_of("gpt-4o"))["tool_choice"] == {"type": "web_search_preview"}


def test_web_search_is_a_server_tool_by_the_name_it_has_there() -> None:
    asked = ask(params={"web_search": True})
    assert built(asked, shape_of("gpt-4o"))["tools"] == [{"type": "web_search_preview"}]
    assert built(asked, shape_of("x-ai/grok-4-3"))["tools"] == [{"type": "web_search"}]
    assert told(asked, shape_of("gpt-3.5-turbo")) == ["web_search"]


def test_a_free_text_tool_is_a_function_where_the_model_has_no_such_tool() -> None:
    asked = FEATURES["custom history"]()
    body = built(asked, shape_of("openai/gpt-5-1"))
    assert body["tools"][0]["type"] == "function"
    assert json.loads(body["input"][1]["arguments"]) == {"__arg1": "print(1)"}
    native = built(asked)
    assert native["tools"] == [{"type": "custom", "name": "run", "description": "Run code."}]
    assert [i["type"] for i in native["input"][1:]] == [
        "custom_tool_call",
        "custom_tool_call_output",
    ]


@pytest.mark.parametrize(
    ("choice", "wire"),
    [
        (ToolChoice("auto"), "auto"),
        (ToolChoice("none"), "none"),
        (ToolChoice("required"), "required"),
        (ToolChoice("raw", raw="any"), "required"),
        (ToolChoice("named", "get_weather"), {"type": "function", "name": "get_weather"}),
        (
            ToolChoice("raw", raw={"type": "function", "function": {"name": "get_weather"}}),
            {"type": "function", "name": "get_weather"},
        ),
    ],
)
def test_each_tool_choice_has_its_spelling(choice: ToolChoice, wire: Any) -> None:
    assert built(ask(**TOOLS, tool_choice=choice), shape_of("gpt-4o"))["tool_choice"] == wire
    assert "tool_choice" not in built(ask(tool_choice=choice), shape_of("gpt-4o"))


def test_a_schema_is_asked_for_in_the_flat_form() -> None:
    wanted = ResponseFormat("json_schema", "my weather", "A weather.", SCHEMA, True)
    body = built(ask(response_format=wanted, params={"verbosity": "low"}))
    assert body["text"] == {
        "format": {
            "type": "json_schema",
            "name": "my_weather",
            "description": "A weather.",
            "schema": SCHEMA,
            "strict": True,
        },
        "verbosity": "low",
    }


def test_an_image_the_model_does_not_take_is_refused() -> None:
    with pytest.raises(UnsupportedFeatureError, match="no images"):
        built(FEATURES["image data"](), shape_of("gpt-3.5-turbo"))
    content = items(FEATURES["image data url"](), shape_of("gpt-4o"))[0]["content"]
    assert content[1] == {
        "type": "input_image",
        "image_url": f"data:image/jpeg;base64,{PNG}",
        "detail": "low",
    }


def test_documents_are_files_and_text_is_text() -> None:
    content = items(FEATURES["pdf"](), shape_of("gpt-4o"))[0]["content"]
    assert content[1] == {
        "type": "input_file",
        "filename": "a.pdf",
        "file_data": f"data:application/pdf;base64,{features.PDF}",
    }
    plain = items(FEATURES["text document"](), shape_of("x-ai/grok-4-3"))[0]["content"]
    assert plain[1] == {"type": "input_text", "text": "words"}


# --- parameters -----


def params(shape: Shape, **given: Any) -> dict[str, Any]:
    body = built(ask(params=given), shape)
    return {k: v for k, v in body.items() if k not in ("model", "input", "store", "include")}


def test_parameters_have_their_names_and_ranges_here() -> None:
    shape = shape_of("gpt-4o")
    assert params(shape, max_tokens=1, temperature=0, top_p=0, n=1) == {
        "max_output_tokens": 16,
        "temperature": 0,
        "top_p": 0.01,
    }
    assert params(shape, previous_response_id="resp_1", instructions="i", truncation="auto") == {
        "previous_response_id": "resp_1",
        "instructions": "i",
        "truncation": "auto",
    }
    asked = ask(params={"stop": ["x"], "n": 2, "seed": 1, "top_k": 1})
    own = {"stop", "n", "seed", "top_k"}
    assert set(built(asked, shape)) == {"model", "input", "store", *own}
    assert set(told(asked, shape)) == own
    assert set(built(asked, shape, "drop")) == {"model", "input", "store"}


@pytest.mark.parametrize(
    ("given", "wire"),
    [
        ({"effort": "low", "summary": "auto"}, {"effort": "low", "summary": "auto"}),
        ({"effort": "xhigh"}, {"effort": "high"}),
        ({"effort": "minimal"}, {"effort": "low"}),
        ({"effort": "none"}, {"effort": "low"}),
        ({"budget_tokens": 9000}, {"effort": "medium"}),
    ],
)
def test_reasoning_is_said_in_the_levels_of_the_model(given: Any, wire: Any) -> None:
    assert params(shape_of("openai/gpt-5-1"), reasoning=given) == {"reasoning": wire}


def test_reasoning_that_the_contract_does_not_mention_is_sent_and_noted() -> None:
    asked = ask(params={"reasoning": {"effort": "low"}})
    assert built(asked, shape_of("gpt-4o"))["reasoning"] == {"effort": "low"}
    assert "reasoning" not in built(asked, shape_of("gpt-4o"), "drop")
    assert told(asked, shape_of("gpt-4o")) == ["reasoning"]
    named = ask(params={"reasoning_effort": "none"})
    assert told(named, shape_of("gpt-4o")) == ["reasoning_effort"]


def test_nothing_is_stored_and_thoughts_are_asked_for_sealed_unless_told_otherwise() -> None:
    body = built(ask(), shape_of("openai/gpt-5-1"))
    assert (body["store"], body["include"]) == (False, ["reasoning.encrypted_content"])
    assert "include" not in built(ask(), shape_of("gpt-4o"))
    kept = built(ask(params={"store": True}), shape_of("openai/gpt-5-1"))
    assert kept["store"] is True
    assert "include" not in kept
    own = built(
        ask(params={"include": ["code_interpreter_call.outputs"]}), shape_of("openai/gpt-5-1")
    )
    assert own["include"] == ["code_interpreter_call.outputs", "reasoning.encrypted_content"]
    assert "store" not in built(ask(params={"background": True}), shape_of("openai/gpt-5-1"))


def test_send_sends_as_written() -> None:
    body = built(ask(params={"temperature": 3, "seed": 1}), shape_of("gpt-4o"), "send")
    assert (body["temperature"], body["seed"]) == (3, 1)


def test_error_raises_before_anything_is_sent() -> None:
    with pytest.raises(UnsupportedFeatureError) as caught:
        built(ask(params={"stop": ["x"]}), shape_of("gpt-4o"), "error")
    assert caught.value.field == "stop"


def test_tools_are_refused_where_there_is_no_place_for_them() -> None:
    with pytest.raises(UnsupportedFeatureError, match="tool calling"):
        built(ask(**TOOLS), replace(shape_of("gpt-4o"), tools=frozenset({"mcp"})))


def test_an_unsigned_thought_is_never_sent() -> None:
    asked = ask(user("?"), answer(ReasoningPart("secret"), "Hello."), user("so?"))
    assert "secret" not in json.dumps(built(asked))
