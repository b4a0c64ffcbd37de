"""What the emulated model says: tools, schemas, memory, limits. And the other endpoints."""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.emulator._invent import invent
from langchain_aimlapi.emulator._ledger import count_tokens, cut_pieces, cut_tokens
from langchain_aimlapi.emulator.pytest_plugin import aimlapi_emulator  # noqa: F401  # as installed

jsonschema: Any = pytest.importorskip("jsonschema")
Json = dict[str, Any]
MODEL = "mistralai/mistral-large-2512"


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def ask(api: Emulator, text: str, model: str = MODEL, **more: Any) -> Json:
    turns = [{"role": "user", "content": text}]
    body = {"model": model, "messages": turns, **more}
    answer = api.client().post("/chat/completions", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def message(body: Json, place: int = 0) -> Json:
    return dict(body["choices"][place]["message"])


def tool(name: str, /, **properties: Any) -> Json:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "parameters": schema}}


WEATHER = tool("get_weather", location={"type": "string"})
CLOCK = tool("get_time", location={"type": "string"})
ADD = tool("magic_function", input={"type": "integer"})


def called(body: Json) -> list[tuple[str, Any]]:
    calls = message(body).get("tool_calls", [])
    return [(c["function"]["name"], json.loads(c["function"]["arguments"])) for c in calls]


def test_tool_is_called_when_the_question_is_about_it(api: Emulator) -> None:
    found = called(ask(api, "What is the weather in San Francisco, CA?", tools=[WEATHER, ADD]))
    assert found == [("get_weather", {"location": "San Francisco"})]


def test_two_tools_are_called_at_once_unless_that_is_switched_off(api: Emulator) -> None:
    text = "What is the weather in Paris and what time is it in Paris?"
    both = called(ask(api, text, tools=[WEATHER, CLOCK]))
    one = called(ask(api, text, tools=[WEATHER, CLOCK], parallel_tool_calls=False))
    assert [name for name, _ in both] == ["get_weather", "get_time"]
    assert [name for name, _ in one] == ["get_weather"]


def test_no_tool_is_called_without_need_or_when_forbidden(api: Emulator) -> None:
    assert called(ask(api, "Tell me a joke.", tools=[WEATHER])) == []
    assert called(ask(api, "The weather?", tools=[WEATHER], tool_choice="none")) == []


def test_forced_tool_is_called_with_the_numbers_of_the_prompt(api: Emulator) -> None:
    forced = {"type": "function", "function": {"name": "magic_function"}}
    assert called(ask(api, "Try 7", tools=[WEATHER, ADD], tool_choice=forced)) == [
        ("magic_function", {"input": 7})
    ]
    assert called(ask(api, "magic_function, go", tools=[WEATHER, ADD], tool_choice="required")) == [
        ("magic_function", {"input": 3})
    ]


def test_quoted_text_fills_string_arguments(api: Emulator) -> None:
    create = tool("create_customer", name={"type": "string"})
    body = ask(api, "Use create_customer for '你好啊集团'", tools=[create])
    assert called(body) == [("create_customer", {"name": "你好啊集团"})]


SCHEMAS: list[Json] = [
    {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": ["string", "null"]}}},
    {"$defs": {"P": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}},
     "type": "object", "properties": {"p": {"$ref": "#/$defs/P"}}, "required": ["p"]},
    {"type": "object", "properties": {"o": {"anyOf": [{"type": "null"}, {"type": "boolean"}]}}},
    {"type": "object", "properties": {"k": {"enum": ["red", "blue"]}, "c": {"const": 5}}},
    {"type": "array", "items": {"type": "string", "minLength": 30}, "minItems": 2},
    {"type": "object", "properties": {"n": {"type": "integer", "minimum": 10, "maximum": 12}}},
    {"allOf": [{"type": "object"}, {"properties": {"d": {"type": "string", "format": "date"}}}]},
    {"$defs": {"T": {"type": "object", "properties": {"t": {"$ref": "#/$defs/T"}}}},
     "$ref": "#/$defs/T"},
]  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS)
def test_invented_value_fits_its_schema(schema: Json) -> None:
    jsonschema.validate(invent(schema, "blue, 4 of 'them'"), schema)


def test_json_schema_format_gives_json_by_the_schema(api: Emulator) -> None:
    schema = {
        "type": "object",
        "properties": {"setup": {"type": "string"}, "punchline": {"type": "string"}},
        "required": ["setup", "punchline"],
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "joke", "schema": schema}}
    body = ask(api, "A joke about cats.", response_format=wanted)
    jsonschema.validate(json.loads(message(body)["content"]), schema)


def test_json_object_has_the_keys_that_the_prompt_names(api: Emulator) -> None:
    body = ask(api, "JSON with 'setup' and 'punchline'.", response_format={"type": "json_object"})
    assert set(json.loads(message(body)["content"])) == {"setup", "punchline"}


def test_model_without_tools_drops_them(api: Emulator) -> None:
    body = ask(api, "What is the weather?", model="perplexity/sonar", tools=[WEATHER])
    assert called(body) == []


def test_name_is_remembered_and_sums_are_right(api: Emulator) -> None:
    turns = [
        {"role": "user", "content": "Hi, my name is Ada."},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "What is my name?"},
    ]
    body = api.client().post("/chat/completions", json={"model": MODEL, "messages": turns}).json()
    assert message(body)["content"] == "Your name is Ada."
    assert message(ask(api, "What is 12 times 12?"))["content"] == "12 times 12 is 144."


def test_as_many_sentences_as_asked(api: Emulator) -> None:
    text = message(ask(api, "Give me seven sentences on trees."))["content"]
    assert "trees" in text
    assert text.count(". ") + 1 == 7


def test_n_gives_n_different_choices(api: Emulator) -> None:
    body = ask(api, "Say something", model="openai/gpt-4o", n=3)
    texts = {choice["message"]["content"] for choice in body["choices"]}
    assert len(texts) == 3
    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2]


def test_stop_and_token_limit_cut_the_answer(api: Emulator) -> None:
    api.say("alpha beta gamma")
    assert message(ask(api, "x", stop=["beta"]))["content"] == "alpha "
    body = ask(api, "Write five sentences.", max_tokens=4)
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] <= 4


def test_token_limit_cuts_tool_arguments_into_broken_json(api: Emulator) -> None:
    create = tool("create", name={"type": "string"})
    body = ask(api, "create 'a very long name that goes on and on'", tools=[create], max_tokens=5)
    assert body["choices"][0]["finish_reason"] == "length"
    with pytest.raises(json.JSONDecodeError):
        called(body)


def test_logprobs_cover_the_whole_text(api: Emulator) -> None:
    body = ask(api, "hi", model="openai/gpt-4o", logprobs=True)
    tokens = body["choices"][0]["logprobs"]["content"]
    assert "".join(token["token"] for token in tokens) == message(body)["content"]


@pytest.mark.parametrize(
    ("model", "control", "thinks"),
    [
        (
            "anthropic/claude-opus-4-7",
            {"thinking": {"type": "enabled", "budget_tokens": 2048}},
            True,
        ),
        ("anthropic/claude-opus-4-7", {}, False),
        ("deepseek/deepseek-v4-pro", {}, True),
        ("alibaba/qwen3-32b", {"enable_thinking": True}, True),
        ("alibaba/qwen3-32b", {"enable_thinking": False}, False),
        ("zhipu/glm-5-3", {"thinking": {"type": "disabled"}}, False),
        (MODEL, {}, False),
    ],
)
def test_model_thinks_when_it_is_asked_to(
    api: Emulator, model: str, control: Json, thinks: bool
) -> None:
    found = message(ask(api, "hi", model=model, **control))
    assert bool(found.get("reasoning_content")) is thinks


def test_openai_reasoning_is_only_counted(api: Emulator) -> None:
    body = ask(api, "hi", model="openai/gpt-5-1")
    assert body["usage"]["completion_tokens_details"]["reasoning_tokens"] > 0
    assert not {"reasoning", "reasoning_content"} & set(message(body))


def test_same_calls_give_the_same_answers() -> None:
    def run() -> list[Json]:
        with Emulator(clock=lambda: 1.0) as api:
            return [ask(api, "hello"), ask(api, "weather?", tools=[WEATHER])]

    assert run() == run()


@given(st.text(max_size=300))
def test_pieces_join_to_the_text(text: str) -> None:
    assert "".join(cut_pieces(text)) == text


@given(st.text(max_size=200), st.integers(1, 40))
def test_cut_text_keeps_its_limit(text: str, limit: int) -> None:
    short = cut_tokens(text, limit)
    assert text.startswith(short)
    assert count_tokens(short) <= limit


# --- the other endpoints -----


def test_embeddings_of_related_texts_are_near(api: Emulator) -> None:
    texts = ["a cat sat on the mat", "the cat sat on a mat today", "quarterly tax report"]
    body = {"model": "text-embedding-3-small", "input": texts}
    answer = api.client().post("/embeddings", json=body).json()
    one, two, three = (row["embedding"] for row in answer["data"])
    near = sum(a * b for a, b in zip(one, two, strict=True))
    far = sum(a * b for a, b in zip(one, three, strict=True))
    assert answer["object"] == "list"
    assert (len(one), [row["index"] for row in answer["data"]]) == (1536, [0, 1, 2])
    assert math.isclose(sum(value * value for value in one), 1.0)
    assert near > 0.5 > far


def test_embedding_as_base64_with_dimensions(api: Emulator) -> None:
    body = {"model": "text-embedding-3-large", "input": "x", "dimensions": 64}
    client = api.client()
    plain = client.post("/embeddings", json=body).json()["data"][0]["embedding"]
    packed = client.post("/embeddings", json={**body, "encoding_format": "base64"}).json()
    values = struct.unpack("<64f", base64.b64decode(packed["data"][0]["embedding"]))
    assert values == pytest.approx(plain)


@pytest.mark.parametrize("wrong", [{"input": [[1, 2]]}, {"input": []}, {"dimensions": 0.999}, {}])
def test_embeddings_refuse_token_ids_and_wrong_sizes(api: Emulator, wrong: Json) -> None:
    body = {"model": "text-embedding-3-small", **wrong}
    assert api.client().post("/embeddings", json=body).status_code == 400


def test_embeddings_drop_keys_that_they_do_not_know(api: Emulator) -> None:
    body = {"model": "text-embedding-3-small", "input": "x", "user": "u"}
    assert api.client().post("/embeddings", json=body).status_code == 200


def test_image_link_can_be_downloaded_without_a_key(api: Emulator) -> None:
    client = api.client()
    body = {"model": "openai/gpt-image-1", "prompt": "a cat"}
    answer = client.post("/images/generations", json=body)
    link = answer.json()["data"][0]["url"]
    picture = client.get(link, headers={"Authorization": ""})
    assert picture.content.startswith(b"\x89PNG")
    packed = client.post("/images/generations", json={**body, "response_format": "b64_json"}).json()
    assert base64.b64decode(packed["data"][0]["b64_json"]) == picture.content
    assert client.get("https://aimlapi.emulator/files/none.png").status_code == 404


def test_image_edit_takes_multipart(api: Emulator) -> None:
    files = {"image": ("a.png", b"\x89PNG", "image/png")}
    fields = {"model": "openai/gpt-image-1", "prompt": "a hat", "n": "2"}
    answer = api.client().post("/images/edits", data=fields, files=files)
    assert len(answer.json()["data"]) == 2
    assert api.requests[-1].body["files"] == [("image", "a.png", 4)]
    assert api.client().post("/images/edits", json=fields).status_code == 400


def test_catalogue_filters_and_is_cached_by_etag(api: Emulator) -> None:
    client = api.client(headers={"Authorization": ""})
    every = client.get("/models")
    rows = every.json()["data"]
    assert len(rows) > 400
    assert all({"id", "aliases", "type", "info", "tags"} == set(row) for row in rows)
    same = client.get("/models", headers={"If-None-Match": every.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    two = client.get("/models?id=openai/gpt-4o&id=perplexity/sonar").json()["data"]
    assert {"openai/gpt-4o", "perplexity/sonar"} <= {row["id"] for row in two}
    full = client.get("/models?id=openai/gpt-4o&include=all").json()["data"][0]
    assert {"pricing", "modalities", "capabilities"} <= set(full)
    seeing = client.get("/models?capabilities=vision&input_modalities=audio").json()["data"]
    assert 0 < len(seeing) < len(rows)
    assert every.headers["cache-control"] == "max-age=60"
    unknown = client.get("/models?id=openai/gpt-4o&include=secrets")
    assert unknown.json()["data"][0].keys() == {"id", "aliases", "type", "info", "tags"}


def test_one_model_and_metrics(api: Emulator) -> None:
    client, root = api.client(), "https://aimlapi.emulator"
    assert client.get(f"{root}/model/openai/gpt-4o").json()["data"]["id"] == "openai/gpt-4o"
    assert client.get(f"{root}/model/openai/gpt-99").status_code == 404
    two = client.get(f"{root}/models/metrics?aliases=openai/gpt-4o&aliases=perplexity/sonar").json()
    assert [row["alias"] for row in two["models"]] == ["openai/gpt-4o", "perplexity/sonar"]
    assert set(two["models"][0]["metrics"]) == {"ttft_ms", "tps", "duration_ms"}
    comma = client.get(f"{root}/models/metrics?aliases=openai/gpt-4o,perplexity/sonar").json()
    assert comma["models"] == []
    assert client.get(f"{root}/models/metrics?model=x").status_code == 400


def test_fixture_gives_a_fresh_emulator(aimlapi_emulator: Emulator) -> None:  # noqa: F811
    assert aimlapi_emulator.requests == []
    assert set(aimlapi_emulator.settings()) == {
        "api_key",
        "base_url",
        "http_client",
        "http_async_client",
    }
