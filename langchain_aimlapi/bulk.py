"""Many prompts, on this machine or on a cluster: the same model, and each answer paid for once.

    bulk = Bulk(model, checkpoint="answers", rate=50)
    results = bulk.run(prompts)                        # here
    results = bulk.run_on_dask(prompts, client)        # on the workers of a Dask cluster
    results = bulk.run_on_ray(prompts, workers=8)      # on a pool of actors of Ray Data
    print(results.answers[0], results.cost, results.failures)

For half-price batches, which the API works off within a day, see `ChatAimlapi.batch_submit`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from langchain_core.messages.ai import UsageMetadata, add_usage
from langchain_core.runnables import Runnable

from langchain_aimlapi._langchain import bulk_engines as engines
from langchain_aimlapi._langchain.arguments import check_inputs
from langchain_aimlapi._langchain.bulk_lane import Lane, LanePlan, Outcome, Row, arun_part
from langchain_aimlapi._langchain.bulk_records import Records, line_to_record
from langchain_aimlapi._langchain.bulk_values import fingerprint, keys_of

if TYPE_CHECKING:
    from distributed import Client
    from ray.data import Dataset

__all__ = ["Bulk", "BulkResults"]


@dataclass(frozen=True, slots=True)
class BulkResults:
    """The answers of a run.

    Attributes:
        answers: In the order of the inputs; the exception in place of an answer where a call has
            failed.
        usage: Token counts by model, of all answers.
        cost: What all answers have cost, in US dollars, in this run and in earlier ones; None
            where the API said of none what it has cost.
        resumed: How many answers come from the checkpoint.
    """

    answers: list[Any] = field(repr=False)
    usage: dict[str, UsageMetadata]
    cost: float | None
    resumed: int = 0

    @property
    def failures(self) -> dict[int, Exception]:
        """The errors by the position of their input."""
        return {
            place: found for place, found in enumerate(self.answers) if isinstance(found, Exception)
        }


@dataclass(frozen=True)
class Bulk:
    """Answers many inputs.

    Args:
        chain: A model, or a chain that ends with messages, pydantic models, or JSON values. Calls
            that fail are repeated as the model's ``max_retries`` says.
        checkpoint: A folder that every worker can write to. Each answer is written to it at once,
            and a run with the same folder and chain pays for what is missing only: after a worker
            or the program was killed, for the calls that were under way. Failures are not kept, so
            the next run tries them again.
        rate: Inputs a second that are begun, over all workers. None: as fast as they go.
        concurrency: Most inputs under way in one worker.
        part: Inputs that a worker takes at a time.

    Workers need the key: in their ``AIMLAPI_API_KEY``, or in a model with ``pickle_api_key=True``.
    """

    chain: Runnable[Any, Any]
    checkpoint: str | os.PathLike[str] | None = None
    rate: float | None = None
    concurrency: int = 16
    part: int = 100

    def __post_init__(self) -> None:
        if self.rate is not None and self.rate <= 0:
            raise ValueError("rate must be above 0 inputs a second")
        if self.concurrency < 1 or self.part < 1:
            raise ValueError("concurrency and part must be at least 1")

    def run(self, inputs: Sequence[object]) -> BulkResults:
        """Answer the inputs in this process.

        Args:
            inputs: Prompts, messages, or whatever the chain takes.

        Raises:
            InvalidRequestError: the checkpoint holds the answers of another chain.
            TypeError: an answer cannot be recorded.
        """
        run = _Run.begin(self._plan(), inputs)
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return run.results(_on_own_loop(run.plan, run.missing))
        with ThreadPoolExecutor(1) as thread:  # in a notebook, whose thread has a loop
            work = thread.submit(copy_context().run, _on_own_loop, run.plan, run.missing)
            return run.results(work.result())

    async def arun(self, inputs: Sequence[object]) -> BulkResults:
        """Like `run`, on the running event loop."""
        run = await asyncio.to_thread(_Run.begin, self._plan(), inputs)
        return run.results(await arun_part(run.plan, run.missing))

    def run_on_dask(
        self, inputs: Sequence[object], client: Client, *, workers: int | None = None
    ) -> BulkResults:
        """Answer the inputs on the workers of a Dask cluster.

        Args:
            inputs: Like those of `run`.
            client: A ``distributed.Client``, of a ``LocalCluster`` or any other one.
            workers: Parts under way at a time. Default: as many as the cluster has threads.

        Raises:
            InvalidRequestError: the checkpoint holds the answers of another chain.
            TypeError: an answer cannot be recorded.
            distributed.KilledWorker: workers died with the same part again and again.
        """
        run = _Run.begin(self._plan(), inputs)
        lanes = workers or max(1, sum(client.nthreads().values()))
        lanes = max(1, min(lanes, -(-len(run.missing) // self.part)))
        plan = engines.lane_plan(run.plan, lanes)
        parts = engines.parts_of(run.missing, self.part)
        return run.results(engines.over_dask(plan, parts, client, lanes))

    def run_on_ray(
        self, inputs: Sequence[object], *, workers: int = 4, **options: Any
    ) -> BulkResults:
        """Answer the inputs with ``map_batches`` of Ray Data, on a pool of actors.

        Args:
            inputs: Like those of `run`.
            workers: Actors of the pool.
            options: Of ``Dataset.map_batches``, such as ``num_cpus`` of an actor (default 0.25).

        Raises:
            InvalidRequestError: the checkpoint holds the answers of another chain.
            ray.exceptions.RayTaskError: an answer cannot be recorded.
        """
        run = _Run.begin(self._plan(), inputs)
        if not run.missing:
            return run.results(())
        lanes = min(workers, -(-len(run.missing) // self.part))
        plan = engines.lane_plan(run.plan, lanes)
        return run.results(engines.over_ray(plan, run.missing, self.part, lanes, options))

    def over_dataset(
        self,
        dataset: Dataset,
        *,
        column: str = "prompt",
        id_column: str | None = None,
        workers: int = 4,
        **options: Any,
    ) -> Dataset:
        """A dataset of Ray Data with answers beside its inputs; read, written and streamed as any
        dataset, so that it need not fit into memory.

        Args:
            dataset: The inputs.
            column: Its column with the inputs.
            id_column: Its column that tells rows with equal inputs apart. Without one these share
                an answer when a run is resumed.
            workers: Actors of the pool.
            options: Of ``Dataset.map_batches``, such as ``num_cpus`` of an actor (default 0.25).

        Returns:
            The dataset with the columns ``answer`` (the text, or JSON), ``error``, ``usage``
            (JSON, by model) and ``usd``.

        Raises:
            InvalidRequestError: the checkpoint holds the answers of another chain.
        """
        whole = self._plan()
        whole.records.begin(fingerprint(self.chain))
        plan = engines.lane_plan(whole, workers)
        return engines.over_dataset(plan, dataset, (column, id_column), self.part, workers, options)

    def _plan(self) -> LanePlan:
        folder = os.path.abspath(self.checkpoint) if self.checkpoint is not None else None
        interval = 1 / self.rate if self.rate is not None else 0.0
        return LanePlan(self.chain, Records(folder), interval, self.concurrency)


def _on_own_loop(plan: LanePlan, rows: Sequence[Row]) -> list[Outcome]:
    with closing(Lane(plan)) as lane:
        return lane.run(rows)


@dataclass(frozen=True, slots=True)
class _Run:
    """A run: its plan, its keys in order, what is recorded of them, and what is missing."""

    plan: LanePlan
    keys: list[str]
    known: Mapping[str, str]
    missing: list[Row]

    @classmethod
    def begin(cls, plan: LanePlan, inputs: Sequence[object]) -> _Run:
        """Compare the inputs with the checkpoint."""
        check_inputs(inputs)
        inputs = list(inputs)  # an iterator, too, is read once
        plan.records.begin(fingerprint(plan.chain))
        known, keys = plan.records.all(), keys_of(inputs)
        missing = [row for row in zip(keys, inputs, strict=True) if row[0] not in known]
        return cls(plan, keys, known, missing)

    def results(self, outcomes: Iterable[Outcome]) -> BulkResults:
        """Everything in the order of the inputs."""
        found = {outcome.key: outcome for outcome in outcomes}
        books = _Books()
        answers = [
            books.enter(line) if (line := self.known.get(key)) else books.of(found[key])
            for key in self.keys
        ]
        return BulkResults(answers, books.usage, books.usd, len(self.keys) - len(self.missing))


@dataclass(slots=True)
class _Books:
    """Adds up what the answers took."""

    usage: dict[str, UsageMetadata] = field(default_factory=dict)
    usd: float | None = None

    def of(self, outcome: Outcome) -> Any:
        """The answer of an outcome, or its error."""
        return outcome.error if outcome.line is None else self.enter(outcome.line)

    def enter(self, line: str) -> Any:
        """The answer of a recorded line."""
        record = line_to_record(line)
        for model, counts in record.usage.items():
            self.usage[model] = add_usage(self.usage.get(model), UsageMetadata(**counts))  # type: ignore[typeddict-item]  # as LangChain wrote it
        if record.usd is not None:
            self.usd = (self.usd or 0.0) + record.usd
        return record.value
