"""What is sent for a video, and what is made of the answers."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi.endpoints import JobState
from langchain_aimlapi.endpoints._sources import read_sources
from langchain_aimlapi.endpoints.images import Image, Images
from langchain_aimlapi.endpoints.video import GENERATIONS, Video, parse_video, plan_submit
from langchain_aimlapi.errors import (
    AimlapiError,
    InvalidRequestError,
    InvalidResponseError,
    UnsupportedFeatureError,
)
from tests.harness import paths
from tests.unit_tests.endpoints.planning import answer, body_of, context, requests_of, told

PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(16)
MP3 = b"ID3" + bytes(16)
LINK = "https://example.com/cat.png"
CLIP = "https://example.com/cat.mp4"
SONG = "https://example.com/cat.mp3"


def sent(model: str, **arguments: Any) -> dict[str, Any]:
    arguments = {"prompt": "a cat", **arguments}
    body = body_of(plan_submit(context(), model=model, **arguments))
    return {k: v for k, v in body.items() if k not in ("model", "prompt")}


def notes(model: str, **arguments: Any) -> dict[str, str]:
    return told(plan_submit(context(), model=model, prompt="a cat", **arguments))


def parsed(body: Any, **headers: str) -> JobState[Video]:
    return parse_video(answer(body, headers), Policy(model="m"))


# --- one set of names -----


@pytest.mark.parametrize(
    ("model", "given", "body"),
    [
        ("openai/sora-2-t2v", {"duration": 8}, {"duration": 8}),
        ("openai/sora-2-t2v", {"duration": "8"}, {"duration": 8}),
        ("openai/sora-2-t2v", {"duration": 8.0}, {"duration": 8}),
        ("google/veo3", {"resolution": "720p"}, {"resolution": "720P"}),
        ("google/veo3", {"resolution": 1080}, {"resolution": "1080P"}),
        ("luma/ray-2", {"resolution": "2160p"}, {"resolution": "4k"}),
        ("minimax/h3", {"aspect_ratio": "16:9"}, {"ratio": "16:9"}),
        (
            "runway/act_two",
            {"prompt": None, "aspect_ratio": "9:16", "image": LINK, "video": CLIP},
            {
                "frame_size": "720:1280",
                "character": {"type": "image", "url": LINK},
                "reference": {"type": "video", "url": CLIP},
            },
        ),
        (
            "pixverse/v5-5-text-to-video",
            {"generate_audio": True},
            {"generate_audio_switch": True},
        ),
        ("bytedance/seedance-1-5-pro", {"params": {"camera_fixed": True}}, {"camera_fixed": True}),
        ("bytedance/seedance-1-0-pro-t2v", {"params": {"camera_fixed": True}},
         {"camerafixed": True}),
        ("openai/sora-2-i2v", {"image": LINK}, {"image_url": LINK}),
        ("alibaba/wan-2-7-r2v", {"image": LINK}, {"first_frame_image": LINK}),
        ("veo2/image-to-video", {"image": LINK, "last_image": LINK},
         {"image_url": LINK, "tail_image_url": LINK}),
        ("kling-video/v1.6/standard/multi-image-to-video", {"image": [LINK, LINK]},
         {"image_list": [LINK, LINK]}),
        ("luma/ray-2", {"last_image": LINK},
         {"keyframes": {"frame1": {"type": "image", "url": LINK}}}),
        ("runway/gen4_aleph", {"video": CLIP, "reference_images": LINK},
         {"video_url": CLIP, "references": [{"type": "image", "url": LINK}]}),
        ("x-ai/grok-imagine-video", {"reference_images": [LINK]}, {"reference_images": [LINK]}),
        ("alibaba/wan-2-6-r2v", {"video": CLIP}, {"video_urls": [CLIP]}),
        ("klingai/avatar-pro", {"image": LINK, "audio": SONG},
         {"image_url": LINK, "audio_url": SONG}),
        ("new/painter", {"image": LINK, "last_image": LINK, "duration": 5, "aspect_ratio": "1:1"},
         {"image_url": LINK, "last_image_url": LINK, "duration": 5, "aspect_ratio": "1:1"}),
    ],
)  # fmt: skip
def test_our_names_become_those_of_the_model(
    model: str, given: dict[str, Any], body: dict[str, Any]
) -> None:
    assert {k: v for k, v in sent(model, **given).items() if k in body} == body
    assert set(sent(model, **given)) == set(body)


def test_the_models_own_names_and_what_is_sent_verbatim() -> None:
    body = sent(
        "klingai/v2.5-turbo/pro/text-to-video",
        params={"cfg_scale": 0.3, "brand_new": [1]},
        extra_body={"duration": "x", "provider": "auto"},
    )
    assert body == {"cfg_scale": 0.3, "brand_new": [1], "duration": "x", "provider": "auto"}


def test_an_old_id_is_ordered_and_polled_where_its_vendor_is() -> None:
    from langchain_aimlapi.endpoints.video import poll_video

    model = "wan/v2.1/1.3b/text-to-video"
    (request,) = requests_of(plan_submit(context(), model=model, prompt="a cat"))
    assert request.url.endswith("/v2/generate/video/alibaba/generation")
    poll = poll_video(context(), "7", model)
    assert poll.url.endswith("/v2/generate/video/alibaba/generation?generation_id=7")
    assert poll_video(context(), "7", None).url.endswith(f"{GENERATIONS}?generation_id=7")


@pytest.mark.parametrize(
    ("job", "query"),
    [
        ("de665257-1b:luma/ray-flash-2", "de665257-1b%3Aluma%2Fray-flash-2"),
        ("282052359471184", "282052359471184"),
        ("-G3b3vVKdoC42fMNeK1T5", "-G3b3vVKdoC42fMNeK1T5"),
        ("cgt-20250704191750-n4qjp", "cgt-20250704191750-n4qjp"),
        ("a&b=c#d+e", "a%26b%3Dc%23d%2Be"),
    ],
)
def test_an_id_goes_out_whole_whatever_it_holds(job: str, query: str) -> None:
    from langchain_aimlapi.endpoints.video import poll_video

    request = poll_video(context(), job, None)
    assert request.url == f"https://api.test{GENERATIONS}?generation_id={query}"
    assert request.method == "GET"


# --- exact, or an error that names the choices -----


@pytest.mark.parametrize(
    ("model", "given", "field", "cure"),
    [
        ("openai/sora-2-t2v", {"duration": 5}, "duration", "4, 8, 12"),
        ("openai/sora-2-t2v", {"aspect_ratio": "1:1"}, "aspect_ratio", "'16:9', '9:16'"),
        ("openai/sora-2-t2v", {"resolution": "4k"}, "resolution", "'720p'"),
        ("runway/act_two", {"aspect_ratio": "2:1"}, "aspect_ratio", "1280:720"),
        ("ltxv/ltxv-2", {"params": {"fps": 24}}, None, "25"),
        ("openai/sora-2-t2v", {"image": LINK}, "image", "openai/sora-2-i2v"),
        ("openai/sora-2-i2v", {"image": [LINK, LINK]}, "image", "takes one"),
        ("minimax/h3", {"reference_images": [LINK] * 10}, "reference_images", "at most 9"),
        ("openai/sora-2-t2v", {"video": CLIP}, "video", "these do"),
        ("openai/gpt-4o", {}, "model", "ChatAimlapi"),
        ("flux/schnell", {}, "model", "images"),
    ],
)  # fmt: skip
def test_what_a_model_cannot_do_is_refused_with_its_choices(
    model: str, given: dict[str, Any], field: str | None, cure: str
) -> None:
    if field is None:  # an ordered set: the nearest is sent, and said
        assert cure in notes(model, **given)["fps"]
        return
    with pytest.raises(UnsupportedFeatureError) as caught:
        plan_submit(context(), model=model, prompt="a cat", **given)
    assert caught.value.field == field
    assert cure in str(caught.value)
    plan_submit(context("send"), model=model, prompt="a cat", **given)


def test_what_a_contract_does_not_mention_is_sent_and_noted() -> None:
    given: dict[str, Any] = {"seed": 7, "negative_prompt": "rain"}
    assert sent("openai/sora-2-t2v", **given) == given
    assert set(notes("openai/sora-2-t2v", seed=7, negative_prompt="rain")) == {
        "seed", "negative_prompt",
    }  # fmt: skip
    assert notes("openai/sora-2-t2v", params={"watermark": False}) == {}


# --- bad input -----


@pytest.mark.parametrize(
    ("arguments", "field", "cure"),
    [
        ({"model": "openai/sora-2-t2v"}, "prompt", "give prompt=..."),
        ({"model": "new/painter"}, "prompt", "give"),
        ({"model": "openai/sora-2-t2v", "prompt": " "}, "prompt", "as text"),
        ({"model": "openai/sora-2-t2v", "prompt": ["a"]}, "prompt", "list"),
        ({"model": "", "prompt": "a"}, "model", "client.models()"),
        ({"model": "two words", "prompt": "a"}, "model", "client.models()"),
        ({"model": None, "prompt": "a"}, "model", "client.models()"),
        ({"model": "openai/sora-2-i2v", "prompt": "a"}, "image", "openai/sora-2-t2v"),
        ({"model": "klingai/avatar-pro", "image": LINK}, "audio", "give audio=..."),
        ({"model": "klingai/kling-video-v1.6-pro-effects", "image": LINK}, "effect_scene",
         "params={'effect_scene'"),
        ({"model": "google/veo3", "prompt": "a", "duration": "long"}, "duration", "seconds"),
        ({"model": "google/veo3", "prompt": "a", "duration": True}, "duration", "seconds"),
        ({"model": "google/veo3", "prompt": "a", "seed": "abc"}, "seed", "number"),
        ({"model": "google/veo3", "prompt": "a", "seed": 1.5}, "seed", "whole number"),
        ({"model": "google/veo3", "prompt": "a", "generate_audio": "yes"}, "generate_audio",
         "boolean"),
        ({"model": "google/veo3", "prompt": "a", "params": {"enhance_prompt": "yes"}},
         "enhance_prompt", "boolean"),
    ],
)  # fmt: skip
def test_bad_input_is_named_before_anything_is_sent(
    arguments: dict[str, Any], field: str, cure: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        plan_submit(context(), **arguments)
    assert caught.value.field == field
    assert cure in str(caught.value)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (Path("nowhere/cat.png"), "where there is no file"),
        (Path(), "a directory"),
        ("cat.png", "no URL and no base64"),
        ("/etc/passwd", "no URL and no base64"),
        ("file:///etc/passwd", "pathlib.Path"),
        (b"", "empty"),
        (b"just some words", "text/plain"),
        (b"%PDF-1.7", "application/pdf"),
        (MP4, "video/mp4"),
        (bytes(range(200, 255)), "no format that is known"),
        (io.StringIO("text"), "mode 'rb'"),
        (42, "type int"),
        ([], "an empty list"),
        ({"type": "text", "text": "a"}, "without an image"),
        (Video(url=None), "type Video"),
    ],
)
def test_what_is_no_image_is_refused_by_its_argument(source: Any, reason: str) -> None:
    with pytest.raises(InvalidRequestError, match=re.escape(reason)) as caught:
        plan_submit(context(), model="openai/sora-2-i2v", prompt="a", image=source)
    assert caught.value.field == "image"


def test_a_bad_one_among_several_is_named_by_its_position() -> None:
    with pytest.raises(InvalidRequestError, match=re.escape("image[1] is")):
        plan_submit(context(), model="veo2", prompt="a", image=[LINK, b"words"])


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "loop.png"
    path.symlink_to(path)
    with pytest.raises(InvalidRequestError, match=r"cannot be read") as caught:
        plan_submit(context(), model="openai/sora-2-i2v", prompt="a", image=path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "source", "start"),
    [
        ("image", PNG, "data:image/png;base64,"),
        ("image", io.BytesIO(PNG), "data:image/png;base64,"),
        ("image", ("name.png", PNG), "data:image/png;base64,"),
        ("image", b"<svg xmlns='x'/>", "data:image/svg+xml;base64,"),
        ("image", b"\x00\x00\x00\x1cftypavif" + bytes(8), "data:image/avif;base64,"),
        ("image", "data:image/jxl;base64,AAAA", "data:image/jxl;base64,AAAA"),
        ("image", Image(url=LINK), LINK),
        ("image", Image(data=PNG), "data:image/png;base64,"),
        ("image", Images(images=(Image(url=LINK),)), LINK),
        ("image", {"type": "image", "url": LINK}, LINK),
        ("image", {"type": "image_url", "image_url": {"url": LINK}}, LINK),
        ("image", {"type": "image", "base64": "AAAA", "mime_type": "image/png"},
         "data:image/png;base64,AAAA"),
        ("image", "gs://bucket/cat.png", "gs://bucket/cat.png"),
        ("video", MP4, "data:video/mp4;base64,"),
        ("video", Video(url=CLIP), CLIP),
        ("audio", MP3, "data:audio/mpeg;base64,"),
        ("audio", b"RIFF\0\0\0\0WAVEfmt ", "data:audio/wav;base64,"),
        ("audio", MP4, "data:video/mp4;base64,"),
    ],
)  # fmt: skip
def test_every_source_becomes_an_address(kind: Any, source: Any, start: str) -> None:
    (found,) = read_sources(kind, source, kind, "m")
    assert found.as_url().startswith(start)


# --- what comes back -----


def recorded(*kinds: str) -> list[Any]:
    folder = paths.PUBLISHED / "responses"
    return [
        pytest.param(json.loads(path.read_text()), id=path.stem)
        for path in sorted(folder.glob("*.json"))
        if path.name.split("__")[0] in kinds
    ]


@pytest.mark.parametrize("body", recorded("video"))
def test_every_recorded_answer_is_read(body: dict[str, Any]) -> None:
    state = parsed(body)
    assert state.id == body.get("id", body.get("generation_id"))
    assert state.native_status == body["status"]
    expected = {"queued": "queued", "completed": "completed", "succeeded": "completed"}
    assert state.status == expected.get(body["status"], "failed")
    usage = (body.get("meta") or {}).get("usage") or {}
    credits_used = usage.get("credits_used", usage.get("tokens_used"))
    assert (state.cost.credits if state.cost else None) == credits_used
    if "usd_spent" in usage:
        assert state.cost is not None
        assert state.cost.usd == usage["usd_spent"]
    if state.status != "completed":
        assert state.result is None
        return
    made = state.result
    assert made is not None
    video = body["video"]
    links = [video["url"]] if isinstance(video, dict) else video
    assert made.url == links[0]
    assert list(made.urls) == links
    assert made.content_type == "video/mp4"
    assert made.size_bytes == (video.get("file_size") if isinstance(video, dict) else None)
    assert made.raw == body
    assert made.inference_id == "inf-1"


def test_the_recorded_answers_are_there() -> None:
    assert len(recorded("video")) > 60
    assert {body.values[0]["status"] for body in recorded("video")} == {
        "queued", "completed", "succeeded", "error",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("queued", "queued"), ("waiting", "queued"), ("PENDING", "queued"),
        ("active", "running"), ("generating", "running"), ("in-progress", "running"),
        ("dreaming", "running"), ("error", "failed"), ("Failed", "failed"), ("canceled", "failed"),
    ],
)  # fmt: skip
def test_every_word_for_a_state(word: str, status: str) -> None:
    state = parsed({"id": "7", "status": word})
    assert (state.status, state.native_status) == (status, word)


@pytest.mark.parametrize(
    ("body", "message", "field"),
    [
        ({"error": {"name": "Error", "message": "no face"}}, "no face", None),
        ({"error": "no face"}, "no face", None),
        (
            {"error": {"detail": [{"loc": ["body", "image_url"], "msg": "no face"}]}},
            "no face",
            "image_url",
        ),
        ({"message": "no face"}, "no face", None),
    ],
)
def test_why_a_job_has_failed(body: dict[str, Any], message: str, field: str | None) -> None:
    state = parsed({"id": "7", "status": "error", **body})
    assert state.error is not None
    assert state.error.message == message
    assert state.error.field == field
    assert parsed({"id": "7", "status": "error"}).error is None


@pytest.mark.parametrize(
    ("video", "urls"),
    [
        ({"url": CLIP}, [CLIP]),
        (CLIP, [CLIP]),
        ([CLIP, LINK], [CLIP, LINK]),
        ([{"url": CLIP, "new": 1}, {"url": LINK}], [CLIP, LINK]),
    ],
)
def test_links_in_every_form(video: Any, urls: list[str]) -> None:
    made = parsed({"id": 7, "status": "completed", "video": video, "brand": {"new": True}}).result
    assert made is not None
    assert list(made.urls) == urls
    assert made.meta.extra == {"brand": {"new": True}}


@pytest.mark.parametrize(
    "body",
    [
        {"id": "7", "status": "completed"},
        {"id": "7", "status": "completed", "video": None, "film": {"url": CLIP}},
        {"status": "queued"},
        {"job": {"id": "7"}},
        {},
    ],
)
def test_a_form_that_is_not_known_shows_its_keys(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidResponseError) as caught:
        parsed(body)
    assert str(sorted(body)) in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"<html>login</html>", b"[]", b'"x"', b"{"])
def test_what_is_no_json_object_is_an_error(body: bytes) -> None:
    with pytest.raises(InvalidResponseError):
        parsed(body)


def test_an_error_without_a_job_is_that_error() -> None:
    with pytest.raises(AimlapiError, match="out of credit"):
        parsed({"statusCode": 403, "message": "You are out of credit", "requestId": "r"})


@pytest.mark.parametrize(
    ("progress", "fraction"),
    [(0.25, 0.25), (40, 0.4), ("40%", 0.4), (1, 1.0), ("soon", None), (None, None), (True, None),
     (float("1e9"), None)],
)  # fmt: skip
def test_progress_where_the_api_tells(progress: Any, fraction: float | None) -> None:
    assert parsed({"id": "7", "status": "generating", "progress": progress}).fraction == fraction
