"""`Delta`s -> LiteLLM's `ModelResponseStream`, in the order that its stream wrapper needs.

Two rules of ``CustomStreamWrapper._dispatch_provider_chunk`` (1.100.0 to 1.109.1) for custom
providers: after a chunk with ``choices[0].finish_reason`` the stream ends at the next chunk
without content, and a usage on a finish chunk is dropped and replaced by an estimate. So usage
goes out first, on a chunk without choices, then the finish reasons of the choices 1, 2, ..., and
that of choice 0 last.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import litellm
from litellm.exceptions import InternalServerError
from litellm.types.utils import Delta as LitellmDelta
from litellm.types.utils import ModelResponseStream, StreamingChoices

from langchain_aimlapi._domain.values import ChatResponse, Delta, StreamEnd, ToolDelta
from langchain_aimlapi._litellm import PROVIDER
from langchain_aimlapi._litellm.replies import (
    MESSAGE_FIELDS,
    TOP_LEVEL,
    specific_fields,
    usage_of,
)

# Pieces of these merge by an index that LiteLLM does not know; they go out whole, at the end.
_WHOLE = frozenset({"reasoning_details", "reasoning_items"})
_set = object.__setattr__
_litellm: Any = litellm  # it does not export this name to type checkers


class ChunkWriter:
    """Writes the chunks of one stream.

    Args:
        model: The id of the request. LiteLLM shows it on every chunk; what was served stands
            in the response headers and in the final answer.
        about: Gives what is known of the answer so far (``id``, ``created``, ...).
        count: How many answers the caller wants. LiteLLM joins the texts of all choices that it
            sees, so one that nobody wants is left out.
        merge_reasoning: Put thoughts into the text, between ``<think>`` and ``</think>``
            (LiteLLM's ``merge_reasoning_content_in_choices``, for Open WebUI and its like).

    Attributes:
        plain: The latest chunk that holds nothing but text, and is not the first.
    """

    __slots__ = (
        "_about", "_blocks", "_created", "_id", "_last", "_model", "_repeated", "_started",
        "_text", "_thinking", "count", "plain",
    )  # fmt: skip

    def __init__(
        self,
        model: str,
        about: Callable[[], Mapping[str, Any]],
        *,
        count: int = 1,
        merge_reasoning: bool = False,
    ) -> None:
        self.count = count
        self.plain: ModelResponseStream | None = None
        self._model = model
        self._about = about
        self._text = text_chunk_maker()
        self._id: str | None = None
        self._created = int(time.time())
        self._started: set[int] = set()
        self._blocks: dict[tuple[int, int], str] = {}
        self._thinking = _ThinkTags() if merge_reasoning else None
        self._last = ""
        self._repeated = 1

    def delta(self, delta: Delta) -> ModelResponseStream:
        """The chunk for one delta.

        Raises:
            litellm.InternalServerError: the model repeats one piece of text without end.
        """
        choice, text = delta.choice, delta.text
        if self._thinking is not None:
            delta = self._thinking.merged(delta)
        if choice == 0 and text:
            if text == self._last:
                self._check_repetition(text)
            else:
                self._last, self._repeated = text, 1
            if choice in self._started and not (
                delta.reasoning or delta.tools or delta.extra or delta.logprobs
            ):
                self.plain = chunk = self._text(
                    self._id or "", self._created, self._model, delta.text
                )
                return chunk
        fields, top = self._fields(delta)
        if choice not in self._started:
            self._started.add(choice)
            fields["role"] = "assistant"
            self._learn()
        logprobs = dict(delta.logprobs) if delta.logprobs else None
        made = LitellmDelta(**fields)
        return self._chunk([StreamingChoices(index=choice, delta=made, logprobs=logprobs)], **top)

    def _check_repetition(self, text: str) -> None:
        """LiteLLM's guard against models in a loop, which it applies to its own providers only
        (``CustomStreamWrapper.raise_on_model_repetition``)."""
        self._repeated += 1
        if len(text) > 2 and self._repeated >= _litellm.REPEATED_STREAMING_CHUNK_LIMIT:
            raise InternalServerError(
                message=f"The model is repeating the same chunk = {text:.200}.",
                model=self._model,
                llm_provider=PROVIDER,
            )

    def final(self, final: StreamEnd) -> Iterator[ModelResponseStream]:
        """The chunks of the end: what was kept back, usage and charge, finish reasons."""
        reply = final.reply
        self._learn()
        if self._thinking is not None:
            for index in self._thinking.open_choices():
                made = LitellmDelta(content=_END_OF_THINKING)
                yield self._chunk([StreamingChoices(index=index, delta=made)])
        yield from self._whole_fields(reply)
        usage = usage_of(reply.meta)
        if usage is not None:
            yield self._chunk([], usage=usage)
        for choice in reply.choices[1 : self.count]:
            ended = StreamingChoices(
                index=choice.index, delta=LitellmDelta(), finish_reason=choice.finish_reason
            )
            yield self._chunk([StreamingChoices(index=0, delta=LitellmDelta()), ended])
        reason = reply.choices[0].finish_reason or "stop"
        yield self._chunk([StreamingChoices(index=0, delta=LitellmDelta(), finish_reason=reason)])

    def _learn(self) -> None:
        """Take over what the answer says about itself, which it does in its first event."""
        about = self._about()
        if self._id is None and isinstance(about.get("id"), str):
            self._id = about["id"]
        if isinstance(about.get("created"), int):
            self._created = about["created"]

    def _chunk(self, choices: list[StreamingChoices], **more: Any) -> ModelResponseStream:
        fingerprint = self._about().get("system_fingerprint")
        if isinstance(fingerprint, str):
            more["system_fingerprint"] = fingerprint
        chunk = ModelResponseStream(
            id=self._id, created=self._created, model=self._model, choices=choices, **more
        )
        if self._id is None:
            self._id = chunk.id  # the server gave none; LiteLLM's own then holds for all
        return chunk

    def _fields(self, delta: Delta) -> tuple[dict[str, Any], dict[str, Any]]:
        """(arguments of LiteLLM's delta, fields of the chunk)."""
        fields: dict[str, Any] = {"content": delta.text or None}
        if delta.reasoning:
            fields["reasoning_content"] = delta.reasoning
        if delta.tools:
            fields["tool_calls"] = [_tool(each) for each in delta.tools]
        top: dict[str, object] = {}
        specific: dict[str, object] = {}
        for key, value in (delta.extra or {}).items():
            if key in TOP_LEVEL:
                top[key] = value
            elif key == "thinking_blocks":
                fields[key] = [self._thinking_block(delta.choice, piece) for piece in value]
            elif key in MESSAGE_FIELDS:
                fields[key] = value
            elif key not in _WHOLE:
                specific[key] = value
        if specific:
            fields["provider_specific_fields"] = specific
        return fields, top

    def _thinking_block(self, choice: int, piece: Mapping[str, Any]) -> dict[str, object]:
        """A piece of a thinking block with its type, which only the first piece has."""
        place = (choice, piece.get("index", 0))
        kind = self._blocks.setdefault(place, str(piece.get("type") or "thinking"))
        rest = {k: v for k, v in piece.items() if k not in ("index", "type")}
        if kind == "thinking":
            rest.setdefault("thinking", "")
        return {"type": kind, **rest}

    def _whole_fields(self, reply: ChatResponse) -> Iterator[ModelResponseStream]:
        for choice in reply.choices[: self.count]:
            fields = {k: v for k, v in specific_fields(choice).items() if k in _WHOLE}
            if fields:
                made = LitellmDelta(provider_specific_fields=fields)
                yield self._chunk([StreamingChoices(index=choice.index, delta=made)])


class _ThinkTags:
    """Thoughts as text between tags. The end tag stands before the next text, or at the end."""

    __slots__ = ("_thinking",)

    def __init__(self) -> None:
        self._thinking: dict[int, bool] = {}

    def merged(self, delta: Delta) -> Delta:
        """The delta with its thoughts in its text."""
        thinking = self._thinking.get(delta.choice, False)
        text = ""
        if delta.reasoning:
            text = delta.reasoning if thinking else f"<think>{delta.reasoning}"
            thinking = self._thinking[delta.choice] = True
        if delta.text:
            text += f"{_END_OF_THINKING}{delta.text}" if thinking else delta.text
            self._thinking[delta.choice] = False
        return delta._replace(text=text, reasoning="")

    def open_choices(self) -> list[int]:
        """The choices whose thoughts have no end tag yet."""
        return [choice for choice, thinking in self._thinking.items() if thinking]


_END_OF_THINKING = "</think>"


def reply_to_items(reply: ChatResponse) -> list[Delta | StreamEnd]:
    """A whole answer as the items of a stream, for models that do not stream."""
    items: list[Delta | StreamEnd] = []
    for choice in reply.choices:
        tools = tuple(
            ToolDelta(place, call.id, call.name, call.arguments)
            for place, call in enumerate(choice.tool_calls)
        )
        items.append(
            Delta(
                choice.text, choice.reasoning, tools, dict(choice.extra) or None, choice.logprobs,
                choice.index,
            )
        )  # fmt: skip
    return [*items, StreamEnd(reply)]


def _tool(tool: ToolDelta) -> dict[str, object]:
    function: dict[str, object] = {"name": tool.name, "arguments": tool.arguments}
    return {"index": tool.position, "id": tool.id, "type": "function", "function": function}


# --- the usual chunk, made without its constructors -----
#
# A token is one chunk of three objects. Their constructors take 35 us, LiteLLM's own handling of
# the chunk 80: copying the state of one that a constructor has made takes 4 (2 shared cores).


def _build_chunk(id: str, created: int, model: str, text: str) -> ModelResponseStream:
    choice = StreamingChoices(index=0, delta=LitellmDelta(content=text))
    return ModelResponseStream(id=id, created=created, model=model, choices=[choice])


class _Mould:
    """The state of a text chunk as the constructors of the installed LiteLLM leave it.

    LangChain's chunks are cast in moulds of their own (`_langchain.chunks`). These are three
    objects within each other, of a library whose classes change between releases, and are
    compared with the constructors' when the first is made; those are one object each, with a set
    of fields that all share. One class for both would need a switch for each difference, on the
    path of every token.
    """

    __slots__ = ("choice", "choice_set", "chunk", "chunk_set", "delta", "delta_set", "fields")

    def __init__(self) -> None:
        chunk = _build_chunk("id", 1, "model", "text")
        choice = chunk.choices[0]
        delta = choice.delta
        self.chunk = dict(chunk.__dict__)
        self.chunk_set = frozenset(chunk.__pydantic_fields_set__)
        self.choice = dict(choice.__pydantic_extra__ or {})
        self.choice_set = frozenset(choice.__pydantic_fields_set__)
        self.fields = dict(delta.__dict__)
        self.delta = dict(delta.__pydantic_extra__ or {})
        self.delta_set = frozenset(delta.__pydantic_fields_set__)

    def cast(self, id: str, created: int, model: str, text: str) -> ModelResponseStream:
        """A chunk with this text."""
        delta = LitellmDelta.__new__(LitellmDelta)
        _set(delta, "__dict__", self.fields.copy())
        _set(delta, "__pydantic_extra__", {**self.delta, "content": text})
        _set(delta, "__pydantic_fields_set__", set(self.delta_set))
        _set(delta, "__pydantic_private__", None)
        choice = StreamingChoices.__new__(StreamingChoices)
        _set(choice, "__dict__", {})
        _set(choice, "__pydantic_extra__", {**self.choice, "delta": delta})
        _set(choice, "__pydantic_fields_set__", set(self.choice_set))
        _set(choice, "__pydantic_private__", None)
        chunk = ModelResponseStream.__new__(ModelResponseStream)
        _set(
            chunk,
            "__dict__",
            {**self.chunk, "id": id, "created": created, "model": model, "choices": [choice]},
        )
        _set(chunk, "__pydantic_extra__", {})
        _set(chunk, "__pydantic_fields_set__", set(self.chunk_set))
        _set(chunk, "__pydantic_private__", {"_hidden_params": {}, "_response_headers": None})
        return chunk


@lru_cache(maxsize=1)
def text_chunk_maker() -> Callable[[str, int, str, str], ModelResponseStream]:
    """The quick maker of text chunks where it makes what the constructors make, else these.

    The comparison is made once: a LiteLLM whose objects look different inside costs time, never
    a wrong chunk.
    """
    try:
        cast = _Mould().cast
        made: Any = cast("a", 2, "b", "c")
        built: Any = _build_chunk("a", 2, "b", "c")
        same = (
            made == built
            and made.model_dump() == built.model_dump()
            and made.model_dump_json() == built.model_dump_json()
            and vars(made) == vars(built)
            and made.__pydantic_private__ == built.__pydantic_private__
            and made.choices[0].__dict__ == built.choices[0].__dict__
            and made.choices[0].delta.__dict__ == built.choices[0].delta.__dict__
            and [type(made.choices[0]), type(made.choices[0].delta)]
            == [type(built.choices[0]), type(built.choices[0].delta)]
            and made.__pydantic_fields_set__ == built.__pydantic_fields_set__
        )
    except (AttributeError, TypeError, ValueError, IndexError):
        same = False
    return cast if same else _build_chunk
