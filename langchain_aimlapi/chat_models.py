"""`ChatAimlapi`: every chat model of AI/ML API as one LangChain chat model."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput, ModelProfile
from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.tools import BaseTool
from pydantic import ConfigDict, Field, model_validator

from langchain_aimlapi import errors
from langchain_aimlapi._connection.fields import ConnectionFields, names
from langchain_aimlapi._connection.settings import check_headers, check_request_id, secret_of
from langchain_aimlapi._dialects.call import Call, prepare
from langchain_aimlapi._domain.values import ChatRequest, ChatResponse, Delta, StreamEnd
from langchain_aimlapi._fitting.downloads import fetch_all, urls_of, with_data
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._langchain import blocks, runs, serial
from langchain_aimlapi._langchain.arguments import sort_arguments
from langchain_aimlapi._langchain.chunks import (
    PROVIDER,
    delta_to_chunk,
    final_to_chunk,
    partial_to_message,
    reply_to_result,
    result_to_chunks,
)
from langchain_aimlapi._langchain.messages import messages_to_domain
from langchain_aimlapi._langchain.params import FIELD_PARAMS, RequestFields, gather
from langchain_aimlapi._langchain.tools import (
    choice_to_domain,
    choice_to_wire,
    format_to_domain,
    schema_to_format,
    tool_to_wire,
    tools_to_domain,
)
from langchain_aimlapi._version import __version__
from langchain_aimlapi._wire.fetch import FetchLimits
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Limits
from langchain_aimlapi._wire.retry import RetryEvent
from langchain_aimlapi.catalog.advice import advise
from langchain_aimlapi.catalog.facts import Facts

if TYPE_CHECKING:
    from typing import Self

    from langchain_aimlapi._langchain import structured

RunManager = CallbackManagerForLLMRun | AsyncCallbackManagerForLLMRun | None


class ChatAimlapi(BaseChatModel, RequestFields, ConnectionFields):
    """A chat model of AI/ML API, by its id: ``ChatAimlapi(model="openai/gpt-4o")``.

    One class speaks to every chat model; which wire format an id needs, and what it takes, is
    looked up in the catalog that comes with the package. The key is read from ``api_key`` or
    ``AIMLAPI_API_KEY`` when a call is made.

    Every message carries in ``response_metadata``: ``model_name``, ``model_provider``, ``id``,
    ``finish_reason`` (``stop``, ``length``, ``tool_calls``, ``content_filter``) and
    ``native_finish_reason``, ``inference_id``, ``client_request_id`` and the real charge as
    ``cost`` (``{"usd": float, "credits": int}``); in streams they come with the last chunk.
    Reasoning is in ``content_blocks`` and in ``additional_kwargs["reasoning_content"]``.

    Raises:
        langchain_aimlapi.errors.AimlapiError: every failure of a call is a subclass of it, and of
            langchain-core's ``ModelError``.

    Wire: POST ``/v1/chat/completions``, ``/v1/messages`` or ``/v1/responses``.
    Source: the model pages of docs.aimlapi.com, read 2026-08-21.
    """

    model_config = ConfigDict(
        populate_by_name=True, protected_namespaces=(), hide_input_in_errors=True
    )

    model: str = Field(validation_alias=names("model", "model_name"), min_length=1)
    """Model id, such as ``"openai/gpt-4o"``; see `langchain_aimlapi.Catalog`."""
    model_kwargs: dict[str, Any] = Field(default_factory=dict)
    """Further parameters; known ones are fitted to the model, others go out as they are."""
    extra_body: dict[str, Any] | None = None
    """Goes into the request body verbatim, last."""
    dialect: Literal["completions", "messages", "responses"] | None = None
    """Force a wire format. Default: what the catalog says of the model."""
    fetch_urls: bool = False
    """Download media that a prompt gives by URL where the model takes the content itself only.
    Only public https addresses are followed; see `langchain_aimlapi.downloads`."""

    # -- how it is asked -----
    streaming: bool = False
    """Stream also where ``invoke`` is called."""
    stream_usage: bool = True
    """Ask for token usage in streams."""
    coalesce: bool = False
    """In streams, join text that has already arrived into one chunk: cheaper when the consumer
    is slower than the model. Loses nothing and waits for nothing."""
    stream_timeout: float | None = Field(default=120.0)
    """Seconds to wait for the next event of a stream; keep-alives do not count. None: for ever."""
    include_response_headers: bool = False
    """Put the headers of the answer into ``response_metadata["headers"]``."""
    max_event_bytes: int = Field(default=64 * 1024 * 1024, gt=0)
    """Longest event of a stream, in bytes."""

    # --- construction -----

    @model_validator(mode="before")
    @classmethod
    def _keep_unknown_arguments(cls, values: Any) -> Any:
        """An argument that is no field goes into ``model_kwargs``, with a warning; one that looks
        like a misspelt field is refused."""
        return sort_arguments(cls, values) if isinstance(values, dict) else values

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
        return ModelProfile(**profile) if profile else None  # type: ignore[typeddict-item]

    def _facts(self, model: str) -> Facts:
        return self._catalog().find(model)

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
        serial.allow_loading(cls)
        return ["langchain_aimlapi", "chat_models"]

    def _get_llm_string(self, stop: list[str] | None = None, **kwargs: Any) -> str:
        # the key of LangChain's cache: another address is another model, and is in no dump
        return f"{super()._get_llm_string(stop=stop, **kwargs)}---{self.base_url or ''}"

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
        params = LangSmithParams(
            ls_provider=PROVIDER,
            ls_model_name=str(kwargs.get("model") or self.model),
            ls_model_type="chat",
        )
        temperature = kwargs.get("temperature", self.temperature)
        if isinstance(temperature, int | float):
            params["ls_temperature"] = float(temperature)
        limit = kwargs.get("max_tokens", self.max_tokens)
        if isinstance(limit, int):
            params["ls_max_tokens"] = limit
        texts = stop or self.stop
        if texts:
            params["ls_stop"] = [texts] if isinstance(texts, str) else list(texts)
        return params

    def _combine_llm_outputs(self, llm_outputs: list[dict[str, Any] | None]) -> dict[str, Any]:
        combined: dict[str, Any] = {"model_name": self.model, "token_usage": {}}
        for output in llm_outputs:
            for name, value in ((output or {}).get("token_usage") or {}).items():
                if isinstance(value, int) and not isinstance(value, bool):
                    total = combined["token_usage"]
                    total[name] = total.get(name, 0) + value
        return combined

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
        call, ask = self._ready(messages, stop, run_manager, kwargs, stream=False)
        failed: errors.AimlapiError
        try:
            reply = self._drivers().sync.run(
                call.whole(), self._key(), self._retry_hook(run_manager)
            )
            return self._result(reply, ask)
        except errors.AimlapiError as error:
            failed = error
        raise self._completed(failed, ask)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        call, ask = await self._aready(messages, stop, run_manager, kwargs, stream=False)
        failed: errors.AimlapiError
        try:
            reply = await self._drivers().asynchronous.run(
                call.whole(), self._key(), self._retry_hook(run_manager)
            )
            return self._result(reply, ask)
        except errors.AimlapiError as error:
            failed = error
        raise self._completed(failed, ask)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        call, ask = self._ready(messages, stop, run_manager, kwargs, stream=True)
        failed: errors.AimlapiError | None = None
        if call.shape.streams:
            items = self._drivers().sync.stream(
                call.stream(), self._key(), self._retry_hook(run_manager)
            )
            try:
                for item in items:
                    chunk = self._chunk(item, ask)
                    if chunk is not None:
                        if run_manager is not None:
                            run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                        yield chunk
                return
            except errors.AimlapiError as error:
                failed = error
            finally:
                items.close()
            if not isinstance(failed, errors.StreamingUnsupportedError):
                raise self._completed(failed, ask)
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
        call, ask = await self._aready(messages, stop, run_manager, kwargs, stream=True)
        failed: errors.AimlapiError | None = None
        if call.shape.streams:
            items = self._drivers().asynchronous.stream(
                call.stream(), self._key(), self._retry_hook(run_manager)
            )
            try:
                async for item in items:
                    chunk = self._chunk(item, ask)
                    if chunk is not None:
                        if run_manager is not None:
                            await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                        yield chunk
                return
            except errors.AimlapiError as error:
                failed = error
            finally:
                await items.aclose()
            if not isinstance(failed, errors.StreamingUnsupportedError):
                raise self._completed(failed, ask)
        result = await self._agenerate(messages, stop, run_manager, **kwargs)
        for chunk in result_to_chunks(result):
            if run_manager is not None:
                await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    def _ready(self, *arguments: Any, stream: bool) -> tuple[Call, ChatRequest]:
        """A call that can be made, after downloading media where that was needed and allowed."""
        ask, headers = self._asked(*arguments, stream=stream)
        prepared = self._prepare(ask, headers)
        if isinstance(prepared, Call):
            return prepared, ask
        fetched = self._drivers().sync.run(fetch_all(prepared, FetchLimits()), None)
        return self._with_media(with_data(ask, fetched), headers)

    async def _aready(self, *arguments: Any, stream: bool) -> tuple[Call, ChatRequest]:
        """The async twin of `_ready`."""
        ask, headers = self._asked(*arguments, stream=stream)
        prepared = self._prepare(ask, headers)
        if isinstance(prepared, Call):
            return prepared, ask
        flow = fetch_all(prepared, FetchLimits())
        fetched = await self._drivers().asynchronous.run(flow, None)
        return self._with_media(with_data(ask, fetched), headers)

    def _with_media(self, ask: ChatRequest, headers: dict[str, str]) -> tuple[Call, ChatRequest]:
        prepared = self._prepare(ask, headers)
        assert isinstance(prepared, Call)  # noqa: S101 - no URL is left that could be asked for
        return prepared, ask

    def _asked(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        run_manager: RunManager,
        kwargs: Mapping[str, Any],
        *,
        stream: bool,
    ) -> tuple[ChatRequest, dict[str, str]]:
        blocks.register()
        options = dict(kwargs)
        headers = self._headers(options, run_manager)
        return self._ask(messages, stop, options, stream=stream), headers

    def _prepare(self, ask: ChatRequest, headers: dict[str, str]) -> Call | list[str]:
        """The call; or the URLs whose content the model must be given, where it takes no URL and
        ``fetch_urls`` allows to download."""
        policy = Policy(self.max_retries, self._limits(), ask.model, secret_of(self._key()))
        failed: errors.AimlapiError
        try:
            return prepare(
                ask,
                self._facts(ask.model),
                root=self._root(),
                headers=headers,
                policy=policy,
                dialect=self.dialect,
                on_unsupported=self.on_unsupported,
                seen=self._holder.warned,
                coalesce=self.coalesce,
            )
        except errors.UnsupportedFeatureError as error:
            failed = error
            if self.fetch_urls and (urls := urls_of(ask)):
                return urls
        except errors.AimlapiError as error:
            failed = error
        raise self._completed(failed, ask)

    def _ask(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        options: dict[str, Any],
        *,
        stream: bool,
    ) -> ChatRequest:
        """The call in neutral terms; consumes ``options``."""
        options.pop("stream", None)
        stream_usage = options.pop("stream_usage", None)
        extra_body = {**(self.extra_body or {}), **(options.pop("extra_body", None) or {})}
        model = str(options.pop("model", None) or options.pop("model_name", None) or self.model)
        tools = tools_to_domain(options.pop("tools", None) or ())
        choice = choice_to_domain(options.pop("tool_choice", None))
        wanted = format_to_domain(options.pop("response_format", None))
        given = {name: getattr(self, name) for name in FIELD_PARAMS}
        return ChatRequest(
            model=model,
            messages=messages_to_domain(
                messages, custom={tool.name for tool in tools if tool.kind == "custom"}
            ),
            tools=tools,
            tool_choice=choice,
            response_format=wanted,
            params=gather({**given, **self.model_kwargs}, options, stop, stream=stream),
            extra_body=extra_body,
            stream=stream,
            stream_usage=self.stream_usage if stream_usage is None else bool(stream_usage),
        )

    def _headers(self, options: dict[str, Any], run_manager: RunManager) -> dict[str, str]:
        """Headers of one request; the run id of LangChain is the client request id."""
        given = options.pop("client_request_id", None)
        extra = options.pop("extra_headers", None) or {}
        run_id = _run_id(run_manager) or runs.current_run_id()
        request_id = str(given) if given is not None else run_id or str(uuid.uuid4())
        headers = {"x-client-request-id": request_id}
        headers |= self.default_headers or {}
        headers |= {name.lower(): value for name, value in check_headers(extra).items()}
        check_request_id(headers["x-client-request-id"])
        return headers

    def _limits(self) -> Limits:
        limits = super()._limits()
        return replace(limits, idle=self.stream_timeout, max_event_bytes=self.max_event_bytes)

    def _result(self, reply: ChatResponse, ask: ChatRequest) -> ChatResult:
        return reply_to_result(reply, model=ask.model, with_headers=self.include_response_headers)

    def _chunk(self, item: Delta | StreamEnd, ask: ChatRequest) -> ChatGenerationChunk | None:
        """One item of a stream as a chunk; a stream tells the first answer only."""
        if type(item) is Delta:
            if item.choice == 0:
                return delta_to_chunk(item)
            if ask.params.get("n"):
                notes = Notes(ask.model, self.on_unsupported)
                notes.adapted("n", "a stream tells the first of several answers; invoke tells all")
                notes.warn(self._holder.warned, stacklevel=5)
            return None
        assert isinstance(item, StreamEnd)  # noqa: S101 - a reader gives nothing else
        return final_to_chunk(item, model=ask.model, with_headers=self.include_response_headers)

    def _completed(self, error: errors.AimlapiError, ask: ChatRequest) -> errors.AimlapiError:
        """The error with advice from the catalog, and with the partial answer as a message."""
        if isinstance(error.partial, ChatResponse):
            error.partial = partial_to_message(error.partial, model=ask.model)
        advise(error, ask.model, self._catalog())
        return error

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
        method: structured.Method | None = None,
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


def _run_id(run_manager: RunManager) -> str | None:
    return str(run_manager.run_id) if run_manager is not None else None
