"""Speech and transcripts as LangChain models, in both colours: the answer of one is the prompt of
the next."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from langchain_core.runnables import RunnableLambda

from langchain_aimlapi import (
    AimlapiSpeechModel,
    AimlapiTool,
    AimlapiTranscriptionModel,
    ChatAimlapi,
    errors,
)
from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.emulator._media import mp3
from langchain_aimlapi.spend import track_spend


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator(balance=10_000) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("langchain_aimlapi._transport.sync.time.sleep", lambda _: None)

    async def sleep(delay: float, result: Any = None) -> Any:
        return result

    monkeypatch.setattr("langchain_aimlapi._transport.asynchronous.asyncio.sleep", sleep)


async def call(model: Any, colour: str, prompt: Any, **options: Any) -> AIMessage:
    made = (
        model.invoke(prompt, **options)
        if colour == "sync"
        else await model.ainvoke(prompt, **options)
    )
    assert isinstance(made, AIMessage)
    return made


async def test_speech_is_a_message_with_an_audio_block(api: Emulator, colour: str) -> None:
    model = AimlapiSpeechModel(model="openai/tts-1", voice="nova", **api.settings())
    with track_spend() as spend:
        made = await call(model, colour, "Hello.", speed=1.5)
    (block,) = made.content_blocks
    assert block["type"] == "audio"
    assert block["mime_type"] == "audio/mpeg"
    assert block["url"].startswith("https://")
    assert made.response_metadata["model_name"] == "openai/tts-1"
    assert made.response_metadata["cost"] == pytest.approx(spend.total.usd)
    assert spend.total.calls == 1
    assert api.requests[0].body == {
        "model": "openai/tts-1", "text": "Hello.", "voice": "nova", "speed": 1.5,
    }  # fmt: skip


async def test_speech_that_comes_as_bytes_is_base64(api: Emulator, colour: str) -> None:
    model = AimlapiSpeechModel(model="deepgram/aura-2", **api.settings())
    (block,) = (await call(model, colour, "Hello.")).content_blocks
    assert block["type"] == "audio"
    assert base64.b64decode(block["base64"])[:4] == b"RIFF"


async def test_a_stream_of_speech_adds_up_to_the_whole(api: Emulator, colour: str) -> None:
    model = AimlapiSpeechModel(model="elevenlabs/v3_alpha", **api.settings())
    text = "One sentence after the other. " * 40
    if colour == "sync":
        chunks = list(model.stream(text))
    else:
        chunks = [chunk async for chunk in model.astream(text)]
    assert len(chunks) > 3
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert isinstance(whole, AIMessageChunk)
    block: Any = whole.content[0]
    assert len(whole.content) == 1
    assert (block["type"], block["mime_type"]) == ("audio", "audio/mpeg")
    assert base64.b64decode(block["base64"], validate=True) == mp3(len(text.strip()) * 0.06)
    assert whole.response_metadata["model_name"] == "elevenlabs/v3_alpha"


async def test_words_become_sound_and_words_again(api: Emulator, colour: str) -> None:
    speak: Any = AimlapiSpeechModel(model="openai/tts-1", **api.settings())
    hear: Any = AimlapiTranscriptionModel(model="nova-3", diarize=True, **api.settings())
    write: Any = ChatAimlapi(model="openai/gpt-4o", **api.settings())
    made = await call(write | speak | hear, colour, "Write a line.")
    assert str(made.text).startswith("This is the emulator's transcript")
    assert made.additional_kwargs["words"][0]["speaker"] == "0"
    assert made.response_metadata["duration"] == 11.0
    order = api.requests[2].body
    assert order["url"].endswith(".mp3")
    again = await call(write, colour, [HumanMessage("Say it shorter:"), made])
    assert again.text
    spoken: Any = AimlapiSpeechModel(model="deepgram/aura-2", **api.settings())
    chain = spoken | RunnableLambda(lambda message: [message]) | hear
    assert (await call(chain, colour, "Hello.")).text


async def test_a_transcript_tells_its_progress(api: Emulator, colour: str) -> None:
    model = AimlapiTranscriptionModel(model="nova-3", **api.settings())
    prompt = [HumanMessage([{"type": "audio", "url": "https://example.com/talk.mp3"}])]
    if colour == "sync":
        chunks = list(model.stream(prompt))
    else:
        chunks = [chunk async for chunk in model.astream(prompt)]
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    states = [each["status"] for each in whole.additional_kwargs["progress"]]
    assert states == ["queued", "running", "completed"]
    assert str(whole.text).startswith("This is")
    job = model.submit(prompt) if colour == "sync" else await model.asubmit(prompt)
    again = model.resume(job.id)
    assert (again.result() if colour == "sync" else await again.aresult()).text


def test_what_is_missing_or_wrong_is_named_before_it_is_sent(api: Emulator) -> None:
    speak = AimlapiSpeechModel(model="openai/tts-1", **api.settings())
    hear = AimlapiTranscriptionModel(model="nova-3", **api.settings())
    for model, prompt, words in (
        (speak, "", "text"),
        (speak, [HumanMessage([{"type": "image", "url": "https://a.b/c.png"}])], "no images"),
        (hear, "Hello.", "audio"),
        (hear, [HumanMessage([{"type": "image", "url": "https://a.b/c.png"}])], "no images"),
    ):
        with pytest.raises(errors.InvalidRequestError, match=words):
            model.invoke(prompt)
    assert speak.check("Hello.", voice="nova").ok
    assert isinstance(speak.check("Hello.", voice="Hal").error, errors.UnsupportedFeatureError)
    assert hear.check([HumanMessage([{"type": "audio", "url": "https://a.b/c.mp3"}])]).ok
    assert api.requests == []


@pytest.mark.parametrize(
    ("endpoint", "model", "arguments", "words"),
    [
        ("speech", "openai/tts-1", {"text": "Hello."}, "audio/mpeg: https://"),
        ("transcription", "nova-3", {"audio": "https://a.b/c.mp3"}, "This is the emulator's"),
        ("ocr", "mistral/mistral-ocr-latest", {"document": "https://a.b/c.pdf"}, "# Page 1"),
    ],
)
async def test_each_of_them_is_a_tool(
    api: Emulator, colour: str, endpoint: str, model: str, arguments: dict[str, Any], words: str
) -> None:
    tool = AimlapiTool(endpoint, model=model, **api.settings())
    ordered = {"type": "tool_call", "id": "1", "name": tool.name, "args": arguments}
    made = tool.invoke(ordered) if colour == "sync" else await tool.ainvoke(ordered)
    assert words in str(made.content)
    assert made.artifact["response_metadata"]["model_name"]
