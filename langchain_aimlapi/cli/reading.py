"""``aimlapi transcribe`` and ``aimlapi ocr``: recordings and documents as text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from langchain_aimlapi._transport import download
from langchain_aimlapi.cli import _calls
from langchain_aimlapi.cli._app import BaseUrl, app
from langchain_aimlapi.cli._calls import Detach, Options, Resume, Timeout
from langchain_aimlapi.cli.catalog import client_for
from langchain_aimlapi.endpoints import Result
from langchain_aimlapi.endpoints.ocr import OcrDocument, OcrImage
from langchain_aimlapi.endpoints.transcription import Transcript
from langchain_aimlapi.errors import UnsupportedFeatureError

# A form -> its ending, and what it is.
TRANSCRIPTS: dict[str, tuple[str, Callable[[Transcript], str]]] = {
    "text": (".txt", lambda made: made.text),
    "srt": (".srt", Transcript.srt),
    "vtt": (".vtt", Transcript.vtt),
    "json": (".json", lambda made: _json(made)),
}
DOCUMENTS: dict[str, tuple[str, Callable[[OcrDocument], str]]] = {
    "markdown": (".md", lambda made: made.markdown),
    "json": (".json", lambda made: _json(made)),
}
Out = Annotated[Path | None, typer.Option(help="A file, or a folder. Default: standard output.")]


@app.command()
def transcribe(
    audio: Annotated[str | None, typer.Argument(help="A recording: a file or a link.")] = None,
    model: Annotated[
        str | None, typer.Option(help="A model id; `aimlapi models --kind stt` lists them.")
    ] = None,
    out: Out = None,
    form: Annotated[
        str | None,
        typer.Option("--format", help="text, srt, vtt or json. Default: by the name of --out."),
    ] = None,
    option: Options = None,
    resume: Resume = None,
    detach: Detach = False,
    timeout: Timeout = 1800.0,
    base_url: BaseUrl = None,
) -> None:
    """Write down what is said in a recording, as text or subtitles; needs a key.

    -o language=de, -o diarize=true, ... are the arguments of client.transcription.create. A job
    goes on without this program: take it up again with --resume, for an hour.
    """
    form = _form(form, out, TRANSCRIPTS)
    _calls.check_place(out)
    calls = client_for(base_url).transcription
    with _calls.failures():
        if resume is not None:
            job = calls.resume(resume)
        else:
            if audio is None:
                raise typer.BadParameter("give a recording, or --resume ID", param_hint="AUDIO")
            arguments: dict[str, object] = {
                "model": _calls.model_or_hint(model, "stt"),
                "audio": _calls.source(audio),
                **_calls.named(option),
            }
            order: dict[str, Any] = _calls.placed(calls.submit, arguments)
            job = _calls.ordered(partial(calls.submit, **order))
        if detach:
            typer.echo(job.id)
            return
        made = _calls.waited_for(job, "transcription", "aimlapi transcribe", out, timeout)
        ending, write = TRANSCRIPTS[form]
        try:
            text = write(made)
        except UnsupportedFeatureError:
            typer.echo(f"the text: aimlapi transcribe --resume '{job.id}'", err=True)
            raise
        _write(text, _named(out, audio or "transcript", ending))
        _calls.show_cost(made)


@app.command()
def ocr(
    document: Annotated[str, typer.Argument(help="A PDF or an image: a file or a link.")],
    model: Annotated[
        str, typer.Option(help="A model id; `aimlapi models --kind ocr` lists them.")
    ] = "mistral/mistral-ocr-latest",
    out: Out = None,
    form: Annotated[
        str | None,
        typer.Option("--format", help="markdown or json. Default: by the name of --out."),
    ] = None,
    option: Options = None,
    base_url: BaseUrl = None,
) -> None:
    """Read a document as Markdown; needs a key.

    -o pages=0-4, -o annotation=@schema.json, ... are the arguments of client.ocr. With -o
    include_images=true and --out, the images of the pages are written beside the Markdown.
    """
    form = _form(form, out, DOCUMENTS)
    _calls.check_place(out)
    calls = client_for(base_url).ocr
    with _calls.failures():
        arguments: dict[str, object] = {
            "model": model,
            "document": _calls.source(document),
            **_schemas(_calls.named(option)),
        }
        read: dict[str, Any] = _calls.placed(calls.read, arguments)
        made = _calls.at_once("Markdown", partial(calls.read, **read))
        ending, write = DOCUMENTS[form]
        place = _named(out, document, ending)
        _write(write(made), place)
        if place is not None:
            _write_images(made, place.parent)
        _calls.show_cost(made)


# --- what comes out -----


def _form(form: str | None, out: Path | None, forms: dict[str, Any]) -> str:
    """The form of the text: the one named, else the one that the file's name ends with."""
    if form is None:
        ending = out.suffix.lower() if out is not None and not out.is_dir() else ""
        return next((name for name in forms if forms[name][0] == ending), next(iter(forms)))
    if form not in forms:
        raise typer.BadParameter(f"{form!r} is none of {', '.join(forms)}", param_hint="--format")
    return form


def _named(out: Path | None, source: str, ending: str) -> Path | None:
    """The file: in a folder it has the name of what was read."""
    if out is None or not out.is_dir():
        return out
    is_link = "://" in source or source.startswith("data:")
    name = PurePosixPath(urlsplit(source).path).stem if is_link else Path(source).stem
    return out / (_safe(name, "read") + ending)


def _safe(name: str, other: str) -> str:
    return name if re.fullmatch(r"\w[\w. -]{0,99}", name) else other


def _write(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text)
    else:
        typer.echo(download.write(text.encode(), "text/plain", out))


def _write_images(made: OcrDocument, folder: Path) -> None:
    """The images of the pages, under the names that stand in the Markdown."""
    for page in made.pages:
        for image in page.images:
            if image.data is None and image.url is None:
                continue
            typer.echo(image.save(folder / _image_name(image)))


def _image_name(image: OcrImage) -> str:
    """Its name in the Markdown; one that could lead elsewhere is not followed."""
    return _safe(image.id, "image")


def _json(made: Result) -> str:
    return json.dumps(made.raw, ensure_ascii=False, indent=1)


def _schemas(arguments: dict[str, object]) -> dict[str, object]:
    """The arguments, with JSON schemas read from their files."""
    found = dict(arguments)
    for name in ("annotation", "image_annotation"):
        path = found.get(name)
        if isinstance(path, Path):
            try:
                found[name] = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                raise typer.BadParameter(f"{path} is no JSON", param_hint=f"-o {name}") from None
    return found
