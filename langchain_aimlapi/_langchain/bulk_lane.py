"""A lane of a bulk run: one worker's share of the rate, its event loop, and the calls on it."""

from __future__ import annotations

import asyncio
import pickle
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.outputs import ChatGeneration, LLMResult
from langchain_core.runnables import Runnable, RunnableConfig

from langchain_aimlapi._langchain.bulk_records import PartFile, Record, Records, record_to_line

Row = tuple[str, Any]
"""(key, input)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one input; it can be pickled.

    Attributes:
        key: The key of the input.
        line: The line of the answer, None where the call failed.
        error: The error of the call.
    """

    key: str
    line: str | None = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class LanePlan:
    """What a worker must know. It can be pickled where the chain can.

    Attributes:
        chain: What answers.
        records: Where the answers are kept.
        interval: Seconds from the beginning of one call to that of the next, in this lane.
        concurrency: Most calls under way, in this lane.
    """

    chain: Runnable[Any, Any]
    records: Records
    interval: float = 0.0
    concurrency: int = 16


class Lane:
    """Carries out parts, one after another, on one event loop."""

    def __init__(self, plan: LanePlan) -> None:
        self._plan = plan
        self._runner = asyncio.Runner()

    def run(self, rows: Sequence[Row]) -> list[Outcome]:
        """The outcomes of the rows, in their order."""
        return self._runner.run(arun_part(self._plan, rows))

    def close(self) -> None:
        """Close the event loop."""
        self._runner.close()


async def arun_part(plan: LanePlan, rows: Sequence[Row]) -> list[Outcome]:
    """The outcomes of the rows, in their order; what was recorded before is not paid again.

    Raises:
        TypeError: an answer cannot be recorded.
    """
    part = plan.records.part([key for key, _ in rows])
    calls = _Calls(plan, part)
    try:
        missing = iter([row for row in rows if row[0] not in part.known])
        async with asyncio.TaskGroup() as group:
            for _ in range(min(plan.concurrency, len(rows))):
                group.create_task(calls.work(missing))
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    finally:
        part.close()
    known = {key: Outcome(key, line) for key, line in part.known.items()}
    return [known.get(key) or calls.outcomes[key] for key, _ in rows]


class _Calls:
    """The calls of one part."""

    def __init__(self, plan: LanePlan, part: PartFile) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self._plan = plan
        self._part = part
        # The part before this one may just have used its turn, in another process.
        self._next = asyncio.get_running_loop().time() + plan.interval

    async def work(self, rows: Iterator[Row]) -> None:
        """Make calls until there are no more rows; several tasks share them."""
        for key, value in rows:
            await self._turn()
            self.outcomes[key] = await self._call(key, value)

    async def _turn(self) -> None:
        if not self._plan.interval:
            return
        now = asyncio.get_running_loop().time()
        start = max(now, self._next)
        self._next = start + self._plan.interval
        await asyncio.sleep(start - now)

    async def _call(self, key: str, value: Any) -> Outcome:
        meter = _Meter()
        config: RunnableConfig = {"callbacks": [meter]}
        try:
            answer = await self._plan.chain.ainvoke(value, config)
        except Exception as error:
            return Outcome(key, error=_portable(error))
        usage = {model: dict(counts) for model, counts in meter.usage_metadata.items()}
        line = record_to_line(key, Record(answer, usage, meter.usd))
        self._part.append(line)
        return Outcome(key, line)


class _Meter(UsageMetadataCallbackHandler):
    """Adds up the tokens and the charges of a chain's calls."""

    run_inline = True

    def __init__(self) -> None:
        super().__init__()
        self.usd: float | None = None

    def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        """Count one call; its answers all carry the charge of the whole call."""
        super().on_llm_end(response, **kwargs)
        charges = [
            generation.message.response_metadata.get("cost")
            for answers in response.generations
            for generation in answers
            if isinstance(generation, ChatGeneration)
        ]
        for usd in charges:
            if isinstance(usd, int | float):
                self.usd = (self.usd or 0.0) + usd
                break


def _portable(error: Exception) -> Exception:
    """The error, or its text where it cannot go to another process."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


# --- lanes that outlive a part -----

_local = threading.local()


def run_part(plan: bytes, rows: Sequence[Row]) -> list[Outcome]:
    """Carry out a part in a thread of a worker, which keeps its lane, with the connections, for
    the next part of the same run.

    Args:
        plan: A pickled `LanePlan`.
        rows: The part.
    """
    known, lane = getattr(_local, "lane", (None, None))
    if lane is None or known != plan:
        if lane is not None:
            lane.close()
        lane = Lane(pickle.loads(plan))  # noqa: S301 - the pickle of whoever started the run
        _local.lane = (plan, lane)
    return lane.run(rows)
