"""OpenAI's ``functions`` of 2023, which older agents still bind, in terms of tools and back.

The answer is given back as such an agent looks for it, in ``additional_kwargs["function_call"]``,
and its history (a ``FunctionMessage`` has no call id) is paired up again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    FunctionMessage,
    ToolMessage,
)
from langchain_core.messages.tool import invalid_tool_call, tool_call
from langchain_core.outputs import ChatGenerationChunk, ChatResult

M = TypeVar("M", AIMessage, AIMessageChunk)


def functions_to_tools(options: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call, with ``functions`` and ``function_call`` as tools."""
    rest = dict(options)
    functions, choice = rest.pop("functions", None), rest.pop("function_call", None)
    if not functions:
        return rest
    if rest.get("tools"):
        raise ValueError("functions and tools are the same argument; give one of them")
    rest["tools"] = [{"type": "function", "function": dict(each)} for each in functions]
    rest["parallel_tool_calls"] = False  # an answer has room for one
    if isinstance(choice, Mapping):
        choice = str(choice.get("name"))
    if choice is not None:
        rest.setdefault("tool_choice", choice)
    return rest


# --- the answer -----


def result_to_function_call(result: ChatResult) -> ChatResult:
    """A whole answer whose call stands in ``function_call``."""
    for generation in result.generations:
        message = generation.message
        if isinstance(message, AIMessage) and message.tool_calls:
            call = message.tool_calls[0]
            arguments = json.dumps(call["args"], ensure_ascii=False)
            generation.message = _moved(message, {"name": call["name"], "arguments": arguments})
        elif isinstance(message, AIMessage) and message.invalid_tool_calls:
            broken = message.invalid_tool_calls[0]
            function = {"name": broken["name"] or "", "arguments": broken["args"] or ""}
            generation.message = _moved(message, function)
    return result


def chunk_to_function_call(chunk: ChatGenerationChunk) -> ChatGenerationChunk:
    """A piece of an answer whose fragments stand in ``function_call``, where they add up."""
    message = chunk.message
    if not isinstance(message, AIMessageChunk) or not message.tool_call_chunks:
        return chunk
    fragments = [each for each in message.tool_call_chunks if not each["index"]]
    function: dict[str, Any] = {"arguments": "".join(each["args"] or "" for each in fragments)}
    name = "".join(each["name"] or "" for each in fragments)
    moved = _moved(message, {**({"name": name} if name else {}), **function})
    return ChatGenerationChunk(message=moved.model_copy(update={"tool_call_chunks": []}))


def _moved(message: M, function: dict[str, Any]) -> M:
    kwargs = {**message.additional_kwargs, "function_call": function}
    return message.model_copy(
        update={"additional_kwargs": kwargs, "tool_calls": [], "invalid_tool_calls": []}
    )


# --- the history -----


def pair_functions(messages: Sequence[BaseMessage]) -> Sequence[BaseMessage]:
    """The conversation with call ids in place of ``function_call`` and ``FunctionMessage``."""
    paired: list[BaseMessage] = []
    open_calls: list[tuple[str, str]] = []  # (name, id) that have no result yet
    for place, message in enumerate(messages):
        function = _function_of(message)
        if isinstance(message, AIMessage) and function is not None:
            message = _with_call(message, function, f"call_function_{place}")
        if isinstance(message, AIMessage):
            calls = [*message.tool_calls, *message.invalid_tool_calls]
            open_calls = [(str(call["name"]), str(call["id"])) for call in calls]
        elif isinstance(message, FunctionMessage):
            message = _with_id(message, open_calls)
        paired.append(message)
    return paired


def _function_of(message: BaseMessage) -> Mapping[str, object] | None:
    """The ``function_call`` of an answer that has no other calls."""
    if not isinstance(message, AIMessage) or message.tool_calls:
        return None
    function = message.additional_kwargs.get("function_call")
    return function if isinstance(function, Mapping) and function.get("name") else None


def _with_call(message: AIMessage, function: Mapping[str, object], call_id: str) -> AIMessage:
    name, text = str(function["name"]), str(function.get("arguments") or "{}")
    try:
        arguments = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        arguments = None
    if isinstance(arguments, dict):
        return message.model_copy(
            update={"tool_calls": [tool_call(id=call_id, name=name, args=arguments)]}
        )
    broken = invalid_tool_call(id=call_id, name=name, args=text, error=None)
    return message.model_copy(update={"invalid_tool_calls": [broken]})


def _with_id(message: FunctionMessage, open_calls: Iterable[tuple[str, str]]) -> ToolMessage:
    call_id = next((known for name, known in open_calls if name == message.name), message.name)
    return ToolMessage(content=message.content, name=message.name, tool_call_id=call_id)
