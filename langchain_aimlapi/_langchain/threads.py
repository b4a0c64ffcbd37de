"""LangChain messages <-> threads and runs of assistants."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from langchain_core.messages import (
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    InvalidToolCall,
    ToolCall,
    convert_to_messages,
)
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.prompt_values import PromptValue

from langchain_aimlapi._domain.values import MediaPart, Message, Part, RawPart, TextPart
from langchain_aimlapi._langchain.chunks import PROVIDER, usage_to_metadata
from langchain_aimlapi._langchain.messages import messages_to_domain
from langchain_aimlapi.endpoints._thread_values import Run, RunCall, RunEvent, ThreadMessage
from langchain_aimlapi.errors import InvalidRequestError, UnsupportedFeatureError


def input_to_messages(value: Any) -> list[BaseMessage]:
    """A text, one message, messages in any form, or a prompt's value."""
    if isinstance(value, PromptValue):
        return value.to_messages()
    if isinstance(value, str):
        return [HumanMessage(value)]
    if isinstance(value, BaseMessage):
        return [value]
    return convert_to_messages(value)


def messages_to_thread(
    messages: Iterable[BaseMessage],
) -> tuple[list[dict[str, object]], str | None]:
    """Messages in the form that a thread takes, and the instructions among them.

    Raises:
        InvalidRequestError: there is nothing to answer, or a result of a tool among them.
        UnsupportedFeatureError: a message holds what no thread takes.
    """
    rows: list[dict[str, object]] = []
    instructions: list[str] = []
    for message in messages_to_domain(messages):
        if message.role in ("system", "developer"):
            instructions.append(_plain(message))
        elif message.role == "tool":
            raise InvalidRequestError(
                "an assistant's thread takes no results of tools as messages",
                advice="give the tools to the assistant, or use client.runs.answer",
            )
        else:
            rows.append({"role": message.role, "content": _content(message)})
    if not rows:
        raise InvalidRequestError("there is no message to answer", field="messages")
    return rows, "\n\n".join(instructions) or None


def _plain(message: Message) -> str:
    return "\n".join(part.text for part in message.parts if isinstance(part, TextPart))


def _content(message: Message) -> str | list[dict[str, object]]:
    if all(isinstance(part, TextPart) for part in message.parts):
        return _plain(message)
    return [_part(part) for part in message.parts]


def _part(part: Part) -> dict[str, object]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    if isinstance(part, RawPart):
        return dict(part.value)
    if isinstance(part, MediaPart) and part.kind == "image":
        if part.file_id:
            return {"type": "image_file", "image_file": {"file_id": part.file_id}}
        url = part.url or f"data:{part.mime_type or 'image/png'};base64,{part.data}"
        return {"type": "image_url", "image_url": {"url": url}}
    kind = part.kind if isinstance(part, MediaPart) else type(part).__name__
    raise UnsupportedFeatureError(
        f"an assistant's thread takes texts and images, not {kind}",
        advice="upload the file with client.files and name it in the thread's tool_resources",
    )


# --- what comes back -----


def event_to_chunk(event: RunEvent) -> AIMessageChunk | None:
    """The piece of an answer that an event brings; None for an event without one."""
    text = event.text
    if text:
        name = event.data.get("id")
        return AIMessageChunk(content=text, id=name if isinstance(name, str) else None)
    return None


def message_to_chunk(message: ThreadMessage, after: str) -> AIMessageChunk | None:
    """What a whole message has beyond the text that has been seen of it."""
    rest = message.text[len(after) :] if message.text.startswith(after) else message.text
    if not rest and not message.annotations:
        return None
    metadata = {"annotations": [dict(note) for note in message.annotations]}
    return AIMessageChunk(
        content=rest,
        id=message.id or None,
        response_metadata=metadata if message.annotations else {},
    )


def call_to_tool(call: RunCall) -> ToolCall | InvalidToolCall:
    """A call as LangChain's tools take it; one whose arguments are no JSON object as it is."""
    try:
        arguments = json.loads(call.arguments or "{}")
    except ValueError as error:
        return InvalidToolCall(
            name=call.name, args=call.arguments, id=call.id, error=str(error),
            type="invalid_tool_call",
        )  # fmt: skip
    if not isinstance(arguments, dict):
        return InvalidToolCall(
            name=call.name, args=call.arguments, id=call.id, error="no JSON object",
            type="invalid_tool_call",
        )  # fmt: skip
    return ToolCall(name=call.name, args=arguments, id=call.id, type="tool_call")


def run_to_chunk(
    run: Run, thread_id: str, usages: Sequence[Run], message_id: str | None
) -> AIMessageChunk:
    """The last chunk of an answer: ids, token counts, and calls that nobody has answered.

    Args:
        run: As it ended.
        thread_id: The thread.
        usages: The run as it stood at each rest; the last count holds.
        message_id: The id of the message.
    """
    usage = next((each.usage for each in reversed(usages) if each.usage is not None), None)
    reason = "tool_calls" if run.needs_outputs else "length" if run.incomplete_reason else "stop"
    metadata: Mapping[str, object] = {
        "model_provider": PROVIDER,
        "model_name": run.model,
        "finish_reason": reason,
        "status": run.status,
        "thread_id": thread_id,
        "run_id": run.id,
        "assistant_id": run.assistant_id,
    }
    calls = [
        tool_call_chunk(name=call.name, args=call.arguments, id=call.id, index=place)
        for place, call in enumerate(run.calls)
    ]
    return AIMessageChunk(
        content="",
        id=message_id,
        tool_call_chunks=calls,
        usage_metadata=usage_to_metadata(usage) if usage is not None else None,
        response_metadata=dict(metadata),
        chunk_position="last",
    )
