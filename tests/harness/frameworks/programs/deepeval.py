"""Import the provider before the first call, and hand the key over.

DeepEval's `LiteLLMModel` sends whatever `OPENAI_API_KEY` holds where it is given no key. It streams
nothing and calls no tools; its judgements are objects.
"""

import os

from deepeval.metrics import GEval
from deepeval.models import LiteLLMModel
from deepeval.test_case import LLMTestCase, SingleTurnParams

import langchain_aimlapi.litellm_provider  # noqa: F401  # registers aimlapi/<any model id>
from tests.harness.frameworks.kit import api, run

judge = LiteLLMModel("aimlapi/openai/gpt-4o", api_key=os.environ["AIMLAPI_API_KEY"])
correctness = GEval(
    name="correctness",
    criteria="Is the answer about the weather?",
    evaluation_params=[SingleTurnParams.INPUT, SingleTurnParams.ACTUAL_OUTPUT],
    model=judge,
)

# --- checks -----

import json

from deepeval.metrics import AnswerRelevancyMetric

OSLO = LLMTestCase(input="What is the weather in Oslo?", actual_output="It rains in Oslo.")


def peer() -> LiteLLMModel:
    return LiteLLMModel("openai/openai/gpt-4o", api_key=api.api_key, base_url=api.base_url)


def judgement(body: dict[str, object]) -> str:
    """What GEval and AnswerRelevancyMetric ask for, one after the other."""
    return json.dumps(
        {
            "steps": ["Look for weather."],
            "score": 8,
            "reason": "It rains.",
            "statements": ["It rains in Oslo."],
            "verdicts": [{"verdict": "yes", "reason": "It is about the weather."}],
        }
    )


def structured(chosen: LiteLLMModel) -> None:
    api.say(judgement, times=None)
    metric = correctness
    if chosen is not judge:
        metric = GEval(
            name="correctness", criteria=correctness.criteria, model=chosen,
            evaluation_params=correctness.evaluation_params,
        )  # fmt: skip
    assert metric.measure(OSLO, _show_indicator=False) == 0.8
    if chosen is judge:
        assert metric.evaluation_cost > 0, "the real charge"
    relevancy = AnswerRelevancyMetric(model=chosen)
    assert relevancy.measure(OSLO, _show_indicator=False) == 1.0


run(
    ours=lambda: judge,
    peer=peer,
    structured=structured,
    packages=["deepeval", "litellm"],
)
