"""A format for the answer of a model that has tools and no such format: one tool more.

Described in the prompt, a format holds for every answer, so that a model that may call tools
answers at once. As a tool beside the others it is what the model calls when it has finished; its
arguments are then the text of the answer, and nobody sees that there was a call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from langchain_aimlapi._dialects.choose import choose
from langchain_aimlapi._dialects.reader import AnswerReader
from langchain_aimlapi._domain.values import (
    ChatRequest,
    ChatResponse,
    Choice,
    Delta,
    ResponseFormat,
    StreamEnd,
    Tool,
    ToolChoice,
    ToolDelta,
)
from langchain_aimlapi.catalog.facts import DialectName, Facts
from langchain_aimlapi.errors import AimlapiError

_WHEN = "Call this to give the final answer, when no other tool is needed any more."


@dataclass(frozen=True, slots=True)
class AnswerTool:
    """The tool of this name is the format of the answer."""

    name: str

    def as_text(self, response: ChatResponse) -> ChatResponse:
        """The answer whose call of the tool is its text."""
        return replace(
            response, choices=tuple(_as_text(each, self.name) for each in response.choices)
        )

    def reader(self, headers: Mapping[str, str] | None, **options: Any) -> AnswerReader:
        """What reads a stream in which a call of the tool is the text of the answer."""
        return _Reader(self, headers, **options)


def fit_answer_tool(
    request: ChatRequest, facts: Facts, dialect: DialectName | None
) -> tuple[ChatRequest, AnswerTool | None]:
    """The request, its format as a tool where its model has tools and no such format; and that
    tool."""
    wanted = request.response_format
    if wanted is None or wanted.kind != "json_schema" or not request.tools:
        return request, None
    shape = choose(facts, request, dialect)
    has_format = shape.response_formats is None or "json_schema" in shape.response_formats
    if has_format or (shape.tools is not None and not shape.tools):
        return request, None
    tool = _tool_of(wanted, {each.name for each in request.tools})
    choice = request.tool_choice or ToolChoice("auto")
    if choice.mode == "auto":
        choice = ToolChoice("required")
    elif choice.mode == "none":
        choice = ToolChoice("named", tool.name)
    changed = replace(
        request, tools=(*request.tools, tool), tool_choice=choice, response_format=None
    )
    return changed, AnswerTool(tool.name)


def _tool_of(wanted: ResponseFormat, taken: set[str]) -> Tool:
    name = wanted.name
    while name in taken:
        name += "_answer"
    about = f"{wanted.description} {_WHEN}" if wanted.description else _WHEN
    return Tool(name, about, wanted.schema, strict=wanted.strict)


def _as_text(choice: Choice, name: str) -> Choice:
    own = next((call for call in choice.tool_calls if call.name == name), None)
    if own is None:
        return choice
    others = tuple(call for call in choice.tool_calls if call.name != name)
    finish = choice.finish_reason
    return replace(
        choice,
        text=own.arguments,
        tool_calls=others,
        extra={**choice.extra, **_preamble(choice.text)},
        finish_reason="stop" if finish == "tool_calls" and not others else finish,
    )


def _preamble(text: str) -> Mapping[str, object]:
    """Words before the call, which must not stand before the JSON."""
    return {"preamble": text} if text else {}


class _Reader(AnswerReader):
    """Reads a stream in which a call of the tool is the text of the answer.

    Words of the model are kept until it is clear that there is no such call. A fragment is kept
    until the next one: what marks broken arguments comes last, and belongs to calls alone.
    """

    def __init__(self, tool: AnswerTool, headers: Mapping[str, str] | None, **options: Any) -> None:
        super().__init__(headers, **options)
        self._tool = tool
        self._words: dict[int, list[str]] = {}  # by choice
        self._own: set[tuple[int, int]] = set()  # (choice, position) of calls of the tool
        self._emitted: dict[int, str] = {}  # by choice: the text that has been passed on
        self._last: dict[int, str] = {}  # by choice: the fragment that has not

    def feed(self, data: bytes) -> list[Delta | StreamEnd]:
        """See `AnswerReader.feed`."""
        return self._changed(super().feed(data))

    def close(self) -> list[Delta | StreamEnd]:
        """See `AnswerReader.close`."""
        return self._changed(super().close())

    def attach(self, error: AimlapiError) -> AimlapiError:
        """See `AnswerReader.attach`."""
        attached = super().attach(error)
        if isinstance(attached.partial, ChatResponse):
            attached.partial = self._tool.as_text(attached.partial)
        return attached

    def _changed(self, items: list[Delta | StreamEnd]) -> list[Delta | StreamEnd]:
        changed: list[Delta | StreamEnd] = []
        for item in items:
            if isinstance(item, StreamEnd):
                changed += self._kept_words()
                changed += self._rests(item.reply)
                changed.append(StreamEnd(self._tool.as_text(item.reply)))
            else:
                delta = self._delta(item)
                if delta != Delta(choice=item.choice):
                    changed.append(delta)
        return changed

    def _delta(self, delta: Delta) -> Delta:
        if delta.text:
            self._words.setdefault(delta.choice, []).append(delta.text)
        text, others = "", []
        for fragment in delta.tools:
            if self._is_own(delta.choice, fragment):
                text += self._last.get(delta.choice, "")
                self._last[delta.choice] = fragment.arguments
            else:
                others.append(fragment)
        if text:
            self._emitted[delta.choice] = self._emitted.get(delta.choice, "") + text
        return delta._replace(text=text, tools=tuple(others))

    def _is_own(self, choice: int, fragment: ToolDelta) -> bool:
        if fragment.name == self._tool.name:
            self._own.add((choice, fragment.position))
        return (choice, fragment.position) in self._own

    def _rests(self, reply: ChatResponse) -> list[Delta]:
        """What of the arguments has not been passed on."""
        rests: list[Delta] = []
        for choice in self._tool.as_text(reply).choices:
            emitted = self._emitted.get(choice.index, "")
            if choice.index in self._last and choice.text.startswith(emitted):
                rests.append(Delta(text=choice.text[len(emitted) :], choice=choice.index))
        return rests

    def _kept_words(self) -> list[Delta]:
        """The words, as text where the tool was not called."""
        called = {choice for choice, _ in self._own}
        return [
            Delta(extra=_preamble("".join(words)), choice=choice)
            if choice in called
            else Delta(text="".join(words), choice=choice)
            for choice, words in self._words.items()
        ]
