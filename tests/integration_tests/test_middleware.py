"""Our middleware for agents: a limit of spend, and prompt caching."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ModelFallbackMiddleware, model_fallback
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from langchain_aimlapi import Catalog
from langchain_aimlapi._langchain.agents import keep_marks_on_fallback
from langchain_aimlapi._langchain.caching import CacheReport, marked_message, report_of
from langchain_aimlapi.emulator import Emulator, Fault
from langchain_aimlapi.errors import SpendLimitError
from langchain_aimlapi.middleware import PromptCaching, SpendLimit
from tests.unit_tests.langchain.helpers import MODEL, ask, make

QUESTION = {"messages": [("user", "What is the weather in 'Paris'?")]}
LONG = "You are a weather man. " * 400
MARK = {"type": "ephemeral"}


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"Sunny in {city}."


@tool
def get_time(zone: str) -> str:
    """The time in a zone."""
    return f"Noon in {zone}."


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


# --- a limit of spend -----


async def test_an_agent_ends_before_the_call_that_follows_the_limit(
    api: Emulator, colour: str
) -> None:
    model = make(model=MODEL, **api.settings())
    agent: Any = create_agent(model, [get_weather], middleware=[SpendLimit(run_limit_usd=1e-9)])
    state = await ask(agent, QUESTION, colour)
    assert "spend limit reached: this run has cost" in state["messages"][-1].text
    assert len(api.requests) == 1
    again = await ask(agent, QUESTION, colour)
    assert len(again["messages"]) == 4, "each run has its own limit"
    strict: Any = create_agent(
        model, [get_weather], middleware=[SpendLimit(run_limit_usd=1e-9, exit_behavior="error")]
    )
    with pytest.raises(SpendLimitError, match="this run") as caught:
        await ask(strict, QUESTION, colour)
    assert caught.value.spent_usd is not None
    assert caught.value.spent_usd > 0


async def test_a_limit_that_is_not_reached_changes_nothing(api: Emulator, colour: str) -> None:
    model = make(model=MODEL, **api.settings())
    limit = SpendLimit(run_limit_usd=1, thread_limit_usd=1)
    agent: Any = create_agent(model, [get_weather], middleware=[limit])
    state = await ask(agent, QUESTION, colour)
    assert "Sunny in Paris." in state["messages"][-1].text
    assert not {"run_spend_usd", "thread_spend_usd"} & set(state), "private to the middleware"


async def test_a_thread_has_a_limit_of_its_own(api: Emulator, colour: str) -> None:
    model = make(model=MODEL, **api.settings())
    agent: Any = create_agent(
        model, [], middleware=[SpendLimit(thread_limit_usd=1e-9)], checkpointer=InMemorySaver()
    )
    for thread in ("one", "two"):
        config = {"configurable": {"thread_id": thread}}
        first = await ask(agent, {"messages": [("user", "Hello")]}, colour, config=config)
        assert first["messages"][-1].text.startswith("Hello!")
        second = await ask(agent, {"messages": [("user", "Hello")]}, colour, config=config)
        assert "this thread has cost" in second["messages"][-1].text
    assert len(api.requests) == 2


@pytest.mark.parametrize(
    "arguments", [{}, {"run_limit_usd": -1}, {"run_limit_usd": 1, "exit_behavior": "stop"}], ids=str
)
def test_a_limit_that_is_none_is_refused(arguments: Any) -> None:
    with pytest.raises(ValueError, match=r"US dollars|exit_behavior"):
        SpendLimit(**arguments)


# --- prompt caching -----


def marks(body: Any) -> int:
    return json.dumps(body).count('"cache_control"')


TAKES = [MODEL, "claude-opus-4-5", "claude-opus-4-8", "anthropic/claude-opus-4.5",
         "google/gemini-2.5-flash", "deepseek/deepseek-v4-flash"]  # fmt: skip
TAKES_NOT = ["openai/gpt-5-1-codex", "claude-opus-4-20250514"]


@pytest.mark.parametrize("name", TAKES)
async def test_the_prompt_is_marked_where_a_model_takes_marks(
    api: Emulator, name: str, colour: str
) -> None:
    assert "prompt_caching" in Catalog.default().capabilities(name)
    model = make(model=name, **api.settings())
    agent: Any = create_agent(
        model, [get_weather, get_time], system_prompt=LONG, middleware=[PromptCaching()]
    )
    state = await ask(agent, QUESTION, colour)
    assert "Sunny in Paris." in state["messages"][-1].text
    for request in api.requests:
        body = request.body
        assert marks(body["tools"][-1]) == 1
        assert marks(body["tools"]) == 1
        system = body.get("system") or body["messages"][0]
        assert marks(system) == 1
        assert marks(body["messages"][-1]) == 1
        assert marks(body) == 3, "vendors take four"
    kept = [message for message in state["messages"] if "cache_control" in str(message.content)]
    assert kept == [], "marks are in no history"


def families() -> dict[str, str]:
    """A model of every vendor and wire whose models take marks, by the catalog."""
    found: dict[str, str] = {}
    for facts in Catalog.default().models(capability="prompt_caching"):
        wires = "+".join(sorted({shape.dialect for shape in facts.shapes.values()}))
        found.setdefault(f"{facts.vendor}: {wires}", facts.id)
    return found


FAMILIES = families()


@pytest.mark.parametrize(
    "family",
    [pytest.param(f, marks=pytest.mark.table if i else ()) for i, f in enumerate(FAMILIES)],
)
async def test_every_family_that_takes_marks_is_sent_them_as_a_fallback_too(
    api: Emulator, family: str, colour: str
) -> None:
    name = FAMILIES[family]
    tools = [get_weather] if "tools" in Catalog.default().capabilities(name) else []
    model, first = (make(model=one, **api.settings()) for one in (name, "claude-opus-4-5"))
    fallback = [ModelFallbackMiddleware(model), PromptCaching()]
    for chosen, middleware in ((model, fallback[1:]), (first, fallback), (first, fallback[::-1])):
        agent: Any = create_agent(chosen, tools, system_prompt=LONG, middleware=middleware)
        api.reset()
        api.fault(Fault(status=404), model="claude-opus-4-5")
        await ask(agent, QUESTION, colour)
        bodies = [one.body for one in api.requests if one.body["model"] != "claude-opus-4-5"]
        assert bodies
        for body in bodies:
            assert marks(body.get("tools", [])) == len(tools)
            assert marks(body) == 2 + len(tools), (name, middleware)


@pytest.mark.parametrize("name", TAKES_NOT)
async def test_a_model_that_takes_no_marks_is_asked_without_and_without_a_warning(
    api: Emulator, name: str, colour: str
) -> None:
    model = make(model=name, **api.settings())
    agent: Any = create_agent(
        model, [get_weather], system_prompt=LONG, middleware=[PromptCaching()]
    )
    await ask(agent, QUESTION, colour)
    assert [marks(request.body) for request in api.requests] == [0, 0]


async def test_models_of_other_providers_are_left_alone(colour: str) -> None:
    agent: Any = create_agent(FakeListChatModel(responses=["hi"]), middleware=[PromptCaching()])
    assert (await ask(agent, QUESTION, colour))["messages"][-1].text == "hi"


async def test_the_report_is_what_the_usage_says_and_what_it_is_worth(
    api: Emulator, colour: str
) -> None:
    caching = PromptCaching()
    model = make(model=MODEL, **api.settings())
    agent: Any = create_agent(model, [get_weather], system_prompt=LONG, middleware=[caching])
    states = [await ask(agent, QUESTION, colour) for _ in range(2)]
    usages = [
        message.usage_metadata
        for state in states
        for message in state["messages"]
        if isinstance(message, AIMessage) and message.usage_metadata is not None
    ]
    details = [usage.get("input_token_details", {}) for usage in usages]
    report = caching.report
    assert report.calls == len(usages) == 4
    assert report.input_tokens == sum(usage["input_tokens"] for usage in usages)
    assert report.read_tokens == sum(each.get("cache_read", 0) for each in details) > 0
    assert 0 < report.read_share < 1
    prices = Catalog.default().find(MODEL).prices
    assert prices is not None
    expected = report.read_tokens * (prices["input"] - prices["cache_read"])
    assert report.saved_usd == pytest.approx(expected)
    assert report.unpriced_calls == 0


async def test_short_conversations_can_be_left_unmarked_and_entries_can_live_longer(
    api: Emulator, colour: str
) -> None:
    model = make(model="claude-opus-4-5", **api.settings())
    agent: Any = create_agent(
        model, [get_weather], middleware=[PromptCaching(ttl="1h", min_messages=2)]
    )
    await ask(agent, QUESTION, colour)
    first, second = (request.body for request in api.requests)
    assert marks(first) == 0
    assert json.dumps(second).count('"cache_control": {"type": "ephemeral", "ttl": "1h"}') == 2
    with pytest.raises(ValueError, match="ttl"):
        PromptCaching(ttl="2h")  # type: ignore[arg-type]  # the mistake


@pytest.mark.parametrize("inner", [True, False])
async def test_a_fallback_keeps_the_marks_wherever_it_stands(
    api: Emulator, inner: bool, colour: str
) -> None:
    model, spare = (make(model=name, **api.settings()) for name in ("claude-opus-4-5", TAKES[3]))
    middleware: list[Any] = [ModelFallbackMiddleware(spare), PromptCaching()]
    agent: Any = create_agent(
        model,
        [get_weather],
        system_prompt=LONG,
        middleware=middleware if inner else middleware[::-1],
    )
    api.fault(Fault(status=404), model="claude-opus-4-5")
    await ask(agent, QUESTION, colour)
    assert [marks(request.body) for request in api.requests][:2] == [3, 3]


def test_the_list_that_fallbacks_go_by_is_as_it_was() -> None:
    """Fails where LangChain has changed what is written into: read it anew, then adapt."""
    keep_marks_on_fallback()
    assert {"anthropic-chat", "aimlapi-chat"} <= model_fallback._ANTHROPIC_LLM_TYPES


def test_marks_never_change_a_text() -> None:
    blocks = [{"type": "text", "text": "hi"}, {"type": "image", "url": "u"}]
    contents: list[Any] = ["hi", ["hi"], blocks]
    for content in contents:
        message = HumanMessage(content)
        marked = marked_message(message, MARK)
        assert marked.text == message.text == "hi"
        assert marks(marked.content) == 1
        assert marked_message(marked, MARK) is marked
    for plain in (HumanMessage(""), SystemMessage([{"type": "image", "url": "u"}])):
        assert marked_message(plain, MARK) is plain


def test_a_report_without_prices_says_so() -> None:
    usage: Any = {"input_tokens": 10, "output_tokens": 1, "total_tokens": 11,
                  "input_token_details": {"cache_read": 4, "cache_creation": 6}}  # fmt: skip
    message = AIMessage("hi", usage_metadata=usage)
    assert report_of(message, None) == CacheReport(1, 10, 4, 6, 0.0, 1)
    priced = report_of(message, {"input": 1.0, "cache_read": 0.1, "cache_creation": 1.25})
    assert priced.saved_usd == pytest.approx(4 * 0.9 - 6 * 0.25)
    assert report_of(AIMessage("hi"), None) == CacheReport()
    assert CacheReport().read_share == 0.0
