"""Independent clients against the served emulator: Anthropic's SDK, ChatOpenAI, ChatAnthropic."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import ToolStrategy
from langchain_core.tools import tool
from pydantic import BaseModel

from langchain_aimlapi.emulator import Emulator, Fault

anthropic: Any = pytest.importorskip("anthropic")
langchain_anthropic: Any = pytest.importorskip("langchain_anthropic")
langchain_openai: Any = pytest.importorskip("langchain_openai")

# What these packages leave open or deprecate is not this project's.
pytestmark = [
    pytest.mark.peer,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
CLAUDE = "claude-opus-4-5"
HI: list[Any] = [{"role": "user", "content": "Say three sentences."}]
ASK: list[Any] = [{"role": "user", "content": "What is the weather in Oslo?"}]
WEATHER = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"It rains in {city}."


class Report(BaseModel):
    """A weather report."""

    city: str
    rain: bool


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator().serve() as emulator:
        yield emulator


@pytest.fixture
def api(served: Emulator) -> Emulator:
    return served.reset()


# --- Anthropic's SDK -----


def sdk(api: Emulator, **options: Any) -> dict[str, Any]:
    origin = api.base_url.removesuffix("/v1")
    return {"base_url": origin, "api_key": api.api_key, "max_retries": 0, **options}


def test_anthropics_sdk_whole_and_streamed(api: Emulator) -> None:
    with anthropic.Anthropic(**sdk(api)) as client:
        whole = client.messages.create(model=CLAUDE, max_tokens=300, messages=HI)
        with client.messages.stream(model=CLAUDE, max_tokens=300, messages=HI) as stream:
            text = "".join(stream.text_stream)
            last = stream.get_final_message()
    assert whole.content[0].text == text == last.content[0].text
    assert whole.stop_reason == last.stop_reason == "end_turn"
    assert whole.usage.output_tokens == last.usage.output_tokens > 10


def test_anthropics_sdk_async(api: Emulator) -> None:
    async def work() -> Any:
        async with anthropic.AsyncAnthropic(**sdk(api)) as client:
            return await client.messages.create(model=CLAUDE, max_tokens=300, messages=HI)

    assert asyncio.run(work()).content[0].text


def test_anthropics_sdk_turn_with_a_tool_and_a_thought(api: Emulator) -> None:
    thinking = {"type": "enabled", "budget_tokens": 1_024}
    more: dict[str, Any] = {"model": CLAUDE, "max_tokens": 4_000, "tools": [WEATHER]}
    with anthropic.Anthropic(**sdk(api)) as client:
        first = client.messages.create(messages=ASK, thinking=thinking, **more)
        use = first.content[-1]
        results = [{"type": "tool_result", "tool_use_id": use.id, "content": "It rains in Oslo."}]
        turns = [
            *ASK,
            {"role": "assistant", "content": first.content},
            {"role": "user", "content": results},
        ]
        second = client.messages.create(messages=turns, thinking=thinking, **more)
    assert [block.type for block in first.content] == ["thinking", "tool_use"]
    assert (use.name, use.input) == ("get_weather", {"city": "Oslo"})
    assert "rains in Oslo" in second.content[-1].text


def test_errors_become_the_sdks_own_and_are_retried(api: Emulator) -> None:
    body: dict[str, Any] = {"max_tokens": 300, "messages": HI}
    with anthropic.Anthropic(**sdk(api)) as client:
        with pytest.raises(anthropic.NotFoundError):
            client.messages.create(model="claude-9", **body)
        with pytest.raises(anthropic.BadRequestError):
            client.messages.create(model=CLAUDE, max_tokens=300, messages=[{"role": "x"}])
        api.fault(Fault(status=429))
        with pytest.raises(anthropic.RateLimitError):
            client.messages.create(model=CLAUDE, **body)
    with (
        anthropic.Anthropic(**sdk(api, api_key="wrong")) as client,
        pytest.raises(anthropic.AuthenticationError),
    ):
        client.messages.create(model=CLAUDE, **body)
    api.fault(Fault(status=503, headers={"retry-after-ms": "1"}))
    with anthropic.Anthropic(**sdk(api, max_retries=1)) as client:
        assert client.messages.create(model=CLAUDE, **body).content


def test_an_error_inside_a_stream_is_the_sdks_own(api: Emulator) -> None:
    api.fault(Fault(error_after=3, status=529))
    with (
        anthropic.Anthropic(**sdk(api)) as client,
        client.messages.stream(model=CLAUDE, max_tokens=300, messages=HI) as stream,
        pytest.raises(anthropic.APIStatusError, match=r"overloaded|wrong"),
    ):
        list(stream.text_stream)


# --- LangChain's own classes -----


def chat(api: Emulator, name: str) -> Any:
    """ChatOpenAI on chat and on responses, ChatAnthropic on messages."""
    if name == "ChatAnthropic":
        return langchain_anthropic.ChatAnthropic(model=CLAUDE, **sdk(api))
    return langchain_openai.ChatOpenAI(
        model="openai/gpt-4o",
        base_url=api.base_url,
        api_key=api.api_key,
        max_retries=0,
        use_responses_api=name.endswith("responses"),
    )


CLASSES = ("ChatOpenAI", "ChatOpenAI, responses", "ChatAnthropic")


@pytest.mark.parametrize("name", CLASSES)
def test_whole_and_streamed_answers_agree(api: Emulator, name: str) -> None:
    model = chat(api, name)
    whole = model.invoke("Say three sentences.")
    parts = list(model.stream("Say three sentences."))
    assert len(parts) > 3
    assert "".join(part.text for part in parts) == whole.text
    assert whole.usage_metadata["total_tokens"] > 10


@pytest.mark.parametrize("name", CLASSES)
def test_an_agent_ends_with_the_tools_result(api: Emulator, name: str) -> None:
    agent = create_agent(chat(api, name), [get_weather])
    state = agent.invoke({"messages": ASK}, {"recursion_limit": 8})
    assert "rains in Oslo" in state["messages"][-1].text
    assert [request.status for request in api.requests] == [200, 200]


@pytest.mark.parametrize("name", CLASSES)
def test_an_agent_gives_a_structure(api: Emulator, name: str) -> None:
    agent = create_agent(chat(api, name), [get_weather], response_format=ToolStrategy(Report))
    state = agent.invoke({"messages": ASK}, {"recursion_limit": 12})
    assert isinstance(state["structured_response"], Report)
    assert {request.status for request in api.requests} == {200}


@pytest.mark.parametrize("name", CLASSES)
def test_structured_output(api: Emulator, name: str) -> None:
    assert isinstance(chat(api, name).with_structured_output(Report).invoke(ASK), Report)


def test_embeddings(api: Emulator) -> None:
    embeddings = langchain_openai.OpenAIEmbeddings(
        model="text-embedding-3-small",
        base_url=api.base_url,
        api_key=api.api_key,
        check_embedding_ctx_length=False,  # else it counts with a table from the network
    )
    assert len(embeddings.embed_query("a")) == 1_536
