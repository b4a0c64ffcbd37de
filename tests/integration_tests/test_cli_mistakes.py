"""The command line's answers to mistakes: one sentence, and no traceback."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from langchain_aimlapi.emulator import Emulator

pytest.importorskip("typer")

IMAGE = ("generate", "image", "a fox", "--model", "flux/schnell")


@pytest.fixture(scope="module")
def api() -> Iterator[Emulator]:
    pytest.importorskip("uvicorn")
    with Emulator().serve() as running:
        yield running


@pytest.fixture(autouse=True)
def environment(api: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIMLAPI_API_KEY", api.api_key)
    monkeypatch.setenv("AIMLAPI_API_BASE", api.base_url)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.chdir(tmp_path)


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[object, str, str]:
    """(exit code, standard output, standard error) of a command, as its program runs it."""
    from langchain_aimlapi.cli import main

    monkeypatch.setattr(sys, "argv", ["aimlapi", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    return ended.value.code, out, err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((*IMAGE, "--base-url", "foo bar"), 2, "base_url must be an http(s) URL"),
        (("catalog", "info", "--base-url", "http://example.com"), 2, "use https"),
        (("catalog", "generate", "--saved", "nowhere"), 1, "error: [Errno 2]"),
        (("models", "--vendor", "opneai"), 2, "did you mean 'openai'?"),
        (("verify", "--yes", "--report", "no/report.json"), 2, "no is no folder"),
        (("litellm-config", "--kind", "imgae"), 2, "there is no kind 'imgae': did you mean"),
        (("litellm-config", "--vendor", "opneai"), 2, "did you mean 'openai'?"),
        (("litellm-config", "gpt-4o", "--api-base", "foo"), 2, "must be an http(s) URL"),
        (("litellm-config", "gpt-4o", "--key-variable", "sk-1"), 2, "its environment variable"),
        (("emulator", "--port", "99999"), 2, "--port"),
        (("emulator", "--seconds", "-1"), 2, "--seconds"),
        (("proxy", "--port", "0"), 2, "--port"),
        (("proxy", "openai/gpt-4o", "--config", "no/config.yaml"), 2, "no is no folder"),
        (("team", "add", "ada", "--budget", "nan"), 2, "US dollars, from 0"),
        (("team", "add", "ada", "--key", "sk-"), 2, "begins with sk-"),
        (("team", "add", " "), 2, "whose key is it"),
    ],
)
def test_mistake_is_named_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: int,
    words: str,
) -> None:
    if arguments[0] == "proxy":
        pytest.importorskip("fastapi")
        pytest.importorskip("litellm")
    ended, _, err = run(monkeypatch, capsys, *arguments)
    assert (ended, "Traceback" in err) == (code, False), err
    assert words in err


@pytest.mark.parametrize("command", [("emulator",), ("proxy", "openai/gpt-4o")])
def test_port_that_is_taken_is_named_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    if command[0] == "proxy":
        pytest.importorskip("fastapi")
        pytest.importorskip("litellm")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, _, err = run(monkeypatch, capsys, *command, "--port", str(port))
    assert code == 2
    assert f"127.0.0.1:{port}: " in err


def test_results_that_were_paid_for_are_shown_where_they_cannot_be_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    code, out, err = run(monkeypatch, capsys, "verify", "--yes", "--report", "report.json")
    assert code == 0
    assert "test/dummy" in out
    assert "note: the results cannot be kept" in err
    assert (tmp_path / "report.json").read_text()


def test_user_without_a_home_keeps_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", home)
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    code, out, _ = run(monkeypatch, capsys, "catalog", "info")
    assert (code, "nothing is kept" in out) == (0, True)
    code, _, err = run(monkeypatch, capsys, "catalog", "refresh")
    assert (code, err.startswith("note: the model list cannot be kept")) == (0, True)


def test_warning_of_a_refresh_is_a_note(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(monkeypatch, capsys, "catalog", "refresh", "--schemas", "gpt-44")
    assert code == 0
    assert err.startswith("note: the API prints no request schema of 'gpt-44'")


def test_reader_that_has_enough_of_speech_is_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from langchain_aimlapi.cli import generate

    def take(self: object, item: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(generate._Stdout, "take", take)
    speech = ("generate", "speech", "hello", "--model", "openai/tts-1", "-o", "voice=alloy")
    code, _, err = run(monkeypatch, capsys, *speech)
    assert code == 1
    assert "Broken pipe" not in err
