"""A call that is forced, on models of which nobody knows whether they take tools.

An agent goes on until the tool is called that stands for the form of its answer: with a model that
passes the tool by, it would ask, and pay, for ever. Here the arguments are requested in words after
a first answer without a call, and the second answer is the last.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, cast

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    message_chunk_to_message,
)
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.messages.tool import tool_call, tool_call_chunk
from langchain_core.runnables import Runnable, RunnableConfig

from langchain_aimlapi._langchain.bound import ChatBinding
from langchain_aimlapi._langchain.chunks import charge_of
from langchain_aimlapi._langchain.parsers import json_part
from langchain_aimlapi._langchain.refusals import find_refusal
from langchain_aimlapi.errors import StructuredOutputError

_ABOUT_TOOLS = frozenset(("tools", "tool_choice", "parallel_tool_calls", "functions"))


class ForcedCall(ChatBinding):
    """A model that has to call a tool, and is asked once more, in words, where it does not.

    Without ``tools`` among the bound arguments, the form of its answer is that of the arguments,
    and the answer comes back as a call.
    """

    def invoke(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AIMessage:
        """The answer with its call. Raises StructuredOutputError where there is none."""
        first = super().invoke(input, config, **kwargs)
        done = self._done(first)
        if done is not None:
            return done
        model, merged = self._in_words, self._merge_configs(config)
        return self._last(first, model.invoke(self._again(input, first), merged, **kwargs))

    async def ainvoke(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AIMessage:
        """Like `invoke`."""
        first = await super().ainvoke(input, config, **kwargs)
        done = self._done(first)
        if done is not None:
            return done
        model, merged = self._in_words, self._merge_configs(config)
        return self._last(first, await model.ainvoke(self._again(input, first), merged, **kwargs))

    def stream(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[AIMessageChunk]:
        """The pieces of the answer; a call that was written down comes as one piece."""
        if "tools" not in self.kwargs:
            yield _piece(self.invoke(input, config, **kwargs))
            return
        pieces: list[AIMessageChunk] = []
        for message in super().stream(input, config, **kwargs):
            chunk = cast("AIMessageChunk", message)
            pieces.append(chunk)
            yield chunk
        first = _whole(pieces)
        done = self._done(first)
        if done is None:
            model, merged = self._in_words, self._merge_configs(config)
            done = self._last(first, model.invoke(self._again(input, first), merged, **kwargs))
        if done is not first:
            yield _rest(done, first)

    async def astream(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[AIMessageChunk]:
        """Like `stream`."""
        if "tools" not in self.kwargs:
            yield _piece(await self.ainvoke(input, config, **kwargs))
            return
        pieces: list[AIMessageChunk] = []
        async for message in super().astream(input, config, **kwargs):
            chunk = cast("AIMessageChunk", message)
            pieces.append(chunk)
            yield chunk
        first = _whole(pieces)
        done = self._done(first)
        if done is None:
            model, merged = self._in_words, self._merge_configs(config)
            second = await model.ainvoke(self._again(input, first), merged, **kwargs)
            done = self._last(first, second)
        if done is not first:
            yield _rest(done, first)

    # langchain-core's binding hands these to the model, past what stands above
    batch = Runnable.batch
    abatch = Runnable.abatch
    batch_as_completed = Runnable.batch_as_completed
    abatch_as_completed = Runnable.abatch_as_completed
    transform = Runnable.transform
    atransform = Runnable.atransform

    @property
    def _functions(self) -> list[Mapping[str, Any]]:
        """What may be called: name and parameters, one or several."""
        if "tools" in self.kwargs:
            return [tool.get("function") or tool for tool in self.kwargs["tools"]]
        inner = self.kwargs["response_format"]["json_schema"]
        return [{"name": inner["name"], "parameters": inner["schema"]}]

    @property
    def _in_words(self) -> Runnable[LanguageModelInput, AIMessage]:
        """The model without the tools that it passed by."""
        rest = {key: value for key, value in self.kwargs.items() if key not in _ABOUT_TOOLS}
        return self.bound.bind(**rest)

    def _done(self, first: AIMessage) -> AIMessage | None:
        """The first answer, where it is the last one; None where the model is asked once more."""
        found = self._as_call(first)
        cut = first.response_metadata.get("finish_reason") in ("length", "content_filter")
        if found is None and (cut or len(self._functions) > 1):
            return self._without_call(first)
        return found

    def _as_call(self, answer: AIMessage) -> AIMessage | None:
        """The answer with a call, its own or as written down; None where there is none."""
        if answer.tool_calls or find_refusal(answer) is not None:
            return answer
        if len(self._functions) > 1:
            return None
        try:
            arguments = json.loads(json_part(answer.text), strict=False)
        except (ValueError, RecursionError):
            return None
        if not isinstance(arguments, dict):
            return None
        name = self._functions[0]["name"]
        call = tool_call(name=name, args=arguments, id=f"call_{uuid.uuid4().hex}")
        return answer.model_copy(update={"content": "", "tool_calls": [call]})

    def _again(self, input: LanguageModelInput, first: AIMessage) -> list[BaseMessage]:
        """The conversation, the answer without a call, and the arguments requested in words."""
        function = self._functions[0]
        schema = json.dumps(function.get("parameters") or {"type": "object"}, ensure_ascii=False)
        wanted = HumanMessage(
            f"You have to call {function['name']}. Answer with its arguments: one JSON object that "
            f"fits this JSON schema, and nothing else:\n{schema}"
        )
        before = self._model._convert_input(input).to_messages()
        return [*before, *([AIMessage(first.text)] if first.text.strip() else []), wanted]

    def _last(self, first: AIMessage, second: AIMessage) -> AIMessage:
        found = self._as_call(second)
        return self._without_call(first, second) if found is None else found

    def _without_call(self, *answers: AIMessage) -> AIMessage:
        """Raises StructuredOutputError with the answers and what they have cost."""
        names = " or ".join(str(function.get("name")) for function in self._functions)
        cut = answers[-1].response_metadata.get("finish_reason") == "length"
        raise StructuredOutputError(
            f"the model did not call {names}{', asked twice' if len(answers) > 1 else ''}",
            advice="the answer was cut at its token limit: raise max_tokens"
            if cut
            else "whether it takes tools is not documented: choose a model that does, as "
            "Catalog.default().models(capability='tools') lists them",
            raw=answers[-1],
            answers=answers,
            cost=charge_of(answers),
        )


class QuietForcedCall(ForcedCall):
    """Gives the last answer as it is where there is no call: for ``include_raw=True``."""

    def _without_call(self, *answers: AIMessage) -> AIMessage:
        return answers[-1]


def force(binding: ChatBinding, *, quiet: bool = False) -> ForcedCall:
    """A binding whose call is requested again where it does not come.

    Args:
        quiet: No error where it does not come after all.
    """
    kind = QuietForcedCall if quiet else ForcedCall
    return kind(bound=binding.bound, kwargs=binding.kwargs, config=binding.config)


def _whole(pieces: list[AIMessageChunk]) -> AIMessage:
    whole = add_ai_message_chunks(*pieces) if len(pieces) > 1 else pieces[0]
    return cast("AIMessage", message_chunk_to_message(whole))


def _calls(message: AIMessage) -> list[Any]:
    return [
        tool_call_chunk(name=call["name"], args=json.dumps(call["args"]), id=call["id"], index=at)
        for at, call in enumerate(message.tool_calls)
    ]


def _piece(message: AIMessage) -> AIMessageChunk:
    """A whole answer as the one piece of a stream."""
    return AIMessageChunk(
        **message.model_dump(exclude={"type", "tool_calls", "invalid_tool_calls"}),
        tool_call_chunks=_calls(message),
        chunk_position="last",
    )


def _rest(done: AIMessage, first: AIMessage) -> AIMessageChunk:
    """What an answer that was streamed lacks: the call, and the tokens of a second answer."""
    usage = None if done.id == first.id else done.usage_metadata
    return AIMessageChunk(
        content="",
        id=first.id,
        tool_call_chunks=_calls(done),
        usage_metadata=usage,
        chunk_position="last",
    )
