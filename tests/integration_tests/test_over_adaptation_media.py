"""The mirror of conformance, beside chat: what the newest contract takes goes out as it is.

For every id of every other endpoint the emulator's own contract (its own reading of the gateway's
schemas) makes the fullest body that it takes. The client is told each of its parameters, and must
neither drop nor change nor refuse one. The client's own facts are not asked.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from langchain_aimlapi import AimlapiClient
from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.emulator._models import Model
from langchain_aimlapi.errors import AimlapiError
from tests.integration_tests.emulator.bodies import fitting

IMAGES, VIDEO, MUSIC = "/v1/images/generations", "/v2/video/generations", "/v2/generate/audio"
SPEECH, TRANSCRIPTS, OCR = "/v1/tts", "/v1/stt/create", "/v1/ocr"
EMBEDDINGS = "/v1/embeddings"
PARTS = 6
SAMPLE = 25  # every 25th stands in `make test`
# Path -> the client's method, and its arguments that the API's own names have.
METHODS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    IMAGES: ("images.generate", {"prompt": "prompt"}),
    VIDEO: ("video.submit", {"prompt": "prompt"}),
    MUSIC: ("music.submit", {"prompt": "prompt", "lyrics": "lyrics"}),
    SPEECH: ("speech.create", {"text": "text", "script": "text"}),
    TRANSCRIPTS: ("transcription.submit", {"url": "audio"}),
    OCR: ("ocr.read", {"document": "document"}),
    EMBEDDINGS: ("embeddings", {"input": "input"}),
}
# Written otherwise on purpose: uploads stand for links here, and the client picks these itself.
APART = {"model", "stream", "file", "audio", "encoding_format"}
PAPER_URL = "https://example.com/a.pdf"
PAPER = {"type": "document_url", "document_url": PAPER_URL}
NOTICES = ("the model is deprecated", "has been superseded", "was sent although")


@pytest.fixture(scope="module")
def api() -> Iterator[Emulator]:
    with Emulator(balance=10**9) as emulator:
        yield emulator


def bodies(api: Emulator) -> list[tuple[Model, str, dict[str, Any]]]:
    """Model, path, and the fullest body that the contract takes, of every id."""
    found = []
    for model in sorted(api.models.listed(), key=lambda one: one.name):
        for path in METHODS if model.kind != "3d" else ():  # those are made by `client.meshes`
            schema = api.models.schema(model, path)
            if schema is None or "properties" not in schema:
                continue
            body = {**fitting(schema), "model": model.name}
            body = {name: value for name, value in body.items() if name not in APART - {"model"}}
            if "document" in body:
                body["document"] = PAPER if isinstance(body["document"], dict) else PAPER_URL
            if len(body) > 1 and not api.models.issues(model, path, body):
                found.append((model, path, body))
    return found


def complaint(client: AimlapiClient, api: Emulator, path: str, body: dict[str, Any]) -> str | None:
    """What the client does beside sending the body; None where it just sends it."""
    method, arguments = METHODS[path]
    holder, _, name = method.rpartition(".")
    given = {arguments[key]: value for key, value in body.items() if key in arguments}
    rest = {key: value for key, value in body.items() if key not in (*arguments, "model")}
    api.requests.clear()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            calls = getattr(client, holder) if holder else client
            getattr(calls, name)(model=body["model"], params=rest, **given)
        except AimlapiError as error:
            return f"refused: {error}"
    fitted = [str(one.message) for one in said]
    fitted = [words for words in fitted if not any(each in words for each in NOTICES)]
    if fitted:
        return f"fitted: {'; '.join(fitted)}"
    sent = next(one.body for one in api.requests if one.path == path)
    lost = {key: value for key, value in body.items() if key != "input" and sent.get(key) != value}
    return f"lost in silence: {lost} of {sent}" if lost else None


def over_adapted(api: Emulator, rows: list[tuple[Model, str, dict[str, Any]]]) -> list[str]:
    """Every row where the client does more than it must."""
    found = []
    with AimlapiClient(max_retries=0, **api.settings()) as client:
        for model, path, body in rows:
            words = complaint(client, api, path, body)
            if words:
                found.append(f"{model.name} {path}: {words[:300]}")
    return found


def test_what_the_contract_takes_beside_chat_goes_out_as_it_is(api: Emulator) -> None:
    rows = bodies(api)
    assert {path for _, path, _ in rows} == {*METHODS}
    assert over_adapted(api, rows[::SAMPLE]) == []


@pytest.mark.table
@pytest.mark.parametrize("part", range(PARTS))
def test_of_every_id_beside_chat(api: Emulator, part: int) -> None:
    rows = bodies(api)
    assert len(rows) > 300
    assert over_adapted(api, rows[part::PARTS]) == []
