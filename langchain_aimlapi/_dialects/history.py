"""The conversation before a dialect writes it: whose reasoning goes back, and where media stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from langchain_aimlapi._dialects.parts import part_text
from langchain_aimlapi._domain.values import (
    MediaPart,
    Message,
    Part,
    ReasoningPart,
    Role,
    TextPart,
    ToolCall,
)
from langchain_aimlapi._fitting.notes import Notes

# What a vendor has signed or encrypted, and nobody else can read.
_SEALED = (
    "reasoning_details",
    "thinking_blocks",
    "reasoning_items",
    "extra_content",
    "encrypted_content",
)
# "signature values are compatible across platforms" (Anthropic's guide to extended thinking); what
# the others encrypt is bound to the account that it was made for.
_SIGNED_FOR_ALL = frozenset({"anthropic"})


def without_foreign_reasoning(
    messages: Sequence[Message], vendor: str | None, model: str
) -> tuple[Message, ...]:
    """The conversation without the reasoning that the model cannot read.

    Signed and encrypted thoughts go back to the vendor that made them and to nobody else: another
    one refuses the request. Thoughts in plain words stay. Where it is not known who gave an
    answer, everything stays.

    Args:
        vendor: Vendor of the model that is called.
        model: Its id.
    """
    return tuple(
        _unsealed(message) if _is_foreign(message, vendor, model) else message
        for message in messages
    )


def _is_foreign(message: Message, vendor: str | None, model: str) -> bool:
    if message.role != "assistant":
        return False
    if message.elsewhere:
        return message.vendor != vendor or message.vendor not in _SIGNED_FOR_ALL
    return message.vendor is not None and message.vendor != vendor and message.model != model


def _unsealed(message: Message) -> Message:
    parts = tuple(
        _plain(part) for part in message.parts if not isinstance(part, ReasoningPart) or part.text
    )
    extra = {key: value for key, value in message.extra.items() if key not in _SEALED}
    return replace(
        message, parts=parts, extra=extra, tool_calls=tuple(map(_unsigned, message.tool_calls))
    )


def _plain(part: Part) -> Part:
    """A thought in its words alone; a text without the places that only its vendor can look up."""
    if isinstance(part, ReasoningPart):
        return ReasoningPart(part.text)
    if isinstance(part, TextPart) and "citations" in part.extra:
        return TextPart(part.text, {k: v for k, v in part.extra.items() if k != "citations"})
    return part


def _unsigned(call: ToolCall) -> ToolCall:
    if "extra_content" not in call.extra:
        return call
    return replace(call, extra={k: v for k, v in call.extra.items() if k != "extra_content"})


# --- media -----


def media_behind(
    messages: Sequence[Message], holds: Callable[[MediaPart, Role], bool], notes: Notes
) -> list[Message]:
    """The conversation with the media that a tool result, or an answer, cannot hold in a user
    message behind the results.

    Args:
        holds: Whether a message of a role may hold a part.
        notes: Where it is reported that a model cannot be shown the media of an earlier answer.
    """
    settled: list[Message] = []
    waiting: list[Part] = []
    for message in messages:
        if waiting and message.role != "tool":
            settled.append(Message("user", tuple(waiting)))
            waiting = []
        if message.role in ("tool", "assistant"):
            message, moved = _without_media(message, holds, notes)
            waiting += moved
        settled.append(message)
    if waiting:
        settled.append(Message("user", tuple(waiting)))
    return settled


def _without_media(
    message: Message, holds: Callable[[MediaPart, Role], bool], notes: Notes
) -> tuple[Message, list[Part]]:
    media = [
        part
        for part in message.parts
        if isinstance(part, MediaPart) and part_text(part) is None and not holds(part, message.role)
    ]
    if not media:
        return message, []
    kept: tuple[Part, ...] = tuple(part for part in message.parts if part not in media)
    if message.role == "tool":
        label = TextPart(f"Result of tool call {message.tool_call_id}:")
        kept = kept or (TextPart("The result is in the next user message."),)
        return replace(message, parts=kept), [label, *media]
    shown = [part for part in media if holds(part, "user")]
    if len(shown) < len(media):
        change = "media of an earlier answer were left out"
        notes.adapted("messages.assistant", change, "the model takes no such media")
    label = TextPart("Media of the answer above:")
    return replace(message, parts=kept), [label, *shown] if shown else []
