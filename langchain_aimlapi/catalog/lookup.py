"""The public `Catalog`: what is known about every model, and how to ask for it.

Layers, the later ones win: permissive default, family rule, generated row, ``GET /v1/models``,
dated override, the user's own facts. A model that nothing knows is called permissively.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from langchain_aimlapi.catalog import families
from langchain_aimlapi.catalog.codec import Json, Reader
from langchain_aimlapi.catalog.facts import Facts, Shape

LIVE = ("listed", "documented")
# Names come from callers: an endless stream of invented ones must not grow the memory.
MAX_REMEMBERED_UNKNOWN = 1_024


@lru_cache(maxsize=1)
def _document() -> Json:
    """The generated file, parsed once, when it is first needed."""
    from pydantic_core import from_json

    parsed: Json = from_json(Path(__file__).with_name("models.json").read_bytes())
    return parsed


@lru_cache(maxsize=1)
def _overrides() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Id -> (facts, shape fields), from the dated corrections."""
    from langchain_aimlapi.catalog.overrides import OVERRIDES

    found: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    for each in OVERRIDES:
        for name in each.ids:
            facts, shape = found.setdefault(name, ({}, {}))
            facts.update(each.facts)
            shape.update(each.shape)
    return found


class Catalog:
    """Facts about models. Immutable: `with_facts` and `merged` give a new one.

    A first lookup reads the generated file (some milliseconds, no network); every later one for
    the same id is a dictionary hit.
    """

    __slots__ = ("_aliases", "_document", "_found", "_live", "_reader", "_user")

    def __init__(
        self,
        document: Mapping[str, Any],
        *,
        live: Mapping[str, Mapping[str, Any]] | None = None,
        user: Mapping[str, Facts] | None = None,
    ) -> None:
        self._document = dict(document)
        self._live = {name: dict(row) for name, row in (live or {}).items()}
        self._user = dict(user or {})
        self._reader = Reader(self._document)
        self._found: dict[str, Facts] = {}
        self._aliases = self._alias_table()

    @staticmethod
    @lru_cache(maxsize=1)
    def default() -> Catalog:
        """The catalog of this package's documentation data; the same object each time."""
        return Catalog(_document())

    def __repr__(self) -> str:
        date = self._document.get("date")
        return f"Catalog({len(list(self.ids()))} models, documentation of {date})"

    # --- asking ------------------------------------------------------------------------------

    def find(self, model: str) -> Facts:
        """What is known about ``model``, an id or an alias. Never refuses: an id that is not in
        the catalog gets permissive facts with ``known=False``."""
        found = self._found.get(model)
        if found is None:
            found = self._resolve(model)
            if found.known or len(self._found) < len(self._rows) + MAX_REMEMBERED_UNKNOWN:
                self._found[model] = found
        return found

    def ids(self) -> Iterator[str]:
        """Every id, sorted."""
        yield from sorted({*self._rows, *self._live, *self._user})

    def models(
        self,
        *,
        kind: str | None = None,
        vendor: str | None = None,
        capability: str | Iterable[str] | None = None,
        status: str | None = "live",
    ) -> list[Facts]:
        """Models that match every argument, sorted by id.

        Args:
            kind: ``chat``, ``responses``, ``messages``, ``embedding``, ``image``, ``video``, ...
            vendor: ``openai``, ``anthropic``, ...
            capability: One word or several that must all hold: ``tools``, ``structured_output``,
                ``images`` (or ``vision``), ``pdf``, ``audio_input``, ``reasoning``, ``embeddings``,
                ``image_generation``, ... (see `langchain_aimlapi.catalog.capabilities`).
            status: ``live`` (listed or documented), ``listed``, ``documented``, ``deprecated``,
                ``schema-only``, or None for all.
        """
        from langchain_aimlapi.catalog.capabilities import canonical, capabilities

        words = [capability] if isinstance(capability, str) else list(capability or ())
        wanted = {canonical(word) for word in words}
        statuses = LIVE if status == "live" else None if status is None else (status,)
        return [
            facts
            for facts in map(self.find, self.ids())
            if (kind is None or facts.kind == kind)
            and (vendor is None or facts.vendor == vendor)
            and (statuses is None or facts.status in statuses)
            and wanted <= (capabilities(facts) if wanted else wanted)
        ]

    def capabilities(self, model: str) -> frozenset[str]:
        """The capability words of ``model``."""
        from langchain_aimlapi.catalog.capabilities import capabilities

        return capabilities(self.find(model))

    def capable(self, capability: str | Iterable[str], n: int = 5) -> list[str]:
        """Up to ``n`` live ids with the capability, for "these models can", one per vendor while
        there are vendors."""
        from langchain_aimlapi.catalog.nearest import best_known

        able = [facts for facts in self.models(capability=capability) if facts.status == "listed"]
        return best_known(((facts.id, facts.vendor) for facts in able), n)

    def nearest(self, name: str, n: int = 3) -> list[str]:
        """Up to ``n`` live ids that look like ``name``, the likeliest first; for typing errors,
        missing vendors and dash or dot spellings. Empty where nothing is similar."""
        from langchain_aimlapi.catalog.nearest import nearest_names

        # "#..." are rows of a voice table, nothing that a user would type
        live = [i for i in self.ids() if self._status(i) in LIVE and not i.startswith("#")]
        return nearest_names(name, live, n)

    def replacement(self, model: str) -> str | None:
        """A live model of the same family for one that was switched off, where one is evident."""
        return self.find(model).replacement

    def profile(self, model: str) -> dict[str, Any]:
        """What langchain-core calls a ``ModelProfile``: a fresh dictionary of what is known."""
        from langchain_aimlapi.catalog.profile import profile_of

        return profile_of(self.find(model))

    # --- changing ----------------------------------------------------------------------------

    def with_facts(self, *facts: Facts) -> Catalog:
        """A catalog in which these facts hold, whatever the layers below say. Start from
        ``dataclasses.replace(catalog.find(id), ...)`` to change one fact of a known model."""
        mine = {each.id: dataclasses.replace(each, known=True) for each in facts}
        return Catalog(self._document, live=self._live, user={**self._user, **mine})

    def merged(self, payload: Any) -> Catalog:
        """A catalog with the answer of ``GET /v1/models?include=all`` merged in: prices, context,
        longest answer, names, dates, aliases and new ids.

        Raises:
            ValueError: ``payload`` is no model list.
        """
        from langchain_aimlapi.catalog.refresh import live_rows

        return Catalog(self._document, live=live_rows(payload), user=self._user)

    # --- layers ------------------------------------------------------------------------------

    @property
    def _rows(self) -> dict[str, Json]:
        rows: dict[str, Json] = self._document.get("models", {})
        return rows

    def _alias_table(self) -> dict[str, str]:
        table: dict[str, str] = {}
        for name, row in self._live.items():
            for alias in row.get("aliases", ()):
                table.setdefault(alias, name)
        for name, facts in self._user.items():
            table.update(dict.fromkeys(facts.aliases, name))
        return table

    def _status(self, model: str) -> str | None:
        row = self._rows.get(model) or self._live.get(model) or {}
        status: str | None = row.get("status")
        mine = self._user.get(model)
        return mine.status if mine else status

    def _resolve(self, model: str) -> Facts:
        name = model
        if name not in self._user and name not in self._rows and name not in self._live:
            name = self._aliases.get(model, model)
        if name in self._user:
            return dataclasses.replace(self._user[name], id=model)
        row, live = self._rows.get(name), self._live.get(name) or self._live_twin(name)
        layers = dict(families.family_of(name))
        shapes = layers.pop("shapes", None)
        layers |= {k: v for k, v in (row or {}).items() if k != "shapes"}
        # the schemas tell the kind better than the list, which names one of several endpoints
        kept = ("kind", "vendor") if row else ()
        layers |= {k: v for k, v in (live or {}).items() if k not in kept or not layers.get(k)}
        if layers.get("context") is None:
            layers["context"] = self._context_of_twin(layers.get("aliases", ()))
        changed, shape_changes = _overrides().get(name, ({}, {}))
        layers |= changed
        layers["aliases"] = tuple(layers.get("aliases", ()))
        layers["shapes"] = self._shapes(name, layers.get("kind"), shapes, shape_changes)
        if layers.get("status") == "deprecated":
            layers.setdefault("replacement", _replacement_of(name))
        return Facts(id=model, known=bool(row or live), **layers)

    def _context_of_twin(self, aliases: Iterable[str]) -> int | None:
        """The context length of another spelling of the same model."""
        rows = (self._rows.get(alias, {}) for alias in aliases)
        found: int | None = next((row["context"] for row in rows if row.get("context")), None)
        return found

    def _live_twin(self, name: str) -> dict[str, Any] | None:
        """What the live list says under another spelling of the same model: all but its status."""
        twin = self._aliases.get(name)
        row = self._live.get(twin) if twin else None
        return {k: v for k, v in row.items() if k not in ("status", "aliases")} if row else None

    def _shapes(
        self,
        name: str,
        kind: str | None,
        suggested: Mapping[str, Shape] | None,
        changes: Mapping[str, Any],
    ) -> dict[str, Shape]:
        keys = self._rows.get(name, {}).get("shapes", ())
        if not keys:
            from langchain_aimlapi.catalog.overrides import twin_of

            keys = self._rows.get(twin_of(name) or "", {}).get("shapes", ())
        if keys:
            found = {shape.path: shape for shape in map(self._reader.shape, keys)}
        elif kind in (*families.TEXT_KINDS, "moderation", None):
            found = dict(suggested or families.SHAPES_OF_KIND.get(kind, families.PERMISSIVE))
        else:
            found = {}
        if changes:
            found = {path: dataclasses.replace(s, **changes) for path, s in found.items()}
        return found


def _replacement_of(name: str) -> str | None:
    from langchain_aimlapi.catalog.overrides import REPLACEMENTS

    return REPLACEMENTS.get(name)
