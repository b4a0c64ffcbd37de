"""What LangChain's agents have to know about our models."""

from __future__ import annotations

from importlib import import_module


def keep_marks_on_fallback() -> None:
    """Tell ``ModelFallbackMiddleware`` that our models take cache marks. Where it keeps no list of
    such models (it is not documented; read in langchain 1.5.2), nothing happens."""
    try:
        module = import_module("langchain.agents.middleware.model_fallback")
    except ImportError:
        return
    known = getattr(module, "_ANTHROPIC_LLM_TYPES", None)
    if isinstance(known, frozenset):
        setattr(module, "_ANTHROPIC_LLM_TYPES", known | {"aimlapi-chat"})  # noqa: B010 - no attribute for type checkers
