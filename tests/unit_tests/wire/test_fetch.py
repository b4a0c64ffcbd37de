"""Downloading what an answer links to: only public addresses, bounded, under names of our own."""

from __future__ import annotations

import asyncio
import gzip
import http.server
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi._wire.fetch import Fetched, FetchLimits, fetch, is_public, valid_until
from langchain_aimlapi._wire.flow import Resolve, Send
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.downloads import adownload, download, save
from langchain_aimlapi.errors import (
    APIConnectionError,
    APITimeoutError,
    InvalidRequestError,
    InvalidResponseError,
)

LOCAL = FetchLimits(allow_http=True, allow_private=True)


class _Handler(http.server.BaseHTTPRequestHandler):
    seen: list[dict[str, str]]

    def do_GET(self) -> None:
        type(self).seen.append({k.lower(): v for k, v in self.headers.items()})
        if self.path == "/away":
            self.send_response(302)
            self.send_header("location", "file:///etc/passwd")
            self.end_headers()
        elif self.path == "/loop":
            self.send_response(302)
            self.send_header("location", "/loop")
            self.end_headers()
        elif self.path == "/moved":
            self.send_response(301)
            self.send_header("location", "/cat.png")
            self.end_headers()
        elif self.path == "/bomb":
            self.send_response(200)
            self.send_header("content-encoding", "gzip")
            self.end_headers()
            self.wfile.write(gzip.compress(b"\0" * 5_000_000))
        elif self.path.partition("?")[0] == "/gone":
            self.send_response(404)
            self.end_headers()
        elif self.path == "/slow":
            self.send_response(200)
            self.end_headers()
            threading.Event().wait(1.5)
        else:
            self.send_response(200)
            self.send_header("content-type", "image/png; name=../../etc/passwd")
            self.end_headers()
            self.wfile.write(b"a picture")

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


SEEN: list[dict[str, str]] = []


@pytest.fixture
def server() -> Iterator[str]:
    SEEN.clear()
    handler = type("Handler", (_Handler,), {"seen": SEEN})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        httpd.daemon_threads = True
        thread = threading.Thread(target=httpd.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{httpd.server_port}"
        finally:
            httpd.shutdown()
            thread.join()


def _get(url: str, limits: FetchLimits, colour: str) -> Fetched:
    if colour == "sync":
        return download(url, limits)
    return asyncio.run(adownload(url, limits))


def test_a_download_follows_a_redirect_and_reads_the_type(server: str, colour: str) -> None:
    got = _get(f"{server}/moved", LOCAL, colour)
    assert (got.data, got.content_type, got.extension) == (b"a picture", "image/png", ".png")
    assert got.url.endswith("/cat.png")


def test_no_key_goes_along(server: str, colour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIMLAPI_API_KEY", "sk-secret-secret")
    _get(f"{server}/cat.png", LOCAL, colour)
    (headers,) = SEEN
    assert "authorization" not in headers
    assert "sk-secret-secret" not in str(headers)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a.png",
        "file:///etc/passwd",
        "ftp://example.com/a",
        "https://user:password@example.com/a",
        "https:///nothing",
        "gopher://example.com",
    ],
)
def test_an_address_that_is_not_plain_https_is_refused(url: str, colour: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        _get(url, FetchLimits(), colour)
    assert "password" not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254"])
def test_a_private_address_is_refused(host: str, colour: str) -> None:
    with pytest.raises(InvalidRequestError, match="private network"):
        _get(f"https://{host}/latest/meta-data", FetchLimits(), colour)


def test_a_redirect_to_another_scheme_is_refused(server: str, colour: str) -> None:
    with pytest.raises(InvalidRequestError):
        _get(f"{server}/away", LOCAL, colour)


def test_a_redirect_loop_ends(server: str, colour: str) -> None:
    with pytest.raises(InvalidResponseError, match="redirects"):
        _get(f"{server}/loop", LOCAL, colour)


def test_a_decompression_bomb_is_stopped(server: str, colour: str) -> None:
    limits = FetchLimits(max_bytes=100_000, allow_http=True, allow_private=True)
    with pytest.raises(InvalidResponseError, match="100000"):
        _get(f"{server}/bomb", limits, colour)


def test_a_missing_file_is_an_error_with_its_status(server: str, colour: str) -> None:
    with pytest.raises(InvalidResponseError) as caught:
        _get(f"{server}/gone", LOCAL, colour)
    assert caught.value.status_code == 404


def test_a_download_ends_at_its_deadline(server: str, colour: str) -> None:
    limits = FetchLimits(seconds=0.3, allow_http=True, allow_private=True)
    with pytest.raises((APITimeoutError, APIConnectionError)):
        _get(f"{server}/slow", limits, colour)


def _drive(flow: Generator[Any, Any, Fetched], addresses: list[list[str]]) -> list[Any]:
    """Answer every Resolve from the list, every Send with a redirect to the same host."""
    sent: list[Any] = []
    command = next(flow)
    try:
        while True:
            if isinstance(command, Resolve):
                command = flow.send(addresses.pop(0))
            else:
                assert isinstance(command, Send)
                sent.append(command.request)
                command = flow.send(Response(302, {"location": "https://rebind.example/next"}, b""))
    except InvalidRequestError as error:
        sent.append(error)
    return sent


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    flow = fetch("https://rebind.example/a", FetchLimits())
    first, then = _drive(flow, [["93.184.215.14"], ["192.168.0.1"]])
    assert first.url == "https://93.184.215.14:443/a"
    assert first.server_name == "rebind.example"
    assert first.headers["host"] == "rebind.example"
    # the same name now points into the private network: the redirect is refused
    assert isinstance(then, InvalidRequestError)


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    flow = fetch("https://rebind.example/a", FetchLimits())
    (refused,) = _drive(flow, [["93.184.215.14", "10.0.0.7"]])
    assert isinstance(refused, InvalidRequestError)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False),
        ("no address", False),
    ],
)
def test_only_public_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_a_file_is_named_after_its_content(tmp_path: Path) -> None:
    fetched = Fetched("https://evil.example/../../../etc/passwd", "image/png", b"a picture")
    path = save(fetched, tmp_path)
    assert path.parent == tmp_path
    assert path.suffix == ".png"
    assert len(path.stem) == 64
    assert path.read_bytes() == b"a picture"
    assert save(fetched, tmp_path) == path
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_an_unknown_type_gets_no_extension_that_could_run(tmp_path: Path) -> None:
    assert save(Fetched("u", "application/x-sh", b"#!"), tmp_path).suffix == ".bin"


def test_a_symbolic_link_is_not_written_through(tmp_path: Path) -> None:
    fetched = Fetched("u", "text/plain", b"text")
    folder = tmp_path / "folder"
    folder.mkdir()
    path = save(fetched, folder)
    path.unlink()
    outside = tmp_path / "outside"
    outside.write_text("mine")
    path.symlink_to(outside)
    with pytest.raises(FileExistsError):
        save(fetched, folder)
    assert outside.read_text() == "mine"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="nowhere"):
        save(Fetched("u", "text/plain", b""), tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("query", "until"),
    [
        ("X-Amz-Date=20260801T000000Z&X-Amz-Expires=3600&X-Amz-Signature=ab", 1785546000.0),
        ("X-Goog-Date=20260801T000000Z&X-Goog-Expires=60&X-Goog-Signature=ab", 1785542460.0),
        ("se=2026-08-01T00:00:00Z&sig=ab", 1785542400.0),
        ("Expires=1785542400&OSSAccessKeyId=a&Signature=ab", 1785542400.0),
        ("x-expires=1785542400&x-signature=ab", 1785542400.0),
        ("X-Amz-Date=yesterday&X-Amz-Expires=3600", None),
        ("e=5", None),
        ("", None),
    ],
)
def test_when_a_signed_link_ends_stands_in_it(query: str, until: float | None) -> None:
    assert valid_until(f"https://cdn.example.com/cat.mp4?{query}") == until


def test_a_link_that_was_valid_once_says_until_when(server: str, colour: str) -> None:
    with pytest.raises(InvalidResponseError, match="valid until 2020-09-13 12:26 UTC") as caught:
        _get(f"{server}/gone?Expires=1600000000&Signature=secret", LOCAL, colour)
    assert "make it again" in str(caught.value)
    assert "secret" not in str(caught.value)
