"""Anthropic's citations <-> LangChain's standard ones, without a loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Raw = Mapping[str, object]

# A key that only this type of location has: what ChatAnthropic tells them apart by.
_TYPE_OF_KEY = {
    "encrypted_index": "web_search_result_location",
    "search_result_index": "search_result_location",
    "start_char_index": "char_location",
    "start_page_number": "page_location",
    "start_block_index": "content_block_location",
}
_TITLED = frozenset({"web_search_result_location", "search_result_location"})


def citation_to_annotation(raw: Raw) -> dict[str, object]:
    """A location of Anthropic's as a standard annotation; its other keys are ``extras``."""
    block: dict[str, Any] = {"type": "citation"}
    for name in ("cited_text", "url"):
        if raw.get(name) is not None:
            block[name] = raw[name]
    title = raw.get("title") or raw.get("document_title")
    if title:
        block["title"] = title
    rest = {k: v for k, v in raw.items() if k not in ("cited_text", "url", "title")}
    return {**block, "extras": rest} if rest else block


def annotation_to_citation(annotation: object) -> dict[str, object] | None:
    """The location that a standard annotation was made of; None where it is not Anthropic's."""
    if not isinstance(annotation, Mapping) or annotation.get("type") != "citation":
        return None
    found = annotation.get("extras")
    extras: Raw = found if isinstance(found, Mapping) else {}
    kind = extras.get("type") or next((t for k, t in _TYPE_OF_KEY.items() if k in extras), None)
    if kind not in _TYPE_OF_KEY.values():
        return None
    raw = {"type": kind, **extras}
    for name in ("cited_text", "url"):
        if annotation.get(name) is not None:
            raw[name] = annotation[name]
    title = annotation.get("title")
    if title:
        raw.setdefault("title" if kind in _TITLED else "document_title", title)
    return raw
