"""POST /v1/stt/create and GET /v1/stt/{id}: transcripts in each vendor's own shape."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from langchain_aimlapi.emulator._core import Answer, Call, Json, Upload, json_answer
from langchain_aimlapi.emulator._forms import job_form
from langchain_aimlapi.emulator._generation import find_job, new_job
from langchain_aimlapi.emulator._jobs import COMPLETED, FAILED, Job
from langchain_aimlapi.emulator._ledger import Cost, count_tokens
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State
from langchain_aimlapi.emulator._validate import check, find_model, refuse
from langchain_aimlapi.emulator.contract.schema import Issue

PATH = "/v1/stt/create"
PRICE = Decimal("0.0011")
SECONDS = 11
_SOURCES = ("url", "audio", "file")
_OPENAI = re.compile(r"gpt-4o|whisper-1|mai-|glm|openai/")
_ASSEMBLY = re.compile(r"slam|universal|aai/|assembly")


@route("POST", PATH, "/stt/create", inference=True)
def create(call: Call, state: State) -> Answer:
    """Starts a transcript of a linked or uploaded sound."""
    body, files = _body(call)
    model = find_model(state, body, PATH)
    check(state, model, PATH, body)
    _check_source(body, files)
    name = files[0].filename if files else str(body.get("url", "audio")).rpartition("/")[2]

    def make(job: Job) -> Json:
        return {"result": _transcript(call, state, job, name)}

    cost = Cost.of(PRICE)
    job = new_job(call, state, "stt", {**body, "model": model.name}, make=make, cost=cost)
    answer: Json = {"generation_id": job.id}
    if job_form("stt", model.name).id == "nano":
        answer["status"] = job.status
    return json_answer(answer, headers={"x-inference-id": job.id})


@route("POST", "/v1/stt", inference=True)
def at_once(call: Call, state: State) -> Answer:
    """The old form: the transcript in the answer itself."""
    body, files = _body(call)
    model = find_model(state, body, PATH)
    _check_source(body, files)
    name = files[0].filename if files else str(body.get("url", "audio")).rpartition("/")[2]
    job = new_job(
        call,
        state,
        "stt",
        {**body, "model": model.name},
        make=lambda made: _transcript(call, state, made, name),
        cost=Cost.of(PRICE),
    )
    return json_answer(state.jobs.finish(job.id).result)


@route("GET", "/v1/stt/*", "/stt/*", inference=True)
def fetch(call: Call, state: State) -> Answer:
    """How far a transcript is, and its text when it is done."""
    job = find_job(call, state, "stt", call.path.rpartition("/stt/")[2])
    answer: Json = {"status": job.word}
    if job.status == COMPLETED:
        answer |= job.result or {}
    elif job.status == FAILED:
        answer["error"] = job.error
    return json_answer(answer, headers={"x-inference-id": job.id})


def _body(call: Call) -> tuple[Json, list[Upload]]:
    if call.media_type() != "multipart/form-data":
        return call.json(), []
    fields, files = call.form()
    return {name: _value(value) for name, value in fields.items()}, files


def _value(value: Any) -> object:
    """Form fields are text; the API reads booleans and numbers from them."""
    if not isinstance(value, str):
        return value
    if value in ("true", "false"):
        return value == "true"
    return float(value) if re.fullmatch(r"\d+\.\d+", value) else _whole(value)


def _whole(value: str) -> int | str:
    return int(value) if value.isdecimal() and len(value) < 16 else value


def _check_source(body: Json, files: list[Upload]) -> None:
    """Exactly one of a link and an upload."""
    sources = {name for name in _SOURCES if body.get(name)} | {file.field for file in files}
    if not sources & set(_SOURCES):
        refuse([Issue("url", "Required")])
    if len(sources) > 1:
        refuse([Issue("", f"Only one of {', '.join(sorted(sources))} is allowed")])


# --- each vendor's result -----


def _transcript(call: Call, state: State, job: Job, name: str) -> Json:
    text = state.transcript(call, job.body, name)
    if _ASSEMBLY.search(job.model):
        return _assembly(state, job, text)
    if _OPENAI.search(job.model):
        return _openai(job, text)
    return _deepgram(state, job, text)


def _openai(job: Job, text: str) -> Json:
    if "mai-" in job.model:
        return {"text": text, "usage": {"seconds": SECONDS, "cost": float(PRICE)}}
    output = count_tokens(text)
    usage = {
        "type": "tokens",
        "total_tokens": 100 + output,
        "input_tokens": 100,
        "input_token_details": {"text_tokens": 0, "audio_tokens": 100},
        "output_tokens": output,
    }
    return {"text": text, "usage": usage}


def _deepgram(state: State, job: Job, text: str) -> Json:
    name = job.model.rpartition("/")[2].removeprefix("#g1_")
    split = text.split()
    words = []
    for place, word in enumerate(split):
        start = round(SECONDS * place / len(split), 2)
        spoken: Json = {
            "word": re.sub(r"\W", "", word.lower()),
            "start": start,
            "end": round(start + 0.3, 2),
            "confidence": 0.99,
            "punctuated_word": word,
        }
        words.append({**spoken, "speaker": 0} if job.body.get("diarize") else spoken)
    alternative: Json = {"transcript": text, "confidence": 0.9921875, "words": words}
    return {
        "metadata": {
            "transaction_key": "deprecated",
            "request_id": state.ids.uuid(),
            "sha256": state.ids.hex(64),
            "created": state.moment(),
            "duration": float(SECONDS),
            "channels": 1,
            "models": [name],
            "model_info": {name: {"name": name, "version": "2024-12-18.0", "arch": name[:6]}},
        },
        "results": {"channels": [{"alternatives": [alternative]}]},
    }


_ASSEMBLY_EMPTY = [
    "utterances",
    "dual_channel",
    "webhook_url",
    "webhook_status_code",
    "auto_highlights_result",
    "audio_start_from",
    "audio_end_at",
    "boost_param",
    "prompt",
    "redact_pii_policies",
    "redact_pii_sub",
    "speaker_options",
    "language_confidence",
    "custom_spelling",
    "summary_type",
    "summary_model",
    "speech_threshold",
    "chapters",
    "sentiment_analysis_results",
    "entities",
    "speakers_expected",
    "summary",
]
_ASSEMBLY_OFF = [
    "webhook_auth",
    "speed_boost",
    "auto_highlights",
    "filter_profanity",
    "redact_pii",
    "redact_pii_audio",
    "speaker_labels",
    "content_safety",
    "iab_categories",
    "language_detection",
    "throttled",
    "auto_chapters",
    "summarization",
    "custom_topics",
    "disfluencies",
    "entity_detection",
    "sentiment_analysis",
]


def _assembly(state: State, job: Job, text: str) -> Json:
    split = text.split()
    words = [
        {
            "text": word,
            "start": 1000 * SECONDS * place // len(split),
            "end": 1000 * SECONDS * place // len(split) + 300,
            "confidence": 0.99,
            "speaker": "A" if job.body.get("speaker_labels") else None,
        }
        for place, word in enumerate(split)
    ]
    return {
        "id": state.ids.uuid(),
        "language_model": "assemblyai_default",
        "acoustic_model": "assemblyai_default",
        "language_code": job.body.get("language_code", "en_us"),
        "status": "completed",
        "audio_url": job.body.get("url"),
        "text": text,
        "words": words,
        "confidence": 0.99,
        "audio_duration": SECONDS,
        "punctuate": job.body.get("punctuate", True),
        "format_text": job.body.get("format_text", True),
        **dict.fromkeys(_ASSEMBLY_EMPTY),
        **{name: bool(job.body.get(name)) for name in _ASSEMBLY_OFF},
        "speech_model": job.model.rpartition("/")[2],
    }
