"""A text that a regular expression matches. Pure and deterministic."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from re import _parser  # type: ignore[attr-defined]  # private, the same from Python 3.11 to 3.14
from typing import Any

_CATEGORIES = {
    "CATEGORY_DIGIT": "1",
    "CATEGORY_NOT_DIGIT": "a",
    "CATEGORY_WORD": "a",
    "CATEGORY_NOT_WORD": "-",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_SPACE": "a",
}
_ALPHABET = "aA1-_ .:/x"
MOST_REPEATS = 64


def matching(pattern: str, preferred: str) -> str:
    """``preferred``, or where the pattern does not take it, a text that it takes, if one is
    found."""
    try:
        compiled = re.compile(pattern)
        if compiled.search(preferred):
            return preferred
        made = "".join(_pieces(_parser.parse(pattern)))
    except (re.error, ValueError, RecursionError, KeyError, TypeError):
        return preferred
    return made if compiled.search(made) else preferred


def _pieces(tree: Sequence[Any]) -> Iterator[str]:
    for operation, argument in tree:
        yield from _piece(str(operation), argument)


def _piece(name: str, argument: Any) -> Iterator[str]:
    if name == "LITERAL":
        yield chr(argument)
    elif name == "NOT_LITERAL":
        yield next(one for one in _ALPHABET if ord(one) != argument)
    elif name == "ANY":
        yield "a"
    elif name == "IN":
        yield _one_of(argument)
    elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, most, inner = argument
        count = max(least, min(1, int(most)))
        for _ in range(min(count, MOST_REPEATS)):
            yield from _pieces(inner)
    elif name == "SUBPATTERN":
        yield from _pieces(argument[-1])
    elif name == "BRANCH":
        yield from _pieces(argument[1][0])
    elif name == "ATOMIC_GROUP":
        yield from _pieces(argument)


def _one_of(options: Sequence[Any]) -> str:
    negated = str(options[0][0]) == "NEGATE"
    if not negated:
        return _member(options[0])
    inner = "".join(_literal(option) for option in options[1:])
    return next((one for one in _ALPHABET if not re.match(f"[{inner}]", one)), "a")


def _member(option: tuple[Any, Any]) -> str:
    name, argument = str(option[0]), option[1]
    if name == "LITERAL":
        return chr(argument)
    if name == "RANGE":
        return chr(argument[0])
    return _CATEGORIES.get(str(argument), "a")


def _literal(option: tuple[Any, Any]) -> str:
    name, argument = str(option[0]), option[1]
    if name == "RANGE":
        return f"{re.escape(chr(argument[0]))}-{re.escape(chr(argument[1]))}"
    if name == "LITERAL":
        return re.escape(chr(argument))
    signs = {"DIGIT": "d", "NOT_DIGIT": "D", "WORD": "w", "NOT_WORD": "W", "SPACE": "s"}
    return "\\" + signs.get(str(argument).removeprefix("CATEGORY_"), "S")
