"""The catalog's file from the API's public form alone, and the difference that a person reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.catalog.document import read_document
from langchain_aimlapi.catalog.generate import difference, document, live
from langchain_aimlapi.catalog.generate.live import Saved
from langchain_aimlapi.catalog.shape import CHAT, RESPONSES
from tests.harness.evidence import catalog_of_evidence, document_of_evidence
from tests.unit_tests.catalog.test_live import ENDINGS, GPT, NEW
from tests.unit_tests.catalog.test_live import document as printed

TOOL = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"type": "string", "enum": ["function"]}},
    },
}
ZETA = {**NEW, "id": "maker/zeta-1", "type": "openai/chat-completions", "aliases": ["zeta"]}


def saved(**changes: Any) -> Saved:
    schemas = (
        printed(["openai/gpt-4o", "gpt-4o"], temperature={"type": "number", "maximum": 2}),
        printed(["maker/zeta-1", "zeta-1"], tools=TOOL),
        printed(["maker/zeta-1"], path=RESPONSES, input={"type": "string"}),
        printed(["other/unlisted"]),
    )
    given: dict[str, Any] = {
        "listed": {"data": [GPT, NEW, ZETA]},
        "endings": ENDINGS,
        "documents": schemas,
        "date": "2026-11-27",
        **changes,
    }
    return Saved(**given)


def catalog_of(made: dict[str, Any]) -> Catalog:
    return Catalog(read_document(document.render(made)))


def test_the_public_form_alone_makes_a_whole_catalog() -> None:
    found = catalog_of(live.build(saved()))
    gpt = found.find("openai/gpt-4o")
    assert (gpt.kind, gpt.name, gpt.context) == ("chat", "GPT-4o", 128000)
    assert (gpt.status, gpt.shutdown_at) == ("deprecated", "2027-02-01")
    assert gpt.prices is not None
    assert gpt.prices["input"] == pytest.approx(3e-6)
    assert (gpt.shapes[CHAT].params or {})["temperature"].maximum == 2
    assert "2026-11-27" in gpt.sources[CHAT]
    zeta = found.find("zeta-1")
    assert list(zeta.shapes) == [CHAT, RESPONSES]
    assert zeta.shapes[CHAT].tools == frozenset({"function"})
    assert zeta.listed_as == "maker/zeta-1"
    assert found.find("zeta").listed_as == "maker/zeta-1"
    assert found.find("other/unlisted").status == "documented"
    assert found.find("old/thing").status == "withdrawn"
    assert found.find("openai/dream-9").kind == "image"
    assert len(list(found.ids())) == 5


def test_the_same_answers_make_the_same_file(tmp_path: Path) -> None:
    live.save(saved(), tmp_path)
    again = live.read(tmp_path)
    first, second = document.render(live.build(saved())), document.render(live.build(again))
    assert first == second
    assert first == document.render(json.loads(first))
    shuffled = saved(listed={"data": [ZETA, NEW, GPT]})
    assert document.render(live.build(shuffled)) == first


def test_documents_are_read_as_json_or_as_yaml(tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    live.save(saved(documents=()), tmp_path)
    whole = {"openapi": "3.0.0", "paths": {}}
    for each in saved().documents:
        for path, methods in each["paths"].items():
            schemas = whole["paths"].setdefault(path, [])  # type: ignore[attr-defined]  # a dict
            if "post" in methods:
                content = methods["post"]["requestBody"]["content"]["application/json"]
                schemas.append(content["schema"])
    whole["paths"] = {
        path: {
            "post": {
                "requestBody": {"content": {"application/json": {"schema": {"anyOf": schemas}}}}
            }
        }
        for path, schemas in whole["paths"].items()  # type: ignore[attr-defined]  # a dict
    }
    whole["x"] = saved().documents[0]["x"]
    (tmp_path / "docs" / "all.yaml").write_text(yaml.safe_dump(whole), encoding="utf-8")
    assert live.build(live.read(tmp_path))["models"] == live.build(saved())["models"]


def test_an_older_file_lends_what_the_api_does_not_say() -> None:
    made = live.build(saved(documents=()), document_of_evidence())
    found, old = catalog_of(made), catalog_of_evidence()
    assert found.find("openai/gpt-4o").shapes == old.find("openai/gpt-4o").shapes
    assert found.find("openai/gpt-4o").sources == {
        **old.find("openai/gpt-4o").sources,
        "row": made["sources"]["live"],
    }
    assert found.find("openai/gpt-4o").reasons is False
    assert not found.find("maker/zeta-1").shapes[CHAT].roles, "nothing is known of its requests"
    assert "minimax/m2" not in set(found.ids()), "what no list has is gone"


def test_what_is_kept_of_an_older_reading_says_when_it_was_read() -> None:
    first = live.build(saved(date="2026-11-20"))
    second = live.build(saved(documents=(), date="2026-11-27"), first)
    third = live.build(saved(documents=(), date="2026-12-04"), second)
    for made in (second, third):
        sources = catalog_of(made).find("openai/gpt-4o").sources
        assert sources[CHAT].endswith("read on 2026-11-20")
        assert sources["row"].endswith(f"read on {made['date']}")
    anew = live.build(saved(date="2026-12-11"), third)
    assert catalog_of(anew).find("openai/gpt-4o").sources[CHAT].endswith("read on 2026-12-11")
    assert list(anew["sources"]) == ["live"], "a reading that nothing is left of"


def test_a_path_that_no_schema_is_printed_for_is_kept_and_one_that_is_printed_is_not() -> None:
    name, draws = "openai/gpt-image-1", "/v1/images/generations"
    body = {"type": "object", "properties": {"model": {"enum": [name]}, "prompt": {}}}
    printed = {"requestBody": {"content": {"application/json": {"schema": body}}}}
    document = {"openapi": "3.0.0", "paths": {draws: {"post": printed}}}
    listed = {"data": [{**ZETA, "id": name, "type": "openai/image-generations"}]}
    found = catalog_of(
        live.build(saved(listed=listed, documents=(document,)), document_of_evidence())
    )
    assert list(found.find(name).shapes) == [draws, "/v1/images/edits"]
    assert set(found.find(name).shapes[draws].params or {}) == {"prompt"}


def test_what_the_list_says_beats_a_correction_by_hand_and_the_rest_is_kept() -> None:
    rows = [{**ZETA, "id": name} for name in ("openai/gpt-5.3-chat", "minimax/m2")]
    found = catalog_of(live.build(saved(listed={"data": rows}, documents=(), endings=None)))
    assert found.find("openai/gpt-5.3-chat").status == "listed"
    assert found.find("minimax/m2").thinks_inline


# --- the difference -----


def test_nothing_is_said_where_nothing_changed() -> None:
    made = live.build(saved())
    assert difference.describe(made, made).splitlines() == [
        "# Catalog: 2026-11-27 -> 2026-11-27", "", "Nothing changed.",
    ]  # fmt: skip


def test_a_person_reads_what_was_added_what_ends_and_which_parameters_changed() -> None:
    old = live.build(saved(endings=None, date="2026-11-20"))
    cheaper = {**GPT, "pricing": {**GPT["pricing"], "units": GPT["pricing"]["units"][1:]}}
    new = live.build(
        saved(
            listed={"data": [cheaper, {**ZETA, "id": "maker/eta-1", "aliases": []}, ZETA]},
            documents=(
                printed(["openai/gpt-4o"], temperature={"type": "number", "maximum": 1}),
                printed(["maker/zeta-1"], tools=TOOL, seed={"type": "integer"}),
                printed(["other/unlisted"]),
            ),
        )
    )
    lines = difference.describe(old, new).splitlines()
    assert lines[0] == "# Catalog: 2026-11-20 -> 2026-11-27"
    for line in (
        "## Added (2)",
        "- `maker/eta-1` (chat)",
        "- `old/thing` (no kind)",
        "- `openai/gpt-4o`: deprecated on 2027-02-01, use `openai/gpt-5.1`",
        "- `openai/dream-9`",
        "- /v1/chat/completions: parameter `seed` added — `maker/zeta-1`",
        "- /v1/responses: no longer served there — `maker/zeta-1`",
        "- /v1/chat/completions: parameter `temperature` number ..2 -> number ..1"
        " — `openai/gpt-4o`",
        "- `openai/gpt-4o`: prices for a million tokens input 3, output 9, cache_read 1.5"
        " -> output 9, cache_read 1.5",
    ):
        assert line in lines, line


def test_ids_that_changed_alike_stand_together_and_a_long_list_is_counted() -> None:
    names = [f"maker/model-{number}" for number in range(70)]
    rows = {"data": [{**ZETA, "id": name, "aliases": []} for name in names]}
    old = live.build(saved(listed=rows, documents=(printed(names),)))
    new = live.build(saved(listed=rows, documents=(printed(names, seed={"type": "integer"}),)))
    (line,) = [each for each in difference.describe(old, new).splitlines() if "seed" in each]
    assert line.endswith("and 10 more")
    assert line.count("maker/model-") == 60
