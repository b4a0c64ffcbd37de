"""The bytes of an answer -> deltas, whatever they turn out to be.

Which dialect an answer speaks is seen from the answer, not from the request: a gateway may answer
a stream request with plain JSON, a JSON request with a stream, and one path in another dialect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

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
READERS = ("completions", "responses", "messages")


def _reader_of(frame: Mapping[str, Any]) -> ModuleType | None:
    for name in READERS:
        reader = import_module(f"langchain_aimlapi._dialects.{name}.answer")
        if reader.speaks(frame):
            return reader
    return None


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
        self._head: bytes | None = b""  # bytes not enough to tell JSON from a stream; None: told
        self._body: list[bytes] | None = None  # pieces of a plain JSON answer
        self._body_size = 0
        self._events = 0
        self._mender: Mender | None = None
        self._reader: ModuleType | None = None

    @property
    def finished(self) -> bool:
        """Whether the answer has said its end, so that a lost tail loses nothing."""
        return self.assembly.finished

    def progress(self) -> int:
        """Events seen so far (of a plain JSON answer: bytes)."""
        return self._events + self._body_size

    def feed(self, data: bytes) -> list[Any]:
        """Items that these bytes complete; none once the answer is done."""
        if self.done:
            return []
        if self._head is not None:
            told = self._tell(data)
            if told is None:
                return []
            data = told
        if self._body is not None:
            self._hold(data)
            return []
        out: list[Any] = []
        self._take(self._sse.feed(data), out)
        return joined(out) if self._coalesce and len(out) > 1 else out

    def close(self) -> list[Any]:
        """Items left over at the end of the bytes; see ``error`` for an end that is none."""
        out: list[Any] = []
        if self.done:
            return out
        if self._head:
            self._take(self._sse.feed(self._head), out)
        if self._body is not None:
            self._close_json(out)
            return out
        self._take(self._sse.close(), out, last=True)
        if not self.done and self.error is None:
            self._end(out)
        return out

    def attach(self, error: AimlapiError) -> AimlapiError:
        """The error with the partial answer (a `ChatResponse`), the ids and the model filled in."""
        meta = self.assembly.headers
        error.inference_id = error.inference_id or meta.get("x-inference-id")
        error.model = error.model or self._model
        error.partial = self.assembly.reply() if self.delivered else None
        return error

    # -- telling JSON from a stream -----

    def _tell(self, data: bytes) -> bytes | None:
        """Decide from the first byte that says something; None while there is none."""
        head = (self._head or b"") + data
        start = head.removeprefix(BOM).lstrip()
        if not start:
            # Gateways keep a connection alive with white space, for minutes; blank lines say
            # nothing, so only an end that keeps the line as it is needs to be remembered.
            self._head = head[-4096:]
            return None
        if start[0] in b"{[<":
            self._body = []
        self._head = None
        return head

    def _hold(self, data: bytes) -> None:
        assert self._body is not None  # noqa: S101 - decided by _tell
        self._body.append(data)
        self._body_size += len(data)
        if self._body_size > self._limit:
            error = InvalidResponseError(
                f"the answer is longer than {self._limit} bytes", model=self._model
            )
            error.is_retryable = False
            raise error

    def _close_json(self, out: list[Any]) -> None:
        body = b"".join(self._body or [])
        try:
            read_whole(body, self.assembly, out, model=self._model, secret=self._secret)
        except AimlapiError as error:
            self.error = error
            return
        self._finish(out)

    # -- events -----

    def _take(self, events: list[tuple[str, bytes]], out: list[Any], *, last: bool = False) -> None:
        for event, data in events:
            try:
                self._take_event(event, data, out, last)
            except AimlapiError as error:
                self.error = error
            if self.done or self.error is not None:
                break
        if out:
            self.delivered = True

    def _take_event(self, event: str, data: bytes, out: list[Any], last: bool) -> None:
        if data[:1] != b"{":
            data = data.strip()
            if not data:
                return
            if data.startswith(b"[DONE]"):
                self.assembly.terminal = True
                self._end(out)
                return
        try:
            frame = from_json(data) if self._mender is None else self._parse(event, data, last)
        except ValueError:
            frame = self._parse(event, data, last)
        self._events += 1
        if isinstance(frame, dict):  # what JSON gives; asking for a Mapping costs 4 x as much
            self._take_frame(event, frame, out)
        elif event == "error":
            raise explain_frame(frame, model=self._model, secret=self._secret)
        elif isinstance(frame, list):
            for item in frame:
                if isinstance(item, dict) and not self.done:
                    self._take_frame(event, item, out)

    def _parse(self, event: str, data: bytes, last: bool) -> Any:
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
            f"the stream {'ended inside' if last else 'holds'} an event that is no JSON "
            f"({reason[:200]})",
            advice="what was delivered is in error.partial",
            model=self._model,
        )

    def _load(self, data: bytes) -> Any:
        try:
            return from_json(data)
        except ValueError:
            frame = parse_leniently(data)
            self._mender = self._mender or Mender()
            return frame

    def _take_frame(self, event: str, frame: Mapping[str, Any], out: list[Any]) -> None:
        reader = self._reader
        if reader is None or not reader.speaks(frame):
            reader = _reader_of(frame)
            self._reader = reader or self._reader
        if reader is not None:
            told: list[Any] = []  # of this frame alone: deltas are joined within a frame only
            try:
                reader.take(self.assembly, event, frame, told)
            finally:
                out += told
        if event == "error" or is_error_body(frame):
            raise explain_frame(frame, model=self._model, secret=self._secret)
        if self.assembly.failure is not None:
            raise explain_frame(self.assembly.failure, model=self._model, secret=self._secret)
        if reader is None:  # a frame with nothing but usage or the charge
            self.assembly.add_usage(frame.get("usage"))
            self.assembly.add_charge(frame.get("meta"))
        elif self.assembly.terminal:
            self._end(out)

    def _end(self, out: list[Any]) -> None:
        """The stream has ended or said so: a whole answer, or an error."""
        assembly = self.assembly
        if assembly.finished or (assembly.terminal and assembly.started):
            self._finish(out)
            return
        what = "without saying why it ended" if assembly.started else "before its first event"
        self.error = StreamInterrupted(
            f"the stream ended {what}: the answer is not complete",
            advice="what was delivered is in error.partial; ask again for the whole answer",
            model=self._model,
        )

    def _finish(self, out: list[Any]) -> None:
        self.done = True
        if self._mender is not None:
            self._tell_halves(self._mender.left(), out)
        self.assembly.close(out)
        self.delivered = True

    def _tell_halves(self, paths: list[str], out: list[Any]) -> None:
        """Half a character at the very end of a text: nothing can complete it any more."""
        for path in paths:
            choice = re.search(r"choices\[(\d+)\]", path)
            state = self.assembly.choice(int(choice.group(1)) if choice else 0)
            name = path.rpartition(".")[2]
            if name == "content":
                self.assembly.add_text(state, "\ufffd", out)
            elif name in ("reasoning", "reasoning_content"):
                self.assembly.add_reasoning(state, "\ufffd", out, source=name)


def read_whole(
    body: bytes,
    assembly: Assembly,
    out: list[Any],
    *,
    model: str | None = None,
    secret: str | None = None,
) -> None:
    """Read a whole JSON answer into the assembly.

    Raises:
        AimlapiError: it is an error told with a 2xx, or no answer at all.
    """
    try:
        value = parse_clean_json(body)
    except BadJsonError:
        told = read_body(body[:4096].decode("utf-8", "replace"))
        raise _no_answer(f"no JSON: {told.message[:300]!r}", model, secret) from None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, Mapping):
        raise _no_answer(f"JSON that is no object ({type(value).__name__})", model, secret)
    if is_error_body(value):
        raise explain_frame(value, model=model, secret=secret)
    reader = _reader_of(value)
    if reader is None:
        raise _no_answer(f"an object with the keys {sorted(value)[:12]}", model, secret)
    reader.take(assembly, "", value, out)
    if assembly.failure is not None:
        raise explain_frame(assembly.failure, model=model, secret=secret)
    if not assembly.started:
        raise _no_answer("an answer without a single choice", model, secret)
    assembly.terminal = True


def _no_answer(what: str, model: str | None, secret: str | None) -> InvalidResponseError:
    return InvalidResponseError(
        errors.mask(f"the server said success but sent no answer: {what}", secret),
        advice="check base_url; a proxy or login page may stand in between",
        model=model,
    )


def parse_answer(
    response: Response, *, model: str | None = None, secret: str | None = None
) -> ChatResponse:
    """A whole answer (JSON, or a stream that nobody asked for) as a `ChatResponse`.

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
            told = read_body(response.body[:4096].decode("utf-8", "replace"))
            error = _no_answer(f"no JSON: {told.message[:300]!r}", model, secret)
        error.status_code = error.status_code or response.status
        error.inference_id = error.inference_id or response.headers.get("x-inference-id")
        raise error
    last = items[-1]
    assert isinstance(last, StreamEnd)  # noqa: S101 - no error, so the reader has finished
    return last.reply
