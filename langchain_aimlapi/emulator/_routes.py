"""Which handler answers which path: the table that endpoint files write themselves into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from langchain_aimlapi.emulator._core import Answer, Call
from langchain_aimlapi.emulator._state import State

Handler = Callable[[Call, State], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """``paths`` are exact, or end in ``*`` to take the rest."""

    method: str
    paths: tuple[str, ...]
    handler: Handler
    needs_key: bool = True

    def takes(self, method: str, path: str) -> bool:
        return method == self.method and any(
            path == mine
            or (mine.endswith("*") and path.startswith(mine[:-1]) and path != mine[:-1])
            for mine in self.paths
        )


@dataclass(slots=True)
class Routes:
    """The table that endpoint files write themselves into."""

    items: list[Route] = field(default_factory=list)

    def find(self, method: str, path: str) -> Route | None:
        return next((route for route in self if route.takes(method, path)), None)

    def __iter__(self) -> Iterator[Route]:
        return iter(self.items)


ROUTES = Routes()


def route(method: str, *paths: str, needs_key: bool = True) -> Callable[[Handler], Handler]:
    """Registers a handler. Importing the endpoint's file is all that it takes."""

    def register(handler: Handler) -> Handler:
        ROUTES.items.append(Route(method, paths, handler, needs_key))
        return handler

    return register
