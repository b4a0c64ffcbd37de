"""Deltas and answers -> LangChain's chunks, messages and results.

The text of a message is always a plain string in ``content``. What has no place in it stands in
``additional_kwargs`` under the names of `ExtraKey` (and ``reasoning_content``), from where
``content_blocks`` shows it and the next request takes it back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from langchain_core.messages import AIMessage, AIMessageChunk, InvalidToolCall
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata
from langchain_core.messages.tool import ToolCall as CoreToolCall
from langchain_core.messages.tool import (
    invalid_tool_call,
    tool_call,
    tool_call_chunk,
)
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import BaseModel

from langchain_aimlapi._domain.values import (
    FREE_TEXT_KEY,
    ChatResponse,
    Choice,
    Cost,
    Delta,
    Meta,
    StreamEnd,
    ToolCall,
    ToolDelta,
    Usage,
)
from langchain_aimlapi._json import json_object
from langchain_aimlapi._langchain.refusals import is_refusal

if TYPE_CHECKING:
    from langchain_aimlapi._dialects.messages.plain import Plain

PROVIDER = "aimlapi"
M = TypeVar("M", bound=BaseModel)


def usage_to_metadata(usage: Usage) -> UsageMetadata:
    """Token counts as LangChain's ``usage_metadata``; details only where the vendor sent them."""
    inputs = {
        "cache_read": usage.cache_read,
        "cache_creation": usage.cache_creation,
        "audio": usage.audio_input,
    }
    outputs = {"reasoning": usage.reasoning, "audio": usage.audio_output}
    metadata = UsageMetadata(
        input_tokens=usage.input, output_tokens=usage.output, total_tokens=usage.total
    )
    known_inputs = {k: v for k, v in inputs.items() if v is not None}
    known_outputs = {k: v for k, v in outputs.items() if v is not None}
    if known_inputs:
        details = InputTokenDetails(**known_inputs)  # type: ignore[typeddict-item]  # only its keys
        metadata["input_token_details"] = details
    if known_outputs:
        made = OutputTokenDetails(**known_outputs)  # type: ignore[typeddict-item]  # only its keys
        metadata["output_token_details"] = made
    return metadata


def cost_to_metadata(cost: Cost) -> dict[str, object]:
    """The real charge in US dollars, as other integrations have it too, and what it is made of."""
    return _charge(cost.usd, cost.credits, cost.source)


def estimate_to_metadata(usage: UsageMetadata, rates: Mapping[str, float]) -> dict[str, object]:
    """Like `cost_to_metadata`, from US dollars a token, where nobody has named the charge."""
    details = usage.get("input_token_details")
    read = written = 0
    if details is not None:
        read, written = details.get("cache_read", 0), details.get("cache_creation", 0)
    usd = (
        (usage["input_tokens"] - read - written) * rates["input_tokens"]
        + read * rates["cache_read_tokens"]
        + written * rates["cache_creation_tokens"]
        + usage["output_tokens"] * rates["output_tokens"]
    )
    return _charge(usd, None, "estimate")


def _charge(usd: float | None, credits: int | None, source: str) -> dict[str, object]:
    return {"cost": usd, "cost_details": {"usd": usd, "credits": credits, "source": source}}


def charge_of(messages: Iterable[AIMessage]) -> float | None:
    """What these answers have cost together, in US dollars; None where no charge is known."""
    known = [m.response_metadata["cost"] for m in messages if "cost" in m.response_metadata]
    return sum(known) if known else None


def without_charge(message: AIMessage) -> AIMessage:
    """The message as a cache gives it once more: it has cost nothing this time."""
    if "cost" not in message.response_metadata:
        return message
    free = {**message.response_metadata, **_charge(0.0, 0, "cache")}
    return message.model_copy(update={"response_metadata": free})


def meta_to_metadata(meta: Meta, *, with_headers: bool = False) -> dict[str, object]:
    """What stands once in an answer, as ``response_metadata``."""
    metadata: dict[str, object] = {
        "model_name": meta.model,
        "model_provider": PROVIDER,
        "id": meta.id,
        "created": meta.created,
        "system_fingerprint": meta.system_fingerprint,
        "service_tier": meta.service_tier,
        "inference_id": meta.inference_id,
        "client_request_id": meta.client_request_id,
        **(cost_to_metadata(meta.cost) if meta.cost is not None else {}),
        "token_usage": dict(meta.usage.raw) if meta.usage is not None else None,
        **meta.extra,
    }
    if with_headers:
        metadata["headers"] = dict(meta.headers)
    return {name: value for name, value in metadata.items() if value is not None}


class _AllFields(set[str]):
    """The "fields that were set" of every chunk: all of them, so that none needs a set of its own
    (two sets are a quarter of a chunk's memory). Copies and pickles hold a plain set."""

    def add(self, name: str) -> None:
        """Nothing to do: a field is in it, and an attribute that is no field is not looked up."""

    def __reduce__(self) -> tuple[object, ...]:
        return set, (list(self),)


class _Mould(Generic[M]):
    """Makes instances like a validated one, at a fourth of the cost of validating; nothing that is
    put into a chunk here could fail the validation. A test compares them with validated ones.

    LiteLLM's chunks have a mould of their own, with the reasons in `_litellm.chunks`: neither room
    may lean on the other, and the rooms below know no ecosystem's classes."""

    __slots__ = ("_class", "_extra", "_fields", "_lists", "_private", "_set")

    def __init__(self, made: M) -> None:
        self._class = type(made)
        self._fields = dict(vars(made))
        self._lists = tuple(k for k, v in self._fields.items() if isinstance(v, list))
        self._set = _AllFields(self._class.model_fields)
        self._extra = made.__pydantic_extra__
        self._private = made.__pydantic_private__

    def cast(self, values: dict[str, Any]) -> M:
        """A new instance; lists that are not among the values are new and empty."""
        made = _new(self._class)
        fields = dict(self._fields)
        for name in self._lists:
            fields[name] = []
        fields.update(values)
        _assign(made, "__dict__", fields)
        _assign(made, "__pydantic_fields_set__", self._set)
        _assign(made, "__pydantic_extra__", None if self._extra is None else {})
        _assign(made, "__pydantic_private__", self._private and dict(self._private))
        return made


_new = object.__new__
_assign = object.__setattr__  # pydantic's own would validate
_MESSAGE = _Mould(AIMessageChunk(content=""))
_CHUNK = _Mould(ChatGenerationChunk(message=AIMessageChunk(content="")))
_ANSWER = _Mould(AIMessage(content=""))
_GENERATION = _Mould(ChatGeneration(message=AIMessage(content="")))
_RESULT = _Mould(ChatResult(generations=[]))


def delta_to_chunk(delta: Delta) -> ChatGenerationChunk:
    """One delta as the chunk that LangChain yields."""
    text = delta.text
    extra = dict(delta.extra) if delta.extra else {}
    if delta.reasoning:
        extra["reasoning_content"] = delta.reasoning
    metadata: dict[str, object] = {"model_provider": PROVIDER}
    if delta.logprobs:
        metadata["logprobs"] = dict(delta.logprobs)
    message = _MESSAGE.cast(
        {"content": text, "additional_kwargs": extra, "response_metadata": metadata}
    )
    if delta.tools:
        message = _with_tools(message, delta.tools)
    return _CHUNK.cast({"text": text, "message": message})


def _with_tools(message: AIMessageChunk, tools: tuple[ToolDelta, ...]) -> AIMessageChunk:
    """The message with fragments, and with what langchain-core's validator makes of each alone.

    It tries to mend every fragment into a JSON object, which costs three times as much as all the
    rest, and notes an invalid call where it is none. What begins with no brace cannot become
    one, so only the others are left to it.
    """
    chunks = [
        tool_call_chunk(id=t.id, name=t.name, args=t.arguments, index=t.position) for t in tools
    ]
    if any(not t.arguments or t.arguments.lstrip(" \t\n\r").startswith("{") for t in tools):
        return AIMessageChunk(
            content=message.content,
            additional_kwargs=message.additional_kwargs,
            response_metadata=message.response_metadata,
            tool_call_chunks=chunks,
        )
    fields = vars(message)
    fields["tool_call_chunks"] = chunks
    fields["invalid_tool_calls"] = [
        invalid_tool_call(id=t.id, name=t.name, args=t.arguments) for t in tools
    ]
    return message


def final_to_chunk(
    final: StreamEnd, *, model: str, with_headers: bool = False
) -> ChatGenerationChunk:
    """The end of a stream as its last chunk: usage, finish reason and ids, each once."""
    usage = final.reply.meta.usage
    message = AIMessageChunk(
        content="",
        response_metadata=end_metadata(final.reply, model=model, with_headers=with_headers),
        usage_metadata=usage_to_metadata(usage) if usage is not None else None,
        chunk_position="last",
    )
    return ChatGenerationChunk(message=message)


def end_metadata(
    reply: ChatResponse, *, model: str, with_headers: bool = False
) -> dict[str, object]:
    """The ``response_metadata`` of a stream's end."""
    return {
        **meta_to_metadata(reply.meta, with_headers=with_headers),
        **_route(reply.meta, model),
        "model_name": reply.meta.model or model,
        **_finish(reply.choices[0]),
    }


def _route(meta: Meta, model: str) -> dict[str, str]:
    """Which model has answered in place of the one that was named: a router's choice, or an id that
    now leads elsewhere. Another spelling of the same id is none."""
    served = meta.served_model
    if served is None or served.rpartition("/")[2] == model.rpartition("/")[2]:
        return {}
    provider = {"routed_provider": meta.served_provider} if meta.served_provider else {}
    return {"routed_model": served, **provider}


def _finish(choice: Choice) -> dict[str, object]:
    """Why the answer ended: ours, the vendor's own, and langchain-core's words for it (1.8.4)."""
    reason = choice.finish_reason
    if reason is None:
        return {}
    native = choice.native_finish_reason or reason
    normalized = "tool_call" if reason == "tool_calls" else str(reason)
    if is_refusal(choice.extra, native):
        normalized = "refusal"
    return {
        "finish_reason": reason,
        "native_finish_reason": native,
        "normalized_finish_reason": normalized,
    }


def reply_to_result(reply: ChatResponse, *, model: str, with_headers: bool = False) -> ChatResult:
    """A whole answer as LangChain's result. Usage stands on the first message only: tracers add
    up what every message says."""
    meta = reply.meta
    generations: list[ChatGeneration] = []
    for position, choice in enumerate(reply.choices):
        message = choice_to_message(
            choice, meta, model=model, first=position == 0, with_headers=with_headers
        )
        generations.append(_GENERATION.cast({"text": choice.text, "message": message}))
    llm_output: dict[str, object] = {"model_name": meta.model or model}
    if meta.usage is not None:
        llm_output["token_usage"] = dict(meta.usage.raw)
    return _RESULT.cast({"generations": generations, "llm_output": llm_output})


def message_to_result(message: AIMessage) -> ChatResult:
    """The only message of an answer as LangChain's result."""
    metadata = message.response_metadata
    output = {name: metadata[name] for name in ("model_name", "token_usage") if name in metadata}
    generation = _GENERATION.cast({"text": message.content, "message": message})
    return _RESULT.cast({"generations": [generation], "llm_output": output})


def message_like(pattern: AIMessage, plain: Plain) -> AIMessage:
    """The message of an answer of one text, from the message of another one of its kind."""
    metadata = {**pattern.response_metadata, "id": plain.id, "token_usage": plain.usage}
    if plain.usd is not None:
        metadata |= _charge(plain.usd, plain.credits, "meta.usage")
    usage: UsageMetadata = {
        "input_tokens": plain.input,
        "output_tokens": plain.output,
        "total_tokens": plain.input + plain.output,
    }
    cached = InputTokenDetails()
    if plain.cache_read is not None:
        cached["cache_read"] = plain.cache_read
    if plain.cache_creation is not None:
        cached["cache_creation"] = plain.cache_creation
    if cached:
        usage["input_token_details"] = cached
    fields = {"content": plain.text, "additional_kwargs": {}}
    return _ANSWER.cast({**fields, "response_metadata": metadata, "usage_metadata": usage})


def choice_to_message(
    choice: Choice, meta: Meta, *, model: str, first: bool = True, with_headers: bool = False
) -> AIMessage:
    """One answer as a message."""
    metadata = {
        **meta_to_metadata(meta, with_headers=with_headers),
        **_route(meta, model),
        "model_name": meta.model or model,
        **_finish(choice),
    }
    if choice.logprobs:
        metadata["logprobs"] = dict(choice.logprobs)
    usage = usage_to_metadata(meta.usage) if first and meta.usage is not None else None
    if not choice.tool_calls and not choice.extra:
        fields = {"content": choice.text, "additional_kwargs": choice_to_kwargs(choice)}
        return _ANSWER.cast({**fields, "response_metadata": metadata, "usage_metadata": usage})
    calls, broken = calls_to_langchain(choice.tool_calls)
    return AIMessage(
        content=choice.text,
        additional_kwargs=choice_to_kwargs(choice),
        response_metadata=metadata,
        tool_calls=calls,
        invalid_tool_calls=broken,
        usage_metadata=usage,
    )


def choice_to_kwargs(choice: Choice) -> dict[str, object]:
    """What an answer holds beside its text, as ``additional_kwargs``."""
    kwargs = dict(choice.extra)
    if choice.reasoning:
        kwargs["reasoning_content"] = choice.reasoning
    return kwargs


def partial_to_message(reply: ChatResponse, *, model: str) -> AIMessage:
    """What a broken stream had delivered, as a message."""
    return choice_to_message(reply.choices[0], reply.meta, model=model)


def calls_to_langchain(
    calls: tuple[ToolCall, ...],
) -> tuple[list[CoreToolCall], list[InvalidToolCall]]:
    """Calls as ``tool_calls`` and ``invalid_tool_calls``."""
    valid: list[CoreToolCall] = []
    broken: list[InvalidToolCall] = []
    for call in calls:
        arguments = call_arguments(call)
        if arguments is None:
            broken.append(
                invalid_tool_call(
                    id=call.id,
                    name=call.name or None,
                    args=call.arguments,
                    error="the arguments are not a complete JSON object",
                )
            )
        else:
            valid.append(tool_call(id=call.id, name=call.name, args=arguments))
    return valid, broken


def call_arguments(call: ToolCall) -> dict[str, object] | None:
    """A call's arguments; None where they are no JSON object. Free text stands under
    `FREE_TEXT_KEY`, where LangChain's single-input tools look for it."""
    if call.kind == "custom":
        return {FREE_TEXT_KEY: call.arguments}
    if not call.valid:
        return None
    return json_object(call.arguments) if call.arguments.strip() else {}


def result_to_chunks(result: ChatResult) -> list[ChatGenerationChunk]:
    """A whole result as a stream of two chunks: its content, and its end."""
    message = result.generations[0].message
    assert isinstance(message, AIMessage)  # noqa: S101 - made by choice_to_message
    metadata = dict(message.response_metadata)
    content = AIMessageChunk(
        content=message.content,
        additional_kwargs=message.additional_kwargs,
        response_metadata={"model_provider": metadata.pop("model_provider", PROVIDER)},
        tool_call_chunks=[
            tool_call_chunk(
                id=c["id"], name=c["name"], args=json.dumps(c["args"], ensure_ascii=False), index=i
            )
            for i, c in enumerate(message.tool_calls)
        ]
        + [
            tool_call_chunk(id=c["id"], name=c["name"], args=_unparsable(c["args"]), index=None)
            for c in message.invalid_tool_calls
        ],
    )
    last = AIMessageChunk(
        content="",
        response_metadata=metadata,
        usage_metadata=message.usage_metadata,
        chunk_position="last",
    )
    return [ChatGenerationChunk(message=content), ChatGenerationChunk(message=last)]


def _unparsable(arguments: str | None) -> str:
    from langchain_aimlapi._answers.tool_calls import breaker

    return (arguments or "") + breaker(arguments or "")
