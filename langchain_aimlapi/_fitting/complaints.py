"""What an error body complains of, in whatever shape; the precise complaints come first.

Shapes: issues with ``path`` or ``loc`` (zod, pydantic), ``param`` (OpenAI), ``pointer`` and
``invalid-params`` (problem details, RFC 9457 and 7807), ``instancePath`` (Ajv), an object from
field to texts (ASP.NET, zod's ``fieldErrors``), lists of sentences (class-validator), a vendor's
whole body quoted as text, plain sentences.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from langchain_aimlapi._fitting.lessons import Path

_LONGEST_TEXT = 4000
_MOST = 20  # complaints of one list
_DEEPEST = 10
_PLACES = ("path", "loc", "param", "property", "field", "pointer", "instancePath")
_TEXTS = ("message", "msg", "reason", "detail")
_BY_FIELD = ("errors", "fieldErrors")
_INSIDE = (
    "issues", "errors", "fieldErrors", "invalid-params", "invalid_params", "details", "detail",
    "error", "message", "msg", "meta",
)  # fmt: skip


class Complaint(NamedTuple):
    """One thing that the server does not like."""

    path: Path
    text: str
    facts: Mapping[str, object]
    """Machine-readable details: ``keys``, ``options``, ``maximum``, ``expected``, ...; empty for a
    mere sentence."""


def complaints_of(body: object, message: str, field: str | None) -> Iterator[Complaint]:
    """The complaints of an error.

    Args:
        body: The decoded body, of any shape.
        message: The message that was read from it.
        field: The parameter that was read from it.
    """
    found = list(_walk(body, 0))
    if field and not any(each.path for each in found):
        found.insert(0, Complaint(_split(field), message, {}))
    if message and message not in {each.text for each in found}:
        found.append(Complaint((), message, {}))
    yield from found


def _walk(value: object, depth: int) -> Iterator[Complaint]:
    if depth > _DEEPEST:
        return
    if isinstance(value, str):
        yield from _in_text(value[:_LONGEST_TEXT], depth)
    elif isinstance(value, list):
        for each in value[:_MOST]:
            yield from _walk(each, depth + 1)
    elif isinstance(value, Mapping):
        place, text = _place(value), next((t for n in _TEXTS if (t := _text(value.get(n)))), "")
        if text and (place or isinstance(value.get("keys"), list)):
            yield Complaint(place, text, value)
            return
        for name in _INSIDE:
            yield from _inside(name, value.get(name), depth + 1)


def _inside(name: str, value: object, depth: int) -> Iterator[Complaint]:
    if name in _BY_FIELD and isinstance(value, Mapping) and depth <= _DEEPEST:
        yield from _by_field(value, depth)
    else:
        yield from _walk(value, depth)


def _place(value: Mapping[str, object]) -> Path:
    """The place that an issue names; a path that is a text is the address of the request."""
    names = (*_PLACES, "name") if "reason" in value else _PLACES
    for name in names:
        place = value.get(name)
        if place and isinstance(place, list if name in ("path", "loc") else (str, list)):
            return _split(place)
    return ()


def _by_field(fields: Mapping[str, object], depth: int) -> Iterator[Complaint]:
    """An object from field to what is wrong with it."""
    for name, wrong in list(fields.items())[:_MOST]:
        texts = [wrong] if isinstance(wrong, str) else wrong
        if name in _INSIDE:
            yield from _inside(name, wrong, depth + 1)
        elif isinstance(texts, list) and texts and all(isinstance(each, str) for each in texts):
            yield Complaint(_split(name), "; ".join(texts)[:_LONGEST_TEXT], fields)
        elif isinstance(wrong, Mapping) and _text(wrong.get("message")) and not _place(wrong):
            yield Complaint(_split(name), _text(wrong.get("message")), wrong)
        elif isinstance(wrong, Mapping) and name == "body" and depth < _DEEPEST:
            yield from _by_field(wrong, depth + 1)
        else:
            yield from _walk(wrong, depth + 1)


def _text(value: object) -> str:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else ""


def _in_text(text: str, depth: int) -> Iterator[Complaint]:
    """The lines of a text; JSON that a vendor quotes in it is read as what it is."""
    start = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=-1)
    if start >= 0:
        try:
            inner = json.loads(text[start:])
        except (ValueError, RecursionError):
            inner = None
        if isinstance(inner, list | Mapping):
            yield from _walk(inner, depth + 1)
            return
    for line in re.split(r"\n|; ", text):
        head = _PREFIX.match(line)
        yield Complaint(_split(head[1]) if head else (), line, {})


# A place before a colon, as Anthropic writes it: `thinking.enabled.budget_tokens: Input should`.
_PREFIX = re.compile(r"\s*(?:Body validation error:\s*)?([a-z_]+(?:[.\[]\w+\]?)*):\s")


def _split(place: object) -> Path:
    if isinstance(place, list):
        parts = [str(each) for each in place]
        return tuple(parts[1:] if parts[:1] == ["body"] else parts)
    parts = re.split(r"[.\[\]/#]+", str(place))
    return tuple(part for part in parts if part and part != "body")
