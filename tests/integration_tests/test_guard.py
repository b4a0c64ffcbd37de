"""Speed that does not depend on the machine: counts, and ratios against the minimal loop.

The bounds are the counts of the day plus about a tenth. A change that breaks one may be worth it:
then say so in the commit, with the figures of ``make bench``, and move the bound.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi import Catalog, ChatAimlapi
from langchain_aimlapi._dialects.reader import AnswerReader
from langchain_aimlapi.catalog.document import FILE, read_document
from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.emulator._core import Call
from tests.harness.benchmarks.answering import BODY
from tests.harness.benchmarks.catalog import prepared
from tests.harness.benchmarks.counting import (
    Canned,
    blocks_per_chunk,
    calls,
    calls_per_chunk,
    drain,
    minimal_model,
    our_model,
)
from tests.harness.benchmarks.payloads import Scenario, blocks, told
from tests.harness.benchmarks.peers import KEY, MODEL
from tests.harness.benchmarks.server import ROOT, serving, stats
from tests.harness.benchmarks.startup import STARTS, begin

pytestmark = pytest.mark.slow
MOST_CALLS = {"text": 1.75, "reasoning": 1.75, "tools": 0.95}  # times the minimal loop's
PROMPTS = 200


# --- a streamed chunk -----


@pytest.mark.parametrize("kind", MOST_CALLS)
def test_a_streamed_chunk_makes_few_calls(kind: str, colour: str) -> None:
    ours = calls_per_chunk(our_model(), kind, colour)
    minimal = calls_per_chunk(minimal_model(), kind, colour)
    assert minimal > 30, "the minimal loop parses and builds chunks: a smaller count is a mistake"
    assert ours / minimal <= MOST_CALLS[kind], f"{ours:.1f} calls against {minimal:.1f}"


@pytest.mark.parametrize("kind", MOST_CALLS)
def test_a_streamed_chunk_keeps_little_memory(kind: str, colour: str) -> None:
    ours = blocks_per_chunk(our_model(), kind, colour)
    minimal = blocks_per_chunk(minimal_model(), kind, colour)
    # One block more than the minimal loop's: the provider's name in response_metadata.
    assert ours <= minimal + 1.5, f"{ours:.1f} blocks against {minimal:.1f}"


def test_coalesced_text_makes_a_tenth_of_the_chunks_and_loses_nothing(colour: str) -> None:
    if "coalesce" not in ChatAimlapi.model_fields:
        pytest.skip("ChatAimlapi has no field coalesce")
    scenario = Scenario("text", 500)
    options: dict[str, Any] = {"coalesce": True}
    texts = _texts(our_model(**options), scenario, colour)
    assert "".join(texts) == told("text", 500)
    assert len(texts) <= 50


def _texts(model: ChatAimlapi, scenario: Scenario, colour: str) -> list[str]:
    if colour == "sync":
        return [chunk.text for chunk in model.stream(scenario.prompt)]

    async def run() -> list[str]:
        return [chunk.text async for chunk in model.astream(scenario.prompt)]

    return asyncio.run(run())


def test_reading_a_stream_grows_with_its_length_and_not_faster() -> None:
    def read(scenario: Scenario) -> None:
        reader = AnswerReader({})
        assert sum(len(reader.feed(block)) for block in blocks(scenario)) == scenario.count + 1
        assert reader.done

    short, long = Scenario("text", 20_000), Scenario("text", 200_000)
    less = calls(lambda: read(short), builtins=False)
    assert calls(lambda: read(long), builtins=False) <= 10.1 * less


def test_one_huge_event_takes_calls_for_its_blocks_only() -> None:
    small, large = Scenario("event", 50_000), Scenario("event", 5_000_000)
    model = our_model()
    drain(model, small, "sync")
    extra = calls(lambda: drain(model, large, "sync")) - calls(lambda: drain(model, small, "sync"))
    assert extra / (len(blocks(large)) - len(blocks(small))) <= 40


# --- beginning -----


def test_importing_the_package_imports_nothing_heavy(tmp_path: Path) -> None:
    start = begin(STARTS["package"], str(tmp_path))
    assert start["loaded"] == []
    assert start["modules"] <= 15


def test_importing_the_chat_model_adds_little_to_langchain_core(tmp_path: Path) -> None:
    start = begin(STARTS["class"], str(tmp_path))
    assert start["loaded"] == []
    assert start["modules"] <= 86


_BEFORE_THE_FIRST_CALL = """
import sys
from langchain_aimlapi import ChatAimlapi
model = ChatAimlapi(model="openai/gpt-4o", api_key="sk-bench", base_url="http://127.0.0.1:9/v1")
def add(a: int, b: int) -> int:
    "Add."
    return a + b
model.bind_tools([add])
model.with_structured_output({"title": "x", "type": "object", "properties": {}})
repr(model), model.profile, model.get_num_tokens("text")
print([name for name in ("httpx", "litellm", "openai", "aiohttp") if name in sys.modules])
"""


def test_no_http_library_is_imported_before_the_first_call() -> None:
    run = subprocess.run(
        [sys.executable, "-c", _BEFORE_THE_FIRST_CALL],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert run.stdout.strip() == "[]"


def test_constructing_a_model_makes_few_calls() -> None:
    def construct() -> None:
        ChatAimlapi(model=MODEL, api_key=KEY, temperature=0)

    construct()
    assert calls(construct) <= 800


def test_learning_costs_a_call_that_is_not_refused_nearly_nothing() -> None:
    with Emulator() as api:
        learning, plain = prepared(api, learn=True), prepared(api, learn=False)
        learning(), plain()
        assert calls(learning) - calls(plain) <= 12


def test_the_catalog_reads_only_the_lines_that_it_is_asked_for() -> None:
    def load() -> None:
        Catalog(read_document(FILE.read_text(encoding="utf-8"))).find(MODEL)

    load()
    lines = FILE.read_text(encoding="utf-8").count("\n")
    assert calls(load) <= 3.1 * lines
    catalog = Catalog.default()
    catalog.find(MODEL)
    assert calls(lambda: catalog.find(MODEL)) <= 4


# --- connections -----


def test_a_batch_opens_no_more_connections_than_it_may(colour: str) -> None:
    with serving() as address:
        model = ChatAimlapi(
            model=MODEL,
            api_key=KEY,
            base_url=f"{address}/v1",
            max_connections=8,
        )
        prompts = [Scenario("plain", 5).prompt] * PROMPTS
        if colour == "sync":
            answers = model.batch(list(prompts))
            model.close()
        else:
            answers = asyncio.run(model.abatch(list(prompts)))
        counted = stats(address)
    assert [answer.text for answer in answers] == [told("text", 5)] * PROMPTS
    assert counted["requests"] == PROMPTS
    assert 1 <= counted["connections"] <= 8


def test_a_call_after_a_rush_costs_what_it_cost_before() -> None:
    # httpcore walks over all kept connections for each of them: see README.md.
    with serving() as address:
        model = ChatAimlapi(model=MODEL, api_key=KEY, base_url=f"{address}/v1")
        prompt = Scenario("plain", 5).prompt
        together = Scenario("text", 2, gate=60).prompt  # answered when 60 of them are open
        with asyncio.Runner() as runner:

            async def rush() -> None:
                await asyncio.gather(*(_drained(model, together) for _ in range(60)))

            for _ in range(3):
                runner.run(model.ainvoke(prompt))
            before = calls(lambda: runner.run(model.ainvoke(prompt)))
            runner.run(rush())
            after = calls(lambda: runner.run(model.ainvoke(prompt)))
            runner.run(model.aclose())
    assert after <= 1.5 * before, f"{after} calls after the rush, {before} before"


async def _drained(model: ChatAimlapi, prompt: str) -> None:
    async for _chunk in model.astream(prompt):
        pass


def test_the_canned_answers_are_the_servers() -> None:
    scenario = Scenario("text", 40)
    with serving() as address:
        served = ChatAimlapi(model=MODEL, api_key=KEY, base_url=f"{address}/v1")
        texts = _texts(served, scenario, "sync")
        served.close()
    assert texts == _texts(our_model(), scenario, "sync")
    client = our_model().http_client
    assert client is not None
    assert isinstance(client._transport, Canned)


# --- the emulator -----


def test_a_plain_request_to_the_emulator_makes_few_calls() -> None:
    headers = {"authorization": "Bearer emulator-key", "content-type": "application/json"}
    call = Call("POST", "/v1/chat/completions", (), headers, BODY.encode(), "http://localhost")
    with Emulator() as api:

        def answer() -> None:
            made, record = api.handle(call)
            assert record.status == 200
            assert all(isinstance(step, bytes) for step in made.steps)

        def answers() -> None:
            for _ in range(20):
                answer()

        answer()  # modules load
        counted = calls(answers) / 20
    assert counted <= 720, f"{counted:.0f} calls a request"
