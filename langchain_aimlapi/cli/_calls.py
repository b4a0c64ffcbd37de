"""What the commands that call the API share: options as arguments, notes, errors, jobs."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from langchain_aimlapi._fitting.checks import check_spelling
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.endpoints import Job
from langchain_aimlapi.errors import AimlapiError
from langchain_aimlapi.progress import ProgressBar

T = TypeVar("T")
INTERRUPTED = 130
Texts = list[str] | None

Options = Annotated[
    Texts,
    typer.Option("--option", "-o", help="aspect_ratio=16:9, n=2, video=@cat.mp4, ...; repeat."),
]
Resume = Annotated[str | None, typer.Option(help="The id of a job that was ordered before.")]
Detach = Annotated[
    bool, typer.Option("--detach", help="Order it, show the id of the job, and end.")
]
Timeout = Annotated[float, typer.Option(min=0, help="Seconds to wait for a job.")]


# --- what the user wrote -----


def source(text: str) -> str | Path:
    """A link as it is; anything else is the path of a file. An empty text stays one."""
    return (
        text
        if not text.strip() or "://" in text or text.startswith("data:")
        else Path(text).expanduser()
    )


def named(options: Sequence[str] | None) -> dict[str, object]:
    """The arguments among ``name=value`` options: JSON where it is some, else the text."""
    found: dict[str, object] = {}
    for each in options or ():
        name, equals, text = each.partition("=")
        if not equals or not name.isidentifier():
            raise typer.BadParameter(f"{each!r} is not name=value", param_hint="--option")
        found[name] = source(text[1:]) if text.startswith("@") else _value(text)
    return found


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def placed(method: Callable[..., object], arguments: Mapping[str, object]) -> dict[str, object]:
    """The arguments of a method; names that it does not have go into ``params``."""
    known = signature(method).parameters
    own = {name: arguments[name] for name in arguments if name not in known}
    for name in own:
        check_spelling(name, known, Catalog.default().find(str(arguments["model"])))
    rest = {name: value for name, value in arguments.items() if name in known}
    params = rest.get("params")
    return {**rest, "params": {**(params if isinstance(params, dict) else {}), **own}}


def check_place(out: Path | None, option: str = "--out") -> None:
    """Refuse a place that cannot be written before anything is bought for it."""
    if out is not None and not (out if out.is_dir() else out.parent).is_dir():
        raise typer.BadParameter(f"{out.parent} is no folder; make it first", param_hint=option)


def model_or_hint(model: str | None, kind: str) -> str:
    """The model, which is not guessed."""
    if model is None:
        raise typer.BadParameter(f"give --model; `aimlapi models --kind {kind}` lists them")
    return model


# --- calling -----


def noted(call: Callable[[], T]) -> T:
    """The value of a call; what it warns of is a line."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = call()
    for each in caught:
        typer.echo(f"note: {each.message}", err=True)
    return value


@contextmanager
def failures() -> Iterator[None]:
    """An error is its text, and the exit code 1."""
    try:
        yield
    except BrokenPipeError:
        raise  # whoever reads has enough: click ends without a word
    except (AimlapiError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None


def at_once(kind: str, call: Callable[[], T]) -> T:
    """The value of a call that is no job."""
    typer.echo(f"making the {kind}...", err=True)
    try:
        return noted(call)
    except KeyboardInterrupt:
        typer.echo(
            f"\ninterrupted: the {kind} may have been made and charged; see the usage log", err=True
        )
        raise typer.Exit(INTERRUPTED) from None


def ordered(call: Callable[[], Job[T]]) -> Job[T]:
    """The job that a call orders."""
    job = noted(call)
    typer.echo(f"job {job.id}", err=True)
    return job


def waited_for(job: Job[T], kind: str, command: str, out: Path | None, timeout: float) -> T:
    """The result of a job, with a bar; ``command`` takes it up again."""
    again = f"{command} --resume '{job.id}'" + (f" --out '{out}'" if out else "")
    try:
        with ProgressBar(kind) as bar:
            return job.result(timeout=timeout, progress=bar)
    except KeyboardInterrupt:
        typer.echo(f"interrupted; the job goes on: {again}", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except AimlapiError as error:
        if error.is_retryable or isinstance(error, TimeoutError):
            typer.echo(f"the job goes on: {again}", err=True)
        raise


def show_cost(made: object) -> None:
    """What it cost, where that is known."""
    usd = getattr(getattr(made, "cost", None), "usd", None)
    if usd is not None:
        typer.echo(f"cost ${usd:.4f}", err=True)
