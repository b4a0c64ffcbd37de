"""POST /v1/tts: speech as a link in JSON, or as the bytes of the sound themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from langchain_aimlapi.emulator._core import Answer, Call, Json, Step, json_answer
from langchain_aimlapi.emulator._generation import dummy_delay, dummy_keys
from langchain_aimlapi.emulator._ledger import Cost
from langchain_aimlapi.emulator._media import SOUNDS
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State, charged
from langchain_aimlapi.emulator._validate import check, find_model

PATH = "/v1/tts"
PRICE_PER_CHARACTER = Decimal("0.000015")
SECONDS_PER_CHARACTER = 0.06
PIECE_BYTES = 4096
# Deepgram and ElevenLabs stream unless the request says otherwise; the others cannot.
_STREAMS = re.compile(r"aura|eleven|deepgram")
# What these give where nothing is ordered: by their schemas, and by Qwen's recorded answer.
_WAV = re.compile(r"seed-audio|aura|qwen|hume|octave|inworld")
_WORDS = (
    ("linear16", "wav"),
    ("ogg", "opus"),
    ("opus", "opus"),
    ("ulaw", "mulaw"),
    ("mulaw", "mulaw"),
    ("alaw", "alaw"),
    ("mp3", "mp3"),
    ("pcm", "pcm"),
    ("flac", "flac"),
    ("aac", "aac"),
    ("wav", "wav"),
)


@route("POST", PATH, "/tts", inference=True)
def speak(call: Call, state: State) -> Answer:
    """Speech for a text."""
    body = call.json()
    model = find_model(state, body, PATH)
    check(state, model, PATH, body)
    dummy_keys(body, at_once=True)
    text = str(body.get("text", body.get("script", "")))
    kind = _format(body, "wav" if _WAV.search(model.name) else "mp3")
    seconds = max(0.2, len(text) * SECONDS_PER_CHARACTER)
    cost = state.settle(call, model.id, Cost.of(PRICE_PER_CHARACTER * len(text)))
    streams = _STREAMS.search(f"{model.name} {model.id}") is not None
    if streams and body.get("stream") is not False:
        media_type, make = SOUNDS[kind]
        # No cost header: the price of raw sound stands only in the logs.
        return Answer(200, {"content-type": media_type}, _pieces(make(seconds)))
    answer: Json = {"audio": {"url": state.link(call, kind, text, seconds=seconds)}}
    if "qwen" in model.name:
        answer["usage"] = {"characters": len(text)}
    else:
        answer |= state.meta(model, cost, plain=True)
    return dummy_delay(body, charged(json_answer(answer), cost.headers()))


def _pieces(data: bytes) -> Iterator[Step]:
    for start in range(0, len(data), PIECE_BYTES):
        yield data[start : start + PIECE_BYTES]


def _format(body: Json, default: str) -> str:
    """The sound's format, under whatever name the vendor has for it."""
    config: Any = body.get("audio_config")
    places = [
        body.get("response_format"),
        body.get("output_format"),
        body.get("encoding"),
        body.get("format"),
        (body.get("audio_setting") or {}).get("format")
        if isinstance(body.get("audio_setting"), dict)
        else None,
        config.get("format") if isinstance(config, dict) else None,
    ]
    for word in filter(lambda one: isinstance(one, str), places):
        for name, kind in _WORDS:
            if name in str(word):
                return kind
    return default
