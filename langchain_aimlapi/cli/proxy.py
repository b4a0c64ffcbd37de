"""``aimlapi litellm-config`` and ``aimlapi proxy``: LiteLLM's proxy, configured and run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Annotated

import typer

from langchain_aimlapi._connection.settings import KEY_VARIABLE
from langchain_aimlapi._litellm.team_store import FILE_VARIABLE, is_postgres, read_members
from langchain_aimlapi.cli._app import Capability, Vendor, app, check_port
from langchain_aimlapi.cli._calls import check_place

if TYPE_CHECKING:
    from langchain_aimlapi._litellm.config import Choice

_START_SECONDS = "120"  # the server ends a worker that loads LiteLLM for longer than its 5 s
_SERVER = ("-m", "langchain_aimlapi._litellm.server")
_MASTER_KEY = "LITELLM_MASTER_KEY"
_REDIS_PORT = "6379"  # LiteLLM's router leaves Redis out where the port is not set
_AS_STOPPED = (-signal.SIGTERM, -signal.SIGINT, 128 + signal.SIGINT)
_MAY_BE_EMPTY = ("DATABASE_URL", "REDIS_HOST", "REDIS_URL")


class Preference(StrEnum):
    """How a router is steered among equivalents."""

    LATENCY = "latency"
    PRICE = "price"


Models = Annotated[list[str] | None, typer.Argument(help="Ids; default: all that fit.")]
Kind = Annotated[
    list[str] | None, typer.Option(help="chat, embedding, image, video, ...; repeat for more.")
]
Keys = Annotated[
    list[str] | None, typer.Option(help="Environment variable with a key; repeat for more.")
]
ApiBase = Annotated[str | None, typer.Option(help="Another address.")]
Prefer = Annotated[Preference | None, typer.Option(help="Steer among equivalents.")]
Fallbacks = Annotated[bool, typer.Option(help="Name fallbacks by family.")]


@app.command("litellm-config")
def litellm_config(
    models: Models = None,
    capability: Capability = None,
    vendor: Vendor = None,
    kind: Kind = None,
    key_variable: Keys = None,
    api_base: ApiBase = None,
    redis: Annotated[bool, typer.Option(help="Share state between workers.")] = False,
    database: Annotated[bool, typer.Option(help="Virtual keys in Postgres.")] = False,
    team: Annotated[bool, typer.Option(help="Keys and budgets from AIMLAPI_TEAM.")] = False,
    prefer: Prefer = None,
    group: Annotated[str | None, typer.Option(help="One group of equivalents.")] = None,
    fallbacks: Fallbacks = True,
    all_spellings: Annotated[bool, typer.Option(help="Every spelling of a model.")] = False,
    refresh: Annotated[bool, typer.Option(help="Read prices again every hour.")] = False,
) -> None:
    """Write a LiteLLM proxy configuration to the standard output."""
    from langchain_aimlapi._litellm.config import Choice

    choice = Choice(
        models=tuple(models or ()),
        capabilities=tuple(capability or ()),
        vendors=tuple(vendor or ()),
        kinds=tuple(kind or ("chat",)),
        keys=tuple(key_variable or (KEY_VARIABLE,)),
        api_base=api_base,
        redis=redis,
        database=database,
        team=team,
        prefer=prefer.value if prefer else None,
        group=group,
        fallbacks=fallbacks,
        spellings=all_spellings,
        refresh=refresh,
    )
    typer.echo(_written(choice), nl=False)


@app.command("proxy")
def proxy(
    models: Models = None,
    capability: Capability = None,
    vendor: Vendor = None,
    kind: Kind = None,
    key_variable: Keys = None,
    prefer: Prefer = None,
    fallbacks: Fallbacks = True,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at.", min=1, max=65535)] = 4000,
    workers: Annotated[int, typer.Option(help="Processes.", min=1)] = 1,
    refresh: Annotated[bool, typer.Option(help="Read prices again every hour.")] = True,
    config: Annotated[
        Path | None, typer.Option(help="Keep the configuration in this file.")
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Only show the configuration.")] = False,
) -> None:
    """Run a LiteLLM proxy with all models, prices and fallbacks (extra ``proxy``).

    Redis is used where REDIS_HOST or REDIS_URL is set, and the keys and budgets of the file or the
    Postgres server that AIMLAPI_TEAM names (LiteLLM's own where DATABASE_URL is set). The API's
    keys are AIMLAPI_API_KEY and each --key-variable. Without LITELLM_MASTER_KEY one is made and
    shown.
    """
    from langchain_aimlapi._litellm.config import KINDS, Choice

    choice = Choice(
        models=tuple(models or ()),
        capabilities=tuple(capability or ()),
        vendors=tuple(vendor or ()),
        kinds=tuple(kind or KINDS),
        keys=tuple(key_variable or (KEY_VARIABLE,)),
        redis=_has_redis(os.environ),
        database=bool(os.environ.get("DATABASE_URL")),
        team=bool(os.environ.get(FILE_VARIABLE)),
        prefer=prefer.value if prefer else None,
        fallbacks=fallbacks,
        spellings=True,  # whichever of its names somebody calls a model by
        refresh=refresh,
    )
    text = _written(choice)
    if show:
        typer.echo(text, nl=False)
        return
    _check(choice)
    check_place(config, "--config")
    check_port(host, port)
    with _kept(text, config) as path:
        raise typer.Exit(_run(path, host, port, workers))


def _written(choice: Choice) -> str:
    """The configuration; what it says about models that end goes to the standard error."""
    from langchain_aimlapi._litellm.config import write

    with warnings.catch_warnings(record=True) as notices:
        warnings.simplefilter("always")
        try:
            text = write(choice)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    for notice in notices:
        typer.echo(f"note: {notice.message}", err=True)
    return text


def _has_redis(environment: Mapping[str, str]) -> bool:
    return bool(environment.get("REDIS_HOST") or environment.get("REDIS_URL"))


def _check(choice: Choice) -> None:
    missing = [name for name in choice.keys if not os.environ.get(name)]
    if missing:
        raise typer.BadParameter(
            f"{missing[0]} is not set; keys are made at https://aimlapi.com/app/keys"
        )
    _check_team(choice)
    if find_spec("litellm") is None or find_spec("fastapi") is None:
        raise typer.BadParameter(
            "LiteLLM's proxy is not installed: pip install 'langchain_aimlapi[proxy]'"
        )


def _check_team(choice: Choice) -> None:
    address = os.environ.get(FILE_VARIABLE, "")
    if not choice.team or is_postgres(address):
        return
    if not Path(address).is_file():
        raise typer.BadParameter(f"{FILE_VARIABLE}: there is no file {address}")
    try:
        read_members(Path(address).read_text(encoding="utf-8"))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if not choice.redis:
        raise typer.BadParameter(
            f"{FILE_VARIABLE} needs Redis for what is spent: set REDIS_HOST or REDIS_URL"
            " (or let it name a Postgres server)"
        )


@contextmanager
def _kept(text: str, config: Path | None) -> Iterator[Path]:
    """The configuration as a file: the one that was named, else one that goes away."""
    if config is not None:
        config.write_text(text, encoding="utf-8")
        yield config
        return
    with tempfile.TemporaryDirectory(prefix="aimlapi-proxy-") as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(text, encoding="utf-8")
        yield path


def _run(path: Path, host: str, port: int, workers: int) -> int:
    """LiteLLM's own server, until it ends."""
    # LiteLLM takes an empty DATABASE_URL for an address that cannot be right
    environment = {k: v for k, v in os.environ.items() if v or k not in _MAY_BE_EMPTY}
    if environment.get("REDIS_HOST"):
        environment["REDIS_PORT"] = environment.get("REDIS_PORT") or _REDIS_PORT
    if not environment.get(_MASTER_KEY):
        environment[_MASTER_KEY] = f"sk-{token_urlsafe(24)}"
        typer.echo(
            f"{_MASTER_KEY} is not set; this run's key: {environment[_MASTER_KEY]}", err=True
        )
    typer.echo(f"OpenAI's clients: base_url=http://{host}:{port}/v1", err=True)
    command = [
        sys.executable, *_SERVER, "--config", str(path), "--host", host, "--port", str(port),
        "--num_workers", str(workers), "--telemetry", "False",
        "--timeout_worker_healthcheck", _START_SECONDS,
    ]  # fmt: skip
    return _served(command, environment)


def _served(command: list[str], environment: Mapping[str, str]) -> int:
    """The exit code of the server. Whoever stops this process (systemd, docker, `kill -INT`) means
    the server."""
    server: list[subprocess.Popen[bytes]] = []
    stopped: list[int] = []

    def stop(number: int, frame: object) -> None:
        stopped.append(number)
        for process in server:
            process.terminate()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    # its input ends with this process, and the server with its input, also where this one is killed
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE)  # noqa: S603 - our own command
    server.append(process)
    if stopped:
        process.terminate()
    code = process.wait()
    if stopped and code in _AS_STOPPED:
        return 0  # it ended as it was meant to
    return code if code >= 0 else 128 - code
