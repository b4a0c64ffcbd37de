"""`client.transcription` against the emulator, in both colours."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi import AimlapiClient, Catalog, errors
from langchain_aimlapi.emulator import Emulator, Fault
from langchain_aimlapi.emulator._media import mp3
from langchain_aimlapi.endpoints.transcription import Transcript

LINK = "https://example.com/talk.mp3"
MODEL = "nova-3"


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


async def hear(client: AimlapiClient, colour: str, **arguments: Any) -> Transcript:
    if colour == "sync":
        return client.transcription.create(**arguments)
    return await client.transcription.acreate(**arguments)


def methods(api: Emulator) -> list[str]:
    return [request.method for request in api.requests]


async def test_a_transcript_is_ordered_polled_and_saved(
    api: Emulator, client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    seen: list[str] = []
    made = await hear(
        client, colour,
        model=MODEL, audio=LINK, diarize=True, progress=lambda *state: seen.append(state[0]),
    )  # fmt: skip
    assert made.text == "This is the emulator's transcript of talk.mp3."
    assert made.words[0].speaker == "0"
    assert made.inference_id
    assert methods(api) == ["POST", "GET", "GET"]
    assert seen == ["running", "completed"]
    assert api.requests[0].body == {"model": MODEL, "url": LINK, "diarize": True}
    path = tmp_path / "talk.srt"
    saved = made.save(path) if colour == "sync" else await made.asave(path)
    assert saved.read_text().startswith("1\n00:00:00,000 --> ")


@pytest.mark.slow
async def test_every_model_answers_for_a_link_and_for_an_upload(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    answered = 0
    for facts in Catalog.default().models(kind="stt"):
        if facts.id.startswith("test/"):
            continue
        for audio in (LINK, mp3()):
            made = await hear(client, colour, model=facts.id, audio=audio)
            assert made.text.startswith("This is the emulator's transcript")
            answered += 1
    assert answered > 50


async def test_a_file_on_disk_is_uploaded(
    api: Emulator, client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    path = tmp_path / "talk.mp3"
    path.write_bytes(mp3())
    with path.open("rb") as opened:
        for audio in (path, opened):
            made = await hear(client, colour, model="openai/gpt-4o-transcribe", audio=audio)
            assert made.usage is not None
    assert api.requests[0].body["files"] == [("file", "audio.mp3", len(mp3()))]


async def test_speech_becomes_a_transcript(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    linked = client.speech.create(model="openai/tts-1", text="Hello.")
    made = await hear(client, colour, model=MODEL, audio=linked)
    assert made.text
    assert api.requests[1].body["url"] == linked.url
    spoken = client.speech.create(model="deepgram/aura-2", text="Hello.")
    assert (await hear(client, colour, model=MODEL, audio=spoken)).text


async def test_a_job_is_found_again_and_survives_pickling(
    api: Emulator, client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    if colour == "sync":
        job = client.transcription.submit(model=MODEL, audio=LINK)
    else:
        job = await client.transcription.asubmit(model=MODEL, audio=LINK)
    assert job.native_status == "queued"
    again = client.transcription.resume(job.id)
    made = again.result() if colour == "sync" else await again.aresult()
    assert made.text
    copy = pickle.loads(pickle.dumps(made))
    assert copy == made
    path = tmp_path / "talk.txt"
    saved = job.save(path) if colour == "sync" else await job.asave(path)
    assert saved.read_text() == made.text
    assert methods(api).count("POST") == 1


@pytest.mark.parametrize("id", ["", "a b", LINK])
def test_what_is_no_id_is_refused(api: Emulator, client: AimlapiClient, id: str) -> None:
    with pytest.raises(errors.InvalidRequestError, match="is not the id of a transcription job"):
        client.transcription.resume(id)
    assert api.requests == []


async def test_a_foreign_id_is_named(api: Emulator, client: AimlapiClient, colour: str) -> None:
    unknown = client.transcription.resume("0cff4e24-c1ba-419d-8b62-46f342985881")
    with pytest.raises(errors.JobNotFoundError, match="knows no transcription job"):
        unknown.result() if colour == "sync" else await unknown.aresult()
    other = client.transcription.resume("0cff4e24-c1ba-419d-8b62-46f342985881:google/veo3")
    with pytest.raises(errors.InvalidRequestError, match=r"client\.video\.resume"):
        other.result() if colour == "sync" else await other.aresult()


async def test_a_failed_transcript_says_why_and_is_not_ordered_again(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    api.jobs.plan(error="no speech in it", kind="stt")
    with pytest.raises(errors.JobFailedError, match="ended as error: no speech in it") as caught:
        await hear(client, colour, model=MODEL, audio=LINK)
    assert caught.value.job_id
    assert str(caught.value.job_id) in str(caught.value)
    assert methods(api).count("POST") == 1


async def test_a_late_transcript_tells_how_to_go_on(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    api.jobs.plan(states=("generating",) * 9)
    with pytest.raises(errors.JobTimeoutError, match=r"client\.transcription\.resume") as caught:
        await hear(client, colour, model=MODEL, audio=LINK, timeout=4)
    job = str(caught.value.job_id)
    api.jobs.finish(job)
    again = client.transcription.resume(job)
    assert (again.result() if colour == "sync" else await again.aresult()).text


@pytest.mark.parametrize(
    "fault", [Fault(status=503), Fault(status=429, retry_after=7), Fault(cut_after=0)]
)
async def test_a_poll_that_fails_is_sent_again(
    api: Emulator, client: AimlapiClient, colour: str, fault: Fault, waits: list[float]
) -> None:
    job = client.transcription.submit(model=MODEL, audio=LINK)
    api.fault(fault, times=2)
    made = job.result() if colour == "sync" else await job.aresult()
    assert made.text
    assert methods(api).count("POST") == 1
    if fault.retry_after:
        assert 7 in waits


@pytest.mark.parametrize("audio", [LINK, mp3()])
async def test_an_order_whose_answer_is_lost_is_not_sent_again(
    api: Emulator, client: AimlapiClient, colour: str, audio: Any
) -> None:
    api.fault(Fault(status=502), times=1)
    with pytest.raises(errors.AimlapiError, match="usage log"):
        await hear(client, colour, model=MODEL, audio=audio)
    assert methods(api) == ["POST"]


WORKER = """
import sys
from langchain_aimlapi import AimlapiClient

client = AimlapiClient(base_url=sys.argv[1], allow_http=True)
job = (client.transcription.submit(model="nova-3", audio="https://example.com/talk.mp3")
       if sys.argv[2] == "new" else client.transcription.resume(sys.argv[2]))
print(job.id, flush=True)
print(job.result(progress=lambda *state: print(state[0], flush=True)).text, flush=True)
"""


@pytest.mark.slow
def test_a_process_killed_while_polling_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # here time is real
    with Emulator(balance=10_000) as api, api.serve():
        api.jobs.plan(states=("generating",) * 1000)
        settings = api.settings()
        arguments = [sys.executable, "-c", WORKER, str(settings["base_url"])]
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
        assert second.stdout.splitlines()[-1].startswith("This is the emulator's transcript")
        assert methods(api).count("POST") == 1


def test_a_check_shows_the_form_without_a_key(tmp_path: Path) -> None:
    path = tmp_path / "talk.mp3"
    path.write_bytes(mp3())
    found = AimlapiClient().transcription.check(
        model="openai/gpt-4o-transcribe", audio=path, language="en"
    )
    assert found.ok
    assert found.body["file"] == f"audio.mp3, {len(mp3())} bytes"
    assert found.body["language"] == "en"
