"""`BatchedChat`: a chat model whose calls go out as half-price batches."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatResult
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import get_config_list
from pydantic import Field, PrivateAttr

from langchain_aimlapi import errors
from langchain_aimlapi._langchain import batches
from langchain_aimlapi._langchain.batch_checkpoint import Checkpoint, Order
from langchain_aimlapi._langchain.batch_handle import ChatBatch, no_result
from langchain_aimlapi._langchain.batch_rows import Outcome
from langchain_aimlapi._langchain.batches import Row
from langchain_aimlapi._langchain.binding import Binding
from langchain_aimlapi._langchain.identity import Identity

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
        run = _Run(self._checkpoint(), rows, self.max_size)
        for part in run.parts():
            with run.ordering(part) as order:
                order.id = batches.submit(self, part).id
        for id in run.ids:
            handle = self._handle(id)
            with run.reading(id):
                handle._job.result(timeout=self.batch_timeout)
            run.read(id, dict(handle.outcomes()))
        return run.outcomes()

    async def _aoutcomes(self, rows: list[Row]) -> list[Outcome]:
        """The async twin of `_outcomes`."""
        run = _Run(self._checkpoint(), rows, self.max_size)
        for part in run.parts():
            with run.ordering(part) as order:
                order.id = (await batches.asubmit(self, part)).id
        for id in run.ids:
            handle = self._handle(id)
            with run.reading(id):
                await handle._job.aresult(timeout=self.batch_timeout)
            run.read(id, {place: outcome async for place, outcome in handle.aoutcomes()})
        return run.outcomes()

    def _handle(self, id: str) -> ChatBatch:
        return ChatBatch(self, batches.resume(self, id))

    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(self.checkpoint, f"{self.model} {self._root()} ")

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


# --- the batches of one call -----


class _Run:
    """Where each of some rows is ordered, and what it came to."""

    def __init__(self, checkpoint: Checkpoint, rows: Sequence[Row], size: int) -> None:
        self._checkpoint = checkpoint
        self._rows = rows
        self._size = size
        self._places = checkpoint.find(rows)
        self._found: dict[str, Mapping[int, Outcome]] = {}
        self._next: list[int] = []

    def parts(self) -> Iterator[list[Row]]:
        """The rows that are to be ordered, in batches, each named from 0."""
        missing = [number for number, place in enumerate(self._places) if place is None]
        for start in range(0, len(missing), self._size):
            self._next = missing[start : start + self._size]
            yield [(str(place), self._rows[n][1]) for place, n in enumerate(self._next)]

    @contextmanager
    def ordering(self, part: Sequence[Row]) -> Iterator[Order]:
        """Inside, the part is ordered."""
        with self._checkpoint.ordering(part) as order:
            yield order
        for place, number in enumerate(self._next):
            self._places[number] = (order.id, place)

    @property
    def ids(self) -> list[str]:
        """The batches, each once."""
        return list(dict.fromkeys(place[0] for place in self._places if place is not None))

    @contextmanager
    def reading(self, id: str) -> Iterator[None]:
        """Inside, a batch is waited for; one that has failed is not waited for again."""
        try:
            yield
        except errors.JobFailedError:
            self._checkpoint.failed(id, None)
            raise

    def read(self, id: str, found: Mapping[int, Outcome]) -> None:
        """Keep what the rows in a batch came to."""
        wanted = {place[1] for place in self._places if place is not None and place[0] == id}
        self._found[id] = {place: found.get(place, no_result()) for place in wanted}
        bad = [n for n, each in self._found[id].items() if isinstance(each, errors.AimlapiError)]
        self._checkpoint.failed(id, bad)

    def outcomes(self) -> list[Outcome]:
        """What all rows came to, in their order."""
        return [self._found[id][place] for id, place in filter(None, self._places)]
