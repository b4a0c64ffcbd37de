"""The methods of a chat model that make batches; they import what they need when called."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import LanguageModelInput

from langchain_aimlapi._langchain.batch_handle import ChatBatch
from langchain_aimlapi._langchain.binding import Binding
from langchain_aimlapi._langchain.bound import ChatBinding


class Batching(Binding):
    """Half-price batches, for models that have them (Claude)."""

    def bind(self, **kwargs: Any) -> ChatBinding:
        """The model with arguments of every call, those of batches included; they are checked
        now."""
        bound: Any = super().bind(**kwargs)
        return ChatBinding(bound=bound.bound, kwargs=bound.kwargs, config={})

    def batch_submit(
        self,
        inputs: Sequence[LanguageModelInput],
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> ChatBatch:
        """Order a batch: the same calls at half the price, within a day.

        It is ordered once: a request that may have been accepted is never sent again.

        Args:
            inputs: Prompts, as for ``batch``; up to 100,000.
            stop: Texts at which the answers end.
            kwargs: Parameters of every call, ``tools`` and ``response_format`` among them.

        Returns:
            A handle with ``id``, ``counts``, ``status()``, ``results()`` and ``cancel()``.

        Raises:
            UnsupportedFeatureError: the model has no batches.

        Wire: POST ``/v1/batches``.
        Source: the batch processing page of docs.aimlapi.com, read 2026-08-21.
        """
        from langchain_aimlapi._langchain import batches

        rows = batches.rows_of(self, inputs, stop, kwargs)
        return ChatBatch(self, batches.submit(self, rows), len(inputs))

    async def abatch_submit(
        self,
        inputs: Sequence[LanguageModelInput],
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> ChatBatch:
        """Like `batch_submit`, on the running event loop."""
        from langchain_aimlapi._langchain import batches

        rows = batches.rows_of(self, inputs, stop, kwargs)
        return ChatBatch(self, await batches.asubmit(self, rows), len(inputs))

    def batch_resume(self, id: str) -> ChatBatch:
        """A handle on a batch that was ordered before, by this process or another one.

        Nothing is sent: the handle's methods ask the API.

        Args:
            id: The batch's id, as `ChatBatch.id` gave it.
        """
        from langchain_aimlapi._langchain import batches

        return ChatBatch(self, batches.resume(self, id))

    def with_batches(
        self,
        *,
        max_wait: float = 1.0,
        max_size: int = 10_000,
        timeout: float = 24 * 3600.0,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Binding:
        """The same model, whose calls go out as half-price batches.

        ``batch`` and ``abatch`` send their inputs as batches; single ``ainvoke`` calls that come
        within ``max_wait`` of each other share one. Tools, structured output, callbacks and
        tracing work as they do for single calls. An answer takes minutes to hours.

        Args:
            max_wait: Seconds that a single ``ainvoke`` waits for others.
            max_size: Most calls in one batch, up to 100,000.
            timeout: Seconds to wait for a batch.
            checkpoint: A file that remembers what was ordered, call by call. A program that was
                killed and is run again takes up its batches in place of paying twice; what failed
                is ordered anew.

        Raises:
            UnsupportedFeatureError: when called, where the model has no batches.
        """
        from langchain_aimlapi._langchain.batched import BatchedChat

        fields = {name: getattr(self, name) for name in self.model_fields_set}
        batched = BatchedChat(
            **fields,
            max_wait=max_wait,
            max_size=max_size,
            batch_timeout=timeout,
            checkpoint=os.fspath(checkpoint) if checkpoint is not None else None,
        )
        batched._holder = self._holder
        return batched
