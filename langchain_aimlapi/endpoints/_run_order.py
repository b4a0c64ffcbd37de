"""The order of a run: its path and its body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from langchain_aimlapi import errors
from langchain_aimlapi.endpoints._results import Json
from langchain_aimlapi.endpoints._thread_values import at, settled

BOTH = "/threads/runs"
RUNS = "/threads/{}/runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOrder:
    """The arguments of an order, by the names that `RunCalls.submit` explains."""

    assistant_id: str
    thread_id: str | None
    thread: Json | None
    messages: Sequence[Json] | None
    model: str | None
    instructions: str | None
    additional_instructions: str | None
    tools: Sequence[Json] | None
    tool_choice: str | Json | None
    parallel_tool_calls: bool | None
    temperature: float | None
    top_p: float | None
    max_prompt_tokens: int | None
    max_completion_tokens: int | None
    response_format: str | Json | None
    metadata: Mapping[str, str] | None
    extra_body: Mapping[str, object] | None

    @property
    def path(self) -> str:
        """Where it goes; without a thread it makes one."""
        if self.thread_id is not None and self.thread is not None:
            raise errors.InvalidRequestError("give either thread_id or thread", field="thread")
        return BOTH if self.thread_id is None else at(RUNS, self.thread_id)

    def body(self) -> dict[str, object]:
        """What goes there."""
        fields = {name: getattr(self, name) for name in _FIELDS}
        messages, tools = self.messages, self.tools
        lists = {
            "additional_messages": list(messages) if messages is not None else None,
            "tools": list(tools) if tools is not None else None,
        }
        return settled({**fields, **lists}, self.extra_body)


_FIELDS = (
    "assistant_id", "thread", "model", "instructions", "additional_instructions", "tool_choice",
    "parallel_tool_calls", "temperature", "top_p", "max_prompt_tokens", "max_completion_tokens",
    "response_format", "metadata",
)  # fmt: skip
