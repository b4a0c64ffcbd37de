"""What the catalog costs, in CPU milliseconds: loading, looking up, merging, reading a schema,
learning.

``python -m tests.harness.benchmarks.catalog`` prints the median of nine rounds beside each target.
Loading is measured in new processes that have read Python's own library before.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import HumanMessage

from langchain_aimlapi import Catalog, ChatAimlapi
from langchain_aimlapi.catalog.document import FILE, read_document
from langchain_aimlapi.emulator import Emulator
from tests.harness.benchmarks.startup import Start, begin

ROUNDS = 9
LISTED = 785  # rows of the API's list on 2026-09-09
MODEL = "openai/gpt-4o"
LOADING = Start(
    "the first lookup",
    f"from langchain_aimlapi.catalog import Catalog; Catalog.default().find({MODEL!r})",
    before="import asyncio, dataclasses, difflib, json, pathlib, typing",
)


@dataclass(frozen=True)
class Item:
    """One thing that is measured: ``work``, ``repeat`` times a round, ``target_ms`` at most each
    (None: nothing was promised)."""

    label: str
    target_ms: float | None
    work: Callable[[], object]
    repeat: int = 1


def listed_rows(api: Emulator, count: int = LISTED) -> dict[str, Any]:
    """An answer of ``GET /v1/models?include=all``: the emulator's rows, or so many of them under
    further names."""
    rows = api.client().get("/models", params={"include": "all"}).json()["data"]
    more = [{**row, "id": f"{row['id']}-{n}"} for n in range(1, 9) for row in rows]
    return {"object": "list", "data": [*rows, *more][:count]}


def schema_document(api: Emulator, model: str = MODEL) -> dict[str, Any]:
    """The API's own OpenAPI of a chat model."""
    origin = api.base_url.removesuffix("/v1")
    query = {"model": model, "endpoint": "openai/chat-completions"}
    document: dict[str, Any] = api.client().get(f"{origin}/docs-json", params=query).json()
    return document


def prepared(api: Emulator, *, learn: bool) -> Callable[[], object]:
    """Makes the request of one call, as every call does."""
    model = ChatAimlapi(model=MODEL, temperature=0.2, learn=learn, **api.settings())
    messages = [HumanMessage("Hi")]
    return lambda: model._prepared(messages, None, None, {}, stream=False)


def items(api: Emulator) -> Iterator[Item]:
    """Everything but loading."""
    text, rows, document = FILE.read_text(encoding="utf-8"), listed_rows(api), schema_document(api)
    known = Catalog.default()
    known.find(MODEL)

    def merge() -> object:
        return known.merged(rows).find(MODEL)

    def read_schema() -> object:
        return known.with_schemas(document).find(MODEL).shapes

    yield Item("telling the lines of models.json apart", None, lambda: read_document(text))
    yield Item("a lookup that was made before", 0.001, lambda: known.find(MODEL), 10_000)
    yield Item(f"{LISTED} live rows merged", 200, merge)
    yield Item("a live schema becomes facts", 10, read_schema)
    yield Item("a request, learn=True", None, prepared(api, learn=True), 100)
    yield Item("a request, learn=False", None, prepared(api, learn=False), 100)


def median_ms(item: Item) -> float:
    """CPU milliseconds of one ``work``."""
    item.work()
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(item.repeat):
            item.work()
        taken.append((time.process_time() - began) / item.repeat * 1000)
    return statistics.median(taken)


def loading_ms() -> float:
    """CPU milliseconds of importing the catalog and a first lookup, in new processes."""
    with tempfile.TemporaryDirectory() as bytecode:
        begin(LOADING, bytecode)  # compiles
        return float(statistics.median(begin(LOADING, bytecode)["cpu_ms"] for _ in range(ROUNDS)))


def main() -> None:
    """Print the table."""
    print("| catalog | CPU ms | at most |\n|---|---:|---:|")
    print(f"| imported, and {LOADING.label} | {loading_ms():.1f} | 40 |", flush=True)
    with Emulator() as api:
        for item in items(api):
            target = "" if item.target_ms is None else f"{item.target_ms:g}"
            print(f"| {item.label} | {median_ms(item):.4f} | {target} |", flush=True)


if __name__ == "__main__":
    main()
