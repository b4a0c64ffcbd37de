"""``litellm.speech``, ``litellm.transcription`` and ``litellm.ocr``."""

from __future__ import annotations

import io
import wave
from typing import Any

import pytest

from .helpers import Asker, Ledger, balance, charged, litellm

pytestmark = pytest.mark.slow

TTS, STT, OCR = "openai/tts-1", "#g1_whisper-large", "mistral/mistral-ocr-latest"


def sound() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(bytes(16000))
    return file.getvalue()


def speak(ask: Asker, model: str = TTS, **more: Any) -> Any:
    given = ask.options(model, **{"input": "Hello there.", "voice": "alloy", **more})
    return ask.call(litellm.speech, litellm.aspeech, given)


def hear(ask: Asker, **more: Any) -> Any:
    given = ask.options(STT, file=("words.wav", sound(), "audio/wav"), **more)
    return ask.call(litellm.transcription, litellm.atranscription, given)


def read(ask: Asker, document: Any, **more: Any) -> Any:
    given = ask.options(OCR, document=document, **more)
    return ask.call(litellm.ocr, litellm.aocr, given)


def test_speech_is_bytes_with_its_charge(ask: Asker) -> None:
    before = balance(ask.api)
    answer = speak(ask, response_format="mp3", speed=1.5)
    assert len(answer.content) > 100
    order = next(request for request in ask.api.requests if request.path == "/v1/tts")
    assert order.body["text"] == "Hello there."
    assert (order.body["voice"], order.body["speed"]) == ("alloy", 1.5)
    assert answer._hidden_params["response_cost"] == pytest.approx(charged(before, ask.api))


def test_charge_of_speech_is_logged(ask: Asker) -> None:
    ledger, before = Ledger(), balance(ask.api)
    litellm.callbacks = [ledger]
    speak(ask)
    assert ask.later(ledger.costs)[0] == pytest.approx(charged(before, ask.api))


def test_transcript_has_text_words_and_duration(ask: Asker) -> None:
    answer = hear(ask, response_format="verbose_json", language="en")
    assert "transcript" in answer.text
    assert answer["words"][0]["word"]
    assert answer["duration"] > 0


@pytest.mark.slow
def test_transcript_is_written_as_subtitles(ask: Asker) -> None:
    assert "-->" in hear(ask, response_format="srt").text
    assert hear(ask, response_format="vtt").text.startswith("WEBVTT")
    with pytest.raises(litellm.BadRequestError, match="response_format"):
        hear(ask, response_format="doc")


@pytest.mark.parametrize(
    "document",
    [
        {"type": "document_url", "document_url": "https://example.com/a.pdf"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    ],
)
def test_document_is_read_page_by_page_with_its_charge(ask: Asker, document: Any) -> None:
    before = balance(ask.api)
    answer = read(ask, document)
    assert answer.object == "ocr"
    assert answer.pages[0].markdown.startswith("# Page 1")
    assert answer._hidden_params["response_cost"] == pytest.approx(charged(before, ask.api))


def test_options_of_ocr_have_mistrals_names(ask: Asker) -> None:
    document = {"type": "document_url", "document_url": "https://example.com/a.pdf"}
    read(ask, document, pages=[0], include_image_base64=True)
    body = ask.api.requests[-1].body
    assert body["include_image_base64"] is True
    assert body["pages"] in ("0", [0])


def test_document_that_names_nothing_is_refused(ask: Asker) -> None:
    with pytest.raises(litellm.BadRequestError, match="document_url"):
        read(ask, {"type": "document_url"})
    assert ask.api.requests == []


def test_ocr_of_other_providers_is_litellms(ask: Asker) -> None:
    with pytest.raises(Exception, match=r"(?i)provider|key|model"):
        litellm.ocr(model="nobody/x", document={"type": "document_url", "document_url": "a"})
    assert ask.api.requests == []
