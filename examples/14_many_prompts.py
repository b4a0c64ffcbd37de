"""Many prompts, here or on a cluster, each answer paid for once.

    python examples/14_many_prompts.py                # Dask where it is installed, else here
    python examples/14_many_prompts.py ray            # here | dask | ray

On a cluster of many machines only the client of Dask, or ``ray.init``, is another one, and
``checkpoint`` is a folder that all of them share.
"""

from __future__ import annotations

import sys
import tempfile
from importlib.util import find_spec

from _where import settings

from langchain_aimlapi import ChatAimlapi
from langchain_aimlapi.bulk import Bulk, BulkResults

PROMPTS = [f"One line on the number {number}." for number in range(40)]
ENGINES = ("here", "dask", "ray")


def answered(bulk: Bulk, engine: str) -> BulkResults:
    """The answers, from the engine of that name."""
    if engine == "ray":
        return bulk.run_on_ray(PROMPTS, workers=2)
    if engine == "dask":
        from distributed import Client, LocalCluster

        with (
            LocalCluster(n_workers=2, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            return bulk.run_on_dask(PROMPTS, client)
    return bulk.run(PROMPTS)


def main() -> None:
    """Answer the prompts, and once more from the checkpoint."""
    here = "dask" if find_spec("distributed") else "here"
    engine = next((word for word in sys.argv[1:] if word in ENGINES), here)
    with settings(served=True) as where, tempfile.TemporaryDirectory() as folder:
        model = ChatAimlapi(model="openai/gpt-4o", pickle_api_key=True, **where)
        bulk = Bulk(model, checkpoint=folder, rate=200, part=10)
        for _ in range(2):
            results = answered(bulk, engine)
            print(f"{len(results.answers)} answers ({engine}), {results.resumed} of them recorded")
            print(f"{len(results.failures)} failures, {results.cost} USD")
        print(results.answers[7].text)


if __name__ == "__main__":  # workers import this file
    main()
