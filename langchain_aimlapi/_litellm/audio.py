"""``litellm.speech`` and ``litellm.transcription``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from litellm.types.llms.openai import HttpxBinaryResponseContent
from litellm.types.utils import TranscriptionResponse

from langchain_aimlapi._domain.values import Meta
from langchain_aimlapi._litellm.operations import Call, Handling
from langchain_aimlapi._litellm.replies import COST_HEADER, hidden_params
from langchain_aimlapi._litellm.tasks import Connected
from langchain_aimlapi._transport.download import adownload, download
from langchain_aimlapi._wire.fetch import FILE_LIMITS
from langchain_aimlapi.endpoints._transcript import Transcript
from langchain_aimlapi.endpoints.speech import Speech, SpeechCalls
from langchain_aimlapi.endpoints.transcription import TranscriptionCalls
from langchain_aimlapi.errors import InvalidRequestError

# --- speech -----

_SPEECH = frozenset(
    {
        "sample_rate", "language", "seed", "reference_audio", "max_characters", "output_format",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Speaking:
    """Bytes of sound: LiteLLM's clients get them, not a link."""

    def run(self, call: Call) -> HttpxBinaryResponseContent:
        """Speak, and fetch what stands behind a link."""
        connected = Connected(call)
        made = SpeechCalls(connected).create(**_speech(call))
        if made.data is not None:
            return _sound(call, made, made.data, made.content_type)
        fetched = download(made._link(), FILE_LIMITS, connected._home())
        return _sound(call, made, fetched.data, fetched.content_type)

    async def arun(self, call: Call) -> HttpxBinaryResponseContent:
        """The async twin of `run`."""
        connected = Connected(call)
        made = await SpeechCalls(connected).acreate(**_speech(call))
        if made.data is not None:
            return _sound(call, made, made.data, made.content_type)
        fetched = await adownload(made._link(), FILE_LIMITS, connected._home())
        return _sound(call, made, fetched.data, fetched.content_type)


def _speech(call: Call) -> dict[str, Any]:
    """OpenAI's names -> ours."""
    given = call.given
    named = {name: value for name, value in call.params.items() if name in _SPEECH}
    params = {name: value for name, value in call.params.items() if name not in _SPEECH}
    if given.get("response_format") is not None:
        named.setdefault("output_format", given["response_format"])
    for name in ("voice", "speed", "instructions"):
        if given.get(name) is not None:
            named[name] = given[name]
    return {
        "model": call.model, "text": given["input"], "params": params,
        "extra_body": call.extra_body, **named,
    }  # fmt: skip


def _sound(
    call: Call, made: Speech, data: bytes, content_type: str | None
) -> HttpxBinaryResponseContent:
    headers = {"content-type": content_type or "application/octet-stream"}
    content = HttpxBinaryResponseContent(httpx.Response(200, headers=headers, content=data))
    listed = call.listed(characters=len(str(call.given["input"])))
    content._hidden_params = _hidden(made.meta, listed)
    return content


def _hidden(meta: Meta, listed: float | None) -> dict[str, Any]:
    """What LiteLLM keeps beside an answer; versions differ in where they look for the charge."""
    hidden = hidden_params(meta)
    usd = hidden["additional_headers"].setdefault(COST_HEADER, listed)
    if usd is None:
        del hidden["additional_headers"][COST_HEADER]
        return hidden
    return {**hidden, "response_cost": usd}


# --- transcription -----

_TRANSCRIPTION = frozenset({"diarize", "detect_language", "punctuate", "keywords"})
_FORMATS: dict[str, Callable[[Transcript], str]] = {
    "srt": lambda heard: heard.srt(),
    "vtt": lambda heard: heard.vtt(),
}


@dataclass(frozen=True, slots=True)
class _Hearing:
    """A transcript, waited for."""

    def run(self, call: Call) -> TranscriptionResponse:
        """Order it, and wait."""
        calls = TranscriptionCalls(Connected(call))
        return _heard(call, calls.create(**_transcription(call)))

    async def arun(self, call: Call) -> TranscriptionResponse:
        """The async twin of `run`."""
        calls = TranscriptionCalls(Connected(call))
        return _heard(call, await calls.acreate(**_transcription(call)))


def _transcription(call: Call) -> dict[str, Any]:
    given = call.given
    named = {name: value for name, value in call.params.items() if name in _TRANSCRIPTION}
    params = {name: value for name, value in call.params.items() if name not in _TRANSCRIPTION}
    for name in ("language", "prompt"):
        if given.get(name) is not None:
            named[name] = given[name]
    if given.get("temperature") is not None:
        params["temperature"] = given["temperature"]
    file = given["file"]
    return {
        "model": call.model, "audio": file[1] if isinstance(file, tuple) else file,
        "params": params, "extra_body": call.extra_body, **named,
    }  # fmt: skip


def _heard(call: Call, heard: Transcript) -> TranscriptionResponse:
    wanted = str(call.given.get("response_format") or "json")
    response = TranscriptionResponse(text=_text(heard, wanted, call.model))
    if wanted == "verbose_json":
        response["task"], response["language"] = "transcribe", heard.language
        response["duration"] = heard.duration
        response["words"] = [
            {"word": word.text, "start": word.start, "end": word.end, "speaker": word.speaker}
            for word in heard.words
        ]
        response["segments"] = [
            {"id": place, "start": part.start, "end": part.end, "text": part.text}
            for place, part in enumerate(heard.segments)
        ]
    response._hidden_params = _hidden(heard.meta, call.listed(seconds=heard.duration or 0.0))
    if heard.duration is not None:
        response._hidden_params["audio_transcription_duration"] = heard.duration
    return response


def _text(heard: Transcript, wanted: str, model: str) -> str:
    if wanted in ("json", "text", "verbose_json"):
        return heard.text
    if wanted in _FORMATS:
        return _FORMATS[wanted](heard)
    raise InvalidRequestError(
        f"response_format={wanted!r} is none of json, text, srt, verbose_json, vtt",
        model=model,
        field="response_format",
    )


HANDLING = {
    "speech": Handling(
        lambda call: _Speaking(),
        frozenset({"model", "input", "voice", "response_format", "speed", "instructions", "user"}),
    ),
    "transcription": Handling(
        lambda call: _Hearing(),
        frozenset(
            {
                "model",
                "file",
                "language",
                "prompt",
                "response_format",
                "temperature",
                "user",
                "timestamp_granularities",
            }
        ),
    ),
}
