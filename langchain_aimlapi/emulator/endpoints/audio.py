"""POST and GET /v2/generate/audio: music, with MiniMax's uploads and preparation of a cover."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from langchain_aimlapi.emulator._core import Answer, Call, Json, json_answer
from langchain_aimlapi.emulator._forms import job_form
from langchain_aimlapi.emulator._generation import poll, submit
from langchain_aimlapi.emulator._jobs import Job
from langchain_aimlapi.emulator._ledger import Cost
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State, charged
from langchain_aimlapi.emulator._validate import find_model, refuse
from langchain_aimlapi.emulator.contract.schema import Issue, enum_text

PATH = "/v2/generate/audio"
PRICE = Decimal("0.039")
DEFAULT_SECONDS = 30.0
PURPOSES = ("song", "voice", "instrumental")


@route("POST", PATH, "/generate/audio", "/v2/generate/audio/minimax/generate", inference=True)
def create(call: Call, state: State) -> Answer:
    """Starts a piece of music."""

    def make(job: Job) -> Json:
        return _result(call, state, job)

    # The gateway's OpenAPI of 2026-08-30: a song that was prepared stands for its link.
    return submit(
        call, state, "audio", PATH,
        make=make,
        price=lambda body: Cost.of(PRICE),
        stands_for={"cover_feature_id": "reference_audio_url"},
    )  # fmt: skip


@route("GET", PATH, "/generate/audio", inference=True)
def fetch(call: Call, state: State) -> Answer:
    """How far a piece is, and its link when it is done."""
    return poll(call, state, "audio")


def _seconds(body: Json) -> float:
    values: list[tuple[Any, float]] = [
        (body.get("music_length_ms"), 1000.0),
        (body.get("seconds_total"), 1.0),
        (body.get("duration"), 1.0),
    ]
    for value, unit in values:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return min(max(value / unit, 0.1), 300.0)
    return DEFAULT_SECONDS


def _result(call: Call, state: State, job: Job) -> Json:
    setting = job.body.get("audio_setting")
    wanted = setting.get("format") if isinstance(setting, dict) else None
    kind = wanted if wanted in ("mp3", "wav", "pcm") else "mp3"
    seconds = _seconds(job.body)
    url = state.link(call, kind, f"{job.id} {job.body.get('prompt')}", seconds=seconds)
    result: Json = {"audio_file": {"url": url}}
    if job.model.endswith(("music-1.5", "music-2.0")):
        result["extra_info"] = {
            "music_duration": round(seconds * 1000),
            "music_sample_rate": 44100,
            "music_channel": 2,
            "bitrate": 256000,
            "music_size": 0,
        }
        result["trace_id"] = state.ids.hex(32)
    if not job_form("audio", job.model).meta:
        return result
    return {**result, "meta": Cost.of(PRICE).meta()}


@route("POST", "/v2/generate/audio/minimax/upload")
def upload(call: Call, state: State) -> Answer:
    """A song, a voice or an accompaniment to be used in later music."""
    fields, files = call.form() if call.media_type() == "multipart/form-data" else (call.json(), [])
    purpose = fields.get("purpose")
    if not files and "file" not in fields:
        refuse([Issue("file", "Required")])
    if purpose not in PURPOSES:
        refuse([Issue("purpose", enum_text(PURPOSES, purpose))])
    stamp = f"{state.moment()[:19].translate(str.maketrans('', '', '-:T'))}{state.ids.digits(2)}"
    answer: Json = {}
    if purpose in ("song", "voice"):
        answer["voice_id"] = f"vocal-{stamp}-{state.ids.base62(8)}"
    if purpose in ("song", "instrumental"):
        answer["instrumental_id"] = f"instrumental-{stamp}-{state.ids.base62(8)}"
    answer["trace_id"] = state.ids.hex(32)
    answer["base_resp"] = {"status_code": 0, "status_msg": "success"}
    return json_answer(answer)


@route("POST", f"{PATH}/preprocess", "/generate/audio/preprocess", inference=True)
def preprocess(call: Call, state: State) -> Answer:
    """Takes a song apart, so that a cover of it can be made with other words."""
    body = call.json()
    model = find_model(state, body, PATH)
    if not isinstance(body.get("reference_audio_url"), str):
        refuse([Issue("reference_audio_url", "Required")])
    structure = {
        "num_segments": 2,
        "segments": [
            {"start": 0.0, "end": 15.0, "label": "verse"},
            {"start": 15.0, "end": DEFAULT_SECONDS, "label": "chorus"},
        ],
    }
    cost = state.settle(call, model.id, Cost.of(PRICE / 10))
    answer = {
        "cover_feature_id": state.ids.hex(32),
        "formatted_lyrics": "[Verse]\nThe first line of the song\n[Chorus]\nThe line that returns",
        "structure_result": json.dumps(structure),
        "audio_duration": DEFAULT_SECONDS,
    }
    return charged(json_answer(answer), cost.headers())
