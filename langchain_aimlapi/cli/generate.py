"""``aimlapi generate``: images, videos, music and 3D models from the command line."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from langchain_aimlapi.cli._app import BaseUrl, app
from langchain_aimlapi.cli.catalog import client_for
from langchain_aimlapi.client import AimlapiClient
from langchain_aimlapi.endpoints import Calls, Job, JobCalls
from langchain_aimlapi.endpoints._media import Media
from langchain_aimlapi.errors import AimlapiError
from langchain_aimlapi.progress import ProgressBar

T = TypeVar("T")
# What is made -> where it hangs on the client, and the catalog's word for its models.
KINDS = {
    "image": ("images", "image"),
    "video": ("video", "video"),
    "music": ("music", "audio"),
    "mesh": ("meshes", "3d"),
}
INTERRUPTED = 130

Texts = list[str] | None


@app.command()
def generate(
    kind: Annotated[str, typer.Argument(help=", ".join(KINDS))],
    prompt: Annotated[str | None, typer.Argument(help="What to make.")] = None,
    model: Annotated[
        str | None, typer.Option(help="A model id; `aimlapi models --kind ...` lists them.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="A file, or a folder. Default: only show the links.")
    ] = None,
    image: Annotated[
        Texts, typer.Option(help="An image to start from, a file or a link; repeat.")
    ] = None,
    option: Annotated[
        Texts,
        typer.Option("--option", "-o", help="aspect_ratio=16:9, n=2, video=@cat.mp4, ...; repeat."),
    ] = None,
    resume: Annotated[
        str | None, typer.Option(help="The id of a job that was ordered before.")
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Order it, show the id of the job, and end.")
    ] = False,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for a job.")] = 1800.0,
    base_url: BaseUrl = None,
) -> None:
    """Make an image, a video, music or a 3D model; needs a key.

    Links, or the files that were written, go to standard output; everything else to standard
    error. A job goes on without this program: interrupt it, and take it up again with --resume.
    """
    calls = _calls(client_for(base_url), kind)
    is_job = isinstance(calls, JobCalls)
    if not is_job and (resume is not None or detach):
        raise typer.BadParameter(f"{kind} is made in one call: there is no job to resume or detach")
    if out is not None and not (out if out.is_dir() else out.parent).is_dir():
        raise typer.BadParameter(f"{out.parent} is no folder; make it first", param_hint="--out")
    with _failures():
        arguments = {} if resume else _arguments(kind, model, prompt, image, option)
        if not isinstance(calls, JobCalls):
            made = _at_once(calls, kind, arguments)
        else:
            job = calls.resume(resume) if resume else _ordered(calls, arguments)
            if detach:
                typer.echo(job.id)
                return
            made = _waited_for(job, kind, out, timeout)
        _deliver(made, out)


# --- what is called -----


def _calls(client: AimlapiClient, kind: str) -> Calls:
    if kind not in KINDS:
        raise typer.BadParameter(f"no {kind!r} can be made: {', '.join(KINDS)}")
    found: Calls = getattr(client, KINDS[kind][0])
    return found


def _arguments(
    kind: str, model: str | None, prompt: str | None, images: Texts, options: Texts
) -> dict[str, object]:
    """The arguments of the call; what the endpoint has no argument for is one of the model's."""
    if model is None:
        raise typer.BadParameter(
            f"give --model; `aimlapi models --kind {KINDS[kind][1]}` lists them"
        )
    arguments: dict[str, object] = {"model": model, "params": {}}
    if prompt is not None:
        arguments["prompt"] = prompt
    if images:
        files = [_file(each) for each in images]
        arguments["image"] = files if len(files) > 1 else files[0]
    for each in options or ():
        name, equals, text = each.partition("=")
        if not equals or not name.isidentifier():
            raise typer.BadParameter(f"{each!r} is not name=value", param_hint="--option")
        arguments[name] = _file(text[1:]) if text.startswith("@") else _value(text)
    return arguments


def _file(text: str) -> str | Path:
    """A link as it is; anything else is the path of a file."""
    return text if "://" in text or text.startswith("data:") else Path(text).expanduser()


def _value(text: str) -> object:
    """JSON where it is some, else the text: ``n=2``, ``aspect_ratio=16:9``."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _split(method: Callable[..., Any], arguments: dict[str, Any]) -> dict[str, object]:
    """Names that the method does not have go into ``params``."""
    known = signature(method).parameters
    own = {name: arguments[name] for name in arguments if name not in known}
    rest = {name: value for name, value in arguments.items() if name in known}
    return {**rest, "params": {**rest["params"], **own}}


def _at_once(calls: Calls, kind: str, arguments: dict[str, Any]) -> object:
    method = getattr(calls, "generate")  # noqa: B009  # of the subclass
    typer.echo(f"making the {kind}...", err=True)
    try:
        return _warned(lambda: method(**_split(method, arguments)))
    except KeyboardInterrupt:
        typer.echo(
            f"\ninterrupted: the {kind} may have been made and charged; see the usage log", err=True
        )
        raise typer.Exit(INTERRUPTED) from None


def _ordered(calls: JobCalls[object], arguments: dict[str, Any]) -> Job[object]:
    method = getattr(calls, "submit")  # noqa: B009  # of the subclass
    job: Job[Any] = _warned(lambda: method(**_split(method, arguments)))
    typer.echo(f"job {job.id}", err=True)
    return job


def _waited_for(job: Job[object], kind: str, out: Path | None, timeout: float) -> object:
    again = f"aimlapi generate {kind} --resume '{job.id}'" + (f" --out '{out}'" if out else "")
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


def _warned(call: Callable[[], T]) -> T:
    """The value of a call; what it warns of is a line."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = call()
    for each in caught:
        typer.echo(f"note: {each.message}", err=True)
    return value


@contextmanager
def _failures() -> Iterator[None]:
    """An error is its text, and the exit code 1."""
    try:
        yield
    except (AimlapiError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None


# --- what comes out -----


def _deliver(made: Any, out: Path | None) -> None:
    files = _files(made)
    for place, file in enumerate(files):
        if out is None:
            typer.echo(file.url or f"{file.content_type}, without a link: give --out")
        else:
            typer.echo(file.save(_place(out, place, len(files))))
    if made.cost is not None and made.cost.usd is not None:
        typer.echo(f"cost ${made.cost.usd:.4f}", err=True)


def _files(made: Any) -> Sequence[Media]:
    """Every file of a result."""
    images = getattr(made, "images", None)
    if images is not None:
        return list(images)
    urls = getattr(made, "urls", None)
    if isinstance(urls, tuple) and len(urls) > 1:
        return [replace(made, url=url) for url in urls]
    return [made]


def _place(out: Path, place: int, count: int) -> Path:
    """Where one of several files goes: ``cat-1.png``, ``cat-2.png``, ..."""
    if count == 1 or out.is_dir():
        return out
    return out.with_stem(f"{out.stem}-{place + 1}")
