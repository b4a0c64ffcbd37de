"""`AimlapiSearchRetriever`: what is sent, what becomes of sources, and LangChain's own suite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests import RetrieversIntegrationTests

from langchain_aimlapi import AimlapiSearchRetriever
from langchain_aimlapi.emulator import Emulator, Fault, Say
from langchain_aimlapi.errors import RateLimitError, UnsupportedFeatureError
from tests.harness.colours import call

LINKS = tuple(f"https://example.com/{number}" for number in range(1, 8))


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


def searcher(api: Emulator, **settings: Any) -> AimlapiSearchRetriever:
    return AimlapiSearchRetriever(max_retries=0, **{**api.settings(), **settings})


class TestStandard(RetrieversIntegrationTests):
    """The suite that every LangChain retriever passes."""

    @pytest.fixture(autouse=True)
    def _running(self) -> Iterator[None]:
        with Emulator() as api:
            api.script(Say("Found.", citations=LINKS), times=None)
            self.settings = api.settings()
            yield

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return AimlapiSearchRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return self.settings

    @property
    def retriever_query_example(self) -> str:
        return "Who won?"


async def test_sources_become_documents_with_title_address_and_date(
    api: Emulator, colour: str
) -> None:
    answer = "Ada won in Graz. [1] Bob was second, 2.5 s behind.[2] Rain fell."
    api.script(Say(answer, citations=LINKS[:3]))
    first, second, third = await call(searcher(api), colour, "invoke", "Who won?")
    assert first.page_content == "Ada won in Graz."
    assert second.page_content == "Bob was second, 2.5 s behind."
    assert third.page_content == "Result 3"  # nothing is said with it: its title
    assert first.metadata == {
        "source": LINKS[0], "url": LINKS[0], "title": "Result 1", "date": "2026-01-31",
        "rank": 1, "model": "perplexity/sonar",
    }  # fmt: skip


async def test_a_snippet_is_the_text_where_the_api_gives_one(api: Emulator, colour: str) -> None:
    rows = [{"title": "T", "url": LINKS[0], "date": None, "snippet": "Ada won by a second."}]
    body = {"id": "c", "object": "chat.completion", "model": "sonar", "search_results": rows,
            "citations": [LINKS[0], LINKS[1]],
            "choices": [{"index": 0, "finish_reason": "stop",
                         "message": {"role": "assistant", "content": "Ada. [1]"}}]}  # fmt: skip
    api.replay(body)
    first, second = await call(searcher(api), colour, "invoke", "Who won?")
    assert first.page_content == "Ada won by a second."
    assert second.metadata["url"] == second.page_content == LINKS[1]


async def test_options_reach_models_that_search_by_parameters(api: Emulator, colour: str) -> None:
    made = searcher(api, context_size="low", domains=["example.com"], recency="week",
                    chat_options={"max_tokens": 200})  # fmt: skip
    await call(made, colour, "invoke", "Who won?")
    body = api.requests[-1].body
    assert body["web_search_options"] == {"search_context_size": "low"}
    assert body["search_domain_filter"] == ["example.com"]
    assert body["search_recency_filter"] == "week"
    assert body["max_tokens"] == 200


@pytest.mark.parametrize(
    ("model", "path", "tool"),
    [
        ("anthropic/claude-sonnet-4-5", "/v1/messages", "web_search_20250305"),
        ("openai/gpt-4o", "/v1/responses", "web_search_preview"),
    ],
)
async def test_others_search_with_their_vendors_tool(
    api: Emulator, colour: str, model: str, path: str, tool: str
) -> None:
    await call(searcher(api, model=model), colour, "invoke", "Who won?")
    assert api.requests[-1].path == path
    assert api.requests[-1].body["tools"][0]["type"] == tool
    with pytest.raises(UnsupportedFeatureError, match="recency"):
        await call(searcher(api, model=model, recency="day"), colour, "invoke", "Who won?")


async def test_bagoodex_is_switched_off_and_that_is_what_the_error_says(
    api: Emulator, colour: str
) -> None:
    with pytest.raises(UnsupportedFeatureError, match="switched off by the provider"):
        await call(searcher(api, model="bagoodex/bagoodex-search-v1"), colour, "invoke", "?")
    assert api.requests == []


async def test_a_model_that_does_not_search_is_refused(api: Emulator, colour: str) -> None:
    made = searcher(api, model="google/gemma-3-4b-it")
    with pytest.raises(UnsupportedFeatureError, match="does not search"):
        await call(made, colour, "invoke", "?")


async def test_an_answer_without_sources_is_no_document(api: Emulator, colour: str) -> None:
    api.script("I do not know.", times=None)
    assert await call(searcher(api, model="openai/gpt-5.2"), colour, "invoke", "?") == []
    api.fault(Fault(status=429, retry_after=0))
    with pytest.raises(RateLimitError):
        await call(searcher(api), colour, "invoke", "?")


async def test_the_tool_shows_sources_and_keeps_documents(api: Emulator, colour: str) -> None:
    api.script(Say("Ada won. [1]", citations=LINKS), times=None)
    tool = searcher(api, k=2).as_search_tool()
    assert tool.name == "web_search"
    made = {"type": "tool_call", "id": "c1", "name": "web_search", "args": {"query": "Who won?"}}
    message = await call(tool, colour, "invoke", made)
    assert message.content.startswith(
        "[1] Result 1 (2026-01-31)\nhttps://example.com/1\nAda won.\n\n[2] Result 2"
    )
    assert [type(each) for each in message.artifact] == [Document, Document]
