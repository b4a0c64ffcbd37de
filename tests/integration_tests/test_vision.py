"""`client.vision` against the emulator, in both colours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from langchain_aimlapi import AimlapiClient, errors
from langchain_aimlapi.emulator import Emulator, Fault
from langchain_aimlapi.endpoints.vision import ImageFeatures

LINK = "https://example.com/street.jpg?size=big"


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


async def look(api: Emulator, colour: str, **arguments: Any) -> ImageFeatures:
    client = AimlapiClient(**api.settings())
    return client.vision(**arguments) if colour == "sync" else await client.avision(**arguments)


async def test_what_was_looked_for_goes_out_and_pages_come_back(api: Emulator, colour: str) -> None:
    made = await look(
        api, colour, image=LINK, features=["label_detection", {"type": "LOGO_DETECTION"}],
        max_results=3, languages=["de"], aspect_ratios=[1.5],
    )  # fmt: skip
    assert api.requests[0].path == "/vision"
    assert api.requests[0].body == {
        "image": {"source": {"imageUri": LINK}},
        "features": [
            {"type": "LABEL_DETECTION", "maxResults": 3},
            {"type": "LOGO_DETECTION", "maxResults": 3},
        ],
        "imageContext": {"languageHints": ["de"], "cropHintsParams": {"aspectRatios": [1.5]}},
    }
    assert made.pages[0].markdown.startswith("# street.jpg")
    assert made.annotations == {}
    assert made.raw is not None


@pytest.mark.parametrize("inside", [True, False])
async def test_annotations_by_googles_names_are_found(
    api: Emulator, colour: str, inside: bool
) -> None:
    found = {"labelAnnotations": [{"description": "Street", "score": 0.9}], "webDetection": {}}
    api.fault(Fault(body=json.dumps({"responses": [found]} if inside else found).encode()))
    made = await look(api, colour, image=LINK, features="LABEL_DETECTION")
    assert made.annotations == found
    assert made.pages == ()


async def test_an_image_in_which_nothing_was_found_is_no_error(api: Emulator, colour: str) -> None:
    api.fault(Fault(body=b'{"responses": [{}]}'))
    assert (await look(api, colour, image=LINK, features="FACE_DETECTION")).annotations == {}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"faces": [], "other": 1}, r"keys \['faces', 'other'\]"),
        ({"responses": [{"error": {"code": 3, "message": "Bad image data."}}]}, "Bad image data"),
    ],
)
async def test_an_answer_that_no_one_knows_shows_its_keys(
    api: Emulator, colour: str, body: Any, words: str
) -> None:
    api.fault(Fault(body=json.dumps(body).encode()))
    with pytest.raises(errors.InvalidResponseError, match=words):
        await look(api, colour, image=LINK, features="FACE_DETECTION")
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"features": []}, "features names none"),
        ({"features": "CAT_DETECTION"}, "LABEL_DETECTION"),
        ({"image": b"\x89PNG\r\n\x1a\n"}, "image is no link"),
        ({"image": []}, "image"),
        ({"max_results": 0}, "max_results is 0"),
        ({"max_results": "many"}, "max_results"),
    ],
)
async def test_a_mistake_ends_before_anything_is_sent(
    api: Emulator, colour: str, changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(errors.InvalidRequestError, match=words):
        await look(api, colour, **{"image": LINK, "features": "FACE_DETECTION", **changed})
    assert api.requests == []
