"""`client.video` against the emulator, in both colours: jobs that survive, nothing bought twice."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from langchain_aimlapi import AimlapiClient, Catalog, errors
from langchain_aimlapi.emulator import Emulator, Fault
from langchain_aimlapi.endpoints import Job
from langchain_aimlapi.endpoints.video import GENERATIONS, Video

MODEL = "google/veo-3.1-t2v"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator(balance=10_000) as running:
        yield running


@pytest.fixture
def client(api: Emulator) -> AimlapiClient:
    return AimlapiClient(**api.settings())


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that were waited for; none of them really are."""
    seconds: list[float] = []
    monkeypatch.setattr("langchain_aimlapi._transport.sync.time.sleep", seconds.append)

    async def sleep(delay: float, result: Any = None) -> Any:
        seconds.append(delay)
        return result

    monkeypatch.setattr("langchain_aimlapi._transport.asynchronous.asyncio.sleep", sleep)
    return seconds


async def submit(client: AimlapiClient, colour: str, **arguments: Any) -> Job[Video]:
    arguments = {"model": MODEL, "prompt": "a cat", **arguments}
    if colour == "sync":
        return client.video.submit(**arguments)
    return await client.video.asubmit(**arguments)


async def generate(client: AimlapiClient, colour: str, **arguments: Any) -> Video:
    arguments = {"model": MODEL, "prompt": "a cat", **arguments}
    if colour == "sync":
        return client.video.generate(**arguments)
    return await client.video.agenerate(**arguments)


async def result(job: Job[Video], colour: str, **options: Any) -> Video:
    return job.result(**options) if colour == "sync" else await job.aresult(**options)


def methods(api: Emulator) -> list[str]:
    return [request.method for request in api.requests]


async def test_a_video_is_ordered_once_and_polled(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    job = await submit(client, colour, duration=8, aspect_ratio="16:9")
    assert api.requests[0].path == GENERATIONS
    assert api.requests[0].body == {
        "model": MODEL, "prompt": "a cat", "duration": 8, "aspect_ratio": "16:9",
    }  # fmt: skip
    assert job.model == MODEL
    assert job.native_status == "queued"
    made = await result(job, colour)
    assert made.url is not None
    assert made.urls == (made.url,)
    assert made.content_type == "video/mp4"
    assert made.inference_id == job.id
    assert methods(api) == ["POST", "GET", "GET"]
    assert job.id.endswith(f":{MODEL}")


async def test_the_charge_is_known_when_it_is_ordered(client: AimlapiClient, colour: str) -> None:
    job = await submit(client, colour, model="alibaba/wan-2-6-t2v")
    assert job.cost is not None
    assert job.cost.usd == pytest.approx(0.25)
    assert (await result(job, colour)).cost == job.cost


@pytest.mark.parametrize(
    "model", ["runway/gen4_turbo", "minimax/hailuo-02", "pixverse/v5-5-image-to-video",
              "bytedance/seedance-1-0-pro-fast", "kling-video/v1.6/pro/image-to-video"],
)  # fmt: skip
async def test_every_form_of_an_answer(
    api: Emulator, client: AimlapiClient, model: str, colour: str
) -> None:
    made = await generate(client, colour, model=model, image=PNG)
    assert made.url is not None
    assert str(api.requests[0].body["image_url"]).startswith("data:image/png;base64,")
    assert methods(api) == ["POST", "GET", "GET"]


async def test_a_video_is_saved_through_the_client(
    client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    job = await submit(client, colour)
    path, folder = tmp_path / "cat.mp4", tmp_path
    if colour == "sync":
        saved, named = job.save(path), job.result().save(folder)
    else:
        saved, named = await job.asave(path), await (await job.aresult()).asave(folder)
    assert saved == path
    assert path.read_bytes()[4:8] == b"ftyp"
    assert named.suffix == ".mp4"
    assert named.read_bytes() == path.read_bytes()


async def test_states_can_be_watched(api: Emulator, client: AimlapiClient, colour: str) -> None:
    api.jobs.plan(states=("waiting", "active", "queued", "generating", "dreaming"))
    job = await submit(client, colour)
    states = list(job.watch()) if colour == "sync" else [state async for state in job.awatch()]
    assert [state.native_status for state in states] == [
        "waiting", "active", "queued", "generating", "dreaming", "completed",
    ]  # fmt: skip
    assert [state.status for state in states] == [
        "queued", "running", "queued", "running", "running", "completed",
    ]  # fmt: skip
    assert states[-1].result == await result(job, colour)
    assert job.native_status == "completed"
    assert len(api.requests) == 7  # the result is not asked for again


async def test_progress_is_told(client: AimlapiClient, colour: str, waits: list[float]) -> None:
    seen: list[tuple[str, float | None]] = []
    await generate(client, colour, progress=lambda status, part, _: seen.append((status, part)))
    assert seen == [("running", None), ("completed", None)]
    assert list(filter(None, waits)) == [5.0]


# --- jobs that survive -----


async def test_a_job_is_found_again_by_its_id(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    job = await submit(client, colour)
    another = AimlapiClient(**api.settings())
    again = (
        another.video.resume(job.id) if colour == "sync" else await another.video.aresume(job.id)
    )
    assert again.model == MODEL  # the id names it
    assert (await result(again, colour)).raw == (await result(job, colour)).raw
    assert methods(api).count("POST") == 1


async def test_a_job_can_be_pickled(
    api: Emulator, colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # a server waits in earnest
    api.serve()
    with AimlapiClient(**api.settings()) as client:
        job = await submit(client, colour)
        copy: Job[Video] = pickle.loads(pickle.dumps(job))
        assert (copy.id, copy.model, copy.cost) == (job.id, job.model, job.cost)


WORKER = """
import sys
from langchain_aimlapi import AimlapiClient
client = AimlapiClient(base_url=sys.argv[1])
job = client.video.submit(model=sys.argv[2], prompt="a cat") if sys.argv[3] == "new" else (
    client.video.resume(sys.argv[3]))
print(job.id, flush=True)
print(job.result(progress=lambda *told: print(told[0], flush=True)).url, flush=True)
"""


def test_a_process_killed_while_polling_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()  # here time is real
    with Emulator(balance=10_000) as api, api.serve():
        api.jobs.plan(states=("generating",) * 1000)
        settings = api.settings()
        arguments = [sys.executable, "-c", WORKER, str(settings["base_url"]), MODEL]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        environment["AIMLAPI_API_KEY"] = str(settings["api_key"])
        first = subprocess.Popen(
            [*arguments, "new"], stdout=subprocess.PIPE, text=True, env=environment
        )
        assert first.stdout is not None
        job_id = first.stdout.readline().strip()
        assert first.stdout.readline() == "running\n"  # it polls
        first.send_signal(signal.SIGKILL)
        assert first.wait(30) == -signal.SIGKILL
        first.stdout.close()
        api.jobs.finish(job_id)
        second = subprocess.run(
            [*arguments, job_id], capture_output=True, text=True, env=environment, timeout=60
        )
        assert second.returncode == 0, second.stderr
        assert second.stdout.splitlines()[0] == job_id
        assert second.stdout.splitlines()[-1].endswith(".mp4")
        assert methods(api).count("POST") == 1


async def test_a_late_video_tells_how_to_go_on(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    api.jobs.plan(states=("generating",) * 9)
    with pytest.raises(errors.JobTimeoutError, match=r"client\.video\.resume") as caught:
        await generate(client, colour, timeout=4)
    job_id = caught.value.job_id
    assert job_id is not None
    api.jobs.finish(job_id)
    assert (await result(client.video.resume(job_id), colour)).url


def test_the_api_cannot_cancel_a_video(client: AimlapiClient) -> None:
    with pytest.raises(errors.UnsupportedFeatureError, match="cannot cancel"):
        client.video.submit(model=MODEL, prompt="a cat").cancel()


# --- faults -----


async def test_a_failed_video_says_why_and_is_not_ordered_again(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    api.jobs.plan(error={"detail": [{"loc": ["body", "image_url"], "msg": "no face"}]})
    with pytest.raises(errors.JobFailedError, match="ended as error: no face") as caught:
        await generate(client, colour)
    assert caught.value.field == "image_url"
    assert caught.value.job_id
    assert methods(api) == ["POST", "GET", "GET"]


POLL_BLIPS: dict[str, Fault] = {
    "502": Fault(status=502),
    "a page instead of JSON": Fault(body=b"<html>bad gateway</html>"),
    "busy": Fault(status=429, retry_after=2),
    "cut": Fault(cut_after=0, how="reset"),
}


@pytest.mark.parametrize("blip", POLL_BLIPS)
async def test_a_bad_moment_while_polling_costs_nothing(
    api: Emulator, client: AimlapiClient, colour: str, blip: str
) -> None:
    job = await submit(client, colour)
    api.fault(POLL_BLIPS[blip], times=4)
    assert (await result(job, colour)).url
    assert methods(api).count("POST") == 1


async def test_a_form_that_nobody_knows_ends_the_wait_and_shows_its_keys(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    api.jobs.plan(result={"film": {"url": "https://cdn.example/a.mp4"}})
    job = await submit(client, colour)
    with pytest.raises(errors.InvalidResponseError, match=r"'film', 'id', 'status'") as caught:
        await result(job, colour)
    assert job.id in str(caught.value)
    assert "resume" in str(caught.value)
    assert len(api.requests) < 12


LOST: dict[str, Any] = {
    "read time-out": httpx.ReadTimeout("slow"),
    "broken": httpx.RemoteProtocolError("gone"),
    "500": httpx.Response(500),
    "504": httpx.Response(504),
    "a page": httpx.Response(200, text="<html>"),
    "an unknown form": httpx.Response(200, json={"accepted": True}),
}


@pytest.mark.parametrize("lost", LOST)
async def test_an_order_whose_answer_is_lost_is_not_sent_again(colour: str, lost: str) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        if isinstance(LOST[lost], Exception):
            raise LOST[lost]
        response: httpx.Response = LOST[lost]
        return httpx.Response(response.status_code, content=response.content)

    transport = httpx.MockTransport(answer)
    client = AimlapiClient(
        api_key="k",
        http_client=httpx.Client(transport=transport),
        http_async_client=httpx.AsyncClient(transport=transport),
    )
    with pytest.raises(errors.AimlapiError) as caught:
        await submit(client, colour)
    assert len(sent) == 1
    assert "usage log" in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("nobody", "check the id"),
        ("60ac7c34-3224:elevenlabs/eleven_music", r"client\.music\.resume"),
    ],
)
async def test_a_wrong_id_and_a_foreign_one(
    api: Emulator, client: AimlapiClient, colour: str, wrong: str, message: str
) -> None:
    with pytest.raises(errors.InvalidRequestError, match=message) as caught:
        await result(client.video.resume(wrong), colour)
    assert caught.value.field == "id"
    assert len(api.requests) == (wrong == "nobody")  # a foreign id is not even asked for


async def test_a_model_that_there_is_not_is_said_with_its_neighbours(
    client: AimlapiClient, colour: str
) -> None:
    with pytest.raises(errors.ModelNotFoundError, match=r"google/veo-3\.1-t2v"):
        await submit(client, colour, model="google/veo-3.1-t2vv")


def test_a_check_sends_nothing_and_needs_no_key(api: Emulator) -> None:
    client = AimlapiClient(api_key=None)
    found = client.video.check(model="openai/sora-2-t2v", prompt="a cat", seed=7, duration=8)
    assert found.error is None
    plain = {"model": "openai/sora-2-t2v", "prompt": "a cat", "duration": 8}
    assert found.body == {**plain, "seed": 7}
    assert found.url.endswith(GENERATIONS)
    (change,) = found.changes
    assert change.startswith("seed=7 was sent although")
    assert not found.ok
    refused = client.video.check(model=MODEL, prompt="a cat", duration=5)
    assert isinstance(refused.error, errors.UnsupportedFeatureError)
    assert not refused.ok
    assert client.video.check(model=MODEL, prompt="a cat").ok
    assert api.requests == []


# --- every model, many jobs -----


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::langchain_aimlapi.errors.UnsupportedParameterWarning")
def test_every_live_video_model_answers(api: Emulator) -> None:
    client = AimlapiClient(**api.settings())
    answered = 0
    for facts in Catalog.default().models(kind="video"):
        given: dict[str, Any] = {"prompt": "a cat"}
        while True:
            found = client.video.check(model=facts.id, **given)
            if found.error is None:
                break
            field = str(found.error.field)
            if field in given:  # one is not enough
                given[field] = [given[field]] * 2
            else:
                given |= NEEDED[field]
        made = client.video.generate(model=facts.id, seed=1, **given)
        assert made.url
        answered += 1
    assert answered > 140


NEEDED: dict[str, dict[str, Any]] = {
    "image": {"image": PNG},
    "last_image": {"last_image": PNG},
    "video": {"video": "https://example.com/cat.mp4"},
    "audio": {"audio": "https://example.com/cat.mp3"},
    "effect_scene": {"params": {"effect_scene": "hug"}},
}


async def test_three_hundred_jobs_wait_on_one_loop(api: Emulator, client: AimlapiClient) -> None:
    api.jobs.plan(states=("queued", "generating"), times=None)
    began = time.process_time()
    jobs = await asyncio.gather(
        *(client.video.asubmit(model=MODEL, prompt=f"cat {n}") for n in range(300))
    )
    made = await asyncio.gather(*(job.aresult() for job in jobs))
    assert len({video.url for video in made}) == 300
    assert len({job.id for job in jobs}) == 300
    assert methods(api).count("POST") == 300
    assert methods(api).count("GET") == 900
    assert time.process_time() - began < 300  # a bound against endless loops, not a speed
