"""Images, videos and music as LangChain models, in both colours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage

from langchain_aimlapi import AimlapiImageModel, AimlapiMusicModel, AimlapiVideoModel, errors
from langchain_aimlapi.emulator import Emulator
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


async def test_an_image_is_a_message_of_blocks(api: Emulator, colour: str) -> None:
    made = await call(AimlapiImageModel(model="flux/schnell", **api.settings()), colour, "a cat")
    (block,) = made.content_blocks
    assert block["type"] == "image"
    assert block["mime_type"] == "image/jpeg"
    assert block["url"].startswith("https://")
    assert made.response_metadata["cost"] == pytest.approx(0.042)
    assert made.response_metadata["model_name"] == "flux/schnell"
    assert api.requests[0].body == {"model": "flux/schnell", "prompt": "a cat"}


async def test_an_image_goes_into_a_video_as_it_is(api: Emulator, colour: str) -> None:
    image = await call(AimlapiImageModel(model="flux/schnell", **api.settings()), colour, "a cat")
    model = AimlapiVideoModel(model="openai/sora-2-i2v", duration=4, **api.settings())
    made = await call(model, colour, [image, HumanMessage("make it move")])
    (block,) = made.content_blocks
    assert block["type"] == "video"
    order = api.requests[1].body
    assert order["image_url"] == image.content[0]["url"]  # type: ignore[index]  # a block
    assert (order["prompt"], order["duration"]) == ("make it move", 4)
    assert made.response_metadata["job_id"]
    again = await call(model, colour, {"prompt": "and again", "image": image, "duration": 8})
    assert again.content_blocks[0]["type"] == "video"
    assert api.requests[-3].body["duration"] == 8


async def test_a_stream_yields_progress_and_ends_with_the_blocks(
    api: Emulator, colour: str
) -> None:
    model = AimlapiMusicModel(model="google/lyria2", **api.settings())
    if colour == "sync":
        chunks = list(model.stream("a waltz"))
    else:
        chunks = [chunk async for chunk in model.astream("a waltz")]
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert isinstance(whole, AIMessageChunk)
    assert [each["status"] for each in whole.additional_kwargs["progress"]] == [
        "queued", "running", "completed",
    ]  # fmt: skip
    assert [block["type"] for block in whole.content] == ["audio"]  # type: ignore[index]  # blocks


async def test_a_charge_is_entered_once(api: Emulator, colour: str) -> None:
    model = AimlapiImageModel(model="flux/schnell", **api.settings())
    with track_spend() as spend:
        await call(model, colour, "a cat")
    assert spend.total.calls == 1
    assert spend.total.usd == pytest.approx(0.042)


def test_names_of_the_earlier_package(api: Emulator) -> None:
    images = AimlapiImageModel(**{"model_name": "flux/schnell", **api.settings()})
    assert len(images.generate_images("a cat", n=2)) == 2
    with pytest.warns(UserWarning, match="provider has no effect"):
        videos = AimlapiVideoModel(provider="google", **api.settings())  # type: ignore[call-arg]  # of another class
    assert len(videos.generate_videos("a cat", n=2)) == 2
    assert (images._llm_type, videos._llm_type) == ("aimlapi-image", "aimlapi-video")
    with pytest.raises(ValueError, match="did you mean 'size'"):
        AimlapiImageModel(sizee="1024x1024")  # type: ignore[call-arg]  # misspelt


def test_what_a_model_cannot_do_is_refused_before_it_is_sent(api: Emulator) -> None:
    model = AimlapiVideoModel(model="openai/sora-2-t2v", **api.settings())
    assert isinstance(model.check("a cat", duration=5).error, errors.UnsupportedFeatureError)
    assert model.check("a cat", duration=4).error is None
    with pytest.raises(errors.UnsupportedFeatureError, match="takes no images"):
        AimlapiMusicModel(model="google/lyria2", **api.settings()).invoke(
            [HumanMessage([{"type": "image", "url": "https://example.com/a.png"}])]
        )
    assert api.requests == []
