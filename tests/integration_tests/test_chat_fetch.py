"""``fetch_urls``: media given by URL, for a model that takes the content itself only."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from langchain_aimlapi import ChatAimlapi
from langchain_aimlapi._wire.fetch import Fetched
from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.errors import InvalidRequestError, UnsupportedFeatureError

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
URL = "https://example.com/cat.png"
PROMPT = [HumanMessage([{"type": "text", "text": "What is it?"}, {"type": "image", "url": URL}])]
BASE64_ONLY = "claude-3-5-sonnet-latest"  # cluster D, on the chat path only: no image URLs


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URLs that were downloaded; the content is a picture."""
    asked: list[str] = []

    def fetch_all(urls: list[str]) -> Any:
        asked.extend(urls)
        return {url: Fetched(url, "image/png", PNG) for url in urls}
        yield

    monkeypatch.setattr("langchain_aimlapi._fitting.downloads.fetch_all", fetch_all)
    return asked


def _ask(model: ChatAimlapi, how: str) -> str:
    if how == "invoke":
        return str(model.invoke(PROMPT).text)
    if how == "stream":
        return "".join(chunk.text for chunk in model.stream(PROMPT))
    if how == "ainvoke":
        return str(asyncio.run(model.ainvoke(PROMPT)).text)

    async def stream() -> str:
        return "".join([chunk.text async for chunk in model.astream(PROMPT)])

    return asyncio.run(stream())


@pytest.mark.parametrize("how", ["invoke", "stream", "ainvoke", "astream"])
def test_an_image_by_url_is_downloaded_for_a_model_that_takes_none(
    downloads: list[str], how: str
) -> None:
    with Emulator() as api:
        model = ChatAimlapi(model=BASE64_ONLY, fetch_urls=True, **api.settings())
        assert _ask(model, how)
        assert downloads == [URL]
        sent = api.requests[-1].body["messages"][0]["content"]
    (image,) = [block for block in sent if block["type"] == "image"]
    assert image["source"]["type"] == "base64"
    assert base64.b64decode(image["source"]["data"]) == PNG
    assert image["source"]["media_type"] == "image/png"


@pytest.mark.parametrize("how", ["invoke", "stream", "ainvoke", "astream"])
def test_nothing_is_downloaded_without_being_allowed(downloads: list[str], how: str) -> None:
    with Emulator() as api:
        model = ChatAimlapi(model=BASE64_ONLY, **api.settings())
        with pytest.raises(UnsupportedFeatureError, match="URL"):
            _ask(model, how)
        assert downloads == []
        assert api.requests == []


def test_nothing_is_downloaded_for_a_model_that_takes_urls(downloads: list[str]) -> None:
    with Emulator() as api:
        model = ChatAimlapi(model="openai/gpt-4o", fetch_urls=True, **api.settings())
        assert _ask(model, "invoke")
        assert downloads == []


def test_a_private_address_in_a_prompt_is_not_followed() -> None:
    prompt = [HumanMessage([{"type": "image", "url": "https://127.0.0.1/secret.png"}])]
    with Emulator() as api:
        model = ChatAimlapi(model=BASE64_ONLY, fetch_urls=True, api_key=api.api_key)
        with pytest.raises(InvalidRequestError, match="private network"):
            model.invoke(prompt)
