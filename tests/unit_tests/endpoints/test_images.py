"""What is sent for a image, and what is made of the answers."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi.endpoints._image_answer import parse_images
from langchain_aimlapi.endpoints._sources import form_of, read_sources
from langchain_aimlapi.endpoints.images import Image, Images, plan_edit, plan_images
from langchain_aimlapi.errors import (
    ContentPolicyError,
    InvalidRequestError,
    InvalidResponseError,
    UnsupportedFeatureError,
)
from tests.harness.paths import PUBLISHED
from tests.unit_tests.endpoints.planning import (
    answer,
    body_of,
    context,
    requests_of,
    sent_bytes,
    told,
)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
JPEG = b"\xff\xd8\xff\xe0" + bytes(16)
DATA_URL = "data:image/png;base64," + base64.b64encode(PNG).decode()
LINK = "https://example.com/cat.png"


def sent(model: str, **arguments: Any) -> dict[str, Any]:
    plan = plan_images(context(), model=model, prompt="a cat", **arguments)
    return {k: v for k, v in body_of(plan).items() if k not in ("model", "prompt")}


def notes(model: str, **arguments: Any) -> dict[str, str]:
    return told(plan_images(context(), model=model, prompt="a cat", **arguments))


def parsed(body: Any, **headers: str) -> Images:
    return parse_images(answer(body, headers), Policy(model="m"))


# --- sizes -----


@pytest.mark.parametrize(
    ("model", "wish", "body"),
    [
        ("flux/schnell", {"size": "1024x768"}, {"image_size": {"width": 1024, "height": 768}}),
        ("flux/schnell", {"size": (512, 64)}, {"image_size": {"width": 512, "height": 64}}),
        ("flux/schnell", {"size": "portrait_4_3"}, {"image_size": "portrait_4_3"}),
        ("flux/schnell", {"size": "auto"}, {}),
        ("openai/gpt-image-1", {"size": "1536x1024"}, {"size": "1536x1024"}),
        ("openai/gpt-image-1", {"size": {"width": 1024, "height": 1024}}, {"size": "1024x1024"}),
        ("openai/gpt-image-1", {"aspect_ratio": "3:2"}, {"size": "1536x1024"}),
        ("google/nano-banana-pro", {"aspect_ratio": "9:16"}, {"aspect_ratio": "9:16"}),
        ("google/nano-banana-pro", {"resolution": "4k"}, {"resolution": "4K"}),
        ("google/nano-banana-pro", {"size": "2K"}, {"resolution": "2K"}),
        (
            "google/nano-banana-pro",
            {"size": "1024x1024"},
            {"aspect_ratio": "1:1", "resolution": "1K"},
        ),
        ("x-ai/grok-imagine-image", {"resolution": "1K"}, {"resolution": "1k"}),
        ("bytedance/seedream-4-5", {"resolution": "2K"}, {"image_size": "2K"}),
        (
            "bytedance/seedream-4-5",
            {"size": "2K", "aspect_ratio": "4:3"},
            {"image_size": {"width": 2368, "height": 1776}},
        ),
        ("new/painter", {"size": (640, 480)}, {"size": "640x480"}),
    ],
)
def test_a_size_is_respelled_in_silence_where_it_means_the_same(
    model: str, wish: dict[str, Any], body: dict[str, Any]
) -> None:
    assert sent(model, **wish) == body
    assert notes(model, **wish) == {}


@pytest.mark.parametrize(
    ("model", "size", "field", "sizes"),
    [
        ("flux/schnell", {"size": "3072x1536"}, "size", "64 to 1536 pixels"),
        ("bytedance/seedream-4-5", {"size": "1024x1024"}, "size", "1440 to 4096 pixels"),
        ("openai/gpt-image-1", {"size": "1792x1024"}, "size", "1024x1024, 1024x1536, 1536x1024"),
        ("openai/gpt-image-1", {"aspect_ratio": "16:9"}, "aspect_ratio", "1536x1024"),
        ("google/nano-banana-pro", {"aspect_ratio": "3:1"}, "aspect_ratio", "1:1, 9:16"),
        ("google/nano-banana-pro", {"size": (1285, 720)}, "size", "aspect_ratio 1:1"),
        ("openai/gpt-image-1", {"resolution": "2K"}, "resolution", "1536x1024"),
        ("flux/schnell", {"size": "1024x1024", "aspect_ratio": "16:9"}, "size", "64 to 1536"),
        ("flux/schnell", {"size": "huge"}, "size", "square_hd"),
    ],
)  # fmt: skip
def test_a_size_that_a_model_does_not_have_is_an_error_that_names_the_sizes(
    model: str, size: dict[str, Any], field: str, sizes: str
) -> None:
    with pytest.raises(UnsupportedFeatureError) as caught:
        plan_images(context(), model=model, prompt="a cat", **size)
    assert caught.value.field == field
    assert sizes in str(caught.value)
    written = plan_images(context("send"), model=model, prompt="a cat", **size)
    assert field in body_of(written)


def test_a_size_is_sent_with_a_note_where_none_is_documented() -> None:
    assert sent("reve/edit-image", size="64x64", image=LINK) == {"image_url": LINK, "size": "64x64"}
    assert set(notes("reve/edit-image", size="64x64", image=LINK)) == {"size"}


# --- parameters -----


def test_names_of_ours_become_the_names_of_the_model() -> None:
    given = {"steps": 4, "enhance_prompt": True}
    assert sent("flux/srpo", params={"steps": 4}, n=2) == {
        "num_inference_steps": 4, "num_images": 2
    }  # fmt: skip
    assert sent("alibaba/qwen-image-3", params=given, output_format="jpg") == {
        "enable_prompt_expansion": True, "output_format": "jpeg", "steps": 4
    }  # fmt: skip
    assert sent("google/nano-banana-2", params={"web_search": True}) == {"enable_web_search": True}
    assert sent("x-ai/grok-imagine-image", n=3) == {"n": 3}
    assert sent("flux-pro", params={"safety_tolerance": 3}) == {"safety_tolerance": "3"}


def test_what_a_model_does_anyway_is_no_loss() -> None:
    assert sent("reve/create-image", n=1, response_format="url", quality="auto") == {}
    assert notes("reve/create-image", n=1, response_format="url", quality="auto") == {}


def test_what_a_contract_does_not_mention_is_sent_and_noted() -> None:
    asked: dict[str, Any] = {
        "n": 3, "response_format": "b64_json", "seed": 5, "negative_prompt": "x"
    }  # fmt: skip
    assert sent("reve/create-image", **asked) == asked
    assert set(notes("reve/create-image", **asked)) == set(asked)
    verbatim = plan_images(context("send"), model="reve/create-image", prompt="a", **asked)
    assert asked.items() <= body_of(verbatim).items()


def test_more_images_than_a_model_makes_are_an_error_that_says_how_many_it_makes() -> None:
    with pytest.raises(UnsupportedFeatureError, match="it takes 1 to 4, not 9"):
        sent("flux/schnell", n=9)
    with pytest.raises(UnsupportedFeatureError, match="it takes 1, not 2"):
        sent("openai/gpt-image-1", n=2)
    plan = plan_images(context("send"), model="flux/schnell", prompt="a", n=9)
    assert body_of(plan)["num_images"] == 9


def test_own_parameters_and_extra_body_go_out_as_written() -> None:
    plan = plan_images(
        context(), model="flux/schnell", prompt="a", params={"lucky": 7}, extra_body={"prompt": "b"}
    )
    assert body_of(plan) == {"model": "flux/schnell", "prompt": "b", "lucky": 7}


def test_a_prompt_too_long_is_refused_without_being_quoted() -> None:
    with pytest.raises(
        UnsupportedFeatureError, match="801 characters and the model takes 800"
    ) as e:
        plan_images(context(), model="alibaba/qwen-image-3", prompt="z" * 801)
    assert "zzzz" not in str(e.value)


def test_what_a_model_needs_is_named() -> None:
    with pytest.raises(InvalidRequestError, match="needs image"):
        plan_images(context(), model="reve/edit-image", prompt="a")
    with pytest.raises(InvalidRequestError, match="needs mode: one of 'Standard'"):
        plan_images(context(), model="topaz-labs/sharpen", image=LINK)
    with pytest.raises(InvalidRequestError, match="needs prompt"):
        plan_images(context(), model="flux/schnell")


# --- images that go in -----


def test_images_go_where_the_model_looks_for_them(tmp_path: Path) -> None:
    file = tmp_path / "cat.png"
    file.write_bytes(PNG)
    assert sent("reve/edit-image", image=LINK) == {"image_url": LINK}
    assert sent("alibaba/qwen-image-edit", image=PNG) == {"image": DATA_URL}
    assert sent("reve/remix-edit-image", image=file) == {"image_urls": [DATA_URL]}
    assert sent("reve/remix-edit-image", image=[LINK, io.BytesIO(PNG)]) == {
        "image_urls": [LINK, DATA_URL]
    }
    both = [LINK, DATA_URL]
    assert sent("flux/kontext-max/image-to-image", image=both) == {"image_url": both}
    assert sent("luma/uni-1", image=LINK) == {"image_urls": [LINK]}
    changed = plan_edit(context(), model="luma/uni-1", prompt="a", image=both)
    assert body_of(changed) == {
        "model": "luma/uni-1", "prompt": "a", "type": "image_edit", "image_url": LINK,
        "image_urls": [DATA_URL],
    }  # fmt: skip


def test_images_that_a_model_cannot_take_are_refused_with_models_that_can() -> None:
    with pytest.raises(UnsupportedFeatureError, match="no parameter for an image") as error:
        plan_images(context(), model="flux/schnell", prompt="a", image=LINK)
    assert error.value.advice is not None
    assert error.value.advice.startswith("these do: ")
    with pytest.raises(UnsupportedFeatureError, match="takes at most 4, not 5"):
        plan_images(context(), model="reve/remix-edit-image", prompt="a", image=[LINK] * 5)
    with pytest.raises(UnsupportedFeatureError, match="takes one, not 2"):
        plan_images(context(), model="reve/edit-image", prompt="a", image=[LINK, LINK])
    with pytest.raises(UnsupportedFeatureError, match="mask"):
        plan_edit(context(), model="reve/edit-image", prompt="a", image=LINK, mask=PNG)


@pytest.mark.parametrize(
    ("source", "mime", "data"),
    [
        (PNG, "image/png", PNG),
        (JPEG, "image/jpeg", JPEG),
        (base64.b64encode(JPEG).decode(), "image/jpeg", JPEG),
        (DATA_URL, "image/png", PNG),
        (("evil\r\nname.png", PNG), "image/png", PNG),
        (("cat.png", io.BytesIO(PNG), "image/png"), "image/png", PNG),
        (Image(data=PNG), "image/png", PNG),
        (b"GIF89a\0\0\0\0\0\0", "image/gif", b"GIF89a\0\0\0\0\0\0"),
    ],
)
def test_a_image_may_come_in_many_forms(source: Any, mime: str, data: bytes) -> None:
    (image,) = read_sources("image", source, "image", "m")
    assert (image.media_type, image.data, image.url) == (mime, data, None)


def test_a_link_stays_a_link() -> None:
    for source in (LINK, Image(url=LINK)):
        (image,) = read_sources("image", source, "image", "m")
        assert (image.url, image.data) == (LINK, None)


@pytest.mark.parametrize("source", ["cat.png", "", b"", 7, {"a": 1}, [PNG, "not a image!"]])
def test_what_is_no_image_is_refused_by_its_position(source: Any) -> None:
    place = r"image\[1\]" if isinstance(source, list) else "image"
    with pytest.raises(InvalidRequestError, match=rf"{place} is ") as error:
        read_sources("image", source, "image", "m")
    assert error.value.field == "image"


# --- uploads -----


def test_gpt_image_edits_are_uploaded_as_a_form() -> None:
    plan = plan_edit(
        context(), model="openai/gpt-image-1", prompt="a hat", image=[PNG, JPEG], mask=PNG, n=2
    )
    (request,) = requests_of(plan)
    assert request.url == "https://api.test/v1/images/edits"
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    body = sent_bytes(request)
    assert body.count(b'name="image[]"; filename=') == 2
    assert b'name="mask"; filename="2.png"\r\nContent-Type: image/png\r\n\r\n' + PNG in body
    assert b'name="n"\r\n\r\n2\r\n' in body


def test_a_form_needs_content_not_links() -> None:
    with pytest.raises(UnsupportedFeatureError, match="content, not links"):
        plan_edit(context(), model="openai/gpt-image-1", prompt="a", image=LINK)


def test_a_form_cannot_be_broken_out_of() -> None:
    (image,) = read_sources("image", PNG, "image", "m")
    made = form_of({'a"\r\nX-Evil: 1': True}, [("image", image)], boundary="B")
    assert made.media_type == "multipart/form-data; boundary=B"
    body = b"".join(made.pieces())
    assert b'name="a%22%0D%0AX-Evil: 1"\r\n\r\ntrue\r\n' in body


def test_editing_works_with_every_model_that_takes_images() -> None:
    plan = plan_edit(context(), model="bytedance/seedream-v4-edit", prompt="a", image=PNG)
    (request,) = requests_of(plan)
    assert request.url.endswith("/v1/images/generations")
    with pytest.raises(InvalidRequestError, match="image is an empty list"):
        plan_edit(context(), model="bytedance/seedream-v4-edit", prompt="a", image=[])
    unknown = plan_edit(context(), model="new/painter", prompt="a", image=PNG)
    assert requests_of(unknown)[0].url.endswith("/v1/images/edits")


# --- what comes back -----


def test_data_and_images_with_the_same_link_are_one_image() -> None:
    body = {
        "data": [{"url": LINK}],
        "images": [{"url": LINK, "width": 8, "height": 4, "content_type": "image/png"}],
        "seed": 7,
    }
    result = parsed(body)
    (image,) = result.images
    assert (image.url, image.width, image.height, image.mime_type) == (LINK, 8, 4, "image/png")
    assert result.meta.extra == {"seed": 7}
    assert result.urls == [LINK]


def test_content_is_given_as_bytes_and_a_link_is_never_followed() -> None:
    packed = base64.b64encode(PNG).decode()
    result = parsed({"data": [{"b64_json": packed, "url": None, "revised_prompt": "a cat"}, LINK]})
    first, second = result.images
    assert first.to_bytes() == PNG
    assert first.revised_prompt == "a cat"
    assert packed not in repr(result)
    with pytest.raises(ValueError, match="is a link"):
        second.to_bytes()


def test_milliseconds_and_seconds_are_both_understood() -> None:
    assert parsed({"created": 1777511878231, "data": [{"url": LINK}]}).meta.created == 1777511878
    assert parsed({"created": 1751616711, "data": [{"url": LINK}]}).meta.created == 1751616711


@pytest.mark.parametrize(
    "body",
    [
        {}, {"data": []}, {"data": None}, {"data": [{}]}, {"data": [{"url": None}]},
        {"data": [{"b64_json": "not base64!"}]}, {"images": [None, 7]}, [], "x", b"", b"<html/>",
        {"data": {"model_mesh": {"url": None}}},
    ],
)  # fmt: skip
def test_a_success_without_a_image_is_a_typed_error(body: Any) -> None:
    with pytest.raises(InvalidResponseError) as error:
        parsed(body)
    assert error.value.inference_id == "inf-1"


def test_a_refusal_told_with_a_200_is_raised_as_what_it_is() -> None:
    told_so = {"error": {"code": "content_policy_violation", "message": "flagged by the filter"}}
    with pytest.raises(ContentPolicyError):
        parsed(told_so)


def test_every_published_answer_is_understood() -> None:
    seen = 0
    for file in sorted((PUBLISHED / "responses").glob("image__*.json")):
        body = json.loads(file.read_text())
        result = parsed(body)
        links = {one["url"] for name in ("data", "images") for one in body.get(name) or ()}
        assert {image.url for image in result.images} == links
        assert (result.cost is not None) == ("meta" in body)
        if result.cost is not None:
            assert result.cost.credits == next(
                body["meta"]["usage"][name]
                for name in ("credits_used", "tokens_used")
                if name in body["meta"]["usage"]
            )
        seen += 1
    assert seen >= 37
