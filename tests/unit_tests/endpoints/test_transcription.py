"""What is sent for transcripts, what is made of every vendor's answer, and subtitles."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Request
from langchain_aimlapi.emulator._media import mp3, wav
from langchain_aimlapi.endpoints import JobState
from langchain_aimlapi.endpoints.transcription import (
    STT,
    Segment,
    Transcript,
    Word,
    parse_ordered,
    parse_transcript,
    plan_submit,
    poll_transcript,
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
    problems,
    requests_of,
    sent_bytes,
    served,
    told,
)
from tests.unit_tests.endpoints.test_schemas import as_json
from tests.unit_tests.endpoints.test_video import recorded

LINK = "https://example.com/talk.mp3"


def sent(model: str, **arguments: Any) -> dict[str, Any]:
    body = body_of(plan_submit(context(), model=model, **{"audio": LINK, **arguments}))
    return {name: value for name, value in body.items() if name != "model"}


def form(model: str, audio: Any, **arguments: Any) -> tuple[Request, bytes]:
    (request,) = requests_of(plan_submit(context(), model=model, audio=audio, **arguments))
    return request, sent_bytes(request)


@pytest.mark.parametrize(
    ("model", "given", "body"),
    [
        ("nova-3", {}, {}),
        ("nova-3", {"diarize": True, "language": "de", "keywords": ["Bonn", "Ulm"]},
         {"diarize": True, "language": "de", "keyterm": ["Bonn", "Ulm"]}),
        ("aai/universal", {"diarize": True, "language": "de", "detect_language": False},
         {"speaker_labels": True, "language_code": "de", "language_detection": False}),
        ("#g1_nova-2-general", {"keywords": "Bonn", "punctuate": False},
         {"keywords": ["Bonn"], "punctuate": False}),
        ("openai/gpt-4o-transcribe", {"prompt": "A talk on Bonn.", "language": "de"},
         {"prompt": "A talk on Bonn.", "language": "de"}),
        ("openai/gpt-4o-transcribe", {"diarize": False}, {}),
        ("aai/slam-1", {"params": {"speakers_expected": 2}, "extra_body": {"x": 1}},
         {"speakers_expected": 2, "x": 1}),
        ("new/ears", {"language": "de", "diarize": True}, {"language": "de", "diarize": True}),
    ],
)  # fmt: skip
def test_our_names_become_those_of_the_model(
    model: str, given: dict[str, Any], body: dict[str, Any]
) -> None:
    assert sent(model, **given) == {"url": LINK, **body}


@pytest.mark.parametrize(
    ("model", "name"),
    [("openai/gpt-4o-transcribe", b"file"), ("nova-3", b"audio"), ("aai/universal", b"audio"),
     ("microsoft/mai-transcribe-1.5", b"audio"), ("openai/whisper-9", b"file"),
     ("#g1_whisper-tiny", b"audio")],
)  # fmt: skip
def test_an_upload_has_the_vendors_name_and_a_telling_file_name(model: str, name: bytes) -> None:
    request, body = form(model, wav(), language="en")
    assert request.headers["content-type"].startswith("multipart/form-data")
    assert b'name="%b"; filename="audio.wav"\r\nContent-Type: audio/wav' % name in body
    assert b"\r\n\r\nen\r\n" in body
    assert b'name="url"' not in body


def test_a_recording_may_be_a_path_an_open_file_bytes_base64_or_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "talk.bin"
    path.write_bytes(mp3())
    opened = io.BytesIO(b"skipped" + mp3())
    opened.seek(7)
    text = base64.b64encode(mp3()).decode()
    message = {"type": "audio", "base64": text, "mime_type": "audio/mpeg"}
    for audio in (
        path, opened, mp3(), text, f"data:audio/mpeg;base64,{text}", ("x.mp3", mp3()), message,
        [mp3()],
    ):  # fmt: skip
        _, body = form("nova-3", audio)
        assert b'filename="audio.mp3"' in body
        assert mp3() in body
        assert b"skipped" not in body


def test_a_file_whose_bytes_show_nothing_is_named_by_its_extension(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    path.write_bytes(b"\x01\x02\x03\x04" * 9)
    assert b"Content-Type: audio/" in form("nova-3", path)[1]


@pytest.mark.parametrize(
    ("model", "given", "field", "cure"),
    [
        ("nova-3", {"audio": Path("nowhere.mp3")}, "audio", "no file"),
        ("nova-3", {"audio": Path(__file__).parent}, "audio", "a directory"),
        ("nova-3", {"audio": Path(__file__)}, "audio", "not a sound"),
        ("nova-3", {"audio": b""}, "audio", "empty"),
        ("nova-3", {"audio": io.BytesIO()}, "audio", "empty"),
        ("nova-3", {"audio": io.StringIO("talk")}, "audio", "mode 'rb'"),
        ("nova-3", {"audio": 7}, "audio", "type int"),
        ("nova-3", {"audio": None}, "audio", "give a URL"),
        ("nova-3", {"audio": []}, "audio", "0 values, not one"),
        ("nova-3", {"audio": [LINK, LINK]}, "audio", "2 values, not one"),
        ("nova-3", {"audio": "talk.mp3"}, "audio", "no URL and no base64"),
        ("nova-3", {"audio": b"\x89PNG\r\n\x1a\n" + bytes(9)}, "audio", "not a sound"),
        ("nova-3", {"language": 7}, "language", "type int"),
        ("nova-3", {"keywords": [1]}, "keywords", "list of words"),
        ("nova-3", {"diarize": "loud"}, "diarize", "diarize"),
        ("openai/gpt-4o", {}, "model", "ChatAimlapi"),
        ("google/veo3", {}, "model", "AimlapiClient().video"),
        (" ", {}, "model", "not a model id"),
    ],
)  # fmt: skip
def test_bad_input_is_named_before_anything_is_sent(
    model: str, given: dict[str, Any], field: str, cure: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        plan_submit(context(), model=model, **{"audio": LINK, **given})
    assert caught.value.field == field
    assert cure in str(caught.value)


def test_what_a_model_does_not_mention_is_sent_and_said() -> None:
    plan = plan_submit(context(), model="openai/gpt-4o-transcribe", audio=LINK, diarize=True)
    assert body_of(plan)["diarize"] is True
    assert "may have no effect" in told(plan)["diarize"]


FEATURES: dict[str, dict[str, Any]] = {
    "plain": {},
    "language": {"language": "de"},
    "speakers": {"diarize": True},
    "detect": {"detect_language": True},
    "punctuation": {"punctuate": False},
    "prompt": {"prompt": "A talk."},
    "keyword": {"keywords": "Bonn"},
    "keywords": {"keywords": ["Bonn", "Ulm"]},
    "temperature": {"params": {"temperature": 0}},
}


def fields_of(request: Request) -> dict[str, Any]:
    """The fields of a form as the values that they stand for, its file as a link (some schemas
    have no words for a file)."""
    words: dict[Any, Any] = {"true": True, "false": False}
    found = {}
    for name, value in as_json(request).items():
        if isinstance(value, dict):
            found["url"] = LINK
            continue
        is_list = isinstance(value, str) and value.startswith("[")
        found[name] = json.loads(value) if is_list else words.get(value, value)
    return found


@pytest.mark.slow
def test_every_transcription_id_and_feature_fits_its_schema() -> None:
    wrong: list[str] = []
    judged = 0
    fields: set[str | None] = set()
    for model in served("stt", STT):
        for feature, arguments in FEATURES.items():
            for audio in (LINK, mp3()):
                try:
                    plan = plan_submit(context(), model=model, audio=audio, **arguments)
                except UnsupportedFeatureError as error:
                    fields.add("?" if feature == "plain" else error.field)
                    continue
                (request,) = requests_of(plan)
                body = fields_of(request) if audio != LINK else body_of(plan)
                judged += 1
                wrong += [f"{model} {feature} {each}" for each in problems(STT, body)]
    assert wrong == []
    assert judged > 450
    assert not fields


# --- what comes back -----


def parsed(body: Any) -> JobState[Transcript]:
    return parse_transcript(answer(body), Policy(model="m"))


@pytest.mark.parametrize("body", recorded("stt"))
def test_every_recorded_answer_is_read(body: dict[str, Any]) -> None:
    if "generation_id" in body:
        state = parse_ordered(answer(body), Policy(model="m"))
        assert state.id == body["generation_id"]
        assert state.status == "queued"
        return
    state = parsed(body)
    assert state.status == "completed"
    made = state.result
    assert made is not None
    assert made.text.startswith("He doesn't belong") or made.text
    assert made.raw == body
    native = body.get("result", body)
    if "usage" in native and "total_tokens" in native["usage"]:
        assert made.usage is not None
        assert made.usage.total == native["usage"]["total_tokens"]
    words = native.get("words") or [
        word
        for channel in native.get("results", {}).get("channels", [])
        for word in channel["alternatives"][0]["words"]
    ]
    assert len(made.words) == len(words)
    if words:
        unit = 1000 if "acoustic_model" in native else 1
        assert made.words[0].start == words[0]["start"] / unit
        assert made.duration == native.get("audio_duration", made.duration)


def wrapped(native: Any) -> Transcript:
    results = [
        parsed({"status": "completed", name: native}).result for name in ("result", "output")
    ]
    assert results[0] is not None
    assert results[0] == results[1]
    return results[0]


DEEPGRAM = {
    "metadata": {"duration": 4.5, "new": {}},
    "results": {
        "channels": [
            {
                "detected_language": "en",
                "alternatives": [
                    {
                        "transcript": "Good day.",
                        "words": [
                            {"word": "good", "punctuated_word": "Good", "start": 0, "end": 0.5,
                             "speaker": 1, "confidence": 0.5},
                            {"word": "day", "punctuated_word": "Day.", "start": 0.6, "end": 1.0},
                        ],
                    }
                ],
            }
        ],
        "utterances": [{"transcript": "Good day.", "start": 0, "end": 1.0, "speaker": 1}],
    },
}  # fmt: skip


def test_deepgrams_answer() -> None:
    made = wrapped(DEEPGRAM)
    assert made.text == "Good day."
    assert made.words == (Word("Good", 0, 0.5, "1", 0.5), Word("Day.", 0.6, 1.0))
    assert made.segments == (Segment("Good day.", 0, 1.0, "1"),)
    assert (made.language, made.duration, made.speakers) == ("en", 4.5, ["1"])


def test_channels_are_speakers_where_nothing_else_tells_them_apart() -> None:
    def channel(text: str, start: float) -> Any:
        words = [{"word": text, "start": start, "end": start + 0.1}]
        return {"alternatives": [{"transcript": text, "words": words}]}

    made = wrapped({"results": {"channels": [channel("yes", 2.0), channel("no", 1.0)]}})
    assert made.text == "yes\nno"
    assert [(word.text, word.speaker) for word in made.words] == [("no", "1"), ("yes", "0")]


def test_assemblyais_answer_counts_in_milliseconds() -> None:
    made = wrapped(
        {
            "acoustic_model": "a", "text": "Hi all.", "audio_duration": 11,
            "language_code": "en_us",
            "words": [{"text": "Hi", "start": 320, "end": 400, "speaker": "A"},
                      {"text": "all.", "start": 480, "end": 960, "speaker": None}],
            "utterances": [{"text": "Hi all.", "start": 320, "end": 960, "speaker": "A"}],
        }
    )  # fmt: skip
    assert made.words[1] == Word("all.", 0.48, 0.96)
    assert made.segments[0] == Segment("Hi all.", 0.32, 0.96, "A")
    assert (made.language, made.duration) == ("en_us", 11)


@pytest.mark.parametrize(
    ("native", "text"),
    [
        ("Hello.", "Hello."),
        ({"text": ""}, ""),
        ({"text": "Hello.", "new": [{}]}, "Hello."),
        ({"transcript": "Hello."}, "Hello."),
        ({"segments": [{"text": "Hello.", "start": 0, "end": 1}]}, "Hello."),
        ({"acoustic_model": "a", "text": None, "words": None, "utterances": None}, ""),
        ({"results": {"channels": []}}, ""),
        ({"text": "Hi", "words": [{"word": "Hi", "start": 0.0, "end": 0.2}, {"word": 3}, 4]}, "Hi"),
    ],
)
def test_other_answers(native: Any, text: str) -> None:
    assert wrapped(native).text == text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"status": "completed", "result": {"sound": 1, "tune": 2}}, "result.sound', 'result.tune"),
        ({"status": "completed", "result": {"results": {"lines": 1}}}, "result.results"),
        ({"status": "completed", "result": {"results": {"channels": [{}]}}}, "result.results"),
        ({"status": "completed"}, r"keys \['status'\]"),
        ({"hello": 1}, r"keys \['hello'\]"),
        (["a", "b"], "not an object"),
    ],
)
def test_a_shape_that_is_not_known_is_an_error_that_shows_it(body: Any, words: str) -> None:
    with pytest.raises(InvalidResponseError, match=words):
        parsed(body)


def test_an_order_must_name_its_job() -> None:
    with pytest.raises(InvalidResponseError, match="keys"):
        parse_ordered(answer({"status": "queued"}), Policy())
    assert parsed({"status": "queued"}).status == "queued"


@pytest.mark.parametrize(
    "body",
    [
        {"status": "error", "error": {"name": "E", "message": "no speech"}},
        {"status": "completed", "result": {"status": "error", "error": "no speech"}},
    ],
)
def test_a_failure_says_why(body: Any) -> None:
    state = parsed(body)
    assert state.status == "failed"
    assert state.error is not None
    assert "no speech" in state.error.message


def test_ids_of_every_form_are_asked_for_safely() -> None:
    request = poll_transcript(context(), "a:b/c?d#e", None)
    assert request.url.endswith("/v1/stt/a%3Ab%2Fc%3Fd%23e")


# --- subtitles -----


def spoken(*words: tuple[str, float, float, str | None]) -> Transcript:
    return Transcript(
        text=" ".join(word[0] for word in words),
        words=tuple(Word(text, start, end, speaker) for text, start, end, speaker in words),
    )


def test_subtitles_break_at_sentences_pauses_and_speakers() -> None:
    made = spoken(
        ("Good", 0.0, 0.4, "A"), ("day.", 0.5, 0.9, "A"), ("Who", 1.0, 1.2, "A"),
        ("is", 1.3, 1.4, "A"), ("me", 4.0, 4.1, "A"), ("-->", 4.1, 5.0, "B"),
    )  # fmt: skip
    assert made.srt() == (
        "1\n00:00:00,000 --> 00:00:00,900\n[A] Good day.\n\n"
        "2\n00:00:01,000 --> 00:00:01,400\n[A] Who is\n\n"
        "3\n00:00:04,000 --> 00:00:04,100\n[A] me\n\n"
        "4\n00:00:04,100 --> 00:00:05,000\n[B] ->\n"
    )
    assert made.vtt().startswith("WEBVTT\n\n00:00:00.000 --> 00:00:00.900\n<v A>Good day.\n")
    assert made.vtt().endswith("<v B>--&gt;\n")


def test_subtitles_are_short_enough_to_read() -> None:
    words = [(f"word{n}", n * 0.3, n * 0.3 + 0.2, None) for n in range(200)]
    blocks = spoken(*words).srt(width=30, lines=2, seconds=5).split("\n\n")
    for block in blocks:
        _, times, *lines = block.strip().split("\n")
        assert len(lines) <= 2
        assert max(map(len, lines)) <= 30
        assert float(times[6:8]) <= 60
    assert sum(block.count("word") for block in blocks) == 200


def test_subtitles_of_long_recordings_overlapping_words_and_other_scripts() -> None:
    late = spoken(("late", 3_661.5, 3_700.0, None), ("later.", 3_662.0, 3_663.0, None))
    assert "01:01:01,500 --> " in late.srt()
    japanese = spoken(("今日", 0, 1, None), ("は", 1, 1.5, None), ("雨", 1.5, 2, None))
    assert "今日は雨" in japanese.srt()
    both = spoken(("one.", 0.0, 2.0, "A"), ("two.", 1.0, 1.5, "B"))
    assert "00:00:00,000 --> 00:00:01,000" in both.srt()
    assert Transcript().srt() == ""
    segments = Transcript(text="Hi.", segments=(Segment("Hi.", 1, 2),))
    assert segments.srt() == "1\n00:00:01,000 --> 00:00:02,000\nHi.\n"
    with pytest.raises(UnsupportedFeatureError, match="no times"):
        Transcript(text="Hi.").vtt()


def test_a_transcript_is_saved_by_the_extension(tmp_path: Path) -> None:
    made = wrapped(DEEPGRAM)
    assert made.save(tmp_path / "a.txt").read_text() == "Good day."
    assert made.save(tmp_path / "a.srt").read_text() == made.srt()
    assert made.save(tmp_path / "a.vtt").read_text() == made.vtt()
    assert '"detected_language": "en"' in made.save(tmp_path / "a.json").read_text()
    assert made.save(tmp_path).suffix == ".txt"
