"""Videos, music, transcripts, speech, documents and batches, through the emulator's own client."""

from __future__ import annotations

import json
import re
import struct
import wave
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import httpx
import pytest

from langchain_aimlapi.emulator import Emulator

VIDEO = "/v2/video/generations"
MUSIC = "/v2/generate/audio"


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator(clock=lambda: 1_790_000_000.0) as emulator:
        yield emulator


@pytest.fixture
def client(api: Emulator) -> httpx.Client:
    return api.client(base_url="https://aimlapi.emulator")


def make_video(client: httpx.Client, model: str, **more: Any) -> dict[str, Any]:
    body = {"model": model, "prompt": "a kite over the sea", **more}
    answer = client.post(VIDEO, json=body)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def poll(client: httpx.Client, path: str, job: str) -> dict[str, Any]:
    answer = client.get(path, params={"generation_id": job})
    assert answer.status_code == 200, answer.text
    state: dict[str, Any] = answer.json()
    return state


def test_a_video_is_queued_then_generating_then_completed_and_its_link_is_an_mp4(
    api: Emulator, client: httpx.Client
) -> None:
    made = client.post(VIDEO, json={"model": "google/veo3", "prompt": "a kite"})
    job = made.json()["id"]
    assert made.headers["x-inference-id"] == job
    assert made.json()["status"] == "queued"
    assert poll(client, VIDEO, job) == {"id": job, "status": "generating"}
    done = poll(client, VIDEO, job)
    assert done["status"] == "completed"
    film = client.get(done["video"]["url"])
    assert film.headers["content-type"] == "video/mp4"
    assert film.content[4:8] == b"ftyp"
    assert b"avc1" in film.content
    assert poll(client, VIDEO, job) == done


@pytest.mark.parametrize(
    ("model", "pattern"),
    [
        ("google/veo3", r"[0-9a-f]{8}-[0-9a-f-]{27}:google/veo3"),
        ("minimax/hailuo-02", r"\d{15}"),
        ("minimax/hailuo-2.3", r"\d{15}:minimax/hailuo-2\.3"),
        ("openai/sora-2-t2v", r"video_[0-9a-f]{48}:openai/sora-2-t2v"),
        ("alibaba/happyhorse-1.1", r"[\w-]{21}"),
        ("bytedance/seedance-1-0-pro-t2v", r"cgt-\d{14}-[0-9a-f]{5}"),
    ],
)
def test_a_job_has_the_form_of_id_that_was_recorded_for_its_model(
    client: httpx.Client, model: str, pattern: str
) -> None:
    extra = {"image_url": "https://example.com/a.png"}
    answer = client.post(VIDEO, json={"model": model, "prompt": "a kite", **extra})
    made = answer.json()
    job = made.get("id", made.get("generation_id"))
    assert re.fullmatch(pattern, job)
    assert poll(client, VIDEO, job)["id"] == job


def test_runway_answers_a_list_of_links(api: Emulator, client: httpx.Client) -> None:
    api.jobs.running_polls = 0
    job = make_video(client, "runway/gen4_turbo", image_url="https://example.com/a.png")["id"]
    done = poll(client, VIDEO, job)
    assert [link.endswith(".mp4") for link in done["video"]] == [True]


def test_a_failed_video_is_an_error_inside_a_200_and_costs_nothing(
    api: Emulator, client: httpx.Client
) -> None:
    before = client.get("/v2/billing").json()["current_balance"]
    api.jobs.plan(error="The prompt was rejected", states=["waiting", "active"])
    job = make_video(client, "google/veo3")["id"]
    states = [poll(client, VIDEO, job) for _ in range(3)]
    assert [each["status"] for each in states] == ["waiting", "active", "error"]
    assert states[-1]["error"] == {"name": "Error", "message": "The prompt was rejected"}
    assert client.get("/v2/billing").json()["current_balance"] == before


def test_the_error_of_a_vendor_comes_through_as_it_is(api: Emulator, client: httpx.Client) -> None:
    detail = [{"loc": ["body", "image_url"], "msg": "no face", "type": "face_detection_error"}]
    api.jobs.plan(error={"detail": detail}, states=[])
    job = make_video(client, "google/veo3")["id"]
    assert poll(client, VIDEO, job)["error"] == {"detail": detail}


def test_a_video_is_charged_once_and_only_when_it_is_done(
    api: Emulator, client: httpx.Client
) -> None:
    def balance() -> float:
        left: float = client.get("/v2/billing").json()["current_balance"]
        return left

    before = balance()
    job = make_video(client, "google/veo3", duration=8)["id"]
    poll(client, VIDEO, job)
    assert balance() == before
    poll(client, VIDEO, job)
    poll(client, VIDEO, job)
    assert balance() == pytest.approx(before - 0.40)


def test_jobs_can_take_their_time_on_the_emulators_clock() -> None:
    now = 1_790_000_000.0
    with Emulator(clock=lambda: now) as api:
        client = api.client(base_url="https://aimlapi.emulator")
        api.jobs.running_polls, api.jobs.seconds = 0, 90.0
        job = make_video(client, "google/veo3")["id"]
        assert poll(client, VIDEO, job)["status"] == "generating"
        now += 91
        assert poll(client, VIDEO, job)["status"] == "completed"


def test_a_test_can_end_a_job_by_hand(api: Emulator, client: httpx.Client) -> None:
    first, second = (make_video(client, "google/veo3")["id"] for _ in range(2))
    api.jobs.finish(first)
    api.jobs.fail(second, "no")
    assert poll(client, VIDEO, first)["status"] == "completed"
    assert poll(client, VIDEO, second)["status"] == "error"
    assert [job.id for job in api.jobs] == [first, second]


def test_an_unknown_job_is_a_404_and_a_missing_id_a_400(client: httpx.Client) -> None:
    assert client.get(VIDEO, params={"generation_id": "nope"}).status_code == 404
    assert client.get(VIDEO).status_code == 400


def test_the_older_path_of_a_vendor_still_works(api: Emulator, client: httpx.Client) -> None:
    old = "/v2/generate/video/google/generation"
    made = client.post(old, json={"model": "google/veo3", "prompt": "a kite"}).json()
    api.jobs.finish(made["id"])
    assert poll(client, old, made["id"])["status"] == "completed"


def test_pixverse_says_succeeded(api: Emulator, client: httpx.Client) -> None:
    api.jobs.running_polls = 0
    job = make_video(client, "pixverse/v5/text-to-video")["id"]
    assert poll(client, VIDEO, job)["status"] == "succeeded"


def test_music_ends_with_a_link_to_sound_of_the_wanted_length(
    api: Emulator, client: httpx.Client
) -> None:
    body = {"model": "elevenlabs/eleven_music", "prompt": "calm", "music_length_ms": 10_000}
    made = client.post(MUSIC, json=body).json()
    assert made["id"].endswith(":elevenlabs/eleven_music")
    api.jobs.finish(made["id"])
    done = poll(client, MUSIC, made["id"])
    sound = client.get(done["audio_file"]["url"])
    assert sound.headers["content-type"] == "audio/mpeg"
    assert len(sound.content) / 104 * 1152 / 44_100 == pytest.approx(10, abs=0.05)


def test_a_song_is_uploaded_and_its_parts_get_ids(client: httpx.Client) -> None:
    files = {"file": ("song.mp3", b"...", "audio/mpeg")}
    path = "/v2/generate/audio/minimax/upload"
    answer = client.post(path, data={"purpose": "song"}, files=files).json()
    assert answer["voice_id"].startswith("vocal-")
    assert answer["instrumental_id"].startswith("instrumental-")
    assert answer["base_resp"] == {"status_code": 0, "status_msg": "success"}
    assert client.post(path, data={"purpose": "choir"}, files=files).status_code == 400


def test_a_cover_is_prepared_first(client: httpx.Client) -> None:
    body = {"model": "minimax/music-cover", "reference_audio_url": "https://example.com/a.mp3"}
    answer = client.post("/v2/generate/audio/preprocess", json=body).json()
    assert set(answer) == {
        "cover_feature_id",
        "formatted_lyrics",
        "structure_result",
        "audio_duration",
    }
    assert json.loads(answer["structure_result"])["num_segments"] == 2


def test_speech_is_a_link_where_the_model_does_not_stream(client: httpx.Client) -> None:
    body = {"model": "openai/tts-1", "text": "Hello there", "response_format": "wav"}
    answer = client.post("/v1/tts", json=body)
    assert float(answer.headers["x-aimlapi-usd-spent"]) > 0
    sound = client.get(answer.json()["audio"]["url"])
    with wave.open(BytesIO(sound.content)) as opened:
        assert opened.getnframes() / opened.getframerate() == pytest.approx(0.66, abs=0.01)


def test_speech_is_raw_sound_where_the_model_streams_unasked(client: httpx.Client) -> None:
    body = {"model": "deepgram/aura-2", "text": "Hello there", "encoding": "mp3"}
    answer = client.post("/v1/tts", json=body)
    assert answer.headers["content-type"] == "audio/mpeg"
    assert answer.content[:2] == b"\xff\xfb"
    assert "x-aimlapi-usd-spent" not in answer.headers
    told = client.post("/v1/tts", json={**body, "stream": False})
    assert told.json()["audio"]["url"].endswith(".mp3")


def transcribe(client: httpx.Client, api: Emulator, **request: Any) -> Any:
    made = client.post("/v1/stt/create", **request)
    assert made.status_code == 200, made.text
    job = made.json()["generation_id"]
    assert client.get(f"/v1/stt/{job}").json() == {"status": "generating"}
    return client.get(f"/v1/stt/{job}").json()["result"]


def test_deepgram_answers_channels_of_alternatives(api: Emulator, client: httpx.Client) -> None:
    link = "https://example.com/talk.mp3"
    body = {"model": "nova-3-general", "url": link}
    result = transcribe(client, api, json=body)
    best = result["results"]["channels"][0]["alternatives"][0]
    assert "talk.mp3" in best["transcript"]
    assert best["words"][0]["word"] == "this"


def test_assemblyai_answers_its_own_object(api: Emulator, client: httpx.Client) -> None:
    api.say("What was said.")
    body = {"model": "slam-1", "url": "https://example.com/talk.mp3"}
    result = transcribe(client, api, json=body)
    assert result["status"] == "completed"
    assert result["text"] == "What was said."
    assert result["words"][0]["text"] == "What"


def test_openai_takes_an_upload_and_answers_text_and_usage(
    api: Emulator, client: httpx.Client
) -> None:
    files = {"file": ("talk.wav", b"RIFF", "audio/wav")}
    data = {"model": "openai/gpt-4o-transcribe"}
    result = transcribe(client, api, data=data, files=files)
    assert "talk.wav" in result["text"]
    assert result["usage"]["type"] == "tokens"


@pytest.mark.parametrize("sources", [{}, {"url": "https://example.com/a.mp3", "audio": "x"}])
def test_a_transcript_wants_exactly_one_source(
    client: httpx.Client, sources: dict[str, str]
) -> None:
    body = {"model": "openai/gpt-4o-transcribe", **sources}
    assert client.post("/v1/stt/create", json=body).status_code == 400


def test_a_document_is_read_page_by_page(client: httpx.Client) -> None:
    document = {"type": "document_url", "document_url": "https://example.com/invoice.pdf"}
    body = {"model": "mistral-ocr-latest", "document": document, "pages": [0, 3]}
    answer = client.post("/v1/ocr", json=body).json()
    assert [page["index"] for page in answer["pages"]] == [0, 3]
    assert "invoice.pdf" in answer["pages"][0]["markdown"]
    assert answer["usage_info"]["pages_processed"] == 2


def test_an_annotation_follows_its_schema_and_costs_more(client: httpx.Client) -> None:
    document = {"type": "document_url", "document_url": "data:text/plain;base64,VG90YWwgNDI="}
    schema = {"type": "object", "properties": {"total": {"type": "integer"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "bill", "schema": schema}}
    body = {"model": "mistral-ocr-latest", "document": document, "pages": "0"}
    plain = client.post("/v1/ocr", json=body).json()
    rich = client.post("/v1/ocr", json={**body, "document_annotation_format": wanted}).json()
    assert plain["pages"][0]["markdown"] == "Total 42"
    assert json.loads(rich["document_annotation"]) == {"total": 42}
    spent = [each["meta"]["usage"]["usd_spent"] for each in (plain, rich)]
    assert spent[1] > spent[0]


def batch(*texts: str) -> dict[str, Any]:
    return {
        "model": "claude-sonnet-4-5-20250929",
        "requests": [
            {
                "custom_id": f"row-{place}",
                "params": {
                    "model": "claude-sonnet-4-5-20250929",
                    "max_tokens": 100,
                    "messages": [{"role": "user", "content": text}],
                },
            }
            for place, text in enumerate(texts)
        ],
    }


def test_a_batch_ends_in_one_line_a_message_at_half_the_price(
    api: Emulator, client: httpx.Client
) -> None:
    made = client.post("/v1/batches", json=batch("What is 2 + 3?", "What is 4 + 4?")).json()
    assert made["type"] == "message_batch"
    assert made["request_counts"]["processing"] == 2
    asked = {"batch_id": made["id"]}
    running = client.get("/v1/batches", params=asked).json()
    assert running == {"id": made["id"], "status": "generating"}
    before = client.get("/v2/billing").json()["current_balance"]
    done = client.get("/v1/batches", params=asked)
    rows = [json.loads(line) for line in done.text.splitlines()]
    texts = [row["result"]["message"]["content"][0]["text"] for row in rows]
    assert [row["custom_id"] for row in rows] == ["row-0", "row-1"]
    assert texts == ["2 + 3 is 5.", "4 + 4 is 8."]
    spent = before - client.get("/v2/billing").json()["current_balance"]
    body = {
        "model": "claude-sonnet-4-5-20250929",
        **batch("What is 2 + 3?")["requests"][0]["params"],
    }
    single = client.post("/v1/messages", json=body).json()["meta"]["usage"]["usd_spent"]
    assert spent == pytest.approx(single, rel=0.1)  # two at half a price each


def test_a_batch_can_be_cancelled_once(client: httpx.Client) -> None:
    made = client.post("/v1/batches", json=batch("hi")).json()
    gone = client.post(f"/v1/batches/cancel/{made['id']}").json()
    assert gone["processing_status"] == "canceling"
    state = client.get("/v1/batches", params={"batch_id": made["id"]}).json()
    assert state["status"] == "cancelled"
    again = client.post(f"/v1/batches/cancel/{made['id']}")
    assert again.status_code == 400
    assert "cannot be canceled" in again.json()["message"]


def test_a_row_that_the_model_refuses_is_errored_and_the_others_go_on(
    api: Emulator, client: httpx.Client
) -> None:
    body = batch("hi", "hi")
    body["requests"][0]["params"]["messages"] = []
    made = client.post("/v1/batches", json=body).json()
    api.jobs.finish(made["id"])
    done = client.get("/v1/batches", params={"batch_id": made["id"]})
    kinds = [json.loads(line)["result"]["type"] for line in done.text.splitlines()]
    assert kinds == ["errored", "succeeded"]


@pytest.mark.parametrize("body", [{}, {"requests": []}, {"requests": [1]}, {"requests": [{}]}])
def test_a_batch_without_requests_is_a_400(client: httpx.Client, body: dict[str, Any]) -> None:
    assert client.post("/v1/batches", json=body).status_code == 400


def test_a_range_of_a_file_can_be_downloaded(api: Emulator, client: httpx.Client) -> None:
    api.jobs.running_polls = 0
    job = make_video(client, "google/veo3")["id"]
    url = poll(client, VIDEO, job)["video"]["url"]
    whole = client.get(url).content
    part = client.get(url, headers={"range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, whole[4:8])
    assert part.headers["content-range"] == f"bytes 4-7/{len(whole)}"
    assert client.get(url, headers={"range": f"bytes={len(whole)}-"}).status_code == 416


def test_an_mp4_says_how_long_it_is_and_holds_two_key_frames() -> None:
    from langchain_aimlapi.emulator._media import mp4

    film = mp4(b"\x10\x20\x30", 5.0)
    place = film.index(b"mvhd")
    scale, length = struct.unpack(">II", film[place + 16 : place + 24])
    assert length / scale == 5.0
    assert film.count(b"\x65\x88") == 2
    assert film[film.index(b"mdat") + 4 + 4] == 0x65


def test_a_png_has_its_true_size_in_one_colour() -> None:
    from langchain_aimlapi.emulator._picture import png

    image = png(b"\x10\x20\x30", 40, 30)
    assert struct.unpack(">II", image[16:24]) == (40, 30)
    data = image[image.index(b"IDAT") + 4 : image.index(b"IEND") - 8]
    assert zlib.decompress(data) == (b"\x00" * 6) * 30
    assert image[image.index(b"PLTE") + 4 :][:3] == b"\x10\x20\x30"


def test_a_larger_image_is_a_scene_in_its_true_size() -> None:
    from langchain_aimlapi.emulator._picture import colours, jpeg, png, rows

    for seed in (b"", b"\x00\x00\x00", b"\xff\xff\xff", b"\x10\xf0\x80\x01"):
        assert all(sum(count for count, _ in row) == 130 for row in rows(seed, 130, 70))
        image = png(seed, 130, 70)
        assert struct.unpack(">II", image[16:24]) == (130, 70)
        data = zlib.decompress(image[image.index(b"IDAT") + 4 : image.index(b"IEND") - 8])
        assert len(data) == 131 * 70
        assert set(data) <= set(range(len(colours(seed))))
        assert len(set(data)) > 6
        photo = jpeg(seed, 130, 70)
        frame = photo.index(b"\xff\xc0")
        assert struct.unpack(">HH", photo[frame + 5 : frame + 9]) == (70, 130)
        assert photo.endswith(b"\xff\xd9")


def test_a_glb_is_a_scene_and_its_corners() -> None:
    from langchain_aimlapi.emulator._media import glb

    model = glb(b"\x10\x20\x30")
    magic, version, size, text = struct.unpack("<4sIII", model[:16])
    assert (magic, version, size) == (b"glTF", 2, len(model))
    scene = json.loads(model[20 : 20 + text])
    assert scene["buffers"][0]["byteLength"] == len(model) - 20 - text - 8
