"""10,000 prompts on each engine beside a plain ``abatch``: wall and CPU time of all its processes.

``python -m tests.harness.benchmarks.bulk [PROMPTS]`` (it needs psutil, which Dask brings along, and
leaves out engines that are not installed). One raw server answers at once, so that what is left is
the cost of the client and its engine. Each way runs in processes of its own; an engine is up before
its clock starts (Ray starts its actors for every run), and 64 calls are under way in all of them.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec

import psutil

from langchain_aimlapi import ChatAimlapi
from langchain_aimlapi.bulk import Bulk
from tests.harness.benchmarks.payloads import Scenario
from tests.harness.benchmarks.server import ROOT, serving

PROMPTS = 10_000
UNDER_WAY = 64
WORKERS = 2
WAYS = {"abatch": None, "Bulk.arun": None, "Dask": "distributed", "Ray Data": "ray"}
Way = Callable[[list[str]], int]


def model_at(address: str) -> ChatAimlapi:
    """The model of every way."""
    return ChatAimlapi(
        model="openai/gpt-4o", api_key="k", pickle_api_key=True, base_url=f"{address}/v1"
    )


def bulk_of(address: str, folder: str, workers: int = 1) -> Bulk:
    """The run of every engine, with its checkpoint."""
    return Bulk(model_at(address), checkpoint=folder, concurrency=UNDER_WAY // workers, part=500)


@contextmanager
def way(name: str, address: str, folder: str) -> Iterator[Way]:
    """A function that answers prompts this way, and says how many it has answered."""
    if name == "abatch":
        model = model_at(address)
        yield lambda prompts: len(
            asyncio.run(model.abatch(list(prompts), {"max_concurrency": UNDER_WAY}))
        )
    elif name == "Bulk.arun":
        bulk = bulk_of(address, folder)
        yield lambda prompts: good(asyncio.run(bulk.arun(prompts)).answers)
    elif name == "Dask":
        from distributed import Client, LocalCluster

        bulk = bulk_of(address, folder, WORKERS)
        cluster = LocalCluster(WORKERS, threads_per_worker=1, dashboard_address=None)
        with cluster, Client(cluster) as client:
            yield lambda prompts: good(bulk.run_on_dask(prompts, client).answers)
    else:
        import ray

        bulk = bulk_of(address, folder, WORKERS)
        ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False)
        yield lambda prompts: good(bulk.run_on_ray(prompts, workers=WORKERS).answers)
        ray.shutdown()


def good(answers: list[object]) -> int:
    """How many are no errors."""
    return sum(not isinstance(answer, Exception) for answer in answers)


class Cpu(threading.Thread):
    """Looks at this process and those that it started, some of which end before the run does."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._me = psutil.Process()
        self._seen: dict[int, float] = {}
        self._end = threading.Event()

    def look(self) -> float:
        """CPU seconds of all that were ever seen."""
        for process in [self._me, *self._me.children(recursive=True)]:
            with suppress(psutil.Error):  # it has just ended
                times = process.cpu_times()
                self._seen[process.pid] = float(times.user + times.system)
        return sum(self._seen.values())

    def run(self) -> None:
        while not self._end.wait(0.5):
            self.look()

    def stop(self) -> float:
        """CPU seconds at the end."""
        self._end.set()
        self.join()
        return self.look()


def measure(name: str, address: str, count: int) -> dict[str, float]:
    """Wall and CPU seconds of so many prompts."""
    mark = Scenario("plain", 50).prompt
    with tempfile.TemporaryDirectory() as folder, way(name, address, folder) as answer:
        assert answer([f"warm {number} {mark}" for number in range(2 * UNDER_WAY)])
        cpu = Cpu()
        before, began = cpu.look(), time.perf_counter()
        cpu.start()
        assert answer([f"{number} {mark}" for number in range(count)]) == count
        wall = time.perf_counter() - began
        return {"wall": wall, "cpu": cpu.stop() - before}


def main() -> None:
    """Measure each way in a process of its own, and print the table."""
    if len(sys.argv) == 4:
        print(json.dumps(measure(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PROMPTS
    print(f"| {count:,} prompts | wall s | CPU s | CPU ms a prompt |\n|---|---:|---:|---:|")
    for name, needs in WAYS.items():
        if needs is not None and find_spec(needs) is None:
            print(f"| {name} | not installed | | |", flush=True)
            continue
        with serving() as address:
            done = subprocess.run(
                [sys.executable, "-m", __spec__.name, name, address, str(count)],
                cwd=ROOT, capture_output=True, text=True, check=False,
            )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        found = json.loads(done.stdout.splitlines()[-1])
        each = found["cpu"] / count * 1000
        print(f"| {name} | {found['wall']:.1f} | {found['cpu']:.1f} | {each:.2f} |", flush=True)


if __name__ == "__main__":
    main()
