"""An agent on the emulator ends: a tool whose result is known is not called again.

Nothing is scripted here. Every dialect, every family, with a format that is a tool, and with a
choice that forces a call at every step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain.agents.structured_output import ToolStrategy
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from pydantic import BaseModel

from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.emulator import Emulator
from tests.unit_tests.langchain.helpers import make

QUESTION = "What is the weather in Oslo, and what is the time there?"
DIALECTS = ("openai/gpt-4o", "claude-opus-4-5", "openai/gpt-5-1-codex")
KINDS = ("plain", "any", "format", "one of two formats")
# The agent's graph takes two steps a turn.
STEPS = {"recursion_limit": 16}


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"It rains in {city}."


@tool
def get_time(city: str) -> str:
    """The time in a city."""
    return f"Noon in {city}."


class Report(BaseModel):
    """A weather report."""

    city: str
    degrees: int


class Excuse(BaseModel):
    """Why there is no report."""

    reason: str


class Forced(AgentMiddleware[Any, Any, Any]):
    """Every call of the model has to choose a tool."""

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        return handler(request.override(tool_choice="any"))

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        return await handler(request.override(tool_choice="any"))


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def agent_of(api: Emulator, name: str, kind: str) -> Any:
    model = make(model=name, **api.settings())
    form = {"format": Report, "one of two formats": Report | Excuse}.get(kind)
    return create_agent(
        model,
        [get_weather, get_time],
        response_format=ToolStrategy(form) if form else None,
        middleware=[Forced()] if kind == "any" else [],
    )


async def check(api: Emulator, name: str, kind: str, colour: str) -> None:
    """Two turns of one conversation, each brought to its end."""
    agent = agent_of(api, name, kind)
    messages: list[Any] = []
    for _ in range(2):
        before = len(messages)
        given = {"messages": [*messages, ("user", QUESTION)]}
        if colour == "sync":
            state = agent.invoke(given, STEPS)
        else:
            state = await agent.ainvoke(given, STEPS)
        messages = state["messages"]
        calls = Counter(
            call["name"]
            for message in messages[before:]
            if isinstance(message, AIMessage)
            for call in message.tool_calls
        )
        assert calls["get_weather"] == 1, name
        assert max(calls.values()) == 1, f"{name}: {calls}"
        if kind in ("plain", "any"):
            assert "Oslo" in messages[-1].text
        else:
            assert isinstance(state["structured_response"], Report | Excuse)
    assert all(request.status == 200 for request in api.requests)


@pytest.mark.parametrize("kind", KINDS[1::2])
@pytest.mark.parametrize("name", DIALECTS)
async def test_an_agent_ends_on_every_dialect(
    api: Emulator, name: str, kind: str, colour: str
) -> None:
    await check(api, name, kind, colour)


def families() -> list[str]:
    """One model of every vendor that takes tools."""
    found: dict[str, str] = {}
    catalog = Catalog.default()
    for facts in catalog.models(capability="tools"):
        vendor, slash, _ = facts.id.partition("/")
        if slash and facts.shutdown_at is None:
            found.setdefault(vendor, facts.id)
    return sorted(found.values())


@pytest.mark.table
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", families())
async def test_an_agent_ends_on_every_family(
    api: Emulator, name: str, kind: str, colour: str
) -> None:
    await check(api, name, kind, colour)
