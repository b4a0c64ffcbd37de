"""Private names of LiteLLM that have moved: reported once, with what works less well."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import NamedTuple

from langchain_aimlapi._fitting.callers import warn_caller


class LiteLLMDriftWarning(UserWarning):
    """A private name of LiteLLM has moved; the text says which one and what works less well."""


class Moved(NamedTuple):
    """A name that does not fit any more."""

    name: str
    """Where it stood: ``litellm.main.get_optional_params``."""
    lost: str
    """What works less well without it."""


_warned: set[str] = set()


def warn_of(moved: Iterable[Moved]) -> None:
    """Warn the program of each name once."""
    for name, lost in moved:
        if name not in _warned:
            _warned.add(name)
            text = f"LiteLLM {version('litellm')} has no fitting {name}: {lost}"
            warn_caller(text, LiteLLMDriftWarning)
