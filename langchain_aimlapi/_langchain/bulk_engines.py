"""Parts of a bulk run on other people's engines, which place them, move them and try again when a
worker dies: Ray Data's pools of actors, and the futures of Dask.

Either has a fixed number of lanes, and each lane its share of the rate. So no call waits for a
process that counts for all, nothing that counts can die, and the sum is never above the rate; a
lane that has nothing to do leaves its share unused.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from langchain_core.messages import BaseMessage

from langchain_aimlapi._langchain.bulk_lane import Lane, LanePlan, Outcome, Row, run_part
from langchain_aimlapi._langchain.bulk_records import line_to_record
from langchain_aimlapi._langchain.bulk_values import keys_of, value_to_json

if TYPE_CHECKING:
    from distributed import Client
    from ray.data import Dataset

CPUS = 0.25
"""Of a core, for an actor: it waits nearly all the time."""


def parts_of(rows: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    """The rows in parts."""
    return (rows[start : start + size] for start in range(0, len(rows), size))


# --- Dask -----


def over_dask(
    plan: LanePlan, parts: Iterator[Sequence[Row]], client: Client, lanes: int
) -> Iterator[Outcome]:
    """Outcomes as parts end; as many parts are under way as there are lanes."""
    import cloudpickle
    from distributed import as_completed

    data = cloudpickle.dumps(plan)

    def submit(part: Sequence[Row]) -> Any:
        return client.submit(run_part, data, part, pure=False)

    under_way = as_completed([submit(part) for part in islice(parts, lanes)])
    for future in under_way:
        yield from future.result()
        for part in islice(parts, 1):
            under_way.add(submit(part))


# --- Ray Data -----


class RowsActor:
    """Answers rows of keys and pickled inputs; an actor of Ray Data."""

    def __init__(self, plan: LanePlan) -> None:
        self._lane = Lane(plan)

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[Any]]:
        """One part."""
        rows = [
            (str(key), pickle.loads(data))  # noqa: S301 - the pickle of whoever started the run
            for key, data in zip(batch["key"], batch["input"], strict=True)
        ]
        found = self._lane.run(rows)
        return {"outcome": [pickle.dumps(outcome) for outcome in found]}


def over_ray(
    plan: LanePlan, rows: Sequence[Row], size: int, lanes: int, options: Mapping[str, Any]
) -> Iterator[Outcome]:
    """Outcomes in any order; Ray Data cuts the rows into parts."""
    import cloudpickle
    import ray.data

    items = [{"key": key, "input": cloudpickle.dumps(value)} for key, value in rows]
    dataset = ray.data.from_items(items, override_num_blocks=-(-len(items) // size))
    answered = dataset.map_batches(
        RowsActor, fn_constructor_args=(plan,), **_pool(size, lanes, options)
    )
    for row in answered.iter_rows():
        yield pickle.loads(row["outcome"])  # noqa: S301 - from our own actors


class DatasetActor:
    """Adds answers to a dataset; an actor of Ray Data.

    Args:
        plan: The lane's plan.
        column: The column with the inputs.
        id_column: The column that tells equal inputs apart.
    """

    def __init__(self, plan: LanePlan, column: str, id_column: str | None) -> None:
        self._known = plan.records.all()  # of earlier runs
        self._lane = Lane(plan)
        self._columns = column, id_column

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """One part."""
        column, id_column = self._columns
        inputs = [_plain(value) for value in batch[column]]
        names = [str(name) for name in batch[id_column]] if id_column is not None else None
        keys = keys_of(inputs, names)
        missing = [row for row in zip(keys, inputs, strict=True) if row[0] not in self._known]
        found = {outcome.key: outcome for outcome in self._lane.run(missing)} if missing else {}
        outcomes = [found.get(key) or Outcome(key, self._known[key]) for key in keys]
        columns = [_columns_of(outcome) for outcome in outcomes]
        added = {name: [row[name] for row in columns] for name in columns[0]} if columns else {}
        return {**batch, **added}


def over_dataset(
    plan: LanePlan,
    dataset: Dataset,
    columns: tuple[str, str | None],
    size: int,
    lanes: int,
    options: Mapping[str, Any],
) -> Dataset:
    """The dataset with the columns of the answers, lazily."""
    return dataset.map_batches(
        DatasetActor, fn_constructor_args=(plan, *columns), **_pool(size, lanes, options)
    )


def _pool(size: int, lanes: int, options: Mapping[str, Any]) -> dict[str, Any]:
    from ray.data import ActorPoolStrategy

    fixed = {"batch_size": size, "compute": ActorPoolStrategy(size=lanes), "batch_format": "numpy"}
    return {"num_cpus": CPUS, **options, **fixed}


def _plain(value: Any) -> Any:
    """A cell as Python's own value."""
    return value.tolist() if hasattr(value, "tolist") else value


def _columns_of(outcome: Outcome) -> dict[str, str | float | None]:
    """Plain columns, whatever the chain gives."""
    if outcome.line is None:
        failed = f"{type(outcome.error).__name__}: {outcome.error}"
        return {"answer": None, "error": failed, "usage": None, "usd": None}
    record = line_to_record(outcome.line)
    value = record.value
    text = value.text if isinstance(value, BaseMessage) else value
    answer = text if isinstance(text, str) else json.dumps(value_to_json(value))
    usage = json.dumps(record.usage)
    return {"answer": str(answer), "error": None, "usage": usage, "usd": record.usd}


def lane_plan(plan: LanePlan, lanes: int) -> LanePlan:
    """The plan of one lane of so many: its share of the rate."""
    return replace(plan, interval=plan.interval * lanes)
