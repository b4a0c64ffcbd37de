"""3D models from images, and the segmentation of 3D models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from langchain_aimlapi._fitting.attachments import Slot
from langchain_aimlapi._fitting.checks import check_number
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.endpoints import (
    AsyncCall,
    AsyncCheck,
    Calls,
    Context,
    Json,
    Plan,
    SyncCall,
    SyncCheck,
    once,
    only,
    patient,
    read_meta,
    read_object,
    unknown_shape,
)
from langchain_aimlapi.endpoints._media import Media
from langchain_aimlapi.endpoints._sources import Sources
from langchain_aimlapi.endpoints._states import links_in, media_type_in, size_in
from langchain_aimlapi.endpoints._vocabulary import MediaCall, Vocabulary

__all__ = ["Mesh", "MeshCalls", "plan_mesh"]

GENERATIONS = "/v1/images/generations"
SECONDS = 900.0
"""How long a mesh may take, where no time-out was set (Meshy page of 2026-09: 15 minutes)."""

# The whole model, the best form first; what else an answer links to are parts of it, or images.
_WHOLE = ("model_glb", "model_mesh", "segmented_mesh", "model", "mesh", "model_urls")
_FORMATS = ("glb", "gltf", "fbx", "obj", "usdz", "blend", "stl", "ply")
_TYPES = {"model/gltf-binary": "glb", "model/obj": "obj", "model/stl": "stl"}
_BESIDE = frozenset({"meta", "usage", "thumbnail", "texture_urls", "textures"})


@dataclass(frozen=True, slots=True)
class Mesh(Media):
    """A 3D model, behind links that expire.

    Attributes:
        url: The model: as GLB, where there is one.
        urls: Format (``"glb"``, ``"obj"``, ...) -> link of the model in it.
        files: Every other file by the API's name for it, such as ``"mask_1_mesh"``,
            ``"animation_glb"`` or ``"texture_urls.0.base_color"``.
        thumbnail: An image of it, where there is one.
        seed: The seed that was used, where the API tells.
    """

    urls: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    thumbnail: str | None = None
    seed: int | None = None


_IMAGE = Slot("image", "an image", "image", one=("image_url", "front_image_url"),
              many=("image_urls",))  # fmt: skip
_BACK = Slot("back_image", "an image of the back", "image", one=("back_image_url",))
_LEFT = Slot("left_image", "an image of the left side", "image", one=("left_image_url",))
_RIGHT = Slot("right_image", "an image of the right side", "image", one=("right_image_url",))
_MESH = Slot("mesh", "a 3D model", "model", one=("mesh_url",))

WORDS = Vocabulary(
    kind="3d",
    path=GENERATIONS,
    slots=((_IMAGE, "image"), (_BACK, "image"), (_LEFT, "image"), (_RIGHT, "image"),
           (_MESH, "model")),
    common=frozenset({"prompt", "seed", "output_format", "remove_background", "texture"}),
    spellings={
        "remove_background": ("do_remove_background", "remove_background"),
        "texture": ("should_texture", "texture"),
    },
    exact=frozenset({"output_format"}),
)  # fmt: skip


def plan_mesh(
    context: Context,
    *,
    model: str,
    image: Sources | None = None,
    back_image: Sources | None = None,
    left_image: Sources | None = None,
    right_image: Sources | None = None,
    mesh: Sources | None = None,
    prompt: str | None = None,
    seed: int | None = None,
    output_format: str | None = None,
    params: Mapping[str, Any] | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Plan[Mesh]:
    """Make a 3D model from images, or segment one into its parts.

    It takes up to some minutes, within one request: up to a quarter of an hour is waited, where
    the client has no ``timeout``. Where its answer is lost it is not sent again, since it may have
    been carried out.

    Args:
        model: Id of a 3D model, such as ``"triposr"`` or ``"meshy/meshy-6-image-to-3d"``.
        image: What to model, from the front: URL, ``data:`` URL, base64, bytes, open binary file,
            `pathlib.Path`, or an `Image` of an earlier answer.
        back_image, left_image, right_image: The same from other sides, for models that take them.
        mesh: The 3D model to work on: for ``tencent/hunyuan-part``.
        prompt: Words, for models that take them.
        seed: For repeatable results.
        output_format: ``"glb"`` or ``"obj"``, for models that let one choose.
        params: Further parameters: ``remove_background``, and any of the model's own.
        extra_body: Goes into the request body verbatim, last.

    Returns:
        A `Mesh`: links to the model, by format.

    Raises:
        UnsupportedFeatureError: the model takes no such input or format.
        InvalidRequestError: an argument is missing or of the wrong kind; names it.

    Wire: POST ``/v1/images/generations`` ``{model, image_url | front_image_url | mesh_url, ...}``
    -> ``{model_mesh | model_glb, model_urls | segmented_mesh, mask_1_mesh, ..., meta}``.
    Source: the 3D model pages of docs.aimlapi.com, read 2026-08-21, Meshy's 2026-11-26.
    """
    named = {
        "seed": check_number("seed", seed, model, is_whole=True),
        "output_format": output_format,
    }
    files = {
        "image": image, "back_image": back_image, "left_image": left_image,
        "right_image": right_image, "mesh": mesh,
    }  # fmt: skip
    call = MediaCall.of(model, prompt, named, files=files, params=params, extra_body=extra_body)
    request, notes = WORDS.request(context, call)
    mend = context.mend(request, notes)
    step = patient(once(request, parse_mesh, repeatable=False, mend=mend), SECONDS)
    return Plan([step], only, model=call.model, notes=notes)


def parse_mesh(response: Response, policy: Policy) -> Mesh:
    """The files of an answer: one model, one in several formats, or a model and its parts.

    Raises:
        InvalidResponseError: there is no model in it.
    """
    body = read_object(response, policy, "a 3D model")
    links = dict(_links(body))
    whole = [name for start in _WHOLE for name in links if name.split(".")[0] == start]
    if not whole:  # an answer of a new model: whatever is a mesh by its name or type
        whole = [name for name, link in links.items() if _format(name, link) is not None]
    if not whole:  # the published schema's `data[]`, whose links need not say what they are
        whole = [n for n in links if n.startswith("data.") and not _is_image(links[n])]
    if not whole:
        raise unknown_shape(response, policy, body, "3D model")
    urls: dict[str, str] = {}
    for name in whole:
        urls.setdefault(_format(name, links[name]) or "glb", str(links[name]["url"]))
    first = next((links[n] for n in whole if _format(n, links[n]) == "glb"), links[whole[0]])
    thumbnail, seed = next(links_in(body.get("thumbnail")), None), body.get("seed")
    return Mesh(
        url=str(first["url"]),
        content_type=_media_type(first),
        size_bytes=size_in(first),
        urls=urls,
        files={
            name: str(link["url"]) for name, link in links.items()
            if name not in whole and name != "thumbnail"
        },
        thumbnail=None if thumbnail is None else str(thumbnail["url"]),
        seed=seed if isinstance(seed, int) else None,
        meta=read_meta(response, body, known=("seed", *(name.split(".")[0] for name in links))),
        raw=body,
    )  # fmt: skip


def _links(value: object, name: str = "") -> Iterator[tuple[str, Json]]:
    """Every link in a body, by the dotted name of its place."""
    if isinstance(value, Mapping):
        if isinstance(value.get("url"), str) and value["url"]:
            yield name, value
            return
        for key, inner in value.items():
            if name or key not in ("meta", "usage"):
                yield from _links(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _links(inner, f"{name}.{place}")
    elif isinstance(value, str) and value.startswith(("https://", "http://")):
        yield name, {"url": value}


def _media_type(link: Json) -> str | None:
    """The media type; "some bytes", as TripoSR's page has it, is less than the file's name says."""
    kind = media_type_in(link)
    if kind not in (None, "application/octet-stream"):
        return kind
    found = _format("", link)
    return next((name for name, end in _TYPES.items() if end == found), kind)


def _is_image(link: Json) -> bool:
    return (media_type_in(link) or "").startswith("image/")


def _format(name: str, link: Json) -> str | None:
    """The format of a mesh: by its type, its file's name, its link, or its place."""
    by_type = _TYPES.get(str(link.get("content_type")))
    if by_type is not None:
        return by_type
    for text in (str(link.get("file_name")), str(link["url"]).split("?")[0], name):
        end = text.lower().replace("_", ".").rpartition(".")[2]
        if end in _FORMATS:
            return end
    return None


class MeshCalls(Calls):
    """``client.meshes``: 3D models, sync and async."""

    __slots__ = ()
    generate = SyncCall(plan_mesh)
    agenerate = AsyncCall(plan_mesh)
    check = SyncCheck(plan_mesh)
    acheck = AsyncCheck(plan_mesh)
