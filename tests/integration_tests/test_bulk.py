"""Many prompts on this machine, on Dask and on Ray: in order, counted, and each paid for once."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import BaseModel

from langchain_aimlapi import ChatAimlapi, errors
from langchain_aimlapi.bulk import Bulk, BulkResults
from langchain_aimlapi.emulator import Emulator, Fault

PROMPTS = [f"question number {number}" for number in range(12)]


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def model(api: Emulator) -> ChatAimlapi:
    return ChatAimlapi(model="openai/gpt-4o", max_retries=0, **api.settings())


def sent(api: Emulator) -> Counter[str]:
    """How often each prompt was sent."""
    calls = (r.body for r in api.requests if r.path == "/v1/chat/completions")
    return Counter(body["messages"][-1]["content"] for body in calls)


def echo(api: Emulator) -> None:
    """From now on every answer repeats its question."""
    api.script(lambda body: f"re: {body['messages'][-1]['content']}", times=None)


async def answered(bulk: Bulk, inputs: list[Any], colour: str) -> BulkResults:
    return bulk.run(inputs) if colour == "sync" else await bulk.arun(inputs)


# --- in this process -----


async def test_answers_come_in_order_with_tokens_and_cost(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    echo(api)
    found = await answered(Bulk(model, concurrency=5), PROMPTS, colour)
    assert [answer.text for answer in found.answers] == [f"re: {prompt}" for prompt in PROMPTS]
    (counts,) = found.usage.values()
    assert counts["total_tokens"] == sum(a.usage_metadata["total_tokens"] for a in found.answers)
    costs = [answer.response_metadata["cost"] for answer in found.answers]
    assert found.cost == pytest.approx(sum(costs))
    assert sum(costs) > 0
    assert (found.failures, found.resumed) == ({}, 0)


async def test_a_failure_stands_in_its_place_and_the_next_run_tries_it_again(
    api: Emulator, model: ChatAimlapi, colour: str, tmp_path: Path
) -> None:
    echo(api)
    api.fault(Fault(status=400), when=lambda call: b"number 5" in call.body)
    bulk = Bulk(model, checkpoint=tmp_path / "run")
    first = await answered(bulk, PROMPTS, colour)
    assert list(first.failures) == [5]
    assert isinstance(first.answers[5], errors.InvalidRequestError)
    second = await answered(bulk, PROMPTS, colour)
    assert second.failures == {}
    assert second.resumed == 11
    assert second.answers[5].text == "re: question number 5"
    assert second.answers[4] == first.answers[4]
    assert first.cost is not None
    assert second.cost is not None
    assert second.cost > first.cost
    assert sent(api) == {prompt: 2 if prompt == PROMPTS[5] else 1 for prompt in PROMPTS}


async def test_inputs_that_are_added_or_moved_are_all_that_is_paid(
    api: Emulator, model: ChatAimlapi, colour: str, tmp_path: Path
) -> None:
    echo(api)
    bulk = Bulk(model, checkpoint=tmp_path)
    await answered(bulk, ["a", "b", "a"], colour)
    found = await answered(bulk, ["c", "a", "b", "a", "a"], colour)
    assert [answer.text for answer in found.answers] == [f"re: {each}" for each in "cabaa"]
    assert sent(api) == {"a": 3, "b": 1, "c": 1}  # equal inputs have an answer each


class Person(BaseModel):
    """A person."""

    name: str
    born: date


async def test_chains_with_structured_output_are_recorded_as_what_they_give(
    api: Emulator, model: ChatAimlapi, colour: str, tmp_path: Path
) -> None:
    api.script('{"name": "Ada", "born": "1815-12-10"}', times=None)
    ada = Person(name="Ada", born=date(1815, 12, 10))
    prompt = ChatPromptTemplate.from_template("Describe {who}.")
    chain = prompt | model.with_structured_output(Person, include_raw=True)
    bulk = Bulk(chain, checkpoint=tmp_path)
    for resumed in (0, 1):
        found = await answered(bulk, [{"who": "Ada"}], colour)
        assert found.answers[0]["parsed"] == ada
        assert isinstance(found.answers[0]["raw"], AIMessage)
        assert found.answers[0]["raw"].usage_metadata
        assert found.resumed == resumed
        assert found.cost
    assert len(api.requests) == 1


async def test_another_model_or_address_does_not_take_the_answers_of_the_first(
    api: Emulator, model: ChatAimlapi, colour: str, tmp_path: Path
) -> None:
    await answered(Bulk(model, checkpoint=tmp_path), ["a"], colour)
    patient = model.model_copy(update={"max_retries": 7, "timeout": (1.0, 900.0)})
    assert (await answered(Bulk(patient, checkpoint=tmp_path), ["a"], colour)).resumed == 1
    warm = model.model_copy(update={"temperature": 0.9})
    elsewhere = model.model_copy(update={"base_url": "https://elsewhere.example/v1"})
    others: list[Runnable[Any, Any]] = [warm, elsewhere, model.bind(stop=["."])]
    for other in others:
        with pytest.raises(errors.InvalidRequestError, match="another model, prompt or chain"):
            await answered(Bulk(other, checkpoint=tmp_path), ["a"], colour)
    assert len(api.requests) == 1


async def test_an_answer_that_cannot_be_recorded_ends_the_run(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    chain = model | RunnableLambda(lambda message: {message.text})
    with pytest.raises(TypeError, match="type set cannot be recorded"):
        await answered(Bulk(chain, concurrency=1), PROMPTS, colour)
    assert len(api.requests) == 1


def test_a_line_that_was_cut_is_paid_again_and_no_other(
    api: Emulator, model: ChatAimlapi, tmp_path: Path
) -> None:
    echo(api)
    bulk = Bulk(model, checkpoint=tmp_path, concurrency=1)
    bulk.run(PROMPTS)
    (path,) = tmp_path.glob("*.jsonl")
    path.write_bytes(path.read_bytes()[:-30])
    found = bulk.run(PROMPTS)
    assert (found.resumed, found.failures) == (11, {})
    assert sent(api)[PROMPTS[-1]] == 2
    assert bulk.run(PROMPTS).resumed == 12


def test_dictionaries_that_look_like_records_come_back_as_they_were(
    api: Emulator, model: ChatAimlapi, tmp_path: Path
) -> None:
    odd = {"$message": {"$model": [1, 2.5, None, True]}, "plain": "\ud800"}
    bulk = Bulk(model | RunnableLambda(lambda _: odd), checkpoint=tmp_path)
    assert bulk.run(["a"]).answers == [odd]
    assert bulk.run(["a"]).answers == [odd]
    assert len(api.requests) == 1


async def test_the_rate_spaces_the_calls_out(
    model: ChatAimlapi, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, starts = asyncio.get_running_loop(), []
    moment = loop.time()
    monkeypatch.setattr(loop, "time", lambda: moment)

    async def sleep(seconds: float) -> None:
        starts.append(round(seconds, 6))

    monkeypatch.setattr("langchain_aimlapi._langchain.bulk_lane.asyncio.sleep", sleep)
    await Bulk(RunnableLambda(str.upper), rate=4, concurrency=1).arun(["a", "b", "c"])
    assert starts == [0.25, 0.5, 0.75]


def test_settings_that_make_no_sense_are_refused(model: ChatAimlapi) -> None:
    for wrong in ({"rate": 0}, {"concurrency": 0}, {"part": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Bulk(model, **wrong)  # type: ignore[arg-type]  # numbers


# --- on other processes -----


def on_an_engine(test: Callable[..., None]) -> Callable[..., None]:
    """A test with another engine, whose warnings about itself are its own."""
    marks = [pytest.mark.peer, pytest.mark.slow]
    marks += [
        pytest.mark.filterwarnings(f"ignore::{kind}")
        for kind in ("DeprecationWarning", "ResourceWarning", "FutureWarning")
    ]
    for mark in marks:
        test = mark(test)
    return test


MODEL = "openai/gpt-4o"


@pytest.fixture
def served() -> Iterator[Emulator]:
    with Emulator().serve() as running:
        echo(running)
        yield running


def travelling(api: Emulator) -> ChatAimlapi:
    """A model that takes its key along."""
    return ChatAimlapi(model=MODEL, pickle_api_key=True, **api.settings())


def dies_once(flag: str, value: str) -> str:
    """Ends its process as ``kill -9`` does, the first time that it sees question 7."""
    path = Path(flag)
    if value.endswith(" 7") and not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return value


Runner = Callable[[Bulk, list[str]], BulkResults]


@pytest.fixture(scope="module")
def dask() -> Iterator[Runner]:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: make bulk")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield lambda bulk, inputs: bulk.run_on_dask(inputs, client)


@pytest.fixture(scope="module")
def ray_pool() -> Iterator[Runner]:
    ray = pytest.importorskip("ray", reason="Ray is not installed: make bulk")
    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield lambda bulk, inputs: bulk.run_on_ray(inputs, workers=2)
    ray.shutdown()


@pytest.fixture(params=["dask", "ray_pool"])
def engine(request: pytest.FixtureRequest) -> Runner:
    found: Runner = request.getfixturevalue(request.param)
    return found


@on_an_engine
def test_workers_answer_in_order_and_resume(
    engine: Runner, served: Emulator, tmp_path: Path
) -> None:
    served.fault(Fault(status=400), when=lambda call: b"number 5" in call.body)
    bulk = Bulk(travelling(served), checkpoint=tmp_path, concurrency=2, part=3)
    first = engine(bulk, PROMPTS)
    assert list(first.failures) == [5]
    assert isinstance(first.answers[5], errors.InvalidRequestError)
    again = engine(bulk, PROMPTS)
    assert [answer.text for answer in again.answers] == [f"re: {prompt}" for prompt in PROMPTS]
    assert again.resumed == 11
    costs = [answer.response_metadata["cost"] for answer in again.answers]
    assert again.cost == pytest.approx(sum(costs))
    assert again.usage
    assert sent(served) == {prompt: 2 if prompt == PROMPTS[5] else 1 for prompt in PROMPTS}
    assert engine(bulk, PROMPTS).resumed == 12


@on_an_engine
def test_what_a_killed_worker_recorded_is_not_paid_twice(
    engine: Runner, served: Emulator, tmp_path: Path
) -> None:
    from functools import partial

    fatal = RunnableLambda(partial(dies_once, str(tmp_path / "killed")))
    chain = fatal | travelling(served)
    bulk = Bulk(chain, checkpoint=tmp_path / "run", concurrency=1, part=6)
    found = engine(bulk, PROMPTS)
    assert (tmp_path / "killed").exists()
    assert [answer.text for answer in found.answers] == [f"re: {prompt}" for prompt in PROMPTS]
    assert sent(served) == dict.fromkeys(PROMPTS, 1)


@on_an_engine
def test_an_answer_that_cannot_be_recorded_ends_the_run_of_workers(
    engine: Runner, served: Emulator
) -> None:
    chain = travelling(served) | RunnableLambda(lambda message: {message.text})
    with pytest.raises(Exception, match="type set cannot be recorded"):
        engine(Bulk(chain), PROMPTS)


@on_an_engine
def test_a_dataset_of_ray_gets_columns_with_answers(
    ray_pool: Runner, served: Emulator, tmp_path: Path
) -> None:
    import ray

    served.fault(Fault(status=400), when=lambda call: b"number 5" in call.body)
    bulk = Bulk(travelling(served), checkpoint=tmp_path, part=4)
    rows = [{"prompt": prompt, "number": number} for number, prompt in enumerate(PROMPTS)]

    def run() -> list[dict[str, Any]]:
        dataset = bulk.over_dataset(ray.data.from_items(rows), id_column="number", workers=2)
        return sorted(dataset.take_all(), key=lambda row: row["number"])

    first, second = run(), run()
    assert first[5]["error"].startswith("InvalidRequestError")
    assert first[5]["answer"] is None
    assert [row["answer"] for row in second] == [f"re: {prompt}" for prompt in PROMPTS]
    assert all(json.loads(row["usage"]) and row["usd"] > 0 for row in second)
    assert sent(served) == {prompt: 2 if prompt == PROMPTS[5] else 1 for prompt in PROMPTS}


def test_outcomes_survive_a_pickle_whatever_the_error_is(model: ChatAimlapi) -> None:
    class OddError(Exception):
        """Cannot be pickled."""

    def fail(_: object) -> None:
        raise OddError("local")

    found = Bulk(RunnableLambda(fail)).run(["a"])
    assert str(pickle.loads(pickle.dumps(found.answers[0]))) == "OddError: local"


def test_messages_with_other_ids_are_the_same_input(
    api: Emulator, model: ChatAimlapi, tmp_path: Path
) -> None:
    bulk = Bulk(model, checkpoint=tmp_path)
    assert bulk.run([[HumanMessage("hi", id="1")]]).resumed == 0
    assert bulk.run([[HumanMessage("hi", id="2")]]).resumed == 1
    assert len(api.requests) == 1
