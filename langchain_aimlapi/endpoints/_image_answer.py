"""Images as the API answers them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from langchain_aimlapi._domain.media import sniff, split_data_url
from langchain_aimlapi._json import text_or_none
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.endpoints import Json, Result, no_answer, read_meta, read_object
from langchain_aimlapi.endpoints._media import Media, Target
from langchain_aimlapi.endpoints._states import media_type_in, size_in

_CONTENT = ("data", "images", "image")


@dataclass(frozen=True, slots=True)
class Image(Media):
    """One image: a link, or its content. A link is not followed until it is saved; save soon, some
    are valid for an hour.

    Attributes:
        url: Where it is.
        data: Its content, where the API sent it.
        content_type: Such as ``"image/png"``, where it is known; also as ``mime_type``.
        width, height: In pixels, where the API tells.
        revised_prompt: The prompt that was really used, where the model tells.
        extra: What else the model tells about this image.
    """

    width: int | None = None
    height: int | None = None
    revised_prompt: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)

    @property
    def b64_json(self) -> str | None:
        """Its content in base64, where the API sent it."""
        return None if self.data is None else base64.b64encode(self.data).decode()

    @property
    def mime_type(self) -> str | None:
        """Its media type, where it is known."""
        return self.content_type

    def to_bytes(self) -> bytes:
        """The content, where it came with the answer.

        Raises:
            ValueError: there is only a link.
        """
        if self.data is not None:
            return self.data
        raise ValueError(
            "this image is a link; image.save(path) downloads it, and so does "
            "langchain_aimlapi.downloads.download(image.url)"
        )


@dataclass(frozen=True, slots=True)
class Images(Result):
    """Images. Everything else in the answer (seed, timings, ...) is in ``meta.extra``."""

    images: tuple[Image, ...] = ()

    @property
    def urls(self) -> list[str]:
        """The links of those images that have one."""
        return [image.url for image in self.images if image.url]

    @property
    def url(self) -> str | None:
        """The link of the first image, where it has one."""
        return self.images[0].url if self.images else None

    @property
    def data(self) -> bytes | None:
        """The content of the first image, where the API sent it."""
        return self.images[0].data if self.images else None

    def bound(self, runner: Any) -> Self:
        """The same value, its images knowing the client that they came from."""
        return replace(self, images=tuple(image.bound(runner) for image in self.images))

    def save(self, directory: Target) -> list[Path]:
        """Write every image into a directory, each named after its content; see `Media.save`.

        Returns:
            Their paths, in the order of the images.
        """
        return [image.save(self._checked(directory)) for image in self.images]

    def asave(self, directory: Target) -> Coroutine[Any, Any, list[Path]]:
        """Like `save`, on the running event loop."""
        from langchain_aimlapi._transport.download import asave_all

        folder = self._checked(directory)
        return asave_all([image.asave(folder) for image in self.images])

    def _checked(self, directory: Target) -> Path:
        folder = Path(directory)
        if len(self.images) > 1 and not folder.is_dir():
            raise NotADirectoryError(
                f"{folder} is not a directory; give one, or save images[0], images[1], ... alone"
            )
        return folder

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, object]:
        """How a notebook shows them; nothing is downloaded by us."""
        shown = [image._repr_mimebundle_() for image in self.images]
        if len(shown) == 1:
            return shown[0]
        return {"text/html": "".join(map(_as_html, shown)), "text/plain": repr(self)}


def _as_html(bundle: Mapping[str, object]) -> str:
    if "text/html" in bundle:
        return str(bundle["text/html"])
    kind = next(iter(bundle))
    return f'<img src="data:{kind};base64,{bundle[kind]}" style="max-width: 100%">'


def parse_images(response: Response, policy: Policy) -> Images:
    """The images of an answer: ``data``, ``images``, or both with the same links.

    Raises:
        InvalidResponseError: there is none.
    """
    body = read_object(response, policy, "images")
    found: dict[object, Image] = {}
    for image in _entries(body):
        key = image.url or image.data
        found[key] = _merged(found[key], image) if key in found else image
    if not found:
        keys = sorted(map(str, body))[:20]
        raise no_answer(response, policy, f"no image in an object with the keys {keys}")
    meta = read_meta(response, body, known=_CONTENT)
    images = tuple(replace(image, meta=meta) for image in found.values())
    return Images(images=images, meta=meta, raw=body)


def _entries(body: Json) -> Iterator[Image]:
    for name in _CONTENT:
        found = body.get(name)
        items: Sequence[object] = found if isinstance(found, list) else [found]
        yield from filter(None, map(_image, items))


_KNOWN = frozenset({"url", "b64_json", "content_type", "mime_type", "width", "height", "file_size",
                    "revised_prompt"})  # fmt: skip


def _image(item: object) -> Image | None:
    if isinstance(item, str):
        item = {"url": item}
    if not isinstance(item, Mapping):
        return None
    url, data = text_or_none(item.get("url")), _decoded(item.get("b64_json"))
    media_type = media_type_in(item)
    content = split_data_url(url or "")
    if content is not None:
        url, data, media_type = None, _decoded(content[1]), content[0] or media_type
    if url is None and data is None:
        return None
    width, height = _sides(item)
    return Image(
        url=url,
        data=data,
        content_type=media_type or (sniff(data[:32]) if data else None),
        size_bytes=size_in(item) or (len(data) if data else None),
        width=width,
        height=height,
        revised_prompt=text_or_none(item.get("revised_prompt")) or text_or_none(item.get("prompt")),
        extra={name: value for name, value in item.items() if name not in _KNOWN},
    )


def _decoded(value: object) -> bytes | None:
    if not isinstance(value, str) or not value:
        return None
    try:
        return base64.b64decode(value, validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _sides(item: Mapping[str, object]) -> tuple[int | None, int | None]:
    """``width`` and ``height``, or Seedream's ``"size": "2048x2048"``."""
    width, height = item.get("width"), item.get("height")
    if isinstance(width, int) and isinstance(height, int):
        return width, height
    first, x, second = str(item.get("size", "")).partition("x")
    if x and first.isdecimal() and second.isdecimal():
        return int(first), int(second)
    return None, None


def _merged(one: Image, other: Image) -> Image:
    """One image that the answer tells twice."""
    names = ("url", "data", "content_type", "size_bytes", "width", "height", "revised_prompt")
    missing = {name: getattr(other, name) for name in names if getattr(one, name) is None}
    return replace(one, **missing, extra={**other.extra, **one.extra})
