"""The public `Catalog`: what is known about every model, and how to ask for it.

Layers, the later ones win: permissive default, family rule, generated row (with its dated
corrections), the API's own lists and schemas once they were read, the user's own facts. A model
that nothing knows is called permissively.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from langchain_aimlapi.catalog.capabilities import WORDS, canonical
from langchain_aimlapi.catalog.codec import Json, Reader
from langchain_aimlapi.catalog.document import packaged
from langchain_aimlapi.catalog.facts import Facts
from langchain_aimlapi.catalog.shape import TEXT_KINDS, Shape

SERVED = ("listed", "documented")
STATUSES = (*SERVED, "deprecated", "superseded", "withdrawn", "schema-only")
# Names come from callers: an endless stream of invented ones must not grow the memory.
MAX_REMEMBERED_UNKNOWN = 1_024
_TUPLES = ("aliases", "efforts")
_NOT_FACTS = ("shapes", "from", "source")


class Catalog:
    """Facts about models. Immutable: `with_facts` and `merged` give a new one.

    A first lookup reads the generated file (some milliseconds, no network); every later one for
    the same id is a dictionary hit.
    """

    __slots__ = (
        "_aliases", "_document", "_found", "_live", "_reader", "_rows", "_spellings", "_user",
    )  # fmt: skip

    def __init__(
        self,
        document: Mapping[str, Any],
        *,
        live: Mapping[str, Mapping[str, Any]] | None = None,
        user: Mapping[str, Facts] | None = None,
    ) -> None:
        self._document = document
        self._rows: Mapping[str, Json] = document.get("models", {})
        self._live = {name: dict(row) for name, row in (live or {}).items()}
        self._user = dict(user or {})
        self._reader = Reader(document)
        self._found: dict[str, Facts] = {}
        self._aliases = self._alias_table()
        self._spellings: Any = None

    @staticmethod
    @lru_cache(maxsize=1)
    def default() -> Catalog:
        """The catalog that comes with this package; the same object each time."""
        return Catalog(packaged())

    def __repr__(self) -> str:
        date = self._document.get("date")
        return f"Catalog({len(list(self.ids()))} models, read on {date})"

    # --- asking ------------------------------------------------------------------------------

    def find(self, model: str) -> Facts:
        """What is known about ``model``: an id, an alias, or another spelling of one (bare or
        prefixed, dots or dashes, dated or ``-latest``).

        Never refuses: an id that is not in the catalog gets permissive facts with
        ``known=False``. The id itself is never changed.
        """
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
        kind: str | Iterable[str] | None = None,
        vendor: str | None = None,
        capability: str | Iterable[str] | None = None,
        status: str | None = "live",
    ) -> list[Facts]:
        """Models that match every argument, sorted by id.

        Args:
            kind: ``chat``, ``responses``, ``messages``, ``embedding``, ``image``, ``video``, ...;
                any of several.
            vendor: ``openai``, ``anthropic``, ...
            capability: One word or several that must all hold: ``tools``, ``structured_output``,
                ``images`` (or ``vision``), ``pdf``, ``audio_input``, ``reasoning``, ``embeddings``,
                ``image_generation``, ... (see `langchain_aimlapi.catalog.capabilities`).
            status: ``live`` (listed or documented), ``listed``, ``documented``, ``deprecated``,
                ``superseded``, ``withdrawn``, ``schema-only``, or None for all.

        Raises:
            ValueError: A word that no model of the catalog has; the message names the nearest.
        """
        named = [capability] if isinstance(capability, str) else list(capability or ())
        wanted = {canonical(word) for word in named}
        kinds = frozenset([kind] if isinstance(kind, str) else kind or ())
        names = list(self.ids())
        _check("status", [status], ("live", *STATUSES))
        if kinds:  # a row's kind is told at once; its shapes take time
            by_name = {name: self._kind(name) for name in names}
            _check("kind", kinds, by_name.values())
            names = [name for name in names if by_name[name] in kinds]
        everything = [self.find(name) for name in names]
        _check("vendor", [vendor], (self.find(name).vendor for name in self.ids()))
        _check("capability", wanted, self._capability_words())
        statuses = SERVED if status == "live" else STATUSES if status is None else (status,)
        return [
            facts
            for facts in everything
            if (vendor is None or facts.vendor == vendor)
            and (status is None or facts.status in statuses)
            and (not wanted or wanted <= facts.capabilities)
        ]

    def capabilities(self, model: str) -> frozenset[str]:
        """The capability words of ``model``: `Facts.capabilities`."""
        return self.find(model).capabilities

    def capable(self, capability: str | Iterable[str], n: int = 5) -> list[str]:
        """Up to ``n`` live ids with the capability, for "these models can", one per vendor while
        there are vendors. Raises ValueError for a word that is no capability."""
        from langchain_aimlapi.catalog.nearest import best_known

        able = [facts for facts in self.models(capability=capability) if facts.status == "listed"]
        return best_known(((facts.id, facts.vendor) for facts in able), n)

    def nearest(self, name: str, n: int = 3) -> list[str]:
        """Up to ``n`` live ids that look like ``name``, the likeliest first; for typing errors,
        missing vendors and dash or dot spellings. Empty where nothing is similar."""
        from langchain_aimlapi.catalog.nearest import nearest_names

        # "#..." are rows of a voice table, nothing that a user would type
        served = [i for i in self.ids() if self._status(i) in SERVED and not i.startswith("#")]
        return nearest_names(name, served, n)

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

    def _alias_table(self) -> dict[str, str]:
        table: dict[str, str] = {}
        for name, row in self._live.items():
            for alias in row.get("aliases", ()):
                table.setdefault(alias, name)
        for name, facts in self._user.items():
            table.update(dict.fromkeys(facts.aliases, name))
        return table

    def _capability_words(self) -> Iterator[str]:
        yield from WORDS
        for row in (*self._live.values(), *self._rows.values()):
            yield from map(canonical, row.get("listed_capabilities", ()))
        for facts in self._user.values():
            yield from map(canonical, facts.listed_capabilities)

    def _status(self, model: str) -> str | None:
        row = self._rows.get(model) or self._live.get(model) or {}
        status: str | None = row.get("status")
        mine = self._user.get(model)
        return mine.status if mine else status

    def _kind(self, model: str) -> str | None:
        row = self._rows.get(model)
        if model in self._user or row is None or row.get("kind") is None:
            return self.find(model).kind
        kind: str = row["kind"]
        return kind

    def _home(self, model: str) -> str:
        """The id that the facts of ``model`` stand under; ``model`` itself where nothing does."""
        for table in (self._user, self._live, self._rows):
            if model in table:
                return model
        for aliases in (self._aliases, self._document.get("aliases", {})):
            if model in aliases:
                return str(aliases[model])
        if self._spellings is None:
            # Compiling the family rules and indexing all names is for strangers only.
            from langchain_aimlapi.catalog.spellings import Spellings

            names = {*self._rows, *self._live, *self._user, *self._document.get("aliases", ())}
            self._spellings = Spellings(names)
        found: str | None = self._spellings.find(model)
        return model if found is None else str(self._document.get("aliases", {}).get(found, found))

    def _resolve(self, model: str) -> Facts:
        name = self._home(model)
        listed_as = name if name != model else None
        if name in self._user:
            mine = self._user[name]
            return dataclasses.replace(mine, id=model, listed_as=listed_as)
        row, live = self._rows.get(name), self._live.get(name) or self._live_twin(name)
        if row is None:
            return self._unlisted(model, name, live)
        layers = {k: v for k, v in row.items() if k not in _NOT_FACTS}
        if live:
            layers = _with_live(layers, live)
        shapes = [self._reader.shape(key) for key in row.get("shapes", ())]
        layers["shapes"] = {shape.path: shape for shape in shapes} or _shapes_of_kind(name, row)
        layers["sources"] = self._sources(row, shapes)
        return Facts(id=model, listed_as=listed_as, known=True, **_as_facts(layers))

    def _unlisted(self, model: str, name: str, live: Mapping[str, Any] | None) -> Facts:
        """The facts of an id without a generated row: what its name and the live list say."""
        from langchain_aimlapi.catalog.families import family_of

        layers = family_of(name)
        suggested = layers.pop("shapes", None)
        if live:
            layers = _with_live(layers, live)
        layers["shapes"] = _shapes_of_kind(name, layers, suggested)
        listed_as = name if name != model else None
        return Facts(id=model, listed_as=listed_as, known=bool(live), **_as_facts(layers))

    def _live_twin(self, name: str) -> dict[str, Any] | None:
        """What the live list says under another spelling of the same model: all but its status."""
        twin = self._aliases.get(name)
        row = self._live.get(twin) if twin else None
        return {k: v for k, v in row.items() if k not in ("status", "aliases")} if row else None

    def _sources(self, row: Json, shapes: list[Shape]) -> dict[str, str]:
        known = self._document.get("sources", {})
        found = {
            shape.path: known.get(name, name)
            for shape, name in zip(shapes, row.get("from", ()), strict=False)
        }
        if "source" in row:
            found["row"] = known.get(row["source"], row["source"])
        if "prices" in row:
            found["prices"] = known.get("prices", "prices")
        return found


def _with_live(layers: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    """The layers with a row of the live list over them. The schemas tell the kind better than
    the list, which names one of several endpoints."""
    over = {k: v for k, v in live.items() if k not in ("kind", "vendor") or not layers.get(k)}
    words = {*layers.get("listed_capabilities", ()), *live.get("listed_capabilities", ())}
    names = {*layers.get("aliases", ()), *live.get("aliases", ())}
    return {
        **layers, **over, "listed_capabilities": frozenset(words), "aliases": sorted(names)
    }  # fmt: skip


def _as_facts(layers: Mapping[str, Any]) -> dict[str, Any]:
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


def _shapes_of_kind(
    name: str, layers: Mapping[str, Any], suggested: Mapping[str, Shape] | None = None
) -> dict[str, Shape]:
    """What the kind, and for text models the name, suggest where no schema is known."""
    from langchain_aimlapi.catalog import families

    kind = layers.get("kind")
    if kind in (*TEXT_KINDS, "moderation", None):
        suggested = suggested or families.family_of(name).get("shapes")
    else:
        suggested = None
    return dict(suggested or families.SHAPES_OF_KIND.get(kind, {}))


def _check(what: str, words: Iterable[str | None], known: Iterable[str | None]) -> None:
    """Raises ValueError for a word that is not known, with the nearest one."""
    wanted = [word for word in words if word is not None]
    if not wanted:
        return
    able = sorted({word for word in known if word})
    for word in wanted:
        if word not in able:
            close = difflib.get_close_matches(word, able, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(able)}"
            raise ValueError(f"no model has the {what} {word!r}: {hint}")
