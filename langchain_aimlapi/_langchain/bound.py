"""A chat model with bound arguments, whose batches have them as its calls do."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Self, cast

from langchain_core.language_models import LanguageModelInput, chat_models
from langchain_core.runnables import RunnableBinding

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import _ChatModelBinding as CoreBinding

    from langchain_aimlapi._langchain.batch_handle import ChatBatch
    from langchain_aimlapi._langchain.batching import Batching
else:  # core keeps the class of its `bind` to itself, and may do without one
    CoreBinding = getattr(chat_models, "_ChatModelBinding", RunnableBinding)


class ChatBinding(CoreBinding):
    """What ``bind`` and ``bind_tools`` return. langchain-core's own hands a method that it does not
    know to the model without the bound arguments: tools would be lost in a batch."""

    def batch_submit(
        self, inputs: Sequence[LanguageModelInput], *, stop: list[str] | None = None, **kwargs: Any
    ) -> ChatBatch:
        """`ChatAimlapi.batch_submit` with the bound arguments."""
        return self._model.batch_submit(inputs, **self._arguments(stop, kwargs))

    def abatch_submit(
        self, inputs: Sequence[LanguageModelInput], *, stop: list[str] | None = None, **kwargs: Any
    ) -> Coroutine[Any, Any, ChatBatch]:
        """Like `batch_submit`, on the running event loop."""
        return self._model.abatch_submit(inputs, **self._arguments(stop, kwargs))

    def with_batches(self, **options: Any) -> Self:
        """`ChatAimlapi.with_batches` with the bound arguments."""
        return self.model_copy(update={"bound": self._model.with_batches(**options)})

    @property
    def _model(self) -> Batching:
        return cast("Batching", self.bound)  # whose `bind` has made this

    def _arguments(self, stop: list[str] | None, kwargs: dict[str, Any]) -> dict[str, Any]:
        own = {} if stop is None else {"stop": stop}
        return {**self.kwargs, **kwargs, **own}
