"""The scripted server does what its scripts say: otherwise the suite would prove nothing."""

from __future__ import annotations

import socket
import threading
import time
import tracemalloc
import zlib

import httpx
import pytest

from tests.harness.faults.raw_server import Hub, Script
from tests.harness.faults.steps import Close, Drip, Every, Pause, Reset, Send, Stall
from tests.harness.faults.wire import JSON_OK, SSE_OK, TEXT, bomb, chunked, head, http


def _talk(port: int, data: bytes = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n") -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port), timeout=60)
    sock.sendall(data)
    return sock


def _read_all(sock: socket.socket) -> bytes:
    pieces = []
    while piece := sock.recv(65536):
        pieces.append(piece)
    sock.close()
    return b"".join(pieces)


def test_bytes_go_out_exactly_as_scripted(raw_hub: Hub) -> None:
    raw = b"HTTP/1.1 banana\r\n\0\xff\r\n"
    with raw_hub.serve([(Send(raw), Close())]) as server:
        assert _read_all(_talk(server.port)) == raw


def test_each_request_gets_the_next_reply_and_is_written_down(raw_hub: Hub) -> None:
    with raw_hub.serve([http(b"1"), http(b"2")]) as server, httpx.Client() as client:
        answers = [client.post(server.url + "/v1/x", content=b"q", headers={"A": "b"}).text
                   for _ in range(3)]  # fmt: skip
        assert answers == ["1", "2", "2"]
        assert [request.connection for request in server.requests] == [1, 1, 1]
        first = server.requests[0]
        assert (first.method, first.path, first.body) == ("POST", "/v1/x", b"q")
        assert first.header("a") == "b"


def test_reset_is_seen_as_a_reset_and_close_as_an_end(raw_hub: Hub) -> None:
    with raw_hub.serve([(Send(b"abc"), Reset()), (Send(b"abc"), Close())]) as server:
        sock = _talk(server.port)
        assert sock.recv(3) == b"abc"
        with pytest.raises(ConnectionResetError):
            sock.recv(1)
        sock.close()
        assert _read_all(_talk(server.port)) == b"abc"


def test_a_port_that_does_not_listen_refuses(raw_hub: Hub) -> None:
    with raw_hub.serve(Script(listens=False)) as server, pytest.raises(ConnectionRefusedError):
        _talk(server.port)


def test_greeting_is_played_before_any_request(raw_hub: Hub) -> None:
    script = Script((http(b"ok"),), greetings=((Send(b"hello"), Close()),))
    with raw_hub.serve(script) as server:
        assert _read_all(_talk(server.port, b"")) == b"hello"
        assert httpx.get(server.url).text == "ok"


def test_the_clients_leaving_is_noticed(raw_hub: Hub) -> None:
    for script in ((Stall(),), (Every(b"x", 0.01),), (Pause(60.0), Close()), http(b"")):
        with raw_hub.serve([script]) as server:
            sock = _talk(server.port)
            assert server.wait_until(lambda s: len(s.requests) == 1)
            sock.close()
            assert server.wait_until(lambda s: s.open_connections == 0)
            assert server.connections[0].closed_by_client is not None


def test_drip_sends_a_byte_a_segment(raw_hub: Hub) -> None:
    with raw_hub.serve([(Drip(b"abcdef", gap=0.02), Close())]) as server:
        sock = _talk(server.port)
        sizes = []
        while piece := sock.recv(100):
            sizes.append(len(piece))
        sock.close()
        assert sizes == [1] * 6


def test_a_bomb_is_valid_gzip_and_small(raw_hub: Hub) -> None:
    packed = b"".join(bomb(b"start", b" ", 64))
    assert len(packed) < 80_000
    out = zlib.decompressobj(wbits=31).decompress(packed, 65 * 1024 * 1024)
    assert out[:6] == b"start "
    assert len(out) == 5 + 64 * 1024 * 1024


def test_the_usual_answers_are_right(raw_hub: Hub) -> None:
    with raw_hub.serve([JSON_OK, SSE_OK]) as server, httpx.Client() as client:
        said = client.get(server.url).json()["choices"][0]["message"]["content"]
        assert said == TEXT
        lines = client.get(server.url).text.split("\n\n")
        assert lines[-2:] == ["data: [DONE]", ""]


def test_a_slow_client_costs_the_server_no_memory(raw_hub: Hub) -> None:
    big = head(200, "Transfer-Encoding: chunked") + chunked(b"x" * 1000)
    with raw_hub.serve([(Send(big), Every(b"x" * 60_000, 0.0001))]) as server:
        tracemalloc.start()
        sock = _talk(server.port)
        time.sleep(0.5)
        size_bytes = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        sock.close()
        assert size_bytes < 10_000_000


def test_a_hub_ends_with_its_block_and_leaves_no_thread() -> None:
    before = threading.active_count()
    with Hub() as hub:
        server = hub.start(Script(((Stall(),),)))
        sock = _talk(server.port)
        assert server.wait_until(lambda s: len(s.requests) == 1)
        assert threading.active_count() == before + 1
        hub.stop(server)
    assert _read_all(sock) == b""
    assert threading.active_count() == before
