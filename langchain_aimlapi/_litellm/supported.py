"""Which of OpenAI's parameters a model takes: found by building a request with each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from langchain_aimlapi._dialects.choose import choose_and_build
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._litellm import PROVIDER
from langchain_aimlapi._litellm.calls import chat_request
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.catalog.facts import Facts
from langchain_aimlapi.catalog.shape import TEXT_KINDS, Shape
from langchain_aimlapi.errors import UnsupportedFeatureError

_HI = ({"role": "user", "content": "Hi."},)
_FUNCTION = {"name": "f", "description": "d", "parameters": {"type": "object", "properties": {}}}
_TOOL = {"type": "function", "function": _FUNCTION}
_SCHEMA = {
    "type": "json_schema",
    "json_schema": {
        "name": "a",
        "schema": {"type": "object", "properties": {"b": {"type": "string"}}},
    },
}
# Parameter -> arguments of a call that has it.
_SAMPLES: Mapping[str, Mapping[str, object]] = {
    "temperature": {"temperature": 0.5},
    "top_p": {"top_p": 0.5},
    "n": {"n": 2},
    "stop": {"stop": ["end"]},
    "max_tokens": {"max_tokens": 2048},
    "max_completion_tokens": {"max_completion_tokens": 2048},
    "seed": {"seed": 7},
    "presence_penalty": {"presence_penalty": 0.1},
    "frequency_penalty": {"frequency_penalty": 0.1},
    "logit_bias": {"logit_bias": {"1": 1}},
    "logprobs": {"logprobs": True},
    "top_logprobs": {"logprobs": True, "top_logprobs": 1},
    "user": {"user": "u"},
    "tools": {"tools": [_TOOL]},
    "tool_choice": {"tools": [_TOOL], "tool_choice": "auto"},
    "parallel_tool_calls": {
        "tools": [_TOOL, {**_TOOL, "function": {**_FUNCTION, "name": "g"}}],
        "parallel_tool_calls": False,
    },
    "functions": {"functions": [_FUNCTION]},
    "function_call": {"functions": [_FUNCTION], "function_call": "auto"},
    "response_format": {"response_format": _SCHEMA},
    "reasoning_effort": {"reasoning_effort": "low"},
    "thinking": {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 4096},
    "verbosity": {"verbosity": "low"},
    "web_search_options": {"web_search_options": {}},
    "modalities": {"modalities": ["text"]},
    "audio": {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}},
    "prediction": {"prediction": {"type": "content", "content": "a"}},
    "service_tier": {"service_tier": "auto"},
    "store": {"store": False},
    "safety_identifier": {"safety_identifier": "u"},
    "prompt_cache_key": {"prompt_cache_key": "k"},
}
_MAX_FOUND = 1024
_ALWAYS = ("stream", "stream_options", "extra_headers", "max_retries")


_found: dict[tuple[int, ...], tuple[tuple[Shape, ...], tuple[str, ...]]] = {}


def supported_params(model: str, catalog: Catalog) -> tuple[str, ...]:
    """OpenAI's parameters that ``model`` takes, in whatever spelling it has for them.

    One that would be left out, or changed in its meaning, is not among them.

    Args:
        model: The id, with or without ``aimlapi/``.
    """
    facts = catalog.find(model.removeprefix(f"{PROVIDER}/"))
    if facts.kind not in (*TEXT_KINDS, None):
        return ("extra_headers", "max_retries")
    # Most models share what they take with others. LiteLLM asks with every look at a model.
    shapes = tuple(facts.shapes.values())
    key = tuple(map(id, shapes))
    if key not in _found:
        able = (name for name, sample in _SAMPLES.items() if _reaches(facts, sample))
        if len(_found) >= _MAX_FOUND:
            _found.clear()
        _found[key] = (shapes, (*able, *_ALWAYS))  # the shapes are kept, so that an id stays one's
    return _found[key][1]


def _reaches(facts: Facts, sample: Mapping[str, object]) -> bool:
    request = chat_request(facts.id, _HI, sample, stream=False)
    # A format that the model does not have is described in the prompt, and means the same there.
    request = replace(request, written={**request.written, "response_format": ""})
    try:
        choose_and_build(facts, request, None, Notes(facts.id, "error"))
    except UnsupportedFeatureError:
        return False
    return True
