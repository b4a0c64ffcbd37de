"""Tool-call fragments -> calls with stable indices, each id and name told once.

Vendors number fragments from 0, from 1, by text, or not at all; repeat id and name on every
fragment; put two calls under one index; send arguments as an object. The rules: a known id names
its call; a new id starts a call; without an id the index decides; without either, a fragment
belongs to the last call unless it clearly begins another one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from langchain_aimlapi._answers.escapes import EscapeMender
from langchain_aimlapi._domain.values import ToolCall, ToolDelta


class _Call:
    __slots__ = ("escapes", "extra", "id", "index", "kind", "name", "parts")

    def __init__(self, index: int) -> None:
        self.index = index
        self.id: str | None = None
        self.name: str | None = None
        self.kind = "function"
        self.parts: list[str] = []
        self.escapes = EscapeMender()
        self.extra: dict[str, Any] = {}

    def text(self) -> str:
        if len(self.parts) > 1:
            self.parts = ["".join(self.parts)]
        return self.parts[0] if self.parts else ""

    def whole(self) -> bool:
        """Whether the arguments are complete (looked at only where they can be: it costs)."""
        return bool(self.parts) and self.parts[-1].rstrip()[-1:] == "}" and is_object(self.text())


class ToolFragments:
    """The tool calls of one choice, in the order in which they began."""

    __slots__ = ("_by_id", "_by_wire", "calls")

    def __init__(self) -> None:
        self.calls: list[_Call] = []
        self._by_id: dict[str, _Call] = {}
        self._by_wire: dict[Any, _Call] = {}

    def feed(self, raw: Any) -> ToolDelta | None:
        """One fragment in OpenAI's shape; None where it adds nothing."""
        if not isinstance(raw, Mapping):
            return None
        custom = raw.get("custom")
        free = isinstance(custom, Mapping)
        found = custom if free else raw.get("function")
        if not isinstance(found, Mapping):
            found = raw if "arguments" in raw or "name" in raw else {}
        body: Mapping[str, Any] = found
        arguments = body.get("input") if free else body.get("arguments")
        delta = self.add(
            wire=raw.get("index"),
            id=_text(raw.get("id")),
            name=_text(body.get("name")),
            arguments=_arguments(arguments),
            kind="custom" if free else "function",
        )
        call = self.calls[delta.position] if delta else (self.calls[-1] if self.calls else None)
        if call is not None and isinstance(raw.get("extra_content"), Mapping):
            call.extra["extra_content"] = raw["extra_content"]
        return delta

    def add(
        self, *, wire: Any, id: str | None, name: str | None, arguments: str, kind: str = "function"
    ) -> ToolDelta | None:
        """One fragment. ``wire`` is the vendor's own index of the call, of whatever type."""
        wire = wire if isinstance(wire, int | str) else None
        call = self._find(wire, id, name, arguments)
        if call is None:
            if not (id or name or arguments):
                return None
            call = _Call(len(self.calls))
            call.kind = kind
            self.calls.append(call)
            if id and id in self._by_id:  # said of two calls: each is answered by an id of its own
                self._by_id[id] = call
                id = _fresh_id()
        if wire is not None:
            self._by_wire[wire] = call
        new_id = id if id and call.id is None else None
        if new_id:
            call.id = new_id
            self._by_id[new_id] = call
        new_name = name if name and call.name is None else None
        if new_name:
            call.name = new_name
        if arguments and kind != "custom":
            arguments = call.escapes.feed(arguments)
        if arguments:
            call.parts.append(arguments)
        if kind == "custom":
            arguments = ""  # free text is told whole, as JSON, at the end
        if not (new_id or new_name or arguments):
            return None
        return ToolDelta(call.index, new_id, new_name, arguments)

    def _find(self, wire: Any, id: str | None, name: str | None, arguments: str) -> _Call | None:
        known = self._by_id.get(id) if id else None
        if known is not None:
            more = arguments.strip() or (wire is not None and wire not in self._by_wire)
            return None if name and more and known.whole() else known
        at = self._by_wire.get(wire) if wire is not None else None
        if id:
            return at if at is not None and at.id is None else None
        if at is None and wire is None and self.calls:
            at = self.calls[-1]
        if at is not None and name and at.name is not None:
            # Under an index, a name alone is only said again (some vendors do on every fragment).
            repeated = wire is not None and name == at.name and not arguments
            if not repeated and self._begins_anew(at, name):
                return None
        return at

    @staticmethod
    def _begins_anew(call: _Call, name: str) -> bool:
        """Whether a named fragment without an id starts another call: the call before it has
        its arguments complete, or has another name."""
        return name != call.name or call.whole()

    def close(self, *, cut: bool) -> list[ToolDelta]:
        """The end: ids for calls that got none, free text as JSON, and for a call whose
        arguments are no JSON a last fragment that keeps it from being repaired into a valid one.

        ``cut``: the answer stopped at its token limit, so empty arguments are no arguments yet.
        """
        deltas: list[ToolDelta] = []
        for call in self.calls:
            new_id = None
            if call.id is None:
                new_id = call.id = _fresh_id()
            last = ""
            if call.kind == "custom":
                last = json.dumps({"__arg1": call.text()}, ensure_ascii=False)
            else:
                last = call.escapes.close()
                if last:
                    call.parts.append(last)
                if not self._complete(call, cut):
                    last += breaker(call.text())
            if new_id or last:
                deltas.append(ToolDelta(call.index, new_id, None, last))
        return deltas

    def result(self, *, cut: bool = False) -> tuple[ToolCall, ...]:
        """The calls as they stand."""
        return tuple(
            ToolCall(
                id=call.id,
                name=call.name or "",
                arguments=call.text(),
                kind="custom" if call.kind == "custom" else "function",
                valid=call.kind == "custom" or self._complete(call, cut),
                extra=call.extra,
            )
            for call in self.calls
        )

    @staticmethod
    def _complete(call: _Call, cut: bool) -> bool:
        text = call.text()
        if not call.name:
            return False
        return is_object(text) or (not text.strip() and not cut)


def is_object(text: str) -> bool:
    """Whether ``text`` is one complete JSON object."""
    if not text.rstrip().endswith("}"):
        return False
    try:
        return isinstance(json.loads(text, strict=False), dict)
    except (ValueError, RecursionError):
        return False


def breaker(text: str) -> str:
    """What to append so that no partial-JSON repair can make a call of cut arguments.

    langchain-core closes open strings and brackets; a closing bracket that does not match the
    open one is the only thing that it gives up on.
    """
    stack: list[str] = []
    inside = escaped = False
    for char in text:
        if inside:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                inside = False
        elif char == '"':
            inside = True
        elif char in "{[":
            stack.append(char)
        elif char in "}]" and stack:
            stack.pop()
    closer = "]" if not stack or stack[-1] == "{" else "}"
    return ("\\" if escaped else "") + ('"' if inside else "") + closer


def _fresh_id() -> str:
    return f"call_{uuid4().hex[:24]}"


def _arguments(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False)


def _text(value: Any) -> str | None:
    if isinstance(value, str) and value:
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
