"""What a batch row costs beside its JSON: 100,000 plain prompts ordered, 100,000 answers read.

``python -m tests.harness.benchmarks.batches [ROWS]`` goes through the public door, over a transport
that swallows the order and plays the results piece by piece. The time of JSON itself (each row
written, each line read, by the same library) is taken in the same process and subtracted; the best
of several rounds counts, because neighbours only ever add. Memory is the growth of the process.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator

import httpx
from langchain_core.messages import AIMessage
from pydantic_core import from_json, to_json

from langchain_aimlapi import ChatAimlapi

MODEL = "claude-opus-4-5"
ROWS = 100_000
ROUNDS = 3
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


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds, the best round."""
    taken = []
    for _ in range(ROUNDS):
        gc.collect()
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def measure(rows: int) -> dict[str, float]:
    """Microseconds a row, and megabytes."""
    with httpx.Client(transport=Canned(rows)) as client:
        model = ChatAimlapi(model=MODEL, api_key="k", http_client=client)
        prompts = [f"question {number}" for number in range(rows)]
        model.batch_submit(prompts[:10])
        sent = {"max_tokens": 64_000, "messages": [{"role": "user", "content": "question 1"}]}

        def read() -> None:
            found = model.batch_resume("batch-1").results_as_completed()
            assert sum(isinstance(message, AIMessage) for _, message in found) == rows

        def play() -> None:
            for data in _Played(rows):
                for one in data.splitlines():
                    from_json(one)

        def write() -> None:
            for _ in prompts:
                to_json({"custom_id": "1", "params": sent})

        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        model.batch_submit(prompts)
        read()
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        built, written = seconds(lambda: model.batch_submit(prompts)), seconds(write)
        taken, played = seconds(read), seconds(play)
    return {
        "built": (built - written) / rows * 1e6,
        "read": (taken - played) / rows * 1e6,
        "json": (written + played) / rows * 1e6,
        "mb": grown,
    }


def main() -> None:
    """Measure and print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    found = measure(rows)
    print(f"| {rows:,} batch rows | | at most |\n|---|---:|---:|")
    print(f"| built, us a row above JSON | {found['built']:.1f} | |")
    print(f"| read, us a row above JSON | {found['read']:.1f} | |")
    print(f"| both | {found['built'] + found['read']:.1f} | {TARGET_US:g} |")
    print(f"| JSON itself, and playing it | {found['json']:.1f} | |")
    print(f"| memory, MB | {found['mb']:.0f} | {TARGET_MB:g} |")


if __name__ == "__main__":
    main()
