"""`ChatBatch`: a handle on a batch of chat calls. What it needs is imported when it is used, since
every program with a chat model imports this."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from langchain_core.messages import AIMessage

from langchain_aimlapi import errors

if TYPE_CHECKING:
    from langchain_aimlapi._langchain.batch_rows import Outcome, Tally
    from langchain_aimlapi._langchain.identity import Identity
    from langchain_aimlapi.endpoints import Job, Progress, Status
    from langchain_aimlapi.endpoints.batches import BatchCounts

R = TypeVar("R")


class ChatBatch:
    """A handle on a batch of chat calls, which takes up to a day and costs half.

    It can be pickled (without the key), and ``id`` is all that another process needs:
    ``model.batch_resume(id)``.

    Attributes:
        id: The API's id of the batch.
        model: The model id.
        size: How many calls were submitted; None for a batch that was resumed by its id.
    """

    def __init__(self, model: Identity, job: Job[Any], size: int | None = None) -> None:
        self._model = model
        self._job = job
        self._done: BatchCounts | None = None
        self.id = job.id
        self.model = model.model
        self.size = size

    def __repr__(self) -> str:
        return f"<batch {self.id!r} of {self.model}, status={self.native_status!r}>"

    @property
    def native_status(self) -> str:
        """The API's own word of its last answer."""
        return self._job.native_status

    @property
    def counts(self) -> BatchCounts | None:
        """Calls by state, from the last answer that counted them; exact once results were read."""
        known = self._job.detail
        return self._done or (known.counts if known is not None else None)

    def status(self) -> Status:
        """Fetch the current state: ``running``, ``completed`` or ``failed`` (cancelled is
        failed)."""
        return self._job.status()

    async def astatus(self) -> Status:
        """Like `status`, on the running event loop."""
        return await self._job.astatus()

    def cancel(self) -> Status:
        """Cancel what has not begun yet. Raises InvalidRequestError where the batch has ended."""
        return self._job.cancel()

    async def acancel(self) -> Status:
        """Like `cancel`, on the running event loop."""
        return await self._job.acancel()

    @overload
    def results(
        self,
        *,
        return_exceptions: Literal[False] = False,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> list[AIMessage]: ...

    @overload
    def results(
        self,
        *,
        return_exceptions: Literal[True],
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> list[AIMessage | Exception]: ...

    @overload
    def results(
        self,
        *,
        return_exceptions: bool,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> list[AIMessage] | list[AIMessage | Exception]: ...

    def results(
        self,
        *,
        return_exceptions: bool = False,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> list[AIMessage] | list[AIMessage | Exception]:
        """Wait for the answers, in the order of the inputs.

        Args:
            return_exceptions: Put the error of a call that failed in its place; else the first
                one is raised.
            timeout: Seconds to wait. Default: a day.
            progress: Called after each poll with (status, fraction or None, seconds).

        Raises:
            AimlapiError: a call has failed (the first one, without ``return_exceptions``).
            JobTimeoutError: the batch is not done in time; it goes on.
        """
        self._job.result(timeout=timeout, progress=progress)
        found = dict(self.results_as_completed())
        return _in_order(found, self.size, return_exceptions=return_exceptions)

    @overload
    async def aresults(
        self,
        *,
        return_exceptions: Literal[False] = False,
        timeout: float | None = None,  # noqa: ASYNC109 - of the polling, which a flow does
        progress: Progress | None = None,
    ) -> list[AIMessage]: ...

    @overload
    async def aresults(
        self,
        *,
        return_exceptions: Literal[True],
        timeout: float | None = None,  # noqa: ASYNC109 - of the polling, which a flow does
        progress: Progress | None = None,
    ) -> list[AIMessage | Exception]: ...

    @overload
    async def aresults(
        self,
        *,
        return_exceptions: bool,
        timeout: float | None = None,  # noqa: ASYNC109 - of the polling, which a flow does
        progress: Progress | None = None,
    ) -> list[AIMessage] | list[AIMessage | Exception]: ...

    async def aresults(
        self,
        *,
        return_exceptions: bool = False,
        timeout: float | None = None,  # noqa: ASYNC109 - of the polling, which a flow does
        progress: Progress | None = None,
    ) -> list[AIMessage] | list[AIMessage | Exception]:
        """Like `results`, on the running event loop."""
        await self._job.aresult(timeout=timeout, progress=progress)
        found = {place: answer async for place, answer in self.aresults_as_completed()}
        return _in_order(found, self.size, return_exceptions=return_exceptions)

    def results_as_completed(self) -> Iterator[tuple[int, AIMessage | Exception]]:
        """(index of the input, answer or error) of a batch that has ended, one by one as they are
        read: they are never all in memory."""
        from langchain_aimlapi._langchain.batch_rows import Tally

        return self._read(Tally.message)

    def aresults_as_completed(self) -> AsyncIterator[tuple[int, AIMessage | Exception]]:
        """Like `results_as_completed`, on the running event loop."""
        from langchain_aimlapi._langchain.batch_rows import Tally

        return self._aread(Tally.message)

    def outcomes(self) -> Iterator[tuple[int, Outcome]]:
        """Like `results_as_completed`, with LangChain's own results."""
        from langchain_aimlapi._langchain.batch_rows import Tally

        return self._read(Tally.outcome)

    def aoutcomes(self) -> AsyncIterator[tuple[int, Outcome]]:
        """Like `outcomes`, on the running event loop."""
        from langchain_aimlapi._langchain.batch_rows import Tally

        return self._aread(Tally.outcome)

    def _read(self, item: Callable[[Tally, dict[str, Any]], R]) -> Iterator[R]:
        from langchain_aimlapi._langchain import batch_rows, batches

        tally = batch_rows.Tally(self._model)
        with batches.rows(self._model, self.id) as rows:
            for row in rows:
                yield item(tally, row)
        self._done = tally.counts()

    async def _aread(self, item: Callable[[Tally, dict[str, Any]], R]) -> AsyncIterator[R]:
        from langchain_aimlapi._langchain import batch_rows, batches

        tally = batch_rows.Tally(self._model)
        async with batches.arows(self._model, self.id) as rows:
            async for row in rows:
                yield item(tally, row)
        self._done = tally.counts()


def no_result() -> errors.AimlapiError:
    """The error in the place of a result that never came."""
    return errors.InvalidResponseError("the batch has ended without a result for this call")


def outcomes_in_order(found: Mapping[int, R], size: int | None, missing: R) -> list[R]:
    """All outcomes by their places."""
    places = range(size) if size is not None else sorted(found)
    return [found.get(place, missing) for place in places]


def _in_order(
    found: Mapping[int, AIMessage | Exception], size: int | None, *, return_exceptions: bool
) -> list[AIMessage | Exception]:
    """All answers by their places, or the first error."""
    results = outcomes_in_order(found, size, no_result())
    failed = [each for each in results if isinstance(each, Exception)]
    if failed and not return_exceptions:
        first = failed[0]
        if isinstance(first, errors.AimlapiError):
            cure = f"{len(failed)} of {len(results)} calls failed; return_exceptions=True gives all"
            first.advice = f"{first.advice}; {cure}" if first.advice else cure
        raise first
    return results
