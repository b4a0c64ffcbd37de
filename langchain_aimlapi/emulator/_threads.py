"""Assistants, threads, messages, runs and their steps: what is kept, and how a run goes.

A run is generated once: it ends in a message, or it waits for the results of tool calls and is
generated again with them. Everything that happens to it is noted as an event, so that a stream and
the objects that are fetched later tell the same story.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from langchain_aimlapi.emulator._author import Say, Turn, Use
from langchain_aimlapi.emulator._core import Json, records
from langchain_aimlapi.emulator._ledger import Tokens, cut_pieces
from langchain_aimlapi.emulator._reading import text_of

RUN_SECONDS = 600
ENDS = frozenset({"completed", "failed", "cancelled", "expired", "incomplete"})
Event = tuple[str, Json]


@dataclass(slots=True)
class Run:
    """One run: its object, its steps, the calls that it waits for."""

    row: Json
    body: Json
    steps: list[Json] = field(default_factory=list)
    uses: list[tuple[str, Use]] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    polls: int = 0

    @property
    def status(self) -> str:
        return str(self.row["status"])


@dataclass(slots=True)
class Thread:
    """One thread: its messages in their order, and its runs."""

    row: Json
    messages: list[Json] = field(default_factory=list)
    runs: dict[str, Run] = field(default_factory=dict)

    def turns(self, run: Run) -> Iterator[Turn]:
        """The conversation as a prompt, with the run's own calls and their results at its end."""
        for message in self.messages:
            yield Turn(str(message["role"]), text_of_message(message))
        if run.uses:
            yield Turn("assistant", "", tuple(use for _, use in run.uses))
        for call, _ in run.uses:
            yield Turn("tool", run.outputs.get(call, ""))


@dataclass(slots=True)
class Threads:
    """Everything that the assistants' endpoints keep."""

    assistants: dict[str, Json] = field(default_factory=dict)
    threads: dict[str, Thread] = field(default_factory=dict)


def text_of_message(message: Json) -> str:
    """The text of a thread's message; its parts hold ``text.value``."""
    content = message["content"]
    texts = [one["text"]["value"] for one in records(content) if isinstance(one.get("text"), dict)]
    return "\n".join(map(str, texts)) if texts else text_of(content)


def content_parts(content: Any) -> list[Json]:
    """A message's content in the form in which it is kept."""
    if isinstance(content, str):
        return [{"type": "text", "text": {"value": content, "annotations": []}}]
    parts = []
    for part in records(content):
        if part.get("type") == "text":
            text = part.get("text")
            value = text if isinstance(text, str) else (text or {}).get("value", "")
            parts.append({"type": "text", "text": {"value": str(value), "annotations": []}})
        else:
            parts.append(part)
    return parts


# --- what happens to a run -----


def started(run: Run) -> Iterator[Event]:
    """The first events of a run."""
    yield "thread.run.created", {**run.row, "status": "queued"}
    yield "thread.run.queued", {**run.row, "status": "queued"}
    run.row["status"] = "in_progress"
    yield "thread.run.in_progress", dict(run.row)


def answered(thread: Thread, run: Run, message: Json, step: Json, say: Say) -> Iterator[Event]:
    """A run that ends in a message, piece by piece."""
    yield "thread.run.step.created", dict(step)
    yield "thread.run.step.in_progress", dict(step)
    opened = {**message, "status": "in_progress", "content": [], "completed_at": None}
    yield "thread.message.created", opened
    yield "thread.message.in_progress", opened
    for piece in cut_pieces(say.text):
        part = {"index": 0, "type": "text", "text": {"value": piece, "annotations": []}}
        delta = {"content": [part]}
        yield (
            "thread.message.delta",
            {"id": message["id"], "object": "thread.message.delta", "delta": delta},
        )
    thread.messages.append(message)
    cut = say.ending == "length"
    kind = "incomplete" if cut else "completed"
    message["status"] = kind
    yield f"thread.message.{kind}", dict(message)
    step["status"] = "completed"
    yield "thread.run.step.completed", dict(step)
    run.row["status"] = kind
    run.row["incomplete_details"] = {"reason": "max_completion_tokens"} if cut else None
    yield f"thread.run.{kind}", dict(run.row)


def waiting(run: Run, step: Json, calls: list[Json]) -> Iterator[Event]:
    """A run that asks for the results of tool calls."""
    empty = {"type": "tool_calls", "tool_calls": []}
    yield "thread.run.step.created", {**step, "step_details": empty}
    yield "thread.run.step.in_progress", {**step, "step_details": empty}
    for place, call in enumerate(calls):
        arguments = call["function"]["arguments"]
        head = {"index": place, **call, "function": {**call["function"], "arguments": ""}}
        for part in (head, *_fragments(place, arguments)):
            details = {"type": "tool_calls", "tool_calls": [part]}
            delta = {
                "id": step["id"],
                "object": "thread.run.step.delta",
                "delta": {"step_details": details},
            }
            yield "thread.run.step.delta", delta
    run.row["status"] = "requires_action"
    run.row["required_action"] = {
        "type": "submit_tool_outputs",
        "submit_tool_outputs": {"tool_calls": calls},
    }
    yield "thread.run.requires_action", dict(run.row)


def _fragments(place: int, arguments: str) -> Iterator[Json]:
    for piece in cut_pieces(arguments):
        yield {"index": place, "type": "function", "function": {"arguments": piece}}


def failed(run: Run, message: str, now: int) -> Iterator[Event]:
    """A run that comes to nothing."""
    error = {"code": "server_error", "message": message}
    run.row |= {"status": "failed", "failed_at": now, "last_error": error}
    for step in run.steps:
        if step["status"] == "in_progress":
            step |= {"status": "failed", "failed_at": now, "last_error": error}
            yield "thread.run.step.failed", dict(step)
    yield "thread.run.failed", dict(run.row)


def cancelled(run: Run, now: int) -> Iterator[Event]:
    """A run that is stopped."""
    yield "thread.run.cancelling", {**run.row, "status": "cancelling"}
    for step in run.steps:
        if step["status"] == "in_progress":
            step |= {"status": "cancelled", "cancelled_at": now}
            yield "thread.run.step.cancelled", dict(step)
    run.row |= {"status": "cancelled", "cancelled_at": now, "required_action": None}
    yield "thread.run.cancelled", dict(run.row)


def expired(run: Run, now: int) -> Iterator[Event]:
    """A run that waited for too long."""
    for step in run.steps:
        if step["status"] == "in_progress":
            step |= {"status": "expired", "expired_at": now}
            yield "thread.run.step.expired", dict(step)
    run.row |= {"status": "expired", "required_action": None}
    yield "thread.run.expired", dict(run.row)


def expire(run: Run, now: int) -> None:
    """Ends a run that waited for longer than ten minutes."""
    if run.status not in ENDS and now >= (run.row["expires_at"] or now + 1):
        for _ in expired(run, now):
            pass


def usage_json(tokens: Tokens) -> Json:
    return {
        "prompt_tokens": tokens.input,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.total,
    }
