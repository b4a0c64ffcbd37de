"""`BatchedChat`: a chat model whose calls go out as half-price batches."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatResult
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import get_config_list
from pydantic import Field, PrivateAttr

from langchain_aimlapi import errors
from langchain_aimlapi._json import encode
from langchain_aimlapi._langchain import batches
from langchain_aimlapi._langchain.batch_handle import ChatBatch, no_result, outcomes_in_order
from langchain_aimlapi._langchain.batch_rows import Outcome
from langchain_aimlapi._langchain.batches import Row
from langchain_aimlapi._langchain.binding import Binding
from langchain_aimlapi._langchain.identity import Identity
from langchain_aimlapi._langchain.json_lines import objects_in

_ready: ContextVar[Outcome | None] = ContextVar("aimlapi_batched_outcome", default=None)
"""The outcome of the call that is being made: the batch has ended, what follows is LangChain's
bookkeeping (callbacks, traces, caches) for each input."""


class BatchedChat(Binding, Identity):
    """A chat model that answers through batches; made by `ChatAimlapi.with_batches`."""

    max_wait: float = Field(default=1.0, ge=0)
    """Seconds that a single ``ainvoke`` waits for others."""
    max_size: int = Field(default=10_000, ge=1, le=100_000)
    """Most calls in one batch."""
    batch_timeout: float = Field(default=24 * 3600.0, gt=0)
    """Seconds to wait for a batch."""
    checkpoint: str | None = None
    """A file that remembers what was ordered."""

    _pools: dict[int, _Pool] = PrivateAttr(default_factory=dict)

    # --- many inputs -----

    def batch(
        self,
        inputs: list[LanguageModelInput],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[AIMessage]:
        """The answers in the order of the inputs; see `Runnable.batch`."""
        outcomes = self._outcomes(list(batches.rows_of(self, inputs, *_split(kwargs))))
        configs = get_config_list(config, len(inputs))
        answers = _Answers(return_exceptions)
        for value, each, outcome in zip(inputs, configs, outcomes, strict=True):
            with answers.one_of(outcome):
                answers.found.append(self.invoke(value, each, **kwargs))
        return answers.found

    async def abatch(
        self,
        inputs: list[LanguageModelInput],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[AIMessage]:
        """Like `batch`, on the running event loop."""
        outcomes = await self._aoutcomes(list(batches.rows_of(self, inputs, *_split(kwargs))))
        configs = get_config_list(config, len(inputs))
        answers = _Answers(return_exceptions)
        for value, each, outcome in zip(inputs, configs, outcomes, strict=True):
            with answers.one_of(outcome):
                answers.found.append(await self.ainvoke(value, each, **kwargs))
        return answers.found

    def _outcomes(self, rows: list[Row]) -> list[Outcome]:
        """What the rows came to, in as many batches as it takes; all are ordered at once."""
        handles = []
        for part in _parts(rows, self.max_size):
            with _Checkpoint(self.checkpoint).ordering(part) as order:
                if order.id is None:
                    order.id = batches.submit(self, part).id
            handles.append((self._handle(order.id), len(part)))
        found: list[Outcome] = []
        for handle, size in handles:
            handle._job.result(timeout=self.batch_timeout)
            found += outcomes_in_order(dict(handle.outcomes()), size, no_result())
        return found

    async def _aoutcomes(self, rows: list[Row]) -> list[Outcome]:
        """The async twin of `_outcomes`."""
        handles = []
        for part in _parts(rows, self.max_size):
            with _Checkpoint(self.checkpoint).ordering(part) as order:
                if order.id is None:
                    order.id = (await batches.asubmit(self, part)).id
            handles.append((self._handle(order.id), len(part)))
        found: list[Outcome] = []
        for handle, size in handles:
            await handle._job.aresult(timeout=self.batch_timeout)
            read = {place: outcome async for place, outcome in handle.aoutcomes()}
            found += outcomes_in_order(read, size, no_result())
        return found

    def _handle(self, id: str | None) -> ChatBatch:
        return ChatBatch(self, batches.resume(self, id or ""))

    # --- single calls -----

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        outcome = _ready.get()
        if outcome is None:
            row = ("0", batches.params_of(self, messages, stop, kwargs))
            (outcome,) = self._outcomes([row])
        return _result(outcome)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        outcome = _ready.get()
        if outcome is None:
            outcome = await self._pool().add(batches.params_of(self, messages, stop, kwargs))
        return _result(outcome)

    def _pool(self) -> _Pool:
        """The pool of the running event loop."""
        loop = asyncio.get_running_loop()
        pool = self._pools.get(id(loop))
        if pool is None or pool.loop is not loop:
            pool = self._pools[id(loop)] = _Pool(self, loop)
        return pool


def _split(kwargs: dict[str, Any]) -> tuple[list[str] | None, dict[str, object]]:
    """(stop, other options) of a call."""
    options = dict(kwargs)
    return options.pop("stop", None), options


def _parts(rows: list[Row], size: int) -> Iterator[list[Row]]:
    """The rows in batches, each named from 0."""
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        yield [(str(place), params) for place, (_, params) in enumerate(part)]


@dataclass(slots=True)
class _Answers:
    """The answers of a batch, in order; failed calls as their errors, if the caller wants them."""

    with_errors: bool
    found: list[Any] = field(default_factory=list)

    @contextmanager
    def one_of(self, outcome: Outcome) -> Iterator[None]:
        """Inside, the call that is made has this outcome."""
        token = _ready.set(outcome)
        try:
            yield
        except errors.AimlapiError as error:
            if not self.with_errors:
                raise
            self.found.append(error)
        finally:
            _ready.reset(token)


def _result(outcome: Outcome) -> ChatResult:
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


class _Pool:
    """Single calls of one event loop that come close together, as one batch."""

    def __init__(self, model: BatchedChat, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._model = model
        self._waiting: list[tuple[dict[str, object], asyncio.Future[Outcome]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def add(self, params: dict[str, object]) -> Outcome:
        """What a call comes to, as one of the next batch."""
        future: asyncio.Future[Outcome] = self.loop.create_future()
        self._waiting.append((params, future))
        if len(self._waiting) == 1:
            task = self.loop.create_task(self._send_soon())
            self._tasks.add(task)  # a loop holds its tasks weakly
            task.add_done_callback(self._tasks.discard)
        return await future

    async def _send_soon(self) -> None:
        await asyncio.sleep(self._model.max_wait)
        waiting, self._waiting = self._waiting, []
        rows: list[Row] = [(str(place), params) for place, (params, _) in enumerate(waiting)]
        outcomes: Sequence[Outcome]
        try:
            outcomes = await self._model._aoutcomes(rows)
        except Exception as error:
            for _, future in waiting:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), outcome in zip(waiting, outcomes, strict=True):
            if not future.done():  # its caller may have gone away
                future.set_result(outcome)


# --- not paying twice -----


@dataclass(slots=True)
class _Order:
    """One batch: its rows by their digest, and its id once it has one."""

    digest: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    """A file of JSON lines: what is about to be ordered, and what was."""

    path: str | None
    lines: list[dict[str, object]] = field(default_factory=list)

    @contextmanager
    def ordering(self, rows: Sequence[Row]) -> Iterator[_Order]:
        """Inside, the batch is ordered, unless it has an id: then it was, by an earlier run.

        Raises:
            InvalidRequestError: an earlier run was killed while it ordered these rows, so that
                nobody knows whether the API has accepted them.
        """
        digest = hashlib.sha256()
        for _, params in rows:
            digest.update(encode(params, ""))
        order = _Order(digest.hexdigest(), None)
        if self.path is None:
            yield order
            return
        known = self._read().get(order.digest)
        if known is not None and known.get("id"):
            yield _Order(order.digest, str(known["id"]))
            return
        if known is not None and known.get("state") != "refused":
            raise errors.InvalidRequestError(
                f"an earlier run was stopped while it ordered this batch ({self.path}), so it may "
                "have been accepted",
                advice="look into the usage log; to order it again, delete the line with "
                f"{order.digest[:12]}... from the file",
            )
        self._append({"digest": order.digest, "calls": len(rows), "state": "ordering"})
        try:
            yield order
        except BaseException as error:
            if isinstance(error, errors.AimlapiError) and not _may_be_accepted(error):
                self._append({"digest": order.digest, "state": "refused"})
            raise
        self._append({"digest": order.digest, "id": order.id})

    def _read(self) -> dict[str, dict[str, object]]:
        try:
            text = Path(self.path or "").read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        return {str(entry.get("digest")): entry for _, entry in objects_in(text)}

    def _append(self, entry: dict[str, Any]) -> None:
        with Path(self.path or "").open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _may_be_accepted(error: errors.AimlapiError) -> bool:
    """Whether the API may have taken an order that ended in this error."""
    refused = (
        errors.InvalidRequestError,
        errors.AuthenticationError,
        errors.PermissionDeniedError,
        errors.ModelNotFoundError,
        errors.RateLimitError,
    )
    return not isinstance(error, refused)
