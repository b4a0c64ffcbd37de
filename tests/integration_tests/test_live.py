"""What holds on the emulator holds on the gateway: the gateway's own ``test/dummy`` models.

`make test` plays this against the emulator, served on loopback. ``make live`` plays it against the
real API with the key in ``AIMLAPI_API_KEY``, for almost nothing: the models are the gateway's own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from langchain_aimlapi import AimlapiClient, AimlapiEmbeddings, Catalog, ChatAimlapi
from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.errors import AimlapiError, AuthenticationError
from tests.unit_tests.langchain.helpers import ask, stream

# Read here: the tests' own fixture hides keys of the machine from every test.
LIVE = os.environ.get("AIMLAPI_LIVE") == "1"
KEY, BASE = os.environ.get("AIMLAPI_API_KEY"), os.environ.get("AIMLAPI_API_BASE")
CHEAP: dict[str, Any] = {"test": {"credits": 1, "delay": 0}}


@pytest.fixture(scope="module")
def settings() -> Iterator[dict[str, Any]]:
    """Where the API is, and the key."""
    if LIVE:
        if not KEY:
            pytest.fail("make live needs a key in AIMLAPI_API_KEY")
        yield {"api_key": KEY, **({"base_url": BASE} if BASE else {})}
        return
    with Emulator().serve() as api:
        yield api.settings()


async def test_a_chat_answers_whole_and_in_pieces(settings: dict[str, Any], colour: str) -> None:
    model = ChatAimlapi(model="test/dummy", extra_body=CHEAP, **settings)
    answer = await ask(model, "Hello", colour)
    assert answer.response_metadata["model_provider"]
    chunks = await stream(model, "Hello", colour)
    assert chunks
    await model.aclose()


async def test_the_charge_is_reported(settings: dict[str, Any], colour: str) -> None:
    model = ChatAimlapi(model="test/dummy", extra_body=CHEAP, **settings)
    answer = await ask(model, "Hello", colour)
    assert isinstance(answer.response_metadata["cost"], float)
    assert answer.response_metadata["inference_id"]
    await model.aclose()


async def test_embeddings_are_vectors(settings: dict[str, Any], colour: str) -> None:
    made = AimlapiEmbeddings(model="test/dummy-embeddings", **settings)
    texts = ["a", "b"]
    if colour == "sync":
        vectors = made.embed_documents(texts)
        made.close()
    else:
        vectors = await made.aembed_documents(texts)
        await made.aclose()
    assert len(vectors) == 2
    assert all(isinstance(value, float) for value in vectors[0])


@pytest.mark.parametrize("status", [400, 429, 500])
async def test_an_error_has_its_class_and_ids(
    settings: dict[str, Any], status: int, colour: str
) -> None:
    client = AimlapiClient(max_retries=0, **settings)
    given: dict[str, Any] = {
        "model": "test/dummy-embeddings", "input": ["a"],
        "extra_body": {"test": {"errorStatus": status}},
    }  # fmt: skip

    async def call() -> object:
        return client.embeddings(**given) if colour == "sync" else await client.aembeddings(**given)

    with pytest.raises(AimlapiError) as failed:
        await call()
    assert failed.value.status_code == status
    assert failed.value.request_id


SOON: dict[str, Any] = {"test": {"delay": 0, "runningPolls": 0}}
LATE: dict[str, Any] = {"test": {"delay": 0, "runningPolls": 0, "errorStatus": 500}}
JOBS: dict[str, dict[str, Any]] = {
    "video": {"model": "test/dummy-video", "prompt": "a cat"},
    "music": {"model": "test/dummy-audio", "prompt": "a slow song"},
    "transcription": {"model": "test/dummy-stt", "audio": "https://example.com/a.mp3"},
    "batches": {
        "model": "test/dummy-batches",
        "requests": [
            ("one", {
                "model": "test/dummy-batches",
                "messages": [{"role": "user", "content": "Hi"}],
                "max_tokens": 16,
            }),
        ],
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", JOBS)
async def test_a_job_runs_and_ends(settings: dict[str, Any], kind: str, colour: str) -> None:
    client = AimlapiClient(**settings)
    calls, given = getattr(client, kind), {**JOBS[kind], "extra_body": SOON}
    job = calls.submit(**given) if colour == "sync" else await calls.asubmit(**given)
    assert job.id
    made = job.result() if colour == "sync" else await job.aresult()
    assert made is not None


@pytest.mark.parametrize("kind", JOBS)
async def test_a_job_fails_in_the_apis_words(
    settings: dict[str, Any], kind: str, colour: str
) -> None:
    client = AimlapiClient(**settings)
    calls, given = getattr(client, kind), {**JOBS[kind], "extra_body": LATE}
    job = calls.submit(**given) if colour == "sync" else await calls.asubmit(**given)
    with pytest.raises(AimlapiError):
        job.result() if colour == "sync" else await job.aresult()


async def test_a_document_has_the_pages_that_were_ordered(
    settings: dict[str, Any], colour: str
) -> None:
    calls = AimlapiClient(**settings).ocr
    given: dict[str, Any] = {
        "model": "test/dummy-ocr", "document": "https://example.com/a.pdf",
        "extra_body": {"test": {"pages": 3, "delay": 0}},
    }  # fmt: skip
    found = calls.read(**given) if colour == "sync" else await calls.aread(**given)
    assert len(found.pages) == 3


async def test_a_text_becomes_sound_behind_a_link(settings: dict[str, Any], colour: str) -> None:
    calls = AimlapiClient(**settings).speech
    given: dict[str, Any] = {
        "model": "test/dummy-tts", "text": "Hello", "extra_body": {"test": {"delay": 0}},
    }  # fmt: skip
    made = calls.create(**given) if colour == "sync" else await calls.acreate(**given)
    assert made.url


async def test_a_wrong_key_is_an_authentication_error(
    settings: dict[str, Any], colour: str
) -> None:
    model = ChatAimlapi(model="test/dummy", **{**settings, "api_key": "sk-wrong-0123456789abcdef"})
    with pytest.raises(AuthenticationError):
        await ask(model, "Hello", colour)
    await model.aclose()


async def test_an_unknown_model_is_an_error_with_advice(
    settings: dict[str, Any], colour: str
) -> None:
    model = ChatAimlapi(model="test/no-such-model", max_retries=0, **settings)
    with pytest.raises(AimlapiError):
        await ask(model, "Hello", colour)
    await model.aclose()


def test_the_lists_refresh_the_catalog(settings: dict[str, Any], tmp_path: Any) -> None:
    client = AimlapiClient(**settings)
    fresh = Catalog.default().refresh(client, schemas=["openai/gpt-4o"], directory=tmp_path)
    assert fresh.age is not None
    assert fresh.age < 600
    assert len(fresh.models(status="listed")) > 200
    assert "/v1/chat/completions" in fresh.find("openai/gpt-4o").shapes
    client.close()
