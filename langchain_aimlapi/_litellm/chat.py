"""Chat calls, sync and async: whole answers and streams that are open before they are returned."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from litellm.types.utils import ModelResponse, ModelResponseStream

from langchain_aimlapi import errors
from langchain_aimlapi._dialects.reader import AnswerReader
from langchain_aimlapi._domain.values import ChatResponse, Delta, StreamEnd
from langchain_aimlapi._litellm.access import Arguments, litellm_params
from langchain_aimlapi._litellm.calls import Prepared, prepare_chat
from langchain_aimlapi._litellm.chunks import ChunkWriter, reply_to_items
from langchain_aimlapi._litellm.failures import Caller, as_litellm, caller_of, to_litellm
from langchain_aimlapi._litellm.logs import CallLog
from langchain_aimlapi._litellm.replies import reply_to_response, shown_headers
from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.flow import Flow
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.catalog import Catalog


@dataclass(frozen=True, slots=True)
class OpenStream:
    """A stream whose first event has come. ``chunks`` can be read once; ``created`` is the
    server's time of the answer, where it sent one."""

    chunks: Iterator[ModelResponseStream]
    headers: Mapping[str, str] = field(default_factory=dict)
    created: int | None = None
    writer: ChunkWriter | None = None


@dataclass(frozen=True, slots=True)
class AsyncOpenStream:
    """The async twin of `OpenStream`."""

    chunks: AsyncIterator[ModelResponseStream]
    headers: Mapping[str, str] = field(default_factory=dict)
    created: int | None = None
    writer: ChunkWriter | None = None


# --- whole answers -----


def complete(arguments: Arguments, catalog: Catalog) -> ModelResponse:
    """The whole answer. Raises LiteLLM's exceptions."""
    with as_litellm(caller_of(arguments, catalog)):
        prepared = prepare_chat(arguments, catalog, stream=False)
        log, access = CallLog(arguments), prepared.access
        log.sending(prepared.call.request)
        with log.waiting():
            reply = access.drivers.sync.run(prepared.call.whole(), access.find_key())
        response = reply_to_response(reply, model=prepared.request.model)
        return log.answered(response, reply.choices[0].text)


async def acomplete(arguments: Arguments, catalog: Catalog) -> ModelResponse:
    """The async twin of `complete`."""
    with as_litellm(caller_of(arguments, catalog)):
        prepared = prepare_chat(arguments, catalog, stream=False)
        log, access = CallLog(arguments), prepared.access
        log.sending(prepared.call.request)
        with log.waiting():
            reply = await access.drivers.asynchronous.run(prepared.call.whole(), access.find_key())
        response = reply_to_response(reply, model=prepared.request.model)
        return log.answered(response, reply.choices[0].text)


# --- streams -----


class _Stream:
    """One stream on its way: the call, what is known of its answer so far, and its chunks."""

    def __init__(self, arguments: Arguments, catalog: Catalog) -> None:
        self.caller: Caller = caller_of(arguments, catalog)
        self.prepared: Prepared = prepare_chat(arguments, catalog, stream=True)
        self.merges_reasoning = bool(
            litellm_params(arguments).get("merge_reasoning_content_in_choices")
        )
        self.headers: Mapping[str, str] = {}
        self._reader: AnswerReader | None = None

    def flow(self) -> Flow[None]:
        """Opens the stream and yields its items."""
        call = self.prepared.call
        return flow.stream(call.request, self._open, call.policy, mend=call.mend)

    def _open(self, head: Response) -> AnswerReader:
        self.headers = head.headers
        self._reader = self.prepared.call.reader(head)
        return self._reader

    def about(self) -> Mapping[str, Any]:
        """What is known of the answer so far (``id``, ``created``, ...)."""
        return self._reader.assembly.meta if self._reader is not None else {}

    def created(self) -> int | None:
        """The server's time of the answer."""
        created = self.about().get("created")
        return created if isinstance(created, int) else None

    def writer(self, about: Callable[[], Mapping[str, Any]] | None = None) -> ChunkWriter:
        """What writes the chunks."""
        request = self.prepared.request
        count = request.params.get("n")
        return ChunkWriter(
            request.model,
            about or self.about,
            count=count if isinstance(count, int) else 1,
            merge_reasoning=self.merges_reasoning,
        )

    def written(self, reply: ChatResponse) -> list[ModelResponseStream]:
        """A whole answer as chunks, for models that do not stream."""
        meta = reply.meta
        about = {
            "id": meta.id, "created": meta.created, "system_fingerprint": meta.system_fingerprint
        }  # fmt: skip
        writer = self.writer(lambda: about)
        chunks: list[ModelResponseStream] = []
        for item in reply_to_items(reply):
            if isinstance(item, StreamEnd):
                chunks += writer.final(item)
            else:
                chunks.append(writer.delta(item))
        return chunks


def open_stream(arguments: Arguments, catalog: Catalog) -> OpenStream:
    """The stream, open: its first event has come, so that an error was raised here and not at
    the first chunk. A model that does not stream gives its whole answer as one."""
    with as_litellm(caller_of(arguments, catalog)):
        stream, log = _Stream(arguments, catalog), CallLog(arguments)
        log.sending(stream.prepared.call.request)
        access = stream.prepared.access
        with log.waiting():
            if stream.prepared.call.shape.streams:
                items = access.drivers.sync.stream(stream.flow(), access.find_key())
                try:
                    first, writer = next(items), stream.writer()
                    chunks = _chunks(first, items, stream, writer)
                    headers = shown_headers(stream.headers)
                    return OpenStream(chunks, headers, stream.created(), writer)
                except errors.StreamingUnsupportedError:
                    pass  # sent again below, for a whole answer
            whole = prepare_chat(arguments, catalog, stream=False)
            reply = access.drivers.sync.run(whole.call.whole(), access.find_key())
        meta = reply.meta
        return OpenStream(iter(stream.written(reply)), shown_headers(meta.headers), meta.created)


async def aopen_stream(arguments: Arguments, catalog: Catalog) -> AsyncOpenStream:
    """The async twin of `open_stream`."""
    with as_litellm(caller_of(arguments, catalog)):
        stream, log = _Stream(arguments, catalog), CallLog(arguments)
        log.sending(stream.prepared.call.request)
        access = stream.prepared.access
        with log.waiting():
            if stream.prepared.call.shape.streams:
                items = access.drivers.asynchronous.stream(stream.flow(), access.find_key())
                try:
                    first, writer = await anext(items), stream.writer()
                    chunks = _achunks(first, items, stream, writer)
                    headers = shown_headers(stream.headers)
                    return AsyncOpenStream(chunks, headers, stream.created(), writer)
                except errors.StreamingUnsupportedError:
                    pass  # sent again below, for a whole answer
            whole = prepare_chat(arguments, catalog, stream=False)
            reply = await access.drivers.asynchronous.run(whole.call.whole(), access.find_key())
        meta = reply.meta
        chunks = _aiter(stream.written(reply))
        return AsyncOpenStream(chunks, shown_headers(meta.headers), meta.created)


def _chunks(
    item: object, items: Iterator[object], stream: _Stream, writer: ChunkWriter
) -> Iterator[ModelResponseStream]:
    try:
        while True:
            if type(item) is Delta:
                if item.choice < writer.count:
                    yield writer.delta(item)
            elif isinstance(item, StreamEnd):
                yield from writer.final(item)
            item = next(items, None)
            if item is None:
                return
    except errors.AimlapiError as error:
        raise to_litellm(error, stream.caller) from error
    finally:
        items.close()  # type: ignore[attr-defined]  # the driver's generator


async def _achunks(
    item: object, items: AsyncIterator[object], stream: _Stream, writer: ChunkWriter
) -> AsyncIterator[ModelResponseStream]:
    try:
        while True:
            if type(item) is Delta:
                if item.choice < writer.count:
                    yield writer.delta(item)
            elif isinstance(item, StreamEnd):
                for chunk in writer.final(item):
                    yield chunk
            item = await anext(items, None)
            if item is None:
                return
    except errors.AimlapiError as error:
        raise to_litellm(error, stream.caller) from error
    finally:
        await items.aclose()  # type: ignore[attr-defined]  # the driver's generator


async def _aiter(chunks: list[ModelResponseStream]) -> AsyncIterator[ModelResponseStream]:
    for chunk in chunks:
        yield chunk
