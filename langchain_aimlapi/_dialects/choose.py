"""Wire families: which one a model is spoken to in, and building the request."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from langchain_aimlapi._domain.values import ChatRequest, ReasoningPart
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi.catalog.facts import DialectName, Facts, Shape
from langchain_aimlapi.errors import UnsupportedFeatureError

MESSAGES_PATH = "/v1/messages"
PATHS = {
    "completions": "/v1/chat/completions",
    "messages": MESSAGES_PATH,
    "responses": "/v1/responses",
}


def choose(facts: Facts, ask: ChatRequest, forced: DialectName | None = None) -> Shape:
    """The shape to speak in: the catalog's first, unless the user forces a dialect.

    Claude ids that take Anthropic's shape on the chat path answer there in OpenAI's, which has no
    place for signed thoughts; where thinking is asked for, or a signed thought goes back, and the
    id is served on ``/v1/messages`` too, that path is used.
    """
    shapes = [s for s in facts.shapes.values() if s.dialect in PATHS]
    if forced is not None:
        able = [s for s in shapes if s.dialect == forced]
        own = next((s for s in able if s.path == PATHS[forced]), None)
        return own or next(iter(able), Shape(path=PATHS[forced], dialect=forced))
    if not shapes:
        return Shape()
    first = shapes[0]
    if _is_signed(ask) or (first.dialect == "messages" and _thinks(ask)):
        return facts.shapes.get(MESSAGES_PATH, first)
    # A server-side tool (`web_search_preview`, `code_interpreter`) is known on one path only.
    hosted = {str(tool.raw.get("type")) for tool in ask.tools if tool.kind == "builtin"}
    if any(not _knows(first, kind) for kind in hosted):
        return next((s for s in shapes if all(_knows(s, kind) for kind in hosted)), first)
    return first


def _knows(shape: Shape, tool: str) -> bool:
    forms = (shape, shape.other) if shape.other is not None else (shape,)
    return any(f.tools is None or tool in f.tools or "*" in f.tools for f in forms)


def choose_and_build(
    facts: Facts, ask: ChatRequest, forced: DialectName | None, notes: Notes
) -> tuple[Shape, dict[str, Any]]:
    """The shape to speak in, and the body: where the first choice can not say something at all
    (an image by its URL, a document), another path of the same model may.

    Raises:
        UnsupportedFeatureError: no path of the model takes the request.
    """
    first = choose(facts, ask, forced)
    others = [s for s in facts.shapes.values() if s.dialect in PATHS and s is not first]
    failed: UnsupportedFeatureError | None = None
    for shape in (first, *(() if forced is not None else others)):
        notes.told.clear()
        try:
            return shape, build(ask, shape, notes)
        except UnsupportedFeatureError as error:
            failed = failed or error
    assert failed is not None  # noqa: S101 - there is a first shape, and it failed
    raise failed


def _thinks(ask: ChatRequest) -> bool:
    return any(ask.params.get(name) for name in ("reasoning", "thinking"))


def _is_signed(ask: ChatRequest) -> bool:
    """Whether a thought stands in the history that only ``/v1/messages`` signs and takes back."""
    for message in ask.messages:
        if message.role == "assistant":
            if message.extra.get("thinking_blocks"):
                return True
            for part in message.parts:
                if isinstance(part, ReasoningPart) and part.signature:
                    return True
    return False


def build(ask: ChatRequest, shape: Shape, notes: Notes) -> dict[str, Any]:
    """The JSON body of a request, ``extra_body`` included."""
    failed: UnsupportedFeatureError
    try:
        body = _build_as(ask, shape, notes)
    except UnsupportedFeatureError as error:
        failed = error
        # Claude's paths take two whole forms; what one can not say (sound, a document by its
        # address) the other may.
        if shape.other is None:
            raise
        notes.told.clear()
        try:
            body = _build_as(ask, shape.other, notes)
        except UnsupportedFeatureError:
            raise failed from None
    return {**body, **ask.extra_body} if ask.extra_body else body


def _build_as(ask: ChatRequest, shape: Shape, notes: Notes) -> dict[str, Any]:
    # Most programs speak one dialect; the others are not worth their import.
    dialect = import_module(f"langchain_aimlapi._dialects.{shape.dialect}.request")
    body: dict[str, Any] = dialect.build(ask, shape, notes)
    return body
