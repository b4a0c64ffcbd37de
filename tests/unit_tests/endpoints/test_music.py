"""What is sent for music, and what is made of the answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi.endpoints import JobState
from langchain_aimlapi.endpoints.music import (
    Music,
    parse_features,
    parse_music,
    parse_upload,
    plan_preprocess,
    plan_submit,
    plan_upload,
    poll_music,
)
from langchain_aimlapi.errors import (
    InvalidRequestError,
    InvalidResponseError,
    UnsupportedFeatureError,
)
from tests.unit_tests.endpoints.planning import (
    answer,
    body_of,
    context,
    requests_of,
    sent_bytes,
    told,
)
from tests.unit_tests.endpoints.test_video import recorded

MP3 = b"ID3" + bytes(16)
SONG = "https://example.com/song.mp3"
WORDS = {"prompt": "a slow waltz", "lyrics": "one two three, one two three"}


def sent(model: str, **arguments: Any) -> dict[str, Any]:
    body = body_of(plan_submit(context(), model=model, **{**WORDS, **arguments}))
    return {k: v for k, v in body.items() if k not in ("model", *WORDS)}


def parsed(body: Any) -> JobState[Music]:
    return parse_music(answer(body), Policy(model="m"))


@pytest.mark.parametrize(
    ("model", "given", "body"),
    [
        ("elevenlabs/eleven_music", {"lyrics": None, "duration": 30}, {"music_length_ms": 30000}),
        ("elevenlabs/eleven_music", {"lyrics": None, "duration": 12.5}, {"music_length_ms": 12500}),
        ("stable-audio", {"lyrics": None, "duration": 20}, {"seconds_total": 20}),
        (
            "minimax/music-2.0",
            {"output_format": "wav", "sample_rate": 44100, "bitrate": 128000},
            {"audio_setting": {"format": "wav", "sample_rate": 44100, "bitrate": 128000}},
        ),
        (
            "minimax/music-cover",
            {"reference_audio": SONG, "sample_rate": 44100},
            {"reference_audio_url": SONG, "audio_setting": {"sample_rate": 44100}},
        ),
        (
            "minimax/music-2.0",
            {"output_format": "mp3", "params": {"audio_setting": {"format": "wav"}}},
            {"audio_setting": {"format": "wav"}},  # the model's own words win
        ),
        ("minimax/music-2.6", {"instrumental": True}, {"is_instrumental": True}),
        ("google/lyria2", {"lyrics": None, "seed": 0}, {"seed": 0}),
        ("minimax/music-cover", {"cover_feature_id": "f"}, {"cover_feature_id": "f"}),
        ("new/band", {"duration": 9, "reference_audio": SONG},
         {"duration": 9, "reference_audio_url": SONG}),
    ],
)  # fmt: skip
def test_our_names_become_those_of_the_model(
    model: str, given: dict[str, Any], body: dict[str, Any]
) -> None:
    assert sent(model, **given) == body


def test_what_a_model_has_no_word_for_is_left_out_and_said() -> None:
    plan = plan_submit(context(), model="google/lyria2", prompt="a", duration=9, lyrics="la")
    assert set(told(plan)) == {"duration", "lyrics"}
    usual = plan_submit(
        context(), model="google/lyria2", prompt="a", output_format="mp3", instrumental=False
    )
    assert told(usual) == {}


@pytest.mark.parametrize(
    ("model", "given", "field", "cure"),
    [
        ("elevenlabs/eleven_music", {"duration": 3}, "duration", "10 to 300 seconds"),
        ("stable-audio", {"duration": 60}, "duration", "1 to 47 seconds"),
        ("minimax/music-2.0", {"output_format": "ogg"}, "output_format", "'mp3', 'wav', 'pcm'"),
        ("minimax/music-2.0", {"sample_rate": 8000}, "sample_rate", "16000, 24000"),
        ("stable-audio", {"duration": 20.5}, "duration", "whole seconds"),
        ("google/lyria2", {"reference_audio": SONG}, "reference_audio", "minimax"),
        ("minimax-music", {}, "reference_audio", "give reference_audio=..."),
        ("minimax/music-2.0", {"prompt": None}, "prompt", "give prompt=..."),
        ("minimax/music-2.0", {"lyrics": None}, "lyrics", "lyrics"),
        ("minimax/music-2.0", {"lyrics": "la"}, "lyrics", "at least 10 characters"),
        ("minimax/music-2.0", {"lyrics": 7}, "lyrics", "type int"),
        ("stable-audio", {"duration": "long"}, "duration", "a number of seconds"),
        ("minimax/music-cover", {"reference_audio": Path("nowhere.mp3")}, "reference_audio",
         "no file"),
        ("minimax/music-cover", {"reference_audio": b"%PDF-1.7"}, "reference_audio",
         "not a sound"),
        ("openai/gpt-4o", {}, "model", "ChatAimlapi"),
        ("google/veo3", {}, "model", "AimlapiClient().video"),
    ],
)  # fmt: skip
def test_bad_input_is_named_before_anything_is_sent(
    model: str, given: dict[str, Any], field: str, cure: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        plan_submit(context(), model=model, **{**WORDS, **given})
    assert caught.value.field == field
    assert cure in str(caught.value)


def test_what_is_out_of_range_is_sent_where_the_caller_insists() -> None:
    plan = plan_submit(
        context("send"), model="elevenlabs/eleven_music", prompt="a slow waltz", duration=3
    )
    assert body_of(plan)["music_length_ms"] == 3000
    with pytest.raises(UnsupportedFeatureError):
        plan_submit(context(), model="elevenlabs/eleven_music", prompt="a waltz", duration=3)


@pytest.mark.parametrize("body", recorded("audio"))
def test_every_recorded_answer_is_read(body: dict[str, Any]) -> None:
    if "status" not in body:
        upload = parse_upload(answer(body), Policy())
        assert (upload.voice_id, upload.instrumental_id) == (
            body["voice_id"], body["instrumental_id"],
        )  # fmt: skip
        return
    state = parsed(body)
    assert (state.id, state.native_status) == (body["id"], body["status"])
    if body["status"] != "completed":
        assert state.result is None
        return
    made = state.result
    assert made is not None
    assert made.url == body["audio_file"]["url"]
    assert made.urls == (made.url,)
    assert made.content_type == "audio/mpeg"
    info = body.get("extra_info") or {}
    assert made.duration == (info["music_duration"] / 1000 if info else None)
    assert (made.sample_rate, made.channels) == (
        info.get("music_sample_rate"), info.get("music_channel"),
    )  # fmt: skip


def test_the_recorded_answers_are_there() -> None:
    assert len(recorded("audio")) > 5


def test_an_old_id_is_ordered_at_its_vendor_and_polled_like_all() -> None:
    (request,) = requests_of(
        plan_submit(context(), model="music-01", lyrics="la la la", output_format="wav")
    )
    assert request.url.endswith("/v2/generate/audio/minimax/generate")
    assert poll_music(context(), "a:b/c", "music-01").url.endswith(
        "/v2/generate/audio?generation_id=a%3Ab%2Fc"
    )


def test_a_recording_is_uploaded_as_a_form(tmp_path: Path) -> None:
    path = tmp_path / "voice.mp3"
    path.write_bytes(MP3)
    (request,) = requests_of(plan_upload(context(), file=path, purpose="voice"))
    body = sent_bytes(request)
    assert b'name="purpose"\r\n\r\nvoice\r\n' in body
    assert b'name="file"; filename="0.mp3"\r\nContent-Type: audio/mpeg\r\n\r\n' + MP3 in body
    with pytest.raises(InvalidRequestError, match="needs the content"):
        plan_upload(context(), file=SONG, purpose="voice")  # type: ignore[arg-type]  # the point


def test_a_song_is_taken_apart() -> None:
    plan = plan_preprocess(context(), reference_audio=SONG)
    assert body_of(plan) == {"model": "minimax/music-cover", "reference_audio_url": SONG}
    body = {
        "cover_feature_id": "f7", "formatted_lyrics": "[Verse]", "structure_result": "{}",
        "audio_duration": 93.5,
    }  # fmt: skip
    found = parse_features(answer(body), Policy())
    assert (found.cover_feature_id, found.lyrics, found.duration) == ("f7", "[Verse]", 93.5)
    with pytest.raises(InvalidResponseError, match="'id'"):
        parse_features(answer({"id": "f7"}), Policy())


@pytest.mark.parametrize("body", [{"id": "7", "status": "completed", "song": 1}, {"ok": True}])
def test_a_form_that_is_not_known_shows_its_keys(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidResponseError) as caught:
        parsed(body)
    assert str(sorted(body)) in str(caught.value)
