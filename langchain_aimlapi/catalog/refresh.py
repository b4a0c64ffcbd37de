"""``GET /v1/models?include=all`` -> rows of the catalog, with an ETag cache on disk.

Nothing here is called by itself, and nothing here opens a connection: the caller brings
``fetch(url, headers) -> (status, headers, body)``. Its async twin uses the same two pure halves::

    cached = load_cached(url)
    status, headers, body = await fetch(url, request_headers(cached))
    snapshot = interpret(status, headers, body, cached)
    save(url, snapshot)
    catalog = catalog.merged(snapshot.payload)
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_aimlapi.catalog.prices import normalise

if TYPE_CHECKING:
    from langchain_aimlapi.catalog.lookup import Catalog

PATH = "/v1/models?include=all"
MAX_CACHE_BYTES = 64 * 1024 * 1024
Fetch = Callable[[str, Mapping[str, str]], tuple[int, Mapping[str, str], bytes]]

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
    ("message", "messages"),
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One answer of the model list. ``changed`` is False where the server said "as before"."""

    payload: Any
    etag: str | None = None
    changed: bool = True


# --- the pure halves -------------------------------------------------------------------------


def request_headers(cached: Snapshot | None) -> dict[str, str]:
    """The headers of the request: conditional where an ETag is known. The list needs no key."""
    headers = {"Accept": "application/json"}
    if cached is not None and cached.etag:
        headers["If-None-Match"] = cached.etag
    return headers


def interpret(
    status: int, headers: Mapping[str, str], body: bytes, cached: Snapshot | None
) -> Snapshot:
    """The answer as a snapshot; the cached one for a 304.

    Raises:
        ValueError: Another status, or a body that is no model list.
    """
    if status == 304 and cached is not None:
        return Snapshot(cached.payload, cached.etag, changed=False)
    if status != 200:
        raise ValueError(f"the model list answered {status}")
    try:
        payload = json.loads(body)
    except ValueError:
        raise ValueError("the model list is not JSON") from None
    _entries(payload)
    etag = next((value for name, value in headers.items() if name.lower() == "etag"), None)
    return Snapshot(payload, etag)


def live_rows(payload: Any) -> dict[str, dict[str, Any]]:
    """Id -> the facts that a model list tells. Entries that make no sense are left out.

    Raises:
        ValueError: ``payload`` is no model list.
    """
    rows: dict[str, dict[str, Any]] = {}
    for entry in _entries(payload):
        name = entry.get("id")
        if isinstance(name, str) and name:
            rows.setdefault(name, _row(entry))  # an id may stand there once per endpoint
    return rows


def _entries(payload: Any) -> list[Mapping[str, Any]]:
    data = payload.get("data") if isinstance(payload, Mapping) else None
    if not isinstance(data, list):
        raise ValueError("the model list has no list under data")
    return [each for each in data if isinstance(each, Mapping)]


def _row(entry: Mapping[str, Any]) -> dict[str, Any]:
    info = entry.get("info")
    info = info if isinstance(info, Mapping) else {}
    row: dict[str, Any] = {
        "kind": _kind(entry.get("type")),
        "name": _text(info.get("name")),
        "vendor": _vendor(info.get("developer")),
        "status": "listed",
        "aliases": _texts(entry.get("aliases")),
        "context": _count(info.get("contextLength")),
        "max_output": _count(info.get("outputMax")),
        "released": _text(info.get("releasedAt")),
        "prices": normalise(entry.get("pricing")),
        "listed_capabilities": _capabilities(entry),
    }
    return {key: value for key, value in row.items() if value}


def _kind(said: Any) -> str | None:
    if not isinstance(said, str):
        return None
    known = _KINDS.get(said)
    return known or next((kind for word, kind in _KIND_WORDS if word in said.lower()), None)


def _vendor(developer: Any) -> str | None:
    """The developer in the catalog's spelling: ``Open AI`` is ``openai``."""
    name = _text(developer)
    if name is None:
        return None
    plain = "-".join(name.lower().replace(".", "-").split())
    return {"open-ai": "openai", "x-ai": "xai", "deep-seek": "deepseek"}.get(plain, plain)


def _capabilities(entry: Mapping[str, Any]) -> frozenset[str]:
    """Its capability words, and its modalities as words of ours."""
    words = set(_texts(entry.get("capabilities")))
    modalities = entry.get("modalities")
    modalities = modalities if isinstance(modalities, Mapping) else {}
    inputs = {"image": "images", "audio": "audio_input", "video": "video_input", "file": "pdf"}
    outputs = {"image": "image_output", "audio": "audio_output", "video": "video_output"}
    words |= {inputs[each] for each in _texts(modalities.get("input")) if each in inputs}
    words |= {outputs[each] for each in _texts(modalities.get("output")) if each in outputs}
    return frozenset(words)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


# --- the disk --------------------------------------------------------------------------------


def cache_dir() -> Path:
    """``$XDG_CACHE_HOME/langchain_aimlapi``, else ``~/.cache/langchain_aimlapi``."""
    base = os.environ.get("XDG_CACHE_HOME")
    # the specification says to ignore a relative path there
    root = Path(base) if base and os.path.isabs(base) else Path.home() / ".cache"
    return root / "langchain_aimlapi"


def cache_file(url: str, directory: Path | None = None) -> Path:
    """Where the answer of ``url`` is kept: one file per server."""
    digest = hashlib.sha256(url.encode()).hexdigest()[:16]
    return (directory or cache_dir()) / f"models-{digest}.json"


def load_cached(url: str, directory: Path | None = None) -> Snapshot | None:
    """The last answer of ``url``, or None where there is none that can be read."""
    try:
        with cache_file(url, directory).open("rb") as file:
            held = json.loads(file.read(MAX_CACHE_BYTES))
        etag = held.get("etag")
        _entries(held["payload"])
    except (OSError, ValueError, KeyError, AttributeError):
        return None
    return Snapshot(held["payload"], etag if isinstance(etag, str) else None, changed=False)


def save(url: str, snapshot: Snapshot, directory: Path | None = None) -> Path:
    """Keeps an answer, readable by the user only; a reader never sees half a file."""
    target = cache_file(url, directory)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = json.dumps({"url": url, "etag": snapshot.etag, "payload": snapshot.payload})
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".models-")  # mkstemp gives 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    return target


def refresh(
    catalog: Catalog, fetch: Fetch, base_url: str, *, directory: Path | None = None
) -> Catalog:
    """Asks the server for its model list and merges it into ``catalog``.

    Args:
        catalog: Where to start from; it stays as it is.
        fetch: ``(url, headers) -> (status, headers, body)``, the only I/O beside the cache file.
        base_url: ``https://api.aimlapi.com``, with or without ``/v1`` at its end.
        directory: Where to keep the answer; `cache_dir` by default.

    Raises:
        ValueError: The server's answer is no model list.

    Wire: ``GET /v1/models?include=all``, no key, ``If-None-Match``.
    Source: the complete model list page, read 2026-08-21.
    """
    url = list_url(base_url)
    cached = load_cached(url, directory)
    snapshot = interpret(*fetch(url, request_headers(cached)), cached)
    if snapshot.changed:
        save(url, snapshot, directory)
    return catalog.merged(snapshot.payload)


def list_url(base_url: str) -> str:
    """The address of the model list under ``base_url``."""
    return base_url.rstrip("/").removesuffix("/v1").rstrip("/") + PATH
