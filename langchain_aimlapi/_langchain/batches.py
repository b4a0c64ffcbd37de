"""Half-price batches of chat calls: LangChain messages in, `AIMessage`s out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatResult

from langchain_aimlapi import errors
from langchain_aimlapi._connection.connection import Carrier
from langchain_aimlapi._dialects.choose import MESSAGES_PATH, build
from langchain_aimlapi._dialects.reader import parse_answer
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import param
from langchain_aimlapi._json import encode
from langchain_aimlapi._langchain.chunks import reply_to_result
from langchain_aimlapi._langchain.identity import Identity
from langchain_aimlapi._langchain.requests import chat_request
from langchain_aimlapi._wire.explain import explain_frame
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.catalog.facts import Shape
from langchain_aimlapi.endpoints import Job, Progress, Status
from langchain_aimlapi.endpoints.batches import BatchCalls, BatchCounts, plan_rows

Outcome = ChatResult | errors.AimlapiError
Row = tuple[str, dict[str, Any]]


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
        """How many calls are where, by the last answer that told; exact once results were read."""
        known = self._job.detail
        return self._done or (known.counts if known is not None else None)

    def status(self) -> Status:
        """Ask for the state now: ``running``, ``completed`` or ``failed`` (cancelled is failed)."""
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

    def results(
        self,
        *,
        return_exceptions: bool = False,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> list[AIMessage | Exception]:
        """Wait for the answers, in the order of the inputs.

        Args:
            return_exceptions: Put the error of a call that failed in its place; else the first
                one is raised.
            timeout: Seconds to wait. Default: a day.
            progress: Called after each question with (status, fraction or None, seconds).

        Raises:
            AimlapiError: a call has failed (the first one, without ``return_exceptions``).
            JobTimeoutError: the batch is not done in time; it goes on.
        """
        self._job.result(timeout=timeout, progress=progress)
        found = dict(self.outcomes())
        return _in_order(found, self.size, return_exceptions=return_exceptions)

    async def aresults(
        self,
        *,
        return_exceptions: bool = False,
        timeout: float | None = None,  # noqa: ASYNC109 - of the polling, which a flow does
        progress: Progress | None = None,
    ) -> list[AIMessage | Exception]:
        """Like `results`, on the running event loop."""
        await self._job.aresult(timeout=timeout, progress=progress)
        found = {place: outcome async for place, outcome in self.aoutcomes()}
        return _in_order(found, self.size, return_exceptions=return_exceptions)

    def results_as_completed(self) -> Iterator[tuple[int, AIMessage | Exception]]:
        """(index of the input, answer or error) of a batch that has ended, one by one as they are
        read: they are never all in memory."""
        for place, outcome in self.outcomes():
            yield place, _message(outcome)

    async def aresults_as_completed(self) -> AsyncIterator[tuple[int, AIMessage | Exception]]:
        """Like `results_as_completed`, on the running event loop."""
        async for place, outcome in self.aoutcomes():
            yield place, _message(outcome)

    def outcomes(self) -> Iterator[tuple[int, Outcome]]:
        """Like `results_as_completed`, with LangChain's own results."""
        tally = _Tally()
        with Carrier(self._model).stream(lambda context: plan_rows(context, id=self.id)) as rows:
            for row in rows:
                yield tally.read(row, self._model)
        self._done = tally.counts()

    async def aoutcomes(self) -> AsyncIterator[tuple[int, Outcome]]:
        """Like `outcomes`, on the running event loop."""
        tally = _Tally()
        carrier = Carrier(self._model)
        async with carrier.astream(lambda context: plan_rows(context, id=self.id)) as rows:
            async for row in rows:
                yield tally.read(row, self._model)
        self._done = tally.counts()


# --- what goes out ---


def submit(model: Identity, rows: Sequence[Row]) -> ChatBatch:
    """Order a batch of rows that `rows_of` made."""
    calls = BatchCalls(Carrier(model))
    job = calls.submit(model=model.model, requests=rows)
    return ChatBatch(model, job, len(rows))


async def asubmit(model: Identity, rows: Sequence[Row]) -> ChatBatch:
    """Like `submit`, on the running event loop."""
    calls = BatchCalls(Carrier(model))
    job = await calls.asubmit(model=model.model, requests=rows)
    return ChatBatch(model, job, len(rows))


def resume(model: Identity, id: str) -> ChatBatch:
    """A handle on a batch that was ordered before. Nothing is sent."""
    calls = BatchCalls(Carrier(model))
    return ChatBatch(model, calls.resume(id, model=model.model))


def rows_of(
    model: Identity,
    inputs: Sequence[LanguageModelInput],
    stop: list[str] | None,
    options: Mapping[str, Any],
) -> list[Row]:
    """The inputs as rows of a batch, named by their place.

    Raises:
        UnsupportedFeatureError: the model has no batches, or cannot take an input in any form.
    """
    notes = Notes(model.model, model.on_unsupported)
    shape = _shape(model, notes)
    rows = [
        (str(place), _params(model, shape, notes, each, stop, options))
        for place, each in enumerate(inputs)
    ]
    notes.warn(model._holder.warned)
    return rows


def params_of(
    model: Identity, messages: Sequence[Any], stop: list[str] | None, options: Mapping[str, Any]
) -> dict[str, Any]:
    """The parameters of one call of a batch."""
    (row,) = rows_of(model, [list(messages)], stop, options)
    return row[1]


def _shape(model: Identity, notes: Notes) -> Shape:
    facts = model._facts(model.model)
    shape = facts.shapes.get(MESSAGES_PATH)
    if shape is None and facts.known and notes.policy != "send":
        able = [each.id for each in model._catalog().models() if MESSAGES_PATH in each.shapes]
        raise notes.impossible(
            "batches", "only Claude's models do", f"choose one of these: {', '.join(able[:5])}"
        )
    return shape or Shape(path=MESSAGES_PATH, dialect="messages")


def _params(
    model: Identity,
    shape: Shape,
    notes: Notes,
    value: LanguageModelInput,
    stop: list[str] | None,
    options: Mapping[str, Any],
) -> dict[str, Any]:
    messages = model._convert_input(value).to_messages()
    params = build(chat_request(model, messages, stop, options, stream=False), shape, notes)
    if "max_tokens" not in params:
        # The API's default of 1024 would cut answers that a plain call gives whole.
        default = param(shape, "max_tokens").default or model._facts(model.model).max_output
        if isinstance(default, int | float):
            params["max_tokens"] = int(default)
    return params


# --- what comes back ---


class _Tally:
    """Reads rows and counts them."""

    def __init__(self) -> None:
        self._kinds: dict[str, int] = {}

    def read(self, row: Mapping[str, Any], model: Identity) -> tuple[int, Outcome]:
        """The place and the outcome of a row."""
        result = row.get("result")
        result = result if isinstance(result, Mapping) else {}
        kind = str(result.get("type"))
        self._kinds[kind] = self._kinds.get(kind, 0) + 1
        name = str(row.get("custom_id"))
        place = int(name) if name.isdecimal() else sum(self._kinds.values()) - 1
        return place, _outcome(kind, result, model)

    def counts(self) -> BatchCounts:
        """How many of each kind there were."""
        return BatchCounts(**{n: self._kinds.get(n, 0) for n in BatchCounts.__slots__})


def _outcome(kind: str, result: Mapping[str, Any], model: Identity) -> Outcome:
    message = result.get("message")
    if kind == "succeeded" and isinstance(message, Mapping):
        body = {**message, "meta": result["meta"]} if "meta" in result else message
        try:
            answer = parse_answer(Response(200, {}, encode(body, model.model)), model=model.model)
        except errors.AimlapiError as error:
            return error
        return reply_to_result(answer, model=model.model)
    if kind == "errored":
        return explain_frame(result.get("error") or result, model=model.model)
    reason = f"this call of the batch ended as {kind!r}, without an answer"
    return errors.APIError(reason, advice="submit it again", model=model.model)


def _message(outcome: Outcome) -> AIMessage | Exception:
    if isinstance(outcome, Exception):
        return outcome
    message = outcome.generations[0].message
    assert isinstance(message, AIMessage)  # noqa: S101 - made by reply_to_result
    return message


def _in_order(
    found: Mapping[int, Outcome], size: int | None, *, return_exceptions: bool
) -> list[AIMessage | Exception]:
    """All outcomes by their places; a place without one is an error."""
    missing = errors.InvalidResponseError("the batch has ended without a result for this call")
    places = range(size) if size is not None else sorted(found)
    results = [_message(found.get(place, missing)) for place in places]
    failed = [each for each in results if isinstance(each, Exception)]
    if failed and not return_exceptions:
        first = failed[0]
        if isinstance(first, errors.AimlapiError):
            cure = f"{len(failed)} of {len(results)} calls failed; return_exceptions=True gives all"
            first.advice = f"{first.advice}; {cure}" if first.advice else cure
        raise first
    return results
