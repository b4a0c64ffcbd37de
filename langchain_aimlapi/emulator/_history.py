"""What an upstream vendor refuses although the schema takes it.

Tool calls without results, results without calls, a choice of a tool that is not there, thoughts
whose signature does not fit, prompts that are too long: the gateway passes these on and quotes
the vendor's own error as text inside ``message``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from langchain_aimlapi.emulator._author import Prompt
from langchain_aimlapi.emulator._core import Json, Refusal, dump, records
from langchain_aimlapi.emulator._ledger import SEAL_MARK, sealed
from langchain_aimlapi.emulator._models import Model
from langchain_aimlapi.emulator._state import State

Message = Mapping[str, Any]


def refuse_upstream(message: str, *, anthropic: bool, code: str | None = None) -> None:
    """Raises a 400 that quotes a vendor's error body."""
    if anthropic:
        inner: Json = {
            "type": "error",
            "error": {"type": "invalid_request_error", "message": message},
            "request_id": "req_emulated",
        }
    else:
        error = {"message": message, "type": "invalid_request_error", "param": "messages"}
        inner = {"error": {**error, "code": code} if code else error}
    raise Refusal(400, f"400 {dump(inner).decode('utf-8', 'replace')}")


def check_upstream(state: State, model: Model, body: Json, prompt: Prompt) -> None:
    """Refuses a chat body that the vendor behind the model refuses."""
    anthropic = model.vendor == "anthropic"
    if state.checks_history:
        messages = records(body.get("messages"))
        if not messages:
            refuse_upstream("Invalid 'messages': empty array.", anthropic=anthropic)
        if body.get("stop") in ([], ""):
            refuse_upstream("Invalid 'stop': empty array.", anthropic=anthropic)
        check_pairs(messages, anthropic=anthropic)
        check_thinking_budget(body)
        check_choice(prompt, anthropic=anthropic)
    if state.checks_signatures:
        check_seals(records(body.get("messages")))
    if state.checks_context:
        check_context(state, model, prompt)


def check_choice(prompt: Prompt, *, anthropic: bool) -> None:
    """Refuses the choice of a tool that is not among the tools."""
    if prompt.named is not None and prompt.named not in {tool.name for tool in prompt.tools}:
        refuse_upstream(
            f"Tool choice '{prompt.named}' not found in 'tools' parameter.", anthropic=anthropic
        )


def check_context(state: State, model: Model, prompt: Prompt) -> None:
    """Refuses a prompt that is longer than the model's context, in the vendor's own words."""
    limit = model.context
    if limit is None or _is_short(prompt, limit):
        return
    size = state.prompt_size(prompt)
    if size <= limit:
        return
    if model.vendor == "anthropic":
        text = f"prompt is too long: {size} tokens > {limit} maximum"
        refuse_upstream(text, anthropic=True)
    refuse_upstream(
        f"This model's maximum context length is {limit} tokens. However, your messages resulted"
        f" in {size} tokens. Please reduce the length of the messages.",
        anthropic=False,
        code="context_length_exceeded",
    )


def _is_short(prompt: Prompt, limit: int) -> bool:
    """Whether a prompt of text has not even as many letters as the context has tokens."""
    letters = sum(len(turn.text) for turn in prompt.turns)
    return not (prompt.tools or prompt.media) and letters + 3 * len(prompt.turns) + 3 <= limit


def check_pairs(messages: list[Json], *, anthropic: bool) -> None:
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


def _continues(messages: list[Json], place: int) -> bool:
    """Whether the message after this one goes on answering (one tool message per result)."""
    following = messages[place + 1 : place + 2]
    return bool(following) and bool(list(_answered(following[0])))


def _called(message: Message) -> Iterator[str]:
    for call in records(message.get("tool_calls")):
        yield str(call.get("id"))
    for block in records(message.get("content")):
        if block.get("type") == "tool_use":
            yield str(block.get("id"))


def _answered(message: Message) -> Iterator[str]:
    if message.get("role") == "tool" and message.get("tool_call_id") is not None:
        yield str(message["tool_call_id"])
    for block in records(message.get("content")):
        if block.get("type") == "tool_result":
            yield str(block.get("tool_use_id"))


def check_seals(messages: list[Json]) -> None:
    """Refuses thoughts that were changed since the emulator signed them."""
    for place, message in enumerate(messages):
        for spot, block in enumerate(records(message.get("content"))):
            if block.get("type") == "thinking" and not sealed(
                "thinking", str(block.get("thinking")), block.get("signature")
            ):
                refuse_upstream(
                    f"messages.{place}.content.{spot}: Invalid `signature` in `thinking` block",
                    anthropic=True,
                )
        for detail in records(message.get("reasoning_details")):
            _check_detail(place, detail)
        for call in records(message.get("tool_calls")):
            _check_thought_signature(place, call)


def _check_detail(place: int, detail: Json) -> None:
    signature = detail.get("signature")
    ours = isinstance(signature, str) and signature.startswith(SEAL_MARK)
    if ours and not sealed("details", str(detail.get("text", "")), signature):
        refuse_upstream(
            f"messages.{place}.reasoning_details: the signature does not fit the text",
            anthropic=False,
        )


def _check_thought_signature(place: int, call: Json) -> None:
    extra = call.get("extra_content")
    google = extra.get("google") if isinstance(extra, dict) else None
    signature = google.get("thought_signature") if isinstance(google, dict) else None
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
