"""What was learned about one parameter of a model, and where it is kept."""

from __future__ import annotations

from dataclasses import dataclass

from langchain_aimlapi._fitting.notes import Notes, short
from langchain_aimlapi._fitting.params import LEFT_OUT, Body, fit
from langchain_aimlapi.catalog.facts import Param

Path = tuple[str, ...]
# The names that parameters have in requests -> those under which the notes know them.
_NEUTRAL = {
    "max_completion_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "stop_sequences": "stop",
}


@dataclass(frozen=True, slots=True)
class Lesson:
    """One parameter of one model at one path.

    Attributes:
        path: ``("temperature",)`` or ``("reasoning", "effort")``.
        facts: The values that it takes; None where it takes none.
        name: The name that the parameter has in truth, where the answer says another one.
        why: The server's words, bounded.
        lasts: It holds for the next request, too.
    """

    path: Path
    facts: Param | None = None
    name: str | None = None
    why: str = ""
    lasts: bool = True

    def apply(self, body: Body, notes: Notes) -> Body | None:
        """The body as the lesson wants it, the change noted; None where nothing changes."""
        *parents, key = self.path
        holder: object = body
        for parent in parents:
            holder = holder.get(parent) if isinstance(holder, dict) else None
        if not isinstance(holder, dict) or key not in holder:
            return None
        value = holder[key]
        changed = {k: v for k, v in holder.items() if k != key}
        dotted = ".".join(self.path)
        why = f"the API refused it ({self.why})" if self.why else "the API refused it"
        if self.name is not None:
            changed.setdefault(self.name, value)
        elif self.facts is not None:
            fitted = fit(dotted, _coerced(value, self.facts), self.facts, notes.trial())
            if fitted == value and type(fitted) is type(value):
                return None
            if fitted is not LEFT_OUT:
                changed = {**holder, key: fitted}
        now = "left out" if changed.get(key) is None else f"sent as {short(changed[key])}"
        if self.name is not None:
            now = f"sent as {self.name}"
        shown = notes.name_of(_NEUTRAL.get(dotted, dotted))
        notes.adapted(shown, f"{shown}={short(value)} was {now}", why)
        return _with(body, tuple(parents), changed)


def _with(body: Body, path: Path, value: Body) -> Body:
    """The body with an object at ``path`` replaced; an object that is empty now goes."""
    if not path:
        return value
    first, *rest = path
    inner = body[first]
    inner_value = _with(inner, tuple(rest), value) if isinstance(inner, dict) else value
    return {k: v for k, v in {**body, first: inner_value}.items() if k != first or v != {}}


def _coerced(value: object, facts: Param) -> object:
    """The value in the JSON type that the answer asks for, where it means the same there."""
    for kind in facts.types:
        if kind == "array" and not isinstance(value, list):
            return [value]
        if kind == "string" and isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if kind == "integer" and isinstance(value, float):
            return int(value)
        if kind in ("number", "integer") and isinstance(value, str):
            try:
                return int(value) if kind == "integer" else float(value)
            except ValueError:
                return value
    return value


Key = tuple[str, str, str]
"""(address of the API, model, path)."""
_MOST_LESSONS = 24  # of one model at one path


class Memory:
    """What was learned in this process, by address, model and path.

    One lesson replaces an earlier one about the same parameter. Reading and writing are single
    dictionary operations, so threads need no lock.
    """

    __slots__ = ("_closed", "_lessons")

    def __init__(self) -> None:
        self._lessons: dict[Key, dict[Path, Lesson]] = {}
        self._closed: set[Key] = set()

    def add(self, key: Key, lesson: Lesson) -> None:
        """Remember a lesson."""
        known = self._lessons.get(key, {})
        if lesson.path in known or len(known) < _MOST_LESSONS:
            self._lessons[key] = {**known, lesson.path: lesson}

    def knows(self, key: Key) -> bool:
        """Whether anything was learned of a model at a path."""
        return key in self._lessons

    def applied(self, key: Key, body: Body, notes: Notes) -> Body:
        """The body as everything that was learned wants it."""
        for lesson in self._lessons.get(key, {}).values():
            changed = lesson.apply(body, notes)
            body = body if changed is None else changed
        return body

    def close(self, key: Key) -> None:
        """Remember that a model is not served on a path."""
        self._closed.add(key)

    @property
    def has_closed(self) -> bool:
        """Whether any path is known to be closed to some model."""
        return bool(self._closed)

    def is_closed(self, key: Key) -> bool:
        """Whether the API has answered that the model is not served on the path."""
        return key in self._closed

    def clear(self) -> None:
        """Forget everything."""
        self._lessons.clear()
        self._closed.clear()


MEMORY = Memory()
"""The memory that every call of this process shares."""
