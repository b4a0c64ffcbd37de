"""One contestant in a process of its own: ``python -m ... PEER ADDRESS``.

It reads one command per line from standard input (JSON: ``item``, ``scale``), answers with one
line, and ends with its input. Orders come in turn from `tests.harness.benchmarks.run`, so that all
contestants share the machine's good and bad moments.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from dataclasses import replace
from typing import Any

from tests.harness.benchmarks import items
from tests.harness.benchmarks.items import ITEMS
from tests.harness.benchmarks.payloads import Scenario, told
from tests.harness.benchmarks.peers import PEERS, Peer

WARM_UP = 20  # pieces of the stream that is checked before anything is measured


def text_of(chunk: Any) -> str:
    """The text of a chunk, whoever made it."""
    if isinstance(chunk, dict):  # the bare loop's delta
        return str(chunk.get("content") or "")
    choices = getattr(chunk, "choices", None)
    if choices is not None:  # LiteLLM's
        return str(choices[0].delta.content or "") if choices else ""
    return str(chunk.text)


def check(peer: Peer) -> None:
    """Warm up, and make sure that the contestant delivers what the server sends.

    Raises:
        AssertionError: it does not, so its figures would mean nothing.
    """
    scenario = Scenario("text", WARM_UP)
    prepare = getattr(peer, "prepare", None)
    if prepare is not None:
        prepare(scenario)
    expected = told("text", WARM_UP)

    async def collect() -> str:
        return "".join([text_of(chunk) async for chunk in peer.astream(scenario)])

    for _ in range(3):
        for got in ("".join(map(text_of, peer.stream(scenario))), items.Loop.run(collect())):
            if got != expected:
                raise AssertionError(f"the stream's text is {got!r}, not {expected!r}")


def answer(peer: Peer, order: dict[str, Any]) -> dict[str, Any]:
    """Carry out one order."""
    item = ITEMS[order["item"]]
    scale = float(order.get("scale", 1.0))
    scenario = item.scenario
    if scale != 1.0 and scenario.gate == 1 and scenario.kind in ("text", "reasoning", "tools"):
        scenario = replace(scenario, count=max(int(scenario.count * scale), 50))
    elif scale != 1.0 and scenario.gate > 1:
        scenario = replace(scenario, gate=max(int(scenario.gate * scale), 10))
    times = max(int(item.times * scale), 1) if item.times > 1 else 1
    return dict(item.measure(peer, scenario, times))


def main(name: str, address: str) -> None:
    """Serve orders until the input ends."""
    warnings.simplefilter("ignore")
    for variable in list(os.environ):
        if variable.lower() in ("http_proxy", "https_proxy", "all_proxy"):
            del os.environ[variable]
    os.environ.update(LANGCHAIN_TRACING_V2="false", LANGSMITH_TRACING="false")
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a contestant prints must not be taken for an answer
    items.ADDRESS[0] = address
    peer: Peer | None = None
    for line in sys.stdin:
        try:
            if peer is None:
                peer = PEERS[name].make(f"{address}/v1")
                check(peer)
            told_back = answer(peer, json.loads(line))
        except Exception as error:
            told_back = {"failed": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(told_back), file=out, flush=True)
    items.Loop.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
