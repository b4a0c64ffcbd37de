"""A model over its life: caches, connections, several uses."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.load import dumpd
from langchain_core.messages import AIMessage

from langchain_aimlapi import AimlapiLLM, ChatAimlapi
from langchain_aimlapi.emulator import Emulator
from tests.unit_tests.langchain.helpers import MODEL, Recorder, ask, make, stream


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


async def test_an_answer_comes_from_the_cache_the_second_time(api: Emulator, colour: str) -> None:
    cache = InMemoryCache()
    model = make(model=MODEL, cache=cache, **api.settings())
    first = await ask(model, "Hello", colour)
    second = await ask(model, "Hello", colour)
    assert first.text == second.text
    assert len(api.requests) == 1
    await ask(model, "Hello", colour, temperature=0.3)
    await ask(make(model=MODEL, cache=cache, seed=3, **api.settings()), "Hello", colour)
    assert len(api.requests) == 3
    assert api.api_key not in str(cache._cache.keys())


async def test_a_model_that_was_changed_is_not_answered_from_the_cache_of_what_it_was(
    api: Emulator, colour: str
) -> None:
    model = make(model=MODEL, cache=InMemoryCache(), **api.settings())
    await ask(model, "Hello", colour)
    copied = model.model_copy(update={"temperature": 0.9})
    await ask(copied, "Hello", colour)
    assert api.requests[-1].body["temperature"] == 0.9
    shallow = copy.copy(copied)
    shallow.temperature = 0.1
    await ask(shallow, "Hello", colour)
    assert api.requests[-1].body["temperature"] == 0.1
    await ask(model, "Hello", colour)  # the first one still has its own
    assert len(api.requests) == 3


async def test_how_a_format_was_written_is_neither_traced_nor_another_answer(
    api: Emulator, colour: str
) -> None:
    api.say('{"name": "Ada"}', times=None)
    schema = {"title": "person", "type": "object", "properties": {"name": {"type": "string"}}}
    model = make(model=MODEL, cache=InMemoryCache(), **api.settings())
    seen = Recorder()
    config = {"callbacks": [seen]}
    await ask(model.with_structured_output(schema), "Who?", colour, config=config)
    await ask(model.with_structured_output(schema, method="json_schema"), "Who?", colour)
    assert len(api.requests) == 1
    assert "response_format_as" not in str(seen.started)


def test_a_copy_is_traced_and_dumped_as_what_it_is() -> None:
    for cls in (ChatAimlapi, AimlapiLLM):
        model: Any = cls(model=MODEL, api_key="key")
        assert "max_tokens" not in model._serialized["kwargs"]
        for copied in (model.model_copy(deep=True), copy.deepcopy(model), model.model_copy()):
            copied.max_tokens = 7
            assert copied._serialized == dumpd(copied)
            assert copied._serialized["kwargs"]["max_tokens"] == 7


async def test_a_cached_answer_keeps_what_was_said_about_it(api: Emulator, colour: str) -> None:
    model = make(model="deepseek/deepseek-v4-flash", cache=InMemoryCache(), **api.settings())
    first = await ask(model, "Why?", colour)
    second = await ask(model, "Why?", colour)
    assert isinstance(second, AIMessage)
    assert second.content_blocks == first.content_blocks
    assert second.response_metadata["id"] == first.response_metadata["id"]


async def test_a_closed_model_stays_usable(colour: str) -> None:
    with Emulator().serve() as api:
        model = make(model=MODEL, **api.settings())
        for _ in range(2):
            assert (await ask(model, "Hello", colour)).text
            assert await stream(model, "Hello", colour)
            if colour == "sync":
                model.close()
                model.close()
            else:
                await model.aclose()
                await model.aclose()
        assert len(api.requests) == 4


async def test_closing_before_the_first_call_is_nothing(colour: str) -> None:
    model = make(model=MODEL)
    if colour == "sync":
        model.close()
    else:
        await model.aclose()
    assert model.model == MODEL


async def test_a_clients_owner_closes_it(api: Emulator, colour: str) -> None:
    settings = api.settings()
    model = make(model=MODEL, **settings)
    await ask(model, "Hello", colour)
    model.close()
    await model.aclose()
    assert not settings["http_client"].is_closed
    assert not settings["http_async_client"].is_closed


async def test_a_message_survives_being_written_down(api: Emulator, colour: str) -> None:
    model = make(model="anthropic/claude-opus-4.5", **api.settings())
    for message in (await ask(model, "Hello", colour), *(await stream(model, "Hello", colour))):
        text = message.model_dump_json()
        assert json.loads(text)["response_metadata"]["model_provider"] == "aimlapi"
        assert type(message).model_validate_json(text).content_blocks == message.content_blocks
