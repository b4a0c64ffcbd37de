"""Pictures from words, and pictures from pictures: every image model under one set of names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import fit_all, match
from langchain_aimlapi._fitting.size import Size, fit_size
from langchain_aimlapi.catalog.facts import Facts, Param, Shape
from langchain_aimlapi.endpoints import (
    AsyncCall,
    Calls,
    Context,
    Json,
    Plan,
    SyncCall,
    once,
    only,
    shape_at,
)
from langchain_aimlapi.endpoints._image_answer import Image, Images, parse_images
from langchain_aimlapi.endpoints._image_files import Picture, Sources, form, pictures_of
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
# What a model does without being told: asking for it where there is no such parameter is no loss.
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
_SIZES = ("size", "aspect_ratio", "resolution")


@dataclass(frozen=True, slots=True)
class _Wish:
    """A call in neutral terms. ``given`` holds parameters by our names or the model's own."""

    model: str
    prompt: str | None
    pictures: tuple[Picture, ...]
    mask: Picture | None
    size: Size | None
    given: Mapping[str, Any]
    extra_body: Mapping[str, Any]


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
    params: Mapping[str, Any] | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Plan[Images]:
    """Pictures from a prompt, from pictures, or from both.

    Args:
        model: Id of an image model, such as ``"openai/gpt-image-1"`` or ``"flux/schnell"``.
        prompt: What to show. A few models (upscaling, sharpening) take none.
        image: One picture or several to start from, for models that take them: URL, ``data:``
            URL, base64, bytes, open binary file, `pathlib.Path`, or an `Image` of an answer.
        n: How many; most models make 1 to 4.
        size: ``"1024x1024"``, ``(width, height)``, or a word of the model (``"landscape_16_9"``,
            ``"2K"``). Fitted to what the model can.
        aspect_ratio: Width to height, ``"16:9"``.
        resolution: ``"1K"``, ``"2K"`` or ``"4K"``.
        response_format: ``"url"`` (default) or ``"b64_json"``.
        seed: For repeatable pictures.
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
        UnsupportedFeatureError: the model takes no pictures, or not so many, or too long a prompt.

    Wire: POST ``/v1/images/generations`` ``{model, prompt, image_url | image_urls | image,
    image_size | size | aspect_ratio | resolution, num_images | n, ...}`` -> ``{data | images:
    [{url | b64_json}], meta}``.
    Source: the image model pages of docs.aimlapi.com, read 2026-08-21.
    """
    wish = _wish(model, prompt, image, None, size, extra_body, params, _named(locals()))
    facts, notes = context.facts(model), context.notes(model)
    return _make(context, wish, shape_at(facts, GENERATIONS), notes, edit=False)


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
    params: Mapping[str, Any] | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Plan[Images]:
    """Pictures changed by a prompt, with any model that takes pictures.

    Args:
        image: One picture or several, as in `ImageCalls.generate`. Models with an upload form
            (gpt-image) need the content, so no links.
        mask: Where to change the picture, for models that take one.

    The other arguments are those of `ImageCalls.generate`.

    Raises:
        UnsupportedFeatureError: the model takes no pictures, or not so many, or no mask.

    Wire: POST ``/v1/images/edits`` as multipart/form-data with the files ``image`` or ``image[]``
    and ``mask`` (gpt-image-1 and -2), else POST ``/v1/images/generations``.
    Source: the image model pages of docs.aimlapi.com, read 2026-08-21.
    """
    wish = _wish(model, prompt, image, mask, size, extra_body, params, _named(locals()))
    facts, notes = context.facts(model), context.notes(model)
    if not wish.pictures:
        raise InvalidRequestError("there is no picture to edit", model=model, field="image")
    # An id that nothing is known about is called as the OpenAI SDK would call it.
    if EDITS in facts.shapes or not facts.known:
        return _upload(context, wish, shape_at(facts, EDITS), notes)
    return _make(context, wish, shape_at(facts, GENERATIONS), notes, edit=True)


# --- what goes out -----

_NAMED = ("n", "aspect_ratio", "resolution", "response_format", "seed", "negative_prompt",
          "quality", "style", "output_format")  # fmt: skip


def _named(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: arguments[name] for name in _NAMED if arguments[name] is not None}


def _wish(
    model: str,
    prompt: str | None,
    image: Sources | None,
    mask: Sources | None,
    size: Size | None,
    extra_body: Mapping[str, Any] | None,
    params: Mapping[str, Any] | None,
    named: Mapping[str, Any],
) -> _Wish:
    given = {**(params or {}), **named}
    size = given.pop("size", None) if size is None else size
    masks = pictures_of(mask, model)
    return _Wish(
        model=model,
        prompt=prompt,
        pictures=tuple(pictures_of(image, model)),
        mask=masks[0] if masks else None,
        size=size,
        given={name: value for name, value in given.items() if value is not None},
        extra_body=extra_body or {},
    )


def _make(context: Context, wish: _Wish, shape: Shape, notes: Notes, *, edit: bool) -> Plan[Images]:
    """One JSON request."""
    if wish.mask is not None and shape.params is not None and notes.policy != "send":
        raise notes.impossible("mask", "it has no such parameter", _editors(context))
    body = {"model": wish.model, **_parameters(wish, shape, notes)}
    body |= _attached(context, wish, shape, notes, edit=edit)
    if wish.mask is not None:
        body["mask"] = wish.mask.as_url()
    _check_required({**body, **wish.extra_body}, shape, notes)
    request = context.json_request(GENERATIONS, {**body, **wish.extra_body}, model=wish.model)
    return Plan([once(request, parse_images)], only, model=wish.model, notes=notes)


def _upload(context: Context, wish: _Wish, shape: Shape, notes: Notes) -> Plan[Images]:
    """One form with files."""
    pictures = [*wish.pictures, *([wish.mask] if wish.mask else [])]
    if any(picture.data is None for picture in pictures):
        raise notes.impossible(
            "image", "its upload form takes content, not links",
            "fetch the picture first: langchain_aimlapi.downloads.download(url).data",
        )  # fmt: skip
    limit = (shape.params or {}).get("image", Param()).max_items
    _check_count(len(wish.pictures), limit, notes)
    fields = {"model": wish.model, **_parameters(wish, shape, notes), **wish.extra_body}
    _check_required({**fields, "image": True}, shape, notes)
    name = "image" if len(wish.pictures) == 1 else "image[]"
    files = [(name, picture) for picture in wish.pictures]
    if wish.mask is not None:
        files.append(("mask", wish.mask))
    request = context.form_request(EDITS, form(fields, files))
    return Plan([once(request, parse_images)], only, model=wish.model, notes=notes)


def _parameters(wish: _Wish, shape: Shape, notes: Notes) -> dict[str, Any]:
    """The prompt, the size and every other parameter, as the model takes them."""
    given = {**({"prompt": wish.prompt} if wish.prompt is not None else {}), **wish.given}
    sizes = [given.pop(name, None) for name in _SIZES[1:]]
    body = fit_all(
        given, shape, notes, common=_COMMON, spellings=_SPELLINGS, implied=_IMPLIED
    )  # fmt: skip
    return {**body, **fit_size(wish.size, sizes[0], sizes[1], shape, notes)}


def _attached(
    context: Context, wish: _Wish, shape: Shape, notes: Notes, *, edit: bool
) -> dict[str, Any]:
    """The pictures under the model's own key."""
    urls = [picture.as_url() for picture in wish.pictures]
    if not urls:
        return {}
    params = shape.params
    if params is None:
        return {"image_url": urls[0]} if len(urls) == 1 else {"image_urls": urls}
    one = next((name for name in ("image_url", "image") if name in params), None)
    many = next((name for name in ("image_urls", "image_url") if _takes_list(params, name)), None)
    if one is None and many is None:
        if notes.policy == "send":
            return {"image_url": urls[0]} if len(urls) == 1 else {"image_urls": urls}
        raise notes.impossible("image", "it makes pictures from text only", _editors(context))
    if one and "image_urls" in params:  # a picture to change, and pictures to look at (Luma)
        return _both(urls, params, notes) if edit else _listed("image_urls", urls, params, notes)
    if one and len(urls) == 1:
        return {one: urls[0]}
    if many is None:
        _check_count(len(urls), 1, notes)
        return {str(one): urls[0] if notes.policy != "send" else urls}
    return _listed(many, urls, params, notes)


def _takes_list(params: Mapping[str, Param], name: str) -> bool:
    return name in params and "array" in params[name].types


def _listed(
    name: str, urls: list[str], params: Mapping[str, Param], notes: Notes
) -> dict[str, Any]:
    _check_count(len(urls), params[name].max_items, notes)
    return {name: urls}


def _both(urls: list[str], params: Mapping[str, Param], notes: Notes) -> dict[str, Any]:
    body: dict[str, Any] = {"image_url": urls[0]}
    if match("image_edit", (params.get("type") or Param()).enum):
        body["type"] = "image_edit"
    return {**body, **(_listed("image_urls", urls[1:], params, notes) if urls[1:] else {})}


def _check_count(count: int, limit: int | None, notes: Notes) -> None:
    if limit is not None and count > limit and notes.policy != "send":
        raise notes.impossible("image", f"it takes {limit} of them at most, not {count}")


def _check_required(body: Json, shape: Shape, notes: Notes) -> None:
    if notes.policy == "send":
        return
    for name in sorted(shape.required - set(body) - {"model"}):
        facts = (shape.params or {}).get(name) or Param()
        words = f": one of {', '.join(map(repr, facts.enum))}" if facts.enum else ""
        wanted = "image" if name.startswith("image") else name
        raise InvalidRequestError(
            f"{notes.model} needs {wanted}{words}",
            advice=f"give {wanted}=..." if wanted in ("image", "prompt") else
            f"give it as params={{{wanted!r}: ...}}",
            model=notes.model,
            field=wanted,
        )  # fmt: skip


def _editors(context: Context) -> str:
    able = (facts.id for facts in context.catalog.models(kind="image") if _takes_pictures(facts))
    return f"these do: {', '.join(name for name, _ in zip(able, range(4), strict=False))}"


def _takes_pictures(facts: Facts) -> bool:
    params = shape_at(facts, GENERATIONS).params or {}
    return EDITS in facts.shapes or bool({"image_url", "image_urls", "image"} & set(params))


class ImageCalls(Calls):
    """``client.images``: pictures made and changed, each in two colours."""

    __slots__ = ()
    generate = SyncCall(plan_images)
    agenerate = AsyncCall(plan_images)
    edit = SyncCall(plan_edit)
    aedit = AsyncCall(plan_edit)
