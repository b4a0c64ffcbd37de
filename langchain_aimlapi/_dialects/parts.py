"""Helpers for content parts and texts that more than one dialect needs."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import replace

from langchain_aimlapi._domain.media import titled
from langchain_aimlapi._domain.values import (
    MediaPart,
    Message,
    Part,
    RawPart,
    RefusalPart,
    ResponseFormat,
    TextPart,
)
from langchain_aimlapi._fitting.notes import CURE, Notes
from langchain_aimlapi._fitting.params import Body
from langchain_aimlapi.errors import UnsupportedFeatureError

MEDIA_WORDS = {"image": "images", "audio": "audio", "video": "video", "file": "files"}


def text_of(parts: Iterable[Part], *, separator: str = "\n") -> str:
    """The texts of the parts (also of refusals and plain-text documents), joined."""
    texts = [text for part in parts if (text := part_text(part)) is not None]
    return separator.join(texts)


def part_text(part: Part) -> str | None:
    """The text of a part that is text; None for any other."""
    if isinstance(part, TextPart | RefusalPart):
        return part.text
    if isinstance(part, MediaPart) and part.is_text:
        return titled(part, part.data or "")
    return None


def is_text_only(parts: Iterable[Part]) -> bool:
    """Whether every part can be sent as text."""
    return all(part_text(part) is not None for part in parts)


def raw_as_text(part: RawPart) -> TextPart:
    """A vendor's own block in a tool result, as the JSON that the tool gave."""
    return TextPart(json.dumps(dict(part.value), ensure_ascii=False, default=str))


def with_error_marked(message: Message) -> Message:
    """A failed tool result whose text begins with "Error", for a form with no other place."""
    if not message.is_error:
        return message
    first = next((p for p in message.parts if isinstance(p, TextPart)), None)
    text = first.text if first is not None else ""
    if text.lstrip().lower().startswith("error"):
        return message
    marked = TextPart(f"Error: {text}" if text else "Error", first.extra if first else {})
    if first is None:
        return replace(message, parts=(marked, *message.parts))
    return replace(message, parts=tuple(marked if p is first else p for p in message.parts))


def clean_name(name: str) -> str:
    """A message's name in the alphabet that OpenAI takes: 1-64 of ``A-Za-z0-9_-``."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:64]


def named_in_text(message: Message) -> tuple[Part, ...]:
    """The parts of a message with its name in front of the text."""
    first = message.parts[0] if message.parts else None
    if isinstance(first, TextPart):
        return (TextPart(f"{message.name}: {first.text}", first.extra), *message.parts[1:])
    return (TextPart(f"{message.name}:"), *message.parts)


# --- what a model does not take -----


def no_media(part: MediaPart, notes: Notes) -> UnsupportedFeatureError:
    """The error for media of a kind that the model does not take."""
    word = MEDIA_WORDS[part.kind]
    return notes.impossible(
        f"messages.{part.kind}", f"it takes no {word}", f"choose a model that takes {word}"
    )


def no_link(part: MediaPart, what: str, notes: Notes) -> UnsupportedFeatureError:
    """The error for media that the model takes as content only, given by a link or an id."""
    word = MEDIA_WORDS[part.kind]
    return notes.impossible(
        f"messages.{part.kind}",
        f"it takes {word} as base64 data only, not as a {what}",
        "download it first, or set fetch_urls=True",
    )


def no_block(part: RawPart, notes: Notes) -> UnsupportedFeatureError:
    """The error for a user's content block of a type that the model does not take."""
    kind = part.value.get("type")
    why = f"it takes no content block of type {kind!r}"
    if kind in MEDIA_WORDS:
        why = f"a content block of type {kind!r} has neither content, nor a URL, nor a file id"
    advice = "use a standard block: text, image, audio, video or file"
    return notes.impossible(f"messages.{kind}", why, advice)


# --- the form of the answer -----


def openai_format(answer_format: ResponseFormat) -> Body:
    """``response_format`` as OpenAI spells it."""
    if answer_format.kind != "json_schema":
        return {"type": answer_format.kind}
    inner: Body = {"name": answer_format.name, "schema": dict(answer_format.schema)}
    if answer_format.description:
        inner["description"] = answer_format.description
    if answer_format.strict is not None:
        inner["strict"] = answer_format.strict
    return {"type": "json_schema", "json_schema": inner}


def format_in_words(
    wanted: ResponseFormat, formats: Collection[str] | None, notes: Notes
) -> str | None:
    """What the prompt has to say where a model has no such format; None where the format goes out
    as it is. A format that nobody named (the best way that the model has) needs no warning."""
    if formats is None or wanted.kind in formats or wanted.kind == "text":
        return None
    shown = notes.name_of("response_format")
    if shown:
        cure = CURE
        if shown.startswith("method="):
            cure = "leave method out for the best that the model has, or set on_unsupported='send'"
        change = f"{shown} was requested in the prompt"
        if notes.unsupported("response_format", change, "the model has no such format", cure):
            return None
    return json_instruction(wanted)


def json_instruction(answer_format: ResponseFormat) -> str:
    """The format in words, for a model that has no such format."""
    if answer_format.kind == "json_object" or not answer_format.schema:
        return "Answer with one JSON object and nothing else."
    schema = json.dumps(dict(answer_format.schema), ensure_ascii=False)
    return f"Answer with one JSON object that fits this JSON schema, and nothing else:\n{schema}"
