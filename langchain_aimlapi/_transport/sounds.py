"""Sound as it comes, in both colours: the bytes of answers, and those behind their links, joined
into one file; into a consumer's hands, a file, or a player."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterator,
    Sequence,
)
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self, TypeVar

from langchain_aimlapi._answers.sound import SoundHead, SoundJoiner, SoundLink
from langchain_aimlapi._transport.download import Home, Saving, Target, ready_to_fetch
from langchain_aimlapi._wire.fetch import (
    FILE_LIMITS,
    FetchHead,
    FetchLimits,
    fetch_stream,
    secure,
)
from langchain_aimlapi.errors import InvalidRequestError

T = TypeVar("T")


Item = bytes | SoundHead | SoundLink


class Items(Protocol):
    """A stream of items that can be closed."""

    def __iter__(self) -> Iterator[Item]: ...

    def close(self) -> None: ...


class AsyncItems(Protocol):
    """The async twin of `Items`."""

    def __aiter__(self) -> AsyncIterator[Item]: ...

    def aclose(self) -> Awaitable[None]: ...


def take(joiner: SoundJoiner, item: Item | FetchHead, *, is_part: bool = False) -> bytes:
    """What an item adds to the whole; whether it is a part, a file behind a link cannot tell."""
    if isinstance(item, bytes):
        return joiner.feed(item)
    if isinstance(item, SoundLink):
        return b""
    if isinstance(item, SoundHead):
        is_part = item.is_part
    return joiner.begin(item.content_type, is_part=is_part)


def _secure(url: str, home: Home | None) -> str:
    return secure(url, home.origin if home is not None else None)


def followed(
    items: Items, joiner: SoundJoiner, home: Home | None, limits: FetchLimits = FILE_LIMITS
) -> Generator[bytes, None, None]:
    """The bytes of the items, those behind links among them, as one file."""
    try:
        for item in items:
            if data := take(joiner, item):
                yield data
            if isinstance(item, SoundLink):
                drivers, allowed = ready_to_fetch(item.url, limits, home)
                behind = drivers.sync.stream(fetch_stream(_secure(item.url, home), allowed), None)
                try:
                    for piece in behind:
                        if data := take(joiner, piece, is_part=item.is_part):
                            yield data
                finally:
                    behind.close()
        if data := joiner.close():
            yield data
    finally:
        items.close()


async def afollowed(
    items: AsyncItems, joiner: SoundJoiner, home: Home | None, limits: FetchLimits = FILE_LIMITS
) -> AsyncGenerator[bytes, None]:
    """Like `followed`, on the running event loop."""
    try:
        async for item in items:
            if data := take(joiner, item):
                yield data
            if isinstance(item, SoundLink):
                drivers, allowed = ready_to_fetch(item.url, limits, home)
                flow = fetch_stream(_secure(item.url, home), allowed)
                behind = drivers.asynchronous.stream(flow, None)
                try:
                    async for piece in behind:
                        if data := take(joiner, piece, is_part=item.is_part):
                            yield data
                finally:
                    await behind.aclose()
        if data := joiner.close():
            yield data
    finally:
        await items.aclose()


class SoundStream:
    """Bytes of a sound as they come. The request is sent when the first ones are needed; the
    connection is closed at the end, by `close`, or when the ``with`` block is left.

    A WAV file that is joined of several tells no length in its head.
    """

    def __init__(self, items: Items, home: Home | None) -> None:
        self._joiner = SoundJoiner()
        self._pieces = followed(items, self._joiner, home)

    @property
    def content_type(self) -> str | None:
        """The media type, once the first bytes have come."""
        return self._joiner.content_type

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        """Stop reading; nothing happens where it has ended."""
        self._pieces.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncSoundStream:
    """The async twin of `SoundStream`. A loop that is left early should stand in ``async with``."""

    def __init__(self, items: AsyncItems, home: Home | None) -> None:
        self._joiner = SoundJoiner()
        self._pieces = afollowed(items, self._joiner, home)

    @property
    def content_type(self) -> str | None:
        """The media type, once the first bytes have come."""
        return self._joiner.content_type

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        return await anext(self._pieces)

    async def aclose(self) -> None:
        """Stop reading; nothing happens where it has ended."""
        await self._pieces.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()


# --- the pieces of a long text, whole -----


class _Given:
    """Items that are at hand, in both colours."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def close(self) -> None:
        """Nothing is open."""

    async def __aiter__(self) -> AsyncIterator[Item]:
        for item in self._items:
            yield item

    async def aclose(self) -> None:
        """Nothing is open."""


def join(items: Sequence[Item], home: Home | None) -> tuple[bytes, str | None]:
    """The files behind the items as one, and its media type."""
    joiner = SoundJoiner()
    return b"".join(followed(_Given(items), joiner, home)), joiner.content_type


async def ajoin(items: Sequence[Item], home: Home | None) -> tuple[bytes, str | None]:
    """Like `join`, on the running event loop."""
    joiner = SoundJoiner()
    pieces = [piece async for piece in afollowed(_Given(items), joiner, home)]
    return b"".join(pieces), joiner.content_type


async def awhole(
    value: Awaitable[T],
    items_of: Callable[[T], Sequence[Item]],
    home_of: Callable[[T], Home | None],
    joined: Callable[[T, tuple[bytes, str | None]], T],
) -> T:
    """Wait for a value, and join its files where there are several."""
    made = await value
    items = items_of(made)
    return joined(made, await ajoin(items, home_of(made))) if items else made


# --- where sound goes -----

_PLAYERS = (
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error", "-i", "-"),
    ("mpv", "--no-video", "--really-quiet", "-"),
    ("vlc", "--intf", "dummy", "--play-and-exit", "-"),
    ("mplayer", "-really-quiet", "-noconsolecontrols", "-cache", "64", "-"),
)
"""Programs that play whatever comes through their standard input."""


class Player:
    """A program that plays what is written to it.

    Args:
        command: The program and its arguments; it reads the sound from its standard input. By
            default the first one that is found of ffplay, mpv, vlc and mplayer.

    Raises:
        InvalidRequestError: there is no such program.
    """

    def __init__(self, command: str | Sequence[str] | None = None) -> None:
        self._process = _started(_player(command))

    def feed(self, data: bytes) -> bool:
        """Play these bytes too; False where the program listens no more."""
        assert self._process.stdin is not None  # noqa: S101 - it was opened so
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except BrokenPipeError:
            return False
        return True

    def finish(self) -> None:
        """Wait until all of it is heard."""
        _close(self._process.stdin)
        self._process.wait()

    def stop(self) -> None:
        """Be silent at once."""
        if self._process.poll() is None:
            self._process.terminate()
        self.finish()


def _close(pipe: IO[bytes] | None) -> None:
    try:
        if pipe is not None:
            pipe.close()
    except BrokenPipeError:  # it was closed at the other end
        return


def _player(command: str | Sequence[str] | None) -> Sequence[str]:
    if command is not None:
        return [command] if isinstance(command, str) else list(command)
    for known in _PLAYERS:
        if shutil.which(known[0]):
            return known
    raise InvalidRequestError(
        "there is no player for sound on this machine",
        advice="install ffmpeg or mpv, give player=['program', 'argument'], or to='speech.mp3'",
        field="player",
    )


def _started(command: Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 - the user's program
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidRequestError(
            f"the player {command[0]!r} cannot be started: {reason}",
            advice="give player=['program', 'argument'], or to='speech.mp3'",
            field="player",
        ) from None


def play(stream: SoundStream, command: str | Sequence[str] | None = None) -> None:
    """Let a program play a sound while it comes; returns when all of it was heard."""
    with stream:
        player = Player(command)
        try:
            for piece in stream:
                if not player.feed(piece):
                    break
        except BaseException:
            player.stop()
            raise
        player.finish()


async def aplay(stream: AsyncSoundStream, command: str | Sequence[str] | None = None) -> None:
    """Like `play`, on the running event loop."""
    async with stream:
        player = await asyncio.to_thread(Player, command)
        try:
            async for piece in stream:
                if not await asyncio.to_thread(player.feed, piece):
                    break
            await asyncio.to_thread(player.finish)
        except BaseException:
            player.stop()
            raise


def write(stream: SoundStream, target: Target) -> Path:
    """Write a sound to a file as it comes; see `Saving` for its name."""
    saving = Saving(target)
    with stream, saving.file():
        for piece in stream:
            saving.take(piece)
        saving.take(FetchHead("", stream.content_type or "", None))
    return saving.path


async def awrite(stream: AsyncSoundStream, target: Target) -> Path:
    """Like `write`, on the running event loop."""
    saving = Saving(target)
    async with stream:
        with saving.file():
            async for piece in stream:
                saving.take(piece)
            saving.take(FetchHead("", stream.content_type or "", None))
    return saving.path
