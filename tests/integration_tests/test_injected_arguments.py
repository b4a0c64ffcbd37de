"""Tools with arguments that the agent injects: the model sees the others alone."""

from __future__ import annotations

import json
from typing import Annotated, Any

import pytest
from langchain.agents import create_agent
from langchain.tools import InjectedState, InjectedStore, InjectedToolCallId, ToolRuntime
from langchain_core.tools import BaseTool, InjectedToolArg, tool
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from pydantic import BaseModel

from langchain_aimlapi.emulator import Emulator, Say, ToolUse
from tests.unit_tests.langchain.helpers import MODEL, make

WIRES = [MODEL, "claude-opus-4-5", "openai/gpt-5-1-codex"]


class Tree(BaseModel):
    """A tree."""

    name: str
    children: list[Tree] = []


class Client:
    """What no JSON schema describes."""


@tool
def by_runtime(question: str, runtime: ToolRuntime) -> str:
    """Looks something up."""
    return f"{question}: {len(runtime.state['messages'])} messages"


@tool
def by_parts(
    question: str,
    state: Annotated[dict[str, Any], InjectedState],
    store: Annotated[BaseStore, InjectedStore()],
    call_id: Annotated[str, InjectedToolCallId],
) -> str:
    """Looks something up."""
    return f"{question}: {len(state['messages'])} messages, {call_id != ''}, {store is not None}"


@tool
def of_a_tree(question: Tree, runtime: ToolRuntime) -> str:
    """Counts leaves."""
    return f"{question.name}: {len(runtime.state['messages'])} messages"


@tool
async def by_client(question: str, client: Annotated[Client | None, InjectedToolArg] = None) -> str:
    """Looks something up."""
    return f"{question}: {client}"


def parameters(tool: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = tool.get("function", tool)
    return found.get("parameters") or found["input_schema"]  # type: ignore[no-any-return]  # JSON


@pytest.mark.parametrize("name", WIRES)
@pytest.mark.parametrize("used", [by_runtime, by_parts, of_a_tree], ids=lambda each: each.name)
async def test_an_agent_injects_what_the_model_never_sees(
    used: BaseTool, name: str, colour: str
) -> None:
    tree = {"name": "oak", "children": []}
    with Emulator() as api:
        question: Any = tree if used is of_a_tree else "Why"
        api.say(Say(calls=(ToolUse(used.name, {"question": question}),))).say("Thus.")
        agent: Any = create_agent(make(model=name, **api.settings()), [used], store=InMemoryStore())
        asked = {"messages": [("user", "Why?")]}
        state = agent.invoke(asked) if colour == "sync" else await agent.ainvoke(asked)
        assert "2 messages" in state["messages"][-2].content
        assert state["messages"][-1].text == "Thus."
        sent = parameters(api.requests[0].body["tools"][0])
    assert set(sent["properties"]) == {"question"}
    assert "untime" not in json.dumps(sent)


def test_an_argument_without_any_schema_may_be_injected() -> None:
    with Emulator() as api:
        make(model=MODEL, **api.settings()).bind_tools([by_client]).invoke("?")
        sent = parameters(api.requests[0].body["tools"][0])
    assert set(sent["properties"]) == {"question"}
