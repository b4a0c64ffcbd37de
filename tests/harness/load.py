"""Many streams at once, a tenth of them broken: each must end in its own text or its own error.

``python -m tests.harness.load`` is the server side (its own process, so that the client's
memory and CPU are the client's); `Fleet` is the client side, used by the load test and by the soak.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from langchain_aimlapi import ChatAimlapi
from langchain_aimlapi.emulator import Emulator, Fault
from langchain_aimlapi.errors import (
    AimlapiError,
    APIError,
    InvalidRequestError,
    StreamInterrupted,
)

ROOT = Path(__file__).resolve().parents[2]
# number modulo 10 == 0 is broken, in one of these ways
FAULTS: tuple[tuple[str, Fault, type[AimlapiError] | None], ...] = (
    ("cut", Fault(cut_after=6), StreamInterrupted),
    ("reset", Fault(cut_after=5, how="reset"), StreamInterrupted),
    ("error frame", Fault(error_after=6, status=500), APIError),
    ("refused", Fault(status=400, message="this one is not taken"), InvalidRequestError),
    ("busy", Fault(status=503), None),  # mended by a retry
)


def text_of(number: int) -> str:
    """What the model says to prompt ``number``: nobody else says it."""
    picked = random.Random(number)  # repeatable, not secret
    return " ".join(f"{number}-{picked.randrange(10**6)}" for _ in range(8))


def fault_of(number: int) -> tuple[str, Fault, type[AimlapiError] | None] | None:
    """How prompt ``number`` goes wrong; None for nine of ten."""
    return FAULTS[(number // 10) % len(FAULTS)] if number % 10 == 0 else None


def _number(body: Any) -> int:
    return int(body["messages"][-1]["content"].rpartition(" ")[2])


def serve(seconds: float) -> None:
    """Answer on loopback until the time is up, or the other side closes our standard input."""
    seen: Counter[int] = Counter()

    def breaks(position: int) -> Any:
        def decide(call: Any) -> bool:
            number = _number(json.loads(call.body))
            if fault_of(number) is not FAULTS[position] or number % 10:
                return False
            seen[number] += 1
            return FAULTS[position][2] is not None or seen[number] == 1

        return decide

    api = Emulator(pace=0.0, balance=1e12)
    api.say(lambda body: text_of(_number(body)), times=None)
    for position, (_, fault, _) in enumerate(FAULTS):
        api.fault(fault, times=None, when=breaks(position))
    with api.serve():
        sys.stdout.write(f"{api.base_url} {api.api_key}\n")
        sys.stdout.flush()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            line = sys.stdin.readline()
            if not line:
                return
            seen.clear()
            api.requests.clear()


@contextmanager
def server(seconds: float = 1200.0) -> Iterator[tuple[str, str, Any]]:
    """The server in its own process: (base URL, key, a function that makes it forget)."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.harness.load", str(seconds)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin = process.stdin
    try:
        base_url, key = process.stdout.readline().split()

        def forget() -> None:
            stdin.write("forget\n")
            stdin.flush()

        yield base_url, key, forget
    finally:
        stdin.close()
        process.stdout.close()
        process.wait(timeout=30)


async def one(model: ChatAimlapi, number: int) -> str:
    """One stream; how it ended. Raises AssertionError where it ended wrongly."""
    expected = text_of(number)
    broken = fault_of(number)
    got = ""
    failed: AimlapiError | None = None
    try:
        async for chunk in model.astream(f"prompt {number}"):
            got += chunk.text
    except AimlapiError as error:
        failed = error
    if failed is None:
        assert got == expected, (number, got)
        assert broken is None or broken[2] is None, (number, broken)
        return "whole"
    assert broken is not None, (number, failed)
    assert broken[2] is not None, (number, failed)
    assert isinstance(failed, broken[2]), (number, broken[0], failed)
    partial = failed.partial.text if failed.partial is not None else ""
    assert expected.startswith(partial), (number, broken[0], partial)
    assert partial.startswith(got), (number, "delivered text is missing in partial")
    return broken[0]


async def fleet(model: ChatAimlapi, numbers: range) -> Counter[str]:
    """All streams at once; how many ended in which way."""
    return Counter(await asyncio.gather(*(one(model, number) for number in numbers)))


def resident_bytes() -> int:
    """Memory of this process."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


if __name__ == "__main__":
    serve(float(sys.argv[1]))
