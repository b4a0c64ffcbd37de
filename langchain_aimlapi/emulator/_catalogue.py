"""A model's row in the list of models, from what its schemas take."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from urllib.parse import quote

from langchain_aimlapi.emulator._core import Json
from langchain_aimlapi.emulator._ledger import IMAGE_PRICE, prices_of
from langchain_aimlapi.emulator._models import Model
from langchain_aimlapi.emulator._state import State

TYPES = {
    "/v1/chat/completions": "openai/chat-completions",
    "/v1/responses": "openai/responses",
    "/v1/messages": "anthropic/messages",
    "/v1/embeddings": "openai/embeddings",
    "/v1/images/generations": "openai/image-generations",
    "/v1/images/edits": "openai/image-edits",
    "/v2/video/generations": "internal/video-generations/submit",
    "/v2/generate/audio": "internal/audio-generations/submit",
    "/v1/stt/create": "internal/stt/submit",
    "/v1/tts": "internal/tts",
    "/v1/ocr": "internal/ocr",
    "/v1/batches": "internal/batches/submit",
    "/v1/decisions": "internal/decisions",
}
PATH_OF = {kind: path for path, kind in TYPES.items()}
SECTIONS = ("pricing", "modalities", "capabilities")
# A model has one row for each of these; batches and edits are named nowhere in the list.
_ROWS = tuple(path for path in TYPES if path not in ("/v1/batches", "/v1/images/edits"))
_PARTS = {
    "image_url": "image",
    "image": "image",
    "input_image": "image",
    "input_audio": "audio",
    "video_url": "video",
    "file": "pdf",
    "document": "pdf",
    "input_file": "pdf",
}
_OUTPUTS = {
    "image": "image",
    "3d": "3d",
    "video": "video",
    "tts": "audio",
    "audio": "audio",
    "embedding": "embedding",
}
_REASONING = ("reasoning_effort", "reasoning", "thinking", "enable_thinking")


def rows_of(state: State, model: Model, origin: str) -> Iterator[Json]:
    """One row for each path that serves the model."""
    for path in _ROWS:
        if path in model.takes:
            yield row_of(state, model, path, origin)


def row_of(state: State, model: Model, path: str, origin: str) -> Json:
    """The row of a model on a path, with all sections."""
    facts = model.row
    kind = TYPES[path]
    query = f"model={quote(model.id, safe='')}&endpoint={quote(kind, safe='')}"
    info: Json = {
        "releasedAt": facts.get("released", "2026-01-01"),
        "name": facts.get("name") or model.id.rpartition("/")[2],
        "developer": model.vendor or "unknown",
        "description": f"{model.id}, emulated.",
        "url": f"https://aimlapi.com/models/{model.id.rpartition('/')[2]}",
        "docsUrl": "https://docs.aimlapi.com/",
        "docsJson": f"{origin}/docs-json?{query}",
    }
    if facts.get("context"):
        info["contextLength"] = facts["context"]
    if facts.get("output"):
        info["outputMax"] = facts["output"]
    shape = Shape(state, model, path)
    return {
        "id": model.id,
        "aliases": list(state.models.aliases.get(model.id, ())),
        "type": kind,
        "info": info,
        "tags": [f"playground:{model.kind or 'other'}"],
        "pricing": _pricing(model),
        "modalities": {
            "input": sorted({"text", *shape.inputs()}),
            "output": [_OUTPUTS.get(model.kind or "", "text")],
        },
        "capabilities": sorted(set(shape.capabilities())),
    }


def _pricing(model: Model) -> Json:
    """The figures that this emulator charges by, per million tokens or per image."""
    if model.kind in ("image", "3d"):
        units: list[Json] = [
            {"name": "image", "measure": "output", "price": float(IMAGE_PRICE), "per": 1}
        ]
        return {"kind": "fixed", "currency": "USD", "units": units}
    origins = {
        "input": "provided",
        "output": "generated",
        "cache_read": "cached",
        "cache_creation": "cache_write",
    }
    units = [
        {
            "name": "token",
            "content": "text",
            "origin": origins[name],
            "measure": name,
            "price": float(price),
            "per": 1_000_000,
        }
        for name, price in prices_of(model.row.get("price")).items()
    ]
    return {"kind": "fixed", "currency": "USD", "units": units}


class Shape:
    """What a body's schema says about the model behind it."""

    def __init__(self, state: State, model: Model, path: str) -> None:
        self._words = partial(state.models.words, model, path)
        self._params = state.models.params(model, path) or frozenset()

    def inputs(self) -> Iterator[str]:
        for word in self._words("messages") | self._words("input"):
            if word in _PARTS:
                yield _PARTS[word]
        if any("image" in name and "url" in name for name in self._params):
            yield "image"
        if any("video" in name and "url" in name for name in self._params):
            yield "video"

    def capabilities(self) -> Iterator[str]:
        inputs = set(self.inputs())
        if "stream" in self._params:
            yield "streaming"
        if "tools" in self._params:
            yield "tools"
        if "parallel_tool_calls" in self._params:
            yield "parallel_tool_calls"
        if "json_schema" in self._words("response_format") | self._words("text"):
            yield "structured_output"
        if self._params & set(_REASONING):
            yield "reasoning"
        if "image" in inputs:
            yield "vision"
        if "pdf" in inputs:
            yield "file_input"
