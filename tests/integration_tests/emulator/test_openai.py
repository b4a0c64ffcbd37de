"""An independent client, the openai SDK, against the emulator on loopback: sync and async."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from langchain_aimlapi.emulator import Emulator, Fault

openai = pytest.importorskip("openai")

GPT = "openai/gpt-4o"
# One model of each shape of stream.
MODELS = [
    GPT,
    "alibaba/qwen3-32b",
    "deepseek/deepseek-v4-pro",
    "google/gemini-3-5-flash",
    "minimax/minimax-m3",
    "mistralai/mistral-large-2512",
    "perplexity/sonar",
    "x-ai/grok-4-3",
    "anthropic/claude-opus-4-8",
]
HI: Any = [{"role": "user", "content": "Say three sentences about rivers."}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"location": {"type": "string"}},
            "required": ["location"],
        },
    },
}
JOKE: Any = {
    "type": "json_schema",
    "json_schema": {
        "name": "joke",
        "schema": {
            "type": "object",
            "properties": {"setup": {"type": "string"}, "punchline": {"type": "string"}},
            "required": ["setup", "punchline"],
        },
    },
}


@pytest.fixture(scope="module")
def api() -> Iterator[Emulator]:
    with Emulator().serve() as emulator:
        yield emulator


@pytest.fixture
def client(api: Emulator) -> Iterator[Any]:
    with openai.OpenAI(api_key=api.api_key, base_url=api.base_url, max_retries=0) as made:
        yield made


@pytest.fixture
async def twin(api: Emulator) -> AsyncIterator[Any]:
    made = openai.AsyncOpenAI(api_key=api.api_key, base_url=api.base_url, max_retries=0)
    async with made:
        yield made


@pytest.mark.parametrize("model", MODELS)
def test_whole_answer(client: Any, model: str) -> None:
    answer = client.chat.completions.create(model=model, messages=HI, max_tokens=500)
    assert answer.choices[0].message.content
    assert answer.model.replace(".", "-") in f"{model}-2024-08-06".replace(".", "-").lower() or (
        answer.model == "MiniMax-M3"
    )
    assert answer.usage.total_tokens > 0
    assert answer.model_extra["meta"]["usage"]["credits_used"] > 0


@pytest.mark.parametrize("model", MODELS)
def test_stream_says_the_same_as_the_whole_answer(client: Any, model: str) -> None:
    whole = client.chat.completions.create(model=model, messages=HI)
    options = {} if "claude" in model else {"stream_options": {"include_usage": True}}
    text, usage = "", []
    with client.chat.completions.create(model=model, messages=HI, stream=True, **options) as parts:
        for part in parts:
            usage += [part.usage] if part.usage else []
            for choice in part.choices:
                text += (choice.delta.content or "") if choice.delta else ""
    assert text == whole.choices[0].message.content
    assert [used.total_tokens for used in usage] == [whole.usage.total_tokens]


async def test_async_whole_and_streamed(twin: Any) -> None:
    whole = await twin.chat.completions.create(model=GPT, messages=HI)
    text = ""
    async for part in await twin.chat.completions.create(model=GPT, messages=HI, stream=True):
        for choice in part.choices:
            text += choice.delta.content or ""
    assert text == whole.choices[0].message.content


def test_agent_turn_with_a_tool(client: Any) -> None:
    turns: list[Any] = [{"role": "user", "content": "What is the weather in Oslo?"}]
    first = client.chat.completions.create(model=GPT, messages=turns, tools=[WEATHER])
    (call,) = first.choices[0].message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == (
        "get_weather",
        {"location": "Oslo"},
    )
    asked = {"role": "assistant", "content": "", "tool_calls": [call.model_dump()]}
    turns += [asked, {"role": "tool", "tool_call_id": call.id, "content": "-3 C"}]
    second = client.chat.completions.create(model=GPT, messages=turns, tools=[WEATHER])
    assert "-3 C" in second.choices[0].message.content


def test_streamed_tool_call_is_put_together_by_the_sdk(client: Any) -> None:
    turns: list[Any] = [{"role": "user", "content": "What is the weather in Oslo?"}]
    with client.chat.completions.stream(model=GPT, messages=turns, tools=[WEATHER]) as stream:
        final = stream.get_final_completion()
    (call,) = final.choices[0].message.tool_calls
    assert json.loads(call.function.arguments) == {"location": "Oslo"}


@pytest.mark.parametrize("stream", [False, True])
def test_json_schema(client: Any, stream: bool) -> None:
    answer = client.chat.completions.create(
        model=GPT, messages=HI, response_format=JOKE, stream=stream
    )
    if stream:
        parts = [choice.delta.content or "" for part in answer for choice in part.choices]
        text = "".join(parts)
    else:
        text = answer.choices[0].message.content
    assert set(json.loads(text)) == {"setup", "punchline"}


def test_embeddings_in_the_base64_that_the_sdk_asks_for(client: Any, api: Emulator) -> None:
    answer = client.embeddings.create(model="text-embedding-3-small", input=["a b", "c"])
    assert api.requests[-1].body["encoding_format"] == "base64"
    assert [len(row.embedding) for row in answer.data] == [1536, 1536]


async def test_async_embeddings(twin: Any) -> None:
    answer = await twin.embeddings.create(
        model="text-embedding-3-large", input="a", dimensions=8, encoding_format="float"
    )
    assert len(answer.data[0].embedding) == 8


def test_images_and_edits(client: Any) -> None:
    made = client.images.generate(model="openai/gpt-image-1", prompt="a cat")
    assert made.data[0].url.endswith(".png")
    changed = client.images.edit(
        model="openai/gpt-image-1", prompt="a hat", image=("a.png", b"\x89PNG", "image/png")
    )
    assert changed.data[0].url.endswith(".png")


def test_responses_whole_and_streamed(client: Any) -> None:
    options: Any = {"model": "openai/gpt-5-4", "input": "What is 2 + 3?"}
    whole = client.responses.create(**options)
    with client.responses.stream(**options) as stream:
        kinds = [one.type for one in stream]
        final = stream.get_final_response()
    assert whole.output_text == final.output_text == "2 + 3 is 5."
    assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")


def test_responses_function_call(client: Any) -> None:
    flat = {"type": "function", **WEATHER["function"], "strict": False}
    options: Any = {"model": "openai/gpt-5-4", "tools": [flat]}
    with client.responses.stream(input="The weather in Rome?", **options) as stream:
        final = stream.get_final_response()
    call = next(item for item in final.output if item.type == "function_call")
    assert json.loads(call.arguments) == {"location": "Rome"}


def test_models_list(client: Any) -> None:
    assert GPT in {model.id for model in client.models.list()}


def test_headers_reach_the_sdk(client: Any) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model=GPT, messages=HI, extra_headers={"X-Client-Request-Id": "run-7"}
    )
    assert raw.headers["x-client-request-id"] == "run-7"
    assert float(raw.headers["x-aimlapi-usd-spent"]) > 0


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (403, "PermissionDeniedError"),
        (404, "NotFoundError"),
        (429, "RateLimitError"),
        (500, "InternalServerError"),
    ],
)
def test_errors_become_the_sdks_own(client: Any, api: Emulator, status: int, name: str) -> None:
    api.fault(Fault(status=status))
    with pytest.raises(getattr(openai, name)) as caught:
        client.chat.completions.create(model=GPT, messages=HI)
    assert caught.value.status_code == status


def test_sdk_retries_and_succeeds(api: Emulator) -> None:
    api.fault(Fault(status=503, retry_after=0.01), times=2)
    before = len(api.requests)
    with openai.OpenAI(api_key=api.api_key, base_url=api.base_url, max_retries=2) as client:
        assert client.chat.completions.create(model=GPT, messages=HI).choices
    assert [record.status for record in api.requests[before:]] == [503, 503, 200]


def test_cut_stream_breaks_the_sdks_iteration(client: Any, api: Emulator) -> None:
    api.fault(Fault(cut_after=2))
    seen = []

    def read() -> None:
        for part in client.chat.completions.create(model=GPT, messages=HI, stream=True):
            seen.append(part)

    with pytest.raises(Exception, match=r"peer closed|incomplete|Connection"):
        read()
    assert len(seen) == 2
