"""One question asked in every way that LangChain has: what leaves, what is told to callbacks, and
what is said about the answer."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from langchain_core.outputs import LLMResult
from langchain_core.rate_limiters import BaseRateLimiter
from langchain_core.runnables import ConfigurableField
from langchain_core.tracers.base import BaseTracer
from langchain_core.tracers.schemas import Run

from langchain_aimlapi import ChatAimlapi
from langchain_aimlapi.emulator import Emulator, Fault, Say
from langchain_aimlapi.errors import (
    APIError,
    RateLimitError,
    StreamInterrupted,
    UnsupportedFeatureError,
    UnsupportedParameterWarning,
)
from tests.unit_tests.langchain.helpers import (
    MODEL,
    SERVED,
    Recorder,
    Wire,
    add_up,
    answer,
    ask,
    delta,
    make,
    sse,
    stream,
    whole,
)

REQUEST_ID = "x-client-request-id"


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def model(api: Emulator) -> ChatAimlapi:
    return make(model=MODEL, **api.settings())


async def _events_v2(model: ChatAimlapi, config: Any) -> None:
    events = [event async for event in model.astream_events("Hello", config, version="v2")]
    assert events[-1]["event"] == "on_chat_model_end"


async def _events_v3(model: ChatAimlapi, config: Any, colour: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # v3 is marked as beta
        if colour == "sync":
            told = model.stream_events("Hello", config, version="v3")
            return [*told], told.output_message
        atold = await model.astream_events("Hello", config, version="v3")
        return [event async for event in atold], await atold.output


# --- the request id -----


@pytest.mark.parametrize("streaming", [False, True])
async def test_the_run_id_goes_out_as_the_request_id_of_invoke_and_stream(
    api: Emulator, streaming: bool, colour: str
) -> None:
    model = make(model=MODEL, streaming=streaming, **api.settings())
    told = Recorder()
    # A stream before an invoke: nothing of one call may be left for the next.
    await stream(model, "Hello", colour, config={"callbacks": [told]})
    await ask(model, "Hello", colour, config={"callbacks": [told]})
    await stream(model, "Hello", colour, config={"callbacks": [told]})
    await ask(model, "Hello", colour, config={"callbacks": [told]})
    assert _sent_ids(api) == told.run_ids
    assert len(set(told.run_ids)) == 4


async def test_a_configurable_model_streams_whatever_is_chosen(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    field = ConfigurableField(id="temperature")
    chosen = model.configurable_fields(temperature=field)
    for config in (None, {"configurable": {"temperature": 0.5}}):
        assert len(await stream(chosen, "Hello", colour, config=config)) > 5
    never = make(model=MODEL, streaming=False, **api.settings())
    assert len(await stream(never, "Hello", colour)) == 1


async def test_the_run_id_goes_out_as_the_request_id_of_event_streams(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    told = Recorder()
    await _events_v2(model, {"callbacks": [told]})
    await _events_v3(model, {"callbacks": [told]}, colour)
    assert _sent_ids(api) == told.run_ids


async def test_the_run_id_goes_out_as_the_request_id_of_every_item_of_a_batch(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    told = Recorder()
    config: Any = {"callbacks": [told]}
    if colour == "sync":
        answers = model.batch(["one", "two", "three"], config)
    else:
        answers = await model.abatch(["one", "two", "three"], config)
    assert sorted(_sent_ids(api)) == sorted(told.run_ids)
    assert len(set(told.run_ids)) == 3
    assert ["one" in answers[0].text, "two" in answers[1].text, "three" in answers[2].text]


async def test_a_run_id_given_by_the_user_is_the_request_id(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    mine = uuid4()
    await ask(model, "Hello", colour, config={"run_id": mine})
    await stream(model, "Hello", colour, config={"run_id": mine})
    assert _sent_ids(api) == [str(mine)] * 2


async def test_streams_that_run_at_the_same_time_keep_their_own_ids(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    told = Recorder()
    config: Any = {"callbacks": [told]}
    if colour == "sync":
        one, two = model.stream("one", config), model.stream("two", config)
        firsts = [next(one), next(two), next(one)]
        assert all(isinstance(chunk, AIMessageChunk) for chunk in firsts)
        model.invoke("three", config)
        rest = [*two, *one]
        assert rest[-1].chunk_position == "last"
    else:
        await asyncio.gather(
            *(stream(model, word, colour, config=config) for word in ("one", "two", "three"))
        )
    assert sorted(_sent_ids(api)) == sorted(told.run_ids)


async def test_a_request_id_may_be_given_for_one_call(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    first = await ask(model, "Hello", colour, client_request_id="order-17")
    last = add_up(await stream(model, "Hello", colour, client_request_id="order-18"))
    assert _sent_ids(api) == ["order-17", "order-18"]
    assert first.response_metadata["client_request_id"] == "order-17"
    assert last.response_metadata["client_request_id"] == "order-18"
    assert "client_request_id" not in api.requests[0].body


async def test_a_request_id_that_the_api_would_ignore_is_refused(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    with pytest.raises(ValueError, match="1 to 128 characters"):
        await ask(model, "Hello", colour, client_request_id="no spaces please")
    assert api.requests == []


async def test_headers_of_the_model_and_of_a_call_go_out(api: Emulator, colour: str) -> None:
    model = make(model=MODEL, default_headers={"X-Team": "a", "X-Room": "1"}, **api.settings())
    await ask(model, "Hello", colour, extra_headers={"x-room": "2", "x-client-request-id": "mine"})
    await stream(model, "Hello", colour)
    first, second = (request.headers for request in api.requests)
    assert (first["x-team"], first["x-room"], first[REQUEST_ID]) == ("a", "2", "mine")
    assert (second["x-team"], second["x-room"]) == ("a", "1")


def _sent_ids(api: Emulator) -> list[str]:
    return [request.headers[REQUEST_ID] for request in api.requests]


# --- callbacks -----


async def test_every_chunk_is_told_once_as_a_new_token(
    model: ChatAimlapi, api: Emulator, colour: str
) -> None:
    told = Recorder()
    chunks = await stream(model, "Hello", colour, config={"callbacks": [told]})
    assert [chunk.content for chunk in chunks] == told.tokens
    assert "".join(told.tokens) == add_up(chunks).text
    assert all(chunk is not None for chunk in told.chunks)
    assert len(told.results) == 1


async def test_invoke_with_streaming_tells_every_chunk_once(api: Emulator, colour: str) -> None:
    told = Recorder()
    model = make(model=MODEL, streaming=True, **api.settings())
    message = await ask(model, "Hello", colour, config={"callbacks": [told]})
    assert type(message) is AIMessage
    assert "".join(told.tokens) == message.text
    assert len(told.tokens) > 5
    assert message.usage_metadata is not None
    assert message.response_metadata["finish_reason"] == "stop"
    assert api.requests[0].body["stream"] is True


async def test_event_streams_tell_every_chunk_once(model: ChatAimlapi, colour: str) -> None:
    for version in ("v2", "v3"):
        told = Recorder()
        if version == "v2":
            await _events_v2(model, {"callbacks": [told]})
        else:
            await _events_v3(model, {"callbacks": [told]}, colour)
        assert "".join(told.tokens).startswith("Hello! I am")
        assert "".join(told.tokens).count("Hello!") == 1


async def test_stream_false_asks_for_a_whole_answer(api: Emulator, colour: str) -> None:
    model = make(model=MODEL, streaming=True, **api.settings())
    await ask(model, "Hello", colour, stream=False)
    assert "stream" not in api.requests[0].body
    plain = make(model=MODEL, **api.settings())
    await ask(plain, "Hello", colour, stream=True)
    assert api.requests[1].body["stream"] is True


async def test_an_error_reaches_the_callback_with_its_response(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    api.fault(Fault(status=500), times=None)
    quick = model.model_copy(update={"max_retries": 0})
    for manner in ("whole", "stream"):
        told = Recorder()
        with pytest.raises(APIError):
            await answer(quick, "Hello", colour, manner, config={"callbacks": [told]})
        [(error, response)] = told.errors
        assert isinstance(error, APIError)
        assert isinstance(response, LLMResult)
        told_of = response.generations[0][0].message.response_metadata  # type: ignore[union-attr]
        assert told_of["status_code"] == 500


async def test_a_cut_stream_reaches_the_callback_with_what_was_delivered(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    api.fault(Fault(cut_after=6))
    told = Recorder()
    with pytest.raises(StreamInterrupted) as caught:
        await stream(model, "Hello", colour, config={"callbacks": [told]})
    partial = caught.value.partial
    assert isinstance(partial, AIMessage)
    assert partial.text == "".join(told.tokens) != ""
    [(_, response)] = told.errors
    assert response.generations[0][0].text == partial.text


async def test_a_retry_is_told_to_the_hook_and_to_the_callbacks(api: Emulator, colour: str) -> None:
    heard: list[Any] = []
    model = make(model=MODEL, on_retry=heard.append, **api.settings())
    for manner in ("whole", "stream"):
        told = Recorder()
        heard.clear()
        api.fault(Fault(status=429, retry_after=0))
        message = await answer(model, "Hello", colour, manner, config={"callbacks": [told]})
        assert message.text.startswith("Hello!")
        [event] = heard
        assert event.attempt == 1
        assert isinstance(event.error, RateLimitError)
        if manner == "whole":  # LangChain gives a stream no run manager to tell
            [state] = told.retries
            assert isinstance(state.outcome.exception(), RateLimitError)


async def test_an_async_hook_is_awaited_before_the_retry(api: Emulator) -> None:
    heard: list[int] = []

    async def hear(event: Any) -> None:
        await asyncio.sleep(0)
        heard.append(event.attempt)

    api.fault(Fault(status=503, retry_after=0))
    model = make(model=MODEL, on_retry=hear, **api.settings())
    assert (await model.ainvoke("Hello")).text
    assert heard == [1]


class _Limiter(BaseRateLimiter):
    def __init__(self) -> None:
        self.asked = 0

    def acquire(self, *, blocking: bool = True) -> bool:
        self.asked += 1
        return True

    async def aacquire(self, *, blocking: bool = True) -> bool:
        self.asked += 1
        return True


async def test_a_rate_limiter_is_asked_once_a_call(api: Emulator, colour: str) -> None:
    limiter = _Limiter()
    model = make(model=MODEL, rate_limiter=limiter, **api.settings())
    await ask(model, "Hello", colour)
    await stream(model, "Hello", colour)
    assert limiter.asked == 2


# --- usage and charge, once -----


async def test_usage_is_counted_once_by_usage_callbacks_and_tracers(
    api: Emulator, colour: str
) -> None:
    model = make(model=MODEL, **api.settings())
    for manner in ("whole", "stream"):
        counter, tracer = UsageMetadataCallbackHandler(), _Tracer()
        message = await answer(
            model, "Hello", colour, manner, config={"callbacks": [counter, tracer]}
        )
        usage = message.usage_metadata
        assert usage is not None
        assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"] > 0
        assert counter.usage_metadata == {SERVED: usage}
        assert tracer.tokens == usage["total_tokens"]


class _Tracer(BaseTracer):
    """Adds up usage like a tracing service: over every message of a run."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = 0

    def _persist_run(self, run: Run) -> None:
        for generations in (run.outputs or {})["generations"]:
            for generation in generations:
                usage = generation["message"]["kwargs"].get("usage_metadata") or {}
                self.tokens += usage.get("total_tokens", 0)


async def test_usage_is_counted_once_for_several_answers(api: Emulator, colour: str) -> None:
    model = make(model=MODEL, n=3, **api.settings())
    tracer = _Tracer()
    prompts: Any = [[HumanMessage("Hello")]]
    if colour == "sync":
        result = model.generate(prompts, callbacks=[tracer])
    else:
        result = await model.agenerate(prompts, callbacks=[tracer])
    [answers] = result.generations
    messages: list[Any] = [generation.message for generation in answers]  # type: ignore[union-attr]
    assert len(messages) == 3
    assert len({message.text for message in messages}) == 3
    assert [message.usage_metadata is not None for message in messages] == [True, False, False]
    assert tracer.tokens == messages[0].usage_metadata["total_tokens"]
    for message in messages:
        assert message.response_metadata["model_name"] == SERVED
        assert message.response_metadata["finish_reason"] == "stop"
    assert api.requests[0].body["n"] == 3


async def test_a_stream_of_several_answers_tells_the_first_one(colour: str) -> None:
    wire = Wire(
        sse(
            delta({"role": "assistant", "content": "A"}),
            delta({"role": "assistant", "content": "x"}, index=1),
            delta({"content": "B"}),
            delta({"content": "y"}, index=1),
            delta({}, finish="length", index=1),
            delta({}, finish="stop"),
            {**delta(), "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 4}},
        )
    )
    model = wire.model()
    with pytest.warns(UnsupportedParameterWarning, match="the first of several answers") as told:
        chunks = await stream(model, "hi", colour, n=2)
    assert len(told) == 1
    message = add_up(chunks)
    assert message.text == "AB"
    assert message.response_metadata["finish_reason"] == "stop"
    assert message.usage_metadata is not None
    assert message.usage_metadata["output_tokens"] == 4


async def test_the_charge_is_told_in_streams_and_whole(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    for manner in ("whole", "stream"):
        metadata = (await answer(model, "Hello", colour, manner)).response_metadata
        cost, details = metadata["cost"], metadata["cost_details"]
        assert isinstance(cost, float)
        assert details == {"usd": cost, "credits": round(cost * 2_000_000), "source": "meta.usage"}
        assert details["credits"] > 0


async def test_an_answer_from_the_cache_has_cost_nothing(api: Emulator, colour: str) -> None:
    model = make(model=MODEL, cache=InMemoryCache(), **api.settings())
    first, second = [await ask(model, "Hello", colour) for _ in range(2)]
    assert first.response_metadata["cost"] > 0
    assert second.response_metadata["cost"] == 0.0
    assert second.response_metadata["cost_details"]["source"] == "cache"
    assert second.text == first.text
    assert len(api.requests) == 1


async def test_the_charge_is_read_from_the_headers_where_the_body_has_none(colour: str) -> None:
    wire = Wire(whole({"content": "Hi."}))
    wire.headers |= {"x-aimlapi-usd-spent": "0.0015", "x-aimlapi-credits-used": "3000"}
    message = await ask(wire.model(), "hi", colour)
    assert message.response_metadata["cost"] == 0.0015
    assert message.response_metadata["cost_details"] == {
        "usd": 0.0015, "credits": 3000, "source": "headers",
    }  # fmt: skip


async def test_messages_add_up_over_calls_although_a_charge_is_no_whole_number(
    model: ChatAimlapi, colour: str
) -> None:
    counter = UsageMetadataCallbackHandler()
    for _ in range(2):
        await stream(model, "Hello", colour, config={"callbacks": [counter]})
    [usage] = counter.usage_metadata.values()
    assert usage["input_tokens"] == 16


async def test_usage_is_asked_for_in_streams_unless_switched_off(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    await stream(model, "Hello", colour)
    await stream(model, "Hello", colour, stream_usage=False)
    await stream(model.model_copy(update={"stream_usage": False}), "Hello", colour)
    asked = [request.body.get("stream_options") for request in api.requests]
    assert asked == [{"include_usage": True}, None, None]


async def test_generate_over_several_prompts_adds_up_their_tokens(
    model: ChatAimlapi, colour: str
) -> None:
    prompts: Any = [[HumanMessage("Hello")], [HumanMessage("Hello")]]
    result = model.generate(prompts) if colour == "sync" else await model.agenerate(prompts)
    output = result.llm_output or {}
    assert output["model_name"] == MODEL
    assert output["token_usage"]["prompt_tokens"] == 16


# --- what is said once -----


async def test_everything_about_an_answer_is_told_in_its_metadata(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    for manner in ("whole", "stream"):
        told = (await answer(model, "Hello", colour, manner)).response_metadata
        assert told["model_name"] == SERVED
        assert told["model_provider"] == "aimlapi" == model._get_ls_params().get("ls_provider")
        assert told["id"].startswith("chatcmpl-")
        assert told["finish_reason"] == told["native_finish_reason"] == "stop"
        assert told["system_fingerprint"] == "fp_emulated"
        assert len(told["inference_id"]) == 21
        assert told["client_request_id"] == _sent_ids(api)[-1]
        assert "headers" not in told


async def test_headers_are_told_where_they_are_asked_for(api: Emulator, colour: str) -> None:
    model = make(model=MODEL, include_response_headers=True, **api.settings())
    for manner in ("whole", "stream"):
        told = (await answer(model, "Hello", colour, manner)).response_metadata
        assert told["headers"]["x-inference-id"] == told["inference_id"]


async def test_an_end_of_claude_is_normalised_and_kept(api: Emulator, colour: str) -> None:
    model = make(model="claude-opus-4-5", **api.settings())
    whole_one = await ask(model, "Hello", colour)
    assert whole_one.response_metadata["finish_reason"] == "stop"
    assert whole_one.response_metadata["native_finish_reason"] == "end_turn"


async def test_an_answer_at_its_limit_says_length(
    api: Emulator, model: ChatAimlapi, colour: str
) -> None:
    for manner in ("whole", "stream"):
        message = await answer(model, "Tell me a long story", colour, manner, max_tokens=5)
        assert message.response_metadata["finish_reason"] == "length"
    assert api.requests[0].body["max_tokens"] == 5


async def test_a_filtered_answer_says_so(api: Emulator, model: ChatAimlapi, colour: str) -> None:
    for manner in ("whole", "stream"):
        api.say(Say("I", finish="content_filter"))
        message = await answer(model, "Hello", colour, manner)
        assert message.response_metadata["finish_reason"] == "content_filter"


async def test_logprobs_are_told_whole_and_added_up_in_streams(api: Emulator, colour: str) -> None:
    model = make(model=MODEL, top_logprobs=2, **api.settings())
    for manner in ("whole", "stream"):
        message = await answer(model, "Hello", colour, manner)
        entries = message.response_metadata["logprobs"]["content"]
        assert "".join(entry["token"] for entry in entries) == message.text
    assert api.requests[0].body["logprobs"] is True


# --- parameters of one call -----


async def test_what_a_call_says_wins_over_what_the_model_says(colour: str) -> None:
    wire = Wire(whole({"content": "Hi."}))
    model = wire.model(
        temperature=0.1, stop=["A"], max_tokens=1, extra_body={"a": 1, "b": 1}, seed=5
    )
    await ask(model, "hi", colour)
    await ask(
        model, "hi", colour, temperature=0.9, stop=["B"], max_completion_tokens=2,
        extra_body={"b": 2}, model="openai/gpt-4.1", seed=None,
    )  # fmt: skip
    first, second = wire.bodies
    assert (first["temperature"], first["stop"], first["max_tokens"]) == (0.1, ["A"], 1)
    assert (first["a"], first["b"], first["seed"]) == (1, 1, 5)
    assert (second["temperature"], second["stop"], second["max_tokens"]) == (0.9, ["B"], 2)
    assert (second["a"], second["b"], second["model"]) == (1, 2, "openai/gpt-4.1")
    assert "seed" not in second, "None takes a parameter back"


async def test_an_empty_stop_is_not_sent(colour: str) -> None:
    wire = Wire(whole({"content": "Hi."}))
    await ask(wire.model(stop=[]), "hi", colour, stop=[])
    assert "stop" not in wire.bodies[0]


async def test_bookkeeping_of_langchain_is_not_sent(colour: str) -> None:
    wire = Wire(whole({"content": "Hi."}))
    await ask(wire.model(), "hi", colour, ls_structured_output_format={"kwargs": {}, "schema": {}})
    assert set(wire.bodies[0]) == {"model", "messages"}


async def test_the_model_of_a_call_is_traced(api: Emulator, colour: str) -> None:
    told = Recorder()
    model = make(model=MODEL, **api.settings())
    message = await ask(model, "Hello", colour, model="gpt-4o-mini", config={"callbacks": [told]})
    assert api.requests[0].body["model"] == "gpt-4o-mini"
    assert message.response_metadata["model_name"] == "gpt-4o-mini-2024-07-18"
    assert told.started[0]["metadata"]["ls_model_name"] == "gpt-4o-mini"


# --- v1 and v3 -----


async def test_v3_gives_the_same_message_as_a_stream(model: ChatAimlapi, colour: str) -> None:
    events, message = await _events_v3(model, None, colour)
    streamed = add_up(await stream(model, "Hello", colour))
    assert message.text == streamed.text
    assert message.usage_metadata == streamed.usage_metadata
    assert events[0]["event"] == "message-start"
    assert events[-1]["event"] == "message-finish"
    told = message.response_metadata
    assert told["finish_reason"] == "stop"
    assert told["cost"] == streamed.response_metadata["cost"]


@pytest.mark.parametrize("manner", ["whole", "stream"])
async def test_v1_gives_one_block_of_text(api: Emulator, manner: str, colour: str) -> None:
    model = make(model=MODEL, output_version="v1", **api.settings())
    message = await answer(model, "Hello", colour, manner)
    assert isinstance(message.content, list)
    [block] = message.content_blocks
    assert block["type"] == "text"
    assert block["text"] == message.text
    assert message.response_metadata["output_version"] == "v1"


# --- a limit in the number of warnings -----


async def test_a_parameter_that_the_contract_does_not_mention_is_warned_about_once(
    api: Emulator, colour: str
) -> None:
    model = make(model="openai/gpt-4o", top_k=5, **api.settings())
    with pytest.warns(UnsupportedParameterWarning, match="top_k"):
        await ask(model, "Hello", colour)
    await ask(model, "Hello", colour)  # a second warning would be an error here
    assert api.requests[0].body["top_k"] == 5
    silent = make(model="openai/gpt-4o", top_k=5, on_unsupported="drop", **api.settings())
    await ask(silent, "Hello", colour)
    assert "top_k" not in api.requests[-1].body
    strict = make(model="openai/gpt-4o", top_k=5, on_unsupported="error", **api.settings())
    with pytest.raises(UnsupportedFeatureError, match="top_k"):
        await ask(strict, "Hello", colour)
    assert len(api.requests) == 3
    wire = Wire(whole({"content": "Hi."}))
    await ask(wire.model(top_k=5, on_unsupported="send"), "Hello", colour)
    assert wire.bodies[0]["top_k"] == 5
