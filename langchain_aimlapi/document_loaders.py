"""Recordings and documents as LangChain documents: transcripts, and pages that were read.

A parser takes blobs and goes into LangChain's ``GenericLoader``; a loader takes files, addresses,
and answers of media models as they are::

    AimlapiOcrLoader("contract.pdf").load()                       # one document a page
    AimlapiTranscriptionLoader("talk.mp3", model="nova-3", by="segment").load()
"""

from __future__ import annotations

import inspect
import os
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from langchain_core.document_loaders import BaseBlobParser, BaseLoader, Blob
from langchain_core.documents import Document

from langchain_aimlapi._connection.fields import argument_names
from langchain_aimlapi.catalog.nearest import hint
from langchain_aimlapi.client import AimlapiClient
from langchain_aimlapi.endpoints import Result
from langchain_aimlapi.endpoints._sources import Source
from langchain_aimlapi.endpoints.ocr import OcrDocument
from langchain_aimlapi.endpoints.transcription import Transcript

__all__ = [
    "AimlapiOcrLoader",
    "AimlapiOcrParser",
    "AimlapiTranscriptionLoader",
    "AimlapiTranscriptionParser",
]

Metadata = dict[str, Any]
Sources = Source | Sequence[Source]


class _Parser(BaseBlobParser):
    """Blobs -> documents, by one endpoint."""

    argument: ClassVar[str]
    """The endpoint's argument for the file."""

    def __init__(
        self,
        client: AimlapiClient | None,
        call: Mapping[str, object],
        options: Mapping[str, object],
    ) -> None:
        settings, own = _split(options, self._known())
        if client is not None and settings:
            raise ValueError(f"{sorted(settings)} are settings of the client, which is given too")
        self.client = client or AimlapiClient(**settings)
        self.call = {name: value for name, value in {**call, **own}.items() if value is not None}

    @abstractmethod
    def _known(self) -> set[str]:
        """The arguments of the endpoint."""

    @abstractmethod
    def _made(self, source: Source) -> Result:
        """What the endpoint makes of a file."""

    @abstractmethod
    async def _amade(self, source: Source) -> Result:
        """The same, on the running event loop."""

    @abstractmethod
    def _documents(self, made: Any, metadata: Metadata) -> Iterator[Document]:
        """The documents of what was made."""

    def lazy_parse(self, blob: Blob) -> Iterator[Document]:
        """The documents of a blob; its metadata is theirs too.

        Args:
            blob: A file on disk, or its content.

        Raises:
            AimlapiError: as the endpoint.
        """
        yield from self._documents(self._made(_content(blob)), _metadata(blob))

    async def alazy_parse(self, blob: Blob) -> AsyncIterator[Document]:
        """Like `lazy_parse`, on the running event loop."""
        made = await self._amade(_content(blob))
        for document in self._documents(made, _metadata(blob)):
            yield document

    async def aparse(self, blob: Blob) -> list[Document]:
        """Like ``parse``, on the running event loop."""
        return [document async for document in self.alazy_parse(blob)]

    def parse_source(self, source: Any) -> Iterator[Document]:
        """The documents of a file, an address, or an answer of a media model."""
        yield from self._documents(self._made(_file(source)), {"source": _name(source)})

    async def aparse_source(self, source: Any) -> AsyncIterator[Document]:
        """Like `parse_source`, on the running event loop."""
        made = await self._amade(_file(source))
        for document in self._documents(made, {"source": _name(source)}):
            yield document

    def _facts(self, made: Result) -> Metadata:
        found = {"model": self.call.get("model"), "inference_id": made.inference_id}
        return {name: value for name, value in found.items() if value is not None}


class AimlapiTranscriptionParser(_Parser):
    """Recordings -> documents of what is spoken.

    Args:
        model: Id of a model for transcripts.
        by: ``"whole"`` for one document, ``"segment"`` for one a stretch of speech, with ``start``
            and ``end`` (seconds) and ``speaker`` among its metadata.
        client: What it is called with. Default: a new one, from the other options.
        options: Arguments of `TranscriptionCalls.create` (``language``, ``diarize``, ...), or
            settings of the client (``api_key``, ...).

    Raises:
        ValueError: there is no such option; names the nearest one.

    Wire: POST ``/v1/stt/create``, then GET ``/v1/stt/{generation_id}``.
    Source: the speech-to-text pages of docs.aimlapi.com, read 2026-08-21.
    """

    argument = "audio"

    def __init__(
        self,
        model: str = "nova-3",
        *,
        by: Literal["whole", "segment"] = "whole",
        client: AimlapiClient | None = None,
        **options: Any,
    ) -> None:
        if by not in ("whole", "segment"):
            raise ValueError(f"by is {by!r}: choose 'whole' or 'segment'")
        super().__init__(client, {"model": model}, options)
        self.by = by

    def _known(self) -> set[str]:
        return set(inspect.signature(AimlapiClient().transcription.create).parameters)

    def _made(self, source: Source) -> Transcript:
        return self.client.transcription.create(audio=source, **self.call)

    async def _amade(self, source: Source) -> Transcript:
        return await self.client.transcription.acreate(audio=source, **self.call)

    def _documents(self, made: Transcript, metadata: Metadata) -> Iterator[Document]:
        found = {"language": made.language, "duration": made.duration}
        shared = {**metadata, **self._facts(made), **_known_only(found)}
        if self.by == "whole":
            yield Document(page_content=made.text, metadata=shared)
            return
        for part in made.stretches():
            times = {"start": part.start, "end": part.end, "speaker": part.speaker}
            yield Document(page_content=part.text, metadata={**shared, **_known_only(times)})


class AimlapiOcrParser(_Parser):
    """Documents and images -> one document a page, its text in Markdown.

    Args:
        model: Id of an OCR model.
        client: What it is called with. Default: a new one, from the other options.
        options: Arguments of ``client.ocr`` (``pages``, ``include_images``, ``annotation``, ...),
            or settings of the client (``api_key``, ...).

    The metadata of a document has ``page`` (from 0), ``total_pages`` (of those that were read),
    ``width`` and ``height``, and ``annotation`` where one was ordered.

    Raises:
        ValueError: there is no such option; names the nearest one.

    Wire: POST ``/v1/ocr``.
    Source: the OCR model pages of docs.aimlapi.com, read 2026-08-21.
    """

    argument = "document"

    def __init__(
        self,
        model: str = "mistral/mistral-ocr-latest",
        *,
        client: AimlapiClient | None = None,
        **options: Any,
    ) -> None:
        super().__init__(client, {"model": model}, options)

    def _known(self) -> set[str]:
        return set(inspect.signature(AimlapiClient().ocr.read).parameters)

    def _made(self, source: Source) -> OcrDocument:
        return self.client.ocr.read(document=source, **self.call)

    async def _amade(self, source: Source) -> OcrDocument:
        return await self.client.ocr.aread(document=source, **self.call)

    def _documents(self, made: OcrDocument, metadata: Metadata) -> Iterator[Document]:
        shared = {**metadata, **self._facts(made), "total_pages": len(made.pages)}
        if made.annotation is not None:
            shared["annotation"] = made.annotation
        for page in made.pages:
            size = page.dimensions
            found = {
                "page": page.index,
                "width": size.width if size is not None else None,
                "height": size.height if size is not None else None,
            }
            yield Document(page_content=page.markdown, metadata={**shared, **_known_only(found)})


class _Loader(BaseLoader):
    """Files, addresses and answers -> documents, by a parser."""

    def __init__(self, sources: Sources, parser: _Parser) -> None:
        self.sources = list(sources) if isinstance(sources, list | tuple) else [sources]
        self.parser = parser

    def lazy_load(self) -> Iterator[Document]:
        """The documents, file by file.

        Raises:
            AimlapiError: as the endpoint.
        """
        for source in self.sources:
            yield from self.parser.parse_source(source)

    async def alazy_load(self) -> AsyncIterator[Document]:
        """Like `lazy_load`, on the running event loop."""
        for source in self.sources:
            async for document in self.parser.aparse_source(source):
                yield document


class AimlapiTranscriptionLoader(_Loader):
    """Loads what is spoken in recordings.

    Args:
        sources: A path, an address, bytes, a message or `Speech` of an earlier answer, or a list
            of them. A text that is no address is the path of a file.
        model, by, client, options: As for `AimlapiTranscriptionParser`.
    """

    def __init__(
        self,
        sources: Sources,
        *,
        model: str = "nova-3",
        by: Literal["whole", "segment"] = "whole",
        client: AimlapiClient | None = None,
        **options: Any,
    ) -> None:
        super().__init__(
            sources, AimlapiTranscriptionParser(model, by=by, client=client, **options)
        )


class AimlapiOcrLoader(_Loader):
    """Loads the pages of documents and images.

    Args:
        sources: A path, an address, bytes, a message or an `Image` of an earlier answer, or a list
            of them. A text that is no address is the path of a file.
        model, client, options: As for `AimlapiOcrParser`.
    """

    def __init__(
        self,
        sources: Sources,
        *,
        model: str = "mistral/mistral-ocr-latest",
        client: AimlapiClient | None = None,
        **options: Any,
    ) -> None:
        super().__init__(sources, AimlapiOcrParser(model, client=client, **options))


# --- parts -----


def _split(options: Mapping[str, object], known: set[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings of the client, and arguments of the endpoint (which win: ``timeout``)."""
    of_client = argument_names(AimlapiClient)
    for name in options:
        if name not in known and name not in of_client:
            raise ValueError(f"unknown argument {name!r}{hint(name, known | of_client)}")
    own = {name: value for name, value in options.items() if name in known}
    return {name: value for name, value in options.items() if name not in known}, own


def _content(blob: Blob) -> Source:
    """What is in a blob; its bytes stay on disk where it is a file."""
    if blob.data is None:
        return _file(str(blob.path))
    return blob.as_bytes()


def _metadata(blob: Blob) -> Metadata:
    return {**({"source": blob.source} if blob.source else {}), **blob.metadata}


def _file(source: Source) -> Source:
    """A text as the path that it is, where it is no address; an empty one stays what it is."""
    if isinstance(source, str) and not source.strip():
        return source
    if isinstance(source, str) and "://" not in source[:32] and source[:5].lower() != "data:":
        return Path(source)
    return source


def _name(source: Source) -> str:
    """Where a document comes from, for its metadata."""
    if isinstance(source, str):
        return source if source[:5].lower() != "data:" else "data"
    if isinstance(source, os.PathLike):
        return str(os.fspath(source))
    named: object = getattr(source, "url", None) or getattr(source, "name", None)
    if isinstance(named, str) and named:
        return named
    return str(type(source).__name__)


def _known_only(facts: Mapping[str, object]) -> Metadata:
    return {name: value for name, value in facts.items() if value is not None}
