"""What was made, on the disk and in notebooks: saved, read, shown, in both colours."""

from __future__ import annotations

import os
import pickle
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage

from langchain_aimlapi import (
    AimlapiClient,
    AimlapiImageModel,
    AimlapiMusicModel,
    AimlapiTool,
    AimlapiVideoModel,
    errors,
)
from langchain_aimlapi.downloads import FetchLimits
from langchain_aimlapi.emulator import Emulator, Fault
from langchain_aimlapi.endpoints._media import Media
from langchain_aimlapi.endpoints.images import Image, Images
from langchain_aimlapi.endpoints.meshes import Mesh
from langchain_aimlapi.endpoints.music import Music
from langchain_aimlapi.endpoints.video import Video

PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
VIDEO = "google/veo-3.1-t2v"


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator(balance=10_000) as running:
        yield running


@pytest.fixture
def client(api: Emulator) -> AimlapiClient:
    return AimlapiClient(**api.settings())


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("langchain_aimlapi._transport.sync.time.sleep", lambda _: None)

    async def sleep(delay: float, result: Any = None) -> Any:
        return result

    monkeypatch.setattr("langchain_aimlapi._transport.asynchronous.asyncio.sleep", sleep)


def made_by(client: AimlapiClient, kind: str) -> Media:
    match kind:
        case "image":
            return client.images.generate(model="flux/schnell", prompt="a cat").images[0]
        case "video":
            return client.video.generate(model=VIDEO, prompt="a cat")
        case "music":
            return client.music.generate(model="google/lyria2", prompt="a waltz")
        case _:
            return client.meshes.generate(model="triposr", image=PNG)


BEGINNINGS = {"image": b"\xff\xd8\xff", "video": b"ftyp", "music": b"RIFF", "mesh": b"glTF"}
ENDS = {
    "image": (".jpg", ".jpeg"),
    "video": (".mp4",),
    "music": (".wav", ".mp3"),
    "mesh": (".glb",),
}


async def save(media: Media, colour: str, target: Path, **options: Any) -> Path:
    if colour == "sync":
        return media.save(target, **options)
    return await media.asave(target, **options)


@pytest.fixture(params=BEGINNINGS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# --- saving -----


async def test_everything_is_saved_and_read_and_no_key_goes_along(
    api: Emulator, client: AimlapiClient, colour: str, kind: str, tmp_path: Path
) -> None:
    made = made_by(client, kind)
    before = len(api.requests)
    path = await save(made, colour, tmp_path)
    assert path.parent == tmp_path
    assert path.suffix in ENDS[kind]
    assert len(path.stem) == 64  # named after its content, not after the link
    content = made.read() if colour == "sync" else await made.aread()
    assert path.read_bytes() == content
    assert len(api.requests) == before + 2
    assert all("authorization" not in each.headers for each in api.requests[before:])


@pytest.mark.parametrize(
    ("data", "kind", "ending"),
    [
        (b"glTF" + bytes(28), "application/octet-stream", ".glb"),  # what CDNs say of a GLB
        (b"glTF" + bytes(28), "", ".glb"),
        (b"MZ" + bytes(30), "application/octet-stream", ".bin"),
        (b"\x89PNG\r\n\x1a\n", "text/plain", ".txt"),  # a type that says something is heeded
    ],
)
async def test_a_type_that_says_nothing_leaves_the_ending_to_the_content(
    data: bytes, kind: str, ending: str, colour: str, tmp_path: Path
) -> None:
    path = await save(Media(data=data, content_type=kind), colour, tmp_path)
    assert path.suffix == ending


async def test_a_file_longer_than_the_limit_is_stopped_and_leaves_nothing(
    client: AimlapiClient, colour: str, kind: str, tmp_path: Path
) -> None:
    made = made_by(client, kind)
    with pytest.raises(errors.InvalidResponseError, match="20 bytes"):
        await save(made, colour, tmp_path, limits=FetchLimits(max_bytes=20))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_an_expired_link_says_how_to_ask_again(
    api: Emulator, client: AimlapiClient, colour: str, kind: str, status: int, tmp_path: Path
) -> None:
    made = made_by(client, kind)
    api.fault(Fault(status=status), times=2)
    with pytest.raises(errors.InvalidResponseError, match="links to media expire") as caught:
        await save(made, colour, tmp_path / "a")
    job = made.meta.id or made.inference_id
    again = {"video": f"client.video.resume({job!r})", "music": f"client.music.resume({job!r})"}
    assert again.get(kind, "make it again") in str(caught.value)
    assert not caught.value.is_retryable
    assert os.listdir(tmp_path) == []
    with pytest.raises(errors.InvalidResponseError, match="links to media expire"):
        made.read() if colour == "sync" else await made.aread()


async def test_a_broken_download_leaves_nothing_and_an_older_file_stays(
    api: Emulator, client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    made = made_by(client, "video")
    path = tmp_path / "cat.mp4"
    path.write_bytes(b"older")
    api.fault(Fault(cut_after=10, how="reset"))
    with pytest.raises(errors.AimlapiError):
        await save(made, colour, path)
    assert os.listdir(tmp_path) == ["cat.mp4"]
    assert path.read_bytes() == b"older"


async def test_a_link_into_the_own_network_is_not_followed(colour: str, tmp_path: Path) -> None:
    made = Video(url="https://169.254.169.254/latest/meta-data")
    with pytest.raises(errors.InvalidRequestError, match="private network"):
        await save(made, colour, tmp_path)


# --- the files of messages -----


async def test_the_files_of_a_message_are_saved(api: Emulator, colour: str, tmp_path: Path) -> None:
    models = {
        "image": AimlapiImageModel(model="flux/schnell", **api.settings()),
        "video": AimlapiVideoModel(model=VIDEO, **api.settings()),
        "music": AimlapiMusicModel(model="google/lyria2", **api.settings()),
    }
    for kind, model in models.items():
        answer = model.invoke("a cat") if colour == "sync" else await model.ainvoke("a cat")
        (file,) = model.files(answer)
        assert (await save(file, colour, tmp_path)).suffix in ENDS[kind]
        (again,) = model.files(pickle.loads(pickle.dumps(answer)))
        assert again.url == file.url
        assert model.files(AIMessage("no file")) == []


async def test_the_files_of_a_tool_are_saved(api: Emulator, colour: str, tmp_path: Path) -> None:
    tool = AimlapiTool("meshes", model="triposr", **api.settings())
    call = {"type": "tool_call", "id": "1", "name": tool.name, "args": {"image": "https://a.b/c"}}
    message = tool.invoke(call) if colour == "sync" else await tool.ainvoke(call)
    assert isinstance(message, ToolMessage)
    for what in (message, message.artifact):
        (file,) = tool.files(what)
        assert (await save(file, colour, tmp_path)).read_bytes()[:4] == b"glTF"


# --- notebooks -----

SHOWN: dict[str, tuple[Any, str]] = {
    "image link": (Image(url="https://a.b/c.png", content_type="image/png"), "<img src="),
    "video": (Video(url="https://a.b/c.mp4", content_type="video/mp4"), "<video src="),
    "music": (Music(url="https://a.b/c.mp3", content_type="audio/mpeg"), "<audio src="),
    "mesh": (Mesh(url="https://a.b/c.glb", content_type="model/gltf-binary"), "<a href="),
    "sound": (Music(data=b"RIFF", content_type="audio/wav"), "data:audio/wav;base64,UklGRg=="),
    "drawing": (Image(data=b"<svg/>", content_type="image/svg+xml"), "<img src="),
    "images": (
        Images(images=(Image(data=PNG, content_type="image/png"), Image(url="https://a.b/c.png",
               content_type="image/png"))), "<img src=",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_a_notebook_shows_it(name: str) -> None:
    value, words = SHOWN[name]
    bundle = value._repr_mimebundle_()
    assert words in bundle["text/html"]
    assert bundle["text/plain"]


def test_a_notebook_draws_a_picture_from_its_content_and_runs_nothing() -> None:
    png = Image(data=PNG, content_type="image/png")._repr_mimebundle_()
    assert list(png) == ["image/png"]
    evil = Video(url='https://a.b/"><script>x</script>', content_type="video/mp4")
    assert "<script>" not in str(evil._repr_mimebundle_()["text/html"])
    scheme = Mesh(url="javascript:alert(1)", content_type="model/gltf-binary")
    assert "text/html" not in scheme._repr_mimebundle_()


def test_show_displays_in_a_notebook_and_opens_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    Video(url="https://a.b/c.mp4", content_type="video/mp4").show()
    Image(data=PNG, content_type="image/png").show()
    assert opened[0] == "https://a.b/c.mp4"
    assert Path(opened[1].removeprefix("file://")).read_bytes() == PNG
    with pytest.raises(errors.InvalidRequestError, match="web addresses"):
        Video(url="file:///etc/passwd").show()
    shown: list[object] = []
    notebook = types.ModuleType("IPython.display")
    notebook.display = shown.append  # type: ignore[attr-defined]  # a module of our own
    monkeypatch.setitem(sys.modules, "IPython.display", notebook)
    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    video = Video(url="https://a.b/c.mp4", content_type="video/mp4")
    video.show()
    assert shown == [video]
    assert len(opened) == 2
