"""The bytes of an answer -> deltas, whatever they turn out to be.

The dialect of an answer is seen from the answer, not from the request: a gateway may answer a
stream request with plain JSON, a JSON request with a stream, and one path in another dialect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol

from pydantic_core import from_json

from langchain_aimlapi import errors
from langchain_aimlapi._answers.assembly import Assembly
from langchain_aimlapi._answers.coalesce import joined
from langchain_aimlapi._domain.values import ChatResponse, Delta, StreamEnd
from langchain_aimlapi._json import BadJsonError, Mender, parse_clean_json, parse_leniently
from langchain_aimlapi._wire.explain import explain_frame, is_error_body, read_body
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi._wire.sse import BOM, SseDecoder
from langchain_aimlapi.errors import AimlapiError, InvalidResponseError, StreamInterrupted

# Loaded when a frame is not of the dialects before them: most programs speak one dialect, and the
# import of the other two is 10 ms.
DIALECTS = ("completions", "responses", "messages")


class DialectReader(Protocol):
    """What reads the frames of one answer into its assembly."""

    def take(self, event: str, frame: Mapping[str, Any]) -> bool:
        """Read one frame; False, and nothing read, where it is of another dialect."""


class AnswerReader:
    """Incremental reader of one answer: `feed` bytes, `close` at their end.

    Items are `Delta`s and, last, one `StreamEnd`. An error that stands inside the
    stream is kept in ``error`` until the items before it have been taken.

    """

    def __init__(
        self,
        headers: Mapping[str, str] | None = None,
        *,
        model: str | None = None,
        secret: str | None = None,
        max_event_bytes: int = 64 * 1024 * 1024,
        max_response_bytes: int = 64 * 1024 * 1024,
        coalesce: bool = False,
    ) -> None:
        self.assembly = Assembly(headers)
        self.done = False
        self.delivered = False
        self.error: AimlapiError | None = None
        self._coalesce = coalesce
        self._model = model
        self._secret = secret
        self._sse = SseDecoder(max_event_bytes=max_event_bytes)
        self._limit = max_response_bytes
        self._head: bytes | None = b""  # too few bytes to know JSON from a stream; None: known
        self._body: list[bytes] | None = None  # pieces of a plain JSON answer
        self._body_size = 0
        self._events = 0
        self._mender: Mender | None = None
        self._dialect: DialectReader | None = None  # that of the last frame
        self._dialects: dict[str, DialectReader] = {}

    @property
    def finished(self) -> bool:
        """Whether the answer has announced its end, so that a lost tail loses nothing."""
        return self.assembly.finished

    def progress(self) -> int:
        """Events seen so far (of a plain JSON answer: bytes)."""
        return self._events + self._body_size

    def feed(self, data: bytes) -> list[Delta | StreamEnd]:
        """Items that these bytes complete; none once the answer is done."""
        if self.done:
            return []
        if self._head is not None:
            begun = self._begin(data)
            if begun is None:
                return []
            data = begun
        if self._body is not None:
            self._keep(data)
            return []
        self._read_events(self._sse.feed(data))
        return self._drain() if self.assembly.deltas or self.done else []

    def close(self) -> list[Delta | StreamEnd]:
        """Items left over at the end of the bytes; see ``error`` for an end that is none."""
        if self.done:
            return []
        if self._head:
            self._read_events(self._sse.feed(self._head))
        if self._body is not None:
            self._close_json()
        else:
            self._read_events(self._sse.close(), last=True)
            if not self.done and self.error is None:
                self._end()
        return self._drain()

    def attach(self, error: AimlapiError) -> AimlapiError:
        """The error with the partial answer (a `ChatResponse`), the ids and the model filled in."""
        meta = self.assembly.headers
        error.inference_id = error.inference_id or meta.get("x-inference-id")
        error.model = error.model or self._model
        error.partial = self.assembly.reply() if self.delivered else None
        return error

    def _drain(self) -> list[Delta | StreamEnd]:
        """The items that have collected."""
        deltas = self.assembly.deltas
        items: list[Delta | StreamEnd] = [*(joined(deltas) if self._coalesce else deltas)]
        deltas.clear()
        if self.done:
            items.append(StreamEnd(self.assembly.reply()))
        if items:
            self.delivered = True
        return items

    # --- plain JSON, or a stream -----

    def _begin(self, data: bytes) -> bytes | None:
        """Decide from the first byte that is no white space; None while there is none."""
        head = (self._head or b"") + data
        start = head.removeprefix(BOM).lstrip()
        if not start:
            # Gateways keep a connection alive with white space, for minutes; blank lines mean
            # nothing, so only an end that keeps the line as it is needs to be remembered.
            self._head = head[-4096:]
            return None
        if start[0] in b"{[<":
            self._body = []
        self._head = None
        return head

    def _keep(self, data: bytes) -> None:
        assert self._body is not None  # noqa: S101 - decided by _begin
        self._body.append(data)
        self._body_size += len(data)
        if self._body_size > self._limit:
            error = InvalidResponseError(
                f"the answer is longer than {self._limit} bytes", model=self._model
            )
            error.is_retryable = False
            raise error

    def _close_json(self) -> None:
        try:
            self._read_whole(b"".join(self._body or []))
        except AimlapiError as error:
            self.error = error
            return
        self._finish()

    def _read_whole(self, body: bytes) -> None:
        """Read a whole JSON answer.

        Raises:
            AimlapiError: it is an error that came with a 2xx, or no answer at all.
        """
        model, secret = self._model, self._secret
        try:
            value = parse_clean_json(body)
        except BadJsonError:
            found = read_body(body[:4096].decode("utf-8", "replace"))
            raise _no_answer(f"no JSON: {found.message[:300]!r}", model, secret) from None
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if not isinstance(value, Mapping):
            raise _no_answer(f"JSON that is not an object ({type(value).__name__})", model, secret)
        if is_error_body(value):
            raise explain_frame(value, model=model, secret=secret)
        if self._take("", value) is None:
            raise _no_answer(f"an object with the keys {sorted(value)[:12]}", model, secret)
        if self.assembly.failure is not None:
            raise explain_frame(self.assembly.failure, model=model, secret=secret)
        if not self.assembly.started:
            raise _no_answer("an answer without a single choice", model, secret)
        self.assembly.terminal = True

    # --- events -----

    def _read_events(self, events: list[tuple[str, bytes]], *, last: bool = False) -> None:
        for event, data in events:
            try:
                self._read_event(event, data, last)
            except AimlapiError as error:
                self.error = error
            if self.done or self.error is not None:
                return

    def _read_event(self, event: str, data: bytes, last: bool) -> None:
        if data[:1] != b"{":
            data = data.strip()
            if not data:
                return
            if data.startswith(b"[DONE]"):
                self.assembly.terminal = True
                self._end()
                return
        try:
            value = from_json(data) if self._mender is None else self._parse(event, data, last)
        except ValueError:
            value = self._parse(event, data, last)
        self._events += 1
        if type(value) is dict:
            self._read_frame(event, value)
        elif event == "error":
            raise explain_frame(value, model=self._model, secret=self._secret)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, dict) and not self.done:
                    self._read_frame(event, item)

    def _read_frame(self, event: str, frame: dict[str, Any]) -> None:
        assembly = self.assembly
        dialect = self._dialect
        assembly.deltas.frame_start = len(assembly.deltas)
        if dialect is None or not dialect.take(event, frame):
            dialect = self._take(event, frame)
        if event == "error" or is_error_body(frame):
            raise explain_frame(frame, model=self._model, secret=self._secret)
        if assembly.failure is not None:
            raise explain_frame(assembly.failure, model=self._model, secret=self._secret)
        if dialect is None:  # a frame with nothing but usage or the charge
            assembly.add_usage(frame.get("usage"))
            assembly.add_charge(frame.get("meta"))
        elif assembly.terminal:
            self._end()

    def _take(self, event: str, frame: Mapping[str, object]) -> DialectReader | None:
        """Read a frame in whatever dialect it is; None where it is of none."""
        for name in DIALECTS:
            reader = self._dialects.get(name)
            if reader is None:
                module = import_module(f"langchain_aimlapi._dialects.{name}.answer")
                reader = self._dialects[name] = module.Reader(self.assembly)
            if reader.take(event, frame):
                self._dialect = reader
                return reader
        return None

    def _parse(self, event: str, data: bytes, last: bool) -> object:
        try:
            frame = self._load(data)
            return frame if self._mender is None else self._mender.mend(frame)
        except BadJsonError as error:
            reason = str(error)
        if event == "error":
            raise explain_frame(
                data.decode("utf-8", "replace"), model=self._model, secret=self._secret
            )
        if last and self.finished:
            return None  # cut behind the finish reason: usage may be lost, the answer is not
        cls = StreamInterrupted if last else InvalidResponseError
        raise cls(
            f"the stream {'ended inside' if last else 'holds'} an event that is not JSON "
            f"({reason[:200]})",
            advice="what was delivered is in error.partial",
            model=self._model,
        )

    def _load(self, data: bytes) -> object:
        try:
            return from_json(data)
        except ValueError:
            frame = parse_leniently(data)
            self._mender = self._mender or Mender()
            return frame

    # --- the end -----

    def _end(self) -> None:
        """The stream has ended or announced it: a whole answer, or an error."""
        assembly = self.assembly
        if assembly.finished or (assembly.terminal and assembly.started):
            self._finish()
            return
        what = "without saying why it ended" if assembly.started else "before its first event"
        self.error = StreamInterrupted(
            f"the stream ended {what}: the answer is not complete",
            advice="what was delivered is in error.partial; ask again for the whole answer",
            model=self._model,
        )

    def _finish(self) -> None:
        self.done = True
        if self._mender is not None:
            self._add_halves(self._mender.left())
        self.assembly.close()

    def _add_halves(self, paths: list[str]) -> None:
        """Half a character at the very end of a text: nothing can complete it any more."""
        for path in paths:
            choice = re.search(r"choices\[(\d+)\]", path)
            state = self.assembly.choice(int(choice.group(1)) if choice else 0)
            name = path.rpartition(".")[2]
            if name == "content":
                state.add_text("\ufffd")
            elif name in ("reasoning", "reasoning_content"):
                state.add_reasoning("\ufffd", source=name)


def _no_answer(what: str, model: str | None, secret: str | None) -> InvalidResponseError:
    return InvalidResponseError(
        errors.mask(f"the server reported success but sent no answer: {what}", secret),
        advice="check base_url; a proxy or login page may stand in between",
        model=model,
    )


def parse_answer(
    response: Response, *, model: str | None = None, secret: str | None = None
) -> ChatResponse:
    """A whole answer (JSON, or a stream in its place) as a `ChatResponse`.

    Raises:
        AimlapiError: the body is an error, or no answer.
    """
    reader = AnswerReader(
        response.headers, model=model, secret=secret, max_response_bytes=len(response.body) + 1
    )
    items: list[Delta | StreamEnd] = []
    if response.body.strip():
        items = [*reader.feed(response.body)]
        if reader.error is None:
            items += reader.close()
    else:
        reader.error = _no_answer("an empty body", model, secret)
    if reader.error is not None:
        error = reader.error
        if isinstance(error, StreamInterrupted) and not reader.progress():
            found = read_body(response.body[:4096].decode("utf-8", "replace"))
            error = _no_answer(f"no JSON: {found.message[:300]!r}", model, secret)
        error.status_code = error.status_code or response.status
        error.inference_id = error.inference_id or response.headers.get("x-inference-id")
        raise error
    last = items[-1]
    assert isinstance(last, StreamEnd)  # noqa: S101 - no error, so the reader has finished
    return last.reply
