"""`AimlapiEmbeddings` against the emulator: LangChain's own suites, and what they do not ask."""

from __future__ import annotations

import asyncio
import copy
import pickle
import warnings
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_tests.integration_tests import EmbeddingsIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests
from pydantic import ValidationError

from langchain_aimlapi import AimlapiEmbeddings
from langchain_aimlapi._domain.values import Meta
from langchain_aimlapi._wire.retry import RetryEvent
from langchain_aimlapi.emulator import Emulator, Fault
from langchain_aimlapi.errors import (
    APIError,
    APITimeoutError,
    AuthenticationError,
    InvalidRequestError,
    ModelNotFoundError,
    RateLimitError,
    UnsupportedParameterWarning,
)

MODELS = (
    "text-embedding-3-small",
    "voyage-2",
    "alibaba/qwen-text-embedding-v4",
    "text-multilingual-embedding-002",
)


class TestUnit(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return AimlapiEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"model": "voyage-2"}


class Base(EmbeddingsIntegrationTests):
    """The suite for one vendor's models."""

    @pytest.fixture(autouse=True)
    def _emulated(self) -> Iterator[None]:
        with Emulator() as api:
            self.api = api
            yield

    @property
    def embeddings_class(self) -> type[Embeddings]:
        return AimlapiEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"model": self.model_id, **self.api.settings()}

    model_id = ""


class TestOpenAI(Base):
    model_id = MODELS[0]


class TestVoyage(Base):
    model_id = MODELS[1]


class TestQwen(Base):
    model_id = MODELS[2]


class TestGoogle(Base):
    model_id = MODELS[3]


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


def made(api: Emulator, **options: Any) -> AimlapiEmbeddings:
    return AimlapiEmbeddings(**{**api.settings(), **options})


async def documents(model: AimlapiEmbeddings, texts: list[str], colour: str) -> list[list[float]]:
    if colour == "sync":
        return model.embed_documents(texts)
    return await model.aembed_documents(texts)


@pytest.mark.parametrize("model_id", MODELS)
async def test_many_texts_come_back_in_order(api: Emulator, colour: str, model_id: str) -> None:
    model = made(api, model=model_id, chunk_size=7)
    texts = [f"text number {place}" for place in range(40)]
    together = await documents(model, texts, colour)
    assert len(api.requests) == 6
    alone = [model.embed_query(text) for text in texts]
    assert together == alone
    assert all(type(number) is float for number in together[0])


async def test_a_query_and_a_document_go_out_as_what_they_are(api: Emulator, colour: str) -> None:
    model = made(api, model="text-multilingual-embedding-002")
    await documents(model, ["a"], colour)
    if colour == "sync":
        model.embed_query("a")
    else:
        await model.aembed_query("a")
    tasks = [request.body["task_type"] for request in api.requests]
    assert tasks == ["RETRIEVAL_DOCUMENT", "RETRIEVAL_QUERY"]


async def test_async_requests_overlap_up_to_the_limit(api: Emulator) -> None:
    together = asyncio.Barrier(4)  # opens for four requests that are under way at once
    under_way: list[int] = [0]
    inner = api.transport

    async def answer(request: httpx.Request) -> httpx.Response:
        under_way.append(under_way[-1] + 1)
        async with asyncio.timeout(60):
            await together.wait()
        under_way.append(under_way[-1] - 1)
        answered: httpx.Response = await inner.handle_async_request(request)
        return answered

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        model = made(
            api, model="voyage-2", chunk_size=1, max_concurrency=4, http_async_client=client
        )
        vectors = await model.aembed_documents([f"t{place}" for place in range(8)])
    assert len(vectors) == 8
    assert max(under_way) == 4


async def test_one_failure_ends_the_whole_call(api: Emulator, colour: str) -> None:
    api.fault(Fault(status=500), times=None, when=lambda call: b"bad" in call.body)
    model = made(api, model="voyage-2", chunk_size=1, max_retries=0, max_concurrency=2)
    with pytest.raises(APIError) as error:
        await documents(model, ["a", "bad", *"cdefghijklmnop"], colour)
    assert error.value.model == "voyage-2"
    assert len(api.requests) < 8


async def test_a_failed_request_is_asked_again(api: Emulator, colour: str) -> None:
    waits: list[RetryEvent] = []
    api.fault(Fault(status=503), times=1)
    model = made(api, on_retry=waits.append)
    assert len(await documents(model, ["a"], colour)) == 1
    assert [event.attempt for event in waits] == [1]
    assert len(api.requests) == 2


async def test_no_retries_means_none(api: Emulator, colour: str) -> None:
    api.fault(Fault(status=429), times=None)
    with pytest.raises(RateLimitError):
        await documents(made(api, max_retries=0), ["a"], colour)
    assert len(api.requests) == 1


async def test_the_deadline_holds_for_all_requests_together(api: Emulator, colour: str) -> None:
    api.fault(Fault(delay=0.2), times=None)
    model = made(api, chunk_size=1, deadline=0.5, max_concurrency=1)
    with pytest.raises(APITimeoutError):
        await documents(model, list("abcdefgh"), colour)
    assert len(api.requests) <= 4


def test_usage_and_charge_are_told(api: Emulator) -> None:
    seen: list[Meta] = []
    model = made(api, model="voyage-2", chunk_size=1, on_usage=seen.append)
    model.embed_documents(["a b", "c d"])
    (meta,) = seen
    assert meta.usage is not None
    assert meta.usage.input == 4
    assert meta.cost is not None
    assert meta.cost.usd == pytest.approx(float(100 - float(_balance(api))))
    sent = [request for request in api.requests if request.path == "/v1/embeddings"]
    ids = [request.headers["x-client-request-id"] for request in sent]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert meta.client_request_id == ids[0]


def _balance(api: Emulator) -> float:
    answer = api.client().get("https://aimlapi.emulator/v2/billing").json()
    return float(answer["current_balance"])


def test_an_empty_text_is_refused_by_its_position(api: Emulator) -> None:
    with pytest.raises(InvalidRequestError, match=r"input\[1\] is an empty text"):
        made(api).embed_documents(["a", ""])
    assert api.requests == []


def test_no_texts_cost_nothing(api: Emulator) -> None:
    assert made(api).embed_documents([]) == []
    assert api.requests == []


def test_a_lone_text_is_one_document(api: Emulator) -> None:
    assert len(made(api).embed_documents("hello")) == 1


def test_dimensions_reach_the_model(api: Emulator) -> None:
    assert len(made(api, dimensions=64).embed_query("a")) == 64
    with pytest.warns(UnsupportedParameterWarning, match="voyage-2: dimensions=64 was sent"):
        made(api, model="voyage-2", dimensions=64).embed_query("a")
    assert api.requests[-1].body["dimensions"] == 64


def test_a_warning_is_given_once(api: Emulator) -> None:
    model = made(api, model="voyage-2", dimensions=64)
    with pytest.warns(UnsupportedParameterWarning) as caught:
        model.embed_query("a")
    model.embed_query("b")  # a second warning would be an error
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_a_switched_off_model_names_what_to_use(api: Emulator) -> None:
    ending = pytest.warns(UnsupportedParameterWarning, match="use text-multilingual-embedding-002")
    with ending, pytest.raises(ModelNotFoundError) as error:
        made(api, model="textembedding-gecko@003").embed_query("a")
    assert error.value.advice
    with pytest.raises(ModelNotFoundError, match="text-embedding-3-small"):
        made(api, model="text-embedding-3-smal").embed_query("a")


async def test_a_missing_key_is_an_error_that_says_so(colour: str) -> None:
    with pytest.raises(AuthenticationError, match="AIMLAPI_API_KEY"):
        await documents(AimlapiEmbeddings(), ["a"], colour)


def test_the_key_is_read_when_a_call_is_made(
    api: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {k: v for k, v in api.settings().items() if k not in ("api_key", "base_url")}
    model = AimlapiEmbeddings(**settings)
    monkeypatch.setenv("AIMLAPI_API_KEY", api.api_key)
    monkeypatch.setenv("AIMLAPI_API_BASE", api.base_url)
    assert len(model.embed_query("a")) == 1536


def test_names_of_other_embedding_classes_work_or_say_why_not(api: Emulator) -> None:
    settings = api.settings()
    settings |= {
        "aimlapi_api_key": settings.pop("api_key"),
        "aimlapi_api_base": settings.pop("base_url"),
        "request_timeout": 5,
    }
    model = AimlapiEmbeddings(**settings)
    assert model.timeout == 5
    assert len(model.embed_query("a")) == 1536
    foreign: dict[str, Any] = {"show_progress_bar": True}
    misspelt: dict[str, Any] = {"dimension": 3}
    unknown: dict[str, Any] = {"colour": "red"}
    with pytest.warns(UserWarning, match="show_progress_bar has no effect"):
        AimlapiEmbeddings(**foreign)
    with pytest.raises(ValidationError, match="did you mean 'dimensions'"):
        AimlapiEmbeddings(**misspelt)
    with pytest.raises(ValidationError, match="unknown argument 'colour'"):
        AimlapiEmbeddings(**unknown)


def test_the_key_is_in_no_repr_and_no_pickle(api: Emulator) -> None:
    model = AimlapiEmbeddings(api_key="sk-very-secret-key", default_headers={"X-Own": "private"})
    assert "very-secret" not in repr(model) + str(model)
    assert "private" not in repr(model)
    twin = pickle.loads(pickle.dumps(model))
    assert twin.api_key is None
    assert twin.model == model.model
    kept = AimlapiEmbeddings(api_key="sk-very-secret-key", pickle_api_key=True)
    assert pickle.loads(pickle.dumps(kept)).api_key == kept.api_key
    used = made(api)
    used.embed_query("a")
    assert len(copy.deepcopy(AimlapiEmbeddings(api_key="k")).model_dump()) > 5
    with pytest.raises(TypeError, match="http_client"):
        pickle.dumps(used)


async def test_a_vector_store_finds_what_is_near(api: Emulator, colour: str) -> None:
    texts = ["the cat sat on the mat", "stocks fell in the morning", "a recipe for apple cake"]
    store = InMemoryVectorStore(made(api, dimensions=256))
    found: list[Document]
    if colour == "sync":
        store.add_texts(texts)
        found = store.similarity_search("where did the cat sit", k=1)
    else:
        await store.aadd_texts(texts)
        found = await store.asimilarity_search("where did the cat sit", k=1)
    assert found[0].page_content == texts[0]


async def test_over_a_real_socket_too(colour: str) -> None:
    with Emulator().serve() as api:
        model = made(api, model="alibaba/qwen-text-embedding-v3")
        vectors = await documents(model, [f"t{place}" for place in range(25)], colour)
        await model.aclose()
        model.close()
    assert len(vectors) == 25


def test_nothing_happens_at_construction() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = AimlapiEmbeddings()
    assert model._holder._drivers is None
