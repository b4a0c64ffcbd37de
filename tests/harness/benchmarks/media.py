"""Media beside bare httpx: ``python -m tests.harness.benchmarks.media [item ...]``.

``first-byte``: milliseconds until the first bytes of a streamed speech, median. ``polls``: CPU of
300 polls at once. ``download`` and ``upload``: memory above the start and seconds for 1 GB. Every
measurement runs in a process of its own against one raw server in another.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from langchain_aimlapi import AimlapiClient
from langchain_aimlapi.downloads import FetchLimits, download_to
from tests.harness.benchmarks.items import peak_kb
from tests.harness.paths import ROOT

GIGABYTE = 1 << 30
PIECE = 64 * 1024
POLLS, ROUNDS, STREAMS = 300, 6, 60
FIRST_PAUSE_SECONDS = 0.005
Figures = dict[str, float]

# --- the server -----


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection with keep-alive."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            await _drain(reader, head)
            path = head.split(" ", 2)[1]
            if path.startswith("/v1/tts"):
                await _speak(writer)
            elif path.startswith("/file"):
                await _send_file(writer)
            else:
                body = b'{"id": "job", "generation_id": "job", "status": "generating"}'
                writer.write(_head("application/json", len(body)) + body)
            await writer.drain()
    writer.close()


async def _drain(reader: asyncio.StreamReader, head: str) -> None:
    lines = head.lower().split("\r\n")
    left = next((int(line[15:]) for line in lines if line.startswith("content-length:")), 0)
    while left > 0:
        left -= len(await reader.read(min(left, 1 << 20)))


def _head(kind: str, length: int) -> bytes:
    return (f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n").encode()


async def _speak(writer: asyncio.StreamWriter) -> None:
    sound = b"ID3" + bytes(PIECE - 3)
    writer.write(_head("audio/mpeg", 2 * PIECE) + sound)
    await asyncio.sleep(FIRST_PAUSE_SECONDS)
    writer.write(sound)


async def _send_file(writer: asyncio.StreamWriter) -> None:
    writer.write(_head("video/mp4", GIGABYTE))
    piece = bytes(PIECE)
    for _ in range(GIGABYTE // PIECE):
        writer.write(piece)
        await writer.drain()


async def _serve() -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), gone.set)
    await gone.wait()


# --- what is measured -----


def _client(address: str) -> AimlapiClient:
    return AimlapiClient(base_url=f"{address}/v1", api_key="k", allow_http=True)


def first_byte(address: str, *, bare: bool) -> Figures:
    """Milliseconds from the call to the first bytes, median."""
    order: dict[str, Any] = {"model": "deepgram/aura-2", "text": "Hello."}
    waits = []
    client, plain = _client(address), httpx.Client()
    for _ in range(STREAMS):
        began = time.perf_counter()
        if bare:
            with plain.stream("POST", f"{address}/v1/tts", json=order) as response:
                pieces: Iterator[bytes] = response.iter_bytes()
                next(pieces)
                waits.append(time.perf_counter() - began)
                sum(map(len, pieces))
        else:
            with client.speech.stream(**order) as stream:
                next(stream)
                waits.append(time.perf_counter() - began)
                sum(map(len, stream))
    return {"ms": sorted(waits)[STREAMS // 2] * 1e3}


def polls(address: str, *, bare: bool) -> Figures:
    """Milliseconds of CPU for each of 300 polls at once."""

    async def run() -> float:
        client = _client(address)
        limits = httpx.Limits(max_connections=POLLS, max_keepalive_connections=POLLS)
        async with httpx.AsyncClient(limits=limits, timeout=60) as plain:
            jobs = [client.video.resume(f"job-{number}") for number in range(POLLS)]

            async def one(number: int) -> None:
                if bare:
                    query = {"generation_id": f"job-{number}"}
                    url = f"{address}/v2/video/generations"
                    (await plain.get(url, params=query)).json()
                else:
                    await jobs[number].astatus()

            await asyncio.gather(*map(one, range(POLLS)))  # connections are open, code is loaded
            gc.collect()
            began = time.process_time()
            for _ in range(ROUNDS):
                await asyncio.gather(*map(one, range(POLLS)))
            spent = time.process_time() - began
        await client.aclose()
        return spent

    return {"ms": asyncio.run(run()) / (POLLS * ROUNDS) * 1e3}


def download(address: str, *, bare: bool) -> Figures:
    """Megabytes above the start, and seconds."""
    limits = FetchLimits(2 * GIGABYTE, 600.0, allow_http=True, allow_private=True)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "film.mp4"

        def run() -> None:
            if not bare:
                download_to(f"{address}/file", target, limits)
                return
            with httpx.stream("GET", f"{address}/file") as response, target.open("wb") as file:
                for piece in response.iter_bytes():
                    file.write(piece)

        found = _grown(run)
        assert target.stat().st_size == GIGABYTE
    return found


def upload(address: str, *, bare: bool) -> Figures:
    """Megabytes above the start, and seconds."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "talk.mp3"
        with source.open("wb") as file:
            file.write(b"ID3")
            file.truncate(GIGABYTE)

        def run() -> None:
            if not bare:
                _client(address).transcription.submit(model="nova-3", audio=source)
                return
            with source.open("rb") as opened:
                files = {"audio": ("audio.mp3", opened, "audio/mpeg")}
                httpx.post(f"{address}/v1/stt/create", data={"model": "m"}, files=files, timeout=60)

        return _grown(run)


def _grown(run: Callable[[], None]) -> Figures:
    gc.collect()
    before, began = peak_kb(), time.perf_counter()
    run()
    return {"mb": (peak_kb() - before) / 1024, "seconds": time.perf_counter() - began}


ITEMS: dict[str, Callable[..., Figures]] = {
    "first-byte": first_byte, "polls": polls, "download": download, "upload": upload,
}  # fmt: skip


# --- the command -----


def _measured(item: str, who: str, address: str) -> Figures:
    command = [sys.executable, "-m", __spec__.name, "measure", item, who, address]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: Figures = json.loads(done.stdout)
    return found


def main(arguments: list[str]) -> None:
    """Measure, and print a line for each contestant."""
    if arguments[:1] == ["serve"]:
        asyncio.run(_serve())
        return
    if arguments[:1] == ["measure"]:
        _, item, who, address = arguments
        print(json.dumps(ITEMS[item](address, bare=who == "httpx")))
        return
    server = subprocess.Popen(
        [sys.executable, "-m", __spec__.name, "serve"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    try:
        address = f"http://127.0.0.1:{int(server.stdout.readline())}"
        for item in arguments or ITEMS:
            for who in ("httpx", "aimlapi"):
                figures = _measured(item, who, address)
                shown = ", ".join(f"{value:.2f} {name}" for name, value in figures.items())
                print(f"{item:12} {who:8} {shown}", flush=True)
    finally:
        server.communicate()


if __name__ == "__main__":
    main(sys.argv[1:])
