"""What every media model has in common: LangChain's chat model around an endpoint."""

from __future__ import annotations

import inspect
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from langchain_core.caches import BaseCache
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import RunnableConfig
from pydantic import ConfigDict, Field, model_validator

from langchain_aimlapi._connection.connection import Connection
from langchain_aimlapi._connection.fields import ConnectionFields, argument_names, refuse_twins
from langchain_aimlapi._connection.ledger import uncharged
from langchain_aimlapi._fitting.callers import warn_caller
from langchain_aimlapi._fitting.checks import check_spelling
from langchain_aimlapi._langchain import serial
from langchain_aimlapi._langchain.arguments import refuse_private
from langchain_aimlapi._langchain.chunks import PROVIDER
from langchain_aimlapi._langchain.fields import ModelField
from langchain_aimlapi._langchain.media import (
    SoundChunks,
    message_to_chunk,
    message_to_files,
    message_to_result,
    messages_to_arguments,
    progress_chunk,
    result_to_message,
    split_input,
)
from langchain_aimlapi.catalog.nearest import hint
from langchain_aimlapi.endpoints import Calls, Check, Job, JobCalls, Progress, Result
from langchain_aimlapi.endpoints._media import Media
from langchain_aimlapi.errors import AimlapiError, InvalidRequestError

MediaInput = LanguageModelInput | BaseMessage | Mapping[str, object]
"""A text, messages, one message, content blocks, or a dictionary: a ``prompt`` and arguments."""
NAMESPACE = ("langchain_aimlapi", "media_models")
# Left among the arguments of a call by LangChain.
_BOOKKEEPING = frozenset({"ls_structured_output_format", "structured_output_format", "streaming"})


class MediaFields(ConnectionFields, ModelField):
    """The fields of every media model besides those of LangChain's base class."""

    model_config = ConfigDict(defer_build=False)

    without_effect: ClassVar[Mapping[str, str]] = {}
    """Arguments of other classes that mean nothing here, and why."""

    model_kwargs: dict[str, Any] = Field(default_factory=dict)
    """Further parameters of every call; known ones are fitted to the model."""
    extra_body: dict[str, Any] | None = None
    """Goes into the request body verbatim, last."""


def sort_arguments(cls: type[MediaFields], values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a constructor; one that is no field goes into ``model_kwargs``.

    Raises:
        ValueError: one looks misspelt, like a credential, or is given under two names.
    """
    refuse_twins(cls, values)
    kept = {name: value for name, value in values.items() if name not in cls.without_effect}
    for name in values:
        if name in cls.without_effect:
            warn_caller(f"{name} has no effect: {cls.without_effect[name]}", UserWarning)
    known = argument_names(cls)
    own = {name: kept.pop(name) for name in list(kept) if name not in known}
    for name, value in own.items():
        if cure := hint(name, known, 0.8):
            raise ValueError(f"unknown argument {name!r}{cure}")
        refuse_private(name, value)
    if own:
        kept["model_kwargs"] = {**(kept.get("model_kwargs") or {}), **own}
    return kept


class AimlapiMediaModel(serial.Loadable, BaseChatModel, MediaFields):
    """A model that makes files, as a LangChain model.

    It takes what a chat model takes, and dictionaries of arguments; images, videos and sound in
    the prompt are what it starts from. It answers with an `AIMessage` of v1 content blocks, which
    goes into the prompt of another model as it is. Callbacks, tracing, batches, fallbacks and
    retries work as for chat models; ``stream`` yields progress in
    ``additional_kwargs["progress"]`` while a job runs, and the blocks at its end. Answers are not
    cached unless ``cache=True``: their links expire.

    ``response_metadata`` has ``model_name``, ``cost`` (US dollars) and ``cost_details``,
    ``inference_id``, ``client_request_id``, and ``job_id`` where there was a job.
    """

    cache: BaseCache | bool | None = Field(default=False, exclude=True)
    """Whether to cache answers, whose links expire. Default: no."""

    # What a subclass is for.
    calls: ClassVar[type[Calls]]
    """The endpoint that makes it."""
    verb: ClassVar[str] = "generate"
    """The method there."""
    block: ClassVar[str]
    """The type of the content blocks."""
    words: ClassVar[str] = "prompt"
    """The argument for the text of the messages."""
    required: ClassVar[tuple[str, ...]] = ()
    """Arguments that the method cannot do without, so that it says itself what is missing."""
    takes: ClassVar[Mapping[str, str]] = {}
    """Kind of media in the messages -> the argument for it."""
    call_fields: ClassVar[tuple[str, ...]] = ()
    """The fields that are arguments of every call."""

    # --- construction -----

    @model_validator(mode="before")
    @classmethod
    def _sort_arguments(cls, values: object) -> object:
        """An argument that is no field is a parameter of the model; one that looks misspelt, or
        like a credential, is refused."""
        return sort_arguments(cls, values) if isinstance(values, dict) else values

    # --- what LangChain asks about a model -----

    if not TYPE_CHECKING:  # for type checkers it is an argument of the constructor

        @property
        def model_name(self) -> str:
            """The model id, under LangChain's other name for it."""
            return self.model

    lc_home: ClassVar = NAMESPACE

    @property
    def _llm_type(self) -> str:
        name = type(self).__name__.removeprefix("Aimlapi").removesuffix("Model")
        return f"aimlapi-{name.lower()}"

    @property
    def _identifying_params(self) -> dict[str, object]:
        fields = ("model", *self.call_fields, "model_kwargs", "extra_body", "on_unsupported")
        return {name: found for name in fields if (found := getattr(self, name)) is not None}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: object) -> LangSmithParams:
        return LangSmithParams(
            ls_provider=PROVIDER,
            ls_model_name=str(kwargs.get("model") or self.model),
            ls_model_type="chat",
        )

    # --- inputs of every kind -----

    def invoke(
        self,
        input: MediaInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """Make it and wait for it.

        Args:
            input: A text, messages, one message, content blocks, or a dictionary with a
                ``prompt`` and arguments of the call.
            config: LangChain's configuration.
            stop: Not for media.
            kwargs: Arguments of the call, and parameters by the model's own names.
        """
        prompt, more = split_input(input)
        return super().invoke(prompt, config, stop=stop, **{**more, **kwargs})

    async def ainvoke(
        self,
        input: MediaInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """Like `invoke`, on the running event loop."""
        prompt, more = split_input(input)
        return await super().ainvoke(prompt, config, stop=stop, **{**more, **kwargs})

    def stream(
        self,
        input: MediaInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> Iterator[AIMessageChunk]:
        """Like `invoke`, with chunks of progress while a job runs."""
        prompt, more = split_input(input)
        yield from super().stream(prompt, config, stop=stop, **{**more, **kwargs})

    async def astream(
        self,
        input: MediaInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[AIMessageChunk]:
        """Like `stream`, on the running event loop."""
        prompt, more = split_input(input)
        async for chunk in super().astream(prompt, config, stop=stop, **{**more, **kwargs}):
            yield chunk

    # --- calls -----

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        calls, arguments = self._call(messages, stop, run_manager, kwargs)
        with uncharged():  # the callbacks of this run enter it
            made: Result = getattr(calls, self._method(arguments))(**arguments)
        return message_to_result(self._message(made, arguments))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        calls, arguments = self._call(messages, stop, run_manager, kwargs)
        with uncharged():
            made: Result = await getattr(calls, f"a{self._method(arguments)}")(**arguments)
        return message_to_result(self._message(made, arguments))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> Iterator[ChatGenerationChunk]:
        calls, arguments = self._call(messages, stop, run_manager, kwargs)
        if not isinstance(calls, JobCalls):
            with uncharged():
                made: Result = getattr(calls, self._method(arguments))(**arguments)
            yield message_to_chunk(self._message(made, arguments))
            return
        timeout, began = _job_options(arguments), time.monotonic()
        with uncharged():
            job: Job[Any] = cast("Any", calls).submit(**arguments)
        yield progress_chunk(job.id, "queued", job.native_status, None, 0.0)
        for state in job.watch(timeout=timeout):
            yield progress_chunk(
                job.id, state.status, state.native_status, state.fraction, time.monotonic() - began
            )
        with uncharged():
            yield message_to_chunk(self._message(job.result(), arguments))

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> AsyncIterator[ChatGenerationChunk]:
        calls, arguments = self._call(messages, stop, run_manager, kwargs)
        if not isinstance(calls, JobCalls):
            with uncharged():
                made: Result = await getattr(calls, f"a{self._method(arguments)}")(**arguments)
            yield message_to_chunk(self._message(made, arguments))
            return
        timeout, began = _job_options(arguments), time.monotonic()
        with uncharged():
            job: Job[Any] = await cast("Any", calls).asubmit(**arguments)
        yield progress_chunk(job.id, "queued", job.native_status, None, 0.0)
        async for state in job.awatch(timeout=timeout):
            yield progress_chunk(
                job.id, state.status, state.native_status, state.fraction, time.monotonic() - began
            )
        with uncharged():
            made = await job.aresult()
        yield message_to_chunk(self._message(made, arguments))

    def check(self, input: MediaInput, **kwargs: Any) -> Check:
        """What a call would send, and what would be refused or changed. Nothing is sent.

        Args:
            input, kwargs: As for `invoke`.
        """
        prompt, more = split_input(input)
        messages = self._convert_input(prompt).to_messages()
        try:
            calls, arguments = self._call(messages, None, None, {**more, **kwargs})
        except AimlapiError as error:
            return Check(error=error)
        _job_options(arguments)
        name = "check_edit" if self._method(arguments) == "edit" else "check"
        return cast("Check", getattr(calls, name)(**arguments))

    def files(self, message: BaseMessage | Mapping[str, Any]) -> list[Media]:
        """The files of an answer, to be saved, read or shown.

        Args:
            message: An answer of this model, or of another one; or its dictionary.

        Returns:
            `Media` values: ``[file.save("out") for file in model.files(answer)]``.
        """
        carrier = self._connection()._carrier()
        return [file.bound(carrier) for file in message_to_files(message)]

    # --- what goes out, and what comes back -----

    def _endpoint(self, request_id: str | None = None) -> Calls:
        """The endpoint, with the connection of this model."""
        return self.calls(self._connection(request_id))

    def _connection(self, request_id: str | None = None) -> Connection:
        settings = {name: getattr(self, name) for name in ConnectionFields.model_fields}
        connection = Connection(**settings, client_request_id=request_id)
        connection._holder = self._holder
        return connection

    def _call(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        run_manager: CallbackManagerForLLMRun | AsyncCallbackManagerForLLMRun | None,
        options: Mapping[str, Any],
    ) -> tuple[Calls, dict[str, Any]]:
        """Whose methods are to be called, and with which arguments."""
        if stop:
            raise InvalidRequestError("stop is for texts", advice="leave it out", field="stop")
        rest = {name: each for name, each in options.items() if name not in _BOOKKEEPING}
        request_id = rest.pop("client_request_id", None)
        if request_id is None and run_manager is not None:
            request_id = str(run_manager.run_id)
        calls = self._endpoint(request_id)
        model = str(rest.pop("model", None) or rest.pop("model_name", None) or self.model)
        words = messages_to_arguments(messages, self.takes, model, self.words)
        fields = {name: getattr(self, name) for name in self.call_fields}
        arguments = {**fields, **_joined(words, rest, self.words)}
        known = inspect.signature(getattr(calls, self.verb)).parameters
        params = {**self.model_kwargs, **(arguments.pop("params", None) or {})}
        extra_body = {**(self.extra_body or {}), **(arguments.pop("extra_body", None) or {})}
        for name in [name for name in arguments if name not in known and name != "mask"]:
            check_spelling(name, known, self._catalog().find(model))
            params[name] = arguments.pop(name)
        arguments = {name: each for name, each in arguments.items() if each is not None}
        for name in self.required:
            if name not in arguments:
                raise _nothing(name, model)
        options = {"params": params, "extra_body": extra_body}
        return calls, {"model": model, **arguments, **options}

    def _method(self, arguments: Mapping[str, object]) -> str:
        """The method that makes it."""
        return self.verb

    def _message(self, made: Result, arguments: Mapping[str, object]) -> AIMessage:
        return result_to_message(made, self.block, str(arguments["model"]))


def _nothing(name: str, model: str) -> InvalidRequestError:
    """The error for a prompt without what the call needs."""
    what, cure = "there are no words", "give a text, or a message with one"
    if name == "audio":
        what = "there is no sound"
        cure = "give a message with an audio block, or audio=pathlib.Path(...)"
    return InvalidRequestError(
        f"{name} is missing: {what} in the prompt",
        advice=cure,
        model=model,
        field=name,
    )


def _joined(words: dict[str, object], rest: Mapping[str, object], text: str) -> dict[str, object]:
    """Files of the messages and of the arguments together; a prompt stands in one place."""
    joined = {**words, **rest}
    for name in words.keys() & rest.keys():
        if name == text:
            raise InvalidRequestError(
                f"{name} is given twice, as the input and as an argument",
                advice="give one of them",
                field=name,
            )
        found = [words[name], rest[name]]
        joined[name] = [
            one for each in found for one in (each if isinstance(each, list) else [each])
        ]
    return joined


def _several(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _job_options(arguments: dict[str, Any]) -> float | None:
    """The time-out; what is for waiting is no argument of an order."""
    arguments.pop("progress", None)
    timeout: float | None = arguments.pop("timeout", None)
    return timeout


class AimlapiSoundModel(AimlapiMediaModel):
    """A media model whose sound comes while it is made."""

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        calls, arguments = self._call(messages, stop, run_manager, kwargs)
        chunks = SoundChunks(str(arguments["model"]))
        with cast("Any", calls).stream(**arguments) as pieces:
            for piece in pieces:
                yield from chunks.feed(piece, pieces.content_type)
        yield chunks.close()

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        calls, arguments = self._call(messages, stop, run_manager, kwargs)
        chunks = SoundChunks(str(arguments["model"]))
        async with cast("Any", calls).astream(**arguments) as pieces:
            async for piece in pieces:
                for chunk in chunks.feed(piece, pieces.content_type):
                    yield chunk
        yield chunks.close()


class JobFields(MediaFields):
    """Further fields of models that take minutes."""

    job_timeout: float | None = None
    """Seconds to wait for the result. Default: half an hour; the job goes on after that."""
    progress: Progress | None = Field(default=None, exclude=True, repr=False)
    """Called after each poll with (status, fraction or None, seconds)."""


class AimlapiJobModel(AimlapiMediaModel, JobFields):
    """A media model that takes minutes: ordered once, resumed by the job's id."""

    def submit(self, input: MediaInput, **kwargs: Any) -> Job[Any]:
        """Order it and return at once; ``job.result()`` waits for it.

        Args:
            input, kwargs: As for `invoke`.
        """
        calls, arguments = self._order(input, kwargs)
        return cast("Job[Any]", calls.submit(**arguments))

    async def asubmit(self, input: MediaInput, **kwargs: Any) -> Job[Any]:
        """Like `submit`, on the running event loop."""
        calls, arguments = self._order(input, kwargs)
        return cast("Job[Any]", await calls.asubmit(**arguments))

    def resume(self, id: str) -> Job[Any]:
        """A handle on what was ordered before, by this process or another one."""
        return cast("JobCalls[Any]", self._endpoint()).resume(id)

    def _order(self, input: MediaInput, kwargs: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        prompt, more = split_input(input)
        messages = self._convert_input(prompt).to_messages()
        calls, arguments = self._call(messages, None, None, {**more, **kwargs})
        _job_options(arguments)
        return calls, arguments

    def _call(self, *args: Any) -> tuple[Calls, dict[str, Any]]:
        calls, arguments = super()._call(*args)
        if self.job_timeout is not None:
            arguments.setdefault("timeout", self.job_timeout)
        if self.progress is not None:
            arguments.setdefault("progress", self.progress)
        return calls, arguments
