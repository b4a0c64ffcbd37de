"""Tool-call fragments -> calls with stable indices; id and name stand on the first fragment only.

Vendors number fragments from 0, from 1, by text, or not at all; repeat id and name on every
fragment, or send them late; put two calls under one index; send arguments as an object. See
`ToolFragments._find` for the rules.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from langchain_aimlapi._answers.escapes import EscapeMender
from langchain_aimlapi._domain.values import FREE_TEXT_KEY, ToolCall, ToolDelta
from langchain_aimlapi._json import json_object

Index = int | str | None
"""A vendor's own index of a call."""


class _Call:
    __slots__ = ("escapes", "extra", "id", "index", "kind", "name", "parts", "vendor_id")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.index: int | None = None  # ours, once a fragment with id and name has gone out
        self.id: str | None = None
        self.vendor_id: str | None = None  # ours, where the vendor's came too late, is another
        self.name: str | None = None
        self.parts: list[str] = []
        self.escapes = EscapeMender()
        self.extra: dict[str, Any] = {}

    def text(self) -> str:
        if len(self.parts) > 1:
            self.parts = ["".join(self.parts)]
        return self.parts[0] if self.parts else ""

    def is_whole(self) -> bool:
        """Whether the arguments are complete (looked at only where they can be: it costs)."""
        if not self.parts or self.parts[-1].rstrip()[-1:] != "}":
            return False
        return json_object(self.text()) is not None


class ToolFragments:
    """The tool calls of one choice, in the order in which their first fragments went out."""

    __slots__ = ("_by_id", "_by_index", "announced", "calls")

    def __init__(self) -> None:
        self.calls: list[_Call] = []  # in the order in which they began
        self.announced = 0  # how many have gone out
        self._by_id: dict[str, _Call] = {}
        self._by_index: dict[Index, _Call] = {}

    def feed(self, raw: object) -> ToolDelta | None:
        """One fragment in OpenAI's shape; None where it adds nothing."""
        if not isinstance(raw, Mapping):
            return None
        custom = raw.get("custom")
        is_custom = isinstance(custom, Mapping)
        body = custom if is_custom else raw.get("function")
        if not isinstance(body, Mapping):
            body = raw if "arguments" in raw or "name" in raw else {}
        arguments = body.get("input") if is_custom else body.get("arguments")
        delta = self.add(
            index=raw.get("index"),
            id=_text(raw.get("id")),
            name=_text(body.get("name")),
            arguments=arguments if type(arguments) is str else _arguments(arguments),
            kind="custom" if is_custom else "function",
        )
        opaque = raw.get("extra_content")
        if isinstance(opaque, Mapping) and self.calls:
            named = (call for call in self.calls if delta and call.index == delta.position)
            next(named, self.calls[-1]).extra["extra_content"] = opaque
        return delta

    def add(
        self,
        *,
        index: object,
        id: str | None,
        name: str | None,
        arguments: str,
        kind: str = "function",
    ) -> ToolDelta | None:
        """One fragment; None where it adds nothing.

        Args:
            index: The vendor's own index of the call; one that is no number and no text is none.
        """
        index = index if isinstance(index, int | str) else None
        call = self._find(index, id, name, arguments)
        if call is None:
            if not (id or name or arguments):
                return None
            call = _Call(kind)
            self.calls.append(call)
            if id and id in self._by_id:  # two calls under one id: each is answered by its own
                self._by_id[id] = call
                id = _fresh_id()
        if index is not None:
            self._by_index[index] = call
        return self._extend(call, id, name, arguments)

    def _find(self, index: Index, id: str | None, name: str | None, arguments: str) -> _Call | None:
        """The call that a fragment belongs to; None where it begins another one.

        | id    | index | belongs to                                                     |
        |-------|-------|----------------------------------------------------------------|
        | known | any   | the call of this id, unless the fragment says it all over again |
        | new   | known | the call of this index, if that has no id yet                   |
        | new   | other | a new call                                                      |
        | none  | known | the call of this index, unless the name begins another          |
        | none  | new   | a new call                                                      |
        | none  | none  | the last call, unless the name begins another                   |
        """
        by_index = self._by_index.get(index) if index is not None else None
        if id:
            known = self._by_id.get(id)
            if known is not None:
                says_more = arguments.strip() or (index is not None and by_index is None)
                return None if name and says_more and known.is_whole() else known
            return by_index if by_index is not None and by_index.vendor_id is None else None
        call = by_index
        if index is None and self.calls:
            call = self.calls[-1]
        if call is None or not name or call.name is None:
            return call
        if index is not None and name == call.name and not arguments:
            return call  # some vendors repeat the name alone on every fragment
        return None if name != call.name or call.is_whole() else call

    def _extend(
        self, call: _Call, id: str | None, name: str | None, arguments: str
    ) -> ToolDelta | None:
        """Add to a call what is new in a fragment; what goes out of it."""
        if id and call.vendor_id is None:
            call.vendor_id = id
            call.id = call.id or id
            self._by_id[id] = call
        call.name = call.name or name
        if arguments and call.kind != "custom":
            arguments = call.escapes.feed(arguments)
        if arguments:
            call.parts.append(arguments)
        if call.index is None:
            return self._announce(call) if call.name and (call.id or call.parts) else None
        if not arguments or call.kind == "custom":  # free text goes out whole, as JSON, at the end
            return None
        return ToolDelta(call.index, None, None, arguments)

    def _announce(self, call: _Call) -> ToolDelta:
        """The first fragment: consumers learn id and name from it or, as LangChain's events, only
        at the end. A call that its vendor has not named until its arguments come gets our id."""
        call.index = self.announced
        self.announced += 1
        call.id = call.id or _fresh_id()
        arguments = "" if call.kind == "custom" else call.text()
        return ToolDelta(call.index, call.id, call.name, arguments)

    def close(self, *, cut: bool) -> list[ToolDelta]:
        """The end: ids for calls that got none, free text as JSON, and for a call whose
        arguments are no JSON a last fragment that keeps it from being repaired into a valid one.

        ``cut``: the answer stopped at its token limit, so empty arguments are no arguments yet.
        """
        deltas: list[ToolDelta] = []
        for call in self.calls:
            first = self._announce(call) if call.index is None else None
            last = ""
            if call.kind == "custom":
                last = json.dumps({FREE_TEXT_KEY: call.text()}, ensure_ascii=False)
            else:
                last = call.escapes.close()
                if last:
                    call.parts.append(last)
                if not self._complete(call, cut):
                    last += breaker(call.text())
            if first is not None:
                deltas.append(first._replace(arguments=first.arguments + last))
            elif last and call.index is not None:
                deltas.append(ToolDelta(call.index, None, None, last))
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
            for call in sorted(self.calls, key=_place)
        )

    @staticmethod
    def _complete(call: _Call, cut: bool) -> bool:
        text = call.text()
        if not call.name:
            return False
        return json_object(text) is not None or (not text.strip() and not cut)


def _place(call: _Call) -> float:
    return math.inf if call.index is None else call.index


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


def _arguments(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _text(value: object) -> str | None:
    if isinstance(value, str) and value:
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
