"""Answers that come in pieces beside chat: events of a job or a run, and raw bytes such as sound.

Both have the interface that `langchain_aimlapi._wire.flow.stream` feeds: `feed`, `close`, `done`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from langchain_aimlapi._domain.values import Json
from langchain_aimlapi._json import BadJsonError, parse_clean_json
from langchain_aimlapi._wire.explain import explain_frame, is_error_body, read_body
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi._wire.sse import SseDecoder
from langchain_aimlapi.errors import AimlapiError, InvalidResponseError, StreamInterrupted


class _Reader:
    """What both readers share."""

    def __init__(self, head: Response, policy: Policy) -> None:
        self.head = head
        self.policy = policy
        self.done = False
        self.delivered = False
        self.error: AimlapiError | None = None
        self.count = 0

    @property
    def finished(self) -> bool:
        """Whether the answer is complete, so that a lost tail loses nothing."""
        return self.done

    def progress(self) -> int:
        """Events, or bytes, seen so far."""
        return self.count

    def attach(self, error: AimlapiError) -> AimlapiError:
        """The error with the ids of the answer."""
        error.inference_id = error.inference_id or self.head.headers.get("x-inference-id")
        error.model = error.model or self.policy.model
        return error

    def fail(self, body: object) -> None:
        """Keep the error that a body tells, to be raised after the items before it."""
        self.error = explain_frame(body, model=self.policy.model, secret=self.policy.secret)


class EventReader(_Reader):
    """Server-sent events -> items.

    Args:
        parse: Name and JSON data of an event -> an item; None for an event without one.
        is_last: Name and data -> whether nothing follows. ``[DONE]`` always ends a stream.
    """

    def __init__(
        self,
        head: Response,
        policy: Policy,
        parse: Callable[[str, Any], object | None],
        *,
        is_last: Callable[[str, Any], bool] = lambda event, data: False,
    ) -> None:
        super().__init__(head, policy)
        self._parse = parse
        self._is_last = is_last
        self._decoder = SseDecoder(max_event_bytes=policy.limits.max_event_bytes)

    def feed(self, data: bytes) -> list[object]:
        """Items that these bytes complete."""
        return [] if self.done else self._items(self._decoder.feed(data))

    def close(self) -> list[object]:
        """Items left over at the end; a stream that did not say its end has broken off."""
        if self.done:
            return []
        items = self._items(self._decoder.close())
        if not self.done and self.error is None:
            self.error = StreamInterrupted(
                "the stream of events ended without its last one",
                advice="ask for the state of what was running",
                model=self.policy.model,
            )
        return items

    def _items(self, events: list[tuple[str, bytes]]) -> list[object]:
        items: list[object] = []
        for event, data in events:
            if self.done or self.error is not None:
                break
            item = self._item(event, data.strip())
            if item is not None:
                items.append(item)
        self.delivered = self.delivered or bool(items)
        return items

    def _item(self, event: str, data: bytes) -> object | None:
        if not data:
            return None
        self.count += 1
        if data.startswith(b"[DONE]"):
            self.done = True
            return None
        try:
            value = parse_clean_json(data)
        except BadJsonError as error:
            self.error = InvalidResponseError(
                f"the stream holds an event that is not JSON ({error})", model=self.policy.model
            )
            return None
        if event == "error" or (isinstance(value, Mapping) and is_error_body(value)):
            self.fail(value)
            return None
        self.done = self._is_last(event, value)
        return self._parse(event, value)


class BytesReader(_Reader):
    """Bytes as they come. A JSON answer in their place is read whole: `from_json` makes items of
    it, or it is an error."""

    def __init__(self, head: Response, policy: Policy) -> None:
        super().__init__(head, policy)
        kind = head.headers.get("content-type", "").partition(";")[0].strip().lower()
        self._body: list[bytes] | None = [] if kind.endswith("json") else None

    def feed(self, data: bytes) -> list[object]:
        """The piece itself."""
        self.count += len(data)
        if self._body is None:
            self.delivered = True
            return [data]
        if self.count > self.policy.limits.max_response_bytes:
            self.error = InvalidResponseError(
                f"the answer is longer than {self.policy.limits.max_response_bytes} bytes",
                model=self.policy.model,
            )
            self.error.is_retryable = False
        else:
            self._body.append(data)
        return []

    def close(self) -> list[object]:
        """Nothing, or what stands in a JSON answer."""
        self.done = True
        if self._body is None:
            if not self.delivered:
                self.error = InvalidResponseError("the answer is empty", model=self.policy.model)
            return []
        body = b"".join(self._body)
        try:
            value = parse_clean_json(body)
        except BadJsonError:
            value = None
        if not isinstance(value, Mapping):
            self.fail(read_body(body[:4096].decode("utf-8", "replace")).message)
        elif is_error_body(value):
            self.fail(value)
        else:
            items = self.from_json(value)
            self.delivered = bool(items)
            return items
        return []

    def from_json(self, body: Json) -> list[object]:
        """Items of a JSON answer; an endpoint whose answers may be JSON overrides this."""
        self.error = InvalidResponseError(
            f"JSON in place of bytes, with the keys {sorted(map(str, body))[:12]}",
            model=self.policy.model,
        )
        return []


class LinesReader(_Reader):
    """JSON lines -> items, one a line. One JSON document over several lines is taken as well: a
    list gives its members."""

    def __init__(self, head: Response, policy: Policy) -> None:
        super().__init__(head, policy)
        self._rest = bytearray()
        self._is_document = False

    def item(self, value: Any) -> Any | None:
        """The item of a line; None for a line without one. An error raises itself."""
        if isinstance(value, Mapping) and is_error_body(value):
            self.fail(value)
            return None
        return value

    def feed(self, data: bytes) -> list[object]:
        """Items of the lines that these bytes complete."""
        self.count += len(data)
        if not self._rest and data.lstrip()[:1] == b"[":
            self._is_document = True
        end = -1 if self._is_document else data.rfind(b"\n")
        if end < 0:
            self._rest += data
            return self._checked([])
        lines = (bytes(self._rest) + data[:end]).split(b"\n")
        self._rest = bytearray(data[end + 1 :])
        values: list[object] = []
        for place, line in enumerate(lines):
            if not line.strip():
                continue
            try:
                values.append(parse_clean_json(line))
            except BadJsonError:
                self._is_document = True
                self._rest = bytearray(b"\n".join([*lines[place:], self._rest]))
                break
        return self._checked(self._items(values))

    def close(self) -> list[object]:
        """Items left over at the end."""
        self.done = True
        rest = bytes(self._rest)
        if not rest.strip():
            return []
        try:
            value = parse_clean_json(rest)
        except BadJsonError:
            text = read_body(rest[:4096].decode("utf-8", "replace")).message
            self.error = self.error or InvalidResponseError(
                f"not JSON lines: {text[:300]!r}", model=self.policy.model
            )
            return []
        return self._checked(self._items(value if isinstance(value, list) else [value]))

    def _items(self, values: list[object]) -> list[object]:
        """The items of some lines, up to the first error."""
        items: list[object] = []
        for value in values:
            item = self.item(value) if self.error is None else None
            if item is not None:
                items.append(item)
        return items

    def _checked(self, items: list[object]) -> list[object]:
        limit = self.policy.limits.max_event_bytes
        if len(self._rest) > limit:
            self.error = InvalidResponseError(
                f"a line is longer than {limit} bytes", model=self.policy.model
            )
            self.error.is_retryable = False
        self.delivered = self.delivered or bool(items)
        return items
