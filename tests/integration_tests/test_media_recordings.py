"""Every recorded answer about images, videos, music, speech, transcripts and documents, through the
public door. What is expected is read off the JSON by a few lines in this file; the recordings have
the form that they came in, and words of our own (tests/data)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from langchain_aimlapi import AimlapiClient, errors
from tests.harness.colours import call
from tests.harness.paths import DATA, PUBLISHED

LINK = "https://example.com/file.mp3"
Body = Mapping[str, Any]
COUNTS = {"image": 37, "video": 86, "audio": 9, "tts": 2, "stt": 14, "ocr": 3}
PAGES_3D = [
    pytest.param(json.loads(path.read_text()), id=path.stem)
    for path in sorted((DATA / "pages").glob("3d__*.json"))
]
"""The answers on the pages of TripoSR, Hunyuan Part and Meshy 6, read on docs.aimlapi.com on
2026-11-28: there are no recordings of 3D models."""
SAMPLE = 8  # one of so many is played by `make test`
STATES = {"queued": "queued", "completed": "completed", "succeeded": "completed"}


def recorded(kind: str) -> list[Any]:
    paths = sorted((PUBLISHED / "responses").glob(f"{kind}__*.json"))
    return [
        pytest.param(
            json.loads(path.read_text()),
            id=path.stem,
            marks=[pytest.mark.table] if place % SAMPLE else [],
        )
        for place, path in enumerate(paths)
    ]


def client_of(body: Body) -> AimlapiClient:
    """A client whose every call has this answer."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    return AimlapiClient(
        api_key="k",
        max_retries=0,
        http_client=httpx.Client(transport=transport),
        http_async_client=httpx.AsyncClient(transport=transport),
    )


def charge(body: Body) -> dict[str, float | None] | None:
    """The charge that a body tells."""
    usage = (body.get("meta") or {}).get("usage")
    if usage is None:
        return None
    credits = usage.get("credits_used", usage.get("tokens_used"))
    return {"credits": credits, "usd": usage.get("usd_spent", credits / 2_000_000)}


def check_charge(made: Any, body: Body) -> None:
    told = charge(body)
    found = made.cost
    assert (found is None) == (told is None)
    if found is not None and told is not None:
        assert found.credits == told["credits"]
        assert found.usd == pytest.approx(told["usd"])


@pytest.mark.parametrize("kind", COUNTS)
def test_the_recordings_are_there(kind: str) -> None:
    assert len(recorded(kind)) == COUNTS[kind]
    assert len(PAGES_3D) == 3


# --- at once -----


@pytest.mark.parametrize("body", recorded("image"))
async def test_every_image_is_found_once(body: Body, colour: str) -> None:
    client = client_of(body)
    order: dict[str, Any] = {"model": "flux/schnell", "prompt": "a cat"}
    made = await call(client.images, colour, "generate", **order)
    told = {one["url"]: one for name in ("images", "data") for one in body.get(name) or ()}
    assert [image.url for image in made.images] == list(told)
    for image in made.images:
        one = told[image.url or ""]
        kind = one.get("content_type") or one.get("mime_type")
        assert image.content_type == (kind or image.content_type)
        assert image.revised_prompt == one.get("revised_prompt", image.revised_prompt)
    check_charge(made, body)
    assert made.raw == body


@pytest.mark.parametrize("body", recorded("tts"))
async def test_every_speech_is_a_link(body: Body, colour: str) -> None:
    client = client_of(body)
    order: dict[str, Any] = {"model": "openai/tts-1", "text": "Hello."}
    made = await call(client.speech, colour, "create", **order)
    assert made.url == body["audio"]["url"]
    assert made.data is None
    check_charge(made, body)


@pytest.mark.parametrize("body", recorded("ocr"))
async def test_every_document_is_pages(body: Body, colour: str) -> None:
    client = client_of(body)
    link = "https://example.com/a.pdf"
    made = await call(client, colour, "ocr", document=link)
    assert [page.markdown for page in made.pages] == [page["markdown"] for page in body["pages"]]
    assert made.markdown == "\n\n".join(page["markdown"] for page in body["pages"])
    for page, told in zip(made.pages, body["pages"], strict=True):
        assert page.index == told["index"]
        assert page.dimensions is not None
        assert page.dimensions.width == told["dimensions"]["width"]
        assert [image.id for image in page.images] == [one["id"] for one in told["images"]]
        is_data = [one["image_base64"].startswith("data:") for one in told["images"]]
        assert [image.data is not None for image in page.images] == is_data
    assert made.pages_processed == body["usage_info"]["pages_processed"]
    assert made.size_bytes == body["usage_info"]["doc_size_bytes"]
    check_charge(made, body)


@pytest.mark.parametrize("body", PAGES_3D)
async def test_every_3d_model_is_found_with_its_formats_and_parts(body: Body, colour: str) -> None:
    client = client_of(body)
    order: dict[str, Any] = {"model": "triposr", "image": "https://example.com/a.png"}
    made = await call(client.meshes, colour, "generate", **order)
    main = body.get("model_mesh") or body.get("model_glb") or body["segmented_mesh"]
    formats = {name: one["url"] for name, one in body.get("model_urls", {}).items() if one}
    masks = {name: one["url"] for name, one in body.items() if name.startswith("mask_")}
    textures = {
        f"texture_urls.{place}.{name}": one["url"]
        for place, maps in enumerate(body.get("texture_urls", []))
        for name, one in maps.items()
        if one
    }
    assert made.url == main["url"]
    assert made.urls == {"glb": main["url"], **formats}
    assert made.files == {**masks, **textures}
    assert (made.content_type, made.size_bytes) == ("model/gltf-binary", main["file_size"])
    assert made.thumbnail == (body.get("thumbnail") or {"url": None})["url"]
    assert made.seed == body.get("seed")
    check_charge(made, body)
    assert made.raw == body


# --- jobs -----


JOBS = [
    pytest.param(mount, each.values[0], id=each.id, marks=each.marks)
    for mount, kind in (("video", "video"), ("music", "audio"))
    for each in recorded(kind)
    if "voice_id" not in each.values[0]  # an upload
]


@pytest.mark.parametrize(("mount", "body"), JOBS)
async def test_every_state_of_a_video_or_music_is_read(mount: str, body: Body, colour: str) -> None:
    calls: Any = getattr(client_of(body), mount)
    job = calls.resume(body.get("id") or body.get("generation_id"))
    assert await call(job, colour, "status") == STATES.get(body["status"], "failed")
    assert job.native_status == body["status"]
    if body["status"] == "error":
        with pytest.raises(errors.JobFailedError):
            await call(job, colour, "result")
    elif STATES[body["status"]] == "completed":
        made = await call(job, colour, "result")
        told = body.get("video", body.get("audio_file"))
        links = [told["url"]] if isinstance(told, dict) else told
        assert made.url == links[0]
        assert list(made.urls or [made.url]) == links
        info = body.get("extra_info")
        if info is not None:
            assert made.duration == info["music_duration"] / 1000
            assert made.size_bytes == (info["music_size"] or None)
    check_charge(job, body)


def test_an_upload_of_music_is_read() -> None:
    (body,) = recorded("audio")[0].values
    made = client_of(body).music.upload(file=b"ID3" + bytes(64), purpose="song")
    assert (made.voice_id, made.instrumental_id) == (body["voice_id"], body["instrumental_id"])


# --- transcripts -----


def heard(body: Body) -> tuple[str, int, float | None]:
    """Text, number of words, and the end of the last word in seconds."""
    native = body.get("result") or body
    if "results" in native:
        found = native["results"]["channels"][0]["alternatives"][0]
        words, unit = found["words"], 1.0
        text = found["transcript"]
    else:
        text, words, unit = native["text"], native.get("words") or [], 1000.0
    return text, len(words), words[-1]["end"] / unit if words else None


@pytest.mark.parametrize("body", recorded("stt"))
async def test_every_transcript_is_read(body: Body, colour: str) -> None:
    client = client_of(body)
    is_order = set(body) <= {"generation_id", "status"}
    if is_order:
        order: dict[str, Any] = {"model": "nova-3", "audio": LINK}
        calls = client.transcription
        job = await call(calls, colour, "submit", **order)
        assert job.id == body["generation_id"]
        return
    made = await call(client.transcription.resume("job-1"), colour, "result")
    text, words, end = heard(body)
    assert made.text == text
    assert len(made.words) == words
    if end is not None:
        assert made.words[-1].end == pytest.approx(end)
        assert made.srt().startswith("1\n00:00:0")
    assert made.raw == body


# --- what no parser knows -----

CALLS: dict[str, Callable[[AimlapiClient], object]] = {
    "images": lambda c: c.images.generate(model="flux/schnell", prompt="a cat"),
    "speech": lambda c: c.speech.create(model="openai/tts-1", text="Hello."),
    "ocr": lambda c: c.ocr(document="https://example.com/a.pdf"),
    "meshes": lambda c: c.meshes.generate(model="triposr", image="https://example.com/a.png"),
    "video": lambda c: c.video.submit(model="google/veo-3.1-t2v", prompt="a cat"),
    "music": lambda c: c.music.submit(model="google/lyria2", prompt="a waltz"),
    "transcription": lambda c: c.transcription.submit(model="nova-3", audio=LINK),
    "vision": lambda c: c.vision(image="https://example.com/a.png", features="FACE_DETECTION"),
}


@pytest.mark.parametrize("kind", CALLS)
def test_a_shape_that_no_parser_knows_shows_its_keys(kind: str) -> None:
    with pytest.raises(errors.InvalidResponseError, match=r"'sculpture'.*'zeal'"):
        CALLS[kind](client_of({"sculpture": {"made": 1}, "zeal": 2}))


EXTRA = {"new_key": {"a": [1]}, "seed": 7, "timings": None, "meta": {"usage": {}, "new": []}}
GOOD: dict[str, Body] = {
    "images": {"data": [{"url": LINK, "new": 1}]},
    "speech": {"audio": {"url": LINK, "new": 1}},
    "ocr": {"pages": [{"index": 0, "markdown": "A", "new": 1}]},
    "meshes": {"model_mesh": {"url": LINK, "new": 1}},
    "video": {"id": "1", "status": "queued"},
    "music": {"id": "1", "status": "queued"},
    "transcription": {"generation_id": "1", "status": "queued"},
    "vision": {"pages": [{"index": 0, "markdown": "A"}]},
}


@pytest.mark.parametrize("kind", CALLS)
def test_unknown_fields_never_break_parsing(kind: str) -> None:
    assert CALLS[kind](client_of({**GOOD[kind], **EXTRA})) is not None
