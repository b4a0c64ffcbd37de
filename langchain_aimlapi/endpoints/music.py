"""Music from prompts, lyrics and other music: every music model under one set of names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, ClassVar, Literal

from langchain_aimlapi._domain.values import Meta
from langchain_aimlapi._fitting.attachments import Slot
from langchain_aimlapi._fitting.checks import check_model, check_number, check_text
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import match
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Request, Response
from langchain_aimlapi.catalog.facts import Param, Shape
from langchain_aimlapi.endpoints import (
    AsyncCall,
    AsyncCheck,
    AsyncSubmit,
    Context,
    JobCalls,
    JobKind,
    JobState,
    Json,
    Plan,
    Progress,
    Result,
    SyncCall,
    SyncCheck,
    SyncSubmit,
    once,
    only,
    order,
    plan_made,
    read_meta,
    read_object,
    unknown_shape,
)
from langchain_aimlapi.endpoints._media import Media
from langchain_aimlapi.endpoints._sources import Sources, form_of, read_sources
from langchain_aimlapi.endpoints._states import links_in, media_type_in, read_state, size_in
from langchain_aimlapi.endpoints._vocabulary import MediaCall, Vocabulary
from langchain_aimlapi.errors import InvalidRequestError

__all__ = ["CoverFeatures", "Music", "MusicCalls", "Upload", "plan_music", "plan_submit"]

AUDIO = "/v2/generate/audio"
UPLOAD = "/v2/generate/audio/minimax/upload"
PREPROCESS = "/v2/generate/audio/preprocess"

_REFERENCE = Slot(
    "reference_audio", "music to follow", "audio", one=("reference_audio_url", "audio_url")
)
_IMPLIED = {"instrumental": (False,), "output_format": ("mp3",)}
_SETTINGS = {"output_format": ("format",), "bitrate": ("bitrate",),
             "sample_rate": ("sample_rate", "audio_sample_rate")}  # fmt: skip
_SECONDS = {"music_length_ms": 1000, "seconds_total": 1, "duration": 1}
"""Names of the length, and how many of its unit are a second."""


@dataclass(frozen=True, slots=True)
class Music(Media):
    """A piece of music, behind a link; save it soon, some links are valid for a day.

    Attributes:
        url: Where it is.
        urls: All links, where the model makes several pieces.
        content_type: Its media type, where it is known.
        size_bytes: Its length in bytes, where the API tells.
        duration: Seconds, where the API tells.
        sample_rate: Hertz, where the API tells.
        bitrate: Bits a second, where the API tells.
        channels: 1 or 2, where the API tells.
        lyrics: The words that are sung, where the API tells.
    """

    mount: ClassVar = "music"
    urls: tuple[str, ...] = ()
    duration: float | None = None
    sample_rate: int | None = None
    bitrate: int | None = None
    channels: int | None = None
    lyrics: str | None = None


@dataclass(frozen=True, slots=True)
class Upload(Result):
    """An uploaded recording that later music can follow.

    Attributes:
        voice_id: For ``params={"refer_voice": ...}``.
        instrumental_id: For ``params={"refer_instrumental": ...}``.
    """

    voice_id: str | None = None
    instrumental_id: str | None = None


@dataclass(frozen=True, slots=True)
class CoverFeatures(Result):
    """The features of a song, so that a cover of it can be made with other lyrics.

    Attributes:
        cover_feature_id: For `MusicCalls.submit`; valid for 24 hours.
        lyrics: Its words, as the model heard them.
        structure: Its sections, as JSON text.
        duration: Seconds.
    """

    cover_feature_id: str = ""
    lyrics: str | None = None
    structure: str | None = None
    duration: float | None = None


def plan_submit(
    context: Context,
    *,
    model: str,
    prompt: str | None = None,
    lyrics: str | None = None,
    reference_audio: Sources | None = None,
    cover_feature_id: str | None = None,
    duration: float | None = None,
    instrumental: bool | None = None,
    negative_prompt: str | None = None,
    seed: int | None = None,
    output_format: str | None = None,
    sample_rate: int | None = None,
    bitrate: int | None = None,
    params: Mapping[str, object] | None = None,
    extra_body: Mapping[str, object] | None = None,
) -> Plan[JobState[Music]]:
    """Order music and return at once, with its job.

    A submit is never sent twice once the API may have accepted it, so nothing is bought twice.

    Args:
        model: Id of a music model, such as ``"minimax/music-2.6"``.
        prompt: What it should sound like.
        lyrics: The words to sing, with marks such as ``[Verse]``.
        reference_audio: Music to follow: URL, ``data:`` URL, bytes, open binary file,
            `pathlib.Path`, or a `Music` of an earlier answer.
        cover_feature_id: Of `MusicCalls.preprocess`, in place of ``reference_audio``.
        duration: Seconds.
        instrumental: True for music without a voice.
        negative_prompt: What it should not sound like.
        seed: For repeatable music.
        output_format: ``"mp3"``, ``"wav"`` or ``"pcm"``.
        sample_rate: Hertz.
        bitrate: Bits a second.
        params: Further parameters by the model's own names.
        extra_body: Goes into the request body verbatim, last.

    Returns:
        A `Job`: ``job.result()`` waits for the `Music`; ``client.music.resume(job.id)`` finds it
        again, from another process too.

    Raises:
        UnsupportedFeatureError: the model has no such length, format or input; names its choices.
        InvalidRequestError: an argument is missing or of the wrong kind; names it.

    Wire: POST ``/v2/generate/audio`` ``{model, prompt, lyrics, reference_audio_url,
    music_length_ms | seconds_total, audio_setting, ...}`` -> ``{id, status, meta}``.
    Source: the music model pages of docs.aimlapi.com, read 2026-08-21; the gateway's OpenAPI of
    2026-08-30.
    """
    check_text("lyrics", lyrics, model)
    named = {
        "lyrics": lyrics,
        "cover_feature_id": cover_feature_id,
        "duration": check_number("duration", duration, model, unit="seconds"),
        "instrumental": instrumental,
        "negative_prompt": negative_prompt,
        "seed": check_number("seed", seed, model, is_whole=True),
        "output_format": output_format,
        "sample_rate": check_number("sample_rate", sample_rate, model, unit="hertz"),
        "bitrate": check_number("bitrate", bitrate, model, unit="bits a second"),
    }
    files = {"reference_audio": reference_audio}
    call = MediaCall.of(model, prompt, named, files=files, params=params, extra_body=extra_body)
    instead = {"cover_feature_id": "reference_audio_url"}
    request, notes = WORDS.request(context, call, instead=instead)
    step = order(request, parse_music, context.mend(request, notes))
    return Plan([step], only, model=call.model, notes=notes)


def plan_music(
    context: Context,
    *,
    model: str,
    prompt: str | None = None,
    lyrics: str | None = None,
    reference_audio: Sources | None = None,
    cover_feature_id: str | None = None,
    duration: float | None = None,
    instrumental: bool | None = None,
    negative_prompt: str | None = None,
    seed: int | None = None,
    output_format: str | None = None,
    sample_rate: int | None = None,
    bitrate: int | None = None,
    params: Mapping[str, object] | None = None,
    extra_body: Mapping[str, object] | None = None,
    timeout: float | None = None,
    progress: Progress | None = None,
) -> Plan[Music]:
    """Make music from a prompt, lyrics or other music, and wait for it.

    Args:
        timeout: Seconds to wait. Default: half an hour. The error of a time-out has the job's id.
        progress: Called after each poll with (status, fraction or None, seconds).

    The other arguments are those of `MusicCalls.submit`.

    Raises:
        JobFailedError: the API says that it could not be made; failures are not charged.
        JobTimeoutError: it is not done in time. The job goes on; the error says how to resume it.

    Wire: as `MusicCalls.submit`, then GET ``/v2/generate/audio?generation_id=`` until the status
    is completed or error.
    Source: the music model pages of docs.aimlapi.com, read 2026-08-21.
    """
    placed = plan_submit(
        context, model=model, prompt=prompt, lyrics=lyrics, reference_audio=reference_audio,
        cover_feature_id=cover_feature_id, duration=duration, instrumental=instrumental,
        negative_prompt=negative_prompt, seed=seed, output_format=output_format,
        sample_rate=sample_rate, bitrate=bitrate, params=params, extra_body=extra_body,
    )  # fmt: skip
    return plan_made(context, KIND, placed, timeout=timeout, progress=progress)


def plan_upload(
    context: Context,
    *,
    file: bytes | Path | IO[bytes],
    purpose: Literal["song", "voice", "instrumental"],
    extra_body: Mapping[str, object] | None = None,
) -> Plan[Upload]:
    """Upload a recording for MiniMax's music to follow.

    Args:
        file: The recording: bytes, open binary file, or `pathlib.Path`.
        purpose: ``"song"`` for its voice and its instruments, or one of them.
        extra_body: Goes into the form verbatim, last.

    Wire: POST ``/v2/generate/audio/minimax/upload`` as multipart/form-data with ``file`` and
    ``purpose`` -> ``{voice_id, instrumental_id, trace_id, base_resp}``.
    Source: the MiniMax music page of docs.aimlapi.com, read 2026-08-21.
    """
    (found,) = read_sources("file", file, "audio", None)
    if found.data is None:
        raise InvalidRequestError(
            "file is a link, and an upload needs the content",
            advice="fetch it first: langchain_aimlapi.downloads.download(url).data",
            field="file",
        )
    fields = {"purpose": purpose, **(extra_body or {})}
    request = context.form_request(UPLOAD, form_of(fields, [("file", found)]))
    return Plan([once(request, parse_upload, repeat_lost=False)], only)


def plan_preprocess(
    context: Context,
    *,
    model: str = "minimax/music-cover",
    reference_audio: Sources,
    extra_body: Mapping[str, object] | None = None,
) -> Plan[CoverFeatures]:
    """Extract the features of a song, so that a cover of it can be made with other lyrics.

    Args:
        model: Id of a model for covers.
        reference_audio: The song, 6 seconds to 6 minutes, with a voice; as for
            `MusicCalls.submit`.
        extra_body: Goes into the request body verbatim, last.

    Returns:
        `CoverFeatures`, whose id is valid for 24 hours.

    Wire: POST ``/v2/generate/audio/preprocess`` ``{model, reference_audio_url}`` ->
    ``{cover_feature_id, formatted_lyrics, structure_result, audio_duration}``.
    Source: the gateway's OpenAPI of 2026-08-30.
    """
    check_model(model)
    (found,) = read_sources("reference_audio", reference_audio, "audio", model)
    body = {"model": model, "reference_audio_url": found.as_url(), **(extra_body or {})}
    request = context.json_request(PREPROCESS, body, model=model)
    return Plan([once(request, parse_features, repeat_lost=False)], only, model=model)


# --- what goes out -----


def _prepared(arguments: dict[str, Any], shape: Shape, notes: Notes) -> dict[str, object]:
    """Lengths in the model's own unit, and the form of the sound where the model keeps it."""
    params = shape.params or {}
    arguments = dict(arguments)
    key = next((name for name in _SECONDS if name in params), None)
    if key is not None and key != "duration" and arguments.get("duration") is not None:
        arguments[key] = _length(arguments.pop("duration"), key, params[key], notes)
    settings = params.get("audio_setting")
    if settings is None:
        return arguments
    inside: dict[str, Any] = dict(arguments.pop("audio_setting", None) or {})
    for name, spellings in _SETTINGS.items():
        found = next((each for each in spellings if each in settings.properties), None)
        if found is not None and arguments.get(name) is not None:
            value = _listed(name, arguments.pop(name), settings.properties[found], notes)
            inside.setdefault(found, value)
    if inside:
        for name in settings.required:
            inside.setdefault(name, (settings.properties[name].enum or ("mp3",))[0])
        arguments["audio_setting"] = inside
    return arguments


def _listed(name: str, value: object, facts: Param, notes: Notes) -> object:
    """The option of the model that a value spells; another value is an error."""
    found = match(value, facts.enum)
    if found is None and facts.enum is not None and notes.policy != "send":
        raise notes.impossible(
            name,
            f"it takes {', '.join(map(repr, facts.enum))}, not {value!r}",
            f"choose another {name}, or another model",
        )
    return value if found is None else found


def _length(duration: float, key: str, facts: Param, notes: Notes) -> float:
    """Seconds in the model's unit; what it cannot make is an error in seconds."""
    unit = _SECONDS[key]
    length = duration * unit
    low, high = facts.minimum or 0, facts.maximum or float("inf")
    if not low <= length <= high and notes.policy != "send":
        raise notes.impossible(
            "duration",
            f"it takes {low / unit:g} to {high / unit:g} seconds, not {duration:g}",
            "choose another duration, or another model",
        )
    if float(length).is_integer():
        return int(length)
    if facts.types == ("integer",) and notes.policy != "send":
        raise notes.impossible("duration", f"it takes whole seconds, not {duration:g}")
    return length


WORDS = Vocabulary(
    kind="audio",
    path=AUDIO,
    slots=((_REFERENCE, "audio"),),
    common=frozenset({
        "prompt", "lyrics", "duration", "instrumental", "negative_prompt", "seed",
        "output_format", "sample_rate", "bitrate", "steps", "write_lyrics",
    }),
    spellings={
        "instrumental": ("is_instrumental", "instrumental"),
        "write_lyrics": ("lyrics_optimizer", "write_lyrics"),
    },
    implied=_IMPLIED,
    exact=frozenset({"duration", "output_format"}),
    prepare=_prepared,
    older_paths="/v2/generate/audio/",
)  # fmt: skip


# --- what comes back -----


def poll_music(context: Context, job: str, model: str | None) -> Request:
    """The request that asks for the state of a piece of music."""
    return context.request("GET", AUDIO, query=[("generation_id", job)])


def parse_music(response: Response, policy: Policy) -> JobState[Music]:
    """The state of a piece of music."""

    def make(body: Json, meta: Meta) -> Music | None:
        links = list(links_in(body.get("audio_file") or body.get("audio")))
        if not links:
            return None
        details = body.get("extra_info")
        info: Json = details if isinstance(details, Mapping) else {}
        length = _number(info.get("music_duration"))
        lyrics = body.get("lyrics") or info.get("lyrics")
        return Music(
            url=str(links[0]["url"]),
            urls=tuple(str(link["url"]) for link in links),
            content_type=media_type_in(links[0]),
            size_bytes=size_in(links[0]) or _whole(info.get("music_size")),
            duration=length / 1000 if length else None,
            sample_rate=_whole(info.get("music_sample_rate")),
            bitrate=_whole(info.get("bitrate")),
            channels=_whole(info.get("music_channel")),
            lyrics=lyrics if isinstance(lyrics, str) and lyrics else None,
            meta=meta,
            raw=body,
        )

    return read_state(
        response, policy, expected="music", make=make, content=("audio_file", "audio", "lyrics")
    )


def parse_upload(response: Response, policy: Policy) -> Upload:
    """The ids of an upload. Raises InvalidResponseError where there are none."""
    body = read_object(response, policy, "the ids of an upload")
    ids = {name: body.get(name) for name in ("voice_id", "instrumental_id")}
    found = {name: value for name, value in ids.items() if isinstance(value, str) and value}
    if not found:
        raise unknown_shape(response, policy, body, "ids of an upload")
    return Upload(**found, meta=read_meta(response, body, known=tuple(ids)), raw=body)


def parse_features(response: Response, policy: Policy) -> CoverFeatures:
    """The features of a song. Raises InvalidResponseError where there are none."""
    body = read_object(response, policy, "the features of a song")
    found = body.get("cover_feature_id")
    if not isinstance(found, str) or not found:
        raise unknown_shape(response, policy, body, "cover_feature_id")
    lyrics, structure = body.get("formatted_lyrics"), body.get("structure_result")
    return CoverFeatures(
        cover_feature_id=found,
        lyrics=lyrics if isinstance(lyrics, str) else None,
        structure=structure if isinstance(structure, str) else None,
        duration=_number(body.get("audio_duration")),
        meta=read_meta(response, body),
        raw=body,
    )


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: object) -> int | None:
    number = _number(value)
    return int(number) if number else None


KIND = JobKind(name="music", poll=poll_music, parse=parse_music, model_kind="audio")


class MusicCalls(JobCalls[Music]):
    """``client.music``: order music, wait for it, resume it; sync and async."""

    __slots__ = ()
    kind = KIND
    submit = SyncSubmit(plan_submit, KIND)
    asubmit = AsyncSubmit(submit)
    generate = SyncCall(plan_music)
    agenerate = AsyncCall(plan_music)
    upload = SyncCall(plan_upload)
    aupload = AsyncCall(plan_upload)
    preprocess = SyncCall(plan_preprocess)
    apreprocess = AsyncCall(plan_preprocess)
    check = SyncCheck(plan_submit)
    acheck = AsyncCheck(plan_submit)
