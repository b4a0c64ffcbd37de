"""Each fault of the emulator, in process and over loopback, sync and async."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from langchain_aimlapi.emulator import Emulator, Fault

BODY = {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "Say three sentences."}]}
STREAM = {**BODY, "stream": True}
Send = Callable[..., tuple[int, httpx.Headers, bytes]]


@pytest.fixture
def api(placed: Callable[[Emulator], Emulator]) -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield placed(emulator)


@pytest.fixture(params=["sync", "async"])
def send(request: pytest.FixtureRequest, api: Emulator) -> Send:
    """Posts a body and reads the answer to its end; what was read before a break is kept."""
    read.clear()

    def sync(body: dict[str, Any], **options: Any) -> tuple[int, httpx.Headers, bytes]:
        with (
            api.client(**options) as client,
            client.stream("POST", "/chat/completions", json=body) as answer,
        ):
            for piece in answer.iter_raw():
                read.append(piece)
            return answer.status_code, answer.headers, b"".join(read)

    async def twin(body: dict[str, Any], **options: Any) -> tuple[int, httpx.Headers, bytes]:
        async with (
            api.async_client(**options) as client,
            client.stream("POST", "/chat/completions", json=body) as answer,
        ):
            async for piece in answer.aiter_raw():
                read.append(piece)
            return answer.status_code, answer.headers, b"".join(read)

    if request.param == "sync":
        return sync
    return lambda body, **options: asyncio.run(twin(body, **options))


read: list[bytes] = []


def frames(data: bytes) -> list[bytes]:
    return [frame for frame in data.split(b"\n\n") if frame]


@pytest.mark.parametrize("status", [400, 408, 429, 500, 503, 529])
def test_status_comes_in_the_live_envelope(api: Emulator, send: Send, status: int) -> None:
    api.fault(Fault(status=status, message="told"))
    got, headers, data = send(BODY)
    assert got == status
    assert headers["content-type"].startswith("application/problem+json")
    assert json.loads(data)["status"] == status
    assert json.loads(data)["message"] == "told"
    assert send(BODY)[0] == 200  # only once


def test_error_shapes(api: Emulator, send: Send) -> None:
    for shape in ("nested", "plain", "html", "empty"):
        api.fault(Fault(status=500, shape=shape, message="told"))
    answers = []
    for _ in range(4):
        read.clear()
        answers.append(send(BODY))
    nested, plain, html, empty = (data for _, _, data in answers)
    assert json.loads(nested)["error"]["message"] == "told"
    assert plain == b"told"
    assert html.startswith(b"<!DOCTYPE html>")
    assert empty == b""


def test_html_and_empty_bodies_with_status_200(api: Emulator, send: Send) -> None:
    api.fault(Fault(shape="html")).fault(Fault(shape="empty"))
    status, headers, data = send(BODY)
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"<html>" in data
    read.clear()
    assert send(BODY)[2] == b""


def test_given_body_and_headers_go_out(api: Emulator, send: Send) -> None:
    api.fault(Fault(status=502, body={"odd": 1}, headers={"x-odd": "yes"}, retry_after=1.5))
    status, headers, data = send(BODY)
    assert (status, json.loads(data)) == (502, {"odd": 1})
    assert (headers["x-odd"], headers["retry-after"]) == ("yes", "1.5")


def test_success_status_keeps_the_answer(api: Emulator, send: Send) -> None:
    api.fault(Fault(status=201))
    status, _, data = send(BODY)
    assert status == 201
    assert json.loads(data)["choices"][0]["message"]["content"]


def test_delay_before_headers_meets_the_read_timeout(api: Emulator, send: Send) -> None:
    api.fault(Fault(delay=5.0))
    with pytest.raises(httpx.ReadTimeout):
        send(BODY, timeout=0.1)


def test_delay_below_the_timeout_is_only_slow(api: Emulator, send: Send) -> None:
    api.fault(Fault(delay=0.1))
    started = time.monotonic()
    assert send(BODY, timeout=60.0)[0] == 200
    assert time.monotonic() - started >= 0.1


def test_stall_inside_a_stream_meets_the_read_timeout(api: Emulator, send: Send) -> None:
    api.fault(Fault(stall_after=2))
    with pytest.raises(httpx.ReadTimeout):
        send(STREAM, timeout=0.15)
    assert len(frames(b"".join(read))) == 2


def test_chunk_delay_slows_every_event(api: Emulator, send: Send) -> None:
    api.say("a b c").fault(Fault(chunk_delay=0.02))
    started = time.monotonic()
    _, _, data = send(STREAM)
    assert time.monotonic() - started >= 0.02 * len(frames(data))


@pytest.mark.parametrize("how", ["close", "reset"])
def test_cut_stream_breaks_the_connection_after_n_events(
    api: Emulator, send: Send, how: Any
) -> None:
    api.fault(Fault(cut_after=3, how=how))
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        send(STREAM)
    # A reset may throw away what was not read yet; a close may not.
    got = len(frames(b"".join(read)))
    assert got == 3 if how == "close" else got <= 3


def test_cut_before_the_first_event(api: Emulator, send: Send) -> None:
    api.fault(Fault(cut_after=0))
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        send(STREAM)
    assert read == []


def test_cut_body_of_a_whole_answer(api: Emulator, send: Send) -> None:
    api.fault(Fault(cut_after=20))
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        send(BODY)


def test_stream_that_stops_politely_has_no_finish(api: Emulator, send: Send) -> None:
    api.fault(Fault(stop_after=3))
    _, _, data = send(STREAM)
    assert len(frames(data)) == 3
    assert b'"finish_reason":"stop"' not in data


def test_truncated_event_is_not_json(api: Emulator, send: Send) -> None:
    api.fault(Fault(truncate_after=2))
    _, _, data = send(STREAM)
    *whole, last = frames(data)
    assert [bool(json.loads(frame[6:])) for frame in whole] == [True, True]
    with pytest.raises(ValueError, match=r"Unterminated|Expecting|delimiter"):
        json.loads(last[6:])


@pytest.mark.parametrize("frame", ["flat", "nested"])
def test_error_frame_ends_the_stream(api: Emulator, send: Send, frame: Any) -> None:
    api.fault(Fault(error_after=2, frame=frame, status=429, message="told"))
    status, _, data = send(STREAM)
    last = json.loads(frames(data)[-1][6:])
    error = last["error"] if frame == "nested" else last
    assert (status, error["message"], len(frames(data))) == (200, "told", 3)
    assert ("statusCode" in last) is (frame == "flat")


def test_json_instead_of_a_stream(api: Emulator, send: Send) -> None:
    api.fault(Fault(as_json=True))
    _, headers, data = send(STREAM)
    assert headers["content-type"].startswith("application/json")
    assert json.loads(data)["object"] == "chat.completion"


def test_refused_stream_is_400_and_a_whole_answer_is_not(api: Emulator, send: Send) -> None:
    api.fault(Fault(refuse_stream=True), times=2)
    status, _, data = send(STREAM)
    assert status == 400
    assert "Streaming is not supported" in json.loads(data)["message"]
    assert send(BODY)[0] == 200


def test_keep_alive_comments_come_before_the_answer(api: Emulator, send: Send) -> None:
    api.fault(Fault(keep_alive=0.1, keep_alive_every=0.02))
    _, _, data = send(STREAM, timeout=60.0)
    comments = [frame for frame in frames(data) if frame.startswith(b":")]
    assert len(comments) >= 4
    assert frames(data)[len(comments)].startswith(b"data:")


def test_refused_connection(api: Emulator, send: Send) -> None:
    api.fault(Fault(refuse=True))
    with pytest.raises(httpx.TransportError):
        send(BODY)
    assert api.requests[-1].status is None
    assert send(BODY)[0] == 200


@pytest.mark.parametrize("size", [1, 5])
def test_split_changes_pieces_and_not_bytes(size: int) -> None:
    with Emulator(clock=lambda: 0.0) as one, Emulator(clock=lambda: 0.0) as two:
        plain = one.client().post("/chat/completions", json=STREAM).content
        two.fault(Fault(split=size))
        with two.client().stream("POST", "/chat/completions", json=STREAM) as answer:
            pieces = list(answer.iter_raw())
    assert max(map(len, pieces)) == size
    assert b"".join(pieces) == plain


def test_faults_choose_their_calls(api: Emulator, send: Send) -> None:
    api.fault(Fault(status=500), path="/embeddings")
    api.fault(Fault(status=501), model="somebody/else")
    api.fault(Fault(status=502), when=lambda call: b'"stream"' in call.body)
    assert send(BODY)[0] == 200
    assert send(STREAM)[0] == 502


def test_record_tells_how_an_answer_ended() -> None:
    with Emulator() as api:
        client = api.client()
        client.post("/chat/completions", json=STREAM)
        with client.stream("POST", "/chat/completions", json=STREAM) as answer:
            next(answer.iter_raw())
        api.fault(Fault(cut_after=1))
        with pytest.raises(httpx.RemoteProtocolError):
            client.post("/chat/completions", json=STREAM)
        assert [record.ended for record in api.requests] == ["complete", "left", "cut"]


def test_server_notices_a_client_that_leaves() -> None:
    with Emulator().serve() as api:
        api.fault(Fault(chunk_delay=0.05))
        with (
            api.client() as client,
            client.stream("POST", "/chat/completions", json=STREAM) as answer,
        ):
            next(answer.iter_raw())
        end = time.monotonic() + 60
        while api.requests[0].ended == "open" and time.monotonic() < end:
            time.sleep(0.01)
        assert api.requests[0].ended == "left"


@pytest.mark.parametrize("wrong", [{"shape": "x"}, {"frame": "x"}, {"how": "x"}, {"encoding": "x"}])
def test_a_fault_of_an_unknown_form_is_refused_with_the_known_ones(wrong: Any) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} is 'x'; known: '"):
        Fault(**wrong)


@pytest.mark.parametrize(
    "wrong", [{"errors": "x"}, {"wording": "x"}, {"meta": "x"}, {"x_api_key": "x"}]
)
def test_a_setting_of_an_unknown_word_is_refused_with_the_known_ones(wrong: Any) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} is 'x'; known: '"):
        Emulator(**wrong)
