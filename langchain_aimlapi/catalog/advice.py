"""What the catalog adds to an error: nearest live names, a replacement, who can do it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from langchain_aimlapi.errors import AimlapiError, InvalidRequestError, ModelNotFoundError

if TYPE_CHECKING:
    from langchain_aimlapi.catalog import Catalog, Facts

# What a refusal talks about -> (what the model lacks, capability word of the catalog).
_TOPICS = (
    (re.compile(r"image|vision", re.I), "images", "images"),
    (re.compile(r"audio", re.I), "audio", "audio_input"),
    (re.compile(r"video", re.I), "video", "video_input"),
    (re.compile(r"\bfile|pdf|document", re.I), "documents", "pdf"),
    (re.compile(r"\btools?\b|tool_choice|function", re.I), "tools", "tools"),
    (re.compile(r"response_format|json_schema", re.I), "structured output", "structured_output"),
    (re.compile(r"reasoning|thinking", re.I), "reasoning control", "reasoning"),
)


# Kind of a model -> what it makes or does, and what of this package is for it.
FRONTS: dict[str, tuple[str, str | None]] = {
    "chat": ("is a chat model", "ChatAimlapi"),
    "messages": ("is a chat model", "ChatAimlapi"),
    "responses": ("is a chat model", "ChatAimlapi"),
    "embedding": ("makes embeddings", "AimlapiEmbeddings"),
    "image": ("makes images", "AimlapiClient().images"),
    "video": ("makes videos", "AimlapiClient().video"),
    "audio": ("makes music", "AimlapiClient().music"),
    "tts": ("makes speech", "AimlapiClient().speech"),
    "stt": ("transcribes speech", "AimlapiClient().transcription"),
    "ocr": ("reads documents", "AimlapiClient().ocr"),
    "3d": ("makes 3D models", "AimlapiClient().meshes"),
}


def advise_kind(error: AimlapiError, model: str, catalog: Catalog, front: str) -> None:
    """Where ``model`` is of a kind that ``front`` (a class of this package) is not for: say so in
    the advice, with the class that is."""
    does, right = FRONTS.get(catalog.find(model).kind or "", ("", None))
    if (
        not does
        or right == front
        or not isinstance(error, InvalidRequestError | ModelNotFoundError)
    ):
        return
    error.advice = f"{model} {does}; " + (f"use {right}" if right else f"{front} cannot use it")


def advise(error: AimlapiError, model: str, catalog: Catalog) -> None:
    """Add what the catalog knows to the advice of an error about ``model``."""
    error.model = error.model or model
    if isinstance(error, ModelNotFoundError):
        _other_names(error, model, catalog)
    elif isinstance(error, InvalidRequestError) and error.status_code in (None, 400, 422):
        _able_models(error, model, catalog)


def ending_notice(facts: Facts) -> str | None:
    """What a user of a model that ends should know: that it does, when, and what replaces it.

    None for every other model, and for one that is withdrawn: see `withdrawn_error`.
    """
    if facts.status == "superseded":
        text = "the id has been superseded and goes on working"
    elif facts.status == "deprecated":
        until = f" and ends on {facts.shutdown_at}" if facts.shutdown_at else ""
        text = f"the model is deprecated{until}"
    else:
        return None
    return f"{text}; use {facts.replacement}" if facts.replacement else text


def withdrawn_error(facts: Facts) -> ModelNotFoundError | None:
    """The error for a model that is no longer served, with its replacement; None for all others."""
    if facts.status != "withdrawn":
        return None
    since = f" on {facts.shutdown_at}" if facts.shutdown_at else ""
    error = ModelNotFoundError(
        f"{facts.id} was withdrawn{since}",
        advice=f"use {facts.replacement}" if facts.replacement else None,
    )
    error.model = facts.id
    return error


def _other_names(error: AimlapiError, model: str, catalog: Catalog) -> None:
    facts = catalog.find(model)
    replacement = catalog.replacement(model)
    if replacement:
        gone = facts.status in ("deprecated", "withdrawn")
        state = "was switched off" if gone else "is not served"
        error.advice = f"{model} {state}; use {replacement}"
        return
    if facts.listed_as is not None:
        error.advice = f"{model} is another spelling of {facts.listed_as}; use that"
        return
    names = [name for name in catalog.nearest(model) if name != model]
    if names:
        error.advice = f"the nearest live models are {', '.join(names)}"
    elif facts.known:
        error.advice = f"the catalog lists {model}; check base_url"


def _able_models(error: AimlapiError, model: str, catalog: Catalog) -> None:
    text = f"{error.field or ''} {error.message}"
    for pattern, what, capability in _TOPICS:
        if not pattern.search(text):
            continue
        facts = catalog.find(model)
        if not facts.known or capability in catalog.capabilities(model):
            continue
        others = ", ".join(catalog.capable(capability, 4))
        error.advice = f"{model} takes no {what} by the catalog; these do: {others}"
        return
