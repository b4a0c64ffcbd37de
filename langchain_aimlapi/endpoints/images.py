"""Text-to-image and image-to-image: every image model under one set of names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from langchain_aimlapi._fitting.attachments import Slot, merged
from langchain_aimlapi._fitting.checks import (
    check_number,
    check_required,
    check_values,
)
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import NO_PARAMETER, Body, fit_all, match
from langchain_aimlapi._fitting.size import Size, fit_size
from langchain_aimlapi._wire.flow import Mend
from langchain_aimlapi._wire.request import Request
from langchain_aimlapi.catalog.facts import Facts, Param, Shape
from langchain_aimlapi.endpoints import (
    AsyncCall,
    AsyncCheck,
    Calls,
    Context,
    Plan,
    SyncCall,
    SyncCheck,
    once,
    only,
    patient,
    shape_at,
)
from langchain_aimlapi.endpoints._image_answer import Image, Images, parse_images
from langchain_aimlapi.endpoints._models import check_kind, models_that
from langchain_aimlapi.endpoints._sources import Attachment, Sources, form_of, read_sources
from langchain_aimlapi.endpoints._vocabulary import MediaCall
from langchain_aimlapi.errors import InvalidRequestError

__all__ = ["Image", "ImageCalls", "Images", "plan_edit", "plan_images"]

GENERATIONS = "/v1/images/generations"
EDITS = "/v1/images/edits"

# One name of ours -> the models' own. A model has at most one of them.
_SPELLINGS = {
    "n": ("num_images", "n"),
    "steps": ("num_inference_steps", "steps"),
    "enhance_prompt": ("enable_prompt_expansion", "prompt_expansion", "enhance_prompt"),
    "watermark": ("add_watermark", "watermark"),
    "web_search": ("enable_web_search", "web_search"),
}
# What a model does by default: the same value without such a parameter is no loss.
_IMPLIED = {
    "n": (1,),
    "response_format": ("url",),
    "quality": ("auto",),
    "background": ("auto",),
    "style": ("auto",),
    "moderation": ("auto",),
}
# A name that is not in here is the user's own: it goes out as written where the schema is open.
_COMMON = frozenset(
    {
        *_SPELLINGS, "seed", "negative_prompt", "quality", "style", "background", "moderation",
        "output_format", "output_compression", "guidance_scale", "strength", "response_format",
        "user", "prompt", "safety_tolerance", "enable_safety_checker", "person_generation",
    }
)  # fmt: skip
SECONDS = 300.0
"""How long an image may take, where no time-out was set: large ones take minutes."""

_IMAGE_KEYS = frozenset({"image", "image_url", "image_urls"})
_IMAGE = Slot(
    "image", "an image", "image",
    one=("image_url", "image"), many=("image_urls", "image_url", "image"),
)  # fmt: skip
_TO_LOOK_AT = Slot("image", "an image", "image", many=("image_urls",))


def plan_images(
    context: Context,
    *,
    model: str,
    prompt: str | None = None,
    image: Sources | None = None,
    n: int | None = None,
    size: Size | None = None,
    aspect_ratio: str | None = None,
    resolution: str | None = None,
    response_format: Literal["url", "b64_json"] | None = None,
    seed: int | None = None,
    negative_prompt: str | None = None,
    quality: str | None = None,
    style: str | None = None,
    output_format: str | None = None,
    params: Mapping[str, object] | None = None,
    extra_body: Mapping[str, object] | None = None,
) -> Plan[Images]:
    """Make images from a prompt, from images, or from both.

    Args:
        model: Id of an image model, such as ``"openai/gpt-image-1"`` or ``"flux/schnell"``.
        prompt: What to show. A few models (upscaling, sharpening) take none.
        image: One image or several to start from, for models that take them: URL, ``data:``
            URL, base64, bytes, open binary file, `pathlib.Path`, or an `Image` of an answer.
        n: How many; most models make 1 to 4.
        size: ``"1024x1024"``, ``(width, height)``, or a word of the model (``"landscape_16_9"``,
            ``"2K"``).
        aspect_ratio: Width to height, ``"16:9"``.
        resolution: ``"1K"``, ``"2K"`` or ``"4K"``.
        response_format: ``"url"`` (default) or ``"b64_json"``.
        seed: For repeatable images.
        negative_prompt: What not to show.
        quality: Word of the model, such as ``"high"``.
        style: Word of the model.
        output_format: ``"png"``, ``"jpeg"``, ``"webp"``, ...
        params: Further parameters: ``guidance_scale``, ``steps``, ``strength``, ``background``,
            ``enhance_prompt``, ``watermark``, ``web_search``, ``user``, and any of the model's own.
        extra_body: Goes into the request body verbatim, last.

    Returns:
        `Images`: links or base64; nothing is downloaded.

    Raises:
        UnsupportedFeatureError: the model takes no images, or not so many, or has no such size
            or number; names its choices.
        InvalidRequestError: an argument is of the wrong kind; names it.

    Wire: POST ``/v1/images/generations`` ``{model, prompt, image_url | image_urls | image,
    image_size | size | aspect_ratio | resolution, num_images | n, ...}`` -> ``{data | images:
    [{url | b64_json}], meta}``.
    Source: the image model pages of docs.aimlapi.com, read 2026-08-21.
    """
    named = {
        "n": n, "aspect_ratio": aspect_ratio, "resolution": resolution,
        "response_format": response_format, "seed": seed, "negative_prompt": negative_prompt,
        "quality": quality, "style": style, "output_format": output_format,
    }  # fmt: skip
    call = _call(model, prompt, named, image=image, size=size, params=params, extra_body=extra_body)
    facts, notes = context.facts(call.model), context.notes(call.model)
    return _make(context, call, facts, notes, edit=False)


def plan_edit(
    context: Context,
    *,
    model: str,
    prompt: str | None = None,
    image: Sources,
    mask: Sources | None = None,
    n: int | None = None,
    size: Size | None = None,
    aspect_ratio: str | None = None,
    resolution: str | None = None,
    response_format: Literal["url", "b64_json"] | None = None,
    seed: int | None = None,
    negative_prompt: str | None = None,
    quality: str | None = None,
    style: str | None = None,
    output_format: str | None = None,
    params: Mapping[str, object] | None = None,
    extra_body: Mapping[str, object] | None = None,
) -> Plan[Images]:
    """Edit images by a prompt, with any model that takes images.

    Args:
        image: One image or several, as in `ImageCalls.generate`. Models with an upload form
            (gpt-image) need the content, so no links.
        mask: Where to change the image, for models that take one.

    The other arguments are those of `ImageCalls.generate`.

    Raises:
        UnsupportedFeatureError: the model takes no images, or not so many, or no mask.

    Wire: POST ``/v1/images/edits`` as multipart/form-data with the files ``image`` or ``image[]``
    and ``mask`` (gpt-image-1 and -2), else POST ``/v1/images/generations``.
    Source: the image model pages of docs.aimlapi.com, read 2026-08-21.
    """
    named = {
        "n": n, "aspect_ratio": aspect_ratio, "resolution": resolution,
        "response_format": response_format, "seed": seed, "negative_prompt": negative_prompt,
        "quality": quality, "style": style, "output_format": output_format,
    }  # fmt: skip
    call = _call(
        model, prompt, named,
        image=image, mask=mask, size=size, params=params, extra_body=extra_body,
    )  # fmt: skip
    facts, notes = context.facts(call.model), context.notes(call.model)
    if not call.images:
        raise InvalidRequestError(
            "there is no image to edit", advice="give image=...", model=call.model, field="image"
        )
    # An id that nothing is known about is called as the OpenAI SDK would call it.
    if EDITS in facts.shapes or not facts.known:
        return _upload(context, call, shape_at(facts, EDITS), notes)
    return _make(context, call, facts, notes, edit=True)


# --- what goes out -----


@dataclass(frozen=True, slots=True)
class _Call:
    """A call in neutral terms. ``params`` holds parameters by our names or the model's own."""

    model: str
    prompt: str | None
    images: tuple[Attachment, ...]
    mask: Attachment | None
    size: Size | None
    params: Mapping[str, Any]
    extra_body: Mapping[str, object]


def _call(
    model: str,
    prompt: str | None,
    named: Mapping[str, object],
    *,
    image: Sources | None,
    mask: Sources | None = None,
    size: Size | None,
    params: Mapping[str, object] | None,
    extra_body: Mapping[str, object] | None,
) -> _Call:
    """The arguments of a call, checked."""
    numbers = {
        name: check_number(name, named[name], model, is_whole=True) for name in ("n", "seed")
    }
    call = MediaCall.of(model, prompt, {**named, **numbers}, params=params, extra_body=extra_body)
    rest = {name: value for name, value in call.params.items() if value is not None}
    if size is None:
        size = rest.pop("size", None)
    masks = read_sources("mask", mask, "image", model)
    return _Call(
        model=call.model,
        prompt=prompt,
        images=tuple(read_sources("image", image, "image", model)),
        mask=masks[0] if masks else None,
        size=size,
        params=rest,
        extra_body=call.extra_body,
    )


def _make(context: Context, call: _Call, facts: Facts, notes: Notes, *, edit: bool) -> Plan[Images]:
    """One JSON request."""
    shape = shape_at(facts, GENERATIONS)
    check_kind(facts, "image", GENERATIONS, notes, context.catalog)
    if call.mask is not None and shape.params is not None and notes.policy != "send":
        able = models_that(context.catalog, "image", call.model, lambda each: EDITS in each.shapes)
        raise notes.impossible("mask", NO_PARAMETER, able or None)
    able_to = partial(models_that, context.catalog, "image", call.model, _takes_images)
    body = merged([_parameters(call, shape, notes), _images(call, shape, notes, able_to, edit)])
    if call.mask is not None:
        body["mask"] = call.mask.as_url()
    arguments = {**_spelled(shape), **dict.fromkeys(_IMAGE_KEYS, "image"), "prompt": "prompt"}
    check_values(body, shape, notes, arguments)
    whole = {"model": call.model, **body, **call.extra_body}
    check_required(whole, shape, notes, arguments)
    if shape.params is None and set(whole) == {"model"}:
        raise InvalidRequestError(
            f"{call.model} needs prompt", advice="give prompt=...", model=call.model, field="prompt"
        )
    request = context.json_request(GENERATIONS, whole, model=call.model, notes=notes)
    return _planned(request, call, notes, context.mend(request, notes))


def _upload(context: Context, call: _Call, shape: Shape, notes: Notes) -> Plan[Images]:
    """One form with files."""
    files = [*call.images, *([call.mask] if call.mask else [])]
    if any(each.data is None for each in files):
        raise notes.impossible(
            "image", "its upload form takes content, not links",
            "fetch the image first: langchain_aimlapi.downloads.download(url).data",
        )  # fmt: skip
    limit = (shape.params or {}).get("image", Param()).max_items
    if limit is not None and len(call.images) > limit and notes.policy != "send":
        raise notes.impossible(
            "image", f"it takes at most {limit}, not {len(call.images)}", "give fewer"
        )
    fields = {"model": call.model, **_parameters(call, shape, notes), **call.extra_body}
    check_required({**fields, "image": True}, shape, notes, {"prompt": "prompt"})
    name = "image" if len(call.images) == 1 else "image[]"
    parts = [(name, each) for each in call.images]
    if call.mask is not None:
        parts.append(("mask", call.mask))
    request = context.form_request(EDITS, form_of(fields, parts), notes=notes)
    return _planned(request, call, notes, context.mend(request, notes))


def _planned(request: Request, call: _Call, notes: Notes, mend: Mend | None) -> Plan[Images]:
    step = patient(once(request, parse_images, repeat_lost=False, mend=mend), SECONDS)
    return Plan([step], only, model=call.model, notes=notes)


def _parameters(call: _Call, shape: Shape, notes: Notes) -> Body:
    """The prompt, the size and every other parameter, as the model takes them."""
    params = {**({"prompt": call.prompt} if call.prompt is not None else {}), **call.params}
    sizes = [params.pop(name, None) for name in ("aspect_ratio", "resolution")]
    body = fit_all(
        params, shape, notes,
        common=_COMMON, spellings=_SPELLINGS, implied=_IMPLIED, exact=("n",),
    )  # fmt: skip
    return {**body, **fit_size(call.size, sizes[0], sizes[1], shape, notes)}


def _spelled(shape: Shape) -> dict[str, str]:
    """The model's key -> our name."""
    params = shape.params or {}
    return {key: name for name, keys in _SPELLINGS.items() for key in keys if key in params}


def _images(call: _Call, shape: Shape, notes: Notes, able: Callable[[], str], edit: bool) -> Body:
    """The images under the model's own keys."""
    urls = [each.as_url() for each in call.images]
    params = shape.params or {}
    if not {"image_url", "image_urls"} <= set(params):
        return _IMAGE.fit(urls, shape, notes, able)
    # An image to change, and images to look at: Luma's.
    if not edit:
        return _TO_LOOK_AT.fit(urls, shape, notes, able)
    body: Body = {"image_url": urls[0]}
    if match("image_edit", (params.get("type") or Param()).enum):
        body["type"] = "image_edit"
    return {**body, **_TO_LOOK_AT.fit(urls[1:], shape, notes, able)}


def _takes_images(facts: Facts) -> bool:
    params = shape_at(facts, GENERATIONS).params or {}
    return EDITS in facts.shapes or bool(_IMAGE_KEYS & set(params))


class ImageCalls(Calls):
    """``client.images``: make and edit images, sync and async."""

    __slots__ = ()
    generate = SyncCall(plan_images)
    agenerate = AsyncCall(plan_images)
    edit = SyncCall(plan_edit)
    aedit = AsyncCall(plan_edit)
    check = SyncCheck(plan_images)
    acheck = AsyncCheck(plan_images)
    check_edit = SyncCheck(plan_edit)
    acheck_edit = AsyncCheck(plan_edit)
