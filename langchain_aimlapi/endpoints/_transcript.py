"""What was heard: text, words with their times and speakers, and subtitles."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from langchain_aimlapi._answers.usage import number
from langchain_aimlapi.endpoints._media import Target
from langchain_aimlapi.endpoints._results import Json, Result
from langchain_aimlapi.errors import UnsupportedFeatureError

__all__ = ["Segment", "Transcript", "Word", "transcript_in"]


@dataclass(frozen=True, slots=True)
class Word:
    """One word that was heard.

    Attributes:
        text: The word, with its capital and punctuation where the model sets them.
        start, end: Seconds from the beginning.
        speaker: Whose words they are (``"A"``, ``"0"``), where speakers were distinguished.
        confidence: How sure the model is, 0 to 1, where it tells.
    """

    text: str
    start: float
    end: float
    speaker: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech: what one speaker says without a pause, or a sentence.

    Attributes:
        text: The words.
        start, end: Seconds from the beginning.
        speaker: Whose words they are, where speakers were distinguished.
    """

    text: str
    start: float
    end: float
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Transcript(Result):
    """What was heard in a sound.

    Attributes:
        text: All of it; empty where nothing was spoken.
        words: Every word with its times; empty where the model tells none.
        segments: Stretches of speech, where the model tells them.
        language: Its code, where the model tells.
        duration: Seconds of sound, where the API tells.
    """

    text: str = ""
    words: tuple[Word, ...] = ()
    segments: tuple[Segment, ...] = ()
    language: str | None = None
    duration: float | None = None

    @property
    def speakers(self) -> list[str]:
        """Who speaks, in the order of the first words; empty where they were not distinguished."""
        found = [word.speaker for word in self.words] + [part.speaker for part in self.segments]
        return list(dict.fromkeys(name for name in found if name is not None))

    def stretches(self) -> list[Segment]:
        """Stretches of speech: as the model tells them, else up to the end of each sentence, a
        pause, or another speaker.

        Raises:
            UnsupportedFeatureError: the answer has no times.
        """
        if self.segments:
            return list(self.segments)
        cues = _cues(self, width=10_000, lines=1, seconds=float("inf"))
        return [Segment(cue.text, cue.start, cue.end, cue.speaker) for cue in cues]

    def srt(self, *, width: int = 42, lines: int = 2, seconds: float = 6.0) -> str:
        """Subtitles in SubRip's format.

        Args:
            width: Most characters of a line.
            lines: Most lines of a subtitle.
            seconds: How long one stays at most.

        Raises:
            UnsupportedFeatureError: the model returned no times.
        """
        cues = _cues(self, width, lines, seconds)
        several = len(self.speakers) > 1
        blocks = []
        for place, cue in enumerate(cues, 1):
            head = f"[{cue.speaker}] " if several and cue.speaker is not None else ""
            text = "\n".join(cue.lines(width, head)).replace("-->", "->")
            times = f"{_time(cue.start, ',')} --> {_time(cue.end, ',')}"
            blocks.append(f"{place}\n{times}\n{text}\n")
        return "\n".join(blocks)

    def vtt(self, *, width: int = 42, lines: int = 2, seconds: float = 6.0) -> str:
        """Subtitles in the WebVTT format; speakers are voices there.

        Args:
            width, lines, seconds: As for `srt`.

        Raises:
            UnsupportedFeatureError: the model returned no times.
        """
        blocks = ["WEBVTT\n"]
        for cue in _cues(self, width, lines, seconds):
            text = _escaped("\n".join(cue.lines(width)))
            voice = f"<v {_escaped(cue.speaker)}>" if cue.speaker is not None else ""
            times = f"{_time(cue.start, '.')} --> {_time(cue.end, '.')}"
            blocks.append(f"{times}\n{voice}{text}\n")
        return "\n".join(blocks)

    def save(self, target: Target) -> Path:
        """Write it to a file: subtitles for ``.srt`` and ``.vtt``, the API's answer for ``.json``,
        else the text.

        Args:
            target: The file, which is replaced where it exists; or a directory, in which the file
                is named after its content.

        Raises:
            OSError: it cannot be written. Nothing is left behind.
        """
        from langchain_aimlapi._transport import download

        return download.write(self._written(target), "text/plain", target)

    def asave(self, target: Target) -> Coroutine[object, object, Path]:
        """Like `save`, on the running event loop."""
        from langchain_aimlapi._transport import download

        return download.awrite(self._written(target), "text/plain", target)

    def _written(self, target: Target) -> bytes:
        suffix = Path(target).suffix.lower()
        if suffix == ".json":
            return json.dumps(self.raw, ensure_ascii=False, indent=1).encode()
        forms: Mapping[str, Callable[[], str]] = {".srt": self.srt, ".vtt": self.vtt}
        made = forms.get(suffix)
        return (made() if made is not None else self.text).encode()


# --- subtitles -----

_PAUSE = 1.0  # seconds of silence after which a new subtitle begins
_ENDS = tuple(".?!…。？！")


@dataclass(frozen=True, slots=True)
class _Cue:
    """One subtitle."""

    text: str
    start: float
    end: float
    speaker: str | None

    def lines(self, width: int, head: str = "") -> list[str]:
        """Its lines."""
        return textwrap.wrap(head + self.text, width) or [""]


def _cues(transcript: Transcript, width: int, lines: int, seconds: float) -> list[_Cue]:
    if transcript.words:
        cues = list(_of_words(transcript.words, width, lines, seconds))
    else:
        cues = [_Cue(s.text, s.start, s.end, s.speaker) for s in transcript.segments if s.text]
    if not cues and transcript.text.strip():
        raise UnsupportedFeatureError(
            "the transcript has no times, so there can be no subtitles",
            advice="transcribe it with a model that tells them, such as 'nova-3' or "
            "'aai/universal'",
            model=transcript.meta.model,
        )
    starts = [cue.start for cue in cues[1:]] + [float("inf")]
    return [
        replace(cue, end=max(min(cue.end, end), cue.start + 0.001))
        for cue, end in zip(cues, starts[: len(cues)], strict=True)
    ]


def _of_words(words: Sequence[Word], width: int, lines: int, seconds: float) -> Iterator[_Cue]:
    kept: list[Word] = []
    for word in words:
        if kept and not _continues(kept, word, width, lines, seconds):
            yield _cue(kept)
            kept = []
        kept.append(word)
    if kept:
        yield _cue(kept)


def _continues(kept: Sequence[Word], word: Word, width: int, lines: int, seconds: float) -> bool:
    """Whether a word still belongs into a subtitle."""
    last = kept[-1]
    if word.speaker != last.speaker or word.start - last.end > _PAUSE:
        return False
    if last.text.endswith(_ENDS) or word.end - kept[0].start > seconds:
        return False
    return len(textwrap.wrap(_text([*kept, word]), width)) <= lines


def _cue(words: Sequence[Word]) -> _Cue:
    return _Cue(_text(words), words[0].start, words[-1].end, words[0].speaker)


def _text(words: Sequence[Word]) -> str:
    """Words as a text: without spaces in scripts that have none."""
    text = ""
    for word in words:
        gap = "" if not text or (_is_wide(text[-1]) and _is_wide(word.text[:1])) else " "
        text += gap + word.text
    return text


def _is_wide(char: str) -> bool:
    return char >= "\u2e80" and not "\uac00" <= char <= "\ud7a3"  # Korean has spaces


def _time(seconds: float, point: str) -> str:
    whole = max(round(seconds * 1000), 0)
    minutes, rest = divmod(whole, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{point}{rest % 1000:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# --- every vendor's answer -----


_ASSEMBLY = ("acoustic_model", "language_model", "audio_duration", "audio_url")
"""Keys that AssemblyAI's answers alone have."""


def transcript_in(native: object) -> Transcript | None:
    """The transcript in a vendor's own answer; None in a shape that is not known."""
    if isinstance(native, str):
        return Transcript(text=native)
    if not isinstance(native, Mapping):
        return None
    if "results" in native:
        return _deepgram(native)
    if any(name in native for name in _ASSEMBLY):
        return _assembly(native)
    return _plain(native)


def _deepgram(native: Json) -> Transcript | None:
    results, metadata = native.get("results"), native.get("metadata")
    channels = results.get("channels") if isinstance(results, Mapping) else None
    if not isinstance(results, Mapping) or not isinstance(channels, list):
        return None
    heard = [found for each in channels if (found := _first(each)) is not None]
    if channels and not heard:
        return None
    words = [
        word
        for place, each in enumerate(heard)
        for word in _words(each.get("words"), channel=str(place) if len(heard) > 1 else None)
    ]
    languages = [each.get("detected_language") for each in channels if isinstance(each, Mapping)]
    return Transcript(
        text="\n".join(filter(None, (_as_text(each.get("transcript")) for each in heard))),
        words=tuple(sorted(words, key=lambda word: word.start)),
        segments=_segments(results.get("utterances")),
        language=next((each for each in languages if isinstance(each, str)), None),
        duration=number(metadata.get("duration")) if isinstance(metadata, Mapping) else None,
    )


def _first(channel: object) -> Json | None:
    found = channel.get("alternatives") if isinstance(channel, Mapping) else None
    best = found[0] if isinstance(found, list) and found else None
    return best if isinstance(best, Mapping) and "transcript" in best else None


def _assembly(native: Json) -> Transcript | None:
    """AssemblyAI's: times are milliseconds."""
    if "text" not in native:
        return None
    return Transcript(
        text=_as_text(native.get("text")),
        words=tuple(_words(native.get("words"), unit=1000)),
        segments=_segments(native.get("utterances"), unit=1000),
        language=_as_text(native.get("language_code")) or None,
        duration=number(native.get("audio_duration")),
    )


_TEXTS = ("text", "transcript", "transcription")


def _plain(native: Json) -> Transcript | None:
    """OpenAI's and its like: a text, and times in seconds where there are any."""
    name = next((name for name in _TEXTS if isinstance(native.get(name), str)), None)
    segments = _segments(native.get("segments") or native.get("utterances"))
    if name is None and not segments:
        return None
    text = native[name] if name is not None else " ".join(each.text for each in segments)
    usage = native.get("usage")
    seconds = native.get("duration") or (
        usage.get("seconds") if isinstance(usage, Mapping) else None
    )
    return Transcript(
        text=text,
        words=tuple(_words(native.get("words"))),
        segments=segments,
        language=_as_text(native.get("language") or native.get("language_code")) or None,
        duration=number(seconds),
    )


def _words(value: object, *, unit: float = 1, channel: str | None = None) -> Iterator[Word]:
    for each in value if isinstance(value, list) else ():
        if not isinstance(each, Mapping) or each.get("type") == "spacing":
            continue
        text = each.get("punctuated_word") or each.get("word") or each.get("text")
        start, end = number(each.get("start")), number(each.get("end"))
        if isinstance(text, str) and start is not None and end is not None:
            speaker = _speaker(each)
            yield Word(
                text.strip(), start / unit, end / unit,
                channel if speaker is None else speaker, number(each.get("confidence")),
            )  # fmt: skip


def _segments(value: object, *, unit: float = 1) -> tuple[Segment, ...]:
    found = []
    for each in value if isinstance(value, list) else ():
        if not isinstance(each, Mapping):
            continue
        text = each.get("text") or each.get("transcript")
        start, end = number(each.get("start")), number(each.get("end"))
        if isinstance(text, str) and start is not None and end is not None:
            found.append(Segment(text.strip(), start / unit, end / unit, _speaker(each)))
    return tuple(found)


def _speaker(value: Json) -> str | None:
    found = value.get("speaker")
    found = value.get("speaker_id") if found is None else found
    return None if found is None or isinstance(found, bool | dict | list) else str(found)


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else ""
