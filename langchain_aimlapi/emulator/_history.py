"""What an upstream vendor refuses in a history although the schema takes it.

Tool calls without results, results without calls, thoughts whose signature does not fit: the
gateway passes these on and quotes the vendor's own error as text inside ``message``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from langchain_aimlapi.emulator._core import Json, Refusal, dump
from langchain_aimlapi.emulator._ledger import SEAL_MARK, sealed

Message = Mapping[str, Any]


def refuse_upstream(message: str, *, anthropic: bool) -> None:
    """Raises a 400 that quotes a vendor's error body."""
    if anthropic:
        inner: Json = {
            "type": "error",
            "error": {"type": "invalid_request_error", "message": message},
            "request_id": "req_emulated",
        }
    else:
        inner = {
            "error": {"message": message, "type": "invalid_request_error", "param": "messages"}
        }
    raise Refusal(400, f"400 {dump(inner).decode()}")


def check_pairs(messages: list[Message], *, anthropic: bool) -> None:
    """Refuses tool calls that are not answered at once, and answers to nothing."""
    waiting: set[str] = set()
    for place, message in enumerate(messages):
        answered = set(_answered(message))
        orphans = answered - waiting
        if orphans:
            refuse_upstream(
                f"messages.{place}: tool result '{min(orphans)}' has no preceding tool call",
                anthropic=anthropic,
            )
        waiting -= answered
        if waiting and (not answered or not _continues(messages, place)):
            refuse_upstream(
                f"messages.{place}: tool call ids without a result right after them:"
                f" {', '.join(sorted(waiting))}",
                anthropic=anthropic,
            )
        if not answered:
            waiting = set(_called(message))
    if waiting:
        refuse_upstream(
            f"tool call ids without a result: {', '.join(sorted(waiting))}", anthropic=anthropic
        )


def _continues(messages: list[Message], place: int) -> bool:
    """Whether the message after this one goes on answering (one tool message per result)."""
    following = messages[place + 1 : place + 2]
    return bool(following) and bool(list(_answered(following[0])))


def _blocks(message: Message) -> list[Mapping[str, Any]]:
    content = message.get("content")
    return [b for b in content if isinstance(b, dict)] if isinstance(content, list) else []


def _called(message: Message) -> Iterator[str]:
    for call in message.get("tool_calls") or ():
        yield str(call.get("id"))
    for block in _blocks(message):
        if block.get("type") == "tool_use":
            yield str(block.get("id"))


def _answered(message: Message) -> Iterator[str]:
    if message.get("role") == "tool" and message.get("tool_call_id") is not None:
        yield str(message["tool_call_id"])
    for block in _blocks(message):
        if block.get("type") == "tool_result":
            yield str(block.get("tool_use_id"))


def check_seals(messages: list[Message]) -> None:
    """Refuses thoughts that were changed since the emulator signed them."""
    for place, message in enumerate(messages):
        for spot, block in enumerate(_blocks(message)):
            if block.get("type") == "thinking" and not sealed(
                "thinking", str(block.get("thinking")), block.get("signature")
            ):
                refuse_upstream(
                    f"messages.{place}.content.{spot}: Invalid `signature` in `thinking` block",
                    anthropic=True,
                )
        for detail in message.get("reasoning_details") or ():
            _check_detail(place, detail)
        for call in message.get("tool_calls") or ():
            _check_thought_signature(place, call)


def _check_detail(place: int, detail: Any) -> None:
    signature = detail.get("signature") if isinstance(detail, dict) else None
    ours = isinstance(signature, str) and signature.startswith(SEAL_MARK)
    if ours and not sealed("details", str(detail.get("text", "")), signature):
        refuse_upstream(
            f"messages.{place}.reasoning_details: the signature does not fit the text",
            anthropic=False,
        )


def _check_thought_signature(place: int, call: Any) -> None:
    google = (
        ((call.get("extra_content") or {}).get("google") or {}) if isinstance(call, dict) else {}
    )
    signature = google.get("thought_signature")
    if signature is not None and not sealed("gemini", str(call.get("id")), signature):
        refuse_upstream(
            f"messages.{place}.tool_calls: Thought signature is not valid.", anthropic=False
        )


def check_thinking_budget(body: Json) -> None:
    """Anthropic's rule: the answer's limit must leave room for the thought."""
    thinking = body.get("thinking")
    budget = thinking.get("budget_tokens") if isinstance(thinking, dict) else None
    limit = body.get("max_tokens")
    if isinstance(budget, int) and isinstance(limit, int) and limit <= budget:
        refuse_upstream(
            "`max_tokens` must be greater than `thinking.budget_tokens`", anthropic=True
        )
