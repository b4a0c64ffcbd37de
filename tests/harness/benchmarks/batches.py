"""What a batch row costs beside its JSON: 100,000 plain prompts ordered, 100,000 answers read.

``python -m tests.harness.benchmarks.batches [ROWS]`` goes through the public door, over a transport
that swallows the order and plays the results piece by piece. The time of JSON itself (each row
written, each line read, by the same library) is taken in the same process and subtracted. Every row
counts; the rows are timed 2,000 at a time, and of each such stretch the best of several rounds is
taken, because neighbours only ever add. Beside them stands what langchain-core alone takes to make
the same messages by validation. Memory is the growth of the process.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import httpx
from langchain_core.messages import AIMessage
from pydantic_core import from_json, to_json

from langchain_aimlapi import ChatAimlapi

T = TypeVar("T")
MODEL = "claude-opus-4-5"
ROWS = 100_000
ROUNDS = 5
STRETCH = 2_000
PIECE = 64 * 1024
TARGET_US, TARGET_MB = 20.0, 200.0
USAGE = {
    "input_tokens": 13,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
    "output_tokens": 44,
    "service_tier": "batch",
    "inference_geo": "not_available",
}
STATE = {"id": "batch-1", "type": "message_batch", "processing_status": "in_progress"}


def line(number: int) -> bytes:
    """A line of the results."""
    message = {
        "id": f"msg_{number:024}",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [{"type": "text", "text": f"Row {number} has an answer of some length. " * 4}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "stop_details": None,
        "usage": USAGE,
        "meta": {"usage": {"credits_used": 1165, "usd_spent": 0.0005825}},
    }
    result = {"type": "succeeded", "message": message}
    return json.dumps({"custom_id": str(number), "result": result}).encode() + b"\n"


class _Played(httpx.SyncByteStream):
    """The lines, in pieces of a socket's size."""

    def __init__(self, rows: int) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[bytes]:
        waiting = b""
        for number in range(self._rows):
            waiting += line(number)
            if len(waiting) >= PIECE:
                yield waiting
                waiting = b""
        yield waiting


class Canned(httpx.BaseTransport):
    """Takes an order, and plays its results."""

    def __init__(self, rows: int) -> None:
        self._rows = rows

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One answer."""
        if request.method == "POST":
            assert isinstance(request.stream, httpx.SyncByteStream)
            for _ in request.stream:
                pass
            return httpx.Response(200, json=STATE)
        kind = {"content-type": "application/x-jsonl"}
        return httpx.Response(200, headers=kind, stream=_Played(self._rows))


class Timed:
    """CPU seconds of every stretch of some work, the best of its rounds."""

    def __init__(self) -> None:
        self._best: dict[int, float] = {}
        self._began = 0.0
        self._place = 0

    def round(self, work: Callable[[], object]) -> None:
        """The whole work once; whatever comes before its first row belongs to it."""
        gc.collect()
        self._began = time.process_time()
        self._place = 0
        work()
        self._end()

    def rows(self, items: Iterable[T]) -> Iterator[T]:
        """The items; taken through here, they are timed."""
        for number, item in enumerate(items, 1):
            yield item
            if number % STRETCH == 0:
                self._end()

    def _end(self) -> None:
        now = time.process_time()
        taken = now - self._began
        self._best[self._place] = min(taken, self._best.get(self._place, taken))
        self._place, self._began = self._place + 1, now

    @property
    def seconds(self) -> float:
        """All stretches."""
        return sum(self._best.values())


class Prompts(list[str]):
    """Prompts whose use is timed."""

    timed: Timed | None = None

    def __iter__(self) -> Iterator[str]:
        rows = super().__iter__()
        return rows if self.timed is None else self.timed.rows(rows)


def measure(rows: int) -> dict[str, float]:
    """Microseconds a row, and megabytes."""
    with httpx.Client(transport=Canned(rows)) as client:
        model = ChatAimlapi(model=MODEL, api_key="k", http_client=client)
        prompts = Prompts(f"question {number}" for number in range(rows))
        model.batch_submit(prompts[:10])
        sent = {"max_tokens": 64_000, "messages": [{"role": "user", "content": "question 1"}]}
        built, written, taken, played, cored = (Timed() for _ in range(5))

        def read() -> None:
            found = model.batch_resume("batch-1").results_as_completed()
            good = sum(isinstance(message, AIMessage) for _, message in taken.rows(found))
            assert good == rows

        def lines() -> Iterator[object]:
            return (from_json(one) for data in _Played(rows) for one in data.splitlines())

        def play() -> None:
            for _ in played.rows(lines()):
                pass

        def core() -> None:
            for row in cored.rows(lines()):
                plain_message(row)

        def write() -> None:
            for _ in written.rows(prompts):
                to_json({"custom_id": "1", "params": sent})

        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        model.batch_submit(prompts)
        assert sum(1 for _ in model.batch_resume("batch-1").results_as_completed()) == rows
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        for _ in range(ROUNDS):
            prompts.timed = built
            built.round(lambda: model.batch_submit(prompts))
            prompts.timed = None
            written.round(write)
            taken.round(read)
            played.round(play)
            cored.round(core)
    return {
        "built": (built.seconds - written.seconds) / rows * 1e6,
        "read": (taken.seconds - played.seconds) / rows * 1e6,
        "core": (cored.seconds - played.seconds) / rows * 1e6,
        "json": (written.seconds + played.seconds) / rows * 1e6,
        "mb": grown,
    }


def plain_message(row: Any) -> AIMessage:
    """The message of a row as langchain-core validates it, without a look at anything else."""
    message = row["result"]["message"]
    usage, charge = message["usage"], message["meta"]["usage"]
    return AIMessage(
        content=message["content"][0]["text"],
        response_metadata={
            "model_name": message["model"], "id": message["id"], "token_usage": usage,
            "finish_reason": message["stop_reason"], "cost": charge["usd_spent"],
        },
        usage_metadata={
            "input_tokens": usage["input_tokens"],
            "output_tokens": usage["output_tokens"],
            "total_tokens": usage["input_tokens"] + usage["output_tokens"],
        },
    )  # fmt: skip


def main() -> None:
    """Measure and print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    found = measure(rows)
    print(f"| {rows:,} batch rows | | at most |\n|---|---:|---:|")
    print(f"| built, us a row above JSON | {found['built']:.1f} | |")
    print(f"| read, us a row above JSON | {found['read']:.1f} | |")
    print(f"| both | {found['built'] + found['read']:.1f} | {TARGET_US:g} |")
    print(f"| langchain-core's own messages, us a row | {found['core']:.1f} | |")
    print(f"| JSON itself, and playing it | {found['json']:.1f} | |")
    print(f"| memory, MB | {found['mb']:.0f} | {TARGET_MB:g} |")


if __name__ == "__main__":
    main()
