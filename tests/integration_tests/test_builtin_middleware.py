"""Every middleware that LangChain has, once on a model of each wire: an agent with a tool runs to
its end, and the middleware has done its work."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents import middleware as builtin
from langchain.agents.middleware import AgentMiddleware, ModelChoice
from langchain_core.decisions import BaseDecisionModel, ChoiceAnswer, ClassifierResponse, NoulAnswer
from langchain_core.exceptions import ModelRefusalError
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from langchain_aimlapi import ChatAimlapi
from langchain_aimlapi.emulator import Emulator, Fault, Say, ToolUse
from tests.unit_tests.langchain.helpers import ask, make

MODELS = {
    "completions": "openai/gpt-4o",
    "messages": "claude-opus-4-20250514",
    "both forms": "anthropic/claude-opus-4-8",
    "responses": "openai/gpt-5-1-codex",
}
QUESTION = "What is the weather in 'Paris'?"
THREAD = {"configurable": {"thread_id": "one"}}


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"Sunny in {city}."


@tool
def get_time(zone: str) -> str:
    """The time in a zone."""
    raise ValueError(f"no such zone: {zone}")


class Decides(BaseDecisionModel):
    """The first choice, and never a risk."""

    model: str = "first"

    @property
    def _provider(self) -> str:
        return "test"

    def _classify(self, state: Any, questions: dict[str, Any]) -> ClassifierResponse:
        answers: dict[str, Any] = {}
        for name, question in questions.items():
            if question.type == "choice":
                first = next(iter(question.criteria))
                answers[name] = ChoiceAnswer(
                    type="choice", choice=first, probabilities={first: 1.0}, confidence=1.0
                )
            else:
                answers[name] = NoulAnswer(type="noul", noul=0.0)
        return ClassifierResponse(model=self.model, answers=answers)


@dataclass
class Case:
    """One middleware: how it is made, what is asked, and what must be seen afterwards."""

    make: Callable[[ChatAimlapi, Path], AgentMiddleware[Any, Any, Any]]
    seen: Callable[[dict[str, Any], Emulator], bool]
    question: Any = QUESTION
    script: Callable[[Emulator], Any] = field(default=lambda api: None)
    raises: type[Exception] | None = None


def texts(state: dict[str, Any]) -> str:
    return "\n".join(message.text for message in state["messages"])


def sunny(state: dict[str, Any], api: Emulator) -> bool:
    return "Sunny in Paris." in state["messages"][-1].text


def sent(text: str) -> Callable[[dict[str, Any], Emulator], bool]:
    return lambda state, api: text in json.dumps([request.body for request in api.requests])


def calls(name: str, **arguments: Any) -> Callable[[Emulator], Any]:
    return lambda api: api.say(Say(calls=(ToolUse(name, arguments),)))


LONG = [("user", "word " * 3000), ("ai", "ok"), ("user", QUESTION)]
CASES: dict[str, Case] = {
    "AutoModeMiddleware": Case(
        lambda m, p: builtin.AutoModeMiddleware(tools=["get_weather"], classifier=Decides()), sunny
    ),
    "ContextEditingMiddleware": Case(
        lambda m, p: builtin.ContextEditingMiddleware(
            edits=[builtin.ClearToolUsesEdit(trigger=1, keep=0)], token_count_method="model"
        ),
        sent("[cleared]"),
    ),
    "FilesystemFileSearchMiddleware": Case(
        lambda m, p: builtin.FilesystemFileSearchMiddleware(root_path=str(p), use_ripgrep=False),
        lambda state, api: "/found.txt" in texts(state),
        script=calls("glob_search", pattern="*.txt"),
    ),
    "HumanInTheLoopMiddleware": Case(
        lambda m, p: builtin.HumanInTheLoopMiddleware({"get_weather": True}), sunny
    ),
    "LLMToolEmulator": Case(
        lambda m, p: builtin.LLMToolEmulator(tools=["get_weather"], model=m),
        lambda state, api: len(api.requests) == 3,
    ),
    "LLMToolSelectorMiddleware": Case(
        lambda m, p: builtin.LLMToolSelectorMiddleware(model=m, max_tools=1),
        lambda state, api: sunny(state, api) and len(api.requests) > 2,
        script=lambda api: api.say(chooses_weather),
    ),
    "ModelCallLimitMiddleware": Case(
        lambda m, p: builtin.ModelCallLimitMiddleware(run_limit=1),
        lambda state, api: "limits exceeded" in texts(state) and len(api.requests) == 1,
    ),
    "ModelFallbackMiddleware": Case(
        lambda m, p: builtin.ModelFallbackMiddleware(m),
        sunny,
        script=lambda api: api.fault(Fault(status=404)),
    ),
    "ModelRefusalMiddleware": Case(
        lambda m, p: builtin.ModelRefusalMiddleware(),
        lambda state, api: True,
        script=lambda api: api.say(Say(refusal="I will not.")),
        raises=ModelRefusalError,
    ),
    "ModelRetryMiddleware": Case(
        lambda m, p: builtin.ModelRetryMiddleware(max_retries=1, initial_delay=0, jitter=False),
        sunny,
        script=lambda api: api.fault(Fault(status=503)),
    ),
    "ModelRouterMiddleware": Case(
        lambda m, p: builtin.ModelRouterMiddleware(
            choices={"only": ModelChoice(m, "everything")}, instructions="?", classifier=Decides()
        ),
        sunny,
    ),
    "PIIMiddleware": Case(
        lambda m, p: builtin.PIIMiddleware("email"),
        lambda state, api: sunny(state, api) and not sent("ada@example.com")(state, api),
        question=f"I am ada@example.com. {QUESTION}",
    ),
    "ProviderToolSearchMiddleware": Case(
        lambda m, p: builtin.ProviderToolSearchMiddleware(searchable_tools=["get_weather"]),
        lambda state, api: True,
        raises=ValueError,
    ),
    "ShellToolMiddleware": Case(
        lambda m, p: builtin.ShellToolMiddleware(p),
        lambda state, api: "hello from the shell" in texts(state),
        script=calls("shell", command="echo hello from the shell"),
    ),
    "SummarizationMiddleware": Case(
        lambda m, p: builtin.SummarizationMiddleware(
            m, trigger=("tokens", 1000), keep=("messages", 1)
        ),
        lambda state, api: "A short summary." in texts(state),
        question=LONG,
        script=lambda api: api.say("A short summary."),
    ),
    "TodoListMiddleware": Case(
        lambda m, p: builtin.TodoListMiddleware(),
        lambda state, api: state["todos"] == [{"content": "look", "status": "pending"}],
        script=calls("write_todos", todos=[{"content": "look", "status": "pending"}]),
    ),
    "ToolCallLimitMiddleware": Case(
        lambda m, p: builtin.ToolCallLimitMiddleware(run_limit=0),
        lambda state, api: "limit exceeded" in texts(state),
    ),
    "ToolErrorMiddleware": Case(
        lambda m, p: builtin.ToolErrorMiddleware(lambda error, request: f"sorry: {error}"),
        lambda state, api: "sorry: no such zone" in texts(state),
        script=calls("get_time", zone="Mars"),
    ),
    "ToolRetryMiddleware": Case(
        lambda m, p: builtin.ToolRetryMiddleware(max_retries=1, initial_delay=0, jitter=False),
        lambda state, api: "no such zone" in texts(state),
        script=calls("get_time", zone="Mars"),
    ),
}


def chooses_weather(body: dict[str, Any]) -> Say:
    """What the selector is asked for, in whatever way."""
    choice = {"tools": ["get_weather"]}
    if body.get("tools"):
        first = body["tools"][0]
        name = first.get("name") or first["function"]["name"]
        return Say(calls=(ToolUse(name, choice),))
    return Say(json.dumps(choice))


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.mark.parametrize(
    "wire", [pytest.param(w, marks=() if w == "messages" else pytest.mark.table) for w in MODELS]
)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore::langchain_core._api.beta_decorator.LangChainBetaWarning")
# LangChain's own shell leaves its pipes to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_middleware_of_langchain_works_on_every_wire(
    api: Emulator, name: str, wire: str, tmp_path: Path, colour: str
) -> None:
    case = CASES[name]
    (tmp_path / "found.txt").write_text("here")
    model = make(model=MODELS[wire], max_retries=0, **api.settings())
    case.script(api)
    agent: Any = create_agent(
        model, [get_weather, get_time], middleware=[case.make(model, tmp_path)],
        checkpointer=InMemorySaver(),
    )  # fmt: skip
    question = case.question if isinstance(case.question, list) else [("user", case.question)]
    if case.raises is not None:
        with pytest.raises(case.raises):
            await ask(agent, {"messages": question}, colour, config=THREAD)
        return
    state = await ask(agent, {"messages": question}, colour, config=THREAD)
    if "__interrupt__" in state:
        approval: Any = Command(resume={"decisions": [{"type": "approve"}]})
        state = await ask(agent, approval, colour, config=THREAD)
    assert case.seen(state, api), texts(state)
    last = state["messages"][-1]
    assert isinstance(last, AIMessage)
    assert not last.tool_calls
    answers = [m for m in state["messages"] if isinstance(m, AIMessage)]
    made = {call["id"] for each in answers for call in each.tool_calls}
    answered = {m.tool_call_id for m in state["messages"] if isinstance(m, ToolMessage)}
    assert made == answered
    assert any(isinstance(message, HumanMessage) for message in state["messages"])


def test_the_table_above_has_every_middleware_of_langchain() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {
            name
            for name in builtin.__all__
            if isinstance(made := getattr(builtin, name), type)
            and issubclass(made, AgentMiddleware)
            and made is not AgentMiddleware
        }
    assert found == set(CASES)
