"""``make soak``: load with faults for a quarter of an hour, and what memory does meanwhile."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter

from langchain_aimlapi import ChatAimlapi
from tests.harness import load


async def soak(seconds: float, streams: int) -> int:
    """Rounds of streams until the time is up. Returns the process's exit status."""
    with load.server(seconds + 120) as (base_url, key, forget):
        model = ChatAimlapi(
            model="openai/gpt-4o", base_url=base_url, api_key=key, stream_timeout=60, timeout=60
        )
        total: Counter[str] = Counter()
        sizes: list[int] = []
        began = time.monotonic()
        number = 0
        while time.monotonic() - began < seconds:
            total += await load.fleet(model, range(number, number + streams))
            number += streams
            forget()
            sizes.append(load.resident_bytes())
            if len(sizes) % 10 == 1:
                seconds_now = time.monotonic() - began
                print(f"{seconds_now:6.0f} s  {sizes[-1] / 1e6:7.1f} MB  {dict(total)}")
        await model.aclose()
    half = len(sizes) // 2
    growth = max(sizes[half:]) - max(sizes[: half or 1])
    print(f"{sum(total.values())} streams; the second half took {growth / 1e6:+.1f} MB more memory")
    return 0 if growth < 16 * 1024 * 1024 else 1


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=900)
    parser.add_argument("--streams", type=int, default=200, help="at once")
    options = parser.parse_args()
    return asyncio.run(soak(options.seconds, options.streams))


if __name__ == "__main__":
    sys.exit(main())
