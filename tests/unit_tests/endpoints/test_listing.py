"""The documented rows of the model list, and others that a list may hold."""

from __future__ import annotations

import json

import pytest

from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.endpoints.listing import ListedModel, Unit, _parse_list
from langchain_aimlapi.errors import InvalidResponseError

# The complete model list page of docs.aimlapi.com, read 2026-08-21.
PLAIN = {
    "id": "openai/gpt-4o",
    "info": {
        "releasedAt": "2025-08-07", "name": "GPT-4o", "developer": "Open AI",
        "contextLength": 128000, "outputMax": 16384,
    },
    "type": "openai/chat-completions",
    "aliases": ["gpt-4o"],
    "tags": ["playground:chat", "tier:tier_2"],
}  # fmt: skip
SECTIONS = {
    "id": "openai/gpt-4o",
    "modalities": {"input": ["image", "text"], "output": ["text"]},
    "capabilities": ["file_input", "tools", "vision"],
    "pricing": {
        "kind": "fixed",
        "currency": "USD",
        "units": [{"name": "token", "measure": "output", "price": 3.25, "per": 1000000}],
    },
}


def read(*rows: object) -> tuple[ListedModel, ...]:
    body = json.dumps({"object": "list", "data": rows}).encode()
    return _parse_list(Response(200, {}, body), Policy())


def test_the_documented_rows_are_read() -> None:
    plain, sections = read(PLAIN, SECTIONS)
    assert (plain.name, plain.context_tokens, plain.output_tokens) == ("GPT-4o", 128000, 16384)
    assert (plain.aliases, plain.tags[1]) == (("gpt-4o",), "tier:tier_2")
    assert sections.units == (Unit("token", 3.25, 1000000.0),)
    assert (sections.inputs, sections.outputs) == (("image", "text"), ("text",))


@pytest.mark.parametrize("row", [None, 3, {}, {"id": ""}, {"id": 7}])
def test_what_is_no_row_is_passed_over(row: object) -> None:
    assert [each.id for each in read(row, PLAIN)] == ["openai/gpt-4o"]


@pytest.mark.parametrize("pricing", [None, [], {"units": 3}, {"variants": [{"price": "x"}]}])
def test_prices_that_make_no_sense_are_none(pricing: object) -> None:
    (row,) = read({**PLAIN, "pricing": pricing})
    assert all(unit.price == 0 for unit in row.units)


def test_a_list_that_is_none_is_an_error() -> None:
    with pytest.raises(InvalidResponseError):
        _parse_list(Response(200, {}, b'{"data": {}}'), Policy())
