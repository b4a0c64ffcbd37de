"""A price that is not known is an error for LiteLLM's books, not 0."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import litellm

from langchain_aimlapi._litellm import PROVIDER, models

UNMAPPED: Any = getattr(litellm.exceptions, "ModelNotMappedError", ValueError)
"""LiteLLM's error for a model whose price is not known."""
CURE = (
    "call langchain_aimlapi.litellm_provider.refresh_prices(), set AIMLAPI_REFRESH=1, or give "
    "input_cost_per_token and output_cost_per_token"
)


def refuse_unpriced(original: Callable[..., Any]) -> Callable[..., Any]:
    """LiteLLM reads a missing price as 0: what it cannot know would be free."""

    @functools.wraps(original)
    def get_info(*args: object, **kwargs: object) -> object:
        info = original(*args, **kwargs)
        if info.get("litellm_provider") == PROVIDER and not is_priced(info):
            raise _unknown(str(info.get("key")))
        return info

    return get_info


def refuse_unpriced_batch(original: Callable[..., Any]) -> Callable[..., Any]:
    """The same for batches: LiteLLM takes every failure to find a price for 0 there."""
    signature = inspect.signature(original)

    @functools.wraps(original)
    def calculate(*args: object, **kwargs: object) -> object:
        bound = signature.bind(*args, **kwargs).arguments
        if bound.get("custom_llm_provider") == PROVIDER:
            name = f"{PROVIDER}/{str(bound['model']).removeprefix(f'{PROVIDER}/')}"
            entry = {**(litellm.model_cost.get(name) or {}), "key": name}
            if not (_has_prices(bound.get("model_info")) or is_priced(entry)):
                raise _unknown(name)
        return original(*args, **kwargs)

    return calculate


def _unknown(name: str) -> Exception:
    made: Exception = UNMAPPED(
        f"the price of {name} is not known (this model isn't mapped yet): {CURE}"
    )
    return made


def _has_prices(model_info: object) -> bool:
    """Whether a deployment has prices of its own."""
    return isinstance(model_info, Mapping) and any(
        value is not None for name, value in model_info.items() if "cost_per_token" in name
    )


def is_priced(info: Mapping[str, object]) -> bool:
    """Whether LiteLLM's entry of a model has a price. One of 0 counts only where the catalog says
    so: LiteLLM fills in zeros itself."""
    paid = any(value for name, value in info.items() if "cost" in name or "pricing" in name)
    return paid or models.has_price(str(info.get("key")))
