"""Wire families: which one a model is spoken to in, and building the request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any, NamedTuple

from langchain_aimlapi._dialects.history import without_foreign_reasoning
from langchain_aimlapi._domain.values import ChatRequest, ReasoningPart
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import CACHE_MARK
from langchain_aimlapi._fitting.reasoning import wants_thinking
from langchain_aimlapi.catalog.facts import DialectName, Facts, Shape
from langchain_aimlapi.errors import UnsupportedFeatureError

MESSAGES_PATH = "/v1/messages"
PATHS = {
    "completions": "/v1/chat/completions",
    "messages": MESSAGES_PATH,
    "responses": "/v1/responses",
}


def choose_and_build(
    facts: Facts, request: ChatRequest, forced: DialectName | None, notes: Notes
) -> tuple[Shape, dict[str, Any]]:
    """The shape to speak in, and the body: where the first choice cannot say something at all
    (an image by its URL, a document), another path of the same model may.

    Raises:
        UnsupportedFeatureError: no path of the model takes the request.
    """
    kept = without_foreign_reasoning(request.messages, facts.vendor, request.model)
    request = replace(request, messages=kept)
    first = choose(facts, request, forced)
    others = [s for s in facts.shapes.values() if s.dialect in PATHS and s is not first]
    shapes = (first,) if forced is not None else (first, *others)
    groups = [group for shape in shapes for group in _forms(shape)]
    return best_form(groups, request, notes)


def build(request: ChatRequest, shape: Shape, notes: Notes) -> dict[str, Any]:
    """The JSON body of a request in the better form of a shape, ``extra_body`` included."""
    return best_form(_forms(shape), request, notes)[1]


# --- which path -----


def choose(facts: Facts, request: ChatRequest, forced: DialectName | None = None) -> Shape:
    """The shape to try first: the catalog's first, unless the user forces a dialect.

    Claude ids that take Anthropic's form on the chat path answer there in OpenAI's, which has no
    place for signed thoughts; where thinking is requested, or a signed thought goes back, and the
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
    native = first.dialect == "messages" or first.accepts_anthropic
    if _is_signed(request) or (native and wants_thinking(request.params)):
        return facts.shapes.get(MESSAGES_PATH, first)
    # A server-side tool (`web_search_preview`, `code_interpreter`) is known on one path only.
    hosted = {str(tool.raw.get("type")) for tool in request.tools if tool.kind == "builtin"}
    if any(not _knows(first, kind) for kind in hosted):
        return next((s for s in shapes if all(_knows(s, kind) for kind in hosted)), first)
    return first


def _knows(shape: Shape, tool: str) -> bool:
    forms = (shape, shape.other) if shape.other is not None else (shape,)
    return any(f.tools is None or tool in f.tools or "*" in f.tools for f in forms)


def _is_signed(request: ChatRequest) -> bool:
    """Whether a thought stands in the history that only ``/v1/messages`` signs and takes back."""
    for message in request.messages:
        if message.role == "assistant":
            if message.extra.get("thinking_blocks"):
                return True
            for part in message.parts:
                if isinstance(part, ReasoningPart) and part.signature:
                    return True
    return False


# --- which form -----


_DEAR = (CACHE_MARK, "web_search")


class _Attempt(NamedTuple):
    """One form of the request, and what it costs."""

    dear: int
    """Whether something is lost that costs money or breaks a turn: cache marks, signed thoughts."""
    losses: int
    shape: Shape
    body: dict[str, Any]
    notes: Notes

    @property
    def cost(self) -> tuple[int, int]:
        return self.dear, self.losses


def _forms(shape: Shape) -> list[tuple[Shape, ...]]:
    """The forms of one path, in groups: of a group the one that loses least is taken, and a later
    group only where no form of the earlier ones can say the request, or each loses something
    dear."""
    if shape.other is None:
        return [(shape,)]
    if shape.accepts_anthropic:
        # Claude's newer ids answer in OpenAI's form to either.
        return [(shape, shape.other)]
    # What comes back to OpenAI's form on Anthropic's path is not documented.
    return [(shape,), (shape.other,)]


def _note_choice(request: ChatRequest, body: Mapping[str, object], notes: Notes) -> None:
    """Say that a call was forced without anything that could be called."""
    choice = request.tool_choice
    if choice is None or choice.mode not in ("required", "named") or request.tools:
        return
    if not body.keys() & {"tools", "tool_choice"}:
        change = f"{notes.name_of('tool_choice')} was left out"
        notes.unsupported("tool_choice", change, "there are no tools", "give tools=[...], too")


def best_form(
    groups: Sequence[Iterable[Shape]], request: ChatRequest, notes: Notes
) -> tuple[Shape, dict[str, Any]]:
    """The form that loses least, and the body in it, ``extra_body`` included.

    Raises:
        UnsupportedFeatureError: that of the first form, where none can say the request.
    """
    refusal: UnsupportedFeatureError | None = None
    best: _Attempt | None = None
    for group in groups:
        attempts: list[_Attempt] = []
        for shape in group:
            trial = notes.trial()
            try:
                body = _build_as(request, shape, trial)
            except UnsupportedFeatureError as error:
                refusal = refusal or error
                continue
            dear = _loses_dearly(request, shape, trial)
            attempts.append(_Attempt(dear, len(trial.adaptations) + dear, shape, body, trial))
            if not attempts[-1].losses:
                break
        least = min(attempts, key=lambda attempt: attempt.cost, default=None)
        if least is not None and (best is None or least.dear < best.dear):
            best = least
        if best is not None and not best.dear:
            break
    if best is None:
        raise refusal or notes.impossible("messages", "it has no form for them")
    notes.absorb(best.notes)
    _note_choice(request, best.body, notes)
    return best.shape, {**best.body, **request.extra_body}


def _loses_dearly(request: ChatRequest, shape: Shape, trial: Notes) -> bool:
    """Whether a form has no place for cache marks, for a search, or for what Claude has signed."""
    signed = shape.accepts_anthropic and _is_signed(request)
    return signed or not trial.lost.isdisjoint(_DEAR)


def _build_as(request: ChatRequest, shape: Shape, notes: Notes) -> dict[str, object]:
    # Most programs speak one dialect; the others are not worth their import.
    dialect = import_module(f"langchain_aimlapi._dialects.{shape.dialect}.request")
    body: dict[str, object] = dialect.build(request, shape, notes)
    return body
