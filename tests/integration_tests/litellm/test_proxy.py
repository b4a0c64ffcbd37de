"""LiteLLM's proxy as a real process, driven by the OpenAI SDK."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from langchain_aimlapi._litellm.config import Choice, write
from langchain_aimlapi.emulator import Emulator, Fault, Say, ToolUse

from .helpers import HI, WEATHER, balance
from .processes import MASTER_KEY, needs_proxy, proxy

pytestmark = pytest.mark.peer
GPT, CLAUDE, RESPONSES = "openai/gpt-4o", "anthropic/claude-opus-4.1", "openai/gpt-5-2-pro"
BATCHED = "anthropic/claude-opus-4-1-20250805"
CHOICE = Choice(
    models=(GPT, CLAUDE, RESPONSES, "text-embedding-3-small", "flux/schnell", "openai/gpt-image-1"),
    fallbacks=False,
)

WILDCARD = """\
  - model_name: aimlapi/*
    litellm_params: {model: aimlapi/*, api_key: os.environ/AIMLAPI_API_KEY}
"""

BOOKS = """\
import os
from litellm.integrations.custom_logger import CustomLogger

class Books(CustomLogger):
    def note(self, kwargs):
        cost = (kwargs.get("standard_logging_object") or {}).get("response_cost")
        with open(os.environ["BOOKS"], "a") as file:
            file.write(f"{cost or 0.0}\\n")

    async def async_log_success_event(self, kwargs, response_obj, start_time, end_time):
        self.note(kwargs)

    async def async_log_failure_event(self, kwargs, response_obj, start_time, end_time):
        self.note(kwargs)

books = Books()
"""


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator().serve() as one:
        yield one


@pytest.fixture(scope="module")
def url(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The proxy with a configuration that the project's command has written."""
    needs_proxy()
    folder = tmp_path_factory.mktemp("proxy")
    environment = {
        "AIMLAPI_API_KEY": emulator.api_key,
        "AIMLAPI_API_BASE": emulator.base_url,
        "AIMLAPI_FILES": str(folder / "files"),
    }
    (folder / "books.py").write_text(BOOKS, encoding="utf-8")
    config = write(CHOICE).replace("model_list:\n", f"model_list:\n{WILDCARD}", 1)
    config = config.replace(
        "litellm_settings:\n", "litellm_settings:\n  callbacks: books.books\n", 1
    )
    with proxy(config, folder, {**environment, "BOOKS": str(folder / "books.txt")}) as address:
        yield address


@pytest.fixture
def booked(url: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], list[float]]:
    """What the proxy has booked for calls since."""
    path = next(tmp_path_factory.getbasetemp().glob("proxy*/config.yaml")).with_name("books.txt")
    before = path.read_text() if path.exists() else ""

    def costs() -> list[float]:
        new = path.read_text().removeprefix(before) if path.exists() else ""
        return [float(line) for line in new.splitlines()]

    return costs


@pytest.fixture
def api(emulator: Emulator, url: str) -> Emulator:
    return emulator.reset()


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key=MASTER_KEY, max_retries=0) as one:
        yield one


@pytest.mark.parametrize("model", [GPT, CLAUDE, RESPONSES])
def test_chat_answers_with_the_real_charge_in_its_header(
    api: Emulator, client: Any, model: str
) -> None:
    raw = client.chat.completions.with_raw_response.create(model=model, messages=HI)
    answer = raw.parse()
    assert answer.choices[0].message.content
    cost = float(raw.headers["x-litellm-response-cost"])
    assert cost == pytest.approx(answer.usage.cost)
    assert cost > 0
    assert raw.headers["llm_provider-x-inference-id"]
    assert raw.headers["x-litellm-model-id"].startswith("aimlapi-")


@pytest.mark.parametrize("model", [GPT, CLAUDE, RESPONSES])
def test_chat_streams_with_usage_and_charge(api: Emulator, client: Any, model: str) -> None:
    api.say("one two three four five")
    stream: Any = client.chat.completions.create(
        model=model, messages=HI, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    text = "".join(c.delta.content or "" for chunk in chunks for c in chunk.choices)
    assert text == "one two three four five"
    (usage,) = [chunk.usage for chunk in chunks if chunk.usage is not None]
    assert usage.total_tokens > 0
    assert usage.cost > 0


def test_async_client_streams_tool_calls(api: Emulator, url: str, runner: asyncio.Runner) -> None:
    api.say(Say(calls=(ToolUse("get_weather", {"location": "Oslo"}),)))

    async def go() -> str:
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=MASTER_KEY) as opened:
            client: Any = opened
            stream = await client.chat.completions.create(
                model=CLAUDE, messages=HI, tools=[WEATHER], stream=True
            )
            pieces = [
                call.function.arguments or ""
                async for chunk in stream
                for choice in chunk.choices
                for call in choice.delta.tool_calls or ()
            ]
            return "".join(pieces)

    assert runner.run(go()) == '{"location": "Oslo"}'


def test_embeddings_as_the_sdk_asks_for_them(api: Emulator, client: Any) -> None:
    """The SDK asks for base64 unless told otherwise, and decodes it."""
    model = "text-embedding-3-small"
    raw = client.embeddings.with_raw_response.create(model=model, input=["one", "two"])
    plain = client.embeddings.create(
        model=model, input=["one"], encoding_format="float", dimensions=8
    )
    assert [len(item.embedding) for item in raw.parse().data] == [1536, 1536]
    assert len(plain.data[0].embedding) == 8
    assert float(raw.headers["x-litellm-response-cost"]) > 0


def test_pictures(api: Emulator, client: Any) -> None:
    raw = client.images.with_raw_response.generate(
        model="flux/schnell", prompt="A river.", n=2, size="512x512"
    )
    pictures = raw.parse().data
    assert pictures is not None
    assert len(pictures) == 2
    assert all(picture.url for picture in pictures)
    assert float(raw.headers["x-litellm-response-cost"]) > 0
    assert api.requests[-1].body["num_images"] == 2


def test_picture_edits(api: Emulator, client: Any) -> None:
    picture = ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(64), "image/png")
    answer = client.images.edit(
        model="openai/gpt-image-1", prompt="Make it blue.", image=picture, n=2, size="1024x1024"
    )
    assert answer.data is not None
    assert len(answer.data) == 2
    assert api.requests[-1].path == "/v1/images/edits"
    assert api.requests[-1].body["n"] == "2"


def test_responses_endpoint(api: Emulator, client: Any) -> None:
    api.say("Hello there.", times=2)
    assert client.responses.create(model=CLAUDE, input="Hi.").output_text == "Hello there."
    with client.responses.stream(model=GPT, input="Hi.") as stream:
        assert stream.get_final_response().output_text == "Hello there."


def test_responses_endpoint_knows_earlier_answers_and_hosted_tools(
    api: Emulator, client: Any
) -> None:
    first = client.responses.create(model=GPT, input="Hi.", store=True)
    raw = client.responses.with_raw_response.create(
        model=GPT, input="Go on.", previous_response_id=first.id,
        tools=[{"type": "web_search_preview"}],
    )  # fmt: skip
    assert raw.parse().output_text
    sent = api.requests[-1]
    assert sent.path == "/v1/responses"
    assert sent.body["tools"] == [{"type": "web_search_preview"}]
    assert sent.body["previous_response_id"] != first.id  # the API's own id, not LiteLLM's
    assert float(raw.headers["x-litellm-response-cost"]) > 0
    assert client.responses.retrieve(first.id).output_text == first.output_text


@pytest.mark.parametrize("stream", [False, True])
def test_anthropic_endpoint(api: Emulator, url: str, stream: bool) -> None:
    api.say("Hello there.")
    body = {"model": GPT, "max_tokens": 64, "messages": HI, "stream": stream}
    headers = {"x-api-key": MASTER_KEY, "anthropic-version": "2023-06-01"}
    answer = httpx.post(f"{url}/v1/messages", json=body, headers=headers, timeout=60)
    assert answer.status_code == 200
    if stream:
        assert "message_stop" in answer.text
        assert "Hello" in answer.text
    else:
        assert answer.json()["content"][0]["text"] == "Hello there."


@pytest.mark.parametrize("model", [GPT, CLAUDE])
def test_gemini_endpoint(api: Emulator, url: str, model: str) -> None:
    """Gemini's clients speak to ``:generateContent``."""
    api.say("Hello there.")
    body = {"contents": [{"role": "user", "parts": [{"text": "Hi."}]}]}
    headers = {"x-goog-api-key": MASTER_KEY}
    answer = httpx.post(
        f"{url}/v1beta/models/{model}:generateContent", json=body, headers=headers, timeout=60
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["candidates"][0]["content"]["parts"][0]["text"] == "Hello there."


@pytest.mark.parametrize(
    ("fault", "cls"),
    [
        (Fault(status=429, retry_after=2), openai.RateLimitError),
        (Fault(status=403), openai.PermissionDeniedError),
        (Fault(status=400, message="maximum context length is 8 tokens"), openai.BadRequestError),
        (Fault(status=503), openai.InternalServerError),
    ],
    ids=["429", "403", "context", "503"],
)
@pytest.mark.parametrize("stream", [False, True])
def test_failures_keep_their_status(
    api: Emulator, client: Any, fault: Fault, cls: type[Exception], stream: bool
) -> None:
    api.fault(fault, times=None)
    with pytest.raises(cls):
        client.chat.completions.create(model=GPT, messages=HI, stream=stream)


def test_a_client_that_leaves_ends_the_upstream_stream(api: Emulator, url: str) -> None:
    api.pace = 0.05
    try:
        api.say("word " * 400)
        body = {"model": GPT, "messages": HI, "stream": True}
        headers = {"authorization": f"Bearer {MASTER_KEY}"}
        with httpx.stream(
            "POST", f"{url}/v1/chat/completions", json=body, headers=headers, timeout=60
        ) as answer:
            next(answer.iter_lines())
        _until(lambda: api.requests[-1].ended == "left")
        assert api.requests[-1].ended == "left"
    finally:
        api.pace = 0.0


@pytest.mark.parametrize("model", [GPT, CLAUDE])
def test_a_client_that_leaves_early_is_booked(
    api: Emulator, url: str, booked: Callable[[], list[float]], model: str
) -> None:
    """Whoever always hangs up before the end has a budget, too."""
    api.pace = 0.05
    try:
        api.say("word " * 400)
        body = {"model": model, "messages": HI, "stream": True}
        headers = {"authorization": f"Bearer {MASTER_KEY}"}
        with httpx.stream(
            "POST", f"{url}/v1/chat/completions", json=body, headers=headers, timeout=60
        ) as answer:
            lines = answer.iter_lines()
            for _ in range(20):
                next(lines)
        _until(booked)
    finally:
        api.pace = 0.0
    assert len(booked()) == 1
    assert booked()[0] > 0


def test_batch_is_booked_at_half_the_price(
    api: Emulator, client: Any, booked: Callable[[], list[float]]
) -> None:
    here, before = {"custom-llm-provider": "aimlapi"}, balance(api)
    line = {
        "custom_id": "one", "method": "POST", "url": "/v1/chat/completions",
        "body": {"model": BATCHED, "messages": HI, "max_tokens": 64},
    }  # fmt: skip
    data = json.dumps(line).encode()
    file = client.files.create(file=("a.jsonl", data), purpose="batch", extra_headers=here)
    batch = client.batches.create(
        completion_window="24h", endpoint="/v1/chat/completions", input_file_id=file.id,
        extra_headers=here,
    )  # fmt: skip
    _until(lambda: client.batches.retrieve(batch.id, extra_headers=here).status == "completed")
    charged = before - balance(api)
    assert charged > 0
    _until(lambda: sum(booked()))
    assert [cost for cost in booked() if cost] == [pytest.approx(charged, abs=1e-6)]


def _until(done: Any) -> None:
    import time

    end = time.monotonic() + 60
    while not done() and time.monotonic() < end:
        time.sleep(0.05)


def test_models_are_listed_with_what_is_known_about_them(api: Emulator, url: str) -> None:
    headers = {"authorization": f"Bearer {MASTER_KEY}"}
    listed = httpx.get(f"{url}/v1/models", headers=headers, timeout=30).json()["data"]
    names = {entry["id"] for entry in listed}
    assert names >= {GPT, CLAUDE, RESPONSES}
    assert len({name for name in names if name.startswith("aimlapi/")}) > 300  # the wildcard's
    rows = httpx.get(f"{url}/v1/model/info", headers=headers, timeout=30).json()["data"]
    (claude,) = [row for row in rows if row["model_name"] == CLAUDE]
    assert claude["model_info"]["supports_function_calling"] is True
    assert claude["model_info"]["id"] == "aimlapi-anthropic-claude-opus-4.1"


def test_key_is_nowhere_in_the_proxys_log(api: Emulator, url: str, client: Any) -> None:
    api.fault(Fault(status=401), times=None)
    with pytest.raises(openai.AuthenticationError) as caught:
        client.chat.completions.create(model=GPT, messages=HI)
    assert api.api_key not in str(caught.value)


def test_example_configuration_is_what_the_command_writes() -> None:
    path = Path(__file__).resolve().parents[3] / "examples" / "litellm_proxy.yaml"
    assert "custom_handler: langchain_aimlapi.litellm_provider.handler" in path.read_text()
