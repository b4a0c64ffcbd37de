"""A `ChatResponse` -> LiteLLM's `ModelResponse`, with usage, charge and response headers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litellm.litellm_core_utils.core_helpers import process_response_headers
from litellm.types.utils import Choices, ModelResponse, Usage

from langchain_aimlapi._domain import values as _domain
from langchain_aimlapi._domain.values import ChatResponse, Choice, Cost, Meta, ToolCall
from langchain_aimlapi._litellm import PROVIDER

# Where LiteLLM looks for a charge that the provider sends, before its own price map
# (cost_calculator.get_response_cost_from_hidden_params of 1.106.2).
COST_HEADER = "llm_provider-x-litellm-response-cost"
# `ExtraKey` that LiteLLM's messages have a field for; the others go into
# ``provider_specific_fields`` and come back from there with the next request.
MESSAGE_FIELDS = ("refusal", "annotations", "images", "audio", "thinking_blocks")
TOP_LEVEL = ("citations", "search_results")
_USAGE_OWN = frozenset(
    {
        "prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens",
        "prompt_tokens_details", "completion_tokens_details", "input_tokens_details",
        "output_tokens_details", "input_token_details", "output_token_details",
        "reasoning_tokens", "cost", "cache_read_input_tokens", "cache_creation_input_tokens",
        "server_tool_use", "cached_tokens",
    }
)  # fmt: skip


def reply_to_response(reply: ChatResponse, *, model: str) -> ModelResponse:
    """The whole answer; ``response_cost`` will be the real charge where the API names it."""
    meta = reply.meta
    extra = dict(meta.extra)
    for key in TOP_LEVEL:
        found = next((c.extra[key] for c in reply.choices if c.extra.get(key)), None)
        if found is not None:
            extra[key] = found
    if meta.service_tier is not None:
        extra["service_tier"] = meta.service_tier
    response = ModelResponse(
        id=meta.id,
        created=meta.created,
        model=meta.model or model,
        choices=[_choice(choice) for choice in reply.choices],
        system_fingerprint=meta.system_fingerprint,
        usage=usage_of(meta),
        **{k: v for k, v in extra.items() if k not in ("id", "created", "model", "object")},
    )
    response._hidden_params = hidden_params(meta)
    return response


def hidden_params(meta: Meta) -> dict[str, Any]:
    """What LiteLLM keeps beside an answer: provider, headers, charge."""
    additional = dict(process_response_headers(shown_headers(meta.headers)))
    if meta.cost is not None and meta.cost.usd is not None:
        additional[COST_HEADER] = meta.cost.usd
    return {
        "custom_llm_provider": PROVIDER,
        "additional_headers": additional,
        "headers": shown_headers(meta.headers),
    }


def shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Response headers without cookies."""
    return {name: value for name, value in headers.items() if name != "set-cookie"}


def _choice(choice: Choice) -> Choices:
    message: dict[str, Any] = {"role": "assistant", "content": choice.text or None}
    calls = [call_to_openai(call) for call in choice.tool_calls]
    if calls:
        message["tool_calls"] = calls
    elif not choice.text and not choice.extra:
        message["content"] = ""
    if choice.reasoning:
        message["reasoning_content"] = choice.reasoning
    message |= {key: choice.extra[key] for key in MESSAGE_FIELDS if choice.extra.get(key)}
    if "thinking_blocks" in message:
        message["thinking_blocks"] = without_index(message["thinking_blocks"])
    fields = specific_fields(choice)
    if fields:
        message["provider_specific_fields"] = fields
    native = choice.native_finish_reason
    specific = {"native_finish_reason": native} if native else None
    return Choices(
        finish_reason=choice.finish_reason or "stop",
        index=choice.index,
        message=message,
        logprobs=dict(choice.logprobs) if choice.logprobs else None,
        provider_specific_fields=specific,
    )


def specific_fields(choice: Choice) -> dict[str, object]:
    """What LiteLLM's message has no field of its own for."""
    fields: dict[str, Any] = {}
    for key, value in choice.extra.items():
        if key not in MESSAGE_FIELDS and key not in TOP_LEVEL and value:
            fields[key] = without_index(value) if key == "reasoning_items" else value
    return fields


def without_index(blocks: Any) -> list[dict[str, object]]:
    """Blocks without the integer that only serves to merge their pieces."""
    return [{k: v for k, v in block.items() if k != "index"} for block in blocks]


def call_to_openai(call: ToolCall) -> dict[str, object]:
    """A tool call in OpenAI's shape."""
    opaque = {k: v for k, v in call.extra.items() if k == "extra_content"}
    fields = {"provider_specific_fields": opaque} if opaque else {}
    if call.kind == "custom":
        custom = {"name": call.name, "input": call.arguments}
        return {"id": call.id, "type": "custom", "custom": custom, **fields}
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function, **fields}


def usage_of(meta: Meta) -> Usage | None:
    """Token counts with their details, and the charge as ``cost``; None where there are none."""
    usage = meta.usage
    if usage is None:
        return None
    return Usage(
        prompt_tokens=usage.input,
        completion_tokens=usage.output,
        total_tokens=usage.total,
        prompt_tokens_details=_input_details(usage),
        completion_tokens_details=_output_details(usage),
        cost=_usd(meta.cost),
        **_vendor_extras(usage),
    )


def _usd(cost: Cost | None) -> float | None:
    return cost.usd if cost is not None else None


def _input_details(usage: _domain.Usage) -> dict[str, object] | None:
    counts = _counts(
        usage.raw.get("prompt_tokens_details") or usage.raw.get("input_tokens_details")
    )
    known = {"cached_tokens": usage.cache_read, "audio_tokens": usage.audio_input}
    return {**counts, **{k: v for k, v in known.items() if v is not None}} or None


def _output_details(usage: _domain.Usage) -> dict[str, object] | None:
    raw = usage.raw
    counts = _counts(raw.get("completion_tokens_details") or raw.get("output_tokens_details"))
    known = {"reasoning_tokens": usage.reasoning, "audio_tokens": usage.audio_output}
    return {**counts, **{k: v for k, v in known.items() if v is not None}} or None


def _counts(details: object) -> dict[str, int]:
    if not isinstance(details, Mapping):
        return {}
    return {
        name: int(value)
        for name, value in details.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and value == value
    }


def _vendor_extras(usage: _domain.Usage) -> dict[str, Any]:
    """A vendor's own figures under their own names. Its ``cost`` is left out: that is what the
    vendor charges the API, not what the API charges the user."""
    extras = {
        name: value
        for name, value in usage.raw.items()
        if isinstance(name, str) and name.isidentifier() and name not in _USAGE_OWN
        and value is not None
    }  # fmt: skip
    if usage.cache_read is not None:
        extras["cache_read_input_tokens"] = usage.cache_read
    if usage.cache_creation is not None:
        extras["cache_creation_input_tokens"] = usage.cache_creation
    return extras
