"""Half-price batches: submitted, read in order, cancelled, resumed, and never paid for twice."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.load import dumps
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from pydantic import BaseModel

from langchain_aimlapi import AimlapiClient, ChatAimlapi, errors
from langchain_aimlapi._langchain.bound import ChatBinding
from langchain_aimlapi._wire.flow import Wait
from langchain_aimlapi.emulator import Emulator, Fault, Say, ToolUse
from langchain_aimlapi.spend import track_spend
from tests.harness.paths import ROOT

MODEL = "claude-opus-4-5"
PRICED = "claude-haiku-4-5-20251001"  # in the price list


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def model(api: Emulator) -> ChatAimlapi:
    return ChatAimlapi(model=MODEL, **api.settings())


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Polls follow each other at once."""
    monkeypatch.setattr("langchain_aimlapi.endpoints._jobs.Wait", lambda seconds: Wait(0.0))


def orders(api: Emulator) -> list[Any]:
    """The bodies of the batches that were ordered."""
    return [r.body for r in api.requests if (r.method, r.path) == ("POST", "/v1/batches")]


async def submitted(
    model: ChatAimlapi | ChatBinding, inputs: list[Any], colour: str, **options: Any
) -> Any:
    if colour == "sync":
        return model.batch_submit(inputs, **options)
    return await model.abatch_submit(inputs, **options)


async def results(batch: Any, colour: str, **options: Any) -> list[Any]:
    found = batch.results(**options) if colour == "sync" else await batch.aresults(**options)
    assert isinstance(found, list)
    return found


# --- handles -----


async def test_answers_come_in_the_order_of_the_inputs(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    for number in range(5):
        api.say(f"answer {number}")
    inputs = [f"question {number}" for number in range(5)]
    batch = await submitted(model, inputs, colour)
    assert batch.size == 5
    assert batch.counts.processing == 5
    found = await results(batch, colour)
    assert [message.text for message in found] == [f"answer {number}" for number in range(5)]
    assert all(isinstance(message, AIMessage) for message in found)
    assert all(message.usage_metadata["total_tokens"] > 0 for message in found)
    assert batch.counts.succeeded == 5
    (body,) = orders(api)
    assert body["model"] == MODEL
    assert [row["custom_id"] for row in body["requests"]] == ["0", "1", "2", "3", "4"]
    assert body["requests"][3]["params"]["messages"][0]["role"] == "user"


async def test_messages_tools_and_limits_go_out_as_in_a_single_call(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    def weather(city: str) -> str:
        """The weather of a city."""
        return city

    api.say(Say(calls=(ToolUse("weather", {"city": "Oslo"}),)))
    prompt = [SystemMessage("Be brief."), HumanMessage("Oslo?")]
    tools = model.bind_tools([weather]).kwargs["tools"]  # type: ignore[attr-defined]  # a binding
    batch = await submitted(model, [prompt], colour, tools=tools, temperature=0.5)
    (message,) = await results(batch, colour)
    assert message.tool_calls[0]["args"] == {"city": "Oslo"}
    params = orders(api)[0]["requests"][0]["params"]
    assert params["system"] == "Be brief."
    assert params["tools"][0]["name"] == "weather"
    assert params["temperature"] == 0.5
    assert params["max_tokens"] > 1024  # the API's own default would cut the answer


async def test_bound_tools_go_into_batches_too(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    def weather(city: str) -> str:
        """The weather of a city."""
        return city

    bound = model.bind_tools([weather]).bind(temperature=0.5).with_config(tags=["a"])
    assert isinstance(bound, ChatBinding)
    batch = await submitted(bound, ["Oslo?"], colour, max_tokens=50)
    assert len(await results(batch, colour)) == 1
    batched = bound.with_batches()
    inputs: list[Any] = ["Rome?"]
    assert len(batched.batch(inputs) if colour == "sync" else await batched.abatch(inputs)) == 1
    for body in orders(api):
        params = body["requests"][0]["params"]
        assert params["tools"][0]["name"] == "weather"
        assert params["temperature"] == 0.5


def test_a_bound_model_is_dumped_and_pickled_as_any_other() -> None:
    bound = ChatAimlapi(model=MODEL, api_key="k").bind(temperature=0.5)
    again = pickle.loads(pickle.dumps(bound))
    assert type(again) is ChatBinding
    assert again.kwargs == {"temperature": 0.5}
    assert json.loads(dumps(bound))["id"][-1] == "RunnableBinding"


async def test_the_calls_cost_half(api: Emulator, model: ChatAimlapi, colour: str) -> None:
    client = AimlapiClient(**api.settings())

    def spent(action: Callable[[], Any]) -> float:
        before = client.billing().amount
        action()
        return before - client.billing().amount

    single = spent(lambda: model.invoke("The same question, and its same answer."))
    batch = await submitted(model, ["The same question, and its same answer."], colour)
    whole = spent(lambda: batch.results())
    assert whole == pytest.approx(single / 2, abs=1e-6)  # charges are whole credits


async def test_messages_carry_their_half_price(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    prompts: list[Any] = ["One question.", "And quite another one, which is a little longer."]
    singles = [model.invoke(prompt).response_metadata["cost"] for prompt in prompts]
    before = AimlapiClient(**api.settings()).billing().amount
    found = await results(await submitted(model, prompts, colour), colour)
    costs = [message.response_metadata["cost"] for message in found]
    assert costs == pytest.approx([cost / 2 for cost in singles], abs=1e-6)
    paid = before - AimlapiClient(**api.settings()).billing().amount
    assert sum(costs) == pytest.approx(paid, abs=1e-9)
    assert {message.response_metadata["service_tier"] for message in found} == {"batch"}


async def test_without_a_charge_in_the_row_the_cost_is_an_estimate_and_says_so(colour: str) -> None:
    with Emulator(meta="none") as api:
        model = ChatAimlapi(model=PRICED, **api.settings())
        (message,) = await results(await submitted(model, ["hi"], colour), colour)
        with track_spend() as spend:
            batched = model.with_batches(max_wait=0)
            found = batched.batch(["hi"]) if colour == "sync" else await batched.abatch(["hi"])
    assert message.usage_metadata["input_tokens"] > 0
    details = message.response_metadata["cost_details"]
    assert details["source"] == "estimate"
    assert message.response_metadata["cost"] == details["usd"] > 0
    assert found[0].response_metadata["cost_details"]["source"] == "estimate"
    assert spend.total.usd == 0  # what the API has charged
    assert spend.total.estimated_usd == pytest.approx(found[0].response_metadata["cost"])


async def test_a_call_that_fails_leaves_the_others(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    good, bad = [HumanMessage("hi")], [HumanMessage("hi", additional_kwargs={})]
    batch = await submitted(model, [good, bad, good], colour)
    broken = {"type": "errored", "error": {"type": "error", "error": {"type": "overloaded_error",
              "message": "Overloaded"}}}  # fmt: skip
    rows = [
        {"custom_id": "2", "result": {"type": "succeeded", "message": claude("two")}},
        {"custom_id": "0", "result": {"type": "succeeded", "message": claude("zero")}},
        {"custom_id": "1", "result": broken},
    ]
    lines = b"\n".join(json.dumps(row).encode() for row in rows)
    api.replay(lines, path="/v1/batches", times=None)
    found = await results(batch, colour, return_exceptions=True)
    assert [found[0].text, found[2].text] == ["zero", "two"]
    assert isinstance(found[1], errors.APIError)
    assert "Overloaded" in str(found[1])
    with pytest.raises(errors.APIError, match="Overloaded") as caught:
        await results(batch, colour)
    assert "1 of 3 calls failed" in str(caught.value)
    assert (batch.counts.succeeded, batch.counts.errored) == (2, 1)


def claude(text: str) -> dict[str, Any]:
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": MODEL,
        "content": [{"type": "text", "text": text}], "stop_reason": "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 4},
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["canceled", "expired", "something new"])
def test_a_call_without_an_answer_is_an_error(api: Emulator, model: ChatAimlapi, kind: str) -> None:
    batch = model.batch_submit(["hi"])
    row = {"custom_id": "0", "result": {"type": kind}}
    api.replay(json.dumps(row).encode(), path="/v1/batches", times=None)
    (found,) = batch.results(return_exceptions=True)
    assert isinstance(found, errors.APIError)
    assert kind in str(found)


def test_a_list_in_one_document_is_read_like_lines(api: Emulator, model: ChatAimlapi) -> None:
    batch = model.batch_submit(["hi"])
    row = {"custom_id": "0", "result": {"type": "succeeded", "message": claude("yes")}}
    api.replay(json.dumps([row], indent=1).encode(), path="/v1/batches", times=None)
    (found,) = batch.results()
    assert isinstance(found, AIMessage)
    assert found.text == "yes"


async def test_another_process_takes_up_a_batch_by_its_id(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    api.say("only once")
    batch = await submitted(model, ["hi"], colour)
    again = ChatAimlapi(model=MODEL, **api.settings()).batch_resume(batch.id)
    assert [m.text for m in await results(again, colour)] == ["only once"]
    assert len(orders(api)) == 1


def test_a_handle_can_be_pickled_without_the_key(api: Emulator) -> None:
    with Emulator().serve() as served:
        key = served.settings()["api_key"]
        plain = ChatAimlapi(model=MODEL, api_key=key, base_url=served.base_url)
        batch = plain.batch_submit(["hi"])
        data = pickle.dumps(batch)
        assert key.encode() not in data
        assert pickle.loads(data).id == batch.id


async def test_a_batch_can_be_cancelled(api: Emulator, model: ChatAimlapi, colour: str) -> None:
    batch = await submitted(model, ["hi"], colour)
    assert (batch.cancel() if colour == "sync" else await batch.acancel()) == "running"
    assert batch.native_status == "canceling"
    assert (batch.status() if colour == "sync" else await batch.astatus()) == "failed"
    with pytest.raises(errors.JobFailedError, match="cancelled"):
        await results(batch, colour)


async def test_an_id_that_nobody_knows_is_said(model: ChatAimlapi, colour: str) -> None:
    with pytest.raises(errors.JobNotFoundError, match="no batches job 'b-404'") as caught:
        await results(model.batch_resume("b-404"), colour)
    assert caught.value.job_id == "b-404"
    assert "models" not in str(caught.value)


def test_only_claude_has_batches(api: Emulator) -> None:
    model = ChatAimlapi(model="openai/gpt-4o", **api.settings())
    with pytest.raises(errors.UnsupportedFeatureError, match="only Claude's models do"):
        model.batch_submit(["hi"])
    assert api.requests == []


def test_a_batch_of_nothing_is_refused(api: Emulator, model: ChatAimlapi) -> None:
    with pytest.raises(errors.InvalidRequestError, match="1 to 100,000 requests, not 0"):
        model.batch_submit([])
    assert api.requests == []


def test_an_order_that_may_have_arrived_is_not_sent_again(
    api: Emulator, model: ChatAimlapi
) -> None:
    api.fault(Fault(status=500), times=None)
    with pytest.raises(errors.APIError, match="may have accepted"):
        model.batch_submit(["hi"])
    assert len(api.requests) == 1


# --- a model whose calls are batches -----


class City(BaseModel):
    """A city."""

    name: str


async def test_a_batch_of_a_model_goes_out_as_one_order(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    for number in range(3):
        api.say(f"answer {number}")
    batched = model.with_batches()
    usage = UsageMetadataCallbackHandler()
    config: Any = {"callbacks": [usage]}
    if colour == "sync":
        found = batched.batch(["a", "b", "c"], config)
    else:
        found = await batched.abatch(["a", "b", "c"], config)
    assert [message.text for message in found] == ["answer 0", "answer 1", "answer 2"]
    assert len(orders(api)) == 1
    (totals,) = usage.usage_metadata.values()
    assert totals["total_tokens"] == sum(
        m.usage_metadata["total_tokens"] for m in found if m.usage_metadata
    )


async def test_large_batches_are_cut(api: Emulator, model: ChatAimlapi, colour: str) -> None:
    for number in range(5):
        api.say(f"answer {number}")
    batched = model.with_batches(max_size=2)
    inputs: list[Any] = [str(number) for number in range(5)]
    found = batched.batch(inputs) if colour == "sync" else await batched.abatch(inputs)
    assert [message.text for message in found] == [f"answer {number}" for number in range(5)]
    assert [len(body["requests"]) for body in orders(api)] == [2, 2, 1]


async def test_structured_output_works_in_batches(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    for name in ("Oslo", "Rome"):
        api.say(Say(calls=(ToolUse("City", {"name": name}),)))
    chain = model.with_batches().with_structured_output(City, method="function_calling")
    inputs: list[Any] = ["north", "south"]
    found = chain.batch(inputs) if colour == "sync" else await chain.abatch(inputs)
    assert found == [City(name="Oslo"), City(name="Rome")]
    assert len(orders(api)) == 1


async def test_single_calls_that_come_together_share_a_batch(
    api: Emulator, model: ChatAimlapi
) -> None:
    batched = model.with_batches(max_wait=0.05)
    found = await asyncio.gather(*(batched.ainvoke(f"question {n}") for n in range(4)))
    assert all(message.text for message in found)
    (body,) = orders(api)
    texts = [json.dumps(row["params"]["messages"]) for row in body["requests"]]
    assert [f"question {n}" in text for n, text in enumerate(texts)] == [True] * 4


async def test_a_failure_in_the_pool_reaches_every_caller(
    api: Emulator, model: ChatAimlapi
) -> None:
    api.fault(Fault(status=401), times=None)
    batched = model.with_batches(max_wait=0.0)
    calls = [batched.ainvoke("a"), batched.ainvoke("b")]
    found = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(error) for error in found] == [errors.AuthenticationError] * 2


def test_one_failed_call_is_in_its_place_or_raised(api: Emulator, model: ChatAimlapi) -> None:
    rows = [
        {"custom_id": "0", "result": {"type": "succeeded", "message": claude("yes")}},
        {"custom_id": "1", "result": {"type": "expired"}},
    ]
    api.jobs.plan(kind="batch", result={"rows": rows}, times=None)
    found = model.with_batches().batch(["a", "b"], return_exceptions=True)
    assert found[0].text == "yes"
    assert isinstance(found[1], errors.APIError)
    with pytest.raises(errors.APIError, match="expired"):
        model.with_batches().batch(["a", "b"])


# --- not paying twice -----


async def test_the_same_inputs_take_up_the_batch_of_an_earlier_run(
    api: Emulator, model: ChatAimlapi, colour: str, tmp_path: Path
) -> None:
    path = tmp_path / "batches.jsonl"

    async def run(inputs: list[Any]) -> list[str]:
        batched = model.with_batches(checkpoint=path)
        found = batched.batch(inputs) if colour == "sync" else await batched.abatch(inputs)
        return [message.text for message in found]

    first = await run(["a", "b"])
    assert await run(["a", "b"]) == first
    assert len(orders(api)) == 1
    await run(["a", "c"])
    assert len(orders(api)) == 2


def test_an_order_of_which_nobody_knows_is_an_error_with_a_cure(
    api: Emulator, model: ChatAimlapi, tmp_path: Path
) -> None:
    path = tmp_path / "batches.jsonl"
    batched = model.with_batches(checkpoint=path)
    api.fault(Fault(status=502))
    with pytest.raises(errors.APIError):
        batched.batch(["a"])
    with pytest.raises(errors.InvalidRequestError, match="may have been accepted") as caught:
        batched.batch(["a"])
    assert "delete the line with" in str(caught.value)
    assert len(orders(api)) == 1
    path.write_text("")
    assert len(batched.batch(["a"])) == 1


def test_an_order_that_was_refused_can_be_given_again(
    api: Emulator, model: ChatAimlapi, tmp_path: Path
) -> None:
    batched = model.with_batches(checkpoint=tmp_path / "batches.jsonl")
    api.fault(Fault(status=401))
    with pytest.raises(errors.AuthenticationError):
        batched.batch(["a"])
    assert len(batched.batch(["a"])) == 1


async def test_calls_that_come_together_otherwise_are_not_ordered_again(
    api: Emulator, model: ChatAimlapi, tmp_path: Path
) -> None:
    path = tmp_path / "batches.jsonl"

    async def run(windows: list[list[str]]) -> dict[str, str]:
        batched = model.with_batches(max_wait=0.0, checkpoint=path)
        found: dict[str, str] = {}
        for window in windows:
            answers = await asyncio.gather(*(batched.ainvoke(each) for each in window))
            found.update({q: a.text for q, a in zip(window, answers, strict=True)})
        return found

    first = await run([["a", "b", "c"], ["d"]])
    assert await run([["d", "b"], ["c", "a"]]) == first
    assert len(orders(api)) == 2
    assert (await run([["e", "a"]]))["a"] == first["a"]
    assert [len(body["requests"]) for body in orders(api)] == [3, 1, 1]


async def test_equal_calls_have_their_own_answers(
    api: Emulator, model: ChatAimlapi, colour: str, tmp_path: Path
) -> None:
    path = tmp_path / "batches.jsonl"
    for text in ("one", "two", "three"):
        api.say(text)

    async def run(inputs: list[Any]) -> list[str]:
        batched = model.with_batches(checkpoint=path)
        found = batched.batch(inputs) if colour == "sync" else await batched.abatch(inputs)
        return [message.text for message in found]

    assert await run(["same", "same"]) == ["one", "two"]
    assert await run(["same", "same", "same"]) == ["one", "two", "three"]
    assert [len(body["requests"]) for body in orders(api)] == [2, 1]


async def test_calls_that_failed_are_ordered_again_by_the_next_run(
    api: Emulator, model: ChatAimlapi, colour: str, tmp_path: Path
) -> None:
    path = tmp_path / "batches.jsonl"
    rows = [
        {"custom_id": "0", "result": {"type": "succeeded", "message": claude("yes")}},
        {"custom_id": "1", "result": {"type": "expired"}},
    ]
    api.jobs.plan(kind="batch", result={"rows": rows}, times=1)
    api.say("at last")

    async def run() -> list[Any]:
        batched = model.with_batches(checkpoint=path)
        inputs: list[Any] = ["a", "b"]
        if colour == "sync":
            return batched.batch(inputs, return_exceptions=True)
        return await batched.abatch(inputs, return_exceptions=True)

    assert isinstance((await run())[1], errors.APIError)
    assert [message.text for message in await run()] == ["yes", "at last"]
    assert [message.text for message in await run()] == ["yes", "at last"]
    assert [len(body["requests"]) for body in orders(api)] == [2, 1]


def test_a_batch_that_failed_as_a_whole_is_ordered_again(
    api: Emulator, model: ChatAimlapi, tmp_path: Path
) -> None:
    batched = model.with_batches(checkpoint=tmp_path / "batches.jsonl")
    api.jobs.plan(kind="batch", error={"message": "overloaded"}, times=1)
    with pytest.raises(errors.JobFailedError):
        batched.batch(["a"])
    assert len(batched.batch(["a"])) == 1
    assert len(orders(api)) == 2


def test_another_model_does_not_take_the_answers_of_the_first(
    api: Emulator, model: ChatAimlapi, tmp_path: Path
) -> None:
    path = tmp_path / "batches.jsonl"
    model.with_batches(checkpoint=path).batch(["a"])
    ChatAimlapi(model=PRICED, **api.settings()).with_batches(checkpoint=path).batch(["a"])
    assert [body["model"] for body in orders(api)] == [MODEL, PRICED]


def test_a_line_that_was_cut_spoils_no_other(
    api: Emulator, model: ChatAimlapi, tmp_path: Path
) -> None:
    path = tmp_path / "batches.jsonl"
    model.with_batches(checkpoint=path).batch(["a"])
    with path.open("a") as file:
        file.write('{"order": "x", "calls": ["')
    for _ in range(2):
        model.with_batches(checkpoint=path).batch(["a", "b"])
    assert [len(body["requests"]) for body in orders(api)] == [1, 1]


SINGLES = """
import asyncio, random, sys
from langchain_aimlapi import ChatAimlapi
model = ChatAimlapi(model="claude-opus-4-5", base_url=sys.argv[1])
batched = model.with_batches(max_wait=0.05, checkpoint=sys.argv[2])

async def one(number):
    await asyncio.sleep(random.random() / 2)
    return (await batched.ainvoke(f"question {number}")).text

async def main():
    print(len(await asyncio.gather(*(one(number) for number in range(60)))), flush=True)

asyncio.run(main())
"""


PROGRAM = """
import sys
from langchain_aimlapi import ChatAimlapi
model = ChatAimlapi(model="claude-opus-4-5", base_url=sys.argv[1])
batched = model.with_batches(checkpoint=sys.argv[2])
print(len(batched.batch(["one", "two", "three"])), flush=True)
"""


@pytest.mark.slow
def test_a_program_that_is_killed_while_it_waits_pays_once(tmp_path: Path) -> None:
    printed, ordered = killed_and_run_again(PROGRAM, tmp_path, calls=3)
    assert printed == "3"
    assert len(ordered) == 1


@pytest.mark.slow
def test_single_calls_of_a_program_that_is_killed_are_paid_once(tmp_path: Path) -> None:
    printed, ordered = killed_and_run_again(SINGLES, tmp_path, calls=60)
    assert printed == "60"
    texts = [
        row["params"]["messages"][0]["content"] for body in ordered for row in body["requests"]
    ]
    assert sorted(texts) == sorted(f"question {number}" for number in range(60))
    assert len(ordered) > 1


def killed_and_run_again(program: str, folder: Path, *, calls: int) -> tuple[str, list[Any]]:
    """What the second run prints, and all orders; the first one is killed when it has ordered all
    its calls."""
    with Emulator().serve() as api:
        api.jobs.seconds = 1e6  # nothing is ready while the first run lives
        path = folder / "batches.jsonl"
        arguments = [sys.executable, "-c", program, api.base_url, str(path)]
        key = api.settings()["api_key"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "AIMLAPI_API_KEY": key}
        first = subprocess.Popen(arguments, env=environment, cwd=ROOT)

        def is_waiting() -> bool:
            ordered = orders(api)
            known = path.read_text().count('"id"') if path.exists() else 0
            return sum(len(b["requests"]) for b in ordered) == calls and known == len(ordered)

        try:
            wait_for(is_waiting)
        finally:
            first.send_signal(signal.SIGKILL)
            first.wait()
        for job in api.jobs:
            job.ready_at, job.states = 0.0, ()
        done = subprocess.run(
            arguments, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
        assert not done.returncode, done.stderr
        return done.stdout.strip(), orders(api)


def wait_for(condition: Callable[[], bool]) -> None:
    import threading

    pause = threading.Event()
    for _ in range(600):
        if condition():
            return
        pause.wait(0.05)
    pytest.fail("it never came to that")


# --- size -----


async def test_rows_of_plain_texts_are_those_of_single_messages(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    texts: list[Any] = ["one", "two \u00e9\U0001f600", " three\n", '"four"']
    options: dict[str, Any] = {"temperature": 0.5, "stop": ["."], "max_tokens": 50}
    await submitted(model, texts, colour, **options)
    await submitted(model, [[HumanMessage(text)] for text in texts], colour, **options)
    short, long = orders(api)
    assert short["requests"] == long["requests"]
    with pytest.warns(errors.UnsupportedParameterWarning, match="empty user message"):
        await submitted(model, ["one", " "], colour)


@pytest.mark.slow
def test_ten_thousand_calls_take_bounded_memory(api: Emulator, model: ChatAimlapi) -> None:
    batch = model.batch_submit([f"question {n}" for n in range(10_000)])
    while batch.status() == "running":
        pass
    tracemalloc.start()  # the emulator has made its rows: what follows is mostly the reading
    try:
        seen = sum(isinstance(m, AIMessage) for _, m in batch.results_as_completed())
        assert seen == 10_000
        assert tracemalloc.get_traced_memory()[1] < 40 * 1024 * 1024
    finally:
        tracemalloc.stop()
