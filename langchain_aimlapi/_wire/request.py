"""What goes out and what comes back, as values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol


class Body(Protocol):
    """A request body that is made piece by piece while it is sent, so that it is never whole in
    memory."""

    @property
    def length(self) -> int:
        """Its length in bytes."""
        ...

    def pieces(self) -> Iterator[bytes]:
        """The bytes, from the beginning; called again for another attempt. Raises OSError
        where a file cannot be read."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, without the key: the driver adds that at the last moment.

    ``server_name`` is the name to expect in the TLS certificate where the URL holds an address.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Body | None = None
    server_name: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """One whole HTTP answer. Header names are lower case; ``body`` is decoded and bounded."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much. Times are seconds, sizes bytes; None means no limit.

    ``read`` bounds the wait for the next byte, ``idle`` the wait for the next event of a stream
    (comments and blank lines are no progress), ``deadline`` the whole call with its retries.
    """

    connect: float | None = 10.0
    read: float | None = 120.0
    write: float | None = 120.0
    pool: float | None = None
    idle: float | None = 120.0
    deadline: float | None = None
    max_response_bytes: int = 64 * 1024 * 1024
    max_event_bytes: int = 64 * 1024 * 1024
    max_error_bytes: int = 64 * 1024
