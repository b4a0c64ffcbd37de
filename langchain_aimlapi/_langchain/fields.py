"""The constructor fields of `ChatAimlapi`, in the order of its signature."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from langchain_aimlapi._connection.fields import ConnectionFields
from langchain_aimlapi._langchain.params import RequestFields
from langchain_aimlapi._wire.request import Limits
from langchain_aimlapi.catalog.facts import Facts

if TYPE_CHECKING:
    from langchain_aimlapi.catalog.model_ids import ChatModelId

    ModelText = ChatModelId | str


class ModelField(BaseModel):
    """Which model: the first argument of the constructor."""

    if TYPE_CHECKING:  # either name will do, and one is needed: only the constructor can check it
        model: ModelText = ""
        model_name: ModelText = ""
    else:
        model: str = Field(validation_alias=AliasChoices("model", "model_name"), min_length=1)
    """Model id, such as ``"openai/gpt-4o"``; see `langchain_aimlapi.Catalog`."""


class ChatFields(ConnectionFields, RequestFields, ModelField):
    """Everything that a chat model is made of, but what LangChain's base class adds.

    Pydantic collects fields from the last base class to the first: the model, the parameters of
    every request, the connection, and then these.
    """

    model_config = ConfigDict(
        populate_by_name=True,
        protected_namespaces=(),
        hide_input_in_errors=True,
        # The classes on the way to `ChatAimlapi` make no instances; building each costs 5 ms.
        defer_build=True,
    )

    # --- what goes out -----

    model_kwargs: dict[str, Any] = Field(default_factory=dict)
    """Further parameters; known ones are fitted to the model, others go out as they are."""
    extra_body: dict[str, Any] | None = None
    """Goes into the request body verbatim, last."""
    dialect: Literal["completions", "messages", "responses"] | None = None
    """Force a wire format. Default: what the catalog says of the model."""
    fetch_urls: bool = False
    """Download media that a prompt gives by URL where the model takes the content itself only.
    Only public https addresses are followed; see `langchain_aimlapi.downloads`."""

    # --- what comes back -----

    # None, not False: what is configurable is made anew with every field written out, and
    # langchain-core (1.6 to 1.8) takes a False that was written for the wish not to stream.
    streaming: bool | None = None
    """True: stream also where ``invoke`` is called. False: nowhere, not even in ``stream``."""
    stream_usage: bool = True
    """Ask for token usage in streams."""
    coalesce: bool = False
    """In streams, join text that has already arrived into one chunk: cheaper when the consumer
    is slower than the model. Loses nothing and waits for nothing."""
    stream_timeout: float | None = Field(default=120.0, gt=0)
    """Seconds to wait for the next event of a stream; keep-alives do not count. None: for ever."""
    include_response_headers: bool = False
    """Put the headers of the answer into ``response_metadata["headers"]``."""
    max_event_bytes: int = Field(default=64 * 1024 * 1024, gt=0)
    """Longest event of a stream, in bytes."""

    def _limits(self) -> Limits:
        limits = super()._limits()
        return replace(limits, idle=self.stream_timeout, max_event_bytes=self.max_event_bytes)

    def _facts(self, model: str) -> Facts:
        return self._catalog().find(model)


class ModelFirst:
    """The signature of a pydantic class with ``model`` as its first argument.

    LangChain's base classes come before ours in pydantic's order, and with them an argument
    ``name`` and an ``*args`` that takes nothing.
    """

    def __init__(self, made_by_pydantic: Any) -> None:
        self._made_by_pydantic = made_by_pydantic

    def __get__(self, instance: object, owner: type[Any]) -> inspect.Signature:
        signature: inspect.Signature = self._made_by_pydantic.__get__(None, owner)
        named = [p for p in signature.parameters.values() if p.kind is not p.VAR_POSITIONAL]
        named.sort(key=lambda p: (p.kind, p.name != "model"))
        return signature.replace(parameters=named)
