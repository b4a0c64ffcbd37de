"""What the media examples make, looked at: pages with their files, a mesh, a GIF that loops."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest

from tests.harness.paths import ROOT

EXAMPLES = ROOT / "examples"


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """Where an example, which the test names, has written."""
    path = EXAMPLES / f"{request.param}.py"
    if "from PIL import" in path.read_text(encoding="utf-8"):
        pytest.importorskip("PIL", reason="this example draws with Pillow (`make` installs it)")
    monkeypatch.setattr(sys, "argv", [str(path), str(tmp_path)])
    monkeypatch.syspath_prepend(str(EXAMPLES))
    runpy.run_path(str(path), run_name="__main__")
    return tmp_path


def files_of(page: Path) -> list[Path]:
    names = re.findall(r'(?:src|poster)="([^":]+)"', page.read_text(encoding="utf-8"))
    return [page.parent / name for name in names]


@pytest.mark.parametrize("out", ["09_illustrate_article"], indirect=True)
def test_an_article_is_illustrated(out: Path) -> None:
    pictures = files_of(out / "article.html")
    assert len(pictures) == 3
    assert all(path.read_bytes().startswith(b"\xff\xd8\xff") for path in pictures)


@pytest.mark.parametrize("out", ["10_animate_encyclopedia"], indirect=True)
def test_an_encyclopedia_moves(out: Path) -> None:
    found = files_of(out / "encyclopedia.html")
    assert [path.suffix for path in found] == [".mp4", ".jpg"] * 2
    assert all(path.read_bytes()[4:8] == b"ftyp" for path in found[::2])


@pytest.mark.parametrize("out", ["11_model_from_image"], indirect=True)
def test_a_chair_is_modelled(out: Path) -> None:
    assert (out / "chair.glb").read_bytes()[:4] == b"glTF"
    poster = next(path for path in files_of(out / "chair.html") if path.suffix == ".jpg")
    assert poster.exists()


@pytest.mark.parametrize("out", ["12_banner_gif"], indirect=True)
def test_a_banner_loops_without_a_jump(out: Path) -> None:
    from PIL import GifImagePlugin

    shades: list[int] = []
    with GifImagePlugin.GifImageFile(out / "banner.gif") as banner:
        assert (banner.size, banner.n_frames, banner.info["loop"]) == ((728, 90), 24, 0)
        for number in range(banner.n_frames):
            banner.seek(number)
            shades.append(banner.convert("L").tobytes()[40 * banner.width + 300])
    steps = [
        abs(there - here) for here, there in zip(shades, [*shades[1:], shades[0]], strict=True)
    ]
    jumps = [abs(there - here) for here, there in zip(shades[::6], [*shades[6::6], shades[0]],
                                                      strict=True)]  # fmt: skip
    assert len(set(shades[::6])) > 1  # the frames are pictures of their own
    assert max(steps) <= max(jumps) / 6 + 8  # the palette of a frame rounds a little


@pytest.mark.parametrize("out", ["13_read_aloud"], indirect=True)
def test_a_picture_is_described_and_read_aloud(out: Path) -> None:
    (picture,) = (path for path in out.iterdir() if path.suffix != ".mp3")
    assert picture.read_bytes().startswith((b"\x89PNG", b"\xff\xd8\xff"))
    assert (out / "description.mp3").read_bytes()[:2] == b"\xff\xfb"
