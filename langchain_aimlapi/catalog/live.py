"""What the API says about its models itself: three answers, read as layers of the catalog.

``GET /v1/models?include=all`` lists what is served, ``GET /v1/models/deprecations`` what ends, and
``GET /docs-json`` prints a model's own request schema. Nothing here performs I/O:
`endpoints.models` asks, `store` keeps.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from langchain_aimlapi._json import text_or_none
from langchain_aimlapi.catalog.openapi import Group, read_openapi
from langchain_aimlapi.catalog.prices import normalise

LIST_PATH = "/v1/models?include=all"
ENDS_PATH = "/v1/models/deprecations"
SCHEMA_PATH = "/docs-json"

# ``type`` of the model list -> our kind; what is not here is guessed from its words.
_KINDS = {
    "openai/chat-completions": "chat",
    "openai/responses": "responses",
    "anthropic/messages": "messages",
    "openai/image-generations": "image",
    "openai/embeddings": "embedding",
    "internal/video-generations/submit": "video",
}
_KIND_WORDS = (
    ("chat", "chat"),
    ("response", "responses"),
    ("embedding", "embedding"),
    ("image", "image"),
    ("video", "video"),
    ("transcri", "stt"),
    ("stt", "stt"),
    ("speech-to-text", "stt"),
    ("tts", "tts"),
    ("speech", "tts"),
    ("audio", "audio"),
    ("music", "audio"),
    ("ocr", "ocr"),
    ("moderation", "moderation"),
    ("decision", "decision"),
    ("message", "messages"),
)
_INPUTS = {
    "image": "images",
    "audio": "audio_input",
    "video": "video_input",
    "file": "pdf",
    "pdf": "pdf",
}
_OUTPUTS = {"image": "image_output", "audio": "audio_output", "video": "video_output"}
_VENDORS = {"open-ai": "openai", "x-ai": "xai", "deep-seek": "deepseek"}
# Which of several endpoints names the kind of an id: an image model may also answer in a chat.
_RANKS = ("image", "video", "embedding", "chat", "messages", "responses")
ENDINGS = ("deprecated", "superseded", "withdrawn")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One answer. ``changed`` is False where the server answered "not modified"."""

    payload: Any
    etag: str | None = None
    changed: bool = True


# --- asking -----

# What a header can carry; a file on disk, or a server, may hold anything.
_ETAG = re.compile(r"[\x20-\x7e]{1,512}")


def request_headers(cached: Snapshot | None) -> dict[str, str]:
    """The headers of a request: conditional where an ETag is known. No key is needed."""
    headers = {"Accept": "application/json"}
    if cached is not None and cached.etag and _ETAG.fullmatch(cached.etag):
        headers["If-None-Match"] = cached.etag
    return headers


def interpret(
    status: int, headers: Mapping[str, str], body: bytes, cached: Snapshot | None
) -> Snapshot:
    """An answer with a list under ``data`` as a snapshot; the cached one for a 304.

    Raises:
        ValueError: Another status, or a body that is no such list.
    """
    if status == 304 and cached is not None:
        return Snapshot(cached.payload, cached.etag, changed=False)
    if status != 200:
        raise ValueError(f"the list answered {status}")
    try:
        payload = json.loads(body)
    except ValueError:
        raise ValueError("the list is not JSON") from None
    entries_of(payload)
    etag = next((value for name, value in headers.items() if name.lower() == "etag"), None)
    return Snapshot(payload, etag)


def schema_links(payload: object, models: Iterable[str]) -> list[tuple[str, str]]:
    """(id, path and query) of every request schema that a model list links for these ids.

    A link is followed on the server that the list came from, whatever host it names. An id that
    the list does not have is looked up by its name.
    """
    linked: dict[str, list[str]] = {}
    for entry in entries_of(payload):
        link = _link_of(entry)
        for name in (entry.get("id"), *_texts(entry.get("aliases"))):
            if link is not None and isinstance(name, str):
                linked.setdefault(name, []).append(link)
    found = []
    for model in dict.fromkeys(models):
        links = linked.get(model) or [f"{SCHEMA_PATH}?{urlencode({'model': model})}"]
        found += [(model, link) for link in dict.fromkeys(links)]
    return found


def _link_of(entry: Mapping[str, object]) -> str | None:
    info = entry.get("info")
    link = info.get("docsJson") if isinstance(info, Mapping) else None
    query = parse_qs(urlsplit(link).query) if isinstance(link, str) else {}
    wanted = {name: query[name][0] for name in ("model", "endpoint") if query.get(name)}
    return f"{SCHEMA_PATH}?{urlencode(wanted)}" if "model" in wanted else None


# --- reading -----


def entries_of(payload: object) -> list[Mapping[str, Any]]:
    """The objects of a list. Raises ValueError where there is none."""
    data = payload.get("data") if isinstance(payload, Mapping) else None
    if not isinstance(data, list):
        raise ValueError("the model list has no list under data")
    return [each for each in data if isinstance(each, Mapping)]


def live_rows(payload: object) -> dict[str, dict[str, Any]]:
    """Id -> the facts that a model list tells. Entries that make no sense are left out.

    Raises:
        ValueError: ``payload`` is no model list.
    """
    rows: dict[str, dict[str, Any]] = {}
    for entry in entries_of(payload):
        name = entry.get("id")
        if isinstance(name, str) and name:
            row = _row(entry)
            if name in rows:  # an id stands there once for each of its endpoints
                row = {**row, **rows[name], **_joined(rows[name], row)}
            rows[name] = row
    return rows


def _joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Two endpoints of one id: the words of both, and the kind of which most is known."""
    words = {*one.get("listed_capabilities", ()), *other.get("listed_capabilities", ())}
    kinds = [row["kind"] for row in (one, other) if "kind" in row]
    found: dict[str, Any] = {"listed_capabilities": frozenset(words)} if words else {}
    if kinds:
        found["kind"] = min(kinds, key=lambda k: _RANKS.index(k) if k in _RANKS else len(_RANKS))
    return found


def _row(entry: Mapping[str, object]) -> dict[str, object]:
    info = entry.get("info")
    info = info if isinstance(info, Mapping) else {}
    row: dict[str, Any] = {
        "kind": _kind(entry.get("type")),
        "name": text_or_none(info.get("name")),
        "vendor": _vendor(info.get("developer")),
        "status": "listed",
        "aliases": _texts(entry.get("aliases")),
        "context": _count(info.get("contextLength")),
        "max_output": _count(info.get("outputMax")),
        "released": text_or_none(info.get("releasedAt")),
        "prices": normalise(entry.get("pricing")),
        "listed_capabilities": _capabilities(entry),
    }
    return {key: value for key, value in row.items() if value}


def ending_rows(payload: object) -> dict[str, dict[str, Any]]:
    """Id or alias -> the facts of the list of what ends.

    Raises:
        ValueError: ``payload`` is no such list.
    """
    rows: dict[str, dict[str, Any]] = {}
    for entry in entries_of(payload):
        name, status = entry.get("id"), str(entry.get("status", "")).lower()
        if not isinstance(name, str) or not name or status not in ENDINGS:
            continue
        row = {
            "status": status,
            "deprecated_at": text_or_none(entry.get("deprecated_at")),
            "shutdown_at": text_or_none(entry.get("shutdown_at")),
            "replacement": text_or_none(entry.get("replaced_by")),
        }
        known = {key: value for key, value in row.items() if value}
        for each in (name, *_texts(entry.get("aliases"))):
            rows.setdefault(each, known)
    return rows


def groups_by_model(documents: Iterable[object]) -> dict[str, tuple[Group, ...]]:
    """Id -> its groups, one a path, from OpenAPI documents; the last one of a path counts.

    Raises:
        ValueError: One of them is no OpenAPI document.
    """
    found: dict[str, dict[str, Group]] = {}
    for document in documents:
        for group in read_openapi(document):
            for model in group.models:
                found.setdefault(model, {})[group.path] = group
    return {model: tuple(paths.values()) for model, paths in found.items()}


def _kind(word: object) -> str | None:
    if not isinstance(word, str):
        return None
    known = _KINDS.get(word)
    return known or next((kind for part, kind in _KIND_WORDS if part in word.lower()), None)


def _vendor(developer: object) -> str | None:
    """The developer in the catalog's spelling: ``Open AI`` is ``openai``."""
    name = text_or_none(developer)
    if name is None:
        return None
    plain = "-".join(name.lower().replace(".", "-").split())
    return _VENDORS.get(plain, plain)


def _capabilities(entry: Mapping[str, object]) -> frozenset[str]:
    """Its capability words, and its modalities as words of ours."""
    words = set(_texts(entry.get("capabilities")))
    modalities = entry.get("modalities")
    modalities = modalities if isinstance(modalities, Mapping) else {}
    words |= {_INPUTS[each] for each in _texts(modalities.get("input")) if each in _INPUTS}
    words |= {_OUTPUTS[each] for each in _texts(modalities.get("output")) if each in _OUTPUTS}
    return frozenset(words)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(_strings(value)) if isinstance(value, list) else ()


def _strings(values: Iterable[object]) -> Iterator[str]:
    return (each for each in values if isinstance(each, str))


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
