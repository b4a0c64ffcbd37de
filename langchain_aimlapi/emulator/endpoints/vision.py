"""POST /vision: features of an image; the documentation's only answer is one of pages."""

from __future__ import annotations

from typing import Any

from langchain_aimlapi.emulator._core import Answer, Call, Refusal, json_answer
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State

FEATURES = frozenset(
    {
        "FACE_DETECTION",
        "LANDMARK_DETECTION",
        "LOGO_DETECTION",
        "LABEL_DETECTION",
        "TEXT_DETECTION",
        "DOCUMENT_TEXT_DETECTION",
        "SAFE_SEARCH_DETECTION",
        "IMAGE_PROPERTIES",
        "CROP_HINTS",
        "WEB_DETECTION",
        "PRODUCT_SEARCH",
        "OBJECT_LOCALIZATION",
    }
)


@route("POST", "/vision", inference=True)
def look(call: Call, state: State) -> Answer:
    """A page that names the image and what was looked for."""
    body = call.json()
    link = _link(body)
    kinds = _kinds(body.get("features"))
    name = link.split("?")[0].rpartition("/")[2] or "image"
    page = {
        "index": 0,
        "markdown": f"# {name}\n\nThe emulator cannot see; it was to look for {', '.join(kinds)}.",
        "images": [],
        "dimensions": {"dpi": 72, "height": 768, "width": 1024},
    }
    usage = {"pages_processed": 1, "doc_size_bytes": None}
    return json_answer({"pages": [page], "model": "google/vision", "usage_info": usage})


def _link(body: dict[str, Any]) -> str:
    image = body.get("image")
    source = image.get("source") if isinstance(image, dict) else None
    link = source.get("imageUri") if isinstance(source, dict) else None
    if not isinstance(link, str):
        raise Refusal(400, "image.source.imageUri: expected string")
    return link


def _kinds(features: Any) -> list[str]:
    if not isinstance(features, list):
        raise Refusal(400, "features: expected array")
    for place, each in enumerate(features):
        if not isinstance(each, dict) or each.get("type") not in FEATURES:
            raise Refusal(400, f"features.{place}.type: invalid option")
    return [each["type"] for each in features]
