"""`AimlapiSearchRetriever`: the web, searched by a model, as LangChain documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from langchain_core.callbacks import (
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForRetrieverRun,
)
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import StructuredTool
from pydantic import AliasChoices, Field

from langchain_aimlapi._connection.fields import ConnectionFields
from langchain_aimlapi._langchain.sources import message_to_documents
from langchain_aimlapi.catalog.facts import Facts
from langchain_aimlapi.chat_models import ChatAimlapi
from langchain_aimlapi.errors import UnsupportedFeatureError

COMPLETIONS, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
_OPTIONS = "web_search_options"


class AimlapiSearchRetriever(BaseRetriever, ConnectionFields):
    """Web search: ``AimlapiSearchRetriever(k=5).invoke("who won?")``.

    A model searches the web and names its sources; each source is a document with ``url`` (also as
    ``source``), ``title``, ``date`` and ``rank`` in its metadata. Its text is the source's snippet
    where the API gives one, else what the answer says with it. Perplexity's models search by
    themselves; others do it by their ``web_search_options`` or their vendor's search tool.

    Raises:
        UnsupportedFeatureError: the model does not search. Bagoodex, the API's own search, is
            switched off by the provider.

    Wire: POST ``/v1/chat/completions``, ``/v1/messages`` or ``/v1/responses``.
    Source: the web search page of docs.aimlapi.com, read 2026-08-21.
    """

    if not TYPE_CHECKING:
        model: str = Field(
            default="perplexity/sonar",
            validation_alias=AliasChoices("model", "model_name"),
            min_length=1,
        )
    else:
        model: str = "perplexity/sonar"
    """A model that searches."""
    k: int | None = Field(default=None, ge=1)
    """Most documents of a search. Default: all that the model names."""
    context_size: Literal["low", "medium", "high"] | None = None
    """How much of what is found the model reads. Default: the model's own."""
    domains: Sequence[str] | None = None
    """Only these sites, or none of those with a ``-`` before them; for models that can."""
    recency: Literal["hour", "day", "week", "month", "year"] | None = None
    """Only what is newer than this; for models that can."""
    chat_options: dict[str, Any] = Field(default_factory=dict)
    """Further arguments of `ChatAimlapi`: ``max_tokens``, ``temperature``, ``model_kwargs``."""

    # --- searching -----

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun | None = None,
        k: int | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        chat, options = self._search(kwargs)
        config: Any = {"callbacks": run_manager.get_child()} if run_manager is not None else None
        return self._documents(chat.invoke(query, config, **options), k)

    async def _aget_relevant_documents(
        self,
        query: str,
        *,
        run_manager: AsyncCallbackManagerForRetrieverRun | None = None,
        k: int | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        chat, options = self._search(kwargs)
        config: Any = {"callbacks": run_manager.get_child()} if run_manager is not None else None
        return self._documents(await chat.ainvoke(query, config, **options), k)

    def _documents(self, message: Any, k: int | None) -> list[Document]:
        return message_to_documents(message, self.model)[: k if k is not None else self.k]

    def as_search_tool(
        self,
        name: str = "web_search",
        description: str = "Searches the web. Returns numbered sources with their addresses.",
    ) -> StructuredTool:
        """The search as a tool for agents: numbered sources as text, documents as the artifact.

        Args:
            name, description: For the model.
        """

        def search(query: str) -> tuple[str, list[Document]]:
            found = self.invoke(query)
            return _shown(found), found

        async def asearch(query: str) -> tuple[str, list[Document]]:
            found = await self.ainvoke(query)
            return _shown(found), found

        return StructuredTool.from_function(
            func=search,
            coroutine=asearch,
            name=name,
            description=description,
            response_format="content_and_artifact",
        )

    # --- how a model searches -----

    def _search(self, kwargs: Mapping[str, object]) -> tuple[ChatAimlapi, dict[str, Any]]:
        """The chat model, and what makes it search."""
        facts = self._catalog().find(self.model)
        options, dialect = self._way(facts)
        fields = self.model_fields_set & set(ConnectionFields.model_fields)
        connection = {name: getattr(self, name) for name in fields}
        if dialect is not None:
            connection.setdefault("dialect", dialect)
        chat = ChatAimlapi(**{"model": self.model, **connection, **self.chat_options})
        chat._holder = self._holder
        return chat, {**options, **kwargs}

    def _way(self, facts: Facts) -> tuple[dict[str, object], str | None]:
        if facts.kind == "search":
            raise UnsupportedFeatureError(
                f"{self.model}: Bagoodex, the API's own search, is switched off by the provider",
                advice="use a model that searches, such as perplexity/sonar",
                model=self.model,
            )
        shape = facts.shapes.get(COMPLETIONS)
        params = shape.params if shape is not None else None
        if params is not None and _OPTIONS in params:
            return self._parameters(), "completions"
        if self.domains is not None or self.recency is not None:
            raise UnsupportedFeatureError(
                f"{self.model} cannot search by domains or recency", model=self.model,
                advice="use perplexity/sonar, or leave them out",
            )  # fmt: skip
        if MESSAGES in facts.shapes:
            tool = {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}
            return {"tools": [tool]}, "messages"
        if RESPONSES in facts.shapes:
            return {"web_search": self._size() or True}, "responses"
        if not facts.known:
            return self._parameters(), None
        raise UnsupportedFeatureError(
            f"{self.model} does not search the web",
            advice="use a model that does, such as perplexity/sonar",
            model=self.model,
        )

    def _size(self) -> dict[str, str]:
        return {"search_context_size": self.context_size} if self.context_size else {}

    def _parameters(self) -> dict[str, object]:
        """The search's parameters of the chat endpoint."""
        found: dict[str, Any] = {_OPTIONS: self._size()}
        if self.domains is not None:
            found["search_domain_filter"] = list(self.domains)
        if self.recency is not None:
            found["search_recency_filter"] = self.recency
        return found


def _shown(documents: Sequence[Document]) -> str:
    if not documents:
        return "Nothing was found."
    rows = []
    for place, each in enumerate(documents, 1):
        date = f" ({each.metadata['date']})" if each.metadata.get("date") else ""
        title = each.metadata.get("title") or each.metadata["url"]
        rows.append(f"[{place}] {title}{date}\n{each.metadata['url']}\n{each.page_content}")
    return "\n\n".join(rows)
