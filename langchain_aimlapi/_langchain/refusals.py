"""Refusals: the model's own words, or an end that is one.

OpenAI's models write a refusal beside the text; Anthropic and Google name one as the reason why
the answer ended. Both become the one ``refusal`` block that langchain-core knows since 1.7.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatResult

from langchain_aimlapi.errors import ModelRefusalError

ENDS = frozenset({"refusal", "safety", "prohibited_content", "blocklist"})
"""Reasons that a model's or its vendor's own filter gives. ``content_filter`` alone is none: it
also ends answers whose text may be read."""


def is_refusal(kwargs: Mapping[str, object], native_reason: object) -> bool:
    """Whether an answer is a refusal.

    Args:
        kwargs: ``additional_kwargs`` of the message, or ``extra`` of the choice.
        native_reason: The vendor's own word for why the answer ended.
    """
    return bool(kwargs.get("refusal")) or str(native_reason).lower() in ENDS


def refusal_block(
    kwargs: Mapping[str, object], metadata: Mapping[str, object]
) -> dict[str, object] | None:
    """The ``refusal`` block of a message; None where it is no refusal.

    Args:
        metadata: ``response_metadata`` of the message.
    """
    native = metadata.get("native_finish_reason")
    if not is_refusal(kwargs, native):
        return None
    found = metadata.get("stop_details")
    details: Mapping[str, object] = found if isinstance(found, Mapping) else {}
    text = kwargs.get("refusal") or details.get("explanation") or ""
    block: dict[str, Any] = {"type": "refusal", "refusal": str(text)}
    if details.get("category"):
        block["extras"] = {"category": details["category"]}
    elif native and str(native).lower() in ENDS - {"refusal"}:
        block["extras"] = {"finish_reason": native}
    return block


def find_refusal(message: AIMessage) -> dict[str, Any] | None:
    """The ``refusal`` block of any message, also of one that holds content blocks."""
    if isinstance(message.content, list):
        for block in message.content:
            if isinstance(block, dict) and block.get("type") == "refusal":
                return block
    return refusal_block(message.additional_kwargs, message.response_metadata)


def refusal_error(message: AIMessage) -> ModelRefusalError | None:
    """The error for an answer that was needed and withheld; None where it was not withheld."""
    block = find_refusal(message)
    if block is None:
        return None
    text = str(block.get("refusal") or "")
    category = (block.get("extras") or {}).get("category")
    head = f"the model refused ({category})" if category else "the model refused"
    return ModelRefusalError(f"{head}: {text}" if text else head, raw_message=message)


def with_refusals(result: ChatResult) -> ChatResult:
    """The result with the ``refusal`` blocks of its messages: langchain-core (1.6 to 1.8.4) leaves
    them out of a message that it makes of events."""
    for generation in result.generations:
        message = generation.message
        if not isinstance(message, AIMessage) or not isinstance(message.content, list):
            continue
        refusal = find_refusal(message)
        if refusal is not None and refusal not in message.content:
            content = [*message.content, refusal]
            generation.message = message.model_copy(update={"content": content})
    return result
