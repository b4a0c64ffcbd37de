"""`ChatAimlapi`: every chat model of AI/ML API as one LangChain chat model.

What only a call needs (dialects, readers, the flow of requests) is imported with the first call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import RunnableConfig
from pydantic import ConfigDict

from langchain_aimlapi import errors
from langchain_aimlapi._domain.values import ChatRequest, ChatResponse, Delta, StreamEnd
from langchain_aimlapi._langchain import blocks, runs, serial
from langchain_aimlapi._langchain.batching import Batching
from langchain_aimlapi._langchain.binding import RawAnswer
from langchain_aimlapi._langchain.chunks import (
    delta_to_chunk,
    final_to_chunk,
    partial_to_message,
    reply_to_result,
    result_to_chunks,
    without_charge,
)
from langchain_aimlapi._langchain.fields import ModelFirst
from langchain_aimlapi._langchain.identity import Identity
from langchain_aimlapi._langchain.refusals import with_refusals
from langchain_aimlapi._wire.key import secret_of
from langchain_aimlapi._wire.retry import RetryEvent
from langchain_aimlapi.catalog.advice import advise, advise_kind

if TYPE_CHECKING:
    from langchain_aimlapi._dialects.call import Call
    from langchain_aimlapi._langchain.events import Event, EventWriter

__all__ = ["ChatAimlapi", "RawAnswer"]

RunManager = CallbackManagerForLLMRun | AsyncCallbackManagerForLLMRun | None


class ChatAimlapi(Batching, Identity):
    """A chat model of AI/ML API, by its id: ``ChatAimlapi(model="openai/gpt-4o")``.

    One class speaks to every chat model; which wire format an id needs, and what it takes, is
    looked up in the catalog that comes with the package. The key is read from ``api_key`` or
    ``AIMLAPI_API_KEY`` when a call is made.

    Every message carries in ``response_metadata``: ``model_name``, ``model_provider``, ``id``,
    ``finish_reason`` (``stop``, ``length``, ``tool_calls``, ``content_filter``) and
    ``native_finish_reason``, ``inference_id``, ``client_request_id`` and the real charge in US
    dollars as ``cost`` (a float; ``cost_details`` has ``usd``, ``credits`` and ``source``); in
    streams they come with the last chunk.
    Reasoning is in ``content_blocks`` and in ``additional_kwargs["reasoning_content"]``.

    Raises:
        langchain_aimlapi.errors.AimlapiError: every failure of a call is a subclass of it, and of
            langchain-core's ``ModelError``.

    Wire: POST ``/v1/chat/completions``, ``/v1/messages`` or ``/v1/responses``.
    Source: the model pages of docs.aimlapi.com, read 2026-08-21.
    """

    model_config = ConfigDict(defer_build=False)

    # --- calls -----

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        call, request = self._prepared(messages, stop, run_manager, kwargs, stream=False)
        driver = self._drivers().sync
        try:
            answer = driver.run(call.whole(), self._key(), self._retry_hook(run_manager))
            return self._result(answer, request, kwargs)
        except errors.AimlapiError as error:
            self._complete(error, request)
            raise

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        call, request = await self._aprepared(messages, stop, run_manager, kwargs, stream=False)
        driver = self._drivers().asynchronous
        try:
            answer = await driver.run(call.whole(), self._key(), self._retry_hook(run_manager))
            return self._result(answer, request, kwargs)
        except errors.AimlapiError as error:
            self._complete(error, request)
            raise

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        call, request = self._prepared(messages, stop, run_manager, kwargs, stream=True)
        if call.shape.streams:
            to_chunk = self._chunk_maker(request, kwargs)
            items = self._drivers().sync.stream(
                call.stream(), self._key(), self._retry_hook(run_manager)
            )
            try:
                for item in items:
                    chunk = to_chunk(item)
                    if chunk is not None:
                        if run_manager is not None:
                            run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                        yield chunk
                return
            except errors.StreamingUnsupportedError:
                pass  # the whole answer, below
            except errors.AimlapiError as error:
                self._complete(error, request)
                raise
            finally:
                items.close()
        for chunk in result_to_chunks(self._generate(messages, stop, run_manager, **kwargs)):
            if run_manager is not None:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        call, request = await self._aprepared(messages, stop, run_manager, kwargs, stream=True)
        if call.shape.streams:
            to_chunk = self._chunk_maker(request, kwargs)
            items = self._drivers().asynchronous.stream(
                call.stream(), self._key(), self._retry_hook(run_manager)
            )
            try:
                async for item in items:
                    chunk = to_chunk(item)
                    if chunk is not None:
                        if run_manager is not None:
                            await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                        yield chunk
                return
            except errors.StreamingUnsupportedError:
                pass  # the whole answer, below
            except errors.AimlapiError as error:
                self._complete(error, request)
                raise
            finally:
                await items.aclose()
        result = await self._agenerate(messages, stop, run_manager, **kwargs)
        for chunk in result_to_chunks(result):
            if run_manager is not None:
                await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    # langchain-core looks for these two, and makes the events of chunks where they are not.

    def _stream_chat_model_events(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[Event]:
        """The events of ``stream_events(version="v3")``."""
        call, request = self._prepared(messages, stop, run_manager, kwargs, stream=True)
        writer = self._event_writer(request, run_manager)
        listener = run_manager if writer.hears_tokens(run_manager) else None
        if call.shape.streams:
            items = self._drivers().sync.stream(
                call.stream(), self._key(), self._retry_hook(run_manager)
            )
            try:
                for item in items:
                    if type(item) is Delta and item.choice:
                        self._leave_out(request)
                        continue
                    if listener is not None and (chunk := self._chunk(item, request)):
                        listener.on_llm_new_token(chunk.text, chunk=chunk)
                    yield from writer.events(item)
                return
            except errors.StreamingUnsupportedError:
                pass  # the whole answer, below
            except errors.AimlapiError as error:
                self._complete(error, request)
                raise
            finally:
                items.close()
        yield from writer.whole(self._generate(messages, stop, run_manager, **kwargs))

    async def _astream_chat_model_events(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[Event]:
        """The async twin of `_stream_chat_model_events`."""
        call, request = await self._aprepared(messages, stop, run_manager, kwargs, stream=True)
        writer = self._event_writer(request, run_manager)
        listener = run_manager if writer.hears_tokens(run_manager) else None
        if call.shape.streams:
            items = self._drivers().asynchronous.stream(
                call.stream(), self._key(), self._retry_hook(run_manager)
            )
            try:
                async for item in items:
                    if type(item) is Delta and item.choice:
                        self._leave_out(request)
                        continue
                    if listener is not None and (chunk := self._chunk(item, request)):
                        await listener.on_llm_new_token(chunk.text, chunk=chunk)
                    for event in writer.events(item):
                        yield event
                return
            except errors.StreamingUnsupportedError:
                pass  # the whole answer, below
            except errors.AimlapiError as error:
                self._complete(error, request)
                raise
            finally:
                await items.aclose()
        for event in writer.whole(await self._agenerate(messages, stop, run_manager, **kwargs)):
            yield event

    def _event_writer(self, request: ChatRequest, run_manager: RunManager) -> EventWriter:
        from langchain_aimlapi._langchain.events import EventWriter

        return EventWriter(
            model=request.model,
            run_id=_run_id(run_manager),
            with_headers=self.include_response_headers,
        )

    def _prepared(self, *arguments: Any, stream: bool) -> tuple[Call, ChatRequest]:
        """A call that can be made, after downloading media where that was needed and allowed."""
        request, headers = self._request(*arguments, stream=stream)
        call = self._call_or_urls(request, headers)
        if not isinstance(call, list):
            return call, request
        from langchain_aimlapi._fitting.downloads import fetch_all, with_data

        fetched = self._drivers().sync.run(fetch_all(call), None)
        return self._with_media(with_data(request, fetched), headers)

    async def _aprepared(self, *arguments: Any, stream: bool) -> tuple[Call, ChatRequest]:
        """The async twin of `_prepared`."""
        request, headers = self._request(*arguments, stream=stream)
        call = self._call_or_urls(request, headers)
        if not isinstance(call, list):
            return call, request
        from langchain_aimlapi._fitting.downloads import fetch_all, with_data

        fetched = await self._drivers().asynchronous.run(fetch_all(call), None)
        return self._with_media(with_data(request, fetched), headers)

    def _with_media(
        self, request: ChatRequest, headers: dict[str, str]
    ) -> tuple[Call, ChatRequest]:
        call = self._call_or_urls(request, headers)
        assert not isinstance(call, list)  # noqa: S101 - no URL is left to download
        return call, request

    def _request(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        run_manager: RunManager,
        kwargs: Mapping[str, object],
        *,
        stream: bool,
    ) -> tuple[ChatRequest, dict[str, str]]:
        """The request, and the headers to send."""
        from langchain_aimlapi._langchain.requests import chat_request, request_headers

        options = dict(kwargs)
        headers = request_headers(self, options, _run_id(run_manager) or runs.current_run_id())
        return chat_request(self, messages, stop, options, stream=stream), headers

    def _call_or_urls(self, request: ChatRequest, headers: dict[str, str]) -> Call | list[str]:
        """The call; or the URLs whose content has to be sent instead, where the model takes no URL
        and ``fetch_urls`` allows downloads."""
        from langchain_aimlapi._dialects.call import prepare
        from langchain_aimlapi._wire.flow import Policy

        policy = Policy(self.max_retries, self._limits(), request.model, secret_of(self._key()))
        try:
            return prepare(
                request,
                self._facts(request.model),
                root=self._root(),
                headers=headers,
                policy=policy,
                dialect=self.dialect,
                on_unsupported=self.on_unsupported,
                seen=self._holder.warned,
                coalesce=self.coalesce,
                learn=self.learn,
                folder=self._catalog().folder,
            )
        except errors.AimlapiError as error:
            may_fetch = self.fetch_urls and isinstance(error, errors.UnsupportedFeatureError)
            if may_fetch:
                from langchain_aimlapi._fitting.downloads import urls_of

                if urls := urls_of(request):
                    return urls
            self._complete(error, request)
            raise

    def _result(
        self, answer: ChatResponse, request: ChatRequest, kwargs: Mapping[str, object]
    ) -> ChatResult:
        result = reply_to_result(
            answer, model=request.model, with_headers=self.include_response_headers
        )
        from langchain_aimlapi._langchain.requests import uses_functions

        if uses_functions(kwargs, self.model_kwargs):
            from langchain_aimlapi._langchain.functions import result_to_function_call

            return result_to_function_call(result)
        return result

    def _chunk_maker(
        self, request: ChatRequest, kwargs: Mapping[str, object]
    ) -> Callable[[Delta | StreamEnd], ChatGenerationChunk | None]:
        """A function from an item of a stream to its chunk."""
        from langchain_aimlapi._langchain.requests import uses_functions

        if not uses_functions(kwargs, self.model_kwargs):
            return lambda item: self._chunk(item, request)
        from langchain_aimlapi._langchain.functions import chunk_to_function_call

        def moved(item: Delta | StreamEnd) -> ChatGenerationChunk | None:
            chunk = self._chunk(item, request)
            return chunk_to_function_call(chunk) if chunk is not None else None

        return moved

    def _chunk(self, item: Delta | StreamEnd, request: ChatRequest) -> ChatGenerationChunk | None:
        """One item of a stream as a chunk; a stream shows the first answer only."""
        if type(item) is Delta:
            if item.choice == 0:
                return delta_to_chunk(item)
            self._leave_out(request)
            return None
        assert isinstance(item, StreamEnd)  # noqa: S101 - a reader gives nothing else
        return final_to_chunk(item, model=request.model, with_headers=self.include_response_headers)

    def _leave_out(self, request: ChatRequest) -> None:
        """A stream shows the first answer only; say so, once, to whoever requested several."""
        if request.params.get("n"):
            from langchain_aimlapi._fitting.notes import Notes

            notes = Notes(request.model, self.on_unsupported)
            notes.adapted("n", "a stream shows the first of several answers; invoke gives all")
            notes.warn(self._holder.warned)

    def _complete(self, error: errors.AimlapiError, request: ChatRequest) -> None:
        """Add the catalog's advice to an error, and make its partial answer a message."""
        if isinstance(error.partial, ChatResponse):
            error.partial = partial_to_message(error.partial, model=request.model)
        advise(error, request.model, self._catalog())
        advise_kind(error, request.model, self._catalog(), "ChatAimlapi")

    def _retry_hook(self, run_manager: RunManager) -> Callable[[RetryEvent], object] | None:
        if run_manager is None and self.on_retry is None:
            return None
        from langchain_aimlapi._langchain.retries import hook

        return hook(run_manager, self.on_retry)

    # langchain-core hands no run manager to `_stream` and `_astream`; the four methods below see to
    # it that the id of the run goes out as the client request id all the same (see `runs`).

    def stream(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> Iterator[AIMessageChunk]:
        """Stream the answer; see `BaseChatModel.stream`."""
        known = runs.with_run_id(config)
        kwargs.setdefault("client_request_id", str(known["run_id"]))
        return super().stream(input, known, stop=stop, **kwargs)

    def astream(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[AIMessageChunk]:
        """Stream the answer; see `BaseChatModel.astream`."""
        known = runs.with_run_id(config)
        kwargs.setdefault("client_request_id", str(known["run_id"]))
        return super().astream(input, known, stop=stop, **kwargs)

    def _generate_with_cache(self, *args: Any, **kwargs: Any) -> ChatResult:
        with runs.run_known(_run_id(kwargs.get("run_manager"))):
            return with_refusals(super()._generate_with_cache(*args, **kwargs))

    async def _agenerate_with_cache(self, *args: Any, **kwargs: Any) -> ChatResult:
        with runs.run_known(_run_id(kwargs.get("run_manager"))):
            return with_refusals(await super()._agenerate_with_cache(*args, **kwargs))

    def _convert_cached_generations(self, cache_val: list[Any]) -> list[ChatGeneration]:
        generations = super()._convert_cached_generations(cache_val)
        for generation in generations:
            if isinstance(generation.message, AIMessage):
                generation.message = without_charge(generation.message)
        return generations


# Messages that are restored, and models that are loaded, need these before anything is called.
blocks.register()
serial.allow_loading("ChatAimlapi")
type.__setattr__(ChatAimlapi, "__signature__", ModelFirst(vars(ChatAimlapi)["__signature__"]))


def _run_id(run_manager: RunManager) -> str | None:
    return str(run_manager.run_id) if run_manager is not None else None
