"""The output items of an answer of ``/v1/responses``, and which of them an event is about."""

from __future__ import annotations

from collections.abc import Mapping


class Item:
    """An output item while it is being read."""

    __slots__ = ("begun", "done", "id", "kind", "name", "number", "partial_image", "place", "texts")

    def __init__(self, number: int, kind: str | None) -> None:
        self.number = number
        self.kind = kind
        self.name = f"item {number}"
        self.id: str | None = None
        self.place: int | None = None  # its index in the output
        self.texts: dict[tuple[str, int], list[str]] = {}  # (field, part) -> its pieces so far
        self.partial_image: str | None = None  # the newest one
        self.begun = False  # a block of the answer stands for it
        self.done = False


class ItemBook:
    """The items of one answer, found by their place, their id, or their turn."""

    __slots__ = ("items",)

    def __init__(self) -> None:
        self.items: list[Item] = []

    def at(self, frame: Mapping[str, object], kind: str | None) -> Item:
        """The item that an event is about; a new one where nothing of it has come yet."""
        place, id = frame.get("output_index"), frame.get("item_id")
        place = place if isinstance(place, int) and not isinstance(place, bool) else None
        found = None
        if place is not None:  # some gateways give every item the place 0: the type must fit too
            fitting = (i for i in self.items if kind in (None, i.kind) or i.kind is None)
            found = next((i for i in fitting if i.place == place), None)
        elif isinstance(id, str) and id:
            found = next((i for i in self.items if i.id == id), None)
        elif self.items and kind in (None, self.items[-1].kind):
            found = self.items[-1]
        return self._completed(found, kind, id, place)

    def match(self, raw: Mapping[str, object], kind: str | None, turn: int, place: int) -> Item:
        """The item of a whole output that events have brought before: by id, else the n-th of
        its type."""
        id = raw.get("id")
        found = next((i for i in self.items if id and i.id == id), None)
        if found is None:
            same = [i for i in self.items if i.kind == kind]
            found = same[turn] if turn < len(same) else None
        return self._completed(found, kind, id, place)

    def new(self, kind: str | None, id: str | None) -> Item:
        """Another item."""
        item = Item(len(self.items), kind)
        item.id = id
        self.items.append(item)
        return item

    def _completed(
        self, item: Item | None, kind: str | None, id: object, place: int | None
    ) -> Item:
        if item is None:
            item = self.new(kind, None)
        item.kind = item.kind or kind
        if item.id is None and isinstance(id, str) and id:
            item.id = id
        if item.place is None:
            item.place = place
        return item
