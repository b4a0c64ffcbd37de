"""Downloads with the drivers: into memory, or piece by piece onto the disk, sync and async."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TypeVar

from langchain_aimlapi._domain.media import EXTENSIONS, UNKNOWN, sniff
from langchain_aimlapi._transport.options import TransportOptions
from langchain_aimlapi._transport.sharing import Drivers, drivers_for
from langchain_aimlapi._wire.fetch import (
    FILE_LIMITS,
    Fetched,
    FetchHead,
    FetchLimits,
    fetch,
    fetch_stream,
    origin_of,
)

Target = str | os.PathLike[str]
T = TypeVar("T")


@dataclass(frozen=True)
class Home:
    """Where the API is, by a client: links to that very address are followed with its drivers."""

    origin: str
    drivers: Drivers


def ready_to_fetch(url: str, limits: FetchLimits, home: Home | None) -> tuple[Drivers, FetchLimits]:
    """Who downloads, and what is allowed."""
    if home is not None and origin_of(url) == home.origin:
        return home.drivers, replace(limits, trusted=home.origin)
    # proxies of the environment would undo the check of the address
    return drivers_for(TransportOptions(trust_env=False)), limits


def download(
    url: str, limits: FetchLimits, home: Home | None = None, cure: str | None = None
) -> Fetched:
    """The body behind ``url``, in memory. The key never goes along."""
    drivers, limits = ready_to_fetch(url, limits, home)
    return drivers.sync.run(fetch(url, limits, cure=cure), None)


async def adownload(
    url: str, limits: FetchLimits, home: Home | None = None, cure: str | None = None
) -> Fetched:
    """Like `download`, on the running event loop."""
    drivers, limits = ready_to_fetch(url, limits, home)
    return await drivers.asynchronous.run(fetch(url, limits, cure=cure), None)


async def aread(
    data: bytes | None,
    link: Callable[[], str],
    limits: FetchLimits,
    home: Home | None = None,
    cure: str | None = None,
) -> bytes:
    """Content that is at hand, or that a link leads to."""
    return data if data is not None else (await adownload(link(), limits, home, cure)).data


def download_to(
    url: str,
    target: Target,
    limits: FetchLimits = FILE_LIMITS,
    home: Home | None = None,
    cure: str | None = None,
) -> Path:
    """Write the body behind ``url`` to a file as it comes; see `Saving` for its name."""
    drivers, limits = ready_to_fetch(url, limits, home)
    saving = Saving(target)
    with saving.file():
        items = drivers.sync.stream(fetch_stream(url, limits, cure=cure), None)
        try:
            for item in items:
                saving.take(item)
        finally:
            items.close()
    return saving.path


async def adownload_to(
    url: str,
    target: Target,
    limits: FetchLimits = FILE_LIMITS,
    home: Home | None = None,
    cure: str | None = None,
) -> Path:
    """Like `download_to`, on the running event loop."""
    drivers, limits = ready_to_fetch(url, limits, home)
    saving = Saving(target)
    with saving.file():
        items = drivers.asynchronous.stream(fetch_stream(url, limits, cure=cure), None)
        try:
            async for item in items:
                saving.take(item)
        finally:
            await items.aclose()
    return saving.path


def write(data: bytes, content_type: str, target: Target) -> Path:
    """Write bytes that are at hand to a file, by the same rules."""
    saving = Saving(target)
    with saving.file():
        saving.take(FetchHead("", content_type, len(data)))
        saving.take(data)
    return saving.path


async def awrite(data: bytes, content_type: str, target: Target) -> Path:
    """Like `write`, in a thread."""
    return await asyncio.to_thread(write, data, content_type, target)


async def asave_result(result: Awaitable[T], save: Callable[[T], Awaitable[Path]]) -> Path:
    """Wait for a result, then save it."""
    return await save(await result)


async def asave_all(saving: Sequence[Awaitable[Path]]) -> list[Path]:
    """Save several files at a time."""
    return list(await asyncio.gather(*saving))


class Saving:
    """A file that is written beside its place and moved there when it is whole.

    Where ``target`` is a directory, the name is the SHA-256 of the content with an extension from
    an allow list of content types, or by the first bytes where the type says nothing (CDNs call a
    3D model ``application/octet-stream``); the URL has no say in it, and a file that is there
    already is never followed. Else ``target`` is the file's name; one that exists is
    replaced.

    Raises:
        FileNotFoundError: there is no such folder.
        FileExistsError: the place is taken by a symbolic link.
    """

    def __init__(self, target: Target) -> None:
        self.path = Path(target)
        self._in_folder = self.path.is_dir()
        means_a_folder = os.fspath(target).endswith(("/", os.sep))  # which Path leaves out
        self._folder = self.path if self._in_folder or means_a_folder else self.path.parent
        if not self._folder.is_dir():
            raise FileNotFoundError(f"{self._folder} is not a directory; create it first")
        self._hash = hashlib.sha256()
        self._extension = UNKNOWN
        self._start = b""
        self._file: IO[bytes] | None = None

    @contextmanager
    def file(self) -> Iterator[None]:
        """Everything that `take` gets goes into the file, or nothing is left behind."""
        written = self._folder / f".download-{secrets.token_hex(8)}"
        try:
            with written.open("xb") as self._file:
                yield
            self._place(written)
        except BaseException:
            written.unlink(missing_ok=True)
            raise

    def take(self, item: FetchHead | bytes) -> None:
        """The head, or the next piece."""
        if isinstance(item, FetchHead):
            self._extension = item.extension
        elif self._file is not None:
            self._start = self._start or item[:32]
            self._hash.update(item)
            self._file.write(item)

    def _place(self, written: Path) -> None:
        if self._in_folder:
            shown = EXTENSIONS.get(sniff(self._start) or "", UNKNOWN)
            extension = shown if self._extension == UNKNOWN else self._extension
            self.path = self._folder / (self._hash.hexdigest() + extension)
        if self.path.is_symlink():
            raise FileExistsError(f"{self.path} is a symbolic link, which is not followed")
        os.replace(written, self.path)
