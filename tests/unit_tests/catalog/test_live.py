"""What the API says of its models: lists, endings and schemas, read as layers of the catalog."""

from __future__ import annotations

import json
from typing import Any

import pytest

from langchain_aimlapi.catalog.live import (
    Snapshot,
    groups_by_model,
    interpret,
    live_rows,
    request_headers,
    schema_links,
)
from langchain_aimlapi.catalog.openapi import read_openapi
from langchain_aimlapi.catalog.shape import CHAT, RESPONSES
from langchain_aimlapi.catalog.shapes import shape_of
from tests.harness.evidence import catalog_of_evidence

catalog = catalog_of_evidence()
GPT: dict[str, Any] = {
    "id": "openai/gpt-4o",
    "aliases": ["gpt-4o", "gpt-4o-alias"],
    "type": "openai/chat-completions",
    "tags": [],
    "info": {
        "name": "GPT-4o",
        "developer": "Open AI",
        "contextLength": 128000,
        "outputMax": 16384,
        "releasedAt": "2025-08-07",
        "docsJson": "https://api.aimlapi.com/docs-json?model=openai%2Fgpt-4o"
        "&endpoint=openai%2Fchat-completions",
    },
    "modalities": {"input": ["image", "text"], "output": ["text"]},
    "capabilities": ["file_input", "streaming", "tools", "vision"],
    "pricing": {
        "kind": "fixed",
        "currency": "USD",
        "units": [
            {
                "name": "token",
                "content": "text",
                "origin": "provided",
                "price": 3,
                "per": 1_000_000,
            },
            {"name": "token", "content": "text", "origin": "generated", "price": 9, "per": 1e6},
            {"name": "token", "content": "text", "origin": "cached", "price": "1.5", "per": 1e6},
        ],
    },
}
NEW: dict[str, Any] = {
    "id": "openai/dream-9",
    "aliases": [],
    "type": "openai/image-generations",
    "tags": [],
    "info": {"name": "Dream 9", "developer": "Open AI"},
    "pricing": {"kind": "fixed", "units": [{"name": "image", "price": 0.04, "per": 1}]},
}
LIST = {"object": "list", "data": [GPT, NEW]}
ENDINGS = {
    "object": "list",
    "generated_at": "2026-11-26T00:00:00Z",
    "data": [
        {
            "id": "openai/gpt-4o",
            "aliases": ["gpt-4o"],
            "status": "Deprecated",
            "deprecated_at": "2026-11-01",
            "shutdown_at": "2027-02-01",
            "replaced_by": "openai/gpt-5.1",
            "reason": "consolidated",
        },
        {"id": "old/thing", "aliases": [], "status": "withdrawn", "shutdown_at": None},
        {"id": "odd/thing", "status": "resting"},
        {"id": None, "status": "withdrawn"},
    ],
}


def document(models: list[str], *, path: str = CHAT, **params: Any) -> dict[str, Any]:
    """OpenAPI 3.0 as ``GET /docs-json`` prints it."""
    user = {
        "type": "object",
        "required": ["role", "content"],
        "properties": {
            "role": {"type": "string", "enum": ["user"]},
            "content": {
                "anyOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#/x/text"}}]
            },
        },
    }
    assistant = {
        "type": "object",
        "required": ["role"],
        "properties": {
            "role": {"type": "string", "enum": ["assistant"]},
            "content": {"anyOf": [{"type": "string"}, {"nullable": True}]},
        },
    }
    schema = {
        "type": "object",
        "title": ", ".join(models),
        "required": ["model", "messages"],
        "properties": {
            "model": {"type": "string", "enum": models, "description": "The model."},
            "messages": {"type": "array", "items": {"oneOf": [user, assistant]}},
            "stream": {"type": "boolean", "default": False, "example": True},
            **params,
        },
    }
    text = {
        "type": "object",
        "required": ["type", "text"],
        "properties": {
            "type": {"type": "string", "enum": ["text"]},
            "text": {"type": "string", "description": "What is said."},
        },
    }
    return {
        "openapi": "3.0.0",
        "info": {"title": "AIML API", "version": "1"},
        "x": {"text": text},
        "paths": {
            path: {
                "post": {
                    "operationId": "_x",
                    "requestBody": {"content": {"application/json": {"schema": schema}}},
                    "responses": {"200": {"description": "ok"}},
                }
            },
            "/v1/responses/:response_id": {"get": {"responses": {}}},
        },
    }


# --- lists -----


def test_the_list_adds_prices_context_names_and_new_ids() -> None:
    new = catalog.merged(LIST)
    facts = new.find("openai/gpt-4o")
    assert (facts.name, facts.context, facts.max_output) == ("GPT-4o", 128000, 16384)
    assert facts.released == "2025-08-07"
    assert facts.prices is not None
    assert facts.prices["input"] == pytest.approx(3e-6)
    assert facts.prices["output"] == pytest.approx(9e-6)
    assert facts.prices["cache_read"] == pytest.approx(1.5e-6)
    assert facts.vendor == "openai"
    assert facts.shapes == catalog.find("openai/gpt-4o").shapes
    assert "read on" in facts.sources["prices"]
    assert new.profile("openai/gpt-4o")["max_output_tokens"] == 16384
    dream = new.find("openai/dream-9")
    assert (dream.known, dream.kind, dream.status) == (True, "image", "listed")
    assert dream.prices is not None
    assert dream.prices["per_image"] == 0.04
    assert "openai/dream-9" in [f.id for f in new.models(capability="image_generation")]
    assert catalog.find("openai/gpt-4o").name is None
    assert not catalog.find("openai/dream-9").known
    assert new.age is not None
    assert new.age < 60
    assert catalog.age is None


def test_aliases_of_the_live_list_are_found_and_share_its_prices() -> None:
    new = catalog.merged(LIST)
    assert new.find("gpt-4o-alias").prices == new.find("openai/gpt-4o").prices
    assert new.find("gpt-4o-alias").id == "gpt-4o-alias"
    # an id with its own row keeps its own facts and gains the prices of its twin
    assert new.find("gpt-4o").prices == new.find("openai/gpt-4o").prices
    assert new.find("gpt-4o").status == catalog.find("gpt-4o").status


def test_an_id_with_two_rows_has_the_words_of_both_and_one_kind() -> None:
    chat = {**NEW, "type": "openai/chat-completions", "capabilities": ["tools"]}
    for data in ([NEW, chat], [chat, NEW]):
        row = live_rows({"data": data})["openai/dream-9"]
        assert row["kind"] == "image"
        assert "tools" in row["listed_capabilities"]


def test_a_new_id_of_the_list_is_called_where_its_type_says() -> None:
    kinds = {"openai/responses": RESPONSES, "openai/chat-completions": CHAT}
    for word, path in kinds.items():
        new = catalog.merged({"data": [{**NEW, "id": "x/new", "type": word}]})
        assert next(iter(new.find("x/new").shapes)) == path


def test_the_list_does_not_change_the_kind_of_a_model_with_a_schema() -> None:
    new = catalog.merged({"data": [{**GPT, "id": "openai/o3-pro", "type": "openai/embeddings"}]})
    assert new.find("openai/o3-pro").kind == "chat"
    assert new.find("openai/o3-pro").name == "GPT-4o"


def test_entries_that_make_no_sense_are_left_out() -> None:
    odd = {"id": "odd/one", "info": "?", "aliases": [3], "pricing": [1], "type": 7, "tags": None}
    new = catalog.merged({"data": [None, 3, {}, {"id": 5}, odd]})
    assert new.find("odd/one").known
    assert new.find("odd/one").prices is None
    with pytest.raises(ValueError, match="model list"):
        catalog.merged({"object": "list"})


def test_what_a_list_says_beats_a_dated_correction() -> None:
    back = catalog.merged({"data": [{**NEW, "id": "openai/gpt-5.3-chat"}]})
    assert catalog.find("openai/gpt-5.3-chat").status == "withdrawn"
    assert back.find("openai/gpt-5.3-chat").status == "listed"


@pytest.mark.parametrize("status", [400, 404, 500])
def test_another_status_is_no_list(status: int) -> None:
    with pytest.raises(ValueError, match=str(status)):
        interpret(status, {}, b"{}", None)


def test_the_etag_is_found_in_any_spelling_and_sent_back() -> None:
    snapshot = interpret(200, {"etag": 'W/"x"'}, json.dumps(LIST).encode(), None)
    assert request_headers(snapshot)["If-None-Match"] == 'W/"x"'
    assert "If-None-Match" not in request_headers(None)
    assert "If-None-Match" not in request_headers(Snapshot(LIST))
    assert interpret(304, {}, b"", snapshot) == Snapshot(LIST, 'W/"x"', changed=False)
    with pytest.raises(ValueError, match="304"):
        interpret(304, {}, b"", None)


@pytest.mark.parametrize("etag", ["\u20ac", '"a"\r\nx: 1', "a\0", "", "x" * 10_000])
def test_an_etag_that_no_header_can_carry_is_not_sent(etag: str) -> None:
    assert "If-None-Match" not in request_headers(Snapshot(LIST, etag))


# --- endings -----


def test_what_ends_says_when_and_what_replaces_it_under_every_name() -> None:
    new = catalog.with_endings(ENDINGS)
    for name in ("openai/gpt-4o", "gpt-4o"):
        facts = new.find(name)
        assert facts.status == "deprecated"
        assert (facts.deprecated_at, facts.shutdown_at) == ("2026-11-01", "2027-02-01")
        assert facts.replacement == "openai/gpt-5.1"
        assert facts.shapes == catalog.find(name).shapes
    gone = new.find("old/thing")
    assert (gone.known, gone.status, gone.shutdown_at) == (True, "withdrawn", None)
    assert not new.find("odd/thing").known
    assert "openai/gpt-4o" not in {facts.id for facts in new.models()}
    assert "openai/gpt-4o" in {facts.id for facts in new.models(status="deprecated")}
    with pytest.raises(ValueError, match="no list under data"):
        catalog.with_endings({"data": {}})


def ended(**chain: tuple[str, str | None]) -> dict[str, Any]:
    rows = {name.replace("_", "/"): pair for name, pair in chain.items()}
    return {"data": [{"id": name, "status": status, "replaced_by": other}
                     for name, (status, other) in rows.items()]}  # fmt: skip


@pytest.mark.parametrize(
    ("chain", "replacement"),
    [
        (ended(a_1=("withdrawn", "a/2"), a_2=("withdrawn", "a/3")), "a/3"),
        (ended(a_1=("deprecated", "a/2"), a_2=("withdrawn", "gpt-4o")), "gpt-4o"),
        (ended(a_1=("superseded", "a/2"), a_2=("deprecated", "a/3")), "a/3"),
        (ended(a_1=("withdrawn", "a/2"), a_2=("deprecated", None)), "a/2"),
        (ended(a_1=("withdrawn", "a/2"), a_2=("withdrawn", None)), None),
        (ended(a_1=("withdrawn", "a/2"), a_2=("deprecated", "a/3"), a_3=("withdrawn", None)),
         "a/2"),
        (ended(a_1=("withdrawn", "a/2"), a_2=("withdrawn", "a/1")), None),
        (ended(a_1=("withdrawn", "a/1")), None),
    ],
)  # fmt: skip
def test_a_replacement_that_has_ended_itself_is_passed_over(
    chain: dict[str, Any], replacement: str | None
) -> None:
    assert catalog.with_endings(chain).find("a/1").replacement == replacement


# --- schemas -----


def test_a_schema_makes_a_stranger_known_in_full() -> None:
    effort = {"type": "string", "enum": ["off", "on"]}
    above = {"type": "number", "minimum": 0, "exclusiveMinimum": True, "nullable": True}
    new = catalog.with_schemas(
        document(["maker/zeta-1", "zeta-1"], reasoning_effort=effort, heat=above)
    )
    for name in ("maker/zeta-1", "zeta-1"):
        facts = new.find(name)
        shape = facts.shapes[CHAT]
        assert facts.known
        assert set(shape.roles) == {"user", "assistant"}
        assert shape.roles["assistant"].null
        assert shape.roles["user"].parts == frozenset({"text"})
        assert shape.tools == frozenset()
        assert shape.params is not None
        assert shape.params["reasoning_effort"].enum == ("off", "on")
        assert (shape.params["heat"].above, shape.params["heat"].types) == (0, ("number", "null"))
        assert "read on" in facts.sources[CHAT] or "own schema" in facts.sources[CHAT]
        assert facts.capabilities >= {"chat", "streaming"}
    assert not catalog.find("maker/zeta-1").known


@pytest.mark.parametrize("content", [{}, {"anyOf": [{"type": "string"}, {}]}, None])
def test_a_content_of_which_the_schema_says_nothing_may_be_anything(content: Any) -> None:
    made = document(["maker/zeta-1"])
    (printed,) = made["paths"][CHAT].values()
    schema = printed["requestBody"]["content"]["application/json"]["schema"]
    *_, assistant = schema["properties"]["messages"]["items"]["oneOf"]
    del assistant["properties"]["content"]
    if content is not None:
        assistant["properties"]["content"] = content
    (group,) = read_openapi(made)
    facts = shape_of(CHAT, group.schema).roles["assistant"]
    assert (facts.string, facts.list, facts.null, facts.absent) == (True, True, True, True)
    assert facts.parts is None


def test_a_schema_beats_what_is_generated_on_its_path_alone() -> None:
    new = catalog.with_schemas(document(["gpt-4o"]))
    assert new.find("gpt-4o").shapes[CHAT].tools == frozenset()
    assert new.find("gpt-4o").shapes[RESPONSES] == catalog.find("gpt-4o").shapes[RESPONSES]
    assert new.find("openai/gpt-4o").shapes == catalog.find("openai/gpt-4o").shapes


def test_groups_of_one_path_are_told_apart_and_prose_is_dropped() -> None:
    one, two = document(["a/one"]), document(["b/two"], temperature={"type": "number"})
    schemas = [
        each["paths"][CHAT]["post"]["requestBody"]["content"]["application/json"]["schema"]
        for each in (one, two)
    ]
    content = {"application/json": {"schema": {"anyOf": schemas}}}
    one["paths"][CHAT]["post"]["requestBody"]["content"] = content
    groups = list(read_openapi(one))
    assert [group.models for group in groups] == [("a/one",), ("b/two",)]
    assert "temperature" in groups[1].schema["properties"]
    assert "temperature" not in groups[0].schema["properties"]
    printed = json.dumps([group.schema for group in groups])
    for word in ("description", "example", "title", "What is said", "$ref", "a/one"):
        assert word not in printed


def test_a_schema_inside_itself_ends() -> None:
    odd = document(["a/one"], filter={"$ref": "#/x/filter"})
    odd["x"]["filter"] = {
        "type": "object",
        "properties": {"all": {"type": "array", "items": {"$ref": "#/x/filter"}}},
    }
    (group,) = read_openapi(odd)
    assert group.schema["properties"]["filter"]["properties"]["all"]["type"] == "array"
    assert catalog.with_schemas(odd).find("a/one").shapes[CHAT].params is not None


@pytest.mark.parametrize("wrong", [None, [], {}, {"paths": []}, {"data": []}])
def test_what_is_no_openapi_document_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="not an OpenAPI document"):
        catalog.with_schemas(wrong)


@pytest.mark.parametrize(
    "broken",
    [
        {"messages": 3},
        {"messages": {"type": "array"}},
        {"messages": {"type": "array", "items": {"oneOf": [{}, {"nullable": True}, 7]}}},
        {"messages": {"type": "array", "items": {"properties": {"role": {"enum": ["user"]}}}}},
        {"tools": {"type": "array"}},
        {"tools": {"type": "array", "items": {}}},
        {"tool_choice": {"anyOf": [{"type": "object"}, {}]}},
        {"response_format": {"type": "object"}},
        {"stream": {"type": "boolean", "enum": [False]}},
        {"x": {"$ref": "#/nowhere"}},
    ],
)
@pytest.mark.parametrize("path", [CHAT, RESPONSES, "/v1/messages", "/v1/embeddings"])
def test_an_odd_schema_gives_facts_and_no_crash(path: str, broken: dict[str, Any]) -> None:
    facts = catalog.with_schemas(document(["a/one"], path=path, **broken)).find("a/one")
    assert list(facts.shapes) == [path]
    assert facts.shapes[path].path == path


def test_the_last_document_of_a_path_counts() -> None:
    first, last = document(["a/one"], n={"type": "integer"}), document(["a/one"])
    assert "n" not in groups_by_model([first, last])["a/one"][0].schema["properties"]
    assert "n" in groups_by_model([last, first])["a/one"][0].schema["properties"]


def test_a_schema_is_asked_for_as_the_list_links_it_but_on_our_own_server() -> None:
    elsewhere = {**GPT, "info": {**GPT["info"], "docsJson": "https://evil.test/x?model=m&k=v"}}
    link = "/docs-json?model=openai%2Fgpt-4o&endpoint=openai%2Fchat-completions"
    assert schema_links(LIST, ["openai/gpt-4o"]) == [("openai/gpt-4o", link)]
    assert schema_links(LIST, ["gpt-4o"]) == [("gpt-4o", link)]
    assert schema_links({"data": [elsewhere]}, ["gpt-4o"]) == [("gpt-4o", "/docs-json?model=m")]
    assert schema_links(LIST, ["new/one"]) == [("new/one", "/docs-json?model=new%2Fone")]
    both = {**GPT, "info": {"docsJson": "/docs-json?model=openai%2Fgpt-4o&endpoint=r"}}
    assert len(schema_links({"data": [GPT, both]}, ["gpt-4o", "gpt-4o"])) == 2
