"""How many plain requests the served emulator answers a second on one core.

``python -m tests.harness.benchmarks.answering`` drives it over kept-alive connections with a client
that does next to nothing, in a process of its own, and counts the CPU seconds of the emulator's
process alone: what a core does when nothing else wants it.

Two rows are printed. "as measured" is the plain median, with nothing converted: it is the figure
that the target is about, and true where the machine is left alone. A core that shares caches and
clock with busy neighbours is slower, by up to three times from one tenth of a second to the next. A
fixed piece of work is therefore timed in the same process before and after each short round; "at
the core's best speed" converts each round to the speed at which that work was quickest.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.harness.benchmarks.server import ROOT

ROUNDS = 40
REQUESTS = 80
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
        began = time.process_time()
        sum(len(str(number)) for number in range(20_000))
        done = time.process_time()
        print(done, done - began, flush=True)
"""


class Served:
    """An emulator in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.port = int(self._line().partition("//")[2].partition(":")[2].partition("/")[0])

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def cpu_seconds(self) -> tuple[float, float]:
        """What its process has used so far, and what a fixed piece of work just took of it."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        used, work = map(float, self._line().split())
        return used, work


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


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests a second of the emulator's CPU, one figure a round."""

    measured: Sequence[float]
    at_best_speed: Sequence[float]


def rates(rounds: int = ROUNDS, requests: int = REQUESTS) -> Rates:
    """Measures so many rounds of so many requests."""
    found: list[tuple[float, float]] = []
    sent = max(1, requests // CONNECTIONS) * CONNECTIONS
    with served() as server:
        asyncio.run(ask_all(server.port, CONNECTIONS))
        before, work = server.cpu_seconds()
        for _ in range(rounds):
            asyncio.run(ask_all(server.port, requests))
            after, next_work = server.cpu_seconds()
            found.append((after - before - next_work, (work + next_work) / 2))
            before, work = after, next_work
    best = min(work for _, work in found)
    return Rates(
        measured=[sent / seconds for seconds, _ in found],
        at_best_speed=[sent * work / best / seconds for seconds, work in found],
    )


def row(name: str, figures: Sequence[float]) -> str:
    """A line of the table: the median, and the ends without a tenth of the rounds at either."""
    ordered = sorted(figures)
    low, high = ordered[len(ordered) // 10], ordered[-1 - len(ordered) // 10]
    return f"| {name} | {statistics.median(ordered):,.0f} | {low:,.0f} | {high:,.0f} |"


def main() -> None:
    """Measure and print."""
    found = rates()
    print("| plain requests a second on one core | median | from | to |\n|---|---:|---:|---:|")
    print(row("as measured", found.measured))
    print(row("at the core's best speed", found.at_best_speed))
    reached = statistics.median(found.measured) >= TARGET
    print(f"\nat least {TARGET:,} as measured is the target: {'reached' if reached else 'missed'}")


if __name__ == "__main__":
    main()
