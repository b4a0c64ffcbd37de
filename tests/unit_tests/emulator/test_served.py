"""The served emulator, spoken to in raw HTTP: the same answers behind either parser."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator

import pytest

from langchain_aimlapi.emulator import Emulator, Fault

BODY = json.dumps({"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "hi"}]})
KEY = "host: localhost\r\nauthorization: Bearer emulator-key\r\ncontent-type: application/json\r\n"
SIZED = f"content-length: {len(BODY)}\r\n"
CHAT = "POST /v1/chat/completions HTTP/1.1\r\n"


@pytest.fixture
def api(served: Callable[[Emulator], Emulator]) -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield served(emulator)


def connect(api: Emulator) -> socket.socket:
    port = int(api.base_url.split(":")[2].split("/")[0])
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def exchange(api: Emulator, *pieces: str | bytes) -> bytes:
    """All that comes back for these pieces, each written on its own, until the server closes."""
    found = []
    with connect(api) as sock:
        for piece in pieces:
            sock.sendall(piece if isinstance(piece, bytes) else piece.encode())
        while data := sock.recv(65536):
            found.append(data)
    return b"".join(found)


def statuses(data: bytes) -> list[int]:
    """The status of each response; bodies hold no line that looks like one."""
    lines = data.replace(b"HTTP/1.1 ", b"\r\nHTTP/1.1 ").split(b"\r\n")
    return [int(line.split()[1]) for line in lines if line.startswith(b"HTTP/1.1 ")]


CLOSE = "connection: close\r\n"


def test_requests_in_one_packet_are_answered_in_turn(api: Emulator) -> None:
    first = f"{CHAT}{KEY}{SIZED}\r\n{BODY}"
    second = f"GET /v1/nowhere HTTP/1.1\r\n{KEY}{CLOSE}\r\n"
    data = exchange(api, first + second)
    assert statuses(data) == [200, 404]
    assert [record.path for record in api.requests] == ["/v1/chat/completions", "/v1/nowhere"]


def test_a_body_in_chunks_and_byte_by_byte_is_the_same_body(api: Emulator) -> None:
    cut = len(BODY) // 2
    chunks = "".join(f"{len(part):x}\r\n{part}\r\n" for part in (BODY[:cut], BODY[cut:]))
    head = f"{CHAT}{KEY}{CLOSE}transfer-encoding: chunked\r\n\r\n"
    assert statuses(exchange(api, head, *chunks, "0\r\n\r\n")) == [200]
    assert api.requests[0].body == json.loads(BODY)


def test_a_client_that_waits_to_be_let_in_is_let_in(api: Emulator) -> None:
    with connect(api) as sock:
        sock.sendall(f"{CHAT}{KEY}{SIZED}{CLOSE}expect: 100-continue\r\n\r\n".encode())
        assert sock.recv(65536).startswith(b"HTTP/1.1 100 ")
        sock.sendall(BODY.encode())
        assert sock.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_an_old_client_is_answered_and_left(api: Emulator) -> None:
    old = CHAT.replace("HTTP/1.1", "HTTP/1.0")
    assert statuses(exchange(api, f"{old}{KEY}{SIZED}\r\n{BODY}")) == [200]


def test_head_has_the_head_of_get_and_no_body(api: Emulator) -> None:
    data = exchange(api, f"HEAD /v1/models HTTP/1.1\r\n{KEY}{CLOSE}\r\n")
    head, _, body = data.partition(b"\r\n\r\n")
    assert statuses(head) == [200]
    assert int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]) > 1000
    assert body == b""


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"hello\r\n\r\n",
        b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: many\r\n\r\n",
        b"POST /v1/chat/completions HTTP/1.1\r\nno colon\r\n\r\n",
    ],
)
def test_what_is_no_http_is_a_400_and_harms_nobody_else(api: Emulator, garbage: bytes) -> None:
    assert statuses(exchange(api, garbage)) == [400]
    assert api.requests == []
    assert statuses(exchange(api, f"{CHAT}{KEY}{SIZED}{CLOSE}\r\n{BODY}")) == [200]


def test_a_client_that_leaves_in_the_middle_of_its_body_harms_nobody_else(api: Emulator) -> None:
    with connect(api) as sock:
        sock.sendall(f"{CHAT}{KEY}{SIZED}\r\n{BODY[:20]}".encode())
    assert statuses(exchange(api, f"{CHAT}{KEY}{SIZED}{CLOSE}\r\n{BODY}")) == [200]


def test_a_fault_finds_its_connection_behind_a_proxy_too(api: Emulator) -> None:
    api.fault(Fault(cut_after=5, how="reset"))
    with pytest.raises(ConnectionResetError):
        exchange(api, f"{CHAT}{KEY}x-forwarded-for: 203.0.113.7\r\n{SIZED}\r\n{BODY}")


def test_a_path_is_unquoted_and_its_query_is_kept(api: Emulator) -> None:
    data = exchange(api, f"GET /v1/models%2Fx?include=a%20b HTTP/1.1\r\n{KEY}{CLOSE}\r\n")
    assert statuses(data) == [404]
    assert api.requests[0].path == "/v1/models/x"
