"""Hand the model over in its wrapper; the embeddings, too.

Ragas 0.4.3 cannot be imported beside langchain-community 0.4.2 or newer: install
`langchain-community<0.4.2`. It streams nothing and calls no tools; its judgements are objects.
"""

from ragas.embeddings import LangchainEmbeddingsWrapper
from ragas.llms import LangchainLLMWrapper
from ragas.metrics import Faithfulness, ResponseRelevancy

from langchain_aimlapi import AimlapiEmbeddings, ChatAimlapi
from tests.harness.frameworks.kit import api, run

judge = LangchainLLMWrapper(ChatAimlapi(model="openai/gpt-4o"))
vectors = LangchainEmbeddingsWrapper(AimlapiEmbeddings(model="text-embedding-3-small"))
faithfulness = Faithfulness(llm=judge)
relevancy = ResponseRelevancy(llm=judge, embeddings=vectors)

# --- checks -----

import asyncio
import json

from langchain_openai import ChatOpenAI
from ragas import SingleTurnSample

SAMPLE = SingleTurnSample(
    user_input="What is the weather in Oslo?",
    response="It rains in Oslo. It is cold there.",
    retrieved_contexts=["It rains in Oslo."],
)
STATEMENTS = ["It rains in Oslo.", "It is cold in Oslo."]


def peer() -> LangchainLLMWrapper:
    return LangchainLLMWrapper(
        ChatOpenAI(model="openai/gpt-4o", base_url=api.base_url, api_key=api.api_key)
    )


def structured(chosen: LangchainLLMWrapper) -> None:
    """Half of the statements are in the context; three questions come out of one request."""
    verdicts = [
        {"statement": one, "reason": "seen", "verdict": int("rain" in one)} for one in STATEMENTS
    ]
    api.say(json.dumps({"statements": STATEMENTS}))
    api.say(json.dumps({"statements": verdicts}))
    metric = faithfulness if chosen is judge else Faithfulness(llm=chosen)
    assert asyncio.run(metric.single_turn_ascore(SAMPLE)) == 0.5
    before = len(api.requests)
    api.say(json.dumps({"question": SAMPLE.user_input, "noncommittal": 0}), times=None)
    metric = ResponseRelevancy(llm=chosen, embeddings=vectors)
    assert asyncio.run(metric.single_turn_ascore(SAMPLE)) > 0.99
    chats = [one for one in api.requests[before:] if one.path.endswith("/chat/completions")]
    assert {one.body.get("n") for one in chats} == {3}


run(
    ours=lambda: judge,
    peer=peer,
    structured=structured,
    packages=["ragas", "langchain-community", "langchain-openai"],
)
