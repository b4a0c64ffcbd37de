"""The ``model`` that answers carry: not the id that was called, but the vendor's own name for it.

Recorded in 95 answers: vendors that are called directly say their name without ours before it,
some with the date of the build; what goes through OpenRouter, and Google's, keep the whole id.
"""

from __future__ import annotations

import re
from functools import cache

# Our name without the vendor, with dots as dashes -> as recorded.
_DATED = {
    "gpt-4": "gpt-4-0613",
    "gpt-4o": "gpt-4o-2024-08-06",
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
    "gpt-4o-search-preview": "gpt-4o-search-preview-2025-03-11",
    "gpt-4o-mini-search-preview": "gpt-4o-mini-search-preview-2025-03-11",
    "gpt-4-1": "gpt-4.1-2025-04-14",
    "gpt-4-1-mini": "gpt-4.1-mini-2025-04-14",
    "gpt-5": "gpt-5-2025-08-07",
    "gpt-5-2": "gpt-5.2-2025-12-11",
    "gpt-5-4-pro": "gpt-5.4-pro-2026-03-05",
    "gpt-5-5": "gpt-5.5-2026-04-23",
    "o1": "o1-2024-12-17",
    "o3-mini": "o3-mini-2025-01-31",
    "claude-opus-4-1": "claude-opus-4-1-20250805",
    "claude-opus-4-5": "claude-opus-4-5-20251101",
    "seed-1-8": "seed-1-8-251228",
    "dola-seed-2-0-mini": "seed-2-0-mini-260215",
    "kimi-k2-preview": "kimi-k2-0905-preview",
    "grok-4-20-0309-reasoning": "grok-4.20-0309-reasoning",
    "grok-4-20-0309-non-reasoning": "grok-4.20-0309-non-reasoning",
    "grok-build-0-1": "grok-build-0.1",
    "text-embedding-ada-002": "text-embedding-ada-002-v2",
    # the id answers as the build that it stands for
    "deepseek-chat": "deepseek-flash",
}
# A name with dashes is another spelling of the vendor's, which has a dot between figures.
_FIGURES = re.compile(r"(?<=[-k])(\d)-(\d)(?=-|$)")
_DOTTED = frozenset({"openai", "qwen", "zhipu", "moonshot", "gemini"})
_KEPT = frozenset({"openrouter", "gemini", "ernie"})
_HOSTED = ("Qwen/", "meta-llama/", "test/")
_MINIMAX = re.compile(r"(?:minimax-)?m(\d)(?:[.-](\d))?(.*)", re.IGNORECASE)
NATIVE_ERNIE = re.compile(r"ernie-(4[.-]5-(8k|turbo)|x1)")


@cache
def served_name(model: str, style: str) -> str:
    """What an answer calls the model that was called by this name."""
    kept = style in _KEPT or model.startswith(_HOSTED)
    name = model if kept else model.rpartition("/")[2]
    dated = _DATED.get(name.replace(".", "-"))
    if dated is not None:
        return dated
    if style == "deepseek" and "v3" in name:
        return "deepseek-reasoner" if re.search("(?<!non-)reasoner", name) else "deepseek-chat"
    if style == "minimax" and (found := _MINIMAX.fullmatch(name)):
        return f"MiniMax-M{found[1]}{'.' + found[2] if found[2] else ''}{found[3].lower()}"
    return _FIGURES.sub(r"\1.\2", name) if style in _DOTTED else name
