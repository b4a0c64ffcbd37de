"""`ChatAimlapi`: every chat model of AI/ML API as one LangChain chat model."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, cast

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput, ModelProfile
from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.tools import BaseTool
from pydantic import model_validator

from langchain_aimlapi import errors
from langchain_aimlapi._dialects.call import Call, prepare
from langchain_aimlapi._domain.values import ChatRequest, ChatResponse, Delta, StreamEnd
from langchain_aimlapi._fitting.downloads import fetch_all, urls_of, with_data
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._langchain import blocks, runs, serial
from langchain_aimlapi._langchain.arguments import check_options, sort_arguments
from langchain_aimlapi._langchain.chunks import (
    delta_to_chunk,
    final_to_chunk,
    partial_to_message,
    reply_to_result,
    result_to_chunks,
    without_charge,
)
from langchain_aimlapi._langchain.fields import ChatFields, ModelFirst
from langchain_aimlapi._langchain.functions import (
    chunk_to_function_call,
    result_to_function_call,
    uses_functions,
)
from langchain_aimlapi._langchain.headers import fingerprint, hide_headers
from langchain_aimlapi._langchain.literals import Method
from langchain_aimlapi._langchain.params import FIELD_PARAMS
from langchain_aimlapi._langchain.profiles import CatalogProfile, is_stale
from langchain_aimlapi._langchain.requests import chat_request, request_headers
from langchain_aimlapi._langchain.tools import choice_to_wire, schema_to_format, tool_to_wire
from langchain_aimlapi._langchain.traces import langsmith_params, total_usage
from langchain_aimlapi._version import __version__
from langchain_aimlapi._wire.fetch import FetchLimits
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.key import secret_of
from langchain_aimlapi._wire.retry import RetryEvent
from langchain_aimlapi.catalog.advice import advise, advise_kind

RunManager = CallbackManagerForLLMRun | AsyncCallbackManagerForLLMRun | None


class ChatAimlapi(BaseChatModel, ChatFields):
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

    # --- construction -----

    @model_validator(mode="before")
    @classmethod
    def _keep_unknown_arguments(cls, values: Any) -> Any:
        """An argument that is no field goes into ``model_kwargs``, with a warning; one that looks
        misspelt, or like a credential or an address, is refused."""
        if not isinstance(values, dict):
            return values
        arguments = sort_arguments(cls, values)
        if is_stale(arguments.get("profile"), arguments.get("model")):
            del arguments["profile"]  # of a model that `configurable_fields` makes another one of
        return arguments

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.streaming and (self.n or 1) > 1:
            raise ValueError("n must be 1 when streaming=True: a stream has one answer")
        return self

    @model_validator(mode="after")
    def _set_aimlapi_version(self) -> Self:
        self._add_version("langchain-aimlapi", __version__)
        return self

    def _resolve_model_profile(self) -> ModelProfile | None:
        profile = self._catalog().profile(self.model)
        return cast("ModelProfile", CatalogProfile(profile, self.model)) if profile else None

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with some fields changed; of another ``model`` it has the profile, too."""
        copied = super().model_copy(update=update, deep=deep)
        if is_stale(copied.profile, copied.model):
            copied.profile = copied._resolve_model_profile()
        return copied

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        # the catalog's profile is a page, and core's metadata is the same for every model
        hidden = {"metadata"} if not set(self.metadata or ()) - {"lc_versions"} else set()
        hidden |= {"profile"} if isinstance(self.profile, CatalogProfile) else set()
        yield from (pair for pair in super().__repr_args__() if pair[0] not in hidden)

    # --- what LangChain asks about a model -----

    @property
    def model_name(self) -> str:
        """The model id, under LangChain's other name for it."""
        return self.model

    @property
    def _llm_type(self) -> str:
        return "aimlapi-chat"

    @property
    def lc_secrets(self) -> dict[str, str]:
        """Fields that are left out of serialized models, and where they are read from."""
        return {"api_key": "AIMLAPI_API_KEY", "aimlapi_api_key": "AIMLAPI_API_KEY"}

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Whether LangChain may serialize the model (without its key)."""
        return True

    @classmethod
    def get_lc_namespace(cls) -> list[str]:
        """Where LangChain finds the class again."""
        return list(serial.NAMESPACE)

    def _get_llm_string(self, stop: list[str] | None = None, **kwargs: Any) -> str:
        # the key of LangChain's cache: another address is another model, and is in no dump
        headers = kwargs.get("extra_headers")
        if headers:
            kwargs["extra_headers"] = fingerprint(headers)
        return f"{super()._get_llm_string(stop=stop, **kwargs)}---{self.base_url or ''}"

    def _get_invocation_params(
        self, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        # the first thing that core asks for at a call, and what it traces
        check_options(type(self), kwargs, self._holder.warned)
        return super()._get_invocation_params(stop=stop, **hide_headers(kwargs))

    if not TYPE_CHECKING:  # core types it, with a class that it keeps to itself

        def bind(self, **kwargs):
            """The model with arguments of every call; they are checked now."""
            check_options(type(self), kwargs, self._holder.warned)
            return super().bind(**hide_headers(kwargs))

    @property
    def _identifying_params(self) -> dict[str, Any]:
        """Every field that changes an answer."""
        fields = ("dialect", "on_unsupported", "model_kwargs", "extra_body")
        return {
            name: value
            for name in ("model", *FIELD_PARAMS, *fields)
            if (value := getattr(self, name)) is not None
        }

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        return langsmith_params(self, stop, kwargs)

    def _combine_llm_outputs(self, llm_outputs: list[dict[str, Any] | None]) -> dict[str, Any]:
        return {"model_name": self.model, "token_usage": total_usage(llm_outputs)}

    def get_num_tokens(self, text: str) -> int:
        """About how many tokens a text is, without the network."""
        if self.custom_get_token_ids is not None:
            return len(self.custom_get_token_ids(text))
        from langchain_aimlapi._langchain.tokens import count_text

        return count_text(text)

    def get_num_tokens_from_messages(
        self, messages: Sequence[BaseMessage], tools: Sequence[Any] | None = None
    ) -> int:
        """About how many tokens a conversation and its tools are, without the network."""
        from langchain_aimlapi._langchain.tokens import count_messages

        wires = [tool_to_wire(tool) for tool in tools or ()]
        return count_messages(messages, wires, self.get_num_tokens)

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

    def _prepared(self, *arguments: Any, stream: bool) -> tuple[Call, ChatRequest]:
        """A call that can be made, after downloading media where that was needed and allowed."""
        request, headers = self._request(*arguments, stream=stream)
        call = self._call_or_urls(request, headers)
        if isinstance(call, Call):
            return call, request
        fetched = self._drivers().sync.run(fetch_all(call, FetchLimits()), None)
        return self._with_media(with_data(request, fetched), headers)

    async def _aprepared(self, *arguments: Any, stream: bool) -> tuple[Call, ChatRequest]:
        """The async twin of `_prepared`."""
        request, headers = self._request(*arguments, stream=stream)
        call = self._call_or_urls(request, headers)
        if isinstance(call, Call):
            return call, request
        fetched = await self._drivers().asynchronous.run(fetch_all(call, FetchLimits()), None)
        return self._with_media(with_data(request, fetched), headers)

    def _with_media(
        self, request: ChatRequest, headers: dict[str, str]
    ) -> tuple[Call, ChatRequest]:
        call = self._call_or_urls(request, headers)
        assert isinstance(call, Call)  # noqa: S101 - no URL is left that could be asked for
        return call, request

    def _request(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        run_manager: RunManager,
        kwargs: Mapping[str, Any],
        *,
        stream: bool,
    ) -> tuple[ChatRequest, dict[str, str]]:
        """What is asked for, and the headers to send."""
        options = dict(kwargs)
        headers = request_headers(self, options, _run_id(run_manager) or runs.current_run_id())
        return chat_request(self, messages, stop, options, stream=stream), headers

    def _call_or_urls(self, request: ChatRequest, headers: dict[str, str]) -> Call | list[str]:
        """The call; or the URLs whose content has to be sent instead, where the model takes no URL
        and ``fetch_urls`` allows downloads."""
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
            )
        except errors.AimlapiError as error:
            may_fetch = self.fetch_urls and isinstance(error, errors.UnsupportedFeatureError)
            if may_fetch and (urls := urls_of(request)):
                return urls
            self._complete(error, request)
            raise

    def _result(
        self, answer: ChatResponse, request: ChatRequest, kwargs: Mapping[str, Any]
    ) -> ChatResult:
        result = reply_to_result(
            answer, model=request.model, with_headers=self.include_response_headers
        )
        by_functions = uses_functions(kwargs, self.model_kwargs)
        return result_to_function_call(result) if by_functions else result

    def _chunk_maker(
        self, request: ChatRequest, kwargs: Mapping[str, Any]
    ) -> Callable[[Delta | StreamEnd], ChatGenerationChunk | None]:
        """A function from an item of a stream to its chunk."""
        if not uses_functions(kwargs, self.model_kwargs):
            return lambda item: self._chunk(item, request)

        def moved(item: Delta | StreamEnd) -> ChatGenerationChunk | None:
            chunk = self._chunk(item, request)
            return chunk_to_function_call(chunk) if chunk is not None else None

        return moved

    def _chunk(self, item: Delta | StreamEnd, request: ChatRequest) -> ChatGenerationChunk | None:
        """One item of a stream as a chunk; a stream shows the first answer only."""
        if type(item) is Delta:
            if item.choice == 0:
                return delta_to_chunk(item)
            if request.params.get("n"):
                notes = Notes(request.model, self.on_unsupported)
                notes.adapted("n", "a stream tells the first of several answers; invoke tells all")
                notes.warn(self._holder.warned)
            return None
        assert isinstance(item, StreamEnd)  # noqa: S101 - a reader gives nothing else
        return final_to_chunk(item, model=request.model, with_headers=self.include_response_headers)

    def _complete(self, error: errors.AimlapiError, request: ChatRequest) -> None:
        """Add the catalog's advice to an error, and make its partial answer a message."""
        if isinstance(error.partial, ChatResponse):
            error.partial = partial_to_message(error.partial, model=request.model)
        advise(error, request.model, self._catalog())
        advise_kind(error, request.model, self._catalog(), "ChatAimlapi")

    def _retry_hook(self, run_manager: RunManager) -> Callable[[RetryEvent], Any] | None:
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
            return super()._generate_with_cache(*args, **kwargs)

    async def _agenerate_with_cache(self, *args: Any, **kwargs: Any) -> ChatResult:
        with runs.run_known(_run_id(kwargs.get("run_manager"))):
            return await super()._agenerate_with_cache(*args, **kwargs)

    def _convert_cached_generations(self, cache_val: list[Any]) -> list[ChatGeneration]:
        generations = super()._convert_cached_generations(cache_val)
        for generation in generations:
            if isinstance(generation.message, AIMessage):
                generation.message = without_charge(generation.message)
        return generations

    # --- tools and structured output -----

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: dict[str, Any] | str | bool | None = None,
        strict: bool | None = None,
        parallel_tool_calls: bool | None = None,
        response_format: Any = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The model with tools.

        Args:
            tools: Functions, pydantic classes, TypedDicts, ``BaseTool``s, schemas in OpenAI's or
                Anthropic's form, and server-side tools of a vendor.
            tool_choice: ``"auto"``, ``"none"``, ``"any"`` or ``"required"``, a tool's name, True
                (any), or a vendor's dictionary.
            strict: Hold the arguments to the schema, where the model can.
            parallel_tool_calls: Whether one answer may hold several calls.
            response_format: Shape of the final answer: a pydantic class, a TypedDict, a JSON
                schema, or the API's own dictionary.
            kwargs: Further parameters of every call.

        Returns:
            A runnable that answers with messages; its calls are in ``tool_calls``.

        Raises:
            ValueError: ``tool_choice`` names none of the tools, or a tool has no known form.
        """
        wires = [tool_to_wire(tool, strict=strict) for tool in tools]
        bound: dict[str, Any] = {**kwargs, "tools": wires}
        choice = choice_to_wire(tool_choice, wires)
        if choice is not None:
            bound["tool_choice"] = choice
        if parallel_tool_calls is not None:
            bound["parallel_tool_calls"] = parallel_tool_calls
        if response_format is not None:
            is_wire = isinstance(response_format, Mapping) and "type" in response_format
            bound["response_format"] = (
                response_format if is_wire else schema_to_format(response_format, strict=strict)
            )
        return self.bind(**bound)

    def with_structured_output(
        self,
        schema: dict[str, Any] | type | None = None,
        *,
        method: Method | None = None,
        include_raw: bool = False,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """The model with answers in the shape of ``schema``.

        Args:
            schema: Pydantic class, TypedDict, JSON schema or tool schema.
            method: ``json_schema``, ``function_calling`` or ``json_mode``. Default: the best that
                the model can, in this order.
            include_raw: Return ``{"raw": AIMessage, "parsed": ..., "parsing_error": ...}``.
            strict: Hold the answer to the schema, where the model can.

            kwargs: Further parameters of every call.

        Returns:
            A runnable that gives an instance of the pydantic class, else a dictionary. A stream
            of it gives dictionaries that grow. It raises OutputParserException (at the end of a
            stream) for a refusal, an answer cut at its token limit, and one without the structure.

        Raises:
            ValueError: an unknown method, or no schema where one is needed.
        """
        from langchain_aimlapi._langchain import structured  # 12 ms of an import

        chosen = method or structured.best_method(self._facts(self.model))
        return structured.build(
            self, schema, method=chosen, include_raw=include_raw, strict=strict, kwargs=kwargs
        )


# Messages that are restored, and models that are loaded, need these before anything is called.
blocks.register()
serial.allow_loading("ChatAimlapi")
type.__setattr__(ChatAimlapi, "__signature__", ModelFirst(vars(ChatAimlapi)["__signature__"]))


def _run_id(run_manager: RunManager) -> str | None:
    return str(run_manager.run_id) if run_manager is not None else None
