"""Which handler answers which path: the table that endpoint files write themselves into."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from langchain_aimlapi.emulator._core import Answer, Call
from langchain_aimlapi.emulator._state import State

Handler = Callable[[Call, State], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """``paths`` are exact, or hold ``*``: at the end for the rest, elsewhere for one segment.

    ``inference`` answers carry an inference id and are logged.
    """

    method: str
    paths: tuple[str, ...]
    handler: Handler
    needs_key: bool = True

    inference: bool = False

    def patterns(self) -> Iterator[re.Pattern[str]]:
        """The paths with a ``*``, as patterns."""
        for path in self.paths:
            if "*" in path:
                inner = re.escape(path.removesuffix("*")).replace(r"\*", "[^/]+")
                yield re.compile(inner + (".+" if path.endswith("*") else ""))


class Routes:
    """The table that endpoint files write themselves into."""

    def __init__(self) -> None:
        self._items: list[Route] = []
        self._exact: dict[tuple[str, str], Route] = {}
        self._patterns: list[tuple[str, re.Pattern[str], Route]] = []

    def add(self, route: Route) -> None:
        self._items.append(route)
        for path in route.paths:
            if "*" not in path:
                self._exact[route.method, path] = route
        self._patterns += [(route.method, one, route) for one in route.patterns()]
        # The longer pattern is the more particular one.
        self._patterns.sort(key=lambda one: -len(one[1].pattern))

    def find(self, method: str, path: str) -> Route | None:
        found = self._exact.get((method, path))
        if found is not None:
            return found
        return next(
            (
                route
                for verb, pattern, route in self._patterns
                if verb == method and pattern.fullmatch(path)
            ),
            None,
        )

    def __iter__(self) -> Iterator[Route]:
        return iter(self._items)


ROUTES = Routes()


def route(
    method: str, *paths: str, needs_key: bool = True, inference: bool = False
) -> Callable[[Handler], Handler]:
    """Registers a handler. Importing the endpoint's file is all that it takes."""

    def register(handler: Handler) -> Handler:
        ROUTES.add(Route(method, paths, handler, needs_key, inference))
        return handler

    return register
