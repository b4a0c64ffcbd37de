"""Corrections by hand, each with its date and reason. They beat the generated rows.

Three tables: `OVERRIDES` change facts, `TWINS` give an id that has no schema of its own the shapes
of the spelling that has one, `REPLACEMENTS` name a live successor of an id that was switched off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Override:
    """``facts`` replace fields of `Facts`; ``shape`` replaces fields of every shape."""

    date: str
    reason: str
    ids: tuple[str, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    shape: Mapping[str, Any] = field(default_factory=dict)


OVERRIDES = (
    Override(
        date="2026-08-21",
        reason="the examples carry <think>...</think> in content, no reasoning field",
        ids=(
            "minimax/m2",
            "minimax/m2-1",
            "minimax/m2-1-highspeed",
            "minimax/m2-5-20260218",
            "minimax/m2-5-highspeed-20260218",
            "minimax/m2-7-20260402",
            "minimax/m2-7-highspeed",
            "minimax/minimax-m3",
        ),
        facts={"thinks_inline": True},
    ),
    Override(
        date="2026-08-21",
        reason="the only chat page that documents no event-stream answer",
        ids=("nvidia/nemotron-3-ultra-550b-a55b",),
        shape={"streams": False},
    ),
    Override(
        date="2026-11-23",
        reason="not in the model table; the vendor's published context length",
        ids=("openai/gpt-4o", "gpt-4o"),
        facts={"context": 128_000},
    ),
    Override(
        date="2026-08-21",
        reason="image generators by name and page that are served on the chat path",
        ids=(
            "google/gemini-3-pro-image",
            "google/gemini-3.1-flash-image",
            "openai/gpt-5-image",
            "openai/gpt-5.4-image-2",
        ),
        facts={"listed_capabilities": frozenset({"image_output"})},
    ),
    Override(
        date="2026-11-26",
        reason="the id resolves to the current Flash build, whose context it has; measured in "
        "September 2026, while its row in the list still showed the old one",
        ids=("deepseek-chat", "deepseek/deepseek-chat"),
        facts={"context": 1_000_000},
    ),
    Override(
        date="2026-11-26",
        reason="withdrawn by the deprecations list of 2026-08-30",
        ids=("openai/gpt-5.3-chat",),
        facts={
            "status": "withdrawn",
            "shutdown_at": "2026-08-10",
            "replacement": "openai/gpt-5.3-codex",
        },
    ),
    Override(
        date="2026-11-26",
        reason="withdrawn by the deprecations list of 2026-08-30",
        ids=("mistralai/ministral-8b",),
        facts={
            "status": "withdrawn",
            "shutdown_at": "2026-08-27",
            "replacement": "mistralai/ministral-8b-2512",
        },
    ),
    Override(
        date="2026-11-26",
        reason="withdrawn by the deprecations list of 2026-08-30",
        ids=("thedrummer/rocinante-12b",),
        facts={"status": "withdrawn", "shutdown_at": "2026-08-27"},
    ),
    Override(
        date="2026-11-26",
        reason="gone from the model list and answered with 404 on 2026-09-09",
        ids=("anthropic/claude-opus-4.7-fast",),
        facts={"status": "withdrawn", "replacement": "anthropic/claude-opus-4.7"},
    ),
    Override(
        date="2026-11-26",
        reason="gone from the model list and answered with 404 on 2026-09-09",
        ids=("anthropic/claude-opus-4.8-fast",),
        facts={"status": "withdrawn", "replacement": "anthropic/claude-opus-4.8"},
    ),
    Override(
        date="2026-11-26",
        reason="superseded by the deprecations list of 2026-08-30: it resolves for good",
        ids=("#g1_aura-2-zeus-en",),
        facts={"status": "superseded", "replacement": "deepgram/aura-2"},
    ),
    Override(
        date="2026-11-26",
        reason="measured in September 2026: none is sent on as low",
        ids=("anthropic/claude-sonnet-5",),
        facts={"efforts": ("low", "medium", "high", "xhigh", "max")},
    ),
)

# Listed in the model table, but the schema stands under another spelling. The id goes
# out as requested. Read 2026-08-21.
TWINS: Mapping[str, str] = {
    "aai/slam-1": "slam-1",
    "alibaba/wan2.2-vace-fun-14b-depth": "alibaba/wan2.2-vace-fun-a14b-depth",
    "gc-document-ai": "google/gc-document-ai",
    "google/gemini-2.5-flash-image-edit": "google/nano-banana-edit",
    "google/gemini-3-pro-image-preview-edit": "google/gemini-3-pro-image-edit",
    "google/nano-banana-pro-edit": "google/gemini-3-pro-image-edit",
    "google/veo-3.1-lite-generate-001": "veo-3.1-lite-generate-001",
    "klingai/video-v2-6-pro-motion-control": "klingai/video-v2-6-motion-control",
    "mistral/mistral-ocr-latest": "mistral-ocr-latest",
    "pixverse/v5-5-image-to-video": "pixverse/v5.5/image-to-video",
    "pixverse/v5-5-text-to-video": "pixverse/v5.5/text-to-video",
    "qwen-plus": "alibaba/qwen-plus",
    "qwen-turbo": "alibaba/qwen-turbo",
    "qwen3-omni-30b-a3b-captioner": "alibaba/qwen3-omni-30b-a3b-captioner",
    "sora-2-i2v": "openai/sora-2-i2v",
    "sora-2-pro-i2v": "openai/sora-2-pro-i2v",
    "sora-2-pro-t2v": "openai/sora-2-pro-t2v",
    "sora-2-t2v": "openai/sora-2-t2v",
    "veed/fabric-1.0-fast": "veed/fabric-1.0",
}
# Voice ids of Deepgram's table: the model is deepgram/aura-2, the rest of the id is the voice.
TWIN_PREFIXES: Mapping[str, str] = {"#g1_aura-2-": "deepgram/aura-2"}

_REPLACED: Mapping[str, tuple[str, ...]] = {
    # Anthropic
    "anthropic/claude-haiku-latest": (
        "claude-3-5-haiku-20241022",
        "claude-3-haiku-20240307",
        "claude-3-haiku-latest",
    ),
    "anthropic/claude-sonnet-latest": (
        "anthropic/claude-3-sonnet",
        "claude-3-5-sonnet-20240620",
        "claude-3-5-sonnet-20241022",
        "claude-3-7-sonnet-20250219",
        "claude-3-sonnet-20240229",
        "claude-3-sonnet-latest",
    ),
    "anthropic/claude-opus-latest": (
        "anthropic/claude-3-opus",
        "anthropic/claude-opus-4",
        "claude-3-opus-20240229",
        "claude-3-opus-latest",
    ),
    # OpenAI
    "openai/gpt-4.1-2025-04-14": (
        "gpt-4",
        "gpt-4-0125-preview",
        "gpt-4-0613",
        "gpt-4-turbo",
        "gpt-4-turbo-2024-04-09",
        "gpt-4.5-preview",
    ),
    "gpt-4o": ("chatgpt-4o-latest", "gpt-4o-search-preview"),
    "gpt-4o-mini": ("gpt-4o-mini-search-preview",),
    "gpt-3.5-turbo": ("gpt-3.5-turbo-16k-0613",),
    "o3-mini": ("o1-mini", "o1-mini-2024-09-12"),
    "o1": ("o1-preview", "o1-preview-2024-09-12"),
    "openai/gpt-5-2-chat-latest": ("openai/gpt-5-1-chat-latest", "openai/gpt-5-chat-latest"),
    "openai/gpt-chat-latest": ("openai/gpt-5.3-chat",),
    "openai/gpt-5-1-codex": ("openai/gpt-5-codex",),
    "openai/gpt-image-1": ("dall-e-2", "dall-e-3"),
    # Google
    "google/gemini-2.5-flash": (
        "gemini-1.5-flash",
        "gemini-2.0-flash",
        "gemini-2.0-flash-exp",
        "google/gemini-2.0-flash-thinking-exp-01",
        "google/gemini-2.5-flash-preview",
    ),
    "google/gemini-2.5-pro": (
        "gemini-1.5-pro",
        "gemini-pro",
        "google/gemini-2.5-pro-exp-03-25",
        "google/gemini-2.5-pro-preview",
        "google/gemini-2.5-pro-preview-05-06",
        "google/gemini-pro",
    ),
    "google/gemini-3-1-pro-preview": ("google/gemini-3-pro-preview",),
    "google/gemma-3-12b-it": ("google/gemma-2-9b-it",),
    "google/gemma-3-4b-it": ("google/gemma-2b-it", "google/gemma-3-1b-it"),
    "google/imagen-4.0-ultra-generate-001": ("imagen-4.0-ultra-generate-preview-06-06",),
    "text-multilingual-embedding-002": (
        "textembedding-gecko-multilingual@001",
        "textembedding-gecko@001",
        "textembedding-gecko@003",
    ),
    # Meta
    "meta-llama/Llama-3.3-70B-Instruct-Turbo": (
        "meta-llama/Llama-3-70b-chat-hf",
        "Meta-Llama/Meta-Llama-3-70B-Instruct-Lite",
        "meta-llama/meta-llama-3-70b-instruct-turbo",
        "meta-llama/Meta-Llama-3.1-405B-Instruct-Turbo",
        "meta-llama/Meta-Llama-3.1-70B-Instruct-Turbo",
        "meta-llama/Meta-Llama-3.1-70B-Reference",
    ),
    # Alibaba
    "alibaba/qwen-max": ("qwen-max", "qwen-max-2025-01-25"),
    "alibaba/qwen3-32b": ("Qwen/QwQ-32B",),
    "alibaba/qwen3-vl-32b-thinking": ("qwen/qvq-72b-preview",),
    "alibaba/qwen3-vl-32b-instruct": ("qwen/qwen-2.5-vl-7b-instruct",),
    "alibaba/qwen3-coder-480b-a35b-instruct": ("Qwen/Qwen2.5-Coder-32B-Instruct",),
    "alibaba/qwen3-next-80b-a3b-instruct": (
        "Qwen/Qwen2-72B-Instruct",
        "Qwen/Qwen2.5-72B-Instruct-Turbo",
    ),
    "alibaba/qwen3-235b-a22b-thinking-2507": ("Qwen/Qwen3-235B-A22B-fp8-tput",),
    "alibaba/wan2.1-t2v-turbo": ("wan/v2.1/1.3b/text-to-video",),
    # others
    "ai21/jamba-large-1.7": ("ai21/jamba-1-5-mini",),
    "aion-labs/aion-2.0": ("aion-labs/aion-1.0",),
    "aion-labs/aion-3.0-mini": ("aion-labs/aion-1.0-mini",),
    "arcee-ai/trinity-large-thinking": ("arcee-ai/trinity-mini",),
    "baidu/ernie-4.5-vl-424b-a47b": (
        "baidu/ernie-4-5-turbo-vl-32k",
        "baidu/ernie-4.5-vl-28b-a3b",
    ),
    "baidu/ernie-5.0": (
        "baidu/ernie-4-5-8k-preview",
        "baidu/ernie-4-5-turbo-128k",
        "baidu/ernie-4.5-0.3b",
        "baidu/ernie-4.5-21b-a3b",
        "baidu/ernie-4.5-21b-a3b-thinking",
        "baidu/ernie-4.5-300b-a47b",
        "baidu/ernie-4.5-300b-a47b-paddle",
        "baidu/ernie-5-0-thinking-latest",
        "baidu/ernie-5-0-thinking-preview",
        "baidu/ernie-x1-1-preview",
        "baidu/ernie-x1-turbo-32k",
    ),
    "bytedance/seedance-1-0-pro-i2v": ("bytedance/seedance-1-0-lite-i2v",),
    "bytedance/seedance-1-0-pro-t2v": ("bytedance/seedance-1-0-lite-t2v",),
    "bytedance/seedream-v4-edit": ("bytedance/seededit-3.0-i2i",),
    "bytedance/seedream-v4-text-to-image": ("bytedance/seedream-3.0",),
    "cohere/command-a": ("cohere/command-r-plus",),
    "deepseek/deepseek-chat": ("deepseek-ai/deepseek-llm-67b-chat",),
    "deepseek/deepseek-thinking-v3.2-exp": ("deepseek/deepseek-v3.2-speciale",),
    "gryphe/mythomax-l2-13b": ("Gryphe/MythoMax-L2-13b", "Gryphe/MythoMax-L2-13b-Lite"),
    "kling-video/v1.6/standard/text-to-video": ("kling-video/v1.5/standard/text-to-video",),
    "luma/ray-2": ("luma/ray-1.6",),
    "MiniMax-Text-01": ("abab6.5s-chat",),
    "minimax/music-1.5": ("music-01",),
    "mistralai/codestral-2508": ("mistralai/codestral-2501",),
    "mistralai/ministral-8b-2512": (
        "mistralai/Mistral-7B-Instruct-v0.1",
        "mistralai/Mistral-7B-Instruct-v0.2",
        "mistralai/Mistral-7B-Instruct-v0.3",
    ),
    "mistralai/mixtral-8x22b-instruct": (
        "mistralai/Mixtral-8x22B-Instruct-v0.1",
        "mistralai/Mixtral-8x7B-Instruct-v0.1",
    ),
    "moonshotai/kimi-k2": ("moonshot/kimi-k2-preview", "moonshot/kimi-k2-turbo-preview"),
    "moonshotai/kimi-k2-0905": ("moonshot/kimi-k2-0905-preview",),
    "nousresearch/hermes-3-llama-3.1-70b": ("NousResearch/Hermes-2-Theta-Llama-3-70B",),
    "nvidia/nemotron-3-nano-30b-a3b": (
        "nvidia/nemotron-3-nano-omni-30b-a3b-reasoning",
        "nvidia/nemotron-nano-12b-v2-vl",
        "nvidia/nemotron-nano-9b-v2",
    ),
    "nvidia/nemotron-3-super-120b-a12b": (
        "nvidia/llama-3.1-nemotron-70b-instruct",
        "nvidia/Llama-3.1-Nemotron-70B-Instruct-HF",
        "nvidia/llama-3.3-nemotron-super-49b-v1.5",
    ),
    "poolside/laguna-s-2.1": ("poolside/laguna-m.1",),
    "stable-diffusion-v35-large": ("stabilityai/stable-diffusion-xl-base-1.0",),
    "upstage/solar-pro-3": ("upstage/solar-10.7b-instruct-v1.0",),
    "x-ai/grok-3-beta": ("x-ai/grok-beta",),
    "x-ai/grok-4-3": ("x-ai/grok-4-07-09",),
    "x-ai/grok-imagine-image": ("x-ai/grok-2-image",),
}
# Read 2026-08-21: same family and kind, live on that day.
REPLACEMENTS: Mapping[str, str] = {old: new for new, olds in _REPLACED.items() for old in olds}


def twin_of(model: str) -> str | None:
    """The id whose schema ``model`` must follow, where it has none of its own."""
    found = TWINS.get(model)
    if found is None:
        found = next((to for start, to in TWIN_PREFIXES.items() if model.startswith(start)), None)
    return found
