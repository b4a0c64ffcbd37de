"""`AimlapiAssistant`: an assistant of AI/ML API as a Runnable whose memory is on the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from functools import reduce
from operator import add
from typing import Any, cast

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolMessage
from langchain_core.messages.utils import message_chunk_to_message
from langchain_core.runnables import RunnableConfig, RunnableSerializable
from langchain_core.runnables.config import patch_config
from langchain_core.tools import BaseTool
from pydantic import Field

from langchain_aimlapi._langchain.by_client import ByClient
from langchain_aimlapi._langchain.threads import (
    call_to_tool,
    event_to_chunk,
    input_to_messages,
    message_to_chunk,
    messages_to_thread,
    run_to_chunk,
)
from langchain_aimlapi._langchain.tools import tool_to_openai
from langchain_aimlapi.client import AimlapiClient
from langchain_aimlapi.endpoints import Context
from langchain_aimlapi.endpoints._thread_values import Run, RunCall, RunEvent
from langchain_aimlapi.endpoints.runs import RunPlan, plan_answer_stream, plan_stream
from langchain_aimlapi.errors import AimlapiError, InvalidResponseError

AssistantInput = LanguageModelInput | BaseMessage
"""A text, one message, or messages: what is new, since the API keeps what was before."""
THREAD = "assistant_thread_id"
"""The key of ``config["configurable"]`` that names a thread."""


class AimlapiAssistant(ByClient, RunnableSerializable[AssistantInput, AIMessage]):
    """An assistant as a Runnable: ``assistant.invoke("hi", thread_id=...)``.

    The conversation is kept by the API in a *thread*. The thread of a call is its ``thread_id``,
    else ``config["configurable"]["assistant_thread_id"]``, else that of `on_thread`, else a new
    one, whose id is in ``response_metadata["thread_id"]`` of the answer. Only what is new is sent.

    LangChain tools that the model calls are run here and their results sent on. Without ``tools``
    the calls are in the answer's ``tool_calls``, and `AimlapiClient.runs` carries on.

    Answers are streamed where the API streams, and found by polling where it does not. When a call
    is left early (an exception, a closed stream), its run is cancelled, so that the thread is not
    locked until the run expires.

    Wire: POST ``/threads/runs``, ``/threads/<id>/runs``, ``.../submit_tool_outputs``.
    Source: the assistant API pages of docs.aimlapi.com, read 2026-08-21.
    """

    assistant_id: str = Field(min_length=1)
    """``asst_...``; see `create`."""
    client: AimlapiClient = Field(default_factory=AimlapiClient, exclude=True)
    """How to reach the API."""
    tools: Sequence[BaseTool] = ()
    """Tools that are run here. They take the place of the assistant's own."""
    thread_id: str | None = None
    """The thread of every call. Default: each call begins a new one."""
    run_options: dict[str, Any] = Field(default_factory=dict)
    """Further arguments of every run, see `AimlapiClient.runs`: ``temperature``, ``metadata``,
    ``max_completion_tokens``, ``timeout`` (seconds to poll), ..."""
    max_tool_rounds: int = Field(default=10, ge=1)
    """How often tools may be called for one answer."""

    # --- making one -----

    @classmethod
    def create(
        cls,
        *,
        model: str,
        client: AimlapiClient | None = None,
        tools: Sequence[BaseTool] = (),
        **settings: Any,
    ) -> AimlapiAssistant:
        """Make an assistant on the server.

        Args:
            model: The model that answers.
            client: How to reach the API.
            tools: LangChain tools, which are run here.
            settings: As for `AimlapiClient.assistants`: ``instructions``, ``name``, ...
        """
        client = client or AimlapiClient()
        definitions = [tool_to_openai(tool) for tool in tools]
        made = client.assistants.create(model=model, tools=definitions or None, **settings)
        return cls(assistant_id=made.id, client=client, tools=tools)

    @classmethod
    async def acreate(
        cls,
        *,
        model: str,
        client: AimlapiClient | None = None,
        tools: Sequence[BaseTool] = (),
        **settings: Any,
    ) -> AimlapiAssistant:
        """Like `create`, on the running event loop."""
        client = client or AimlapiClient()
        definitions = [tool_to_openai(tool) for tool in tools]
        made = await client.assistants.acreate(model=model, tools=definitions or None, **settings)
        return cls(assistant_id=made.id, client=client, tools=tools)

    def on_thread(self, thread_id: str | None = None) -> AimlapiAssistant:
        """The same assistant on one thread.

        Args:
            thread_id: Its id. Default: a new thread is made now.
        """
        name = thread_id or self.client.threads.create().id
        return self.model_copy(update={"thread_id": name})

    async def aon_thread(self, thread_id: str | None = None) -> AimlapiAssistant:
        """Like `on_thread`, on the running event loop."""
        name = thread_id or (await self.client.threads.acreate()).id
        return self.model_copy(update={"thread_id": name})

    # --- calls -----

    def invoke(
        self, input: AssistantInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AIMessage:
        """The answer.

        Args:
            input: What is new: a text, a message, or messages. System messages are further
                instructions of this run.
            config: LangChain's configuration.
            kwargs: ``thread_id``, and further arguments of the run, see ``run_options``.

        Raises:
            JobFailedError: the run failed or expired.
        """
        return _whole(list(self.stream(input, config, **kwargs)))

    async def ainvoke(
        self, input: AssistantInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AIMessage:
        """Like `invoke`, on the running event loop."""
        return _whole([chunk async for chunk in self.astream(input, config, **kwargs)])

    def stream(
        self, input: AssistantInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[AIMessageChunk]:
        """The answer as it is written; the last chunk has the ids and token counts."""
        chunks = self._transform_stream_with_config(
            iter([input]), self._chunks, self._named(config), **kwargs
        )
        yield from cast("Iterator[AIMessageChunk]", chunks)

    async def astream(
        self, input: AssistantInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[AIMessageChunk]:
        """Like `stream`, on the running event loop."""

        async def inputs() -> AsyncIterator[AssistantInput]:
            yield input

        chunks = self._atransform_stream_with_config(
            inputs(), self._achunks, self._named(config), **kwargs
        )
        async with aclosing(cast("AsyncGenerator[AIMessageChunk, None]", chunks)) as closed:
            async for chunk in closed:
                yield chunk

    def _named(self, config: RunnableConfig | None) -> RunnableConfig:
        return cast("RunnableConfig", {"run_name": type(self).__name__, **(config or {})})

    # --- one answer, in both colours -----

    def _chunks(
        self,
        inputs: Iterator[AssistantInput],
        run_manager: Any,
        config: RunnableConfig,
        **kw: object,
    ) -> Iterator[AIMessageChunk]:
        answer = self._answer(list(inputs)[-1], config, kw)
        config = patch_config(config, callbacks=run_manager.get_child())
        try:
            while (build := answer.next()) is not None:
                with self.client.stream(build) as events:
                    for event in events:
                        yield from answer.feed(event)
                if not answer.wants_tools:
                    break
                answer.outputs({c.id: self._use(c, config) for c in answer.calls})
            yield answer.last()
        except BaseException:
            if answer.active is not None:
                with suppress(AimlapiError):  # what happened is the error; this is courtesy
                    self.client.runs.cancel(*answer.active)
            raise

    async def _achunks(
        self,
        inputs: AsyncIterator[AssistantInput],
        run_manager: Any,
        config: RunnableConfig,
        **kw: object,
    ) -> AsyncIterator[AIMessageChunk]:
        answer = self._answer([each async for each in inputs][-1], config, kw)
        config = patch_config(config, callbacks=run_manager.get_child())
        try:
            while (build := answer.next()) is not None:
                async with self.client.astream(build) as events:
                    async for event in events:
                        for chunk in answer.feed(event):
                            yield chunk
                if not answer.wants_tools:
                    break
                results = await asyncio.gather(*(self._ause(c, config) for c in answer.calls))
                answer.outputs({c.id: r for c, r in zip(answer.calls, results, strict=True)})
            yield answer.last()
        except BaseException:
            if answer.active is not None:
                with suppress(AimlapiError):
                    await asyncio.shield(self.client.runs.acancel(*answer.active))
            raise

    def _answer(
        self, input: AssistantInput, config: RunnableConfig, kwargs: Mapping[str, object]
    ) -> _Answer:
        options = {**self.run_options, **kwargs}
        configured = (config.get("configurable") or {}).get(THREAD)
        thread_id = options.pop("thread_id", None) or configured or self.thread_id
        rows, instructions = messages_to_thread(input_to_messages(input))
        if instructions is not None:
            options.setdefault("additional_instructions", instructions)
        if self.tools:
            options.setdefault("tools", [tool_to_openai(tool) for tool in self.tools])
        if thread_id is None:
            options["thread"] = {**(options.get("thread") or {}), "messages": rows}
        else:
            options["thread_id"], options["messages"] = str(thread_id), rows
        options["assistant_id"] = self.assistant_id
        return _Answer(options, bool(self.tools), self.max_tool_rounds)

    def _use(self, call: RunCall, config: RunnableConfig) -> str:
        found = self._found(call)
        return found if isinstance(found, str) else _output(found[0].invoke(found[1], config))

    async def _ause(self, call: RunCall, config: RunnableConfig) -> str:
        found = self._found(call)
        if isinstance(found, str):
            return found
        return _output(await found[0].ainvoke(found[1], config))

    def _found(self, call: RunCall) -> str | tuple[BaseTool, Any]:
        """The tool of a call and its arguments, or what to tell the model where there is none."""
        tool = next((each for each in self.tools if each.name == call.name), None)
        if tool is None:
            known = ", ".join(each.name for each in self.tools)
            return f"Error: there is no tool {call.name!r}; the tools are: {known}"
        read = call_to_tool(call)
        if read["type"] == "invalid_tool_call":
            return f"Error: the arguments are no JSON object: {read['error']}"
        return tool, read


def _output(result: Any) -> str:
    return str(result.text) if isinstance(result, ToolMessage) else str(result)


def _whole(chunks: Sequence[AIMessageChunk]) -> AIMessage:
    return cast("AIMessage", message_chunk_to_message(reduce(add, chunks)))


class _Answer:
    """What has come of one answer so far, and what is to be sent next."""

    def __init__(self, options: dict[str, Any], has_tools: bool, max_rounds: int) -> None:
        self._options = options
        self._has_tools = has_tools
        self._rounds = max_rounds
        self._run: Run | None = None
        self._rests: list[Run] = []
        self._thread = str(options.get("thread_id") or "")
        self._outputs: dict[str, str] | None = None
        self._texts: dict[str, str] = {}
        self._message: str | None = None

    @property
    def active(self) -> tuple[str, str] | None:
        """The run, while it has not ended."""
        if self._run is None or self._run.is_over or not self._thread:
            return None
        if self._run.needs_outputs and not self._has_tools:
            return None  # it waits for the caller
        return self._thread, self._run.id

    @property
    def calls(self) -> tuple[RunCall, ...]:
        """The calls that the run waits for."""
        return self._run.calls if self._run is not None else ()

    @property
    def wants_tools(self) -> bool:
        """Whether tools are to be run here."""
        return self._has_tools and self._run is not None and self._run.needs_outputs

    def next(self) -> Callable[[Context], RunPlan] | None:
        """What to send next; None where there is nothing."""
        if self._run is None:
            return lambda context: plan_stream(context, **self._options)
        outputs = self._outputs
        if outputs is None:
            return None
        thread, run, more = self._thread, self._run.id, {}
        if "timeout" in self._options:
            more["timeout"] = self._options["timeout"]
        return lambda context: plan_answer_stream(context, thread, run, outputs=outputs, **more)

    def outputs(self, outputs: dict[str, str]) -> None:
        """The results of the calls."""
        if self._rounds <= 0:
            raise InvalidResponseError(
                "the assistant calls tools again and again",
                advice="raise max_tool_rounds, or say in its instructions when to stop",
            )
        self._rounds -= 1
        self._outputs = outputs

    def feed(self, event: RunEvent) -> Iterator[AIMessageChunk]:
        """The chunks of an event."""
        self._thread = event.thread_id or self._thread
        run, message = event.run, event.message
        if run is not None:
            self._run = run
            if run.is_over or run.needs_outputs:
                self._rests.append(run)
        chunk = event_to_chunk(event)
        if chunk is not None:
            name = str(event.data.get("id"))
            self._texts[name] = self._texts.get(name, "") + str(chunk.content)
        elif message is not None and message.status != "in_progress":
            chunk = message_to_chunk(message, self._texts.get(message.id, ""))
        if chunk is not None:
            self._message = chunk.id = self._message or chunk.id
            yield chunk

    def last(self) -> AIMessageChunk:
        """The chunk at the end."""
        if self._run is None:
            raise InvalidResponseError("the API tells of no run")
        return run_to_chunk(self._run, self._thread, self._rests, self._message)
