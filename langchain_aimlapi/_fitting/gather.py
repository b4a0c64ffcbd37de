"""Parameters of a request, from the settings of a model and the arguments of one call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from langchain_aimlapi._fitting.reasoning import SPELLINGS, merge_reasoning


def gather_params(
    settings: Mapping[str, object],
    options: Mapping[str, object],
    stop: Any = None,
    *,
    stream: bool,
    aliases: Mapping[str, str],
) -> dict[str, Any]:
    """Parameters in neutral terms; an argument of the call wins over a setting of the model.

    Args:
        stop: The stop texts of the call, which win over those in either.
        stream: The answer is streamed.
        aliases: Other names -> the neutral one.
    """
    merged: dict[str, Any] = {}
    for source in (settings, options):
        for name, value in source.items():
            if value is not None or name in merged:
                merged[aliases.get(name, name)] = value
    if stop is not None:
        merged["stop"] = stop
    texts = merged.pop("stop", None)
    if texts and not isinstance(texts, Iterable):
        raise ValueError(f"stop={texts!r:.60}: give a text, or a list of texts")
    if texts:
        merged["stop"] = [texts] if isinstance(texts, str) else list(texts)
    merged = {k: v for k, v in merged.items() if k not in SPELLINGS} | merge_reasoning(
        settings, options
    )
    if merged.get("top_logprobs") is not None and merged.get("logprobs") is None:
        merged["logprobs"] = True  # the API refuses the one without the other
    if stream and merged.get("n") in (None, 1):
        merged.pop("n", None)
    return {name: value for name, value in merged.items() if value is not None}


def written_names(
    earlier: Mapping[str, str], options: Mapping[str, object], aliases: Mapping[str, str]
) -> dict[str, str]:
    """Neutral name -> the name that the user wrote, where it is another one.

    Args:
        earlier: The same for what the arguments of a call win over.
        options: The arguments of a call.
        aliases: Other names -> the neutral one.
    """
    present = [name for name, value in options.items() if value is not None]
    kept = {neutral: other for neutral, other in earlier.items() if neutral not in present}
    return kept | {aliases[name]: name for name in present if name in aliases}
