"""Media beside bare httpx: ``python -m tests.harness.benchmarks.media [--quick] [item ...]``.

``first-byte`` and ``afirst-byte``: how many milliseconds later the first bytes of a streamed speech
come, sync and async: the median of the differences between two calls that follow each other, one
with bare httpx, A B B A. ``polls``: CPU and memory of 300 polls at once. ``embeddings``: CPU of
100,000 texts. ``download`` and ``upload``: memory above the start and seconds for 1 GB. With
``--quick`` the last three have a tenth of that.

Every measurement runs in a process of its own against one raw server in another. From ``polls`` on
the contestants have a process each, A B B A, and the least of each is shown: a busy machine adds to
both.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gc
import json
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Awaitable, Callable, Iterator
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from langchain_aimlapi import AimlapiClient, AimlapiEmbeddings
from langchain_aimlapi.downloads import FetchLimits, download_to
from tests.harness.benchmarks.items import peak_kb
from tests.harness.paths import ROOT

GIGABYTE = 1 << 30
PIECE = 64 * 1024
POLLS, ROUNDS = 300, 6
STREAMS, WARM_UP = 400, 10
TEXTS, BATCH, DIMENSIONS = 100_000, 2048, 256
TENTH = 10  # of `--quick`
FIRST_PAUSE_SECONDS = 0.005
Figures = dict[str, float]

# --- the server -----


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection with keep-alive."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split(" ", 2)[1]
            length = _length(head)
            if path.startswith("/v1/embeddings"):
                count = len(json.loads(await reader.readexactly(length))["input"])
                _embed(writer, count)
                await writer.drain()
                continue
            await _drain(reader, length)
            if path.startswith("/v1/tts"):
                await _speak(writer)
            elif path.startswith("/file"):
                await _send_file(writer, int(path.rpartition("/")[2]))
            else:
                body = b'{"id": "job", "generation_id": "job", "status": "generating"}'
                writer.write(_head("application/json", len(body)) + body)
            await writer.drain()
    writer.close()


def _length(head: str) -> int:
    lines = head.lower().split("\r\n")
    return next((int(line[15:]) for line in lines if line.startswith("content-length:")), 0)


async def _drain(reader: asyncio.StreamReader, left: int) -> None:
    while left > 0:
        left -= len(await reader.read(min(left, 1 << 20)))


def _head(kind: str, length: int) -> bytes:
    return (f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n").encode()


async def _speak(writer: asyncio.StreamWriter) -> None:
    sound = b"ID3" + bytes(PIECE - 3)
    writer.write(_head("audio/mpeg", 2 * PIECE) + sound)
    await asyncio.sleep(FIRST_PAUSE_SECONDS)
    writer.write(sound)


@cache
def _embeddings(count: int) -> bytes:
    vector = base64.b64encode(array("f", [n / DIMENSIONS for n in range(DIMENSIONS)])).decode()
    data = [{"object": "embedding", "index": n, "embedding": vector} for n in range(count)]
    usage = {"prompt_tokens": count, "total_tokens": count}
    return json.dumps({"object": "list", "data": data, "model": "m", "usage": usage}).encode()


def _embed(writer: asyncio.StreamWriter, count: int) -> None:
    body = _embeddings(count)
    writer.write(_head("application/json", len(body)) + body)


async def _send_file(writer: asyncio.StreamWriter, size: int) -> None:
    writer.write(_head("video/mp4", size))
    piece = bytes(PIECE)
    for _ in range(size // PIECE):
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


ORDER: dict[str, Any] = {"model": "deepgram/aura-2", "text": "Hello."}


Wait = Callable[[], float]
AsyncWait = Callable[[], Awaitable[float]]


def first_byte(address: str) -> Figures:
    """Milliseconds until the first bytes with bare httpx, and how much later ours come."""
    client, plain = _client(address), httpx.Client()

    def bare() -> float:
        began = time.perf_counter()
        with plain.stream("POST", f"{address}/v1/tts", json=ORDER) as response:
            pieces: Iterator[bytes] = response.iter_bytes()
            next(pieces)
            waited = time.perf_counter() - began
            sum(map(len, pieces))
        return waited

    def ours() -> float:
        began = time.perf_counter()
        with client.speech.stream(**ORDER) as stream:
            next(stream)
            waited = time.perf_counter() - began
            sum(map(len, stream))
        return waited

    pairs = [_in_turn({"bare": bare, "ours": ours}, number) for number in range(STREAMS)]
    return _later(pairs)


def _in_turn(contestants: dict[str, Wait], number: int) -> dict[str, float]:
    """Each of them once; every second time the last one first."""
    order = list(contestants)[:: -1 if number % 2 else 1]
    return {name: contestants[name]() for name in order}


def _later(pairs: list[dict[str, float]]) -> Figures:
    """The median of the waits, and of the differences of two calls that follow each other."""
    warm = pairs[WARM_UP:]  # connections are open, code is loaded
    return {
        "ms with httpx": median(pair["bare"] for pair in warm) * 1e3,
        "ms later": median(pair["ours"] - pair["bare"] for pair in warm) * 1e3,
    }


def afirst_byte(address: str) -> Figures:
    """The same on an event loop."""

    async def run() -> list[dict[str, float]]:
        client, plain = _client(address), httpx.AsyncClient()

        async def bare() -> float:
            began = time.perf_counter()
            async with plain.stream("POST", f"{address}/v1/tts", json=ORDER) as response:
                pieces = response.aiter_bytes()
                await anext(pieces)
                waited = time.perf_counter() - began
                [len(piece) async for piece in pieces]
            return waited

        async def ours() -> float:
            began = time.perf_counter()
            async with client.speech.astream(**ORDER) as stream:
                await anext(stream)
                waited = time.perf_counter() - began
                [len(piece) async for piece in stream]
            return waited

        both: dict[str, AsyncWait] = {"bare": bare, "ours": ours}
        pairs = []
        for number in range(STREAMS):
            order = list(both)[:: -1 if number % 2 else 1]
            pairs.append({name: await both[name]() for name in order})
        await client.aclose()
        await plain.aclose()
        return pairs

    return _later(asyncio.run(run()))


def embeddings(address: str, share: int, *, bare: bool) -> Figures:
    """Seconds of CPU for all texts, as lists of numbers."""
    texts = [f"The text with the number {n}." for n in range(TEXTS // share)]
    model = AimlapiEmbeddings(base_url=f"{address}/v1", api_key="k", allow_http=True)
    plain = httpx.Client(timeout=60)

    def run(wanted: list[str]) -> int:
        if not bare:
            return len(model.embed_documents(wanted))
        vectors = []
        for start in range(0, len(wanted), BATCH):
            body = {"model": "m", "input": wanted[start : start + BATCH],
                    "encoding_format": "base64"}  # fmt: skip
            answer = plain.post(f"{address}/v1/embeddings", json=body).json()
            vectors += [array("f", base64.b64decode(each["embedding"])) for each in answer["data"]]
        return len([vector.tolist() for vector in vectors])

    run(texts[:BATCH])  # the connection is open, code is loaded
    gc.collect()
    began = time.process_time()
    assert run(texts) == len(texts)
    return {"seconds": time.process_time() - began}


def polls(address: str, share: int, *, bare: bool) -> Figures:
    """Milliseconds of CPU for each of 300 polls at once, and megabytes above the start."""

    async def run() -> Figures:
        client = _client(address)
        before = peak_kb()
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
        return {"ms": spent / (POLLS * ROUNDS) * 1e3, "mb": (peak_kb() - before) / 1024}

    return asyncio.run(run())


def download(address: str, share: int, *, bare: bool) -> Figures:
    """Megabytes above the start, and seconds."""
    limits = FetchLimits(2 * GIGABYTE, 600.0, allow_http=True, allow_private=True)
    size = _size(share)
    url = f"{address}/file/{size}"
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "film.mp4"

        def run() -> None:
            if not bare:
                download_to(url, target, limits)
                return
            with httpx.stream("GET", url) as response, target.open("wb") as file:
                for piece in response.iter_bytes():
                    file.write(piece)

        found = _grown(run)
        assert target.stat().st_size == size
    return found


def upload(address: str, share: int, *, bare: bool) -> Figures:
    """Megabytes above the start, and seconds."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "talk.mp3"
        with source.open("wb") as file:
            file.write(b"ID3")
            file.truncate(_size(share))

        def run() -> None:
            if not bare:
                _client(address).transcription.submit(model="nova-3", audio=source)
                return
            with source.open("rb") as opened:
                files = {"audio": ("audio.mp3", opened, "audio/mpeg")}
                httpx.post(f"{address}/v1/stt/create", data={"model": "m"}, files=files, timeout=60)

        return _grown(run)


def _size(share: int) -> int:
    return GIGABYTE // share // PIECE * PIECE


def _grown(run: Callable[[], None]) -> Figures:
    gc.collect()
    before, began = peak_kb(), time.perf_counter()
    run()
    return {"mb": (peak_kb() - before) / 1024, "seconds": time.perf_counter() - began}


CALL_BY_CALL: dict[str, Callable[[str], Figures]] = {
    "first-byte": first_byte, "afirst-byte": afirst_byte,
}  # fmt: skip
APART: dict[str, Callable[..., Figures]] = {
    "polls": polls, "embeddings": embeddings, "download": download, "upload": upload,
}  # fmt: skip
WHO = ("httpx", "aimlapi")
IN_TURN = (*WHO, *reversed(WHO))
BOTH = "both"


# --- the command -----


def _measured(item: str, who: str, address: str, share: int) -> Figures:
    command = [sys.executable, "-m", __spec__.name, "measure", item, who, address, str(share)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: Figures = json.loads(done.stdout)
    return found


def _show(item: str, address: str, share: int) -> None:
    """A line for both, or one for each contestant: the least of its measurements."""
    if item in CALL_BY_CALL:
        _line(item, "aimlapi", _measured(item, BOTH, address, share))
        return
    found: dict[str, list[Figures]] = {who: [] for who in WHO}
    for who in IN_TURN:
        found[who].append(_measured(item, who, address, share))
    for who, figures in found.items():
        _line(item, who, {name: min(each[name] for each in figures) for name in figures[0]})


def _line(item: str, who: str, figures: Figures) -> None:
    shown = ", ".join(f"{value:.2f} {name}" for name, value in figures.items())
    print(f"{item:12} {who:8} {shown}", flush=True)


def main(arguments: list[str]) -> None:
    """Measure, and print the lines."""
    if arguments[:1] == ["serve"]:
        asyncio.run(_serve())
        return
    if arguments[:1] == ["measure"]:
        _, item, who, address, share = arguments
        if who == BOTH:
            print(json.dumps(CALL_BY_CALL[item](address)))
        else:
            print(json.dumps(APART[item](address, int(share), bare=who == "httpx")))
        return
    wanted = [each for each in arguments if each != "--quick"]
    server = subprocess.Popen(
        [sys.executable, "-m", __spec__.name, "serve"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    assert server.stdout is not None
    try:
        address = f"http://127.0.0.1:{int(server.stdout.readline())}"
        for item in wanted or (*CALL_BY_CALL, *APART):
            _show(item, address, TENTH if "--quick" in arguments else 1)
    finally:
        server.communicate()


if __name__ == "__main__":
    main(sys.argv[1:])
