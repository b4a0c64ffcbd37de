"""Real processes for the tests: LiteLLM's proxy and a Redis server, on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

START_SECONDS = 300.0
MASTER_KEY = "sk-test-proxy-4711"
ROOT = Path(__file__).resolve().parents[3]
_PROXY = "from litellm import run_server; run_server()"


def needs_proxy() -> None:
    """Skip where the packages of LiteLLM's proxy are not installed."""
    missing = [name for name in ("fastapi", "apscheduler", "backoff") if find_spec(name) is None]
    if missing:
        pytest.skip(f"LiteLLM's proxy is not installed (no {', '.join(missing)})")


@contextmanager
def kept_port() -> Iterator[int]:
    """A port that is a server's own, whether it runs or not.

    Nothing listens on it here, so a connection is refused until the server does. It stays bound
    meanwhile, so that the system gives it to nobody else: not to another test's server, and not
    to the near end of a connection, which would keep the server from starting.
    """
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.1", 0))
        yield int(one.getsockname()[1])


@contextmanager
def proxy(
    config: str, folder: Path, environment: Mapping[str, str], *, workers: int = 1
) -> Iterator[str]:
    """LiteLLM's proxy with this configuration; gives its address."""
    path, log = folder / "config.yaml", folder / "proxy.log"
    path.write_text(config, encoding="utf-8")
    with kept_port() as port:
        command = [
            sys.executable, "-c", _PROXY, "--config", str(path), "--host", "127.0.0.1",
            "--port", str(port), "--num_workers", str(workers), "--telemetry", "False",
            "--timeout_worker_healthcheck", "300",
        ]  # fmt: skip
        with _answering(command, folder, environment, port, log) as (url, _):
            yield url


@contextmanager
def team_proxy(
    folder: Path, environment: Mapping[str, str], *arguments: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """``aimlapi proxy`` with these arguments; gives its address and the process."""
    with kept_port() as port:
        command = [
            sys.executable, "-m", "langchain_aimlapi.cli", "proxy", *arguments, "--port", str(port)
        ]  # fmt: skip
        with _answering(command, folder, environment, port, folder / "proxy.log") as found:
            yield found


@contextmanager
def _answering(
    command: list[str], folder: Path, environment: Mapping[str, str], port: int, log: Path
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A proxy that has begun to answer; gives its address and the process."""
    with log.open("wb") as out, _started(command, folder, environment, out) as process:
        url = f"http://127.0.0.1:{port}"
        _wait(process, f"{url}/health/liveliness", log)
        yield url, process


@contextmanager
def _started(
    command: list[str], folder: Path, environment: Mapping[str, str], out: object
) -> Iterator[subprocess.Popen[bytes]]:
    kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    inherited = {
        **kept,
        "PYTHONPATH": os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(ROOT)))),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_MASTER_KEY": MASTER_KEY,
        "NO_PROXY": "*",
        **environment,
    }
    process = subprocess.Popen(
        command, cwd=folder, env=inherited, stdout=out, stderr=subprocess.STDOUT,  # type: ignore[call-overload]  # a binary file
        start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process and the workers that it has started (its own session)."""
    if process.poll() is None:
        os.killpg(process.pid, 15)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait(10)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    with httpx.Client(trust_env=False) as client:
        while time.monotonic() < end:
            if process.poll() is not None:
                break
            try:
                if client.get(url, timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                pass  # not listening yet
            time.sleep(0.2)
    raise RuntimeError(f"the proxy did not start:\n{log.read_text(errors='replace')[-4000:]}")


@dataclass
class Server:
    """A server that can be stopped, and started again where it was.

    Attributes:
        address: The port of a Redis, the address of a Postgres.
    """

    address: str
    _start: Callable[[], subprocess.Popen[bytes]]
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; returns when it answers."""
        self._process = self._start()

    def stop(self) -> None:
        """End it at once, whoever is connected."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
            self._process = None

    @contextmanager
    def ended(self) -> Iterator[Server]:
        """It does not run any more when this is left."""
        try:
            yield self
        finally:
            self.stop()

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """Its processes stand still: it takes connections, and answers nothing."""
        assert self._process is not None
        parent = str(self._process.pid)
        listed = subprocess.run(["pgrep", "-P", parent], capture_output=True, text=True)
        family = [int(pid) for pid in (parent, *listed.stdout.split())]
        for pid in family:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in family:
                os.kill(pid, signal.SIGCONT)


@contextmanager
def redis_server(folder: Path) -> Iterator[int]:
    """A Redis server that keeps nothing on disk; gives its port."""
    with redis_at_rest(folder, "no") as server:
        server.start()
        yield int(server.address)


@contextmanager
def redis_at_rest(folder: Path, keeps: str = "yes") -> Iterator[Server]:
    """A Redis server that is not started yet; with `keeps`, what it knows outlives it."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    if find_spec("redis") is None:
        pytest.skip("the redis package is not installed")
    log = folder / "redis.log"
    with kept_port() as port:
        command = [
            program, "--port", str(port), "--bind", "127.0.0.1", "--save", "",
            "--appendonly", keeps, "--appendfsync", "always", "--dir", str(folder),
        ]  # fmt: skip

        def start() -> subprocess.Popen[bytes]:
            with log.open("ab") as out:
                process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
            _wait_port(port, process, log)
            return process

        with Server(str(port), start).ended() as server:
            yield server


@contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """A Postgres server that keeps nothing when it ends; gives the address of its database."""
    with postgres_at_rest(folder) as server:
        server.start()
        yield server.address


@contextmanager
def postgres_at_rest(folder: Path) -> Iterator[Server]:
    """A Postgres server that is not started yet, with an empty database."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    found = str(programs[-1]) if programs else shutil.which("pg_ctl")
    if found is None:
        pytest.skip("Postgres is not installed")
    if find_spec("psycopg") is None:
        pytest.skip("the psycopg package is not installed")
    tools, log = Path(found).resolve().parent, folder / "postgres.log"
    # the server does not run as root: there its own user owns a folder that it can get to
    user = "postgres" if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="aimlapi-postgres-") as home, kept_port() as port:
        address = f"postgresql://aimlapi@127.0.0.1:{port}/postgres"
        if user is not None:
            shutil.chown(home, user, user)
        data = Path(home) / "data"
        subprocess.run(
            [tools / "initdb", "-D", data, "-A", "trust", "-U", "aimlapi", "--no-sync"],
            cwd=home, check=True, capture_output=True, timeout=120, user=user, group=user,
        )  # fmt: skip
        settings = ["-c", "fsync=off", "-k", home, "-h", "127.0.0.1", "-p", str(port)]

        def start() -> subprocess.Popen[bytes]:
            with log.open("ab") as out:
                process = subprocess.Popen(
                    [tools / "postgres", "-D", data, *settings],
                    cwd=home, stdout=out, stderr=subprocess.STDOUT, user=user, group=user,
                )  # fmt: skip
            _wait_port(port, process, log)
            _wait_postgres(address)
            return process

        with Server(address, start).ended() as server:
            yield server


def _wait_postgres(address: str) -> None:
    """It takes connections a moment before it takes questions."""
    import psycopg

    end = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(address).close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def _wait_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    process.kill()
    process.wait(10)
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-4000:]}")
