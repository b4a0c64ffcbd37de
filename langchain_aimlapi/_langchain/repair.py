"""A structure that must fit its schema, with one more turn for an answer that does not fit.

The model is shown its answer and what is wrong with it. There are never more than two calls: the
second one is either this turn or, where the API refused the format itself, the next weaker method
(the API's own format, else a tool, else the prompt).
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.exceptions import OutputParserException
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.outputs import ChatGeneration
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from pydantic import ValidationError

from langchain_aimlapi._langchain.chunks import charge_of
from langchain_aimlapi._langchain.schemas import problems
from langchain_aimlapi._langchain.structured import Way
from langchain_aimlapi._langchain.tools import schema_to_format
from langchain_aimlapi.errors import (
    ContentPolicyError,
    ContextOverflowError,
    InvalidRequestError,
    ModelRefusalError,
    StructuredOutputError,
)

Call = tuple[Runnable[Any, Any], list[BaseMessage]]
_MOST_SHOWN = 2_000  # characters of an error: the model needs its first lines only


@dataclass(frozen=True, slots=True)
class Repairing:
    """Asks for a structure in the first of several ways, and once more where that fails."""

    model: BaseChatModel
    schema: Any
    ways: Sequence[Way]
    include_raw: bool = False

    def runnable(self) -> Runnable[object, object]:
        """The whole as one step of a chain."""
        return RunnableLambda(self._invoke, self._ainvoke, name="structured_output")

    def _invoke(self, input: object, config: RunnableConfig) -> object:
        steps = self._steps(self._messages(input))
        call = next(steps)
        while True:
            result: AIMessage | InvalidRequestError
            try:
                result = call[0].invoke(call[1], config)
            except InvalidRequestError as error:
                result = error
            try:
                call = steps.send(result)
            except StopIteration as stop:
                return self._outcome(stop.value)

    async def _ainvoke(self, input: object, config: RunnableConfig) -> object:
        steps = self._steps(self._messages(input))
        call = next(steps)
        while True:
            result: AIMessage | InvalidRequestError
            try:
                result = await call[0].ainvoke(call[1], config)
            except InvalidRequestError as error:
                result = error
            try:
                call = steps.send(result)
            except StopIteration as stop:
                return self._outcome(stop.value)

    def _messages(self, input: Any) -> list[BaseMessage]:
        return list(self.model._convert_input(input).to_messages())

    def _steps(
        self, messages: list[BaseMessage]
    ) -> Generator[Call, AIMessage | InvalidRequestError, _Record]:
        """The calls to make, one after the other; returns what came of them."""
        record = _Record()
        ways = iter(self.ways)
        way = next(ways)
        for turn in (1, 2):
            result = yield way.bound, _in_words(messages, self.schema) if way.in_words else messages
            if isinstance(result, InvalidRequestError):
                following = next(ways, None)
                if turn == 2 or following is None or not _is_about_format(result):
                    raise result
                way = following
                continue
            record.answers.append(result)
            try:
                record.parsed = self._parse(way, result)
                record.error = None
                return record
            except ModelRefusalError:
                raise  # it has understood, and will not
            except OutputParserException as error:
                record.error = error
                unseen = self.schema if way.spare is not None else None  # a tool was passed by
                messages = [*messages, *_shown(result, error, unseen)]
        return record

    def _parse(self, way: Way, answer: AIMessage) -> object:
        """The structure of an answer. Raises OutputParserException where it does not fit."""
        called = bool(answer.tool_calls or answer.invalid_tool_calls)
        parser = way.parser if called or way.spare is None else way.spare
        try:
            parsed = parser.parse_result([ChatGeneration(message=answer)])
        except ValidationError as error:
            raise OutputParserException(_explain(error), llm_output=answer.text) from error
        except OutputParserException as error:
            if isinstance(error.__cause__, ValidationError):
                text = _explain(error.__cause__)
                raise OutputParserException(text, llm_output=answer.text) from error.__cause__
            raise
        wrong = problems(parsed, self._json_schema()) if isinstance(parsed, dict | list) else []
        if wrong:
            raise OutputParserException("\n".join(wrong), llm_output=answer.text)
        return parsed

    def _json_schema(self) -> Mapping[str, object]:
        found: Mapping[str, object] = schema_to_format(self.schema)["json_schema"]["schema"]
        return found

    def _outcome(self, record: _Record) -> object:
        if self.include_raw:
            return {"raw": record.raw, "parsed": record.parsed, "parsing_error": record.error}
        if record.error is None:
            return record.parsed
        raise StructuredOutputError(
            f"no answer in the requested shape in {len(record.answers)} attempts: "
            f"{_reason(record.error)}",
            advice="ask for less at once, describe the fields, or choose a stronger model",
            raw=record.raw,
            answers=tuple(record.answers),
            cost=charge_of(record.answers),
        ) from record.error


@dataclass(slots=True)
class _Record:
    """What came of the calls."""

    answers: list[AIMessage] = field(default_factory=list)
    parsed: object = None
    error: OutputParserException | None = None

    @property
    def raw(self) -> AIMessage | None:
        return self.answers[-1] if self.answers else None


def _is_about_format(error: InvalidRequestError) -> bool:
    """Whether the API refuses the form of the request rather than its content."""
    if isinstance(error, ContextOverflowError | ContentPolicyError):
        return False
    text = f"{error.field or ''} {error.message}".lower()
    return any(word in text for word in ("response_format", "json", "schema", "tool", "function"))


# --- what the model is shown -----


def _shown(answer: AIMessage, error: OutputParserException, unseen: object) -> list[BaseMessage]:
    """The answer and what is wrong with it, as the next turn of the conversation.

    Args:
        unseen: A schema that the model may not have seen, where it called nothing.
    """
    calls = [*answer.tool_calls, *answer.invalid_tool_calls]
    if calls:
        text = f"The arguments do not fit:\n{_reason(error)}\nCall the tool again."
        results = [ToolMessage(text, tool_call_id=call["id"], status="error") for call in calls]
        return [answer, *results]
    text = (
        f"This answer is not in the requested shape:\n{_reason(error)}\n"
        "Answer again, completely and in that shape, with nothing before or after it."
    )
    if unseen is not None:
        text += f" The shape is this JSON schema:\n{_in_json(unseen)}"
    return [*([answer] if answer.text else []), HumanMessage(text)]


def _in_words(messages: Sequence[BaseMessage], schema: object) -> list[BaseMessage]:
    """The conversation with the schema as an instruction."""
    instruction = SystemMessage(
        "Answer with one JSON object that fits this JSON schema, and nothing else:\n"
        f"{_in_json(schema)}"
    )
    head = 1 if messages and isinstance(messages[0], SystemMessage) else 0
    return [*messages[:head], instruction, *messages[head:]]


def _in_json(schema: Any) -> str:
    return json.dumps(schema_to_format(schema)["json_schema"]["schema"], ensure_ascii=False)


def _explain(error: ValidationError) -> str:
    """What pydantic found, a line each."""
    lines = []
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        place = ".".join(str(step) for step in each["loc"])
        lines.append(f"{place or 'the answer'}: {each['msg']}")
    return "\n".join(lines)


def _reason(error: OutputParserException) -> str:
    """The message of an error without what langchain-core adds to it for developers."""
    text = str(error).partition("\nFor troubleshooting, visit:")[0].strip()
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "..."
