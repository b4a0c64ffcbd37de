"""`client.speech` against the emulator, in both colours."""

from __future__ import annotations

import asyncio
import io
import sys
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from langchain_aimlapi import AimlapiClient, Catalog, errors
from langchain_aimlapi.emulator import Emulator, Fault
from langchain_aimlapi.emulator._media import mp3
from langchain_aimlapi.endpoints.speech import Speech
from langchain_aimlapi.spend import track_spend

LONG = "This is a sentence of the story. " * 200


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator(balance=10_000) as running:
        yield running


@pytest.fixture
def client(api: Emulator) -> AimlapiClient:
    return AimlapiClient(**api.settings())


async def create(client: AimlapiClient, colour: str, **arguments: Any) -> Speech:
    if colour == "sync":
        return client.speech.create(**arguments)
    return await client.speech.acreate(**arguments)


async def stream(client: AimlapiClient, colour: str, **arguments: Any) -> tuple[list[bytes], Any]:
    if colour == "sync":
        with client.speech.stream(**arguments) as pieces:
            return list(pieces), pieces.content_type
    async with client.speech.astream(**arguments) as apieces:
        return [piece async for piece in apieces], apieces.content_type


async def test_speech_is_a_link_that_can_be_saved(
    api: Emulator, client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    with track_spend() as spend:
        made = await create(client, colour, model="openai/tts-1", text="Hello.", voice="nova")
    assert made.url is not None
    assert (made.data, made.content_type) == (None, "audio/mpeg")
    assert made.cost is not None
    assert spend.total.usd == pytest.approx(made.cost.usd)
    assert made.inference_id
    assert made.raw is not None
    assert api.requests[0].body == {"model": "openai/tts-1", "text": "Hello.", "voice": "nova"}
    path = tmp_path / "hello.mp3"
    saved = made.save(path) if colour == "sync" else await made.asave(path)
    assert saved.read_bytes()[:2] == b"\xff\xfb"
    assert "<audio" in str(made._repr_mimebundle_()["text/html"])


async def test_speech_is_bytes_where_the_model_sends_them(
    api: Emulator, client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    made = await create(client, colour, model="deepgram/aura-2", text="Hello.")
    assert made.data is not None
    assert (made.url, made.content_type, made.size_bytes) == (None, "audio/wav", len(made.data))
    assert made.save(tmp_path).suffix == ".wav"


async def test_every_speech_model_answers(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    answered = 0
    for facts in Catalog.default().models(kind="tts"):
        made = await create(client, colour, model=facts.id, text="Hello.")
        assert made.url or made.data
        answered += 1
    assert answered > 75


@pytest.mark.parametrize(
    "model", ["openai/tts-1", "alibaba/qwen3-tts-flash", "minimax/speech-2.8-hd"]
)
async def test_a_long_text_is_one_sound(
    api: Emulator, client: AimlapiClient, colour: str, model: str
) -> None:
    with track_spend() as spend:
        made = await create(client, colour, model=model, text=LONG)
    texts = [request.body["text"] for request in api.requests if request.method == "POST"]
    assert " ".join(sorted(texts)).split() == LONG.split()
    assert len(made.parts) == len(texts) > 1
    assert made.data is not None
    assert made.size_bytes == len(made.data)
    assert made.cost is not None
    assert spend.total.usd == pytest.approx(made.cost.usd)
    if made.content_type == "audio/wav":
        with wave.open(io.BytesIO(made.data)) as file:
            assert file.getnframes() / file.getframerate() > len(LONG) * 0.05


async def test_sound_comes_in_pieces_while_it_is_made(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    pieces, kind = await stream(client, colour, model="elevenlabs/v3_alpha", text=LONG)
    assert len(pieces) > 10
    assert kind == "audio/mpeg"
    assert api.requests[0].body["stream"] is True
    assert b"".join(pieces) == mp3(len(LONG.strip()) * 0.06)


async def test_sound_behind_a_link_comes_in_pieces_too(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    pieces, kind = await stream(client, colour, model="openai/tts-1", text="Hello.")
    assert kind == "audio/mpeg"
    assert b"".join(pieces)[:2] == b"\xff\xfb"
    assert "stream" not in api.requests[0].body


@pytest.mark.parametrize("model", ["openai/tts-1", "deepgram/aura-2"])
async def test_a_stream_of_a_long_text_is_one_sound(
    api: Emulator, client: AimlapiClient, colour: str, model: str
) -> None:
    pieces, _ = await stream(client, colour, model=model, text=LONG, max_characters=1000)
    whole = b"".join(pieces)
    assert len([r for r in api.requests if r.method == "POST"]) == 7
    if model == "deepgram/aura-2":
        assert whole.count(b"RIFF") == 1
    assert len(whole) > 10_000


async def test_a_stream_that_fails_before_it_begins_is_opened_again(
    api: Emulator, client: AimlapiClient, colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("langchain_aimlapi._transport.sync.time.sleep", lambda _: None)

    async def sleep(delay: float, result: Any = None) -> Any:
        return result

    monkeypatch.setattr("langchain_aimlapi._transport.asynchronous.asyncio.sleep", sleep)
    api.fault(Fault(status=503), times=1)
    pieces, _ = await stream(client, colour, model="deepgram/aura-2", text="Hello.")
    assert b"".join(pieces)[:4] == b"RIFF"
    api.fault(Fault(status=400, message="no such voice"), times=1)
    with pytest.raises(errors.InvalidRequestError, match="no such voice"):
        await stream(client, colour, model="deepgram/aura-2", text="Hello.")


# --- a server of our own -----


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Bytes one piece after the other; knows how many were taken, and whether it was closed."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces
        self.taken = 0
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            self.taken += 1
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            self.taken += 1
            yield piece

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


def client_of(handler: Any) -> AimlapiClient:
    transport = httpx.MockTransport(handler)
    return AimlapiClient(
        api_key="k",
        http_client=httpx.Client(transport=transport),
        http_async_client=httpx.AsyncClient(transport=transport),
    )


async def test_a_stream_that_is_left_closes_its_connection(colour: str) -> None:
    body = Body([b"ID3" + bytes(100), *[bytes(100)] * 50])
    client = client_of(
        lambda _: httpx.Response(200, headers={"content-type": "audio/mpeg"}, stream=body)
    )
    order: dict[str, Any] = {"model": "deepgram/aura-2", "text": "Hello."}
    if colour == "sync":
        with client.speech.stream(**order) as pieces:
            first = next(pieces)
    else:
        async with client.speech.astream(**order) as apieces:
            first = await anext(apieces)
    assert first[:3] == b"ID3"
    assert body.taken < 5
    assert body.closed


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"json": {"error": {"message": "no voice"}}}, "no voice"),
        ({"json": {"meta": {}, "tune": 1}}, r"keys \['meta', 'tune'\]"),
        ({"html": "<p>login</p>"}, "a page"),
        ({"headers": {"content-type": "audio/mpeg"}, "content": b""}, "no sound|empty"),
    ],
)
async def test_what_is_no_speech_is_an_error(
    colour: str, answer: dict[str, Any], error: str
) -> None:
    client = client_of(lambda _: httpx.Response(200, **answer)).with_options(max_retries=0)
    order: dict[str, Any] = {"model": "deepgram/aura-2", "text": "Hello."}
    with pytest.raises(errors.AimlapiError, match=error):
        await create(client, colour, **order)
    with pytest.raises(errors.AimlapiError, match=error):
        await stream(client, colour, **order)


async def test_speech_whose_answer_is_lost_is_not_bought_again(colour: str) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        raise httpx.ReadTimeout("slow")

    with pytest.raises(errors.APITimeoutError, match="usage log"):
        await create(client_of(answer), colour, model="openai/tts-1", text="Hello.")
    assert len(sent) == 1


# --- speak -----

LISTENER = "import sys; open(sys.argv[1], 'wb').write(sys.stdin.buffer.read())"


async def speak(client: AimlapiClient, colour: str, **arguments: Any) -> Path | None:
    if colour == "sync":
        return client.speech.speak(**arguments)
    return await client.speech.aspeak(**arguments)


async def test_a_text_is_spoken_to_a_player_or_into_a_file(
    client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    order: dict[str, Any] = {"model": "deepgram/aura-2", "text": "Hello.", "voice": "zeus"}
    heard = tmp_path / "heard"
    player = [sys.executable, "-c", LISTENER, str(heard)]
    assert await speak(client, colour, **order, player=player) is None
    assert heard.read_bytes()[:4] == b"RIFF"
    saved = await speak(client, colour, **order, to=tmp_path)
    assert saved is not None
    assert (saved.suffix, saved.read_bytes()) == (".wav", heard.read_bytes())


async def test_a_player_that_is_not_there_is_named(
    api: Emulator, client: AimlapiClient, colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: dict[str, Any] = {"model": "deepgram/aura-2", "text": "Hello."}
    with pytest.raises(errors.InvalidRequestError, match="'no-such-player' cannot be started"):
        await speak(client, colour, **order, player="no-such-player")
    monkeypatch.setattr("langchain_aimlapi._transport.sounds.shutil.which", lambda _: None)
    with pytest.raises(errors.InvalidRequestError, match="install ffmpeg"):
        await speak(client, colour, **order)
    assert api.requests == []  # nothing was bought


async def test_a_player_that_listens_no_more_ends_the_stream(
    client: AimlapiClient, colour: str
) -> None:
    deaf = [sys.executable, "-c", "import os; os.close(0)"]
    await speak(client, colour, model="deepgram/aura-2", text=LONG, player=deaf)


# --- what needs no network -----


def test_voices_are_listed_without_a_key() -> None:
    client = AimlapiClient()
    assert "nova" in client.speech.voices("openai/tts-1")
    assert len(client.speech.voices("elevenlabs/v3_alpha")) > 45
    assert "Wise_Woman" in client.speech.voices("minimax/speech-2.8-hd")
    assert "Alice [EN]" in client.speech.voices("microsoft/vibevoice-7b")
    assert client.speech.voices("#g1_aura-zeus-en") == ["zeus"]
    assert client.speech.voices("new/voice") == []
    with pytest.raises(errors.InvalidRequestError, match="AimlapiClient"):
        client.speech.voices("google/veo3")


def test_a_check_says_what_would_be_sent() -> None:
    client = AimlapiClient()
    found = client.speech.check(model="openai/tts-1", text="Hello.", voice="Nova")
    assert found.ok
    assert found.body == {"model": "openai/tts-1", "text": "Hello.", "voice": "nova"}
    refused = asyncio.run(client.speech.acheck(model="openai/tts-1", text="Hello.", voice="Hal"))
    assert isinstance(refused.error, errors.UnsupportedFeatureError)
