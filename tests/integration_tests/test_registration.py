"""Model strings with our prefix, in every place of LangChain that takes a model string."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ModelFallbackMiddleware, SummarizationMiddleware
from langchain.chat_models import base as chat_base
from langchain.chat_models import init_chat_model
from langchain.embeddings import base as embeddings_base
from langchain.embeddings import init_embeddings

from langchain_aimlapi import AimlapiEmbeddings, ChatAimlapi, register
from langchain_aimlapi.emulator import Emulator, Fault
from tests.unit_tests.langchain.helpers import ask

TABLE = "_BUILTIN_PROVIDERS"


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables as LangChain has them; whatever a test writes is gone after it."""
    for module in (chat_base, embeddings_base):
        table = {k: v for k, v in getattr(module, TABLE).items() if k != "aimlapi"}
        monkeypatch.setattr(module, TABLE, table)
    chat_base._get_chat_model_creator.cache_clear()
    embeddings_base._get_embeddings_class_creator.cache_clear()


@pytest.fixture
def registered(untouched: None) -> None:
    register()


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator() as emulator:
        emulator.serve()
        monkeypatch.setenv("AIMLAPI_API_KEY", emulator.api_key)
        monkeypatch.setenv("AIMLAPI_API_BASE", emulator.base_url)
        yield emulator


@pytest.mark.usefixtures("untouched")
def test_without_registering_the_string_means_nothing() -> None:
    with pytest.raises(ValueError, match="provider"):
        init_chat_model("aimlapi:openai/gpt-4o")


@pytest.mark.usefixtures("registered")
async def test_a_model_string_makes_a_chat_model(api: Emulator, colour: str) -> None:
    model = init_chat_model("aimlapi:anthropic/claude-opus-4.5", temperature=0.5)
    assert isinstance(model, ChatAimlapi)
    assert model.model == "anthropic/claude-opus-4.5"
    assert (await ask(model, "What is 2 + 3?", colour)).text == "2 + 3 is 5."
    assert api.requests[0].body["temperature"] == 0.5
    other = init_chat_model("openai/gpt-4o", model_provider="aimlapi")
    assert isinstance(other, ChatAimlapi)
    late: Any = init_chat_model(configurable_fields=("model", "model_provider"))
    config = {"configurable": {"model": "openai/gpt-4o", "model_provider": "aimlapi"}}
    assert (await ask(late, "What is 2 + 3?", colour, config=config)).text == "2 + 3 is 5."


@pytest.mark.usefixtures("registered")
async def test_a_model_string_makes_an_agent_and_its_middleware(api: Emulator, colour: str) -> None:
    agent: Any = create_agent(
        "aimlapi:openai/gpt-4o",
        middleware=[
            SummarizationMiddleware("aimlapi:gpt-4o-mini", trigger=("tokens", 10_000)),
            ModelFallbackMiddleware("aimlapi:openai/gpt-4.1"),
        ],
    )
    api.fault(Fault(status=404), model="openai/gpt-4o")
    state = await ask(agent, {"messages": [("user", "What is 2 + 3?")]}, colour)
    assert state["messages"][-1].text == "2 + 3 is 5."
    assert [request.body["model"] for request in api.requests] == [
        "openai/gpt-4o",
        "openai/gpt-4.1",
    ]


@pytest.mark.usefixtures("registered")
async def test_a_model_string_makes_embeddings(api: Emulator, colour: str) -> None:
    made = init_embeddings("aimlapi:text-embedding-3-large", dimensions=256)
    assert isinstance(made, AimlapiEmbeddings)
    found = made.embed_query("hi") if colour == "sync" else await made.aembed_query("hi")
    assert len(found) == 256


@pytest.mark.usefixtures("untouched")
def test_registering_twice_and_the_entries_of_others_change_nothing() -> None:
    before = dict(getattr(chat_base, TABLE))
    register()
    register()
    after = getattr(chat_base, TABLE)
    assert {k: v for k, v in after.items() if k != "aimlapi"} == before


@pytest.mark.parametrize("table", [None, ["openai"], {"openai": "langchain_openai"}])
@pytest.mark.usefixtures("untouched")
def test_a_table_of_another_form_is_left_alone(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings_base, TABLE, table)
    with pytest.raises(RuntimeError, match=r"langchain \d.*AimlapiEmbeddings"):
        register()
    assert "aimlapi" not in getattr(chat_base, TABLE), "nothing by halves"


def test_the_tables_are_as_they_were() -> None:
    """Fails where LangChain has changed what register() writes into: read it anew, then adapt."""
    for module, maker in (
        (chat_base, chat_base._get_chat_model_creator),
        (embeddings_base, embeddings_base._get_embeddings_class_creator),
    ):
        table = getattr(module, TABLE)
        assert table["openai"][0] == "langchain_openai"
        assert all(len(entry) == 3 and callable(entry[2]) for entry in table.values())
        with pytest.raises(ValueError, match="nonsense"):
            maker("nonsense")
