"""The API's documentation data of 2026-08-21, as it lies beside the repository.

Reads ``models.json`` (ids, status, endpoints), ``schemas/index.json`` with ``schemas/<hash>.json``
(what each endpoint accepts) and ``deprecated.json``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from langchain_aimlapi.catalog.codec import Json
from langchain_aimlapi.catalog.generate.published import Published
from langchain_aimlapi.catalog.shape import CHAT, MESSAGES, RESPONSES

# Path -> the word before the schema hash in a shape key.
LABELS = {
    CHAT: "chat",
    RESPONSES: "responses",
    MESSAGES: "messages",
    "/v1/embeddings": "embedding",
    "/v1/images/generations": "image",
    "/v1/images/edits": "image-edit",
    "/v2/video/generations": "video",
    "/v2/generate/audio": "audio",
    "/v1/stt/create": "stt",
    "/v1/tts": "tts",
    "/v1/ocr": "ocr",
}
_RANK = {"live": 0, "page": 1, "orphan": 2, "asset": 3}
_PATH_RANK = {path: at for at, path in enumerate(LABELS)}


class Documentation:
    """The documentation data, read on demand."""

    def __init__(self, source: Path) -> None:
        self._source = source
        self.index: Json = self._read("schemas/index.json")
        self.models: list[Json] = self._read("models.json")["models"]
        self.deprecated: Json = self._read("deprecated.json")["deprecated"]
        self._branches = self._model_branches()
        self._schemas: dict[str, Json] = {}
        self._by_id = {model["id"]: model for model in self.models}

    def _read(self, name: str) -> Any:
        return json.loads((self._source / name).read_text(encoding="utf-8"))

    def _model_branches(self) -> dict[str, list[list[str]]]:
        """Schema -> the ids of each of its top-level branches, where the ids differ by branch."""
        return {
            operation["request"]["application/json"]: operation["model_branches"]
            for operation in self.index["operations"]
            if "model_branches" in operation
        }

    def schema(self, name: str, model: str) -> tuple[str, Json]:
        """The shape key's second half and the schema that ``model`` must follow.

        Two schemas have ``tools`` and ``tool_choice`` exchanged in the documentation;
        the repaired copy is read in their place.
        """
        name = self.index["repaired"].get(name, name)
        if name not in self._schemas:
            self._schemas[name] = self._read(f"schemas/{name}.json")
        schema = self._schemas[name]
        for at, ids in enumerate(self._branches.get(name, ())):
            if model in ids:
                return f"{name}.{at}", schema["anyOf"][at]
        return name, schema

    def published(self, model: str) -> dict[str, Published]:
        """Path -> request schema of a model, the preferred path first; empty for an unknown one."""
        row = self._by_id.get(model)
        if row is None:
            return {}
        found = {
            path: self.schema(endpoint["request"], model)
            for path, endpoint in endpoints_of(row).items()
        }
        return {path: Published(schema, key=name) for path, (name, schema) in found.items()}


def endpoints_of(model: Json) -> dict[str, Json]:
    """Path -> the one operation that counts, the preferred path first.

    Published operations beat unpublished ones. The chat path comes first where it is published,
    else /v1/responses, else /v1/messages. The spellings without ``/v1`` and the old vendor paths
    count only where there is nothing else.
    """
    best: dict[str, Json] = {}
    for each in sorted(model["endpoints"], key=lambda e: _order(model, e)):
        best.setdefault(each["path"], each)
    current = {path: each for path, each in best.items() if path in LABELS}
    if not current:
        current = {path: each for path, each in best.items() if path.startswith(("/v1", "/v2"))}
    ordered = sorted(
        current, key=lambda p: (current[p]["class"] != "live", _PATH_RANK.get(p, 99), p)
    )
    return {path: current[path] for path in ordered}


def _order(model: Json, endpoint: Json) -> tuple[int, bool]:
    """Published first; among equals the schema that the documentation data chose."""
    return _RANK[endpoint["class"]], endpoint["request"] != model.get("chat_schema")
