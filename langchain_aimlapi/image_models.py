"""`AimlapiImageModel` as langchain-aimlapi 0.1.3 had it: ``invoke`` gives the first link.

New programs use `langchain_aimlapi.AimlapiImageModel`, whose answer has every image, their cost and
ids, and goes into another model's prompt as it is.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from pydantic import AliasChoices, Field

from langchain_aimlapi import media_models
from langchain_aimlapi._fitting.size import Size
from langchain_aimlapi._langchain.link_model import LinkModel

__all__ = ["AimlapiImageModel"]


class AimlapiImageModel(LinkModel):
    """An image model whose answer is a link: ``AimlapiImageModel().invoke("a cat")``.

    Every field of `langchain_aimlapi.AimlapiImageModel` is taken, too.
    """

    model: str = Field(
        default="openai/gpt-image-1",
        validation_alias=AliasChoices("model", "model_name"),
        min_length=1,
    )
    """Model id."""

    media: ClassVar = media_models.AimlapiImageModel

    def _call(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> str:
        return self.generate_images(prompt, **kwargs)[0]

    async def _acall(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> str:
        return (await self.agenerate_images(prompt, **kwargs))[0]

    def generate_images(
        self,
        prompt: str,
        n: int = 1,
        size: Size | None = None,
        response_format: Literal["url", "b64_json"] = "url",
    ) -> list[str]:
        """The links of images, or their content in base64; see
        `langchain_aimlapi.AimlapiImageModel.generate_images`."""
        made: list[str] = self._media.generate_images(prompt, n, size, response_format)
        return made

    async def agenerate_images(
        self,
        prompt: str,
        n: int = 1,
        size: Size | None = None,
        response_format: Literal["url", "b64_json"] = "url",
    ) -> list[str]:
        """Like `generate_images`, on the running event loop."""
        made: list[str] = await self._media.agenerate_images(prompt, n, size, response_format)
        return made
