"""What an earlier answer showed and said is in the next request, whoever is asked."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, message_to_dict, messages_from_dict

from langchain_aimlapi.emulator import Emulator, Say
from langchain_aimlapi.errors import UnsupportedParameterWarning
from tests.unit_tests.langchain.helpers import MODEL, answer, ask, make

AUDIO = "openai/gpt-audio"
READERS = [AUDIO, MODEL, "claude-opus-4-5", "claude-opus-4-8", "openai/gpt-5-1-codex",
           "google/gemini-3-5-flash", "deepseek/deepseek-v4-flash"]  # fmt: skip
PNG = "iVBORw0KGgo="
IMAGE = f"data:image/png;base64,{PNG}"


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def said_by_the_assistant(body: dict[str, Any]) -> list[Any]:
    turns = body.get("messages") or body["input"]
    return [turn["content"] for turn in turns if turn.get("role") == "assistant"]


@pytest.mark.parametrize("version", ["v0", "v1"])
@pytest.mark.parametrize("manner", ["whole", "stream"])
async def test_a_spoken_answer_is_its_words_to_every_model(
    api: Emulator, version: str, manner: str, colour: str
) -> None:
    speaker = make(
        model=AUDIO, modalities=["text", "audio"], audio={"voice": "alloy", "format": "pcm16"},
        output_version=version, **api.settings(),
    )  # fmt: skip
    spoken = await answer(speaker, "Say hello.", colour, manner)
    words = next(b for b in spoken.content_blocks if b["type"] == "audio")["extras"]["transcript"]
    restored = messages_from_dict([message_to_dict(spoken)])[0]
    for name in READERS:
        for message in (spoken, restored):
            model = make(model=name, on_unsupported="error", **api.settings())
            await ask(model, [HumanMessage("Say hello."), message, HumanMessage("Again!")], colour)
            [content] = said_by_the_assistant(api.requests[-1].body)
            assert words in json.dumps(content, ensure_ascii=False).replace('\\"', '"'), name
            assert "UklGR" not in json.dumps(api.requests[-1].body), "the sound itself is not sent"


@pytest.mark.parametrize("version", ["v0", "v1"])
@pytest.mark.parametrize("manner", ["whole", "stream"])
@pytest.mark.parametrize("reader", [MODEL, "claude-opus-4-5", "claude-opus-4-8"])
async def test_an_image_of_an_answer_is_shown_again(
    api: Emulator, reader: str, version: str, manner: str, colour: str
) -> None:
    api.say(Say("Here it is.", images=(IMAGE,)))
    artist = make(model="google/gemini-2.5-flash-image", output_version=version, **api.settings())
    drawn = await answer(artist, "Draw.", colour, manner)
    model = make(model=reader, **api.settings())
    await ask(model, [HumanMessage("Draw."), drawn, HumanMessage("Bluer!")], colour)
    sent = json.dumps(api.requests[-1].body)
    assert "Here it is." in sent
    assert PNG in sent
    assert sent.index("Here it is.") < sent.index(PNG) < sent.index("Bluer!")


async def test_a_model_that_sees_nothing_is_asked_without_and_that_is_said(
    api: Emulator, colour: str
) -> None:
    kwargs = {"images": [{"type": "image_url", "image_url": {"url": IMAGE}}]}
    history = [HumanMessage("Draw."), AIMessage("Here.", additional_kwargs=kwargs)]
    model = make(model="deepseek/deepseek-v4-flash", **api.settings())
    with pytest.warns(UnsupportedParameterWarning, match="media of an earlier answer"):
        await ask(model, [*history, HumanMessage("Bluer!")], colour)
    assert PNG not in json.dumps(api.requests[-1].body)


async def test_sound_without_words_goes_to_models_that_hear(api: Emulator, colour: str) -> None:
    audio = {"id": "audio_1", "data": "UklGRgAA", "format": "wav"}
    history = [HumanMessage("Hum."), AIMessage("", additional_kwargs={"audio": audio})]
    for name in (AUDIO, "google/gemini-3-5-flash"):
        await ask(make(model=name, **api.settings()), [*history, HumanMessage("More!")], colour)
        assert "UklGRgAA" in json.dumps(api.requests[-1].body)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        codex = make(model="openai/gpt-5-1-codex", **api.settings())
        await ask(codex, [*history, HumanMessage("More!")], colour)
    assert ["media of an earlier answer" in str(each.message) for each in caught] == [True]
