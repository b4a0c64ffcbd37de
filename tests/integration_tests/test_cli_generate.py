"""``aimlapi generate`` and the progress bar, against the emulator."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from langchain_aimlapi import AimlapiClient
from langchain_aimlapi._domain.media import sniff
from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.progress import ProgressBar

testing = pytest.importorskip("typer.testing")

PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
VIDEO = "google/veo-3.1-t2v"


def run(*arguments: str | Path) -> Any:
    from langchain_aimlapi.cli import app

    return testing.CliRunner().invoke(app, ["generate", *map(str, arguments)])


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator(balance=10_000) as running:
        monkeypatch.setattr(
            "langchain_aimlapi.cli.generate.client_for",
            lambda base_url: AimlapiClient(**running.settings()),
        )
        monkeypatch.setattr("langchain_aimlapi._transport.sync.time.sleep", lambda _: None)
        yield running


def test_a_video_is_ordered_watched_and_saved(api: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "cat.mp4"
    done = run("video", "a cat", "--model", VIDEO, "--out", path, "-o", "duration=8",
               "-o", "aspect_ratio=16:9")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{path}\n"
    assert path.read_bytes()[4:8] == b"ftyp"
    job = next(iter(api.jobs))
    assert done.stderr.splitlines()[:3] == [
        f"job {job.id}", "video running 0:00", "video completed 0:00",
    ]  # fmt: skip
    assert api.requests[0].body == {
        "model": VIDEO, "prompt": "a cat", "duration": 8, "aspect_ratio": "16:9",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "cure"),
    [
        (("image", "a cat", "--model", "flux/schnell", "-o", "aspect_ration=1:1"), "aspect_ratio"),
        (("video", "a cat", "--model", VIDEO, "--timeout", "-1"), "--timeout"),
        (("video", "--resume", ""), "job.id"),
        (("image", "", "--model", "flux/schnell"), "prompt"),
        (("image", "a cat", "--model", "flux/schnell", "-o", "n=0"), "1 to 4"),
        (("mesh", "--model", "triposr", "--image", "ftp://example.com/a.png"), "https"),
        (("mesh", "--model", "triposr", "--image", ""), "image is empty"),
        (("mesh", "--model", "triposr", "--image", "/"), "directory"),
    ],
)
def test_bad_input_ends_before_anything_is_sent(
    api: Emulator, arguments: tuple[str, ...], cure: str
) -> None:
    done = run(*arguments)
    assert done.exit_code in (1, 2)
    assert cure in done.output
    assert "Traceback" not in done.output
    assert api.requests == []


def test_an_interrupted_job_is_taken_up_again_by_its_id(
    api: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.jobs.plan(states=("generating",) * 99)

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("langchain_aimlapi._transport.sync.time.sleep", interrupt)
    path = tmp_path / "cat.mp4"
    stopped = run("video", "a cat", "--model", VIDEO, "--out", path)
    assert stopped.exit_code == 130
    job = next(iter(api.jobs))
    again = f"aimlapi generate video --resume '{job.id}' --out '{path}'"
    assert again in stopped.stderr
    api.jobs.finish(job.id)
    done = run("video", "--resume", job.id, "--out", path)
    assert done.exit_code == 0, done.output
    assert path.exists()
    assert [each.method for each in api.requests].count("POST") == 1


def test_a_late_job_says_how_to_go_on(api: Emulator) -> None:
    api.jobs.plan(states=("generating",) * 99)
    late = run("music", "a waltz", "--model", "google/lyria2", "--timeout", "4")
    assert late.exit_code == 1
    assert f"aimlapi generate music --resume '{next(iter(api.jobs)).id}'" in late.stderr


def test_a_job_can_be_left_to_itself(api: Emulator) -> None:
    left = run("video", "a cat", "--model", VIDEO, "--detach")
    assert left.stdout == f"{next(iter(api.jobs)).id}\n"
    assert [each.method for each in api.requests] == ["POST"]


def test_images_are_made_at_once_and_numbered(api: Emulator, tmp_path: Path) -> None:
    done = run("image", "a cat", "--model", "flux/schnell", "-o", "n=2", "-o",
               "enable_safety_checker=false", "--out", tmp_path / "cat.jpg")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert done.stdout.split() == [str(tmp_path / "cat-1.jpg"), str(tmp_path / "cat-2.jpg")]
    assert "cost $0.0840" in done.stderr
    assert api.requests[0].body["enable_safety_checker"] is False
    shown = run("image", "a cat", "--model", "flux/schnell")
    assert shown.stdout.startswith("https://")


def test_a_mesh_is_made_of_a_file(api: Emulator, tmp_path: Path) -> None:
    (tmp_path / "chair.png").write_bytes(PNG)
    done = run("mesh", "--model", "triposr", "--image", tmp_path / "chair.png", "--out", tmp_path)
    assert done.exit_code == 0, done.output
    assert Path(done.stdout.strip()).suffix == ".glb"
    assert api.requests[0].body["image_url"].startswith("data:image/png;base64,")


def test_speech_goes_to_a_file_while_it_comes(api: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "morning.wav"
    done = run("speech", "Good morning.", "--model", "deepgram/aura-2", "-o", "voice=zeus",
               "--out", path)  # fmt: skip
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{path}\n"
    assert path.read_bytes()[:4] == b"RIFF"
    assert done.stderr.splitlines() == ["speech running 0:00", "speech completed 0:00"]
    body = api.requests[0].body
    assert (body["text"], body["voice"], body["stream"]) == ("Good morning.", "zeus", True)
    done = run("speech", "Good morning.", "--model", "openai/tts-1", "--out", tmp_path)
    assert Path(done.stdout.strip()).suffix == ".mp3"


@pytest.mark.parametrize("out", [(), ("--out", "-")])
def test_speech_goes_to_standard_output(api: Emulator, out: tuple[str, ...]) -> None:
    from langchain_aimlapi.cli import app

    done = testing.CliRunner().invoke(
        app, ["generate", "speech", "-", "--model", "openai/tts-1", *out], input="A long story.\n"
    )
    assert done.exit_code == 0, done.stderr
    assert sniff(done.stdout_bytes[:32]) == "audio/mpeg"
    assert api.requests[0].body["text"] == "A long story."


def test_speech_does_not_go_into_a_terminal(api: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("langchain_aimlapi.cli.generate.sys", SimpleNamespace(stdout=Terminal()))
    done = run("speech", "Hello.", "--model", "openai/tts-1")
    assert done.exit_code == 2
    assert "give --out FILE" in done.output
    assert api.requests == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("hat", "a cat"), "no 'hat' can be made"),
        (("transcription", "a.mp3"), "aimlapi transcribe"),
        (("image", "a cat", "--model", "flux/schnell", "--out", "-"), "only speech"),
        (("speech", "--model", "openai/tts-1"), "text is missing"),
        (("speech", "Hi.", "--model", "openai/tts-1", "-o", "voice=nobody"), "it has no voice"),
        (("image", "a cat"), "give --model"),
        (("image", "a cat", "--model", "flux/schnell", "--resume", "1"), "there is no job"),
        (("image", "a cat", "--model", "flux/schnell", "-o", "n"), "is not name=value"),
        (("image", "a cat", "--model", "flux/schnell", "--out", "/no/such/folder/a.png"),
         "is no folder"),
        (("video", "a cat", "--model", "openai/sora-2-t2v", "-o", "duration=5"), "duration"),
        (("video", "--model", "openai/sora-2-i2v", "--image", "/no/such/file.png"), "no file"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_before_anything_is_sent(
    api: Emulator, arguments: tuple[str, ...], words: str
) -> None:
    done = run(*arguments)
    assert done.exit_code in (1, 2)
    assert words in " ".join(done.output.replace("│", "").split())
    assert "Traceback" not in done.output
    assert api.requests == []


def test_what_is_fitted_is_a_note(api: Emulator) -> None:
    done = run("video", "a cat", "--model", "openai/sora-2-t2v", "-o", "seed=2", "--detach")
    assert done.exit_code == 0, done.output
    assert "note: openai/sora-2-t2v: seed=2 was sent although" in done.stderr


# --- the bar -----


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_writes_one_line_anew_in_a_terminal() -> None:
    out = Terminal()
    bar = ProgressBar("video", file=out)
    bar("queued", None, 0.0)
    bar("running", 0.5, 61.0)
    bar("completed", 1.0, 3601.0)
    assert out.getvalue() == (
        "\rvideo queued 0:00"
        "\rvideo [############------------]  50% running 1:01"
        "\rvideo [########################] 100% completed 60:01\n"
    )


def test_a_bar_writes_a_line_for_each_state_elsewhere_and_ends_its_line() -> None:
    out = io.StringIO()
    bar = ProgressBar(file=out)
    for seconds in range(3):
        bar("running", None, seconds)
    bar("failed", None, 3)
    assert out.getvalue() == "running 0:00\nfailed 0:03\n"
    terminal = Terminal()
    with ProgressBar(file=terminal) as bar:
        bar("running", None, 1)
    assert terminal.getvalue() == "\rrunning 0:01\n"


async def test_a_bar_goes_with_every_job(
    api: Emulator, colour: str, capsys: pytest.CaptureFixture[str]
) -> None:
    client = AimlapiClient(**api.settings())
    if colour == "sync":
        client.music.generate(model="google/lyria2", prompt="a waltz", progress=ProgressBar("m"))
    else:
        job = await client.music.asubmit(model="google/lyria2", prompt="a waltz")
        api.jobs.finish(job.id)
        await job.aresult(progress=ProgressBar("m"))
    assert "m completed" in capsys.readouterr().err
