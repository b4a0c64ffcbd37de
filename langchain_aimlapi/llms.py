"""`AimlapiLLM`: text in, text out, over every chat model of AI/ML API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.llms import BaseLLM
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.outputs import (
    ChatGenerationChunk,
    ChatResult,
    Generation,
    GenerationChunk,
    LLMResult,
)
from langchain_core.runnables.config import ensure_config, get_executor_for_config
from pydantic import ConfigDict, model_validator

from langchain_aimlapi._langchain import serial
from langchain_aimlapi._langchain.arguments import check_options, sort_arguments
from langchain_aimlapi._langchain.fields import ChatFields, ModelFirst
from langchain_aimlapi._langchain.identity import langsmith_params, total_usage
from langchain_aimlapi._langchain.params import FIELD_PARAMS
from langchain_aimlapi.chat_models import ChatAimlapi

if TYPE_CHECKING:
    from pydantic import ModelWrapValidatorHandler  # since 2.10

NAMESPACE = ["langchain_aimlapi", "llms"]
AsyncManager = AsyncCallbackManagerForLLMRun | None


class AimlapiLLM(serial.Loadable, BaseLLM, ChatFields):
    """Text in, text out: ``AimlapiLLM(model="openai/gpt-4o").invoke("Once upon a time")``.

    For chains that want a plain text model. The API has no completions endpoint, so each prompt
    goes out as one user message; everything else is as in `ChatAimlapi`. Several prompts at once
    are several calls at a time. ``generation_info`` of a generation has ``finish_reason``,
    ``cost``, ``inference_id`` and the rest of a message's ``response_metadata``, and
    ``usage_metadata``.

    Raises:
        langchain_aimlapi.errors.AimlapiError: every failure of a call is a subclass of it.

    Wire: POST ``/v1/chat/completions``, ``/v1/messages`` or ``/v1/responses``.
    Source: the model pages of docs.aimlapi.com, read 2026-08-21.
    """

    model_config = ConfigDict(defer_build=False)

    # --- construction -----

    @model_validator(mode="wrap")
    @classmethod
    def _keep_unknown_arguments(cls, values: object, make: ModelWrapValidatorHandler[Self]) -> Self:
        """An argument that is no field goes into ``model_kwargs``, with a warning."""
        return make(sort_arguments(cls, values) if isinstance(values, dict) else values)

    # --- what LangChain asks about a model -----

    if not TYPE_CHECKING:  # for type checkers it is an argument of the constructor

        @property
        def model_name(self) -> str:
            """The model id, under LangChain's other name for it."""
            return self.model

    lc_home: ClassVar = NAMESPACE

    @property
    def _llm_type(self) -> str:
        return "aimlapi"

    @property
    def _identifying_params(self) -> dict[str, object]:
        fields = ("model", *FIELD_PARAMS, "dialect", "on_unsupported", "model_kwargs", "extra_body")
        # the address is another model to LangChain's cache
        found = {name: getattr(self, name) for name in (*fields, "base_url")}
        return {name: value for name, value in found.items() if value is not None}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: object) -> LangSmithParams:
        return {**langsmith_params(self._chat(), stop, kwargs), "ls_model_type": "llm"}

    def get_num_tokens(self, text: str) -> int:
        """About how many tokens a text is, without the network."""
        if self.custom_get_token_ids is not None:
            return len(self.custom_get_token_ids(text))
        return self._chat().get_num_tokens(text)

    # --- calls -----

    def _generate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> LLMResult:
        chat = self._prepared(kwargs)

        def answer(prompt: str) -> ChatResult:
            # one run of LangChain's for all prompts: only a single one can have its id
            manager = run_manager if len(prompts) == 1 else None
            return chat._generate([HumanMessage(prompt)], stop, manager, **kwargs)

        if len(prompts) == 1:
            return _joined([answer(prompts[0])], self.model)
        with get_executor_for_config(ensure_config(None)) as executor:
            return _joined(list(executor.map(answer, prompts)), self.model)

    async def _agenerate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        run_manager: AsyncManager = None,
        **kwargs: object,
    ) -> LLMResult:
        chat = self._prepared(kwargs)
        manager = run_manager if len(prompts) == 1 else None
        answers = await asyncio.gather(
            *(chat._agenerate([HumanMessage(each)], stop, manager, **kwargs) for each in prompts)
        )
        return _joined(answers, self.model)

    def _stream(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> Iterator[GenerationChunk]:
        chunks = self._prepared(kwargs)._stream([HumanMessage(prompt)], stop, None, **kwargs)
        for each in chunks:
            chunk = _chunk(each)
            if run_manager is not None:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    async def _astream(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: AsyncManager = None,
        **kwargs: object,
    ) -> AsyncIterator[GenerationChunk]:
        chunks = self._prepared(kwargs)._astream([HumanMessage(prompt)], stop, None, **kwargs)
        async with aclosing(cast("Any", chunks)):
            async for each in chunks:
                chunk = _chunk(each)
                if run_manager is not None:
                    await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk

    def _prepared(self, options: Mapping[str, object]) -> ChatAimlapi:
        check_options(type(self), options, self._holder.warned)
        return self._chat()

    def _chat(self) -> ChatAimlapi:
        """The chat model behind it, on the same connections."""
        names = self.model_fields_set & set(ChatFields.model_fields)
        chat = ChatAimlapi(**{name: getattr(self, name) for name in names})
        chat._holder = self._holder
        return chat


def _info(message: AIMessage, finish: Mapping[str, object] | None) -> dict[str, object]:
    info = {**(finish or {}), **message.response_metadata}
    if message.usage_metadata is not None:
        info["usage_metadata"] = dict(message.usage_metadata)
    if message.tool_calls:
        info["tool_calls"] = list(message.tool_calls)
    return info


def _joined(answers: list[ChatResult], model: str) -> LLMResult:
    """The answers of all prompts; several choices of one are several generations."""
    generations = [
        [
            Generation(
                text=str(choice.message.text),
                generation_info=_info(cast("AIMessage", choice.message), choice.generation_info),
            )
            for choice in answer.generations
        ]
        for answer in answers
    ]
    usage = total_usage([answer.llm_output for answer in answers])
    return LLMResult(
        generations=cast("Any", generations),
        llm_output={"model_name": model, "token_usage": usage},
    )


def _chunk(chunk: ChatGenerationChunk) -> GenerationChunk:
    message = cast("AIMessage", chunk.message)
    return GenerationChunk(
        text=str(message.text), generation_info=_info(message, chunk.generation_info) or None
    )


type.__setattr__(AimlapiLLM, "__signature__", ModelFirst(vars(AimlapiLLM)["__signature__"]))
serial.allow_loading("AimlapiLLM", NAMESPACE)
