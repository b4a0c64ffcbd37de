"""What every endpoint of the emulator is made of: calls, answers, refusals, routes.

Nothing here performs I/O. An `Answer` is a list of steps (bytes, pauses, a break of the
connection) that a transport (`_transport`, `_asgi`) carries out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, Literal, get_args

Json = dict[str, Any]
JSON_TYPE = "application/json; charset=utf-8"
SSE_TYPE = "text/event-stream; charset=utf-8"


class Refusal(Exception):
    """Ends a call with the API's error body. ``issues`` say what is wrong with its fields."""

    def __init__(
        self,
        status: int,
        message: str = "",
        headers: Mapping[str, str] | None = None,
        *,
        issues: Sequence[Any] = (),
    ) -> None:
        super().__init__(message or "; ".join(map(str, issues)))
        self.status = status
        self.message = message
        self.headers = dict(headers or {})
        self.issues = issues


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing is sent for this many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Break:
    """The connection ends here. ``refused`` means that it was never opened."""

    how: Literal["close", "reset", "refused"] = "close"


@dataclass(frozen=True, slots=True)
class Raw:
    """A whole response, head and all, as bytes for the socket; then the connection ends.

    ``error`` is what an HTTP client reports about it; None: the response is good, and only the
    connection is closed behind it without a word (``Connection: close`` was not sent).
    """

    head: Mapping[str, str]
    body: bytes
    error: str | None


Step = bytes | Pause | Break | Raw


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: ``before`` happens ahead of the headers, each bytes step is one piece."""

    status: int
    headers: Mapping[str, str]
    steps: Iterable[Step]
    before: tuple[Step, ...] = ()

    @property
    def streams(self) -> bool:
        return self.headers.get("content-type", "").startswith("text/event-stream")


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrived. Header names are lower case.

    ``request_id`` and ``inference`` are the ids that the answer will carry.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    origin: str
    request_id: str = ""
    inference: str = ""
    _parsed: list[Any] = field(default_factory=list, init=False, repr=False, compare=False)

    def numbered(self, request_id: str, inference: str) -> Call:
        """The call with the ids that its answer will carry."""
        return Call(
            self.method, self.path, self.query, self.headers, self.body, self.origin,
            request_id, inference,
        )  # fmt: skip

    def media_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    def check_encoding(self) -> None:
        """Refuses a body that says it is compressed, be that true or not: no source shows a
        gateway that takes one."""
        encoding = self.headers.get("content-encoding", "").strip().lower()
        if self.body and encoding not in ("", "identity"):
            raise Refusal(400, f"The request body cannot be decoded: content-encoding {encoding}")

    def json(self) -> Json:
        """The JSON object in the body. Raises `Refusal` (400) where there is none."""
        if self.media_type() != "application/json":
            raise Refusal(400, issues=["body: Expected object, received undefined"])
        value = self.parsed()
        if value is None and self.body.strip() != b"null":
            raise Refusal(400, "Unexpected token in JSON")
        if not isinstance(value, dict):
            raise Refusal(400, issues=[f"body: Expected object, received {kind_of(value)}"])
        return value

    def parsed(self) -> Any:
        """The JSON value in the body, parsed once; None where there is none."""
        if not self._parsed:
            try:
                text = self.body.decode(json.detect_encoding(self.body), "surrogatepass")
                self._parsed.append(_DECODER.decode(text))
            except (ValueError, RecursionError):
                self._parsed.append(None)
        return self._parsed[0]

    def form(self) -> tuple[Json, list[Upload]]:
        """The fields and files of a multipart body; a repeated field becomes a list."""
        head = f"Content-Type: {self.headers.get('content-type', '')}\r\n\r\n".encode()
        message = BytesParser(policy=HTTP).parsebytes(head + self.body)
        fields: Json = {}
        files: list[Upload] = []
        for part in message.iter_parts() if message.is_multipart() else ():
            name = str(part.get_param("name", "", header="content-disposition"))
            payload = part.get_payload(decode=True)
            data = payload if isinstance(payload, bytes) else b""
            filename = part.get_filename()
            if filename is not None:
                files.append(Upload(name, filename, part.get_content_type(), data))
            else:
                _add(fields, name, data.decode("utf-8", "replace"))
        return fields, files


def _no_constant(word: str) -> object:
    raise ValueError(f"{word} is no JSON")


# Made once: a plain dump or load with options makes a new one every time.
_DECODER = json.JSONDecoder(parse_constant=_no_constant)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Upload:
    """A file inside a multipart body."""

    field: str
    filename: str
    media_type: str
    data: bytes


def _add(fields: Json, name: str, value: str) -> None:
    if name in fields:
        old = fields[name]
        fields[name] = [*old, value] if isinstance(old, list) else [old, value]
    else:
        fields[name] = value


def check_word(name: str, value: object, words: object) -> None:
    """Raises ValueError for a value that is none of a ``Literal``'s words and is not None."""
    known = get_args(words)
    if value is not None and value not in known:
        raise ValueError(f"{name} is {value!r}; known: {', '.join(map(repr, known))}")


def kind_of(value: object) -> str:
    """The JSON name of a value's type, as the API's validation messages spell it."""
    if value is None:
        return "null"
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string")):
        if isinstance(value, kind):
            return name
    return "array" if isinstance(value, list) else "object"


def records(value: object) -> list[Json]:
    """The objects in a JSON list; empty where there is none."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def dump(value: Any) -> bytes:
    """JSON as the API writes it: compact, not escaped."""
    return _ENCODER.encode(value).encode("utf-8", "surrogatepass")


def event(value: Any, name: str | None = None) -> bytes:
    """One server-sent event."""
    head = b"event: " + name.encode() + b"\n" if name else b""
    return head + b"data: " + dump(value) + b"\n\n"


def json_answer(
    value: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    return Answer(status, {"content-type": JSON_TYPE, **(headers or {})}, (dump(value),))


def sse_answer(events: Iterable[bytes]) -> Answer:
    return Answer(200, {"content-type": SSE_TYPE, "cache-control": "no-cache"}, events)


@dataclass(slots=True)
class Recorded:
    """A request as the emulator received it, for assertions.

    Attributes:
        method, path: As they arrived.
        headers: Lower-case names; the values of secret ones are masked.
        body: The parsed JSON body, a dictionary of form fields, or None.
        status: The status that was answered; None while there is none (refused connection).
        error: What went wrong inside the emulator, where it answered 500; else None.
        ended: How the answer ended: ``complete``, ``cut`` (by a fault), ``left`` (the client went
            away), or ``open`` while it is still being sent.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: Any = field(repr=False)
    status: int | None = None
    error: BaseException | None = field(default=None, repr=False)
    ended: str = "open"
