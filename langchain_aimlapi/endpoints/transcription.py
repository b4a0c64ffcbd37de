"""Transcripts of speech: every vendor's models under one set of names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from langchain_aimlapi._answers.usage import read_usage
from langchain_aimlapi._domain.values import Meta
from langchain_aimlapi._fitting.checks import check_model, check_text, check_values
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import fit_all
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.multipart import FilePart, Form
from langchain_aimlapi._wire.request import Request, Response
from langchain_aimlapi.catalog.facts import Facts, Shape
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
    SyncCall,
    SyncCheck,
    SyncSubmit,
    only,
    order,
    plan_made,
    shape_at,
    unknown_shape,
)
from langchain_aimlapi.endpoints._models import check_kind
from langchain_aimlapi.endpoints._results import read_json_object
from langchain_aimlapi.endpoints._sources import Source, Upload, read_upload
from langchain_aimlapi.endpoints._states import state_of
from langchain_aimlapi.endpoints._transcript import Segment, Transcript, Word, transcript_in
from langchain_aimlapi.errors import InvalidRequestError

__all__ = [
    "Segment",
    "Transcript",
    "TranscriptionCalls",
    "Word",
    "parse_transcript",
    "plan_submit",
    "plan_transcript",
]

STT = "/v1/stt/create"
AT_ONCE = "/v1/stt"
# One name of ours -> the models' own. A model has at most one of them.
_SPELLINGS = {
    "language": ("language_code", "language"),
    "diarize": ("speaker_labels", "diarize"),
    "detect_language": ("language_detection", "detect_language"),
    "keywords": ("keyterm", "word_boost", "keywords"),
}
_COMMON = frozenset({*_SPELLINGS, "prompt", "punctuate", "temperature"})
# What a model does anyway: nothing is lost where it has no such parameter.
_IMPLIED = {"diarize": (False,), "detect_language": (False,), "punctuate": (True,)}


def plan_submit(
    context: Context,
    *,
    model: str,
    audio: Source,
    language: str | None = None,
    diarize: bool | None = None,
    detect_language: bool | None = None,
    punctuate: bool | None = None,
    prompt: str | None = None,
    keywords: str | Sequence[str] | None = None,
    params: Mapping[str, Any] | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Plan[JobState[Transcript]]:
    """Order a transcript and return at once, with a job that makes it.

    A submit is never sent twice once the API may have accepted it, so nothing is bought twice.

    Args:
        model: Id of a model for transcripts, such as ``"nova-3"`` or
            ``"openai/gpt-4o-transcribe"``.
        audio: The recording: URL, `pathlib.Path` or open binary file (uploaded piece by piece),
            ``data:`` URL, base64, bytes, a `Speech` or a message of an earlier answer.
        language: Its language, as a code (``"en"``, ``"de"``).
        diarize: Whether to tell speakers apart, for models that can.
        detect_language: Whether to find out the language, for models that can.
        punctuate: Whether to set punctuation and capitals.
        prompt: Words that help to understand it, for models that take them.
        keywords: Words to listen for, for models that take them.
        params: Further parameters by the model's own names.
        extra_body: Goes into the request body (or the form) verbatim, last.

    Returns:
        A `Job`: ``job.result()`` waits for the `Transcript`;
        ``client.transcription.resume(job.id)`` finds it again, from another process too, for an
        hour.

    Raises:
        UnsupportedFeatureError: the model takes no such thing.
        InvalidRequestError: an argument is missing or of the wrong kind; names it.

    Wire: POST ``/v1/stt/create`` ``{model, url, ...}``, or multipart/form-data with the file
    ``file`` (OpenAI) or ``audio`` (the others) -> ``{generation_id, status}``.
    Source: the speech-to-text pages of docs.aimlapi.com, read 2026-08-21; the gateway's OpenAPI of
    2026-08-30.
    """
    check_model(model)
    model = model.strip()
    for name, text in (("prompt", prompt), ("language", language)):
        check_text(name, text, model)
    named = {
        "language": language,
        "diarize": diarize,
        "detect_language": detect_language,
        "punctuate": punctuate,
        "prompt": prompt,
        "keywords": _keywords(keywords, model),
    }
    given = {**(params or {}), **{k: v for k, v in named.items() if v is not None}}
    facts, notes = context.facts(model), context.notes(model)
    path = AT_ONCE if AT_ONCE in facts.shapes and STT not in facts.shapes else STT
    check_kind(facts, "stt", path, notes, context.catalog)
    shape = shape_at(facts, path)
    body = {"model": model, **_fitted(given, shape, notes), **(extra_body or {})}
    sound = read_upload("audio", audio, "audio", model)
    if isinstance(sound, str):
        body = {**body, "url": body.get("url", sound)}
        request = context.json_request(path, body, model=model, notes=notes)
    else:
        form = Form(body, [_file(sound, facts, shape)])
        request = context.form_request(path, form, notes=notes)
    mend = context.mend(request, notes)
    return Plan([order(request, parse_ordered, mend)], only, model=model, notes=notes)


def plan_transcript(
    context: Context,
    *,
    model: str,
    audio: Source,
    language: str | None = None,
    diarize: bool | None = None,
    detect_language: bool | None = None,
    punctuate: bool | None = None,
    prompt: str | None = None,
    keywords: str | Sequence[str] | None = None,
    params: Mapping[str, object] | None = None,
    extra_body: Mapping[str, object] | None = None,
    timeout: float | None = None,
    progress: Progress | None = None,
) -> Plan[Transcript]:
    """Order a transcript and wait for it.

    Args:
        timeout: Seconds to wait. Default: half an hour. The error of a time-out has the job's id.
        progress: Called after each poll with (status, fraction or None, seconds).

    The other arguments are those of `TranscriptionCalls.submit`.

    Returns:
        A `Transcript`: ``text``, ``words`` with times and speakers, ``srt()`` and ``vtt()``.

    Raises:
        JobFailedError: the API says that it could not be made; failures are not charged.
        JobTimeoutError: it is not done in time. The job goes on; the error says how to resume it.

    Wire: as `TranscriptionCalls.submit`, then GET ``/v1/stt/{generation_id}`` until the status is
    completed or error -> ``{status, result | output}``.
    Source: the speech-to-text pages of docs.aimlapi.com, read 2026-08-21.
    """
    placed = plan_submit(
        context, model=model, audio=audio, language=language, diarize=diarize,
        detect_language=detect_language, punctuate=punctuate, prompt=prompt, keywords=keywords,
        params=params, extra_body=extra_body,
    )  # fmt: skip
    return plan_made(context, KIND, placed, timeout=timeout, progress=progress)


# --- what goes out -----


def _keywords(value: object, model: str) -> list[str] | None:
    """Words to listen for; None means: not given."""
    if value is None:
        return None
    found = [value] if isinstance(value, str) else value
    if isinstance(found, list | tuple) and all(isinstance(w, str) and w.strip() for w in found):
        return list(found) or None
    raise InvalidRequestError(
        "keywords is no list of words",
        advice="give keywords=['word', ...]",
        model=model,
        field="keywords",
    )


def _fitted(given: Mapping[str, object], shape: Shape, notes: Notes) -> dict[str, object]:
    """The parameters under the model's own names."""
    given = dict(given)
    params = shape.params or {}
    words = given.get("keywords")
    facts = next((params[key] for key in _SPELLINGS["keywords"] if key in params), None)
    if isinstance(words, list) and facts is not None and facts.types == ("string",):
        if len(words) > 1 and notes.policy != "send":
            raise notes.impossible(
                "keywords", f"it takes one, not {len(words)}", "give one, or use 'nova-3'"
            )
        given["keywords"] = words[0] if len(words) == 1 else words
    body = fit_all(given, shape, notes, common=_COMMON, spellings=_SPELLINGS, implied=_IMPLIED)
    names = {k: name for name, keys in _SPELLINGS.items() for k in keys if k in params}
    check_values(body, shape, notes, names)
    return body


def _file(sound: Upload, facts: Facts, shape: Shape) -> FilePart:
    """The recording, under the vendor's name for it."""
    is_openai = "file" in (shape.params or {}) or (
        shape.params is None and (facts.vendor == "openai" or facts.id.startswith("openai/"))
    )
    name = "file" if is_openai else "audio"
    return FilePart.of(name, sound.content, f"audio{sound.extension}", sound.media_type)


# --- what comes back -----

_NATIVE = ("result", "output")
_CONTENT = (*_NATIVE, "text", "words", "results", "metadata", "utterances", "segments")


def poll_transcript(context: Context, job: str, model: str | None) -> Request:
    """The request that asks for the state of a transcript."""
    return context.request("GET", f"{AT_ONCE}/{quote(job, safe='')}")


def parse_ordered(response: Response, policy: Policy) -> JobState[Transcript]:
    """The state of a transcript that was ordered: the answer names the job, or is the result."""
    return _parsed(response, policy, names_job=True)


def parse_transcript(response: Response, policy: Policy) -> JobState[Transcript]:
    """The state of a transcript: the vendor's own answer stands in ``result`` or ``output``, or is
    the whole body. It need not name the job."""
    return _parsed(response, policy, names_job=False)


def _parsed(response: Response, policy: Policy, *, names_job: bool) -> JobState[Transcript]:
    body = read_json_object(response, policy, "a transcription job")
    native = next((body[name] for name in _NATIVE if body.get(name) is not None), body)
    if isinstance(native, Mapping) and native is not body:
        if str(native.get("status")).lower() in ("error", "failed"):
            reason = native.get("error") or native.get("message")
            body = {**body, "status": "error", "error": reason}
        elif body.get("status") == "completed" and transcript_in(native) is None:
            inner = {f"result.{name}": None for name in native}
            raise unknown_shape(response, policy, {**body, **inner}, "transcript")

    def make(_: Json, meta: Meta) -> Transcript | None:
        found = transcript_in(native)
        if found is None:
            return None
        usage = read_usage(native.get("usage")) if isinstance(native, Mapping) else None
        return replace(found, meta=replace(meta, usage=meta.usage or usage), raw=body)

    return state_of(
        body, response, policy,
        expected="transcription", make=make, content=_CONTENT, names_job=names_job,
    )  # fmt: skip


KIND = JobKind(
    name="transcription",
    poll=poll_transcript,
    parse=parse_transcript,
    interval=3.0,
    model_kind="stt",
)


class TranscriptionCalls(JobCalls[Transcript]):
    """``client.transcription``: speech as text, ordered, waited for, and found again, each in two
    colours."""

    __slots__ = ()
    kind = KIND
    submit = SyncSubmit(plan_submit, KIND)
    asubmit = AsyncSubmit(submit)
    create = SyncCall(plan_transcript)
    acreate = AsyncCall(plan_transcript)
    check = SyncCheck(plan_submit)
    acheck = AsyncCheck(plan_submit)
