"""The layers that the facts of a model come from, and how they are put together.

The later ones win: permissive default, family rule, generated row (with its dated corrections),
what the API itself says (its lists, its schemas), the user's own facts.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from langchain_aimlapi.catalog.capabilities import WORDS, canonical
from langchain_aimlapi.catalog.codec import Json, Reader
from langchain_aimlapi.catalog.facts import Facts
from langchain_aimlapi.catalog.shape import CHAT, TEXT_KINDS, Shape

if TYPE_CHECKING:
    from langchain_aimlapi.catalog.values import Live

Row = Mapping[str, Any]
"""What is known of a model, by the names of `Facts`."""
_TUPLES = ("aliases", "efforts")
_ENDING = ("deprecated", "superseded", "withdrawn")
_NOT_FACTS = ("shapes", "from", "source")


class Layers:
    """Everything that is known, layer by layer.

    Attributes:
        document: The generated document.
        live: What was read from the API; None where nothing was.
        user: The user's own facts, by id.
    """

    __slots__ = (
        "_aliases", "_ends", "_live", "_names", "_reader", "_rows", "_schemas", "_spellings",
        "document", "live", "user",
    )  # fmt: skip

    def __init__(
        self, document: Mapping[str, Any], live: Live | None, user: Mapping[str, Facts]
    ) -> None:
        self.document, self.live, self.user = document, live, dict(user)
        self._rows: Mapping[str, Json] = document.get("models", {})
        self._names: Mapping[str, str] = document.get("aliases", {})
        self._live: Mapping[str, Row] = live.rows if live is not None else {}
        self._ends: Mapping[str, Mapping[str, object]] = live.ends if live is not None else {}
        self._schemas: Mapping[str, Any] = live.schemas if live is not None else {}
        self._reader = Reader(document)
        self._aliases = self._alias_table()
        self._spellings: Any = None

    def __len__(self) -> int:
        return len(self._rows)

    def ids(self) -> Iterator[str]:
        """Every id, sorted."""
        yield from sorted({*self._rows, *self._live, *self._ends, *self._schemas, *self.user})

    def _alias_table(self) -> dict[str, str]:
        table: dict[str, str] = {}
        for name, row in self._live.items():
            for alias in row.get("aliases", ()):
                table.setdefault(alias, name)
        for name, facts in self.user.items():
            table.update(dict.fromkeys(facts.aliases, name))
        return table

    def capability_words(self) -> Iterator[str]:
        """Every word that some layer uses of a model."""
        yield from WORDS
        for row in (*self._live.values(), *self._rows.values()):
            yield from map(canonical, row.get("listed_capabilities", ()))
        for facts in self.user.values():
            yield from map(canonical, facts.listed_capabilities)

    def status(self, model: str) -> str | None:
        """The status of an id, without putting its facts together."""
        mine = self.user.get(model)
        if mine is not None:
            return mine.status
        for layer in (self._ends, self._live, self._rows):
            if "status" in layer.get(model, {}):
                return str(layer[model]["status"])
        return None

    def _home(self, model: str) -> str:
        """The id that the facts of ``model`` stand under; ``model`` itself where nothing does."""
        for table in (self.user, self._live, self._ends, self._schemas, self._rows):
            if model in table:
                return model
        for aliases in (self._aliases, self._names):
            if model in aliases:
                return str(aliases[model])
        if self._spellings is None:
            # Compiling the family rules and indexing all names is for strangers only.
            from langchain_aimlapi.catalog.spellings import Spellings

            self._spellings = Spellings({*self.ids(), *self._names})
        found: str | None = self._spellings.find(model)
        return model if found is None else str(self._names.get(found, found))

    def resolve(self, model: str) -> Facts:
        """The facts of ``model``, an id in any spelling."""
        name = self._home(model)
        listed_as = name if name != model else None
        if name in self.user:
            mine = self.user[name]
            return dataclasses.replace(mine, id=model, listed_as=listed_as)
        row = self._rows.get(name)
        if row is None:
            row = self._rows.get(self._names.get(name, ""))
        layers, shapes, sources = self._generated(name, row) if row else self._suggested(name)
        live = self._live_row(name)
        if live:
            layers = _with_live(layers, live)
            sources["row"] = self._read()
            if "prices" in live:
                sources["prices"] = self._read()
        layers |= self._ends.get(name, {})
        if layers.get("replacement"):
            layers["replacement"] = self._still_served(name, str(layers["replacement"]))
        newest = self._newest_shapes(name)
        if newest:
            shapes = {**newest, **{p: s for p, s in shapes.items() if p not in newest}}
            sources |= dict.fromkeys(newest, self._read())
        layers["shapes"] = self._proved(name, shapes or _shapes_of_kind(name, layers))
        known = row is not None or bool(live) or name in self._ends or bool(newest)
        return Facts(
            id=model, listed_as=listed_as, known=known, sources=sources, **_as_facts(layers)
        )

    def _still_served(self, name: str, replacement: str) -> str | None:
        """The end of a chain of replacements, for what replaces a model may have ended, too; None
        where nothing of it is served."""
        seen, ending, following = {name}, None, replacement
        while following and following not in seen:
            seen.add(following)
            home = self._aliases.get(following) or self._names.get(following) or following
            status = self.status(following) or self.status(home)
            further = self._replacement(following) or self._replacement(home)
            if status not in _ENDING or (status != "withdrawn" and not further):
                return following
            if status != "withdrawn":
                ending = ending or following
            following = further
        return ending

    def _replacement(self, model: str) -> str:
        """What is said to replace an id, in the layer that says most of it; empty for none."""
        for layer in (self._ends, self._rows):
            if layer.get(model, {}).get("replacement"):
                return str(layer[model]["replacement"])
        return ""

    def _generated(
        self, name: str, row: Json
    ) -> tuple[dict[str, object], dict[str, Shape], dict[str, str]]:
        """(facts, shapes, sources) of a generated row."""
        shapes = [self._reader.shape(key) for key in row.get("shapes", ())]
        layers = {k: v for k, v in row.items() if k not in _NOT_FACTS}
        return layers, {shape.path: shape for shape in shapes}, self._sources(row, shapes)

    def _suggested(self, name: str) -> tuple[dict[str, object], dict[str, Shape], dict[str, str]]:
        """(facts, shapes, sources) that a name alone suggests."""
        from langchain_aimlapi.catalog.families import family_of

        layers = family_of(name)
        layers.pop("shapes", None)
        return layers, {}, {}

    def _live_row(self, name: str) -> Mapping[str, object] | None:
        """What the live list says of an id; of another spelling of a listed one all but its
        status."""
        row = self._live.get(name)
        if row is None and name in self._aliases:
            row = self._live.get(self._aliases[name])
            rest = (row or {}).items()
            return {key: value for key, value in rest if key not in ("status", "aliases")}
        return row

    def _newest_shapes(self, name: str) -> dict[str, Shape]:
        """The shapes of the API's own schemas, the preferred path first."""
        if name not in self._schemas:
            return {}
        from langchain_aimlapi.catalog.shapes import PREFERENCE, shape_of

        groups = sorted(self._schemas[name], key=lambda group: PREFERENCE.get(group.path, 99))
        return {
            group.path: dataclasses.replace(shape_of(group.path, group.schema), path=group.path)
            for group in groups
        }

    def _proved(self, name: str, shapes: dict[str, Shape]) -> dict[str, Shape]:
        """The shapes with what `aimlapi verify` has proved."""
        outcomes = self.live.outcomes.get(name) if self.live is not None else None
        if not outcomes or CHAT not in shapes:
            return shapes
        from langchain_aimlapi.catalog.probes import apply

        return {**shapes, CHAT: apply(shapes[CHAT], outcomes)}

    def _read(self) -> str:
        """Where and when the live layer was read."""
        if self.live is None or self.live.read_at is None:
            return "the API's own schema"
        day = time.strftime("%Y-%m-%d", time.gmtime(self.live.read_at))
        return f"{self.live.source}, read on {day}"

    def _sources(self, row: Json, shapes: list[Shape]) -> dict[str, str]:
        known = self.document.get("sources", {})
        found = {
            shape.path: known.get(name, name)
            for shape, name in zip(shapes, row.get("from", ()), strict=False)
        }
        if "source" in row:
            found["row"] = known.get(row["source"], row["source"])
        if "prices" in row:
            found["prices"] = known.get("prices", "prices")
        return found


def _with_live(layers: Row, live: Row) -> dict[str, Any]:
    """The layers with a row of the live list over them. The schemas tell the kind better than
    the list, which names one of several endpoints."""
    over = {k: v for k, v in live.items() if k not in ("kind", "vendor") or not layers.get(k)}
    words = {*layers.get("listed_capabilities", ()), *live.get("listed_capabilities", ())}
    names = {*layers.get("aliases", ()), *live.get("aliases", ())}
    return {
        **layers, **over, "listed_capabilities": frozenset(words), "aliases": sorted(names)
    }  # fmt: skip


def _as_facts(layers: Row) -> dict[str, Any]:
    """Values as `Facts` holds them."""
    found = dict(layers)
    for name in _TUPLES:
        if name in found:
            found[name] = tuple(found[name])
    if "listed_capabilities" in found:
        found["listed_capabilities"] = frozenset(found["listed_capabilities"])
    if found.get("prices") is not None:
        found["prices"] = {"kind": "fixed", "currency": "USD", **found["prices"]}
    return found


def _shapes_of_kind(name: str, layers: Row) -> dict[str, Shape]:
    """What the kind, and for text models the name, suggest where no schema is known."""
    from langchain_aimlapi.catalog import families

    kind = layers.get("kind")
    suggested = families.SHAPES_OF_KIND.get(kind, {})
    if kind in (*TEXT_KINDS, "moderation", None):
        suggested = families.family_of(name).get("shapes") or suggested
    return dict(suggested)
