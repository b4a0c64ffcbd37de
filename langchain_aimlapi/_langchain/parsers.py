"""Answers -> the requested structure, also from among thoughts, fences and words.

langchain-core's own parsers complete what is cut, and look at a stream's pieces only. These do so
while a stream runs; its end must keep the same rules as a whole answer, so that a refusal, an
answer at its token limit or one without any JSON is never taken for a result.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.output_parsers import JsonOutputParser, PydanticOutputParser
from langchain_core.output_parsers.openai_tools import (
    JsonOutputKeyToolsParser,
    PydanticToolsParser,
)
from langchain_core.output_parsers.transform import BaseCumulativeTransformOutputParser
from langchain_core.outputs import ChatGeneration, Generation

from langchain_aimlapi._langchain.refusals import find_refusal, refusal_error
from langchain_aimlapi.errors import ModelRefusalError

_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.S)
_FENCE = re.compile(r"```(?:json)?\s*(.*?)(?:```|\Z)", re.S)
_ARRAY = re.compile(r"\[\s*[\[{\"\]]")
_MAX_STARTS = 50
_DECODER = json.JSONDecoder(strict=False)


def json_part(text: str) -> str:
    """The JSON in an answer that may also hold thoughts, a code fence, or words around it."""
    text = _THOUGHT.sub("", text).strip()
    fence = _FENCE.search(text)
    if not text.startswith("{") and fence is not None and fence.group(1)[:1] in ("{", "["):
        text = fence.group(1).strip()
    if _ARRAY.match(text):  # not the "[1]" of a citation
        return text
    starts = [match.start() for match in islice(re.finditer("{", text), _MAX_STARTS)]
    for start in starts:
        try:
            _, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        return text[start:end]
    # cut, as in a stream: the parser completes what can be completed
    return text[starts[0] :] if starts else text


def _message(result: list[Generation]) -> AIMessage | None:
    message = result[0].message if isinstance(result[0], ChatGeneration) else None
    return message if isinstance(message, AIMessage) else None


def _explain(message: AIMessage | None, what: str) -> OutputParserException:
    """Why there is no structure in an answer: it was cut, filtered, or is something else."""
    text = message.text if message is not None else ""
    reason = message.response_metadata.get("finish_reason") if message is not None else None
    if reason == "content_filter":
        return ModelRefusalError("a content filter ended the answer", raw_message=message)
    if reason == "length":
        return OutputParserException(
            "the answer was cut at its token limit; raise max_tokens", llm_output=text
        )
    return OutputParserException(f"{what}: {text[:500]!r}", llm_output=text)


def _is_refused(result: list[Generation], *, partial: bool) -> bool:
    """Whether the model refuses.

    Raises:
        ModelRefusalError: it does, and its words are complete.
    """
    message = _message(result)
    if message is None or find_refusal(message) is None:
        return False
    if not partial and (error := refusal_error(message)) is not None:
        raise error
    return True


def _cleaned(result: list[Generation], *, partial: bool) -> list[Generation]:
    """The generation with nothing but its JSON."""
    _is_refused(result, partial=partial)
    text = json_part(result[0].text)
    message = _message(result)
    if not partial and message is not None:
        reason = message.response_metadata.get("finish_reason")
        if reason in ("length", "content_filter") and not _is_json(text):
            raise _explain(message, "the answer holds no JSON")
    return [Generation(text=text)]


def _is_json(text: str) -> bool:
    try:
        json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return False
    return True


T = TypeVar("T")

if TYPE_CHECKING:
    _Base = BaseCumulativeTransformOutputParser[object]
else:
    _Base = object


class _WholeAtTheEnd(_Base):
    """Parses the whole answer once more at the end of a stream, to raise what is wrong with it."""

    def _transform(self, input: Iterator[str | BaseMessage]) -> Iterator[Any]:
        seen: list[str | BaseMessage] = []
        yield from super()._transform(_noted(input, seen))
        self._check(seen)

    async def _atransform(self, input: AsyncIterator[str | BaseMessage]) -> AsyncIterator[Any]:
        seen: list[str | BaseMessage] = []
        async for parsed in super()._atransform(_anoted(input, seen)):
            yield parsed
        self._check(seen)

    def _check(self, seen: list[str | BaseMessage]) -> None:
        chunks = [each for each in seen if isinstance(each, AIMessageChunk)]
        if chunks:
            whole = add_ai_message_chunks(*chunks) if len(chunks) > 1 else chunks[0]
            self.parse_result([ChatGeneration(message=whole)])


def _noted(items: Iterator[T], seen: list[T]) -> Iterator[T]:
    for item in items:
        seen.append(item)
        yield item


async def _anoted(items: AsyncIterator[T], seen: list[T]) -> AsyncIterator[T]:
    async for item in items:
        seen.append(item)
        yield item


class JsonAnswerParser(_WholeAtTheEnd, JsonOutputParser):
    """JSON from an answer, also from among thoughts and words; streams what is there so far."""

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> object:
        """The parsed answer. Raises ModelRefusalError or OutputParserException."""
        return super().parse_result(_cleaned(result, partial=partial), partial=partial)


class PydanticAnswerParser(_WholeAtTheEnd, PydanticOutputParser):  # type: ignore[type-arg]  # v1 too
    """Like `JsonAnswerParser`, validated by a pydantic class."""

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> object:
        """The parsed answer. Raises ModelRefusalError or OutputParserException."""
        return super().parse_result(_cleaned(result, partial=partial), partial=partial)


class JsonCallParser(_WholeAtTheEnd, JsonOutputKeyToolsParser):
    """The arguments of the one requested call."""

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> object:
        """The arguments. Raises ModelRefusalError or OutputParserException."""
        if _is_refused(result, partial=partial):
            return None
        parsed = super().parse_result(result, partial=partial)
        if parsed is None and not partial:
            raise _explain(_message(result), f"the model did not call {self.key_name}")
        return parsed


class PydanticCallParser(_WholeAtTheEnd, PydanticToolsParser):
    """Like `JsonCallParser`, validated by a pydantic class."""

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> object:
        """The instance. Raises ModelRefusalError or OutputParserException."""
        if _is_refused(result, partial=partial):
            return None
        name = self.tools[0].__name__
        try:
            parsed = super().parse_result(result, partial=partial)
        except OutputParserException:
            raise
        except ValueError as error:  # of pydantic, or of its first version
            message = _message(result)
            arguments = json.dumps([call["args"] for call in message.tool_calls] if message else [])
            raise OutputParserException(
                f"the arguments of {name} do not fit: {error}", llm_output=arguments
            ) from error
        if parsed is None and not partial:
            raise _explain(_message(result), f"the model did not call {name}")
        return parsed
