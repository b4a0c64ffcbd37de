"""The generated file is what the generator makes of the documentation data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.catalog.codec import Reader
from langchain_aimlapi.catalog.document import packaged, read_document
from langchain_aimlapi.catalog.facts import Param, RoleFacts, Shape
from langchain_aimlapi.catalog.generate.__main__ import TARGET, main
from langchain_aimlapi.catalog.generate.document import build, render
from langchain_aimlapi.catalog.generate.documentation import Documentation
from langchain_aimlapi.catalog.generate.overrides import OVERRIDES
from langchain_aimlapi.catalog.generate.writer import Writer
from langchain_aimlapi.catalog.schema import param_of
from langchain_aimlapi.catalog.shapes import shape_of
from tests.harness import contract
from tests.harness.paths import PUBLISHED as SOURCE

needs_data = pytest.mark.skipif(
    packaged().get("form") == "live", reason="the file was made from the API's own lists"
)


@pytest.mark.slow
@needs_data
def test_models_json_is_up_to_date() -> None:
    assert main(["--source", str(SOURCE), "--check"]) == 0


@needs_data
@pytest.mark.slow
def test_check_fails_and_writes_nothing_when_the_file_differs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "models.json"
    target.write_text("{}", encoding="utf-8")
    monkeypatch.setattr("langchain_aimlapi.catalog.generate.__main__.TARGET", target)
    assert main(["--source", str(SOURCE), "--check"]) == 1
    assert target.read_text(encoding="utf-8") == "{}"
    assert "out of date" in capsys.readouterr().err
    assert main(["--source", str(SOURCE)]) == 0
    assert target.read_bytes() == TARGET.read_bytes()


@needs_data
def test_the_file_reads_back_as_the_shapes_of_the_newest_schemas() -> None:
    document = json.loads(TARGET.read_text(encoding="utf-8"))
    reader, rows, seen = Reader(document), document["models"], set()
    for model, published in contract.rows().published.items():
        for key, (path, each) in zip(rows[model].get("shapes", []), published.items(), strict=True):
            if key not in seen and "+" not in key:
                seen.add(key)
                assert reader.shape(key) == shape_of(path, each.schema)
    assert len(seen) > 350


@needs_data
def test_every_id_of_the_data_is_in_the_file() -> None:
    docs, document = Documentation(SOURCE), json.loads(TARGET.read_text(encoding="utf-8"))
    known = {*document["models"], *document["aliases"]}
    newer = json.loads((SOURCE / "newer_models.json").read_text(encoding="utf-8"))
    assert {model["id"] for model in docs.models} <= known
    assert set(docs.deprecated) <= known
    assert {model["id"] for model in newer["models"]} <= known
    assert set(newer["video_ids_live"]) <= known
    for file in sorted((SOURCE / "live").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            assert ".partial." in file.name or set(json.loads(line)["ids"]) <= known, file.name
    moved = {name for each in OVERRIDES if "status" in each.facts for name in each.ids}
    for model in docs.models:
        if model["id"] not in moved:
            assert document["models"][model["id"]]["status"] == model["status"]


@needs_data
@pytest.mark.slow
def test_the_documentation_alone_still_makes_a_catalog() -> None:
    document = build(SOURCE, newest=False)
    old = Catalog(json.loads(json.dumps(document)))
    assert len(list(old.ids())) > 900
    assert not old.find("gpt-4o").shapes["/v1/chat/completions"].roles["assistant"].null
    assert old.find("gpt-4o").prices is None
    assert set(old.find("gpt-4o").sources.values()) == {document["sources"]["docs"]}


def test_the_file_says_where_it_comes_from_and_holds_one_value_a_line() -> None:
    text = TARGET.read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    assert "f14fa72f" in document["sources"]["docs"]
    assert "2026-08-30" in document["sources"]["gateway"]
    used = {name for row in document["models"].values() for name in row.get("from", ())}
    assert used <= set(document["sources"])
    assert render(document) == text
    rows = sum(len(held) for held in document.values() if isinstance(held, dict))
    assert len(text.splitlines()) > rows


def test_reading_line_by_line_gives_what_reading_whole_gives() -> None:
    text = TARGET.read_text(encoding="utf-8")
    whole, lazy = json.loads(text), read_document(text)
    assert list(lazy) == list(whole)
    for name, value in whole.items():
        found = dict(lazy[name]) if isinstance(value, dict) else lazy[name]
        assert found == value
    with pytest.raises(ValueError, match="not a catalog document"):
        read_document("[]")


def test_a_shape_survives_the_way_through_json() -> None:
    shape = Shape(
        path="/v1/x",
        dialect="messages",
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
