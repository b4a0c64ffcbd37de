"""Runs items in turn, so that every contestant meets the machine's good and bad moments."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.harness.benchmarks.items import ITEMS, Item
from tests.harness.benchmarks.peers import PEERS, is_there
from tests.harness.benchmarks.server import ROOT
from tests.harness.benchmarks.startup import STARTS, begin

Rounds = dict[str, list[dict[str, Any]]]
"""Contestant -> its figures, one entry a round (``{"failed": why}`` where it failed)."""
Say = Callable[[str], None]


class Worker:
    """A contestant's process; see `tests.harness.benchmarks.worker`."""

    def __init__(self, peer: str, address: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.harness.benchmarks.worker", peer, address],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, item: str, scale: float) -> dict[str, Any]:
        """Measure once."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps({"item": item, "scale": scale}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            return {"failed": "the process ended"}
        told: dict[str, Any] = json.loads(line)
        return told

    def close(self) -> None:
        """End the process by ending its input."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Workers:
    """Lasting workers, one a contestant, and short-lived ones for items that need a new process."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.lasting: dict[str, Worker] = {}

    def ask(self, peer: str, item: str, scale: float) -> dict[str, Any]:
        """Measure ``item`` once with ``peer``."""
        if ITEMS[item].fresh:
            worker = Worker(peer, self.address)
            try:
                return worker.ask(item, scale)
            finally:
                worker.close()
        if peer not in self.lasting:
            self.lasting[peer] = Worker(peer, self.address)
        return self.lasting[peer].ask(item, scale)

    def close(self) -> None:
        """End all processes."""
        for worker in self.lasting.values():
            worker.close()


@contextmanager
def workers(address: str) -> Iterator[Workers]:
    """Workers that end with the block."""
    made = Workers(address)
    try:
        yield made
    finally:
        made.close()


def run_items(
    staff: Workers, names: Sequence[str], peers: Sequence[str], rounds: int, scale: float, say: Say
) -> Iterator[tuple[str, Rounds]]:
    """Measure every item with every contestant that takes part in it."""
    for name in names:
        item = ITEMS[name]
        taking = [peer for peer in peers if item.takes(peer)]
        if not taking:
            continue
        say(f"{item.title}: {', '.join(taking)}")
        yield name, _run_item(staff, name, item, taking, rounds, scale)


def _run_item(
    staff: Workers, name: str, item: Item, peers: list[str], rounds: int, scale: float
) -> Rounds:
    results: Rounds = {peer: [] for peer in peers}
    if not item.fresh:
        for peer in peers:  # the first round finds cold caches, and is not counted
            staff.ask(peer, name, min(scale, 0.1))
    for number in range(1 if item.once else rounds):
        order = peers if number % 2 == 0 else peers[::-1]
        for peer in order:
            results[peer].append(staff.ask(peer, name, scale))
    return results


def run_starts(peers: Sequence[str], rounds: int, say: Say) -> Rounds:
    """Measure imports and constructors."""
    names = [
        name
        for name, start in STARTS.items()
        if (name not in PEERS or name in peers) and (start.needs is None or is_there(start.needs))
    ]
    say(f"imports and constructors: {', '.join(names)}")
    results: Rounds = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as bytecode:
        for name in names:  # compiles, and is not counted
            begin(STARTS[name], bytecode)
        for number in range(rounds):
            for name in names if number % 2 == 0 else names[::-1]:
                results[name].append(begin(STARTS[name], bytecode))
    return results
