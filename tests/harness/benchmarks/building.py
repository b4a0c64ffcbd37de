"""What building a request costs: 50 messages, ours beside langchain-openai's own conversion.

``python -m tests.harness.benchmarks.building`` prints CPU milliseconds a request,
several rounds in turn in one process. Ours includes choosing the dialect,
fitting to the catalog, headers and the JSON text;
langchain-openai's is its conversion of messages to a payload alone.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from langchain_aimlapi import ChatAimlapi

ROUNDS = 9
CALLS = 200


def conversation() -> list[BaseMessage]:
    """A system message and 49 turns."""
    turns = [
        HumanMessage(f"question {i}") if i % 2 == 0 else AIMessage(f"answer {i}") for i in range(49)
    ]
    return [SystemMessage("Be brief."), *turns]


def builders() -> dict[str, Callable[[], object]]:
    """What builds a request, by the name of its package."""
    messages = conversation()
    model = ChatAimlapi(model="openai/gpt-4o", api_key="sk-benchmark-only")

    def ours() -> object:
        return model._prepared(messages, None, None, {}, stream=False)

    found: dict[str, Callable[[], object]] = {"langchain-aimlapi": ours}
    try:
        from langchain_openai import ChatOpenAI
    except ImportError:
        print("langchain-openai is not installed: it is left out", file=sys.stderr)
        return found
    other = ChatOpenAI(model="gpt-4o", api_key="sk-benchmark-only")  # type: ignore[arg-type,unused-ignore]
    found["langchain-openai"] = lambda: other._get_request_payload(messages)
    return found


def main() -> None:
    """Measure in turn and print a table."""
    contestants = builders()
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(ROUNDS):
        for name, build in contestants.items():
            build()
            began = time.process_time()
            for _ in range(CALLS):
                build()
            taken[name].append((time.process_time() - began) / CALLS * 1000)
    print("| CPU ms a request of 50 messages | min | median | max |\n|---|---:|---:|---:|")
    for name, times in taken.items():
        middle = statistics.median(times)
        print(f"| {name} | {min(times):.3f} | {middle:.3f} | {max(times):.3f} |")
    if len(taken) == 2:
        one, two = (statistics.median(times) for times in taken.values())
        print(f"\ndifference of the medians: {one - two:.3f} ms (at most 0.3 is the target)")


if __name__ == "__main__":
    main()
