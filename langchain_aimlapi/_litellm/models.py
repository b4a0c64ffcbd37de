"""What the catalog knows, registered with LiteLLM: contexts, capabilities, prices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import litellm

from langchain_aimlapi._litellm import MODES, PROVIDER, listing
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.catalog.capabilities import capabilities
from langchain_aimlapi.catalog.facts import Facts

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
# By LiteLLM's mode: prices of what is neither words nor images.
_UNIT_PRICES: Mapping[str, Mapping[str, str]] = {
    "video_generation": {"per_second": "output_cost_per_second"},
    "audio_speech": {"per_character": "input_cost_per_character"},
    "audio_transcription": {"per_second": "input_cost_per_second"},
    "ocr": {"per_page": "ocr_cost_per_page"},
}


def model_entry(facts: Facts) -> dict[str, object] | None:
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
    """US dollars per token (or image), where they are known."""
    listed = facts.prices or {}
    names = {**_PRICES, **_UNIT_PRICES.get(MODES.get(facts.kind or "", ""), {})}
    prices = {
        key: float(listed[name])
        for name, key in names.items()
        if isinstance(listed.get(name), int | float)
    }
    if "input_cost_per_token" in prices:
        # LiteLLM logs one warning per model where neither cache price is given (1.106.2). What is
        # not listed separately is charged as input.
        prices.setdefault("cache_read_input_token_cost", prices["input_cost_per_token"])
        prices.setdefault("cache_creation_input_token_cost", prices["input_cost_per_token"])
    return prices


TABLE = Path(__file__).with_name("models.json")
"""The entries of the package's own catalog, made by `langchain_aimlapi._litellm.table`."""


def entries(catalog: Catalog | None) -> dict[str, dict[str, Any]]:
    """Every live model that LiteLLM can reach through this provider, under its LiteLLM name.

    Those of the package's own catalog (None) are read from a file: to make them takes 0.3 s.
    """
    if catalog is None or catalog is Catalog.default():
        return _table()
    return made_entries(catalog)


@cache
def _table() -> dict[str, dict[str, Any]]:
    """The file, read once: programs register again whenever they like."""
    found: dict[str, dict[str, Any]] = json.loads(TABLE.read_bytes())
    return found


def made_entries(catalog: Catalog) -> dict[str, dict[str, Any]]:
    """The entries, from the facts.

    Longer names come first: LiteLLM (1.106.2) takes a date off a name that it does not know, so
    that ``gpt-4o-2024-05-13`` registered after ``gpt-4o`` would overwrite it.
    """
    found: dict[str, dict[str, Any]] = {}
    for facts in reversed(catalog.models(kind=MODES)):
        if facts.id.startswith("#"):
            continue  # a row of a voice table
        entry = model_entry(facts)
        if entry is not None:
            found[f"{PROVIDER}/{facts.id}"] = entry
    return found


_registered: dict[str, dict[str, object]] = {}


def register_models(catalog: Catalog | None) -> None:
    """Add the models to LiteLLM's map. What was added before and has not changed costs nothing;
    a value that the program has set itself is never changed."""
    table = entries(catalog)
    new = {name: entry for name, entry in table.items() if _registered.get(name) != entry}
    if new:
        _add({name: _under_the_programs(name, entry) for name, entry in new.items()})
        _registered.update(new)
    listing.list_models(_registered)


def has_price(name: str) -> bool:
    """Whether the price of a model that was registered here is known, be it 0."""
    return any("cost" in key for key in _registered.get(name, ()))


def _under_the_programs(name: str, entry: Mapping[str, object]) -> dict[str, object]:
    """The entry, with what the program has registered for this model over it."""
    before, ours = litellm.model_cost.get(name) or {}, _registered.get(name) or {}
    return {**entry, **{key: v for key, v in before.items() if key not in ours or ours[key] != v}}


def _add(new: Mapping[str, dict[str, Any]]) -> None:
    """What ``litellm.register_model`` does for models that LiteLLM has not heard of; it takes a
    millisecond for each, looking for models that they could be variants of."""
    utils: object = litellm.utils
    replayed = getattr(utils, "_runtime_registered_model_cost", None)  # when prices are reloaded
    invalidate = getattr(utils, "_invalidate_model_cost_lowercase_map", None)
    if not isinstance(replayed, dict) or invalidate is None:
        litellm.register_model(dict(new))
        return
    replayed.update({name: dict(entry) for name, entry in new.items()})
    litellm.model_cost.update(new)
    invalidate()
