"""Does a JSON value fit a schema of the pool? What is wrong is worded as the API words it.

The gateway validates with zod; its messages name the field and what was expected. A union whose
members differ in a closed field (``type``, ``role``) is judged by that field first, as
zod's discriminated unions are; of the other members the one that came closest is reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from langchain_aimlapi.emulator._core import kind_of
from langchain_aimlapi.emulator.contract.pool import Node

MAX_ISSUES = 8


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong: where, and what."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text

    @property
    def depth(self) -> int:
        return self.path.count(".") + bool(self.path)


Check = Callable[[str, Any], Iterator[Issue]]


class Judge:
    """Checks values against the nodes of a pool; a node is compiled when it is first needed."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = nodes
        self._checks: dict[int, Check] = {}

    def issues(self, number: int, value: Any, path: str = "") -> list[Issue]:
        """What is wrong with a value, at most `MAX_ISSUES` things."""
        found = self.check(number)(path, value)
        return [issue for _, issue in zip(range(MAX_ISSUES), found, strict=False)]

    def fits(self, number: int, value: object) -> bool:
        return next(self.check(number)("", value), None) is None

    def check(self, number: int) -> Check:
        made = self._checks.get(number)
        if made is None:
            made = self._checks[number] = self._compile(self._nodes[number])
        return made

    def _compile(self, node: Node) -> Check:
        parts = [part for part in (self._own(node), *self._unions(node)) if part is not None]
        if len(parts) == 1:
            return parts[0]

        def all_of(path: str, value: object) -> Iterator[Issue]:
            for part in parts:
                yield from part(path, value)

        return all_of

    def _unions(self, node: Node) -> Iterator[Check]:
        for key in ("anyOf", "oneOf"):
            if node.get(key):
                yield self._union(node[key], exactly_one=key == "oneOf")
        for number in node.get("allOf", ()):
            yield self._later(number)
        if node.get("not") is not None:
            yield self._forbidden(node["not"])

    def _later(self, number: int) -> Check:
        return lambda path, value: self.check(number)(path, value)

    def _forbidden(self, number: int) -> Check:
        def check(path: str, value: Any) -> Iterator[Issue]:
            if self.fits(number, value):
                where, _, name = path.rpartition(".")
                yield Issue(where, f"Unrecognized key(s) in object: '{name}'")

        return check

    # --- one node's own rules -----

    def _own(self, node: Node) -> Check | None:
        kinds = node.get("type")
        kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds or ())
        enum = node.get("enum")
        if "const" in node:
            enum = [node["const"]]
        rules = [rule for rule in (_number(node), _text(node), self._array(node)) if rule]
        whole = self._object(node)
        if whole is not None:
            rules.append(whole)
        if not kinds and enum is None and not rules:
            return None

        def check(path: str, value: Any) -> Iterator[Issue]:
            if kinds and not _is_any(value, kinds):
                yield Issue(path, f"Expected {' | '.join(kinds)}, received {kind_of(value)}")
                return
            if enum is not None and not any(same(value, one) for one in enum):
                yield Issue(path, enum_text(enum, value))
                return
            for rule in rules:
                yield from rule(path, value)

        return check

    def _array(self, node: Node) -> Check | None:
        low, high, items = node.get("minItems"), node.get("maxItems"), node.get("items")
        if low is None and high is None and items is None:
            return None
        inner = None if items is None else items

        def check(path: str, value: Any) -> Iterator[Issue]:
            if not isinstance(value, list):
                return
            if low is not None and len(value) < low:
                yield Issue(path, f"Array must contain at least {low} element(s)")
            if high is not None and len(value) > high:
                yield Issue(path, f"Array must contain at most {high} element(s)")
            if inner is not None:
                one = self.check(inner)
                for place, item in enumerate(value):
                    yield from one(_join(path, str(place)), item)

        return check

    def _object(self, node: Node) -> Check | None:
        known: Mapping[str, int] = node.get("properties") or {}
        required = node.get("required") or ()
        rest = node.get("additionalProperties")
        if not known and not required and rest in (None, True):
            return None
        closed, values = rest is False, rest if isinstance(rest, int) and rest is not True else None
        if closed:
            values = None

        def check(path: str, value: Any) -> Iterator[Issue]:
            if not isinstance(value, dict):
                return
            for name in required:
                if name not in value:
                    yield Issue(_join(path, name), "Required")
            for name, member in value.items():
                number = known.get(name)
                if number is not None:
                    yield from self.check(number)(_join(path, name), member)
                elif closed:
                    yield Issue(path, f"Unrecognized key(s) in object: '{name}'")
                elif values is not None:
                    yield from self.check(values)(_join(path, name), member)

        return check

    # --- unions -----

    def _union(self, members: Sequence[int], *, exactly_one: bool) -> Check:
        marks = self._marks(members)

        def check(path: str, value: Any) -> Iterator[Issue]:
            chosen: Sequence[int] = members
            if marks is not None and isinstance(value, dict):
                name, options, by_word, rest = marks
                word = value.get(name)
                known = by_word.get(word) if isinstance(word, str) else None
                chosen = [*(known or ()), *rest]
                if not chosen:
                    where = _join(path, name)
                    text = enum_text(options, word) if name in value else "Required"
                    yield Issue(where, text)
                    return
            yield from self._closest(path, value, chosen, members, exactly_one)

        return check

    def _closest(
        self,
        path: str,
        value: object,
        chosen: Sequence[int],
        members: Sequence[int],
        exactly_one: bool,
    ) -> Iterator[Issue]:
        best: list[Issue] | None = None
        fitting = 0
        for number in chosen:
            found = self.issues(number, value, path)
            if not found:
                fitting += 1
                if not exactly_one or fitting > 1:
                    break
            elif best is None or _rank(found) < _rank(best):
                best = found
        if fitting > 1 and exactly_one:
            yield Issue(path, "Invalid input: more than one form fits")
        elif not fitting:
            kinds = self._kinds(members)
            if kinds and not _is_any(value, kinds):
                yield Issue(path, f"Expected {' | '.join(kinds)}, received {kind_of(value)}")
            else:
                yield from best or ()

    def _kinds(self, members: Sequence[int]) -> tuple[str, ...]:
        """The JSON types that a union's members take; empty where one takes any."""
        kinds: dict[str, None] = {}
        for number in members:
            node = self._nodes[number]
            kind = node.get("type")
            inner = [one for key in ("anyOf", "oneOf") for one in node.get(key, ())]
            if kind is None and inner:
                below = self._kinds(inner)
                if not below:
                    return ()
                kinds.update(dict.fromkeys(below))
            elif kind is None:
                return ()
            else:
                kinds.update(dict.fromkeys([kind] if isinstance(kind, str) else kind))
        return tuple(kinds)

    def _marks(
        self, members: Sequence[int]
    ) -> tuple[str, list[str], dict[str, list[int]], list[int]] | None:
        """The field that tells a union's objects apart: its name, words, and who has which."""
        for name in ("role", "type"):
            by_word: dict[str, list[int]] = {}
            rest: list[int] = []
            for number in members:
                words = self._words(number, name)
                if words is None:
                    rest.append(number)
                for word in words or ():
                    by_word.setdefault(word, []).append(number)
            if by_word:
                free = [one for one in rest if self._takes_objects(one)]
                return name, list(by_word), by_word, free
        return None

    def _words(self, number: int, name: str) -> list[str] | None:
        """The closed set of words that an object must have under ``name``; None if it is open."""
        node = self._nodes[number]
        if name not in (node.get("required") or ()):
            return None
        field = (node.get("properties") or {}).get(name)
        enum = self._nodes[field].get("enum") if field is not None else None
        return [one for one in enum if isinstance(one, str)] if enum else None

    def _takes_objects(self, number: int) -> bool:
        kinds = self._kinds([number])
        return not kinds or "object" in kinds


def _rank(found: list[Issue]) -> tuple[int, int]:
    """Of several members the one that failed deepest came closest."""
    return -max(issue.depth for issue in found), len(found)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def same(value: Any, other: Any) -> bool:
    """Whether two JSON values are equal; ``true`` is not ``1``."""
    return bool(value == other) and isinstance(value, bool) is isinstance(other, bool)


def _is_any(value: Any, kinds: Sequence[str]) -> bool:
    kind = kind_of(value)
    if kind in kinds:
        return True
    if kind == "integer":
        return "number" in kinds
    return kind == "number" and "integer" in kinds and float(value).is_integer()


def enum_text(options: Sequence[object], value: object) -> str:
    """The documented wording for a value outside a closed set."""
    allowed = " | ".join(f"'{one}'" for one in options)
    shown = value if isinstance(value, str | int | float) else kind_of(value)
    return f"Invalid enum value. Expected {allowed}, received '{shown}'"


def _number(node: Node) -> Check | None:
    low, high = node.get("minimum"), node.get("maximum")
    above, below = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    if low is None and high is None and above is None and below is None:
        return None

    def check(path: str, value: Any) -> Iterator[Issue]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return
        if low is not None and value < low:
            yield Issue(path, f"Number must be greater than or equal to {low:g}")
        if high is not None and value > high:
            yield Issue(path, f"Number must be less than or equal to {high:g}")
        if above is not None and value <= above:
            yield Issue(path, f"Number must be greater than {above:g}")
        if below is not None and value >= below:
            yield Issue(path, f"Number must be less than {below:g}")

    return check


def _text(node: Node) -> Check | None:
    low, high, pattern = node.get("minLength"), node.get("maxLength"), node.get("pattern")
    link = node.get("format") == "uri"
    if low is None and high is None and pattern is None and not link:
        return None
    compiled = re.compile(pattern) if pattern else None

    def check(path: str, value: Any) -> Iterator[Issue]:
        if not isinstance(value, str):
            return
        if low is not None and len(value) < low:
            yield Issue(path, f"String must contain at least {low} character(s)")
        if high is not None and len(value) > high:
            yield Issue(path, f"String must contain at most {high} character(s)")
        if compiled is not None and not compiled.search(value):
            yield Issue(path, "Invalid")
        if link and not is_url(value):
            yield Issue(path, "Invalid url")

    return check


def is_url(value: str) -> bool:
    """What ``new URL(value)`` takes, which is what the validator of the gateway asks."""
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        return False
    if not parts.scheme:
        return False
    return bool(parts.netloc) if parts.scheme in ("http", "https", "ftp", "ws") else True
