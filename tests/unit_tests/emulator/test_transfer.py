"""How a real gateway's bytes go wrong: compressed, mislabelled, cut, closed behind the answer."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from langchain_aimlapi.emulator import Emulator, Fault, VirtualClock

HI = [{"role": "user", "content": "Say three sentences."}]
CHAT = {"model": "openai/gpt-4o", "messages": HI}
CLAUDE = {"model": "claude-opus-5", "messages": HI, "max_tokens": 200}
RESPONSES = {"model": "openai/gpt-4o", "input": "Say three sentences."}
Json = dict[str, Any]
Answers = Callable[..., list[httpx.Response]]


@pytest.fixture
def api(placed: Callable[[Emulator], Emulator]) -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield placed(emulator)


@pytest.fixture(params=["sync", "async"])
def answers(request: pytest.FixtureRequest, api: Emulator) -> Answers:
    """What several calls in turn, of one client, are answered; the first error is raised."""

    def sync(times: int = 1, **more: Any) -> list[httpx.Response]:
        with api.client() as client:
            return [client.post("/chat/completions", json=CHAT | more) for _ in range(times)]

    async def twin(times: int, **more: Any) -> list[httpx.Response]:
        async with api.async_client() as client:
            return [await client.post("/chat/completions", json=CHAT | more) for _ in range(times)]

    if request.param == "sync":
        return sync
    return lambda times=1, **more: asyncio.run(twin(times, **more))


def events(body: str) -> list[Json]:
    lines = [line[6:] for line in body.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


# --- connections -----


@pytest.mark.parametrize("stream", [False, True])
def test_a_connection_is_closed_behind_a_whole_answer(
    answers: Answers, api: Emulator, stream: bool
) -> None:
    api.fault(Fault(idle_close=True))
    first, second = _after_idle_close(answers, stream=stream)
    assert first.status_code == 200
    whole = events(first.text) if stream else first.json()
    assert whole
    assert "connection" not in first.headers  # nobody was told
    assert second.status_code == 200
    assert api.requests[0].ended == "complete"


def _after_idle_close(answers: Answers, **more: Any) -> list[httpx.Response]:
    """Two answers. A pool that notices in time connects anew; else its request fails once."""
    try:
        return answers(2, **more)
    except (httpx.RemoteProtocolError, httpx.ReadError) as error:
        if "Server disconnected" not in str(error) and not isinstance(error, httpx.ReadError):
            raise
    return [answers(1, **more)[0], answers(1, **more)[0]]


def test_a_length_that_promises_too_much_is_a_broken_body(answers: Answers, api: Emulator) -> None:
    api.fault(Fault(length_off=7))
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        answers()
    assert api.requests[0].ended == "cut"
    assert answers()[0].status_code == 200


def test_a_length_that_promises_too_little_cuts_the_json(answers: Answers, api: Emulator) -> None:
    api.fault(Fault(length_off=-7))
    (answer,) = answers()
    assert len(answer.content) == int(answer.headers["content-length"])
    with pytest.raises(json.JSONDecodeError):
        answer.json()


# --- compression -----


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_compressed_answer_is_the_same_answer(
    answers: Answers, api: Emulator, encoding: Any, stream: bool
) -> None:
    api.fault(Fault(encoding=encoding))
    squeezed, plain = answers(2, stream=stream)
    assert squeezed.headers["content-encoding"] == encoding
    if stream:
        texts = [
            "".join(
                one["delta"].get("content") or ""
                for event in events(answer.text)
                for one in event["choices"]
            )
            for answer in (squeezed, plain)
        ]
        assert texts[0] == texts[1] != ""
    else:
        assert squeezed.json()["choices"] == plain.json()["choices"]


def raw(api: Emulator, fault: Fault, **more: Any) -> bytes:
    api.fault(fault)
    with (
        api.client() as client,
        client.stream("POST", "/chat/completions", json=CHAT | more) as answer,
    ):
        return b"".join(answer.iter_raw())


def test_the_end_of_a_compressed_answer_can_be_missing(api: Emulator) -> None:
    data = raw(api, Fault(encoding="gzip", encoding_cut=12))
    with pytest.raises(EOFError):
        gzip.decompress(data)
    start = zlib.decompressobj(wbits=31).decompress(data)
    assert start.startswith(b'{"id"')


def test_an_answer_that_says_gzip_and_is_not(answers: Answers, api: Emulator) -> None:
    api.fault(Fault(encoding="gzip", encoding_lie=True))
    with pytest.raises(httpx.DecodingError):
        answers()
    assert json.loads(raw(api, Fault(encoding="gzip", encoding_lie=True)))["choices"]


# --- between events -----


def test_comments_stand_between_events(api: Emulator) -> None:
    lines = raw(api, Fault(comments="OPENROUTER PROCESSING"), stream=True).split(b"\n\n")
    comments = [line for line in lines if line.startswith(b":")]
    assert set(comments) == {b": OPENROUTER PROCESSING"}
    assert len(comments) == len(lines) // 2 - 1 + len(lines) % 2


def test_white_space_before_a_whole_answer_holds_the_line() -> None:
    with Emulator(clock=VirtualClock()) as api:
        data = raw(api, Fault(keep_alive=0.2, keep_alive_every=0.05))
    assert data.startswith(b" \n \n \n \n")
    assert json.loads(data)["choices"]


@pytest.mark.parametrize(
    ("path", "body", "frame", "last"),
    [
        ("/messages", CLAUDE, "dialect", {"type": "error", "error": {"type": "overloaded_error"}}),
        (
            "/messages",
            CLAUDE,
            "overloaded",
            {"type": "error", "error": {"type": "overloaded_error"}},
        ),
        (
            "/responses",
            RESPONSES,
            "dialect",
            {"type": "error", "code": "server_error", "param": None},
        ),
        (
            "/responses",
            RESPONSES,
            "failed",
            {"type": "response.failed", "response": {"status": "failed"}},
        ),
        (
            "/responses",
            RESPONSES,
            "incomplete",
            {"type": "response.incomplete", "response": {"status": "incomplete"}},
        ),
        ("/chat/completions", CHAT, "openrouter", {"error": {"code": 503, "message": "too busy"}}),
        ("/chat/completions", CHAT, "problem", {"status": 503, "message": "too busy"}),
        ("/chat/completions", CHAT, "nested", {"error": {"code": "503", "message": "too busy"}}),
    ],
)
def test_an_error_inside_a_stream_has_the_form_that_is_asked_for(
    path: str, body: Json, frame: Any, last: Json
) -> None:
    with Emulator() as api:
        api.fault(Fault(error_after=2, frame=frame, status=503, message="too busy"))
        answer = api.client().post(path, json=body | {"stream": True})
    assert answer.status_code == 200
    found = events(answer.text)
    assert len(found) == 3
    assert_within(last, found[-1])


def assert_within(part: Any, whole: Any) -> None:
    if not isinstance(part, dict):
        assert part == whole
        return
    for key, value in part.items():
        assert_within(value, whole[key])


# --- drift -----


@pytest.mark.parametrize("stream", [False, True])
def test_a_field_comes_and_another_goes(api: Emulator, stream: bool) -> None:
    fault = Fault(add={"novelty": {"level": 3}, "usage": {"dreams": 1}}, drop=("created",))
    data = raw(api, fault, stream=stream).decode()
    found = events(data) if stream else [json.loads(data)]
    assert all(one["novelty"] == {"level": 3} and "created" not in one for one in found)
    if not stream:
        assert found[0]["usage"]["dreams"] == 1
        assert found[0]["usage"]["total_tokens"] > 0
