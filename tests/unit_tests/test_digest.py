"""The facts and recordings in tests/data: how they are made, and that the source gives them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.harness.digest import form, openapi, recordings
from tests.harness.digest.__main__ import main
from tests.harness.digest.published import FACTS, RECORDINGS, folder
from tests.harness.paths import BESIDE

needs_source = pytest.mark.skipif(
    not BESIDE.is_dir(), reason="compares with the documentation's data, which is kept elsewhere"
)


@needs_source
def test_the_data_is_what_the_command_makes_of_the_documentation() -> None:
    assert main(["--source", str(BESIDE), "--check"]) == 0


@needs_source
def test_no_sentence_of_a_recording_is_kept() -> None:
    for path in sorted((BESIDE / "responses").glob("*.json")):
        if path.name != "index.json":
            said = _sentences(json.loads(path.read_text(encoding="utf-8")))
            kept = _sentences(json.loads((RECORDINGS / "responses" / path.name).read_text("utf-8")))
            assert not said & kept, path.name


def _sentences(value: Any) -> set[str]:
    """Every four words in a row."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return set().union(*map(_sentences, inner)) if inner else set()
    parts = re.findall(r"[A-Za-z', ]+", value) if isinstance(value, str) else []
    rows = [part.replace(",", " ").split() for part in parts]
    return {" ".join(row[at : at + 4]) for row in rows for at in range(len(row) - 3)}


def test_the_facts_are_small_and_hold_no_prose() -> None:
    text = FACTS.read_text(encoding="utf-8")
    assert len(text) < 1_500_000
    schemas = [v for k, v in form.loads(text).items() if re.fullmatch(r"schemas/[0-9a-f]+.json", k)]
    assert len(schemas) > 700
    for schema in schemas:
        assert not _keys(schema) & {"description", "example", "examples", "title", "$ref"}


def _keys(schema: Any, *, of_schema: bool = True) -> set[str]:
    """The keywords of a schema; names of properties are none."""
    if isinstance(schema, list):
        return set().union(*(_keys(each) for each in schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    inner = [_keys(v, of_schema=k != "properties") for k, v in schema.items() if k != "default"]
    return (set(schema) if of_schema else set()).union(*inner)


def test_the_folder_has_the_form_of_the_source() -> None:
    index = json.loads((folder() / "schemas" / "index.json").read_text(encoding="utf-8"))
    for operation in index["operations"]:
        for name in operation.get("request", {}).values():
            assert name is None or (folder() / "schemas" / f"{name}.json").exists()
    assert list((folder() / "transcripts").glob("*.sse"))
    assert len(list((folder() / "responses").glob("*.json"))) > 250


# --- the form of the file -----

DOCUMENTS: dict[str, Any] = {
    "models.json": {"models": [{"id": "a", "file": "x" * 40 + ".json"}, {}], "empty": []},
    "deprecated.json": {"unit": "USD", "rows": {"b": {"x": "y" * 40}, "a": {"x": "y" * 40}}},
    "schemas/1.json": {"properties": {"a": {"x": "y" * 40}, "b": [{"x": "y" * 40}]}},
    "schemas/2.json": {},
    "live/a.jsonl": [{"file": "x" * 40 + ".json"}, [1, None, "ü"]],
}


def test_documents_come_back_from_their_text_as_they_were() -> None:
    text = form.dumps(DOCUMENTS)
    assert form.loads(text) == DOCUMENTS
    assert form.dumps(form.loads(text)) == text


def test_a_value_in_several_places_stands_in_the_text_once() -> None:
    text = form.dumps(DOCUMENTS)
    assert text.count("y" * 40) == text.count("x" * 40) == 1


def test_a_changed_fact_changes_the_lines_that_say_it() -> None:
    before = form.dumps(DOCUMENTS).splitlines()
    rows = {**DOCUMENTS["deprecated.json"]["rows"], "c": {"x": "z"}}
    changed = {**DOCUMENTS, "deprecated.json": {"unit": "USD", "rows": rows}}
    after = form.dumps(changed).splitlines()
    assert set(before) < set(after)
    assert len(after) == len(before) + 1


# --- from the API's own OpenAPI -----


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (
            {"type": "string", "description": "Words.", "example": "a", "title": "T", "x-y": 1},
            {"type": "string"},
        ),
        ({"type": "integer", "nullable": True}, {"type": ["integer", "null"]}),
        (
            {"type": "string", "nullable": True, "enum": ["a"]},
            {"type": ["string", "null"], "enum": ["a", None]},
        ),
        ({"nullable": True, "description": "Anything."}, {}),
        (
            {"anyOf": [{"type": "string"}, {"nullable": True}]},
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
        ),
        ({"minimum": 0, "exclusiveMinimum": True}, {"exclusiveMinimum": 0}),
        ({"maximum": 9, "exclusiveMaximum": False}, {"maximum": 9}),
        (
            {"properties": {"title": {"type": "string", "title": "T"}}, "required": ["b", "a"]},
            {"properties": {"title": {"type": "string"}}, "required": ["a", "b"]},
        ),
        ({"type": "object", "required": True}, {"type": "object"}),
        ({"default": "x" * 201, "type": "string"}, {"type": "string"}),
        (
            {"additionalProperties": {"type": "string", "example": 1}},
            {"additionalProperties": {"type": "string"}},
        ),
        ({"items": {"$ref": "#/components/schemas/A"}}, {"items": {"type": "number"}}),
        (
            {"properties": {"a": {"type": "string"}, "b": {"$ref": "#/properties/a"}}},
            {"properties": {"a": {"type": "string"}, "b": {"type": "string"}}},
        ),
        (
            {"$ref": "#/components/schemas/Loop"},
            {"properties": {"again": {}, "a": {"type": "number"}}},
        ),
    ],
)  # fmt: skip
def test_a_published_schema_is_read_as_json_schema_without_prose(
    published: Any, expected: Any
) -> None:
    schemas = {
        "A": {"type": "number", "description": "Words."},
        "Loop": {
            "properties": {
                "again": {"$ref": "#/components/schemas/Loop"},
                "a": {"$ref": "#/components/schemas/A"},
            }
        },
    }
    document = {"paths": {}, "components": {"schemas": schemas}}
    assert openapi.converted(published, document) == expected


GROUPED = {
    "anyOf": [
        {
            "title": "gpt-x,openai/gpt-x",
            "type": "object",
            "required": ["model", "messages"],
            "properties": {
                "model": {"type": "string", "enum": ["gpt-x", "openai/gpt-x"]},
                "messages": {"type": "array", "items": {"type": "object"}},
            },
        },
        {
            "type": "object",
            "properties": {"model": {"type": "string", "enum": ["claude-x"]}},
        },
    ]
}


def chat_document(schema: Any) -> dict[str, Any]:
    answer = {"content": {"text/event-stream": {"schema": {"type": "object"}}}}
    operation = {
        "operationId": "twice",
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {200: answer},
    }
    return {"openapi": "3.0.0", "paths": {"/v1/chat/completions": {"post": operation}}}


@pytest.mark.parametrize("kind", ["json", "yaml"])
def test_the_apis_own_document_gives_ids_groups_and_schemas(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    # JSON is YAML
    (folder / f"all.{kind}").write_text(json.dumps(chat_document(GROUPED)), encoding="utf-8")
    listed = {"data": [{"id": "gpt-x", "aliases": ["x"], "info": {"contextLength": 1000}}]}
    (tmp_path / "models.json").write_text(json.dumps(listed), encoding="utf-8")
    facts = openapi.of(folder, tmp_path / "models.json")

    [operation] = facts["schemas/index.json"]["operations"]
    assert operation["models"] == ["claude-x", "gpt-x", "openai/gpt-x"]
    assert operation["model_branches"] == [["gpt-x", "openai/gpt-x"], ["claude-x"]]
    schema = facts[f"schemas/{operation['request']['application/json']}.json"]
    assert schema["anyOf"][1] == {"type": "object", "properties": {"model": {"type": "string"}}}
    claude, gpt, twin = facts["models.json"]["models"]
    assert (claude["id"], claude["status"], claude["kind"]) == ("claude-x", "documented", "chat")
    assert (gpt["status"], gpt["aliases"], gpt["context"]["database"]) == ("listed", ["x"], 1000)
    assert twin["vendor"] == "openai"
    assert gpt["endpoints"][0]["responses"]["200"]["text/event-stream"]
    assert form.loads(form.dumps(facts)) == facts


# --- recordings -----


def test_a_text_keeps_its_form_and_no_word() -> None:
    text = "Hello, World! <think>It’s 42°</think>\n\n1. **Müller** said: 你好 🙂 — extraordinarily"
    [own] = recordings.own_words([text])
    assert len(own) == len(text)
    assert len(own.encode()) == len(text.encode())
    assert re.sub(r"\w", "", own) == re.sub(r"\w", "", text)
    assert own.count("<think>") == own.count("</think>") == 1
    assert not set(re.findall(r"\w{3,}", own.lower())) & {"hello", "world", "said", "müller"}


def test_the_pieces_of_a_stream_keep_their_length_and_are_one_text() -> None:
    pieces = ["I fi", "nd", "", " huma", "nity in", "teresting", "."]
    own = recordings.own_words(pieces)
    assert [len(piece) for piece in own] == [len(piece) for piece in pieces]
    assert "".join(own) == recordings.own_words(["".join(pieces)])[0]


def test_an_id_is_another_of_its_form_and_the_same_everywhere() -> None:
    body = {
        "id": "chatcmpl-3feafc26-b625-926a-8208-d511154df1b1",
        "url": "https://cdn.example/a/3feafc26_output.png",
        "model": "claude-opus-4-5-20251101",
        "data": [0.5] * 100,
        "signature": "QUJD" * 200,
    }
    own = recordings.rewritten(body)
    assert re.fullmatch(r"chatcmpl-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", own["id"])
    assert own["id"][9:17] != "3feafc26"
    assert own["url"] == f"https://cdn.example/a/{own['id'][9:17]}_output.png"
    assert own["model"] == body["model"]
    assert len(own["data"]) == 32
    assert len(own["signature"]) == 240
    assert recordings.rewritten(body) == own


def test_a_body_that_is_quoted_in_an_error_keeps_its_form() -> None:
    told = '400 {"type":"error","error":{"type":"a_b","message":"Nothing is left here"}}'
    own = recordings.rewritten({"message": told})["message"]
    assert own[:51] == told[:51]
    assert "left" not in own
    assert set(json.loads(own[4:])["error"]) == {"type", "message"}
