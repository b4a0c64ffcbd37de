"""What the speech models take, under one set of names: voices, formats, speed, languages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import fit, match
from langchain_aimlapi.catalog.facts import Facts, Param, Shape
from langchain_aimlapi.endpoints._vocabulary import Vocabulary
from langchain_aimlapi.errors import InvalidRequestError

SPEECH = "/v1/tts"
Given = dict[str, Any]

# Our word for a format -> the beginnings of the models' own words, the best first.
_FORMATS: Mapping[str, tuple[str, ...]] = {
    "mp3": ("mp3_44100_128", "mp3"),
    "wav": ("wav", "linear16"),
    "pcm": ("pcm_24000", "pcm", "linear16"),
    "opus": ("opus_48000_128", "ogg_opus", "opus"),
    "ogg": ("ogg_opus", "opus_48000_128", "opus"),
    "flac": ("flac",),
    "aac": ("aac",),
    "mulaw": ("mulaw", "ulaw"),
    "ulaw": ("ulaw", "mulaw"),
    "alaw": ("alaw",),
}
_RATED = re.compile(r"_\d{4,}")  # a rate that stands in the word of a format
_FORMAT_KEYS = ("response_format", "output_format", "encoding", "format")
_SETTINGS = ("audio_setting", "audio_config")
# What Deepgram puts around samples: a head that tells their rate, or nothing.
_CONTAINERS = {"wav": "wav", "pcm": "none", "mulaw": "none", "ulaw": "none", "alaw": "none"}
_LANGUAGES: Mapping[str, str] = {
    "zh": "Chinese", "yue": "Chinese,Yue", "en": "English", "ar": "Arabic", "ru": "Russian",
    "es": "Spanish", "fr": "French", "pt": "Portuguese", "de": "German", "tr": "Turkish",
    "nl": "Dutch", "uk": "Ukrainian", "vi": "Vietnamese", "id": "Indonesian", "ja": "Japanese",
    "it": "Italian", "ko": "Korean", "th": "Thai", "pl": "Polish", "ro": "Romanian", "el": "Greek",
    "cs": "Czech", "fi": "Finnish", "hi": "Hindi", "bg": "Bulgarian", "da": "Danish",
    "he": "Hebrew", "ms": "Malay", "fa": "Persian", "sk": "Slovak", "sv": "Swedish",
    "hr": "Croatian", "fil": "Filipino", "hu": "Hungarian", "no": "Norwegian", "sl": "Slovenian",
    "ca": "Catalan", "nn": "Nynorsk", "ta": "Tamil", "af": "Afrikaans",
}  # fmt: skip


# --- voices -----


@dataclass(frozen=True, slots=True)
class VoicePlace:
    """Where a model takes a voice.

    Attributes:
        path: The keys that lead there; empty where the model is a voice itself.
        names: The voices that are known.
        closed: Whether there are no others.
    """

    path: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    closed: bool = False


def voice_place(facts: Facts) -> VoicePlace | None:
    """Where a model takes a voice; None where nothing is known about it."""
    shape = facts.shapes.get(SPEECH)
    own = voice_in(facts.id)
    if own is not None:
        return VoicePlace((), (own,), closed=True)
    if shape is None or shape.params is None:
        return None
    params = shape.params
    for path in (("voice",), ("voice_setting", "voice_id")):
        found = _inside(params, path)
        if found is not None:
            return VoicePlace(path, _names(found), found.enum is not None)
    speaker = (params.get("speakers") or Param()).items
    preset = speaker.properties.get("preset") if speaker is not None else None
    if preset is not None:
        return VoicePlace(("speakers",), _names(preset), preset.enum is not None)
    return VoicePlace()


def voice_in(model: str) -> str | None:
    """The voice that an id is of its own: ``#g1_aura-2-thalia-en`` is Thalia."""
    _, mark, rest = model.partition("aura-")
    parts = rest.removeprefix("2-").split("-")
    return parts[0] if mark and len(parts) == 2 and parts[0] else None


def _inside(params: Mapping[str, Param], path: Sequence[str]) -> Param | None:
    found = params.get(path[0])
    for name in path[1:]:
        found = found.properties.get(name) if found is not None else None
    return found


def _names(facts: Param) -> tuple[str, ...]:
    """The closed set of a parameter, or the one among its variants."""
    sets = [facts.enum, *(each.enum for each in facts.variants)]
    return tuple(str(name) for found in sets if found for name in found)


def _placed_voice(given: Given, facts: Facts, notes: Notes) -> Given:
    """The voice, or the voices of a script, under the model's own keys."""
    voice = given.pop("voice", None)
    place = voice_place(facts)
    if voice is None or notes.policy == "send":
        return given if voice is None else {**given, "voice": voice}
    voices = [voice] if isinstance(voice, str) else list(voice)
    if place is None:
        return {**given, "voice": voices[0] if len(voices) == 1 else voices}
    if len(voices) != 1 and place.path != ("speakers",):
        raise notes.impossible("voice", f"it speaks with one voice, not {len(voices)}")
    spelled = [_spelled_voice(each, place, facts, notes) for each in voices]
    if place.path == ("speakers",):
        return {**given, "speakers": [{"preset": each} for each in spelled]}
    if place.path == ("voice",):
        return {**given, "voice": spelled[0]}
    if place.path:
        outer, inner = place.path
        return {**given, outer: {inner: spelled[0], **(given.get(outer) or {})}}
    return given


def _spelled_voice(voice: str, place: VoicePlace, facts: Facts, notes: Notes) -> str:
    """The model's own spelling of a voice."""
    found = match(voice, place.names)
    if found is not None:
        return str(found)
    if not place.path and not place.names:
        if {"references", "audio_prompt"} & set(facts.shapes[SPEECH].params or {}):
            cure = "give a recording of the voice as reference_audio"
        else:
            cure = "leave voice out"
        raise notes.impossible("voice", "it has no parameter for a voice", cure)
    if not place.path:
        raise notes.impossible(
            "voice", f"the id itself is the voice {place.names[0]}",
            f"choose the model of {voice}, or leave voice out",
        )  # fmt: skip
    if place.closed:
        raise notes.impossible(
            "voice", f"it has no voice {voice!r}",
            f"choose one of {', '.join(place.names[:8])}"
            + (", ...: see client.speech.voices(model)" if len(place.names) > 8 else ""),
        )  # fmt: skip
    return voice


# --- formats, speed, language -----


def _format_place(shape: Shape) -> tuple[tuple[str, ...], Param] | None:
    """The keys that lead to the format of the sound, and what is known of it."""
    params = shape.params or {}
    for key in _FORMAT_KEYS:
        if key in params:
            return (key,), params[key]
    for outer in _SETTINGS:
        found = _inside(params, (outer, "format"))
        if found is not None:
            return (outer, "format"), found
    return None


def _placed_format(given: Given, shape: Shape, notes: Notes) -> Given:
    """The format and the sample rate under the model's own keys."""
    word, rate = given.pop("output_format", None), given.pop("sample_rate", None)
    place = _format_place(shape)
    if word is not None:
        if place is None:
            raise notes.impossible(
                "output_format", "it chooses the format of the sound itself", "leave it out"
            )
        path, facts = place
        given = _put(given, path, _format_word(str(word), rate, facts, notes))
        if "container" in (shape.params or {}) and str(word).lower() in _CONTAINERS:
            given.setdefault("container", _CONTAINERS[str(word).lower()])
    if rate is None:
        return given
    return _placed_rate(given, rate, word, shape, place, notes)


def _placed_rate(
    given: Given, rate: object, word: object, shape: Shape, place: Any, notes: Notes
) -> Given:
    """The sample rate where the model has a key for it; in a word of the model's it stands in the
    format."""
    params = shape.params or {}
    for path in (("sample_rate",), *((outer, "sample_rate") for outer in _SETTINGS)):
        found = _inside(params, path)
        if found is not None:
            value = match(rate, found.enum) if found.enum is not None else rate
            if value is None:
                takes = ", ".join(map(str, found.enum or ()))
                raise notes.impossible("sample_rate", f"it takes {takes}, not {rate}")
            return _put(given, path, str(value) if found.types == ("string",) else value)
    words = [str(each) for each in (place[1].enum or ())] if place else []
    if any(f"_{rate}" in each for each in words):
        if word is None:
            return _put(given, place[0], _format_word("mp3", rate, place[1], notes))
        return given
    given["sample_rate"] = rate
    return given


def _put(given: Given, path: tuple[str, ...], value: object) -> Given:
    """The value at its place; what the user put there by the model's own name wins."""
    if len(path) == 1:
        return {**given, path[0]: given.get(path[0], value)}
    outer, inner = path
    return {**given, outer: {inner: value, **(given.get(outer) or {})}}


def _format_word(word: str, rate: object, facts: Param, notes: Notes) -> object:
    """The model's own word for a format."""
    known = _FORMATS.get(word.lower(), (word,))
    if facts.enum is None:
        return word
    options = [str(each) for each in facts.enum]
    rated = rate is not None and any(_RATED.search(each) for each in options)
    exact = match(word, options)
    if exact is not None and not rated:
        return exact
    for start in known:
        family = f"{start.partition('_')[0]}_{rate}" if rated else start
        fitting = [each for each in options if each == family or each.startswith(f"{family}_")]
        if fitting:
            return fitting[-1]
    written = f"{word} with {rate} hertz" if rated else word
    raise notes.impossible(
        "output_format",
        f"it takes {', '.join(options)}, not {written}",
        "choose another format, or another model",
    )


def _placed_speed(given: Given, shape: Shape, notes: Notes) -> Given:
    """The speed: a factor, or (Seed Audio) percent more or less."""
    params = shape.params or {}
    speed = given.get("speed")
    if speed is None or "speed" in params:
        return given
    rest = {name: value for name, value in given.items() if name != "speed"}
    for outer in ("voice_setting", "voice_settings"):
        found = _inside(params, (outer, "speed"))
        if found is not None:
            return _put(rest, (outer, "speed"), fit("speed", speed, found, notes))
    percent = _inside(params, ("audio_config", "speech_rate"))
    if percent is not None:
        factor = Param(minimum=_factor(percent.minimum), maximum=_factor(percent.maximum))
        fitted = fit("speed", float(speed), factor, notes)
        rate = round((float(str(fitted)) - 1) * 100)
        return _put(rest, ("audio_config", "speech_rate"), rate)
    return given


def _factor(percent: float | None) -> float | None:
    return None if percent is None else 1 + percent / 100


def _placed_language(given: Given, shape: Shape) -> Given:
    """A language by its code where the model has names for it."""
    key = "language_boost"
    language = given.get("language")
    if language is None or key not in (shape.params or {}):
        return given
    code = str(language).replace("_", "-").lower()
    name = _LANGUAGES.get(code) or _LANGUAGES.get(code.partition("-")[0]) or language
    return {**given, "language": name}


def _placed_references(given: Given, shape: Shape, notes: Notes) -> Given:
    """Recordings of voices to follow."""
    links = given.pop("reference_audio", None)
    if not links:
        return given
    params = shape.params or {}
    for key in ("references", "speakers"):
        if key in params:
            limit = params[key].max_items
            if limit is not None and len(links) > limit and notes.policy != "send":
                raise notes.impossible(
                    "reference_audio", f"it takes at most {limit}, not {len(links)}", "give fewer"
                )
            return {**given, key: [*given.get(key, ()), *({"audio_url": link} for link in links)]}
    raise notes.impossible("reference_audio", "it has no parameter for a recording")


def prepared(given: Given, shape: Shape, notes: Notes, facts: Facts) -> Given:
    """The parameters of a call in the model's own words."""
    given = _placed_voice(dict(given), facts, notes)
    if notes.policy != "send":
        given = _placed_format(given, shape, notes)
        given = _placed_language(_placed_speed(given, shape, notes), shape)
    return _placed_references(given, shape, notes)


def vocabulary(facts: Facts) -> Vocabulary:
    """The names for the speech of a model."""

    def prepare(given: Given, shape: Shape, notes: Notes) -> Given:
        return prepared(given, shape, notes, facts)

    return Vocabulary(
        kind="tts",
        path=SPEECH,
        slots=(),
        common=frozenset({"output_format", "sample_rate", "speed", "language", "instructions",
                          "seed"}),
        spellings={
            "text": ("script", "text"),
            "language": ("language_boost", "language"),
            "instructions": ("style", "instructions"),
            "output_format": ("response_format", "output_format", "format", "encoding"),
        },
        prepare=prepare,
    )  # fmt: skip


# --- what the body tells about the sound -----

_TYPES = {
    "mp3": "audio/mpeg", "wav": "audio/wav", "pcm": "audio/pcm", "flac": "audio/flac",
    "ogg": "audio/ogg", "opus": "audio/ogg", "aac": "audio/aac", "mulaw": "audio/basic",
    "ulaw": "audio/basic", "alaw": "audio/basic",
}  # fmt: skip


def ordered_type(body: Mapping[str, object], shape: Shape) -> str | None:
    """The media type of what a body orders; None where it does not say, nor the model."""
    place = _format_place(shape)
    if place is None:
        return None
    path, facts = place
    value: object = body
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    word = str(value if value is not None else facts.default or "").lower()
    if word == "linear16":
        return "audio/pcm" if body.get("container") == "none" else "audio/wav"
    return next((kind for name, kind in _TYPES.items() if name in word), None)


def text_limit(shape: Shape) -> int | None:
    """Most characters of a text, where the schema tells."""
    params = shape.params or {}
    return (params.get("script") or params.get("text") or Param()).max_length


def check_voices(voice: object, model: str) -> None:
    """Refuse what names no voice."""
    voices = [voice] if isinstance(voice, str) else voice
    is_list = isinstance(voices, list | tuple) and bool(voices)
    if voice is None or (is_list and all(isinstance(v, str) and v.strip() for v in voices or ())):  # type: ignore[attr-defined]  # a list by then
        return
    raise InvalidRequestError(
        f"voice is {voice!r}, which names no voice",
        advice="give a name that client.speech.voices(model) lists",
        model=model,
        field="voice",
    )
