"""``aimlapi generate``: images, videos, music, speech and 3D models from the command line."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from langchain_aimlapi._transport.download import Saving
from langchain_aimlapi._transport.sounds import SoundStream
from langchain_aimlapi._wire.fetch import FetchHead
from langchain_aimlapi.cli import _calls
from langchain_aimlapi.cli._app import BaseUrl, app
from langchain_aimlapi.cli._calls import Detach, Options, Resume, Texts, Timeout
from langchain_aimlapi.cli.catalog import client_for
from langchain_aimlapi.client import AimlapiClient
from langchain_aimlapi.endpoints import Calls, JobCalls
from langchain_aimlapi.endpoints._media import Media
from langchain_aimlapi.endpoints.speech import SpeechCalls
from langchain_aimlapi.progress import ProgressBar

# What is made -> where it hangs on the client, and the catalog's word for its models.
KINDS = {
    "image": ("images", "image"),
    "video": ("video", "video"),
    "music": ("music", "audio"),
    "speech": ("speech", "tts"),
    "mesh": ("meshes", "3d"),
}
READ = {"transcription": "aimlapi transcribe", "ocr": "aimlapi ocr"}
STDOUT = Path("-")


@app.command()
def generate(
    kind: Annotated[str, typer.Argument(help=", ".join(KINDS))],
    prompt: Annotated[
        str | None, typer.Argument(help="What to make, or to say; - reads it from standard input.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="A model id; `aimlapi models --kind ...` lists them.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="A file, or a folder; for speech - is standard output. Default: show the links."
        ),
    ] = None,
    image: Annotated[
        Texts, typer.Option(help="An image to start from, a file or a link; repeat.")
    ] = None,
    option: Options = None,
    resume: Resume = None,
    detach: Detach = False,
    timeout: Timeout = 1800.0,
    base_url: BaseUrl = None,
) -> None:
    """Make an image, a video, music, speech or a 3D model; needs a key.

    Links, or the files that were written, go to standard output; everything else to standard
    error. A job goes on without this program: interrupt it, and take it up again with --resume.
    """
    calls = _found(client_for(base_url), kind)
    is_job = isinstance(calls, JobCalls)
    if not is_job and (resume is not None or detach):
        raise typer.BadParameter(f"{kind} is made in one call: there is no job to resume or detach")
    out = _place(calls, out)
    with _calls.failures():
        arguments = {} if resume is not None else _arguments(kind, model, prompt, image, option)
        if isinstance(calls, SpeechCalls):
            _speak(calls, arguments, out or STDOUT)
            return
        if not isinstance(calls, JobCalls):
            method = getattr(calls, "generate")  # noqa: B009  # of the subclass
            made: object = _calls.at_once(kind, partial(method, **_calls.placed(method, arguments)))
        else:
            submit = getattr(calls, "submit")  # noqa: B009  # of the subclass
            job = (
                calls.resume(resume)
                if resume is not None
                else _calls.ordered(partial(submit, **_calls.placed(submit, arguments)))
            )
            if detach:
                typer.echo(job.id)
                return
            made = _calls.waited_for(job, kind, f"aimlapi generate {kind}", out, timeout)
        _deliver(made, out)


# --- what is called -----


def _found(client: AimlapiClient, kind: str) -> Calls:
    if kind not in KINDS:
        other = f"; use `{READ[kind]}`" if kind in READ else ""
        raise typer.BadParameter(f"no {kind!r} can be made: {', '.join(KINDS)}{other}")
    found: Calls = getattr(client, KINDS[kind][0])
    return found


def _place(calls: Calls, out: Path | None) -> Path | None:
    """Where it goes; only sound may go to standard output, and not into a terminal."""
    if not isinstance(calls, SpeechCalls):
        if out == STDOUT:
            raise typer.BadParameter("only speech goes to standard output", param_hint="--out")
    elif out is None:
        if sys.stdout.isatty():
            raise typer.BadParameter("give --out FILE: speech is no text for a terminal")
        out = STDOUT
    if out != STDOUT:
        _calls.check_place(out)
    return out


def _arguments(
    kind: str, model: str | None, prompt: str | None, images: Texts, options: Texts
) -> dict[str, object]:
    """The arguments of the call; what the endpoint has no argument for is one of the model's."""
    arguments: dict[str, object] = {"model": _calls.model_or_hint(model, KINDS[kind][1])}
    if prompt == "-":
        prompt = sys.stdin.read().strip()
    if kind == "speech":
        arguments["text"] = prompt
    elif prompt is not None:
        arguments["prompt"] = prompt
    if images:
        files = [_calls.source(each) for each in images]
        arguments["image"] = files if len(files) > 1 else files[0]
    return {**arguments, **_calls.named(options)}


# --- speech, which comes while it is made -----


class _Stdout:
    """Standard output, as what a sound is written to."""

    path = None

    def file(self) -> AbstractContextManager[None]:
        return nullcontext()

    def take(self, item: FetchHead | bytes) -> None:
        if isinstance(item, bytes):
            sys.stdout.buffer.write(item)
            sys.stdout.buffer.flush()


def _speak(calls: SpeechCalls, arguments: dict[str, object], out: Path) -> None:
    """Write the sound as it comes, and show how long it has been coming."""
    order: dict[str, Any] = _calls.placed(calls.stream, arguments)
    pieces: SoundStream = _calls.noted(partial(calls.stream, **order))
    sink = _Stdout() if out == STDOUT else Saving(out)
    began = time.monotonic()
    try:
        with ProgressBar("speech") as bar, pieces, sink.file():
            for piece in pieces:
                sink.take(piece)
                bar("running", None, time.monotonic() - began)
            sink.take(FetchHead("", pieces.content_type or "", None))
            bar("completed", None, time.monotonic() - began)
    except KeyboardInterrupt:
        typer.echo("\ninterrupted: what was spoken is charged; see the usage log", err=True)
        raise typer.Exit(_calls.INTERRUPTED) from None
    if sink.path is not None:
        typer.echo(sink.path)


# --- what comes out -----


def _deliver(made: object, out: Path | None) -> None:
    files = _files(made)
    for place, file in enumerate(files):
        if out is None:
            typer.echo(file.url or f"{file.content_type}, without a link: give --out")
        else:
            typer.echo(file.save(_numbered(out, place, len(files))))
    _calls.show_cost(made)


def _files(made: Any) -> Sequence[Media]:
    """Every file of a result."""
    images = getattr(made, "images", None)
    if images is not None:
        return list(images)
    urls = getattr(made, "urls", None)
    if isinstance(urls, tuple) and len(urls) > 1:
        return [replace(made, url=url) for url in urls]
    return [made]


def _numbered(out: Path, place: int, count: int) -> Path:
    """Where one of several files goes: ``cat-1.png``, ``cat-2.png``, ..."""
    if count == 1 or out.is_dir():
        return out
    return out.with_stem(f"{out.stem}-{place + 1}")
