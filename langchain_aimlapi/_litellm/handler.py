"""The handler that LiteLLM calls for ``aimlapi/...``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

from litellm.llms.custom_llm import CustomLLM
from litellm.types.utils import EmbeddingResponse, ImageResponse, ModelResponse, ModelResponseStream

from langchain_aimlapi._litellm import edits
from langchain_aimlapi._litellm.refreshing import Refresher, refreshed, seconds_from_environment
from langchain_aimlapi.catalog import Catalog

if TYPE_CHECKING:
    from langchain_aimlapi._litellm.access import Arguments
    from langchain_aimlapi._litellm.chat import AsyncOpenStream, OpenStream


def _chat() -> ModuleType:
    """What a program that only routes, counts or looks up never needs; 50 ms to import."""
    from langchain_aimlapi._litellm import chat

    return chat


def _media() -> ModuleType:
    """What a program that only chats never needs; it takes 30 ms to import."""
    from langchain_aimlapi._litellm import media

    return media


class AimlapiLLM(CustomLLM):
    """The handler that LiteLLM calls.

    Args:
        catalog: What is known about models. Default: the catalog that comes with the package.
        refresh_seconds: How often to read the API's own model list, with prices, beside the
            calls; default: as ``AIMLAPI_REFRESH`` says, and never where it is not set.
    """

    def __init__(
        self, catalog: Catalog | None = None, *, refresh_seconds: float | None = None
    ) -> None:
        super().__init__()
        self._catalog = catalog
        self._refresh_seconds = refresh_seconds
        self._refresher: Refresher | None = None
        self._started = False

    @property
    def catalog(self) -> Catalog:
        """What is known about models."""
        return self._catalog if self._catalog is not None else Catalog.default()

    @catalog.setter
    def catalog(self, catalog: Catalog | None) -> None:
        self._catalog = catalog

    @property
    def own_catalog(self) -> Catalog | None:
        """Another catalog than the package's, which takes time to load; None: the package's."""
        return self._catalog

    def _facts(self, arguments: Arguments) -> Catalog:
        """The catalog for a call, which may be the one to refresh it."""
        if not self._started:
            self._started = True
            seconds = self._refresh_seconds or seconds_from_environment()
            self._refresher = Refresher(self._refresh, seconds) if seconds else None
        if self._refresher is not None:
            self._refresher.call_comes(arguments)
        return self.catalog

    def _refresh(self, api_key: object, api_base: object) -> None:
        from langchain_aimlapi._litellm.models import register_models

        self.catalog = refreshed(self.catalog, api_key=api_key, api_base=api_base)
        register_models(self.catalog)

    # --- chat -----

    def completion(self, *args: object, **kwargs: object) -> ModelResponse:
        """A whole answer."""
        response: ModelResponse = _chat().complete(kwargs, self._facts(kwargs))
        return response

    async def acompletion(self, *args: object, **kwargs: object) -> ModelResponse:
        """A whole answer (async)."""
        response: ModelResponse = await _chat().acomplete(kwargs, self._facts(kwargs))
        return response

    # A plain function: it opens the stream before it returns, so that the router sees an error
    # where it can still retry.
    def streaming(self, *args: object, **kwargs: object) -> Iterator[ModelResponseStream]:  # type: ignore[override]  # LiteLLM declares its older chunk type
        """A stream, already open."""
        return self.open(**kwargs).chunks

    async def astreaming(  # type: ignore[override]  # LiteLLM declares its older chunk type
        self, *args: object, **kwargs: object
    ) -> AsyncIterator[ModelResponseStream]:
        """A stream that opens at its first chunk: only used where the wrap of `wraps` that opens
        it earlier does not fit the installed LiteLLM."""
        opened = await self.aopen(**kwargs)
        async for chunk in opened.chunks:
            yield chunk

    def open(self, **kwargs: object) -> OpenStream:
        """A stream, already open, with its response headers."""
        opened: OpenStream = _chat().open_stream(kwargs, self._facts(kwargs))
        return opened

    async def aopen(self, **kwargs: object) -> AsyncOpenStream:
        """A stream, already open, with its response headers (async)."""
        opened: AsyncOpenStream = await _chat().aopen_stream(kwargs, self._facts(kwargs))
        return opened

    # --- embeddings and images -----

    def embedding(self, *args: Any, **kwargs: Any) -> EmbeddingResponse:
        """Embeddings of one or several texts."""
        response: EmbeddingResponse = _media().embed(kwargs, self._facts(kwargs))
        return response

    async def aembedding(self, *args: object, **kwargs: object) -> EmbeddingResponse:
        """Embeddings of one or several texts (async)."""
        response: EmbeddingResponse = await _media().aembed(kwargs, self._facts(kwargs))
        return response

    def image_generation(self, *args: object, **kwargs: object) -> ImageResponse:
        """Images from a prompt."""
        response: ImageResponse = _media().generate(kwargs, self._facts(kwargs))
        return response

    async def aimage_generation(self, *args: object, **kwargs: object) -> ImageResponse:
        """Images from a prompt (async)."""
        response: ImageResponse = await _media().agenerate(kwargs, self._facts(kwargs))
        return response

    def image_edit(self, *args: object, **kwargs: object) -> ImageResponse:
        """Images from images."""
        arguments = {**kwargs, "edit_params": edits.edit_params()}
        response: ImageResponse = _media().edit(arguments, self._facts(kwargs))
        return response

    # A plain function: the parameters that LiteLLM leaves out stand in a context variable while
    # it dispatches, and the coroutine runs later, in another context.
    def aimage_edit(
        self, *args: object, **kwargs: object
    ) -> Coroutine[object, object, ImageResponse]:
        """Images from images (async)."""
        arguments = {**kwargs, "edit_params": edits.edit_params()}
        edit: Coroutine[object, object, ImageResponse] = _media().aedit(
            arguments, self._facts(kwargs)
        )
        return edit


handler = AimlapiLLM()
"""The handler, for ``custom_provider_map`` and a proxy's ``custom_handler``."""
refreshing_handler = AimlapiLLM(refresh_seconds=3600.0)
"""The same, with prices that are read again every hour, in the background."""
