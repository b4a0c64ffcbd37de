"""``litellm.rerank``: the API has no model for it, and the error says what to do instead."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .helpers import Asker, litellm

WORDING = (
    "the API has no model that ranks documents, so 'cohere/rerank-v3' cannot -> rank by likeness "
    "with litellm.embedding(model='aimlapi/text-embedding-3-large', input=[query, *documents]), "
    "or let a chat model choose"
)


def test_nothing_is_sent_and_the_error_names_the_cure(ask: Asker) -> None:
    given = ask.options("cohere/rerank-v3", query="Rivers", documents=["The Rhine.", "A cat."])
    with pytest.raises(litellm.BadRequestError, match=re.escape(WORDING)) as caught:
        ask.call(litellm.rerank, litellm.arerank, given)
    assert caught.value.llm_provider == "aimlapi"
    assert ask.api.requests == []


def test_the_cure_ranks(ask: Asker) -> None:
    model = re.findall(r"model='([^']+)'", WORDING)[0]
    documents = ["The Rhine is a river.", "A cat."]
    given = ask.options(model, input=["Rivers", *documents])
    answer: Any = ask.call(litellm.embedding, litellm.aembedding, given)
    query, *others = (item["embedding"] for item in answer.data)
    likeness = [sum(a * b for a, b in zip(query, other, strict=True)) for other in others]
    assert len(likeness) == len(documents)


def test_other_providers_rank_as_before(ask: Asker) -> None:
    with pytest.raises(Exception, match=r"(?i)cohere|api key") as caught:
        ask.call(
            litellm.rerank,
            litellm.arerank,
            {"model": "cohere/rerank-v3", "query": "a", "documents": ["b"], "api_key": "",
             "api_base": "http://127.0.0.1:9"},
        )  # fmt: skip
    message = str(caught.value).splitlines()[0]  # LiteLLM adds a traceback, with this path in it
    assert "aimlapi" not in message.lower()
