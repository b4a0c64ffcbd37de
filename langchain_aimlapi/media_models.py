"""Images, videos, music, speech and transcripts as LangChain models: messages in, messages out."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Literal

from pydantic import AliasChoices, Field

from langchain_aimlapi._fitting.size import Size
from langchain_aimlapi._langchain import serial
from langchain_aimlapi._langchain.fields import ModelFirst
from langchain_aimlapi._langchain.media_model import (
    NAMESPACE,
    AimlapiJobModel,
    AimlapiMediaModel,
    AimlapiSoundModel,
)
from langchain_aimlapi.endpoints import Job, shape_at
from langchain_aimlapi.endpoints._jobs import check_waiting
from langchain_aimlapi.endpoints.images import EDITS, GENERATIONS, Image, ImageCalls, Images
from langchain_aimlapi.endpoints.music import MusicCalls
from langchain_aimlapi.endpoints.speech import SpeechCalls
from langchain_aimlapi.endpoints.transcription import TranscriptionCalls
from langchain_aimlapi.endpoints.video import Video, VideoCalls
from langchain_aimlapi.errors import AimlapiError, InvalidRequestError

__all__ = [
    "AimlapiImageModel",
    "AimlapiMediaModel",
    "AimlapiMusicModel",
    "AimlapiSpeechModel",
    "AimlapiTranscriptionModel",
    "AimlapiVideoModel",
]


class AimlapiImageModel(AimlapiMediaModel):
    """An image model of AI/ML API: ``AimlapiImageModel(model="flux/schnell").invoke("a cat")``.

    Images in the prompt are what it starts from, for models that take them. It answers with
    ``image`` blocks.

    Wire: POST ``/v1/images/generations`` or ``/v1/images/edits``.
    Source: the image model pages of docs.aimlapi.com, read 2026-08-21.
    """

    model: str = Field(
        default="openai/gpt-image-1",
        validation_alias=AliasChoices("model", "model_name"),
        min_length=1,
    )
    """Model id; ``Catalog.default().models(kind="image")`` lists them."""
    n: int | None = Field(default=None, ge=1)
    """How many images."""
    size: Size | None = None
    """``"1024x1024"``, (width, height), or a word of the model."""
    aspect_ratio: str | None = None
    """Width to height, ``"16:9"``."""
    resolution: str | None = None
    """``"1K"``, ``"2K"`` or ``"4K"``."""
    response_format: Literal["url", "b64_json"] | None = None
    """Links (the default) or the content itself."""
    seed: int | None = None
    """For repeatable images."""
    negative_prompt: str | None = None
    """What not to show."""
    quality: str | None = None
    """Word of the model, such as ``"high"``."""
    style: str | None = None
    """Word of the model."""
    output_format: str | None = None
    """``"png"``, ``"jpeg"``, ``"webp"``, ..."""

    calls = ImageCalls
    block = "image"
    takes: ClassVar = {"image": "image"}
    call_fields = (
        "n", "size", "aspect_ratio", "resolution", "response_format", "seed", "negative_prompt",
        "quality", "style", "output_format",
    )  # fmt: skip

    def _method(self, arguments: Mapping[str, Any]) -> str:
        """Images are changed by the upload form where the model has one."""
        has_form = EDITS in self._catalog().find(str(arguments["model"])).shapes
        return "edit" if "mask" in arguments or ("image" in arguments and has_form) else self.verb

    def generate_images(
        self,
        prompt: str,
        n: int = 1,
        size: Size | None = None,
        response_format: Literal["url", "b64_json"] = "url",
    ) -> list[str]:
        """The links of images, or their content in base64, whichever of them the model makes.

        Args:
            prompt: What to show.
            n: How many.
            size: As the field.
            response_format: ``"url"`` or ``"b64_json"``.
        """
        calls, arguments = self._images(prompt, n, size, response_format)
        made: Images = calls.generate(**arguments)
        if response_format == "url":
            return [image.url or _data_url(image) for image in made.images]
        return [image.b64_json or _as_base64(image.read()) for image in made.images]

    async def agenerate_images(
        self,
        prompt: str,
        n: int = 1,
        size: Size | None = None,
        response_format: Literal["url", "b64_json"] = "url",
    ) -> list[str]:
        """Like `generate_images`, on the running event loop."""
        calls, arguments = self._images(prompt, n, size, response_format)
        made: Images = await calls.agenerate(**arguments)
        if response_format == "url":
            return [image.url or _data_url(image) for image in made.images]
        return [image.b64_json or _as_base64(await image.aread()) for image in made.images]

    def _images(
        self, prompt: str, n: int, size: Size | None, response_format: str
    ) -> tuple[Any, dict[str, object]]:
        options: dict[str, Any] = {"n": n, "size": size or self.size}
        shape = shape_at(self._catalog().find(self.model), GENERATIONS)
        if shape.params is None or "response_format" in shape.params:
            options["response_format"] = response_format
        return self._call(self._convert_input(prompt).to_messages(), None, None, options)


def _as_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _data_url(image: Image) -> str:
    """An image that came without a link."""
    kind = image.content_type or "application/octet-stream"
    return f"data:{kind};base64,{image.b64_json}"


class AimlapiVideoModel(AimlapiJobModel):
    """A video model of AI/ML API: ``AimlapiVideoModel(model="google/veo3").invoke("a cat")``.

    An image in the prompt is what the video begins with; a video or a sound is what it follows,
    for models that take them. It answers with ``video`` blocks.

    Wire: POST, then GET ``/v2/video/generations``.
    Source: the video model pages of docs.aimlapi.com, read 2026-08-21.
    """

    model: str = Field(
        default="google/veo3", validation_alias=AliasChoices("model", "model_name"), min_length=1
    )
    """Model id; ``Catalog.default().models(kind="video")`` lists them."""
    duration: float | None = Field(default=None, gt=0)
    """Seconds."""
    aspect_ratio: str | None = None
    """Width to height, ``"16:9"``."""
    resolution: str | None = None
    """``"720p"``, ``"1080p"``, ``"4k"``, ..."""
    seed: int | None = None
    """For repeatable videos."""
    negative_prompt: str | None = None
    """What not to show."""
    generate_audio: bool | None = None
    """Whether to make sound, for models that can."""

    calls = VideoCalls
    block = "video"
    takes: ClassVar = {"image": "image", "video": "video", "audio": "audio"}
    call_fields = (
        "duration", "aspect_ratio", "resolution", "seed", "negative_prompt", "generate_audio",
    )  # fmt: skip
    without_effect: ClassVar = {"provider": "one address serves the models of every vendor"}

    def generate_videos(
        self,
        prompt: str,
        n: int = 1,
        response_format: Literal["url", "b64_json"] = "url",
        poll_interval: float | None = None,
        timeout: float = 360.0,
    ) -> list[str]:
        """The links of videos, made concurrently, or their content in base64.

        Args:
            prompt: What to show.
            n: How many; each is an order of its own.
            response_format: ``"url"``; or ``"b64_json"``, for which the links are downloaded.
            poll_interval: Has no effect: polls become rarer by themselves.
            timeout: Seconds to wait for each.

        Raises:
            JobFailedError, JobTimeoutError: one of them failed, or is late; see ``job_id``. The
                ids of all that were ordered are in the notes of the error.
        """
        _check_count(n, timeout, self.model)
        jobs: list[Job[Any]] = []
        with _noted(jobs):
            jobs += (self.submit(prompt) for _ in range(n))
            made: list[Video] = [job.result(timeout=timeout) for job in jobs]
            if response_format == "b64_json":
                return [_as_base64(video.read()) for video in made]
        return [url for video in made for url in video.urls]

    async def agenerate_videos(
        self,
        prompt: str,
        n: int = 1,
        response_format: Literal["url", "b64_json"] = "url",
        poll_interval: float | None = None,
        timeout: float = 360.0,  # noqa: ASYNC109  # as its sync twin
    ) -> list[str]:
        """Like `generate_videos`, on the running event loop."""
        _check_count(n, timeout, self.model)
        jobs: list[Job[Any]] = []
        with _noted(jobs):
            for _ in range(n):
                jobs.append(await self.asubmit(prompt))
            made = await asyncio.gather(*(job.aresult(timeout=timeout) for job in jobs))
            if response_format == "b64_json":
                return [_as_base64(await video.aread()) for video in made]
        return [url for video in made for url in video.urls]


def _check_count(n: int, timeout: float, model: str) -> None:
    """Refuse what would order nothing, or wait for nothing, before anything is bought."""
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise InvalidRequestError(f"n is {n!r}", advice="give a number from 1", field="n")
    check_waiting(timeout, None, model)


@contextmanager
def _noted(jobs: list[Job[Any]]) -> Iterator[None]:
    """An error in here names the jobs that were ordered: they go on, and were paid for."""
    try:
        yield
    except AimlapiError as error:
        if jobs:
            ids = ", ".join(repr(job.id) for job in jobs)
            error.add_note(f"ordered: {ids}; resume(id) of the model picks each up")
        raise


class AimlapiMusicModel(AimlapiJobModel):
    """A music model of AI/ML API: ``AimlapiMusicModel(model="google/lyria2").invoke("a waltz")``.

    A sound in the prompt is the music to follow, for models that take it. It answers with
    ``audio`` blocks; lyrics are an argument of the call.

    Wire: POST, then GET ``/v2/generate/audio``.
    Source: the music model pages of docs.aimlapi.com, read 2026-08-21.
    """

    duration: float | None = Field(default=None, gt=0)
    """Seconds."""
    instrumental: bool | None = None
    """True for music without a voice."""
    negative_prompt: str | None = None
    """What it should not sound like."""
    seed: int | None = None
    """For repeatable music."""
    output_format: str | None = None
    """``"mp3"``, ``"wav"`` or ``"pcm"``."""

    calls = MusicCalls
    block = "audio"
    takes: ClassVar = {"audio": "reference_audio"}
    call_fields = ("duration", "instrumental", "negative_prompt", "seed", "output_format")


class AimlapiSpeechModel(AimlapiSoundModel):
    """A speech model of AI/ML API: ``AimlapiSpeechModel(model="openai/tts-1").invoke("Hello.")``.

    It reads the words of the prompt aloud; a sound in it is the voice to speak with, for models
    that take one. It answers with an ``audio`` block; ``stream`` yields pieces of it as the sound
    comes.

    Wire: POST ``/v1/tts``.
    Source: the text-to-speech pages of docs.aimlapi.com, read 2026-08-21.
    """

    voice: str | list[str] | None = None
    """A name that ``AimlapiClient().speech.voices(model)`` lists."""
    output_format: str | None = None
    """``"mp3"``, ``"wav"``, ``"pcm"``, ..."""
    speed: float | None = Field(default=None, gt=0)
    """1.0 is as usual."""
    sample_rate: int | None = Field(default=None, gt=0)
    """Hertz."""
    language: str | None = None
    """A code such as ``"de"``, for models that take a hint."""
    instructions: str | None = None
    """How to say it, for models that take that in words."""
    max_characters: int | None = Field(default=None, gt=0)
    """Longer texts are cut and the sound is joined. Default: what the model takes."""

    calls = SpeechCalls
    verb = "create"
    required: ClassVar = ("text",)
    words = "text"
    block = "audio"
    takes: ClassVar = {"audio": "reference_audio"}
    call_fields = (
        "voice", "output_format", "speed", "sample_rate", "language", "instructions",
        "max_characters",
    )  # fmt: skip


class AimlapiTranscriptionModel(AimlapiJobModel):
    """A model of AI/ML API that transcribes: ``AimlapiTranscriptionModel(model="nova-3")``.

    It takes a message with a sound, as speech models answer it, and answers with its text; words
    with times and speakers are in ``additional_kwargs["words"]``.

    Wire: POST ``/v1/stt/create``, then GET ``/v1/stt/{generation_id}``.
    Source: the speech-to-text pages of docs.aimlapi.com, read 2026-08-21.
    """

    language: str | None = None
    """A code such as ``"de"``."""
    diarize: bool | None = None
    """Whether to tell speakers apart, for models that can."""

    calls = TranscriptionCalls
    verb = "create"
    required: ClassVar = ("audio",)
    block = "text"
    takes: ClassVar = {"audio": "audio", "video": "audio"}
    call_fields = ("language", "diarize")


for _class in (
    AimlapiImageModel, AimlapiVideoModel, AimlapiMusicModel, AimlapiSpeechModel,
    AimlapiTranscriptionModel,
):  # fmt: skip
    serial.allow_loading(_class.__name__, NAMESPACE)
    type.__setattr__(_class, "__signature__", ModelFirst(vars(_class)["__signature__"]))
