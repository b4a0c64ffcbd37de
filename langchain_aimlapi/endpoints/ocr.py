"""Documents read: every OCR model under one set of names; pages of Markdown come back."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from langchain_aimlapi._domain.media import sniff, split_data_url
from langchain_aimlapi._domain.values import Meta
from langchain_aimlapi._fitting.checks import (
    check_model,
    check_number,
    check_required,
    check_text,
    check_values,
)
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import fit_all
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.catalog.facts import Param, Shape
from langchain_aimlapi.endpoints import (
    AsyncCall,
    AsyncCheck,
    Calls,
    Context,
    Json,
    Plan,
    Result,
    SyncCall,
    SyncCheck,
    once,
    only,
    patient,
    read_meta,
    read_object,
    shape_at,
    unknown_shape,
)
from langchain_aimlapi.endpoints._media import Media
from langchain_aimlapi.endpoints._models import check_kind
from langchain_aimlapi.endpoints._sources import Source, Upload, read_upload
from langchain_aimlapi.errors import InvalidRequestError

__all__ = ["Dimensions", "OcrCalls", "OcrDocument", "OcrImage", "OcrPage", "parse_ocr", "plan_ocr"]

OCR = "/v1/ocr"
SECONDS = 300.0
"""How long a document may take, where no time-out was set."""
Pages = int | str | Sequence[int] | Mapping[str, object]
_SPELLINGS = {
    "include_images": ("include_images", "include_image_base64"),
    "annotation": ("document_annotation_format",),
    "annotation_prompt": ("document_annotation_prompt",),
    "image_annotation": ("bbox_annotation_format",),
    "media_type": ("mimeType", "media_type"),
}
_COMMON = frozenset({*_SPELLINGS, "pages", "image_limit", "image_min_size"})
_IMPLIED = {"include_images": (False,)}
_IMAGE_NAMES = re.compile(r"\.(?:png|jpe?g|webp|gif|avif|bmp|tiff?|heic)$", re.I)


@dataclass(frozen=True, slots=True)
class Dimensions:
    """The size of a page in pixels."""

    width: int = 0
    height: int = 0
    dpi: int | None = None


@dataclass(frozen=True, slots=True)
class OcrImage(Media):
    """An image on a page, by the name that stands in the page's Markdown.

    Attributes:
        id: ``"img-0.jpeg"``, as in ``![img-0.jpeg](img-0.jpeg)``.
        left, top, right, bottom: Where it is on the page, in pixels.
        data: Its content, where it was requested (``include_images=True``).
        annotation: What it shows, as JSON value, where ``image_annotation`` requested it.
    """

    id: str = ""
    left: int | None = None
    top: int | None = None
    right: int | None = None
    bottom: int | None = None
    annotation: Any = None


@dataclass(frozen=True, slots=True)
class OcrPage:
    """One page.

    Attributes:
        index: Its number, from 0.
        markdown: What stands on it.
        images: The images on it.
        dimensions: Its size, where the API tells.
        raw: All that the API tells about it.
    """

    index: int
    markdown: str
    images: tuple[OcrImage, ...] = ()
    dimensions: Dimensions | None = None
    raw: Json | None = None


@dataclass(frozen=True, slots=True)
class OcrDocument(Result):
    """A document that was read.

    Attributes:
        pages: Its pages, or those that were requested.
        annotation: What ``annotation`` requested, as JSON value.
        pages_processed: Pages that were charged, where the API tells.
        size_bytes: Length of the document, where the API tells.
    """

    pages: tuple[OcrPage, ...] = ()
    annotation: Any = None
    pages_processed: int | None = None
    size_bytes: int | None = None

    @property
    def markdown(self) -> str:
        """All pages, with an empty line between them."""
        return "\n\n".join(page.markdown for page in self.pages)


def plan_ocr(
    context: Context,
    *,
    document: Source,
    model: str = "mistral/mistral-ocr-latest",
    pages: Pages | None = None,
    include_images: bool | None = None,
    image_limit: int | None = None,
    image_min_size: int | None = None,
    annotation: object = None,
    annotation_prompt: str | None = None,
    image_annotation: object = None,
    params: Mapping[str, object] | None = None,
    extra_body: Mapping[str, object] | None = None,
) -> Plan[OcrDocument]:
    """Read a document or an image.

    Args:
        document: A PDF or an image: URL, `pathlib.Path`, open binary file, bytes, base64,
            ``data:`` URL, a content block or a message.
        model: Id of an OCR model.
        pages: Which pages, from 0: a number, numbers, or ``"0-4,7"``.
        include_images: Whether the images on the pages come too.
        image_limit: Most images.
        image_min_size: Least width and height of images, in pixels.
        annotation: What to find in the document: a pydantic class or a JSON schema. Costs more.
        annotation_prompt: What to heed for that.
        image_annotation: The same for every image: a pydantic class or a JSON schema.
        params: Further parameters by the model's own names.
        extra_body: Goes into the request body verbatim, last.

    Returns:
        `OcrDocument` with ``pages``, and ``markdown`` of all of them.

    Raises:
        UnsupportedFeatureError: the model takes no such thing.
        InvalidRequestError: an argument is missing or of the wrong kind; names it.

    Wire: POST ``/v1/ocr`` ``{model, document: {type, document_url | image_url}, pages, ...}``
    (Google: ``document`` is a URL or base64, beside ``mimeType``) -> ``{pages: [{index, markdown,
    images, dimensions}], usage_info, document_annotation, meta}``.
    Source: the OCR model pages of docs.aimlapi.com, read 2026-08-21; the gateway's OpenAPI of
    2026-08-30.
    """
    check_model(model)
    model = model.strip()
    check_text("annotation_prompt", annotation_prompt, model)
    facts, notes = context.facts(model), context.notes(model)
    check_kind(facts, "ocr", OCR, notes, context.catalog)
    shape = shape_at(facts, OCR)
    named = {
        "pages": _pages(pages, shape, notes),
        "include_images": include_images,
        "image_limit": check_number("image_limit", image_limit, model),
        "image_min_size": check_number("image_min_size", image_min_size, model, unit="pixels"),
        "annotation": _format("annotation", annotation, model),
        "annotation_prompt": annotation_prompt,
        "image_annotation": _format("image_annotation", image_annotation, model),
    }
    given = {**(params or {}), **{k: v for k, v in named.items() if v is not None}}
    found = read_upload("document", _unwrapped(document), "document", model)
    body = {"model": model, **_document(found, given, shape, notes), **(extra_body or {})}
    request = context.json_request(OCR, body, model=model, notes=notes)
    step = once(request, parse_ocr, repeat_lost=False, mend=context.mend(request, notes))
    return Plan([patient(step, SECONDS)], only, model=model, notes=notes)


# --- what goes out -----


def _unwrapped(document: object) -> Any:
    """Mistral's own form of a document as its address."""
    if isinstance(document, Mapping):
        for name in ("document_url", "image_url"):
            found = document.get(name)
            if document.get("type") == name and isinstance(found, str):
                return found
    return document


def _document(
    found: str | Upload, given: Mapping[str, object], shape: Shape, notes: Notes
) -> dict[str, Any]:
    """The document and the parameters as the model takes them."""
    facts = (shape.params or {}).get("document") or Param()
    plain = facts.types == ("string",)
    media_type = None if isinstance(found, str) else found.media_type
    if plain and media_type is not None:
        given = {"media_type": media_type, **given}
    body = fit_all(
        given, shape, notes, common=_COMMON, spellings=_SPELLINGS, implied=_IMPLIED,
        exact=("media_type",),
    )  # fmt: skip
    if plain:
        body["document"] = found if isinstance(found, str) else _base64(found)
    else:
        is_image = (
            bool(_IMAGE_NAMES.search(_path_of(found)))
            if isinstance(found, str)
            else str(media_type).startswith("image/")
        )
        name = "image_url" if is_image else "document_url"
        url = found if isinstance(found, str) else f"data:{media_type};base64,{_base64(found)}"
        body["document"] = {"type": name, name: url}
    names = {key: name for name, keys in _SPELLINGS.items() for key in keys}
    check_values(body, shape, notes, names)
    check_required(body, shape, notes, names)
    return body


def _path_of(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def _base64(found: Upload) -> str:
    content = found.content
    if isinstance(content, Path):
        content = content.read_bytes()
    elif not isinstance(content, bytes):
        content = content.read()
    return base64.b64encode(content).decode()


MAX_INDICES = 15


def _pages(pages: object, shape: Shape, notes: Notes) -> object:
    """Pages from 0, in the model's own form."""
    facts = (shape.params or {}).get("pages") or Param()
    if pages is None or isinstance(pages, Mapping):
        return pages
    numbers = _numbers(pages, notes.model)
    if "type" not in facts.properties or notes.policy == "send":
        return pages if isinstance(pages, str) else numbers
    first, last = numbers[0] + 1, numbers[-1] + 1  # Google counts from 1
    if len(numbers) > 1 and numbers == list(range(first - 1, last)):
        return {"type": "range", "start": first, "end": last}
    if len(numbers) > MAX_INDICES:
        raise notes.impossible(
            "pages", f"it takes {MAX_INDICES} single pages, or one range", "call it several times"
        )
    return {"type": "indices", "indices": [number + 1 for number in numbers]}


def _numbers(pages: object, model: str) -> list[int]:
    found: list[int] = []
    if isinstance(pages, str):
        for part in pages.split(","):
            span = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+))?\s*", part)
            if span is None:
                found = []
                break
            found += range(int(span[1]), int(span[2] or span[1]) + 1)
    elif isinstance(pages, int) and not isinstance(pages, bool):
        found = [pages]
    elif isinstance(pages, Sequence):
        found = [p for p in pages if isinstance(p, int) and not isinstance(p, bool)]
        found = found if len(found) == len(pages) else []
    if not found or min(found) < 0:
        raise InvalidRequestError(
            f"pages is {pages!r}, which names no pages",
            advice="give numbers from 0, such as [0, 1] or '0-4,7'",
            model=model,
            field="pages",
        )
    return found


def _format(argument: str, wanted: object, model: str) -> dict[str, object] | None:
    """A pydantic class or a JSON schema as the API takes it."""
    if wanted is None:
        return None
    make: Callable[[], Any] | None = getattr(wanted, "model_json_schema", None)
    schema = make() if callable(make) else wanted
    if not isinstance(schema, Mapping) or not schema:
        raise InvalidRequestError(
            f"{argument} is a value of type {type(wanted).__name__}",
            advice="give a pydantic class, or a JSON schema",
            model=model,
            field=argument,
        )
    if schema.get("type") == "json_schema":
        return dict(schema)
    name = re.sub(r"\W+", "_", str(schema.get("title") or "annotation"))[:64]
    return {
        "type": "json_schema",
        "json_schema": {"name": name, "schema": dict(schema), "strict": True},
    }


# --- what comes back -----


def parse_ocr(response: Response, policy: Policy) -> OcrDocument:
    """The pages of an answer.

    Raises:
        InvalidResponseError: there are none.
    """
    body = read_object(response, policy, "pages")
    found = pages_in(body, read_meta(response, body))
    if found is None:
        raise unknown_shape(response, policy, body, "pages")
    usage = body.get("usage_info")
    counted: Json = usage if isinstance(usage, Mapping) else {}
    known = ("pages", "document_annotation", "usage_info")
    return OcrDocument(
        pages=found,
        annotation=_json(body.get("document_annotation")),
        pages_processed=_whole(counted.get("pages_processed")),
        size_bytes=_whole(counted.get("doc_size_bytes")),
        meta=read_meta(response, body, known=known),
        raw=body,
    )


def pages_in(body: Json, meta: Meta) -> tuple[OcrPage, ...] | None:
    """The pages of a body; None where there are none."""
    found = _found_pages(body)
    return None if found is None else tuple(_page(each, place, meta) for place, each in found)


_TEXTS = ("markdown", "md_results", "text")


def _found_pages(body: Json) -> list[tuple[int, Json]] | None:
    """The pages of a body: a list of objects, or one text; None where there are none."""
    pages = body.get("pages")
    if isinstance(pages, list) and all(_is_page(each) for each in pages):
        return list(enumerate(pages))
    for name in _TEXTS:
        if isinstance(body.get(name), str):
            return [(0, {"markdown": body[name]})]
    for name in ("result", "output", "data"):
        inner = body.get(name)
        if isinstance(inner, Mapping) and (found := _found_pages(inner)) is not None:
            return found
    return None


def _is_page(value: object) -> bool:
    return isinstance(value, Mapping) and any(isinstance(value.get(n), str) for n in _TEXTS)


def _page(value: Json, place: int, meta: Meta) -> OcrPage:
    index, size, images = value.get("index"), value.get("dimensions"), value.get("images")
    return OcrPage(
        index=place if (number := _whole(index)) is None else number,
        markdown=next(str(value[name]) for name in _TEXTS if isinstance(value.get(name), str)),
        images=tuple(
            _image(each, meta) for each in (images if isinstance(images, list) else ())
            if isinstance(each, Mapping)
        ),
        dimensions=(
            Dimensions(
                _whole(size.get("width")) or 0, _whole(size.get("height")) or 0,
                _whole(size.get("dpi")),
            )
            if isinstance(size, Mapping)
            else None
        ),
        raw=value,
    )  # fmt: skip


def _image(value: Json, meta: Meta) -> OcrImage:
    content = _content(value.get("image_base64"))
    link = value.get("url") or value.get("image_url")
    return OcrImage(
        id=str(value.get("id") or ""),
        left=_whole(value.get("top_left_x")),
        top=_whole(value.get("top_left_y")),
        right=_whole(value.get("bottom_right_x")),
        bottom=_whole(value.get("bottom_right_y")),
        url=link if isinstance(link, str) and content is None else None,
        data=content[1] if content is not None else None,
        content_type=content[0] if content is not None else None,
        size_bytes=len(content[1]) if content is not None else None,
        annotation=_json(value.get("image_annotation") or value.get("bbox_annotation")),
        meta=meta,
    )


def _content(value: object) -> tuple[str | None, bytes] | None:
    """The media type and the bytes of a ``data:`` URL or of base64; None where it is neither."""
    if not isinstance(value, str) or not value:
        return None
    split = split_data_url(value)
    kind, text = split if split is not None else (None, value)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return (kind or sniff(data[:32]), data) if data else None


def _json(value: object) -> object:
    """JSON that may come as text; a text that is none stays one."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


class OcrCalls(Calls):
    """``client.ocr(model=..., document=...)``: documents read."""

    __slots__ = ()
    __call__ = SyncCall(plan_ocr)
    read = SyncCall(plan_ocr)
    aread = AsyncCall(plan_ocr)
    check = SyncCheck(plan_ocr)
    acheck = AsyncCheck(plan_ocr)
