"""How many plain requests the served emulator answers a second on one core.

``python -m tests.harness.benchmarks.answering`` drives it over kept-alive connections with a client
that does next to nothing, in a process of its own, and counts the CPU seconds of the emulator's
process alone: what a core does when nothing else wants it. The best of many short rounds is the
figure, because neighbours only ever add to one.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.harness.benchmarks.server import ROOT

ROUNDS = 30
REQUESTS = 100
CONNECTIONS = 8
TARGET = 1_000
BODY = json.dumps({"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "hi"}]})
HEAD = (
    "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"
    "authorization: Bearer emulator-key\r\ncontent-type: application/json\r\n"
    f"content-length: {len(BODY)}\r\n\r\n"
)
_SERVER = """
import sys, time
from langchain_aimlapi.emulator import Emulator
with Emulator(balance=10**6).serve() as api:
    print(api.base_url, flush=True)
    for _ in sys.stdin:
        print(time.process_time(), flush=True)
"""


class Served:
    """An emulator in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.port = int(self._line().partition("//")[2].partition(":")[2].partition("/")[0])

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def cpu_seconds(self) -> float:
        """What its process has used so far."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._line())


@contextmanager
def served() -> Iterator[Served]:
    """The emulator, until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Served(process)
        assert process.stdin is not None
        process.stdin.close()


async def ask(port: int, times: int) -> None:
    """So many requests on one connection. Raises AssertionError where one is not answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(times):
        writer.write(f"{HEAD}{BODY}".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        size = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(size))
    writer.close()
    await writer.wait_closed()


async def ask_all(port: int, requests: int) -> None:
    """So many requests, shared by the connections."""
    share = max(1, requests // CONNECTIONS)
    await asyncio.gather(*(ask(port, share) for _ in range(CONNECTIONS)))


def rates(rounds: int = ROUNDS, requests: int = REQUESTS) -> list[float]:
    """Requests a second of CPU, one figure a round."""
    found = []
    asked = max(1, requests // CONNECTIONS) * CONNECTIONS
    with served() as server:
        asyncio.run(ask_all(server.port, CONNECTIONS))
        for _ in range(rounds):
            before = server.cpu_seconds()
            asyncio.run(ask_all(server.port, requests))
            found.append(asked / (server.cpu_seconds() - before))
    return found


def main() -> None:
    """Measure and print."""
    found = rates()
    print("| plain requests a second on one core | best | median | worst |\n|---|---:|---:|---:|")
    middle = statistics.median(found)
    print(f"| emulator | {max(found):,.0f} | {middle:,.0f} | {min(found):,.0f} |")
    print(f"\nat least {TARGET:,} is the target")


if __name__ == "__main__":
    main()
