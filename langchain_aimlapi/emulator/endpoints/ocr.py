"""POST /v1/ocr: a document as pages of Markdown."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from langchain_aimlapi.emulator._core import Answer, Call, Json, json_answer
from langchain_aimlapi.emulator._generation import dummy_delay, dummy_keys
from langchain_aimlapi.emulator._invent import invent
from langchain_aimlapi.emulator._ledger import Cost
from langchain_aimlapi.emulator._picture import png
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State, charged
from langchain_aimlapi.emulator._validate import check, find_model

PATH = "/v1/ocr"
PRICE_PER_PAGE = Decimal("0.0013")
ANNOTATED_PRICE_PER_PAGE = Decimal("0.0039")
PAGES = 2
MAX_PAGES = 20


@route("POST", PATH, "/ocr", inference=True)
def read(call: Call, state: State) -> Answer:
    """The text of a document."""
    body = {"model": "mistral-ocr-latest", **call.json()}
    model = find_model(state, body, PATH)
    check(state, model, PATH, body)
    dummy_keys(body, at_once=True)
    name, text, size = _document(body.get("document"), str(body.get("mimeType") or ""))
    pages = [_page(place, name, text, body) for place in _pages(body)]
    annotated = isinstance(body.get("document_annotation_format"), dict)
    each = ANNOTATED_PRICE_PER_PAGE if annotated else PRICE_PER_PAGE
    cost = state.settle(call, model.id, Cost.of(each * len(pages)))
    answer: Json = {
        "pages": pages,
        "model": "mistral-ocr-2503-completion" if "latest" in model.name else model.name,
        "usage_info": {"pages_processed": len(pages), "doc_size_bytes": size},
        **state.meta(model, cost, plain=True),
    }
    if annotated:
        answer["document_annotation"] = _annotation(body["document_annotation_format"], text)
    return dummy_delay(body, charged(json_answer(answer), cost.headers()))


def _document(document: Any, media_type: str) -> tuple[str, str, int | None]:
    """A document's name, its text as far as it can be known, and its size in bytes.

    Google's models take base64 without a head; ``mimeType`` says what it is.
    """
    link = document
    if isinstance(document, Mapping):
        link = document.get("document_url", document.get("image_url"))
    if isinstance(link, Mapping):
        link = link.get("url")
    link = link if isinstance(link, str) else ""
    head, raw = media_type, None
    if link.startswith("data:"):
        head, _, data = link.partition(",")
        raw = _decoded(data)
        raw = data.encode("utf-8", "replace") if raw is None else raw
    elif link and "://" not in link:
        raw = _decoded(link)
    if raw is not None:
        return "document", raw.decode("utf-8", "replace") if "text/" in head else "", len(raw)
    name = re.split(r"[?#]", link)[0].rpartition("/")[2] or "document"
    return name[:120], "", None


def _decoded(text: str) -> bytes | None:
    """The bytes of base64; None where it is none."""
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return None


def _pages(body: Json) -> list[int]:
    """The numbers of the pages that are wanted, from 0."""
    wanted = body.get("pages")
    test = body.get("test")
    count = PAGES
    if isinstance(test, Mapping) and isinstance(test.get("pages"), int):
        count = test["pages"]
    whole = list(range(max(1, min(count, MAX_PAGES))))
    if isinstance(wanted, list):
        return [page for page in wanted if isinstance(page, int)][:MAX_PAGES]
    if isinstance(wanted, str):
        return _listed(wanted) or whole
    if isinstance(wanted, Mapping):
        return _spanned(wanted, whole)
    return whole


def _listed(text: str) -> list[int]:
    """``0,2-4`` as numbers."""
    pages: list[int] = []
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\d+)(?:\s*-\s*(\d+))?\s*", part)
        if found:
            pages += range(int(found[1]), min(int(found[2] or found[1]), int(found[1]) + 50) + 1)
    return pages[:MAX_PAGES]


def _spanned(wanted: Mapping[str, Any], whole: list[int]) -> list[int]:
    """Google's form, which counts from 1."""
    if isinstance(wanted.get("indices"), list):
        return [page - 1 for page in wanted["indices"] if isinstance(page, int)]
    start, end = wanted.get("start", 1), wanted.get("end", len(whole))
    if not (isinstance(start, int) and isinstance(end, int)):
        return whole
    return list(range(start - 1, min(end, start + MAX_PAGES)))


def _page(place: int, name: str, text: str, body: Json) -> Json:
    markdown = text or f"# Page {place + 1} of {name}\n\nThe emulator cannot read; this stands in."
    images: list[Json] = []
    if body.get("include_image_base64"):
        data = b64encode(png(bytes([place % 256, 90, 160]), 32, 32)).decode()
        images.append(
            {
                "id": f"img-{place}.png",
                "top_left_x": 198,
                "top_left_y": 142,
                "bottom_right_x": 405,
                "bottom_right_y": 350,
                "image_base64": f"data:image/png;base64,{data}",
            }
        )
        markdown = f"![img-{place}.png](img-{place}.png)\n\n{markdown}"
    dimensions = {"dpi": 200, "height": 2200, "width": 1700}
    return {"index": place, "markdown": markdown, "images": images, "dimensions": dimensions}


def _annotation(wanted: Mapping[str, object], text: str) -> str:
    home = wanted.get("json_schema")
    schema = home.get("schema") if isinstance(home, Mapping) else None
    made = invent(schema if isinstance(schema, Mapping) else {"type": "object"}, text)
    return json.dumps(made, ensure_ascii=False)
