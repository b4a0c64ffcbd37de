"""Downloading a URL that somebody else wrote, as a flow: only public addresses, only so much.

A URL in an answer or in a prompt may point anywhere, also into the network of the machine that
runs this. So the host is resolved once and the connection goes to exactly the address that was
checked; each redirect is checked anew; the key never goes along; size and time are bounded.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urljoin, urlsplit, urlunsplit

from langchain_aimlapi import errors
from langchain_aimlapi._domain.media import EXTENSIONS, UNKNOWN
from langchain_aimlapi._wire.flow import (
    READ,
    Close,
    Drain,
    Fault,
    Flow,
    Open,
    Policy,
    Resolve,
    Send,
    decoded,
    explain_fault,
)
from langchain_aimlapi._wire.inflate import EncodingError, Inflater
from langchain_aimlapi._wire.request import Limits, Request, Response

MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What a download may do.

    Attributes:
        max_bytes: Longest body, decompressed.
        seconds: Time for the whole download, redirects included.
        allow_http: Whether plain http is followed too.
        allow_private: Whether addresses that are not public are followed (tests, own networks).
        trusted: An origin (``"http://127.0.0.1:8000"``) that is followed wherever it is: the API's
            own address, which gets the key anyway.
    """

    max_bytes: int = 64 * 1024 * 1024
    seconds: float = 60.0
    allow_http: bool = False
    allow_private: bool = False
    trusted: str | None = None


FILE_LIMITS = FetchLimits(max_bytes=4 * 1024**3, seconds=3600.0)
"""For files that go onto the disk piece by piece."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A downloaded body. ``content_type`` is lower case and without parameters."""

    url: str
    content_type: str
    data: bytes = field(repr=False)

    @property
    def extension(self) -> str:
        """A file extension from an allow list of content types, never from the URL."""
        return EXTENSIONS.get(self.content_type, UNKNOWN)


@dataclass(frozen=True, slots=True)
class FetchHead:
    """The first item of `fetch_stream`: what follows is of this type.

    ``size_bytes`` is what the server promises, None where it does not say.
    """

    url: str
    content_type: str
    size_bytes: int | None

    @property
    def extension(self) -> str:
        """A file extension from an allow list of content types, never from the URL."""
        return EXTENSIONS.get(self.content_type, UNKNOWN)


def fetch(
    url: str,
    limits: FetchLimits,
    *,
    cure: str | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Flow[Fetched]:
    """Download ``url`` into memory.

    Args:
        cure: What to do where the link has expired.

    Raises:
        InvalidRequestError: the URL is not one that may be followed.
        APIConnectionError, APITimeoutError, InvalidResponseError: it could not be downloaded.
    """
    until = clock() + limits.seconds
    for _ in range(MAX_REDIRECTS + 1):
        request = yield from _pinned(url, limits)
        response = yield from _sent(request, limits, until)
        target = _redirected(url, response)
        if target is None:
            _check_status(url, response, cure)
            return Fetched(url, _content_type(response), response.body)
        url = target
    raise errors.InvalidResponseError(f"too many redirects at {_shown(url)}")


def fetch_stream(
    url: str,
    limits: FetchLimits,
    *,
    cure: str | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Flow[None]:
    """Download ``url`` piece by piece: the items are a `FetchHead`, then bytes.

    Args:
        cure: What to do where the link has expired.

    Raises:
        As `fetch`.
    """
    until = clock() + limits.seconds
    wire, policy = _wire_limits(limits)
    for _ in range(MAX_REDIRECTS + 1):
        request = yield from _pinned(url, limits)
        head: Response
        try:
            head = yield Open(request, wire, until)
        except Fault as fault:
            failed = explain_fault(fault, policy)
        else:
            target = _redirected(url, head)
            if target is None:
                yield from _pieces(url, head, limits, policy, cure)
                return
            yield Close()
            url = target
            continue
        raise failed
    raise errors.InvalidResponseError(f"too many redirects at {_shown(url)}")


def _pieces(
    url: str, head: Response, limits: FetchLimits, policy: Policy, cure: str | None
) -> Flow[None]:
    """The items of an open answer."""
    try:
        _check_status(url, head, cure)
        inflater = Inflater(head.headers.get("content-encoding", ""))
        promised = head.headers.get("content-length", "")
        size_bytes = int(promised) if inflater.plain and promised.isdigit() else None
        yield [FetchHead(url, _content_type(head), size_bytes)]
        size = 0
        while data := (yield READ):
            for piece in (data,) if inflater.plain else inflater.feed(data):
                size += len(piece)
                if size > limits.max_bytes:
                    raise Fault("too_large", f"the file is longer than {limits.max_bytes} bytes")
                yield [piece]
        inflater.close()
        yield Drain()
        return
    except Fault as fault:
        failed = explain_fault(fault, policy)
    except errors.AimlapiError as error:
        failed = error
    except EncodingError as error:
        failed = errors.InvalidResponseError(str(error))
    yield Close()
    raise failed


def _redirected(url: str, response: Response) -> str | None:
    """Where an answer points to; None where it is no redirect."""
    location = response.headers.get("location")
    return urljoin(url, location) if response.status in _REDIRECTS and location else None


def _check_status(url: str, response: Response, cure: str | None) -> None:
    """Raise the error for a status that is no success."""
    if 200 <= response.status < 300:
        return
    until = valid_until(url)
    is_over = until is not None and until < time.time() and response.status < 500
    when = f": the link was valid until {_moment(until)}" if is_over and until else ""
    error = errors.InvalidResponseError(
        f"the download of {_shown(url)} was answered {response.status}{when}",
        status_code=response.status,
    )
    error.is_retryable = response.status >= 500
    if is_over or response.status in (401, 403, 404, 410):
        error.advice = f"links to media expire; {cure or 'make it again'}"
    raise error


# Moments in the query of a signed link: (its beginning, the seconds after that), or its end.
_SPANS = (("x-amz-date", "x-amz-expires"), ("x-goog-date", "x-goog-expires"))
_ENDS = ("expires", "x-expires", "expire", "exp", "e")


def valid_until(url: str) -> float | None:
    """Unix time at which a signed link ends, where its query tells: the forms of Amazon, Google,
    Microsoft, Alibaba and their like."""
    query = {name.lower(): text for name, text in parse_qsl(urlsplit(url).query)}
    for began, seconds in _SPANS:
        if began in query and query.get(seconds, "").isdigit():
            begin = _time_of(query[began], "%Y%m%dT%H%M%SZ")
            return None if begin is None else begin + int(query[seconds])
    if "se" in query and "sig" in query:
        return _time_of(query["se"], "%Y-%m-%dT%H:%M:%SZ")
    ends = (query[name] for name in _ENDS if query.get(name, "").isdigit())
    return next((float(end) for end in ends if 1e9 < int(end) < 1e10), None)


def _time_of(text: str, form: str) -> float | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _content_type(response: Response) -> str:
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()


def _wire_limits(limits: FetchLimits) -> tuple[Limits, Policy]:
    wire = Limits(max_response_bytes=limits.max_bytes, read=30.0, deadline=limits.seconds)
    return wire, Policy(max_retries=0, limits=wire)


def _sent(request: Request, limits: FetchLimits, until: float) -> Flow[Response]:
    wire, policy = _wire_limits(limits)
    try:
        response = yield Send(request, wire, until)
        return decoded(response, policy)
    except Fault as caught:
        fault = caught
    raise explain_fault(fault, policy)


def _pinned(url: str, limits: FetchLimits) -> Flow[Request]:
    """The request for a URL, bound to an address of its host that was checked."""
    parts = urlsplit(url)
    host = parts.hostname
    if limits.trusted is not None and origin_of(url) == limits.trusted:
        return Request("GET", url, {"accept": "*/*"})
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
    return Request("GET", target, {"host": shown, "accept": "*/*"}, server_name=host)


def _address(host: str, port: int, limits: FetchLimits) -> Flow[str]:
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


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def secure(url: str, home: str | None) -> str:
    """A link by https where a vendor writes http; one to ``home`` (an origin) as it is."""
    if url[:7].lower() != "http://" or origin_of(url) == home:
        return url
    return f"https://{url[7:]}"


def _shown(url: str) -> str:
    """A URL for a message: without its query, which may hold a signature."""
    parts = urlsplit(url)
    return errors.one_line(f"{parts.scheme}://{parts.hostname or ''}{parts.path}", limit=200)
