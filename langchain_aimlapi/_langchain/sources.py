"""Sources that an answer names -> LangChain documents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from langchain_core.documents import Document
from langchain_core.messages import AIMessage

_MARK = re.compile(r"\s*\[(\d+)\]")
_SENTENCE = re.compile(r"[^.!?\n]*(?:[.!?](?!\s|$|\[)[^.!?\n]*)*[.!?]?(?:\s*\[\d+\])*")
_TEXTS = ("snippet", "content", "text", "description")
_DATES = ("date", "published_date", "page_age", "last_updated")


def message_to_documents(message: AIMessage, model: str) -> list[Document]:
    """One document for each source, in the order of the answer.

    The content is the source's own snippet; else what the answer cites of it; else the sentences of
    the answer that name it; else its title.
    """
    answer = str(message.text)
    found: dict[str, dict[str, Any]] = {}
    for citation in _citations(message):
        _merge(found.setdefault(str(citation["url"]), {"url": citation["url"]}), citation, answer)
    documents = []
    for rank, (url, source) in enumerate(found.items(), 1):
        content = (
            source.get("snippet")
            or source.get("cited")
            or _named(answer, rank)
            or source.get("title")
            or url
        )
        metadata = {
            "source": url,
            "url": url,
            "title": source.get("title"),
            "date": source.get("date"),
            "rank": rank,
            "model": model,
        }
        documents.append(Document(page_content=str(content), metadata=metadata))
    return documents


def _citations(message: AIMessage) -> Iterator[Mapping[str, object]]:
    for block in message.content_blocks:
        annotations = block.get("annotations")
        for note in annotations if isinstance(annotations, list) else ():
            if note.get("type") == "citation" and note.get("url"):
                yield note


def _merge(source: dict[str, Any], citation: Mapping[str, object], answer: str) -> None:
    """Adds what a citation tells of its source; the first that tells counts."""
    extras = citation.get("extras")
    extras = extras if isinstance(extras, Mapping) else {}
    start, end = citation.get("start_index"), citation.get("end_index")
    span = None
    if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(answer):
        span = _MARK.sub("", answer[start:end]).strip()
    facts = {
        "title": citation.get("title"),
        "snippet": _first(extras, _TEXTS),
        "date": _first(extras, _DATES),
        "cited": citation.get("cited_text") or span,
    }
    for name, value in facts.items():
        if value and not source.get(name):
            source[name] = value


def _first(extras: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((extras[n] for n in names if isinstance(extras.get(n), str) and extras[n]), None)


def _named(answer: str, rank: int) -> str:
    """The sentences of the answer that carry the mark ``[rank]``."""
    sentences = (match[0] for match in _SENTENCE.finditer(answer))
    named = [each for each in sentences if str(rank) in _MARK.findall(each)]
    return " ".join(_MARK.sub("", each).strip() for each in named)
