"""The real charge in LangSmith's traces, on a client that only records what it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import MagicMock

import pytest
from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.language_models import FakeListChatModel
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tracers.context import tracing_v2_enabled
from langchain_core.tracers.langchain import LangChainTracer
from langsmith import Client

from langchain_aimlapi import tracing
from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.tracing import CostTracer
from tests.unit_tests.langchain.helpers import MODEL, add_up, ask, make, stream


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def client() -> MagicMock:
    mock = MagicMock(spec=Client)
    mock.tracing_queue = None
    return mock


def costs(client: MagicMock) -> list[Any]:
    """The cost of each finished run, as the client was told."""
    found = []
    for call in client.update_run.call_args_list:
        usage = call.kwargs["extra"].get("metadata", {}).get("usage_metadata")
        if usage is not None:
            found.append(usage.get("total_cost"))
    return found


@pytest.mark.parametrize("manner", ["whole", "stream"])
async def test_the_charge_of_a_call_is_in_its_trace(
    api: Emulator, client: MagicMock, manner: str, colour: str
) -> None:
    counter = UsageMetadataCallbackHandler()
    model = make(model=MODEL, **api.settings())
    config = {"callbacks": [CostTracer(client=client), counter]}
    charged = []
    for _ in range(2):
        message: Any = (
            await ask(model, "Hello", colour, config=config)
            if manner == "whole"
            else add_up(await stream(model, "Hello", colour, config=config))
        )
        charged.append(message.response_metadata["cost"])
        assert "total_cost" not in message.usage_metadata, "core's sums would break"
    assert costs(client) == charged
    assert all(isinstance(cost, float) and cost > 0 for cost in charged)
    [usage] = counter.usage_metadata.values()
    assert usage["total_tokens"] > 0


async def test_several_answers_of_one_call_are_charged_once(
    api: Emulator, client: MagicMock, colour: str
) -> None:
    model = make(model=MODEL, n=3, **api.settings())
    result = await ask(model, "Hello", colour, config={"callbacks": [CostTracer(client=client)]})
    assert costs(client) == [result.response_metadata["cost"]]


async def test_chains_and_other_models_are_traced_as_ever(
    api: Emulator, client: MagicMock, colour: str
) -> None:
    prompt = ChatPromptTemplate.from_messages([("human", "{x}")])
    config = {"callbacks": [CostTracer(client=client)]}
    await ask(prompt | FakeListChatModel(responses=["hi"]), {"x": "Hello"}, colour, config=config)
    assert costs(client) == []
    await ask(prompt | make(model=MODEL, **api.settings()), {"x": "Hello"}, colour, config=config)
    assert len(costs(client)) == 1
    assert client.create_run.call_count == 6


@pytest.fixture
def restored() -> Iterator[None]:
    before = vars(LangChainTracer)["_update_run_single"]
    yield
    LangChainTracer._update_run_single = before  # type: ignore[method-assign]  # what install did


@pytest.mark.usefixtures("restored")
async def test_every_tracer_of_a_process_can_add_the_charge(
    api: Emulator, client: MagicMock, colour: str
) -> None:
    model = make(model=MODEL, **api.settings())
    with tracing_v2_enabled(client=client):
        await ask(model, "Hello", colour)
        assert costs(client) == [None]
        tracing.install()
        tracing.install()
        message = await ask(model, "Hello", colour)
    assert costs(client) == [None, message.response_metadata["cost"]]


@pytest.mark.usefixtures("restored")
def test_a_tracer_that_is_not_known_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(LangChainTracer, "_update_run_single")
    with pytest.raises(RuntimeError, match="CostTracer"):
        tracing.install()
