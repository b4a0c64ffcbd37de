"""``aimlapi proxy``: one command, and the clients of OpenAI, Anthropic and Google."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import openai
import pytest

from langchain_aimlapi.emulator import Emulator, Say, ToolUse

from .helpers import HI
from .processes import MASTER_KEY, needs_proxy, team_proxy

pytestmark = pytest.mark.peer
GPT, CLAUDE = "x-ai/grok-4-3", "anthropic/claude-opus-4-6"
TTS, STT, VIDEO, OCR = (
    "openai/tts-1", "whisper-large", "google/veo-3.1-t2v", "mistral/mistral-ocr-latest",
)  # fmt: skip


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator().serve() as one:
        yield one


@pytest.fixture(scope="module")
def url(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    needs_proxy()
    folder = tmp_path_factory.mktemp("team")
    environment = {
        "AIMLAPI_API_KEY": emulator.api_key,
        "AIMLAPI_API_BASE": emulator.base_url,
        "AIMLAPI_FILES": str(folder / "files"),
        "REDIS_HOST": "",
        "REDIS_URL": "",
        "DATABASE_URL": "",
    }
    with team_proxy(folder, environment, "--no-refresh") as (address, _):
        yield address


@pytest.fixture
def api(emulator: Emulator, url: str) -> Emulator:
    return emulator.reset()


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key=MASTER_KEY, max_retries=0) as one:
        yield one


def eventually(found: Callable[[], Any]) -> Any:
    end = time.monotonic() + 30
    while not (value := found()) and time.monotonic() < end:
        time.sleep(0.2)
    return value


def test_every_model_is_listed(client: Any) -> None:
    names = {model.id for model in client.models.list()}
    assert {GPT, CLAUDE, TTS, VIDEO, OCR} <= names


def test_openais_client_speaks_and_hears(api: Emulator, client: Any) -> None:
    raw = client.audio.speech.with_raw_response.create(
        model=TTS, input="Hello.", voice="alloy", response_format="wav"
    )
    assert raw.content[:4] == b"RIFF"
    assert float(raw.headers["x-litellm-response-cost"]) > 0
    heard = client.audio.transcriptions.create(model=STT, file=("a.wav", raw.content))
    assert "transcript" in heard.text


def test_openais_client_makes_a_video(api: Emulator, client: Any) -> None:
    video = client.videos.create(model=VIDEO, prompt="A river.", seconds="8")
    done = eventually(
        lambda: (found := client.videos.retrieve(video.id)).status == "completed" and found
    )
    assert done.progress == 100
    assert client.videos.download_content(video.id).content[4:8] == b"ftyp"


def test_openais_client_orders_and_stops_a_batch(api: Emulator, client: Any) -> None:
    line = {
        "custom_id": "one", "method": "POST", "url": "/v1/chat/completions",
        "body": {"model": CLAUDE, "messages": HI, "max_tokens": 64},
    }  # fmt: skip
    here = {"custom-llm-provider": "aimlapi"}
    file = client.files.create(
        file=("rows.jsonl", json.dumps(line).encode()), purpose="batch", extra_headers=here
    )
    batch = client.batches.create(
        completion_window="24h", endpoint="/v1/chat/completions", input_file_id=file.id,
        extra_headers=here,
    )  # fmt: skip
    done = eventually(
        lambda: (found := client.batches.retrieve(batch.id, extra_headers=here)).status
        == "completed" and found
    )  # fmt: skip
    content = client.files.content(done.output_file_id, extra_headers=here).content
    assert json.loads(content)["response"]["body"]["choices"][0]["message"]["content"]
    second = client.batches.create(
        completion_window="24h", endpoint="/v1/chat/completions", input_file_id=file.id,
        extra_headers=here,
    )  # fmt: skip
    stopped = client.batches.cancel(second.id, extra_headers=here)
    assert (stopped.id, stopped.status) == (second.id, "cancelling")
    assert client.batches.retrieve(second.id, extra_headers=here).status == "cancelled"


def test_ocr_is_a_route(api: Emulator, url: str) -> None:
    document = {"type": "document_url", "document_url": "https://example.com/a.pdf"}
    answer = httpx.post(
        f"{url}/v1/ocr", json={"model": OCR, "document": document}, timeout=60,
        headers={"authorization": f"Bearer {MASTER_KEY}"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert answer.json()["pages"][0]["markdown"]
    assert float(answer.headers["x-litellm-response-cost"]) > 0


@pytest.mark.parametrize("model", [GPT, CLAUDE])
def test_anthropics_client(api: Emulator, url: str, model: str) -> None:
    anthropic = pytest.importorskip("anthropic")
    api.say("Hello there.", times=None)
    with anthropic.Anthropic(base_url=url, api_key=MASTER_KEY, max_retries=0) as client:
        answer = client.messages.create(model=model, max_tokens=64, messages=HI)
        assert answer.content[0].text == "Hello there."
        with client.messages.stream(model=model, max_tokens=64, messages=HI) as stream:
            assert "".join(stream.text_stream) == "Hello there."
        assert client.messages.count_tokens(model=model, messages=HI).input_tokens > 0


@pytest.fixture
def google(url: str) -> Iterator[Any]:
    """Google's client. LiteLLM has its routes under /v1beta, and the client asks under /v1 if it is
    not told (google-genai 3.6.1)."""
    genai = pytest.importorskip("google.genai", reason="google-genai is not installed")
    options = genai.types.HttpOptions(base_url=url, api_version="v1beta")
    with genai.Client(api_key=MASTER_KEY, http_options=options) as client:
        yield client


@pytest.mark.parametrize("model", [GPT, CLAUDE])
def test_googles_client(api: Emulator, google: Any, model: str) -> None:
    api.say("Hello there.", times=None)
    answer = google.models.generate_content(model=model, contents="Hi.")
    assert answer.text == "Hello there."
    assert answer.usage_metadata.total_token_count > 0
    pieces = list(google.models.generate_content_stream(model=model, contents="Hi."))
    assert "".join(piece.text or "" for piece in pieces) == "Hello there."
    assert google.models.count_tokens(model=model, contents="Hi.").total_tokens > 0


@pytest.mark.parametrize("model", [GPT, CLAUDE])
def test_googles_client_calls_tools_and_goes_on(api: Emulator, google: Any, model: str) -> None:
    from google.genai import types

    api.say(Say(calls=(ToolUse("get_weather", {"location": "Oslo"}),)))
    api.say("It rains.")
    seen: list[str] = []

    def get_weather(location: str) -> str:
        """The weather of a place."""
        seen.append(location)
        return "rain"

    answer = google.models.generate_content(
        model=model,
        contents="What is the weather in Oslo?",
        config=types.GenerateContentConfig(
            tools=[get_weather], system_instruction="Be brief.", max_output_tokens=64
        ),
    )
    assert (answer.text, seen) == ("It rains.", ["Oslo"])
    assert [request.status for request in api.requests] == [200, 200]
    assert "rain" in str(api.requests[-1].body)


def test_googles_async_client(api: Emulator, google: Any, runner: asyncio.Runner) -> None:
    api.say("Hello there.", times=None)

    async def go() -> str:
        async with google.aio as client:
            stream = await client.models.generate_content_stream(model=CLAUDE, contents="Hi.")
            return "".join([piece.text or "" async for piece in stream])

    assert runner.run(go()) == "Hello there."
