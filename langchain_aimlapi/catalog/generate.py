"""Writes ``models.json`` from the API's documentation data.

    python -m langchain_aimlapi.catalog.generate --source ../shared/api [--check]

Reads ``models.json`` (ids, status, endpoints), ``schemas/index.json`` with ``schemas/<hash>.json``
(what each endpoint accepts) and ``deprecated.json``. The output is sorted, one value a line, and
depends on nothing but its input. With ``--check`` nothing is written: the exit status is 1 where
the file is out of date.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from langchain_aimlapi.catalog.codec import Json
from langchain_aimlapi.catalog.shapes import CHAT, MESSAGES, RESPONSES, shape_of
from langchain_aimlapi.catalog.writer import Writer

SOURCE = "aimlapi/api-docs"
COMMIT = "f14fa72f"
DATE = "2026-08-21"
GENERATOR = 1
TARGET = Path(__file__).with_name("models.json")

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
        """The shape key's second half and the schema that ``model`` is held to.

        Two schemas have ``tools`` and ``tool_choice`` exchanged in the documentation;
        the repaired copy is read in their place.
        """
        name = self.index["repaired"].get(name, name)
        schema = self._read(f"schemas/{name}.json")
        for at, ids in enumerate(self._branches.get(name, ())):
            if model in ids:
                return f"{name}.{at}", schema["anyOf"][at]
        return name, schema


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


def _shape_keys(docs: Documentation, model: Json, writer: Writer) -> Iterator[str]:
    for path, endpoint in endpoints_of(model).items():
        name, schema = docs.schema(endpoint["request"], model["id"])
        key = f"{LABELS.get(path, 'legacy')}/{name}"
        if key not in writer.shapes:
            writer.add(key, shape_of(path, schema))
        yield key


def _model_row(docs: Documentation, model: Json, writer: Writer) -> Json:
    context = model["context"]
    row: Json = {
        "kind": model["kind"],
        "vendor": model["vendor"],
        "status": model["status"],
        "aliases": sorted(model["aliases"]),
        "context": context["database"] or context["page"] or None,
        "shapes": list(_shape_keys(docs, model, writer)),
    }
    if row["context"] is None and model["id"] in docs.deprecated:
        row["context"] = docs.deprecated[model["id"]].get("context")
    return {key: value for key, value in row.items() if value}


def build(source: Path) -> Json:
    """The whole document."""
    docs, writer = Documentation(source), Writer()
    models = {each["id"]: _model_row(docs, each, writer) for each in docs.models}
    for name, entry in docs.deprecated.items():
        if name not in models:
            models[name] = {"status": "deprecated", "context": entry.get("context")}
    return {
        "source": SOURCE,
        "commit": COMMIT,
        "date": DATE,
        "generator": GENERATOR,
        "params": writer.params.rows,
        "roles": writer.roles.rows,
        "parts": writer.parts.rows,
        "shapes": writer.shapes,
        "models": models,
    }


def render(document: Json) -> str:
    """The document as text: sorted, one value a line."""
    lines = []
    for name, value in document.items():
        if isinstance(value, dict):
            rows = (f"{_compact(key)}:{_compact(value[key])}" for key in sorted(value))
            lines.append(f"{_compact(name)}:{{\n" + ",\n".join(rows) + "\n}")
        else:
            lines.append(f"{_compact(name)}:{_compact(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def main(argv: list[str] | None = None) -> int:
    """The command. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m langchain_aimlapi.catalog.generate")
    parser.add_argument("--source", type=Path, required=True, help="folder of the data")
    parser.add_argument("--check", action="store_true", help="write nothing, compare only")
    given = parser.parse_args(argv)
    text = render(build(given.source))
    old = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    if given.check:
        if text != old:
            sys.stderr.write(f"{TARGET.name} is out of date: run the generator without --check\n")
        return int(text != old)
    if text != old:
        TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
