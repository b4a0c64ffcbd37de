"""The generated file is what the generator makes of the documentation data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi.catalog.codec import Reader
from langchain_aimlapi.catalog.facts import Param, RoleFacts, Shape
from langchain_aimlapi.catalog.generate import (
    TARGET,
    Documentation,
    endpoints_of,
    main,
    render,
)
from langchain_aimlapi.catalog.schema import param_of
from langchain_aimlapi.catalog.shapes import shape_of
from langchain_aimlapi.catalog.writer import Writer
from tests.harness.paths import SHARED as SOURCE

needs_data = pytest.mark.skipif(
    not SOURCE.is_dir(), reason="the API's documentation data (../shared/api) is not here"
)


@needs_data
def test_models_json_is_up_to_date() -> None:
    assert main(["--source", str(SOURCE), "--check"]) == 0


@needs_data
def test_check_fails_and_writes_nothing_when_the_file_differs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "models.json"
    target.write_text("{}", encoding="utf-8")
    monkeypatch.setattr("langchain_aimlapi.catalog.generate.TARGET", target)
    assert main(["--source", str(SOURCE), "--check"]) == 1
    assert target.read_text(encoding="utf-8") == "{}"
    assert "out of date" in capsys.readouterr().err
    assert main(["--source", str(SOURCE)]) == 0
    assert target.read_bytes() == TARGET.read_bytes()


@needs_data
def test_the_file_reads_back_as_the_shapes_of_the_schemas() -> None:
    docs, reader = Documentation(SOURCE), Reader(json.loads(TARGET.read_text(encoding="utf-8")))
    rows = json.loads(TARGET.read_text(encoding="utf-8"))["models"]
    seen = set()
    for model in docs.models:
        keys = rows[model["id"]].get("shapes", [])
        for key, (path, endpoint) in zip(keys, endpoints_of(model).items(), strict=True):
            if key not in seen:
                seen.add(key)
                _, schema = docs.schema(endpoint["request"], model["id"])
                assert reader.shape(key) == shape_of(path, schema)
    assert len(seen) > 350


@needs_data
def test_every_id_of_the_documentation_data_is_in_the_file() -> None:
    docs = Documentation(SOURCE)
    rows = json.loads(TARGET.read_text(encoding="utf-8"))["models"]
    assert {model["id"] for model in docs.models} <= set(rows)
    assert set(docs.deprecated) <= set(rows)
    assert all(rows[model["id"]]["status"] == model["status"] for model in docs.models)


def test_the_file_says_where_it_comes_from_and_holds_one_value_a_line() -> None:
    text = TARGET.read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    assert (document["source"], document["commit"]) == ("aimlapi/api-docs", "f14fa72f")
    assert document["date"] == "2026-08-21"
    assert render(document) == text
    rows = sum(len(held) for held in document.values() if isinstance(held, dict))
    assert len(text.splitlines()) > rows


def test_a_shape_survives_the_way_through_json() -> None:
    shape = Shape(
        path="/v1/x",
        dialect="messages",
        accepts_openai=True,
        roles={"user": RoleFacts(null=False, parts=frozenset({"text"}), max_parts=5)},
        parts={"text": {"keys": ["text", "type"], "required": ["text"]}},
        tools=frozenset(),
        function_keys=frozenset({"name"}),
        params={
            "a": Param(types=("number",), minimum=0, maximum=0.0, default=False),
            "b": Param(variants=(Param(types=("string",)), Param(items=Param(enum=(None, 1))))),
            "c": Param(properties={"d": Param(closed=True)}, required=("d",), values=Param()),
        },
        required=frozenset({"a"}),
        items={},
        other=Shape(streams=False, params=None),
    )
    writer = Writer()
    writer.add("k", shape)
    document = {
        "params": writer.params.rows,
        "roles": writer.roles.rows,
        "parts": writer.parts.rows,
        "shapes": writer.shapes,
    }
    assert Reader(json.loads(json.dumps(document))).shape("k") == shape


def test_a_union_keeps_what_each_alternative_says() -> None:
    thinking = param_of(
        {
            "oneOf": [
                {
                    "type": "object",
                    "required": ["type", "budget_tokens"],
                    "properties": {
                        "type": {"enum": ["enabled"], "type": "string"},
                        "budget_tokens": {"type": "integer", "minimum": 1024},
                    },
                },
                {
                    "type": "object",
                    "required": ["type"],
                    "properties": {"type": {"enum": ["disabled"], "type": "string"}},
                },
            ]
        }
    )
    assert thinking.properties["type"].enum == ("enabled", "disabled")
    assert thinking.properties["budget_tokens"].minimum == 1024
    assert thinking.required == ("type",)
    assert len(thinking.variants) == 2


def test_a_plain_string_swallows_the_narrower_one_beside_it() -> None:
    assert param_of({"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "string"}]}) == Param(
        types=("string",)
    )
