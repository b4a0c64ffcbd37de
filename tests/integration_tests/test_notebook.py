"""A real notebook: what cells show of media, and the bar beneath them."""

from __future__ import annotations

import base64
from typing import Any

import pytest

WHY = "a notebook needs its kernel: pip install nbclient ipykernel"
nbclient = pytest.importorskip("nbclient", reason=WHY)
nbformat = pytest.importorskip("nbformat", reason=WHY)
pytest.importorskip("ipykernel", reason=WHY)
pytestmark = pytest.mark.peer

START = """
from langchain_aimlapi import AimlapiClient
from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.progress import ProgressBar

api = Emulator(balance=10_000).__enter__()
client = AimlapiClient(**api.settings())
import langchain_aimlapi._transport.sync as sync
sync.time = type("time", (), {"sleep": staticmethod(lambda _: None)})
"""
CELLS = {
    "start": START,
    "bar": "video = client.video.generate(model='google/veo-3.1-t2v', prompt='a cat',"
    " progress=ProgressBar('video'))",
    "abar": "music = await client.music.agenerate(model='google/lyria2', prompt='a waltz',"
    " progress=ProgressBar('music'))",
    "video": "video",
    "music": "music",
    "image": "client.images.generate(model='flux/schnell', prompt='a cat').images[0]",
    "images": "client.images.generate(model='flux/schnell', prompt='a cat', n=2)",
    "pixels": "client.images.generate(model='openai/gpt-image-1', prompt='a cat',"
    " response_format='b64_json').images[0]",
    "speech": "client.speech.create(model='deepgram/aura-2', text='Hello.')",
    "show": "video.show()",
    "transcript": "client.transcription.create(model='nova-3', audio='https://x.y/a.mp3').text",
}


@pytest.fixture(scope="module")
def outputs() -> dict[str, list[Any]]:
    """What each cell shows."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS.values()])
    nbclient.NotebookClient(book, timeout=120).execute()
    return {name: cell.outputs for name, cell in zip(CELLS, book.cells, strict=True)}


def written(outputs: list[Any]) -> str:
    return "".join(each["text"] for each in outputs if each["output_type"] == "stream")


def shown(outputs: list[Any]) -> dict[str, str]:
    (found,) = [each["data"] for each in outputs if "data" in each]
    return dict(found)


@pytest.mark.parametrize(("cell", "label"), [("bar", "video"), ("abar", "music")])
def test_the_bar_is_one_line_that_is_written_anew(
    outputs: dict[str, list[Any]], cell: str, label: str
) -> None:
    text = written(outputs[cell])
    assert text.startswith(f"\r{label} ")
    assert f"\r{label} completed" in text
    assert text.count("\n") == 1
    assert text.endswith("\n")


@pytest.mark.parametrize(
    ("cell", "tag"),
    [("video", "<video"), ("music", "<audio"), ("image", "<img"), ("speech", "<audio"),
     ("show", "<video")],
)  # fmt: skip
def test_a_cell_shows_what_was_made(outputs: dict[str, list[Any]], cell: str, tag: str) -> None:
    data = shown(outputs[cell])
    assert data["text/html"].startswith(tag)
    assert "text/plain" in data


def test_several_images_are_shown_together(outputs: dict[str, list[Any]]) -> None:
    assert shown(outputs["images"])["text/html"].count("<img") == 2


def test_pixels_are_shown_as_they_are(outputs: dict[str, list[Any]]) -> None:
    data = shown(outputs["pixels"])
    assert base64.b64decode(data["image/png"])[:4] == b"\x89PNG"


def test_text_is_text(outputs: dict[str, list[Any]]) -> None:
    assert shown(outputs["transcript"])["text/plain"]
