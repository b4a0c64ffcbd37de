"""What a model refuses although the catalog did not know: put right once, and remembered.

A 400 that names a parameter says more than any snapshot of facts. `refusals` reads it, a `Lesson`
writes the body that the answer asks for: without the parameter, under its other name, with another
value or another type. Content (messages, tools, the format of the answer) is never touched.
"""

from __future__ import annotations

from dataclasses import dataclass

from langchain_aimlapi._fitting.lessons import MEMORY, Key, Memory
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import Body
from langchain_aimlapi.errors import InvalidRequestError


@dataclass(frozen=True, slots=True)
class Learner:
    """Puts the requests to one model at one path right, and remembers what was learned.

    Attributes:
        key: (address of the API, model, path).
        notes: The notes of the request: its model and policy.
        seen: (model, parameter) pairs that were warned of before.
        memory: Where lessons are kept.
    """

    key: Key
    notes: Notes
    seen: set[tuple[str, str]]
    memory: Memory = MEMORY

    @property
    def is_active(self) -> bool:
        """Whether the user's policy lets a request be changed."""
        return self.notes.policy in ("warn", "drop")

    def known(self, body: Body) -> Body:
        """The body as everything that was learned before wants it, with a warning."""
        if not self.memory.knows(self.key) or not self.is_active:
            return body
        notes = self.notes.trial()
        changed = self.memory.applied(self.key, body, notes)
        notes.warn(self.seen)
        return changed

    def mend(self, error: InvalidRequestError, body: Body) -> Body | None:
        """The body that a refusal asks for, with a warning; None where it asks for none."""
        from langchain_aimlapi._fitting.refusals import lessons_of  # only where one was refused

        notes, mended = self.notes.trial(), body
        for lesson in lessons_of(error, body) if self.is_active else ():
            changed = lesson.apply(mended, notes)
            if changed is None:
                continue
            mended = changed
            if lesson.lasts:
                self.memory.add(self.key, lesson)
        notes.warn(self.seen)
        return None if mended is body else mended
