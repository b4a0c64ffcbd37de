"""What an image shows: labels, faces, logos, landmarks, text, by Google's detectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from langchain_aimlapi._fitting.checks import check_number
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.endpoints import (
    Context,
    Json,
    Plan,
    Result,
    no_answer,
    once,
    only,
    read_meta,
    read_object,
    unknown_shape,
)
from langchain_aimlapi.endpoints._sources import Source, read_sources
from langchain_aimlapi.endpoints.ocr import OcrPage, pages_in
from langchain_aimlapi.errors import InvalidRequestError

__all__ = ["Feature", "ImageFeatures", "parse_vision", "plan_vision"]

VISION = "/vision"
Feature = Literal[
    "FACE_DETECTION", "LANDMARK_DETECTION", "LOGO_DETECTION", "LABEL_DETECTION", "TEXT_DETECTION",
    "DOCUMENT_TEXT_DETECTION", "SAFE_SEARCH_DETECTION", "IMAGE_PROPERTIES", "CROP_HINTS",
    "WEB_DETECTION", "PRODUCT_SEARCH", "OBJECT_LOCALIZATION",
]  # fmt: skip
_ANNOTATION = ("Annotation", "Annotations", "webDetection")
_ADVICE = f"choose among {', '.join(get_args(Feature))}"


@dataclass(frozen=True, slots=True)
class ImageFeatures(Result):
    """What an image shows.

    Attributes:
        annotations: What was found, by Google's names (``"labelAnnotations"``, ...), where the
            answer has them.
        pages: The text on it as Markdown, where the answer has pages.
    """

    annotations: Mapping[str, Any] = field(default_factory=dict)
    pages: tuple[OcrPage, ...] = ()


def plan_vision(
    context: Context,
    *,
    image: Source,
    features: Feature | Sequence[Feature | Mapping[str, object]],
    max_results: int | None = None,
    languages: Sequence[str] | None = None,
    aspect_ratios: Sequence[float] | None = None,
    extra_body: Mapping[str, object] | None = None,
) -> Plan[ImageFeatures]:
    """Find out what an image shows.

    The page of this endpoint is no longer listed in the API's documentation; whether it still
    answers is for the API to say. To have an image described in words, ask a chat model.

    Args:
        image: A link; the endpoint takes no content.
        features: What to look for: one of `Feature`, several, or objects ``{type, maxResults,
            model}`` as the API takes them.
        max_results: Most findings of each feature, from 1.
        languages: Codes of the languages of the text on it.
        aspect_ratios: Width to height, for crop hints.
        extra_body: Goes into the request body verbatim, last.

    Returns:
        `ImageFeatures`: ``annotations`` by name, or ``pages`` of text; all of it in ``raw``.

    Raises:
        InvalidRequestError: an argument is missing or of the wrong kind; names it.
        InvalidResponseError: the answer has neither; shows its keys.

    Wire: POST ``/vision`` ``{image: {source: {imageUri}}, features: [{type, maxResults, model}],
    imageContext}`` -> ``{pages, model, usage_info}``, or Google's ``{responses: [...]}``.
    Source: the page "OFR: Optical Feature Recognition" of docs.aimlapi.com, as it was kept, read
    2026-11-28; ``Vision.v1.VisionRequestDTO`` of the OpenAPI documents, read 2026-08-21.
    """
    hints = {
        "languageHints": list(languages) if languages else None,
        "cropHintsParams": {"aspectRatios": list(aspect_ratios)} if aspect_ratios else None,
    }
    present = {name: value for name, value in hints.items() if value is not None}
    body = {
        "image": {"source": {"imageUri": _link(image)}},
        "features": _features(features, max_results),
        **({"imageContext": present} if present else {}),
        **(extra_body or {}),
    }
    step = once(context.json_request(VISION, body), parse_vision, repeat_lost=False)
    return Plan([step], only)


# --- what goes out -----


def _link(image: Source) -> str:
    found = read_sources("image", image, "image", None)
    if len(found) != 1:
        raise InvalidRequestError("image is missing", advice="give its link", field="image")
    if found[0].url is None or found[0].url.startswith("data:"):
        raise InvalidRequestError(
            "image is no link, and this endpoint takes no content",
            advice="put it where the API can fetch it, or ask a chat model about it",
            field="image",
        )
    return found[0].url


def _features(features: object, max_results: object) -> list[dict[str, object]]:
    most = check_number("max_results", max_results, "")
    if most is not None and most < 1:
        raise InvalidRequestError(
            f"max_results is {most}", advice="give a number from 1", field="max_results"
        )
    wanted = [features] if isinstance(features, str) else features
    if not isinstance(wanted, list | tuple) or not wanted:
        raise InvalidRequestError("features names none", advice=_ADVICE, field="features")
    limit = {} if most is None else {"maxResults": int(most)}
    return [{**limit, **_feature(each)} for each in wanted]


def _feature(value: object) -> dict[str, object]:
    """One feature as the API takes it."""
    named = value if isinstance(value, Mapping) else {"type": value}
    kind = str(named.get("type")).strip().upper()
    if kind not in get_args(Feature):
        raise InvalidRequestError(
            f"features has {named.get('type')!r}, which is none", advice=_ADVICE, field="features"
        )
    return {**named, "type": kind}


# --- what comes back -----


def parse_vision(response: Response, policy: Policy) -> ImageFeatures:
    """What an answer found.

    Raises:
        InvalidResponseError: it has neither annotations nor pages.
    """
    body = read_object(response, policy, "image features")
    found = _answered(body)
    problem = found.get("error")
    if isinstance(problem, Mapping):
        raise no_answer(response, policy, f"the error {str(problem.get('message'))[:300]!r}")
    meta = read_meta(response, body, known=("pages", "responses", "usage_info"))
    annotations = {name: each for name, each in found.items() if name.endswith(_ANNOTATION)}
    pages = pages_in(body, meta)
    if not annotations and pages is None and found is body:
        raise unknown_shape(response, policy, body, "image features")
    return ImageFeatures(annotations=annotations, pages=pages or (), meta=meta, raw=body)


def _answered(body: Json) -> Json:
    """Google's answer for the one image; the body itself where it is not in a list."""
    responses = body.get("responses")
    if isinstance(responses, list) and len(responses) == 1 and isinstance(responses[0], Mapping):
        return responses[0]
    return body
