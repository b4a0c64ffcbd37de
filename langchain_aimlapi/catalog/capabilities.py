"""What a model can do, in words, derived from its facts.

Words of text models: chat, responses, messages, streaming, tools, tool_choice, parallel_tools,
structured_output, json_mode, images, pdf, audio_input, video_input, audio_output, image_output,
reasoning, web_search, system, prompt_caching. Others: embeddings, image_generation,
image_editing, video_generation, music_generation, transcription, speech, ocr, moderation,
3d_generation, search.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from langchain_aimlapi.catalog.shape import (
    MESSAGES,
    RESPONSES,
    TEXT_KINDS,
    Param,
    Shape,
)

SYNONYMS = {
    "vision": "images",
    "image": "images",
    "image_input": "images",
    "image_inputs": "images",
    "file": "pdf",
    "file_input": "pdf",
    "document": "pdf",
    "audio": "audio_input",
    "video": "video_input",
    "tool_calling": "tools",
    "function_calling": "tools",
    "parallel_tool_calls": "parallel_tools",
    "json_schema": "structured_output",
    "json_object": "json_mode",
    "stream": "streaming",
    "thinking": "reasoning",
    "embedding": "embeddings",
    "text_to_image": "image_generation",
    "text_to_video": "video_generation",
    "music": "music_generation",
    "stt": "transcription",
    "speech_to_text": "transcription",
    "tts": "speech",
    "text_to_speech": "speech",
}
_BY_KIND = {
    "embedding": "embeddings",
    "image": "image_generation",
    "video": "video_generation",
    "audio": "music_generation",
    "stt": "transcription",
    "tts": "speech",
    "ocr": "ocr",
    "moderation": "moderation",
    "3d": "3d_generation",
    "search": "search",
}
_BY_PART = {
    "image_url": "images",
    "image": "images",
    "input_image": "images",
    "file": "pdf",
    "document": "pdf",
    "input_file": "pdf",
    "input_audio": "audio_input",
    "video_url": "video_input",
}
REASONING_PARAMS = ("reasoning_effort", "reasoning", "thinking", "enable_thinking")
_SEARCH_TOOLS = ("web_search", "x_search", "builtin_function")


class Described(Protocol):
    """What a capability is read from: `Facts`."""

    @property
    def kind(self) -> str | None: ...
    @property
    def shapes(self) -> Mapping[str, Shape]: ...
    @property
    def reasons(self) -> bool | None: ...
    @property
    def efforts(self) -> tuple[str, ...] | None: ...
    @property
    def thinks_inline(self) -> bool: ...
    @property
    def listed_capabilities(self) -> frozenset[str]: ...


WORDS = frozenset(
    [
        "chat",
        "responses",
        "messages",
        "streaming",
        "tools",
        "tool_choice",
        "parallel_tools",
        "structured_output",
        "json_mode",
        "images",
        "pdf",
        "audio_input",
        "video_input",
        "audio_output",
        "image_output",
        "video_output",
        "reasoning",
        "web_search",
        "system",
        "prompt_caching",
        "image_editing",
    ]
) | frozenset(_BY_KIND.values())
"""Every word of this module."""


def canonical(word: str) -> str:
    """The word that this module uses for ``word``."""
    plain = word.strip().lower().replace("-", "_").replace(" ", "_")
    return SYNONYMS.get(plain, plain)


def preferred(facts: Described) -> Shape | None:
    """The shape of the preferred path."""
    return next(iter(facts.shapes.values()), None)


def forms(shape: Shape) -> tuple[Shape, ...]:
    """The shape and its second form, where it has one."""
    return (shape,) if shape.other is None else (shape, shape.other)


def capabilities(facts: Described) -> frozenset[str]:
    """The capability words of a model. What its facts leave open is not claimed."""
    found = {canonical(word) for word in facts.listed_capabilities}
    if facts.kind in _BY_KIND:
        found.add(_BY_KIND[facts.kind])
    shape = preferred(facts)
    if shape is None:
        return frozenset(found)
    if shape.dialect == "none":
        found |= {"streaming"} if shape.streams and shape.params is not None else set()
        found |= {"image_editing"} if _edits_images(facts) else set()
        return frozenset(found)
    if facts.kind in (*TEXT_KINDS, None):
        found |= {"chat", *_paths(facts)}
        found |= {word for each in forms(shape) for word in _of_form(each)}
        if facts.reasons is not None or facts.thinks_inline:
            # One template prints reasoning parameters for 87 ids, thinkers or not: what is known
            # of the model itself says more than a declared parameter.
            thinks = bool(facts.reasons or facts.thinks_inline)
            found = found | {"reasoning"} if thinks else found - {"reasoning"}
    return frozenset(found)


def _paths(facts: Described) -> Iterator[str]:
    names = {RESPONSES: "responses", MESSAGES: "messages"}
    yield from (names[path] for path in facts.shapes if path in names)


def _edits_images(facts: Described) -> bool:
    if facts.kind != "image":
        return False
    if "/v1/images/edits" in facts.shapes:
        return True
    params = (preferred(facts) or Shape()).params or {}
    return any(name.startswith("image_url") or name == "image" for name in params)


def _of_form(shape: Shape) -> Iterator[str]:
    if shape.streams:
        yield "streaming"
    if shape.tools:
        yield "tools"
    if shape.tool_choice_objects or shape.tool_choice_strings:
        yield "tool_choice"
    formats = shape.response_formats or ()
    if "json_schema" in formats:
        yield "structured_output"
    if "json_object" in formats:
        yield "json_mode"
    user = shape.roles.get("user")
    for part in (user.parts if user else None) or ():
        if part in _BY_PART:
            yield _BY_PART[part]
    if "system" in shape.roles or "system" in (shape.params or {}):
        yield "system"
    yield from _of_params(shape.params or {})
    if any(tool.startswith(_SEARCH_TOOLS) for tool in shape.tools or ()):
        yield "web_search"
    if "cache_control" in shape.parts.get("text", {}).get("keys", ()):
        yield "prompt_caching"


def _of_params(params: Mapping[str, Param]) -> Iterator[str]:
    if any(name in params for name in REASONING_PARAMS):
        yield "reasoning"
    if "parallel_tool_calls" in params:
        yield "parallel_tools"
    if "audio" in params and "modalities" in params:
        yield "audio_output"
    if "enable_search" in params:
        yield "web_search"


def effort_levels(facts: Described) -> tuple[str, ...]:
    """The reasoning efforts that the preferred path takes and that make a difference, the least
    first: what was measured, else the declared values."""
    shape = preferred(facts)
    params = (shape.params if shape else None) or {}
    effort = params.get("reasoning_effort")
    if effort is None and "reasoning" in params:
        effort = params["reasoning"].properties.get("effort")
    declared = (effort.enum if effort else None) or ()
    if effort is not None and facts.efforts is not None:
        return facts.efforts
    return tuple(each for each in declared if isinstance(each, str))
