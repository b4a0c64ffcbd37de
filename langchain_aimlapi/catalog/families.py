"""What an id says by itself: the layer below the generated rows.

Used for ids that the catalog has never seen, and for what the documentation leaves open about
those that it has. Nothing here refuses anything: the shapes are permissive and only choose a path
and a wire family.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from langchain_aimlapi.catalog.shape import CHAT, MESSAGES, RESPONSES, Shape

PERMISSIVE: Mapping[str, Shape] = {CHAT: Shape()}

# Claude ids with dashes take both forms, on the chat path and on /v1/messages. A dotted id and a
# -latest one are another route, which has OpenAI's form only (gateway OpenAPI of 2026-08-30).
_CLAUDE = {
    CHAT: Shape(accepts_anthropic=True, other=Shape(dialect="messages")),
    MESSAGES: Shape(
        path=MESSAGES,
        dialect="messages",
        other=Shape(path=MESSAGES, dialect="completions"),
    ),
}
_RESPONSES_FIRST = {RESPONSES: Shape(path=RESPONSES, dialect="responses"), CHAT: Shape()}
# What the kind alone suggests: an id that only ``GET /v1/models`` knows has nothing else.
SHAPES_OF_KIND: Mapping[str | None, Mapping[str, Shape]] = {
    "responses": _RESPONSES_FIRST,
    "messages": {MESSAGES: _CLAUDE[MESSAGES]},
    **dict.fromkeys(("chat", "moderation", None), PERMISSIVE),
    **{
        kind: {path: Shape(path=path, dialect="none")}
        for kind, path in {
            "embedding": "/v1/embeddings",
            "image": "/v1/images/generations",
            "3d": "/v1/images/generations",
            "video": "/v2/video/generations",
            "audio": "/v2/generate/audio",
            "stt": "/v1/stt/create",
            "tts": "/v1/tts",
            "ocr": "/v1/ocr",
            "decision": "/v1/decisions",
            "batch": "/v1/batches",
        }.items()
    },
}


@dataclass(frozen=True, slots=True)
class Family:
    """A rule: ids that match get these facts."""

    pattern: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def _family(pattern: str, **facts: object) -> Family:
    return Family(pattern, facts)


FAMILIES = (
    _family(
        r"(^|/)claude-.*(\d\.\d|-latest$)",
        kind="chat",
        vendor="anthropic",
        shapes={CHAT: Shape()},
    ),
    _family(r"(^|/)claude-", kind="chat", vendor="anthropic", shapes=_CLAUDE),
    # 7 of 7 codex ids and every dashed gpt-5*-pro are served only at /v1/responses
    _family(
        r"^(openai/)?gpt-[\d-]+-(codex|pro)(-|$)",
        kind="responses",
        vendor="openai",
        shapes=_RESPONSES_FIRST,
    ),
    # 8 of 8 M2 and M3 ids print <think> text in their content; m2-her is no reasoner
    _family(r"^minimax/(minimax-)?m[2-9](?!-her)", vendor="minimax", thinks_inline=True),
    # Perplexity's search is no parameter and no tool: every answer of Sonar searches
    _family(r"(^|/)sonar(-|$)", listed_capabilities=frozenset({"web_search"})),
    # Who thinks: one template prints reasoning parameters for 87 ids, thinkers or not
    _family(r"non-(thinking|reason)|(^|/)gpt-5.*-chat|instruct", reasons=False),
    _family(
        r"(^|/)o\d(-|$)|gpt-[5-9]|gpt-oss|think|reason|-r1|(^|/)grok-[4-9]|"
        r"claude-(opus|sonnet|fable)|claude-haiku-([4-9]|latest)|gemini-(2\.5|[3-9])|"
        r"glm-(4\.[5-9]|[5-9])|kimi-k(2[-.][5-9]|[3-9])",
        reasons=True,
    ),
    _family(r"embedding|(^|/)(voyage|bge|m2-bert|uae)-", kind="embedding"),
    _family(r"(^|/)(whisper|nova-[23]|slam)(-|$)|transcribe", kind="stt"),
    _family(r"(^|[/-])tts(-|$)|(^|/)(speech-\d|#g1_aura|aura)", kind="tts"),
    _family(r"(^|[/-])ocr(-|$)|document-ai", kind="ocr"),
    _family(r"(^|[/-])(veo|sora|kling|ray|gen[34]|seedance|hailuo)[-/._\d]", kind="video"),
    _family(r"text-to-video|image-to-video|video-to-video|[-_][ti]2v(-|$)", kind="video"),
    _family(r"(^|/)(dall-e|imagen|flux|seedream|gpt-image|stable-diffusion)", kind="image"),
    _family(r"text-to-image|image-to-image|openjourney|Realistic_Vision", kind="image"),
    _family(r"(^|/)(music|lyria|stable-audio)", kind="audio"),
    _family(r"guard", kind="moderation"),
    _family(r"(^|/)(gpt-|o\d(-|$)|chatgpt)|^openai/", vendor="openai"),
    _family(r"(^|/)gemini-|(^|/)gemma-", vendor="google"),
    _family(r"(^|/)grok-", vendor="xai"),
    _family(r"(^|/)deepseek", vendor="deepseek"),
    _family(r"(^|/)(qwen|qwq|qvq)", vendor="alibaba-cloud"),
    _family(r"(^|/)(mistral|mixtral|ministral|codestral|devstral)", vendor="mistral-ai"),
    _family(r"(^|/)kimi-", vendor="moonshot"),
    _family(r"(^|/)glm-", vendor="zhipu"),
    _family(r"(^|/)veo-?\d", vendor="google"),
    _family(r"(^|/)wan[-/]?\d", vendor="alibaba-cloud"),
    _family(r"(^|/)ltxv", vendor="ltxv"),
    _family(r"^test/dummy", vendor="aimlapi"),
)


def family_of(model: str) -> dict[str, Any]:
    """The facts that the id alone suggests. Earlier rules win."""
    found: dict[str, Any] = {}
    for each in FAMILIES:
        # Compiled (and remembered by `re`) at the first call: 21 patterns are 12 ms of an import.
        if re.search(each.pattern, model, re.IGNORECASE):
            found = {**each.facts, **found}
    return found
