"""Pictures as the API answers them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from langchain_aimlapi._domain.media import split_data_url
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.endpoints import Json, Result, no_answer, read_meta, read_object

_CONTENT = ("data", "images", "image")


@dataclass(frozen=True, slots=True)
class Image:
    """One picture: a link, or its content. Links are not followed; see
    `langchain_aimlapi.downloads`, and be quick: some are valid for an hour.

    Attributes:
        url: Where it lies.
        b64_json: Its content in base64.
        mime_type: Such as ``"image/png"``, where the API said it.
        width, height: In pixels, where the API said it.
        revised_prompt: The prompt that was really used, where the model says it.
        extra: What else the model says about this picture.
    """

    url: str | None = None
    b64_json: str | None = field(default=None, repr=False)
    mime_type: str | None = None
    width: int | None = None
    height: int | None = None
    revised_prompt: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def to_bytes(self) -> bytes:
        """The content, where it came with the answer.

        Raises:
            ValueError: there is only a link.
        """
        if self.b64_json:
            return base64.b64decode(self.b64_json)
        content = split_data_url(self.url or "")
        if content is not None:
            return base64.b64decode(content[1])
        raise ValueError(
            "this picture is a link; langchain_aimlapi.downloads.download(image.url) fetches it"
        )


@dataclass(frozen=True, slots=True)
class Images(Result):
    """Pictures. What the answer says beside them (seed, timings, ...) is in ``meta.extra``."""

    images: tuple[Image, ...] = ()

    @property
    def urls(self) -> list[str]:
        """The links of those pictures that have one."""
        return [image.url for image in self.images if image.url]


def parse_images(response: Response, policy: Policy) -> Images:
    """The pictures of an answer: ``data``, ``images``, or both with the same links.

    Raises:
        InvalidResponseError: there is none.
    """
    body = read_object(response, policy, "pictures")
    found: dict[str, Image] = {}
    for image in _entries(body):
        key = image.url or image.b64_json or ""
        found[key] = _merged(found[key], image) if key in found else image
    if not found:
        keys = sorted(map(str, body))[:12]
        raise no_answer(response, policy, f"no picture (the keys are {keys})")
    return Images(images=tuple(found.values()), meta=read_meta(response, body, known=_CONTENT))


def _entries(body: Json) -> Iterator[Image]:
    for name in _CONTENT:
        held = body.get(name)
        items: Sequence[Any] = held if isinstance(held, list) else [held]
        yield from filter(None, map(_image, items))


_KNOWN = frozenset({"url", "b64_json", "content_type", "mime_type", "width", "height",
                    "revised_prompt"})  # fmt: skip


def _image(item: Any) -> Image | None:
    if isinstance(item, str):
        item = {"url": item}
    if not isinstance(item, Mapping):
        return None
    url, content = item.get("url"), item.get("b64_json")
    if not (isinstance(url, str) and url) and not _is_base64(content):
        return None
    width, height = _sides(item)
    return Image(
        url=url if isinstance(url, str) and url else None,
        b64_json=content if _is_base64(content) else None,
        mime_type=_text(item.get("content_type")) or _text(item.get("mime_type")),
        width=width,
        height=height,
        revised_prompt=_text(item.get("revised_prompt")),
        extra={name: value for name, value in item.items() if name not in _KNOWN},
    )


def _is_base64(value: Any) -> bool:
    if not isinstance(value, str) or not value:
        return False
    try:  # the first bytes tell; the whole of it is decoded when it is wanted
        return bool(base64.b64decode(value[:64], validate=True))
    except (binascii.Error, ValueError):
        return False


def _sides(item: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """``width`` and ``height``, or Seedream's ``"size": "2048x2048"``."""
    width, height = item.get("width"), item.get("height")
    if isinstance(width, int) and isinstance(height, int):
        return width, height
    first, x, second = str(item.get("size", "")).partition("x")
    if x and first.isdecimal() and second.isdecimal():
        return int(first), int(second)
    return None, None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _merged(one: Image, other: Image) -> Image:
    """One picture that the answer tells twice."""
    names = ("url", "b64_json", "mime_type", "width", "height", "revised_prompt")
    missing = {name: getattr(other, name) for name in names if getattr(one, name) is None}
    return replace(one, **missing, extra={**other.extra, **one.extra})
