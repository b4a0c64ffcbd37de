"""langchain-litellm's models with ``aimlapi/...``."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel

from langchain_aimlapi.emulator import Emulator

from .helpers import GPT, litellm

langchain_litellm = pytest.importorskip("langchain_litellm")

pytestmark = pytest.mark.slow


class Place(BaseModel):
    """A place."""

    city: str


def get_weather(location: str) -> str:
    """The weather of a place."""
    return f"rain in {location}"


@pytest.fixture(params=["ChatLiteLLM", "ChatLiteLLMRouter"])
def model(request: pytest.FixtureRequest, api: Emulator) -> Any:
    name = f"aimlapi/{GPT}"
    here = {"api_key": api.api_key, "api_base": api.base_url}
    if request.param == "ChatLiteLLM":
        return langchain_litellm.ChatLiteLLM(model=name, max_retries=0, **here)
    deployment = {"model_name": "group", "litellm_params": {"model": name, **here}}
    router = litellm.Router(model_list=[deployment])
    return langchain_litellm.ChatLiteLLMRouter(router=router, model="group")


def test_invoke_and_ainvoke(model: Any, runner: asyncio.Runner) -> None:
    for message in (model.invoke("Hi."), runner.run(model.ainvoke("Hi."))):
        assert message.text
        assert message.usage_metadata["total_tokens"] > 0


def test_stream_and_astream(model: Any, runner: asyncio.Runner) -> None:
    async def collect() -> list[Any]:
        return [chunk async for chunk in model.astream("Say three sentences.")]

    whole = model.invoke("Say three sentences.").text
    for chunks in (list(model.stream("Say three sentences.")), runner.run(collect())):
        assert len(chunks) > 3
        assert "".join(chunk.text for chunk in chunks) == whole


def test_tools(model: Any, runner: asyncio.Runner) -> None:
    bound = model.bind_tools([get_weather])
    question = "What is the weather in Oslo?"
    messages = [bound.invoke(question), runner.run(bound.ainvoke(question))]
    chunks = list(bound.stream(question))
    joined = chunks[0]
    for chunk in chunks[1:]:
        joined = joined + chunk
    for message in (*messages, joined):
        (call,) = message.tool_calls
        assert (call["name"], call["args"]) == ("get_weather", {"location": "Oslo"})


@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
def test_structured_output(model: Any, runner: asyncio.Runner, method: str) -> None:
    structured = model.with_structured_output(Place, method=method)
    for found in (structured.invoke("Oslo"), runner.run(structured.ainvoke("Oslo"))):
        assert isinstance(found, Place)
        assert found.city


def test_reasoning_effort_is_taken(api: Emulator) -> None:
    model = langchain_litellm.ChatLiteLLM(
        model="aimlapi/openai/gpt-5-mini-2025-08-07", api_key=api.api_key, api_base=api.base_url,
        model_kwargs={"reasoning_effort": "low"}, max_retries=0,
    )  # fmt: skip
    assert model.invoke("Hi.").text
    assert api.requests[-1].body["reasoning_effort"] == "low"


def test_embeddings_with_dimensions(api: Emulator) -> None:
    embeddings = langchain_litellm.LiteLLMEmbeddings(
        model="aimlapi/text-embedding-3-small", api_key=api.api_key, api_base=api.base_url,
        dimensions=8,
    )  # fmt: skip
    assert [len(vector) for vector in embeddings.embed_documents(["one", "two"])] == [8, 8]
    assert len(embeddings.embed_query("one")) == 8
