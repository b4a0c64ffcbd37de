"""Speech from texts of any length: every speech model under one set of names."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec

from langchain_aimlapi._answers.sound import UNJOINABLE
from langchain_aimlapi._fitting.checks import check_model, check_number, check_text
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.sentences import length_of, split_text
from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.flow import Flow, Policy
from langchain_aimlapi._wire.request import Request
from langchain_aimlapi.catalog.facts import Facts, Shape
from langchain_aimlapi.endpoints import (
    AsyncCall,
    AsyncCheck,
    Calls,
    Context,
    ItemsPlan,
    Method,
    Plan,
    PlanRunner,
    SyncCall,
    SyncCheck,
    once,
    patient,
    shape_at,
)
from langchain_aimlapi.endpoints._media import Target
from langchain_aimlapi.endpoints._models import check_kind
from langchain_aimlapi.endpoints._sources import Sources, read_sources
from langchain_aimlapi.endpoints._speech_answer import (
    SoundReader,
    Speech,
    gathered,
    items_of,
    joined,
    parse_speech,
)
from langchain_aimlapi.endpoints._speech_words import (
    SPEECH,
    check_voices,
    ordered_type,
    text_limit,
    vocabulary,
    voice_place,
)
from langchain_aimlapi.endpoints._vocabulary import MediaCall
from langchain_aimlapi.errors import InvalidRequestError

if TYPE_CHECKING:
    from langchain_aimlapi._transport.sounds import (  # noqa: F401 - named as text below
        AsyncSoundStream,
        SoundStream,
    )

__all__ = ["Speech", "SpeechCalls", "parse_speech", "plan_speech", "plan_stream"]

P = ParamSpec("P")
SECONDS = 300.0
"""How long a piece may take, where no time-out was set."""
_CONTEXT = 200  # characters of the neighbours that a piece may refer to
Command = str | Sequence[str]


@dataclass(frozen=True, slots=True)
class _Order:
    """The requests of a call, one for each piece of its text."""

    model: str
    requests: tuple[Request, ...]
    notes: Notes


def plan_speech(
    context: Context,
    *,
    model: str,
    text: str,
    voice: str | Sequence[str] | None = None,
    output_format: str | None = None,
    speed: float | None = None,
    sample_rate: int | None = None,
    language: str | None = None,
    instructions: str | None = None,
    seed: int | None = None,
    reference_audio: Sources | None = None,
    max_characters: int | None = None,
    params: Mapping[str, object] | None = None,
    extra_body: Mapping[str, object] | None = None,
) -> Plan[Speech]:
    """Read a text aloud.

    A text that is longer than the model takes is cut after sentences, and the sound is joined
    (WAV, MP3, AAC and bare samples; other formats are refused before anything is sent).

    Args:
        model: Id of a speech model, such as ``"openai/tts-1"``.
        text: What to say.
        voice: A name that `SpeechCalls.voices` lists; several for a script with several speakers.
            Default: the model's own.
        output_format: ``"mp3"``, ``"wav"``, ``"pcm"``, ``"opus"``, ``"flac"``, ``"aac"``,
            ``"mulaw"``, ``"alaw"``, or the model's own word.
        speed: 1.0 is as usual, 2.0 twice as fast.
        sample_rate: Hertz.
        language: A code such as ``"de"``, for models that take a hint.
        instructions: How to say it, for models that take that in words.
        seed: For repeatable speech.
        reference_audio: Recordings of the voice to speak with, for models that take them: URL,
            ``data:`` URL, base64, bytes, open binary file, or `pathlib.Path`.
        max_characters: Cut into pieces of at most that many characters. Default: what the
            model's schema tells.
        params: Further parameters by the model's own names.
        extra_body: Goes into each request body verbatim, last.

    Returns:
        `Speech`: a link, or the sound itself where the model sends that or it was joined.

    Raises:
        UnsupportedFeatureError: the model has no such voice or format; names its choices.
        InvalidRequestError: an argument is missing or of the wrong kind; names it.

    Wire: POST ``/v1/tts`` ``{model, text | script, voice | voice_setting | speakers,
    response_format | output_format | encoding | format | audio_setting | audio_config, speed,
    ...}`` -> ``{audio: {url}, meta}``, or the sound.
    Source: the text-to-speech pages of docs.aimlapi.com, read 2026-08-21.
    """
    order = _ordered(context, locals(), stream=False)
    steps = [
        patient(
            once(each, parse_speech, repeat_lost=False, mend=context.mend(each, order.notes)),
            SECONDS,
        )
        for each in order.requests
    ]
    return Plan(steps, gathered, model=order.model, notes=order.notes)


def plan_stream(
    context: Context,
    *,
    model: str,
    text: str,
    voice: str | Sequence[str] | None = None,
    output_format: str | None = None,
    speed: float | None = None,
    sample_rate: int | None = None,
    language: str | None = None,
    instructions: str | None = None,
    seed: int | None = None,
    reference_audio: Sources | None = None,
    max_characters: int | None = None,
    params: Mapping[str, object] | None = None,
    extra_body: Mapping[str, object] | None = None,
) -> ItemsPlan[bytes]:
    """Read a text aloud; the bytes of the sound as they come.

    Models of Deepgram and ElevenLabs send the sound while they speak. The others answer with a
    link when they are done; what is behind it comes in pieces too. The stream has a
    ``content_type`` once the first bytes are there, and closes its connection when it ends or is
    left (``with client.speech.stream(...) as pieces``).

    The arguments are those of `SpeechCalls.create`.

    Raises:
        As `SpeechCalls.create`.

    Wire: POST ``/v1/tts`` ``{model, text, stream: true, ...}`` -> the sound.
    Source: the text-to-speech pages of docs.aimlapi.com, read 2026-08-21.
    """
    return SpeechPlan(_ordered(context, locals(), stream=True))


# --- what goes out -----

_NAMED = ("voice", "output_format", "speed", "sample_rate", "language", "instructions", "seed")


def _ordered(context: Context, arguments: Mapping[str, Any], *, stream: bool) -> _Order:
    """The requests of a call; nothing else has to be known to send them."""
    check_model(arguments["model"])
    model = str(arguments["model"]).strip()
    given = _checked(arguments, model)
    facts, notes = context.facts(model), context.notes(model)
    check_kind(facts, "tts", SPEECH, notes, context.catalog)
    shape = shape_at(facts, SPEECH)
    limit = check_number("max_characters", arguments["max_characters"], model)
    if limit is not None and limit < 1:
        raise InvalidRequestError(
            f"max_characters is {limit}", advice="give a number from 1", field="max_characters"
        )
    most = [int(each) for each in (limit, text_limit(shape)) if each is not None]
    texts = split_text(given.pop("text"), min(most) if most and notes.policy != "send" else None)
    if stream and _can_stream(shape):
        given.setdefault("stream", True)
    bodies = []
    for place, text in enumerate(texts):
        mine = notes if place == 0 else notes.trial()
        fitted = {**_neighbours(texts, place, shape), **given, "text": text}
        call = MediaCall(model, None, {}, fitted, arguments["extra_body"] or {})
        body, found = vocabulary(facts).body(context, call, SPEECH)
        if place == 0:
            mine.absorb(found)
        bodies.append(body)
    _check_joinable(bodies, texts, facts, shape, notes, limit=min(most) if most else None)
    accept = "audio/*, application/json"
    requests = tuple(
        context.json_request(SPEECH, body, model=model, accept=accept, notes=notes)
        for body in bodies
    )
    return _Order(model, requests, notes)


def _checked(arguments: Mapping[str, Any], model: str) -> dict[str, Any]:
    """The parameters by our names."""
    if arguments["text"] is None:
        raise InvalidRequestError(
            "text is missing", advice="give text=...", model=model, field="text"
        )
    for name in ("text", "instructions", "language", "output_format"):
        check_text(name, arguments[name], model)
    check_voices(arguments["voice"], model)
    named = {name: arguments[name] for name in _NAMED if arguments[name] is not None}
    for name, unit in (("speed", ""), ("sample_rate", "hertz"), ("seed", "")):
        if name in named:
            named[name] = check_number(name, named[name], model, unit=unit)
    if named.get("speed") is not None and named["speed"] <= 0:
        raise InvalidRequestError(
            f"speed is {named['speed']}", advice="1.0 is as usual", model=model, field="speed"
        )
    references = read_sources("reference_audio", arguments["reference_audio"], "audio", model)
    if references:
        named["reference_audio"] = [each.as_url() for each in references]
    return {**(arguments["params"] or {}), **named, "text": arguments["text"]}


def _can_stream(shape: Shape) -> bool:
    facts = (shape.params or {}).get("stream")
    return facts is not None and (facts.enum is None or True in facts.enum)


def _neighbours(texts: Sequence[str], place: int, shape: Shape) -> dict[str, str]:
    """What stands before and after a piece, for models that speak better when they know."""
    params = shape.params or {}
    found = {}
    if place and "previous_text" in params:
        found["previous_text"] = texts[place - 1][-_CONTEXT:]
    if place + 1 < len(texts) and "next_text" in params:
        found["next_text"] = texts[place + 1][:_CONTEXT]
    return found


def _check_joinable(
    bodies: Sequence[Mapping[str, object]],
    texts: Sequence[str],
    facts: Facts,
    shape: Shape,
    notes: Notes,
    *,
    limit: int | None,
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


# --- what comes back -----


@dataclass(frozen=True, slots=True)
class SpeechPlan:
    """A call whose answer is sound, one request after the other."""

    order: _Order
    needs_key: bool = True
    is_management: bool = False

    @property
    def model(self) -> str:
        """The model's id."""
        return self.order.model

    @property
    def notes(self) -> Notes:
        """What was fitted."""
        return self.order.notes

    def flow(self, policy: Policy) -> Flow[None]:
        """The flow that yields the sound of every piece in turn."""
        for request in self.order.requests:
            yield from flow.stream(request, lambda head: SoundReader(head, policy), policy)


# --- as methods -----


def _home_of(runner: Any) -> Any:
    """Where the API is, by whoever carries out plans."""
    carrier = getattr(runner, "_carrier", None)
    home = getattr(carrier() if callable(carrier) else runner, "_home", None)
    return home() if callable(home) else None


def _whole(made: Speech) -> Speech:
    """Speech whose pieces are joined."""
    from langchain_aimlapi._transport import sounds

    return joined(made, sounds.join(items_of(made), made._home())) if made.parts else made


class SyncSpeech(SyncCall[P, Speech]):
    """Speech as a method that blocks; the pieces of a long text are joined."""

    def carry_out(self, runner: PlanRunner, args: object, kwargs: object) -> object:
        """The speech."""
        return _whole(super().carry_out(runner, args, kwargs))


class AsyncSpeech(AsyncCall[P, Speech]):
    """The async twin of `SyncSpeech`."""

    def carry_out(self, runner: PlanRunner, args: object, kwargs: object) -> object:
        """A coroutine of the speech."""
        from langchain_aimlapi._transport import sounds

        made = super().carry_out(runner, args, kwargs)
        return sounds.awhole(made, items_of, Speech._home, joined)


SoundPlan = Callable[Concatenate[Context, P], ItemsPlan[bytes]]


class SyncSpeechStream(Method[P, "SoundStream"], Generic[P]):
    """Speech as a method that returns a `SoundStream`."""

    wrapper = "SoundStream"

    def __init__(self, function: SoundPlan[P]) -> None:
        super().__init__(function)

    def carry_out(self, runner: PlanRunner, args: Any, kwargs: Any) -> Any:
        """The bytes of the sound."""
        from langchain_aimlapi._transport import sounds

        plan: list[SpeechPlan] = []
        items: Any = runner.stream(_kept(self.function, args, kwargs, plan))
        several = len(plan[0].order.requests) > 1
        return sounds.SoundStream(items, _home_of(runner), several=several)


class AsyncSpeechStream(Method[P, "AsyncSoundStream"], Generic[P]):
    """Speech as a method that returns an `AsyncSoundStream`."""

    wrapper = "AsyncSoundStream"

    def __init__(self, function: SoundPlan[P]) -> None:
        super().__init__(function)

    def carry_out(self, runner: PlanRunner, args: Any, kwargs: Any) -> Any:
        """The bytes of the sound."""
        from langchain_aimlapi._transport import sounds

        plan: list[SpeechPlan] = []
        items: Any = runner.astream(_kept(self.function, args, kwargs, plan))
        several = len(plan[0].order.requests) > 1
        return sounds.AsyncSoundStream(items, _home_of(runner), several=several)


def _kept(
    function: Callable[..., Any], args: Any, kwargs: Any, kept: list[SpeechPlan]
) -> Callable[[Context], Any]:
    """The building of a plan, which is kept as well."""

    def build(context: Context) -> Any:
        kept.append(function(context, *args, **kwargs))
        return kept[0]

    return build


class SpeechCalls(Calls):
    """``client.speech``: texts read aloud, whole or as they come, each in two colours."""

    __slots__ = ()
    create = SyncSpeech(plan_speech)
    acreate = AsyncSpeech(plan_speech)
    stream = SyncSpeechStream(plan_stream)
    astream = AsyncSpeechStream(plan_stream)
    check = SyncCheck(plan_speech)
    acheck = AsyncCheck(plan_speech)

    def speak(
        self,
        *,
        model: str,
        text: str,
        to: Target | None = None,
        player: Command | None = None,
        **options: Any,
    ) -> Path | None:
        """Read a text aloud: into a file, or to the ears of whoever sits at this machine.

        Args:
            model, text: As for `create`.
            to: The file, or a directory, in which it is named after its content.
            player: The program (and its arguments) that plays what it reads from its standard
                input. Default: the first one that is found of ffplay, mpv, vlc and mplayer.
            options: The other arguments of `create`.

        Returns:
            The path of the file; None where it was played, which has ended then.

        Raises:
            InvalidRequestError: there is no player.
            AimlapiError: as `create`.
        """
        from langchain_aimlapi._transport import sounds

        if to is not None:
            return sounds.write(self.stream(model=model, text=text, **options), to)
        sounds.play(self.stream(model=model, text=text, **options), player)
        return None

    def aspeak(
        self,
        *,
        model: str,
        text: str,
        to: Target | None = None,
        player: Command | None = None,
        **options: Any,
    ) -> Coroutine[Any, Any, Path | None]:
        """Like `speak`, on the running event loop."""
        from langchain_aimlapi._transport import sounds

        stream = self.astream(model=model, text=text, **options)
        return sounds.awrite(stream, to) if to is not None else sounds.aplay(stream, player)

    def voices(self, model: str) -> list[str]:
        """The voices of a model that are known; nothing is sent.

        Args:
            model: Id of a speech model.

        Returns:
            Their names, as ``voice`` takes them. A model may take others: MiniMax takes the ids of
            voices that were cloned. Empty where none are known.

        Raises:
            InvalidRequestError: the model is of another kind.

        Source: the text-to-speech pages of docs.aimlapi.com, read 2026-08-21.
        """

        def plan(context: Context) -> Plan[list[str]]:
            check_model(model)
            facts = context.facts(model.strip())
            check_kind(facts, "tts", SPEECH, context.notes(facts.id), context.catalog)
            place = voice_place(facts)
            names = list(place.names) if place is not None else []
            return Plan([], lambda _: names, model=facts.id, needs_key=False, is_free=True)

        return self.runner.run(plan)
