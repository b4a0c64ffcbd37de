"""What the catalog knows, told to LiteLLM: contexts, capabilities and (once refreshed) prices."""

from __future__ import annotations

from typing import Any

import litellm

from langchain_aimlapi._litellm import PROVIDER, listing
from langchain_aimlapi._litellm.config import MODES
from langchain_aimlapi._litellm.plans import context_of, plain_access
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.catalog.capabilities import capabilities
from langchain_aimlapi.catalog.facts import Facts
from langchain_aimlapi.catalog.refresh import Refresh
from langchain_aimlapi.catalog.store import Store
from langchain_aimlapi.endpoints.models import plan_lists

_SUPPORTS = {
    "tools": "supports_function_calling",
    "tool_choice": "supports_tool_choice",
    "parallel_tools": "supports_parallel_function_calling",
    "structured_output": "supports_response_schema",
    "images": "supports_vision",
    "pdf": "supports_pdf_input",
    "audio_input": "supports_audio_input",
    "audio_output": "supports_audio_output",
    "reasoning": "supports_reasoning",
    "web_search": "supports_web_search",
    "prompt_caching": "supports_prompt_caching",
    "system": "supports_system_messages",
    "streaming": "supports_native_streaming",
}
_PRICES = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cache_read": "cache_read_input_token_cost",
    "cache_creation": "cache_creation_input_token_cost",
    "audio_input": "input_cost_per_audio_token",
    "audio_output": "output_cost_per_audio_token",
    "reasoning": "output_cost_per_reasoning_token",
    "per_image": "output_cost_per_image",
}


def model_entry(facts: Facts) -> dict[str, Any] | None:
    """The entry of a model in LiteLLM's model map; None for kinds that LiteLLM does not route
    here."""
    mode = MODES.get(facts.kind or "")
    if mode is None:
        return None
    entry: dict[str, Any] = {"litellm_provider": PROVIDER, "mode": mode}
    if facts.context:
        entry["max_input_tokens"] = facts.context
        entry["max_tokens"] = facts.max_output or facts.context
    if facts.max_output:
        entry["max_output_tokens"] = facts.max_output
    if mode == "chat":
        able = capabilities(facts)
        entry |= {key: word in able for word, key in _SUPPORTS.items()}
    return entry | price_entry(facts)


def price_entry(facts: Facts) -> dict[str, float]:
    """US dollars per token (or picture), where the API has told them."""
    told = facts.prices or {}
    prices = {
        key: float(told[name])
        for name, key in _PRICES.items()
        if isinstance(told.get(name), int | float)
    }
    if "input_cost_per_token" in prices:
        # LiteLLM logs one warning per model where neither cache price is given (1.106.2). What is
        # not listed separately is charged as input.
        prices.setdefault("cache_read_input_token_cost", prices["input_cost_per_token"])
        prices.setdefault("cache_creation_input_token_cost", prices["input_cost_per_token"])
    return prices


def entries(catalog: Catalog) -> dict[str, dict[str, Any]]:
    """Every live model that LiteLLM can reach through this provider, under its LiteLLM name.

    Longer names come first: LiteLLM (1.106.2) takes a date off a name that it does not know, so
    that ``gpt-4o-2024-05-13`` registered after ``gpt-4o`` would overwrite it.
    """
    found: dict[str, dict[str, Any]] = {}
    for facts in reversed(catalog.models()):
        if facts.id.startswith("#"):
            continue  # a row of a voice table
        entry = model_entry(facts)
        if entry is not None:
            found[f"{PROVIDER}/{facts.id}"] = entry
    return found


_registered: dict[str, dict[str, Any]] = {}


def register_models(catalog: Catalog) -> None:
    """Add the models to LiteLLM's map; what was added before and has not changed costs nothing."""
    new = {
        name: entry for name, entry in entries(catalog).items() if _registered.get(name) != entry
    }
    if new:
        litellm.register_model({name: dict(entry) for name, entry in new.items()})
        _registered.update(new)
    listing.list_models(_registered)


# --- live prices -----


def refreshed(catalog: Catalog, *, api_key: str | None, api_base: str | None) -> Catalog:
    """The catalog with the API's own model list merged in; see `catalog.refresh`."""
    access = plain_access(api_key=api_key, api_base=api_base)
    refresh = Refresh(catalog, Store(access.root))
    return refresh.finish(access.runner().run(plan_lists(context_of(access, catalog), refresh)))
