"""Programs that were written for langchain-aimlapi 0.1.3 go on, without its defects.

The names were read from the wheel of 0.1.3 on 2026-11-27. What is left out on purpose is listed
with its cure.
"""

from __future__ import annotations

import base64
import importlib
import inspect
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.language_models.llms import LLM

import langchain_aimlapi
from langchain_aimlapi import AimlapiEmbeddings, AimlapiLLM, ChatAimlapi, errors
from langchain_aimlapi.constants import AIMLAPI_HEADERS, merge_aimlapi_headers
from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.image_models import AimlapiImageModel
from langchain_aimlapi.video_models import AimlapiVideoModel

PUBLIC = (
    "ChatAimlapi", "AimlapiLLM", "AimlapiEmbeddings", "AimlapiImageModel", "AimlapiVideoModel",
    "AIMLAPI_HEADERS", "__version__",
)  # fmt: skip
MODULES = {
    "chat_models": ("ChatAimlapi",),
    "embeddings": ("AimlapiEmbeddings",),
    "llms": ("AimlapiLLM",),
    "image_models": ("AimlapiImageModel",),
    "video_models": ("AimlapiVideoModel",),
    "constants": ("AIMLAPI_HEADERS", "merge_aimlapi_headers"),
}
CHAT: dict[str, Any] = {
    "model_name": "openai/gpt-4o", "model": "openai/gpt-4o", "aimlapi_api_key": "k",
    "api_key": "k", "aimlapi_api_base": "https://example.com/v1",
    "base_url": "https://example.com/v1", "default_headers": {"X-Trace": "1"}, "temperature": 0.1,
    "max_tokens": 5, "top_p": 0.5, "n": 2, "seed": 1, "stop": ["a"], "stop_sequences": ["a"],
    "logprobs": True, "top_logprobs": 2, "logit_bias": {"1": 2}, "presence_penalty": 0.1,
    "frequency_penalty": 0.1, "streaming": True, "stream_usage": True, "max_retries": 1,
    "request_timeout": 3, "timeout": 3, "reasoning_effort": "low",
    "reasoning": {"effort": "low"}, "verbosity": "low", "service_tier": "auto",
    "model_kwargs": {}, "extra_body": {}, "http_client": None, "http_async_client": None,
    "include_response_headers": True, "disable_streaming": True, "cache": False,
    "rate_limiter": None, "callbacks": [], "tags": ["a"], "metadata": {}, "name": "x",
    "verbose": False, "custom_get_token_ids": None, "store": True, "truncation": "auto",
    "include": ["reasoning.encrypted_content"], "output_version": "v0",
}  # fmt: skip
EMBEDDINGS: dict[str, Any] = {
    "model": "text-embedding-3-small", "dimensions": 2, "aimlapi_api_key": "k", "api_key": "k",
    "aimlapi_api_base": "https://example.com/v1", "base_url": "https://example.com/v1",
    "chunk_size": 3, "max_retries": 1, "request_timeout": 3, "timeout": 3, "model_kwargs": {},
    "default_headers": {}, "http_client": None, "http_async_client": None,
}  # fmt: skip
LLM_ARGUMENTS: dict[str, Any] = {
    "aimlapi_api_key": "k", "api_key": "k", "base_url": "https://example.com/v1",
    "temperature": 0.1, "top_p": 0.5, "top_k": 5, "max_tokens": 5, "repetition_penalty": 1.1,
}  # fmt: skip
MEDIA: dict[str, Any] = {
    "api_key": "k", "base_url": "https://example.com/v1", "timeout": 3.0, "max_retries": 1,
}  # fmt: skip
# Taken with a warning that says why they mean nothing, or refused with the cure.
IDLE: dict[str, tuple[type[Any], Any, str]] = {
    "use_responses_api": (ChatAimlapi, True, "dialect"),
    "use_previous_response_id": (ChatAimlapi, True, "whole conversation"),
    "tiktoken_model_name": (ChatAimlapi, "gpt-4o", "for the model itself"),
    "disabled_params": (ChatAimlapi, {"n": None}, "left out by itself"),
    "root_client": (ChatAimlapi, object(), "http_client"),
    "embedding_ctx_length": (AimlapiEmbeddings, 5, "no effect"),
    "allowed_special": (AimlapiEmbeddings, set(), "no effect"),
    "disallowed_special": (AimlapiEmbeddings, "all", "no effect"),
    "show_progress_bar": (AimlapiEmbeddings, True, "no effect"),
    "skip_empty": (AimlapiEmbeddings, True, "no effect"),
    "provider": (AimlapiVideoModel, "google", "no effect"),
}
REFUSED = {
    "openai_proxy": r"proxy=\.\.\.",
    "openai_organization": "leave it out",
    "organization": "leave it out",
    "openai_api_key": r"api_key=\.\.\.",
}


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


# --- names -----


def test_every_public_name_is_there() -> None:
    assert set(PUBLIC) <= set(langchain_aimlapi.__all__)
    for module, names in MODULES.items():
        found = importlib.import_module(f"langchain_aimlapi.{module}")
        assert all(hasattr(found, name) for name in names)


@pytest.mark.parametrize("name", CHAT)
def test_every_argument_of_the_chat_model_is_taken(name: str) -> None:
    model: dict[str, Any] = {} if name in ("model", "model_name") else {"model": "openai/gpt-4o"}
    ChatAimlapi(**{**model, name: CHAT[name]})


@pytest.mark.parametrize("name", EMBEDDINGS)
def test_every_argument_of_the_embeddings_is_taken(name: str) -> None:
    AimlapiEmbeddings(**{name: EMBEDDINGS[name]})


@pytest.mark.parametrize("name", LLM_ARGUMENTS)
def test_every_argument_of_the_text_model_is_taken(name: str) -> None:
    arguments: dict[str, Any] = {"model": "openai/gpt-4o", name: LLM_ARGUMENTS[name]}
    assert AimlapiLLM(**arguments)


def test_the_text_model_answers_with_a_text(api: Emulator) -> None:
    answer = AimlapiLLM(model="openai/gpt-4o", **api.settings()).invoke("hello")
    assert isinstance(answer, str)
    assert answer


@pytest.mark.parametrize("name", MEDIA)
@pytest.mark.parametrize("cls", [AimlapiImageModel, AimlapiVideoModel])
def test_every_argument_of_the_media_models_is_taken(cls: type[Any], name: str) -> None:
    assert cls(**{name: MEDIA[name]})


@pytest.mark.parametrize("name", IDLE)
def test_what_means_nothing_is_taken_and_said(name: str) -> None:
    cls, value, words = IDLE[name]
    with pytest.warns(UserWarning, match=words):
        made = cls(**({"model": "openai/gpt-4o"} if cls is ChatAimlapi else {}), **{name: value})
    assert name not in made.model_kwargs


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_show_a_secret_is_refused_with_its_cure(name: str) -> None:
    arguments: dict[str, Any] = {"model": "openai/gpt-4o", name: "x"}
    with pytest.raises(ValueError, match=REFUSED[name]):
        ChatAimlapi(**arguments)


def test_defaults_and_types() -> None:
    assert (AimlapiImageModel()._llm_type, AimlapiVideoModel()._llm_type) == (
        "aimlapi-image", "aimlapi-video",
    )  # fmt: skip
    assert AimlapiImageModel().model == "openai/gpt-image-1"
    assert AimlapiVideoModel().model == "google/veo3"
    assert AimlapiEmbeddings().model == "text-embedding-3-small"
    assert isinstance(AimlapiImageModel(), LLM)
    for method, names in (
        (AimlapiImageModel.generate_images, ["prompt", "n", "size", "response_format"]),
        (AimlapiVideoModel.generate_videos,
         ["prompt", "n", "response_format", "poll_interval", "timeout"]),
    ):  # fmt: skip
        assert list(inspect.signature(method).parameters)[1:] == names


def test_headers_are_merged_into_a_new_dictionary(api: Emulator) -> None:
    merged = merge_aimlapi_headers({"X-Trace": "1"})
    assert merged == {**AIMLAPI_HEADERS, "X-Trace": "1"}
    assert merge_aimlapi_headers() is not AIMLAPI_HEADERS
    ChatAimlapi(model="openai/gpt-4o", default_headers=merged, **api.settings()).invoke("hi")
    sent = api.requests[0].headers
    assert sent["x-trace"] == "1"
    assert sent["user-agent"] == AIMLAPI_HEADERS["user-agent"]
    assert not any("partner" in name.lower() for name in sent)


# --- return values -----


async def test_an_image_model_answers_with_a_link(api: Emulator, colour: str) -> None:
    model = AimlapiImageModel(model="flux/schnell", **api.settings())
    if colour == "sync":
        link, links = model.invoke("a cat"), model.generate_images("a cat", n=2)
        content = model.generate_images("a cat", response_format="b64_json")
    else:
        link, links = await model.ainvoke("a cat"), await model.agenerate_images("a cat", n=2)
        content = await model.agenerate_images("a cat", response_format="b64_json")
    assert isinstance(link, str)
    assert link.startswith("https://")
    assert [each[:8] for each in links] == ["https://"] * 2
    assert base64.b64decode(content[0]).startswith(b"\xff\xd8")  # a JPEG
    assert api.requests[0].body == {"model": "flux/schnell", "prompt": "a cat", "num_images": 1}


async def test_a_video_model_answers_with_a_link(api: Emulator, colour: str) -> None:
    model = AimlapiVideoModel(**api.settings())
    if colour == "sync":
        link, links = model.invoke("a cat"), model.generate_videos("a cat", n=2)
        (content,) = model.generate_videos("a cat", response_format="b64_json")
    else:
        link, links = await model.ainvoke("a cat"), await model.agenerate_videos("a cat", n=2)
        (content,) = await model.agenerate_videos("a cat", response_format="b64_json")
    assert isinstance(link, str)
    assert link.endswith(".mp4")
    assert len(set(links)) == 2
    assert base64.b64decode(content)[4:8] == b"ftyp"
    assert api.requests[0].body == {"model": "google/veo3", "prompt": "a cat"}


async def two(model: AimlapiVideoModel, colour: str, **options: Any) -> list[str]:
    if colour == "sync":
        return model.generate_videos("a cat", n=2, **options)
    return await model.agenerate_videos("a cat", n=2, **options)


async def test_failures_are_what_they_were(api: Emulator, colour: str) -> None:
    model = AimlapiVideoModel(**api.settings())
    api.jobs.plan(error="no such cat")
    with pytest.raises(RuntimeError, match="no such cat") as failed:
        model.invoke("a cat") if colour == "sync" else await model.ainvoke("a cat")
    assert isinstance(failed.value, errors.JobFailedError)
    assert pickle.loads(pickle.dumps(failed.value)).job_id == failed.value.job_id
    api.jobs.plan(states=("generating",) * 9, times=2)
    with pytest.raises(TimeoutError, match="resume") as late:
        await two(model, colour, timeout=4)
    assert isinstance(late.value, errors.JobTimeoutError)
    assert pickle.loads(pickle.dumps(late.value)).job_id == late.value.job_id
    ids = [job.id for job in api.jobs][-2:]
    assert all(repr(each) in late.value.__notes__[0] for each in ids)  # both were paid for


# --- defects of then -----


def test_a_missing_key_is_an_error_and_no_other_vendors_key_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-vendor")
    with pytest.raises(errors.AuthenticationError):
        AimlapiImageModel().invoke("a cat")
    with pytest.raises(errors.AuthenticationError):
        AimlapiVideoModel().invoke("a cat")


def test_fields_of_today_are_fitted_and_a_misspelt_one_is_refused(api: Emulator) -> None:
    more: dict[str, Any] = {"seed": 7, "enable_safety_checker": False, **api.settings()}
    model = AimlapiImageModel(model="flux/schnell", **more)
    model.invoke("a cat")
    body = api.requests[0].body
    assert (body["seed"], body["enable_safety_checker"]) == (7, False)
    wrong: dict[str, Any] = {"max_retrys": 1}
    with pytest.raises(ValueError, match="did you mean 'max_retries'"):
        AimlapiImageModel(**wrong)
    wrong = {"openai_api_key": "sk-of-another-vendor"}
    with pytest.raises(ValueError, match="not sent"):
        AimlapiVideoModel(**wrong)
    assert str(api.settings()["api_key"]) not in repr(model)


def test_a_stream_and_a_batch_give_links(api: Emulator) -> None:
    model = AimlapiImageModel(model="flux/schnell", **api.settings())
    assert [link[:8] for link in model.stream("a cat")] == ["https://"]
    assert len(set(model.batch(["a cat", "a dog"]))) == 2
