"""Answers about jobs, as states: every id, every word for "done", and errors inside a 200."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar
from urllib.parse import urlsplit

from langchain_aimlapi import errors
from langchain_aimlapi._domain.values import Meta
from langchain_aimlapi._wire.explain import explain_frame
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi._wire.retry import parse_retry_after
from langchain_aimlapi.endpoints._jobs import JobState, Status
from langchain_aimlapi.endpoints._results import (
    Json,
    raise_if_error,
    read_json_object,
    read_meta,
    unknown_shape,
)

T = TypeVar("T")

# Words that the documentation or recorded answers have, and their neighbours.
_WORDS: Mapping[str, Status] = {
    **dict.fromkeys(("queued", "waiting", "pending", "submitted", "created", "in_queue"), "queued"),
    **dict.fromkeys(("active", "generating", "processing", "running", "in_progress"), "running"),
    **dict.fromkeys(("completed", "succeeded", "success", "complete", "done"), "completed"),
    **dict.fromkeys(
        ("error", "failed", "failure", "cancelled", "canceled", "expired", "timeout", "rejected"),
        "failed",
    ),
}
_IDS = ("id", "generation_id", "task_id")
_KNOWN = (*_IDS, "status", "error", "progress")


def read_state(
    response: Response,
    policy: Policy,
    *,
    expected: str,
    make: Callable[[Json, Meta], T | None],
    content: Sequence[str],
) -> JobState[T]:
    """The state of a job, from the answer to its order or to a poll.

    Args:
        response: The answer.
        policy: Gives the model and the secret for messages.
        expected: What the job makes ("video"), for messages.
        make: Body and meta -> what was made; None where the body does not hold it.
        content: Keys of the body that hold it.

    Raises:
        InvalidResponseError: there is no job in it, or a finished one without what it made.
        AimlapiError: it is an error about no job.
    """
    body = read_json_object(response, policy, f"a {expected} job")
    return state_of(body, response, policy, expected=expected, make=make, content=content)


def state_of(
    body: Json,
    response: Response,
    policy: Policy,
    *,
    expected: str,
    make: Callable[[Json, Meta], T | None],
    content: Sequence[str],
    names_job: bool = True,
) -> JobState[T]:
    """The state of a job, from a body that was read before.

    Args:
        body: The object that the answer holds.
        names_job: False where the answers to polls need not name the job.

    The other arguments, and what is raised, are those of `read_state`.
    """
    job = next((found for name in _IDS if (found := _id(body.get(name)))), "")
    word = body.get("status") if isinstance(body.get("status"), str) else ""
    if (not job and names_job) or (not word and body.get("error")):
        raise_if_error(body, response, policy)
    meta = read_meta(response, body, known=(*_KNOWN, *content))
    if meta.inference_id is None:  # of a job it is the same id (request tracing page, 2026-08-21)
        meta = replace(meta, inference_id=job or None)
    made = make(body, meta)
    status = _status(str(word), body, made)
    is_finished = status == "completed" and made is not None
    if not job and not is_finished and (names_job or not word):
        raise unknown_shape(response, policy, body, f"{expected} job")
    if status == "completed" and made is None:
        error = unknown_shape(response, policy, body, f"{expected} (job {job} is completed)")
        raise error
    return JobState(
        id=job,
        status=status,
        native_status=str(word),
        result=made if status == "completed" else None,
        error=_error(body, policy) if status == "failed" else None,
        fraction=_fraction(body.get("progress")),
        cost=meta.cost,
        retry_after=parse_retry_after(response.headers),
    )


def _id(value: object) -> str:
    """An id as text: digits may come as a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) else ""


def _status(word: str, body: Json, made: object) -> Status:
    known = _WORDS.get(word.strip().lower().replace("-", "_").replace(" ", "_"))
    if known is not None:
        return known
    if body.get("error"):
        return "failed"
    if made is not None:
        return "completed"
    return "running" if word else "queued"


def _error(body: Json, policy: Policy) -> errors.AimlapiError | None:
    reported = body.get("error") or {k: body[k] for k in ("message", "detail") if body.get(k)}
    if not reported:
        return None
    return explain_frame({"error": reported}, model=policy.model, secret=policy.secret)


def _fraction(value: object) -> float | None:
    """0 to 1, from a part, a percentage, or a text such as ``"40%"``."""
    percent = isinstance(value, str) and value.strip().endswith("%")
    try:
        number = float(value.strip().rstrip("%") if isinstance(value, str) else value)  # type: ignore[arg-type]  # what is no number raises
    except (TypeError, ValueError):
        return None
    if isinstance(value, bool) or not math.isfinite(number) or not 0 <= number <= 100:
        return None
    return number / 100 if percent or number > 1 else number


# --- links -----


def links_in(value: object) -> Iterator[Json]:
    """Every link of a value: a URL, an object with a ``url``, or a list of them. Each comes as
    an object with at least ``url``."""
    if isinstance(value, str) and value:
        yield {"url": value}
    elif isinstance(value, Mapping):
        url = value.get("url")
        if isinstance(url, str) and url:
            yield value
        elif isinstance(url, list):
            yield from links_in(url)
    elif isinstance(value, list):
        for each in value:
            yield from links_in(each)


_TYPES = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "m4a": "audio/mp4",
    "pcm": "audio/pcm",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "svg": "image/svg+xml",
    "glb": "model/gltf-binary",
}


def media_type_in(link: Json) -> str | None:
    """The media type of a linked file: as the API says it, else by the extension of its name."""
    for name in ("content_type", "mime_type"):
        if isinstance(link.get(name), str) and "/" in link[name]:
            return str(link[name])
    try:
        path = urlsplit(str(link.get("url"))).path
    except ValueError:
        return None
    return _TYPES.get(path.rpartition(".")[2].lower())


def size_in(link: Json) -> int | None:
    """The length of a linked file in bytes, where the API tells it."""
    size = link.get("file_size")
    return size if isinstance(size, int) and not isinstance(size, bool) and size > 0 else None
