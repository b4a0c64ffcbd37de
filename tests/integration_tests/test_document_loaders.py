"""Document loaders and blob parsers of transcripts and documents, in both colours."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.document_loaders import BaseBlobParser, BaseLoader, Blob
from langchain_core.documents import Document

from langchain_aimlapi import (
    AimlapiClient,
    AimlapiImageModel,
    AimlapiOcrLoader,
    AimlapiOcrParser,
    AimlapiSpeechModel,
    AimlapiTranscriptionLoader,
    AimlapiTranscriptionParser,
    errors,
)
from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.emulator._media import mp3

LINK = "https://example.com/talk.mp3"
LETTER = "https://example.com/letter.pdf"


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


async def load(loader: BaseLoader, colour: str) -> list[Document]:
    return loader.load() if colour == "sync" else await loader.aload()


async def parse(parser: Any, colour: str, blob: Blob) -> list[Document]:
    found = parser.parse(blob) if colour == "sync" else await parser.aparse(blob)
    assert all(isinstance(each, Document) for each in found)
    return list(found)


async def test_a_document_is_one_document_a_page(api: Emulator, colour: str) -> None:
    found = await load(AimlapiOcrLoader(LETTER, pages=[0, 1], **api.settings()), colour)
    assert [each.metadata["page"] for each in found] == [0, 1]
    first = found[0]
    assert first.page_content.startswith("# Page 1 of letter.pdf")
    assert first.metadata["source"] == LETTER
    assert first.metadata["total_pages"] == 2
    assert first.metadata["model"] == "mistral/mistral-ocr-latest"
    assert (first.metadata["width"], first.metadata["height"]) == (1700, 2200)
    assert first.metadata["inference_id"]
    assert len(api.requests) == 1


async def test_files_addresses_and_answers_are_loaded_in_their_order(
    api: Emulator, colour: str, tmp_path: Path
) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(b"%PDF-1.7 a page")
    image = AimlapiImageModel(model="flux/schnell", **api.settings()).invoke("a sign")
    loader = AimlapiOcrLoader([str(path), path, LETTER, image], pages=0, **api.settings())
    found = await load(loader, colour)
    sources = [each.metadata["source"] for each in found]
    assert sources == [str(path), str(path), LETTER, "AIMessage"]
    assert api.requests[-1].body["document"]["type"] == "image_url"


async def test_a_recording_is_one_document_or_one_a_stretch(api: Emulator, colour: str) -> None:
    options: dict[str, Any] = {"diarize": True, **api.settings()}
    (whole,) = await load(AimlapiTranscriptionLoader(LINK, **options), colour)
    assert whole.page_content == "This is the emulator's transcript of talk.mp3."
    assert whole.metadata["source"] == LINK
    assert whole.metadata["duration"] == 11.0
    parts = await load(AimlapiTranscriptionLoader(LINK, by="segment", **options), colour)
    assert " ".join(part.page_content for part in parts) == whole.page_content
    assert parts[0].metadata["start"] == 0.0
    assert parts[0].metadata["speaker"] == "0"


async def test_a_message_of_a_speech_model_is_loaded(api: Emulator, colour: str) -> None:
    spoken = AimlapiSpeechModel(model="openai/tts-1", **api.settings()).invoke("Hello.")
    (found,) = await load(AimlapiTranscriptionLoader(spoken, **api.settings()), colour)
    assert found.page_content


async def test_blobs_are_parsed_from_disk_and_from_memory(
    api: Emulator, colour: str, tmp_path: Path
) -> None:
    path = tmp_path / "talk.mp3"
    path.write_bytes(mp3())
    parser = AimlapiTranscriptionParser("openai/gpt-4o-transcribe", language="en", **api.settings())
    (found,) = await parse(parser, colour, Blob.from_path(path, metadata={"series": 7}))
    assert found.metadata["source"] == str(path)
    assert found.metadata["series"] == 7
    assert api.requests[0].body["files"] == [("file", "audio.mp3", len(mp3()))]
    (again,) = await parse(parser, colour, Blob.from_data(mp3()))
    assert again.page_content
    pages = await parse(
        AimlapiOcrParser(pages=0, **api.settings()), colour, Blob.from_data(b"%PDF-1.7 a page")
    )
    assert len(pages) == 1


def test_they_are_what_langchain_takes_for_loaders_and_parsers(api: Emulator) -> None:
    loader = AimlapiOcrLoader(LETTER, pages=0, **api.settings())
    assert isinstance(loader, BaseLoader)
    assert isinstance(loader.parser, BaseBlobParser)
    first = next(loader.lazy_load())
    assert pickle.loads(pickle.dumps(first)) == first


def test_options_are_of_the_endpoint_or_of_the_client(api: Emulator, tmp_path: Path) -> None:
    client = AimlapiClient(**api.settings())
    assert AimlapiOcrParser(client=client).client is client
    with pytest.raises(ValueError, match="did you mean 'pages'"):
        AimlapiOcrParser(page=1)
    with pytest.raises(ValueError, match="settings of the client"):
        AimlapiTranscriptionParser(client=client, api_key="k")
    with pytest.raises(errors.InvalidRequestError, match="no file"):
        AimlapiOcrLoader(tmp_path / "nowhere.pdf", client=client).load()
    with pytest.raises(errors.InvalidRequestError, match="a directory"):
        AimlapiTranscriptionLoader(str(tmp_path), client=client).load()
    assert api.requests == []
