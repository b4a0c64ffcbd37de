"""What is spent: the sum of the API's charges, and a limit that stops before the next call."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.caches import InMemoryCache
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import HumanMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool

from langchain_aimlapi import AimlapiClient, AimlapiEmbeddings, Catalog
from langchain_aimlapi.emulator import Emulator, Fault
from langchain_aimlapi.errors import (
    AimlapiError,
    RateLimitError,
    SpendLimitError,
    StreamInterrupted,
)
from langchain_aimlapi.spend import Spend, expected_usd, track_spend
from tests.unit_tests.langchain.helpers import MODEL, add_up, ask, make, stream

OTHER = "deepseek/deepseek-v4-flash"


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def balance(api: Emulator) -> float:
    return AimlapiClient(**api.settings()).billing().amount


async def test_the_ledger_has_every_charge_by_model_and_by_tag(api: Emulator, colour: str) -> None:
    model, other = (make(model=name, **api.settings()) for name in (MODEL, OTHER))
    with track_spend() as spend:
        one = await ask(model, "Hello", colour, config={"tags": ["team-a"]})
        two = add_up(await stream(other, "Hello", colour, config={"tags": ["team-a", "night"]}))
        three = await ask(other, "Hello", colour)
    costs = [message.response_metadata["cost"] for message in (one, two, three)]
    assert spend.total.usd == pytest.approx(sum(costs))
    assert spend.total.calls == 3
    assert {name: total.usd for name, total in spend.by_model.items()} == pytest.approx(
        {MODEL: costs[0], OTHER: costs[1] + costs[2]}
    )
    assert {name: total.calls for name, total in spend.by_tag.items()} == {"team-a": 2, "night": 1}
    await ask(model, "Hello", colour)
    assert spend.total.calls == 3, "what comes after it is not counted"


async def test_the_sum_is_what_the_account_was_charged_whatever_runs_at_once(
    api: Emulator, colour: str
) -> None:
    before = balance(api)
    model = make(model=MODEL, max_retries=5, **api.settings())
    chain = ChatPromptTemplate.from_messages([("human", "Hello {x}")]) | model
    api.fault(Fault(status=503, retry_after=0), times=5)
    inputs: list[Any] = [{"x": str(at)} for at in range(50)]
    with track_spend() as spend:
        if colour == "sync":
            chain.batch(inputs, {"max_concurrency": 10})
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(lambda one: chain.invoke(one, {"callbacks": [spend]}), inputs[:8]))
        else:
            await asyncio.gather(*(chain.ainvoke(one) for one in inputs))
            await asyncio.gather(*(stream(chain, one, colour) for one in inputs[:8]))
    assert spend.total.calls == 58
    assert spend.total.usd == pytest.approx(before - balance(api), abs=1e-9)
    assert spend.total.usd > 0


async def test_embeddings_and_images_count_and_what_is_free_does_not(
    api: Emulator, colour: str
) -> None:
    before = balance(api)
    embeddings = AimlapiEmbeddings(model="text-embedding-3-large", **api.settings())
    client = AimlapiClient(**api.settings())
    with track_spend() as spend:
        if colour == "sync":
            embeddings.embed_documents(["a", "b"])
            client.images.generate(model="flux/schnell", prompt="a cat")
            client.billing()
        else:
            await embeddings.aembed_documents(["a", "b"])
            await client.images.agenerate(model="flux/schnell", prompt="a cat")
            await client.abilling()
    assert set(spend.by_model) == {"text-embedding-3-large", "flux/schnell"}
    assert spend.total.calls == 2
    assert spend.total.usd == pytest.approx(before - balance(api), abs=1e-9)


async def test_no_call_is_sent_once_the_limit_is_reached(api: Emulator, colour: str) -> None:
    model = make(model=MODEL, **api.settings())
    with track_spend() as free:
        await ask(model, "Hello", colour)
    one = free.total.usd
    sent = len(api.requests)
    with track_spend(limit_usd=one * 2.5) as spend:
        await ask(model, "Hello", colour)
        await ask(model, "Hello", colour)
        for call in (ask, stream):
            with pytest.raises(SpendLimitError, match="limit of") as caught:
                await call(model, "Hello", colour)
    assert len(api.requests) == sent + 2
    assert caught.value.limit_usd == one * 2.5
    assert caught.value.spent_usd == pytest.approx(one * 2)
    assert isinstance(caught.value, AimlapiError)
    assert spend.total.usd <= one * 2.5
    assert spend.left_usd == pytest.approx(one * 0.5)


async def test_calls_at_the_same_time_do_not_pass_the_limit_together(api: Emulator) -> None:
    model = make(model=MODEL, **api.settings())
    with track_spend() as free:
        await model.ainvoke("Hello")
    limit = free.total.usd * 5.5
    with track_spend(limit_usd=limit) as spend:
        await model.ainvoke("Hello")  # the price of one is known from here
        results = await asyncio.gather(
            *(model.ainvoke("Hello") for _ in range(50)), return_exceptions=True
        )
    refused = [each for each in results if isinstance(each, SpendLimitError)]
    assert len(refused) == 46
    assert spend.total.usd <= limit
    assert spend.total.calls == 5


def test_the_first_call_is_judged_by_the_price_list() -> None:
    prices = Catalog.default().find(MODEL).prices
    assert prices is not None
    long = [HumanMessage("word " * 10_000)]
    usd = expected_usd(MODEL, list(long), {"max_tokens": 1_000})
    assert usd == pytest.approx(10_000 * prices["input"] + 1_000 * prices["output"], rel=0.2)
    assert expected_usd("an/unknown-model", list(long), {}) is None
    with Emulator() as api, track_spend(limit_usd=0.001):
        model = make(model=MODEL, **api.settings())
        with pytest.raises(SpendLimitError):
            model.invoke(list(long))
        assert api.requests == []


async def test_what_fails_costs_nothing_and_what_breaks_off_is_estimated(
    api: Emulator, colour: str
) -> None:
    model = make(model=MODEL, max_retries=0, **api.settings())
    with track_spend() as spend:
        await ask(model, "Hello", colour)
        known = spend.total.usd
        api.fault(Fault(status=429))
        with pytest.raises(RateLimitError):
            await ask(model, "Hello", colour)
        assert (spend.total.usd, spend.total.unknown_calls) == (known, 0)
        api.fault(Fault(cut_after=2))
        with pytest.raises(StreamInterrupted):
            await stream(model, "Tell me a story in three sentences.", colour)
        if colour == "sync":
            chunks: Any = model.stream("Tell me a story in three sentences.")
            next(chunks)
            chunks.close()
        else:
            chunks = model.astream("Tell me a story in three sentences.")
            await anext(chunks)
            await chunks.aclose()
    assert spend.total.usd == known
    assert spend.total.calls == 4
    assert spend.total.unknown_calls == 2
    assert spend.total.estimated_usd == pytest.approx(2 * known)


async def test_a_hit_of_the_cache_and_other_providers_cost_nothing(
    api: Emulator, colour: str
) -> None:
    model = make(model=MODEL, cache=InMemoryCache(), **api.settings())
    with track_spend() as spend:
        first = await ask(model, "Hello", colour)
        await ask(model, "Hello", colour)
        await ask(FakeListChatModel(responses=["hi"]), "Hello", colour)
    assert spend.total.usd == first.response_metadata["cost"]
    assert spend.total.calls == 2


async def test_ledgers_within_ledgers_count_in_all_and_each_limit_holds(
    api: Emulator, colour: str
) -> None:
    model = make(model=MODEL, **api.settings())
    with track_spend() as outer:
        await ask(model, "Hello", colour)
        one = outer.total.usd
        with track_spend(limit_usd=10) as inner:
            await ask(model, "Hello", colour)
        assert inner.total.calls == 1
        assert outer.total.calls == 2
    with track_spend(limit_usd=one / 2) as outer, track_spend(limit_usd=10) as inner:
        with pytest.raises(SpendLimitError):
            await ask(model, "Hello " * 1_000, colour)
        assert inner.left_usd == 10, "nothing stays set aside"


async def test_a_limit_ends_an_agent_with_all_its_tools(api: Emulator, colour: str) -> None:
    model = make(model=MODEL, **api.settings())

    @tool
    def think(about: str) -> str:
        """Think about something, with a model of its own."""
        return model.invoke(f"Think about {about}").text

    agent: Any = create_agent(model, [think])
    question = {"messages": [("user", "Use the tool think about 'cats'.")]}
    with track_spend() as free:
        await ask(agent, question, colour)
    assert free.total.calls == 3
    with track_spend(limit_usd=free.total.usd * 0.4) as spend, pytest.raises(SpendLimitError):
        await ask(agent, question, colour)
    assert spend.total.usd <= free.total.usd * 0.4


def test_a_spend_is_a_callback_too_and_says_what_it_has() -> None:
    with Emulator() as api:
        spend = Spend(limit_usd=1)
        make(model=MODEL, callbacks=[spend], **api.settings()).invoke("Hello")
        assert spend.total.calls == 1
        assert repr(spend) == f"Spend({spend.total.usd:.6f} USD in 1 calls, limit 1)"
    with pytest.raises(ValueError, match="limit_usd=-1"):
        Spend(limit_usd=-1)
