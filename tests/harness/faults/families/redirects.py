"""Redirects: neither the key nor the prompt may follow one."""

from __future__ import annotations

from ..cases import Family, failure
from ..steps import Reply, Send
from ..wire import head, http

FAMILY = Family("redirects")
REFUSED = "APIError InvalidResponseError InvalidRequestError APIConnectionError"


def _redirect(status: int, location: str | None) -> Reply:
    where = () if location is None else (f"Location: {location}",)
    return http(b"", status, *where, content_type=None)


def _to(name: str, status: int, location: str | None) -> None:
    FAMILY.both(name, [_redirect(status, location)], failure(REFUSED, status), elsewhere=True)


for code in (301, 302, 303, 307, 308):
    _to(f"{code} to another port", code, "{elsewhere}/v1/chat/completions")
for code in (301, 307):
    _to(f"{code} to itself", code, "{self}/v1/chat/completions")
    _to(f"{code} to a relative path", code, "/v2/chat/completions")
    _to(f"{code} without a location", code, None)
_to("307 to a file", 307, "file:///etc/passwd")
FAMILY.both(  # an HTTP library may fail over the address before the status is seen
    "307 to nonsense",
    [_redirect(307, "http://[::1")],
    failure(REFUSED),
    requests=(1, 3),
    elsewhere=True,
)
_to("307 to an empty location", 307, "")
_to("307 without a scheme", 307, "//localhost:1/v1/chat/completions")
_to("307 with the address in user info", 307, "http://user:pass@127.0.0.1:1/")
_to("300", 300, "{elsewhere}/a")
_to("305", 305, "{elsewhere}/proxy")
FAMILY.both(
    "304",
    [(Send(head(304, "ETag: x", content_type=None)),)],
    failure(REFUSED, 304),
)
FAMILY.both(
    "Refresh and Link headers are not followed",
    [http(b"", 400, "Refresh: 0; url={elsewhere}/", "Link: <{elsewhere}/>; rel=next")],
    failure("InvalidRequestError", 400),
    elsewhere=True,
)
