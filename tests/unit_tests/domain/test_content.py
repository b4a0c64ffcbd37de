"""Content blocks in every spelling -> parts."""

from __future__ import annotations

import base64
from enum import Enum
from typing import Any

import pytest

from langchain_aimlapi._domain.content import content_to_parts, user_messages
from langchain_aimlapi._domain.media import data_of, data_url, split_data_url
from langchain_aimlapi._domain.values import MediaPart, Part, RawPart, TextPart

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(8)).decode()
LINK = "https://a.example/b.png"


class Kind(str, Enum):  # noqa: UP042 - the older form, whose str() is "Kind.TEXT"
    TEXT = "text"
    IMAGE = "image_url"


class Plain(Enum):
    TEXT = "text"


def part_of(block: Any) -> Part:
    (part,) = content_to_parts([block])
    return part


@pytest.mark.parametrize("kind", [[], {}, 7, None, [["text"]], object()])
def test_a_type_that_is_no_text_is_a_block_of_the_users_own(kind: Any) -> None:
    block = {"type": kind, "x": 1}
    assert part_of(block) == RawPart(block)


def test_a_type_may_be_a_member_of_an_enumeration() -> None:
    assert part_of({"type": Kind.TEXT, "text": "hi"}) == TextPart("hi")
    assert part_of({"type": Plain.TEXT, "text": "hi"}) == TextPart("hi")
    image = part_of({"type": Kind.IMAGE, "image_url": {"url": LINK}})
    assert image == MediaPart("image", url=LINK)


@pytest.mark.parametrize(
    ("block", "part"),
    [
        ({"type": "input_text", "text": "hi"}, TextPart("hi")),
        ({"type": "input_image", "image_url": LINK, "detail": "low"},
         MediaPart("image", url=LINK, detail="low")),
        ({"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"},
         MediaPart("image", data=PNG, mime_type="image/png")),
        ({"type": "input_image", "file_id": "f1"}, MediaPart("image", file_id="f1")),
        ({"type": "input_file", "filename": "a.pdf",
          "file_data": "data:application/pdf;base64,JVBE"},
         MediaPart("file", data="JVBE", mime_type="application/pdf", filename="a.pdf")),
        ({"type": "input_file", "file_url": "https://a.example/b.pdf"},
         MediaPart("file", url="https://a.example/b.pdf")),
        ({"type": "input_file", "file_id": "f1"}, MediaPart("file", file_id="f1")),
        ({"type": "input_audio", "data": "UklG", "format": "mp3"},
         MediaPart("audio", data="UklG", mime_type="audio/mpeg")),
        ({"inline_data": {"mime_type": "image/png", "data": PNG}},
         MediaPart("image", data=PNG, mime_type="image/png")),
        ({"image": {"format": "png", "source": {"bytes": base64.b64decode(PNG)}}},
         MediaPart("image", data=PNG, mime_type="image/png")),
        ({"document": {"format": "pdf", "name": "a", "source": {"bytes": b"%PDF"}}},
         MediaPart("file", data="JVBERg==", mime_type="application/pdf", filename="a")),
    ],
)  # fmt: skip
def test_the_spellings_of_other_paths_and_vendors_are_understood(block: Any, part: Part) -> None:
    assert part_of(block) == part


@pytest.mark.parametrize("kind", ["image", "audio", "video", "file", "image_url", "input_image"])
def test_media_without_content_stay_what_they_are(kind: str) -> None:
    block = {"type": kind, kind: {}}
    assert part_of(block) == RawPart(block)


def test_results_in_a_user_turn_become_tool_messages_before_it() -> None:
    block = {"type": "tool_result", "tool_use_id": "c1", "content": "rain", "is_error": True}
    tool, user = user_messages(content_to_parts([block, "so?"]), "ann")
    assert (tool.role, tool.tool_call_id, tool.is_error) == ("tool", "c1", True)
    assert (user.role, user.parts, user.name) == ("user", (TextPart("so?"),), "ann")


@pytest.mark.parametrize(
    ("url", "content"),
    [
        ("data:image/png;base64,QUJD", ("image/png", "QUJD")),
        ("DATA:Image/PNG;base64,QUJD", ("image/png", "QUJD")),
        ("data:,a%20b", ("text/plain", "YSBi")),
        ("data:;base64,QUJD", (None, "QUJD")),
        ("https://a.example/b.png", None),
    ],
)
def test_a_data_url_is_split_in_one_way(url: str, content: Any) -> None:
    assert split_data_url(url) == content


def test_the_type_of_content_is_read_from_its_first_bytes() -> None:
    assert data_of(MediaPart("image", data=PNG)) == ("image/png", PNG)
    assert data_url(MediaPart("audio", data="AAAA")) == "data:audio/wav;base64,AAAA"
    assert data_url(MediaPart("image", url=LINK)) is None
