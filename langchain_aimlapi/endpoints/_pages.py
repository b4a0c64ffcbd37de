"""Lists that come in pages: read on only as far as they are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.flow import Flow, Policy
from langchain_aimlapi._wire.request import Request, Response
from langchain_aimlapi.endpoints._plans import Context, ItemsPlan

T = TypeVar("T")
Query = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list.

    Attributes:
        items: The rows.
        following: What the query of the next page has beside that of the first; None at the end.
    """

    items: list[T]
    following: Query | None = None


@dataclass(frozen=True, slots=True)
class PagesPlan(ItemsPlan[T]):
    """A call whose items come page by page. Each page is a request of its own with the retries of
    the policy; the next one is sent when an item of it is wanted.

    Attributes:
        request: Makes the request of a page from what its query has beside the first's.
        read: An answer -> its page.
    """

    request: Callable[[Query], Request]
    read: Callable[[Response, Policy], Page[T]]
    model: str | None = None
    notes: Notes | None = None
    needs_key: bool = True
    is_management: bool = False

    def page(self, place: Query, policy: Policy) -> Flow[Page[T]]:
        """The flow of one page."""
        return flow.call(self.request(place), lambda answer: self.read(answer, policy), policy)

    def flow(self, policy: Policy) -> Flow[None]:
        """The flow that yields the items."""
        seen: set[Query] = set()
        place: Query | None = ()
        while place is not None and place not in seen:  # a page that names itself ends the list
            seen.add(place)
            page = yield from self.page(place, policy)
            if page.items:
                yield page.items
            place = page.following


def paged(
    context: Context,
    path: str,
    query: Iterable[tuple[str, str]],
    headers: Mapping[str, str] | None = None,
) -> Callable[[Query], Request]:
    """The requests of a list at ``path``."""
    first = tuple(query)
    return lambda place: context.request("GET", path, query=[*first, *place], headers=headers)
