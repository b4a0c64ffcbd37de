# pyright: reportUnnecessaryTypeIgnoreComment=true
"""A user's program, for type checkers only: what must be known of the client, and what must be
refused. An ``ignore`` that is not needed is an error itself, so each one proves a refusal."""

from __future__ import annotations

from typing import assert_type

from pydantic import SecretStr

from langchain_aimlapi import AimlapiClient
from langchain_aimlapi.endpoints.billing import Balance
from langchain_aimlapi.endpoints.embeddings import Embedded
from langchain_aimlapi.endpoints.images import ImageCalls, Images
from langchain_aimlapi.endpoints.metrics import Metrics


def sync(client: AimlapiClient) -> None:
    assert_type(client.images, ImageCalls)
    assert_type(client.images.generate(model="flux/schnell", prompt="a fox", n=2), Images)
    assert_type(client.embeddings(model="text-embedding-3-small", input=["a"]), Embedded)
    assert_type(client.metrics(["openai/gpt-4o"]), Metrics)
    assert_type(client.billing(), Balance)
    client.embedings(model="a", input="b")  # type: ignore[attr-defined]  # misspelt
    client.images.generat(model="a")  # type: ignore[attr-defined]  # misspelt
    client.images.generate(prompt="a fox")  # type: ignore[call-arg]  # no model
    client.images.generate(model="a", prompt=7)  # type: ignore[arg-type]  # no text
    client.images.generate(model="a", promt="a fox")  # type: ignore[call-arg]  # misspelt


async def asynchronous(client: AimlapiClient) -> None:
    assert_type(await client.images.agenerate(model="flux/schnell", prompt="a fox"), Images)
    assert_type(await client.aembeddings(model="text-embedding-3-small", input="a"), Embedded)
    assert_type(await client.abilling(), Balance)
    await client.images.agenerate()  # type: ignore[call-arg]  # no model


def construction() -> None:
    AimlapiClient(api_key="k", timeout=30.0)
    AimlapiClient(aimlapi_api_key=SecretStr("k"), aimlapi_api_base="https://a.test/v1")
    AimlapiClient(request_timeout=(5, 30), base_url="https://a.test/v1", max_retries=0)
    AimlapiClient(request_timeout="5")  # type: ignore[arg-type]  # no number
    AimlapiClient(aimlapi_api_base=3)  # type: ignore[arg-type]  # no text
    AimlapiClient(tiemout=30.0)  # type: ignore[call-arg]  # misspelt
