"""Bad input of every kind of media: it ends before anything is sent, with the name of the argument
and the cure; the table is every kind times every mistake that it can make."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi import (
    AimlapiClient,
    AimlapiImageModel,
    AimlapiMusicModel,
    AimlapiOcrLoader,
    AimlapiSpeechModel,
    AimlapiTranscriptionLoader,
    AimlapiTranscriptionModel,
    AimlapiVideoModel,
    errors,
)
from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.endpoints import Check
from langchain_aimlapi.media_models import AimlapiMediaModel

LINK = "https://example.com/a.png"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
TALK = "https://example.com/a.mp3"
# Kind -> its method, and a call that is right.
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "images": ("images.generate", {"model": "flux/schnell", "prompt": "a cat"}),
    "edits": (
        "images.edit",
        {"model": "openai/gpt-image-1", "prompt": "a hat", "image": PNG},
    ),
    "video": ("video.submit", {"model": "openai/sora-2-i2v", "prompt": "a cat", "image": LINK}),
    "music": ("music.submit", {"model": "google/lyria2", "prompt": "a waltz"}),
    "speech": ("speech.create", {"model": "openai/tts-1", "text": "Hello."}),
    "transcription": ("transcription.submit", {"model": "nova-3", "audio": TALK}),
    "ocr": ("ocr.read", {"model": "mistral/mistral-ocr-latest", "document": LINK}),
    "3D": ("meshes.generate", {"model": "triposr", "image": LINK}),
}
# The argument that a kind cannot do without, the one that is a number, and the one that is a file.
MAIN = {"speech": "text", "transcription": "audio", "ocr": "document", "3D": "image"}
NUMBERS = {
    "images": "n", "edits": "n", "video": "duration", "music": "duration", "speech": "speed",
    "ocr": "image_limit", "3D": "seed",
}  # fmt: skip
FILES = {
    "edits": "image", "video": "image", "transcription": "audio", "ocr": "document", "3D": "image",
}  # fmt: skip
MORE_FILES = {  # the file of another model of the kind
    "images": ("image", "flux/kontext-pro/image-to-image"),
    "music": ("reference_audio", "minimax/music-cover"),
    "speech": ("reference_audio", "bytedance/seed-audio-1-0"),
}
# A model of another kind, and where it belongs.
FOREIGN = {
    "images": ("google/veo3", "client.video|AimlapiClient"),
    "edits": ("openai/tts-1", "speech"),
    "video": ("flux/schnell", "images"),
    "music": ("nova-3", "transcription"),
    "speech": ("openai/gpt-4o", "ChatAimlapi"),
    "transcription": ("openai/tts-1", "speech"),
    "ocr": ("google/lyria2", "music"),
    "3D": ("text-embedding-3-small", "AimlapiEmbeddings"),
}


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running
        assert running.requests == []  # whatever the mistake: nothing was sent


async def called(calls: Any, verb: str, colour: str, given: dict[str, Any]) -> object:
    if colour == "sync":
        return getattr(calls, verb)(**given)
    return await getattr(calls, f"a{verb}")(**given)


async def refused(
    api: Emulator, colour: str, kind: str, field: str, **changed: Any
) -> errors.InvalidRequestError:
    """The error of a call, which names the argument and has a cure; a dry run tells it as well."""
    name, right = KINDS[kind]
    mount, verb = name.split(".")
    calls: Any = getattr(AimlapiClient(**api.settings()), mount)
    given = {name: value for name, value in {**right, **changed}.items() if value is not ...}
    with pytest.raises(errors.InvalidRequestError) as caught:
        await called(calls, verb, colour, given)
    error = caught.value
    assert error.field == field
    assert field in str(error)
    assert error.advice
    if verb != "edit":
        check: Check = calls.check(**given)
        assert check.error is not None
        assert check.error.message == error.message
    return error


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "edits"])
def test_the_calls_of_the_table_are_right_as_they_stand(api: Emulator, kind: str) -> None:
    name, right = KINDS[kind]
    calls: Any = getattr(AimlapiClient(**api.settings()), name.split(".")[0])
    assert calls.check(**right).error is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [None, "", "  \n", 7, []], ids=repr)
async def test_no_prompt_and_what_is_none(
    api: Emulator, colour: str, kind: str, value: Any
) -> None:
    main = MAIN.get(kind, "prompt")
    await refused(api, colour, kind, main, **{main: value})


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("value", ["many", True, [3], float("nan")], ids=repr)
async def test_a_text_for_a_number(api: Emulator, colour: str, kind: str, value: Any) -> None:
    name = NUMBERS[kind]
    error = await refused(api, colour, kind, name, **{name: value})
    assert "number" in str(error)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("transcription", "ocr")])
async def test_a_part_of_a_whole_number(api: Emulator, colour: str, kind: str) -> None:
    if kind in ("edits", "images"):
        await refused(api, colour, kind, "n", n=1.5)
    await refused(api, colour, kind, "seed", seed=1.5)


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("address", ["ftp://example.com/a.png", "https://", "http:///a?b=1"])
async def test_an_address_that_nobody_can_follow(
    api: Emulator, colour: str, kind: str, address: str
) -> None:
    error = await refused(api, colour, kind, FILES[kind], **{FILES[kind]: address})
    assert "https: URL" in str(error) or "whole address" in str(error)


@pytest.mark.parametrize("kind", ["ocr", "transcription"])
async def test_words_in_a_file_that_is_named_otherwise(
    api: Emulator, colour: str, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / ("letter.png" if kind == "ocr" else "talk.mp3")
    path.write_text("only words")
    error = await refused(api, colour, kind, FILES[kind], **{FILES[kind]: path})
    assert "text/plain" in str(error)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_misspelt_argument_is_named_with_the_method_and_the_nearest(
    api: Emulator, colour: str, kind: str
) -> None:
    name, right = KINDS[kind]
    mount, verb = name.split(".")
    calls: Any = getattr(AimlapiClient(**api.settings()), mount)
    with pytest.raises(TypeError, match=rf"{verb}\(\) .*'modle'.* 'model'"):
        await called(calls, verb, colour, {**right, "modle": "m"})
    with pytest.raises(TypeError, match=rf"{verb}\(\) .*'zz'.*params="):
        await called(calls, verb, colour, {**right, "zz": 1})
    with pytest.raises(TypeError, match="by name: give "):
        getattr(calls, verb)("m", "a cat")


def files_of() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for kind, name in FILES.items():
        yield kind, name, {}
    for kind, (name, model) in MORE_FILES.items():
        yield kind, name, {"model": model}


@pytest.mark.parametrize(("kind", "name", "model"), list(files_of()))
@pytest.mark.parametrize(
    "bad", ["missing", "directory", "empty", "text", "text file", "a path as text"]
)
async def test_a_bad_file(
    api: Emulator, colour: str, tmp_path: Path, kind: str, name: str, model: Any, bad: str
) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "words.txt").write_text("no picture at all, only words")
    (tmp_path / "cat.png").write_bytes(PNG)
    value: Any = {
        "missing": tmp_path / "none.png",
        "directory": tmp_path,
        "empty": tmp_path / "empty",
        "text": b"no picture at all, only words",
        "text file": tmp_path / "words.txt",
        "a path as text": str(tmp_path / "cat.png"),
    }[bad]
    error = await refused(api, colour, kind, name, **{name: value}, **model)
    assert "no picture" not in str(error)  # nothing of the content


async def test_a_file_that_may_not_be_read(api: Emulator, colour: str, tmp_path: Path) -> None:
    path = tmp_path / "locked.png"
    path.write_bytes(PNG)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read every file")
    await refused(api, colour, "3D", "image", image=path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", ["", " ", "two words", None, 7], ids=repr)
async def test_what_is_no_model_id(api: Emulator, colour: str, kind: str, value: Any) -> None:
    await refused(api, colour, kind, "model", model=value)


@pytest.mark.parametrize("kind", FOREIGN)
async def test_a_model_of_another_kind(api: Emulator, colour: str, kind: str) -> None:
    model, right = FOREIGN[kind]
    error = await refused(api, colour, kind, "model", model=model)
    assert any(word in str(error) for word in right.split("|"))


# --- jobs -----

JOBS = {"video": "minimax/music-2.6", "music": "google/veo3", "transcription": "google/veo3"}


@pytest.mark.parametrize("kind", JOBS)
@pytest.mark.parametrize(
    "job", ["", "  ", "two words", "https://example.com/a.mp4", None, 7, "a\nb"], ids=repr
)
async def test_what_is_no_id_of_a_job(api: Emulator, colour: str, kind: str, job: Any) -> None:
    calls: Any = getattr(AimlapiClient(**api.settings()), kind)
    with pytest.raises(errors.InvalidRequestError, match="is not the id of") as caught:
        calls.resume(job) if colour == "sync" else await calls.aresume(job)
    assert caught.value.field == "id"
    assert "job.id" in str(caught.value.advice)


@pytest.mark.parametrize("kind", JOBS)
async def test_the_id_of_a_job_of_another_kind(api: Emulator, colour: str, kind: str) -> None:
    job: Any = getattr(AimlapiClient(**api.settings()), kind).resume(f"a1b2:{JOBS[kind]}")
    with pytest.raises(errors.InvalidRequestError, match="it belongs to") as caught:
        job.result() if colour == "sync" else await job.aresult()
    right = "music" if kind == "video" else "video"
    assert f"client.{right}.resume" in str(caught.value)


@pytest.mark.parametrize("kind", JOBS)
@pytest.mark.parametrize(
    ("name", "value"),
    [("timeout", -1), ("timeout", "soon"), ("timeout", True), ("progress", "bar")],
)
async def test_what_is_no_time_to_wait_and_cannot_be_called(
    api: Emulator, colour: str, kind: str, name: str, value: Any
) -> None:
    calls: Any = getattr(AimlapiClient(**api.settings()), kind)
    job = calls.resume("a1")
    with pytest.raises(errors.InvalidRequestError) as caught:
        await result_of(job, colour, **{name: value})
    assert caught.value.field == name
    verb = KINDS[kind][0].split(".")[1]
    making = "create" if kind == "transcription" else verb.replace("submit", "generate")
    with pytest.raises(errors.InvalidRequestError) as caught:
        await called(calls, making, colour, {**KINDS[kind][1], name: value})
    assert caught.value.field == name


async def result_of(job: Any, colour: str, **options: Any) -> object:
    return job.result(**options) if colour == "sync" else await job.aresult(**options)


# --- LangChain models and loaders -----

MODELS: dict[str, tuple[type[AimlapiMediaModel], str]] = {
    "images": (AimlapiImageModel, "flux/schnell"),
    "video": (AimlapiVideoModel, "google/veo-3.1-t2v"),
    "music": (AimlapiMusicModel, "google/lyria2"),
    "speech": (AimlapiSpeechModel, "openai/tts-1"),
    "transcription": (AimlapiTranscriptionModel, "nova-3"),
}


async def invoked(api: Emulator, kind: str, colour: str, prompt: Any, **options: Any) -> object:
    cls, name = MODELS[kind]
    model: Any = cls(model=name, **api.settings())
    if colour == "sync":
        return model.invoke(prompt, **options)
    return await model.ainvoke(prompt, **options)


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("prompt", ["", " ", [], [("user", "")], {}], ids=repr)
async def test_a_prompt_that_says_nothing(
    api: Emulator, colour: str, kind: str, prompt: Any
) -> None:
    with pytest.raises(errors.InvalidRequestError) as caught:
        await invoked(api, kind, colour, prompt)
    assert caught.value.field == MAIN.get(kind, "prompt")
    assert caught.value.advice


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize(
    "block", [{"type": "image", "path": "cat.png"}, {"type": "hologram", "zeal": 1}], ids=repr
)
async def test_a_block_of_the_users_is_never_left_out_in_silence(
    api: Emulator, colour: str, kind: str, block: Any
) -> None:
    prompt = [("user", [block, {"type": "text", "text": "it jumps"}])]
    with pytest.raises(errors.InvalidRequestError, match=r"'(path|zeal)'") as caught:
        await invoked(api, kind, colour, prompt)
    assert caught.value.field == "messages"


@pytest.mark.parametrize(
    ("kind", "name", "right"),
    [("images", "aspect_ration", "aspect_ratio"), ("video", "durations", "duration"),
     ("speech", "voise", "voice")],
)  # fmt: skip
async def test_a_misspelt_argument_of_a_call_of_a_model(
    api: Emulator, colour: str, kind: str, name: str, right: str
) -> None:
    with pytest.raises(errors.InvalidRequestError, match=f"did you mean '{right}'") as caught:
        await invoked(api, kind, colour, "a cat", **{name: "1"})
    assert caught.value.field == name


@pytest.mark.parametrize(("name", "value"), [("n", 0), ("n", -1), ("n", "two"), ("timeout", -1)])
async def test_videos_that_would_be_none_or_never_waited_for(
    api: Emulator, colour: str, name: str, value: Any
) -> None:
    model: Any = AimlapiVideoModel(model="google/veo-3.1-t2v", **api.settings())
    with pytest.raises(errors.InvalidRequestError) as caught:
        await called(model, "generate_videos", colour, {"prompt": "a cat", name: value})
    assert caught.value.field == name


@pytest.mark.parametrize("loader", [AimlapiOcrLoader, AimlapiTranscriptionLoader])
@pytest.mark.parametrize("source", ["", None, 5, "no-such-file", "ftp://example.com/a"], ids=repr)
async def test_a_loader_of_nothing(api: Emulator, colour: str, loader: Any, source: Any) -> None:
    loading = loader(source, **api.settings())
    with pytest.raises(errors.InvalidRequestError) as caught:
        loading.load() if colour == "sync" else await loading.aload()
    assert caught.value.field == ("document" if loader is AimlapiOcrLoader else "audio")
    assert "0 files" not in str(caught.value)
