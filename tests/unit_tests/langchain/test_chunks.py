"""A chunk that was cast in a mould is what validation would have made, and nobody else's."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from langchain_core.load import dumpd
from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import invalid_tool_call, tool_call, tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk

from langchain_aimlapi._domain.values import Delta, ToolDelta
from langchain_aimlapi._langchain.chunks import delta_to_chunk


def validated(**fields: Any) -> ChatGenerationChunk:
    message = AIMessageChunk(**fields, response_metadata={"model_provider": "aimlapi"})
    return ChatGenerationChunk(message=message)


_FRAGMENTS = (
    ToolDelta(0, "call_1", "write", ""),
    ToolDelta(0, "call_1", "write", '{"a": 1}'),
    ToolDelta(0, None, None, '{"a": '),
    ToolDelta(0, None, None, ' \n{"a": 1'),
    ToolDelta(0, None, None, "1}"),
    ToolDelta(0, None, None, ' "b"'),
    ToolDelta(0, None, None, " "),
    ToolDelta(0, None, None, "null"),
    ToolDelta(0, None, None, "[{}]"),
    ToolDelta(0, None, None, "}{"),
    ToolDelta(1, None, None, "\u00a0{}"),
    ToolDelta(1, None, None, "\ufeff{}"),
    ToolDelta(1, None, None, '"}'),
)


@pytest.mark.parametrize(
    "delta",
    [
        Delta("text"),
        Delta("", "a thought"),
        Delta("", extra={"refusal": "no"}),
        Delta("", logprobs={"content": [{"token": "a"}]}),
        *(Delta(tools=(fragment,)) for fragment in _FRAGMENTS),
        Delta("both", tools=_FRAGMENTS[:3]),
        Delta(tools=_FRAGMENTS[4:7]),
    ],
    ids=repr,
)
def test_a_chunk_is_what_validation_would_have_made(delta: Delta) -> None:
    chunk = delta_to_chunk(delta)
    message = chunk.message
    assert isinstance(message, AIMessageChunk)
    again = AIMessageChunk(
        content=message.content,
        additional_kwargs=message.additional_kwargs,
        response_metadata=message.response_metadata,
        tool_call_chunks=message.tool_call_chunks,
    )
    assert message == again
    assert chunk == ChatGenerationChunk(message=again)
    assert chunk.model_dump() == ChatGenerationChunk(message=again).model_dump()
    assert dumpd(message) == dumpd(again)
    assert message + message == again + again
    for one, other in ((message, again), (chunk, ChatGenerationChunk(message=again))):
        assert list(vars(one)) == list(vars(other))
        assert one.__pydantic_extra__ == other.__pydantic_extra__
        assert one.__pydantic_private__ == other.__pydantic_private__
        assert one.model_fields_set >= other.model_fields_set


def test_what_is_done_to_a_chunk_stays_with_it() -> None:
    untouched = delta_to_chunk(Delta(text="hi"))
    fields_set = set(untouched.message.model_fields_set), set(untouched.model_fields_set)
    chunk = delta_to_chunk(Delta(text="hi"))
    message = chunk.message
    assert isinstance(message, AIMessageChunk)
    chunk.generation_info = {"a": 1}
    message.id = "run-1"
    message.name = "somebody"
    message.unknown = "allowed"  # type: ignore[attr-defined]
    message.tool_calls.append(tool_call(name="f", args={}, id="c"))
    message.invalid_tool_calls.append(invalid_tool_call(name="f"))
    message.tool_call_chunks.append(tool_call_chunk(name="f"))
    message.additional_kwargs["a"] = message.response_metadata["a"] = 1

    assert message.model_dump(exclude_unset=True)["unknown"] == "allowed"
    for other in (untouched, delta_to_chunk(Delta(text="hi"))):
        assert other == validated(content="hi")
        assert (other.message.model_fields_set, other.model_fields_set) == fields_set


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))]
)
def test_a_copy_has_a_set_of_its_own(again: Any) -> None:
    chunk = delta_to_chunk(Delta(text="hi"))
    twin = again(chunk)
    assert twin == chunk
    assert type(twin.model_fields_set) is set
    twin.model_fields_set.clear()
    assert chunk.model_fields_set
    assert delta_to_chunk(Delta()).model_fields_set
