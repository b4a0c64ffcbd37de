"""`AimlapiLLM`: text in, text out."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.load import dumps, loads
from langchain_core.outputs import GenerationChunk
from langchain_core.prompts import PromptTemplate

from langchain_aimlapi import AimlapiLLM
from langchain_aimlapi.emulator import Emulator, Fault, Say
from langchain_aimlapi.errors import AuthenticationError, RateLimitError
from tests.harness.colours import call

MODEL = "openai/gpt-4o"


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def llm(api: Emulator) -> AimlapiLLM:
    return AimlapiLLM(model=MODEL, **api.settings(), max_retries=1)


async def test_a_text_goes_out_as_one_message_and_a_text_comes_back(
    api: Emulator, llm: AimlapiLLM, colour: str
) -> None:
    api.script("a time")
    assert await call(llm, colour, "invoke", "Once upon", temperature=0.5, stop=["."]) == "a time"
    body = api.requests[-1].body
    assert body["messages"] == [{"role": "user", "content": "Once upon"}]
    assert (body["temperature"], body["stop"]) == (0.5, ["."])


@pytest.mark.parametrize("model", [MODEL, "anthropic/claude-sonnet-4-5", "openai/gpt-5-pro"])
async def test_every_wire_format_will_do(api: Emulator, colour: str, model: str) -> None:
    api.script("a time")
    made = AimlapiLLM(model=model, **api.settings())
    assert await call(made, colour, "invoke", "Once upon") == "a time"


async def test_a_generation_has_usage_cost_and_ids(llm: AimlapiLLM, colour: str) -> None:
    found = await call(llm, colour, "generate", ["one", "two"])
    for (generation,), text in zip(found.generations, ("one", "two"), strict=True):
        assert generation.text, text
        info = generation.generation_info
        assert info["finish_reason"] == "stop"
        assert info["cost"] > 0
        assert info["inference_id"]
        assert info["usage_metadata"]["total_tokens"] > 0
    assert found.llm_output["token_usage"]["total_tokens"] > 0
    assert found.llm_output["model_name"] == MODEL


async def test_many_prompts_are_answered_in_their_order(
    api: Emulator, llm: AimlapiLLM, colour: str
) -> None:
    api.script(lambda body: "to " + str(body["messages"][0]["content"]), times=None)
    prompts = [f"prompt {number}" for number in range(20)]
    assert await call(llm, colour, "batch", prompts) == [f"to {each}" for each in prompts]
    assert len({each.headers["x-client-request-id"] for each in api.requests}) == 20


async def test_an_answer_is_streamed(api: Emulator, llm: AimlapiLLM, colour: str) -> None:
    api.script("one two three four five")
    if colour == "sync":
        pieces = list(llm.stream("count"))
    else:
        pieces = [piece async for piece in llm.astream("count")]
    assert len(pieces) > 2
    assert "".join(pieces) == "one two three four five"
    chunks = list(llm._stream("count"))
    assert all(isinstance(chunk, GenerationChunk) for chunk in chunks)
    infos = [chunk.generation_info for chunk in chunks if chunk.generation_info]
    assert any("finish_reason" in info for info in infos)


async def test_thoughts_are_no_part_of_the_text(api: Emulator, colour: str) -> None:
    api.script(Say("42", reasoning="six times seven"), times=None)
    made = AimlapiLLM(model="deepseek/deepseek-v4-pro", **api.settings())
    assert await call(made, colour, "invoke", "?") == "42"


async def test_errors_and_retries_are_those_of_the_chat_model(
    api: Emulator, llm: AimlapiLLM, colour: str
) -> None:
    api.fault(Fault(status=429, retry_after=0))
    assert await call(llm, colour, "invoke", "hi")
    api.fault(Fault(status=429, retry_after=0), times=2)
    with pytest.raises(RateLimitError):
        await call(llm, colour, "invoke", "hi")
    with pytest.raises(AuthenticationError):
        await call(AimlapiLLM(model=MODEL, base_url=llm.base_url), colour, "invoke", "hi")


async def test_it_stands_in_a_chain(api: Emulator, llm: AimlapiLLM, colour: str) -> None:
    api.script("done")
    chain = PromptTemplate.from_template("Do {what}.") | llm
    assert await call(chain, colour, "invoke", {"what": "it"}) == "done"
    assert api.requests[-1].body["messages"][0]["content"] == "Do it."


def test_it_is_cached_by_everything_that_changes_an_answer(api: Emulator) -> None:
    cache = InMemoryCache()
    settings: dict[str, Any] = {"cache": cache, **api.settings()}
    one = AimlapiLLM(model=MODEL, temperature=0, **settings)
    assert one.invoke("hi") == one.invoke("hi")
    assert len(api.requests) == 1
    AimlapiLLM(model=MODEL, temperature=1, **settings).invoke("hi")
    assert len(api.requests) == 2


@pytest.mark.filterwarnings("ignore:.*`loads` is in beta")
def test_it_is_dumped_without_its_key_pickled_and_signed(llm: AimlapiLLM) -> None:
    text = dumps(llm)
    assert "emulator-key" not in text
    again = loads(text, allowed_objects="all", secrets_map={"AIMLAPI_API_KEY": "k"})
    assert isinstance(again, AimlapiLLM)
    assert again.model == MODEL
    plain = AimlapiLLM(model=MODEL, api_key="secret-key")
    assert b"secret-key" not in pickle.dumps(plain)
    assert "secret-key" not in repr(plain)
    assert next(iter(inspect.signature(AimlapiLLM).parameters)) == "model"


def test_a_misspelt_argument_is_refused() -> None:
    with pytest.raises(ValueError, match="did you mean 'temperature'"):
        AimlapiLLM(model=MODEL, temprature=1)  # type: ignore[call-arg]  # the point
