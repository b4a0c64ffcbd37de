"""`AimlapiEmbeddings`: every embedding model of AI/ML API as LangChain embeddings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from langchain_core.embeddings import Embeddings
from pydantic import AliasChoices, Field, model_validator

from langchain_aimlapi._connection.connection import Connection
from langchain_aimlapi._connection.fields import argument_names
from langchain_aimlapi._domain.values import Meta
from langchain_aimlapi._fitting.callers import warn_caller
from langchain_aimlapi.catalog.advice import advise_kind
from langchain_aimlapi.endpoints import Context, Plan
from langchain_aimlapi.endpoints.embeddings import Embedded, Purpose, plan_embeddings
from langchain_aimlapi.errors import AimlapiError

if TYPE_CHECKING:
    from dataclasses import InitVar

    from langchain_aimlapi.catalog.model_ids import EmbeddingModelId

    ModelText = EmbeddingModelId | str
else:
    ModelText = str

# Arguments of other embedding classes that have nothing to do here, and why.
_WITHOUT_EFFECT = {
    "show_progress_bar": "no progress bar is shown",
    "embedding_ctx_length": "texts are sent whole; the API says so where one is too long",
    "allowed_special": "texts are sent as text, never as token ids",
    "disallowed_special": "texts are sent as text, never as token ids",
    "check_embedding_ctx_length": "texts are sent as text, never as token ids",
    "tiktoken_model_name": "texts are sent as text, never as token ids",
    "skip_empty": "an empty text is always refused, by its position",
}


class AimlapiEmbeddings(Connection, Embeddings):
    """Embeddings by model id: ``AimlapiEmbeddings(model="text-embedding-3-large")``.

    Documents and queries are embedded as the model wants them: Google's models learn which of
    the two a text is, Voyage's long texts go out alone, OpenAI's vectors travel as base64. The
    key is read from ``api_key`` or ``AIMLAPI_API_KEY`` when a call is made.

    Raises:
        langchain_aimlapi.errors.AimlapiError: every failure of a call is a subclass of it, and of
            langchain-core's ``ModelError``.

    Wire: POST ``/v1/embeddings``.
    Source: the embedding model pages of docs.aimlapi.com, read 2026-08-21.
    """

    if TYPE_CHECKING:
        model_name: InitVar[ModelText] = ""
    # An alias of pydantic's plain kind would hide the name itself from type checkers.
    model: ModelText = Field(
        default="text-embedding-3-small",
        validation_alias=AliasChoices("model", "model_name"),
        min_length=1,
    )
    """Model id; ``Catalog.default().models(kind="embedding")`` lists them."""
    dimensions: int | None = Field(default=None, gt=0)
    """Length of the vectors, for models that can shorten them (Qwen: 64 to 2048)."""
    chunk_size: int | None = Field(default=None, gt=0)
    """Most texts in one request. Default: what the vendor takes."""
    task_type: str | None = None
    """Google: what every text is for. Default: ``RETRIEVAL_QUERY`` or ``RETRIEVAL_DOCUMENT``."""
    encoding_format: Literal["float", "base64"] | None = None
    """How the numbers travel. Default: base64 where the model can."""
    user: str | None = None
    """Your own id of the end user, for models that take one."""
    model_kwargs: dict[str, Any] = Field(default_factory=dict)
    """Further parameters by name, fitted to the model."""
    extra_body: dict[str, Any] | None = None
    """Goes into every request body verbatim, last."""
    on_usage: Callable[[Meta], Any] | None = Field(default=None, exclude=True, repr=False)
    """Called after each call with its token counts, real charge and ids."""

    @model_validator(mode="before")
    @classmethod
    def _without_effect(cls, values: Any) -> Any:
        """Arguments of other classes that mean nothing here are reported, not swallowed."""
        if not isinstance(values, dict):
            return values
        idle = [name for name in values if name in _WITHOUT_EFFECT]
        for name in idle:
            text = f"{name} has no effect: {_WITHOUT_EFFECT[name]}"
            warn_caller(text, UserWarning)
        known = argument_names(cls)
        return {name: value for name, value in values.items() if name in known or name not in idle}

    # --- LangChain's interface -----

    def embed_documents(
        self, texts: Sequence[str], chunk_size: int | None = None
    ) -> list[list[float]]:
        """Embed texts that are to be searched, in their order.

        Args:
            texts: The texts; an empty one is refused by its position.
            chunk_size: Most texts in one request, in place of the field.

        Returns:
            A vector of floats for each text.

        Raises:
            InvalidRequestError: a text is empty, or no text.
            langchain_aimlapi.errors.AimlapiError: a call failed.
        """
        if not len(texts):
            return []
        return self._vectors(self.run(self._plan(_several(texts), "document", chunk_size)))

    def embed_query(self, text: str) -> list[float]:
        """Embed a search query."""
        return self._vectors(self.run(self._plan(text, "query", None)))[0]

    async def aembed_documents(
        self, texts: Sequence[str], chunk_size: int | None = None
    ) -> list[list[float]]:
        """Like `embed_documents`, with up to ``max_concurrency`` requests at a time."""
        if not len(texts):
            return []
        return self._vectors(await self.arun(self._plan(_several(texts), "document", chunk_size)))

    async def aembed_query(self, text: str) -> list[float]:
        """Like `embed_query`, on the running event loop."""
        return self._vectors(await self.arun(self._plan(text, "query", None)))[0]

    def _plan(
        self, texts: str | Sequence[str], purpose: Purpose, chunk_size: int | None
    ) -> Callable[[Context], Plan[Embedded]]:
        def build(context: Context) -> Plan[Embedded]:
            return plan_embeddings(
                context,
                model=self.model,
                input=texts,
                dimensions=self.dimensions,
                purpose=purpose,
                task_type=self.task_type,
                user=self.user,
                encoding_format=self.encoding_format,
                params=self.model_kwargs,
                extra_body=self.extra_body,
                batch_size=chunk_size or self.chunk_size,
            )

        return build

    def _amend(self, error: AimlapiError, model: str | None) -> None:
        """Add what the catalog knows about the model, and which class would fit its kind."""
        super()._amend(error, model)
        advise_kind(error, self.model, self._catalog(), "AimlapiEmbeddings")

    def _vectors(self, answer: Embedded) -> list[list[float]]:
        if self.on_usage is not None:
            self.on_usage(answer.meta)
        return [vector.tolist() for vector in answer.vectors]


def _several(texts: Sequence[str]) -> list[str]:
    """A lone text where a list belongs is one document, not one document a letter."""
    return [texts] if isinstance(texts, str) else list(texts)
