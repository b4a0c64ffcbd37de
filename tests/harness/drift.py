"""Ways in which the API changes under a running client, as APIs do between two releases of it.

Each `Drift` is a call that was right yesterday, and what the emulator does differently today. The
client has been made before: it learns of the change by the API's answer alone.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from langchain_aimlapi.emulator import Emulator, Fault
from langchain_aimlapi.emulator._core import Call
from langchain_aimlapi.emulator._errors import Envelope, Wording

CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
GPT, REASONER = "openai/gpt-4o", "openai/gpt-5-5"
Change = Callable[[Emulator], object]
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a place.",
        "parameters": {"type": "object", "properties": {"place": {"type": "string"}}},
    },
}
ANSWER: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {
        "name": "answer",
        "schema": {"type": "object", "properties": {"text": {"type": "string"}}},
    },
}


@dataclass(frozen=True, slots=True)
class Drift:
    """One change.

    Attributes:
        name: What changes, for the table.
        change: Makes the emulator behave as of today.
        sent: What the call says beside the model and the messages.
        ends: ``right``: every call is answered. Else the API's own words, which the error has.
        model: Who is called.
        only: ``stream`` or ``whole`` where the other manner does not meet the change.
    """

    name: str
    change: Change
    sent: Mapping[str, Any] = field(default_factory=dict)
    ends: str = "right"
    model: str = GPT
    only: Literal["stream", "whole"] | None = None


@contextmanager
def contract_of(api: Emulator) -> Iterator[Emulator]:
    """The emulator, whose contract is yesterday's again afterwards."""
    state, rows = api._state, dict(api.models._rows)
    form = state.envelope, state.wording, state.meta_form
    try:
        yield api.reset()
    finally:
        api.models._rows = rows
        api.models._forget()
        state.envelope, state.wording, state.meta_form = form
        api.reset()


# --- what can change -----


def takes(model: str = GPT, **changes: Any) -> Change:
    """The model's contract changes: see `Models.change`."""
    return lambda api: api.models.change(model, **changes)


def says(message: str, name: str, *, status: int = 400, body: Any = None, **more: Any) -> Change:
    """A vendor behind the gateway refuses every body that has a key, in its own words."""
    fault = Fault(status=status, message=message, body=body, **more)
    return lambda api: api.fault(fault, times=None, when=lambda call: name in _fields_of(call))


def _fields_of(call: Call) -> Mapping[str, Any]:
    is_form = call.media_type() == "multipart/form-data"
    return call.form()[0] if is_form else call.json()


def answers(**more: Any) -> Change:
    """Every answer differs: see `Fault`."""
    return lambda api: api.fault(Fault(**more), times=None)


def gone(path: str, message: str) -> Change:
    """A path does not serve the model any more."""
    return lambda api: api.fault(Fault(status=400, message=message), times=None, path=path)


def words(envelope: Envelope = "problem", wording: Wording = "fields") -> Change:
    """Errors come in another envelope or wording, and ``seed`` is refused."""

    def change(api: Emulator) -> None:
        api._state.envelope, api._state.wording = envelope, wording
        api.models.change(GPT, refuse=["seed"])

    return change


def withdrawn(api: Emulator) -> None:
    """The model leaves, and the error names another one."""
    api.models.remove(GPT, replaced_by="openai/gpt-4.1-2025-04-14")


def without_messages_of(role: str, model: str = GPT) -> Change:
    """The conversation has no such role any more."""

    def change(api: Emulator) -> None:
        fault = Fault(status=400, message=f"messages.0.role: '{role}' is not supported")
        api.fault(
            fault,
            times=None,
            when=lambda call: role in {each.get("role") for each in call.json()["messages"]},
        )

    return change


def openai_error(message: str, param: str | None) -> dict[str, Any]:
    """OpenAI's body."""
    inner = {"message": message, "type": "invalid_request_error", "param": param, "code": None}
    return {"error": inner}


def pydantic_error(name: str, message: str) -> dict[str, Any]:
    """FastAPI's body."""
    return {"detail": [{"loc": ["body", name], "msg": message, "type": "value_error"}]}


_TOOLS = {"tools": [TOOL]}
_SEED = {"seed": 7}
_UNKNOWN = "Unknown parameter: 'seed'."

DRIFTS: tuple[Drift, ...] = (
    # a parameter that was taken is refused
    *(
        Drift(f"{name} is refused", takes(refuse=[name]), {name: value})
        for name, value in {
            "temperature": 0.3,
            "top_p": 0.5,
            "seed": 7,
            "stop": ["END"],
            "user": "u",
            "presence_penalty": 0.5,
            "frequency_penalty": 0.5,
            "logit_bias": {"50256": -1},
            "max_tokens": 50,
        }.items()
    ),
    Drift("logprobs are refused", takes(refuse=["logprobs"]), {"logprobs": True}),
    Drift("service_tier is refused", takes(refuse=["service_tier"]), {"service_tier": "auto"}),
    Drift(
        "parallel_tool_calls is refused",
        takes(refuse=["parallel_tool_calls"]),
        {**_TOOLS, "parallel_tool_calls": True},
    ),
    Drift(
        "reasoning_effort is refused",
        takes(REASONER, refuse=["reasoning_effort"]),
        {"reasoning_effort": "low"},
        model=REASONER,
    ),
    Drift("stream_options is refused", takes(refuse=["stream_options"]), only="stream"),
    Drift(
        "max_tokens has another name",
        says(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
            "'max_completion_tokens' instead.",
            "max_tokens",
        ),
        {"max_tokens": 50},
    ),
    Drift(
        "two parameters are refused in one answer",
        takes(refuse=["seed", "top_p"]),
        {"seed": 7, "top_p": 0.5},
    ),
    Drift("undeclared keys are refused", takes(closed=True), {"extra_body": {"banana": 1}}),
    Drift("the object is closed, nothing undeclared is sent", takes(closed=True)),
    Drift("n is refused", takes(refuse=["n"]), {"n": 2}, "n", only="whole"),
    # values and limits
    Drift(
        "the efforts change",
        takes(REASONER, enums={"reasoning_effort": ["low", "high"]}),
        {"reasoning_effort": "medium"},
        model=REASONER,
    ),
    Drift(
        "no effort but one",
        takes(REASONER, enums={"reasoning_effort": ["high"]}),
        {"reasoning_effort": "low"},
        model=REASONER,
    ),
    Drift(
        "the service tiers change",
        takes(enums={"service_tier": ["flex"]}),
        {"service_tier": "auto"},
    ),
    Drift("temperature ends at 1", takes(limits={"temperature": (0, 1)}), {"temperature": 1.5}),
    Drift(
        "temperature begins at 0.5", takes(limits={"temperature": (0.5, 2)}), {"temperature": 0.1}
    ),
    Drift("top_p ends at 0.9", takes(limits={"top_p": (0.01, 0.9)}), {"top_p": 1.0}),
    Drift("max_tokens ends at 100", takes(limits={"max_tokens": (1, 100)}), {"max_tokens": 4000}),
    Drift("seed ends at 5", takes(limits={"seed": (1, 5)}), _SEED),
    Drift(
        "penalties end at 0", takes(limits={"presence_penalty": (-2, 0)}), {"presence_penalty": 1.0}
    ),
    Drift(
        "one value only",
        says(
            "Unsupported value: 'temperature' does not support 0.3 with this model. Only the "
            "default (1) value is supported.",
            "temperature",
        ),
        {"temperature": 0.3},
    ),
    Drift(
        "a range in a vendor's words",
        says("Range of max_tokens should be [1, 100]", "max_tokens"),
        {"max_tokens": 50},
        ends="Range",
    ),
    Drift(
        "a choice of a tool that is not taken",
        takes(enums={"tool_choice": ["auto", "none"]}),
        {**_TOOLS, "tool_choice": "required"},
        "tool_choice",
    ),
    # required parameters
    Drift("user must be there", takes(require=["user"]), ends="user"),
    Drift("metadata must be there", takes(require=["metadata"]), ends="metadata"),
    Drift("seed must be there, and is", takes(require=["seed"]), _SEED),
    # tools and the form of answers
    Drift("tools are refused", takes(refuse=["tools"]), _TOOLS, "tools"),
    Drift(
        "tools are the gateway's only",
        takes(enums={"tools": [[{"type": "gateway"}]]}),
        _TOOLS,
        "tools",
    ),
    Drift(
        "response_format is refused",
        takes(refuse=["response_format"]),
        {"response_format": ANSWER},
        "response_format",
    ),
    Drift("no system role", without_messages_of("user"), ends="messages.0.role"),
    # paths and ids
    Drift(
        "the path is withdrawn",
        gone(CHAT, "This model is only supported in v1/responses and not in v1/chat/completions."),
    ),
    Drift(
        "the gateway's words for a path",
        gone(CHAT, f"Model {GPT} is not available on /v1/chat/completions"),
    ),
    Drift(
        "the path is withdrawn, and there is no other",
        gone("/v1/", "Model x is not available on /v1/chat/completions"),
        ends="not available",
    ),
    Drift("the model is withdrawn", withdrawn, ends="no longer available"),
    # errors in other words and envelopes
    Drift("the older envelope", words("flat"), _SEED),
    Drift("the documented two lines", words("flat", "documented"), _SEED),
    Drift("the wording seen on production", words("problem", "validation"), _SEED),
    Drift("OpenAI's body", says("", "seed", body=openai_error(_UNKNOWN, "seed")), _SEED),
    Drift("OpenAI's body, quoted", says(_UNKNOWN, "seed", shape="upstream"), _SEED),
    Drift("Anthropic's words", says("seed: Extra inputs are not permitted", "seed"), _SEED),
    Drift(
        "FastAPI's body and status",
        says("", "seed", status=422, body=pydantic_error("seed", "Extra inputs are not permitted")),
        _SEED,
    ),
    Drift(
        "plain text",
        says("logprobs is not supported by this model", "logprobs", shape="plain"),
        {"logprobs": True},
    ),
    Drift("a refusal without a reason", says("Bad Request", "seed"), _SEED, "Bad Request"),
    Drift("a riddle", says("", "seed", body={"code": 7}), _SEED, "400|Bad|code"),
    # answers
    Drift("a new field in answers", answers(add={"novelty": {"a": [1, None]}})),
    Drift("a new field of a known name's kind", answers(add={"usage_v2": 7, "choice": None})),
    *(
        Drift(f"answers without {name}", answers(drop=(name,)))
        for name in ("usage", "meta", "id", "created", "object", "model")
    ),
    Drift("comments between events", answers(comments="PROCESSING"), only="stream"),
    Drift("white space before the answer", answers(keep_alive=0.02, keep_alive_every=0.01)),
    Drift("compressed answers", answers(encoding="gzip")),
    Drift("no streams", answers(refuse_stream=True), only="stream"),
    Drift("a whole answer where a stream was wanted", answers(as_json=True), only="stream"),
    # the account
    Drift("the key is refused", answers(status=401), ends="API key"),
    Drift("no credit is left", answers(status=403), ends="credits"),
    Drift("the model is under maintenance", answers(status=503), ends="unavailable|maintenance"),
)


# --- endpoints beside chat -----


@dataclass(frozen=True, slots=True)
class EndpointDrift:
    """One change to an endpoint beside chat.

    Attributes:
        name: What changes.
        method: The client's method, such as ``images.generate``; its async twin has an ``a``.
        path: The URL's path of the request that changes.
        change: As for `Drift`.
        sent: Every argument of the call.
        ends: As for `Drift`.
    """

    name: str
    method: str
    path: str
    change: Change
    sent: Mapping[str, Any]
    ends: str = "right"


EMBEDDINGS, IMAGES = "/v1/embeddings", "/v1/images/generations"
EDITS, STT, TTS, OCR = "/v1/images/edits", "/v1/stt/create", "/v1/tts", "/v1/ocr"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
VIDEO, MUSIC = "/v2/video/generations", "/v2/generate/audio"
_VECTORS = {"model": "openai/text-embedding-3-small", "input": ["a"]}
_PICTURE = {"model": "flux/schnell", "prompt": "a cat", "seed": 7}
_FILM = {"model": "minimax/hailuo-02", "prompt": "a cat", "params": {"prompt_optimizer": True}}
_SOUND = {"model": "#g1_whisper-large", "audio": b"RIFF____WAVE"}
_EDIT = {"model": "openai/gpt-image-1", "prompt": "Make it blue.", "image": PIXEL}
_SPEECH = {"model": "openai/tts-1", "text": "Hello there.", "voice": "alloy"}
_PAPER = {"model": "mistral/mistral-ocr-latest", "document": "https://example.com/a.pdf"}
_SONG = {
    "model": "minimax/music-2.0",
    "prompt": "a slow song about rivers",
    "lyrics": "The river runs, the river runs",
    "params": {"audio_setting": {"format": "mp3", "bitrate": 128000}},
}


def _calls(method: str, path: str, order: Mapping[str, Any]) -> Callable[..., EndpointDrift]:
    """Makes changes to one endpoint: ``(name, change, ends, further arguments of the call)``."""

    def made(name: str, change: Change, ends: str = "right", **more: Any) -> EndpointDrift:
        return EndpointDrift(name, method, path, change, {**order, **more}, ends)

    return made


_embeddings = _calls("embeddings", EMBEDDINGS, _VECTORS)
_image = _calls("images.generate", IMAGES, _PICTURE)
_video = _calls("video.submit", VIDEO, _FILM)
_music = _calls("music.submit", MUSIC, _SONG)
_sound = _calls("transcription.submit", STT, _SOUND)
_edit = _calls("images.edit", EDITS, _EDIT)
_speech = _calls("speech.create", TTS, _SPEECH)
_paper = _calls("ocr", OCR, _PAPER)


def _changed(model: Mapping[str, Any], path: str, **changes: Any) -> Change:
    return takes(str(model["model"]), path=path, **changes)


def _in_the_older_envelope(change: Change) -> Change:
    def changed(api: Emulator) -> None:
        api._state.envelope = "flat"
        change(api)

    return changed


ENDPOINT_DRIFTS: tuple[EndpointDrift, ...] = (
    _embeddings("a user is refused", _changed(_VECTORS, EMBEDDINGS, refuse=["user"]), user="u"),
    _embeddings(
        "base64 is refused", _changed(_VECTORS, EMBEDDINGS, enums={"encoding_format": ["float"]})
    ),
    _embeddings(
        "encoding_format is refused", _changed(_VECTORS, EMBEDDINGS, refuse=["encoding_format"])
    ),
    _embeddings(
        "dimensions are refused",
        _changed(_VECTORS, EMBEDDINGS, refuse=["dimensions"]),
        "dimensions",
        dimensions=256,
    ),
    _embeddings("a new field in answers", answers(add={"novelty": 1})),
    _embeddings("answers without usage", answers(drop=("usage",))),
    _embeddings(
        "the model is withdrawn",
        lambda api: api.models.remove(str(_VECTORS["model"])),
        "no longer available",
    ),
    _embeddings("OpenAI's words", says("Unknown parameter: 'user'.", "user"), user="u"),
    _image("a seed is refused", _changed(_PICTURE, IMAGES, refuse=["seed"])),
    _image("a seed in a vendor's words", says("Unknown parameter: 'seed'.", "seed")),
    _image(
        "steps end at 2",
        _changed(_PICTURE, IMAGES, limits={"num_inference_steps": (1, 2)}),
        params={"num_inference_steps": 4},
    ),
    _image(
        "a size is not made any more",
        _changed(_PICTURE, IMAGES, enums={"image_size": ["square"]}),
        "image_size",
        size="landscape_16_9",
    ),
    _image(
        "fewer images at once",
        _changed(_PICTURE, IMAGES, limits={"num_images": (1, 1)}),
        "num_images",
        n=2,
    ),
    _image("a new field in answers", answers(add={"novelty": {"a": 1}})),
    _image("answers without meta", answers(drop=("meta",))),
    _image(
        "the model is withdrawn",
        lambda api: api.models.remove("flux/schnell"),
        "no longer available",
    ),
    _video("a switch is refused", _changed(_FILM, VIDEO, refuse=["prompt_optimizer"])),
    _video(
        "a length is not made any more",
        _changed(_FILM, VIDEO, enums={"duration": [10]}),
        "duration",
        duration=6,
    ),
    _video("a new field in answers", answers(add={"novelty": [1]})),
    _video("a field is required", _changed(_FILM, VIDEO, require=["mood"]), "mood"),
    _music("the settings are refused", _changed(_SONG, MUSIC, refuse=["audio_setting"])),
    _music("lyrics are refused", _changed(_SONG, MUSIC, refuse=["lyrics"]), "lyrics"),
    _music(
        "the older envelope",
        _in_the_older_envelope(_changed(_SONG, MUSIC, refuse=["audio_setting"])),
    ),
    _sound(
        "punctuation is not set any more in an upload",
        _changed(_SOUND, STT, refuse=["punctuate"]),
        punctuate=True,
    ),
    _sound(
        "an upload in a vendor's words",
        says("Unknown parameter: 'temperature'.", "temperature"),
        params={"temperature": 0.5},
    ),
    _sound(
        "a link is taken, a switch is not",
        _changed(_SOUND, STT, refuse=["punctuate"]),
        audio="https://example.com/a.mp3",
        punctuate=True,
    ),
    _edit(
        "a quality is refused in an upload",
        _changed(_EDIT, EDITS, refuse=["quality"]),
        quality="low",
    ),
    _edit(
        "a size is not made any more",
        _changed(_EDIT, EDITS, enums={"size": ["1536x1024"]}),
        "size",
        size="1024x1024",
    ),
    _speech("a speed is refused", _changed(_SPEECH, TTS, refuse=["speed"]), speed=1.5),
    _speech("a voice is gone", _changed(_SPEECH, TTS, enums={"voice": ["nova"]}), "voice"),
    _paper(
        "a switch is refused",
        _changed(_PAPER, OCR, refuse=["include_image_base64"]),
        params={"include_image_base64": True},
    ),
)
