"""What must not survive a fork: the parent's sockets must never be used by two processes."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Forks(Protocol):
    """Something that begins anew in a child process."""

    def forked(self) -> None:
        """The child's first moment."""


INHERITED: list[object] = []
"""Clients of a parent process: kept, never used, never closed."""
_all: weakref.WeakSet[Forks] = weakref.WeakSet()


def remember(thing: Forks) -> None:
    """Have its ``forked`` called in every child process."""
    _all.add(thing)


def _after_fork() -> None:
    for thing in list(_all):
        thing.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
