"""Downloading a URL that somebody else wrote, as a flow: only public addresses, only so much.

A URL in an answer or in a prompt may point anywhere, also into the network of the machine that
runs this. So the host is resolved once and the connection goes to exactly the address that was
checked; each redirect is checked anew; the key never goes along; size and time are bounded.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from langchain_aimlapi import errors
from langchain_aimlapi._wire.flow import Fault, Policy, Send, decoded, explain_fault
from langchain_aimlapi._wire.request import Limits, Request, Response

MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

EXTENSIONS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/svg+xml": ".svg.txt",  # may hold scripts: not opened as an image by accident
    "audio/mpeg": ".mp3",
    "audio/mp3": ".mp3",
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
    "audio/aac": ".aac",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "video/quicktime": ".mov",
    "application/pdf": ".pdf",
    "application/json": ".json",
    "text/plain": ".txt",
    "model/gltf-binary": ".glb",
}
"""Content types whose files get an extension; a file of any other type is called ``.bin``."""


@dataclass(frozen=True, slots=True)
class Resolve:
    """Look up the addresses of a host. Result: a list of IP addresses as text."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What a download may do.

    Attributes:
        max_bytes: Longest body, decompressed.
        seconds: Time for the whole download, redirects included.
        allow_http: Whether plain http is followed too.
        allow_private: Whether addresses that are not public are followed (tests, own networks).
    """

    max_bytes: int = 64 * 1024 * 1024
    seconds: float = 60.0
    allow_http: bool = False
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """A downloaded body. ``content_type`` is lower case and without parameters."""

    url: str
    content_type: str
    data: bytes = field(repr=False)

    @property
    def extension(self) -> str:
        """A file extension from an allow list of content types, never from the URL."""
        return EXTENSIONS.get(self.content_type, ".bin")


def fetch(
    url: str, limits: FetchLimits, *, clock: Callable[[], float] = time.monotonic
) -> Generator[Any, Any, Fetched]:
    """Download ``url``.

    Raises:
        InvalidRequestError: the URL is not one that may be followed.
        APIConnectionError, APITimeoutError, InvalidResponseError: it could not be downloaded.
    """
    until = clock() + limits.seconds
    for _ in range(MAX_REDIRECTS + 1):
        response = yield from _get(url, limits, until)
        if response.status in _REDIRECTS and response.headers.get("location"):
            url = urljoin(url, response.headers["location"])
            continue
        if not 200 <= response.status < 300:
            error = errors.InvalidResponseError(
                f"the download of {_shown(url)} was answered {response.status}",
                status_code=response.status,
            )
            error.is_retryable = response.status >= 500
            raise error
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return Fetched(url, kind, response.body)
    raise errors.InvalidResponseError(f"too many redirects at {_shown(url)}")


def _get(url: str, limits: FetchLimits, until: float) -> Generator[Any, Any, Response]:
    parts = urlsplit(url)
    host = parts.hostname
    allowed = ("https", "http") if limits.allow_http else ("https",)
    if parts.scheme not in allowed or not host or parts.username or parts.password:
        raise errors.InvalidRequestError(
            f"{_shown(url)} is not downloaded: only {' and '.join(allowed)} addresses without "
            "credentials are",
            advice="allow_http=True follows plain http",
        )
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = yield from _address(host, port, limits)
    pinned = f"[{address}]" if ":" in address else address
    target = urlunsplit((parts.scheme, f"{pinned}:{port}", parts.path or "/", parts.query, ""))
    shown = host if port in (80, 443) else f"{host}:{port}"
    request = Request("GET", target, {"host": shown, "accept": "*/*"}, server_name=host)
    wire = Limits(max_response_bytes=limits.max_bytes, read=30.0, deadline=limits.seconds)
    policy = Policy(max_retries=0, limits=wire)
    fault: Fault
    try:
        response = yield Send(request, wire, until)
        return decoded(response, policy)
    except Fault as caught:
        fault = caught
    raise explain_fault(fault, policy)


def _address(host: str, port: int, limits: FetchLimits) -> Generator[Any, Any, str]:
    """One address of the host, after all of them were found to be public."""
    fault: Fault
    try:
        addresses: list[str] = yield Resolve(host, port)
    except Fault as caught:
        fault = caught
    else:
        for address in addresses:
            if not limits.allow_private and not is_public(address):
                raise errors.InvalidRequestError(
                    f"{host!r} is not downloaded from: it is an address of a private network",
                    advice="give the content itself instead of its URL",
                )
        if addresses:
            return addresses[0]
        fault = Fault("connect", f"{host!r} has no address")
    raise explain_fault(fault, Policy())


def is_public(address: str) -> bool:
    """Whether an IP address is reachable by everybody, and not one of this network or machine."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None) or getattr(parsed, "sixtofour", None)
    if mapped is not None:
        parsed = mapped
    return parsed.is_global and not parsed.is_multicast


def _shown(url: str) -> str:
    """A URL for a message: without its query, which may hold a signature."""
    parts = urlsplit(url)
    return errors.one_line(f"{parts.scheme}://{parts.hostname or ''}{parts.path}", limit=200)
