"""`AimlapiVideoModel` as langchain-aimlapi 0.1.3 had it: ``invoke`` gives the first link.

New programs use `langchain_aimlapi.AimlapiVideoModel`, whose answer has the cost and the id of the
job, and goes into another model's prompt as it is.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from pydantic import AliasChoices, Field

from langchain_aimlapi import media_models
from langchain_aimlapi._langchain.link_model import LinkModel

__all__ = ["AimlapiVideoModel"]


class AimlapiVideoModel(LinkModel):
    """A video model whose answer is a link: ``AimlapiVideoModel().invoke("a cat")``.

    Every field of `langchain_aimlapi.AimlapiVideoModel` is taken, too.
    """

    model: str = Field(
        default="google/veo3", validation_alias=AliasChoices("model", "model_name"), min_length=1
    )
    """Model id."""

    media: ClassVar = media_models.AimlapiVideoModel
    without_effect: ClassVar = media_models.AimlapiVideoModel.without_effect

    def _call(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> str:
        return self.generate_videos(prompt, **kwargs)[0]

    async def _acall(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> str:
        return (await self.agenerate_videos(prompt, **kwargs))[0]

    def generate_videos(
        self,
        prompt: str,
        n: int = 1,
        response_format: Literal["url", "b64_json"] = "url",
        poll_interval: float | None = None,
        timeout: float = 360.0,
    ) -> list[str]:
        """The links of videos, or their content in base64; see
        `langchain_aimlapi.AimlapiVideoModel.generate_videos`."""
        made: list[str] = self._media.generate_videos(
            prompt, n, response_format, poll_interval, timeout
        )
        return made

    async def agenerate_videos(
        self,
        prompt: str,
        n: int = 1,
        response_format: Literal["url", "b64_json"] = "url",
        poll_interval: float | None = None,
        timeout: float = 360.0,  # noqa: ASYNC109  # as its sync twin
    ) -> list[str]:
        """Like `generate_videos`, on the running event loop."""
        made: list[str] = await self._media.agenerate_videos(
            prompt, n, response_format, poll_interval, timeout
        )
        return made
