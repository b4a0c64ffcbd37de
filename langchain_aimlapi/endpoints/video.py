"""Videos from text, images, sound and other videos: every video model under one set of names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from langchain_aimlapi._domain.values import Meta
from langchain_aimlapi._fitting.attachments import Slot
from langchain_aimlapi._fitting.checks import check_number
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
    SyncCall,
    SyncCheck,
    SyncSubmit,
    only,
    order,
    plan_made,
)
from langchain_aimlapi.endpoints._media import Media
from langchain_aimlapi.endpoints._sources import Sources
from langchain_aimlapi.endpoints._states import links_in, media_type_in, read_state, size_in
from langchain_aimlapi.endpoints._vocabulary import MediaCall, Vocabulary

__all__ = ["GENERATIONS", "Video", "VideoCalls", "plan_submit", "plan_video"]

GENERATIONS = "/v2/video/generations"

IMAGE = Slot(
    "image", "an image to begin with", "image",
    one=("image_url", "first_frame_image", "keyframes.frame0", "character", "reference_image_url"),
    many=("image_urls", "image_list", "image_url", "reference_image_urls", "reference_images",
          "references"),
)  # fmt: skip
LAST_IMAGE = Slot(
    "last_image", "an image to end with", "image",
    one=("last_image_url", "tail_image_url", "keyframes.frame1"),
)  # fmt: skip
REFERENCES = Slot(
    "reference_images", "images to look at", "image",
    one=("reference_image_url",),
    many=("reference_image_urls", "reference_images", "image_urls", "image_list", "references"),
)  # fmt: skip
VIDEO = Slot("video", "a video", "video", one=("video_url", "reference"), many=("video_urls",))
AUDIO = Slot("audio", "a sound", "audio", one=("audio_url",), many=("audio_urls",))
# One name of ours -> the models' own. A model has at most one of them.
_SPELLINGS = {
    "aspect_ratio": ("ratio", "aspect_ratio"),
    "resolution": ("max_resolution", "resolution"),
    "generate_audio": ("generate_audio_switch", "generate_audio"),
    "enhance_prompt": ("enable_prompt_expansion", "enhance_prompt"),
    "steps": ("num_inference_steps", "inference_steps", "steps"),
    "camera_fixed": ("camerafixed", "camera_fixed"),
    "fps": ("frames_per_second", "fps"),
}
# What a model does anyway: nothing is lost where it has no such parameter.
_IMPLIED = {"watermark": (False,), "aspect_ratio": ("auto", "adaptive")}
_COMMON = frozenset(
    {
        *_SPELLINGS, "prompt", "duration", "seed", "negative_prompt", "watermark", "style",
        "cfg_scale", "guidance_scale", "person_generation", "enable_safety_checker", "user",
    }
)  # fmt: skip
# A shorter or coarser video is not what was ordered, and a longer one costs more.
_EXACT = frozenset({"duration", "aspect_ratio", "resolution"})
_LEVELS = {"4k": "2160p", "2160p": "4k", "2k": "1440p", "1440p": "2k"}


@dataclass(frozen=True, slots=True)
class Video(Media):
    """A video, behind a link; save it soon, some links are valid for a day.

    Attributes:
        url: Where it is.
        urls: All links, where the model makes several videos.
        content_type: Its media type, where it is known.
        size_bytes: Its length, where the API tells.
    """

    mount: ClassVar = "video"
    urls: tuple[str, ...] = ()


def plan_submit(
    context: Context,
    *,
    model: str,
    prompt: str | None = None,
    image: Sources | None = None,
    last_image: Sources | None = None,
    reference_images: Sources | None = None,
    video: Sources | None = None,
    audio: Sources | None = None,
    duration: float | None = None,
    aspect_ratio: str | None = None,
    resolution: str | int | None = None,
    seed: int | None = None,
    negative_prompt: str | None = None,
    generate_audio: bool | None = None,
    params: Mapping[str, Any] | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Plan[JobState[Video]]:
    """Order a video and return at once, with its job.

    A submit is never sent twice once the API may have accepted it, so nothing is bought twice.

    Args:
        model: Id of a video model, such as ``"google/veo-3.1-t2v"``.
        prompt: What to show.
        image: The image to begin with (or to animate): URL, ``data:`` URL, base64, bytes, open
            binary file, `pathlib.Path`, or an `Image` of an earlier answer. Several, for models
            that take several.
        last_image: The image to end with.
        reference_images: Images of persons, things or styles to be seen in the video.
        video: The video to change, extend or follow; or several.
        audio: The sound to move to; or several.
        duration: Seconds.
        aspect_ratio: Width to height, ``"16:9"``.
        resolution: ``"720p"``, ``"1080p"``, ``"4k"``, ...
        seed: For repeatable videos.
        negative_prompt: What not to show.
        generate_audio: Whether to make sound, for models that can.
        params: Further parameters: ``enhance_prompt``, ``watermark``, ``camera_fixed``, ``steps``,
            ``fps``, ``cfg_scale``, and any of the model's own.
        extra_body: Goes into the request body verbatim, last.

    Returns:
        A `Job`: ``job.result()`` waits for the `Video`; ``client.video.resume(job.id)`` finds it
        again, from another process too.

    Raises:
        UnsupportedFeatureError: the model has no such duration, size or input; names its choices.
        InvalidRequestError: an argument is of the wrong kind; names it.

    Wire: POST ``/v2/video/generations`` ``{model, prompt, image_url, last_image_url |
    tail_image_url, video_url, audio_url, duration, aspect_ratio, resolution, seed, ...}`` ->
    ``{id | generation_id, status, meta}``.
    Source: the video model pages of docs.aimlapi.com, read 2026-08-21; the gateway's OpenAPI of
    2026-08-30.
    """
    named = {
        "duration": check_number("duration", duration, model, unit="seconds"),
        "aspect_ratio": aspect_ratio,
        "resolution": resolution,
        "seed": check_number("seed", seed, model, is_whole=True),
        "negative_prompt": negative_prompt,
        "generate_audio": generate_audio,
    }
    files = {
        "image": image, "last_image": last_image, "reference_images": reference_images,
        "video": video, "audio": audio,
    }  # fmt: skip
    call = MediaCall.of(model, prompt, named, files=files, params=params, extra_body=extra_body)
    request, notes = WORDS.request(context, call)
    step = order(request, parse_video, context.mend(request, notes))
    return Plan([step], only, model=call.model, notes=notes)


def plan_video(
    context: Context,
    *,
    model: str,
    prompt: str | None = None,
    image: Sources | None = None,
    last_image: Sources | None = None,
    reference_images: Sources | None = None,
    video: Sources | None = None,
    audio: Sources | None = None,
    duration: float | None = None,
    aspect_ratio: str | None = None,
    resolution: str | int | None = None,
    seed: int | None = None,
    negative_prompt: str | None = None,
    generate_audio: bool | None = None,
    params: Mapping[str, object] | None = None,
    extra_body: Mapping[str, object] | None = None,
    timeout: float | None = None,
    progress: Progress | None = None,
) -> Plan[Video]:
    """Make a video from text, images, sound or other videos, and wait for it.

    Args:
        timeout: Seconds to wait. Default: half an hour. The error of a time-out has the job's id.
        progress: Called after each poll with (status, fraction or None, seconds).

    The other arguments are those of `VideoCalls.submit`.

    Raises:
        JobFailedError: the API says that the video could not be made; failures are not charged.
        JobTimeoutError: it is not done in time. The job goes on; the error says how to resume it.

    Wire: as `VideoCalls.submit`, then GET ``/v2/video/generations?generation_id=`` until the
    status is completed, succeeded or error.
    Source: the video model pages of docs.aimlapi.com, read 2026-08-21.
    """
    placed = plan_submit(
        context, model=model, prompt=prompt, image=image, last_image=last_image,
        reference_images=reference_images, video=video, audio=audio, duration=duration,
        aspect_ratio=aspect_ratio, resolution=resolution, seed=seed,
        negative_prompt=negative_prompt, generate_audio=generate_audio, params=params,
        extra_body=extra_body,
    )  # fmt: skip
    return plan_made(context, KIND, placed, timeout=timeout, progress=progress)


# --- what goes out -----


def _prepared(arguments: dict[str, Any], shape: Shape, notes: Notes) -> dict[str, object]:
    """Sizes in the model's own words."""
    params = shape.params or {}
    if "frame_size" in params:
        arguments = _frame_size(arguments, params["frame_size"], notes)
    if arguments.get("resolution") is not None:
        arguments = {**arguments, "resolution": _level(arguments["resolution"], shape)}
    return arguments


def _level(resolution: object, shape: Shape) -> object:
    """``1080`` and ``"1080p"``, ``"4k"`` and ``"2160p"`` are the same: as the model writes it."""
    params = shape.params or {}
    facts = params.get("resolution") or params.get("max_resolution") or Param()
    text = str(resolution).strip().lower()
    for each in (text, f"{text}p", text.rstrip("p"), _LEVELS.get(text)):
        found = match(each, facts.enum) if each else None
        if found is not None:
            return found
    return resolution


def _frame_size(arguments: Mapping[str, object], facts: Param, notes: Notes) -> dict[str, object]:
    """Proportions and lines as one of the model's frames, such as ``"1280:720"``."""
    ratio, lines = arguments.get("aspect_ratio"), arguments.get("resolution")
    rest = {k: v for k, v in arguments.items() if k not in ("aspect_ratio", "resolution")}
    if (ratio is None and lines is None) or "frame_size" in arguments or notes.policy == "send":
        return dict(arguments)
    for frame in facts.enum or ():
        width, height = (int(side) for side in str(frame).split(":"))
        if ratio is not None and _proportions(str(ratio)) != width / height:
            continue
        if lines is not None and str(lines).lower().rstrip("p") != str(min(width, height)):
            continue
        return {**rest, "frame_size": frame}
    name = "aspect_ratio" if ratio is not None else "resolution"
    raise notes.impossible(
        name, f"it has the frames {', '.join(map(str, facts.enum or ()))}",
        "choose one as params={'frame_size': ...}",
    )  # fmt: skip


def _proportions(ratio: str) -> float | None:
    width, _, height = ratio.partition(":")
    try:
        return float(width) / float(height)
    except (ValueError, ZeroDivisionError):
        return None


WORDS = Vocabulary(
    kind="video",
    path=GENERATIONS,
    slots=(
        (IMAGE, "image"), (LAST_IMAGE, "image"), (REFERENCES, "image"), (VIDEO, "video"),
        (AUDIO, "audio"),
    ),
    common=_COMMON,
    spellings=_SPELLINGS,
    implied=_IMPLIED,
    exact=_EXACT,
    prepare=_prepared,
    older_paths="/v2/generate/video/",
)  # fmt: skip


# --- what comes back -----


def poll_video(context: Context, job: str, model: str | None) -> Request:
    """The request that asks for the state of a video."""
    path = WORDS.path_of(context.facts(model)) if model else GENERATIONS
    return context.request("GET", path, query=[("generation_id", job)])


def parse_video(response: Response, policy: Policy) -> JobState[Video]:
    """The state of a video: its link is an object, a list of links, or a list of objects."""

    def make(body: Json, meta: Meta) -> Video | None:
        links = list(links_in(body.get("video") or body.get("videos")))
        if not links:
            return None
        return Video(
            url=str(links[0]["url"]),
            urls=tuple(str(link["url"]) for link in links),
            content_type=media_type_in(links[0]),
            size_bytes=size_in(links[0]),
            meta=meta,
            raw=body,
        )

    return read_state(response, policy, expected="video", make=make, content=("video", "videos"))


KIND = JobKind(name="video", poll=poll_video, parse=parse_video, model_kind="video")


class VideoCalls(JobCalls[Video]):
    """``client.video``: order videos, wait for them, resume them; sync and async."""

    __slots__ = ()
    kind = KIND
    submit = SyncSubmit(plan_submit, KIND)
    asubmit = AsyncSubmit(submit)
    generate = SyncCall(plan_video)
    agenerate = AsyncCall(plan_video)
    check = SyncCheck(plan_submit)
    acheck = AsyncCheck(plan_submit)
