"""What a chat model is before it makes a call: its arguments, its profile, and what it shows of
itself to traces, dumps and caches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, cast

from langchain_core.language_models import ModelProfile
from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import BaseMessage
from pydantic import model_validator

from langchain_aimlapi._langchain import serial
from langchain_aimlapi._langchain.arguments import check_options, sort_arguments
from langchain_aimlapi._langchain.chunks import PROVIDER
from langchain_aimlapi._langchain.fields import ChatFields
from langchain_aimlapi._langchain.headers import fingerprint, hide_headers
from langchain_aimlapi._langchain.params import FIELD_PARAMS, FORMAT_AS, written
from langchain_aimlapi._langchain.tools import tool_to_openai
from langchain_aimlapi._version import __version__

if TYPE_CHECKING:
    from pydantic import ModelWrapValidatorHandler  # since 2.10


class CatalogProfile(dict[str, Any]):
    """A profile that was looked up, not set by the user: a copy of the model with another id
    must look up its own."""

    model_id: str

    def __init__(self, profile: dict[str, Any], model_id: str) -> None:
        super().__init__(profile)
        self.model_id = model_id

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (dict(self), self.model_id))


def is_stale(profile: object, model_id: object) -> bool:
    """Whether a profile was looked up for another model."""
    return isinstance(profile, CatalogProfile) and profile.model_id != model_id


class Identity(serial.Loadable, BaseChatModel, ChatFields):
    """The part of a chat model that sends nothing."""

    # --- construction -----

    @model_validator(mode="wrap")
    @classmethod
    def _keep_unknown_arguments(cls, values: object, make: ModelWrapValidatorHandler[Self]) -> Self:
        """An argument that is no field goes into ``model_kwargs``, with a warning; one that looks
        misspelt, or like a credential or an address, is refused."""
        if not isinstance(values, dict):
            return make(values)
        arguments = sort_arguments(cls, values)
        if is_stale(arguments.get("profile"), arguments.get("model")):
            del arguments["profile"]  # of a model that `configurable_fields` makes another one of
        made = make(arguments)
        made._written = written(arguments, {})
        return made

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

    def model_copy(self, *, update: Mapping[str, object] | None = None, deep: bool = False) -> Self:
        """A copy with some fields changed; of another ``model`` it has the profile, too."""
        copied = super().model_copy(update=update, deep=deep)
        if update:
            copied._written = written(update, copied._written)
        if is_stale(copied.profile, copied.model):
            copied.profile = copied._resolve_model_profile()
        return copied

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        # the catalog's profile is a page, and core's metadata is the same for every model
        hidden = {"metadata"} if not set(self.metadata or ()) - {"lc_versions"} else set()
        hidden |= {"profile"} if isinstance(self.profile, CatalogProfile) else set()
        yield from (pair for pair in super().__repr_args__() if pair[0] not in hidden)

    # --- what LangChain asks about a model -----

    if not TYPE_CHECKING:  # which know it as the other name of the argument

        @property
        def model_name(self) -> str:
            """The model id, under LangChain's other name for it."""
            return self.model

    @property
    def _llm_type(self) -> str:
        return "aimlapi-chat"

    def _get_llm_string(self, stop: list[str] | None = None, **kwargs: Any) -> str:
        # the key of LangChain's cache: another address is another model, and is in no dump
        kwargs.pop(FORMAT_AS, None)
        headers = kwargs.get("extra_headers")
        if headers:
            kwargs["extra_headers"] = fingerprint(headers)
        return f"{super()._get_llm_string(stop=stop, **kwargs)}---{self.base_url or ''}"

    def _get_invocation_params(
        self, stop: list[str] | None = None, **kwargs: object
    ) -> dict[str, object]:
        # the first thing that core asks for at a call, and what it traces
        check_options(type(self), kwargs, self._holder.warned)
        kwargs.pop(FORMAT_AS, None)
        return super()._get_invocation_params(stop=stop, **hide_headers(kwargs))

    if not TYPE_CHECKING:  # core types it, with a class that it keeps to itself

        def bind(self, **kwargs):
            """The model with arguments of every call; they are checked now."""
            check_options(type(self), kwargs, self._holder.warned)
            return super().bind(**hide_headers(kwargs))

    @property
    def _identifying_params(self) -> dict[str, object]:
        """Every field that changes an answer."""
        fields = ("dialect", "on_unsupported", "model_kwargs", "extra_body")
        return {
            name: value
            for name in ("model", *FIELD_PARAMS, *fields)
            if (value := getattr(self, name)) is not None
        }

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: object) -> LangSmithParams:
        return langsmith_params(self, stop, kwargs)

    def _combine_llm_outputs(
        self, llm_outputs: list[dict[str, object] | None]
    ) -> dict[str, object]:
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

        openai_tools = [tool_to_openai(tool) for tool in tools or ()]
        return count_messages(messages, openai_tools, self.get_num_tokens)


def langsmith_params(
    fields: ChatFields, stop: list[str] | None, options: Mapping[str, object]
) -> LangSmithParams:
    """LangSmith's standard metadata of one call."""
    params = LangSmithParams(
        ls_provider=PROVIDER,
        ls_model_name=str(options.get("model") or fields.model),
        ls_model_type="chat",
    )
    temperature = options.get("temperature", fields.temperature)
    if isinstance(temperature, int | float):
        params["ls_temperature"] = float(temperature)
    limit = options.get("max_tokens", fields.max_tokens)
    if isinstance(limit, int):
        params["ls_max_tokens"] = limit
    texts = stop or fields.stop
    if isinstance(texts, Iterable) and texts:  # what is none is refused with the request
        params["ls_stop"] = [texts] if isinstance(texts, str) else list(texts)
    return params


def total_usage(outputs: Iterable[Mapping[str, Any] | None]) -> dict[str, int]:
    """The token counts of several answers, added up."""
    total: dict[str, int] = {}
    for output in outputs:
        for name, value in ((output or {}).get("token_usage") or {}).items():
            if isinstance(value, int) and not isinstance(value, bool):
                total[name] = total.get(name, 0) + value
    return total
