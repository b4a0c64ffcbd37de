"""Speech from texts of any length: every speech model under one set of names."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec

from langchain_aimlapi._fitting.checks import check_model
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.flow import Flow, Policy
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
)
from langchain_aimlapi.endpoints._media import Target
from langchain_aimlapi.endpoints._models import check_kind
from langchain_aimlapi.endpoints._sources import Sources
from langchain_aimlapi.endpoints._speech_answer import (
    SoundReader,
    Speech,
    gathered,
    items_of,
    joined,
    parse_speech,
)
from langchain_aimlapi.endpoints._speech_order import Order, SpeechCall
from langchain_aimlapi.endpoints._speech_words import SPEECH, voice_place

if TYPE_CHECKING:
    from langchain_aimlapi._transport.sounds import (  # noqa: F401 - named as text below
        AsyncSoundStream,
        SoundStream,
    )

__all__ = ["Speech", "SpeechCalls", "parse_speech", "plan_speech", "plan_stream"]

P = ParamSpec("P")
SECONDS = 300.0
"""How long a piece may take, where no time-out was set."""
Command = str | Sequence[str]


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
    call = SpeechCall(
        model=model, text=text, voice=voice, output_format=output_format, speed=speed,
        sample_rate=sample_rate, language=language, instructions=instructions, seed=seed,
        reference_audio=reference_audio, max_characters=max_characters, params=params,
        extra_body=extra_body,
    )  # fmt: skip
    order = call.order(context, stream=False)
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
    call = SpeechCall(
        model=model, text=text, voice=voice, output_format=output_format, speed=speed,
        sample_rate=sample_rate, language=language, instructions=instructions, seed=seed,
        reference_audio=reference_audio, max_characters=max_characters, params=params,
        extra_body=extra_body,
    )  # fmt: skip
    return SpeechPlan(call.order(context, stream=True))


# --- what comes back -----


@dataclass(frozen=True, slots=True)
class SpeechPlan:
    """A call whose answer is sound, one request after the other."""

    order: Order
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
        requests = self.order.requests
        several = len(requests) > 1
        for request in requests:
            yield from flow.stream(
                request, lambda head: SoundReader(head, policy, is_part=several), policy
            )


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

        items: Any = runner.stream(lambda context: self.function(context, *args, **kwargs))
        return sounds.SoundStream(items, _home_of(runner))


class AsyncSpeechStream(Method[P, "AsyncSoundStream"], Generic[P]):
    """Speech as a method that returns an `AsyncSoundStream`."""

    wrapper = "AsyncSoundStream"

    def __init__(self, function: SoundPlan[P]) -> None:
        super().__init__(function)

    def carry_out(self, runner: PlanRunner, args: Any, kwargs: Any) -> Any:
        """The bytes of the sound."""
        from langchain_aimlapi._transport import sounds

        items: Any = runner.astream(lambda context: self.function(context, *args, **kwargs))
        return sounds.AsyncSoundStream(items, _home_of(runner))


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
