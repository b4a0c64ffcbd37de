# pyright: reportUnnecessaryTypeIgnoreComment=true
"""A user's program with a chat model, for type checkers only; see `client`."""

from __future__ import annotations

import ssl
from typing import Any, TypedDict, assert_type

import httpx
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.runnables import Runnable
from pydantic import BaseModel, SecretStr

from langchain_aimlapi import AimlapiEmbeddings, Catalog, ChatAimlapi, portable, register
from langchain_aimlapi.chat_models import RawAnswer
from langchain_aimlapi.spend import Spend, Total, track_spend


class Person(BaseModel):
    name: str


class PersonDict(TypedDict):
    name: str


def construction() -> None:
    ChatAimlapi(model="openai/gpt-4o", api_key="k", temperature=0)
    ChatAimlapi(model_name="openai/gpt-4o", aimlapi_api_key=SecretStr("k"))
    ChatAimlapi(model="new/model-of-tomorrow", aimlapi_api_base="https://a.test/v1")
    ChatAimlapi(model="openai/gpt-4o", max_completion_tokens=5, stop_sequences=["END"])
    ChatAimlapi(model="openai/gpt-4o", request_timeout=3, reasoning_effort="low")
    ChatAimlapi(model="openai/gpt-4o", reasoning_effort="a-new-level", verbosity="high")
    ChatAimlapi(model="openai/gpt-4o", timeout=httpx.Timeout(5), http_client=httpx.Client())
    ChatAimlapi(model="openai/gpt-4o", verify=ssl.create_default_context())
    ChatAimlapi(model="openai/gpt-4o", catalog=Catalog.default())
    ChatAimlapi(model="openai/gpt-4o", temprature=0)  # type: ignore[call-arg]  # misspelt
    ChatAimlapi(model=3)  # type: ignore[arg-type]  # no text
    ChatAimlapi(model="a", max_completion_tokens="5")  # type: ignore[arg-type]  # no number
    ChatAimlapi(model="a", http_client=1)  # type: ignore[arg-type]  # no client
    ChatAimlapi(model="a", dialect="grpc")  # type: ignore[arg-type]  # no dialect
    AimlapiEmbeddings(model="text-embedding-3-large", api_key="k", request_timeout=3)
    AimlapiEmbeddings(model_name="text-embedding-3-large", aimlapi_api_key=SecretStr("k"))
    AimlapiEmbeddings(aimlapi_api_base="https://a.test/v1", timeout=httpx.Timeout(5))
    AimlapiEmbeddings(model="new/embedding-of-tomorrow", dimensions=8, chunk_size=16)
    AimlapiEmbeddings(model_name=3)  # type: ignore[arg-type]  # no text
    AimlapiEmbeddings(aimlapi_api_base=3)  # type: ignore[arg-type]  # no text
    AimlapiEmbeddings(dimension=8)  # type: ignore[call-arg]  # misspelt
    register()


def attributes(model: ChatAimlapi) -> None:
    name: str = model.model_name
    assert name == model.model
    _ = model.max_completion_tokens  # type: ignore[attr-defined]  # an argument, no attribute


def structures(model: ChatAimlapi) -> None:
    assert_type(model.with_structured_output(Person).invoke("Who?"), Person)
    assert_type(model.with_structured_output(PersonDict, repair=1).invoke("Who?"), PersonDict)
    assert_type(
        model.with_structured_output(Person, method="json_schema", strict=True),
        Runnable[LanguageModelInput, Person],
    )
    raw = model.with_structured_output(Person, include_raw=True).invoke("Who?")
    assert_type(raw, RawAnswer[Person])
    assert_type(raw["parsed"], Person | None)
    assert_type(raw["raw"], AIMessage)
    found = model.with_structured_output({"title": "person", "type": "object"}).invoke("Who?")
    assert_type(found, dict[str, Any])
    model.with_structured_output(Person, method="xml")  # type: ignore[call-overload]  # no method


def calls(model: ChatAimlapi) -> None:
    assert_type(model.invoke("hi"), AIMessage)
    for chunk in model.stream("hi"):
        assert_type(chunk, AIMessageChunk)


async def asynchronous(model: ChatAimlapi) -> None:
    assert_type(await model.ainvoke("hi"), AIMessage)
    assert_type(await model.with_structured_output(Person).ainvoke("Who?"), Person)


def moving_on(answer: AIMessage) -> None:
    assert_type(
        portable([answer, ("user", "hi"), {"role": "user", "content": "ho"}]), list[BaseMessage]
    )
    portable(answer)  # type: ignore[arg-type]  # one message is no conversation


def spending() -> None:
    with track_spend(limit_usd=1) as spend:
        assert_type(spend, Spend)
    assert_type(spend.by_model, dict[str, Total])
    assert_type(spend.left_usd, float | None)


async def batches(model: ChatAimlapi) -> None:
    batch = model.batch_submit(["hi"])
    assert_type(batch.results(), list[AIMessage])
    assert_type(await batch.aresults(), list[AIMessage])
    assert_type(batch.results(return_exceptions=True), list[AIMessage | Exception])
    assert_type(await batch.aresults(return_exceptions=True), list[AIMessage | Exception])
    later = model.with_batches(max_wait=0.5)
    assert_type(later.invoke("hi"), AIMessage)
    assert_type(later.with_structured_output(Person).batch(["Who?"]), list[Person])
