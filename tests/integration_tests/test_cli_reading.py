"""``aimlapi transcribe`` and ``aimlapi ocr`` against the emulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi import AimlapiClient
from langchain_aimlapi.emulator import Emulator, Fault
from langchain_aimlapi.emulator._media import mp3

testing = pytest.importorskip("typer.testing")

MODEL = "nova-3"
PDF = b"%PDF-1.7 a page"


def run(*arguments: str | Path) -> Any:
    from langchain_aimlapi.cli import app

    return testing.CliRunner().invoke(app, [*map(str, arguments)])


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator(balance=10_000) as running:
        monkeypatch.setattr(
            "langchain_aimlapi.cli.reading.client_for",
            lambda base_url: AimlapiClient(**running.settings()),
        )
        monkeypatch.setattr("langchain_aimlapi._transport.sync.time.sleep", lambda _: None)
        yield running


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.mp3"
    path.write_bytes(mp3(0.5))
    return path


# --- recordings -----


def test_a_recording_is_text_on_standard_output_and_all_else_on_the_other(
    api: Emulator, talk: Path
) -> None:
    done = run("transcribe", talk, "--model", MODEL, "-o", "language=en", "-o", "diarize=true")
    assert done.exit_code == 0, done.output
    job = next(iter(api.jobs))
    assert done.stdout.strip()
    lines = done.stderr.splitlines()
    assert lines[0] == f"job {job.id}"
    assert lines[1:3] == ["transcription running 0:00", "transcription completed 0:00"]
    form = api.requests[0].body
    assert (form["language"], form["diarize"]) == ("en", "true")


@pytest.mark.parametrize(
    ("name", "begin"),
    [("a.srt", "1\n00:00:00,"), ("a.vtt", "WEBVTT\n"), ("a.json", "{"), ("a", "")],
)
def test_the_name_of_the_file_says_what_is_written(
    api: Emulator, talk: Path, tmp_path: Path, name: str, begin: str
) -> None:
    done = run("transcribe", talk, "--model", MODEL, "--out", tmp_path / name)
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{tmp_path / name}\n"
    assert (tmp_path / name).read_text().startswith(begin)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("https://example.com/a/tea%20time.mp3?x=1", "read.srt"),
        ("https://example.com/a/tea.mp3?x=1", "tea.srt"),
        ("https://example.com/", "read.srt"),
    ],
)
def test_in_a_folder_the_file_has_the_name_of_the_recording(
    api: Emulator, tmp_path: Path, source: str, name: str
) -> None:
    done = run("transcribe", source, "--model", MODEL, "--format", "srt", "--out", tmp_path)
    assert done.stdout == f"{tmp_path / name}\n"
    assert api.requests[0].body["url"] == source


def test_a_transcript_without_times_is_not_lost_when_subtitles_are_wanted(
    api: Emulator, talk: Path
) -> None:
    api.jobs.plan(result={"result": {"text": "No times."}})
    done = run("transcribe", talk, "--model", "openai/gpt-4o-transcribe", "--format", "srt")
    assert done.exit_code == 1
    assert "no times" in done.stderr
    job = next(iter(api.jobs))
    assert f"aimlapi transcribe --resume '{job.id}'" in done.stderr
    again = run("transcribe", "--resume", job.id)
    assert again.stdout == "No times.\n"
    assert [each.method for each in api.requests].count("POST") == 1


def test_a_transcript_is_interrupted_detached_and_taken_up_again(
    api: Emulator, talk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = run("transcribe", talk, "--model", MODEL, "--detach")
    job = next(iter(api.jobs))
    assert left.stdout == f"{job.id}\n"

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("langchain_aimlapi._transport.sync.time.sleep", interrupt)
        stopped = run("transcribe", "--resume", job.id)
    assert stopped.exit_code == 130
    assert f"aimlapi transcribe --resume '{job.id}'" in stopped.stderr
    api.jobs.finish(job.id)
    assert run("transcribe", "--resume", job.id).stdout.strip()


# --- documents -----


def test_a_document_is_markdown(api: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(PDF)
    done = run("ocr", path, "-o", "pages=0-1")
    assert done.exit_code == 0, done.output
    assert "# Page 1 of document" in done.stdout
    assert done.stderr.splitlines()[-1].startswith("cost $")
    assert api.requests[0].body["pages"] == "0-1"


def test_the_images_of_the_pages_are_written_beside_the_markdown(
    api: Emulator, tmp_path: Path
) -> None:
    out = tmp_path / "read"
    out.mkdir()
    done = run("ocr", "https://example.com/letter.pdf", "-o", "include_images=true", "--out", out)
    assert done.exit_code == 0, done.output
    assert done.stdout.split() == [
        str(out / name) for name in ("letter.md", "img-0.png", "img-1.png")
    ]
    assert "![img-0.png](img-0.png)" in (out / "letter.md").read_text()
    assert (out / "img-1.png").read_bytes()[:4] == b"\x89PNG"


def test_an_image_whose_name_leads_elsewhere_is_written_where_the_markdown_is(
    api: Emulator, tmp_path: Path
) -> None:
    image = {"id": "../../evil.png", "image_base64": "iVBORw0KGgoAAAAA"}
    page = {"index": 0, "markdown": "![](../../evil.png)", "images": [image]}
    api.fault(Fault(body=json.dumps({"pages": [page]}).encode()))
    out = tmp_path / "a" / "b"
    out.mkdir(parents=True)
    done = run("ocr", "https://example.com/letter.pdf", "--out", out)
    assert done.exit_code == 0, done.output
    assert not (tmp_path / "evil.png").exists()
    assert (out / "image").read_bytes()[:4] == b"\x89PNG"


def test_a_schema_comes_from_a_file(api: Emulator, tmp_path: Path) -> None:
    schema = {"title": "Letter", "type": "object", "properties": {"sender": {"type": "string"}}}
    (tmp_path / "schema.json").write_text(json.dumps(schema))
    done = run("ocr", "https://example.com/letter.pdf", "--format", "json",
               "-o", f"annotation=@{tmp_path / 'schema.json'}")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "document_annotation" in json.loads(done.stdout)
    sent = api.requests[0].body["document_annotation_format"]["json_schema"]
    assert (sent["name"], sent["schema"]) == ("Letter", schema)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("transcribe",), "give a recording, or --resume ID"),
        (("transcribe", "a.mp3"), "give --model"),
        (("transcribe", "/no/such/talk.mp3", "--model", MODEL), "no file"),
        (("transcribe", "https://x.y/a.mp3", "--model", MODEL, "--format", "doc"), "none of text"),
        (("transcribe", "https://x.y/a.mp3", "--model", MODEL, "--out", "/no/such/a"), "no folder"),
        (("transcribe", "https://x.y/a.mp3", "--model", "openai/tts-1"), "speech"),
        (("transcribe", "--resume", "https://x.y/z"), "is not the id"),
        (("ocr", "/no/such/letter.pdf"), "no file"),
        (("ocr", "https://x.y/a.pdf", "-o", "pages=first"), "names no pages"),
        (("ocr", "https://x.y/a.pdf", "-o", "pages"), "is not name=value"),
        (("ocr", "https://x.y/a.pdf", "-o", "annotation=@LICENSE"), "is no JSON"),
    ],
)
def test_a_mistake_is_said_before_anything_is_sent(
    api: Emulator, arguments: tuple[str, ...], words: str
) -> None:
    done = run(*arguments)
    assert done.exit_code in (1, 2)
    assert words in " ".join(done.output.replace("│", "").split())
    assert "Traceback" not in done.output
    assert api.requests == []
