"""What an endpoint may need, shown by one that exists only here: a kiln that fires pots."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import pickle
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from langchain_aimlapi import AimlapiClient, Catalog, errors
from langchain_aimlapi._answers.streams import BytesReader, EventReader
from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.flow import Flow, Policy
from langchain_aimlapi._wire.multipart import FilePart, Form
from langchain_aimlapi._wire.request import Limits, Request, Response
from langchain_aimlapi.endpoints import (
    AsyncCall,
    AsyncStreamCall,
    AsyncSubmit,
    Calls,
    Context,
    JobCalls,
    JobKind,
    JobState,
    Mounted,
    Plan,
    Progress,
    StreamPlan,
    SyncCall,
    SyncStreamCall,
    SyncSubmit,
    once,
    only,
    plan_made,
    read_meta,
    read_object,
)
from langchain_aimlapi.endpoints._media import Media

# --- the endpoint -----


@dataclass(frozen=True, slots=True)
class Pot(Media):
    """A fired pot."""


def poll_kiln(context: Context, job: str, model: str | None) -> Request:
    return context.request("GET", "/v1/kiln", query=[("id", job)])


def parse_kiln(response: Response, policy: Policy) -> JobState[Pot]:
    body = read_object(response, policy, "a pot")
    word = str(body["status"])
    done = word == "completed"
    meta = read_meta(response, body)
    return JobState(
        id=str(body["id"]),
        status="completed" if done else "failed" if word == "cracked" else "running",
        native_status=word,
        result=Pot(url=body.get("url"), meta=meta) if done else None,
        error=errors.APIError("a crack") if word == "cracked" else None,
        fraction=body.get("fraction"),
        cost=meta.cost,
    )


KIND = JobKind(name="kiln", poll=poll_kiln, parse=parse_kiln, interval=5.0)


def plan_order(context: Context, *, clay: str) -> Plan[JobState[Pot]]:
    """Order a pot."""
    request = context.json_request("/v1/kiln", {"clay": clay})
    return Plan([once(request, parse_kiln, repeatable=False)], only, model="kiln/one")


def plan_pot(
    context: Context, *, clay: str, timeout: float | None = None, progress: Progress | None = None
) -> Plan[Pot]:
    """Order a pot and wait for it."""
    order = plan_order(context, clay=clay)
    return plan_made(context, KIND, order, timeout=timeout, progress=progress)


def plan_glaze(context: Context, *, etag: str) -> Plan[int]:
    """A second status that is an answer."""
    request = context.request("GET", "/v1/glaze", headers={"if-none-match": etag})

    def step(policy: Policy) -> Flow[int]:
        return flow.call(request, lambda response: response.status, policy, accept=(304,))

    return Plan([step], only, needs_key=False)


def plan_photo(context: Context) -> Plan[bytes]:
    """An answer that is bytes."""
    return Plan([once(context.request("GET", "/v1/photo"), lambda r, _: r.body)], only)


def plan_crackle(context: Context) -> StreamPlan[bytes]:
    """An answer that is a stream of bytes."""
    return StreamPlan(context.request("GET", "/v1/crackle"), BytesReader)


def plan_temperatures(context: Context) -> StreamPlan[tuple[str, int]]:
    """An answer that is a stream of events."""

    def reader(head: Response, policy: Policy) -> EventReader:
        return EventReader(head, policy, lambda event, data: (event, data["degrees"]))

    return StreamPlan(context.request("GET", "/v1/temperatures"), reader)


def plan_drawing(context: Context, *, drawing: Any) -> Plan[str]:
    """An upload."""
    form = Form({"scale": 2}, [FilePart.of("drawing", drawing, "drawing.png", "image/png")])
    request = context.form_request("/v1/drawings", form)
    return Plan([once(request, lambda r, _: str(json.loads(r.body)["sha256"]))], only)


class KilnCalls(JobCalls[Pot]):
    """``client.kiln``."""

    kind = KIND
    submit = SyncSubmit(plan_order, KIND)
    asubmit = AsyncSubmit(submit)
    generate = SyncCall(plan_pot)
    agenerate = AsyncCall(plan_pot)


class WorkshopCalls(Calls):
    """``client.workshop``."""

    glaze = SyncCall(plan_glaze)
    aglaze = AsyncCall(plan_glaze)
    photo = SyncCall(plan_photo)
    aphoto = AsyncCall(plan_photo)
    crackle = SyncStreamCall(plan_crackle)
    acrackle = AsyncStreamCall(plan_crackle)
    temperatures = SyncStreamCall(plan_temperatures)
    atemperatures = AsyncStreamCall(plan_temperatures)
    drawing = SyncCall(plan_drawing)
    adrawing = AsyncCall(plan_drawing)


class PotteryClient(AimlapiClient):
    kiln = Mounted(KilnCalls)
    workshop = Mounted(WorkshopCalls)


# --- the server -----


@dataclass
class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body whose pieces come one by one; knows whether it was closed."""

    pieces: list[bytes]
    given: int = 0
    closed: bool = False

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            self.given += 1
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            self.given += 1
            yield piece

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


@dataclass
class Pottery:
    """Answers from a list of states, and remembers what came."""

    answers: list[Any] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    uploads: list[str] = field(default_factory=list)
    stream: Pieces = field(default_factory=lambda: Pieces([]))
    kind: str = "audio/mpeg"

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append((request.method, request.url.path))
        if request.url.path == "/v1/kiln":
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if isinstance(answer, Exception):
                raise answer
            return httpx.Response(200, json=answer) if isinstance(answer, dict) else answer
        if request.url.path == "/v1/glaze":
            return httpx.Response(304 if request.headers.get("if-none-match") == "x" else 200)
        if request.url.path == "/v1/photo":
            return httpx.Response(200, content=b"\x89PNG", headers={"content-type": "image/png"})
        return httpx.Response(200, stream=self.stream, headers={"content-type": self.kind})

    def sync(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/drawings":
            return self.uploaded(request, b"".join(request.stream))  # type: ignore[arg-type]  # sync
        return self.handle(request)

    async def asynchronous(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/drawings":
            pieces = [piece async for piece in request.stream]  # type: ignore[union-attr]  # async
            return self.uploaded(request, b"".join(pieces))
        return self.handle(request)

    def uploaded(self, request: httpx.Request, body: bytes) -> httpx.Response:
        assert int(request.headers["content-length"]) == len(body)
        assert "transfer-encoding" not in request.headers
        if not self.uploads:  # the first attempt is lost: a second one must send it all again
            self.uploads.append("lost")
            return httpx.Response(503, headers={"retry-after": "0"})
        content = body.partition(b"image/png\r\n\r\n")[2].rpartition(b"\r\n--")[0]
        self.uploads.append(hashlib.sha256(content).hexdigest())
        return httpx.Response(200, json={"sha256": self.uploads[-1]})

    def client(self, **options: Any) -> PotteryClient:
        return PotteryClient(
            api_key="k",
            http_client=httpx.Client(transport=httpx.MockTransport(self.sync)),
            http_async_client=httpx.AsyncClient(transport=httpx.MockTransport(self.asynchronous)),
            **options,
        )


def state(word: str, **more: Any) -> dict[str, Any]:
    return {"id": "job-7", "status": word, **more}


DONE = state("completed", url="https://cdn.example/pot.glb")


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that were waited for; none of them really are."""
    seconds: list[float] = []
    monkeypatch.setattr("langchain_aimlapi._transport.sync.time.sleep", seconds.append)

    async def sleep(delay: float, result: Any = None) -> Any:
        seconds.append(delay)
        return result

    monkeypatch.setattr("langchain_aimlapi._transport.asynchronous.asyncio.sleep", sleep)
    return seconds


async def submitted(kiln: KilnCalls, colour: str) -> Any:
    return kiln.submit(clay="red") if colour == "sync" else await kiln.asubmit(clay="red")


async def collected(sync: Any, asynchronous: Any, colour: str) -> list[Any]:
    """All items of a stream, by the method of the colour."""
    return list(sync()) if colour == "sync" else [item async for item in asynchronous()]


async def result_of(job: Any, colour: str, **options: Any) -> Pot:
    made = job.result(**options) if colour == "sync" else await job.aresult(**options)
    assert isinstance(made, Pot)
    return made


# --- jobs -----


async def test_waiting_between_two_questions_is_no_retry(colour: str, waits: list[float]) -> None:
    heard: list[Any] = []
    pottery = Pottery([state("queued"), state("firing"), state("firing"), DONE])
    client = pottery.client(on_retry=heard.append)
    if colour == "sync":
        pot = client.kiln.generate(clay="red")
    else:
        pot = await client.kiln.agenerate(clay="red")
    assert pot.url == "https://cdn.example/pot.glb"
    assert heard == []
    assert [method for method, _ in pottery.requests] == ["POST", "GET", "GET", "GET"]
    assert waits == [5.0, 7.5]  # the first poll comes at once


async def test_progress_is_called_with_state_fraction_and_seconds(
    colour: str, waits: list[float]
) -> None:
    seen: list[tuple[str, float | None]] = []

    def progress(status: str, fraction: float | None, seconds: float) -> None:
        assert seconds >= 0
        seen.append((status, fraction))

    async def aprogress(status: str, fraction: float | None, seconds: float) -> None:
        progress(status, fraction, seconds)

    pottery = Pottery([state("queued"), state("firing", fraction=0.5), DONE])
    job = pottery.client().kiln.submit(clay="red")
    assert job.native_status == "queued"
    called = progress if colour == "sync" else aprogress
    await result_of(job, colour, progress=called)
    assert seen == [("running", 0.5), ("completed", None)]


def test_an_async_progress_in_a_sync_call_is_refused_with_a_cure(waits: list[float]) -> None:
    async def progress(*_: Any) -> None: ...

    job = Pottery([state("queued"), DONE]).client().kiln.submit(clay="red")
    with pytest.raises(errors.InvalidRequestError, match="sync call cannot await"):
        job.result(progress=progress)


async def test_another_process_finds_the_same_result(colour: str, waits: list[float]) -> None:
    pottery = Pottery([state("queued"), state("firing"), DONE])
    job = pottery.client().kiln.submit(clay="red")
    plain = PotteryClient(api_key="k").kiln.resume(job.id)
    again = pickle.loads(pickle.dumps(plain))
    assert again.id == "job-7"
    resumed = pottery.client().kiln
    handle = resumed.resume(job.id) if colour == "sync" else await resumed.aresume(job.id)
    assert len(pottery.requests) == 1  # a handle asks for nothing by itself
    pot = await result_of(handle, colour)
    assert pot.url == DONE["url"]
    assert (await result_of(handle, colour)).url == pot.url
    assert [method for method, _ in pottery.requests] == ["POST", "GET", "GET"]


@pytest.mark.parametrize("wrong", ["", "  ", None, 7])
def test_what_is_no_id_is_refused(wrong: Any) -> None:
    with pytest.raises(errors.InvalidRequestError, match="not the id of a kiln job"):
        Pottery().client().kiln.resume(wrong)


async def test_a_job_survives_bad_moments_of_the_network(colour: str, waits: list[float]) -> None:
    blips = [httpx.ConnectError("down"), httpx.Response(502), httpx.ReadError("gone")]
    pottery = Pottery([state("queued"), *blips, state("firing"), DONE])
    job = pottery.client(max_retries=0).kiln.submit(clay="red")
    assert (await result_of(job, colour)).url == DONE["url"]


async def test_an_order_that_may_have_arrived_is_not_sent_twice(
    colour: str, waits: list[float]
) -> None:
    for lost in (httpx.ReadTimeout("slow"), httpx.Response(500), httpx.ReadError("gone")):
        pottery = Pottery([lost])
        with pytest.raises(errors.AimlapiError) as caught:
            await submitted(pottery.client().kiln, colour)
        assert len(pottery.requests) == 1
        assert "may have accepted" in str(caught.value)


async def test_an_order_that_surely_did_not_arrive_is_sent_again(
    colour: str, waits: list[float]
) -> None:
    refused = httpx.Response(429, headers={"retry-after": "1"})
    pottery = Pottery([httpx.ConnectError("down"), refused, state("queued")])
    job = await submitted(pottery.client().kiln, colour)
    assert job.id == "job-7"
    assert len(pottery.requests) == 3


async def test_a_job_that_is_late_tells_how_to_go_on(colour: str, waits: list[float]) -> None:
    job = Pottery([state("queued"), state("firing")]).client().kiln.submit(clay="red")
    with pytest.raises(errors.JobTimeoutError, match="status: running") as caught:
        await result_of(job, colour, timeout=4.0)
    assert caught.value.job_id == "job-7"
    assert "client.kiln.resume('job-7')" in str(caught.value)
    assert waits == []  # what would end too late is not begun


async def test_a_job_that_fails_says_why(colour: str, waits: list[float]) -> None:
    job = Pottery([state("queued"), state("cracked")]).client().kiln.submit(clay="red")
    with pytest.raises(errors.JobFailedError, match="ended as cracked: a crack") as caught:
        await result_of(job, colour)
    assert caught.value.job_id == "job-7"


async def test_the_charge_of_the_order_is_the_charge_of_the_result(
    colour: str, waits: list[float]
) -> None:
    charged = state("queued", meta={"usage": {"usd_spent": 0.5, "credits_used": 1_000_000}})
    kiln = Pottery([charged, DONE]).client().kiln
    job = kiln.submit(clay="red")
    assert job.cost is not None
    assert job.cost.usd == 0.5
    assert (await result_of(job, colour)).cost == job.cost
    kiln = Pottery([charged, DONE]).client().kiln
    made = kiln.generate(clay="a") if colour == "sync" else await kiln.agenerate(clay="a")
    assert made.cost == job.cost


def test_what_the_api_cannot_cancel_is_said() -> None:
    job = Pottery([state("queued")]).client().kiln.submit(clay="red")
    with pytest.raises(errors.UnsupportedFeatureError, match="cannot cancel kiln jobs"):
        job.cancel()


def test_the_deadline_is_for_the_whole_call() -> None:
    now = 0.0
    sent: list[flow.Send] = []

    def carry_out(steps: Flow[Pot]) -> None:
        """Each request takes 0.1 s, and the job never ends."""
        nonlocal now
        answer: Any = None
        while True:
            command = steps.send(answer)
            answer = None
            if isinstance(command, flow.Send):
                sent.append(command)
                now += 0.1
                answer = Response(200, {}, json.dumps(state("firing")).encode())
            elif isinstance(command, flow.Wait):
                now += command.seconds

    context = Context("https://api.test", Catalog.default())
    policy = Policy(limits=Limits(deadline=0.3), clock=lambda: now)
    with pytest.raises(errors.JobTimeoutError):
        carry_out(plan_pot(context, clay="red").steps[0](policy.started()))
    # the order and one poll: the next one would come too late
    assert [command.until for command in sent] == [pytest.approx(0.3)] * 2


# --- statuses, bytes, streams -----


async def test_a_second_status_can_be_an_answer(colour: str) -> None:
    workshop = Pottery().client().workshop
    for etag, status in (("x", 304), ("y", 200)):
        found = workshop.glaze(etag=etag) if colour == "sync" else await workshop.aglaze(etag=etag)
        assert found == status


async def test_an_answer_can_be_bytes(colour: str) -> None:
    workshop = Pottery().client().workshop
    found = workshop.photo() if colour == "sync" else await workshop.aphoto()
    assert found == b"\x89PNG"


async def test_bytes_can_be_streamed_and_left(colour: str) -> None:
    pottery = Pottery(stream=Pieces([b"one", b"two", b"three"]))
    workshop = pottery.client().workshop
    if colour == "sync":
        assert list(workshop.crackle()) == [b"one", b"two", b"three"]
    else:
        assert [piece async for piece in workshop.acrackle()] == [b"one", b"two", b"three"]
    assert pottery.stream.closed

    pottery.stream = Pieces([b"one", b"two", b"three"])
    if colour == "sync":
        with workshop.crackle() as pieces:
            assert next(pieces) == b"one"
    else:
        async with workshop.acrackle() as left:
            assert await anext(left) == b"one"
    assert pottery.stream.closed
    assert pottery.stream.given < 3


async def test_json_in_place_of_bytes_is_an_error(colour: str) -> None:
    body = b'{"statusCode": 402, "message": "no credit left"}'
    pottery = Pottery(stream=Pieces([body]), kind="application/json")
    workshop = pottery.client().workshop
    with pytest.raises(errors.AimlapiError, match="no credit left"):
        await collected(workshop.crackle, workshop.acrackle, colour)


async def test_events_can_be_streamed(colour: str) -> None:
    events = [b'event: rising\ndata: {"degrees": 1', b"00}\n\n: comment\n\nevent: top\n"]
    events += [b'data: {"degrees": 1200}\n\ndata: [DONE]\n\n']
    pottery = Pottery(stream=Pieces(events), kind="text/event-stream")
    workshop = pottery.client().workshop
    found = await collected(workshop.temperatures, workshop.atemperatures, colour)
    assert found == [("rising", 100), ("top", 1200)]


async def test_events_that_break_off_are_an_error(colour: str) -> None:
    pottery = Pottery(stream=Pieces([b'data: {"degrees": 1}\n\n']), kind="text/event-stream")
    workshop = pottery.client().workshop
    with pytest.raises(errors.StreamInterrupted, match="without its last one"):
        await collected(workshop.temperatures, workshop.atemperatures, colour)


# --- uploads -----

SOURCES: dict[str, Callable[[Path], Any]] = {
    "path": lambda path: path,
    "file object": lambda path: path.open("rb"),
    "bytes": lambda path: path.read_bytes(),
    "pipe": lambda path: Pipe(path.read_bytes()),
}


class Pipe(io.RawIOBase):
    """A file object that cannot be rewound."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._data.read(size)

    def seekable(self) -> bool:
        return False


@pytest.mark.parametrize("source", SOURCES)
async def test_a_file_is_uploaded_whole_also_the_second_time(
    source: str, colour: str, waits: list[float], tmp_path: Path
) -> None:
    path = tmp_path / "drawing.png"
    path.write_bytes(b"\x89PNG" + bytes(range(256)) * 4096)
    pottery = Pottery()
    content = SOURCES[source](path)
    workshop = pottery.client().workshop
    if colour == "sync":
        digest = workshop.drawing(drawing=content)
    else:
        digest = await workshop.adrawing(drawing=content)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert pottery.uploads == ["lost", digest]
    if source == "file object":
        content.close()


def test_a_file_is_sent_from_where_it_stood() -> None:
    file = io.BytesIO(b"headbody")
    file.seek(4)
    part = FilePart.of("f", file, "f", "text/plain")
    assert part.length == 4
    assert b"".join(part.pieces()) == b"body"
    assert b"".join(part.pieces()) == b"body"


def test_a_file_is_never_whole_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    form = Form({}, [FilePart.of("f", path, "f", "video/mp4")])
    tracemalloc.start()
    try:
        assert sum(map(len, form.pieces())) == form.length
        assert tracemalloc.get_traced_memory()[1] < 2 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_file_that_is_not_there_is_named_before_anything_is_sent(tmp_path: Path) -> None:
    pottery = Pottery()
    with pytest.raises(FileNotFoundError, match=r"gone\.png"):
        pottery.client().workshop.drawing(drawing=tmp_path / "gone.png")
    assert pottery.requests == []


async def test_hundreds_of_jobs_wait_on_one_loop(waits: list[float]) -> None:
    pottery = Pottery([state("firing")] * 300 + [DONE])
    kiln = pottery.client().kiln
    jobs = [kiln.resume(f"job-{number}") for number in range(300)]
    pots = await asyncio.gather(*(job.aresult() for job in jobs))
    assert {pot.url for pot in pots} == {DONE["url"]}
