"""A call for speech, and the requests that it takes: one for each piece of a long text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from langchain_aimlapi._answers.sound import UNJOINABLE
from langchain_aimlapi._fitting.checks import check_model, check_number, check_text
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.sentences import length_of, split_text
from langchain_aimlapi._wire.request import Request
from langchain_aimlapi.catalog.facts import Shape
from langchain_aimlapi.endpoints._models import check_kind
from langchain_aimlapi.endpoints._plans import Context, shape_at
from langchain_aimlapi.endpoints._results import Json
from langchain_aimlapi.endpoints._sources import Sources, read_sources
from langchain_aimlapi.endpoints._speech_words import (
    SPEECH,
    check_voices,
    ordered_type,
    text_limit,
    vocabulary,
)
from langchain_aimlapi.endpoints._vocabulary import MediaCall
from langchain_aimlapi.errors import InvalidRequestError

_NEIGHBOUR = 200  # characters of the text around it that a piece may refer to
_ACCEPT = "audio/*, application/json"


@dataclass(frozen=True, slots=True)
class Order:
    """The requests of a call, one for each piece of its text."""

    model: str
    requests: tuple[Request, ...]
    notes: Notes


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechCall:
    """The arguments of a call, by the names that `SpeechCalls.create` explains."""

    model: str
    text: str
    voice: str | Sequence[str] | None
    output_format: str | None
    speed: float | None
    sample_rate: int | None
    language: str | None
    instructions: str | None
    seed: int | None
    reference_audio: Sources | None
    max_characters: int | None
    params: Mapping[str, object] | None
    extra_body: Mapping[str, object] | None

    def order(self, context: Context, *, stream: bool) -> Order:
        """The requests that it takes; nothing else has to be known to send them.

        Raises:
            UnsupportedFeatureError: the model has no such voice or format; names its choices.
            InvalidRequestError: an argument is missing or of the wrong kind; names it.
        """
        check_model(self.model)
        model = self.model.strip()
        params = self._params(model)
        facts, notes = context.facts(model), context.notes(model)
        check_kind(facts, "tts", SPEECH, notes, context.catalog)
        shape = shape_at(facts, SPEECH)
        limit = self._limit(shape, notes)
        texts = split_text(self.text, limit)
        if stream and _can_stream(shape):
            params.setdefault("stream", True)
        bodies = []
        for place, text in enumerate(texts):
            fitted = {**_neighbours(texts, place, shape), **params, "text": text}
            call = MediaCall(model, None, {}, fitted, self.extra_body or {})
            body, found = vocabulary(facts).body(context, call, SPEECH)
            if place == 0:
                notes.absorb(found)
            bodies.append(body)
        _check_joinable(bodies, texts, shape, notes, limit=limit)
        requests = tuple(
            context.json_request(SPEECH, body, model=model, accept=_ACCEPT, notes=notes)
            for body in bodies
        )
        return Order(model, requests, notes)

    def _params(self, model: str) -> dict[str, object]:
        """The parameters by our names, checked; what is None is absent."""
        if self.text is None:
            raise InvalidRequestError(
                "text is missing", advice="give text=...", model=model, field="text"
            )
        for name, text in (
            ("text", self.text), ("instructions", self.instructions),
            ("language", self.language), ("output_format", self.output_format),
        ):  # fmt: skip
            check_text(name, text, model)
        check_voices(self.voice, model)
        references = read_sources("reference_audio", self.reference_audio, "audio", model)
        named = {
            "voice": self.voice,
            "output_format": self.output_format,
            "speed": self._speed(model),
            "sample_rate": check_number("sample_rate", self.sample_rate, model, unit="hertz"),
            "language": self.language,
            "instructions": self.instructions,
            "seed": check_number("seed", self.seed, model, is_whole=True),
            "reference_audio": [each.as_url() for each in references] or None,
        }
        present = {name: value for name, value in named.items() if value is not None}
        return {**(self.params or {}), **present}

    def _speed(self, model: str) -> float | None:
        speed = check_number("speed", self.speed, model)
        if speed is not None and speed <= 0:
            raise InvalidRequestError(
                f"speed is {speed}", advice="1.0 is as usual", model=model, field="speed"
            )
        return speed

    def _limit(self, shape: Shape, notes: Notes) -> int | None:
        """Most characters of a piece, by the caller and the model's schema."""
        own = check_number("max_characters", self.max_characters, notes.model)
        if own is not None and own < 1:
            raise InvalidRequestError(
                f"max_characters is {own}", advice="give a number from 1", field="max_characters"
            )
        models = text_limit(shape) if notes.policy != "send" else None
        return min((int(each) for each in (own, models) if each is not None), default=None)


def _can_stream(shape: Shape) -> bool:
    facts = (shape.params or {}).get("stream")
    return facts is not None and (facts.enum is None or True in facts.enum)


def _neighbours(texts: Sequence[str], place: int, shape: Shape) -> dict[str, str]:
    """What stands before and after a piece, for models that speak better when they know."""
    params = shape.params or {}
    found = {}
    if place and "previous_text" in params:
        found["previous_text"] = texts[place - 1][-_NEIGHBOUR:]
    if place + 1 < len(texts) and "next_text" in params:
        found["next_text"] = texts[place + 1][:_NEIGHBOUR]
    return found


def _check_joinable(
    bodies: Sequence[Json], texts: Sequence[str], shape: Shape, notes: Notes, *, limit: int | None
) -> None:
    """Refuse a long text in a format whose files cannot follow each other."""
    kind = ordered_type(bodies[0], shape)
    if len(bodies) == 1 or kind not in UNJOINABLE:
        return
    whole = sum(length_of(each) for each in texts)
    raise notes.impossible(
        "output_format",
        f"{whole} characters are {len(bodies)} calls, whose files of {kind} cannot be joined",
        f"choose 'mp3' or 'wav', or give a text of at most {limit} characters",
    )
