"""Options of a call that mean nothing: the cure before anything is sent, or a warning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from langchain_aimlapi import AimlapiClient
from langchain_aimlapi.bulk import Bulk
from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.errors import (
    ModelNotFoundError,
    UnsupportedFeatureError,
    UnsupportedParameterWarning,
)
from tests.unit_tests.langchain.helpers import MODEL, ask, make

WIRES = [MODEL, "claude-opus-4-5", "openai/gpt-5-1-codex"]


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"stop": 5}, r"stop=5: give a text, or a list of texts"),
        ({"extra_body": "x"}, r"extra_body is a str; give a dictionary"),
        ({"tools": "search"}, r"tools is a str; give a list of tools"),
        ({"tools": {"name": "search"}}, r"tools is a dict; give a list of tools"),
        ({"response_format": "json"}, r"response_format='json': give .*json_object"),
        ({"response_format": ["json"]}, r"response_format=\['json'\]: give"),
        ({"response_format": {"type": "json"}}, r"type 'json'; use text, json_object or json_sc"),
    ],
)
async def test_an_option_of_no_known_form_is_refused_with_the_cure(
    api: Emulator, options: dict[str, Any], words: str, colour: str
) -> None:
    for name in WIRES:
        with pytest.raises(ValueError, match=words):
            await ask(make(model=name, **api.settings()), "hello", colour, **options)
    assert not api.requests


async def test_a_schema_without_a_title_is_a_format(api: Emulator, colour: str) -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    model = make(model=MODEL, **api.settings())
    await ask(model, "hello", colour, response_format=schema)
    sent = api.requests[0].body["response_format"]
    assert sent["json_schema"]["schema"]["properties"] == schema["properties"]


@pytest.mark.parametrize("name", WIRES)
async def test_a_call_that_is_forced_without_tools_is_spoken_of(
    api: Emulator, name: str, colour: str
) -> None:
    with pytest.warns(
        UnsupportedParameterWarning, match=r"tool_choice.*there are no tools"
    ) as seen:
        await ask(make(model=name, **api.settings()), "hello", colour, tool_choice="any")
    assert len(seen) == 1
    strict = make(model=name, on_unsupported="error", **api.settings())
    with pytest.raises(UnsupportedFeatureError, match="there are no tools"):
        await ask(strict, "hello", colour, tool_choice="any")
    await ask(make(model=name, **api.settings()), "hello", colour, tool_choice="none")
    assert all("tool_choice" not in request.body for request in api.requests)


def test_what_has_an_id_but_is_no_model_is_not_called_one(api: Emulator) -> None:
    client = AimlapiClient(**api.settings())
    with pytest.raises(ModelNotFoundError, match="key is of the account that made it") as error:
        client.threads.get("nope")
    assert "model id" not in str(error.value)


def test_inputs_that_can_be_read_once_are_read_once(api: Emulator) -> None:
    bulk = Bulk(make(model=MODEL, **api.settings()))
    assert len(bulk.run(text for text in ["a", "b"]).answers) == 2  # type: ignore[arg-type]  # no list


async def test_an_answer_that_is_made_in_the_background_is_not_taken_for_an_empty_one(
    api: Emulator, colour: str
) -> None:
    api.jobs.running_polls = 0
    model = make(model="openai/gpt-5-1-codex", **api.settings())
    with pytest.warns(UnsupportedParameterWarning, match=r"made later.*responses\.resume\(id\)"):
        answer = await ask(model, "hello", colour, background=True)
    responses = AimlapiClient(**api.settings()).responses
    assert responses.resume(answer.response_metadata["id"]).result().status == "completed"
