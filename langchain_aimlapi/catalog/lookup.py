"""The public `Catalog`: what is known about every model.

Layers, the later ones win: permissive default, family rule, generated row (with its dated
corrections), the API's own lists and schemas once they were read, the user's own facts. A model
that nothing knows is called permissively.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Awaitable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from langchain_aimlapi.catalog.capabilities import canonical
from langchain_aimlapi.catalog.document import packaged
from langchain_aimlapi.catalog.facts import Facts
from langchain_aimlapi.catalog.layers import Layers
from langchain_aimlapi.catalog.values import Estimate, Live

SERVED = ("listed", "documented")
STATUSES = (*SERVED, "deprecated", "superseded", "withdrawn", "schema-only")
# Names come from callers: an endless stream of invented ones must not grow the memory.
MAX_REMEMBERED_UNKNOWN = 1_024
ROOT = "https://api.aimlapi.com"


class Refresher(Protocol):
    """Whatever can call the API: `AimlapiClient`."""

    def refresh_catalog(
        self,
        *,
        schemas: str | Iterable[str] = (),
        directory: Path | None = None,
        catalog: Catalog | None = None,
    ) -> Catalog: ...

    def arefresh_catalog(
        self,
        *,
        schemas: str | Iterable[str] = (),
        directory: Path | None = None,
        catalog: Catalog | None = None,
    ) -> Awaitable[Catalog]: ...


class Catalog:
    """Facts about models. Immutable: `refresh`, `with_facts` and their like give a new one.

    A first lookup reads the generated file (some milliseconds, no network); every later one for
    the same id is a dictionary hit.
    """

    __slots__ = ("_found", "_layers")

    def __init__(
        self,
        document: Mapping[str, Any],
        *,
        live: Live | None = None,
        user: Mapping[str, Facts] | None = None,
    ) -> None:
        self._layers = Layers(document, live, user or {})
        self._found: dict[str, Facts] = {}

    @staticmethod
    @lru_cache(maxsize=1)
    def default() -> Catalog:
        """The catalog that comes with this package; the same object each time."""
        return Catalog(packaged())

    def __repr__(self) -> str:
        age, date = self.age, self._layers.document.get("date")
        live = "" if age is None else f", refreshed {age / 3600:.1f} hours ago"
        return f"Catalog({len(list(self.ids()))} models, read on {date}{live})"

    @property
    def age(self) -> float | None:
        """Seconds since the API's list was last read; None where only the data of this
        package is known (`repr` names its date)."""
        live = self._layers.live
        read_at = live.read_at if live is not None else None
        return None if read_at is None else max(time.time() - read_at, 0.0)

    @property
    def folder(self) -> Path | None:
        """Where this catalog is kept on disk, and with it what calls learn from refusals; None for
        one that is not kept (see `saved` and `refresh`)."""
        return self._layers.live.folder if self._layers.live is not None else None

    # --- asking -----

    def find(self, model: str) -> Facts:
        """What is known about ``model``: an id, an alias, or another spelling of one (bare or
        prefixed, dots or dashes, dated or ``-latest``).

        Never refuses: an id that is not in the catalog gets permissive facts with
        ``known=False``. The id itself is never changed.
        """
        found = self._found.get(model)
        if found is None:
            found = self._layers.resolve(model)
            if found.known or len(self._found) < len(self._layers) + MAX_REMEMBERED_UNKNOWN:
                self._found[model] = found
        return found

    def ids(self) -> Iterator[str]:
        """Every id, sorted."""
        yield from self._layers.ids()

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
            kind: One or several of ``chat``, ``responses``, ``embedding``, ``image``, ...
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
        everything = [self.find(name) for name in self.ids()]
        _check("status", [status], ("live", *STATUSES))
        _check("kind", kinds, (facts.kind for facts in everything))
        _check("vendor", [vendor], (facts.vendor for facts in everything))
        _check("capability", wanted, self._layers.capability_words())
        statuses = SERVED if status == "live" else STATUSES if status is None else (status,)
        return [
            facts
            for facts in everything
            if (not kinds or facts.kind in kinds)
            and (vendor is None or facts.vendor == vendor)
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
        status = self._layers.status
        served = [i for i in self.ids() if status(i) in SERVED and not i.startswith("#")]
        return nearest_names(name, served, n)

    def replacement(self, model: str) -> str | None:
        """A live model of the same family for one that was switched off, where one is evident."""
        return self.find(model).replacement

    def profile(self, model: str) -> dict[str, Any]:
        """What langchain-core calls a ``ModelProfile``: a fresh dictionary of what is known."""
        from langchain_aimlapi.catalog.profile import profile_of

        return profile_of(self.find(model))

    def estimate(
        self, model: str, *, when: Mapping[str, object] | None = None, **counts: float
    ) -> Estimate:
        """What a call would cost by list prices: an estimate; the charge is what an answer says.

        Args:
            model: The id.
            when: What the call asks for, where a price depends on it (``{"resolution": "720p"}``).
            counts: ``input_tokens``, ``output_tokens``, ``cache_read_tokens``,
                ``cache_creation_tokens``, ``audio_input_tokens``, ``audio_output_tokens``,
                ``images``, ``seconds``, ``minutes``, ``characters``, ``pages``, ``megapixels``,
                ``requests``.

        Returns:
            US dollars at the most and at the least, and what has no price. Without a refresh,
            prices are known of chat models only.

        Raises:
            ValueError: An unknown name of a count, or a negative one.
        """
        from langchain_aimlapi.catalog.estimate import estimate

        return estimate(self.find(model), counts, when or {})

    # --- changing -----

    def refresh(
        self,
        client: Refresher,
        *,
        schemas: str | Iterable[str] = (),
        directory: Path | None = None,
    ) -> Catalog:
        """A catalog with what the API itself says now: ids, prices, limits, what ends, and the
        request schemas of the models that are named. It is kept on disk for `saved`.

        Args:
            client: An `AimlapiClient`; it uses the new catalog from then on. No key is needed.
            schemas: Ids whose request schemas are read too, so that a model which is newer than
                this package is spoken to as it wants; ``"all"`` for every listed model.
            directory: Where to keep the answers. Default: the user's cache folder, see
                `langchain_aimlapi.catalog.store.cache_dir`.

        Raises:
            AimlapiError: The API cannot be reached, or its answer is no list.

        Wire: GET ``/v1/models?include=all``, ``/v1/models/deprecations`` (both with
        ``If-None-Match``) and ``/docs-json`` for each named model.
        """
        return client.refresh_catalog(schemas=schemas, directory=directory, catalog=self)

    def arefresh(
        self,
        client: Refresher,
        *,
        schemas: str | Iterable[str] = (),
        directory: Path | None = None,
    ) -> Awaitable[Catalog]:
        """Like `refresh`, on the running event loop."""
        return client.arefresh_catalog(schemas=schemas, directory=directory, catalog=self)

    @classmethod
    def saved(cls, base_url: str = ROOT, *, directory: Path | None = None) -> Catalog:
        """This package's catalog with what an earlier `refresh` (or ``aimlapi catalog refresh``)
        has kept on disk; no network is used. `age` says how old it is, None where nothing is kept.

        Args:
            base_url: The server that was read, with or without ``/v1``.
            directory: Where the answers are kept; default: the user's cache folder.
        """
        from langchain_aimlapi.catalog.store import Store

        root = base_url.rstrip("/").removesuffix("/v1")
        store = Store(root, directory)
        return cls(packaged(), live=store.live() or Live(source=root, folder=store.folder))

    def with_live(self, live: Live) -> Catalog:
        """A catalog with this in place of what was read from the API before."""
        return Catalog(self._layers.document, live=live, user=self._layers.user)

    def with_facts(self, *facts: Facts) -> Catalog:
        """A catalog in which these facts hold, whatever the layers below say. Start from
        ``dataclasses.replace(catalog.find(id), ...)`` to change one fact of a known model."""
        mine = {each.id: dataclasses.replace(each, known=True) for each in facts}
        layers = self._layers
        return Catalog(layers.document, live=layers.live, user={**layers.user, **mine})

    def merged(self, payload: object) -> Catalog:
        """A catalog with the answer of ``GET /v1/models?include=all`` merged in: prices, context,
        longest answer, names, dates, aliases and new ids.

        Raises:
            ValueError: ``payload`` is no model list.
        """
        from langchain_aimlapi.catalog.live import live_rows

        return self._with(rows=live_rows(payload), read_at=time.time())

    def with_endings(self, payload: object) -> Catalog:
        """A catalog with the answer of ``GET /v1/models/deprecations``: which ids end, when, and
        what replaces them.

        Raises:
            ValueError: ``payload`` is no such list.
        """
        from langchain_aimlapi.catalog.live import ending_rows

        return self._with(ends=ending_rows(payload))

    def with_schemas(self, *documents: object) -> Catalog:
        """A catalog with request schemas from OpenAPI documents, as ``GET /docs-json`` and
        ``GET /docs-yaml`` give them: every model that they name is spoken to as they say.

        Raises:
            ValueError: One of them is no OpenAPI document.
        """
        from langchain_aimlapi.catalog.live import groups_by_model

        before = self._layers.live.schemas if self._layers.live is not None else {}
        return self._with(schemas={**before, **groups_by_model(documents)})

    def _with(self, **changes: Any) -> Catalog:
        return self.with_live(dataclasses.replace(self._layers.live or Live(), **changes))


def _check(what: str, words: Iterable[str | None], known: Iterable[str | None]) -> None:
    """Raises ValueError for a word that is not known, with the nearest one."""
    from langchain_aimlapi.catalog.nearest import hint

    wanted = [word for word in words if word is not None]
    if not wanted:
        return
    able = sorted({word for word in known if word})
    for word in wanted:
        if word not in able:
            cure = hint(word, able, 0.5, otherwise=f": known are {', '.join(able)}")
            raise ValueError(f"no model has the {what} {word!r}{cure}")
