"""A raw HTTP/1.1 server of canned bytes, as a process of its own (``python -m`` this module).

It prints its port, serves on loopback, and ends when its standard input ends (with the process
that started it) or after ten minutes without a request. No HTTP library is involved, so that its
cost is small and nobody's client is favoured.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from tests.harness.benchmarks.payloads import Scenario, answer, blocks, events, find_scenario

IDLE_SECONDS = 600.0
GATE_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.005  # of a `first` scenario: what comes after the first piece
ROOT = Path(__file__).resolve().parents[3]

_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    b"x-inference-id: inf-bench\r\ntransfer-encoding: chunked\r\n\r\n"
)
_JSON_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-inference-id: inf-bench\r\n"
    b"x-aimlapi-credits-used: 46\r\nx-aimlapi-usd-spent: 0.000023\r\ncontent-length: %d\r\n\r\n%b"
)


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Gate:
    """Where streams wait for each other."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.waiting = 0


class World:
    """What all connections share: counters, and the gates."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.open = 0
        self.gates: dict[Scenario, Gate] = {}
        self.burst: dict[Scenario, bytes] = {}
        self.touched = 0.0

    def stats(self) -> dict[str, int]:
        """Connections and requests since the last question."""
        told, self.counts = dict(self.counts), Counter()
        return {"connections": 0, "requests": 0, **told, "open": self.open}

    def whole(self, scenario: Scenario) -> bytes:
        """Everything of a stream that nothing holds back, encoded."""
        if scenario not in self.burst:
            body = b"".join(map(_chunk, blocks(scenario)))
            self.burst[scenario] = _STREAM_HEAD + body + b"0\r\n\r\n"
        return self.burst[scenario]

    async def pass_gate(self, scenario: Scenario) -> None:
        """Wait until as many streams have come here as the scenario names."""
        if scenario.gate <= 1:
            return
        gate = self.gates.setdefault(scenario, Gate())
        gate.waiting += 1
        if gate.waiting >= scenario.gate:
            gate.opened.set()
            del self.gates[scenario]  # the next round has a gate of its own
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(gate.opened.wait(), GATE_SECONDS)


class Connection(asyncio.Protocol):
    """One connection with keep-alive: a request, its reply, the next request."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.buffer = bytearray()
        self.transport: asyncio.Transport | None = None
        self.task: asyncio.Task[None] | None = None
        self.counted = False  # a connection that only asks for the counters is not one

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.world.open -= self.counted
        if self.task is not None:
            self.task.cancel()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0 or (self.task is not None and not self.task.done()):
            return
        head = bytes(self.buffer[:end])
        length = _content_length(head)
        if len(self.buffer) < end + 4 + length:
            return
        body = bytes(self.buffer[end + 4 : end + 4 + length])
        del self.buffer[: end + 4 + length]
        self.world.touched = asyncio.get_running_loop().time()
        self.reply(head.split(b" ", 2)[1].decode(), body)

    def reply(self, path: str, body: bytes) -> None:
        """Answer one request."""
        assert self.transport is not None
        if path == "/stats":
            told = json.dumps(self.world.stats()).encode()
            self.transport.write(_JSON_HEAD % (len(told), told))
            return
        self.count()
        scenario = find_scenario(body)
        if b'"stream":true' not in body.replace(b'"stream": true', b'"stream":true'):
            told = answer(scenario)
            self.transport.write(_JSON_HEAD % (len(told), told))
        elif scenario.pause_ms == 0 and scenario.gate == 1 and scenario.kind != "first":
            self.transport.write(self.world.whole(scenario))
        else:
            self.task = asyncio.get_running_loop().create_task(self.play(scenario))

    def count(self) -> None:
        """One request, and one connection where it is its first."""
        counts = self.world.counts
        counts["requests"] += 1
        if not self.counted:
            self.counted = True
            self.world.open += 1
            counts["connections"] += 1
        counts["peak"] = max(counts["peak"], self.world.open)

    async def play(self, scenario: Scenario) -> None:
        """Send a stream that takes its time."""
        assert self.transport is not None
        first, *rest = events(scenario)
        self.transport.write(_STREAM_HEAD + _chunk(first))
        await self.world.pass_gate(scenario)
        if scenario.kind == "first":
            await asyncio.sleep(FIRST_PAUSE_SECONDS)
            rest = [b"".join(rest)]
        for event in rest:
            if scenario.pause_ms:
                await asyncio.sleep(scenario.pause_ms / 1000)
            self.transport.write(_chunk(event))
        self.transport.write(b"0\r\n\r\n")


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    world = World()
    world.touched = loop.time()
    server = await loop.create_server(
        lambda: Connection(world), "127.0.0.1", 0, backlog=4096, start_serving=True
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    parent_gone = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), parent_gone.set)  # nobody writes: readable is its end
    while loop.time() - world.touched < IDLE_SECONDS:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(parent_gone.wait(), 5.0)
            break
    server.close()


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """The server's address (``http://127.0.0.1:port``) while it runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.harness.benchmarks.server"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()
            process.wait(10)


def stats(address: str) -> dict[str, Any]:
    """Counters of the server since they were asked for last (``peak`` is a high-water mark)."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{address}/stats", timeout=10) as told:
        value: dict[str, Any] = json.loads(told.read())
    return value


if __name__ == "__main__":
    asyncio.run(_serve())
