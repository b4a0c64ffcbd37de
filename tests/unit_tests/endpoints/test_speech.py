"""What is sent for speech, what is made of the answers, and how long texts are cut and joined."""

from __future__ import annotations

import base64
import io
import wave
from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi._answers.sound import SoundJoiner, with_length
from langchain_aimlapi._fitting.sentences import length_of, split_text
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.emulator._media import SOUNDS, mp3, wav
from langchain_aimlapi.endpoints._speech_words import SPEECH
from langchain_aimlapi.endpoints.speech import parse_speech, plan_speech, plan_stream
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

VOICE = "https://example.com/voice.mp3"


def sent(model: str, **arguments: Any) -> dict[str, Any]:
    body = body_of(plan_speech(context(), model=model, **{"text": "Hello.", **arguments}))
    return {name: value for name, value in body.items() if name not in ("model", "text")}


@pytest.mark.parametrize(
    ("model", "given", "body"),
    [
        ("openai/tts-1", {"voice": "Nova", "speed": 1.5, "output_format": "wav"},
         {"voice": "nova", "speed": 1.5, "response_format": "wav"}),
        ("openai/gpt-4o-mini-tts", {"instructions": "softly"}, {"style": "softly"}),
        ("deepgram/aura-2", {"output_format": "wav", "sample_rate": 24000},
         {"encoding": "linear16", "container": "wav", "sample_rate": "24000"}),
        ("deepgram/aura-2", {"output_format": "pcm"},
         {"encoding": "linear16", "container": "none"}),
        ("deepgram/aura-2", {"output_format": "mp3", "voice": "ZEUS"},
         {"encoding": "mp3", "voice": "zeus"}),
        ("#g1_aura-zeus-en", {"voice": "zeus", "output_format": "flac"}, {"encoding": "flac"}),
        ("elevenlabs/v3_alpha", {"output_format": "mp3"}, {"output_format": "mp3_44100_128"}),
        ("elevenlabs/v3_alpha", {"output_format": "pcm", "sample_rate": 16000},
         {"output_format": "pcm_16000"}),
        ("elevenlabs/v3_alpha", {"sample_rate": 22050}, {"output_format": "mp3_22050_32"}),
        ("elevenlabs/v3_alpha", {"output_format": "mp3_44100_64", "speed": 1.1, "seed": 7},
         {"output_format": "mp3_44100_64", "voice_settings": {"speed": 1.1}, "seed": 7}),
        ("minimax/speech-2.8-hd",
         {"voice": "wise_woman", "speed": 2, "output_format": "flac", "language": "de-AT"},
         {"voice_setting": {"voice_id": "Wise_Woman", "speed": 2},
          "audio_setting": {"format": "flac"}, "language_boost": "German"}),
        ("minimax/speech-2.8-hd", {"voice": "my-clone-7"},
         {"voice_setting": {"voice_id": "my-clone-7"}}),
        ("minimax/speech-2.8-hd",
         {"voice": "Abbess", "params": {"voice_setting": {"emotion": "sad"}}},
         {"voice_setting": {"voice_id": "Abbess", "emotion": "sad"}}),
        ("bytedance/seed-audio-1-0", {"speed": 1.25, "output_format": "opus", "sample_rate": 16000},
         {"audio_config": {"speech_rate": 25, "format": "ogg_opus", "sample_rate": 16000}}),
        ("bytedance/seed-audio-1-0", {"reference_audio": VOICE},
         {"references": [{"audio_url": VOICE}]}),
        ("hume/octave-2", {"output_format": "mp3"}, {"format": "mp3"}),
        ("new/voice", {"voice": "Ann", "speed": 2, "output_format": "wav"},
         {"voice": "Ann", "speed": 2, "output_format": "wav"}),
    ],
)  # fmt: skip
def test_our_names_become_those_of_the_model(
    model: str, given: dict[str, Any], body: dict[str, Any]
) -> None:
    found = sent(model, **given)
    if model == "new/voice":  # nothing is known: the commonest names
        assert found.pop("encoding", None) == body.pop("output_format")
    assert found == body


def test_a_script_has_speakers() -> None:
    body = body_of(
        plan_speech(
            context(), model="microsoft/vibevoice-7b", text="Speaker 0: Hi.\nSpeaker 1: Ho.",
            voice=["alice [en]", "Carter [EN]"],
        )
    )  # fmt: skip
    assert body["script"] == "Speaker 0: Hi.\nSpeaker 1: Ho."
    assert body["speakers"] == [{"preset": "Alice [EN]"}, {"preset": "Carter [EN]"}]
    assert "text" not in body


@pytest.mark.parametrize(
    ("model", "given", "field", "cure"),
    [
        ("openai/tts-1", {"text": "  "}, "text", "text is empty"),
        ("openai/tts-1", {"text": 7}, "text", "type int"),
        ("openai/tts-1", {"text": None}, "text", "give text=..."),
        ("openai/tts-1", {"voice": "Hal"}, "voice", "choose one of alloy, ash"),
        ("openai/tts-1", {"voice": 9}, "voice", "names no voice"),
        ("openai/tts-1", {"voice": ["alloy", "ash"]}, "voice", "one voice, not 2"),
        ("#g1_aura-zeus-en", {"voice": "hera"}, "voice", "the id itself is the voice zeus"),
        ("bytedance/seed-audio-1-0", {"voice": "Ann"}, "voice", "reference_audio"),
        ("openai/tts-1", {"output_format": "ogg3"}, "output_format", "mp3, opus, aac, flac"),
        ("minimax/speech-2.8-hd", {"output_format": "wav"}, "output_format", "mp3, pcm, flac"),
        ("elevenlabs/v3_alpha", {"output_format": "mp3", "sample_rate": 8000}, "output_format",
         "mp3 with 8000 hertz"),
        ("alibaba/qwen3-tts-flash", {"output_format": "mp3"}, "output_format", "leave it out"),
        ("bytedance/seed-audio-1-0", {"sample_rate": 22050}, "sample_rate", "8000, 16000"),
        ("openai/tts-1", {"speed": "fast"}, "speed", "not a number"),
        ("openai/tts-1", {"speed": 0}, "speed", "1.0 is as usual"),
        ("openai/tts-1", {"reference_audio": VOICE}, "reference_audio", "no parameter"),
        ("bytedance/seed-audio-1-0", {"reference_audio": [VOICE] * 4}, "reference_audio",
         "at most 3, not 4"),
        ("bytedance/seed-audio-1-0", {"reference_audio": Path("nowhere.mp3")}, "reference_audio",
         "no file"),
        ("bytedance/seed-audio-1-0", {"reference_audio": b"%PDF-1.7"}, "reference_audio",
         "not a sound"),
        ("openai/tts-1", {"max_characters": 0}, "max_characters", "from 1"),
        ("openai/gpt-4o", {}, "model", "ChatAimlapi"),
        ("", {}, "model", "not a model id"),
    ],
)  # fmt: skip
def test_bad_input_is_named_before_anything_is_sent(
    model: str, given: dict[str, Any], field: str, cure: str
) -> None:
    for plan in (plan_speech, plan_stream):
        with pytest.raises(InvalidRequestError) as caught:
            plan(context(), model=model, **{"text": "Hello.", **given})
        assert caught.value.field == field
        assert cure in str(caught.value)


def test_a_speed_out_of_range_is_fitted_and_said() -> None:
    for model in ("openai/tts-1", "minimax/speech-2.8-hd", "bytedance/seed-audio-1-0"):
        assert (
            "nearest value" in told(plan_speech(context(), model=model, text="a", speed=9))["speed"]
        )


FEATURES: dict[str, dict[str, Any]] = {
    "plain": {},
    **{each: {"output_format": each} for each in
       ("mp3", "wav", "pcm", "opus", "flac", "aac", "mulaw", "alaw")},
    "rate": {"sample_rate": 24000},
    "mp3 rate": {"output_format": "mp3", "sample_rate": 22050},
    "speed": {"speed": 1.25},
    "fast": {"speed": 9},
    "language": {"language": "de"},
    "seed": {"seed": 4},
    "instructions": {"instructions": "softly"},
    "reference": {"reference_audio": VOICE},
    "long": {"text": "This is a sentence. " * 400},
    "unknown voice": {"voice": "Nobody At All"},
    "two voices": {"voice": ["Alice [EN]", "Carter [EN]"]},
}  # fmt: skip


def test_every_speech_id_and_feature_fits_its_schema() -> None:
    wrong: list[str] = []
    judged = 0
    fields: set[str | None] = set()
    for model in served("tts", SPEECH):
        for feature, arguments in FEATURES.items():
            try:
                bodies = bodies_of(
                    plan_speech(context(), model=model, **{"text": "Hello.", **arguments})
                )
            except UnsupportedFeatureError as error:
                fields.add("?" if feature == "plain" else error.field)
                continue
            for body in bodies:
                judged += 1
                wrong += [f"{model} {feature} {each}" for each in problems(SPEECH, body)]
    assert wrong == []
    assert judged > 900
    assert fields == {"voice", "output_format", "sample_rate", "reference_audio"}


# --- what comes back -----


def parsed(body: Any, kind: str = "application/json") -> Any:
    return parse_speech(answer(body, {"content_type": kind}), Policy(model="m"))


@pytest.mark.parametrize("body", recorded("tts"))
def test_every_recorded_answer_is_speech(body: dict[str, Any]) -> None:
    made = parsed(body)
    assert made.url == body["audio"]["url"]
    assert made.content_type in ("audio/wav", "audio/mpeg")
    assert made.raw == body
    spent = body.get("meta", {}).get("usage", {}).get("usd_spent")
    assert (made.cost.usd if made.cost else None) == spent


@pytest.mark.parametrize(
    ("body", "url"),
    [
        ({"audio": "https://a.b/c.mp3", "new": [1]}, "https://a.b/c.mp3"),
        ({"audio": ["https://a.b/c.mp3"]}, "https://a.b/c.mp3"),
        ({"audio": {"url": "https://a.b/c.mp3", "more": {}}}, "https://a.b/c.mp3"),
        ({"output": {"audio": {"url": "https://a.b/c.mp3"}}}, "https://a.b/c.mp3"),
        ({"audio_file": {"url": "https://a.b/c.mp3"}}, "https://a.b/c.mp3"),
        ({"url": "https://a.b/c.mp3"}, "https://a.b/c.mp3"),
    ],
)
def test_a_link_is_found_wherever_it_stands(body: Any, url: str) -> None:
    assert parsed(body).url == url


def test_sound_inside_json_is_decoded() -> None:
    text = base64.b64encode(mp3()).decode()
    for body in (
        {"audio": {"data": text}}, {"audio": text}, {"audio": f"data:audio/mpeg;base64,{text}"},
    ):  # fmt: skip
        made = parsed(body)
        assert (made.data, made.content_type) == (mp3(), "audio/mpeg")


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ({"sound": 1, "meta": {}}, "application/json", r"keys \['meta', 'sound'\]"),
        ({"audio": {"url": ""}}, "application/json", r"keys \['audio'\]"),
        (b"<html>login</html>", "text/html", "a page of type text/html"),
        (b"", "audio/mpeg", "no sound"),
    ],
)
def test_a_shape_that_is_not_known_is_an_error_that_shows_it(
    body: Any, kind: str, words: str
) -> None:
    with pytest.raises(InvalidResponseError, match=words):
        parsed(body, kind)


def test_bytes_are_what_they_show_rather_than_what_the_header_says() -> None:
    made = parse_speech(Response(200, {"content-type": "audio/wav"}, mp3()), Policy())
    assert (made.content_type, made.size_bytes) == ("audio/mpeg", len(mp3()))


# --- long texts -----


def test_a_text_is_cut_after_sentences_and_nothing_is_lost() -> None:
    text = "Dr. Watson came in. He sat down!  \n\nThen, after a while, he spoke: no one heard it."
    assert split_text(text, 200) == [text]
    assert split_text(text, 45) == [
        "Dr. Watson came in. He sat down!",
        "Then, after a while, he spoke:",
        "no one heard it.",
    ]
    assert split_text("abcdefgh", 3) == ["abc", "def", "gh"]
    assert split_text("今日は雨です。明日は晴れです。", 8) == ["今日は雨です。", "明日は晴れです。"]
    assert split_text("a\u0301" * 3, 3) == ["a\u0301"] * 3  # no accent without its letter
    assert split_text("\N{GRINNING FACE}" * 3, 2) == ["\N{GRINNING FACE}"] * 3


@pytest.mark.parametrize("limit", [1, 7, 40, 333])
def test_pieces_are_as_short_as_they_must_be_and_whole_together(limit: int) -> None:
    text = (
        "It was, e.g., a cold day in No. 7. \N{SNOWMAN} Nobody knew; nobody asked...  "
        "\N{GRINNING FACE}\N{GRINNING FACE} Why?\n\nEnde gut, alles gut. "
    ) * 5
    pieces = split_text(text, limit)
    assert all(0 < length_of(piece) <= max(limit, 2) for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_piece_of_a_script_names_its_speaker_again() -> None:
    script = "Speaker 0: One thing. Another thing. A third thing.\nSpeaker 1: Well, well."
    pieces = split_text(script, 40)
    assert all(piece.startswith("Speaker ") for piece in pieces)
    assert pieces[1].startswith("Speaker 0: ")
    assert pieces[-1].endswith("Speaker 1: Well, well.")


def test_neighbours_are_told_where_the_model_wants_to_know() -> None:
    first, second = bodies_of(
        plan_speech(
            context(), model="elevenlabs/eleven_turbo_v2_5", text="One thing. Another.",
            max_characters=12,
        )
    )  # fmt: skip
    assert (first["text"], first["next_text"]) == ("One thing.", "Another.")
    assert (second["text"], second["previous_text"]) == ("Another.", "One thing.")
    assert "previous_text" not in first


@pytest.mark.parametrize("word", ["flac", "opus"])
def test_a_long_text_in_a_format_that_cannot_be_joined_is_refused(word: str) -> None:
    with pytest.raises(UnsupportedFeatureError, match=r"cannot be joined.*'mp3' or 'wav'.*4096"):
        plan_speech(context(), model="openai/tts-1", text="A word. " * 900, output_format=word)


# --- joining -----


def joined(kind: str, parts: list[bytes], cut: int) -> tuple[bytes, str | None]:
    joiner = SoundJoiner()
    whole = b""
    for part in parts:
        whole += joiner.begin(kind, is_part=True)
        for place in range(0, len(part), cut):
            whole += joiner.feed(part[place : place + cut])
    return whole + joiner.close(), joiner.content_type


@pytest.mark.parametrize("cut", [1, 13, 1 << 20])
def test_wav_files_become_one_that_plays(cut: int) -> None:
    whole, kind = joined("audio/wav", [wav(0.5), wav(0.25), wav(1.0)], cut)
    assert kind == "audio/wav"
    with wave.open(io.BytesIO(with_length(whole))) as file:
        assert file.getnframes() == 8000 * 1.75
        assert file.getframerate() == 8000


def test_wav_files_of_different_rates_are_an_error() -> None:
    with pytest.raises(InvalidResponseError, match="different sample rates"):
        joined("audio/wav", [wav(0.1), wav(0.1, rate=16_000)], 99)


XING = b"\xff\xfb\x10\xc4" + b"Xing" + bytes(96)
ID3 = b"ID3\x04\x00\x00\x00\x00\x01\x05" + bytes(133)


@pytest.mark.parametrize("cut", [1, 50, 1 << 20])
def test_mp3_files_become_one_without_the_lengths_and_tags_between(cut: int) -> None:
    end = b"TAG" + bytes(125)
    parts = [ID3 + XING + mp3(0.1) + end, mp3(0.2), XING + mp3(0.1) + end]
    whole, kind = joined("audio/mpeg", parts, cut)
    assert kind == "audio/mpeg"
    assert whole == mp3(0.1) + mp3(0.2) + mp3(0.1)


def test_samples_follow_each_other() -> None:
    for name in ("pcm", "mulaw", "aac"):
        kind, make = SOUNDS[name]
        assert joined(kind, [make(0.1), make(0.2)], 77)[0] == make(0.1) + make(0.2)


@pytest.mark.parametrize("name", ["flac", "opus"])
def test_other_formats_are_refused_when_they_come(name: str) -> None:
    kind, make = SOUNDS[name]
    with pytest.raises(UnsupportedFeatureError, match="cannot be joined"):
        joined(kind, [make(0.1), make(0.1)], 64)


def test_one_file_goes_through_as_it_is() -> None:
    joiner = SoundJoiner()
    assert joiner.begin("audio/flac") == b""
    whole = SOUNDS["flac"][1](0.1)
    assert joiner.feed(whole[:5]) + joiner.feed(whole[5:]) + joiner.close() == whole
