"""What can go wrong with a job, for every kind of job, in both colours: nothing is bought twice,
nothing is lost, and every error has the id where there is one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from langchain_aimlapi import (
    AimlapiClient,
    AimlapiMusicModel,
    AimlapiTranscriptionModel,
    AimlapiVideoModel,
    errors,
)  # fmt: skip
from langchain_aimlapi.emulator import Emulator, Fault
from langchain_aimlapi.endpoints import Job

TALK = "https://example.com/talk.mp3"
# What hangs on the client -> a model, the key of its results, and what its jobs are made of.
KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "video": ("google/veo-3.1-t2v", "video", {"prompt": "a slow waltz of cats"}),
    "music": ("google/lyria2", "audio_file", {"prompt": "a slow waltz of cats"}),
    "transcription": ("nova-3", "result", {"audio": TALK}),
    "upload": ("openai/gpt-4o-transcribe", "result", {"audio": b"ID3" + bytes(64)}),
}
MOUNTS = {"upload": "transcription"}  # a recording that is uploaded, and not a link


@pytest.fixture(
    params=[
        "video",
        pytest.param("music", marks=pytest.mark.table),
        "transcription",
        pytest.param("upload", marks=pytest.mark.table),
    ]
)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator(balance=10_000) as running:
        yield running


@pytest.fixture
def client(api: Emulator) -> AimlapiClient:
    return AimlapiClient(**api.settings())


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("langchain_aimlapi._transport.sync.time.sleep", lambda _: None)

    async def sleep(delay: float, result: Any = None) -> Any:
        return result

    monkeypatch.setattr("langchain_aimlapi._transport.asynchronous.asyncio.sleep", sleep)


SPOKEN = [{"role": "user", "content": [{"type": "audio", "url": TALK}]}]


def mount(kind: str) -> str:
    """Where a kind of jobs hangs on the client."""
    return MOUNTS.get(kind, kind)


def content(made: Any) -> object:
    """What a result is for: its link, or its text."""
    return made.text if hasattr(made, "text") else made.url


async def submit(client: AimlapiClient, kind: str, colour: str) -> Job[Any]:
    calls: Any = getattr(client, mount(kind))
    arguments = {"model": KINDS[kind][0], **KINDS[kind][2]}
    job: Job[Any] = (
        calls.submit(**arguments) if colour == "sync" else await calls.asubmit(**arguments)
    )
    return job


async def result(job: Job[Any], colour: str, **options: Any) -> Any:
    return job.result(**options) if colour == "sync" else await job.aresult(**options)


def orders(api: Emulator) -> int:
    return [each.method for each in api.requests].count("POST")


# --- the order -----

LOST: dict[str, httpx.Response | Exception] = {
    "read time-out": httpx.ReadTimeout("slow"),
    "write time-out": httpx.WriteTimeout("slow"),
    "broken": httpx.RemoteProtocolError("gone"),
    "500": httpx.Response(500),
    "504": httpx.Response(504),
    "a page": httpx.Response(200, text="<html>"),
    "nothing": httpx.Response(200),
    "cut JSON": httpx.Response(200, text='{"id": "1", "sta'),
    "an unknown form": httpx.Response(200, json={"accepted": True}),
}


@pytest.mark.parametrize("lost", LOST)
async def test_an_order_whose_answer_is_lost_is_not_sent_again(
    kind: str, colour: str, lost: str
) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        found = LOST[lost]
        if isinstance(found, Exception):
            raise found
        return httpx.Response(found.status_code, content=found.content)

    transport = httpx.MockTransport(answer)
    client = AimlapiClient(
        api_key="k", max_retries=5,
        http_client=httpx.Client(transport=transport),
        http_async_client=httpx.AsyncClient(transport=transport),
    )  # fmt: skip
    with pytest.raises(errors.AimlapiError, match="usage log"):
        await submit(client, kind, colour)
    assert len(sent) == 1


REFUSED: dict[str, Fault] = {
    "busy": Fault(status=429, retry_after=1),
    "not connected": Fault(refuse=True),
}


@pytest.mark.parametrize("refused", REFUSED)
async def test_an_order_that_was_surely_not_accepted_is_sent_again(
    api: Emulator, client: AimlapiClient, kind: str, colour: str, refused: str
) -> None:
    api.fault(REFUSED[refused])
    assert content(await result(await submit(client, kind, colour), colour))
    assert len(api.jobs) == 1


async def test_an_error_inside_a_200_is_raised_as_what_it_is(
    api: Emulator, client: AimlapiClient, kind: str, colour: str
) -> None:
    body = {"error": {"code": "content_policy_violation", "message": "flagged by the filter"}}
    api.fault(Fault(body=json.dumps(body).encode()))
    with pytest.raises(errors.ContentPolicyError, match="flagged"):
        await submit(client, kind, colour)
    assert orders(api) == 1


# --- polls -----

BLIPS: dict[str, Fault] = {
    "502": Fault(status=502),
    "busy": Fault(status=429, retry_after=2),
    "cut": Fault(cut_after=0, how="reset"),
    "a page": Fault(body=b"<html>bad gateway</html>"),
    "cut JSON": Fault(body=b'{"id": "1", "status": "gener'),
    "a list": Fault(body=b"[]"),
    "nothing": Fault(body=b""),
}


@pytest.mark.parametrize("blip", BLIPS)
async def test_a_bad_moment_while_polling_costs_nothing(
    api: Emulator, client: AimlapiClient, kind: str, colour: str, blip: str
) -> None:
    job = await submit(client, kind, colour)
    api.fault(BLIPS[blip], times=4)
    assert content(await result(job, colour))
    assert orders(api) == 1


@pytest.mark.parametrize(
    "states",
    [
        ("generating", "queued", "generating", "waiting"),
        ("completed-soon", "", "42"),
        ("GENERATING", " queued ", "in-progress"),
    ],
)
async def test_states_out_of_order_and_words_that_nobody_knows_are_waited_through(
    api: Emulator, client: AimlapiClient, kind: str, colour: str, states: tuple[str, ...]
) -> None:
    api.jobs.plan(states=states)
    seen: list[str] = []
    job = await submit(client, kind, colour)
    made = await result(job, colour, progress=lambda status, *_: seen.append(status))
    assert content(made)
    assert seen[-1] == "completed"
    assert set(seen[:-1]) <= {"queued", "running"}
    # a transcript's answer has no id: one without a state either is a bad moment
    silent = states.count("") if mount(kind) == "transcription" else 0
    assert len(seen) == len(states) + 1 - silent


async def test_an_endless_queue_ends_with_the_id_and_the_way_on(
    api: Emulator, client: AimlapiClient, kind: str, colour: str
) -> None:
    api.jobs.plan(states=("queued",) * 1000)
    job = await submit(client, kind, colour)
    with pytest.raises(errors.JobTimeoutError) as caught:
        await result(job, colour, timeout=4)
    assert caught.value.job_id == job.id
    assert f"client.{mount(kind)}.resume({job.id!r})" in str(caught.value)
    assert "status: queued" in str(caught.value)
    assert not caught.value.is_retryable  # a retry would be a new order
    api.jobs.finish(job.id)
    again: Any = getattr(AimlapiClient(**api.settings()), mount(kind)).resume(job.id)
    assert content(await result(again, colour))
    assert orders(api) == 1


async def test_a_models_own_limit_holds_and_its_job_is_found_again(
    api: Emulator, kind: str, colour: str
) -> None:
    api.jobs.plan(states=("queued",) * 1000)
    cls: Any = {
        "video": AimlapiVideoModel, "music": AimlapiMusicModel,
        "transcription": AimlapiTranscriptionModel,
    }[mount(kind)]  # fmt: skip
    model = cls(model=KINDS[kind][0], job_timeout=4, **api.settings())
    prompt: Any = KINDS[kind][2].get("prompt") or SPOKEN
    with pytest.raises(TimeoutError, match="resume") as caught:
        model.invoke(prompt) if colour == "sync" else await model.ainvoke(prompt)
    job_id = str(getattr(caught.value, "job_id", ""))
    api.jobs.finish(job_id)
    assert content(await result(model.resume(job_id), colour))
    assert orders(api) == 1


async def test_a_job_that_fails_says_why_and_is_not_ordered_again(
    api: Emulator, client: AimlapiClient, kind: str, colour: str
) -> None:
    api.jobs.plan(error={"name": "Error", "message": "no such tune"})
    job = await submit(client, kind, colour)
    with pytest.raises(errors.JobFailedError, match="no such tune") as caught:
        await result(job, colour)
    assert caught.value.job_id == job.id
    assert not caught.value.is_retryable
    assert orders(api) == 1


MALFORMED: dict[str, Any] = {
    "no link": {},
    "a number": 5,
    "an empty list": [],
    "a link of another type": {"url": 7},
}


@pytest.mark.parametrize("form", MALFORMED)
async def test_a_finished_job_without_a_link_ends_the_wait_with_its_keys_and_id(
    api: Emulator, client: AimlapiClient, kind: str, colour: str, form: str
) -> None:
    key = KINDS[kind][1]
    api.jobs.plan(result={key: MALFORMED[form], "other": 1})
    job = await submit(client, kind, colour)
    with pytest.raises(errors.InvalidResponseError, match=f"'{key}['.]") as caught:
        await result(job, colour)
    assert "'other'" in str(caught.value)
    assert job.id in str(caught.value)
    assert f"client.{mount(kind)}.resume" in str(caught.value)
    assert len(api.requests) < 12


async def test_an_error_about_no_job_while_polling_is_that_error(
    api: Emulator, client: AimlapiClient, kind: str, colour: str
) -> None:
    job = await submit(client, kind, colour)
    api.fault(Fault(status=401), times=9)
    with pytest.raises(errors.AuthenticationError):
        await result(job, colour)
