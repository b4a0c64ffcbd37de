"""Chat calls in both colours: whole answers and streams that are open before they are returned."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from litellm.types.utils import ModelResponse, ModelResponseStream

from langchain_aimlapi import errors
from langchain_aimlapi._dialects.reader import AnswerReader
from langchain_aimlapi._domain.values import ChatResponse, Delta, StreamEnd
from langchain_aimlapi._litellm.calls import Prepared, prepare_chat
from langchain_aimlapi._litellm.chunks import ChunkWriter, reply_to_items
from langchain_aimlapi._litellm.failures import as_litellm, to_litellm
from langchain_aimlapi._litellm.replies import reply_to_response, shown_headers
from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.flow import Flow
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.catalog import Catalog

Given = Mapping[str, Any]


class _Head:
    """What an open stream has said about itself so far."""

    __slots__ = ("_call", "headers", "reader")

    def __init__(self, prepared: Prepared) -> None:
        self._call = prepared.call
        self.headers: Mapping[str, str] = {}
        self.reader: AnswerReader | None = None

    def flow(self) -> Flow[None]:
        return flow.stream(self._call.request, self._open, self._call.policy)

    def _open(self, head: Response) -> AnswerReader:
        self.headers = head.headers
        self.reader = self._call.reader(head)
        return self.reader

    def created(self) -> int | None:
        created = self.told().get("created")
        return created if isinstance(created, int) else None

    def told(self) -> Mapping[str, Any]:
        return self.reader.assembly.meta if self.reader is not None else {}


@dataclass(frozen=True, slots=True)
class OpenStream:
    """A stream whose first event has come. ``chunks`` can be read once; ``created`` is the
    server's time of the answer, where it has told one."""

    chunks: Iterator[ModelResponseStream]
    headers: Mapping[str, str] = field(default_factory=dict)
    created: int | None = None


@dataclass(frozen=True, slots=True)
class AsyncOpenStream:
    """The async twin of `OpenStream`."""

    chunks: AsyncIterator[ModelResponseStream]
    headers: Mapping[str, str] = field(default_factory=dict)
    created: int | None = None


# --- whole answers -----


def complete(given: Given, catalog: Catalog) -> ModelResponse:
    """The whole answer. Raises LiteLLM's exceptions."""
    with as_litellm(str(given["model"]), catalog):
        prepared = prepare_chat(given, catalog, stream=False)
        _before(given, prepared)
        access = prepared.access
        reply = access.drivers.sync.run(prepared.call.whole(), access.key)
        return _after(given, prepared, reply)


async def acomplete(given: Given, catalog: Catalog) -> ModelResponse:
    """The async twin of `complete`."""
    with as_litellm(str(given["model"]), catalog):
        prepared = prepare_chat(given, catalog, stream=False)
        _before(given, prepared)
        access = prepared.access
        reply = await access.drivers.asynchronous.run(prepared.call.whole(), access.key)
        return _after(given, prepared, reply)


# --- streams -----


def open_stream(given: Given, catalog: Catalog) -> OpenStream:
    """The stream, open: its first event has come, so that an error was raised here and not at
    the first chunk. A model that does not stream gives its whole answer as one."""
    with as_litellm(str(given["model"]), catalog):
        prepared = prepare_chat(given, catalog, stream=True)
        _before(given, prepared)
        access, head = prepared.access, _Head(prepared)
        if prepared.call.shape.streams:
            items = access.drivers.sync.stream(head.flow(), access.key)
            try:
                first = next(items)
                chunks = _chunks(first, items, prepared, head)
                return OpenStream(chunks, shown_headers(head.headers), head.created())
            except errors.StreamingUnsupportedError:
                pass  # asked again below, for a whole answer
        whole = prepare_chat(given, catalog, stream=False)
        reply = access.drivers.sync.run(whole.call.whole(), access.key)
        meta = reply.meta
        chunks = iter(_written(reply, whole))
        return OpenStream(chunks, shown_headers(meta.headers), meta.created)


async def aopen_stream(given: Given, catalog: Catalog) -> AsyncOpenStream:
    """The async twin of `open_stream`."""
    with as_litellm(str(given["model"]), catalog):
        prepared = prepare_chat(given, catalog, stream=True)
        _before(given, prepared)
        access, head = prepared.access, _Head(prepared)
        if prepared.call.shape.streams:
            items = access.drivers.asynchronous.stream(head.flow(), access.key)
            try:
                first = await anext(items)
                chunks = _achunks(first, items, prepared, head)
                return AsyncOpenStream(chunks, shown_headers(head.headers), head.created())
            except errors.StreamingUnsupportedError:
                pass  # asked again below, for a whole answer
        whole = prepare_chat(given, catalog, stream=False)
        reply = await access.drivers.asynchronous.run(whole.call.whole(), access.key)
        meta = reply.meta
        chunks = _aiter(_written(reply, whole))
        return AsyncOpenStream(chunks, shown_headers(meta.headers), meta.created)


def _chunks(
    first: Any, items: Iterator[Any], prepared: Prepared, head: _Head
) -> Iterator[ModelResponseStream]:
    writer = _writer(prepared, head.told)
    item = first
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
        raise to_litellm(error, prepared.ask.model) from error
    finally:
        items.close()  # type: ignore[attr-defined]  # the driver's generator


async def _achunks(
    first: Any, items: AsyncIterator[Any], prepared: Prepared, head: _Head
) -> AsyncIterator[ModelResponseStream]:
    writer = _writer(prepared, head.told)
    item = first
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
        raise to_litellm(error, prepared.ask.model) from error
    finally:
        await items.aclose()  # type: ignore[attr-defined]  # the driver's generator


def _writer(prepared: Prepared, told: Callable[[], Mapping[str, Any]]) -> ChunkWriter:
    count = prepared.ask.params.get("n")
    return ChunkWriter(prepared.ask.model, told, count=count if isinstance(count, int) else 1)


def _written(reply: ChatResponse, prepared: Prepared) -> list[ModelResponseStream]:
    meta = reply.meta
    told = {
        "id": meta.id, "created": meta.created, "system_fingerprint": meta.system_fingerprint
    }  # fmt: skip
    writer = _writer(prepared, lambda: told)
    chunks: list[ModelResponseStream] = []
    for item in reply_to_items(reply):
        if isinstance(item, StreamEnd):
            chunks += writer.final(item)
        else:
            chunks.append(writer.delta(item))
    return chunks


async def _aiter(chunks: list[ModelResponseStream]) -> AsyncIterator[ModelResponseStream]:
    for chunk in chunks:
        yield chunk


# --- LiteLLM's logging -----


def _before(given: Given, prepared: Prepared) -> None:
    """Tells LiteLLM's ``log_pre_api_call`` what goes out: a custom provider must do so itself."""
    log = given.get("logging_obj")
    if log is None:
        return
    sent = {"model": prepared.ask.model, **dict(given.get("optional_params") or {})}
    log.pre_call(
        input=given.get("messages"),
        api_key="",  # LiteLLM would mask it; it is not needed at all
        additional_args={
            "complete_input_dict": sent,
            "api_base": prepared.call.request.url,
            "headers": {},
        },
    )


def _after(given: Given, prepared: Prepared, reply: ChatResponse) -> ModelResponse:
    log = given.get("logging_obj")
    if log is not None:
        log.post_call(
            original_response=reply.choices[0].text, input=given.get("messages"), api_key=""
        )
    return reply_to_response(reply, model=prepared.ask.model)
