"""Bytes of a ``text/event-stream`` -> events, by the WHATWG rules, however the bytes are cut.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.6. One
deviation, on purpose: an event that the end of the stream left without its blank line is
delivered by `close`, because servers of this API end streams that way.
"""

from __future__ import annotations

BOM = b"\xef\xbb\xbf"
Event = tuple[str, bytes]
"""Event type (``""`` where the stream names none) and data; both may be empty."""


class EventTooLargeError(ValueError):
    """One event, or one line, is longer than the limit."""


class SseDecoder:
    """Incremental decoder: `feed` bytes as they come, `close` at the end.

    Data stays bytes: a line end cannot stand inside a UTF-8 character, so the cut is safe and
    the JSON parser that follows reads bytes anyway.
    """

    __slots__ = ("_data", "_event", "_limit", "_pending", "_size", "_skip_lf", "_started")

    def __init__(self, *, max_event_bytes: int = 64 * 1024 * 1024) -> None:
        self._limit = max_event_bytes
        self._pending: list[bytes] = []  # pieces of the line that is not complete yet
        self._data: list[bytes] = []  # complete data lines of the current event
        self._event = ""
        self._size = 0  # bytes in _pending and _data
        self._skip_lf = False  # the last byte was CR: a LF that follows belongs to it
        self._started = False

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes, return the events that they complete.

        Raises:
            EventTooLargeError: more than ``max_event_bytes`` without an event's end.
        """
        if self._skip_lf and data:
            self._skip_lf = False
            if data[0] == 10:
                data = data[1:]
        if b"\r" in data:
            self._skip_lf = data[-1] == 13
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if b"\n" not in data:
            if data:
                self._hold(data)
            return []
        lines = data.split(b"\n")
        if self._pending:
            self._size -= sum(map(len, self._pending))
            self._pending.append(lines[0])
            lines[0] = b"".join(self._pending)
            self._pending.clear()
        rest = lines.pop()
        events = self._take(lines)
        if rest:
            self._hold(rest)
        return events

    def close(self) -> list[Event]:
        """The stream has ended: return what its end left over (see the module's deviation)."""
        lines = [b"".join(self._pending)] if self._pending else []
        self._pending.clear()
        return self._take([*lines, b""])

    def _hold(self, piece: bytes) -> None:
        self._pending.append(piece)
        self._size += len(piece)
        if self._size > self._limit:
            raise EventTooLargeError(f"an event is longer than {self._limit} bytes")

    def _take(self, lines: list[bytes]) -> list[Event]:
        if not self._started and lines:
            self._started = True
            lines[0] = lines[0].removeprefix(BOM)
        events: list[Event] = []
        data = self._data
        for line in lines:
            if line.startswith(b"data: "):
                data.append(line[6:])
                self._size += len(line)
            elif not line:
                if data:
                    events.append((self._event, data[0] if len(data) == 1 else b"\n".join(data)))
                    data.clear()
                self._event = ""
                self._size = 0
            else:
                self._field(line)
        if self._size > self._limit:
            raise EventTooLargeError(f"an event is longer than {self._limit} bytes")
        return events

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if value[:1] == b" ":
            value = value[1:]
        if name == b"data":
            self._data.append(value)
            self._size += len(line)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        # "id", "retry", comments (an empty name) and unknown fields change nothing here: this
        # API resumes no stream.
