"""JSON as it really arrives: fast where it is clean, forgiving where it is not.

``pydantic_core.from_json`` reads nearly everything. What it refuses although the meaning is clear
(bytes that are not UTF-8, half of a surrogate pair) goes through the standard library, and the
text is mended so that it can always be encoded again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticSerializationError, from_json, to_json

from langchain_aimlapi.errors import InvalidRequestError

_TEXT_KEYS = frozenset({"content", "reasoning_content", "reasoning", "arguments", "text", "delta"})


class BadJsonError(ValueError):
    """No JSON, or JSON too deep or too large to be read."""


def parse_leniently(data: bytes) -> object:
    """What ``from_json`` refused; strings may hold lone surrogates (see `Mender`).

    Raises:
        BadJsonError: it is no JSON at all.
    """
    try:
        return json.loads(data.decode("utf-8", "replace").lstrip("\ufeff"), strict=False)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
    raise BadJsonError(reason)


def parse_clean_json(data: bytes) -> Any:
    """The value of a JSON document, every string in it encodable as UTF-8."""
    try:
        return from_json(data)
    except ValueError:
        return Mender(hold=False).mend(parse_leniently(data))


def text_or_none(value: object) -> str | None:
    """The text; None for anything that is none, and for an empty one."""
    return value if isinstance(value, str) and value else None


def object_in(value: object) -> Mapping[str, Any]:
    """The object; an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def json_object(text: str) -> dict[str, object] | None:
    """The JSON object that a text is; None where it is none (or cut, or nothing)."""
    if not text.rstrip().endswith("}"):
        return None
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def mend_text(text: str) -> str:
    """Surrogate pairs joined, lone surrogates replaced by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def encode(body: Mapping[str, object], model: str) -> bytes:
    """The body as UTF-8 JSON; lone surrogates in a prompt are replaced, not refused."""
    try:
        return to_json(body, inf_nan_mode="constants")
    except (PydanticSerializationError, UnicodeEncodeError, ValueError):
        pass  # a lone surrogate, or a value that is no JSON: the next lines find out which
    try:
        return mend_text(json.dumps(body, ensure_ascii=False)).encode()
    except (TypeError, ValueError) as error:
        reason = str(error)
    raise InvalidRequestError(
        f"the request cannot be written as JSON: {reason}",
        advice="parameters must be plain JSON values",
        model=model,
    )


class Mender:
    """Mends strings of successive frames; a pair that was split over two frames is joined.

    Some vendors cut their text at UTF-16 units, so half of a character comes at the end of one
    delta and the other half at the beginning of the next.
    """

    __slots__ = ("_hold", "_open_halves")

    def __init__(self, *, hold: bool = True) -> None:
        self._hold = hold  # whether half a pair may be completed by the next frame
        self._open_halves: dict[str, str] = {}

    def mend(self, value: object) -> Any:
        """The value with every string encodable as UTF-8.

        Raises:
            BadJsonError: it is nested too deeply.
        """
        try:
            return self._mend(value, "")
        except RecursionError:
            pass
        raise BadJsonError("nested too deeply")

    def left(self) -> list[str]:
        """Paths of the strings that ended in half a pair; called once, at the end."""
        paths = list(self._open_halves)
        self._open_halves.clear()
        return paths

    def _mend(self, value: object, path: str) -> object:
        if isinstance(value, str):
            return self._mend_string(value, path)
        if isinstance(value, list):
            return [self._mend(item, f"{path}[{_place(item, i)}]") for i, item in enumerate(value)]
        if isinstance(value, dict):
            return {mend_text(k): self._mend(v, f"{path}.{k}") for k, v in value.items()}
        return value

    def _mend_string(self, text: str, path: str) -> str:
        if not self._hold or path.rpartition(".")[2] not in _TEXT_KEYS:
            return mend_text(text)
        text = self._open_halves.pop(path, "") + text
        if text and "\ud800" <= text[-1] <= "\udbff":
            self._open_halves[path] = text[-1]
            text = text[:-1]
        return mend_text(text)


def _place(item: object, position: int) -> object:
    """What tells choices and tool calls of successive frames apart: their own index, if any."""
    return item.get("index", position) if isinstance(item, dict) else position
