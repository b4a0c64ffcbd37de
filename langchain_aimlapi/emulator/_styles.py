"""How each vendor's chat completions look: one row per family, taken from the recorded answers.

Recorded: Claude (February 2026), Qwen3 32B (July 2025) and gpt-4o (March 2026) as streams; the
others as whole answers only, so their streams follow the same fields in deltas. None of the
recorded streams ends with ``[DONE]``, the documentation's own sample code expects it: the
families without a recording send it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from langchain_aimlapi.emulator._author import Say
from langchain_aimlapi.emulator._core import Json
from langchain_aimlapi.emulator._forms import AnswerForm, Ids
from langchain_aimlapi.emulator._ledger import Tokens, seal
from langchain_aimlapi.emulator._names import NATIVE_ERNIE

UsageExtra = Callable[[Tokens], Json]
SayExtra = Callable[[Say], Json]


def _nothing(_: object) -> Json:
    return {}


@dataclass(frozen=True, slots=True)
class Style:
    """One family's habits.

    Attributes:
        name: What ``Emulator(stream_style=...)`` asks for.
        id: How the answer's id begins.
        id_form: What follows, see `Ids.answer`.
        id_size: How many random letters it has.
        echo: A second key that holds the id; empty: none.
        call_id: How the id of a tool call begins.
        reasoning: ``content``: ``reasoning_content``; ``details``: ``reasoning`` and
            ``reasoning_details``; ``inline``: ``<think>`` in the text; ``hidden``: only counted.
        outside: Reasoning tokens are not part of ``completion_tokens``.
        usage_always: A stream ends with its usage even without ``stream_options``.
        done: A stream ends with ``[DONE]``.
        ends: Finish reasons of whole answers that differ from OpenAI's.
        first / later / last: What the first, every later and the finish delta hold besides.
        usage / body / chunk / message / choice: Extra keys of those objects.
    """

    name: str
    id: str = "chatcmpl-"
    id_form: AnswerForm = "base62"
    id_size: int = 29
    echo: str = ""
    call_id: str = "call_"
    reasoning: Literal["content", "details", "inline", "hidden"] = "content"
    outside: bool = False
    usage_always: bool = False
    done: bool = True
    ends: tuple[tuple[str, str], ...] = ()
    first: tuple[tuple[str, Any], ...] = (("role", "assistant"), ("content", ""))
    later: tuple[tuple[str, object], ...] = ()
    last: tuple[tuple[str, Any], ...] = ()
    usage: UsageExtra = _nothing
    body: SayExtra = _nothing
    chunk: tuple[tuple[str, Any], ...] = ()
    message: SayExtra = _nothing
    choice: SayExtra = _nothing

    def make_id(self, ids: Ids, now: int) -> str:
        return self.id + ids.answer(self.id_form, self.id_size, now)

    def make_call_id(self, ids: Ids) -> str:
        return self.call_id + ids.base62(24)

    def ending(self, reason: str) -> str:
        return dict(self.ends).get(reason, reason)

    def usage_json(self, tokens: Tokens) -> Json:
        output = tokens.output - tokens.reasoning if self.outside else tokens.output
        return {
            "prompt_tokens": tokens.input,
            "completion_tokens": output,
            "total_tokens": tokens.total,
            **self.usage(tokens),
        }


def _openai_usage(tokens: Tokens) -> Json:
    return {
        "prompt_tokens_details": {
            "cached_tokens": tokens.cached,
            "audio_tokens": tokens.audio_input,
        },
        "completion_tokens_details": {
            "reasoning_tokens": tokens.reasoning,
            "audio_tokens": tokens.audio_output,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _claude_usage(tokens: Tokens) -> Json:
    if not (tokens.cached or tokens.created):
        return {}
    details = {"cached_tokens": tokens.cached, "cache_write_tokens": tokens.created}
    return {"prompt_tokens_details": details}


def _plain_usage(tokens: Tokens) -> Json:
    details: Json = {"prompt_tokens_details": {"cached_tokens": tokens.cached}}
    if tokens.reasoning:
        details["completion_tokens_details"] = {"reasoning_tokens": tokens.reasoning}
    return details


def _qwen_usage(tokens: Tokens) -> Json:
    plain = _plain_usage(tokens)
    return {
        **plain,
        "prompt_tokens_details": {"cached_tokens": tokens.cached, "text_tokens": tokens.input},
    }


def _deepseek_usage(tokens: Tokens) -> Json:
    return {
        **_plain_usage(tokens),
        "prompt_cache_hit_tokens": tokens.cached,
        "prompt_cache_miss_tokens": tokens.input - tokens.cached,
    }


def _xai_usage(tokens: Tokens) -> Json:
    return {
        "prompt_tokens_details": {
            "text_tokens": tokens.input,
            "audio_tokens": 0,
            "image_tokens": 0,
            "cached_tokens": tokens.cached,
        },
        "completion_tokens_details": {
            "reasoning_tokens": tokens.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
        "num_sources_used": 0,
        "cost_in_usd_ticks": int(tokens.cost().usd * 10**10),
    }


def _gemini_usage(tokens: Tokens) -> Json:
    return {
        "completion_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "extra_properties": {"google": {"traffic_type": "ON_DEMAND"}},
    }


def _router_usage(tokens: Tokens) -> Json:
    return {
        "cost": float(tokens.cost().usd),
        "is_byok": False,
        "prompt_tokens_details": {
            "cached_tokens": tokens.cached,
            "cache_write_tokens": tokens.created,
            "audio_tokens": tokens.audio_input,
            "video_tokens": 0,
        },
        "cost_details": {
            "upstream_inference_cost": None,
            "upstream_inference_prompt_cost": 0,
            "upstream_inference_completions_cost": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": tokens.reasoning,
            "image_tokens": 0,
            "audio_tokens": tokens.audio_output,
        },
    }


def _minimax_usage(tokens: Tokens) -> Json:
    return {"total_characters": 0, "prompt_tokens_details": {"cached_tokens": tokens.cached}}


def _search_usage(_: Tokens) -> Json:
    return {"search_context_size": "low", "completion_tokens_details": None}


def _search_body(say: Say) -> Json:
    results = [
        {"title": f"Result {place}", "url": url, "date": "2026-01-31", "last_updated": None}
        for place, url in enumerate(say.citations, 1)
    ]
    return {"citations": list(say.citations), "search_results": results}


def _minimax_body(_: Say) -> Json:
    return {
        "input_sensitive": False,
        "output_sensitive": False,
        "input_sensitive_type": 0,
        "output_sensitive_type": 0,
        "output_sensitive_int": 0,
        "base_resp": {"status_code": 0, "status_msg": ""},
    }


def _openai_message(say: Say) -> Json:
    notes = [
        {
            "type": "url_citation",
            "url_citation": {
                "url": url,
                "title": f"Result {place}",
                "start_index": 0,
                "end_index": len(say.text),
            },
        }
        for place, url in enumerate(say.citations, 1)
    ]
    return {"refusal": say.refusal, "annotations": notes}


def _gemini_message(say: Say) -> Json:
    return {"extra_content": thought_signature(say.text)}


def thought_signature(text: str) -> Json:
    """Gemini's opaque mark over an answer or a tool call, to be sent back unchanged."""
    return {"google": {"thought_signature": seal("gemini", text)}}


_QWEN_FIRST = (
    ("content", None),
    ("role", "assistant"),
    ("refusal", None),
    ("reasoning_content", ""),
)
_CLAUDE_ENDS = (("stop", "end_turn"), ("length", "max_tokens"), ("tool_calls", "tool_use"))

STYLES: Mapping[str, Style] = {
    style.name: style
    for style in (
        Style(
            "claude",
            id="msg_01",
            id_size=22,
            call_id="toolu_01",
            usage_always=True,
            done=False,
            ends=_CLAUDE_ENDS,
            usage=_claude_usage,
            message=lambda say: {"reasoning_content": say.reasoning},
            choice=lambda _: {"logprobs": None},
        ),
        Style(
            "qwen",
            id_form="uuid",
            usage_always=True,
            done=False,
            first=_QWEN_FIRST,
            later=(("content", None), ("refusal", None), ("reasoning_content", None)),
            last=(("content", ""), ("refusal", None), ("reasoning_content", None)),
            usage=_qwen_usage,
        ),
        Style(
            "openai",
            reasoning="hidden",
            usage_always=True,
            done=False,
            first=(("role", "assistant"), ("content", ""), ("refusal", None)),
            usage=_openai_usage,
            body=lambda _: {"service_tier": "default", "system_fingerprint": "fp_emulated"},
            chunk=(("service_tier", "default"), ("system_fingerprint", "fp_emulated")),
            message=_openai_message,
            choice=lambda _: {"logprobs": None},
        ),
        Style(
            "openrouter",
            id="gen-",
            id_form="time",
            id_size=20,
            reasoning="details",
            later=(("role", "assistant"), ("content", "")),
            last=(("role", "assistant"), ("content", "")),
            usage=_router_usage,
            body=lambda _: {"provider": "Emulated", "system_fingerprint": None},
            chunk=(("provider", "Emulated"),),
            message=lambda say: {"refusal": say.refusal},
            choice=lambda say: {"logprobs": None, "native_finish_reason": say.ending},
        ),
        Style(
            "deepseek",
            id="",
            id_form="uuid",
            later=(("content", None), ("reasoning_content", None)),
            last=(("content", ""), ("reasoning_content", None)),
            usage=_deepseek_usage,
            body=lambda _: {"system_fingerprint": "fp_emulated_prod"},
            chunk=(("system_fingerprint", "fp_emulated_prod"),),
            choice=lambda _: {"logprobs": None},
        ),
        Style(
            "minimax",
            id="",
            id_form="hex",
            id_size=32,
            reasoning="inline",
            usage=_minimax_usage,
            body=_minimax_body,
            chunk=tuple(_minimax_body(Say()).items()),
            message=lambda _: {"name": "MiniMax AI", "audio_content": ""},
        ),
        Style(
            "perplexity",
            id="",
            id_form="uuid",
            usage_always=True,
            usage=_search_usage,
            body=_search_body,
            choice=lambda _: {"delta": {"role": "assistant", "content": ""}},
        ),
        Style(
            "xai",
            id="",
            id_form="uuid",
            outside=True,
            usage=_xai_usage,
            body=lambda _: {"system_fingerprint": "fp_emulated"},
            chunk=(("system_fingerprint", "fp_emulated"),),
            message=lambda say: {"refusal": say.refusal},
        ),
        Style(
            "gemini",
            id="-",  # base64-like ids may begin with a dash
            id_size=22,
            reasoning="hidden",
            outside=True,
            usage=_gemini_usage,
            body=lambda _: {"system_fingerprint": ""},
            chunk=(("system_fingerprint", ""),),
            message=_gemini_message,
            choice=lambda _: {"logprobs": None},
        ),
        Style("zhipu", id="", id_form="date", id_size=16, echo="request_id", usage=_plain_usage),
        Style("moonshot", id_form="hex", id_size=24, usage=_plain_usage),
        Style(
            "bytedance",
            id="02",
            id_form="millis",
            id_size=38,
            usage=_plain_usage,
            body=lambda _: {"service_tier": "default"},
            chunk=(("service_tier", "default"),),
            choice=lambda _: {"logprobs": None},
        ),
        # Baidu's own cloud, and another host of its open models
        Style(
            "baidu",
            id="as-",
            id_form="base36",
            id_size=10,
            usage=_plain_usage,
            choice=lambda _: {"flag": 0},
        ),
        Style(
            "ernie",
            id="",
            id_form="hex",
            id_size=32,
            usage=_deepseek_usage,
            body=lambda _: {"system_fingerprint": ""},
            chunk=(("system_fingerprint", ""),),
        ),
        Style("plain", usage=_plain_usage),
    )
}

_BY_VENDOR = {
    "anthropic": "claude",
    "alibaba-cloud": "qwen",
    "alibaba": "qwen",
    "qwen": "qwen",
    "openai": "openai",
    "deepseek": "deepseek",
    "deepseek-ai": "deepseek",
    "minimax": "minimax",
    "perplexity": "perplexity",
    "xai": "xai",
    "x-ai": "xai",
    "google": "gemini",
    "moonshot": "moonshot",
    "zhipu": "zhipu",
    "zhipu-ai": "zhipu",
    "bytedance": "bytedance",
    "baidu": "ernie",
    "meta": "plain",
    "": "openai",
}
# Recorded answers with a `gen-` id and OpenRouter's fields.
_ROUTED = re.compile(
    r"gemini-3-flash-preview|gemini-2\.5-flash-lite-preview|gemma-3|grok-3-beta|gpt-oss|nemotron|hermes"
)


@cache
def choose_style(model: str, vendor: str) -> Style:
    """The family that a model answers like. Vendors without a recording are OpenRouter-routed."""
    if _ROUTED.search(model):
        return STYLES["openrouter"]
    if vendor == "baidu" and NATIVE_ERNIE.search(model):
        return STYLES["baidu"]
    return STYLES[_BY_VENDOR.get(vendor, "openrouter")]
