"""`client.music` and `client.meshes` against the emulator, in both colours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from langchain_aimlapi import AimlapiClient, Catalog, errors
from langchain_aimlapi.emulator import Emulator, Fault
from langchain_aimlapi.endpoints.meshes import Mesh
from langchain_aimlapi.endpoints.music import Music

MODEL = "minimax/music-2.6"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
MP3 = b"ID3" + bytes(16)
GIVEN: dict[str, dict[str, Any]] = {
    "prompt": {"prompt": "a slow waltz"},
    "lyrics": {"lyrics": "one two three, one two three"},
    "reference_audio": {"reference_audio": MP3},
}


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator(balance=10_000) as running:
        yield running


@pytest.fixture
def client(api: Emulator) -> AimlapiClient:
    return AimlapiClient(**api.settings())


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that were waited for; none of them really are."""
    seconds: list[float] = []
    monkeypatch.setattr("langchain_aimlapi._transport.sync.time.sleep", seconds.append)

    async def sleep(delay: float, result: Any = None) -> Any:
        seconds.append(delay)
        return result

    monkeypatch.setattr("langchain_aimlapi._transport.asynchronous.asyncio.sleep", sleep)
    return seconds


async def play(client: AimlapiClient, colour: str, **arguments: Any) -> Music:
    if colour == "sync":
        return client.music.generate(**arguments)
    return await client.music.agenerate(**arguments)


async def model(client: AimlapiClient, colour: str, **arguments: Any) -> Mesh:
    if colour == "sync":
        return client.meshes.generate(**arguments)
    return await client.meshes.agenerate(**arguments)


async def draw(client: AimlapiClient, colour: str) -> object:
    if colour == "sync":
        return client.images.generate(model="flux/schnell", prompt="a cat")
    return await client.images.agenerate(model="flux/schnell", prompt="a cat")


def methods(api: Emulator) -> list[str]:
    return [request.method for request in api.requests]


async def test_music_is_ordered_polled_and_saved(
    api: Emulator, client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    made = await play(
        client, colour,
        model="minimax/music-2.0", **GIVEN["prompt"], **GIVEN["lyrics"], output_format="wav",
    )  # fmt: skip
    assert methods(api) == ["POST", "GET", "GET"]
    assert api.requests[0].body["audio_setting"] == {"format": "wav"}
    assert (made.duration, made.sample_rate) == (30.0, 44100)
    path = tmp_path / "waltz.wav"
    saved = made.save(path) if colour == "sync" else await made.asave(path)
    assert saved.read_bytes()[:4] == b"RIFF"


async def test_every_music_model_answers(api: Emulator, client: AimlapiClient, colour: str) -> None:
    answered = 0
    for facts in Catalog.default().models(kind="audio"):
        if facts.id.startswith("test/"):
            continue
        given = dict(GIVEN["prompt"])
        while (error := client.music.check(model=facts.id, **given).error) is not None:
            assert error.field not in given, error
            given |= GIVEN[str(error.field)]
        made = await play(client, colour, model=facts.id, **given)
        assert made.url
        assert made.content_type == "audio/mpeg"
        answered += 1
    assert answered >= 8


async def test_a_cover_is_made_of_a_song_that_was_taken_apart(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    if colour == "sync":
        found = client.music.preprocess(reference_audio=MP3)
    else:
        found = await client.music.apreprocess(reference_audio=MP3)
    assert found.lyrics is not None
    made = await play(
        client, colour,
        model="minimax/music-cover", prompt="the same as a waltz", lyrics=found.lyrics,
        cover_feature_id=found.cover_feature_id,
    )  # fmt: skip
    assert made.url
    assert "reference_audio_url" not in api.requests[1].body


async def test_a_recording_is_uploaded(api: Emulator, client: AimlapiClient, colour: str) -> None:
    if colour == "sync":
        found = client.music.upload(file=MP3, purpose="song")
    else:
        found = await client.music.aupload(file=MP3, purpose="song")
    assert found.voice_id
    assert found.instrumental_id
    assert found.raw is not None


async def test_music_that_fails_or_is_late(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    api.jobs.plan(error="no such tune", kind="audio")
    with pytest.raises(errors.JobFailedError, match="ended as error: no such tune"):
        await play(client, colour, model=MODEL, **GIVEN["prompt"])
    api.jobs.plan(states=("generating",) * 9)
    with pytest.raises(errors.JobTimeoutError, match=r"client\.music\.resume") as caught:
        await play(client, colour, model=MODEL, **GIVEN["prompt"], timeout=4)
    job = str(caught.value.job_id)
    api.jobs.finish(job)
    again = client.music.resume(job)
    assert (again.result() if colour == "sync" else await again.aresult()).url


# --- 3D -----


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("triposr", {"image": PNG}),
        ("tencent/hunyuan-part", {"mesh": "https://example.com/cat.glb"}),
        ("meshy/meshy-6-image-to-3d", {"image": PNG}),
        ("magic/image-to-3d", {"image": PNG}),
    ],
)
async def test_every_3d_model_answers_in_one_call(
    api: Emulator, client: AimlapiClient, colour: str, tmp_path: Path, name: str, given: Any
) -> None:
    made = await model(client, colour, model=name, **given)
    assert made.url is not None
    assert made.urls["glb"] == made.url
    assert made.cost is not None
    assert methods(api) == ["POST"]
    path = tmp_path / "cat.glb"
    saved = made.save(path) if colour == "sync" else await made.asave(path)
    assert saved.read_bytes()[:4] == b"glTF"


async def test_an_image_becomes_a_mesh(api: Emulator, client: AimlapiClient, colour: str) -> None:
    image = client.images.generate(model="flux/schnell", prompt="a chair")
    made = await model(client, colour, model="triposr", image=image)
    assert made.url
    assert api.requests[-1].body["image_url"] == image.url


async def test_a_mesh_whose_answer_is_lost_is_not_ordered_again(colour: str) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        raise httpx.ReadTimeout("slow")

    transport = httpx.MockTransport(answer)
    client = AimlapiClient(
        api_key="k",
        http_client=httpx.Client(transport=transport),
        http_async_client=httpx.AsyncClient(transport=transport),
    )
    with pytest.raises(errors.APITimeoutError, match="usage log"):
        await model(client, colour, model="triposr", image=PNG)
    assert len(sent) == 1


async def test_images_whose_answer_is_lost_are_not_bought_again(colour: str) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        raise httpx.ReadTimeout("slow")

    transport = httpx.MockTransport(answer)
    client = AimlapiClient(
        api_key="k",
        http_client=httpx.Client(transport=transport),
        http_async_client=httpx.AsyncClient(transport=transport),
    )
    with pytest.raises(errors.APITimeoutError, match="usage log"):
        await draw(client, colour)
    assert len(sent) == 1


async def test_a_mesh_that_is_refused_for_the_rate_is_sent_again(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    api.fault(Fault(status=429, retry_after=1), times=1)
    assert (await model(client, colour, model="triposr", image=PNG)).url
    assert methods(api) == ["POST", "POST"]
