"""The handler that LiteLLM calls for ``aimlapi/...``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from litellm.llms.custom_llm import CustomLLM
from litellm.types.utils import EmbeddingResponse, ImageResponse, ModelResponse, ModelResponseStream

from langchain_aimlapi._litellm import chat, media
from langchain_aimlapi.catalog import Catalog

if TYPE_CHECKING:
    from collections.abc import Coroutine


class AimlapiLLM(CustomLLM):
    """The handler that LiteLLM calls.

    Args:
        catalog: What is known about models. Default: the catalog that comes with the package.
    """

    def __init__(self, catalog: Catalog | None = None) -> None:
        super().__init__()
        self._catalog = catalog

    @property
    def catalog(self) -> Catalog:
        """What is known about models."""
        return self._catalog if self._catalog is not None else Catalog.default()

    @catalog.setter
    def catalog(self, catalog: Catalog | None) -> None:
        self._catalog = catalog

    def completion(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """A whole answer."""
        return chat.complete(kwargs, self.catalog)

    async def acompletion(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """A whole answer (async)."""
        return await chat.acomplete(kwargs, self.catalog)

    # A plain function: it opens the stream before it returns, so that the router sees an error
    # where it can still retry.
    def streaming(self, *args: Any, **kwargs: Any) -> Iterator[ModelResponseStream]:  # type: ignore[override]  # LiteLLM declares its older chunk type
        """A stream, already open."""
        return chat.open_stream(kwargs, self.catalog).chunks

    async def astreaming(self, *args: Any, **kwargs: Any) -> AsyncIterator[ModelResponseStream]:  # type: ignore[override]  # LiteLLM declares its older chunk type
        """A stream that opens at its first chunk: only used where the wrap of `wraps` that opens
        it earlier does not fit the installed LiteLLM."""
        opened = await chat.aopen_stream(kwargs, self.catalog)
        async for chunk in opened.chunks:
            yield chunk

    def open(self, **kwargs: Any) -> chat.OpenStream:
        """A stream, already open, with its response headers."""
        return chat.open_stream(kwargs, self.catalog)

    async def aopen(self, **kwargs: Any) -> chat.AsyncOpenStream:
        """A stream, already open, with its response headers (async)."""
        return await chat.aopen_stream(kwargs, self.catalog)

    def embedding(self, *args: Any, **kwargs: Any) -> EmbeddingResponse:
        """Embeddings of one or several texts."""
        return media.embed(kwargs, self.catalog)

    async def aembedding(self, *args: Any, **kwargs: Any) -> EmbeddingResponse:
        """Embeddings of one or several texts (async)."""
        return await media.aembed(kwargs, self.catalog)

    def image_generation(self, *args: Any, **kwargs: Any) -> ImageResponse:
        """Images from a prompt."""
        return media.generate(kwargs, self.catalog)

    async def aimage_generation(self, *args: Any, **kwargs: Any) -> ImageResponse:
        """Images from a prompt (async)."""
        return await media.agenerate(kwargs, self.catalog)

    def image_edit(self, *args: Any, **kwargs: Any) -> ImageResponse:
        """Images from images."""
        return media.edit({**kwargs, "edit_params": media.edit_params()}, self.catalog)

    # A plain function: the parameters that LiteLLM leaves out stand in a context variable while
    # it dispatches, and the coroutine runs later, in another context.
    def aimage_edit(self, *args: Any, **kwargs: Any) -> Coroutine[Any, Any, ImageResponse]:
        """Images from images (async)."""
        return media.aedit({**kwargs, "edit_params": media.edit_params()}, self.catalog)


handler = AimlapiLLM()
"""The handler, for ``custom_provider_map`` and a proxy's ``custom_handler``."""
