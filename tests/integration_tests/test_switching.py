"""Any history to any model: what one family has made goes to every other and comes back.

All ordered pairs of the twelve biggest families, the big ones with each of their wire formats. A
history has thoughts, a call and its result, an image in an answer, and a server-side tool where
the family has them. It is sent to another family, which calls a tool as well, and then back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.tools import tool

from langchain_aimlapi import Catalog
from langchain_aimlapi.emulator import Emulator, Say, ToolUse
from tests.unit_tests.langchain.helpers import ask, make

FAMILIES = {
    "OpenAI, chat": "openai/gpt-4o",
    "OpenAI, responses": "openai/gpt-5-1-codex",
    "Anthropic": "claude-opus-4-5",
    "Anthropic, messages": "claude-opus-4-8",
    "Anthropic, of a router": "anthropic/claude-opus-4.5",
    "Alibaba": "alibaba/qwen-max",
    "Google": "google/gemini-3-5-flash",
    "Zhipu": "z-ai/glm-4.6",
    "DeepSeek": "deepseek/deepseek-v4-flash",
    "Mistral": "mistralai/mistral-small-3.2-24b-instruct",
    "xAI": "x-ai/grok-4-fast-reasoning",
    "Moonshot": "moonshot/kimi-k2-6",
    "MiniMax": "minimax/m2-1",
    "ByteDance": "bytedance/seed-1-8",
    "Meta": "meta/muse-spark-1.2",
}
# GLM and Mistral answer in the form of a router, whose `reasoning_details` are signed.
SIGNERS = {"OpenAI, responses", "Anthropic", "Anthropic, messages", "Google", "Zhipu", "Mistral"}
SEARCHERS = {"OpenAI, responses", "Anthropic", "Anthropic, messages"}
SAMPLE = {("OpenAI, responses", "v0"), ("Anthropic, messages", "v1")}
ROWS = [
    pytest.param(family, version, marks=() if (family, version) in SAMPLE else pytest.mark.table)
    for family in FAMILIES
    for version in ("v0", "v1")
]
CATALOG = Catalog.default()
PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
    "WjR9awAAAABJRU5ErkJggg=="
)
TEXTS = ["Weather in Paris?", "I look ☃.", "Sunny in Paris.", "It is sunny.", "And in Rome?"]
SEAL = re.compile(r"emu1[A-Za-z0-9+/=]+")  # the emulator's signatures
SEARCH: dict[str, list[dict[str, Any]]] = {
    "anthropic": [
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"q": "x"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
    ],
    "openai": [
        {"type": "web_search_call", "id": "ws_1", "status": "completed",
         "action": {"type": "search", "query": "x"}},
    ],
}  # fmt: skip
PARIS, ROME = (ToolUse("get_weather", {"city": city}) for city in ("Paris", "Rome"))
MARKS = ("srvtoolu_1", "ws_1")


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"Sunny in {city}."


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


class Talk:
    """A conversation that is carried on by one model after another."""

    def __init__(self, api: Emulator, version: str, colour: str) -> None:
        self.api = api
        self.version = version
        self.colour = colour

    async def turn(self, name: str, history: list[BaseMessage], *says: Say) -> list[BaseMessage]:
        """The history with the model's answers, and with the results of its calls."""
        model = make(
            model=name, output_version=self.version, reasoning_effort="low", **self.api.settings()
        )
        for say in says:
            self.api.say(say)
            answer = await ask(model.bind_tools([get_weather]), history, self.colour)
            assert isinstance(answer, AIMessage)
            results = [get_weather.invoke(call) for call in answer.tool_calls]
            history = [*history, answer, *results]
        return history

    async def seen_by(self, name: str, history: list[BaseMessage]) -> str:
        """The body of a request with that history."""
        await self.turn(name, history, Say("Done."))
        return json.dumps(self.api.requests[-1].body, ensure_ascii=False)


def with_search(family: str, history: list[BaseMessage]) -> list[BaseMessage]:
    """The history, its last answer made with a server-side tool where the family has such."""
    if family not in SEARCHERS:
        return history
    raw = SEARCH[str(CATALOG.find(FAMILIES[family]).vendor)]
    last = history[-1]
    if isinstance(last.content, list):  # v1
        changed: dict[str, Any] = {"content": [*raw, *last.content]}
    else:
        changed = {"additional_kwargs": {**last.additional_kwargs, "server_tool_calls": raw}}
    return [*history[:-1], last.model_copy(update=changed)]


def in_order(texts: list[str], body: str) -> bool:
    places = [body.find(json.dumps(text, ensure_ascii=False)[1:-1]) for text in texts]
    return -1 not in places and places == sorted(places)


@pytest.mark.filterwarnings("ignore::langchain_aimlapi.errors.UnsupportedParameterWarning")
@pytest.mark.parametrize(("family", "version"), ROWS)
async def test_a_history_goes_to_every_other_family_and_back(
    api: Emulator, family: str, version: str, colour: str
) -> None:
    talk = Talk(api, version, colour)
    maker = FAMILIES[family]
    vendor = CATALOG.find(maker).vendor
    made = await talk.turn(
        maker,
        [HumanMessage(TEXTS[0])],
        Say(TEXTS[1], reasoning="I should look.", calls=(PARIS,)),
        Say(TEXTS[3], reasoning="So it is.", images=(PNG,)),
    )
    made = [*with_search(family, made), HumanMessage(TEXTS[4])]
    replayed = await talk.seen_by(maker, made)
    own = set(SEAL.findall(replayed))
    assert bool(own) == (family in SIGNERS), "what a vendor has signed goes back to it"
    assert any(mark in replayed for mark in MARKS) == (family in SEARCHERS)
    for other in FAMILIES.values():
        if other == maker:
            continue
        body = await talk.seen_by(other, made)
        assert in_order(TEXTS, body), other
        foreign = CATALOG.find(other).vendor != vendor
        if foreign:
            assert not own & set(SEAL.findall(body)), other
            assert not any(mark in body for mark in MARKS), other
        both = await talk.turn(
            other,
            made,
            Say("I look, too.", reasoning="Hm.", calls=(ROME,)),
            Say("It is sunny there.", reasoning="Aha."),
        )
        back = await talk.seen_by(maker, [*both, HumanMessage("Thanks.")])
        assert in_order([*TEXTS, "I look, too.", "Sunny in Rome.", "It is sunny there."], back)
        seals = set(SEAL.findall(back))
        assert own <= seals, other
        if foreign:
            assert seals == own, f"what {other} has signed"


def test_the_table_above_has_the_biggest_families() -> None:
    sizes: dict[str, int] = {}
    for kind in ("chat", "messages", "responses"):
        for facts in CATALOG.models(kind=kind):
            if facts.vendor not in (None, "test"):
                sizes[str(facts.vendor)] = sizes.get(str(facts.vendor), 0) + 1
    biggest = sorted(sizes, key=lambda vendor: -sizes[vendor])[:11]
    shown = {CATALOG.find(name).vendor for name in FAMILIES.values()}
    assert shown >= set(biggest)
    assert len(shown) == 12
