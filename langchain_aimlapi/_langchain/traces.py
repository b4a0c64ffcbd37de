"""What a model says of itself to traces and callbacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from langchain_core.language_models.base import LangSmithParams

from langchain_aimlapi._langchain.chunks import PROVIDER
from langchain_aimlapi._langchain.fields import ChatFields


def langsmith_params(
    fields: ChatFields, stop: list[str] | None, options: Mapping[str, Any]
) -> LangSmithParams:
    """LangSmith's standard metadata of one call."""
    params = LangSmithParams(
        ls_provider=PROVIDER,
        ls_model_name=str(options.get("model") or fields.model),
        ls_model_type="chat",
    )
    temperature = options.get("temperature", fields.temperature)
    if isinstance(temperature, int | float):
        params["ls_temperature"] = float(temperature)
    limit = options.get("max_tokens", fields.max_tokens)
    if isinstance(limit, int):
        params["ls_max_tokens"] = limit
    texts = stop or fields.stop
    if texts:
        params["ls_stop"] = [texts] if isinstance(texts, str) else list(texts)
    return params


def total_usage(outputs: Iterable[Mapping[str, Any] | None]) -> dict[str, int]:
    """The token counts of several answers, added up."""
    total: dict[str, int] = {}
    for output in outputs:
        for name, value in ((output or {}).get("token_usage") or {}).items():
            if isinstance(value, int) and not isinstance(value, bool):
                total[name] = total.get(name, 0) + value
    return total
