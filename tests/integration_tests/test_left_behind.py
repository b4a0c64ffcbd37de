"""What a call leaves behind that is interrupted, or that means something else, is not lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from langchain_aimlapi import AimlapiClient
from langchain_aimlapi.bulk import Bulk
from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.errors import InvalidRequestError
from langchain_aimlapi.spend import track_spend
from tests.unit_tests.langchain.helpers import MODEL, make

VIDEO = "kling-video/v1.6/standard/text-to-video"


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator(balance=100) as emulator:
        yield emulator


async def generated(api: Emulator, colour: str, progress: Any) -> Any:
    client = AimlapiClient(**api.settings())
    options: dict[str, Any] = {"model": VIDEO, "prompt": "a fox", "progress": progress}
    if colour == "sync":
        return client.video.generate(**options)
    return await client.video.agenerate(**options)


@pytest.mark.parametrize("kind", [RuntimeError, KeyboardInterrupt, SystemExit, TypeError])
async def test_an_error_while_a_job_is_waited_for_names_the_job(
    api: Emulator, kind: type[BaseException], colour: str
) -> None:
    def progress(status: str, fraction: float | None, seconds: float) -> None:
        raise kind("no more")

    with pytest.raises(kind) as error:
        await generated(api, colour, progress)
    (note,) = error.value.__notes__
    job = note.split("resume('")[1].split("'")[0]
    client = AimlapiClient(**api.settings())
    assert client.video.resume(job).result().url
    assert len([each for each in api.requests if each.method == "POST"]) == 1


async def test_a_cancelled_wait_names_the_job(api: Emulator) -> None:
    api.jobs.running_polls = 1_000
    waiting = asyncio.Event()
    task = asyncio.create_task(generated(api, "async", lambda *_: waiting.set()))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as error:
        await task
    assert "client.video.resume(" in error.value.__notes__[0]


async def test_an_async_progress_function_fails_with_the_job_in_its_error(api: Emulator) -> None:
    async def progress(*_: object) -> None:
        await asyncio.sleep(0)
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError) as error:
        await generated(api, "async", progress)
    assert "client.video.resume(" in error.value.__notes__[0]


async def test_a_job_without_trouble_has_no_notes(api: Emulator, colour: str) -> None:
    api.jobs.running_polls = 0
    seen: list[str] = []
    film = await generated(api, colour, lambda status, *_: seen.append(status))
    assert film.url
    assert seen[-1] == "completed"


# --- one input in the place of many -----


@pytest.mark.parametrize("one", ["a single text", HumanMessage("one"), {"a": 1}, b"bytes"])
async def test_one_input_in_the_place_of_many_is_refused_before_it_is_ordered(
    api: Emulator, one: Any, colour: str
) -> None:
    claude = make(model="claude-opus-4-5", **api.settings())
    bulk = Bulk(make(model=MODEL, **api.settings()))
    batched = claude.with_batches(max_wait=0.01)
    calls: list[Any] = (
        [claude.batch_submit, batched.batch, bulk.run]
        if colour == "sync"
        else [claude.abatch_submit, batched.abatch, bulk.arun]
    )
    for call in calls:
        with pytest.raises(InvalidRequestError, match="not a list of inputs"):
            call(one) if colour == "sync" else await call(one)
    assert not api.requests


# --- where a file goes -----


async def test_a_folder_that_is_missing_is_no_file_name(
    api: Emulator, tmp_path: Path, colour: str
) -> None:
    api.jobs.running_polls = 0
    film = await generated(api, colour, None)
    with pytest.raises(FileNotFoundError, match="clips is not a directory; create it first"):
        film.save(f"{tmp_path}/clips/") if colour == "sync" else await film.asave(
            f"{tmp_path}/clips/"
        )
    (tmp_path / "clips").mkdir()
    saved = film.save(f"{tmp_path}/clips/")
    assert saved.parent == tmp_path / "clips"
    assert saved.suffix == ".mp4"


# --- outside of asyncio -----


def test_an_async_call_outside_of_asyncio_says_what_it_needs(api: Emulator) -> None:
    client = AimlapiClient(**api.settings())
    call = client.video.asubmit(model=VIDEO, prompt="a fox")
    with pytest.raises(InvalidRequestError, match=r"no event loop of it is running.*to_thread"):
        call.send(None)
    assert not api.requests


@pytest.mark.parametrize("limit", ["1", True, -1, float("nan")])
def test_a_limit_that_is_no_amount_is_refused(limit: Any) -> None:
    with pytest.raises(ValueError, match="must be 0 or more US dollars"), track_spend(limit):
        pass


# --- what is missing -----


async def test_an_argument_that_is_missing_is_named_by_the_public_method(
    api: Emulator, colour: str
) -> None:
    images: Any = AimlapiClient(**api.settings()).images
    edit = images.edit if colour == "sync" else images.aedit
    with pytest.raises(TypeError, match=rf"^ImageCalls\.{edit.__name__}\(\) needs image=\.\.\.$"):
        edit(model="flux/kontext-pro/image-to-image", prompt="a hat")
    with pytest.raises(TypeError, match=r"needs model=\.\.\. and "):
        edit()
    assert not api.requests
