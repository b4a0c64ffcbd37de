"""Parameters of a call: the model's fields, ``model_kwargs`` and what one call adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FIELD_PARAMS = (
    "temperature",
    "max_tokens",
    "top_p",
    "top_k",
    "stop",
    "seed",
    "n",
    "logprobs",
    "top_logprobs",
    "logit_bias",
    "presence_penalty",
    "frequency_penalty",
    "reasoning",
    "reasoning_effort",
    "verbosity",
    "web_search",
    "modalities",
    "audio",
    "parallel_tool_calls",
    "service_tier",
    "user",
)
_ALIASES = {"max_completion_tokens": "max_tokens", "stop_sequences": "stop"}
# Bookkeeping of LangChain that some versions leave among the arguments of a call.
_IGNORED = frozenset({"ls_structured_output_format", "structured_output_format", "streaming"})


def gather(
    given: Mapping[str, Any], options: Mapping[str, Any], stop: Any, *, stream: bool
) -> dict[str, Any]:
    """Parameters in neutral terms; what a call says wins over what the model says."""
    merged: dict[str, Any] = {}
    for source in (given, options):
        for name, value in source.items():
            if name not in _IGNORED and (value is not None or name in merged):
                merged[_ALIASES.get(name, name)] = value
    if stop is not None:
        merged["stop"] = stop
    texts = merged.pop("stop", None)
    if texts:
        merged["stop"] = [texts] if isinstance(texts, str) else list(texts)
    effort = merged.pop("reasoning_effort", None)
    if effort is not None:
        merged["reasoning"] = {**(merged.get("reasoning") or {}), "effort": effort}
    if merged.get("top_logprobs") is not None and merged.get("logprobs") is None:
        merged["logprobs"] = True  # the API refuses the one without the other
    if stream and merged.get("n") in (None, 1):
        merged.pop("n", None)
    return {name: value for name, value in merged.items() if value is not None}
