"""``litellm.ocr``: documents as pages of Markdown, in the form that LiteLLM gives all providers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litellm.llms.base_llm.ocr.transformation import OCRPage, OCRResponse, OCRUsageInfo

from langchain_aimlapi._litellm.operations import Call, Handling
from langchain_aimlapi._litellm.replies import hidden_params
from langchain_aimlapi._litellm.tasks import Task
from langchain_aimlapi.endpoints.ocr import OcrDocument, OcrImage, OcrPage, plan_ocr
from langchain_aimlapi.errors import InvalidRequestError

# Mistral's names, which LiteLLM uses for all -> ours.
_NAMES = {
    "pages": "pages",
    "include_image_base64": "include_images",
    "image_limit": "image_limit",
    "image_min_size": "image_min_size",
    "document_annotation_format": "annotation",
    "document_annotation_prompt": "annotation_prompt",
    "bbox_annotation_format": "image_annotation",
}


def _reading(call: Call) -> Task[OcrDocument]:
    named = {_NAMES[name]: value for name, value in call.params.items() if name in _NAMES}
    params = {name: value for name, value in call.params.items() if name not in _NAMES}
    source = _source(call)
    return Task(
        lambda context: plan_ocr(
            context, model=call.model, document=source, params=params,
            extra_body=call.extra_body, **named,
        ),
        lambda read: _response(call.model, read),
    )  # fmt: skip


def _source(call: Call) -> Any:
    """``{"type": "document_url", "document_url": ...}``, or a file."""
    document = call.given.get("document")
    if not isinstance(document, dict):
        return document
    kind = str(document.get("type"))
    found = document.get(kind)
    if isinstance(found, dict):
        found = found.get("url")
    if isinstance(found, tuple):
        found = found[1]
    if found is None:
        raise InvalidRequestError(
            "document names neither a document_url, an image_url nor a file",
            advice="write {'type': 'document_url', 'document_url': 'https://...'}",
            model=call.model,
            field="document",
        )
    return found


def _response(model: str, read: OcrDocument) -> OCRResponse:
    response = OCRResponse(
        model=read.meta.model or model,
        pages=[_page(page) for page in read.pages],
        document_annotation=read.annotation,
        usage_info=OCRUsageInfo(
            pages_processed=read.pages_processed or len(read.pages),
            doc_size_bytes=read.size_bytes,
        ),
    )
    response._hidden_params = hidden_params(read.meta)
    return response


def _page(page: OcrPage) -> OCRPage:
    size = page.dimensions
    dimensions = {n: getattr(size, n) for n in ("dpi", "height", "width")} if size else None
    row = {
        "index": page.index,
        "markdown": page.markdown,
        "images": [_image(image, page) for image in page.images],
        "dimensions": dimensions,
    }
    return OCRPage.model_validate(row)


def _image(image: OcrImage, page: OcrPage) -> dict[str, Any]:
    rows = (page.raw or {}).get("images") or ()
    raw: Mapping[str, object] = next((row for row in rows if row.get("id") == image.id), {})
    return {
        "id": image.id,
        "image_base64": raw.get("image_base64"),
        "bbox": {"left": image.left, "top": image.top, "right": image.right,
                 "bottom": image.bottom},
    }  # fmt: skip


HANDLING = {"ocr": Handling(_reading, frozenset({"model", "document"}))}
