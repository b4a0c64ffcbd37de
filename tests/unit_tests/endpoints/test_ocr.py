"""What is sent for documents, and what is made of the answers."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi.emulator._media import mp3
from langchain_aimlapi.emulator._picture import png
from langchain_aimlapi.endpoints.ocr import OCR, Dimensions, OcrDocument, parse_ocr, plan_ocr
from langchain_aimlapi.errors import (
    InvalidRequestError,
    InvalidResponseError,
    UnsupportedFeatureError,
)
from tests.unit_tests.endpoints.planning import (
    answer,
    bodies_of,
    body_of,
    context,
    problems,
    served,
    told,
)
from tests.unit_tests.endpoints.test_video import recorded

PDF = b"%PDF-1.7 a page"
PNG = png(b"\x01\x02\x03")
LINK = "https://example.com/letter.pdf"
MISTRAL, GOOGLE, GLM = "mistral/mistral-ocr-latest", "google/gc-document-ai", "zhipu/glm-ocr"


class Letter(BaseModel):
    """A letter."""

    sender: str


def sent(model: str, **arguments: Any) -> dict[str, Any]:
    body = body_of(plan_ocr(context(), model=model, **{"document": LINK, **arguments}))
    return {name: value for name, value in body.items() if name != "model"}


@pytest.mark.parametrize(
    ("document", "kind", "start"),
    [
        (LINK, "document_url", LINK),
        ("https://example.com/a.PNG?x=1", "image_url", "https://example.com/a.PNG"),
        (PDF, "document_url", "data:application/pdf;base64,"),
        (PNG, "image_url", "data:image/png;base64,"),
        (io.BytesIO(PDF), "document_url", "data:application/pdf;base64,"),
        (base64.b64encode(PDF).decode(), "document_url", "data:application/pdf;base64,"),
        ({"type": "image_url", "image_url": {"url": "https://a.b/c.png"}}, "image_url", "https"),
        ({"type": "image_url", "image_url": "https://a.b/c.png"}, "image_url", "https"),
        ({"type": "document_url", "document_url": LINK}, "document_url", LINK),
        ({"type": "file", "base64": base64.b64encode(PDF).decode(),
          "mime_type": "application/pdf"}, "document_url", "data:application/pdf"),
    ],
)  # fmt: skip
def test_a_document_may_be_given_in_every_spelling(document: Any, kind: str, start: str) -> None:
    body = sent(MISTRAL, document=document)
    assert body["document"]["type"] == kind
    assert body["document"][kind].startswith(start)


def test_a_file_on_disk_is_read(tmp_path: Path) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(PDF)
    data = base64.b64encode(PDF).decode()
    assert sent(GLM, document=path)["document"]["document_url"].endswith(data)
    assert sent(GOOGLE, document=path) == {"document": data, "mimeType": "application/pdf"}
    page = tmp_path / "page.html"
    page.write_text("<p>Hello</p>")
    assert sent(GOOGLE, document=page)["mimeType"] == "text/html"


@pytest.mark.parametrize(
    ("model", "given", "body"),
    [
        (MISTRAL, {"pages": [0, 2]}, {"pages": [0, 2]}),
        (MISTRAL, {"pages": 3}, {"pages": [3]}),
        (MISTRAL, {"pages": "0-4,7"}, {"pages": "0-4,7"}),
        (MISTRAL, {"pages": range(2)}, {"pages": [0, 1]}),
        (GOOGLE, {"pages": [0, 2]}, {"pages": {"type": "indices", "indices": [1, 3]}}),
        (GOOGLE, {"pages": "0-19"}, {"pages": {"type": "range", "start": 1, "end": 20}}),
        (GOOGLE, {"pages": {"type": "end", "end": 3}}, {"pages": {"type": "end", "end": 3}}),
        (MISTRAL, {"include_images": True, "image_limit": 3, "image_min_size": 50},
         {"include_image_base64": True, "image_limit": 3, "image_min_size": 50}),
        (GLM, {"params": {"return_crop_images": True}}, {"return_crop_images": True}),
        (GOOGLE, {"include_images": False}, {}),
        (MISTRAL, {"annotation": {"type": "json_schema", "json_schema": {"name": "a",
                                                                          "schema": {}}}},
         {"document_annotation_format": {"type": "json_schema",
                                         "json_schema": {"name": "a", "schema": {}}}}),
    ],
)  # fmt: skip
def test_our_names_become_those_of_the_model(
    model: str, given: dict[str, Any], body: dict[str, Any]
) -> None:
    found = sent(model, **given)
    del found["document"]
    assert found == body


def test_a_pydantic_class_says_what_to_find() -> None:
    body = sent(MISTRAL, annotation=Letter, annotation_prompt="Old hand.", image_annotation=Letter)
    found = body["document_annotation_format"]["json_schema"]
    assert (found["name"], found["strict"]) == ("Letter", True)
    assert found["schema"]["properties"]["sender"]["type"] == "string"
    assert body["bbox_annotation_format"] == body["document_annotation_format"]
    assert body["document_annotation_prompt"] == "Old hand."


@pytest.mark.parametrize(
    ("given", "field", "cure"),
    [
        ({"document": Path("nowhere.pdf")}, "document", "no file"),
        ({"document": Path(__file__).parent}, "document", "a directory"),
        ({"document": mp3()}, "document", "not a document"),
        ({"document": b""}, "document", "empty"),
        ({"document": None}, "document", "give a URL"),
        ({"document": 7}, "document", "type int"),
        ({"document": "letter.pdf"}, "document", "no URL and no base64"),
        ({"document": [PDF, PDF]}, "document", "2 values, not one"),
        ({"pages": -1}, "pages", "numbers from 0"),
        ({"pages": "first"}, "pages", "numbers from 0"),
        ({"pages": [1.5]}, "pages", "numbers from 0"),
        ({"pages": []}, "pages", "numbers from 0"),
        ({"annotation": 7}, "annotation", "pydantic class"),
        ({"annotation_prompt": " "}, "annotation_prompt", "is empty"),
        ({"image_limit": "few"}, "image_limit", "not a number"),
        ({"model": GOOGLE, "pages": range(0, 40, 2)}, "pages", "15 single pages"),
        ({"model": "openai/gpt-4o"}, "model", "ChatAimlapi"),
        ({"model": ""}, "model", "not a model id"),
    ],
)
def test_bad_input_is_named_before_anything_is_sent(
    given: dict[str, Any], field: str, cure: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        plan_ocr(context(), **{"document": LINK, **given})
    assert caught.value.field == field
    assert cure in str(caught.value)


def test_what_a_model_has_no_word_for_is_sent_with_a_notice() -> None:
    plan = plan_ocr(context(), model=GOOGLE, document=LINK, include_images=True)
    assert "does not mention it" in told(plan)["include_images"]
    assert body_of(plan) == {"model": GOOGLE, "document": LINK, "include_image_base64": True}


FEATURES: dict[str, dict[str, Any]] = {
    "plain": {},
    "image": {"document": PNG},
    "bytes": {"document": PDF},
    "pages": {"pages": [0, 2]},
    "page text": {"pages": "0-4,7"},
    "images": {"include_images": True},
    "limits": {"image_limit": 3, "image_min_size": 40},
    "annotation": {"annotation": Letter, "annotation_prompt": "Old hand."},
    "image annotation": {"image_annotation": Letter},
}


def test_every_ocr_id_and_feature_fits_its_schema() -> None:
    wrong: list[str] = []
    judged = 0
    for model in served("ocr", OCR):
        for feature, arguments in FEATURES.items():
            try:
                (body,) = bodies_of(
                    plan_ocr(context(), model=model, **{"document": LINK, **arguments})
                )
            except UnsupportedFeatureError as error:
                wrong.append(f"{model} {feature} refused: {error}")
                continue
            judged += 1
            wrong += [f"{model} {feature} {each}" for each in problems(OCR, body)]
    assert wrong == []
    assert judged > 70


# --- what comes back -----


def parsed(body: Any) -> OcrDocument:
    return parse_ocr(answer(body), Policy(model="m"))


@pytest.mark.parametrize("body", recorded("ocr"))
def test_every_recorded_answer_is_read(body: dict[str, Any]) -> None:
    made = parsed(body)
    assert [page.markdown for page in made.pages] == [p["markdown"] for p in body["pages"]]
    assert made.markdown == "\n\n".join(p["markdown"] for p in body["pages"])
    assert made.pages_processed == body["usage_info"]["pages_processed"]
    for page, sheet in zip(made.pages, body["pages"], strict=True):
        size = sheet["dimensions"]
        assert page.dimensions == Dimensions(size["width"], size["height"], size["dpi"])
        assert [image.id for image in page.images] == [image["id"] for image in sheet["images"]]
        for image, each in zip(page.images, sheet["images"], strict=True):
            assert (image.left, image.bottom) == (each["top_left_x"], each["bottom_right_y"])
    if "meta" in body:
        assert made.cost is not None
        assert made.cost.usd == body["meta"]["usage"]["usd_spent"]


def test_images_and_annotations_are_values(tmp_path: Path) -> None:
    data = base64.b64encode(PNG).decode()
    made = parsed(
        {
            "pages": [
                {
                    "markdown": "![a.png](a.png)", "new": 1,
                    "images": [
                        {"id": "a.png", "image_base64": f"data:image/png;base64,{data}",
                         "image_annotation": '{"shows": "a cat"}', "top_left_x": None},
                        {"id": "b", "image_base64": data},
                        {"id": "c", "image_base64": "<not there>"}, None,
                    ],
                }
            ],
            "document_annotation": '{"sender": "Ann"}',
            "usage_info": None,
        }
    )  # fmt: skip
    (page,) = made.pages
    assert (page.index, page.dimensions) == (0, None)
    first, second, third = page.images
    assert (first.data, first.content_type, first.annotation) == (
        PNG,
        "image/png",
        {"shows": "a cat"},
    )
    assert first.save(tmp_path / "a.png").read_bytes() == PNG
    assert (second.data, second.content_type) == (PNG, "image/png")
    assert third.data is None
    assert made.annotation == {"sender": "Ann"}
    assert Letter.model_validate(made.annotation).sender == "Ann"
    assert parsed({"pages": [], "document_annotation": "no JSON"}).annotation == "no JSON"


@pytest.mark.parametrize(
    "body",
    [
        {"md_results": "# A"},
        {"result": {"pages": [{"text": "# A"}]}},
        {"pages": [{"index": 0, "markdown": "# A", "images": None, "dimensions": None}]},
    ],
)
def test_other_forms_of_pages(body: Any) -> None:
    assert parsed(body).markdown == "# A"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"sheets": []}, r"keys \['sheets'\]"),
        ({"pages": "none"}, r"keys \['pages'\]"),
        ({"pages": [{"index": 0}]}, r"keys \['pages'\]"),
        (["a", "b"], "not an object"),
    ],
)
def test_a_shape_that_is_not_known_is_an_error_that_shows_it(body: Any, words: str) -> None:
    with pytest.raises(InvalidResponseError, match=words):
        parsed(body)
